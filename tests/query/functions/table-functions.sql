-- EXPLODE and CUBE_EXPLODE.

--@test: EXPLODE gives a row for each element, NULLs included
CREATE STREAM s (id INT KEY, a ARRAY<INT>, e ARRAY<DECIMAL(4,2)>, r ARRAY<STRUCT<x INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS a, EXPLODE(e) AS e, EXPLODE(r)->x AS x, ABS(EXPLODE(a)) AS b FROM s;
ASSERT STREAM o (id INT KEY, a INT, e DECIMAL(4,2), x INT, b INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s VALUES (1, ARRAY[-1, NULL, 3], ARRAY[1.50, 2.25], ARRAY[STRUCT(x := 7)]);
INSERT INTO s VALUES (2, NULL, NULL, NULL);
INSERT INTO s VALUES (3, NULL, ARRAY[9.99], NULL);
ASSERT VALUES o (id, a, e, x, b) VALUES (1, -1, 1.50, 7, 1);
ASSERT VALUES o (id, a, e, x, b) VALUES (1, NULL, 2.25, NULL, NULL);
ASSERT VALUES o (id, a, e, x, b) VALUES (1, 3, NULL, NULL, 3);
ASSERT VALUES o (id, a, e, x, b) VALUES (3, NULL, 9.99, NULL, NULL);

--@test: CUBE_EXPLODE gives all combinations, the first element as the highest bit
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(ARRAY[a, b]) AS c FROM s;
INSERT INTO s VALUES (1, 1, 2);
INSERT INTO s VALUES (2, 1, NULL);
INSERT INTO s VALUES (3, NULL, NULL);
ASSERT VALUES o (id, c) VALUES (1, ARRAY[CAST(NULL AS INT), NULL]);
ASSERT VALUES o (id, c) VALUES (1, ARRAY[NULL, 2]);
ASSERT VALUES o (id, c) VALUES (1, ARRAY[1, NULL]);
ASSERT VALUES o (id, c) VALUES (1, ARRAY[1, 2]);
ASSERT VALUES o (id, c) VALUES (2, ARRAY[CAST(NULL AS INT), NULL]);
ASSERT VALUES o (id, c) VALUES (2, ARRAY[1, NULL]);
ASSERT VALUES o (id, c) VALUES (3, ARRAY[CAST(NULL AS INT), NULL]);

--@test: CUBE_EXPLODE of NULL, of nothing and of too much gives no rows
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(a) AS c FROM s;
INSERT INTO s VALUES (1, NULL);
INSERT INTO s VALUES (2, ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]);
INSERT INTO s VALUES (3, ARRAY[7]);
ASSERT VALUES o (id, c) VALUES (3, ARRAY[CAST(NULL AS INT)]);
ASSERT VALUES o (id, c) VALUES (3, ARRAY[7]);

--@test: EXPLODE wants an array
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'explode' does not accept parameters (INTEGER).
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(i) AS x FROM s;

--@test: an untyped NULL has no elements to type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't infer a type of null. Please explicitly cast it to a required type
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(NULL) AS x FROM s;
