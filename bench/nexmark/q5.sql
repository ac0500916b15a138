-- Nexmark q5, hot items: for each window of 10 s, begun every 2 s, the auctions with the most bids. The original asks for the
-- maximum of a windowed count within the same statement; here the final counts are a stream again, and the auctions at the top
-- are taken from the ten best of a window (more than ten equal ones would be cut). A window is told when it is final, so those
-- that are still open at the end of the data are not; the setting has final rows told at once instead of once a second.
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE TABLE q5_counts WITH (KAFKA_TOPIC='q5_counts') AS
  SELECT auction, COUNT(*) AS num, AS_VALUE(auction) AS item, WINDOWSTART AS begun
  FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 0 SECONDS)
  GROUP BY auction
  EMIT FINAL;
CREATE STREAM q5_counted (num BIGINT, item BIGINT, begun BIGINT) WITH (KAFKA_TOPIC='q5_counts', VALUE_FORMAT='JSON');
CREATE TABLE q5_best WITH (KAFKA_TOPIC='q5_best') AS
  SELECT begun, TOPK(num, item, 10) AS best
  FROM q5_counted
  GROUP BY begun;
CREATE TABLE q5 WITH (KAFKA_TOPIC='q5') AS
  SELECT begun, best[1]->`sort_col` AS num, TRANSFORM(FILTER(best, x => x->`sort_col` = best[1]->`sort_col`), x => x->`col0`) AS auctions
  FROM q5_best;
