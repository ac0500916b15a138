-- Tables joined on a column that is the other table's key, only where both rows are there.

--@test: rows meet whichever comes first, and each change of either is a change of the result
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, what STRING) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT orders.id, what, name FROM orders JOIN customers ON orders.customer = customers.id;
INSERT INTO customers (rowtime, id, name) VALUES (0, 7, 'ann');
INSERT INTO orders (rowtime, id, customer, what) VALUES (100, 1, 7, 'tea');
INSERT INTO orders (rowtime, id, customer, what) VALUES (110, 2, 8, 'rice');
INSERT INTO customers (rowtime, id, name) VALUES (120, 8, 'bob');
INSERT INTO customers (rowtime, id, name) VALUES (130, 7, 'anna');
ASSERT VALUES o (rowtime, orders_id, what, name) VALUES (100, 1, 'tea', 'ann');
ASSERT VALUES o (rowtime, orders_id, what, name) VALUES (120, 2, 'rice', 'bob');
ASSERT VALUES o (rowtime, orders_id, what, name) VALUES (130, 1, 'tea', 'anna');

--@test: the time is the later row's when the left row came last, and the right row's when that did
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (500, 7, 'a');
INSERT INTO l (rowtime, id, fk) VALUES (100, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (900, 2, 7);
INSERT INTO r (rowtime, id, v) VALUES (300, 7, 'b');
ASSERT VALUES o (rowtime, l_id, v) VALUES (500, 1, 'a');
ASSERT VALUES o (rowtime, l_id, v) VALUES (900, 2, 'a');
ASSERT VALUES o (rowtime, l_id, v) VALUES (300, 1, 'b');
ASSERT VALUES o (rowtime, l_id, v) VALUES (300, 2, 'b');

--@test: a right row that changes reaches all that refer to it and nobody else, in order of their keys
CREATE TABLE l (id STRING PRIMARY KEY, fk STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id STRING PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, r.id AS rid, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO l (id, fk) VALUES ('b', 'x');
INSERT INTO l (id, fk) VALUES ('abc', 'x');
INSERT INTO l (id, fk) VALUES ('c', 'xy');
INSERT INTO l (id, fk) VALUES ('a', 'x');
INSERT INTO l (id, fk) VALUES ('d', '');
INSERT INTO r (rowtime, id, v) VALUES (10, 'x', 1);
INSERT INTO r (rowtime, id, v) VALUES (11, 'xy', 2);
INSERT INTO r (rowtime, id, v) VALUES (12, '', 3);
ASSERT VALUES o (rowtime, l_id, rid, v) VALUES (10, 'a', 'x', 1);
ASSERT VALUES o (rowtime, l_id, rid, v) VALUES (10, 'abc', 'x', 1);
ASSERT VALUES o (rowtime, l_id, rid, v) VALUES (10, 'b', 'x', 1);
ASSERT VALUES o (rowtime, l_id, rid, v) VALUES (11, 'c', 'xy', 2);
ASSERT VALUES o (rowtime, l_id, rid, v) VALUES (12, 'd', '', 3);

--@test: a row that moves to a foreign key without a match goes, whether or not it was there
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (0, 7, 'seven');
INSERT INTO r (rowtime, id, v) VALUES (0, 9, 'nine');
INSERT INTO l (rowtime, id, fk) VALUES (1, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (2, 1, 8);
INSERT INTO l (rowtime, id, fk) VALUES (3, 1, 6);
INSERT INTO l (rowtime, id, fk) VALUES (4, 1, 6);
INSERT INTO l (rowtime, id, fk) VALUES (5, 1, 9);
INSERT INTO r (rowtime, id, v) VALUES (6, 7, 'nobody is here any more');
INSERT INTO r (rowtime, id, v) VALUES (7, 9, 'nine!');
ASSERT VALUES o (rowtime, l_id, v) VALUES (1, 1, 'seven');
ASSERT NULL VALUES o (rowtime, l_id) KEY (2, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (3, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (5, 1, 'nine');
ASSERT VALUES o (rowtime, l_id, v) VALUES (7, 1, 'nine!');

--@test: NULL refers to nothing
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (0, 7, 'seven');
INSERT INTO l (rowtime, id, fk) VALUES (1, 1, NULL);
INSERT INTO l (rowtime, id, fk) VALUES (2, 1, NULL);
INSERT INTO l (rowtime, id, fk) VALUES (3, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (4, 1, NULL);
INSERT INTO l (rowtime, id, fk) VALUES (5, 1, 8);
INSERT INTO l (rowtime, id, fk) VALUES (6, 2, 7);
ASSERT VALUES o (rowtime, l_id, v) VALUES (3, 1, 'seven');
ASSERT NULL VALUES o (rowtime, l_id) KEY (4, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (5, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (6, 2, 'seven');

--@test: rows that are deleted
CREATE TABLE l (id INT PRIMARY KEY, fk INT, name STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE STREAM gone_r (id INT KEY, nothing STRING) WITH (kafka_topic='r', value_format='KAFKA');
CREATE TABLE o AS SELECT l.id, name, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (0, 0, 'blah');
INSERT INTO l (rowtime, id, fk, name) VALUES (10000, 1, 0, 'zero');
INSERT INTO l (rowtime, id, fk, name) VALUES (13000, 0, 100, 'foo');
INSERT INTO r (rowtime, id, v) VALUES (15000, 0, 'a');
INSERT INTO l (rowtime, id, fk, name) VALUES (16000, 10, 0, 'bar');
INSERT INTO gone_r (rowtime, id) VALUES (17000, 0);
INSERT INTO gone_l (rowtime, id) VALUES (18000, 1);
INSERT INTO gone_l (rowtime, id) VALUES (18500, 1);
INSERT INTO gone_l (rowtime, id) VALUES (19000, 0);
INSERT INTO gone_r (rowtime, id) VALUES (20000, 0);
INSERT INTO gone_r (rowtime, id) VALUES (20000, 77);
INSERT INTO r (rowtime, id, v) VALUES (21000, 0, 'again');
INSERT INTO gone_l (rowtime, id) VALUES (10, 10);
INSERT INTO r (rowtime, id, v) VALUES (22000, 0, 'for nobody');
INSERT INTO l (rowtime, id, fk, name) VALUES (23000, 3, 0, 'last');
ASSERT VALUES o (rowtime, l_id, name, v) VALUES (10000, 1, 'zero', 'blah');
ASSERT VALUES o (rowtime, l_id, name, v) VALUES (15000, 1, 'zero', 'a');
ASSERT VALUES o (rowtime, l_id, name, v) VALUES (16000, 10, 'bar', 'a');
ASSERT NULL VALUES o (rowtime, l_id) KEY (17000, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (17000, 10);
ASSERT NULL VALUES o (rowtime, l_id) KEY (18000, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (19000, 0);
ASSERT NULL VALUES o (rowtime, l_id) KEY (20000, 10);
ASSERT VALUES o (rowtime, l_id, name, v) VALUES (21000, 10, 'bar', 'again');
ASSERT NULL VALUES o (rowtime, l_id) KEY (21000, 10);
ASSERT VALUES o (rowtime, l_id, name, v) VALUES (23000, 3, 'last', 'for nobody');

--@test: a row written again without a change comes out again
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO l (rowtime, id, fk) VALUES (1, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (2, 1, 7);
INSERT INTO r (rowtime, id, v) VALUES (3, 7, 'x');
INSERT INTO r (rowtime, id, v) VALUES (4, 7, 'x');
INSERT INTO l (rowtime, id, fk) VALUES (5, 1, 7);
ASSERT VALUES o (rowtime, l_id, v) VALUES (3, 1, 'x');
ASSERT VALUES o (rowtime, l_id, v) VALUES (4, 1, 'x');
ASSERT VALUES o (rowtime, l_id, v) VALUES (5, 1, 'x');

--@test: the condition may be written the other way round, and columns may have aliases
CREATE TABLE l (id INT PRIMARY KEY, fk INT, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT a.id AS key, a.v AS mine, b.v AS other, b.id FROM l a JOIN r b ON b.id = a.fk;
INSERT INTO l (id, fk, v) VALUES (1, 7, 'x');
INSERT INTO r (id, v) VALUES (7, 'y');
ASSERT TABLE o (key INT PRIMARY KEY, mine STRING, other STRING, b_id INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (key, mine, other, b_id) VALUES (1, 'x', 'y', 7);

--@test: the pseudo columns are those of the records that wrote the rows
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, l.rowtime AS lt, r.rowtime AS rt, l.rowoffset AS lo, r.rowoffset AS ro FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (50, 9, 'other');
INSERT INTO r (rowtime, id, v) VALUES (60, 7, 'x');
INSERT INTO l (rowtime, id, fk) VALUES (20, 1, 7);
INSERT INTO l (rowtime, id, fk) VALUES (10, 1, 7);
ASSERT VALUES o (rowtime, l_id, lt, rt, lo, ro) VALUES (60, 1, 20, 60, 0, 1);
ASSERT VALUES o (rowtime, l_id, lt, rt, lo, ro) VALUES (60, 1, 10, 60, 1, 1);
