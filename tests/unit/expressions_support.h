/* Support of the expression tests: evaluates SQL text over one row of a fixed layout and prints what comes out. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "expressions/program.h"
#include "parser/parser.h"

typedef struct bench {
  sl_arena arena;
  sl_slot slots[32];
  sl_value values[32];
  sl_layout layout;
  sl_typing typing;
  bool late;
  char error[1024]; /* of the last evaluation: messages of on_error, joined with '|' */
} bench;

static inline void bench_column(bench *b, const char *name, const char *type, const char *value_sql);

static inline void bench_init(bench *b) {
  memset(b, 0, sizeof *b);
  sl_arena_init(&b->arena, 0);
  b->layout.slots = b->slots;
  b->typing = (sl_typing){.layout = &b->layout, .nested_null = true, .preserve_nulls = true, .lambdas_enabled = true};
  b->typing.late = &b->late;
}

static inline void bench_done(bench *b) {
  sl_arena_done(&b->arena);
}

static inline int bench_type(bench *b, const char *sql, const sl_typed **out, sl_err *err) {
  const sl_expr *expr;
  int rc = sl_parse_expr(&b->arena, sl_str_of(sql), &expr, err);
  return rc ? rc : sl_typed_build(&b->arena, expr, &b->typing, out, err);
}

static inline void bench_on_error(void *ctx, int result, const sl_row *row, const sl_err *err) {
  bench *b = ctx;
  (void)result, (void)row;
  size_t n = strlen(b->error);
  snprintf(b->error + n, sizeof b->error - n, "%s%s%s%s", n ? "|" : "", err->message, err->hint ? ": " : "",
           err->hint ? err->hint : "");
}

static inline sl_value bench_run(bench *b, const sl_typed *typed) {
  const sl_program *program;
  sl_err err = {0};
  if (sl_program_build(&b->arena, &typed, 1, &program, &err)) fail_msg("%s", err.message);
  sl_runner *runner = sl_runner_new(program);
  sl_row row = {.values = b->values};
  sl_value out;
  b->error[0] = 0;
  sl_runner_run(runner, &b->arena, 0, &row, NULL, 1, false, &out, 1, bench_on_error, b);
  sl_runner_free(runner);
  sl_program_done(program);
  return out;
}

/* "TYPE value", or "error: message" when it does not type. */
static inline const char *bench_eval(bench *b, const char *sql) {
  const sl_typed *typed;
  sl_err err = {0};
  if (bench_type(b, sql, &typed, &err)) {
    const char *text = sl_arena_printf(&b->arena, "error: %s", err.message);
    sl_err_done(&err);
    return text;
  }
  sl_value v = bench_run(b, typed);
  sl_buf out = {0};
  sl_type_print(&out, sl_typed_type(typed), SL_TYPE_UNQUOTED);
  sl_buf_add_z(&out, " ");
  if (sl_typed_type(typed)->base == SL_BYTES || sl_typed_type(typed)->base == SL_ARRAY)
    sl_value_print_json(&out, sl_typed_type(typed), &v);
  else
    sl_value_print(&out, sl_typed_type(typed), &v);
  const char *text = sl_arena_dup(&b->arena, out.data, out.len);
  sl_buf_done(&out);
  return text;
}

/* Adds a column; its value is what value_sql gives when cast to type. */
static inline void bench_column(bench *b, const char *name, const char *type, const char *value_sql) {
  const sl_ast_type *ast;
  const sl_type *t = NULL;
  sl_err err = {0};
  if (sl_parse_type(&b->arena, sl_str_of(type), &ast, &err) || sl_resolve_type(&b->arena, ast, NULL, &t, &err))
    fail_msg("%s", err.message);
  int at = b->layout.count;
  b->slots[at] = (sl_slot){sl_str_of(name), t};
  b->values[at] = sl_null();
  const sl_typed *typed;
  const char *sql = sl_arena_printf(&b->arena, "CAST(%s AS %s)", value_sql, type);
  if (bench_type(b, sql, &typed, &err)) fail_msg("%s: %s", sql, err.message);
  b->values[at] = bench_run(b, typed);
  b->layout.count++;
}

typedef struct example {
  const char *sql, *want;
} example;

/* The list ends with an empty example. */
static inline void bench_check(void **state, const example *list) {
  bench *b = *state;
  for (; list->sql; list++) {
    const char *got = bench_eval(b, list->sql);
    if (strcmp(got, list->want)) fail_msg("%s\n   gave %s\n   not  %s\n   (%s)", list->sql, got, list->want, b->error);
  }
}

/* For group tests whose state is a bench. */
static inline int bench_teardown(void **state) {
  bench_done(*state);
  return 0;
}

/* The example fails while it is evaluated, with exactly this message. */
static inline void bench_check_error(void **state, const char *sql, const char *message) {
  bench *b = *state;
  const char *got = bench_eval(b, sql);
  if (!strstr(got, " null") || strcmp(b->error, message))
    fail_msg("%s\n   gave %s, error '%s'\n   not '%s'", sql, got, b->error, message);
}
