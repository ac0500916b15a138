-- Nexmark q8, monitor new users: persons who open an auction in the same window of 10 s in which they registered. The original
-- joins two windowed aggregates; rows of one window are never more than 10 s apart, so a join of streams and a comparison of
-- windows find the same pairs, and the grouping makes them distinct.
CREATE STREAM q8_pairs WITH (KAFKA_TOPIC='q8_pairs') AS
  SELECT p.id AS id, p.name AS name, p.date_time / 10000 * 10000 AS begun
  FROM person p JOIN auction a WITHIN 10 SECONDS GRACE PERIOD 0 SECONDS ON p.id = a.seller
  WHERE p.date_time / 10000 = a.date_time / 10000;
CREATE TABLE q8 WITH (KAFKA_TOPIC='q8', KEY_FORMAT='JSON') AS
  SELECT id, name, begun, COUNT(*) AS auctions
  FROM q8_pairs
  GROUP BY id, name, begun;
