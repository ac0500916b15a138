/* The registry: a list of tables. Everything a program can call is a row in one of them; nothing else is to be done for
 * a new function than to write its row (and, for a new file, to add its table here).
 *
 * On first use the rows are copied into one array with their overloads counted and their signatures parsed; look-ups
 * are a hash map over upper-case names. The registry lives as long as the process. */
#include "functions/function.h"
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/vec.h"
#include "functions/functions_int.h"
#include "functions/signature.h"

static const sl_function *const TABLES[] = {
    sl_fn_math,    sl_fn_round,     sl_fn_choice, sl_fn_string,  sl_fn_pad,        sl_fn_split,      sl_fn_regexp,
    sl_fn_search,  sl_fn_code,      sl_fn_mask,   sl_fn_bytes,   sl_fn_json,       sl_fn_json_field, sl_fn_json_print,
    sl_fn_url,     sl_fn_geo,       sl_fn_like,   sl_fn_array,   sl_fn_map,        sl_fn_lambda,     sl_fn_table,
    sl_agg_count,  sl_agg_sum,      sl_agg_avg,   sl_agg_minmax, sl_agg_deviation, sl_agg_collect,   sl_agg_topk,
    sl_agg_offset, sl_agg_distinct, sl_fn_date,   sl_fn_time,    sl_fn_timestamp,
};

typedef struct entry {
  sl_function function; /* first: a handed-out pointer leads back to its entry */
  const sl_signature *signatures;
} entry;

static struct {
  sl_arena arena;
  sl_map by_name;
  const sl_function **sorted; /* visible ones */
  size_t sorted_count;
} registry;
static pthread_once_t registry_once = PTHREAD_ONCE_INIT;

static int add_row(const sl_function *row, sl_err *err) {
  entry *e = sl_arena_zalloc(&registry.arena, sizeof *e);
  e->function = *row;
  int n = 0;
  while (row->overloads[n].signature) n++;
  e->function.overload_count = n;
  sl_signature *sigs = sl_arena_calloc(&registry.arena, (size_t)n, sizeof *sigs);
  for (int i = 0; i < n; i++) {
    int rc = sl_signature_parse(&registry.arena, row->overloads[i].signature, &sigs[i], err);
    if (rc) return sl_err_prefix(err, "%s: ", row->name);
  }
  e->signatures = sigs;
  sl_map_put(&registry.by_name, sl_str_of(row->name), e);
  return 0;
}

static bool is_hidden(const sl_function *function) {
  return function->overload_count > 0 && (function->overloads[0].flags & SL_FN_HIDDEN);
}

static int by_kind_and_name(const void *a, const void *b) {
  const sl_function *x = *(const sl_function *const *)a, *y = *(const sl_function *const *)b;
  return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static void sort_visible(void) {
  registry.sorted = sl_arena_calloc(&registry.arena, registry.by_name.count, sizeof *registry.sorted);
  registry.sorted_count = 0;
  size_t at = 0;
  for (sl_map_entry *m; (m = sl_map_next(&registry.by_name, &at));) {
    const entry *e = m->value;
    if (!is_hidden(&e->function)) registry.sorted[registry.sorted_count++] = &e->function;
  }
  qsort(registry.sorted, registry.sorted_count, sizeof *registry.sorted, by_kind_and_name);
}

static int add_table(const sl_function *table, sl_err *err) {
  for (const sl_function *row = table; row->name; row++) {
    int rc = add_row(row, err);
    if (rc) return rc;
  }
  return 0;
}

static void fill(void) {
  sl_arena_init(&registry.arena, 64 * 1024);
  sl_err err = {0};
  for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++)
    if (add_table(TABLES[i], &err)) {
      fprintf(stderr, "%s\n", err.message); /* a mistake in our own table: the tests see it at once */
      abort();
    }
  sort_visible();
}

int sl_function_add(const sl_function *table, sl_err *err) {
  pthread_once(&registry_once, fill);
  int rc = add_table(table, err);
  if (!rc) sort_visible();
  return rc;
}

const sl_function *sl_function_operator(sl_str name) {
  pthread_once(&registry_once, fill);
  enum { LONGEST = 64 };
  char upper[LONGEST];
  if (name.len > LONGEST) return NULL;
  for (size_t i = 0; i < name.len; i++) upper[i] = (char)toupper((unsigned char)name.ptr[i]);
  const entry *e = sl_map_find(&registry.by_name, sl_str_n(upper, name.len));
  return e ? &e->function : NULL;
}

const sl_function *sl_function_find(sl_str name) {
  const sl_function *function = sl_function_operator(name);
  return function && !is_hidden(function) ? function : NULL;
}

const sl_function *const *sl_functions(size_t *count) {
  pthread_once(&registry_once, fill);
  *count = registry.sorted_count;
  return registry.sorted;
}

const sl_signature *sl_function_signature(const sl_function *function, int overload) {
  return &((const entry *)(const void *)function)->signatures[overload];
}

const char *sl_function_spelling(sl_arena *arena, const sl_function *function) {
  return function->spelling ? function->spelling : sl_str_lower(arena, sl_str_of(function->name)).ptr;
}

int sl_fail(sl_call *call, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int rc = sl_err_setv(call->err, SL_E_EVALUATE, SL_NO_POS, fmt, args);
  va_end(args);
  return rc;
}

int sl_fail_size(sl_call *call) {
  return sl_fail(call, "The result is larger than %d MiB.", SL_TEXT_MAX >> 20);
}
