CREATE STREAM s (id INT KEY, a STRING, b INT, c DOUBLE) WITH (kafka_topic='t', value_format='json');
CREATE TABLE t (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='t', value_format='json');
CREATE TABLE in_place AS SELECT id, COUNT(*) AS n, SUM(b) FROM s WHERE c > 0 GROUP BY id;
CREATE TABLE moved AS SELECT a, SUM(b + 1) AS total, AVG(c) AS mean FROM s GROUP BY a HAVING COUNT(*) > 1;
CREATE TABLE several WITH (key_format='json') AS SELECT a, b AS bb, COUNT(*), SUM(b) * 2 AS twice FROM s GROUP BY a, b;
CREATE TABLE tumbled AS SELECT a, WINDOWSTART AS ws, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 30 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY a;
CREATE TABLE hopped AS SELECT id, MAX(b) AS m FROM s WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 20 SECONDS, RETENTION 2 DAYS) GROUP BY id EMIT FINAL;
CREATE TABLE sessions AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (5 MINUTES) GROUP BY id;
CREATE TABLE from_table AS SELECT a, SUM(b) AS total FROM t WHERE b > 0 GROUP BY a;
CREATE TABLE rows AS SELECT id, a FROM t WHERE b > 0;
SELECT COUNT(*) AS n FROM s EMIT CHANGES;
SELECT a, COUNT(*) AS n, WINDOWEND FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY a EMIT CHANGES;
-- constants are folded, the filter stands before the repartition, what nobody reads is not decoded
CREATE TABLE thrifty AS SELECT a, COUNT(*) AS n, MAX(b * (2 + 3)) AS m FROM s WHERE b > 2 * 3 AND UCASE('x') = 'X' GROUP BY a;
CREATE TABLE paired AS SELECT s.a, COUNT(*) AS n FROM s LEFT JOIN t ON s.id = t.id GROUP BY s.a;
