/* What plans hold: schemas of results, what is carried and decoded, and that stored text plans to the same again. */
#include "tests/unit/planner_testing.h"

static void make_sources(bench *b) {
  bench_run(b, "CREATE TYPE addr AS STRUCT<town STRING, b INT>;");
  bench_run(b, "CREATE STREAM s (id INT KEY, a STRING, b INT, home addr, KSQL_COL_1 INT, et BIGINT) WITH "
               "(kafka_topic='t', value_format='json', timestamp='et');");
  bench_run(b, "CREATE TABLE tab (id INT PRIMARY KEY, a STRING, b INT) WITH (kafka_topic='t', value_format='json');");
}

static const char *created_schema(bench *b, const char *sql) {
  bench_run(b, sql);
  return sl_schema_text(&b->arena, &b->query.sink.source->schema);
}

static void test_schemas__names_of_items(void **state) {
  bench *b = *state;
  make_sources(b);
  assert_string_equal("`ID` INTEGER KEY, `KSQL_COL_0` INTEGER, `KSQL_COL_2` STRING, `TOWN` STRING, `B_1` INTEGER",
                      created_schema(b, "CREATE STREAM x1 AS SELECT b + 1, id, UCASE(a), home->town, home->b FROM s;"));
  assert_string_equal("`ID` INTEGER KEY, `TOWN` STRING, `B` INTEGER",
                      created_schema(b, "CREATE STREAM x2 AS SELECT id, home->* FROM s;"));
  assert_string_equal("`A` STRING KEY, `B` INTEGER, `HOME` STRUCT<`TOWN` STRING, `B` INTEGER>, `KSQL_COL_1` INTEGER, "
                      "`ET` BIGINT, `ID` INTEGER",
                      created_schema(b, "CREATE STREAM x3 AS SELECT * FROM s PARTITION BY a;"));
  assert_string_equal("`KSQL_COL_0` INTEGER KEY, `A` STRING, `ID` INTEGER",
                      created_schema(b, "CREATE STREAM x4 AS SELECT ABS(id), a, id FROM s PARTITION BY ABS(id);"));
  assert_string_equal("`TOWN` STRING KEY, `KSQL_COL_0` BIGINT",
                      created_schema(b, "CREATE TABLE x5 AS SELECT home->town, COUNT(*) FROM s GROUP BY home->town;"));
  assert_string_equal(
      "`A` STRING KEY, `B` INTEGER KEY, `KSQL_COL_0` INTEGER, `KSQL_COL_2` BIGINT",
      created_schema(b,
                     "CREATE TABLE x6 WITH (key_format='json') AS SELECT b, a, b + 1, COUNT(*) FROM s GROUP BY a, b;"));
}

static void test_resolved__needs_no_custom_type_and_plans_alike(void **state) {
  static const char *const list[] = {
      "CREATE STREAM x AS SELECT *, CAST(home AS addr) AS copy FROM s WHERE ROWTIME > '2020' PARTITION BY a;",
      "CREATE STREAM x WITH (value_format='delimited', value_delimiter='TAB') AS SELECT id, a FROM s q WHERE q.b > 1;",
      "CREATE TABLE x AS SELECT a, COUNT(*) n, SUM(b) FROM s WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS) "
      "GROUP "
      "BY a HAVING SUM(b) > 3;",
      "CREATE TABLE x AS SELECT a, COUNT(*) AS n FROM tab WHERE b > 1 GROUP BY a;",
      "CREATE STREAM x AS SELECT a FROM s PARTITION BY NULL;",
      "CREATE STREAM x AS SELECT * FROM s PARTITION BY ROWOFFSET;",
  };
  bench *b = *state;
  make_sources(b);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    bench_clear(b);
    if (bench_plan(b, bench_parse(b, list[i]), false, false)) fail_msg("%s: %s", list[i], b->err.message);
    sl_plan *first = sl_plan_ref(b->query.plan);
    const char *resolved = sl_str_z(&b->arena, b->query.resolved);
    assert_null(strstr(resolved, "ADDR"));
    assert_null(strstr(resolved, "*,"));
    bench_clear(b);
    if (bench_plan(b, bench_parse(b, resolved), true, false)) fail_msg("%s: %s", resolved, b->err.message);
    assert_true(sl_str_eq(first->contract, b->query.plan->contract));
    assert_true(sl_str_eq(first->physical_text, b->query.plan->physical_text));
    assert_string_equal(resolved, sl_str_z(&b->arena, b->query.resolved));
    sl_plan_unref(first);
  }
}

static void test_shown__keeps_stars_and_repeats_aliases(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "create table output as select a, count(*) from s group by a;");
  const char *text = sl_str_z(&b->arena, b->query.text);
  assert_non_null(strstr(text, "AS SELECT\n  S.A A,\n  COUNT(*) KSQL_COL_0\nFROM S S\nGROUP BY S.A\nEMIT CHANGES"));
  assert_non_null(strstr(text, "CLEANUP_POLICY='compact'"));
  bench_run(b, "CREATE STREAM o2 AS SELECT * FROM s;");
  assert_non_null(strstr(sl_str_z(&b->arena, b->query.text), "AS SELECT *\nFROM S S"));
}

static const sl_plan_source *first_source(const bench *b) {
  return b->query.plan->subs[0].sources[0];
}

static void test_source__holds_only_what_is_read(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "CREATE STREAM x AS SELECT id, b + 1 AS c FROM s WHERE ROWPARTITION = 0;");
  const sl_plan_source *source = first_source(b);
  assert_int_equal(4, source->base.layout.count); /* ID, B, ET for the timestamp, ROWPARTITION */
  assert_int_equal(1, source->base.layout.key_count);
  assert_int_equal(2, source->timestamp_slot);
  assert_true(source->needs_origin);
  assert_int_equal(SL_RESET_LATEST, source->reset);
  for (int i = 0; i < 4; i++) assert_true(source->slots[i].needed);
  assert_int_equal(SL_SLOT_ROWPARTITION, source->slots[3].origin);
}

static void test_push__marks_keys_and_makes_no_topics(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "SELECT b, id, a FROM tab EMIT CHANGES LIMIT 5;");
  const sl_plan *plan = b->query.plan;
  const sl_plan_response *response = (const sl_plan_response *)plan->last;
  assert_int_equal(SL_PLAN_RESPONSE, plan->last->kind);
  assert_false(plan->persistent);
  assert_false(response->is_key[0]);
  assert_true(response->is_key[1]);
  assert_int_equal(5, response->limit);
  assert_int_equal(SL_RESET_EARLIEST, first_source(b)->reset);
  assert_int_equal(0, plan->internal_topic_count);
  assert_string_equal("`B` INTEGER, `ID` INTEGER, `A` STRING", sl_schema_text(&b->arena, &plan->schema));
}

static void test_reset__setting_wins(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_set(b, "auto.offset.reset", "earliest");
  bench_run(b, "SELECT * FROM s EMIT CHANGES;");
  assert_int_equal(SL_RESET_EARLIEST, first_source(b)->reset);
}

static void test_tables__are_kept_only_where_old_rows_are_read(void **state) {
  bench *b = *state;
  make_sources(b);
  bench_run(b, "CREATE TABLE plain AS SELECT id, a FROM tab;");
  assert_int_equal(1, b->query.plan->subs[0].store_count);
  assert_string_equal("Project-Last", b->query.plan->subs[0].stores[0]->name);
  bench_run(b, "CREATE TABLE filtered AS SELECT id, a FROM tab WHERE b > 0;");
  assert_int_equal(2, b->query.plan->subs[0].store_count);
  assert_string_equal("KsqlTopic-Reduce", b->query.plan->subs[0].stores[0]->name);
  assert_int_equal(2, b->query.plan->subs[0].stores[0]->count); /* A and B */
}

static void test_contract__follows_what_is_durable_only(void **state) {
  bench *b = *state;
  make_sources(b);
  const char *same[] = {"CREATE TABLE x AS SELECT a, SUM(b) AS n FROM s GROUP BY a;",
                        "CREATE TABLE x AS SELECT a, SUM(b) * 2 AS m FROM s WHERE b > 0 GROUP BY a;"};
  sl_str prints[3];
  for (int i = 0; i < 2; i++) {
    bench_clear(b);
    assert_int_equal(0, bench_plan(b, bench_parse(b, same[i]), false, false));
    prints[i] = sl_str_dup(&b->arena, b->query.plan->contract);
  }
  bench_clear(b);
  assert_int_equal(
      0, bench_plan(b, bench_parse(b, "CREATE TABLE x AS SELECT a, AVG(b) AS n FROM s GROUP BY a;"), false, false));
  prints[2] = b->query.plan->contract;
  assert_true(sl_str_eq(prints[0], prints[1]));
  assert_false(sl_str_eq(prints[0], prints[2]));
}

static void test_sink__topic_and_formats_are_inherited(void **state) {
  bench *b = *state;
  bench_run(b, "CREATE STREAM d (id INT KEY, a STRING, b INT) WITH (kafka_topic='t', format='delimited', "
               "value_delimiter='|');");
  bench_set(b, "ksql.output.topic.name.prefix", "p_");
  bench_run(b, "CREATE STREAM Out AS SELECT * FROM d;");
  const sl_source *sink = b->query.sink.source;
  assert_true(sl_str_eq_z(sink->topic, "p_OUT"));
  assert_int_equal(4, b->query.sink.partitions);
  assert_true(sl_str_eq_z(sink->key_format.name, "DELIMITED"));
  assert_int_equal(1, sink->value_format.property_count);
  assert_true(sl_str_eq_z(sink->value_format.properties[0].value, "|"));
  bench_run(
      b, "CREATE TABLE wt AS SELECT id, COUNT(*) AS n FROM d WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 3 DAYS) GROUP "
         "BY id;");
  assert_int_equal(SL_WINDOW_TUMBLING, b->query.sink.source->window);
  assert_int_equal(60000, b->query.sink.source->window_size);
  assert_int_equal(2, b->query.sink.topic_setting_count);
  assert_true(sl_str_eq_z(b->query.sink.topic_settings[0].value, "compact,delete"));
  assert_true(sl_str_eq_z(b->query.sink.topic_settings[1].value, "259200000"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PLANNER_TEST(test_schemas__names_of_items),
      PLANNER_TEST(test_resolved__needs_no_custom_type_and_plans_alike),
      PLANNER_TEST(test_shown__keeps_stars_and_repeats_aliases),
      PLANNER_TEST(test_source__holds_only_what_is_read),
      PLANNER_TEST(test_push__marks_keys_and_makes_no_topics),
      PLANNER_TEST(test_reset__setting_wins),
      PLANNER_TEST(test_tables__are_kept_only_where_old_rows_are_read),
      PLANNER_TEST(test_contract__follows_what_is_durable_only),
      PLANNER_TEST(test_sink__topic_and_formats_are_inherited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
