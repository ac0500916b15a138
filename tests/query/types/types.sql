-- Types, casts and arithmetic.

--@test: numbers widen
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, n DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i + l AS il, i + d AS id_, i + n AS in_, n * n AS nn, l / 2 AS half, l % 3 AS rest FROM s;
ASSERT STREAM o (id INT KEY, il BIGINT, id_ DOUBLE, in_ DECIMAL(13, 2), nn DECIMAL(11, 4), half BIGINT, rest BIGINT)
  WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s VALUES (1, 2, 7, 0.25, 1.50);
ASSERT VALUES o (id, il, id_, in_, nn, half, rest) VALUES (1, 9, 2.25, 3.50, 2.2500, 3, 1);

--@test: casts
CREATE STREAM s (id INT KEY, t STRING, d DOUBLE, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(t AS INT) AS ti, CAST(d AS INT) AS di, CAST(i AS STRING) AS it, CAST(d AS DECIMAL(4, 1)) AS dn,
                          CAST(t AS BIGINT) + 1 AS tl FROM s;
INSERT INTO s VALUES (1, '12', 3.96, 5);
INSERT INTO s VALUES (2, 'x', -3.96, NULL);
ASSERT VALUES o (id, ti, di, it, dn, tl) VALUES (1, 12, 3, '5', 4.0, 13);
ASSERT VALUES o (id, ti, di, it, dn, tl) VALUES (2, NULL, -3, NULL, -4.0, NULL);

--@test: dates and times compare with text
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, d FROM s WHERE d > '2020-01-01' AND t < '12:00:00' AND ts >= '2020-01-01T00:00:00';
INSERT INTO s VALUES (1, '2020-01-02', '11:59:59', '2020-01-01T00:00:00');
INSERT INTO s VALUES (2, '2020-01-01', '11:59:59', '2020-01-01T00:00:00');
INSERT INTO s VALUES (3, '2021-06-01', '12:00:00', '2020-01-01T00:00:00');
INSERT INTO s VALUES (4, '2021-06-01', '00:00:00', '2021-01-01T00:00:00');
ASSERT VALUES o (id, d) VALUES (1, '2020-01-02');
ASSERT VALUES o (id, d) VALUES (4, '2021-06-01');

--@test: a type with a name
CREATE TYPE point AS STRUCT<x INT, y INT>;
CREATE STREAM s (id INT KEY, p point, path ARRAY<point>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->x + p->y AS sum, path[1]->x AS first FROM s;
DROP TYPE point;
INSERT INTO s VALUES (1, STRUCT(x := 1, y := 2), ARRAY[STRUCT(x := 7, y := 8)]);
ASSERT VALUES o (id, sum, first) VALUES (1, 3, 7);

--@test: functions on containers
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(a) AS n, ARRAY_CONTAINS(a, 2) AS has, TRANSFORM(a, x => x * x) AS squares,
                          FILTER(a, x => x > 1) AS more, REDUCE(a, 0, (sum, x) => sum + x) AS total FROM s;
INSERT INTO s VALUES (1, ARRAY[1, 2, 3], MAP('a' := 1));
ASSERT VALUES o (id, n, has, squares, more, total) VALUES (1, 3, true, ARRAY[1, 4, 9], ARRAY[2, 3], 6);

--@test: an overflow wraps as in Java
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i + 1 AS j FROM s;
INSERT INTO s VALUES (1, 2147483647);
ASSERT VALUES o (id, j) VALUES (1, -2147483648);

--@test: text is no number
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Unsupported arithmetic types. INTEGER BOOLEAN
CREATE STREAM s (id INT KEY, a INT, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS c FROM s;

--@test: an unknown type
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot resolve unknown type: NOPE
CREATE STREAM s (id INT KEY, a nope) WITH (kafka_topic='s', value_format='JSON');
