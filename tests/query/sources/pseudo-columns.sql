-- ROWTIME, ROWPARTITION, ROWOFFSET and header columns.

--@test: partition and offset of the record read
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE STREAM o AS SELECT id, ROWPARTITION AS p, ROWOFFSET AS n FROM s WHERE ROWOFFSET <> 1;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (2, 1);
INSERT INTO s (id, v) VALUES (3, 1);
ASSERT VALUES o (id, p, n) VALUES (1, 0, 0);
ASSERT VALUES o (id, p, n) VALUES (3, 0, 2);

--@test: a table keeps the offset of the record that wrote the row
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);
CREATE STREAM s (id INT KEY, w INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE STREAM o AS SELECT s.id, t.ROWOFFSET AS n, t.ROWTIME AS since, s.ROWOFFSET AS m FROM s JOIN t ON s.id = t.id;
INSERT INTO t (rowtime, id, v) VALUES (5, 7, 1);
INSERT INTO t (rowtime, id, v) VALUES (6, 8, 1);
INSERT INTO s (rowtime, id, w) VALUES (9, 8, 0);
INSERT INTO s (rowtime, id, w) VALUES (9, 7, 0);
ASSERT VALUES o (rowtime, s_id, n, since, m) VALUES (9, 8, 1, 6, 0);
ASSERT VALUES o (rowtime, s_id, n, since, m) VALUES (9, 7, 0, 5, 1);

--@test: times compare with texts, whole or in part
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE ROWTIME >= '1970-01-02' AND ROWTIME < '1970-01-02T00:00:01';
INSERT INTO s (rowtime, id, v) VALUES (86399999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (86400000, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (86400999, 3, 1);
INSERT INTO s (rowtime, id, v) VALUES (86401000, 4, 1);
ASSERT VALUES o (id) VALUES (2);
ASSERT VALUES o (id) VALUES (3);

--@test: ROWTIME needs an alias
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Reserved column name in select: `ROWTIME`. Please remove or alias the column.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROWTIME FROM s;

--@test: a pseudo column's name is no alias
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: `ROWOFFSET` is a reserved column name. You cannot use it as an alias for a column.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS rowoffset FROM s;

--@test: a star has no pseudo columns
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
ASSERT STREAM o (id INT KEY, v INT) WITH (kafka_topic='O', value_format='JSON');

--@test: header columns are read, not written
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM one (id INT KEY, v INT, one BYTES HEADER('one')) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM plain (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(h) AS n FROM s;
CREATE STREAM p AS SELECT id, one IS NULL AS none FROM one;
INSERT INTO plain (id, v) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 0);
ASSERT VALUES p (id, none) VALUES (1, true);

--@test: nothing is inserted into header columns
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot insert into HEADER columns: H
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v, h) VALUES (1, 1, ARRAY[]);
