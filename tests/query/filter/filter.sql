-- WHERE on streams and tables.

--@test: rows that do not match are left out
CREATE STREAM orders (id INT KEY, item STRING, price DOUBLE) WITH (kafka_topic='orders', value_format='JSON');
CREATE STREAM dear AS SELECT * FROM orders WHERE price > 10;
INSERT INTO orders (id, item, price) VALUES (1, 'cup', 4.5);
INSERT INTO orders (id, item, price) VALUES (2, 'pan', 30.0);
INSERT INTO orders (id, item, price) VALUES (3, 'pot', 10.0);
INSERT INTO orders (id, item, price) VALUES (4, 'oven', 400.0);
ASSERT VALUES dear (id, item, price) VALUES (2, 'pan', 30.0);
ASSERT VALUES dear (id, item, price) VALUES (4, 'oven', 400.0);

--@test: a comparison with NULL is false
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM small AS SELECT * FROM s WHERE v < 5;
CREATE STREAM other AS SELECT * FROM s WHERE NOT (v < 5);
INSERT INTO s (id, v) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (2, 3);
INSERT INTO s (id, v) VALUES (3, 8);
ASSERT VALUES small (id, v) VALUES (2, 3);
ASSERT VALUES other (id, v) VALUES (1, NULL);
ASSERT VALUES other (id, v) VALUES (3, 8);

--@test: nothing else follows the rows that match
--@expected.error: java.lang.AssertionError
--@expected.message: Expected another record, but all records have already been read
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM small AS SELECT * FROM s WHERE v < 5;
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT VALUES small (id, v) VALUES (1, 4);
ASSERT VALUES small (id, v) VALUES (2, 5);

--@test: AND, OR, BETWEEN, IN and LIKE
CREATE STREAM s (id INT KEY, name STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, name FROM s
  WHERE (v BETWEEN 3 AND 5 OR name IN ('x', 'y')) AND name NOT LIKE '%z%';
INSERT INTO s (id, name, v) VALUES (1, 'a', 3);
INSERT INTO s (id, name, v) VALUES (2, 'az', 4);
INSERT INTO s (id, name, v) VALUES (3, 'y', 100);
INSERT INTO s (id, name, v) VALUES (4, 'b', 6);
INSERT INTO s (id, name, v) VALUES (5, 'b', 5);
ASSERT VALUES o (id, name) VALUES (1, 'a');
ASSERT VALUES o (id, name) VALUES (3, 'y');
ASSERT VALUES o (id, name) VALUES (5, 'b');

--@test: filtering by the time of a record
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE ROWTIME >= 1000;
INSERT INTO s (rowtime, id, v) VALUES (999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1000, 2, 2);
ASSERT VALUES o (rowtime, id, v) VALUES (1000, 2, 2);

--@test: a table's row that stops matching becomes a tombstone
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE big AS SELECT * FROM t WHERE v > 10;
INSERT INTO t (id, v) VALUES (1, 20);
INSERT INTO t (id, v) VALUES (1, 5);
INSERT INTO t (id, v) VALUES (2, 5);
INSERT INTO t (id, v) VALUES (1, 30);
ASSERT VALUES big (id, v) VALUES (1, 20);
ASSERT NULL VALUES big (id) KEY (1);
ASSERT VALUES big (id, v) VALUES (1, 30);

--@test: a predicate must be boolean
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Type error in WHERE expression
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v + 1;
