/* Joins: what is refused and how, which column becomes the key, what moves, and that stored texts plan alike. */
#include "tests/unit/planner_testing.h"

static void make_sources(bench *b) {
  static const char *const statements[] = {
      "CREATE STREAM s (id INT KEY, v INT, n STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE STREAM r (id INT KEY, v INT, m STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE STREAM q (id INT KEY, v BIGINT, o STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE TABLE t1 (id INT PRIMARY KEY, v INT, n STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE TABLE t2 (id INT PRIMARY KEY, v INT, m STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE TABLE t3 (id INT PRIMARY KEY, v INT, o STRING) WITH (kafka_topic='t', value_format='json');",
      "CREATE TABLE two (id INT PRIMARY KEY, j INT PRIMARY KEY, v INT) WITH (kafka_topic='t', format='json');",
      "CREATE TABLE w1 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='session');",
      "CREATE TABLE w2 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='session');",
      "CREATE TABLE big (id BIGINT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='json');",
      "CREATE STREAM k (id INT KEY, v INT) WITH (kafka_topic='t', value_format='kafka');",
      "CREATE STREAM d (id INT KEY, v INT) WITH (kafka_topic='t', key_format='delimited', value_format='json');",
      "CREATE STREAM none (v INT, w INT) WITH (kafka_topic='t', value_format='json');",
      "CREATE STREAM other (id INT KEY, v INT) WITH (kafka_topic='one', value_format='json');",
      "CREATE STREAM se (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='session');",
      "CREATE STREAM se2 (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='session');",
      "CREATE STREAM tu (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='tumbling', "
      "window_size='2 seconds');",
      "CREATE STREAM ho (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='hopping', "
      "window_size='5 seconds');",
  };
  bench_topic(b, "one", 1);
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) bench_run(b, statements[i]);
}

#define S "CREATE STREAM x AS SELECT * FROM "
#define T "CREATE TABLE x AS SELECT * FROM "

static void test_criteria__are_one_equality_of_two_sources(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {S "s JOIN r WITHIN 1 DAY ON s.id = r.id AND s.v = r.v;",
       "Invalid join condition: joins on multiple conditions are not yet supported. Got ((S.ID = R.ID) AND (S.V = "
       "R.V))."},
      {S "s JOIN r WITHIN 1 DAY ON s.id = r.id OR s.v = r.v;", "joins on multiple conditions are not yet supported"},
      {S "s JOIN r WITHIN 1 DAY ON s.id IS NULL;", "Unsupported join expression: "},
      {S "s JOIN r WITHIN 1 DAY ON s.id > r.id;", "Only equality join criteria is supported."},
      {S "s JOIN r WITHIN 1 DAY ON 0 = s.id;",
       "Invalid comparison expression '0' in join '(0 = S.ID)'. Each side of the join comparision must contain "
       "references from exactly one source."},
      {S "s JOIN r WITHIN 1 DAY ON s.id + r.id = r.v;", "Invalid comparison expression '(S.ID + R.ID)' in join"},
      {S "s JOIN r WITHIN 1 DAY ON s.id = s.v;",
       "Each side of the join must reference exactly one source and not the same source. Left side references `S` and "
       "right references `S`"},
      {S "s JOIN t1 ON s.id = t1.id JOIN t2 ON s.id = t1.id;",
       "A join criteria is expected to reference the source (`T2`) in the FROM clause, instead the right source "
       "references `T1` and the left source references `S`"},
      {S "s JOIN t1 ON t1.id = t2.id JOIN t2 ON s.id = t2.id;",
       "Cannot build JOIN tree; neither source in the join is the FROM source or included in a previous JOIN: "},
      {S "s JOIN s ON s.id = s.id;", "Can not join 'S' to 'S': self joins are not yet supported."},
      {S "s JOIN r WITHIN 1 DAY ON s.id = r.id JOIN s z WITHIN 1 DAY ON z.id = r.id;",
       "N-way joins do not support multiple occurrences of the same source. Source: 'S'."},
      {S "s JOIN k WITHIN 1 DAY ON s.id = k.id;",
       "Source(s) K are using the 'KAFKA' value format. This format does not yet support JOIN."},
  };
  BENCH_REFUSES(b, list);
}

static void test_criteria__name_columns_of_their_sources(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {S "s JOIN r WITHIN 1 DAY ON s.zz = r.id;", "Line: 1, Col: 59: JOIN ON column 'S.ZZ' cannot be resolved."},
      {S "s JOIN r WITHIN 1 DAY ON id = id;", "Column 'ID' is ambiguous. Could be R.ID or S.ID."},
      {S "s JOIN r WITHIN 1 DAY ON id = nobody.id;",
       "Failed to prepare statement: 'NOBODY' is not a valid stream/table name or alias."},
      {S "s a JOIN r WITHIN 1 DAY ON a.id = r.id WHERE zz = 1;", "WHERE column 'ZZ' cannot be resolved."},
      {"CREATE STREAM x AS SELECT s.id, zz FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "SELECT column 'ZZ' cannot be resolved."},
      {"CREATE STREAM x AS SELECT s.id, ROWKEY_9 FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "Line: 1, Col: 33: Column 'ROWKEY_9' cannot be resolved."},
      {"CREATE TABLE x AS SELECT s.id, COUNT(*), WINDOWSTART w FROM s JOIN r WITHIN 1 DAY ON s.id = r.id WINDOW "
       "TUMBLING (SIZE 1 SECOND) GROUP BY s.id;",
       "SELECT column 'WINDOWSTART' cannot be resolved."},
      {S "s JOIN r WITHIN 1 DAY ON s.id = r.id WHERE s.v > r.m;",
       "Error in WHERE expression: Cannot compare S_V (INTEGER) to R_M (STRING) with GREATER_THAN."},
  };
  BENCH_REFUSES(b, list);
}

static void test_kinds__say_what_can_be_joined(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {S "s JOIN r ON s.id = r.id;",
       "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about how to specify"},
      {S "s JOIN t1 WITHIN 1 DAY ON s.id = t1.id;",
       "A window definition was provided for a Stream-Table join. These joins are not windowed."},
      {T "t1 JOIN t2 WITHIN 1 DAY ON t1.id = t2.id;", "A window definition was provided for a Table-Table join."},
      {T "t1 JOIN s ON t1.id = s.id;",
       "Invalid join order: table-stream joins are not supported; only stream-table joins. Got T1 [INNER] JOIN S."},
      {T "t1 JOIN t2 ON t1.id = t2.id LEFT JOIN s ON t1.id = s.id;", "Got T1 LEFT [OUTER] JOIN S."},
      {S "s FULL JOIN t1 ON s.id = t1.id;",
       "Invalid join type: full-outer join not supported for stream-table join. Got S [FULL] OUTER JOIN T1."},
      {S "s RIGHT JOIN t1 ON s.id = t1.id;", "Invalid join type encountered: RIGHT [OUTER] JOIN"},
      {S "s JOIN t1 ON t1.v = s.id;",
       "Invalid join condition: stream-table joins require to join on the table's primary key. Got T1.V = S.ID."},
      {S "s JOIN two ON s.id = two.id;", "stream-table joins require to join on the table's primary key."},
      {T "t1 JOIN t2 ON t1.id = t2.v;",
       "Invalid join condition: table-table joins require to join on the primary key of the right input table. Got "
       "T1.ID = T2.V."},
      {T "t1 JOIN big ON big.id = t1.id;",
       "Invalid join condition: types don't match. Got BIG.ID{BIGINT} = T1.ID{INTEGER}."},
      {S "s JOIN q WITHIN 1 DAY ON s.v = q.v;", "Invalid join. Key types differ: INTEGER vs BIGINT"},
      {S "s JOIN other WITHIN 1 DAY ON s.id = other.id;",
       "Can't join `S` with `OTHER` since the number of partitions don't match. `S` partitions = 4; `OTHER` "
       "partitions = 1. Please repartition either one so that the number of partitions match."},
      {T "t1 FULL JOIN t2 ON t1.id = t2.id JOIN t3 ON t1.id = t3.id;",
       "Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the TABLE's key column "
       "ROWKEY instead of [T1.ID]"},
  };
  BENCH_REFUSES(b, list);
}

static void test_foreign_keys__are_refused_where_they_do_not_work(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {T "t1 FULL JOIN t2 ON t1.v = t2.id;",
       "Invalid join type: full-outer join not supported for foreign-key table-table join. Got T1 [FULL] OUTER JOIN "
       "T2."},
      {T "t1 RIGHT JOIN t2 ON t1.v = t2.id;", "RIGHT OUTER JOIN on a foreign key is not supported"},
      {"CREATE TABLE x AS SELECT t1.n FROM t1 JOIN t2 ON t1.v = t2.id;",
       "Primary key column missing in projection. For foreign-key table-table joins, the projection must include all "
       "primary key columns from the left input table (`T1`). Missing column: `ID`."},
      {"CREATE TABLE x AS SELECT t2.id FROM two JOIN t2 ON two.v = t2.id;", "Missing columns: `ID`, `J`."},
      {T "t1 JOIN t2 ON t1.id = t2.id JOIN t3 ON t1.v = t3.id;",
       "Invalid join condition: foreign-key table-table joins are not supported as part of n-way joins. Got T1.V = "
       "T3.ID."},
      {"SELECT * FROM w1 JOIN w2 ON w1.v = w2.id EMIT CHANGES;",
       "Foreign-key table-table joins are not supported on windowed tables."},
      {"SELECT * FROM w1 JOIN t2 ON w1.v = t2.id EMIT CHANGES;",
       "Can not join windowed source to non-windowed source."},
  };
  BENCH_REFUSES(b, list);
}

static void test_windows__must_agree(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {S "se JOIN s WITHIN 1 DAY ON se.id = s.id;",
       "Can not join windowed source to non-windowed source.\n`SE` is SESSION windowed\n`S` is not windowed"},
      {S "se JOIN tu WITHIN 1 DAY ON se.id = tu.id;",
       "Incompatible windowed sources.\nLeft source: SESSION\nRight source: TUMBLING\nSession windowed sources can"},
      {S "tu JOIN ho WITHIN 1 DAY ON tu.id = ho.id;", "Implicit repartitioning of windowed sources is not supported."},
      {S "se JOIN se2 WITHIN 1 DAY ON se.v = se2.v;", "Implicit repartitioning of windowed sources is not supported."},
  };
  BENCH_REFUSES(b, list);
  bench_run(b, "CREATE STREAM x AS SELECT * FROM se JOIN se2 WITHIN 1 DAY ON se.id = se2.id;");
  const sl_source *made = sl_snapshot_source(b->snapshot, sl_str_of("X"));
  assert_int_equal(made->window, SL_WINDOW_SESSION);
  assert_string_equal(bench_schema(b, "X"),
                      "`SE_ID` INTEGER KEY, `SE_WINDOWSTART` BIGINT, `SE_WINDOWEND` BIGINT, `SE_V` INTEGER, `SE2_ID` "
                      "INTEGER, `SE2_WINDOWSTART` BIGINT, `SE2_WINDOWEND` BIGINT, `SE2_V` INTEGER");
}

static void test_keys__must_be_projected(void **state) {
  bench *b = *state;
  make_sources(b);
  static const refusal list[] = {
      {"CREATE STREAM x AS SELECT s.v FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "Key missing from projection (ie, SELECT). \nThe query used to build `X` must include the join expressions "
       "S.ID or R.ID in its projection (eg, SELECT S.ID...)."},
      {"CREATE STREAM x AS SELECT s.v FROM s JOIN t1 ON s.id = t1.id JOIN t2 ON s.id + 1 = t2.id;",
       "must include the join expression T2.ID in its projection (eg, SELECT T2.ID...)."},
      {"CREATE STREAM x AS SELECT s.v FROM s LEFT JOIN t1 ON s.id = t1.id LEFT JOIN t2 ON s.id = t2.id;",
       "must include the join expressions S.ID, T1.ID or T2.ID in its projection"},
      {"CREATE STREAM x AS SELECT s.*, r.* FROM s FULL JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\nThe query used to build `X` must "
       "include the join expression ROWKEY in its projection (eg, SELECT ROWKEY...).\nROWKEY was added as a synthetic "
       "key column because the join criteria did not match any source column. This expression must be included in the "
       "projection and may be aliased. "},
      {"CREATE STREAM x AS SELECT s.id, s.id AS k2, r.v FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "The projection contains a key column (`S_ID`) more than once, aliased as: K2 and S_ID."},
      {"CREATE STREAM x AS SELECT r.id, r.id AS k2 FROM s LEFT JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "The projection contains a key column (`R_ID`) more than once, aliased as: K2 and R_ID."},
  };
  BENCH_REFUSES(b, list);
}

typedef struct shape {
  const char *sql, *schema;
} shape;

static void test_keys__are_the_first_projected_side(void **state) {
  bench *b = *state;
  make_sources(b);
  static const shape list[] = {
      {"SELECT * FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "`S_ID` INTEGER KEY, `S_V` INTEGER, `S_N` STRING, `R_ID` INTEGER, `R_V` INTEGER, `R_M` STRING"},
      {"SELECT s.n, r.* FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "`R_ID` INTEGER KEY, `N` STRING, `R_V` INTEGER, `R_M` STRING"},
      {"SELECT * FROM s JOIN r WITHIN 1 DAY ON ABS(s.id) = r.v;",
       "`R_V` INTEGER KEY, `S_ID` INTEGER, `S_V` INTEGER, `S_N` STRING, `R_ID` INTEGER, `R_M` STRING"},
      {"SELECT *, s.ROWTIME FROM s JOIN r WITHIN 1 DAY ON ABS(s.id) = ABS(r.v);",
       "`ROWKEY` INTEGER KEY, `S_ID` INTEGER, `S_V` INTEGER, `S_N` STRING, `R_ID` INTEGER, `R_V` INTEGER, `R_M` "
       "STRING, `S_ROWTIME` BIGINT"},
      {"SELECT ROWKEY AS k, n, m FROM s FULL JOIN r WITHIN 1 DAY ON s.id = r.id;",
       "`K` INTEGER KEY, `N` STRING, `M` STRING"},
      {"SELECT t2.id, n, t2.v FROM s JOIN t2 ON s.v = t2.id;", "`T2_ID` INTEGER KEY, `N` STRING, `T2_V` INTEGER"},
      {"SELECT * FROM s JOIN r WITHIN 1 DAY ON s.v = r.v PARTITION BY n;",
       "`S_N` STRING KEY, `S_V` INTEGER, `S_ROWTIME` BIGINT, `S_ROWPARTITION` INTEGER, `S_ROWOFFSET` BIGINT, `S_ID` "
       "INTEGER, `R_V` INTEGER, `R_M` STRING, `R_ROWTIME` BIGINT, `R_ROWPARTITION` INTEGER, `R_ROWOFFSET` BIGINT, "
       "`R_ID` INTEGER"},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    bench_run(b, sl_arena_printf(&b->arena, "CREATE STREAM x%zu AS %s", i, list[i].sql));
    assert_string_equal(bench_schema(b, sl_arena_printf(&b->arena, "X%zu", i)), list[i].schema);
  }
}

static int repartitions(const bench *b) {
  int count = 0;
  for (int i = 0; i < b->query.plan->internal_topic_count; i++)
    count += sl_str_ends(b->query.plan->internal_topics[i]->name, sl_str_of("-repartition"));
  return count;
}

static void test_moves__are_made_only_where_keys_are_elsewhere(void **state) {
  bench *b = *state;
  make_sources(b);
  static const struct {
    const char *sql;
    int moves;
  } list[] = {
      {"SELECT s.id, n FROM s JOIN r WITHIN 1 DAY ON s.id = r.id;", 0},
      {"SELECT s.id, n FROM s JOIN r WITHIN 1 DAY ON s.id = r.v;", 1},
      {"SELECT s.v, n FROM s JOIN r WITHIN 1 DAY ON s.v = r.v;", 2},
      {"SELECT s.id, n FROM s JOIN d WITHIN 1 DAY ON s.id = d.id;", 1}, /* another key format */
      {"SELECT s.v, o FROM s JOIN t3 ON s.v = t3.id;", 1},
      {"SELECT s.id, n FROM s JOIN t2 ON s.id = t2.id JOIN t3 ON t2.id = t3.id;", 0},
      {"SELECT t3.id, n FROM s JOIN t2 ON s.id = t2.id JOIN t3 ON s.v = t3.id;", 1},
      {"SELECT ROWKEY, n FROM s FULL JOIN r WITHIN 1 DAY ON s.id = r.id FULL JOIN d WITHIN 1 DAY ON s.id = d.id;", 1},
      {"SELECT s.id, n FROM s JOIN r WITHIN 1 DAY ON s.id = r.id PARTITION BY s.id;", 0},
      {"SELECT n, s.id FROM s JOIN none WITHIN 1 DAY ON s.id = none.w;", 1},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    bench_run(b, sl_arena_printf(&b->arena, "CREATE STREAM x%zu AS %s", i, list[i].sql));
    if (repartitions(b) != list[i].moves)
      fail_msg("%s: %d repartition topics, not %d", list[i].sql, repartitions(b), list[i].moves);
  }
  bench_run(b, "CREATE TABLE c AS SELECT s.id, COUNT(*) FROM s JOIN r WITHIN 1 DAY ON s.id = r.id GROUP BY s.id;");
  assert_int_equal(repartitions(b), 0);
}

static const sl_plan_join *find_join(const sl_plan_node *node) {
  while (node && node->kind != SL_PLAN_JOIN_STREAMS && node->kind != SL_PLAN_JOIN_TABLE &&
         node->kind != SL_PLAN_JOIN_TABLES)
    node = node->next_count ? node->next[0] : NULL;
  return (const sl_plan_join *)node;
}

static const sl_plan_join *join_of(const bench *b) {
  return find_join(&b->query.plan->subs[b->query.plan->sub_count - 1].sources[0]->base);
}

static void test_plans__hold_what_a_join_needs(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "CREATE STREAM a AS SELECT s.id, m FROM s RIGHT JOIN r WITHIN (1 SECOND, 2 SECONDS) GRACE PERIOD 3 "
               "SECONDS ON s.id = r.id;");
  const sl_plan_join *join = join_of(b);
  assert_int_equal(join->kind, SL_JOIN_LEFT); /* sides changed, spans as written */
  assert_int_equal(join->before, 1000);
  assert_int_equal(join->after, 2000);
  assert_int_equal(join->grace, 3000);
  assert_true(join->hold_unmatched);
  assert_int_equal(join->left->retention, 6000);
  assert_string_equal(join->left->name, "KSTREAM-JOINTHIS-0000000008-store");
  assert_string_equal(join->right->name, "KSTREAM-OUTEROTHER-0000000009-store");
  assert_string_equal(join->pending->name, "KSTREAM-OUTERSHARED-0000000008-store");
  assert_int_equal(join->items[1].side, 0); /* M is of the right source, now at port 0 */
  const sl_subtopology *sub = &b->query.plan->subs[0];
  assert_int_equal(sub->source_count, 2);
  assert_true(sl_str_eq_z(sub->sources[0]->alias, "S"));
  assert_int_equal(sub->sources[0]->base.next_ports[0], 1);
  assert_null(sub->sources[1]->base.next_ports);
  bench_run(b, "CREATE STREAM c AS SELECT s.id, n, m FROM s LEFT JOIN t2 ON s.id = t2.id;");
  join = join_of(b);
  assert_int_equal(join->base.kind, SL_PLAN_JOIN_TABLE);
  assert_null(join->left);
  assert_string_equal(join->right->name, "KafkaTopic_Right-Reduce");
  assert_int_equal(join->right->count, 1); /* M only */
  bench_run(b, "CREATE TABLE e AS SELECT t1.id, n, m FROM t1 RIGHT JOIN t2 ON t1.id = t2.id;");
  join = join_of(b);
  assert_int_equal(join->kind, SL_JOIN_RIGHT);
  assert_string_equal(join->left->name, "KafkaTopic_Left-Reduce");
}

/* The key has a value where the column it is named after has none. */
static void test_keys__of_an_absent_side_are_not_its_column(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "CREATE STREAM a AS SELECT r.id, AS_VALUE(r.id) AS c FROM s LEFT JOIN r WITHIN 1 DAY ON s.id = r.id;");
  const sl_plan_join *join = join_of(b);
  assert_int_equal(join->base.layout.count, 2);
  assert_int_equal(join->items[0].side, -1);
  assert_int_equal(join->items[1].side, 1);
  bench_run(b, "CREATE STREAM c AS SELECT s.id, AS_VALUE(s.id) AS c FROM s LEFT JOIN r WITHIN 1 DAY ON s.id = r.id;");
  assert_int_equal(join_of(b)->base.layout.count, 1);
}

static void test_warning__is_given_without_grace(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, S "s JOIN r WITHIN 1 DAY ON s.id = r.id;");
  assert_true(sl_str_starts(b->query.warning, sl_str_of("DEPRECATION NOTICE: Stream-stream joins statements without")));
  bench_run(b, "SELECT * FROM s JOIN r WITHIN 1 DAY ON s.id = r.id EMIT CHANGES;");
  assert_true(b->query.warning.len > 0);
  bench_run(b, "CREATE STREAM y AS SELECT * FROM s JOIN r WITHIN 1 DAY GRACE PERIOD 0 SECONDS ON s.id = r.id;");
  assert_int_equal(b->query.warning.len, 0);
  bench_run(b, "CREATE STREAM z AS SELECT * FROM s JOIN t1 ON s.id = t1.id;");
  assert_int_equal(b->query.warning.len, 0);
}

static void test_resolved__plans_to_the_same(void **state) {
  bench *b = *state;
  make_sources(b);
  static const char *const list[] = {
      "CREATE STREAM a AS SELECT * FROM s a LEFT JOIN r b WITHIN (1 SECOND, 1 DAY) ON a.v = b.v WHERE n = m;",
      "CREATE STREAM a1 AS SELECT * FROM s FULL JOIN r WITHIN 1 DAY GRACE PERIOD 1 HOUR ON s.id = r.id;",
      "CREATE STREAM a2 AS SELECT t2.*, n FROM s LEFT JOIN t2 ON s.id = t2.id RIGHT JOIN r WITHIN 1 DAY ON t2.id = "
      "r.v;",
      "CREATE TABLE a3 AS SELECT t2.id, t1.n, o FROM t1 LEFT JOIN t2 ON t2.id = t1.id JOIN t3 ON t2.id = t3.id "
      "WHERE o = 'x';",
      "CREATE STREAM a4 AS SELECT * FROM s JOIN t1 ON s.id = t1.id PARTITION BY t1.n;",
      "CREATE TABLE a5 AS SELECT r.id, COUNT(*) c FROM s LEFT JOIN r WITHIN 1 DAY ON s.id = r.id GROUP BY r.id;",
      "CREATE TABLE b1 AS SELECT * FROM t1 x LEFT JOIN t2 y ON x.v = y.id WHERE y.m = 'a';",
      "CREATE TABLE b2 AS SELECT two.*, t2.m AS name FROM two JOIN t2 ON two.id + two.j = t2.id;",
      "CREATE TABLE b3 AS SELECT t3.id, n, m FROM t1 JOIN t2 ON t2.id = t1.v RIGHT JOIN t3 ON t1.id = t3.id;",
      "CREATE TABLE b4 AS SELECT m, COUNT(*) c FROM t1 JOIN t2 ON t1.v = t2.id WHERE n = 'x' GROUP BY m;",
      "CREATE STREAM b5 AS SELECT t2.id, m FROM s JOIN t1 ON s.id = t1.id JOIN t2 ON t1.v = t2.id;",
      "CREATE STREAM a6 AS SELECT * FROM se JOIN se2 WITHIN 1 DAY ON se.id = se2.id;",
      "CREATE STREAM a7 AS SELECT s.v, EXPLODE(ARRAY[n, o]) e FROM s JOIN q WITHIN 1 DAY ON s.id = q.id PARTITION BY "
      "s.v;",
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    bench_clear(b);
    if (bench_plan(b, bench_parse(b, list[i]), false, false)) fail_msg("%s\n%s", list[i], b->err.message);
    const char *resolved = sl_str_z(&b->arena, b->query.resolved);
    const char *physical = sl_str_z(&b->arena, b->query.plan->physical_text);
    const char *contract = sl_str_z(&b->arena, b->query.plan->contract);
    bench_clear(b);
    if (bench_plan(b, bench_parse(b, resolved), true, false)) fail_msg("%s\n%s", resolved, b->err.message);
    assert_string_equal(resolved, sl_str_z(&b->arena, b->query.resolved));
    assert_string_equal(physical, sl_str_z(&b->arena, b->query.plan->physical_text));
    assert_string_equal(contract, sl_str_z(&b->arena, b->query.plan->contract));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PLANNER_TEST(test_criteria__are_one_equality_of_two_sources),
      PLANNER_TEST(test_criteria__name_columns_of_their_sources),
      PLANNER_TEST(test_kinds__say_what_can_be_joined),
      PLANNER_TEST(test_foreign_keys__are_refused_where_they_do_not_work),
      PLANNER_TEST(test_windows__must_agree),
      PLANNER_TEST(test_keys__must_be_projected),
      PLANNER_TEST(test_keys__are_the_first_projected_side),
      PLANNER_TEST(test_moves__are_made_only_where_keys_are_elsewhere),
      PLANNER_TEST(test_plans__hold_what_a_join_needs),
      PLANNER_TEST(test_keys__of_an_absent_side_are_not_its_column),
      PLANNER_TEST(test_warning__is_given_without_grace),
      PLANNER_TEST(test_resolved__plans_to_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
