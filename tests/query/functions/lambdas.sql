-- TRANSFORM, REDUCE and FILTER; how lambdas are typed, what fails.

--@test: TRANSFORM, REDUCE and FILTER of arrays
CREATE STREAM s (id INT KEY, a ARRAY<INT>, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => x * 2) AS x1, TRANSFORM(a, x => CAST(x AS STRING)) AS x2,
                          REDUCE(a, 0, (s, x) => s + x) AS x3, FILTER(a, x => x > i) AS x4, FILTER(a, x => x > 1) AS x5,
                          REDUCE(a, CAST(NULL AS INT), (s, x) => s + x) AS x6 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 2, 3], 2);
INSERT INTO s VALUES (2, NULL, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, ARRAY[2, 4, 6], ARRAY['1', '2', '3'], 6, ARRAY[3], ARRAY[2, 3], NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, NULL, 0, NULL, NULL, NULL);

--@test: a NULL in the body
CREATE STREAM s (id INT KEY, a ARRAY<INT>, t ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => x + 5) AS x1, TRANSFORM(a, x => ABS(x)) AS x2,
                          TRANSFORM(t, x => UCASE(x)) AS x3, REDUCE(a, 0, (s, x) => s + x) AS x4,
                          REDUCE(a, 0, (s, x) => s + COALESCE(x, 0)) AS x5, FILTER(a, x => x > 1) AS x6,
                          FILTER(t, x => CAST(UCASE(x) AS BOOLEAN)) AS x7 FROM s;
INSERT INTO s VALUES (1, ARRAY[5, NULL], ARRAY['a', NULL]);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (1, NULL, ARRAY[5, NULL], ARRAY['A', NULL], NULL, 5, ARRAY[5], NULL);

--@test: TRANSFORM, REDUCE and FILTER of maps
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(m, (k, v) => UCASE(k), (k, v) => v + 1) AS x1,
                          REDUCE(m, 1, (s, k, v) => s + v + LEN(k)) AS x2, FILTER(m, (k, v) => v > 1 AND k <> 'c') AS x3,
                          TRANSFORM(m, (k, v) => 'x', (k, v) => v) AS x4,
                          TRANSFORM(m, (k, v) => k, (k, v) => NULLIF(v, 1)) AS x5, FILTER(MAP('a' := CAST(NULL AS INT), 'b' := LEN('b')), (k, v) => true) AS x6 FROM s;
INSERT INTO s VALUES (1, MAP('a' := 1, 'b' := 2, 'c' := 3));
INSERT INTO s VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, MAP('A' := 2, 'B' := 3, 'C' := 4), 10, MAP('b' := 2), NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, 1, NULL, NULL, NULL, NULL);

--@test: lambdas in lambdas see what is around them
CREATE STREAM s (id INT KEY, a ARRAY<ARRAY<INT>>, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => TRANSFORM(x, y => y * i + ARRAY_LENGTH(x))) AS x1,
                          REDUCE(a, 0, (s, x) => s + REDUCE(x, 0, (t, y) => t + y)) AS x2,
                          TRANSFORM(a, x => REDUCE(x, CAST(0 AS BIGINT), (s, y) => s + y)) AS x3 FROM s;
INSERT INTO s VALUES (1, ARRAY[ARRAY[1, 2], ARRAY[3]], 10);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY[ARRAY[12, 22], ARRAY[31]], 6, ARRAY[3, 3]);

--@test: a body that fails makes the whole fail
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => 10 / x) AS x1, FILTER(a, x => 10 / x > 1) AS x2,
                          REDUCE(a, 1, (s, x) => s / x) AS x3, COALESCE(TRANSFORM(a, x => 10 / x), ARRAY[7]) AS x4 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 0], NULL);
INSERT INTO s VALUES (2, ARRAY[1, 5], NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, NULL, NULL, NULL, ARRAY[7]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, ARRAY[10, 2], ARRAY[1, 5], 0, ARRAY[10, 2]);

--@test: the body of FILTER is BOOLEAN
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'filter' does not accept parameters (ARRAY<INTEGER>, LAMBDA).
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FILTER(a, x => x + 1) AS x FROM s;

--@test: REDUCE keeps the type of its state
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot map S to both INTEGER and BIGINT
CREATE STREAM s (id INT KEY, a ARRAY<BIGINT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REDUCE(a, 0, (s, x) => s + x) AS x FROM s;

--@test: a lambda has as many parameters as are asked for
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'transform' does not accept parameters (ARRAY<INTEGER>, LAMBDA).
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, (x, y) => x) AS x FROM s;

--@test: a lambda has three parameters at most
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Unsupported number of lambda arguments.
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REDUCE(a, 0, (s, x, y, z) => s) AS x FROM s;

--@test: a parameter keeps its type in inner lambdas
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Reusing lambda arguments in nested lambda is not allowed
CREATE STREAM s (id INT KEY, a ARRAY<ARRAY<INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => TRANSFORM(x, x => 1)) AS x FROM s;
