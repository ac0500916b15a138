-- Session windows: they grow, merge, and leave tombstones where they were.

--@test: a session that grows leaves a tombstone at its old bounds
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (30 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (10000, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (10000, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (70000, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (40000, 0, 1);
ASSERT VALUES o (rowtime, id, n, windowstart, windowend) VALUES (0, 0, 1, 0, 0);
ASSERT NULL VALUES o (rowtime, id, windowstart, windowend) KEY (0, 0, 0, 0);
ASSERT VALUES o (rowtime, id, n, windowstart, windowend) VALUES (10000, 0, 2, 0, 10000);
ASSERT NULL VALUES o (rowtime, id, windowstart, windowend) KEY (10000, 0, 0, 10000);
ASSERT VALUES o (rowtime, id, n, windowstart, windowend) VALUES (10000, 0, 3, 0, 10000);
ASSERT VALUES o (rowtime, id, n, windowstart, windowend) VALUES (70000, 0, 1, 70000, 70000);
ASSERT NULL VALUES o (rowtime, id, windowstart, windowend) KEY (10000, 0, 0, 10000);
ASSERT NULL VALUES o (rowtime, id, windowstart, windowend) KEY (70000, 0, 70000, 70000);
ASSERT VALUES o (rowtime, id, n, windowstart, windowend) VALUES (70000, 0, 5, 0, 70000);

--@test: rows of one moment update their session in place
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (30 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (5, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 0, 1);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (0, 1, 5, 5);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (0, 2, 5, 5);

--@test: a row that would end a closed session is dropped
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (100, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (85, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (84, 3, 1);
INSERT INTO s (rowtime, id, v) VALUES (80, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (101, 1, 1);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 1, 100, 100);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (2, 1, 85, 85);
ASSERT NULL VALUES o (id, windowstart, windowend) KEY (1, 100, 100);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 2, 100, 101);

--@test: sessions of groups that are not the key, NULL groups left out
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=4);
CREATE TABLE o AS SELECT g, SUM(v) AS total, COLLECT_LIST(v) AS every FROM s WINDOW SESSION (10 SECONDS) GROUP BY g;
INSERT INTO s (rowtime, id, g, v) VALUES (0, 1, 'x', 1);
INSERT INTO s (rowtime, id, g, v) VALUES (20000, 2, 'x', 2);
INSERT INTO s (rowtime, id, g, v) VALUES (20000, 3, NULL, 2);
INSERT INTO s (rowtime, id, g, v) VALUES (10000, 3, 'x', 4);
ASSERT VALUES o (g, total, every, windowstart, windowend) VALUES ('x', 1, ARRAY[1], 0, 0);
ASSERT VALUES o (g, total, every, windowstart, windowend) VALUES ('x', 2, ARRAY[2], 20000, 20000);
ASSERT NULL VALUES o (g, windowstart, windowend) KEY ('x', 0, 0);
ASSERT NULL VALUES o (g, windowstart, windowend) KEY ('x', 20000, 20000);
ASSERT VALUES o (g, total, every, windowstart, windowend) VALUES ('x', 7, ARRAY[1, 2, 4], 0, 20000);
