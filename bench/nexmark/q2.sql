-- Nexmark q2, selection: bids on auctions with certain numbers. Exact.
CREATE STREAM q2 WITH (KAFKA_TOPIC='q2') AS
  SELECT k, auction, price
  FROM bid
  WHERE auction % 123 = 0;
