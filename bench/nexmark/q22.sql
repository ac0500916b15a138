-- Nexmark q22, directories of an address. Exact; the fourth, fifth and sixth piece, counted from 1.
CREATE STREAM q22 WITH (KAFKA_TOPIC='q22') AS
  SELECT k, auction, bidder, price, channel, SPLIT(url, '/')[4] AS dir1, SPLIT(url, '/')[5] AS dir2, SPLIT(url, '/')[6] AS dir3
  FROM bid;
