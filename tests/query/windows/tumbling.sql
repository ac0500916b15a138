-- Tumbling windows: late rows, times of results, NULLs, partitions.

--@test: a window takes rows until stream time passes its end plus the grace period
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(v) AS top FROM s WINDOW TUMBLING (SIZE 30 SECONDS, GRACE PERIOD 1 MINUTE) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 0, 0);
INSERT INTO s (rowtime, id, v) VALUES (89999, 0, 1);
INSERT INTO s (rowtime, id, v) VALUES (10009, 0, 5);
INSERT INTO s (rowtime, id, v) VALUES (90000, 0, 0);
INSERT INTO s (rowtime, id, v) VALUES (10010, 0, 6);
INSERT INTO s (rowtime, id, v) VALUES (30000, 1, 101);
ASSERT VALUES o (rowtime, id, top, windowstart, windowend) VALUES (0, 0, 0, 0, 30000);
ASSERT VALUES o (rowtime, id, top, windowstart, windowend) VALUES (89999, 0, 1, 60000, 90000);
ASSERT VALUES o (rowtime, id, top, windowstart, windowend) VALUES (10009, 0, 5, 0, 30000);
ASSERT VALUES o (rowtime, id, top, windowstart, windowend) VALUES (90000, 0, 0, 90000, 120000);
ASSERT VALUES o (rowtime, id, top, windowstart, windowend) VALUES (30000, 1, 101, 30000, 60000);

--@test: a result has the time of the newest row of its window
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (7, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9, 1, 1);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (7, 1, 1, 0);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (7, 1, 2, 0);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (9, 1, 3, 0);

--@test: a row without a key or a value changes no window and no stream time
CREATE STREAM raw (id INT KEY, v INT) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO raw (rowtime, id) VALUES (500, 1);
INSERT INTO s (rowtime, v) VALUES (900, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (1, 1, 1, 0);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (2, 1, 2, 0);

--@test: without GRACE a window takes rows for a day less its size
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (86399999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (86400000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (6, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 2, 1);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 1, 86399990);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 1, 0);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 1, 86400000);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 1, 10);

--@test: rows that WHERE leaves out do not move stream time
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS) WHERE v > 0 GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1000, 1, 0);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 1, 0);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 2, 0);

--@test: HAVING makes a tombstone of a window that falls out, once
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 30 SECONDS) GROUP BY id HAVING SUM(v) > 100;
INSERT INTO s (rowtime, id, v) VALUES (0, 0, 0);
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 101);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, -5);
INSERT INTO s (rowtime, id, v) VALUES (3, 1, -5);
INSERT INTO s (rowtime, id, v) VALUES (4, 1, 200);
INSERT INTO s (rowtime, id, v) VALUES (30000, 1, 7);
INSERT INTO s (rowtime, id, v) VALUES (30001, 1, 94);
ASSERT VALUES o (rowtime, id, total, windowstart) VALUES (1, 1, 101, 0);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (rowtime, id, total, windowstart) VALUES (4, 1, 291, 0);
ASSERT VALUES o (rowtime, id, total, windowstart) VALUES (30001, 1, 101, 30000);

--@test: every partition has a stream time of its own
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=8);
CREATE STREAM places AS SELECT id, ROWPARTITION AS place FROM s;
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1000, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 'c', 1);
INSERT INTO s (rowtime, id, v) VALUES (6, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (6, 'c', 1);
ASSERT VALUES places (id, place) VALUES ('a', 4);
ASSERT VALUES places (id, place) VALUES ('c', 2);
ASSERT VALUES o (id, n, windowstart) VALUES ('a', 1, 1000);
ASSERT VALUES o (id, n, windowstart) VALUES ('c', 1, 0);
ASSERT VALUES o (id, n, windowstart) VALUES ('c', 2, 0);

--@test: windows of groups that are not the key
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=3);
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY g;
INSERT INTO s (rowtime, id, g, v) VALUES (1, 1, 'x', 1);
INSERT INTO s (rowtime, id, g, v) VALUES (59999, 2, 'x', 2);
INSERT INTO s (rowtime, id, g, v) VALUES (60000, 3, 'x', 4);
INSERT INTO s (rowtime, id, g, v) VALUES (60001, 4, NULL, 8);
INSERT INTO s (rowtime, id, g, v) VALUES (2, 5, 'x', 16);
ASSERT VALUES o (g, total, windowstart) VALUES ('x', 1, 0);
ASSERT VALUES o (g, total, windowstart) VALUES ('x', 3, 0);
ASSERT VALUES o (g, total, windowstart) VALUES ('x', 4, 60000);
ASSERT VALUES o (g, total, windowstart) VALUES ('x', 19, 0);

--@test: a shorter retention than size and grace is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: must be no smaller than its window size plus the grace period
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 12 SECONDS, GRACE PERIOD 3 SECONDS) GROUP BY id;

--@test: window bounds are for the select list
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id HAVING WINDOWSTART > 0;

--@test: a window needs GROUP BY
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: WINDOW clause requires a GROUP BY clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WINDOW TUMBLING (SIZE 10 SECONDS);
