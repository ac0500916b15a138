-- Nexmark q17, statistics of an auction by day. Exact; the day is the number of days since 1970 instead of its text.
CREATE TABLE q17 WITH (KAFKA_TOPIC='q17', KEY_FORMAT='JSON') AS
  SELECT auction, date_time / 86400000 AS day, COUNT(*) AS total_bids,
    SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS rank1_bids,
    SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS rank2_bids,
    SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS rank3_bids,
    MIN(price) AS min_price, MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price
  FROM bid
  GROUP BY auction, date_time / 86400000;
