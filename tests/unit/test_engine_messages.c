/* Texts of refusals and answers, rule by rule (sql.md 6 and 7): exactly as they must be. In the second table an answer
 * that is no error begins with '+'. */
#include "engine_testing.h"

typedef struct row {
  const char *sql, *message;
} row;

/* The message of the error, or '+' and that of the answer. */
static const char *answer_to(world *w, const char *sql) {
  sl_answers answers;
  sl_err err = {0};
  if (sl_engine_execute(w->engine, w->session, sl_str_of(sql), &w->arena, &answers, &err)) {
    const char *message = sl_str_z(&w->arena, sl_str_of(err.message));
    sl_err_done(&err);
    return message;
  }
  const sl_json *last = answers.count ? answers.entities[answers.count - 1] : NULL;
  const sl_json *status = last ? sl_json_get(last, "commandStatus") : NULL;
  sl_str text = sl_json_str(sl_json_get(status ? status : last, "message"), "");
  return sl_str_z(&w->arena, sl_str_printf(&w->arena, "+" SL_STR_FMT, SL_STR_ARG(text)));
}

static void check(const char *const *setup, size_t setup_count, const row *rows, size_t count) {
  world w;
  world_init(&w);
  int wrong = 0;
  for (size_t i = 0; i < setup_count; i++) run(&w, setup[i]);
  for (size_t i = 0; i < count; i++) {
    const char *got = answer_to(&w, rows[i].sql);
    if (strcmp(got, rows[i].message) == 0) continue;
    print_message("%s\n  expected: %s\n  got:      %s\n", rows[i].sql, rows[i].message, got);
    wrong++;
  }
  assert_int_equal(wrong, 0);
  world_done(&w);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const rules_setup[] = {
    "CREATE STREAM s (id INT KEY, a STRING, b INT, l ARRAY<INT>, ts STRING) WITH (kafka_topic='t', "
    "value_format='json', partitions=2);",
    "CREATE STREAM s2 (id INT KEY, a STRING, b INT) WITH (kafka_topic='t2', value_format='json', partitions=2);",
    "CREATE STREAM s3 (id BIGINT KEY, a STRING) WITH (kafka_topic='t3', value_format='json', partitions=2);",
    "CREATE STREAM p4 (id INT KEY, a STRING) WITH (kafka_topic='t4', value_format='json', partitions=4);",
    "CREATE TABLE tab (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='tt', value_format='json', "
    "partitions=2);",
    "CREATE TABLE tab2 (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='tt2', value_format='json', "
    "partitions=2);",
    "CREATE TABLE tabb (id BIGINT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='tt3', value_format='json', "
    "partitions=2);",
    "CREATE TABLE multi (id INT PRIMARY KEY, id2 INT PRIMARY KEY, a STRING) WITH (kafka_topic='tt4', format='json', "
    "partitions=2);",
    "CREATE STREAM win (id INT KEY, v INT) WITH (kafka_topic='w', value_format='json', partitions=2, "
    "window_type='tumbling', window_size='1 second');",
    "CREATE STREAM wins (id INT KEY, v INT) WITH (kafka_topic='w2', value_format='json', partitions=2, "
    "window_type='session');",
    "CREATE TABLE wint (id INT PRIMARY KEY, v INT) WITH (kafka_topic='w3', value_format='json', partitions=2, "
    "window_type='tumbling', window_size='1 second');",
    "CREATE SOURCE STREAM ro (id INT KEY, v INT) WITH (kafka_topic='ro', value_format='json', partitions=2);",
    "CREATE STREAM headed (id INT KEY, v INT, h BYTES HEADER('a'), h2 BYTES HEADER('b')) WITH (kafka_topic='h', "
    "value_format='json', partitions=2);",
};
static const row rules[] = {
    {"CREATE STREAM x AS SELECT * FROM s WHERE 'not a boolean';",
     "Type error in WHERE expression: Should evaluate to boolean but is 'not a boolean' (STRING) instead.\nStatement: "
     "'not a boolean'"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE RANDOM() + 1.5;",
     "Type error in WHERE expression: Should evaluate to boolean but is (RANDOM() + 1.5) (DOUBLE) instead.\nStatement: "
     "(RANDOM() + 1.5)"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE id >= 'not an int';",
     "Error in WHERE expression: Cannot compare ID (INTEGER) to 'not an int' (STRING) with "
     "GREATER_THAN_OR_EQUAL.\nStatement: (ID >= 'not an int')"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE true + 1.5;",
     "Error in WHERE expression: Error processing expression: (true + 1.5). Unsupported arithmetic types. BOOLEAN "
     "DECIMAL\nStatement: (true + 1.5)"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE id = '10';",
     "Error in WHERE expression: Cannot compare ID (INTEGER) to '10' (STRING) with EQUAL.\nStatement: (ID = '10')"},
    {"CREATE TABLE x AS SELECT a, SUM(b) FROM s GROUP BY a HAVING SUM(b);",
     "Type error in HAVING expression: Should evaluate to boolean but is SUM(B) (INTEGER) instead.\nStatement: SUM(B)"},
    {"CREATE TABLE x AS SELECT a, SUM(b) FROM s GROUP BY a HAVING SUM(b) > '100';",
     "Error in HAVING expression: Cannot compare SUM(B) (INTEGER) to '100' (STRING) with GREATER_THAN.\nStatement: "
     "(SUM(B) > '100')"},
    {"CREATE TABLE x AS SELECT a, SUM(b) FROM s WINDOW TUMBLING (SIZE 1 SECOND) WHERE WINDOWEND > 1 GROUP BY a;",
     "Error in WHERE expression: Unknown column WINDOWEND.\nStatement: (WINDOWEND > 1)"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE b IN (1, 'x', true);",
     "Invalid Predicate: invalid input syntax for type INTEGER: \"x\".. expression: (B IN (1, 'x', true)), schema:`ID` "
     "INTEGER KEY, `A` STRING, `B` INTEGER, `L` ARRAY<INTEGER>, `TS` STRING, `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, "
     "`ROWOFFSET` BIGINT\nStatement: (B IN (1, 'x', true))"},
    {"CREATE STREAM x AS SELECT * FROM s WHERE b IN (1, 'x');",
     "Invalid Predicate: invalid input syntax for type INTEGER: \"x\".. expression: (B IN (1, 'x')), schema:`ID` "
     "INTEGER KEY, `A` STRING, `B` INTEGER, `L` ARRAY<INTEGER>, `TS` STRING, `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, "
     "`ROWOFFSET` BIGINT\nStatement: (B IN (1, 'x'))"},
    {"CREATE STREAM x AS SELECT id, b IN (1,'x') AS q FROM s;",
     "Invalid Select: invalid input syntax for type INTEGER: \"x\".. expression: (B IN (1, 'x')), schema:`ID` INTEGER "
     "KEY, `A` STRING, `B` INTEGER, `L` ARRAY<INTEGER>, `TS` STRING, `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, "
     "`ROWOFFSET` BIGINT"},
    {"CREATE TABLE x AS SELECT a FROM s GROUP BY a;",
     "GROUP BY requires aggregate functions in either the SELECT or HAVING clause."},
    {"CREATE TABLE x AS SELECT a, b, COUNT(*) FROM s GROUP BY a;",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: B\nEither add the column(s) to the GROUP BY or remove "
     "them from the SELECT."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a HAVING b > 1;",
     "Non-aggregate HAVING expression not part of GROUP BY: B\nConsider switching the HAVING clause to a WHERE clause "
     "before the GROUP BY."},
    {"CREATE TABLE x AS SELECT COUNT(*) FROM s GROUP BY UCASE(CAST(SUM(b) AS STRING));",
     "GROUP BY does not support aggregate functions: SUM is an aggregate function."},
    {"CREATE TABLE x AS SELECT a, SUM(COUNT(b)) FROM s GROUP BY a;",
     "Aggregate functions can not be nested: SUM(COUNT())"},
    {"CREATE TABLE x AS SELECT WINDOWSTART, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY WINDOWSTART;",
     "Reserved column name in select: `WINDOWSTART`. Please remove or alias the column."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY a HAVING WINDOWSTART > 1;",
     "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be "
     "passed to aggregate functions.\nSee https://github.com/confluentinc/ksql/issues/4397"},
    {"CREATE TABLE x AS SELECT a, SUM(WINDOWSTART) FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY a;",
     "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be "
     "passed to aggregate functions.\nSee https://github.com/confluentinc/ksql/issues/4397"},
    {"CREATE STREAM x AS SELECT * FROM s WINDOW TUMBLING (SIZE 1 SECOND);",
     "Line: 1, Col: 36: WINDOW clause requires a GROUP BY clause."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM tab WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY a;",
     "Windowing not supported for table aggregations."},
    {"CREATE TABLE x AS SELECT a, MIN(b), MAX(b), LATEST_BY_OFFSET(b) FROM tab GROUP BY a;",
     "The aggregation functions MIN, MAX and LATEST_BY_OFFSET cannot be applied to a table source, only to a stream "
     "source."},
    {"CREATE TABLE x AS SELECT a, MIN(b) FROM tab GROUP BY a;",
     "The aggregation function MIN cannot be applied to a table source, only to a stream source."},
    {"CREATE TABLE x AS SELECT a, SUM(nope) FROM s GROUP BY a;",
     "Line: 1, Col: 33: SELECT column 'NOPE' cannot be resolved."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s GROUP BY a EMIT FINAL;",
     "EMIT FINAL is only supported for windowed aggregations."},
    {"CREATE STREAM x AS SELECT * FROM s EMIT FINAL;", "EMIT FINAL is only supported for windowed aggregations."},
    {"SET 'ksql.suppress.enabled'='false'; CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) "
     "GROUP BY a EMIT FINAL;",
     "Suppression is currently disabled. You can enable it by setting ksql.suppress.enabled to true"},
    {"CREATE TABLE x AS SELECT SUBSTRING(a,0,1), COUNT(*) FROM s GROUP BY SUBSTRING(a,0,2);",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: SUBSTRING(A, 0, 1)\nEither add the column(s) to the "
     "GROUP BY or remove them from the SELECT."},
    {"CREATE TABLE x AS SELECT id - b, COUNT(*) FROM s GROUP BY b - id;",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: (ID - B)\nEither add the column(s) to the GROUP BY or "
     "remove them from the SELECT."},
    {"CREATE TABLE x AS SELECT b * SUM(id) FROM s GROUP BY a;",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: (B * SUM(ID))\nEither add the column(s) to the GROUP BY "
     "or remove them from the SELECT."},
    {"CREATE STREAM x AS SELECT a, COUNT(*) FROM s;",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: A\nEither add the column(s) to the GROUP BY or remove "
     "them from the SELECT."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 5 SECONDS, GRACE PERIOD "
     "1 SECOND) GROUP BY a;",
     "Line: 1, Col: 45: The retention period of the window store Aggregate-Aggregate-Materialize must be no smaller "
     "than its window size plus the grace period. Got size=[10000], grace=[1000], retention=[5000]"},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW HOPPING (SIZE 1 SECOND, ADVANCE BY 2 SECONDS) GROUP BY a;",
     "Line: 1, Col: 45: The advance of a hopping window must be positive and no longer than its size."},
    {"CREATE TABLE x AS SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY a;",
     "Line: 1, Col: 45: The size of a window must be positive."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = s2.id AND s.b = s2.b;",
     "Invalid join condition: joins on multiple conditions are not yet supported. Got ((S.ID = S2.ID) AND (S.B = "
     "S2.B))."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = s2.id OR s.b = s2.b;",
     "Invalid join condition: joins on multiple conditions are not yet supported. Got ((S.ID = S2.ID) OR (S.B = "
     "S2.B))."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id;", "Unsupported join expression: S.ID"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id > s2.id;",
     "Only equality join criteria is supported."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id + s2.id = 1;",
     "Invalid comparison expression '(S.ID + S2.ID)' in join '((S.ID + S2.ID) = 1)'. Each side of the join comparision "
     "must contain references from exactly one source."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = 1;",
     "Invalid comparison expression '1' in join '(S.ID = 1)'. Each side of the join comparision must contain "
     "references from exactly one source."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = s.b;",
     "Each side of the join must reference exactly one source and not the same source. Left side references `S` and "
     "right references `S`"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = s2.id JOIN tab ON s.id = s2.id;",
     "A join criteria is expected to reference the source (`TAB`) in the FROM clause, instead the right source "
     "references `S2` and the left source references `S`"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN win WITHIN 1 SECOND ON s.id = win.id;",
     "Can not join windowed source to non-windowed source.\n`S` is not windowed\n`WIN` is TUMBLING windowed"},
    {"CREATE STREAM x AS SELECT * FROM win JOIN wins WITHIN 1 SECOND ON win.id = wins.id;",
     "Incompatible windowed sources.\nLeft source: TUMBLING\nRight source: SESSION\nSession windowed sources can only "
     "be joined to other session windowed sources, and may still not result in expected behaviour as session bounds "
     "must be an exact match for the join to work\nHopping and tumbling windowed sources can only be joined to other "
     "hopping and tumbling windowed sources"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s WITHIN 1 SECOND ON s.id = s.id;",
     "Can not join 'S' to 'S': self joins are not yet supported."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 SECOND ON s.id = s2.id JOIN s2 WITHIN 1 SECOND ON s.id = "
     "s2.id;",
     "N-way joins do not support multiple occurrences of the same source. Source: 'S2'."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 ON s.id = s2.id;",
     "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about how to specify a "
     "WITHIN clause with a stream-stream join, please visit: "
     "https://docs.confluent.io/current/ksql/docs/syntax-reference.html#create-stream-as-select"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN tab WITHIN 1 SECOND ON s.id = tab.id;",
     "A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the window "
     "definition (ie. the WITHIN clause) and try to execute your join again."},
    {"CREATE TABLE x AS SELECT * FROM tab JOIN tab2 WITHIN 1 SECOND ON tab.id = tab2.id;",
     "A window definition was provided for a Table-Table join. These joins are not windowed. Please drop the window "
     "definition (ie. the WITHIN clause) and try to execute your join again."},
    {"CREATE STREAM x AS SELECT * FROM tab JOIN s ON s.id = tab.id;",
     "Invalid join order: table-stream joins are not supported; only stream-table joins. Got TAB [INNER] JOIN S."},
    {"CREATE STREAM x AS SELECT * FROM s FULL OUTER JOIN tab ON s.id = tab.id;",
     "Invalid join type: full-outer join not supported for stream-table join. Got S [FULL] OUTER JOIN TAB."},
    {"CREATE STREAM x AS SELECT * FROM s RIGHT JOIN tab ON s.id = tab.id;",
     "Invalid join type encountered: RIGHT [OUTER] JOIN"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN tab ON s.id = tab.b;",
     "Invalid join condition: stream-table joins require to join on the table's primary key. Got S.ID = TAB.B."},
    {"CREATE TABLE x AS SELECT * FROM tab JOIN tab2 ON tab.id = tab2.b;",
     "Invalid join condition: table-table joins require to join on the primary key of the right input table. Got "
     "TAB.ID = TAB2.B."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN multi ON s.id = multi.id;",
     "Invalid join condition: stream-table joins require to join on the table's primary key. Got S.ID = MULTI.ID."},
    {"CREATE TABLE x AS SELECT * FROM tab JOIN tabb ON tab.id = tabb.id;",
     "Invalid join condition: types don't match. Got TAB.ID{INTEGER} = TABB.ID{BIGINT}."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s3 WITHIN 1 SECOND ON s.id = s3.id;",
     "Invalid join. Key types differ: INTEGER vs BIGINT"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN tabb ON s.id = tabb.id;",
     "Invalid join. Key types differ: INTEGER vs BIGINT"},
    {"CREATE TABLE x AS SELECT * FROM tab FULL OUTER JOIN tab2 ON tab.b = tab2.id;",
     "Invalid join type: full-outer join not supported for foreign-key table-table join. Got TAB [FULL] OUTER JOIN "
     "TAB2."},
    {"CREATE TABLE x AS SELECT * FROM tab RIGHT JOIN tab2 ON tab.b = tab2.id;",
     "RIGHT OUTER JOIN on a foreign key is not supported"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN p4 WITHIN 1 SECOND ON s.id = p4.id;",
     "Can't join `S` with `P4` since the number of partitions don't match. `S` partitions = 2; `P4` partitions = 4. "
     "Please repartition either one so that the number of partitions match."},
    {"CREATE STREAM x AS SELECT * FROM win JOIN win w2 WITHIN 1 SECOND ON win.v = w2.v;",
     "Can not join 'WIN' to 'WIN': self joins are not yet supported."},
    {"CREATE TABLE x AS SELECT tab.a FROM tab JOIN tab2 ON tab.b = tab2.id;",
     "Primary key column missing in projection. For foreign-key table-table joins, the projection must include all "
     "primary key columns from the left input table (`TAB`). Missing column: `ID`."},
    {"CREATE TABLE x AS SELECT * FROM tab JOIN multi ON tab.id = multi.id;",
     "Invalid join condition: table-table joins require to join on the primary key of the right input table. Got "
     "TAB.ID = MULTI.ID."},
    {"CREATE TABLE x AS SELECT * FROM wint;", "KSQL does not support persistent queries on windowed tables."},
    {"CREATE TABLE x AS SELECT id, COUNT(*) FROM wint GROUP BY id;",
     "KSQL does not support persistent queries on windowed tables."},
    {"CREATE STREAM x AS SELECT * FROM s JOIN wint ON s.id = wint.id;",
     "Can not join windowed source to non-windowed source.\n`S` is not windowed\n`WINT` is TUMBLING windowed"},
    {"INSERT INTO unknown SELECT * FROM s;",
     "Exception while preparing statement: Line: 1, Col: 13: Source `UNKNOWN` does not exist."},
    {"INSERT INTO tab SELECT * FROM s;", "INSERT INTO can only be used to insert into a stream. TAB is a table."},
    {"INSERT INTO headed SELECT id, b AS v FROM s;", "Cannot insert into HEADED because it has header columns"},
    {"INSERT INTO ro SELECT id, b AS v FROM s;", "Cannot insert into read-only stream: RO"},
    {"INSERT INTO s2 SELECT id, a, b FROM tab;",
     "Incompatible data sink and query result. Data sink (S2) type is KSTREAM but select query result is KTABLE."},
    {"INSERT INTO s2 SELECT id, a FROM s;",
     "Incompatible schema between results and sink.\nResult schema is `ID` INTEGER KEY, `A` STRING\nSink schema is "
     "`ID` INTEGER KEY, `A` STRING, `B` INTEGER"},
    {"INSERT INTO s2 SELECT id, a, ROWPARTITION FROM s;",
     "Reserved column name in select: `ROWPARTITION`. Please remove or alias the column."},
    {"INSERT INTO s2 (id) VALUES ();", "Failed to prepare statement: Expected some values for INSERT INTO statement."},
    {"INSERT INTO s2 (id, a) VALUES (1);",
     "Failed to prepare statement: Expected number columns and values to match: 2, 1"},
    {"INSERT INTO s2 VALUES (1);",
     "Failed to insert values into 'S2'. Expected a value for each column. Expected Columns: []. Got [1]"},
    {"INSERT INTO nope VALUES (1);", "Cannot insert values into an unknown stream/table: `NOPE`"},
    {"INSERT INTO \"s2\" VALUES (1);", "Cannot insert values into an unknown stream/table: `s2`\nDid you mean S2? "
                                       "Hint: try removing double quotes from the source name."},
    {"INSERT INTO win VALUES (1, 2);", "Cannot insert values into windowed stream/table!"},
    {"INSERT INTO ro VALUES (1,2);", "Cannot insert values into read-only stream: RO"},
    {"INSERT INTO headed VALUES (1, 2, NULL, NULL);", "Cannot insert into HEADER columns: H, H2"},
    {"INSERT INTO headed (id, h) VALUES (1, NULL);", "Cannot insert into HEADER columns: H"},
    {"INSERT INTO s2 (id, zz) VALUES (1, 2);", "Failed to insert values into 'S2'. Column name `ZZ` does not exist."},
    {"INSERT INTO s2 (id, b, id) VALUES (1, 2, 3);",
     "Failed to insert values into 'S2'. Column name `ID` is given twice."},
    {"INSERT INTO s2 (ROWTIME, ROWTIME) VALUES (1, 2);",
     "Failed to insert values into 'S2'. Column name `ROWTIME` is given twice."},
    {"INSERT INTO s2 (id, ROWPARTITION) VALUES (1, 2);",
     "Failed to insert values into 'S2'. Inserting into column `ROWPARTITION` is not allowed."},
    {"INSERT INTO tab (a) VALUES ('x');",
     "Failed to insert values into 'TAB'. Value for primary key column(s) ID is required for tables"},
    {"INSERT INTO s2 (id, b) VALUES (1, 'x');",
     "Failed to insert values into 'S2'. Expected type INTEGER for field `B` but got STRING(x)"},
    {"INSERT INTO s2 (id, b) VALUES (1, 3000000000);",
     "Failed to insert values into 'S2'. Expected type INTEGER for field `B` but got BIGINT(3000000000)"},
    {"INSERT INTO s2 (id, b) VALUES (1, a);",
     "Failed to insert values into 'S2'. Unsupported column reference in insert value: A"},
    {"INSERT INTO s2 (id, b) VALUES (1, 1/0);", "Failed to insert values into 'S2'. Division by zero"},
    {"INSERT INTO s2 (id, b, ROWTIME) VALUES (1, 1, 'x');",
     "Failed to insert values into 'S2'. Expected type BIGINT for field `ROWTIME` but got STRING(x)"},
    {"ALTER STREAM ro ADD COLUMN q INT;",
     "Cannot alter stream 'RO': ALTER operations are not supported on source streams."},
    {"CREATE OR REPLACE STREAM ro (id INT KEY, v INT) WITH (kafka_topic='ro', value_format='json');",
     "Cannot add stream 'RO': CREATE OR REPLACE is not supported on source streams."},
    {"CREATE OR REPLACE SOURCE STREAM s2 (id INT KEY, a STRING, b INT) WITH (kafka_topic='t2', value_format='json');",
     "Cannot add stream 'S2': CREATE OR REPLACE is not supported on source streams."},
    {"DROP STREAM ro DELETE TOPIC;", "Cannot delete topic for read-only source: RO"},
    {"CREATE STREAM x AS SELECT id, a AS ROWTIME FROM s;",
     "`ROWTIME` is a reserved column name. You cannot use it as an alias for a column."},
    {"CREATE TABLE x AS SELECT * FROM s;",
     "Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT statement instead."},
    {"CREATE STREAM x AS SELECT a, COUNT(*) FROM s GROUP BY a;",
     "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead."},
};

static const char *const statements_setup[] = {
    "CREATE STREAM s (id INT KEY, a STRING, b INT, l ARRAY<INT>) WITH (kafka_topic='t', value_format='json', "
    "partitions=2);",
    "CREATE TABLE tab (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='tt', value_format='json', "
    "partitions=2);",
    "CREATE STREAM low (id INT KEY) WITH (kafka_topic='low', value_format='json', partitions=2);",
    "CREATE STREAM \"mixed\" (id INT KEY, v INT) WITH (kafka_topic='low', value_format='json');",
    "CREATE STREAM o AS SELECT * FROM s;",
    "CREATE STREAM o2 AS SELECT * FROM o;",
    "CREATE TABLE ct AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;",
    "CREATE STREAM tgt (id INT KEY, a STRING, b INT, l ARRAY<INT>) WITH (kafka_topic='tgt', value_format='json', "
    "partitions=2);",
    "INSERT INTO tgt WITH (QUERY_ID='myins') SELECT * FROM o2;",
    "CREATE SOURCE TABLE st (id INT PRIMARY KEY, v INT) WITH (kafka_topic='tt', value_format='json');",
};
static const row statements[] = {
    {"CREATE STREAM s (id INT KEY) WITH (kafka_topic='t', value_format='json');",
     "Cannot add stream 'S': A stream with the same name already exists"},
    {"CREATE TABLE s (id INT PRIMARY KEY) WITH (kafka_topic='t', value_format='json');",
     "Cannot add table 'S': A stream with the same name already exists"},
    {"CREATE STREAM tab (id INT KEY) WITH (kafka_topic='t', value_format='json');",
     "Cannot add stream 'TAB': A table with the same name already exists"},
    {"CREATE STREAM IF NOT EXISTS s (id INT KEY) WITH (kafka_topic='t', value_format='json');",
     "+Cannot add stream `S`: A stream with the same name already exists."},
    {"CREATE TABLE IF NOT EXISTS s (id INT PRIMARY KEY) WITH (kafka_topic='t', value_format='json');",
     "+Cannot add table `S`: A table with the same name already exists."},
    {"CREATE STREAM IF NOT EXISTS o AS SELECT * FROM s;",
     "+Cannot add stream `O`: A stream with the same name already exists."},
    {"CREATE STREAM o AS SELECT * FROM s;", "Cannot add stream 'O': A stream with the same name already exists"},
    {"CREATE TABLE o AS SELECT a, COUNT(*) FROM s GROUP BY a;",
     "Cannot add table 'O': A stream with the same name already exists"},
    {"CREATE OR REPLACE STREAM IF NOT EXISTS s (id INT KEY) WITH (kafka_topic='t', value_format='json');",
     "+Cannot add stream `S`: A stream with the same name already exists."},
    {"CREATE STREAM z AS SELECT * FROM z;", "Source name 'Z' should not be referenced itself."},
    {"SET 'ksql.create.or.replace.enabled'='false'; CREATE OR REPLACE STREAM o AS SELECT * FROM s;",
     "Cannot add stream 'O': A stream with the same name already exists"},
    {"ALTER STREAM nope ADD COLUMN q INT;", "Source NOPE does not exist."},
    {"ALTER TABLE s ADD COLUMN q INT;", "Incompatible data source type is STREAM, but statement was ALTER TABLE"},
    {"ALTER STREAM tab ADD COLUMN q INT;", "Incompatible data source type is TABLE, but statement was ALTER STREAM"},
    {"ALTER STREAM o ADD COLUMN q INT;", "ALTER command is not supported for CREATE ... AS statements."},
    {"ALTER STREAM s ADD COLUMN a INT;",
     "Cannot add column `A` to schema. A column with the same name already exists."},
    {"ALTER STREAM s ADD COLUMN q INT, ADD COLUMN q INT;",
     "Cannot add column `Q` to schema. A column with the same name already exists."},
    {"ALTER STREAM s ADD COLUMN newcol INT;", "+Stream S altered."},
    {"DROP STREAM nope;", "Stream NOPE does not exist."},
    {"DROP STREAM IF EXISTS nope;", "+Source `NOPE` does not exist."},
    {"DROP TABLE IF EXISTS nope;", "+Source `NOPE` does not exist."},
    {"DROP TABLE s;", "Incompatible data source type is stream, but statement was DROP table"},
    {"DROP TABLE IF EXISTS s;", "Incompatible data source type is stream, but statement was DROP table"},
    {"DROP STREAM tab;", "Incompatible data source type is table, but statement was DROP stream"},
    {"DROP STREAM s;", "Cannot drop S.\nThe following streams and/or tables read from this source: [CT, O].\nYou need "
                       "to drop them before dropping S."},
    {"DROP STREAM o;", "Cannot drop O.\nThe following streams and/or tables read from this source: [O2].\nYou need to "
                       "drop them before dropping O."},
    {"DROP STREAM o2;", "Cannot drop O2.\nThe following queries read from this source: [MYINS].\nThe following queries "
                        "write into this source: [].\nYou need to terminate them before dropping O2."},
    {"DROP STREAM tgt;", "Cannot drop TGT.\nThe following queries read from this source: [].\nThe following queries "
                         "write into this source: [MYINS].\nYou need to terminate them before dropping TGT."},
    {"DROP STREAM MIXED;", "Stream MIXED does not exist.\nDid you mean \"mixed\"? Hint: wrap the source name in double "
                           "quotes to make it case-sensitive."},
    {"DROP STREAM low DELETE TOPIC;", "Refusing to delete topic. Found other data sources (mixed) using topic low"},
    {"DROP STREAM nope DELETE TOPIC;", "Could not find source to delete topic for: DROP STREAM nope DELETE TOPIC;"},
    {"DROP STREAM IF EXISTS nope DELETE TOPIC;", "+Source `NOPE` does not exist."},
    {"CREATE TYPE addr AS STRUCT<x INT, y STRING>;",
     "+Registered custom type with name 'ADDR' and SQL type STRUCT<`X` INTEGER, `Y` STRING>"},
    {"CREATE TYPE addr AS STRUCT<x INT, y STRING>;",
     "Cannot register custom type 'ADDR' since it is already registered with type: STRUCT<`X` INTEGER, `Y` STRING>"},
    {"CREATE TYPE IF NOT EXISTS addr AS INT;", "+ADDR is already registered with type STRUCT<`X` INTEGER, `Y` STRING>"},
    {"CREATE TYPE outer1 AS STRUCT<a addr>;",
     "+Registered custom type with name 'OUTER1' and SQL type STRUCT<`A` STRUCT<`X` INTEGER, `Y` STRING>>"},
    {"CREATE TYPE bad AS STRUCT<a nosuch>;", "Cannot resolve unknown type: NOSUCH"},
    {"DROP TYPE addr;", "+Dropped type 'ADDR'"},
    {"DROP TYPE addr;", "Type ADDR does not exist."},
    {"DROP TYPE IF EXISTS addr;", "+Type 'ADDR' does not exist"},
    {"TERMINATE nope;", "Unknown queryId: NOPE"},
    {"TERMINATE transient_X_1;", "No query with id TRANSIENT_X_1"},
    {"PAUSE nope;", "Unknown queryId: NOPE"},
    {"RESUME nope;", "Unknown queryId: NOPE"},
    {"TERMINATE MYINS;", "+Query terminated."},
    {"PAUSE myins;", "Unknown queryId: MYINS"},
    {"TERMINATE CST_ST_9;", "Cannot terminate query 'CST_ST_9' because it is linked to a source table."},
    {"EXPLAIN nope;", "Query with id:NOPE does not exist, use SHOW QUERIES to view the full set of queries."},
    {"EXPLAIN DROP STREAM s;", "The provided statement does not run a ksql query"},
    {"DESCRIBE nope;", "Could not find STREAM/TABLE 'NOPE' in the Metastore"},
    {"DESCRIBE \"s\";", "Could not find STREAM/TABLE 's' in the Metastore\nDid you mean S? Hint: try removing double "
                        "quotes from the source name."},
    {"DESCRIBE FUNCTION nope;", "Can't find any functions with the name 'nope'"},
    {"ALTER SYSTEM 'ksql.streams.num.stream.threads'='2';",
     "Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off."},
    {"CREATE SOURCE STREAM q AS SELECT * FROM s;", "line 1:24: Syntax Error\nExpecting ';'"},
    {"PAUSE CST_ST_9;", "Cannot pause query 'CST_ST_9' because it is linked to a source table."},
    {"RESUME CST_ST_9;", "Cannot resume query 'CST_ST_9' because it is linked to a source table."},
    {"SHOW CONNECTORS;", "SHOW CONNECTORS is not supported by this version of sluice."},
    {"SHOW CONNECTOR PLUGINS;", "SHOW CONNECTOR PLUGINS is not supported by this version of sluice."},
    {"ASSERT SCHEMA SUBJECT 'x';", "ASSERT SCHEMA is not supported by this version of sluice."},
    {"PRINT t;",
     "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT"},
    {"SET 'foo'='x';", "Unknown property: foo"},
    {"SET 'auto.offset.reset'='none';",
     "Invalid value none for configuration ksql.streams.auto.offset.reset: String must be one of: latest, earliest"},
    {"SET 'ksql.service.id'='x';", "Cannot override properties: [ksql.service.id]"},
    {"SELECT * FROM s EMIT CHANGES;",
     "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT"},
};

static void test_messages__of_queries_joins_and_inserts(void **state) {
  (void)state;
  check(rules_setup, COUNT(rules_setup), rules, COUNT(rules));
}

static void test_messages__of_definitions_drops_types_and_control(void **state) {
  (void)state;
  check(statements_setup, COUNT(statements_setup), statements, COUNT(statements));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_messages__of_queries_joins_and_inserts),
      cmocka_unit_test(test_messages__of_definitions_drops_types_and_control),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
