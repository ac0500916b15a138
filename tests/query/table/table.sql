-- Tables: the last row of a key counts.

--@test: an update replaces, a NULL value deletes
CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='t', value_format='KAFKA');
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO t (id, v) VALUES (1, 'a');
INSERT INTO t (id, v) VALUES (1, 'b');
INSERT INTO t (id) VALUES (1);
ASSERT VALUES o (id, v) VALUES (1, 'a');
ASSERT VALUES o (id, v) VALUES (1, 'b');
ASSERT NULL VALUES o (id) KEY (1);

--@test: a count goes back when rows are deleted
CREATE TABLE raw (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='KAFKA');
CREATE TABLE t (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM t GROUP BY g;
INSERT INTO t (id, g) VALUES (1, 'a');
INSERT INTO t (id, g) VALUES (2, 'a');
INSERT INTO raw (id) VALUES (1);
ASSERT VALUES o (g, n) VALUES ('a', 1);
ASSERT VALUES o (g, n) VALUES ('a', 2);
ASSERT VALUES o (g, n) VALUES ('a', 1);

--@test: the last record wins, whatever its time
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t;
INSERT INTO t (rowtime, id, v) VALUES (100, 1, 1);
INSERT INTO t (rowtime, id, v) VALUES (50, 1, 2);
ASSERT VALUES o (rowtime, id, v) VALUES (100, 1, 1);
ASSERT VALUES o (rowtime, id, v) VALUES (50, 1, 2);

--@test: a table over an aggregate
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE sums AS SELECT g, SUM(v) AS total FROM s GROUP BY g;
CREATE TABLE big AS SELECT g, total FROM sums WHERE total >= 10;
INSERT INTO s (id, g, v) VALUES (1, 'a', 6);
INSERT INTO s (id, g, v) VALUES (2, 'a', 6);
INSERT INTO s (id, g, v) VALUES (3, 'a', -5);
ASSERT VALUES big (g, total) VALUES ('a', 12);
ASSERT NULL VALUES big (g) KEY ('a');

--@test: a primary key has a value
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Value for primary key column(s) ID is required for tables
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (v) VALUES (1);

--@test: a table has a primary key
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Tables require a PRIMARY KEY
CREATE TABLE t (v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: a stream cannot be made of a table
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM t;
