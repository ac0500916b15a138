-- JSON functions: every overload, NULL, missing and malformed documents, each kind of value.

--@test: EXTRACTJSONFIELD follows a path
CREATE STREAM s (id INT KEY, s STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXTRACTJSONFIELD(s, p) AS x1, EXTRACTJSONFIELD(s, '$.a[0]') AS x2 FROM s;
INSERT INTO s VALUES (1, '{"a":[1.50,null],"b":{"c d":"x"}}', '$.b["c d"]');
INSERT INTO s VALUES (2, '{"a":[1.50,null],"b":{"c d":"x"}}', '$.a[1]');
INSERT INTO s VALUES (3, '{"a":[1e2,true],"b":{"c":"x"}}', '$.b');
INSERT INTO s VALUES (4, '{"a":[true],"12":7}', '$.12');
INSERT INTO s VALUES (5, '{"a":[true]}', '$.a.0');
INSERT INTO s VALUES (6, '{"a":[true]}', '$.a.x');
INSERT INTO s VALUES (7, '{"a":[true]}', '$.a[1]');
INSERT INTO s VALUES (8, '{"a":[true]}', '$.a[-1]');
INSERT INTO s VALUES (9, '{"a":[true]}', '$');
INSERT INTO s VALUES (10, '{"a":[true]}', 'a');
INSERT INTO s VALUES (11, '{"a":[true]}', '');
INSERT INTO s VALUES (12, '{"a":[true]}', '$.');
INSERT INTO s VALUES (13, '{"a":[true]}', '$.a..b');
INSERT INTO s VALUES (14, '{"a":[true]}', '$.a.b.c');
INSERT INTO s VALUES (15, '{"a":["x\"y"]}}', '$.a');
INSERT INTO s VALUES (16, '{"a":', '$.a');
INSERT INTO s VALUES (17, '', '$.a');
INSERT INTO s VALUES (18, '', '$');
INSERT INTO s VALUES (19, '"x"', '$');
INSERT INTO s VALUES (20, '{"é_1:@":2}', '$.é_1:@');
INSERT INTO s VALUES (21, NULL, '$');
INSERT INTO s VALUES (22, '{"a":[true]}', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'x', '1.50');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'null', '1.50');
ASSERT VALUES o (id, x1, x2) VALUES (3, '{"c":"x"}', '1E+2');
ASSERT VALUES o (id, x1, x2) VALUES (4, '7', 'true');
ASSERT VALUES o (id, x1, x2) VALUES (5, 'true', 'true');
ASSERT VALUES o (id, x1, x2) VALUES (6, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (9, '{"a":[true]}', 'true');
ASSERT VALUES o (id, x1, x2) VALUES (10, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (11, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (12, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (13, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (14, NULL, 'true');
ASSERT VALUES o (id, x1, x2) VALUES (15, '["x\"y"]', 'x"y');
ASSERT VALUES o (id, x1, x2) VALUES (16, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (17, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (18, '', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (19, 'x', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (20, '2', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (21, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (22, NULL, 'true');

--@test: IS_JSON_STRING
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IS_JSON_STRING(s) AS x1 FROM s;
INSERT INTO s VALUES (1, '{"a":1}');
INSERT INTO s VALUES (2, 'null');
INSERT INTO s VALUES (3, '[1] tail');
INSERT INTO s VALUES (4, '1');
INSERT INTO s VALUES (5, '-0.5e+3');
INSERT INTO s VALUES (6, '01');
INSERT INTO s VALUES (7, '[1,]');
INSERT INTO s VALUES (8, '{a:1}');
INSERT INTO s VALUES (9, 'NaN');
INSERT INTO s VALUES (10, 'abc');
INSERT INTO s VALUES (11, '1x');
INSERT INTO s VALUES (12, '');
INSERT INTO s VALUES (13, '  ');
INSERT INTO s VALUES (14, NULL);
ASSERT VALUES o (id, x1) VALUES (1, true);
ASSERT VALUES o (id, x1) VALUES (2, true);
ASSERT VALUES o (id, x1) VALUES (3, true);
ASSERT VALUES o (id, x1) VALUES (4, true);
ASSERT VALUES o (id, x1) VALUES (5, true);
ASSERT VALUES o (id, x1) VALUES (6, false);
ASSERT VALUES o (id, x1) VALUES (7, false);
ASSERT VALUES o (id, x1) VALUES (8, false);
ASSERT VALUES o (id, x1) VALUES (9, false);
ASSERT VALUES o (id, x1) VALUES (10, false);
ASSERT VALUES o (id, x1) VALUES (11, false);
ASSERT VALUES o (id, x1) VALUES (12, false);
ASSERT VALUES o (id, x1) VALUES (13, false);
ASSERT VALUES o (id, x1) VALUES (14, false);

--@test: JSON_ARRAY_CONTAINS compares kinds
CREATE STREAM s (id INT KEY, a STRING, s STRING, i INT, l BIGINT, d DOUBLE, b BOOLEAN, e DECIMAL(2,1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_CONTAINS(a, s) AS x1, JSON_ARRAY_CONTAINS(a, i) AS x2, JSON_ARRAY_CONTAINS(a, l) AS x3,
                          JSON_ARRAY_CONTAINS(a, d) AS x4, JSON_ARRAY_CONTAINS(a, b) AS x5, JSON_ARRAY_CONTAINS(a, e) AS x6,
                          JSON_ARRAY_CONTAINS(a, NULL) AS x7 FROM s;
INSERT INTO s VALUES (1, '["x", 1, 2, 1.5, true]', 'x', 1, 2, 1.5, true, 1.5);
INSERT INTO s VALUES (2, '["X", 1.0, [2], "1.5", "true", null]', 'x', 1, 2, 1.5, true, 1.5);
INSERT INTO s VALUES (3, '[1, 2]', '1', 3, 3, 1.0, false, 1.0);
INSERT INTO s VALUES (4, '[99999999999, 1]', 'x', 1, 1, 1.0, false, 1.0);
INSERT INTO s VALUES (5, '{"a":1}', 'a', 1, 1, 1.0, true, 1.0);
INSERT INTO s VALUES (6, '[', 'a', 1, 1, 1.0, true, 1.0);
INSERT INTO s VALUES (7, '', 'a', 1, 1, 1.0, true, 1.0);
INSERT INTO s VALUES (8, '[null]', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (9, NULL, 'a', 1, 1, 1.0, true, 1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (1, true, true, true, true, true, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (2, false, false, false, false, false, false, true);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (3, false, false, false, false, false, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (4, false, false, true, false, false, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (5, false, false, false, false, false, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (6, false, false, false, false, false, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (7, false, false, false, false, false, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (8, true, true, true, true, true, true, true);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (9, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: JSON_ARRAY_LENGTH, JSON_KEYS, JSON_RECORDS and JSON_ITEMS
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_LENGTH(s) AS x1, JSON_KEYS(s) AS x2, JSON_RECORDS(s) AS x3, JSON_ITEMS(s) AS x4 FROM s;
INSERT INTO s VALUES (1, '[1, "a", null, {"x": 1e2}]');
INSERT INTO s VALUES (2, '{"a": "x\"y", "b": null, "c": [1.50], "a": "z"}');
INSERT INTO s VALUES (3, '7');
INSERT INTO s VALUES (4, 'null');
INSERT INTO s VALUES (5, '{"a":');
INSERT INTO s VALUES (6, '');
INSERT INTO s VALUES (7, '  ');
INSERT INTO s VALUES (8, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 4, NULL, NULL, ARRAY['1', '"a"', 'null', '{"x":1E+2}']);
ASSERT VALUES o (id, x1, x2, x3, x4)
  VALUES (2, NULL, ARRAY['a', 'b', 'c'], MAP('a' := 'z', 'b' := 'null', 'c' := '[1.50]'),
                                               NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, NULL, NULL, NULL, NULL);

--@test: empty arrays and objects
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_LENGTH(s) AS a, ARRAY_LENGTH(JSON_ITEMS(s)) AS b, ARRAY_LENGTH(JSON_KEYS(s)) AS c,
                          ARRAY_LENGTH(MAP_KEYS(JSON_RECORDS(s))) AS d FROM s;
INSERT INTO s VALUES (1, '[]');
INSERT INTO s VALUES (2, '{}');
ASSERT VALUES o (id, a, b, c, d) VALUES (1, 0, 0, NULL, NULL);
ASSERT VALUES o (id, a, b, c, d) VALUES (2, NULL, NULL, 0, 0);

--@test: JSON_CONCAT merges objects and joins the rest
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_CONCAT(a, b) AS x1, JSON_CONCAT(a) AS x2, JSON_CONCAT(a, b, a) AS x3 FROM s;
INSERT INTO s VALUES (1, '{"a": 1, "b": 2}', '{"a": 3, "c": 4}');
INSERT INTO s VALUES (2, '[1]', '[2, 3]');
INSERT INTO s VALUES (3, 'null', 'null');
INSERT INTO s VALUES (4, '{"a":1}', '[1e2]');
INSERT INTO s VALUES (5, '1.50', '"x"');
INSERT INTO s VALUES (6, '[', '[2]');
INSERT INTO s VALUES (7, '', '[2]');
INSERT INTO s VALUES (8, NULL, '[2]');
INSERT INTO s VALUES (9, '[2]', NULL);
INSERT INTO s VALUES (10, '[2]', '');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '{"a":3,"b":2,"c":4}', '{"a":1,"b":2}', '{"a":1,"b":2,"c":4}');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, '[1,2,3]', '[1]', '[1,2,3,1]');
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, '[null,null]', 'null', '[null,null,null]');
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, '[{"a":1},100]', '{"a":1}', '[{"a":1},100,{"a":1}]');
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, '[1.50,"x"]', '1.50', '[1.50,"x",1.50]');
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (7, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (8, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (9, NULL, '[2]', NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (10, NULL, '[2]', NULL);

--@test: JSON_CONCAT of nothing fails
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_CONCAT() AS x1 FROM s;
INSERT INTO s VALUES (1, 1);
ASSERT VALUES o (id, x1) VALUES (1, NULL);

--@test: TO_JSON_STRING of each type
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(6,4), b BOOLEAN, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_JSON_STRING(i) AS x1, TO_JSON_STRING(l) AS x2, TO_JSON_STRING(d) AS x3,
                          TO_JSON_STRING(e) AS x4, TO_JSON_STRING(b) AS x5, TO_JSON_STRING(s) AS x6 FROM s;
INSERT INTO s VALUES (1, 1, 9223372036854775807, 1.5, 12.345, true, 'a"é');
INSERT INTO s VALUES (2, -1, 0, 1E21, 0.0001, false, '');
INSERT INTO s VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, '1', '9223372036854775807', '1.5', '12.3450', 'true', '"a\"é"');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, '-1', '0', '1.0E21', '0.0001', 'false', '""');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, 'null', 'null', 'null', 'null', 'null', 'null');

--@test: TO_JSON_STRING of bytes, days and containers
CREATE STREAM s (id INT KEY, b BYTES, d DATE, t TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, DOUBLE>,
                 r STRUCT<X INT, y STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_JSON_STRING(b) AS x1, TO_JSON_STRING(d) AS x2, TO_JSON_STRING(t) AS x3,
                          TO_JSON_STRING(ts) AS x4, TO_JSON_STRING(a) AS x5, TO_JSON_STRING(m) AS x6, TO_JSON_STRING(r) AS x7 FROM s;
INSERT INTO s VALUES (1, 'YQ==', '2020-02-29', '01:02:03', '2020-02-29T01:02:03.004', ARRAY[1, NULL], MAP('k' := 1.5), STRUCT(x := 1, y := 'z'));
INSERT INTO s VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7)
  VALUES (1, '"YQ=="', '"2020-02-29"', '"01:02:03"',
                                                           '"2020-02-29T01:02:03.004"', '[1,null]', '{"k":1.5}',
                                                           '{"X":1,"Y":"z"}');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (2, 'null', 'null', 'null', 'null', 'null', 'null', 'null');

--@test: TO_JSON_STRING of NULL itself needs a type
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_JSON_STRING(CAST(NULL AS INT)) AS x1 FROM s;
INSERT INTO s VALUES (1, 'a');
ASSERT VALUES o (id, x1) VALUES (1, 'null');
