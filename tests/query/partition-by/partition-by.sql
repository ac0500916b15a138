-- PARTITION BY gives a stream another key.

--@test: by a column
CREATE STREAM s (id INT KEY, name STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY name;
ASSERT STREAM o (name STRING KEY, v INT, id INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (rowtime, id, name, v) VALUES (3, 1, 'a', 10);
INSERT INTO s (rowtime, id, name, v) VALUES (4, 1, 'b', 20);
ASSERT VALUES o (rowtime, name, v, id) VALUES (3, 'a', 10, 1);
ASSERT VALUES o (rowtime, name, v, id) VALUES (4, 'b', 20, 1);

--@test: by an expression
CREATE STREAM s (id INT KEY, name STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT UCASE(name) AS big, id FROM s PARTITION BY UCASE(name);
INSERT INTO s (id, name) VALUES (1, 'abc');
ASSERT VALUES o (big, id) VALUES ('ABC', 1);

--@test: by several columns
CREATE STREAM s (id INT KEY, a STRING, b INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT a, b, id FROM s PARTITION BY a, b;
ASSERT STREAM o (a STRING KEY, b INT KEY, id INT) WITH (kafka_topic='O', format='JSON');
INSERT INTO s (id, a, b) VALUES (1, 'x', 2);
ASSERT VALUES o (a, b, id) VALUES ('x', 2, 1);

--@test: by NULL a record has no key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s PARTITION BY NULL;
ASSERT STREAM o (id INT, v INT) WITH (kafka_topic='O', key_format='NONE', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: a NULL key column is kept
CREATE STREAM s (id INT KEY, name STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT name, id FROM s PARTITION BY name;
INSERT INTO s (id, name) VALUES (1, NULL);
ASSERT VALUES o (name, id) VALUES (NULL, 1);

--@test: rows with one key meet in one partition
CREATE STREAM s (id INT KEY, g STRING) WITH (kafka_topic='s', value_format='JSON', partitions=4);
CREATE STREAM o AS SELECT g, id, ROWPARTITION AS was FROM s PARTITION BY g;
CREATE STREAM p AS SELECT g, ROWPARTITION AS now FROM o;
CREATE TABLE places AS SELECT g, COUNT_DISTINCT(now) AS n FROM p GROUP BY g;
INSERT INTO s (id, g) VALUES (1, 'a');
INSERT INTO s (id, g) VALUES (2, 'a');
INSERT INTO s (id, g) VALUES (3, 'a');
ASSERT VALUES places (g, n) VALUES ('a', 1);
ASSERT VALUES places (g, n) VALUES ('a', 1);
ASSERT VALUES places (g, n) VALUES ('a', 1);

--@test: tables have their key
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: PARTITION BY
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT v, id FROM t PARTITION BY v;

--@test: the star of the one source is the star
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT s.* FROM s PARTITION BY a;
CREATE STREAM p AS SELECT x.* FROM s x PARTITION BY a + 1;
ASSERT STREAM o (a INT KEY, b STRING, id INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT STREAM p (ksql_col_0 INT KEY, a INT, b STRING, id INT) WITH (kafka_topic='P', value_format='JSON');
INSERT INTO s VALUES (1, 7, 'x');
ASSERT VALUES o (a, b, id) VALUES (7, 'x', 1);
ASSERT VALUES p (ksql_col_0, a, b, id) VALUES (8, 7, 'x', 1);

--@test: the star of a joined source has the column that becomes the key
CREATE STREAM l (id INT KEY, a INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.*, r.b FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id PARTITION BY l.a;
ASSERT STREAM o (l_a INT KEY, l_id INT, b INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO l (ROWTIME, id, a) VALUES (0, 1, 7);
INSERT INTO r (ROWTIME, id, b) VALUES (1, 1, 8);
ASSERT VALUES o (l_a, l_id, b) VALUES (7, 1, 8);
