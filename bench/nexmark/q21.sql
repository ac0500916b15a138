-- Nexmark q21, channel ids: known channels by name, others from the address. Exact.
CREATE STREAM q21 WITH (KAFKA_TOPIC='q21') AS
  SELECT k, auction, bidder, price, channel,
    CASE
      WHEN LCASE(channel) = 'apple' THEN '0'
      WHEN LCASE(channel) = 'google' THEN '1'
      WHEN LCASE(channel) = 'facebook' THEN '2'
      WHEN LCASE(channel) = 'baidu' THEN '3'
      ELSE REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2)
    END AS channel_id
  FROM bid
  WHERE REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2) IS NOT NULL OR LCASE(channel) = 'apple' OR LCASE(channel) = 'google'
    OR LCASE(channel) = 'facebook' OR LCASE(channel) = 'baidu';
