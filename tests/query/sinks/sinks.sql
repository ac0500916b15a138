-- Where results go: topics, partitions, formats, and what is inherited.

--@test: a sink inherits formats and partitions from its source
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', key_format='DELIMITED', value_format='JSON', partitions=5);
CREATE STREAM o AS SELECT * FROM s;
ASSERT STREAM o (id STRING KEY, v INT) WITH (kafka_topic='O', key_format='DELIMITED', value_format='JSON');
ASSERT TOPIC O WITH (partitions=5);

--@test: a sink's own topic, formats and partitions
CREATE STREAM s (id STRING KEY, v INT, w STRING) WITH (kafka_topic='s', value_format='JSON', partitions=2);
CREATE STREAM o WITH (kafka_topic='elsewhere', key_format='JSON', value_format='DELIMITED', value_delimiter='|', partitions=3) AS SELECT * FROM s;
CREATE STREAM text (k STRING KEY, line STRING) WITH (kafka_topic='elsewhere', format='KAFKA');
CREATE STREAM lines AS SELECT k, line FROM text;
ASSERT TOPIC elsewhere WITH (partitions=3);
INSERT INTO s (id, v, w) VALUES ('a', 5, 'x|y');
ASSERT VALUES o (id, v, w) VALUES ('a', 5, 'x|y');
ASSERT VALUES lines (k, line) VALUES ('"a"', '5|"x|y"');

--@test: many queries write into one stream
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (kafka_topic='b', value_format='DELIMITED');
CREATE STREAM o AS SELECT id, v FROM a WHERE v > 0;
INSERT INTO o SELECT id, v * 10 AS v FROM b;
INSERT INTO o SELECT id, -v AS v FROM a WHERE v < 0;
INSERT INTO a (id, v) VALUES (1, 1);
INSERT INTO b (id, v) VALUES (2, 2);
INSERT INTO a (id, v) VALUES (3, -3);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (2, 20);
ASSERT VALUES o (id, v) VALUES (3, 3);

--@test: the schemas of INSERT INTO must agree
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM o (id INT KEY, v STRING) WITH (kafka_topic='o', value_format='JSON');
INSERT INTO o SELECT id, v FROM a;

--@test: nothing writes into a source of its own query
--@expected.error: io.confluent.ksql.util.KsqlException
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
INSERT INTO s SELECT * FROM a;

--@test: a single value goes without its name when told so
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (wrap_single_value=false) AS SELECT id, v FROM s;
CREATE STREAM text (id INT KEY, line STRING) WITH (kafka_topic='O', value_format='KAFKA');
CREATE STREAM lines AS SELECT * FROM text;
INSERT INTO s (id, v) VALUES (1, 42);
ASSERT VALUES lines (id, line) VALUES (1, '42');

--@test: keys of several columns
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE b <> 'z';
CREATE TABLE t AS SELECT b, a, COUNT(*) AS n FROM s GROUP BY b, a;
INSERT INTO s (a, b, v) VALUES (1, 'x', 10);
INSERT INTO s (a, b, v) VALUES (1, NULL, 20);
INSERT INTO s (a, b, v) VALUES (1, 'x', 30);
ASSERT VALUES o (a, b, v) VALUES (1, 'x', 10);
ASSERT VALUES o (a, b, v) VALUES (1, 'x', 30);
ASSERT VALUES t (b, a, n) VALUES ('x', 1, 1);
ASSERT VALUES t (b, a, n) VALUES ('x', 1, 2);

--@test: the key must be in the select list
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Key missing from projection (ie, SELECT).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v FROM s;

--@test: the key is in the select list once
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The projection contains a key column (`ID`) more than once, aliased as: A and B.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS a, id AS b, v FROM s;
