-- What foreign keys may be: any expression of the left row, of any type that can be a key, whatever the formats are.

--@test: an expression; where it fails the key is NULL
CREATE TABLE l (id STRING PRIMARY KEY, a INT, b INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE inner_o AS SELECT l.id, v FROM l JOIN r ON l.a / l.b = r.id;
CREATE TABLE left_o AS SELECT l.id, v FROM l LEFT JOIN r ON l.a / l.b = r.id;
INSERT INTO r (id, v) VALUES (2, 'two');
INSERT INTO l (id, a, b) VALUES ('x', 4, 2);
INSERT INTO l (id, a, b) VALUES ('x', 5, 2);
INSERT INTO l (id, a, b) VALUES ('x', 4, 0);
INSERT INTO l (id, a, b) VALUES ('y', 1, 0);
INSERT INTO l (id, a, b) VALUES ('z', 9, 4);
ASSERT VALUES inner_o (l_id, v) VALUES ('x', 'two');
ASSERT VALUES inner_o (l_id, v) VALUES ('x', 'two');
ASSERT NULL VALUES inner_o (l_id) KEY ('x');
ASSERT VALUES inner_o (l_id, v) VALUES ('z', 'two');
ASSERT VALUES left_o (l_id, v) VALUES ('x', 'two');
ASSERT VALUES left_o (l_id, v) VALUES ('x', 'two');
ASSERT VALUES left_o (l_id, v) VALUES ('x', NULL);
ASSERT VALUES left_o (l_id, v) VALUES ('y', NULL);
ASSERT VALUES left_o (l_id, v) VALUES ('z', 'two');

--@test: the left table's own key in an expression
CREATE TABLE l (id INT PRIMARY KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.id + 1 = r.id;
INSERT INTO l (id, a) VALUES (1, 'x');
INSERT INTO r (id, v) VALUES (1, 'one');
INSERT INTO r (id, v) VALUES (2, 'two');
ASSERT VALUES o (l_id, v) VALUES (1, 'two');

--@test: one of several keys of the left table
CREATE TABLE l (a INT PRIMARY KEY, b STRING PRIMARY KEY, c INT) WITH (kafka_topic='l', format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.b, l.a, c, v FROM l LEFT JOIN r ON l.a = r.id;
INSERT INTO l (a, b, c) VALUES (1, 'x', 10);
INSERT INTO l (a, b, c) VALUES (1, 'y', 20);
INSERT INTO r (id, v) VALUES (1, 'one');
ASSERT TABLE o (a INT PRIMARY KEY, b STRING PRIMARY KEY, c INT, v STRING) WITH (kafka_topic='O', format='JSON');
ASSERT VALUES o (a, b, c, v) VALUES (1, 'x', 10, NULL);
ASSERT VALUES o (a, b, c, v) VALUES (1, 'y', 20, NULL);
ASSERT VALUES o (a, b, c, v) VALUES (1, 'x', 10, 'one');
ASSERT VALUES o (a, b, c, v) VALUES (1, 'y', 20, 'one');

--@test: formats of keys and values may differ on both sides
CREATE TABLE l (id BIGINT PRIMARY KEY, fk STRING) WITH (kafka_topic='l', key_format='DELIMITED', value_format='JSON');
CREATE TABLE r (id STRING PRIMARY KEY, v INT) WITH (kafka_topic='r', key_format='JSON', value_format='DELIMITED');
CREATE TABLE o AS SELECT l.id, r.id AS rid, v FROM l LEFT JOIN r ON l.fk = r.id;
INSERT INTO l (id, fk) VALUES (1, 'a');
INSERT INTO r (id, v) VALUES ('a', 5);
INSERT INTO r (id, v) VALUES ('b', 6);
INSERT INTO l (id, fk) VALUES (2, 'b');
ASSERT TABLE o (l_id BIGINT PRIMARY KEY, rid STRING, v INT) WITH (kafka_topic='O', key_format='DELIMITED', value_format='JSON');
ASSERT VALUES o (l_id, rid, v) VALUES (1, NULL, NULL);
ASSERT VALUES o (l_id, rid, v) VALUES (1, 'a', 5);
ASSERT VALUES o (l_id, rid, v) VALUES (2, 'b', 6);

--@test: a foreign key may be a DOUBLE
CREATE TABLE l (id INT PRIMARY KEY, fk DOUBLE) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id DOUBLE PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, r.id AS rid, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO l (id, fk) VALUES (1, 0.5);
INSERT INTO r (id, v) VALUES (0.5, 5);
ASSERT VALUES o (l_id, rid, v) VALUES (1, 0.5, 5);

--@test: a foreign key may be a DECIMAL, BOOLEAN, DATE, BYTES
CREATE TABLE l (id INT PRIMARY KEY, a DECIMAL(30,2), b BOOLEAN, c DATE, d BYTES) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE ra (id DECIMAL(30,2) PRIMARY KEY, v INT) WITH (kafka_topic='ra', format='JSON');
CREATE TABLE rb (id BOOLEAN PRIMARY KEY, v INT) WITH (kafka_topic='rb', format='JSON');
CREATE TABLE rc (id DATE PRIMARY KEY, v INT) WITH (kafka_topic='rc', format='JSON');
CREATE TABLE rd (id BYTES PRIMARY KEY, v INT) WITH (kafka_topic='rd', format='JSON');
CREATE TABLE oa AS SELECT l.id, ra.id AS rid, v FROM l JOIN ra ON l.a = ra.id;
CREATE TABLE ob AS SELECT l.id, rb.id AS rid, v FROM l JOIN rb ON l.b = rb.id;
CREATE TABLE oc AS SELECT l.id, rc.id AS rid, v FROM l JOIN rc ON l.c = rc.id;
CREATE TABLE od AS SELECT l.id, rd.id AS rid, v FROM l JOIN rd ON l.d = rd.id;
INSERT INTO l (id, a, b, c, d) VALUES (1, 123456789012345678901234.50, true, '2020-02-29', TO_BYTES('ab', 'utf8'));
INSERT INTO ra (id, v) VALUES (123456789012345678901234.50, 5);
INSERT INTO rb (id, v) VALUES (true, 6);
INSERT INTO rc (id, v) VALUES ('2020-02-29', 7);
INSERT INTO rd (id, v) VALUES (TO_BYTES('ab', 'utf8'), 8);
ASSERT VALUES oa (l_id, rid, v) VALUES (1, 123456789012345678901234.50, 5);
ASSERT VALUES ob (l_id, rid, v) VALUES (1, true, 6);
ASSERT VALUES oc (l_id, rid, v) VALUES (1, '2020-02-29', 7);
ASSERT VALUES od (l_id, rid, v) VALUES (1, TO_BYTES('ab', 'utf8'), 8);

--@test: a foreign key may be an ARRAY or a STRUCT, also with a field that is NULL
CREATE TABLE l (id INT PRIMARY KEY, a ARRAY<INT>, s STRUCT<x INT, y STRING>) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE ra (id ARRAY<INT> PRIMARY KEY, v INT) WITH (kafka_topic='ra', format='JSON');
CREATE TABLE rs (id STRUCT<x INT, y STRING> PRIMARY KEY, v INT) WITH (kafka_topic='rs', format='JSON');
CREATE TABLE oa AS SELECT l.id, ra.id AS rid, v FROM l JOIN ra ON l.a = ra.id;
CREATE TABLE os AS SELECT l.id, v FROM l JOIN rs ON l.s = rs.id;
INSERT INTO l (id, a, s) VALUES (1, ARRAY[1, 2], STRUCT(x := 1, y := 'a'));
INSERT INTO l (id, a, s) VALUES (2, ARRAY[1, CAST(NULL AS INT)], STRUCT(x := 1, y := CAST(NULL AS STRING)));
INSERT INTO ra (id, v) VALUES (ARRAY[1, 2], 5);
INSERT INTO rs (id, v) VALUES (STRUCT(x := 1, y := 'a'), 6);
INSERT INTO rs (id, v) VALUES (STRUCT(x := 1, y := CAST(NULL AS STRING)), 7);
ASSERT VALUES oa (l_id, rid, v) VALUES (1, ARRAY[1, 2], 5);
ASSERT VALUES os (l_id, v) VALUES (1, 6);
ASSERT VALUES os (l_id, v) VALUES (2, 7);

--@test: tables may have any numbers of partitions
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON', partitions=5);
CREATE TABLE r (id INT PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON', partitions=3);
CREATE TABLE j AS SELECT l.id, fk, v FROM l LEFT JOIN r ON l.fk = r.id;
CREATE TABLE o WITH (partitions=1) AS SELECT fk, COUNT(*) AS c, SUM(v) AS total FROM j GROUP BY fk;
INSERT INTO l (id, fk) VALUES (1, 1);
INSERT INTO l (id, fk) VALUES (2, 1);
INSERT INTO l (id, fk) VALUES (3, 1);
INSERT INTO l (id, fk) VALUES (4, 1);
INSERT INTO l (id, fk) VALUES (5, 2);
INSERT INTO l (id, fk) VALUES (6, 3);
INSERT INTO r (id, v) VALUES (2, 20);
INSERT INTO r (id, v) VALUES (3, 30);
INSERT INTO l (id, fk) VALUES (1, 2);
ASSERT VALUES o (fk, c, total) VALUES (1, 1, 0);
ASSERT VALUES o (fk, c, total) VALUES (1, 2, 0);
ASSERT VALUES o (fk, c, total) VALUES (1, 3, 0);
ASSERT VALUES o (fk, c, total) VALUES (1, 4, 0);
ASSERT VALUES o (fk, c, total) VALUES (2, 1, 0);
ASSERT VALUES o (fk, c, total) VALUES (3, 1, 0);
ASSERT VALUES o (fk, c, total) VALUES (2, 1, 20);
ASSERT VALUES o (fk, c, total) VALUES (3, 1, 30);
ASSERT VALUES o (fk, c, total) VALUES (1, 3, 0);
ASSERT VALUES o (fk, c, total) VALUES (2, 2, 40);
