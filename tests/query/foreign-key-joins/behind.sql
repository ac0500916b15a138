-- What may follow a foreign-key join, and what may not.

--@test: WHERE does not know what a row was: each that does not pass is deleted again
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id WHERE v > 10;
INSERT INTO l (rowtime, id, fk) VALUES (0, 1, 7);
INSERT INTO r (rowtime, id, v) VALUES (1, 7, 5);
INSERT INTO r (rowtime, id, v) VALUES (2, 7, 6);
INSERT INTO r (rowtime, id, v) VALUES (3, 7, 15);
INSERT INTO r (rowtime, id, v) VALUES (4, 7, 8);
INSERT INTO r (rowtime, id, v) VALUES (5, 7, 16);
ASSERT NULL VALUES o (rowtime, l_id) KEY (1, 1);
ASSERT NULL VALUES o (rowtime, l_id) KEY (2, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (3, 1, 15);
ASSERT NULL VALUES o (rowtime, l_id) KEY (4, 1);
ASSERT VALUES o (rowtime, l_id, v) VALUES (5, 1, 16);

--@test: GROUP BY takes back what a row was, behind WHERE as well
CREATE TABLE l (id INT PRIMARY KEY, fk INT, n INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE TABLE o AS SELECT g, COUNT(*) AS c, SUM(n) AS total FROM l JOIN r ON l.fk = r.id WHERE v > 0 GROUP BY g HAVING COUNT(*) >= 0;
INSERT INTO r (id, g, v) VALUES (7, 'a', 1);
INSERT INTO l (id, fk, n) VALUES (1, 7, 10);
INSERT INTO l (id, fk, n) VALUES (2, 7, 20);
INSERT INTO l (id, fk, n) VALUES (1, 7, 11);
INSERT INTO r (id, g, v) VALUES (7, 'b', 1);
INSERT INTO r (id, g, v) VALUES (7, 'b', 0);
INSERT INTO r (id, g, v) VALUES (7, 'b', 0);
INSERT INTO r (id, g, v) VALUES (7, 'b', 2);
INSERT INTO gone_l (id) VALUES (2);
ASSERT VALUES o (g, c, total) VALUES ('a', 1, 10);
ASSERT VALUES o (g, c, total) VALUES ('a', 2, 30);
ASSERT VALUES o (g, c, total) VALUES ('a', 2, 31);
ASSERT VALUES o (g, c, total) VALUES ('a', 1, 20);
ASSERT VALUES o (g, c, total) VALUES ('b', 1, 11);
ASSERT VALUES o (g, c, total) VALUES ('a', 0, 0);
ASSERT VALUES o (g, c, total) VALUES ('b', 2, 31);
ASSERT VALUES o (g, c, total) VALUES ('b', 1, 20);
ASSERT VALUES o (g, c, total) VALUES ('b', 0, 0);
ASSERT VALUES o (g, c, total) VALUES ('b', 1, 11);
ASSERT VALUES o (g, c, total) VALUES ('b', 2, 31);
ASSERT VALUES o (g, c, total) VALUES ('b', 1, 11);

--@test: tables joined to the result on its key
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', key_format='JSON', value_format='JSON', partitions=3);
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t', key_format='DELIMITED', value_format='JSON');
CREATE TABLE u (id INT PRIMARY KEY, x STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE STREAM gone_l (id INT KEY, nothing STRING) WITH (kafka_topic='l', value_format='KAFKA');
CREATE TABLE o AS SELECT rowkey, v, w, x FROM l LEFT JOIN r ON l.fk = r.id LEFT JOIN t ON t.id = l.id FULL JOIN u ON t.id = u.id;
CREATE TABLE o3 AS SELECT t.id, fk, v, w FROM l JOIN r ON l.fk = r.id JOIN t ON l.id = t.id;
INSERT INTO l (rowtime, id, fk) VALUES (1, 1, 7);
INSERT INTO t (rowtime, id, w) VALUES (5, 1, 'w');
INSERT INTO r (rowtime, id, v) VALUES (3, 7, 'v');
INSERT INTO u (rowtime, id, x) VALUES (4, 1, 'x');
INSERT INTO gone_l (rowtime, id) VALUES (6, 1);
ASSERT VALUES o (rowtime, rowkey, v, w, x) VALUES (1, 1, NULL, NULL, NULL);
ASSERT VALUES o (rowtime, rowkey, v, w, x) VALUES (5, 1, NULL, 'w', NULL);
ASSERT VALUES o (rowtime, rowkey, v, w, x) VALUES (5, 1, 'v', 'w', NULL);
ASSERT VALUES o (rowtime, rowkey, v, w, x) VALUES (5, 1, 'v', 'w', 'x');
ASSERT VALUES o (rowtime, rowkey, v, w, x) VALUES (6, 1, NULL, NULL, 'x');
ASSERT VALUES o3 (rowtime, t_id, fk, v, w) VALUES (5, 1, 7, 'v', 'w');
ASSERT NULL VALUES o3 (rowtime, t_id) KEY (6, 1);

--@test: a stream looks the result up, and another join follows it
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, next INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE n (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='n', value_format='JSON');
CREATE TABLE j AS SELECT l.id, next FROM l JOIN r ON l.fk = r.id;
CREATE TABLE o AS SELECT l_id, name FROM j LEFT JOIN n ON j.next = n.id;
INSERT INTO n (id, name) VALUES (3, 'three');
INSERT INTO r (id, next) VALUES (2, 3);
INSERT INTO l (id, fk) VALUES (1, 2);
INSERT INTO n (id, name) VALUES (3, 'THREE');
ASSERT VALUES o (l_id, name) VALUES (1, 'three');
ASSERT VALUES o (l_id, name) VALUES (1, 'THREE');

--@test: two tables on one topic
CREATE TABLE l (id INT PRIMARY KEY, boss INT, name STRING) WITH (kafka_topic='people', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, boss INT, name STRING) WITH (kafka_topic='people', value_format='JSON');
CREATE TABLE o AS SELECT l.id, l.name AS name, r.name AS boss FROM l LEFT JOIN r ON l.boss = r.id;
INSERT INTO l (id, boss, name) VALUES (1, NULL, 'ann');
INSERT INTO l (id, boss, name) VALUES (2, 1, 'bob');
INSERT INTO l (id, boss, name) VALUES (1, 2, 'anna');
ASSERT VALUES o (l_id, name, boss) VALUES (1, 'ann', NULL);
ASSERT VALUES o (l_id, name, boss) VALUES (2, 'bob', 'ann');
ASSERT VALUES o (l_id, name, boss) VALUES (2, 'bob', 'anna');
ASSERT VALUES o (l_id, name, boss) VALUES (1, 'anna', 'bob');

--@test: the key of the left table must be projected
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Primary key column missing in projection. For foreign-key table-table joins, the projection must include all primary key columns from the left input table (`L`). Missing column: `ID`.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT r.id, v FROM l JOIN r ON l.fk = r.id;

--@test: a second join on a foreign key
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: foreign-key table-table joins are not supported as part of n-way joins. Got L.FK = T.ID.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id JOIN t ON l.fk = t.id;

--@test: a right row is not found by another column
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Invalid join condition: table-table joins require to join on the primary key of the right input table. Got L.FK = R.N.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, n INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id FROM l JOIN r ON l.fk = r.n;

--@test: types must match
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Invalid join condition: types don't match. Got L.FK{BIGINT} = R.ID{INTEGER}.
CREATE TABLE l (id INT PRIMARY KEY, fk BIGINT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, n INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, fk FROM l JOIN r ON l.fk = r.id;

--@test: a query with a foreign-key join is not replaced
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Upgrades not yet supported for ForeignKeyTableTableJoin
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, n INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, fk FROM l JOIN r ON l.fk = r.id;
CREATE OR REPLACE TABLE o AS SELECT l.id, fk, n FROM l JOIN r ON l.fk = r.id;

--@test: one table is windowed and the other not
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can not join windowed source to non-windowed source.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON', window_type='SESSION');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;

--@test: a table joins itself only under another name
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can not join 'L' to 'L': self joins are not yet supported.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE o AS SELECT a.id, b.fk FROM l a JOIN l b ON a.fk = b.id;

--@test: no WITHIN between tables
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: A window definition was provided for a Table-Table join. These joins are not windowed.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v FROM l JOIN r WITHIN 1 HOUR ON l.fk = r.id;

--@test: star, with the key where it belongs
CREATE TABLE l (id INT PRIMARY KEY, fk INT, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l LEFT JOIN r ON l.fk = r.id;
INSERT INTO l (id, fk, v) VALUES (1, 7, 'x');
INSERT INTO r (id, v) VALUES (7, 'y');
ASSERT TABLE o (l_id INT PRIMARY KEY, l_fk INT, l_v STRING, r_id INT, r_v STRING) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (l_id, l_fk, l_v, r_id, r_v) VALUES (1, 7, 'x', NULL, NULL);
ASSERT VALUES o (l_id, l_fk, l_v, r_id, r_v) VALUES (1, 7, 'x', 7, 'y');

--@test: the key of the result may be renamed, copied, and must be there once
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS k, AS_VALUE(l.id) AS copy, UCASE(v) AS u FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (id, v) VALUES (7, 'y');
INSERT INTO l (id, fk) VALUES (1, 7);
ASSERT VALUES o (k, copy, u) VALUES (1, 1, 'Y');

--@test: a key that is there twice
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The projection contains a key column (`L_ID`) more than once, aliased as: A and B.
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS a, l.id AS b, v FROM l JOIN r ON l.fk = r.id;

--@test: the result's time may be a column
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v BIGINT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o WITH (timestamp='V') AS SELECT l.id, v FROM l JOIN r ON l.fk = r.id;
INSERT INTO r (rowtime, id, v) VALUES (5, 7, 1234);
INSERT INTO l (rowtime, id, fk) VALUES (6, 1, 7);
ASSERT VALUES o (rowtime, l_id, v) VALUES (1234, 1, 1234);

--@test: right and full joins on the key of the result
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o1 AS SELECT t.id, fk, v, w FROM l JOIN r ON l.fk = r.id RIGHT JOIN t ON l.id = t.id;
CREATE TABLE o2 AS SELECT rowkey, fk, v, w FROM l JOIN r ON l.fk = r.id FULL JOIN t ON l.id = t.id;
INSERT INTO t (id, w) VALUES (1, 'w');
INSERT INTO l (id, fk) VALUES (1, 7);
INSERT INTO r (id, v) VALUES (7, 'v');
ASSERT VALUES o1 (t_id, fk, v, w) VALUES (1, NULL, NULL, 'w');
ASSERT VALUES o1 (t_id, fk, v, w) VALUES (1, 7, 'v', 'w');
ASSERT VALUES o2 (rowkey, fk, v, w) VALUES (1, NULL, NULL, 'w');
ASSERT VALUES o2 (rowkey, fk, v, w) VALUES (1, 7, 'v', 'w');

--@test: the result is not joined on the key of its right table
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the TABLE's key column L_ID instead of [R.ID]
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o1 AS SELECT l.id, fk, v, w FROM l JOIN r ON l.fk = r.id JOIN t ON r.id = t.id;

--@test: groups behind another join take back what was
CREATE TABLE l (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT w, COUNT(*) AS c FROM l JOIN r ON l.fk = r.id LEFT JOIN t ON l.id = t.id GROUP BY w;
INSERT INTO t (id, w) VALUES (1, 'w');
INSERT INTO l (id, fk) VALUES (1, 7);
INSERT INTO r (id, v) VALUES (7, 'v');
INSERT INTO t (id, w) VALUES (1, 'x');
ASSERT VALUES o (w, c) VALUES ('w', 1);
ASSERT VALUES o (w, c) VALUES ('w', 0);
ASSERT VALUES o (w, c) VALUES ('x', 1);
