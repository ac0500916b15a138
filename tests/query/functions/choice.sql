-- COALESCE, IFNULL, NULLIF, AS_VALUE, GREATEST and LEAST over each type.

--@test: COALESCE over each type
CREATE STREAM s (id INT KEY, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, e1 DECIMAL(4,2), e2 DECIMAL(4,2),
                 b1 BOOLEAN, b2 BOOLEAN, s1 STRING, s2 STRING, y1 BYTES, y2 BYTES, t1 TIME, t2 TIME, a1 DATE, a2 DATE,
                 m1 TIMESTAMP, m2 TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(i1, i2) AS x1, COALESCE(l1, l2) AS x2, COALESCE(d1, d2) AS x3, COALESCE(e1, e2) AS x4,
                          COALESCE(b1, b2) AS x5, COALESCE(s1, s2) AS x6, COALESCE(y1, y2) AS x7, COALESCE(t1, t2) AS x8,
                          COALESCE(a1, a2) AS x9, COALESCE(m1, m2) AS x10 FROM s;
INSERT INTO s VALUES (1, 1, 2, 1, 2, 1.5, 2.5, 1.50, 2.50, true, false, 'a', 'b', 'YQ==', 'Yg==', '01:00:00', '02:00:00', '2020-01-01', '2020-01-02', '2020-01-01T00:00:00', '2020-01-02T00:00:00');
INSERT INTO s VALUES (2, NULL, 2, NULL, 2, NULL, 2.5, NULL, 2.50, NULL, false, NULL, 'b', NULL, 'Yg==', NULL, '02:00:00', NULL, '2020-01-02', NULL, '2020-01-02T00:00:00');
INSERT INTO s VALUES (3, 1, NULL, 1, NULL, 1.5, NULL, 1.50, NULL, true, NULL, 'a', NULL, 'YQ==', NULL, '01:00:00', NULL, '2020-01-01', NULL, '2020-01-01T00:00:00', NULL);
INSERT INTO s VALUES (4, 1, 1, 1, 1, 1.5, 1.5, 1.50, 1.50, true, true, 'a', 'a', 'YQ==', 'YQ==', '01:00:00', '01:00:00', '2020-01-01', '2020-01-01', '2020-01-01T00:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (1, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (2, 2, 2, 2.5, 2.50, false, 'b', 'Yg==', '02:00:00',
    '2020-01-02', '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (3, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (4, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);

--@test: IFNULL over each type
CREATE STREAM s (id INT KEY, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, e1 DECIMAL(4,2), e2 DECIMAL(4,2),
                 b1 BOOLEAN, b2 BOOLEAN, s1 STRING, s2 STRING, y1 BYTES, y2 BYTES, t1 TIME, t2 TIME, a1 DATE, a2 DATE,
                 m1 TIMESTAMP, m2 TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IFNULL(i1, i2) AS x1, IFNULL(l1, l2) AS x2, IFNULL(d1, d2) AS x3, IFNULL(e1, e2) AS x4,
                          IFNULL(b1, b2) AS x5, IFNULL(s1, s2) AS x6, IFNULL(y1, y2) AS x7, IFNULL(t1, t2) AS x8,
                          IFNULL(a1, a2) AS x9, IFNULL(m1, m2) AS x10 FROM s;
INSERT INTO s VALUES (1, 1, 2, 1, 2, 1.5, 2.5, 1.50, 2.50, true, false, 'a', 'b', 'YQ==', 'Yg==', '01:00:00', '02:00:00', '2020-01-01', '2020-01-02', '2020-01-01T00:00:00', '2020-01-02T00:00:00');
INSERT INTO s VALUES (2, NULL, 2, NULL, 2, NULL, 2.5, NULL, 2.50, NULL, false, NULL, 'b', NULL, 'Yg==', NULL, '02:00:00', NULL, '2020-01-02', NULL, '2020-01-02T00:00:00');
INSERT INTO s VALUES (3, 1, NULL, 1, NULL, 1.5, NULL, 1.50, NULL, true, NULL, 'a', NULL, 'YQ==', NULL, '01:00:00', NULL, '2020-01-01', NULL, '2020-01-01T00:00:00', NULL);
INSERT INTO s VALUES (4, 1, 1, 1, 1, 1.5, 1.5, 1.50, 1.50, true, true, 'a', 'a', 'YQ==', 'YQ==', '01:00:00', '01:00:00', '2020-01-01', '2020-01-01', '2020-01-01T00:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (1, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (2, 2, 2, 2.5, 2.50, false, 'b', 'Yg==', '02:00:00',
    '2020-01-02', '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (3, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (4, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);

--@test: NULLIF over each type
CREATE STREAM s (id INT KEY, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, e1 DECIMAL(4,2), e2 DECIMAL(4,2),
                 b1 BOOLEAN, b2 BOOLEAN, s1 STRING, s2 STRING, y1 BYTES, y2 BYTES, t1 TIME, t2 TIME, a1 DATE, a2 DATE,
                 m1 TIMESTAMP, m2 TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NULLIF(i1, i2) AS x1, NULLIF(l1, l2) AS x2, NULLIF(d1, d2) AS x3, NULLIF(e1, e2) AS x4,
                          NULLIF(b1, b2) AS x5, NULLIF(s1, s2) AS x6, NULLIF(y1, y2) AS x7, NULLIF(t1, t2) AS x8,
                          NULLIF(a1, a2) AS x9, NULLIF(m1, m2) AS x10 FROM s;
INSERT INTO s VALUES (1, 1, 2, 1, 2, 1.5, 2.5, 1.50, 2.50, true, false, 'a', 'b', 'YQ==', 'Yg==', '01:00:00', '02:00:00', '2020-01-01', '2020-01-02', '2020-01-01T00:00:00', '2020-01-02T00:00:00');
INSERT INTO s VALUES (2, NULL, 2, NULL, 2, NULL, 2.5, NULL, 2.50, NULL, false, NULL, 'b', NULL, 'Yg==', NULL, '02:00:00', NULL, '2020-01-02', NULL, '2020-01-02T00:00:00');
INSERT INTO s VALUES (3, 1, NULL, 1, NULL, 1.5, NULL, 1.50, NULL, true, NULL, 'a', NULL, 'YQ==', NULL, '01:00:00', NULL, '2020-01-01', NULL, '2020-01-01T00:00:00', NULL);
INSERT INTO s VALUES (4, 1, 1, 1, 1, 1.5, 1.5, 1.50, 1.50, true, true, 'a', 'a', 'YQ==', 'YQ==', '01:00:00', '01:00:00', '2020-01-01', '2020-01-01', '2020-01-01T00:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (1, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (3, 1, 1, 1.5, 1.50, true, 'a', 'YQ==', '01:00:00',
    '2020-01-01', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)
  VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);

--@test: COALESCE, IFNULL and NULLIF of containers
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<INT>, m MAP<STRING, INT>, n MAP<STRING, INT>, r STRUCT<x INT>,
                 q STRUCT<x INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(a, b) AS x1, IFNULL(m, n) AS x2, NULLIF(r, q) AS x3, NULLIF(a, b) AS x4,
                          COALESCE(a, b, ARRAY[9]) AS x5, COALESCE(a) AS x6 FROM s;
INSERT INTO s VALUES (1, NULL, ARRAY[1], NULL, MAP('a' := 1), STRUCT(x := 1), STRUCT(x := 1));
INSERT INTO s VALUES (2, ARRAY[2], ARRAY[2], MAP('a' := 1), NULL, STRUCT(x := 1), STRUCT(x := 2));
INSERT INTO s VALUES (3, NULL, NULL, NULL, NULL, NULL, STRUCT(x := 2));
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, ARRAY[1], MAP('a' := 1), NULL, NULL, ARRAY[1], NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, ARRAY[2], MAP('a' := 1), STRUCT(x := 1), NULL, ARRAY[2], ARRAY[2]);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, NULL, NULL, NULL, NULL, ARRAY[9], NULL);

--@test: COALESCE wants one type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'COALESCE' does not accept parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(i, l) AS x FROM s;

--@test: COALESCE wants one precision
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'IFNULL' does not accept parameters (DECIMAL(4, 2), DECIMAL(5, 2)).
CREATE STREAM s (id INT KEY, d DECIMAL(4,2), e DECIMAL(5,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IFNULL(d, e) AS x FROM s;

--@test: COALESCE wants an argument
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'COALESCE' does not accept parameters ().
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE() AS x FROM s;

--@test: GREATEST over each type ignores NULLs
CREATE STREAM s (id INT KEY, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, e1 DECIMAL(4,2), e2 DECIMAL(4,2),
                 s1 STRING, s2 STRING, y1 BYTES, y2 BYTES, t1 TIME, t2 TIME, a1 DATE, a2 DATE, m1 TIMESTAMP, m2 TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(i1, i2) AS x1, GREATEST(l1, l2) AS x2, GREATEST(d1, d2) AS x3, GREATEST(e1, e2) AS x4,
                          GREATEST(s1, s2) AS x5, GREATEST(y1, y2) AS x6, GREATEST(t1, t2) AS x7, GREATEST(a1, a2) AS x8,
                          GREATEST(m1, m2) AS x9 FROM s;
INSERT INTO s VALUES (1, 1, 2, 1, 2, 1.5, 2.5, 1.50, 2.50, 'a', 'b', 'YQ==', 'Yg==', '01:00:00', '02:00:00', '2020-01-01', '2020-01-02', '2020-01-01T00:00:00', '2020-01-02T00:00:00');
INSERT INTO s VALUES (2, 2, 1, 2, 1, 2.5, 1.5, 2.50, 1.50, 'b', 'a', 'Yg==', 'YQ==', '02:00:00', '01:00:00', '2020-01-02', '2020-01-01', '2020-01-02T00:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (3, NULL, 2, NULL, 2, NULL, 2.5, NULL, 2.50, NULL, 'b', NULL, 'Yg==', NULL, '02:00:00', NULL, '2020-01-02', NULL, '2020-01-02T00:00:00');
INSERT INTO s VALUES (4, 1, NULL, 1, NULL, 1.5, NULL, 1.50, NULL, 'a', NULL, 'YQ==', NULL, '01:00:00', NULL, '2020-01-01', NULL, '2020-01-01T00:00:00', NULL);
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 2, 2, 2.5, 2.50, 'b', 'Yg==', '02:00:00', '2020-01-02',
    '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (2, 2, 2, 2.5, 2.50, 'b', 'Yg==', '02:00:00', '2020-01-02',
    '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (3, 2, 2, 2.5, 2.50, 'b', 'Yg==', '02:00:00', '2020-01-02',
    '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (4, 1, 1, 1.5, 1.50, 'a', 'YQ==', '01:00:00', '2020-01-01',
    '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: LEAST over each type ignores NULLs
CREATE STREAM s (id INT KEY, i1 INT, i2 INT, l1 BIGINT, l2 BIGINT, d1 DOUBLE, d2 DOUBLE, e1 DECIMAL(4,2), e2 DECIMAL(4,2),
                 s1 STRING, s2 STRING, y1 BYTES, y2 BYTES, t1 TIME, t2 TIME, a1 DATE, a2 DATE, m1 TIMESTAMP, m2 TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEAST(i1, i2) AS x1, LEAST(l1, l2) AS x2, LEAST(d1, d2) AS x3, LEAST(e1, e2) AS x4,
                          LEAST(s1, s2) AS x5, LEAST(y1, y2) AS x6, LEAST(t1, t2) AS x7, LEAST(a1, a2) AS x8,
                          LEAST(m1, m2) AS x9 FROM s;
INSERT INTO s VALUES (1, 1, 2, 1, 2, 1.5, 2.5, 1.50, 2.50, 'a', 'b', 'YQ==', 'Yg==', '01:00:00', '02:00:00', '2020-01-01', '2020-01-02', '2020-01-01T00:00:00', '2020-01-02T00:00:00');
INSERT INTO s VALUES (2, 2, 1, 2, 1, 2.5, 1.5, 2.50, 1.50, 'b', 'a', 'Yg==', 'YQ==', '02:00:00', '01:00:00', '2020-01-02', '2020-01-01', '2020-01-02T00:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (3, NULL, 2, NULL, 2, NULL, 2.5, NULL, 2.50, NULL, 'b', NULL, 'Yg==', NULL, '02:00:00', NULL, '2020-01-02', NULL, '2020-01-02T00:00:00');
INSERT INTO s VALUES (4, 1, NULL, 1, NULL, 1.5, NULL, 1.50, NULL, 'a', NULL, 'YQ==', NULL, '01:00:00', NULL, '2020-01-01', NULL, '2020-01-01T00:00:00', NULL);
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 1, 1, 1.5, 1.50, 'a', 'YQ==', '01:00:00', '2020-01-01',
    '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (2, 1, 1, 1.5, 1.50, 'a', 'YQ==', '01:00:00', '2020-01-01',
    '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (3, 2, 2, 2.5, 2.50, 'b', 'Yg==', '02:00:00', '2020-01-02',
    '2020-01-02T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (4, 1, 1, 1.5, 1.50, 'a', 'YQ==', '01:00:00', '2020-01-01',
    '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: GREATEST and LEAST of one and of many
CREATE STREAM s (id INT KEY, i INT, s STRING, y BYTES, z BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(i) AS x1, LEAST(i) AS x2, GREATEST(1, i, 3, 2) AS x3, LEAST(1, i, 3, 2) AS x4,
                          GREATEST(s, 'b', 'B') AS x5, LEAST(s, 'b', 'B') AS x6, GREATEST(y, z) AS x7, LEAST(y, z) AS x8 FROM s;
INSERT INTO s VALUES (1, 5, 'a', '/w==', 'AA==');
INSERT INTO s VALUES (2, NULL, NULL, 'AQ==', 'AQE=');
INSERT INTO s VALUES (3, -1, 'c', NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 5, 5, 5, 1, 'b', 'B', 'AA==', '/w==');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (2, NULL, NULL, 3, 1, 'b', 'B', 'AQE=', 'AQ==');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (3, -1, -1, 3, -1, 'c', 'B', NULL, NULL);

--@test: GREATEST and LEAST widen decimals; any DOUBLE makes a DOUBLE
CREATE STREAM s (id INT KEY, e DECIMAL(9,2), f DECIMAL(7,6), i INT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(e, f) AS g, LEAST(e, f) AS l, GREATEST(i, d) AS x, LEAST(i, e, d) AS y FROM s;
ASSERT STREAM o (id INT KEY, g DECIMAL(13,6), l DECIMAL(13,6), x DOUBLE, y DOUBLE) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s VALUES (1, 1234567.89, 1.234567, 7, 2.5);
INSERT INTO s VALUES (2, NULL, 1.234567, NULL, 2.5);
INSERT INTO s VALUES (3, 1234567.89, NULL, 7, NULL);
ASSERT VALUES o (id, g, l, x, y) VALUES (1, 1234567.890000, 1.234567, 7.0, 2.5);
ASSERT VALUES o (id, g, l, x, y) VALUES (2, 1.234567, 1.234567, 2.5, 2.5);
ASSERT VALUES o (id, g, l, x, y) VALUES (3, 1234567.890000, 1234567.890000, 7.0, 7.0);

--@test: GREATEST and LEAST read texts beside days and times
CREATE STREAM s (id INT KEY, d DATE, t TIME, m TIMESTAMP, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(d, '2020-06-01') AS a, LEAST('12:00', t) AS b, GREATEST(m, s) AS c FROM s;
INSERT INTO s VALUES (1, '2020-01-01', '13:00', '2020-01-01T00:00:00', '2020-01-01T00:00:00.001');
INSERT INTO s VALUES (2, '2021-01-01', '11:00', '2020-01-01T00:00:00', 'never');
ASSERT VALUES o (id, a, b, c) VALUES (1, '2020-06-01', '12:00:00', '2020-01-01T00:00:00.001');
ASSERT VALUES o (id, a, b, c) VALUES (2, '2021-01-01', '11:00:00', NULL);

--@test: GREATEST of INT and BIGINT is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'greatest' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, i INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(i, l) AS x FROM s;

--@test: LEAST of INT and DECIMAL is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'least' cannot be resolved due to ambiguous method parameters (INTEGER, DECIMAL(4, 2)).
CREATE STREAM s (id INT KEY, i INT, e DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEAST(i, e) AS x FROM s;

--@test: GREATEST of NULLs is ambiguous
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'greatest' cannot be resolved due to ambiguous method parameters (null, null).
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(NULL, NULL) AS x FROM s;

--@test: GREATEST of nothing
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'greatest' does not accept parameters ().
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(*) AS x FROM s;

--@test: AS_VALUE copies a key
CREATE STREAM s (k INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT k, AS_VALUE(k) AS c, AS_VALUE(v) AS w FROM s;
INSERT INTO s VALUES (1, 'a');
INSERT INTO s VALUES (2, NULL);
ASSERT VALUES o (k, c, w) VALUES (1, 1, 'a');
ASSERT VALUES o (k, c, w) VALUES (2, 2, NULL);

--@test: AS_VALUE of a grouping expression
CREATE STREAM s (k INT KEY, m MAP<STRING, STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT m['foo'], AS_VALUE(m['foo']) AS c, COUNT(*) AS n FROM s GROUP BY m['foo'];
INSERT INTO s VALUES (1, MAP('foo' := 'x'));
ASSERT VALUES o (ksql_col_0, c, n) VALUES ('x', 'x', 1);

--@test: AS_VALUE of a part of a grouping expression
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Non-aggregate SELECT expression(s) not part of GROUP BY: AS_VALUE(M)
CREATE STREAM s (k INT KEY, m MAP<STRING, STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT m['foo'], AS_VALUE(m) AS c, COUNT(*) AS n FROM s GROUP BY m['foo'];
