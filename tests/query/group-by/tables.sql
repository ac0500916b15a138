-- GROUP BY on a table: the old row's group is undone before the new row's is done.

--@test: a row that changes its group leaves one and joins the other
CREATE TABLE t (id INT PRIMARY KEY, g INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(1) AS n FROM t GROUP BY g;
INSERT INTO t (rowtime, id, g) VALUES (1, 10, 0);
INSERT INTO t (rowtime, id, g) VALUES (2, 98, 0);
INSERT INTO t (rowtime, id, g) VALUES (3, 98, 1);
INSERT INTO t (rowtime, id, g) VALUES (4, 2, NULL);
INSERT INTO t (rowtime, id, g) VALUES (5, 98, NULL);
INSERT INTO t (rowtime, id, g) VALUES (2, 2, 0);
ASSERT VALUES o (rowtime, g, n) VALUES (1, 0, 1);
ASSERT VALUES o (rowtime, g, n) VALUES (2, 0, 2);
ASSERT VALUES o (rowtime, g, n) VALUES (3, 0, 1);
ASSERT VALUES o (rowtime, g, n) VALUES (3, 1, 1);
ASSERT VALUES o (rowtime, g, n) VALUES (5, 1, 0);
ASSERT VALUES o (rowtime, g, n) VALUES (3, 0, 2);

--@test: a row that stays in its group gives one result
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS total, COUNT(*) AS n FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 5);
INSERT INTO t (id, g, v) VALUES (1, 'a', 7);
INSERT INTO t (id, g, v) VALUES (1, 'a', NULL);
ASSERT VALUES o (g, total, n) VALUES ('a', 5, 1);
ASSERT VALUES o (g, total, n) VALUES ('a', 7, 1);
ASSERT VALUES o (g, total, n) VALUES ('a', 0, 1);

--@test: a group that everybody left stays, with nothing in it
CREATE TABLE raw (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='KAFKA');
CREATE TABLE t (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='JSON', wrap_single_value=false);
CREATE TABLE o AS SELECT g, COUNT(*) AS n, COLLECT_LIST(g) AS every FROM t GROUP BY g;
INSERT INTO t (rowtime, id, g) VALUES (1, 1, 'a');
INSERT INTO raw (rowtime, id) VALUES (2, 1);
INSERT INTO raw (rowtime, id) VALUES (3, 1);
INSERT INTO raw (rowtime, id) VALUES (3, 2);
INSERT INTO t (rowtime, id, g) VALUES (4, 1, 'a');
ASSERT VALUES o (rowtime, g, n, every) VALUES (1, 'a', 1, ARRAY['a']);
ASSERT VALUES o (rowtime, g, n) VALUES (2, 'a', 0);
ASSERT VALUES o (rowtime, g, n, every) VALUES (4, 'a', 1, ARRAY['a']);

--@test: several grouping expressions over several partitions
CREATE TABLE t (id INT PRIMARY KEY, a STRING, b INT, v INT) WITH (kafka_topic='t', format='JSON', partitions=4);
CREATE TABLE o AS SELECT UCASE(a) AS big, b, SUM(v) AS total FROM t GROUP BY UCASE(a), b;
INSERT INTO t (id, a, b, v) VALUES (1, 'x', 1, 10);
INSERT INTO t (id, a, b, v) VALUES (2, 'X', 1, 20);
INSERT INTO t (id, a, b, v) VALUES (3, 'x', NULL, 40);
INSERT INTO t (id, a, b, v) VALUES (2, 'X', 1, 21);
ASSERT VALUES o (big, b, total) VALUES ('X', 1, 10);
ASSERT VALUES o (big, b, total) VALUES ('X', 1, 30);
ASSERT VALUES o (big, b, total) VALUES ('X', 1, 31);

--@test: HAVING over a table's groups
CREATE TABLE t (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM t GROUP BY g HAVING COUNT(*) > 1;
INSERT INTO t (id, g) VALUES (1, 'a');
INSERT INTO t (id, g) VALUES (2, 'a');
INSERT INTO t (id, g) VALUES (1, 'b');
INSERT INTO t (id, g) VALUES (2, 'b');
ASSERT VALUES o (g, n) VALUES ('a', 2);
ASSERT NULL VALUES o (g) KEY ('a');
ASSERT VALUES o (g, n) VALUES ('b', 2);

--@test: WHERE over a table's groups undoes what no longer matches
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM t WHERE v > 0 GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 3);
INSERT INTO t (id, g, v) VALUES (2, 'a', 4);
INSERT INTO t (id, g, v) VALUES (1, 'a', -1);
INSERT INTO t (id, g, v) VALUES (1, 'a', -2);
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
ASSERT VALUES o (g, total) VALUES ('a', 3);
ASSERT VALUES o (g, total) VALUES ('a', 7);
ASSERT VALUES o (g, total) VALUES ('a', 4);
ASSERT VALUES o (g, total) VALUES ('a', 14);

--@test: an aggregate without undo is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function MAX cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(v) AS top FROM t GROUP BY g;

--@test: several aggregates without undo are listed
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation functions MIN, MAX and TOPK cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MIN(v) AS low, MAX(v) AS top, TOPK(v, 2) AS tops, COUNT(*) AS n FROM t GROUP BY g;

--@test: a table is not windowed
--@expected.error: io.confluent.ksql.util.KsqlException
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM t WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY g;
