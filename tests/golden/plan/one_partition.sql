-- Groups over topics with one partition: no repartition topic, but where a sink takes its time from a column.
CREATE STREAM s (id INT KEY, a STRING, b INT, et BIGINT) WITH (kafka_topic='one', value_format='json');
CREATE TABLE t (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='one', value_format='json');
CREATE TABLE t2 (id INT PRIMARY KEY, b INT) WITH (kafka_topic='one', value_format='json');
CREATE TABLE counted AS SELECT a, COUNT(*) AS n, SUM(b) AS total FROM s WHERE b > 0 GROUP BY a;
CREATE TABLE several WITH (key_format='json') AS SELECT a, b % 2 AS odd, COUNT(*) AS n FROM s GROUP BY a, b % 2;
CREATE TABLE final AS SELECT a, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS) GROUP BY a EMIT FINAL;
CREATE TABLE undone AS SELECT a, SUM(b) AS total FROM t GROUP BY a;
CREATE TABLE behind_look_up AS SELECT t.a, COUNT(*) AS n FROM s JOIN t ON s.id = t.id GROUP BY t.a;
CREATE TABLE behind_tables AS SELECT l.a, COUNT(*) AS n FROM t l LEFT JOIN t2 r ON l.id = r.id GROUP BY l.a;
CREATE TABLE timed WITH (timestamp='latest') AS SELECT a, MAX(et) AS latest FROM s GROUP BY a;
SELECT a, COUNT(*) AS n FROM s GROUP BY a EMIT CHANGES;
