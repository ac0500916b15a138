-- A source with one partition is grouped where it is, without a repartition topic.

--@test: groups of a stream
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM s WHERE v <> 0 GROUP BY g;
INSERT INTO s (rowtime, id, g, v) VALUES (5, 1, 'a', 1);
INSERT INTO s (rowtime, id, g, v) VALUES (9, 2, NULL, 2);
INSERT INTO s (rowtime, g, v) VALUES (3, 'a', 4);
INSERT INTO s (rowtime, id, g, v) VALUES (7, 3, 'b', 0);
INSERT INTO s (rowtime, id, g, v) VALUES (7, 3, 'b', 8);
ASSERT VALUES o (rowtime, g, total) VALUES (5, 'a', 1);
ASSERT VALUES o (rowtime, g, total) VALUES (5, 'a', 5);
ASSERT VALUES o (rowtime, g, total) VALUES (7, 'b', 8);

--@test: groups of a table follow its changes
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);
CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
INSERT INTO t (id, g, v) VALUES (2, 'a', 20);
INSERT INTO t (id, g, v) VALUES (1, 'b', 11);
INSERT INTO t (id, g, v) VALUES (2, NULL, 21);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 10);
ASSERT VALUES o (g, n, total) VALUES ('a', 2, 30);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 20);
ASSERT VALUES o (g, n, total) VALUES ('b', 1, 11);
ASSERT VALUES o (g, n, total) VALUES ('a', 0, 0);

--@test: late rows of windows
CREATE STREAM s (id INT KEY, g STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY g;
INSERT INTO s (rowtime, id, g) VALUES (1, 1, 'a');
INSERT INTO s (rowtime, id, g) VALUES (14, 2, 'b');
INSERT INTO s (rowtime, id, g) VALUES (90, 2, NULL);
INSERT INTO s (rowtime, id, g) VALUES (2, 3, 'a');
INSERT INTO s (rowtime, id, g) VALUES (15, 4, 'b');
INSERT INTO s (rowtime, id, g) VALUES (3, 5, 'a');
ASSERT VALUES o (g, n, windowstart) VALUES ('a', 1, 0);
ASSERT VALUES o (g, n, windowstart) VALUES ('b', 1, 10);
ASSERT VALUES o (g, n, windowstart) VALUES ('a', 2, 0);
ASSERT VALUES o (g, n, windowstart) VALUES ('b', 2, 10);
