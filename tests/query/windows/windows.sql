-- Windowed aggregates.

--@test: tumbling windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n, WINDOWSTART AS ws, WINDOWEND AS we FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5000, 1, 1);
ASSERT VALUES o (id, n, ws, we, windowstart) VALUES (1, 1, 0, 10000, 0);
ASSERT VALUES o (id, n, ws, we) VALUES (1, 2, 0, 10000);
ASSERT VALUES o (id, n, ws, we) VALUES (1, 1, 10000, 20000);
ASSERT VALUES o (id, n, ws, we) VALUES (1, 3, 0, 10000);

--@test: hopping windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (6000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (11000, 1, 2);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 1, 0, 10000);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 1, 5000, 15000);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 3, 5000, 15000);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 2, 10000, 20000);

--@test: sessions grow together
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (15000, 1, 2);
INSERT INTO s (rowtime, id, v) VALUES (8000, 1, 4);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 1, 0, 0);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 2, 15000, 15000);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, total, windowstart, windowend) VALUES (1, 7, 0, 15000);

--@test: late rows are dropped after the grace period
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (14999, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (2000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (15000, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (3000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (16000, 1, 1);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 1, 0);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 1, 10000);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 2, 0);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 2, 10000);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 1, 10000);

--@test: EMIT FINAL gives closed windows once
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (1000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (3000, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (11000, 3, 1);
ASSERT VALUES o (id, n, windowstart) VALUES (1, 2, 0);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 1, 0);

--@test: a jump in time beyond the retention loses closed windows
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (1000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (25000, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (35000, 3, 1);
ASSERT VALUES o (id, n, windowstart) VALUES (2, 1, 20000);
