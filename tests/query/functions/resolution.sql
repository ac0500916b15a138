-- How a call finds its overload: exact types first, implicit widening, generics, variadics, NULLs; and the messages.

--@test: POWER(INT, BIGINT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'power' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, POWER(i, l) AS x FROM s;

--@test: ATAN2(INT, BIGINT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'atan2' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ATAN2(i, l) AS x FROM s;

--@test: LOG(INT, BIGINT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'log' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LOG(i, l) AS x FROM s;

--@test: ROUND(INT, INT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'Round' cannot be resolved due to ambiguous method parameters (INTEGER, INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(i, 1) AS x FROM s;

--@test: TRUNC(INT, INT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'trunc' cannot be resolved due to ambiguous method parameters (INTEGER, INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRUNC(i, 1) AS x FROM s;

--@test: ABS(NULL) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'Abs' cannot be resolved due to ambiguous method parameters (null).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(NULL) AS x FROM s;

--@test: LEN(NULL) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'len' cannot be resolved due to ambiguous method parameters (null).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(NULL) AS x FROM s;

--@test: SUBSTRING(NULL, INT) is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'substring' cannot be resolved due to ambiguous method parameters (null, INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(NULL, 1) AS x FROM s;

--@test: what implicit casts make possible
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, POWER(i, d) AS x1, SIGN(e) AS x2, SQRT(2.25) AS x3, SUBSTRING(CAST(NULL AS STRING), 1) AS x4,
                          SUBSTRING(s, NULL) AS x5, GENERATE_SERIES(i, l) AS x6,
                          FORMAT_TIMESTAMP('2020-05-26T23:59:58', 'yyyy') AS x7, UNIX_DATE('2020-05-26') AS x8,
                          LEN('YQ==') AS x9, CONCAT('YQ==', y) AS x10, ATAN2(e, 1.0) AS x11, CEIL(i) AS x12 FROM s;
INSERT INTO s VALUES (1, 2, 3, 3.0, 1.5, true, 's', 'Yg==', '01:00', '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (1, 8.0, 1, 1.5, NULL, NULL, ARRAY[2, 3],
    '2020', 18408, 4, 'YWI=', 0.982793723247329, 2);

--@test: nothing casts to VARCHAR
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ucase' does not accept parameters (INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(i) AS x FROM s;

--@test: nothing casts from BOOLEAN
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'Abs' does not accept parameters (BOOLEAN).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(b) AS x FROM s;

--@test: numbers do not narrow
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'Chr' does not accept parameters (BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CHR(l) AS x FROM s;

--@test: a DOUBLE is no DECIMAL
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'GENERATE_SERIES' does not accept parameters (DOUBLE, DOUBLE).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(d, d) AS x FROM s;

--@test: types as messages print them
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ucase' does not accept parameters (STRUCT<A STRING, B INTEGER>, MAP<STRING, INTEGER>, ARRAY<INTEGER>, DECIMAL(5, 1), null).
CREATE STREAM s (id INT KEY, r STRUCT<a STRING, b INT>, m MAP<STRING, INT>, n ARRAY<INT>, e DECIMAL(5,1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(r, m, n, e, NULL) AS x FROM s;

--@test: the other types as messages print them
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ucase' does not accept parameters (INTEGER, BIGINT, DOUBLE, BOOLEAN, STRING, BYTES, TIME, DATE, TIMESTAMP).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(i, l, d, b, s, y, t, a, m) AS x FROM s;

--@test: a lambda as messages print it
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ucase' does not accept parameters (ARRAY<INTEGER>, LAMBDA).
CREATE STREAM s (id INT KEY, n ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(n, x => x) AS x FROM s;

--@test: an unknown name is upper case in the message
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'NOPE'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, Nope(i) AS x FROM s;

--@test: STDDEV_POP is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'STDDEV_POP'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, STDDEV_POP(s) AS x FROM s;

--@test: SERIES is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'SERIES'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SERIES(s) AS x FROM s;

--@test: SHA256 is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'SHA256'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SHA256(s) AS x FROM s;

--@test: NOW is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'NOW'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NOW(s) AS x FROM s;

--@test: DATE_TRUNC is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'DATE_TRUNC'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATE_TRUNC(s) AS x FROM s;

--@test: SPLIT_PART is unknown
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'SPLIT_PART'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT_PART(s) AS x FROM s;

--@test: a type variable is one type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'array_concat' does not accept parameters (ARRAY<INTEGER>, ARRAY<BIGINT>).
CREATE STREAM s (id INT KEY, n ARRAY<INT>, o ARRAY<BIGINT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_CONCAT(n, o) AS x FROM s;

--@test: a type variable is one precision
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ARRAY_CONTAINS' does not accept parameters (ARRAY<DECIMAL(4, 2)>, DECIMAL(5, 2)).
CREATE STREAM s (id INT KEY, n ARRAY<DECIMAL(4,2)>, e DECIMAL(5,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_CONTAINS(n, e) AS x FROM s;

--@test: a type variable is one struct
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'array_union' does not accept parameters (ARRAY<STRUCT<A INTEGER>>, ARRAY<STRUCT<B INTEGER>>).
CREATE STREAM s (id INT KEY, n ARRAY<STRUCT<a INT>>, o ARRAY<STRUCT<b INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_UNION(n, o) AS x FROM s;

--@test: generic parameters do not cast
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'array_remove' does not accept parameters (ARRAY<BIGINT>, INTEGER).
CREATE STREAM s (id INT KEY, n ARRAY<BIGINT>, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_REMOVE(n, i) AS x FROM s;

--@test: a generic result needs a type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(ARRAY_DISTINCT(NULL)) AS x FROM s;

--@test: a select item needs a type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NULL AS x FROM s;

--@test: an untyped NULL takes the type of what is beside it
CREATE STREAM s (id INT KEY, i INT, n ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(NULL, i) AS x1, IFNULL(i, NULL) AS x2, ARRAY_CONTAINS(n, NULL) AS x3,
                          ARRAY_CONCAT(NULL, n) AS x4, CONCAT('a', NULL) AS x5 FROM s;
INSERT INTO s VALUES (1, 1, ARRAY[2, NULL]);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 1, 1, true, ARRAY[2, NULL], 'a');

--@test: a variadic takes none, one or many
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT() AS x1, CONCAT(s) AS x2, CONCAT(s, s, s, s, s, s) AS x3, ELT(i) AS x4, FIELD(s) AS x5,
                          GREATEST(i) AS x6, COALESCE(i) AS x7 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1, 1, true, 'a', 'YQ==', '01:00', '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (1, '', 'a', 'aaaaaa', NULL, 0, 1, 1);

--@test: each argument of a variadic is checked
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'elt' does not accept parameters (INTEGER, STRING, STRING, INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE,
                 m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ELT(1, s, s, i) AS x FROM s;

--@test: names in any case
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, abs(i) AS x1, Abs(i) AS x2, ABS(i) AS x3, aBs(i) AS x4 FROM s;
INSERT INTO s VALUES (1, -1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 1, 1, 1);

--@test: errors inside arguments are NULL there, and only there
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[44, STRINGTODATE(s, 'yyyyMMdd')] AS x1, COALESCE(CAST(s AS INT), 7) AS x2,
                          1 + STRINGTODATE(s, 'yyyyMMdd') AS x3, CONCAT('a', FROM_BYTES(TO_BYTES(s, 'hex'), 'utf8')) AS x4,
                          STRUCT(a := 'moo', b := STRINGTODATE(s, 'yyyyMMdd'))->a AS x5,
                          CASE WHEN true THEN 1 ELSE STRINGTODATE(s, 'yyyyMMdd') END AS x6 FROM s;
INSERT INTO s VALUES (1, 'foo');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, ARRAY[44, NULL], 7, NULL, 'a', 'moo', 1);

--@test: with ksql.nested.error.set.null off an error is the whole expression's
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(CAST(s AS INT), 7) AS x, ARRAY[1, CAST(s AS INT)] AS y, LEN(s) AS z FROM s;
INSERT INTO s VALUES (1, 'foo');
ASSERT VALUES o (id, x, y, z) VALUES (1, NULL, NULL, 3);

--@test: an error in WHERE drops the row, in GROUP BY too, in PARTITION BY it gives a NULL key
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM w AS SELECT id, s FROM s WHERE STRINGTODATE(s, 'yyyy-MM-dd') > 0;
CREATE TABLE g AS SELECT STRINGTODATE(s, 'yyyy-MM-dd') AS k, COUNT(*) AS n FROM s GROUP BY STRINGTODATE(s, 'yyyy-MM-dd');
CREATE STREAM p AS SELECT STRINGTODATE(s, 'yyyy-MM-dd') AS k, id FROM s PARTITION BY STRINGTODATE(s, 'yyyy-MM-dd');
INSERT INTO s VALUES (1, '1970-01-02');
INSERT INTO s VALUES (2, 'x');
INSERT INTO s VALUES (3, '1970-01-02');
ASSERT VALUES w (id, s) VALUES (1, '1970-01-02');
ASSERT VALUES w (id, s) VALUES (3, '1970-01-02');
ASSERT VALUES g (k, n) VALUES (1, 1);
ASSERT VALUES g (k, n) VALUES (1, 2);
ASSERT VALUES p (k, id) VALUES (1, 1);
ASSERT VALUES p (k, id) VALUES (NULL, 2);
ASSERT VALUES p (k, id) VALUES (1, 3);

--@test: COUNT of nothing is of ROWTIME in messages
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s;

--@test: test functions, a variadic at the end, in the middle and at the start of literals
CREATE STREAM s (id INT KEY, first BIGINT, second STRING, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM u AS SELECT id, TEST_UDF(i, second) AS a, TEST_UDF(first, second) AS b, TEST_UDF(first, first, second) AS c, TEST_UDF(first, i, first, i) AS d,
                          TEST_UDF(first, NULL) AS e, TEST_UDF(STRUCT(a := 'x')) AS f, TEST_UDF()->a AS g FROM s;
CREATE TABLE o AS SELECT id, VAR_ARG(first, 'hello', '10', '20', second, '3') AS a, MID_VAR_ARG(first, second, second, 3, 4) AS b, MULTI_ARG(first, second, 1, 'ab', 'c') AS c,
                         GENERIC_VAR_ARG(i, second, first, first) AS d, OBJ_COL_ARG(i, second, first) AS e FROM s GROUP BY id;
INSERT INTO s VALUES (1, 100, 'four', 5);
ASSERT VALUES u (id, a, b, c, d, e, f, g) VALUES (1, 'doStuffIntString', 'doStuffLongString', 'doStuffLongLongString', 'doStuffLongVarargs', 'doStuffLongString', 'x', 'foo');
ASSERT VALUES o (id, a, b, c, d, e) VALUES (1, 114, 115, 108, ARRAY[5], ARRAY[5]);

--@test: no overload for VAR_ARG(s, s)
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'VAR_ARG' does not accept parameters (STRING, STRING).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, VAR_ARG(s, s) AS x FROM s GROUP BY id;

--@test: no overload for MID_VAR_ARG(l, s, s, 3)
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: (BIGINT, STRING, STRING, INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MID_VAR_ARG(l, s, s, 3) AS x FROM s GROUP BY id;

--@test: no overload for GENERIC_VAR_ARG(e, i, d, 'x', d)
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: (DECIMAL(5, 1), INTEGER, DOUBLE, STRING, DOUBLE).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(5,1), b BOOLEAN, s STRING, y BYTES, t TIME, a DATE, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, GENERIC_VAR_ARG(e, i, d, 'x', d) AS x FROM s GROUP BY id;

--@test: one array in the place of a variadic is cast to its type
CREATE STREAM s (id INT KEY, a ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a) AS x, CONCAT(ARRAY['p']) AS y, CONCAT(a) = CAST(a AS STRING) AS z FROM s;
INSERT INTO s VALUES (1, ARRAY['b', NULL, 'c d']);
INSERT INTO s VALUES (2, NULL);
ASSERT VALUES o (id, x, y, z) VALUES (1, '[b, null, c d]', '[p]', true);
ASSERT VALUES o (id, x, y, z) VALUES (2, '', '[p]', false);

--@test: an array among others is no variadic
--@expected.error: io.confluent.ksql.util.KsqlStatementException
--@expected.message: Function 'concat' does not accept parameters (ARRAY<STRING>, ARRAY<STRING>)
CREATE STREAM s (id INT KEY, a ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a, a) AS x FROM s;

--@test: an array of another type is no variadic
--@expected.error: io.confluent.ksql.util.KsqlStatementException
--@expected.message: Function 'concat' does not accept parameters (ARRAY<INTEGER>)
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a) AS x FROM s;
