-- Rules of joins that nothing else shows: deletions of what was never there, names and sources of keys, rows without a key.

--@test: inner: a deletion comes out although this side had no row before
CREATE TABLE l (id INT PRIMARY KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE STREAM gone_r (id INT KEY, nothing STRING) WITH (kafka_topic='r', value_format='KAFKA');
CREATE TABLE i AS SELECT l.id, a, b FROM l JOIN r ON l.id = r.id;
CREATE TABLE f AS SELECT rowkey AS k, a, b FROM l FULL JOIN r ON l.id = r.id;
CREATE TABLE le AS SELECT l.id, a, b FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO l (rowtime, id, a) VALUES (10, 1, 'a');
INSERT INTO gone_r (rowtime, id) VALUES (11, 1);
INSERT INTO gone_l (rowtime, id) VALUES (12, 1);
INSERT INTO gone_l (rowtime, id) VALUES (13, 1);
INSERT INTO r (rowtime, id, b) VALUES (5, 1, 'b');
INSERT INTO l (rowtime, id, a) VALUES (4, 1, 'c');
ASSERT NULL VALUES i (rowtime, l_id) KEY (11, 1);
ASSERT VALUES i (rowtime, l_id, a, b) VALUES (5, 1, 'c', 'b');
ASSERT VALUES le (rowtime, l_id, a, b) VALUES (10, 1, 'a', NULL);
ASSERT VALUES le (rowtime, l_id, a, b) VALUES (11, 1, 'a', NULL);
ASSERT NULL VALUES le (rowtime, l_id) KEY (12, 1);
ASSERT VALUES le (rowtime, l_id, a, b) VALUES (5, 1, 'c', 'b');
ASSERT VALUES f (rowtime, k, a, b) VALUES (10, 1, 'a', NULL);
ASSERT VALUES f (rowtime, k, a, b) VALUES (11, 1, 'a', NULL);
ASSERT NULL VALUES f (rowtime, k) KEY (12, 1);
ASSERT VALUES f (rowtime, k, a, b) VALUES (5, 1, NULL, 'b');
ASSERT VALUES f (rowtime, k, a, b) VALUES (5, 1, 'c', 'b');

--@test: a join on expressions has a synthetic key with a free name
CREATE STREAM l (id INT KEY, rowkey INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT rowkey_1, rowkey, b FROM l JOIN r WITHIN 1 HOUR ON l.id + 1 = r.id + 2;
INSERT INTO l (id, rowkey) VALUES (2, 9);
INSERT INTO r (id, b) VALUES (1, 'x');
ASSERT VALUES o (rowkey_1, rowkey, b) VALUES (3, 9, 'x');

--@test: the optional side may give the key
CREATE STREAM l (id INT KEY, a INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id, AS_VALUE(r.id) AS copy, a, b FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO l (id, a) VALUES (2, 9);
ASSERT VALUES o (r_id, copy, a, b) VALUES (2, NULL, 9, NULL);

--@test: a stream without a key in a left join with a table
CREATE STREAM l (id INT KEY, a INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.a, b FROM l LEFT JOIN r ON l.a = r.id;
CREATE STREAM p AS SELECT l.a, b FROM l JOIN r ON l.a = r.id;
INSERT INTO r (id, b) VALUES (9, 'x');
INSERT INTO l (id, a) VALUES (2, NULL);
INSERT INTO l (id, a) VALUES (2, 9);
ASSERT VALUES o (a, b) VALUES (NULL, NULL);
ASSERT VALUES o (a, b) VALUES (9, 'x');
ASSERT VALUES p (a, b) VALUES (9, 'x');

--@test: the bounds of WITHIN count, before and after, and a RIGHT join takes them as written
CREATE STREAM l (id INT KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM i AS SELECT l.id, a, b FROM l JOIN r WITHIN (5 MILLISECONDS, 20 MILLISECONDS) ON l.id = r.id;
CREATE STREAM ri AS SELECT r.id, a, b FROM l RIGHT JOIN r WITHIN (5 MILLISECONDS, 20 MILLISECONDS) ON l.id = r.id;
INSERT INTO r (rowtime, id, b) VALUES (94, 1, '94');
INSERT INTO r (rowtime, id, b) VALUES (120, 1, '120');
INSERT INTO r (rowtime, id, b) VALUES (95, 1, '95');
INSERT INTO r (rowtime, id, b) VALUES (121, 1, '121');
INSERT INTO r (rowtime, id, b) VALUES (95, 1, '95 again');
INSERT INTO l (rowtime, id, a) VALUES (100, 1, 'x');
ASSERT VALUES i (rowtime, l_id, a, b) VALUES (100, 1, 'x', '95');
ASSERT VALUES i (rowtime, l_id, a, b) VALUES (100, 1, 'x', '95 again');
ASSERT VALUES i (rowtime, l_id, a, b) VALUES (120, 1, 'x', '120');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (94, 1, NULL, '94');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (120, 1, NULL, '120');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (95, 1, NULL, '95');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (121, 1, NULL, '121');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (95, 1, NULL, '95 again');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (100, 1, 'x', '94');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (100, 1, 'x', '95');
ASSERT VALUES ri (rowtime, r_id, a, b) VALUES (100, 1, 'x', '95 again');

--@test: two streams on one topic: each row also meets itself
CREATE STREAM l (id INT KEY, a STRING) WITH (kafka_topic='both', value_format='JSON');
CREATE STREAM r (id INT KEY, a STRING) WITH (kafka_topic='both', value_format='JSON');
CREATE STREAM o AS SELECT l.id, l.a AS x, r.a AS y FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id;
INSERT INTO l (id, a) VALUES (1, 'a');
INSERT INTO l (id, a) VALUES (1, 'b');
ASSERT VALUES o (l_id, x, y) VALUES (1, 'a', 'a');
ASSERT VALUES o (l_id, x, y) VALUES (1, 'b', 'a');
ASSERT VALUES o (l_id, x, y) VALUES (1, 'a', 'b');
ASSERT VALUES o (l_id, x, y) VALUES (1, 'b', 'b');
