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

--@test: a record is in no more windows than can be counted
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Each record would be in 2592000 hopping windows, which is more than 100000. Use a longer advance or a shorter size.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 30 DAYS, ADVANCE BY 1 SECOND) GROUP BY id;

--@test: a record in a hundred thousand windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 100 SECONDS, ADVANCE BY 1 MILLISECOND) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1000000, 1, 1);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (1000000, 1, 1, 900001);
ASSERT VALUES o (rowtime, id, n, windowstart) VALUES (1000000, 1, 1, 900002);
