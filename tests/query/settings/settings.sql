-- SET, variables, timestamps of one's own.

--@test: variables are replaced
DEFINE place = 'readings';
DEFINE least = '10';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='${place}', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v >= ${least};
INSERT INTO s VALUES (1, 9);
INSERT INTO s VALUES (2, ${least});
ASSERT VALUES o (id, v) VALUES (2, 10);

--@test: a query sees only what comes after it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 1);
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (2, 2);

--@test: from the earliest record if that is set
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 1);
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM o AS SELECT * FROM s;
UNSET 'auto.offset.reset';
INSERT INTO s VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (2, 2);

--@test: a column as the time of a record
CREATE STREAM s (id INT KEY, since BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='since');
CREATE STREAM o AS SELECT id, ROWTIME AS t FROM s;
INSERT INTO s (rowtime, id, since) VALUES (5, 1, 777);
ASSERT VALUES o (rowtime, id, t) VALUES (777, 1, 777);

--@test: pausing holds records back, resuming lets them through
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s VALUES (1, 1);
PAUSE ALL;
INSERT INTO s VALUES (2, 2);
RESUME ALL;
INSERT INTO s VALUES (3, 3);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (3, 3);

--@test: a query that has ended is silent
--@expected.error: java.lang.AssertionError
--@expected.message: Expected another record, but all records have already been read
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
TERMINATE ALL;
INSERT INTO s VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (1, 1);
