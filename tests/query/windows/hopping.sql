-- Hopping windows: a row is in size / advance windows, seen in ascending order of start.

--@test: no window starts before the epoch
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 4 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 1, 0, 10);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 2, 0, 10);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 1, 4, 14);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 1, 8, 18);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 2, 4, 14);
ASSERT VALUES o (id, n, windowstart, windowend) VALUES (1, 2, 8, 18);

--@test: a late row goes into those of its windows that are still open
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (12, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (7, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (4, 1, 1);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (12, 1, 1, 5);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (12, 1, 1, 10);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (12, 1, 2, 5);

--@test: the advance is at most the size
--@expected.error: io.confluent.ksql.util.KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 11 SECONDS) GROUP BY id;
