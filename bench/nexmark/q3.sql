-- Nexmark q3, local item suggestion: who sells in category 10 in three states. The original joins two streams without a bound in
-- time; a join of streams has a window here, and one longer than the data gives the same rows.
CREATE STREAM q3 WITH (KAFKA_TOPIC='q3') AS
  SELECT a.seller AS seller, p.name AS name, p.city AS city, p.state AS state, a.id AS auction
  FROM auction a JOIN person p WITHIN 7 DAYS GRACE PERIOD 0 SECONDS ON a.seller = p.id
  WHERE a.category = 10 AND (p.state = 'or' OR p.state = 'id' OR p.state = 'ca');
