-- Declarations of sources: every kind of column, every place of a property.
CREATE STREAM clicks (user_id STRING KEY, url VARCHAR, "At" TIMESTAMP) WITH (KAFKA_TOPIC='clicks', value_format='JSON');
CREATE OR REPLACE TABLE users (id INT PRIMARY KEY, name STRING) WITH ('KAFKA_TOPIC'='users', PARTITIONS=4, REPLICAS=-1);
CREATE SOURCE TABLE IF NOT EXISTS seen (
  id BIGINT PRIMARY KEY,
  tags ARRAY<STRING>,
  counts MAP<STRING, INT>,
  place STRUCT<x DOUBLE, y DOUBLE, `inner` STRUCT< >>,
  price DECIMAL(10, 2),
  old INT ARRAY,
  custom my_type,
  trace BYTES HEADER('trace'),
  all_headers ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS
) WITH (WRAP_SINGLE_VALUE=false, TIMESTAMP=NULL, RETENTION_MS=1.5);
CREATE STREAM inferred WITH (KAFKA_TOPIC='x');
CREATE STREAM nothing;
DROP STREAM IF EXISTS clicks DELETE TOPIC;
DROP TABLE users;
ALTER STREAM clicks ADD COLUMN browser STRING, ADD height INT;
CREATE TYPE IF NOT EXISTS address AS STRUCT<street STRING, zip INT>;
DROP TYPE IF EXISTS address;
CREATE SOURCE CONNECTOR IF NOT EXISTS files WITH ('connector.class'='FileStream', "Tasks.Max"=1);
CREATE SINK CONNECTOR out WITH ('topics'='a');
DROP CONNECTOR IF EXISTS files;
