-- Streams that look tables up, and tables joined on their keys.

--@test: a stream sees the table as it is
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id, a, b FROM s LEFT JOIN t ON s.id = t.id;
INSERT INTO s (rowtime, id, a) VALUES (1, 1, 'early');
INSERT INTO t (rowtime, id, b) VALUES (2, 1, 'x');
INSERT INTO s (rowtime, id, a) VALUES (3, 1, 'then');
INSERT INTO t (rowtime, id, b) VALUES (4, 1, 'y');
INSERT INTO s (rowtime, id, a) VALUES (5, 1, 'now');
ASSERT VALUES o (rowtime, s_id, a, b) VALUES (1, 1, 'early', NULL);
ASSERT VALUES o (rowtime, s_id, a, b) VALUES (3, 1, 'then', 'x');
ASSERT VALUES o (rowtime, s_id, a, b) VALUES (5, 1, 'now', 'y');

--@test: a joined table follows both of its tables
CREATE TABLE l (id INT PRIMARY KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, a, b FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO l (rowtime, id, a) VALUES (10, 1, 'a');
INSERT INTO r (rowtime, id, b) VALUES (5, 1, 'b');
INSERT INTO r (rowtime, id, b) VALUES (20, 2, 'c');
INSERT INTO l (rowtime, id, a) VALUES (11, 2, 'd');
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (10, 1, 'a', NULL);
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (10, 1, 'a', 'b');
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (20, 2, 'd', 'c');

--@test: a count over joined tables takes back what has changed
CREATE TABLE l (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM l JOIN r ON l.id = r.id GROUP BY g;
INSERT INTO l (id, g) VALUES (1, 'a');
INSERT INTO r (id, v) VALUES (1, 5);
INSERT INTO r (id, v) VALUES (1, 7);
INSERT INTO l (id, g) VALUES (1, 'b');
ASSERT VALUES o (g, total) VALUES ('a', 5);
ASSERT VALUES o (g, total) VALUES ('a', 7);
ASSERT VALUES o (g, total) VALUES ('a', 0);
ASSERT VALUES o (g, total) VALUES ('b', 7);

--@test: a stream looks up by a column of a table it has looked up
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t1 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t1', value_format='JSON');
CREATE TABLE t2 (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t2', value_format='JSON');
CREATE STREAM o AS SELECT t2.id, a, w FROM s JOIN t1 ON s.id = t1.id JOIN t2 ON t1.v = t2.id;
INSERT INTO t2 (id, w) VALUES (7, 'w');
INSERT INTO t1 (id, v) VALUES (1, 7);
INSERT INTO s (id, a) VALUES (1, 'a');
ASSERT VALUES o (t2_id, a, w) VALUES (7, 'a', 'w');
