-- The formats of keys and values.

--@test: JSON carries every type
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, n DECIMAL(6, 2), t STRING,
                 da DATE, ti TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, DOUBLE>, r STRUCT<x INT, y STRING>)
  WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s VALUES (1, true, -1, 9007199254740993, 0.5, 12.30, 'é"\n', '2020-02-29', '23:59:58',
                      '2020-02-29T23:59:58.123', ARRAY[1, NULL], MAP('k' := 1.5E0), STRUCT(x := 1, y := 'z'));
ASSERT VALUES o (id, b, i, l, d, n, t, da, ti, ts, a, m, r)
  VALUES (1, true, -1, 9007199254740993, 0.5, 12.30, 'é"\n', '2020-02-29', '23:59:58', '2020-02-29T23:59:58.123', ARRAY[1, NULL],
          MAP('k' := 1.5E0), STRUCT(x := 1, y := 'z'));

--@test: from JSON to DELIMITED and back
CREATE STREAM s (id INT KEY, a STRING, b INT, c DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d WITH (value_format='DELIMITED') AS SELECT * FROM s;
CREATE STREAM j WITH (value_format='JSON') AS SELECT * FROM d;
INSERT INTO s VALUES (1, 'with, comma and "quotes"', 2, 3.5);
INSERT INTO s VALUES (2, '', NULL, NULL);
ASSERT VALUES j (id, a, b, c) VALUES (1, 'with, comma and "quotes"', 2, 3.5);
ASSERT VALUES j (id, b, c) VALUES (2, NULL, NULL);

--@test: another delimiter
CREATE STREAM s (id INT KEY, a STRING, b INT) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='|');
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM s;
INSERT INTO s VALUES (1, 'x,y', 2);
ASSERT VALUES o (id, a, b) VALUES (1, 'x,y', 2);

--@test: keys in JSON
CREATE STREAM s (k STRUCT<a INT, b STRING> KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT k, v FROM s;
INSERT INTO s VALUES (STRUCT(a := 1, b := 'x'), 2);
ASSERT VALUES o (k, v) VALUES (STRUCT(a := 1, b := 'x'), 2);

--@test: an unwrapped value
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM o WITH (wrap_single_value=true) AS SELECT id, v + 1 AS v FROM s;
INSERT INTO s VALUES (1, 41);
ASSERT VALUES o (id, v) VALUES (1, 42);

--@test: KAFKA values
CREATE STREAM s (id STRING KEY, v BIGINT) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM o AS SELECT id, v * 2 AS v FROM s;
INSERT INTO s VALUES ('k', 4000000000);
ASSERT VALUES o (id, v) VALUES ('k', 8000000000);

--@test: a stream without a key
CREATE STREAM s (v INT) WITH (kafka_topic='s', key_format='NONE', value_format='JSON');
CREATE STREAM o AS SELECT v + 1 AS v FROM s;
INSERT INTO s (v) VALUES (1);
ASSERT VALUES o (v) VALUES (2);

--@test: a map with a NULL key in JSON
CREATE STREAM s (id INT KEY, k STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP(k := 1) AS m FROM s;
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (id, m) VALUES (1, MAP('null' := 1));

--@test: bytes that are no JSON are passed by
CREATE STREAM raw (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO raw VALUES (1, '{"v": 1');
INSERT INTO raw VALUES (2, '{"v": 2}');
INSERT INTO raw VALUES (3, '{"v": "three"}');
INSERT INTO raw VALUES (4, '{"V": "4", "more": [1]}');
ASSERT VALUES o (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (4, 4);

--@test: an unknown format
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Unknown format: CSV
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='CSV');

--@test: KAFKA has one column
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The 'KAFKA' format only supports a single field
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='KAFKA');
