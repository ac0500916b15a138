-- ALTER ... ADD COLUMN and CREATE OR REPLACE of declared sources.

--@test: a column is added, running queries stay as they are
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM early AS SELECT * FROM a;
ALTER STREAM a ADD COLUMN y STRING, ADD z DECIMAL(4, 2);
CREATE STREAM late AS SELECT * FROM a;
INSERT INTO a (id, x, y, z) VALUES (1, 2, 'three', 4.25);
ASSERT VALUES early (id, x) VALUES (1, 2);
ASSERT VALUES late (id, x, y, z) VALUES (1, 2, 'three', 4.25);

--@test: a table gets a column, rows without it have NULL there
CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH (kafka_topic='t', value_format='JSON');
ALTER TABLE t ADD COLUMN y INT;
CREATE TABLE o AS SELECT id, x, y FROM t;
INSERT INTO t (id, x) VALUES (1, 10);
INSERT INTO t (id, x, y) VALUES (2, 20, 200);
ASSERT VALUES o (id, x, y) VALUES (1, 10, NULL);
ASSERT VALUES o (id, x, y) VALUES (2, 20, 200);

--@test: the same by replacing the declaration
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE OR REPLACE STREAM a (id INT KEY, x INT, y INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM o AS SELECT * FROM a;
INSERT INTO a (id, x, y) VALUES (1, 2, 3);
ASSERT VALUES o (id, x, y) VALUES (1, 2, 3);

--@test: a declaration keeps its format
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: DataSource '`A`' has formats = KAFKA/JSON which is not upgradeable to KAFKA/DELIMITED
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE OR REPLACE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='DELIMITED');

--@test: a declaration keeps its window
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: DataSource '`A`' has window = none which is not upgradeable to SESSION
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE OR REPLACE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON', window_type='SESSION');

--@test: a name is taken once
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot add column `X` to schema. A column with the same name already exists.
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
ALTER STREAM a ADD COLUMN x INT;

--@test: the kind must be right
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Incompatible data source type is STREAM, but statement was ALTER TABLE
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
ALTER TABLE a ADD COLUMN y INT;
