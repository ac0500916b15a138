-- Aggregates: every overload, NULL, what each keeps; the changes of tables; sessions; what is refused.

--@test: COUNT counts what is not NULL
CREATE STREAM s (id INT KEY, g INT, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS x1, COUNT(v) AS x2, COUNT(t) AS x3, COUNT(1) AS x4, COUNT() AS x5 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 1, 'a');
INSERT INTO s VALUES (2, 1, NULL, 'b');
INSERT INTO s VALUES (3, 1, 3, NULL);
INSERT INTO s VALUES (4, 1, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 1, 1, 1, 1, 1);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 2, 1, 2, 2, 2);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 3, 2, 2, 3, 3);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 4, 2, 2, 4, 4);

--@test: SUM of each type wraps or fails as it does
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE, e DECIMAL(6,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(i) AS x1, SUM(l) AS x2, SUM(d) AS x3, SUM(e) AS x4, SUM(2) AS x5 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, 1, 2, 0.5, 1.25);
INSERT INTO s VALUES (3, 1, 2147483647, 9223372036854775807, 1E300, 1000.50);
INSERT INTO s VALUES (4, 1, NULL, NULL, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 0, 0, 0.0, 0.00, 2);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 1, 2, 0.5, 1.25, 4);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, -2147483648, -9223372036854775807, 1E300, 1001.75, 6);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, -2147483648, -9223372036854775807, 1E300, 1001.75, 8);

--@test: SUM_LIST adds items
CREATE STREAM s (id INT KEY, g INT, i ARRAY<INT>, l ARRAY<BIGINT>, d ARRAY<DOUBLE>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM_LIST(i) AS x1, SUM_LIST(l) AS x2, SUM_LIST(d) AS x3 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, ARRAY[1, NULL, 2], ARRAY[10], ARRAY[0.5, 0.25]);
INSERT INTO s VALUES (3, 1, ARRAY[2147483647], ARRAY[9223372036854775807], ARRAY[1.0]);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 0, 0, 0.0);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 3, 10, 0.75);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, -2147483646, -9223372036854775799, 1.75);

--@test: AVG of each type
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, AVG(i) AS x1, AVG(l) AS x2, AVG(d) AS x3 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, 1, -1, 1.5);
INSERT INTO s VALUES (3, 1, 2, 9223372036854775807, NULL);
INSERT INTO s VALUES (4, 1, 2, 1, 3.5);
INSERT INTO s VALUES (5, 1, NULL, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 0.0, 0.0, 0.0);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 1.0, -1.0, 1.5);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 1.5, 4.611686018427388E18, 1.5);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 1.6666666666666667, 3.0744573456182584E18, 2.5);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 1.6666666666666667, 3.0744573456182584E18, 2.5);

--@test: the sums of AVG wrap in the type of the argument
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, AVG(i) AS x1, AVG(l) AS x2 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 2147483647, 9223372036854775807);
INSERT INTO s VALUES (2, 1, 1, 1);
ASSERT VALUES o (g, x1, x2) VALUES (1, 2147483647.0, 9.223372036854775807E18);
ASSERT VALUES o (g, x1, x2) VALUES (1, -1073741824.0, -4.611686018427387904E18);

--@test: MAX of each type
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BYTES, a DATE, t TIME, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(i) AS x1, MAX(l) AS x2, MAX(d) AS x3, MAX(e) AS x4, MAX(s) AS x5, MAX(b) AS x6, MAX(a) AS x7,
                         MAX(t) AS x8, MAX(m) AS x9 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==', '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
INSERT INTO s VALUES (3, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (4, 1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==', '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
INSERT INTO s VALUES (5, 1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==', '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==',
    '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==',
    '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==',
    '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==',
    '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');

--@test: MIN of each type
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BYTES, a DATE, t TIME, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, MIN(i) AS x1, MIN(l) AS x2, MIN(d) AS x3, MIN(e) AS x4, MIN(s) AS x5, MIN(b) AS x6, MIN(a) AS x7,
                         MIN(t) AS x8, MIN(m) AS x9 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==', '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
INSERT INTO s VALUES (3, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (4, 1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==', '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
INSERT INTO s VALUES (5, 1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==', '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==',
    '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==',
    '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==',
    '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==',
    '1969-01-01', '00:00:00', '1969-01-01T00:00:00');

--@test: the two deviations, of which one is the variance
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, STDDEV_SAMP(i) AS x1, STDDEV_SAMP(l) AS x2, STDDEV_SAMP(d) AS x3, STDDEV_SAMPLE(i) AS x4,
                         STDDEV_SAMPLE(l) AS x5, STDDEV_SAMPLE(d) AS x6 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL, NULL, NULL);
INSERT INTO s VALUES (2, 1, 0, 0, 0);
INSERT INTO s VALUES (3, 1, 10, 10, 10);
INSERT INTO s VALUES (4, 1, 7, 7, 7);
INSERT INTO s VALUES (5, 1, NULL, NULL, NULL);
INSERT INTO s VALUES (6, 1, 6, 6, 6);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6)
  VALUES (1, 50.0, 50.0, 50.0, 7.0710678118654755, 7.0710678118654755,
                                                      7.0710678118654755);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6)
  VALUES (1, 26.333333333333332, 26.333333333333332, 26.333333333333332,
                                                      5.131601439446884, 5.131601439446884, 5.131601439446884);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6)
  VALUES (1, 26.333333333333332, 26.333333333333332, 26.333333333333332,
                                                      5.131601439446884, 5.131601439446884, 5.131601439446884);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6)
  VALUES (1, 17.583333333333332, 17.583333333333332, 17.583333333333332,
                                                      4.193248541803041, 4.193248541803041, 4.193248541803041);

--@test: CORRELATION of pairs
CREATE STREAM s (id INT KEY, g INT, i INT, j INT, l BIGINT, m BIGINT, d DOUBLE, e DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, CAST(CORRELATION(i, j) AS STRING) AS x1, CAST(CORRELATION(l, m) AS STRING) AS x2,
                         CAST(CORRELATION(d, e) AS STRING) AS x3 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 1, 2, 1, 2, 1, 2);
INSERT INTO s VALUES (2, 1, 2, 4, 2, 4, 2, 4);
INSERT INTO s VALUES (3, 1, 3, NULL, NULL, 6, NULL, NULL);
INSERT INTO s VALUES (4, 1, 3, 0, 3, 0, 3, 0);
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, '1.0', '1.0', '1.0');
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, '1.0', '1.0', '1.0');
ASSERT VALUES o (g, x1, x2, x3) VALUES (1, '-0.5', '-0.5', '-0.5');

--@test: COLLECT_LIST keeps NULLs, COLLECT_SET one
CREATE STREAM s (id INT KEY, g INT, v INT, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COLLECT_LIST(v) AS x1, COLLECT_SET(v) AS x2, COLLECT_LIST(s) AS x3, COLLECT_SET(s) AS x4 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 1, 'foo');
INSERT INTO s VALUES (2, 1, NULL, 'bar');
INSERT INTO s VALUES (3, 1, NULL, NULL);
INSERT INTO s VALUES (4, 1, 1, 'foo');
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[1], ARRAY[1], ARRAY['foo'], ARRAY['foo']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[1, NULL], ARRAY[1, NULL], ARRAY['foo', 'bar'], ARRAY['foo', 'bar']);
ASSERT VALUES o (g, x1, x2, x3, x4)
  VALUES (1, ARRAY[1, NULL, NULL], ARRAY[1, NULL], ARRAY['foo', 'bar', NULL],
                                              ARRAY['foo', 'bar', NULL]);
ASSERT VALUES o (g, x1, x2, x3, x4)
  VALUES (1, ARRAY[1, NULL, NULL, 1], ARRAY[1, NULL], ARRAY['foo', 'bar', NULL, 'foo'],
                                              ARRAY['foo', 'bar', NULL]);

--@test: the limits of COLLECT_LIST and COLLECT_SET
SET 'ksql.functions.collect_list.limit' = '2';
SET 'ksql.functions.collect_set.limit' = '2';
CREATE STREAM s (id INT KEY, g INT, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COLLECT_LIST(v) AS x1, COLLECT_SET(v) AS x2 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 1);
INSERT INTO s VALUES (2, 1, 1);
INSERT INTO s VALUES (3, 1, 2);
INSERT INTO s VALUES (4, 1, 3);
ASSERT VALUES o (g, x1, x2) VALUES (1, ARRAY[1], ARRAY[1]);
ASSERT VALUES o (g, x1, x2) VALUES (1, ARRAY[1, 1], ARRAY[1]);
ASSERT VALUES o (g, x1, x2) VALUES (1, ARRAY[1, 1], ARRAY[1, 2]);
ASSERT VALUES o (g, x1, x2) VALUES (1, ARRAY[1, 1], ARRAY[1, 2]);

--@test: HISTOGRAM counts values
CREATE STREAM s (id INT KEY, g INT, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, HISTOGRAM(s) AS x1 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 'a');
INSERT INTO s VALUES (2, 1, 'b');
INSERT INTO s VALUES (3, 1, 'a');
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 1));
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 1, 'b' := 1));
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 2, 'b' := 1));

--@test: ATTR gives what is the same everywhere
CREATE STREAM s (id INT KEY, g INT, s STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, ATTR(s) AS x1, ATTR(v) AS x2 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, '1', NULL);
INSERT INTO s VALUES (2, 1, '1', NULL);
INSERT INTO s VALUES (3, 1, NULL, 1);
INSERT INTO s VALUES (4, 1, '1', NULL);
ASSERT VALUES o (g, x1, x2) VALUES (1, '1', NULL);
ASSERT VALUES o (g, x1, x2) VALUES (1, '1', NULL);
ASSERT VALUES o (g, x1, x2) VALUES (1, NULL, NULL);
ASSERT VALUES o (g, x1, x2) VALUES (1, NULL, NULL);

--@test: COUNT_DISTINCT is exact for few values
CREATE STREAM s (id INT KEY, g INT, i INT, s STRING, d DOUBLE, a DATE, r STRUCT<x INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT_DISTINCT(i) AS x1, COUNT_DISTINCT(s) AS x2, COUNT_DISTINCT(d) AS x3, COUNT_DISTINCT(a) AS x4,
                         COUNT_DISTINCT(r) AS x5 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 1, 'a', 1.5, '2020-01-01', STRUCT(x := 1));
INSERT INTO s VALUES (2, 1, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (3, 1, 1, 'A', 1.5, '2020-01-02', STRUCT(x := 2));
INSERT INTO s VALUES (4, 1, 2, 'a', 2.5, '2020-01-01', STRUCT(x := 1));
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 1, 1, 1, 1, 1);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 1, 1, 1, 1, 1);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 1, 2, 1, 2, 2);
ASSERT VALUES o (g, x1, x2, x3, x4, x5) VALUES (1, 2, 2, 2, 2, 2);

--@test: TOPK keeps the greatest, ties in order of arrival
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPK(i, 3) AS x1, TOPK(l, 2) AS x2, TOPK(d, 1) AS x3, TOPK(s, 2) AS x4 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 0, 0, 0, 'a');
INSERT INTO s VALUES (2, 1, 100, 100, 100, 'B');
INSERT INTO s VALUES (3, 1, 99, 99, 99, NULL);
INSERT INTO s VALUES (4, 1, 7, 7, NULL, 'c');
INSERT INTO s VALUES (5, 1, NULL, NULL, 101, 'c');
INSERT INTO s VALUES (6, 1, 100, 100, 1, '');
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[0], ARRAY[0], ARRAY[0.0], ARRAY['a']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[100, 0], ARRAY[100, 0], ARRAY[100.0], ARRAY['a', 'B']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[100, 99, 0], ARRAY[100, 99], ARRAY[100.0], ARRAY['a', 'B']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[100, 99, 7], ARRAY[100, 99], ARRAY[100.0], ARRAY['c', 'a']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[100, 99, 7], ARRAY[100, 99], ARRAY[101.0], ARRAY['c', 'c']);
ASSERT VALUES o (g, x1, x2, x3, x4) VALUES (1, ARRAY[100, 100, 99], ARRAY[100, 100], ARRAY[101.0], ARRAY['c', 'c']);

--@test: TOPK with more columns keeps them
CREATE STREAM s (id INT KEY, g INT, i INT, n STRING, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPK(i, n, a, 2) AS x1 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 0, 'zero', ARRAY[0]);
INSERT INTO s VALUES (2, 1, 100, 'one', NULL);
INSERT INTO s VALUES (3, 1, NULL, 'x', NULL);
INSERT INTO s VALUES (4, 1, 100, NULL, ARRAY[2]);
INSERT INTO s VALUES (5, 1, 100, 'no', ARRAY[3]);
ASSERT VALUES o (g, x1) VALUES (1, ARRAY[STRUCT(`sort_col` := 0, `col0` := 'zero', `col1` := ARRAY[0])]);
ASSERT VALUES o (g, x1)
  VALUES (1,
                                  ARRAY[STRUCT(`sort_col` := 100, `col0` := 'one', `col1` := CAST(NULL AS ARRAY<INT>)), STRUCT(`sort_col` := 0, `col0` := 'zero', `col1` := ARRAY[0])]);
ASSERT VALUES o (g, x1)
  VALUES (1,
                                  ARRAY[STRUCT(`sort_col` := 100, `col0` := 'one', `col1` := CAST(NULL AS ARRAY<INT>)), STRUCT(`sort_col` := 0, `col0` := 'zero', `col1` := ARRAY[0])]);
ASSERT VALUES o (g, x1)
  VALUES (1,
                                  ARRAY[STRUCT(`sort_col` := 100, `col0` := 'one', `col1` := CAST(NULL AS ARRAY<INT>)), STRUCT(`sort_col` := 100, `col0` := CAST(NULL AS STRING), `col1` := ARRAY[2])]);
ASSERT VALUES o (g, x1)
  VALUES (1,
                                  ARRAY[STRUCT(`sort_col` := 100, `col0` := 'one', `col1` := CAST(NULL AS ARRAY<INT>)), STRUCT(`sort_col` := 100, `col0` := CAST(NULL AS STRING), `col1` := ARRAY[2])]);

--@test: TOPKDISTINCT of each type
CREATE STREAM s (id INT KEY, g INT, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BYTES, a DATE, t TIME, m TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPKDISTINCT(i, 2) AS x1, TOPKDISTINCT(l, 2) AS x2, TOPKDISTINCT(d, 2) AS x3,
                         TOPKDISTINCT(e, 2) AS x4, TOPKDISTINCT(s, 2) AS x5, TOPKDISTINCT(b, 2) AS x6, TOPKDISTINCT(a, 2) AS x7,
                         TOPKDISTINCT(t, 2) AS x8, TOPKDISTINCT(m, 2) AS x9 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, -1, -9223372036854775808, -1.5, -0.50, 'A', 'gA==', '1969-01-01', '00:00:00', '1969-01-01T00:00:00');
INSERT INTO s VALUES (2, 1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==', '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
INSERT INTO s VALUES (3, 1, 2, 9223372036854775807, 1E300, 99.99, 'a', 'AA==', '2020-01-01', '23:59:59.999', '2020-01-01T00:00:00.001');
INSERT INTO s VALUES (4, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, ARRAY[-1], ARRAY[-9223372036854775808], ARRAY[-1.5],
    ARRAY[-0.50], ARRAY['A'], ARRAY['gA=='], ARRAY['1969-01-01'], ARRAY['00:00:00'], ARRAY['1969-01-01T00:00:00']);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, ARRAY[2, -1],
    ARRAY[9223372036854775807, -9223372036854775808], ARRAY[1E300, -1.5], ARRAY[99.99, -0.50], ARRAY['a', 'A'],
    ARRAY['AA==', 'gA=='], ARRAY['2020-01-01', '1969-01-01'], ARRAY['23:59:59.999', '00:00:00'],
    ARRAY['2020-01-01T00:00:00.001', '1969-01-01T00:00:00']);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, ARRAY[2, -1],
    ARRAY[9223372036854775807, -9223372036854775808], ARRAY[1E300, -1.5], ARRAY[99.99, -0.50], ARRAY['a', 'A'],
    ARRAY['AA==', 'gA=='], ARRAY['2020-01-01', '1969-01-01'], ARRAY['23:59:59.999', '00:00:00'],
    ARRAY['2020-01-01T00:00:00.001', '1969-01-01T00:00:00']);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, ARRAY[2, -1],
    ARRAY[9223372036854775807, -9223372036854775808], ARRAY[1E300, -1.5], ARRAY[99.99, -0.50], ARRAY['a', 'A'],
    ARRAY['AA==', 'gA=='], ARRAY['2020-01-01', '1969-01-01'], ARRAY['23:59:59.999', '00:00:00'],
    ARRAY['2020-01-01T00:00:00.001', '1969-01-01T00:00:00']);

--@test: LATEST_BY_OFFSET in its four forms
CREATE STREAM s (id INT KEY, g INT, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v) AS x1, LATEST_BY_OFFSET(v, false) AS x2, LATEST_BY_OFFSET(v, true) AS x3,
                         LATEST_BY_OFFSET(v, 2) AS x4, LATEST_BY_OFFSET(v, 2, false) AS x5, LATEST_BY_OFFSET(v, 2, true) AS x6 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 12);
INSERT INTO s VALUES (2, 1, NULL);
INSERT INTO s VALUES (3, 1, 13);
INSERT INTO s VALUES (4, 1, 14);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 12, 12, 12, ARRAY[12], ARRAY[12], ARRAY[12]);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 12, NULL, 12, ARRAY[12], ARRAY[12, NULL], ARRAY[12]);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 13, 13, 13, ARRAY[12, 13], ARRAY[NULL, 13], ARRAY[12, 13]);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 14, 14, 14, ARRAY[13, 14], ARRAY[13, 14], ARRAY[13, 14]);

--@test: EARLIEST_BY_OFFSET in its four forms
CREATE STREAM s (id INT KEY, g INT, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, EARLIEST_BY_OFFSET(v) AS x1, EARLIEST_BY_OFFSET(v, false) AS x2, EARLIEST_BY_OFFSET(v, true) AS x3,
                         EARLIEST_BY_OFFSET(v, 2) AS x4, EARLIEST_BY_OFFSET(v, 2, false) AS x5,
                         EARLIEST_BY_OFFSET(v, 2, true) AS x6, EARLIEST_BY_OFFSET(v) IS NULL AS x7,
                         ARRAY_LENGTH(EARLIEST_BY_OFFSET(v, 2)) AS x8 FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, NULL);
INSERT INTO s VALUES (2, 1, 12);
INSERT INTO s VALUES (3, 1, 13);
INSERT INTO s VALUES (4, 1, 14);
ASSERT VALUES o (g, x1, x2, x3, x5, x7, x8) VALUES (1, NULL, NULL, NULL, ARRAY[CAST(NULL AS INT)], true, 0);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 12, NULL, 12, ARRAY[12], ARRAY[NULL, 12], ARRAY[12], false, 1);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8)
  VALUES (1, 12, NULL, 12, ARRAY[12, 13], ARRAY[NULL, 12], ARRAY[12, 13],
    false, 2);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8)
  VALUES (1, 12, NULL, 12, ARRAY[12, 13], ARRAY[NULL, 12], ARRAY[12, 13],
    false, 2);

--@test: COUNT, SUM, AVG and the lists follow a table's changes
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, l ARRAY<INT>, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(v) AS x1, SUM(v) AS x2, AVG(v) AS x3, COLLECT_LIST(v) AS x4, SUM_LIST(l) AS x5, ATTR(s) AS x6 FROM t GROUP BY g;
INSERT INTO t VALUES (1, 1, 1, ARRAY[1, 2], 'a');
INSERT INTO t VALUES (2, 1, 2, ARRAY[3], 'b');
INSERT INTO t VALUES (1, 1, NULL, NULL, 'b');
INSERT INTO t VALUES (1, 1, 4, ARRAY[9], NULL);
INSERT INTO t VALUES (2, 2, 2, ARRAY[3], 'b');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 1, 1, 1.0, ARRAY[1], 3, 'a');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 2, 3, 1.5, ARRAY[1, 2], 6, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 1, 2, 2.0, ARRAY[2, NULL], 3, 'b');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 2, 6, 3.0, ARRAY[2, 4], 12, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (1, 1, 4, 4.0, ARRAY[4], 9, NULL);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6) VALUES (2, 1, 2, 2.0, ARRAY[2], 3, 'b');

--@test: the other sums follow a table's changes
CREATE TABLE t (k INT PRIMARY KEY, g INT, i INT, l BIGINT, d DOUBLE, e DECIMAL(6,2)) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(l) AS x1, SUM(d) AS x2, SUM(e) AS x3, AVG(l) AS x4, AVG(d) AS x5, STDDEV_SAMPLE(d) AS x6,
                         STDDEV_SAMP(i) AS x7, CAST(CORRELATION(l, l) AS STRING) AS x8 FROM t GROUP BY g;
INSERT INTO t VALUES (1, 1, 1, 2, 0.5, 1.25);
INSERT INTO t VALUES (2, 1, 2, 4, 1.5, 2.25);
INSERT INTO t VALUES (2, 1, 2, 4, 1.5, -2.25);
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 2, 0.5, 1.25, 2.0, 0.5, 0.0, 0.0, 'NaN');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 6, 2.0, 3.50, 3.0, 1.0, 0.7071067811865476, 0.5, '1.0');
ASSERT VALUES o (g, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 6, 2.0, -1.00, 3.0, 1.0, 0.7071067811865476, 0.5, '1.0');

--@test: HISTOGRAM forgets what has gone
CREATE TABLE t (k INT PRIMARY KEY, g INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, HISTOGRAM(s) AS x1 FROM t GROUP BY g;
INSERT INTO t VALUES (1, 1, 'a');
INSERT INTO t VALUES (2, 1, 'a');
INSERT INTO t VALUES (1, 1, 'b');
INSERT INTO t VALUES (2, 1, 'b');
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 1));
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 2));
ASSERT VALUES o (g, x1) VALUES (1, MAP('a' := 1, 'b' := 1));
ASSERT VALUES o (g, x1) VALUES (1, MAP('b' := 2));

--@test: MIN is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function MIN cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MIN(v) AS x FROM t GROUP BY g;

--@test: MAX is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function MAX cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(v) AS x FROM t GROUP BY g;

--@test: COUNT_DISTINCT is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function COUNT_DISTINCT cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT_DISTINCT(v) AS x FROM t GROUP BY g;

--@test: COLLECT_SET is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function COLLECT_SET cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COLLECT_SET(v) AS x FROM t GROUP BY g;

--@test: TOPK is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function TOPK cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPK(v, 2) AS x FROM t GROUP BY g;

--@test: TOPKDISTINCT is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function TOPKDISTINCT cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPKDISTINCT(v, 2) AS x FROM t GROUP BY g;

--@test: LATEST_BY_OFFSET is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function LATEST_BY_OFFSET cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v) AS x FROM t GROUP BY g;

--@test: EARLIEST_BY_OFFSET is not for tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation function EARLIEST_BY_OFFSET cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, EARLIEST_BY_OFFSET(v, 2) AS x FROM t GROUP BY g;

--@test: several that are not for tables are named once each
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The aggregation functions LATEST_BY_OFFSET, MIN and MAX cannot be applied to a table source, only to a stream source.
CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v) AS a, MIN(v) AS b, MIN(s) AS c, COUNT(v) AS d, MAX(v) AS x FROM t GROUP BY g;

--@test: aggregates do not cast: SUM of text
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'SUM' does not accept parameters (STRING).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(s) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: AVG of a decimal
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'avg' does not accept parameters (DECIMAL(4, 2)).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, AVG(e) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: STDDEV_SAMP of a decimal
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'STDDEV_SAMP' does not accept parameters (DECIMAL(4, 2)).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, STDDEV_SAMP(e) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: MAX of a BOOLEAN
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'MAX' does not accept parameters (BOOLEAN).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(b) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: HISTOGRAM of an INT
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'histogram' does not accept parameters (INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, HISTOGRAM(i) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: TOPK of a decimal
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'TOPK' does not accept parameters (DECIMAL(4, 2), INTEGER).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(e, 3) AS x FROM s GROUP BY id;

--@test: aggregates do not cast: CORRELATION of two types
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'correlation' does not accept parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, CORRELATION(i, l) AS x FROM s GROUP BY id;

--@test: k is a literal
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Parameter 2 passed to function TOPK must be a literal constant, but was expression: 'I'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(i, i) AS x FROM s GROUP BY id;

--@test: ignoreNulls is a literal
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Parameter 2 passed to function LATEST_BY_OFFSET must be a literal constant, but was expression: 'B'
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, LATEST_BY_OFFSET(i, b) AS x FROM s GROUP BY id;

--@test: latestN is at least 1
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: latestN must be 1 or greater
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, LATEST_BY_OFFSET(i, 0) AS x FROM s GROUP BY id;

--@test: earliestN is at least 1
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: earliestN must be 1 or greater
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(i, -1, false) AS x FROM s GROUP BY id;

--@test: a k below 1 is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Failed to create aggregate function: TOPK(I, 0)
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(i, 0) AS x FROM s GROUP BY id;

--@test: aggregates are not nested
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Aggregate functions can not be nested: SUM(COUNT())
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2), s STRING, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(COUNT()) AS x FROM s GROUP BY id;

--@test: the sum of decimals that overflows stops the query
CREATE STREAM s (id INT KEY, g INT, e DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(e) AS x FROM s GROUP BY g;
INSERT INTO s VALUES (1, 1, 60.00);
INSERT INTO s VALUES (2, 1, 39.99);
ASSERT VALUES o (g, x) VALUES (1, 60.00);
ASSERT VALUES o (g, x) VALUES (1, 99.99);

--@test: sessions merge their states
CREATE STREAM s (id INT KEY, g INT, v INT, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(v) AS c, SUM(v) AS u, AVG(v) AS a, MIN(v) AS i, MAX(v) AS x, COLLECT_LIST(v) AS l, COLLECT_SET(s) AS t,
                         TOPK(v, 2) AS k, TOPKDISTINCT(v, 2) AS d, HISTOGRAM(s) AS h, ATTR(s) AS r, COUNT_DISTINCT(v) AS n
  FROM s WINDOW SESSION (1 SECOND) GROUP BY g;
INSERT INTO s (ROWTIME, id, g, v, s) VALUES (0, 1, 1, 1, 'a');
INSERT INTO s (ROWTIME, id, g, v, s) VALUES (1500, 2, 1, 3, 'a');
INSERT INTO s (ROWTIME, id, g, v, s) VALUES (700, 3, 1, 2, 'a');
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, c, u, a, i, x, l, t, k, d, h, r, n)
  VALUES (0, 0, 1, 1, 1, 1.0, 1, 1, ARRAY[1], ARRAY['a'], ARRAY[1], ARRAY[1], MAP('a' := 1), 'a', 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, c, u, a, i, x, l, t, k, d, h, r, n)
  VALUES (1500, 1500, 1, 1, 3, 3.0, 3, 3, ARRAY[3], ARRAY['a'], ARRAY[3], ARRAY[3], MAP('a' := 1), 'a', 1);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, g) KEY (0, 0, 1);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, g) KEY (1500, 1500, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, c, u, a, i, x, l, t, k, d, h, r, n)
  VALUES (0, 1500, 1, 3, 6, 2.0, 1, 3, ARRAY[1, 3, 2], ARRAY['a'], ARRAY[3, 2], ARRAY[3, 2], MAP('a' := 3), 'a', 3);

--@test: sessions of the latest and the earliest
CREATE STREAM s (id INT KEY, g INT, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v, false) AS a, LATEST_BY_OFFSET(v, 2, false) AS b, LATEST_BY_OFFSET(v, 2) AS c, EARLIEST_BY_OFFSET(v) AS d,
                         EARLIEST_BY_OFFSET(v, 2, false) AS e, STDDEV_SAMPLE(v) AS f, STDDEV_SAMP(v) AS h
  FROM s WINDOW SESSION (1 SECOND) GROUP BY g;
INSERT INTO s (ROWTIME, id, g, v) VALUES (0, 1, 1, 1);
INSERT INTO s (ROWTIME, id, g, v) VALUES (1500, 2, 1, NULL);
INSERT INTO s (ROWTIME, id, g, v) VALUES (700, 3, 1, 2);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, a, b, c, d, e, f, h) VALUES (0, 0, 1, 1, ARRAY[1], ARRAY[1], 1, ARRAY[1], 0.0, 0.0);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, a, b, d, e, f, h) VALUES (1500, 1500, 1, NULL, ARRAY[CAST(NULL AS INT)], NULL, ARRAY[CAST(NULL AS INT)], 0.0, 0.0);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, g) KEY (0, 0, 1);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, g) KEY (1500, 1500, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, g, a, b, c, d, e, f, h) VALUES (0, 1500, 1, 2, ARRAY[NULL, 2], ARRAY[1, 2], 1, ARRAY[1, NULL], 0.7071067811865476, 0.5);
