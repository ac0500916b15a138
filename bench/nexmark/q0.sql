-- Nexmark q0, pass through: what decoding and encoding cost. Exact; k, the key of the record, is carried along in every query.
CREATE STREAM q0 WITH (KAFKA_TOPIC='q0') AS
  SELECT k, auction, bidder, price, date_time, extra
  FROM bid;
