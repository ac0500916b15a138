-- Records without a value or a key, in streams and tables.

--@test: a stream's row without a value passes a projection and no filter
CREATE STREAM raw (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM p AS SELECT id, v, LEN(v) AS n FROM s;
CREATE STREAM f AS SELECT id, v FROM s WHERE v IS NULL OR id > 0;
INSERT INTO raw (rowtime, id) VALUES (1, 1);
INSERT INTO raw (rowtime, id, v) VALUES (2, 2, 'x');
ASSERT NULL VALUES p (id) KEY (1);
ASSERT VALUES p (rowtime, id, v, n) VALUES (2, 2, 'x', 1);
ASSERT VALUES f (rowtime, id, v) VALUES (2, 2, 'x');

--@test: a stream's row without a value gives no elements and no group
CREATE STREAM raw (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM e AS SELECT id, EXPLODE(ARRAY[1, 2]) AS x FROM s;
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO raw (rowtime, id) VALUES (1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 'x');
ASSERT VALUES e (rowtime, id, x) VALUES (2, 1, 1);
ASSERT VALUES e (rowtime, id, x) VALUES (2, 1, 2);
ASSERT VALUES c (rowtime, id, n) VALUES (2, 1, 1);

--@test: a stream's row without a key flows and keeps none
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_VALUE(id) AS was, v FROM s WHERE id IS NULL;
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s (v) VALUES (7);
INSERT INTO s (id, v) VALUES (1, 8);
ASSERT VALUES o (id, was, v) VALUES (NULL, NULL, 7);
ASSERT VALUES c (id, n) VALUES (1, 1);

--@test: PARTITION BY of a row without a value
CREATE STREAM raw (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM byvalue AS SELECT v, id FROM s PARTITION BY v;
CREATE STREAM bykey AS SELECT id + 2 AS k, id, v FROM s PARTITION BY id + 2;
INSERT INTO raw (rowtime, id) VALUES (1, 1);
INSERT INTO raw (rowtime, id, v) VALUES (2, 2, 'n');
ASSERT NULL VALUES byvalue (v) KEY (NULL);
ASSERT VALUES byvalue (v, id) VALUES ('n', 2);
ASSERT NULL VALUES bykey (k) KEY (3);
ASSERT VALUES bykey (k, id, v) VALUES (4, 2, 'n');

--@test: a table's record without a key is dropped
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO s (v) VALUES (7);
INSERT INTO s (id, v) VALUES (1, 8);
ASSERT VALUES o (id, v) VALUES (1, 8);

--@test: a table's delete of a key never seen goes on
CREATE TABLE raw (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='t', value_format='KAFKA');
CREATE TABLE o AS SELECT * FROM raw;
CREATE TABLE f AS SELECT * FROM raw WHERE v <> 'z';
INSERT INTO raw (rowtime, id) VALUES (1, 5);
INSERT INTO raw (rowtime, id, v) VALUES (2, 6, 'a');
ASSERT NULL VALUES o (id) KEY (5);
ASSERT VALUES o (id, v) VALUES (6, 'a');
ASSERT VALUES f (id, v) VALUES (6, 'a');
