-- GROUP BY makes tables of streams and of tables.

--@test: by the key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n, SUM(v) AS total, MIN(v) AS least, MAX(v) AS most FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, n BIGINT, total INT, least INT, most INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 5);
INSERT INTO s (rowtime, id, v) VALUES (20, 2, 7);
INSERT INTO s (rowtime, id, v) VALUES (30, 1, -1);
ASSERT VALUES o (rowtime, id, n, total, least, most) VALUES (10, 1, 1, 5, 5, 5);
ASSERT VALUES o (rowtime, id, n, total, least, most) VALUES (20, 2, 1, 7, 7, 7);
ASSERT VALUES o (rowtime, id, n, total, least, most) VALUES (30, 1, 2, 4, -1, 5);

--@test: by a column that is not the key
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=3);
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM s GROUP BY g;
INSERT INTO s (id, g, v) VALUES (1, 'a', 1);
INSERT INTO s (id, g, v) VALUES (2, 'b', 2);
INSERT INTO s (id, g, v) VALUES (3, 'a', 4);
INSERT INTO s (id, g, v) VALUES (4, 'b', 8);
ASSERT VALUES o (g, total) VALUES ('a', 1);
ASSERT VALUES o (g, total) VALUES ('b', 2);
ASSERT VALUES o (g, total) VALUES ('a', 5);
ASSERT VALUES o (g, total) VALUES ('b', 10);

--@test: by an expression
CREATE STREAM s (id INT KEY, name STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT LEN(name) AS length, COUNT(*) AS n FROM s GROUP BY LEN(name);
INSERT INTO s (id, name) VALUES (1, 'ab');
INSERT INTO s (id, name) VALUES (2, 'cd');
INSERT INTO s (id, name) VALUES (3, 'e');
ASSERT VALUES o (length, n) VALUES (2, 1);
ASSERT VALUES o (length, n) VALUES (2, 2);
ASSERT VALUES o (length, n) VALUES (1, 1);

--@test: by several columns
CREATE STREAM s (id INT KEY, a STRING, b INT) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a, b;
ASSERT TABLE o (a STRING PRIMARY KEY, b INT PRIMARY KEY, n BIGINT) WITH (kafka_topic='O', format='JSON');
INSERT INTO s (id, a, b) VALUES (1, 'x', 1);
INSERT INTO s (id, a, b) VALUES (2, 'x', 2);
INSERT INTO s (id, a, b) VALUES (3, 'x', 1);
ASSERT VALUES o (a, b, n) VALUES ('x', 1, 1);
ASSERT VALUES o (a, b, n) VALUES ('x', 2, 1);
ASSERT VALUES o (a, b, n) VALUES ('x', 1, 2);

--@test: a NULL group takes no part
CREATE STREAM s (id INT KEY, g STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM s GROUP BY g;
INSERT INTO s (id, g) VALUES (1, NULL);
INSERT INTO s (id, g) VALUES (2, 'a');
ASSERT VALUES o (g, n) VALUES ('a', 1);

--@test: COUNT of a column leaves out NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(v) AS n, COUNT(*) AS rows FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, n, rows) VALUES (1, 0, 1);
ASSERT VALUES o (id, n, rows) VALUES (1, 1, 2);

--@test: HAVING turns rows that fall out into tombstones
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s GROUP BY id HAVING SUM(v) > 5;
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (1, -6);
INSERT INTO s (id, v) VALUES (2, 9);
ASSERT VALUES o (id, total) VALUES (1, 8);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, total) VALUES (2, 9);

--@test: arithmetic over aggregates
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(v) - MIN(v) AS spread, COUNT(*) * 10 AS tens FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (1, 9);
ASSERT VALUES o (id, spread, tens) VALUES (1, 0, 10);
ASSERT VALUES o (id, spread, tens) VALUES (1, 5, 20);

--@test: WHERE goes before grouping
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM s WHERE v > 0 GROUP BY g;
INSERT INTO s (id, g, v) VALUES (1, 'a', 0);
INSERT INTO s (id, g, v) VALUES (2, 'a', 1);
ASSERT VALUES o (g, n) VALUES ('a', 1);

--@test: lists and averages
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS every, COLLECT_SET(v) AS distinct_, AVG(v) AS mean FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, every, distinct_, mean) VALUES (1, ARRAY[1], ARRAY[1], CAST(1.0 AS DOUBLE));
ASSERT VALUES o (id, every, distinct_, mean) VALUES (1, ARRAY[1, 2], ARRAY[1, 2], CAST(1.5 AS DOUBLE));
ASSERT VALUES o (id, every) VALUES (1, ARRAY[1, 2, 1]);

--@test: latest and earliest by offset
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(v) AS was, LATEST_BY_OFFSET(v) AS is_ FROM s GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (9, 1, 'a');
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 'b');
ASSERT VALUES o (id, was, is_) VALUES (1, 'a', 'a');
ASSERT VALUES o (rowtime, id, was, is_) VALUES (9, 1, 'a', 'b');

--@test: a table's groups follow its changes
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
INSERT INTO t (id, g, v) VALUES (2, 'a', 20);
INSERT INTO t (id, g, v) VALUES (1, 'b', 11);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 10);
ASSERT VALUES o (g, n, total) VALUES ('a', 2, 30);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 20);
ASSERT VALUES o (g, n, total) VALUES ('b', 1, 11);

--@test: a column outside GROUP BY must be aggregated
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Non-aggregate SELECT expression(s) not part of GROUP BY: V
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, v, COUNT(*) AS n FROM s GROUP BY id;

--@test: aggregates need GROUP BY
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: without a GROUP BY clause
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s;

--@test: COUNT(*) behind joins that keep every left row counts them all
CREATE STREAM l (id INT KEY, g STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE met AS SELECT g, COUNT(*) AS n FROM l JOIN r ON l.id = r.id GROUP BY g;
CREATE TABLE every AS SELECT g, COUNT(*) AS n, COUNT(v) AS vs FROM l LEFT JOIN r ON l.id = r.id GROUP BY g;
INSERT INTO r (id, v) VALUES (1, 5);
INSERT INTO l (id, g) VALUES (1, 'a');
INSERT INTO l (id, g) VALUES (2, 'a');
INSERT INTO l (id, g) VALUES (1, 'a');
ASSERT VALUES met (g, n) VALUES ('a', 1);
ASSERT VALUES met (g, n) VALUES ('a', 2);
ASSERT VALUES every (g, n, vs) VALUES ('a', 1, 1);
ASSERT VALUES every (g, n, vs) VALUES ('a', 2, 1);
ASSERT VALUES every (g, n, vs) VALUES ('a', 3, 2);

--@test: COUNT(*) behind a full join counts rows with a left side, whose ROWTIME is its argument
CREATE TABLE l (id INT PRIMARY KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT b, COUNT(*) AS n, COUNT(b) AS bs FROM l FULL JOIN r ON l.id = r.id GROUP BY b;
INSERT INTO r (id, b) VALUES (1, 'x');
INSERT INTO l (id, a) VALUES (1, 'left');
INSERT INTO r (id, b) VALUES (2, 'x');
ASSERT VALUES o (b, n, bs) VALUES ('x', 0, 1);
ASSERT VALUES o (b, n, bs) VALUES ('x', 1, 1);
ASSERT VALUES o (b, n, bs) VALUES ('x', 1, 2);
