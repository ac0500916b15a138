-- INSERT VALUES and INSERT INTO ... SELECT.

--@test: columns in any order, others NULL
CREATE STREAM s (id INT KEY, a STRING, b INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (b, id) VALUES (3, 1);
INSERT INTO s VALUES (2, 'x', 4);
ASSERT VALUES s (id, a, b) VALUES (1, NULL, 3);
ASSERT VALUES s (id, a, b) VALUES (2, 'x', 4);

--@test: values are expressions
CREATE STREAM s (id INT KEY, a STRING, b DOUBLE) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a, b) VALUES (1 + 1, CONCAT('a', 'b'), 3);
ASSERT VALUES s (id, a, b) VALUES (2, 'ab', 3);

--@test: a time of one's own
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (rowtime, id, v) VALUES (1234567890123, 1, 1);
ASSERT VALUES s (rowtime, id, v) VALUES (1234567890123, 1, 1);

--@test: two queries write one stream
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM both_ AS SELECT id, v FROM a;
INSERT INTO both_ SELECT id, v * 100 AS v FROM b;
INSERT INTO b (id, v) VALUES (1, 1);
INSERT INTO a (id, v) VALUES (2, 2);
INSERT INTO b (id, v) VALUES (3, 3);
ASSERT VALUES both_ (id, v) VALUES (1, 100);
ASSERT VALUES both_ (id, v) VALUES (2, 2);
ASSERT VALUES both_ (id, v) VALUES (3, 300);

--@test: what is not a number is no number
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Expected type INTEGER for field `V` but got STRING(abc)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 'abc');

--@test: an unknown column
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Column name `NOPE` does not exist.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, nope) VALUES (1, 2);

--@test: a stream for reading only
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot insert values into read-only stream: S
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 2);

--@test: INSERT INTO needs the target's schema
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Incompatible schema between results and sink
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, v STRING) WITH (kafka_topic='b', value_format='JSON');
INSERT INTO b SELECT id, v FROM a;

--@test: a time unit may be written in the singular
CREATE STREAM s (id INT KEY, a DATE, b TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a, b) VALUES (1, DATEADD(DAY, 1, '2020-02-28'), TIMESTAMPADD(HOUR, ABS(-2), '2020-02-28T00:00:00'));
ASSERT VALUES s (id, a, b) VALUES (1, '2020-02-29', '2020-02-28T02:00:00');

--@test: a time unit elsewhere is a column's name
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Unsupported column reference in insert value: DAY
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a) VALUES (1, DAY);

--@test: INSERT INTO widens numbers to the columns of its target
CREATE STREAM s (id INT KEY, i INT, d DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o (id INT KEY, i BIGINT, d DECIMAL(6,3)) WITH (kafka_topic='o', value_format='JSON');
INSERT INTO o SELECT id, i, d FROM s;
INSERT INTO s (id, i, d) VALUES (1, 2, 12.34);
ASSERT VALUES o (id, i, d) VALUES (1, 2, 12.340);

--@test: INSERT INTO drops no digits
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Result schema is `ID` INTEGER KEY, `D` DECIMAL(4, 2)
CREATE STREAM s (id INT KEY, d DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o (id INT KEY, d DECIMAL(6,1)) WITH (kafka_topic='o', value_format='JSON');
INSERT INTO o SELECT id, d FROM s;
