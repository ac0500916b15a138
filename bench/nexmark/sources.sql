-- The three streams of Nexmark, as `sluice datagen --kind nexmark` writes them: JSON values, the record's key and timestamp beside
-- them. A topic that exists keeps its partitions.
CREATE STREAM person (k BIGINT KEY, id BIGINT, name STRING, email_address STRING, credit_card STRING, city STRING, state STRING,
  date_time BIGINT, extra STRING) WITH (KAFKA_TOPIC='person', VALUE_FORMAT='JSON');
CREATE STREAM auction (k BIGINT KEY, id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT,
  date_time BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra STRING) WITH (KAFKA_TOPIC='auction', VALUE_FORMAT='JSON');
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time BIGINT,
  extra STRING) WITH (KAFKA_TOPIC='bid', VALUE_FORMAT='JSON');
