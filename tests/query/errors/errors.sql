-- What is refused, and how.

--@test: an unknown source
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: NOWHERE does not exist.
CREATE STREAM o AS SELECT * FROM nowhere;

--@test: an unknown column
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, nope FROM s;

--@test: an unknown function
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Can't find any functions with the name 'NO_SUCH_FUNCTION'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, no_such_function(v) AS v FROM s;

--@test: arguments that do not fit
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: does not accept parameters (ARRAY<INTEGER>)
CREATE STREAM s (id INT KEY, v ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(v) AS v FROM s;

--@test: a statement that is none
--@expected.error: io.confluent.ksql.parser.exception.ParseFailedException
--@expected.message: Syntax Error
CREATE STREM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a name that is taken
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot add stream 'S': A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s2', value_format='JSON');

--@test: a name that is taken is fine if that was said
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM IF NOT EXISTS s (id INT KEY, other STRING) WITH (kafka_topic='s2', value_format='JSON');
ASSERT STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: what is read cannot be dropped
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Cannot drop S.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM s;

--@test: from the last to the first all can be dropped
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM o;
DROP STREAM s;
CREATE STREAM s (id INT KEY, other STRING) WITH (kafka_topic='s3', value_format='JSON');
ASSERT STREAM s (id INT KEY, other STRING) WITH (kafka_topic='s3', value_format='JSON');

--@test: a reserved column name
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: 'ROWTIME' is a reserved column name
CREATE STREAM s (id INT KEY, rowtime BIGINT) WITH (kafka_topic='s', value_format='JSON');

--@test: a column twice
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Duplicate
CREATE STREAM s (id INT KEY, v INT, v STRING) WITH (kafka_topic='s', value_format='JSON');

--@test: a declaration that differs
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Expected schema does not match actual for source S.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');

--@test: a value that differs
--@expected.error: java.lang.AssertionError
--@expected.message: Expected record does not match actual.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2);
ASSERT VALUES s (id, v) VALUES (1, 3);

--@test: a value where there should be none
--@expected.error: java.lang.AssertionError
--@expected.message: Expected record does not match actual.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t VALUES (1, 2);
ASSERT NULL VALUES t (id) KEY (1);
