/* Support of the fuzz targets for functions: the input is cut into the texts A, B and C (at bytes 0xff, which no UTF-8
 * has) and the number N; SQL expressions are evaluated over them. An expression of type BOOLEAN is a law: it must not
 * be false when the texts are UTF-8 (they always are in records). The others are evaluated for what a sanitizer finds.
 */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "expressions/program.h"
#include "parser/parser.h"

enum { LAW_TEXTS = 3, LAW_COLUMNS = LAW_TEXTS + 1, LAWS_MAX = 64 };

typedef struct laws {
  const char *const *sql; /* ends with NULL */
  int count;
  sl_arena arena, results;
  sl_runner *runner;
  const sl_program *program;
} laws;

static inline void laws_build(laws *l, const char *const *sql) {
  static const sl_slot SLOTS[LAW_COLUMNS] = {{{"A", 1}, &SL_TYPE_STRING},
                                             {{"B", 1}, &SL_TYPE_STRING},
                                             {{"C", 1}, &SL_TYPE_STRING},
                                             {{"N", 1}, &SL_TYPE_BIGINT}};
  static const sl_layout LAYOUT = {.slots = SLOTS, .count = LAW_COLUMNS};
  const sl_typing typing = {.layout = &LAYOUT, .nested_null = true, .preserve_nulls = true, .lambdas_enabled = true};
  const sl_typed *typed[LAWS_MAX];
  sl_err err = {0};
  sl_arena_init(&l->arena, 0);
  sl_arena_init(&l->results, 0);
  l->sql = sql;
  for (; sql[l->count]; l->count++) {
    const sl_expr *expr;
    if (l->count == LAWS_MAX || sl_parse_expr(&l->arena, sl_str_of(sql[l->count]), &expr, &err) ||
        sl_typed_build(&l->arena, expr, &typing, &typed[l->count], &err)) {
      fprintf(stderr, "%s: %s\n", sql[l->count], err.message ? err.message : "too many laws");
      abort();
    }
  }
  if (sl_program_build(&l->arena, typed, l->count, &l->program, &err)) abort();
  l->runner = sl_runner_new(l->program);
}

/* An evaluation may fail, but then it says why. */
static inline void law_failed(void *ctx, int result, const sl_row *row, const sl_err *err) {
  (void)ctx, (void)result, (void)row;
  if (!err->message || !*err->message) abort();
}

static inline bool laws_are_texts(const sl_value *values) {
  for (int i = 0; i < LAW_TEXTS; i++)
    if (!sl_is_null(&values[i]) && !sl_utf8_valid(values[i].bytes, values[i].len)) return false;
  return true;
}

/* out gets the results, NULL for what failed; they live until the next run. */
static inline void laws_run(laws *l, sl_value *values, sl_value out[LAWS_MAX]) {
  sl_row row = {.values = values};
  sl_arena_reset(&l->results);
  sl_runner_run(l->runner, &l->results, 1700000000000, &row, NULL, 1, false, out, 1, law_failed, NULL);
  if (!laws_are_texts(values)) return;
  for (int i = 0; i < l->count; i++)
    if (sl_program_type(l->program, i)->base == SL_BOOLEAN && !sl_is_null(&out[i]) && !out[i].boolean) {
      fprintf(stderr, "broken: %s\n", l->sql[i]);
      abort();
    }
}

/* The texts are what stands between 0xff, NULL where there is none; the number is the first eight bytes of C. */
static inline void laws_values(const uint8_t *data, size_t size, sl_value values[LAW_COLUMNS]) {
  const char *p = (const char *)data, *end = p + size;
  for (int i = 0; i < LAW_TEXTS; i++) {
    const char *cut = p < end ? memchr(p, 0xff, (size_t)(end - p)) : NULL;
    const char *stop = cut ? cut : end;
    values[i] = p > end ? sl_null() : sl_of_str(sl_str_n(p, (size_t)(stop - p)));
    p = cut ? cut + 1 : end + 1;
  }
  int64_t n = 0;
  if (values[2].len) memcpy(&n, values[2].bytes, values[2].len < sizeof n ? values[2].len : sizeof n);
  values[LAW_TEXTS] = sl_of_i64(n);
}

/* One input of a target that has nothing but laws. */
static inline int laws_hold(laws *l, const char *const *sql, const uint8_t *data, size_t size) {
  sl_value values[LAW_COLUMNS], out[LAWS_MAX];
  if (!l->runner) laws_build(l, sql);
  laws_values(data, size, values);
  laws_run(l, values, out);
  return 0;
}
