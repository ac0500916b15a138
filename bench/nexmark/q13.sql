-- Nexmark q13, bounded side input: bids and a table of 10,000 rows, which is the topic 'side' (key BIGINT, value
-- {"value":"side-<key>"}). Exact; the original looks the table up by processing time, here its rows are older than the bids.
CREATE TABLE side (k BIGINT PRIMARY KEY, value STRING) WITH (KAFKA_TOPIC='side', VALUE_FORMAT='JSON');
CREATE STREAM q13 WITH (KAFKA_TOPIC='q13') AS
  SELECT s.k AS side, b.auction AS auction, b.bidder AS bidder, b.price AS price, b.date_time AS date_time, s.value AS value
  FROM bid b JOIN side s ON b.auction % 10000 = s.k;
