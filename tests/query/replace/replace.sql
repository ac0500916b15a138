-- CREATE OR REPLACE: a query goes on under another text.

--@test: a stream's projection and filter change, what was written stays
CREATE STREAM orders (id INT KEY, price INT, city STRING) WITH (kafka_topic='orders', value_format='JSON');
CREATE STREAM dear AS SELECT id, price FROM orders WHERE price >= 100;
INSERT INTO orders (id, price, city) VALUES (1, 99, 'Ulm');
INSERT INTO orders (id, price, city) VALUES (2, 100, 'Ulm');
CREATE OR REPLACE STREAM dear AS SELECT id, price, UCASE(city) AS town FROM orders WHERE price >= 50;
INSERT INTO orders (id, price, city) VALUES (3, 49, 'Bonn');
INSERT INTO orders (id, price, city) VALUES (4, 50, 'Bonn');
ASSERT VALUES dear (id, price) VALUES (2, 100);
ASSERT VALUES dear (id, price, town) VALUES (4, 50, 'BONN');

--@test: sums go on from what they were
CREATE STREAM sales (id INT KEY, shop STRING, amount INT) WITH (kafka_topic='sales', value_format='JSON');
CREATE TABLE totals AS SELECT shop, SUM(amount) AS total FROM sales WHERE amount > 0 GROUP BY shop;
INSERT INTO sales (id, shop, amount) VALUES (1, 'x', 5);
CREATE OR REPLACE TABLE totals AS SELECT shop, SUM(amount) AS total, LEN(shop) AS width FROM sales WHERE amount > 2 GROUP BY shop;
INSERT INTO sales (id, shop, amount) VALUES (2, 'x', 2);
INSERT INTO sales (id, shop, amount) VALUES (3, 'x', 3);
ASSERT VALUES totals (shop, total) VALUES ('x', 5);
ASSERT VALUES totals (shop, total, width) VALUES ('x', 8, 1);

--@test: a filter that a table gets takes back rows that came before it
CREATE TABLE stock (item STRING PRIMARY KEY, pieces INT) WITH (kafka_topic='stock', value_format='JSON');
CREATE TABLE shelf AS SELECT item, pieces FROM stock;
INSERT INTO stock (item, pieces) VALUES ('nail', 9);
INSERT INTO stock (item, pieces) VALUES ('bolt', 0);
CREATE OR REPLACE TABLE shelf AS SELECT item, pieces FROM stock WHERE pieces > 0;
INSERT INTO stock (item, pieces) VALUES ('bolt', 0);
INSERT INTO stock (item, pieces) VALUES ('nail', 0);
ASSERT VALUES shelf (item, pieces) VALUES ('nail', 9);
ASSERT VALUES shelf (item, pieces) VALUES ('bolt', 0);
ASSERT NULL VALUES shelf (item) KEY ('nail');

--@test: a table's filter moves to a column that was not kept
CREATE TABLE stock (item STRING PRIMARY KEY, pieces INT, room STRING) WITH (kafka_topic='stock', value_format='JSON');
CREATE TABLE shelf AS SELECT item, pieces FROM stock WHERE pieces > 0;
INSERT INTO stock (item, pieces, room) VALUES ('nail', 9, 'north');
CREATE OR REPLACE TABLE shelf AS SELECT item, pieces FROM stock WHERE room = 'north';
INSERT INTO stock (item, pieces, room) VALUES ('nail', 9, 'south');
INSERT INTO stock (item, pieces, room) VALUES ('bolt', 0, 'north');
ASSERT VALUES shelf (item, pieces) VALUES ('nail', 9);
ASSERT NULL VALUES shelf (item) KEY ('nail');
ASSERT VALUES shelf (item, pieces) VALUES ('bolt', 0);

--@test: who reads the sink sees its new column when planned after it
CREATE STREAM a (id INT KEY, x INT, y INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b AS SELECT id, x FROM a;
CREATE STREAM before AS SELECT * FROM b;
CREATE OR REPLACE STREAM b AS SELECT id, x, y FROM a;
CREATE STREAM after AS SELECT * FROM b;
INSERT INTO a (id, x, y) VALUES (1, 2, 3);
ASSERT VALUES before (id, x) VALUES (1, 2);
ASSERT VALUES after (id, x, y) VALUES (1, 2, 3);
CREATE OR REPLACE STREAM before AS SELECT * FROM b;
INSERT INTO a (id, x, y) VALUES (4, 5, 6);
ASSERT VALUES before (id, x, y) VALUES (4, 5, 6);

--@test: without a query there is nothing to go on from
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE OR REPLACE STREAM b AS SELECT id, x + 1 AS x FROM a;
INSERT INTO a (id, x) VALUES (1, 1);
ASSERT VALUES b (id, x) VALUES (1, 2);

--@test: another topic is no upgrade
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Plan step of type StreamSource must have matching topicName. Values differ: a vs. c
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM c (id INT KEY, x INT) WITH (kafka_topic='c', value_format='JSON');
CREATE STREAM b AS SELECT * FROM a;
CREATE OR REPLACE STREAM b AS SELECT * FROM c;

--@test: other aggregates are no upgrade
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Plan step of type StreamAggregate must have matching aggregate functions. Values differ: [MIN(X)] vs. [MAX(X)]
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE b AS SELECT id, MIN(x) AS m FROM a GROUP BY id;
CREATE OR REPLACE TABLE b AS SELECT id, MAX(x) AS m FROM a GROUP BY id;

--@test: grouping in place and by moving are not the same
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Key columns must be identical. The following key columns are changed, missing or reordered: [`ID` INTEGER KEY]
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE b AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;
CREATE OR REPLACE TABLE b AS SELECT x, COUNT(*) AS n FROM a GROUP BY x;

--@test: a stream does not become a table
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: DataSource '`B`' has type = KSTREAM which is not upgradeable to KTABLE
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b AS SELECT * FROM a;
CREATE OR REPLACE TABLE b AS SELECT id, COUNT(*) AS x FROM a GROUP BY id;

--@test: replacing can be switched off
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot add stream 'B': A stream with the same name already exists
SET 'ksql.create.or.replace.enabled' = 'false';
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b AS SELECT * FROM a;
CREATE OR REPLACE STREAM b AS SELECT * FROM a WHERE x > 1;
