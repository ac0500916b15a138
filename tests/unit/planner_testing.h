/* Support of the planner tests: a catalog in memory, topics that exist, statements planned and applied one after the
 * other. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/fs.h"
#include "parser/parser.h"
#include "planner/planner.h"

typedef struct bench {
  sl_arena arena;
  sl_fs *fs;
  sl_catalog *cat;
  sl_snapshot *snapshot;
  sl_settings settings;
  sl_topic_view view;
  struct {
    char name[64];
    int32_t partitions;
  } topics[16];
  int topic_count;
  uint64_t next_version, next_query;
  sl_err err;            /* of the last statement */
  sl_source_plan source; /* what the last statement planned */
  sl_query_plan query;
  sl_insert_plan insert;
} bench;

static inline bool bench_find_topic(void *ctx, sl_str name, int32_t *partitions, sl_topic_id *id) {
  bench *b = ctx;
  for (int i = 0; i < b->topic_count; i++) {
    if (!sl_str_eq_z(name, b->topics[i].name)) continue;
    *partitions = b->topics[i].partitions;
    *id = (sl_topic_id){{(uint8_t)(i + 1)}};
    return true;
  }
  return false;
}

static inline void bench_topic(bench *b, const char *name, int32_t partitions) {
  assert_true(b->topic_count < 16);
  snprintf(b->topics[b->topic_count].name, sizeof b->topics->name, "%s", name);
  b->topics[b->topic_count++].partitions = partitions;
}

static inline int bench_setup(void **state) {
  bench *b = calloc(1, sizeof *b);
  assert_non_null(b);
  sl_arena_init(&b->arena, 0);
  b->fs = sl_fs_memory_new();
  if (sl_catalog_open(b->fs, "/catalog.db", &b->cat, &b->err)) fail_msg("%s", b->err.message);
  b->snapshot = sl_catalog_snapshot(b->cat);
  b->view = (sl_topic_view){bench_find_topic, b};
  bench_topic(b, "t", 4);
  bench_topic(b, "one", 1);
  *state = b;
  return 0;
}

static inline void bench_clear(bench *b) {
  sl_plan_unref(b->query.plan);
  b->query = (sl_query_plan){0};
  b->source = (sl_source_plan){0};
  b->insert = (sl_insert_plan){0};
  sl_err_done(&b->err);
}

static inline int bench_teardown(void **state) {
  bench *b = *state;
  bench_clear(b);
  sl_settings_done(&b->settings);
  sl_snapshot_unref(b->snapshot);
  sl_catalog_close(b->cat);
  sl_fs_free(b->fs);
  sl_arena_done(&b->arena);
  free(b);
  return 0;
}

static inline void bench_set(bench *b, const char *name, const char *value) {
  sl_str text = sl_str_of(value);
  if (sl_settings_set(&b->settings, sl_str_of(name), &text, false, &b->err)) fail_msg("%s", b->err.message);
}

static inline sl_planning bench_planning(bench *b, bool stored) {
  return (sl_planning){.arena = &b->arena,
                       .snapshot = b->snapshot,
                       .settings = &b->settings,
                       .topics = &b->view,
                       .service_id = sl_str_of("svc_"),
                       .rules = SL_PLANNER_RULES,
                       .now_ms = 1000,
                       .stored = stored};
}

static inline void bench_put(bench *b, const sl_change *change) {
  sl_snapshot *next = sl_snapshot_apply(b->snapshot, change, 1);
  sl_snapshot_unref(b->snapshot);
  b->snapshot = next;
}

static inline void bench_put_source(bench *b, const sl_source_plan *plan) {
  sl_source source = *plan->source;
  source.version = ++b->next_version;
  if (plan->partitions) bench_topic(b, sl_str_z(&b->arena, source.topic), plan->partitions);
  sl_change change = {.kind = SL_CHANGE_PUT_SOURCE, .source = &source};
  bench_put(b, &change);
}

static inline int bench_type(bench *b, const sl_stmt_create_type *stmt) {
  sl_planning planning = bench_planning(b, false);
  sl_typing typing;
  sl_planning_typing(&planning, &typing);
  sl_custom_type type = {.name = stmt->name};
  int rc = sl_resolve_type(&b->arena, stmt->type, &typing, &type.type, &b->err);
  sl_change change = {.kind = SL_CHANGE_PUT_TYPE, .type = &type};
  if (!rc) bench_put(b, &change);
  return rc;
}

static inline sl_str bench_query_id(bench *b, const sl_statement *stmt) {
  if (stmt->kind != SL_STMT_CREATE_AS)
    return sl_str_printf(&b->arena, stmt->kind == SL_STMT_QUERY ? "transient_1" : "INSERTQUERY_%d", (int)b->next_query);
  const sl_stmt_create_as *create = (const sl_stmt_create_as *)stmt;
  return sl_str_printf(&b->arena, "C%cAS_" SL_STR_FMT "_%d", create->source_kind == SL_STREAM ? 'S' : 'T',
                       SL_STR_ARG(create->name), (int)b->next_query);
}

/* Plans one parsed statement; with apply, what it makes exists afterwards. */
static inline int bench_plan(bench *b, const sl_statement *stmt, bool stored, bool apply) {
  sl_planning planning = bench_planning(b, stored);
  sl_str id = bench_query_id(b, stmt);
  int rc = 0;
  switch (stmt->kind) {
  case SL_STMT_CREATE_SOURCE:
    rc = sl_plan_create_source(&planning, (const sl_stmt_create_source *)stmt, &b->source, &b->err);
    if (!rc && apply) bench_put_source(b, &b->source);
    return rc;
  case SL_STMT_CREATE_AS:
    rc = sl_plan_create_as(&planning, (const sl_stmt_create_as *)stmt, id, b->next_query, &b->query, &b->err);
    if (!rc && apply) bench_put_source(b, &b->query.sink);
    break;
  case SL_STMT_INSERT_SELECT:
    rc = sl_plan_insert_select(&planning, (const sl_stmt_insert_select *)stmt, id, b->next_query, &b->query, &b->err);
    break;
  case SL_STMT_QUERY: return sl_plan_push_query(&planning, (const sl_stmt_query *)stmt, id, 0, &b->query, &b->err);
  case SL_STMT_INSERT_VALUES:
    return sl_plan_insert_values(&planning, (const sl_stmt_insert_values *)stmt, &b->insert, &b->err);
  case SL_STMT_CREATE_TYPE: return bench_type(b, (const sl_stmt_create_type *)stmt);
  default: fail_msg("the bench has no %s", sl_statement_words(stmt->kind));
  }
  if (!rc && apply) b->next_query++;
  return rc;
}

static inline const sl_statement *bench_parse(bench *b, const char *sql) {
  sl_script script;
  if (sl_parse(&b->arena, sl_str_of(sql), SL_PARSE_OPTIONAL_END, &script, &b->err))
    fail_msg("%s\n%s", sql, b->err.message);
  assert_int_equal(script.count, 1);
  return script.statements[0];
}

/* Plans and applies; fails the test when it cannot. */
static inline void bench_run(bench *b, const char *sql) {
  bench_clear(b);
  if (bench_plan(b, bench_parse(b, sql), false, true)) fail_msg("%s\n%s", sql, b->err.message);
}

/* The message of a statement that must not be planned; "" when it is. */
static inline const char *bench_error(bench *b, const char *sql) {
  bench_clear(b);
  if (!bench_plan(b, bench_parse(b, sql), false, false)) return "";
  return b->err.message;
}

static inline const char *bench_schema(bench *b, const char *source) {
  const sl_source *found = sl_snapshot_source(b->snapshot, sl_str_of(source));
  return found ? sl_schema_text(&b->arena, &found->schema) : "no such source";
}

#define PLANNER_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

/* Statements that must be refused, each with a part of its message. */
typedef struct refusal {
  const char *sql, *message;
} refusal;

static inline void bench_refuses(bench *b, const refusal *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *got = bench_error(b, list[i].sql);
    if (!strstr(got, list[i].message)) fail_msg("%s\nwanted: %s\ngot: %s", list[i].sql, list[i].message, got);
  }
}
#define BENCH_REFUSES(b, list) bench_refuses(b, list, sizeof(list) / sizeof *(list))
