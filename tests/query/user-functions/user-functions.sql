-- Functions from the shared object of tests/udf: they are called as built-in ones are.

--@test: the overload goes by the types of the arguments
CREATE STREAM s (id INT KEY, i INT, l BIGINT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TEST_UDF(i, t) AS a, test_udf(l, t) AS b, TEST_UDF(l, l, t) AS c, TEST_UDF(l, l, l) AS d,
  TEST_UDF() AS e, MULTIPLY(i, i) AS f FROM s;
ASSERT STREAM o (id INT KEY, a STRING, b STRING, c STRING, d STRING, e STRUCT<A STRING>, f BIGINT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, i, l, t) VALUES (1, 65536, 3, 'x');
ASSERT VALUES o (id, a, b, c, d, e, f) VALUES (1, 'doStuffIntString', 'doStuffLongString', 'doStuffLongLongString', 'doStuffLongVarargs', STRUCT(A := 'foo'), 0);

--@test: a callback that reports an error gives NULL, and the row goes on
CREATE STREAM s (id INT KEY, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, BAD_UDF(b) AS x, b FROM s;
INSERT INTO s (id, b) VALUES (1, false);
INSERT INTO s (id, b) VALUES (2, true);
INSERT INTO s (id, b) VALUES (3, NULL);
ASSERT VALUES o (id, x, b) VALUES (1, 0, false);
ASSERT VALUES o (id, x, b) VALUES (2, NULL, true);
ASSERT VALUES o (id, x, b) VALUES (3, NULL, NULL);

--@test: containers are built
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TOSTRUCT(t) AS a, TOLIST(t) AS b, TOMAP(t) AS c, TOSTRING(id) AS d FROM s;
INSERT INTO s (id, t) VALUES (7, 'x');
ASSERT VALUES o (id, a, b, c, d) VALUES (7, STRUCT(A := 'x'), ARRAY['x'], MAP('x' := 'x'), '7');

--@test: table functions give rows, or none when they fail
CREATE STREAM s (id INT KEY, b BOOLEAN, d DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, THROWING_UDTF(b) AS x FROM s;
CREATE STREAM p AS SELECT id, TEST_UDTF(d) AS x FROM s;
ASSERT STREAM p (id INT KEY, x DECIMAL(30, 10)) WITH (kafka_topic='P', value_format='JSON');
INSERT INTO s (id, b, d) VALUES (1, true, 1.25);
INSERT INTO s (id, b, d) VALUES (2, false, -3.5);
ASSERT VALUES o (id, x) VALUES (2, false);
ASSERT VALUES p (id, x) VALUES (1, 1.25);
ASSERT VALUES p (id, x) VALUES (2, -3.5);

--@test: an aggregate adds and takes back
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v BIGINT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, TEST_UDAF(v) AS total FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 5);
INSERT INTO t (id, g, v) VALUES (2, 'a', 7);
INSERT INTO t (id, g, v) VALUES (1, 'a', 6);
ASSERT VALUES o (g, total) VALUES ('a', 5);
ASSERT VALUES o (g, total) VALUES ('a', 12);
ASSERT VALUES o (g, total) VALUES ('a', 13);

--@test: states that are structs and lists
CREATE STREAM s (id INT KEY, v STRUCT<A INT, B INT>, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TEST_UDAF(v) AS pair, GENERIC_VAR_ARG(t, id) AS items FROM s GROUP BY id;
INSERT INTO s (id, v, t) VALUES (1, STRUCT(A := 1, B := 2), 'x');
INSERT INTO s (id, v, t) VALUES (1, STRUCT(A := 3, B := 5), NULL);
INSERT INTO s (id, v, t) VALUES (1, STRUCT(A := 4, B := 9), 'y');
ASSERT VALUES o (id, pair, items) VALUES (1, STRUCT(A := 1, B := 2), ARRAY['x']);
ASSERT VALUES o (id, pair, items) VALUES (1, STRUCT(A := 4, B := 7), ARRAY['x']);
ASSERT VALUES o (id, pair, items) VALUES (1, STRUCT(A := 8, B := 16), ARRAY['x', 'y']);

--@test: literal parameters behind the columns
CREATE STREAM s (id INT KEY, v BIGINT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MULTI_ARG(v, t, 100, 'ab', 'c') AS x, MID_VAR_ARG(v, t, t, 10, 20) AS y FROM s GROUP BY id;
INSERT INTO s (id, v, t) VALUES (1, 1, 'xyz');
INSERT INTO s (id, v, t) VALUES (1, NULL, 'p');
ASSERT VALUES o (id, x, y) VALUES (1, 107, 37);
ASSERT VALUES o (id, x, y) VALUES (1, 108, 39);

--@test: arguments that fit no signature
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'VAR_ARG' does not accept parameters (STRING).
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, VAR_ARG(t) AS x FROM s GROUP BY id;

--@test: an aggregate without undo is for streams
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function VAR_ARG cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v BIGINT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, VAR_ARG(v) AS x FROM t GROUP BY g;
