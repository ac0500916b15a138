-- Nexmark q1, currency conversion: dollars to euros. Exact: 0.908 is a DECIMAL(4, 3), the product a DECIMAL(23, 3).
CREATE STREAM q1 WITH (KAFKA_TOPIC='q1') AS
  SELECT k, auction, bidder, 0.908 * price AS price, date_time, extra
  FROM bid;
