CREATE TYPE address AS STRUCT<street STRING, zip INT>;
CREATE STREAM s (id INT KEY, a STRING, home address) WITH (kafka_topic='t', value_format='json');
CREATE STREAM made (a BIGINT KEY, b DECIMAL(10, 2), h BYTES HEADER('trace')) WITH (kafka_topic='made', partitions=3, format='delimited', value_delimiter='|', retention_ms=1000);
CREATE TABLE wide (k1 INT PRIMARY KEY, k2 STRING PRIMARY KEY, v ARRAY<MAP<STRING, DOUBLE>>) WITH (kafka_topic='t', format='json', wrap_single_value=false);
CREATE STREAM windowed (id STRING KEY, v INT, ts TIMESTAMP) WITH (kafka_topic='t', value_format='json', window_type='hopping', window_size='5 Minutes', timestamp='ts');
CREATE SOURCE TABLE ro (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json');
CREATE STREAM missing (a INT) WITH (kafka_topic='nowhere', value_format='json');
