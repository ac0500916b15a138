-- Arrays and maps: every overload with NULL arguments, NULL elements and empty collections.

--@test: ARRAY_CONCAT, ARRAY_UNION, ARRAY_EXCEPT and ARRAY_INTERSECT
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_CONCAT(a, b) AS x1, ARRAY_UNION(a, b) AS x2, ARRAY_EXCEPT(a, b) AS x3,
                          ARRAY_INTERSECT(a, b) AS x4 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 2, 2, NULL], ARRAY[2, 3, NULL, NULL]);
INSERT INTO s VALUES (2, ARRAY[3, 1, 3], ARRAY[4, 1]);
INSERT INTO s VALUES (3, NULL, ARRAY[1]);
INSERT INTO s VALUES (4, ARRAY[1], NULL);
INSERT INTO s VALUES (5, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4)
  VALUES (1, ARRAY[1, 2, 2, NULL, 2, 3, NULL, NULL], ARRAY[1, 2, NULL, 3], ARRAY[1],
                                               ARRAY[2, NULL]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, ARRAY[3, 1, 3, 4, 1], ARRAY[3, 1, 4], ARRAY[3], ARRAY[1]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, ARRAY[1], NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, ARRAY[1], NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, NULL, NULL);

--@test: ARRAY_CONTAINS, ARRAY_REMOVE and ARRAY_DISTINCT
CREATE STREAM s (id INT KEY, a ARRAY<INT>, v INT, t ARRAY<STRING>, w STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_CONTAINS(a, v) AS x1, ARRAY_REMOVE(a, v) AS x2, ARRAY_DISTINCT(a) AS x3,
                          ARRAY_CONTAINS(t, w) AS x4, ARRAY_REMOVE(t, w) AS x5, ARRAY_DISTINCT(t) AS x6 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 2, 1], 1, ARRAY['a', 'A', 'a'], 'a');
INSERT INTO s VALUES (2, ARRAY[1, NULL, NULL], NULL, ARRAY[NULL, 'b'], NULL);
INSERT INTO s VALUES (3, ARRAY[1, 2], 3, ARRAY['a'], 'b');
INSERT INTO s VALUES (4, ARRAY[1, 2], NULL, ARRAY['a'], NULL);
INSERT INTO s VALUES (5, NULL, 1, NULL, 'a');
INSERT INTO s VALUES (6, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, true, ARRAY[2], ARRAY[1, 2], true, ARRAY['A'], ARRAY['a', 'A']);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, true, ARRAY[1], ARRAY[1, NULL], true, ARRAY['b'], ARRAY[NULL, 'b']);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, false, ARRAY[1, 2], ARRAY[1, 2], false, ARRAY['a'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, false, ARRAY[1, 2], ARRAY[1, 2], false, ARRAY['a'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, false, NULL, NULL, false, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, false, NULL, NULL, false, NULL, NULL);

--@test: equality of elements is by value, decimals by scale, doubles by bits
CREATE STREAM s (id INT KEY, d ARRAY<DOUBLE>, r ARRAY<STRUCT<x INT, y STRING>>, m ARRAY<MAP<STRING, INT>>, x DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(ARRAY_DISTINCT(d)) AS x1, ARRAY_LENGTH(ARRAY_DISTINCT(r)) AS x2,
                          ARRAY_LENGTH(ARRAY_DISTINCT(m)) AS x3, ARRAY_CONTAINS(d, x) AS x4,
                          ARRAY_CONTAINS(TRANSFORM(d, y => SQRT(y)), SQRT(-1)) AS x5 FROM s;
INSERT INTO s VALUES (1, ARRAY[0.0, 1.0, 1.0], ARRAY[STRUCT(x := 1, y := 'a'), STRUCT(x := 1, y := 'a'), STRUCT(x := 1, y := CAST(NULL AS STRING))], ARRAY[MAP('a' := 1), MAP('a' := 1)], 1.0);
INSERT INTO s VALUES (2, ARRAY[-1.0], NULL, NULL, 1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 2, 2, 1, true, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, 1, NULL, NULL, false, true);

--@test: ARRAY_JOIN of the types it knows
CREATE STREAM s (id INT KEY, a ARRAY<INT>, l ARRAY<BIGINT>, d ARRAY<DOUBLE>, e ARRAY<DECIMAL(10,8)>, b ARRAY<BOOLEAN>,
                 s ARRAY<STRING>, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_JOIN(a) AS x1, ARRAY_JOIN(l) AS x2, ARRAY_JOIN(d) AS x3, ARRAY_JOIN(e) AS x4,
                          ARRAY_JOIN(b) AS x5, ARRAY_JOIN(s) AS x6, ARRAY_JOIN(s, p) AS x7, ARRAY_JOIN(a, p) AS x8 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, NULL], ARRAY[2, 3], ARRAY[1.5, 1E21], ARRAY[1.5, 0.00000001], ARRAY[true, false], ARRAY['a', '', NULL], '; ');
INSERT INTO s VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, ',');
INSERT INTO s VALUES (3, ARRAY[1, 2], NULL, NULL, NULL, NULL, ARRAY['a', 'b'], NULL);
INSERT INTO s VALUES (4, ARRAY[1, 2], NULL, NULL, NULL, NULL, ARRAY['a', 'b'], '');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8)
  VALUES (1, '1,null', '2,3', '1.5,1.0E21', '1.50000000,1E-8',
    'true,false', 'a,,null', 'a; ; null', '1; null');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (3, '1,2', NULL, NULL, NULL, NULL, 'a,b', 'ab', '12');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (4, '1,2', NULL, NULL, NULL, NULL, 'a,b', 'ab', '12');

--@test: ARRAY_JOIN of other types fails
CREATE STREAM s (id INT KEY, d ARRAY<DATE>, n ARRAY<ARRAY<INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_JOIN(d) AS x1, ARRAY_JOIN(n) AS x2 FROM s;
INSERT INTO s VALUES (1, ARRAY['2020-01-01'], ARRAY[ARRAY[1]]);
ASSERT VALUES o (id, x1, x2) VALUES (1, NULL, NULL);

--@test: ARRAY_LENGTH, ARRAY_MAX, ARRAY_MIN
CREATE STREAM s (id INT KEY, a ARRAY<INT>, d ARRAY<DOUBLE>, s ARRAY<STRING>, t ARRAY<DATE>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(a) AS x1, ARRAY_MAX(a) AS x2, ARRAY_MIN(a) AS x3, ARRAY_MAX(d) AS x4,
                          ARRAY_MIN(d) AS x5, ARRAY_MAX(s) AS x6, ARRAY_MIN(s) AS x7, ARRAY_MAX(t) AS x8, ARRAY_MIN(t) AS x9 FROM s;
INSERT INTO s VALUES (1, ARRAY[3, NULL, -7], ARRAY[1.5, -1E9], ARRAY['b', 'B', 'a'], ARRAY['2020-01-01', '2019-01-01']);
INSERT INTO s VALUES (2, ARRAY[CAST(NULL AS INT)], NULL, NULL, NULL);
INSERT INTO s VALUES (3, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (1, 3, 3, -7, 1.5, -1E9, 'b', 'B', '2020-01-01', '2019-01-01');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: ARRAY_MAX of what has no order fails
CREATE STREAM s (id INT KEY, n ARRAY<ARRAY<INT>>, m ARRAY<MAP<STRING, INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_MAX(n) AS x1, ARRAY_MIN(n) AS x2, ARRAY_MAX(m) AS x3, ARRAY_SORT(n) AS x4 FROM s;
INSERT INTO s VALUES (1, ARRAY[ARRAY[1], ARRAY[2]], ARRAY[MAP('a' := 1), MAP('a' := 2)]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, NULL, NULL, NULL, NULL);

--@test: ARRAY_SORT puts NULLs last
CREATE STREAM s (id INT KEY, a ARRAY<INT>, d STRING, s ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(a) AS x1, ARRAY_SORT(a, d) AS x2, ARRAY_SORT(s, d) AS x3 FROM s;
INSERT INTO s VALUES (1, ARRAY[3, NULL, 1], 'ASC', ARRAY['b', NULL, 'a']);
INSERT INTO s VALUES (2, ARRAY[3, NULL, 1], 'descending', ARRAY['b', NULL, 'a']);
INSERT INTO s VALUES (3, ARRAY[1, 2], 'Desc', ARRAY['a', 'B']);
INSERT INTO s VALUES (4, ARRAY[1, 2], 'up', ARRAY['a']);
INSERT INTO s VALUES (5, ARRAY[2, 1], NULL, ARRAY['a']);
INSERT INTO s VALUES (6, NULL, 'ASC', NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY[1, 3, NULL], ARRAY[1, 3, NULL], ARRAY['a', 'b', NULL]);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, ARRAY[1, 3, NULL], ARRAY[3, 1, NULL], ARRAY['b', 'a', NULL]);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, ARRAY[1, 2], ARRAY[2, 1], ARRAY['a', 'B']);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, ARRAY[1, 2], NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, ARRAY[1, 2], NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, NULL);

--@test: SLICE counts from 1 and includes both ends
CREATE STREAM s (id INT KEY, a ARRAY<INT>, f INT, t INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SLICE(a, f, t) AS x1, ARRAY_LENGTH(SLICE(a, f, t)) AS x2 FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 2, 3, 4], 2, 3);
INSERT INTO s VALUES (2, ARRAY[1, 2, 3, 4], NULL, 2);
INSERT INTO s VALUES (3, ARRAY[1, 2, 3, 4], 3, NULL);
INSERT INTO s VALUES (4, ARRAY[1, 2], NULL, NULL);
INSERT INTO s VALUES (5, ARRAY[1, 2], 0, 1);
INSERT INTO s VALUES (6, ARRAY[1, 2], -1, 1);
INSERT INTO s VALUES (7, ARRAY[1, 2], 1, 3);
INSERT INTO s VALUES (8, ARRAY[1, 2], 3, 1);
INSERT INTO s VALUES (9, NULL, 1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[2, 3], 2);
ASSERT VALUES o (id, x1, x2) VALUES (2, ARRAY[1, 2], 2);
ASSERT VALUES o (id, x1, x2) VALUES (3, ARRAY[3, 4], 2);
ASSERT VALUES o (id, x1, x2) VALUES (4, ARRAY[1, 2], 2);
ASSERT VALUES o (id, x1, x2) VALUES (5, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (6, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (9, NULL, NULL);

--@test: empty arrays
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM e AS SELECT id, FILTER(a, x => x > 9) AS a, ARRAY[1, NULL] AS b FROM s;
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(ARRAY_CONCAT(a, b)) AS c, ARRAY_LENGTH(ARRAY_UNION(a, b)) AS u, ARRAY_LENGTH(ARRAY_EXCEPT(a, b)) AS x,
                          ARRAY_LENGTH(ARRAY_INTERSECT(b, a)) AS i, ARRAY_CONTAINS(a, 1) AS h, ARRAY_LENGTH(ARRAY_REMOVE(a, 1)) AS r, ARRAY_LENGTH(ARRAY_DISTINCT(a)) AS d,
                          ARRAY_JOIN(a) AS j, ARRAY_LENGTH(a) AS n, ARRAY_MAX(a) AS m, ARRAY_MIN(a) AS l, ARRAY_LENGTH(ARRAY_SORT(a)) AS t,
                          ARRAY_LENGTH(SLICE(a, 1, 0)) AS e, SLICE(a, 1, 1) AS f, ARRAY_LENGTH(SLICE(b, 2, 1)) AS g, TRANSFORM(a, x => x + 1) AS p,
                          REDUCE(a, 5, (s, x) => s + x) AS q FROM e;
INSERT INTO s VALUES (1, ARRAY[1]);
ASSERT VALUES o (id, c, u, x, i, h, r, d, j, n, m, l, t, e, f, g, q) VALUES (1, 2, 2, 0, 0, false, 0, 0, '', 0, NULL, NULL, 0, 0, NULL, 0, 5);

--@test: AS_MAP pairs by position
CREATE STREAM s (id INT KEY, k ARRAY<STRING>, v ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_MAP(k, v) AS x1 FROM s;
INSERT INTO s VALUES (1, ARRAY['a', 'b'], ARRAY[1, 2]);
INSERT INTO s VALUES (2, ARRAY['a', 'b'], ARRAY[1]);
INSERT INTO s VALUES (3, ARRAY['a'], ARRAY[1, 2]);
INSERT INTO s VALUES (4, ARRAY['a', 'a'], ARRAY[1, 2]);
INSERT INTO s VALUES (5, NULL, ARRAY[1]);
INSERT INTO s VALUES (6, ARRAY['a'], NULL);
ASSERT VALUES o (id, x1) VALUES (1, MAP('a' := 1, 'b' := 2));
ASSERT VALUES o (id, x1) VALUES (2, MAP('a' := 1, 'b' := NULL));
ASSERT VALUES o (id, x1) VALUES (3, MAP('a' := 1));
ASSERT VALUES o (id, x1) VALUES (4, MAP('a' := 2));
ASSERT VALUES o (id, x1) VALUES (5, NULL);
ASSERT VALUES o (id, x1) VALUES (6, NULL);

--@test: MAP_KEYS, MAP_VALUES and MAP_UNION
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>, n MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(MAP_KEYS(m)) AS x1, ARRAY_SORT(MAP_VALUES(m)) AS x2, MAP_UNION(m, n) AS x3 FROM s;
INSERT INTO s VALUES (1, MAP('a' := 1, 'b' := 2), MAP('b' := 3, 'c' := 4));
INSERT INTO s VALUES (2, MAP('a' := 1), MAP('a' := CAST(NULL AS INT)));
INSERT INTO s VALUES (3, MAP('a' := 1), NULL);
INSERT INTO s VALUES (4, NULL, MAP('a' := 1));
INSERT INTO s VALUES (5, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY['a', 'b'], ARRAY[1, 2], MAP('a' := 1, 'b' := 3, 'c' := 4));
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, ARRAY['a'], ARRAY[1], MAP('a' := CAST(NULL AS INT)));
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, ARRAY['a'], ARRAY[1], MAP('a' := 1));
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, MAP('a' := 1));
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, NULL, NULL, NULL);

--@test: ENTRIES of each type of value
CREATE STREAM s (id INT KEY, i MAP<STRING, INT>, l MAP<STRING, BIGINT>, d MAP<STRING, DOUBLE>, b MAP<STRING, BOOLEAN>,
                 s MAP<STRING, STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENTRIES(i, true) AS x1, ENTRIES(l, true) AS x2, ENTRIES(d, true) AS x3, ENTRIES(b, true) AS x4,
                          ENTRIES(s, true) AS x5, ARRAY_LENGTH(ENTRIES(i, false)) AS x6 FROM s;
INSERT INTO s VALUES (1, MAP('b' := 1, 'a' := 2), MAP('b' := 1, 'a' := 2), MAP('b' := 1.5, 'a' := 2), MAP('b' := true, 'a' := false), MAP('b' := 'x', 'a' := CAST(NULL AS STRING)));
INSERT INTO s VALUES (2, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (1, ARRAY[STRUCT(k := 'a', v := 2), STRUCT(k := 'b', v := 1)],
                                                       ARRAY[STRUCT(k := 'a', v := 2), STRUCT(k := 'b', v := 1)],
                                                       ARRAY[STRUCT(k := 'a', v := 2.0), STRUCT(k := 'b', v := 1.5)],
                                                       ARRAY[STRUCT(k := 'a', v := false), STRUCT(k := 'b', v := true)],
                                                       ARRAY[STRUCT(k := 'a', v := CAST(NULL AS STRING)), STRUCT(k := 'b', v := 'x')],
                                                       2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: ENTRIES needs to know whether to sort
CREATE STREAM s (id INT KEY, i MAP<STRING, INT>, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENTRIES(i, b) AS x1 FROM s;
INSERT INTO s VALUES (1, MAP('a' := 1), NULL);
INSERT INTO s VALUES (2, MAP('a' := 1), false);
ASSERT VALUES o (id, x1) VALUES (1, NULL);
ASSERT VALUES o (id, x1) VALUES (2, ARRAY[STRUCT(k := 'a', v := 1)]);

--@test: ENTRIES of other values
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'ENTRIES' does not accept parameters (MAP<STRING, DATE>, BOOLEAN).
CREATE STREAM s (id INT KEY, m MAP<STRING, DATE>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENTRIES(m, true) AS x FROM s;
