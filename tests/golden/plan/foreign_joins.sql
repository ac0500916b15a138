CREATE TABLE l (id INT PRIMARY KEY, fk INT, name STRING, unused STRING) WITH (kafka_topic='l', value_format='JSON', partitions=3);
CREATE TABLE r (id INT PRIMARY KEY, v STRING, n INT) WITH (kafka_topic='r', key_format='JSON', value_format='JSON', partitions=2);
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t2', value_format='JSON', partitions=3);
CREATE TABLE two (a INT PRIMARY KEY, b STRING PRIMARY KEY, fk INT) WITH (kafka_topic='two', key_format='JSON', value_format='JSON', partitions=3);

-- Each table stays where it is: the keys of messages are the right table's, those of answers the left's.
CREATE TABLE joined AS SELECT l.id, name, v FROM l LEFT JOIN r ON l.fk = r.id;
-- The foreign key is an expression, the left table has two key columns.
CREATE TABLE expression AS SELECT a, b, r.id, v FROM two JOIN r ON ABS(two.fk) + 1 = r.id;
-- What a row was is not known behind the join: a group must keep the rows it counts.
CREATE TABLE counted AS SELECT v, COUNT(*) AS c FROM l JOIN r ON l.fk = r.id WHERE n > 1 GROUP BY v;
-- Another table joins the result on its key, and finds it in a store.
CREATE TABLE three AS SELECT l.id, v, w FROM l JOIN r ON l.fk = r.id LEFT JOIN t ON l.id = t.id;
SELECT l.id, v FROM l JOIN r ON l.fk = r.id EMIT CHANGES;
