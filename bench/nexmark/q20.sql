-- Nexmark q20, bids expanded with their auctions of category 10. The original's join has no bound in time; see q3.
CREATE STREAM q20 WITH (KAFKA_TOPIC='q20') AS
  SELECT b.auction AS auction, b.bidder AS bidder, b.price AS price, b.channel AS channel, b.url AS url, b.date_time AS bid_time,
    a.item_name AS item_name, a.description AS description, a.initial_bid AS initial_bid, a.reserve AS reserve,
    a.date_time AS auction_time, a.expires AS expires, a.seller AS seller, a.category AS category
  FROM bid b JOIN auction a WITHIN 7 DAYS GRACE PERIOD 0 SECONDS ON b.auction = a.id
  WHERE a.category = 10;
