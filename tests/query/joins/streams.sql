-- Streams joined within a window of time.

--@test: rows of one key that are close enough
CREATE STREAM l (id INT KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, a, b FROM l JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, a) VALUES (0, 1, 'a');
INSERT INTO r (rowtime, id, b) VALUES (10000, 1, 'b');
INSERT INTO r (rowtime, id, b) VALUES (10001, 1, 'c');
INSERT INTO r (rowtime, id, b) VALUES (10000, 2, 'd');
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (10000, 1, 'a', 'b');

--@test: with a grace period an unmatched row comes once, when its window has closed
CREATE STREAM l (id INT KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, a, b FROM l LEFT JOIN r WITHIN 10 SECONDS GRACE PERIOD 1 SECOND ON l.id = r.id;
INSERT INTO l (rowtime, id, a) VALUES (0, 1, 'alone');
INSERT INTO l (rowtime, id, a) VALUES (0, 2, 'met');
INSERT INTO r (rowtime, id, b) VALUES (5000, 2, 'b');
INSERT INTO r (rowtime, id, b) VALUES (11001, 3, 'late');
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (5000, 2, 'met', 'b');
ASSERT VALUES o (rowtime, l_id, a, b) VALUES (0, 1, 'alone', NULL);

--@test: without one it comes at once
CREATE STREAM l (id INT KEY, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS id, a, b FROM l FULL OUTER JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, a) VALUES (0, 1, 'a');
INSERT INTO r (rowtime, id, b) VALUES (1, 2, 'b');
INSERT INTO r (rowtime, id, b) VALUES (2, 1, 'c');
ASSERT VALUES o (rowtime, id, a, b) VALUES (0, 1, 'a', NULL);
ASSERT VALUES o (rowtime, id, a, b) VALUES (1, 2, NULL, 'b');
ASSERT VALUES o (rowtime, id, a, b) VALUES (2, 1, 'a', 'c');

--@test: a side that has to move first
CREATE STREAM l (id INT KEY, k INT, a STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, b STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id, a, b FROM l JOIN r WITHIN 10 SECONDS ON l.k = r.id;
INSERT INTO l (rowtime, id, k, a) VALUES (0, 9, 1, 'a');
INSERT INTO l (rowtime, id, a) VALUES (0, 9, 'no key');
INSERT INTO r (rowtime, id, b) VALUES (3, 1, 'b');
ASSERT VALUES o (rowtime, r_id, a, b) VALUES (3, 1, 'a', 'b');
