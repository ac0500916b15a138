-- Tables joined on a column that is the other table's key, with every row of the left one.

--@test: rows come out with or without a right row
CREATE TABLE l (id INT PRIMARY KEY, fk INT, name STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE STREAM gone_r (id INT KEY, nothing STRING) WITH (kafka_topic='r', value_format='KAFKA');
CREATE TABLE o AS SELECT l.id, name, r.id AS rid, v FROM l LEFT JOIN r ON l.fk = r.id;
INSERT INTO l (rowtime, id, fk, name) VALUES (0, 1, 0, 'zero');
INSERT INTO r (rowtime, id, v) VALUES (10000, 0, 'blah');
INSERT INTO l (rowtime, id, fk, name) VALUES (11000, 1, 0, 'zero');
INSERT INTO l (rowtime, id, fk, name) VALUES (13000, 0, 100, 'foo');
INSERT INTO r (rowtime, id, v) VALUES (15000, 0, 'a');
INSERT INTO l (rowtime, id, fk, name) VALUES (16000, 10, 0, 'bar');
INSERT INTO gone_r (rowtime, id) VALUES (17000, 0);
INSERT INTO gone_l (rowtime, id) VALUES (18000, 1);
INSERT INTO gone_l (rowtime, id) VALUES (18001, 1);
INSERT INTO gone_l (rowtime, id) VALUES (19000, 0);
INSERT INTO r (rowtime, id, v) VALUES (20000, 0, 'b');
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (0, 1, 'zero', NULL, NULL);
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (10000, 1, 'zero', 0, 'blah');
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (11000, 1, 'zero', 0, 'blah');
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (13000, 0, 'foo', NULL, NULL);
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (15000, 1, 'zero', 0, 'a');
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (16000, 10, 'bar', 0, 'a');
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (17000, 1, 'zero', NULL, NULL);
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (17000, 10, 'bar', NULL, NULL);
ASSERT NULL VALUES o (rowtime, l_id) KEY (18000, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (19000, 0);
ASSERT VALUES o (rowtime, l_id, name, rid, v) VALUES (20000, 10, 'bar', 0, 'b');

--@test: a foreign key that changes, also to NULL and back
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE TABLE o AS SELECT l.id, v FROM l LEFT JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (100, 7, 'seven');
INSERT INTO l (rowtime, id, fk) VALUES (1, 1, NULL);
INSERT INTO l (rowtime, id, fk) VALUES (2, 1, NULL);
INSERT INTO l (rowtime, id, fk) VALUES (3, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (4, 1, 8);
INSERT INTO l (rowtime, id, fk) VALUES (5, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (6, 1, NULL);
INSERT INTO r (rowtime, id, v) VALUES (101, 7, 'seven!');
INSERT INTO gone_l (rowtime, id) VALUES (7, 1);
INSERT INTO l (rowtime, id, fk) VALUES (8, 1, 7);
INSERT INTO gone_l (rowtime, id) VALUES (9, 1);
INSERT INTO l (rowtime, id, fk) VALUES (10, 2, NULL);
ASSERT VALUES o (rowtime, l_id, v) VALUES (1, 1, NULL);
ASSERT VALUES o (rowtime, l_id, v) VALUES (2, 1, NULL);
ASSERT VALUES o (rowtime, l_id, v) VALUES (100, 1, 'seven');
ASSERT VALUES o (rowtime, l_id, v) VALUES (4, 1, NULL);
ASSERT VALUES o (rowtime, l_id, v) VALUES (100, 1, 'seven');
ASSERT VALUES o (rowtime, l_id, v) VALUES (6, 1, NULL);
ASSERT NULL VALUES o (rowtime, l_id) KEY (7, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (101, 1, 'seven!');
ASSERT NULL VALUES o (rowtime, l_id) KEY (9, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (10, 2, NULL);

--@test: a right row of NULLs is a row
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, r.id AS rid, v FROM l LEFT JOIN r ON l.fk = r.id;
INSERT INTO l (id, fk) VALUES (1, 7);
INSERT INTO r (id, v) VALUES (7, NULL);
ASSERT VALUES o (l_id, rid, v) VALUES (1, NULL, NULL);
ASSERT VALUES o (l_id, rid, v) VALUES (1, 7, NULL);
