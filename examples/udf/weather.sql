CREATE STREAM readings (station STRING KEY, celsius DOUBLE, sky STRING)
  WITH (kafka_topic='readings', partitions=1, value_format='JSON');

INSERT INTO readings VALUES ('harbour', 11.5, 'low clouds');
INSERT INTO readings VALUES ('harbour', 14.0, 'sun');
INSERT INTO readings VALUES ('summit', -2.0, 'snow');
INSERT INTO readings VALUES ('harbour', 9.0, 'rain and wind');

DESCRIBE FUNCTION SPREAD;

SELECT station, FAHRENHEIT(celsius) AS fahrenheit FROM readings EMIT CHANGES LIMIT 4;
SELECT station, WORDS(sky) AS word FROM readings EMIT CHANGES LIMIT 7;
SELECT station, SPREAD(celsius) AS spread FROM readings GROUP BY station EMIT CHANGES LIMIT 2;
