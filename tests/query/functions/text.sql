-- Texts: every overload with ordinary values, NULL in each place, and edges: empty, beyond the end, above U+FFFF.

--@test: CHR of a code and of an escape
CREATE STREAM s (id INT KEY, i INT, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CHR(i) AS x1, CHR(s) AS x2 FROM s;
INSERT INTO s VALUES (1, 75, '\u004b');
INSERT INTO s VALUES (2, 128512, '\ud83d\ude00');
INSERT INTO s VALUES (3, 22909, '\u0041bc');
INSERT INTO s VALUES (4, -1, 'u0041');
INSERT INTO s VALUES (5, 1114112, '\u41');
INSERT INTO s VALUES (6, 1114111, '\uzzzz');
INSERT INTO s VALUES (7, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'K', 'K');
ASSERT VALUES o (id, x1, x2) VALUES (2, '😀', '😀');
ASSERT VALUES o (id, x1, x2) VALUES (3, '好', 'Abc');
ASSERT VALUES o (id, x1, x2) VALUES (4, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (5, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (6, '􏿿', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, NULL);

--@test: CONCAT skips NULLs
CREATE STREAM s (id INT KEY, a STRING, b STRING, x BYTES, y BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a, b) AS x1, CONCAT(a) AS x2, CONCAT(x, y) AS x3, a + b AS x4, a || b || a AS x5,
                          CONCAT(a, b, a, b) AS x6 FROM s;
INSERT INTO s VALUES (1, 'ab', 'é', 'YQ==', 'Yg==');
INSERT INTO s VALUES (2, NULL, 'b', NULL, 'Yg==');
INSERT INTO s VALUES (3, 'a', NULL, 'YQ==', NULL);
INSERT INTO s VALUES (4, NULL, NULL, NULL, NULL);
INSERT INTO s VALUES (5, '', '', '', '');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 'abé', 'ab', 'YWI=', 'abé', 'abéab', 'abéabé');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, 'b', '', 'Yg==', NULL, 'b', 'bb');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, 'a', 'a', 'YQ==', NULL, 'aa', 'aa');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, '', '', '', NULL, '', '');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, '', '', '', '', '', '');

--@test: CONCAT_WS puts a separator between what is there
CREATE STREAM s (id INT KEY, p STRING, a STRING, b STRING, w BYTES, x BYTES, y BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT_WS(p, a, b) AS x1, CONCAT_WS(w, x, y) AS x2, CONCAT_WS(p, a) AS x3, CONCAT_WS(p) AS x4 FROM s;
INSERT INTO s VALUES (1, ', ', 'a', 'b', 'LQ==', 'YQ==', 'Yg==');
INSERT INTO s VALUES (2, NULL, 'a', 'b', NULL, 'YQ==', 'Yg==');
INSERT INTO s VALUES (3, ', ', NULL, 'b', 'LQ==', NULL, 'Yg==');
INSERT INTO s VALUES (4, ', ', NULL, NULL, 'LQ==', NULL, NULL);
INSERT INTO s VALUES (5, '', 'a', '', '', 'YQ==', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'a, b', 'YS1i', 'a', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 'b', 'Yg==', '', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, '', '', '', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, 'a', 'YQ==', 'a', NULL);

--@test: ELT and FIELD count from 1
CREATE STREAM s (id INT KEY, n INT, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ELT(n, a, b) AS x1, ELT(n) AS x2, FIELD(a, b) AS x3, FIELD(a, 'x', b) AS x4, FIELD(a) AS x5 FROM s;
INSERT INTO s VALUES (1, 1, 'a', 'b');
INSERT INTO s VALUES (2, 2, 'b', 'b');
INSERT INTO s VALUES (3, 0, 'x', 'x');
INSERT INTO s VALUES (4, 3, 'a', 'b');
INSERT INTO s VALUES (5, -1, 'A', 'a');
INSERT INTO s VALUES (6, NULL, 'a', 'b');
INSERT INTO s VALUES (7, 1, NULL, 'b');
INSERT INTO s VALUES (8, 2, 'a', NULL);
INSERT INTO s VALUES (9, 1, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 'a', NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, 'b', NULL, 1, 2, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (3, NULL, NULL, 1, 1, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (4, NULL, NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (5, NULL, NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (6, NULL, NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (7, NULL, NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (8, NULL, NULL, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (9, NULL, NULL, 0, 0, 0);

--@test: INITCAP, LCASE, UCASE, TRIM and LEN
CREATE STREAM s (id INT KEY, s STRING, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INITCAP(s) AS x1, LCASE(s) AS x2, UCASE(s) AS x3, TRIM(s) AS x4, LEN(s) AS x5, LEN(b) AS x6 FROM s;
INSERT INTO s VALUES (1, 'the Quick fox', 'YWJj');
INSERT INTO s VALUES (2, '  straße  ΟΔΟΣ ', '');
INSERT INTO s VALUES (3, '', 'AA==');
INSERT INTO s VALUES (4, '   ', NULL);
INSERT INTO s VALUES (5, 'a😀', '/w==');
INSERT INTO s VALUES (6, '　 a ', 'AA==');
INSERT INTO s VALUES (7, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (1, 'The Quick Fox', 'the quick fox', 'THE QUICK FOX', 'the Quick fox',
                                                       13, 3);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (2, 'Straße  Οδος ', '  straße  οδος ', '  STRASSE  ΟΔΟΣ ',
                                                       'straße  ΟΔΟΣ', 15, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, '', '', '', '', 0, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, '', '   ', '   ', '', 3, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, 'A😀', 'a😀', 'A😀', 'a😀', 3, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, '　 a ', '　 a ', '　 A ', '　 a ', 4, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (7, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: INSTR in all its forms
CREATE STREAM s (id INT KEY, s STRING, t STRING, p INT, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INSTR(s, t) AS x1, INSTR(s, t, p) AS x2, INSTR(s, t, p, n) AS x3 FROM s;
INSERT INTO s VALUES (1, 'corporate floor', 'or', 3, 2);
INSERT INTO s VALUES (2, 'corporate floor', 'or', -4, 1);
INSERT INTO s VALUES (3, 'corporate floor', 'or', -4, 2);
INSERT INTO s VALUES (4, 'corporate floor', 'x', 1, 1);
INSERT INTO s VALUES (5, 'corporate floor', 'or', 16, 1);
INSERT INTO s VALUES (6, 'corporate floor', 'or', -16, 1);
INSERT INTO s VALUES (7, 'corporate floor', 'or', 0, 1);
INSERT INTO s VALUES (8, 'corporate floor', 'or', 1, 0);
INSERT INTO s VALUES (9, 'corporate floor', 'or', 1, -1);
INSERT INTO s VALUES (10, 'aaa', 'aa', 1, 2);
INSERT INTO s VALUES (11, '😀b', 'b', 3, 1);
INSERT INTO s VALUES (12, 'abc', '', 2, 1);
INSERT INTO s VALUES (13, NULL, 'or', 1, 1);
INSERT INTO s VALUES (14, 'or', NULL, 1, 1);
INSERT INTO s VALUES (15, 'or', 'or', NULL, 1);
INSERT INTO s VALUES (16, 'or', 'or', 1, NULL);
INSERT INTO s VALUES (17, '', 'a', 1, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 2, 5, 14);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 2, 5, 5);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 2, 5, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, 2, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, 2, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (7, 2, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (8, 2, 2, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (9, 2, 2, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (10, 1, 1, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (11, 3, 3, 3);
ASSERT VALUES o (id, x1, x2, x3) VALUES (12, 1, 2, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (13, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (14, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (15, 1, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (16, 1, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (17, 0, 0, 0);

--@test: LPAD and RPAD of texts and bytes
CREATE STREAM s (id INT KEY, s STRING, n INT, p STRING, b BYTES, q BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LPAD(s, n, p) AS x1, RPAD(s, n, p) AS x2, LPAD(b, n, q) AS x3, RPAD(b, n, q) AS x4 FROM s;
INSERT INTO s VALUES (1, 'foo', 7, 'Bar', 'AQI=', 'AwQ=');
INSERT INTO s VALUES (2, 'foobar', 2, 'x', 'AQIDBA==', 'AA==');
INSERT INTO s VALUES (3, 'foo', 0, 'x', 'AQI=', 'AA==');
INSERT INTO s VALUES (4, '', 3, 'ab', '', 'AQI=');
INSERT INTO s VALUES (5, 'foo', 7, '', 'AQI=', '');
INSERT INTO s VALUES (6, 'foo', -1, 'x', 'AQI=', 'AA==');
INSERT INTO s VALUES (7, NULL, 7, 'x', NULL, 'AA==');
INSERT INTO s VALUES (8, 'foo', NULL, 'x', 'AQI=', 'AA==');
INSERT INTO s VALUES (9, 'foo', 7, NULL, 'AQI=', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'BarBfoo', 'fooBarB', 'AwQDBAMBAg==', 'AQIDBAMEAw==');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 'fo', 'fo', 'AQI=', 'AQI=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, '', '', '', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, 'aba', 'aba', 'AQIB', 'AQIB');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (9, NULL, NULL, NULL, NULL);

--@test: MASK by kinds of character
CREATE STREAM s (id INT KEY, s STRING, u STRING, l STRING, d STRING, o STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK(s) AS x1, MASK(s, u, l, d, o) AS x2 FROM s;
INSERT INTO s VALUES (1, 'AbCd#$123xy Z', NULL, 'q', NULL, '=');
INSERT INTO s VALUES (2, 'Ab1-', 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (3, '', 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (4, 'é٣ª', 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (5, 'A', 'UU', 'l', 'd', 'o');
INSERT INTO s VALUES (6, 'A', '', 'l', 'd', 'o');
INSERT INTO s VALUES (7, 'A😀', 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (8, NULL, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (9, 'aB1 ', NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'XxXx--nnnxx-X', 'AqCq==123qq=Z');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'Xxn-', 'Uldo');
ASSERT VALUES o (id, x1, x2) VALUES (3, '', '');
ASSERT VALUES o (id, x1, x2) VALUES (4, 'xn-', 'ldo');
ASSERT VALUES o (id, x1, x2) VALUES (5, 'X', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (6, 'X', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (7, 'X--', 'Uoo');
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (9, 'xXn-', 'aB1 ');

--@test: MASK_LEFT and the like count characters
CREATE STREAM s (id INT KEY, s STRING, n INT, u STRING, l STRING, d STRING, o STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK_LEFT(s, n) AS x1, MASK_RIGHT(s, n) AS x2, MASK_KEEP_LEFT(s, n) AS x3,
                          MASK_KEEP_RIGHT(s, n) AS x4, MASK_LEFT(s, n, u, l, d, o) AS x5, MASK_RIGHT(s, n, u, l, d, o) AS x6,
                          MASK_KEEP_LEFT(s, n, u, l, d, o) AS x7, MASK_KEEP_RIGHT(s, n, u, l, d, o) AS x8 FROM s;
INSERT INTO s VALUES (1, 'Ab1-Cd2', 3, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (2, 'Ab', 0, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (3, 'Ab', 9, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (4, 'Ab', -1, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (5, NULL, 1, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (6, 'Ab', NULL, 'U', 'l', 'd', 'o');
INSERT INTO s VALUES (7, 'Ab', 2, NULL, 'l', 'd', 'o');
INSERT INTO s VALUES (8, 'Ab', 2, 'U', 'xy', 'd', 'o');
INSERT INTO s VALUES (9, '', 2, 'U', 'l', 'd', 'o');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8)
  VALUES (1, 'Xxn-Cd2', 'Ab1-Xxn', 'Ab1-Xxn', 'Xxn-Cd2', 'Uld-Cd2',
    'Ab1-Uld', 'Ab1oUld', 'UldoCd2');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (2, 'Ab', 'Ab', 'Xx', 'Xx', 'Ab', 'Ab', 'Ul', 'Ul');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (3, 'Xx', 'Xx', 'Ab', 'Ab', 'Ul', 'Ul', 'Ab', 'Ab');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (7, 'Xx', 'Xx', 'Ab', 'Ab', 'Al', 'Al', 'Ab', 'Ab');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (8, 'Xx', 'Xx', 'Ab', 'Ab', NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (9, '', '', '', '', '', '', '', '');

--@test: MD5 is in lower case
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MD5(s) AS x1 FROM s;
INSERT INTO s VALUES (1, 'abc');
INSERT INTO s VALUES (2, '');
INSERT INTO s VALUES (3, 'é');
INSERT INTO s VALUES (4, NULL);
ASSERT VALUES o (id, x1) VALUES (1, '900150983cd24fb0d6963f7d28e17f72');
ASSERT VALUES o (id, x1) VALUES (2, 'd41d8cd98f00b204e9800998ecf8427e');
ASSERT VALUES o (id, x1) VALUES (3, '66ddcd97cfdeabb2f6fb8a999b4bc76f');
ASSERT VALUES o (id, x1) VALUES (4, NULL);

--@test: REPLACE takes texts literally
CREATE STREAM s (id INT KEY, s STRING, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REPLACE(s, a, b) AS x1 FROM s;
INSERT INTO s VALUES (1, 'a-b-c', '-', '+');
INSERT INTO s VALUES (2, 'abc', '', 'n');
INSERT INTO s VALUES (3, 'aaa', 'aa', 'b');
INSERT INTO s VALUES (4, 'a.c', '.', '$1');
INSERT INTO s VALUES (5, 'abc', 'x', 'y');
INSERT INTO s VALUES (6, '', '', 'x');
INSERT INTO s VALUES (7, 'abc', 'b', '');
INSERT INTO s VALUES (8, NULL, 'a', 'b');
INSERT INTO s VALUES (9, 'a', NULL, 'b');
INSERT INTO s VALUES (10, 'a', 'a', NULL);
ASSERT VALUES o (id, x1) VALUES (1, 'a+b+c');
ASSERT VALUES o (id, x1) VALUES (2, 'nanbncn');
ASSERT VALUES o (id, x1) VALUES (3, 'ba');
ASSERT VALUES o (id, x1) VALUES (4, 'a$1c');
ASSERT VALUES o (id, x1) VALUES (5, 'abc');
ASSERT VALUES o (id, x1) VALUES (6, 'x');
ASSERT VALUES o (id, x1) VALUES (7, 'ac');
ASSERT VALUES o (id, x1) VALUES (8, NULL);
ASSERT VALUES o (id, x1) VALUES (9, NULL);
ASSERT VALUES o (id, x1) VALUES (10, NULL);

--@test: SPLIT keeps empty pieces
CREATE STREAM s (id INT KEY, s STRING, d STRING, b BYTES, e BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT(s, d) AS x1, SPLIT(b, e) AS x2 FROM s;
INSERT INTO s VALUES (1, '.a.', '.', 'LmEu', 'Lg==');
INSERT INTO s VALUES (2, 'a', '.', 'YQ==', 'Lg==');
INSERT INTO s VALUES (3, '', '.', '', 'Lg==');
INSERT INTO s VALUES (4, 'ab', '', 'AQI=', '');
INSERT INTO s VALUES (5, '', '', '', '');
INSERT INTO s VALUES (6, 'aXXXb', 'XX', 'AQICAgM=', 'AgI=');
INSERT INTO s VALUES (7, 'é😀', '', '/w==', '');
INSERT INTO s VALUES (8, NULL, '.', NULL, 'Lg==');
INSERT INTO s VALUES (9, 'a', NULL, 'YQ==', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY['', 'a', ''], ARRAY['', 'YQ==', '']);
ASSERT VALUES o (id, x1, x2) VALUES (2, ARRAY['a'], ARRAY['YQ==']);
ASSERT VALUES o (id, x1, x2) VALUES (3, ARRAY[''], ARRAY['']);
ASSERT VALUES o (id, x1, x2) VALUES (4, ARRAY['a', 'b'], ARRAY['AQ==', 'Ag==']);
ASSERT VALUES o (id, x1, x2) VALUES (5, ARRAY[''], ARRAY['']);
ASSERT VALUES o (id, x1, x2) VALUES (6, ARRAY['a', 'Xb'], ARRAY['AQ==', 'AgM=']);
ASSERT VALUES o (id, x1, x2) VALUES (7, ARRAY['é', '?', '?'], ARRAY['/w==']);
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (9, NULL, NULL);

--@test: SPLIT_TO_MAP takes the last of equal keys
CREATE STREAM s (id INT KEY, s STRING, e STRING, k STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT_TO_MAP(s, e, k) AS x1 FROM s;
INSERT INTO s VALUES (1, 'a=1;b=2', ';', '=');
INSERT INTO s VALUES (2, 'a=1;a=2;;c;=x;d=', ';', '=');
INSERT INTO s VALUES (3, 'a=1=2', ';', '=');
INSERT INTO s VALUES (4,  ' a = 1 ', ';', '=');
INSERT INTO s VALUES (5, 'a=1', ';', ';');
INSERT INTO s VALUES (6, 'a=1', '', '=');
INSERT INTO s VALUES (7, 'a=1', ';', '');
INSERT INTO s VALUES (8, NULL, ';', '=');
INSERT INTO s VALUES (9, 'a=1', NULL, '=');
INSERT INTO s VALUES (10, 'a=1', ';', NULL);
ASSERT VALUES o (id, x1) VALUES (1, MAP('a' := '1', 'b' := '2'));
ASSERT VALUES o (id, x1) VALUES (2, MAP('a' := '2', '' := 'x', 'd' := ''));
ASSERT VALUES o (id, x1) VALUES (3, MAP('a' := '1'));
ASSERT VALUES o (id, x1) VALUES (4, MAP(' a ' := ' 1 '));
ASSERT VALUES o (id, x1) VALUES (5, NULL);
ASSERT VALUES o (id, x1) VALUES (6, NULL);
ASSERT VALUES o (id, x1) VALUES (7, NULL);
ASSERT VALUES o (id, x1) VALUES (8, NULL);
ASSERT VALUES o (id, x1) VALUES (9, NULL);
ASSERT VALUES o (id, x1) VALUES (10, NULL);

--@test: SPLIT_TO_MAP of nothing is an empty map
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(MAP_KEYS(SPLIT_TO_MAP(s, ';', '='))) AS n FROM s;
INSERT INTO s VALUES (1, '');
INSERT INTO s VALUES (2, ';;x');
ASSERT VALUES o (id, n) VALUES (1, 0);
ASSERT VALUES o (id, n) VALUES (2, 0);

--@test: SUBSTRING of texts and bytes
CREATE STREAM s (id INT KEY, s STRING, p INT, n INT, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(s, p) AS x1, SUBSTRING(s, p, n) AS x2, SUBSTRING(b, p) AS x3, SUBSTRING(b, p, n) AS x4 FROM s;
INSERT INTO s VALUES (1, 'stream', 1, 4, 'AQIDBAUG');
INSERT INTO s VALUES (2, 'stream', 3, 2, 'AQIDBAUG');
INSERT INTO s VALUES (3, 'stream', -3, 2, 'AQIDBAUG');
INSERT INTO s VALUES (4, 'stream', 0, 2, 'AQIDBAUG');
INSERT INTO s VALUES (5, 'stream', -9, 2, 'AQIDBAUG');
INSERT INTO s VALUES (6, 'stream', 9, 2, 'AQIDBAUG');
INSERT INTO s VALUES (7, 'stream', 2, -1, 'AQIDBAUG');
INSERT INTO s VALUES (8, 'stream', 6, 2147483647, 'AQIDBAUG');
INSERT INTO s VALUES (9, 'stream', -2147483648, 2147483647, 'AQIDBAUG');
INSERT INTO s VALUES (10, 'é😀z', 2, 2, '');
INSERT INTO s VALUES (11, '', 1, 1, '');
INSERT INTO s VALUES (12, NULL, 1, 1, NULL);
INSERT INTO s VALUES (13, 'stream', NULL, 1, 'AQ==');
INSERT INTO s VALUES (14, 'stream', 1, NULL, 'AQ==');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'stream', 'stre', 'AQIDBAUG', 'AQIDBA==');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 'ream', 're', 'AwQFBg==', 'AwQ=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 'eam', 'ea', 'BAUG', 'BAU=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, 'stream', 'st', 'AQIDBAUG', 'AQI=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, 'stream', 'st', 'AQIDBAUG', 'AQI=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, '', '', '', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, 'tream', '', 'AgMEBQY=', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, 'm', 'm', 'Bg==', 'Bg==');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (9, 'stream', 'stream', 'AQIDBAUG', 'AQIDBAUG');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (10, '😀z', '😀', '', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (11, '', '', '', '');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (12, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (13, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (14, 'stream', NULL, 'AQ==', NULL);

--@test: SUBSTRING does not mind the setting for its old arguments
SET 'ksql.functions.substring.legacy.args' = 'true';
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(s, 2, 3) AS x FROM s;
INSERT INTO s VALUES (1, 'stream');
ASSERT VALUES o (id, x) VALUES (1, 'tre');

--@test: UUID at random and of bytes
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(UUID()) AS x1, UUID() = UUID() AS x2,
                          REGEXP_EXTRACT('^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', UUID()) IS NULL AS x3,
                          UUID(b) AS x4 FROM s;
INSERT INTO s VALUES (1, 'AAECAwQFBgcICQoLDA0ODw==');
INSERT INTO s VALUES (2, 'AAEC');
INSERT INTO s VALUES (3, '');
INSERT INTO s VALUES (4, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 36, false, false, '00010203-0405-0607-0809-0a0b0c0d0e0f');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 36, false, false, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 36, false, false, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, 36, false, false, NULL);

--@test: LIKE
CREATE STREAM s (id INT KEY, s STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, s LIKE p AS x1, s LIKE p ESCAPE '!' AS x2, s LIKE 'a%_c' AS x3, s NOT LIKE p AS x4 FROM s;
INSERT INTO s VALUES (1, 'abc', 'a%');
INSERT INTO s VALUES (2, 'a%c', 'a!%c');
INSERT INTO s VALUES (3, 'ac', '_%_');
INSERT INTO s VALUES (4, 'abc', 'ABC');
INSERT INTO s VALUES (5, 'abc', '');
INSERT INTO s VALUES (6, '', '%');
INSERT INTO s VALUES (7, 'a.c', 'a_c');
INSERT INTO s VALUES (8, 'a😀c', 'a_c');
INSERT INTO s VALUES (9, 'abc', 'abc!');
INSERT INTO s VALUES (10, NULL, 'a');
INSERT INTO s VALUES (11, 'a', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, true, true, true, false);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, false, true, true, true);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, true, true, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, false, false, true, true);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, false, false, true, true);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, true, true, false, false);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, true, true, true, false);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, true, true, true, false);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (9, false, NULL, true, true);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (10, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (11, NULL, NULL, false, NULL);

--@test: LIKE filters
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, s AS x1 FROM s WHERE s LIKE 'Dr.%';
INSERT INTO s VALUES (1, 'Dr. No');
ASSERT VALUES o (id, x1) VALUES (1, 'Dr. No');

--@test: the runs of LIKE stop at line ends
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT('a', CHR(10), 'b') LIKE s AS x, CONCAT('a', CHR(8232), 'b') LIKE s AS y, CONCAT('a', CHR(9), 'b') LIKE s AS z FROM s;
INSERT INTO s VALUES (1, 'a%b');
INSERT INTO s VALUES (2, 'a_b');
ASSERT VALUES o (id, x, y, z) VALUES (1, false, false, true);
ASSERT VALUES o (id, x, y, z) VALUES (2, false, false, true);

--@test: REPLACE of the empty text parts surrogate pairs
CREATE STREAM s (id INT KEY, s STRING, r STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REPLACE(s, '', r) AS x FROM s;
INSERT INTO s VALUES (1, 'aé😀b', 'n');
INSERT INTO s VALUES (2, '😀', '');
INSERT INTO s VALUES (3, '', '😀');
ASSERT VALUES o (id, x) VALUES (1, 'nanén?n?nbn');
ASSERT VALUES o (id, x) VALUES (2, '😀');
ASSERT VALUES o (id, x) VALUES (3, '😀');
