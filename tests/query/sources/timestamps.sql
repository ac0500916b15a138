-- Where a record's time comes from.

--@test: a BIGINT column
CREATE STREAM s (id INT KEY, ts BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='ts');
CREATE STREAM o AS SELECT id, ROWTIME AS t, ts FROM s;
INSERT INTO s (rowtime, id, ts) VALUES (99, 1, 1234);
INSERT INTO s (rowtime, id, ts) VALUES (99, 2, -5);
INSERT INTO s (rowtime, id, ts) VALUES (99, 3, NULL);
INSERT INTO s (rowtime, id, ts) VALUES (99, 4, 7);
ASSERT VALUES o (rowtime, id, t, ts) VALUES (1234, 1, 1234, 1234);
ASSERT VALUES o (rowtime, id, t, ts) VALUES (7, 4, 7, 7);

--@test: a TIMESTAMP column
CREATE STREAM s (id INT KEY, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON', timestamp='ts');
CREATE STREAM o AS SELECT id, ts FROM s;
INSERT INTO s (rowtime, id, ts) VALUES (1, 1, '2021-03-04T05:06:07.890');
ASSERT VALUES o (rowtime, id, ts) VALUES (1614834367890, 1, '2021-03-04T05:06:07.890');

--@test: a STRING column with a format
CREATE STREAM s (id INT KEY, ts STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='ts', timestamp_format='yyyy-MM-dd''T''HH:mm:ssX');
CREATE STREAM o AS SELECT id, ts FROM s;
INSERT INTO s (rowtime, id, ts) VALUES (1, 1, '2021-03-04T05:06:07+01');
INSERT INTO s (rowtime, id, ts) VALUES (1, 2, 'yesterday');
INSERT INTO s (rowtime, id, ts) VALUES (1, 3, '2021-03-04T05:06:07Z');
ASSERT VALUES o (rowtime, id) VALUES (1614830767000, 1);
ASSERT VALUES o (rowtime, id) VALUES (1614834367000, 3);

--@test: a key column
CREATE STREAM s (ts BIGINT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', timestamp='ts');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (rowtime, ts, v) VALUES (1, 4000, 1);
ASSERT VALUES o (rowtime, ts, v) VALUES (4000, 4000, 1);

--@test: a delete cannot be seen when the time is in the value, but is when it is in the key
CREATE TABLE raw (id BIGINT PRIMARY KEY, v BIGINT) WITH (kafka_topic='t', value_format='KAFKA');
CREATE TABLE byvalue (id BIGINT PRIMARY KEY, v BIGINT) WITH (kafka_topic='t', value_format='KAFKA', timestamp='v');
CREATE TABLE bykey (id BIGINT PRIMARY KEY, v BIGINT) WITH (kafka_topic='t', value_format='KAFKA', timestamp='id');
CREATE TABLE a AS SELECT * FROM byvalue;
CREATE TABLE b AS SELECT * FROM bykey;
INSERT INTO raw (rowtime, id, v) VALUES (1, 10, 100);
INSERT INTO raw (rowtime, id) VALUES (2, 10);
INSERT INTO raw (rowtime, id, v) VALUES (3, 10, 300);
ASSERT VALUES a (rowtime, id, v) VALUES (100, 10, 100);
ASSERT VALUES a (rowtime, id, v) VALUES (300, 10, 300);
ASSERT VALUES b (rowtime, id, v) VALUES (10, 10, 100);
ASSERT NULL VALUES b (rowtime, id) KEY (10, 10);
ASSERT VALUES b (rowtime, id, v) VALUES (10, 10, 300);

--@test: the sink's own column
CREATE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (timestamp='TS') AS SELECT id, v AS ts FROM s;
INSERT INTO s (rowtime, id, v) VALUES (1526, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1527, 2, -2);
INSERT INTO s (rowtime, id, v) VALUES (1589, 3, 3);
ASSERT VALUES o (id, ts) VALUES (1, 1);
ASSERT VALUES o (id, ts) VALUES (3, 3);

--@test: the column must exist
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'NIX'
CREATE STREAM s (id INT KEY, ts BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='nix');

--@test: a text needs a format
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: A String timestamp field has been specified without also specifying the timestamp_format
CREATE STREAM s (id INT KEY, ts STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='ts');

--@test: a number has no format
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: 'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING.
CREATE STREAM s (id INT KEY, ts BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='ts', timestamp_format='yyyy');

--@test: other types have no time
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Timestamp column, `TS`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
CREATE STREAM s (id INT KEY, ts INT) WITH (kafka_topic='s', value_format='JSON', timestamp='ts');
