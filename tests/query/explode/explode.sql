-- Table functions make rows of lists.

--@test: a row per element
CREATE STREAM s (id INT KEY, items ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(items) AS item FROM s;
INSERT INTO s (rowtime, id, items) VALUES (1, 1, ARRAY['a', 'b']);
INSERT INTO s (rowtime, id, items) VALUES (2, 2, ARRAY['c']);
ASSERT VALUES o (rowtime, id, item) VALUES (1, 1, 'a');
ASSERT VALUES o (rowtime, id, item) VALUES (1, 1, 'b');
ASSERT VALUES o (rowtime, id, item) VALUES (2, 2, 'c');

--@test: lists of different lengths are filled with NULL
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x, EXPLODE(b) AS y FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY[1, 2, 3], ARRAY['p']);
ASSERT VALUES o (id, x, y) VALUES (1, 1, 'p');
ASSERT VALUES o (id, x, y) VALUES (1, 2, NULL);
ASSERT VALUES o (id, x, y) VALUES (1, 3, NULL);

--@test: filtered before
CREATE STREAM s (id INT KEY, items ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(items) * 10 AS ten FROM s WHERE id > 1;
INSERT INTO s (id, items) VALUES (1, ARRAY[1]);
INSERT INTO s (id, items) VALUES (2, ARRAY[2, 3]);
ASSERT VALUES o (id, ten) VALUES (2, 20);
ASSERT VALUES o (id, ten) VALUES (2, 30);

--@test: counting what came out
CREATE STREAM s (id INT KEY, items ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM words AS SELECT id, EXPLODE(items) AS word FROM s;
CREATE TABLE counts AS SELECT word, COUNT(*) AS n FROM words GROUP BY word;
INSERT INTO s (id, items) VALUES (1, ARRAY['a', 'b', 'a']);
INSERT INTO s (id, items) VALUES (2, ARRAY['a']);
ASSERT VALUES counts (word, n) VALUES ('a', 1);
ASSERT VALUES counts (word, n) VALUES ('b', 1);
ASSERT VALUES counts (word, n) VALUES ('a', 2);
ASSERT VALUES counts (word, n) VALUES ('a', 3);

--@test: tables cannot be exploded
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Table source is not supported with table functions
CREATE TABLE t (id INT PRIMARY KEY, items ARRAY<INT>) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, EXPLODE(items) AS x FROM t;
