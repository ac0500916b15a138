-- EMIT FINAL: one row for each window when it closes, in order of start and key.

--@test: hopping windows close one after the other
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 5 MILLISECONDS, ADVANCE BY 2 MILLISECONDS, GRACE PERIOD 1 MILLISECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (rowtime, k, v) VALUES (0, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (2, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (6, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (5, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (10, 'k1', 1);
ASSERT VALUES o (rowtime, k, n, windowstart, windowend) VALUES (2, 'k1', 4, 0, 5);
ASSERT VALUES o (rowtime, k, n, windowstart, windowend) VALUES (6, 'k1', 2, 4, 9);

--@test: tumbling windows without grace
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 2 MILLISECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (rowtime, k, v) VALUES (0, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (2, 'k1', 1);
ASSERT VALUES o (rowtime, k, n, windowstart, windowend) VALUES (1, 'k1', 2, 0, 2);

--@test: a jump in time loses windows that are past retention
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 2 MILLISECONDS, GRACE PERIOD 1 MILLISECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (rowtime, k, v) VALUES (0, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (2, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (0, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (5, 'k1', 1);
ASSERT VALUES o (rowtime, k, n, windowstart, windowend) VALUES (2, 'k1', 1, 2, 4);

--@test: HAVING is asked when a window closes, and leaves nothing behind
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY k HAVING COUNT(*) > 1 EMIT FINAL;
INSERT INTO s (rowtime, k, v) VALUES (0, 'b', 1);
INSERT INTO s (rowtime, k, v) VALUES (1, 'a', 1);
INSERT INTO s (rowtime, k, v) VALUES (2, 'b', 1);
INSERT INTO s (rowtime, k, v) VALUES (3, 'c', 1);
INSERT INTO s (rowtime, k, v) VALUES (4, 'c', 1);
INSERT INTO s (rowtime, k, v) VALUES (10, 'd', 1);
ASSERT VALUES o (rowtime, k, n, windowstart) VALUES (2, 'b', 2, 0);
ASSERT VALUES o (rowtime, k, n, windowstart) VALUES (4, 'c', 2, 0);

--@test: sessions close a gap and the grace period after their end
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (5 MILLISECONDS, GRACE PERIOD 6 MILLISECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (rowtime, k, v) VALUES (0, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (4, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (8, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (19, 'k1', 1);
INSERT INTO s (rowtime, k, v) VALUES (20, 'k1', 1);
ASSERT VALUES o (rowtime, k, n, windowstart, windowend) VALUES (8, 'k1', 3, 0, 8);

--@test: EMIT FINAL is for windows
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: EMIT FINAL is only supported for windowed aggregations.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s GROUP BY k EMIT FINAL;
