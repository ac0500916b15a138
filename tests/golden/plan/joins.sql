CREATE STREAM l (id INT KEY, v INT, w STRING) WITH (kafka_topic='l', value_format='JSON', partitions=2);
CREATE STREAM r (id INT KEY, v INT, x STRING) WITH (kafka_topic='r', value_format='JSON', partitions=2);
CREATE TABLE t (id INT PRIMARY KEY, name STRING, unused STRING) WITH (kafka_topic='t2', value_format='JSON', partitions=2);
CREATE TABLE u (id INT PRIMARY KEY, n INT) WITH (kafka_topic='u', value_format='JSON', partitions=2);
CREATE TABLE d (id INT PRIMARY KEY, n INT) WITH (kafka_topic='d', key_format='DELIMITED', value_format='JSON', partitions=2);

-- Both sides are keyed already; only what is read is carried.
CREATE STREAM inner_join AS SELECT l.id, w, x FROM l JOIN r WITHIN 10 SECONDS GRACE PERIOD 1 SECOND ON l.id = r.id;
-- Both sides move; rows of the right side without a key are left out before they do.
CREATE STREAM moved AS SELECT * FROM l LEFT JOIN r WITHIN (1 MINUTE, 2 MINUTES) ON l.v = r.v;
-- A right join is a left join with its sides changed; the waiting store belongs to its grace.
CREATE STREAM right_join AS SELECT l.id, r.x FROM l RIGHT JOIN r WITHIN 1 MINUTE GRACE PERIOD 0 SECONDS ON l.id = r.id;
-- A synthetic key.
CREATE STREAM outer_join AS SELECT * FROM l FULL JOIN r WITHIN 1 HOUR ON l.id = r.id;
-- A stream looks a table up, twice; the second time it has to move.
CREATE STREAM looked_up AS SELECT u.id, t.name, u.n FROM l LEFT JOIN t ON l.id = t.id JOIN u ON l.v + 1 = u.id;
-- Tables; the key is the column of the side that may be absent.
CREATE TABLE tables AS SELECT u.id, t.name, n FROM t LEFT JOIN u ON t.id = u.id WHERE n > 1;
-- Three tables, one of which has its keys in another format.
CREATE TABLE three AS SELECT t.id, name, u.n, d.n FROM t JOIN u ON t.id = u.id JOIN d ON u.id = d.id;
-- Grouping by the key of a join moves nothing.
CREATE TABLE counted AS SELECT l.id, COUNT(*) AS c FROM l JOIN r WITHIN 1 MINUTE ON l.id = r.id GROUP BY l.id;
CREATE STREAM parted AS SELECT * FROM l JOIN t ON l.id = t.id PARTITION BY name;
SELECT ROWKEY, w, x FROM l JOIN r WITHIN 1 SECOND ON ABS(l.id) = ABS(r.id) EMIT CHANGES;
