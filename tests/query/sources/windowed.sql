-- Sources whose keys carry a window.

--@test: a tumbling table's topic read again as a stream
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 30 SECONDS) GROUP BY id;
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='T', value_format='JSON', window_type='Tumbling', window_size='30 seconds');
CREATE STREAM o AS SELECT id, total, WINDOWSTART AS ws, WINDOWEND AS we FROM w WHERE WINDOWSTART >= 30000;
INSERT INTO s (rowtime, id, v) VALUES (10, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (30010, 'a', 2);
ASSERT VALUES o (rowtime, id, total, ws, we, windowstart, windowend) VALUES (30010, 'a', 2, 30000, 60000, 30000, 60000);

--@test: sessions as a stream: tombstones have no value, beginnings have one instant
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s WINDOW SESSION (30 SECONDS) GROUP BY id;
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='T', value_format='JSON', window_type='SESSION');
CREATE STREAM begins AS SELECT id, total FROM w WHERE WINDOWSTART = WINDOWEND;
CREATE STREAM every AS SELECT * FROM w;
INSERT INTO s (rowtime, id, v) VALUES (10, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (20, 'a', 2);
ASSERT VALUES begins (id, total, windowstart, windowend) VALUES ('a', 1, 10, 10);
ASSERT VALUES every (id, total, windowstart, windowend) VALUES ('a', 1, 10, 10);
ASSERT NULL VALUES every (id, windowstart, windowend) KEY ('a', 10, 10);
ASSERT VALUES every (id, total, windowstart, windowend) VALUES ('a', 3, 10, 20);

--@test: grouping a windowed stream by an expression forgets the window
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='T', value_format='JSON', window_type='TUMBLING', window_size='10 milliseconds');
CREATE TABLE o AS SELECT UCASE(id) AS big, COUNT(*) AS n FROM w GROUP BY UCASE(id);
INSERT INTO s (rowtime, id, v) VALUES (1, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 'a', 1);
INSERT INTO s (rowtime, id, v) VALUES (12, 'a', 1);
ASSERT VALUES o (big, n) VALUES ('A', 1);
ASSERT VALUES o (big, n) VALUES ('A', 2);
ASSERT VALUES o (big, n) VALUES ('A', 3);

--@test: another key for a windowed stream is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='t', value_format='JSON', window_type='SESSION');
CREATE STREAM o AS SELECT * FROM w PARTITION BY total;

--@test: a persistent query on a windowed table is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: KSQL does not support persistent queries on windowed tables.
CREATE TABLE w (id STRING PRIMARY KEY, total INT) WITH (kafka_topic='t', value_format='JSON', window_type='SESSION');
CREATE TABLE o AS SELECT * FROM w;

--@test: sessions have no size
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: 'WINDOW_SIZE' should not be set for SESSION windows.
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='t', value_format='JSON', window_type='SESSION', window_size='1 minute');

--@test: a size must be a duration
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Configuration WINDOW_SIZE is invalid: Invalid duration: '30 bobs'. Unknown time unit: 'BOBS'
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='t', value_format='JSON', window_type='HOPPING', window_size='30 bobs');

--@test: nothing is inserted into a windowed source
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: windowed
CREATE STREAM w (id STRING KEY, total INT) WITH (kafka_topic='t', value_format='JSON', window_type='SESSION');
INSERT INTO w (id, total) VALUES ('a', 1);
