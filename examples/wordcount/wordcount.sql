-- Counts the words of a topic of text lines. The topic 'text' is fed with `sluice produce --topic text`.
SET 'auto.offset.reset' = 'earliest';
-- Show every change, not only the last one of each commit.
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='text', PARTITIONS=1, VALUE_FORMAT='KAFKA');

CREATE STREAM words WITH (VALUE_FORMAT='JSON') AS
  SELECT EXPLODE(REGEXP_SPLIT_TO_ARRAY(LCASE(line), '[^a-z]+')) AS word
  FROM lines;

CREATE TABLE word_counts WITH (KAFKA_TOPIC='word-counts', KEY_FORMAT='KAFKA', VALUE_FORMAT='DELIMITED') AS
  SELECT word, COUNT(*) AS occurrences
  FROM words
  WHERE word <> ''
  GROUP BY word;
