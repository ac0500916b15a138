-- Nexmark q11, user sessions: bids of a user with less than 10 s between them. Exact.
CREATE TABLE q11 WITH (KAFKA_TOPIC='q11') AS
  SELECT bidder, COUNT(*) AS bids, WINDOWSTART AS begun, WINDOWEND AS ended
  FROM bid WINDOW SESSION (10 SECONDS)
  GROUP BY bidder;
