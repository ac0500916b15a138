/* Statements that must be refused, each with a part of its message, by the clause they concern. */
#include "tests/unit/planner_testing.h"

static void make_sources(bench *b) {
  bench_run(b,
            "CREATE STREAM s (id INT KEY, a STRING, b INT, c DOUBLE, st STRUCT<f INT, g STRUCT<h INT>>, l ARRAY<INT>) "
            "WITH (kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE TABLE tab (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE STREAM win (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', "
               "window_type='session');");
  bench_run(b, "CREATE STREAM kafkaed (id INT KEY, v INT) WITH (kafka_topic='t', value_format='kafka');");
  bench_run(b, "CREATE STREAM delimited (id INT KEY, v INT) WITH (kafka_topic='t', value_format='delimited');");
  bench_run(b, "CREATE SOURCE STREAM ro (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE STREAM `lower` (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json');");
  bench_run(b, "CREATE STREAM headed (id INT KEY, v INT, h BYTES HEADER('x')) WITH (kafka_topic='t', "
               "value_format='json');");
}

static void test_with__refuses_what_does_not_fit(void **state) {
  static const refusal list[] = {
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', foo='1', bar=2);",
       "Failed to prepare statement: Invalid config variable(s) in the WITH clause: FOO,BAR"},
      {"CREATE STREAM x (a INT) WITH (value_format='json');",
       "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which has no default value."},
      {"CREATE STREAM x (a INT) WITH (kafka_topic=5, value_format='json');",
       "Invalid value 5 for property KAFKA_TOPIC: Expected value to be a string, but it was a java.lang.Integer"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='', value_format='json');",
       "for property KAFKA_TOPIC: String must be non-empty"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', partitions='many');",
       "Invalid value many for property PARTITIONS: Not a number of type INT"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', wrap_single_value='maybe');",
       "Invalid value maybe for property WRAP_SINGLE_VALUE: Expected value to be either true or false"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', cleanup_policy='delete');",
       "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is automatically"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', format='json', key_format='json');",
       "Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='delimited', value_delimiter='::');",
       "Failed to prepare statement: Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '::'."},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', value_delimiter=':');",
       "JSON does not support the following configs: [delimiter]"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='foo');", "Unknown format: foo"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t');",
       "Statement is missing the 'VALUE_FORMAT' property from the WITH clause."},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='avro');", "'AVRO' format is not supported yet"},
      {"CREATE STREAM x (a INT KEY, b INT) WITH (kafka_topic='t', value_format='json', window_type='tumbling');",
       "TUMBLING windows require 'WINDOW_SIZE' to be provided in the WITH clause."},
      {"CREATE STREAM x (a INT KEY) WITH (kafka_topic='t', value_format='json', window_size='5 seconds');",
       "'WINDOW_SIZE' should not be set for SESSION windows."},
      {"CREATE STREAM x (a INT KEY) WITH (kafka_topic='t', value_format='json', window_type='hopping', "
       "window_size='30 bobs');",
       "Configuration WINDOW_SIZE is invalid: Invalid duration: '30 bobs'. Unknown time unit: 'BOBS'\nSupported time"},
      {"CREATE STREAM x (a INT KEY) WITH (kafka_topic='t', value_format='json', window_type='hopping', "
       "window_size='30');",
       "Invalid duration: '30'. Expected 2 tokens, got: 1"},
      {"CREATE STREAM x (a INT KEY, b INT) WITH (kafka_topic='t', value_format='json', timestamp='a + 1');",
       "Configuration TIMESTAMP is invalid: Cannot parse text that is not column reference: a + 1"},
      {"CREATE STREAM x (a INT KEY, b INT) WITH (kafka_topic='t', value_format='json', timestamp='zz');",
       "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'ZZ'"},
      {"CREATE STREAM x (a INT KEY, b INT) WITH (kafka_topic='t', value_format='json', timestamp='b');",
       "Timestamp column, `B`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified."},
      {"CREATE STREAM x (a INT KEY, b STRING) WITH (kafka_topic='t', value_format='json', timestamp='b');",
       "A String timestamp field has been specified without also specifying the timestamp_format"},
  };
  BENCH_REFUSES(*state, list);
}

static void test_create__checks_columns_formats_and_topic(void **state) {
  bench *b = *state;
  static const refusal list[] = {
      {"CREATE STREAM x (a INT, b INT, a INT) WITH (kafka_topic='t', value_format='json');",
       "Duplicate column names: `A`"},
      {"CREATE STREAM x (a what) WITH (kafka_topic='t', value_format='json');", "Cannot resolve unknown type: WHAT"},
      {"CREATE STREAM x (ROWPARTITION INT) WITH (kafka_topic='t', value_format='json');",
       "'ROWPARTITION' is a reserved column name. You cannot use it as a name for a column."},
      {"CREATE STREAM x WITH (kafka_topic='t', value_format='json');", "No columns supplied."},
      {"CREATE TABLE x (v INT) WITH (kafka_topic='t', value_format='json');",
       "Tables require a PRIMARY KEY. Please define the PRIMARY KEY."},
      {"CREATE STREAM x (v INT) WITH (kafka_topic='t', value_format='json', window_type='session');",
       "Windowed sources require a key column."},
      {"CREATE STREAM x (v INT, h STRING HEADERS) WITH (kafka_topic='t', value_format='json');",
       "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, got STRING"},
      {"CREATE STREAM x (v INT, h BYTES HEADER('a'), i BYTES HEADER('a')) WITH (kafka_topic='t', value_format='json');",
       "Schema already contains a HEADER('a') column."},
      {"CREATE STREAM x (k BOOLEAN KEY, v INT) WITH (kafka_topic='t', value_format='json');",
       "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` BOOLEAN KEY], "
       "features=[]}\n"
       "reason: The 'KAFKA' format does not support type 'BOOLEAN'"},
      {"CREATE STREAM x (k MAP<STRING, INT> KEY, v INT) WITH (kafka_topic='t', format='json');",
       "Map keys, including types that contain maps, are not supported"},
      {"CREATE STREAM x (a INT, b INT) WITH (kafka_topic='t', value_format='json', wrap_single_value=false);",
       "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='kafka', wrap_single_value=true);",
       "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'."},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', value_schema_id=1);",
       "VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current format is JSON."},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='none', value_format='json');",
       "Topic 'none' does not exist. If you want to create a new topic for the stream/table please re-run the "
       "statement "
       "providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: "
       "CREATE STREAM X (A INTEGER) WITH (KAFKA_TOPIC='none', PARTITIONS=2, VALUE_FORMAT='json');"},
      {"CREATE STREAM x (a INT) WITH (kafka_topic='t', value_format='json', partitions=7);",
       "A Kafka topic with the name 't' already exists, with different partition/replica configuration than required. "
       "KSQL expects 7 partitions (topic has 4)"},
      {"CREATE TABLE x (a INT PRIMARY KEY, v INT) WITH (kafka_topic='n', partitions=1, value_format='json', "
       "retention_ms=5);",
       "Non-windowed tables do not support retention."},
  };
  BENCH_REFUSES(b, list);
}

static void test_create__name_in_use(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE STREAM tab (a INT) WITH (kafka_topic='t', value_format='json');",
       "Cannot add stream 'TAB': A table with the same name already exists"},
      {"CREATE OR REPLACE STREAM ro (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json');",
       "Cannot add stream 'RO': CREATE OR REPLACE is not supported on source streams."},
      {"CREATE OR REPLACE STREAM delimited (id INT KEY, w INT) WITH (kafka_topic='t', value_format='delimited');",
       "Cannot upgrade data source: DataSource '`DELIMITED`' has schema = `ID` INTEGER KEY, `V` INTEGER which is not "
       "upgradeable to `ID` INTEGER KEY, `W` INTEGER. (The following columns are changed, missing or reordered: [`V` "
       "INTEGER])"},
      {"CREATE OR REPLACE STREAM delimited (id BIGINT KEY, v INT) WITH (kafka_topic='t', value_format='delimited');",
       "(Key columns must be identical. The following key columns are changed, missing or reordered: [`ID` INTEGER "
       "KEY])"},
      {"CREATE STREAM delimited AS SELECT * FROM s;",
       "Cannot add stream 'DELIMITED': A stream with the same name already exists"},
      {"CREATE OR REPLACE STREAM s AS SELECT * FROM delimited;",
       "has topic = t which is not upgradeable to S\n\tAND DataSource '`S`' has formats = KAFKA/JSON which is not "
       "upgradeable to KAFKA/DELIMITED\n\tAND DataSource '`S`' has schema ="},
  };
  BENCH_REFUSES(b, list);
  assert_string_equal("", bench_error(b, "CREATE OR REPLACE STREAM delimited (id INT KEY, v INT, w INT) WITH "
                                         "(kafka_topic='t', value_format='delimited');"));
}

static void test_names__resolve_or_say_which_clause(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE STREAM x AS SELECT * FROM nowhere;", "Exception while preparing statement: NOWHERE does not exist."},
      {"CREATE STREAM x AS SELECT * FROM \"S\";", ""},
      {"CREATE STREAM x AS SELECT * FROM \"s\";",
       "s does not exist.\nDid you mean S? Hint: try removing double quotes from the source name."},
      {"CREATE STREAM x AS SELECT * FROM lower;",
       "Did you mean \"lower\"? Hint: wrap the source name in double quotes to make it case-sensitive."},
      {"CREATE STREAM x AS SELECT zz.id FROM s;",
       "Failed to prepare statement: 'ZZ' is not a valid stream/table name or alias."},
      {"CREATE STREAM x AS SELECT q.* FROM s;", "'Q' is not a valid stream/table name or alias."},
      {"CREATE STREAM x AS SELECT id, nope FROM s;", "Line: 1, Col: 31: SELECT column 'NOPE' cannot be resolved."},
      {"CREATE STREAM x AS SELECT s.nope FROM s;", "SELECT column 'S.NOPE' cannot be resolved."},
      {"CREATE STREAM x AS SELECT * FROM s WHERE nope = 1;", "WHERE column 'NOPE' cannot be resolved."},
      {"CREATE STREAM x AS SELECT * FROM s PARTITION BY nope;",
       "PARTITION BY column 'NOPE' cannot be resolved. 'NOPE' must be a column in the source schema since PARTITION BY "
       "is applied on the input."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY nope;", "GROUP BY column 'NOPE' cannot be resolved."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a HAVING nope > 1;",
       "HAVING column 'NOPE' cannot be resolved."},
      {"CREATE TABLE x AS SELECT a, WINDOWSTART ws, COUNT(*) FROM s GROUP BY a;",
       "SELECT column 'WINDOWSTART' cannot be resolved."},
      {"CREATE STREAM x AS SELECT id, a AS ROWTIME FROM s;",
       "`ROWTIME` is a reserved column name. You cannot use it as an alias for a column."},
      {"CREATE STREAM x AS SELECT id, ROWTIME FROM s;",
       "Reserved column name in select: `ROWTIME`. Please remove or alias the column."},
      {"CREATE STREAM x AS SELECT id, TRANSFORM(l, a => a + 1) FROM s;",
       "Lambda function argument can't be a column name: A"},
      {"CREATE STREAM x AS SELECT id, a->* FROM s;", "Column A is not a STRUCT type."},
      {"CREATE STREAM x AS SELECT id, st->zz->* FROM s;", "Field ZZ was not found on STRUCT."},
      {"CREATE STREAM x AS SELECT id, st->f->* FROM s;", "Field F is not a STRUCT type."},
      {"CREATE STREAM x AS SELECT id, WONT_FIND(a) FROM s;", "Can't find any functions with the name 'WONT_FIND'"},
      {"CREATE STREAM s AS SELECT * FROM s;", "Source name 'S' should not be referenced itself."},
  };
  BENCH_REFUSES(b, list);
}

static void test_clauses__are_typed_with_their_own_wording(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE STREAM x AS SELECT * FROM s WHERE a >= 1;",
       "Error in WHERE expression: Cannot compare A (STRING) to 1 (INTEGER) with GREATER_THAN_OR_EQUAL."},
      {"CREATE STREAM x AS SELECT * FROM s WHERE a;",
       "Type error in WHERE expression: Should evaluate to boolean but is A (STRING) instead."},
      {"CREATE STREAM x AS SELECT * FROM s WHERE b IN (1, true);",
       "Invalid Predicate: operator does not exist: INTEGER = "
       "BOOLEAN (true)\nHint: You might need to add"},
      {"CREATE TABLE x AS SELECT a, SUM(b) FROM s GROUP BY a HAVING SUM(b) > '100';",
       "Error in HAVING expression: Cannot compare SUM(B) (INTEGER) to '100' (STRING) with GREATER_THAN."},
      {"CREATE STREAM x AS SELECT id, CAST(a AS ARRAY<INT>) FROM s;",
       "Invalid Select: Cast of STRING to ARRAY<INTEGER> is not supported"},
      {"CREATE STREAM x AS SELECT id, NULL AS n FROM s;", "Can't infer a type of null."},
  };
  BENCH_REFUSES(b, list);
  bench_error(b, "CREATE STREAM x AS SELECT * FROM s WHERE a >= 1;");
  assert_string_equal("(A >= 1)", b->err.statement);
}

static void test_projection__holds_each_key_once(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE STREAM x AS SELECT a FROM s;",
       "Key missing from projection (ie, SELECT). \nThe query used to build `X` must include the key column ID in its "
       "projection (eg, SELECT ID...)."},
      {"CREATE STREAM x AS SELECT id, id AS id2, a FROM s;",
       "The projection contains a key column (`ID`) more than once, aliased as: ID and ID2.\nEach key column must "
       "only"},
      {"CREATE STREAM x AS SELECT id FROM s;", "The projection contains no value columns."},
      {"CREATE STREAM x AS SELECT id, a, b AS a FROM s;", "Duplicate value columns found in schema: `A` INTEGER"},
      {"CREATE STREAM x AS SELECT id, a AS id FROM s;", "Value columns clash with key columns: `ID`"},
      {"CREATE STREAM x AS SELECT a FROM s PARTITION BY b;",
       "must include the partitioning expression S.B in its projection (eg, SELECT S.B...)."},
      {"CREATE TABLE x AS SELECT COUNT(*) FROM s GROUP BY a, b;",
       "Keys missing from projection (ie, SELECT). \nThe query used to build `X` must include the grouping expressions "
       "A "
       "and B in its projection (eg, SELECT A, B...)."},
      {"CREATE TABLE x AS SELECT a, a AS aa, COUNT(*) FROM s GROUP BY a;",
       "The projection contains a key column more than once: `A` and `AA`."},
      {"CREATE STREAM x AS SELECT * FROM s PARTITION BY a, NULL;",
       "Cannot PARTITION BY multiple columns including NULL"},
      {"CREATE STREAM x WITH (key_format='json') AS SELECT a FROM s PARTITION BY NULL;",
       "Key format specified for stream without key columns."},
      {"CREATE STREAM x AS SELECT * FROM tab PARTITION BY a;", "Cannot repartition a TABLE source."},
      {"CREATE STREAM x AS SELECT * FROM win PARTITION BY v;",
       "Implicit repartitioning of windowed sources is not supported."},
      {"CREATE STREAM x AS SELECT a, b FROM s PARTITION BY a, a;", "Duplicate PARTITION BY expression: S.A"},
      {"CREATE STREAM x AS SELECT a, b, c FROM s PARTITION BY a, b;",
       "The 'KAFKA' format only supports a single field. Got: [`A` STRING KEY, `B` INTEGER KEY]"},
  };
  BENCH_REFUSES(b, list);
}

static void test_grouping__follows_its_rules(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE TABLE x AS SELECT a FROM s GROUP BY a;",
       "GROUP BY requires aggregate functions in either the SELECT or HAVING clause."},
      {"CREATE TABLE x AS SELECT a, b, COUNT(*) FROM s GROUP BY a;",
       "Non-aggregate SELECT expression(s) not part of GROUP BY: B\nEither add the column(s) to the GROUP BY"},
      {"CREATE TABLE x AS SELECT a, b * SUM(b) FROM s GROUP BY a;",
       "Non-aggregate SELECT expression(s) not part of GROUP BY: (B * SUM(B))"},
      {"CREATE TABLE x AS SELECT b + id, COUNT(*) FROM s GROUP BY id + b;", "not part of GROUP BY: (B + ID)"},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a HAVING b > 1;",
       "Non-aggregate HAVING expression not part of GROUP BY: B\nConsider switching the HAVING clause to a WHERE"},
      {"CREATE TABLE x AS SELECT a, SUM(COUNT(b)) FROM s GROUP BY a;",
       "Aggregate functions can not be nested: SUM(COUNT())"},
      {"CREATE TABLE x AS SELECT COUNT(*) FROM s GROUP BY SUM(b);",
       "GROUP BY does not support aggregate functions: SUM is an aggregate function."},
      {"CREATE TABLE x AS SELECT COUNT(*) AS n FROM s;",
       "CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY "
       "clause."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a, s.a;", "Duplicate GROUP BY expression: S.A"},
      {"CREATE STREAM x AS SELECT * FROM s WINDOW TUMBLING (SIZE 1 SECOND);",
       "WINDOW clause requires a GROUP BY clause."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM tab WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY a;",
       "Windowing not supported for table aggregations."},
      {"CREATE TABLE x AS SELECT a, MIN(b), MAX(b) FROM tab GROUP BY a;",
       "The aggregation functions MIN and MAX cannot be applied to a table source, only to a stream source."},
      {"CREATE TABLE x AS SELECT a, SUM(WINDOWSTART) FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY a;",
       "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations"},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) WHERE WINDOWEND > 1 GROUP BY a;",
       "Error in WHERE expression: Unknown column WINDOWEND."},
      {"CREATE TABLE x AS SELECT id, COUNT(*) FROM kafkaed GROUP BY id;",
       "Source(s) KAFKAED are using the 'KAFKA' value format. This format does not yet support GROUP BY."},
      {"CREATE TABLE x AS SELECT id, AVG(v) FROM delimited GROUP BY id;",
       "One of the functions used in the statement has an intermediate type that the value format can not handle."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a EMIT FINAL;",
       "EMIT FINAL is only supported for windowed aggregations."},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW HOPPING (SIZE 1 SECOND, ADVANCE BY 2 SECONDS) GROUP BY a;",
       "advance of a hopping window"},
      {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 5 SECONDS, GRACE "
       "PERIOD 0 "
       "SECONDS) GROUP BY a;",
       "must be no smaller than its window size plus the grace period. Got size=[10000], grace=[0], retention=[5000]"},
      {"CREATE TABLE x AS SELECT a, COUNT(*), EXPLODE(l) FROM s GROUP BY a;",
       "Table functions cannot be used with aggregations."},
      {"CREATE STREAM x AS SELECT id, EXPLODE(l) FROM s;", ""},
      {"CREATE STREAM x AS SELECT id, EXPLODE(EXPLODE(l)) FROM s;",
       "Table functions cannot be nested: EXPLODE(EXPLODE())"},
      {"CREATE STREAM x AS SELECT id, CASE WHEN b > 0 THEN EXPLODE(l) END FROM s;",
       "Table functions cannot be used in CASE: "},
      {"CREATE STREAM x AS SELECT a, COUNT(*) FROM s GROUP BY a;",
       "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead."},
      {"CREATE TABLE x AS SELECT * FROM s;", "Invalid result type. Your SELECT query produces a STREAM. Please use "
                                             "CREATE STREAM AS SELECT statement instead."},
  };
  BENCH_REFUSES(b, list);
}

static void test_insert_select__matches_its_target(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"INSERT INTO nowhere SELECT * FROM s;", "Source `NOWHERE` does not exist."},
      {"INSERT INTO tab SELECT * FROM s;", "INSERT INTO can only be used to insert into a stream. TAB is a table."},
      {"INSERT INTO ro SELECT * FROM delimited;", "Cannot insert into read-only stream: RO"},
      {"INSERT INTO headed SELECT * FROM delimited;", "Cannot insert into HEADED because it has header columns"},
      {"INSERT INTO delimited SELECT id, b FROM tab;",
       "Incompatible data sink and query result. Data sink (DELIMITED) type is KSTREAM but select query result is "
       "KTABLE."},
      {"INSERT INTO delimited SELECT id, a AS v FROM s;", "Incompatible schema between results and sink.\nResult "
                                                          "schema is `ID` INTEGER KEY, `V` STRING\nSink schema is `ID` "
                                                          "INTEGER KEY, `V` INTEGER"},
      {"INSERT INTO delimited SELECT id, b FROM s;", "Incompatible schema between results and sink."},
      {"INSERT INTO delimited SELECT id, b AS v FROM s;", ""},
  };
  BENCH_REFUSES(b, list);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PLANNER_TEST(test_with__refuses_what_does_not_fit),
      PLANNER_TEST(test_create__checks_columns_formats_and_topic),
      PLANNER_TEST(test_create__name_in_use),
      PLANNER_TEST(test_names__resolve_or_say_which_clause),
      PLANNER_TEST(test_clauses__are_typed_with_their_own_wording),
      PLANNER_TEST(test_projection__holds_each_key_once),
      PLANNER_TEST(test_grouping__follows_its_rules),
      PLANNER_TEST(test_insert_select__matches_its_target),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
