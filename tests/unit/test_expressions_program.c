/* Programs: chunks and single rows agree, work is shared and skipped as promised, nothing is allocated per record;
 * table and aggregate calls. */
#include "expressions/program_int.h"
#include "expressions_support.h"
#include "tests/unit/counting_heap.h"
#include <stdlib.h>

enum { ROWS = 1000 };

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "I", "INTEGER", "5");
  bench_column(&b, "L", "BIGINT", "6");
  bench_column(&b, "D", "DOUBLE", "2.5");
  bench_column(&b, "S", "STRING", "'text'");
  bench_column(&b, "B", "BOOLEAN", "true");
  bench_column(&b, "A", "ARRAY<INTEGER>", "ARRAY[1, 2, 3]");
  bench_column(&b, "DEC", "DECIMAL(8, 2)", "1.5");
  *state = &b;
  return 0;
}

static uint64_t seed = 42;
static uint32_t rnd(uint32_t n) {
  seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % n;
}

/* Rows of random values of the bench's columns, a tenth of them NULL. */
static sl_row *random_rows(bench *b, int count) {
  static const char *const TEXTS[] = {"", "a", "abc", "Élan", "x-y-z", "7", "-12", "text with blanks", "😀"};
  sl_row *rows = sl_arena_calloc(&b->arena, (size_t)count, sizeof *rows);
  for (int i = 0; i < count; i++) {
    sl_value *v = sl_arena_calloc(&b->arena, (size_t)b->layout.count, sizeof *v);
    rows[i].values = v;
    v[0] = sl_of_i64((int32_t)rnd(20) - 10);
    v[1] = sl_of_i64((int64_t)rnd(1000000) - 500000);
    v[2] = sl_of_f64((double)rnd(1000) / 8 - 50);
    v[3] = sl_of_str(sl_str_of(TEXTS[rnd(sizeof TEXTS / sizeof *TEXTS)]));
    v[4] = sl_of_bool(rnd(2));
    sl_value *items = sl_arena_calloc(&b->arena, 4, sizeof *items);
    for (int k = 0; k < 4; k++) items[k] = rnd(5) ? sl_of_i64(rnd(9)) : sl_null();
    v[5] = sl_of_items(items, rnd(5));
    v[6] = sl_of_i64((int64_t)rnd(100000));
    for (int k = 0; k < b->layout.count; k++)
      if (!rnd(10)) v[k] = sl_null();
  }
  return rows;
}

static const sl_program *build(bench *b, const char *const *sql, int count) {
  const sl_typed *typed[16];
  sl_err err = {0};
  const sl_program *program;
  for (int i = 0; i < count; i++)
    if (bench_type(b, sql[i], &typed[i], &err)) fail_msg("%s: %s", sql[i], err.message);
  if (sl_program_build(&b->arena, typed, count, &program, &err)) fail_msg("%s", err.message);
  return program;
}

static const char *const MIXED[] = {
    "CASE WHEN I > 3 AND L / I > 100 THEN UCASE(S) WHEN B THEN S + '!' ELSE REPLACE(S, 'x', 'yy') END",
    "I + L * 2 - CAST(S AS INTEGER)",
    "B AND (I < 0 OR L > 0 AND NOT (D BETWEEN -3 AND 9))",
    "TRANSFORM(A, X => CASE WHEN X > 3 THEN X * I ELSE X + CAST(L AS INTEGER) END)",
    "COALESCE(S LIKE '%a%' AND (I IN (1, 2, 3)) = B, NULL) IS NULL",
    "ARRAY[I, I / (I - 1), CAST(S AS INTEGER)]",
    "DEC * DEC + I",
    "CASE WHEN I = 0 THEN 0 ELSE 10 / I END",
    "STRUCT(A := A[1], B := REDUCE(A, 0, (Q, X) => Q + COALESCE(X, 0)))->B",
    "SUBSTRING(S, I, 3) || LPAD(S, 4, '-')",
};
enum { MIXED_COUNT = sizeof MIXED / sizeof *MIXED };

/* Everything a run says, as text. */
typedef struct transcript {
  sl_buf errors[ROWS];
  const sl_row *rows;
} transcript;

static void note_error(void *ctx, int result, const sl_row *row, const sl_err *err) {
  transcript *t = ctx;
  sl_buf_printf(&t->errors[row - t->rows], "%d:%s%s;", result, err->message, err->hint ? err->hint : "");
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Errors of a row in an order that does not depend on how the rows were cut. */
static char *sorted(sl_arena *arena, sl_buf *buf) {
  char *text = sl_arena_dup(arena, buf->data, buf->len), *parts[64], *save;
  size_t n = 0;
  for (char *p = strtok_r(text, ";", &save); p && n < 64; p = strtok_r(NULL, ";", &save)) parts[n++] = p;
  qsort(parts, n, sizeof *parts, by_text);
  char *out = sl_arena_dup(arena, "", 0);
  for (size_t i = 0; i < n; i++) out = sl_arena_printf(arena, "%s;%s", out, parts[i]);
  return out;
}

/* A program like program whose steps use the general kernels. */
static const sl_program *with_general_kernels(bench *b, const sl_program *program) {
  sl_program *copy = sl_arena_alloc(&b->arena, sizeof *copy);
  *copy = *program;
  const sl_block *block = &program->blocks[0];
  sl_step *steps = sl_arena_calloc(&b->arena, (size_t)block->count, sizeof *steps);
  copy->blocks = sl_arena_alloc(&b->arena, sizeof *copy->blocks);
  copy->blocks[0] = *block;
  copy->blocks[0].steps = steps;
  for (int i = 0; i < block->count; i++) {
    steps[i] = block->steps[i];
    steps[i].run = SL_KERNELS[steps[i].kind];
  }
  return copy;
}

static void test_kernels__quick_ones_agree_with_the_general_ones(void **state) {
  bench *b = *state;
  static const char *const LEFT[] = {"I", "L", "-2147483648", "(-9223372036854775807 - 1)", "D", "SQRT(D)", "S", "7"};
  static const char *const RIGHT[] = {"I", "L", "-1", "0", "9223372036854775807", "D", "SQRT(D)", "'x'", "S"};
  static const char *const OPS[] = {"+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"};
  static transcript quick, general;
  sl_row *rows = random_rows(b, SL_CHUNK);
  quick.rows = general.rows = rows;
  int compared = 0;
  for (size_t i = 0; i < sizeof LEFT / sizeof *LEFT * (sizeof RIGHT / sizeof *RIGHT) * (sizeof OPS / sizeof *OPS);
       i++) {
    const char *op = OPS[i % 12], *right = RIGHT[i / 12 % 9], *left = LEFT[i / 12 / 9];
    /* For all rows, and for those that a condition leaves. */
    const char *sql[] = {sl_arena_printf(&b->arena, "%s %s %s", left, op, right),
                         sl_arena_printf(&b->arena, "CASE WHEN B THEN %s %s %s END", left, op, right)};
    const sl_typed *typed[2];
    sl_err err = {0};
    const sl_program *program;
    if (bench_type(b, sql[0], &typed[0], &err) || bench_type(b, sql[1], &typed[1], &err)) {
      sl_err_done(&err);
      continue;
    }
    assert_int_equal(sl_program_build(&b->arena, typed, 2, &program, &err), 0);
    sl_runner *runners[] = {sl_runner_new(program), sl_runner_new(with_general_kernels(b, program))};
    static sl_value out[2][2 * SL_CHUNK];
    for (int n = 0; n < 2; n++)
      sl_runner_run(runners[n], &b->arena, 0, rows, NULL, SL_CHUNK, false, out[n], SL_CHUNK, note_error,
                    n ? &general : &quick);
    for (int row = 0; row < SL_CHUNK; row++) {
      for (int n = 0; n < 2; n++)
        if (!sl_value_equal(sl_program_type(program, n), &out[0][n * SL_CHUNK + row], &out[1][n * SL_CHUNK + row]))
          fail_msg("%s, row %d", sql[n], row);
      assert_string_equal(sl_buf_z(&quick.errors[row]), sl_buf_z(&general.errors[row]));
      compared++;
    }
    for (int n = 0; n < 2; n++) sl_runner_free(runners[n]);
    sl_program_done(program);
  }
  assert_true(compared > 300 * SL_CHUNK);
  for (int row = 0; row < SL_CHUNK; row++) sl_buf_done(&quick.errors[row]), sl_buf_done(&general.errors[row]);
}

static void test_program__gives_the_same_for_chunks_and_single_rows(void **state) {
  bench *b = *state;
  const sl_program *program = build(b, MIXED, MIXED_COUNT);
  sl_row *rows = random_rows(b, ROWS);
  sl_runner *chunks = sl_runner_new(program), *singles = sl_runner_new(program);
  static transcript a, c;
  memset(&a, 0, sizeof a), memset(&c, 0, sizeof c);
  a.rows = c.rows = rows;
  sl_value *whole = sl_arena_calloc(&b->arena, (size_t)MIXED_COUNT * ROWS, sizeof *whole);
  sl_value *one = sl_arena_calloc(&b->arena, (size_t)MIXED_COUNT * ROWS, sizeof *one);
  for (int i = 0; i < ROWS;) {
    int n = 1 + (int)rnd(SL_CHUNK);
    if (n > ROWS - i) n = ROWS - i;
    sl_runner_run(chunks, &b->arena, 0, rows + i, NULL, n, false, whole + i, ROWS, note_error, &a);
    i += n;
  }
  for (int i = 0; i < ROWS; i++)
    sl_runner_run(singles, &b->arena, 0, rows + i, NULL, 1, false, one + i, ROWS, note_error, &c);
  for (int r = 0; r < MIXED_COUNT; r++)
    for (int i = 0; i < ROWS; i++)
      if (!sl_value_equal(sl_program_type(program, r), &whole[r * ROWS + i], &one[r * ROWS + i]))
        fail_msg("result %d of row %d differs", r, i);
  for (int i = 0; i < ROWS; i++) {
    assert_string_equal(sorted(&b->arena, &a.errors[i]), sorted(&b->arena, &c.errors[i]));
    sl_buf_done(&a.errors[i]);
    sl_buf_done(&c.errors[i]);
  }
  sl_runner_free(chunks);
  sl_runner_free(singles);
  sl_program_done(program);
}

static void test_program__makes_no_heap_call_per_record(void **state) {
  bench *b = *state;
  static const char *const sql[] = {"UCASE(S)",
                                    "I + L",
                                    "S LIKE 'a%'",
                                    "CASE WHEN I > 3 THEN S ELSE SUBSTRING(S, 1, 2) END",
                                    "TRANSFORM(A, X => COALESCE(X, 0) + 1)",
                                    "REGEXP_EXTRACT('[a-z]+', S)",
                                    "DEC * 2",
                                    "ARRAY_JOIN(A)"};
  enum { COUNT = sizeof sql / sizeof *sql };
  const sl_program *program = build(b, sql, COUNT);
  sl_row *rows = random_rows(b, SL_CHUNK);
  for (int i = 0; i < SL_CHUNK; i++) /* errors do allocate: leave them out */
    for (int k = 0; k < b->layout.count; k++)
      if (sl_is_null(&rows[i].values[k])) rows[i].values[k] = b->values[k];
  sl_runner *runner = sl_runner_new(program);
  sl_value *out = sl_arena_calloc(&b->arena, (size_t)COUNT * SL_CHUNK, sizeof *out);
  sl_arena batch;
  sl_arena_init(&batch, 1 << 20);
  size_t before = 0;
  for (int round = 0; round < 10; round++) {
    if (round == 2) before = heap_calls;
    sl_arena_reset(&batch);
    sl_runner_run(runner, &batch, 0, rows, NULL, SL_CHUNK, false, out, SL_CHUNK, NULL, NULL);
  }
#ifndef SL_SANITIZED
  assert_int_not_equal(before, 0);
#endif
  assert_int_equal(heap_calls - before, 0);
  sl_arena_done(&batch);
  sl_runner_free(runner);
  sl_program_done(program);
}

static void test_program__filters_under_a_selection(void **state) {
  bench *b = *state;
  const sl_program *program = build(b, (const char *const[]){"10 / I > 1"}, 1);
  static sl_value values[6][8];
  static sl_row rows[6];
  static const int64_t INPUT[] = {1, 0, 20, 5, 2, 4};
  for (int i = 0; i < 6; i++) {
    values[i][0] = sl_of_i64(INPUT[i]);
    rows[i].values = values[i];
    rows[i].old = values[5 - i];
  }
  sl_runner *runner = sl_runner_new(program);
  const uint16_t selection[] = {1, 2, 3, 4};
  uint16_t out[6];
  b->error[0] = 0;
  assert_int_equal(sl_runner_filter(runner, &b->arena, 0, rows, selection, 4, false, out, bench_on_error, b), 2);
  assert_int_equal(out[0], 3);
  assert_int_equal(out[1], 4);
  assert_non_null(strstr(b->error, "ivision by zero"));
  assert_int_equal(sl_runner_filter(runner, &b->arena, 0, rows, NULL, 6, true, out, NULL, NULL), 4);
  assert_int_equal(out[0], 0); /* old of row 0 is 4 */
  sl_runner_free(runner);
  sl_program_done(program);
}

static void test_program__filters_no_rows_before_any(void **state) {
  bench *b = *state;
  const sl_program *program = build(b, (const char *const[]){"CASE WHEN I > 1 THEN I ELSE 0 END > 2"}, 1);
  sl_runner *runner = sl_runner_new(program);
  uint16_t out[1];
  assert_int_equal(sl_runner_filter(runner, &b->arena, 0, NULL, NULL, 0, false, out, NULL, NULL), 0);
  sl_runner_free(runner);
  sl_program_done(program);
}

static int count_text(const char *text, const char *part) {
  int n = 0;
  for (const char *p = text; (p = strstr(p, part)); p++) n++;
  return n;
}

static void test_program__computes_common_parts_once(void **state) {
  bench *b = *state;
  const sl_program *program = build(b, (const char *const[]){"UCASE(S) + 'a'", "UCASE(S) + 'b'", "LEN(UCASE(S))"}, 3);
  sl_buf text = {0};
  sl_program_print(&text, program);
  assert_int_equal(count_text(sl_buf_z(&text), "\"(VARCHAR input) -> VARCHAR\""), 1);
  assert_int_equal(count_text(sl_buf_z(&text), "column"), 1);
  sl_buf_done(&text);
  sl_program_done(program);
}

static void test_program__does_not_share_what_ran_for_some_rows_only(void **state) {
  bench *b = *state;
  b->values[0] = sl_of_i64(5);
  bench_check(state,
              (const example[]){
                  {"ARRAY[CASE WHEN I > 9 THEN LEN(S) ELSE 0 END, LEN(S)]", "ARRAY<INTEGER> [0,4]"},
                  {"(I > 9 AND LEN(S) = 4) = (LEN(S) = 4)", "BOOLEAN false"},
                  {"ARRAY[CASE WHEN I > 9 THEN 1 WHEN LEN(S) = 4 THEN 2 ELSE 3 END, LEN(S)]", "ARRAY<INTEGER> [2,4]"},
                  {0}});
}

static void test_program__evaluates_branches_lazily(void **state) {
  bench *b = *state;
  bench_eval(b, "CASE WHEN I = 5 THEN 1 ELSE I / 0 END");
  assert_string_equal(b->error, "");
  bench_eval(b, "I = 5 OR I / 0 = 1");
  assert_string_equal(b->error, "");
  bench_eval(b, "I <> 5 AND I / 0 = 1");
  assert_string_equal(b->error, "");
  bench_eval(b, "CASE WHEN I / 0 = 1 THEN 1 ELSE 2 END");
  assert_string_not_equal(b->error, "");
}

/* ---- calls ---- */

static const sl_typed *typed_of(bench *b, const char *sql) {
  const sl_typed *typed;
  sl_err err = {0};
  if (bench_type(b, sql, &typed, &err)) fail_msg("%s: %s", sql, err.message);
  return typed;
}

static void test_table_call__explodes(void **state) {
  bench *b = *state;
  sl_err err = {0};
  const sl_table_call *call;
  const sl_typed *arg = typed_of(b, "A");
  assert_int_equal(sl_table_call_build(&b->arena, sl_str_of("explode"), &arg, 1, SL_NO_POS, &call, &err), 0);
  assert_ptr_equal(sl_table_call_type(call), &SL_TYPE_INTEGER);
  sl_value out;
  assert_int_equal(sl_table_call_run(call, &b->arena, 0, &b->values[5], &out, &err), 0);
  assert_int_equal(out.len, 3);
  sl_value null = sl_null();
  assert_int_equal(sl_table_call_run(call, &b->arena, 0, &null, &out, &err), 0);
  assert_true(sl_is_null(&out));
  arg = typed_of(b, "ARRAY[1, NULL]");
  assert_int_equal(sl_table_call_build(&b->arena, sl_str_of("CUBE_EXPLODE"), &arg, 1, SL_NO_POS, &call, &err), 0);
  sl_value v;
  assert_int_equal(sl_typed_value(&b->arena, arg, &v, &err), 0);
  assert_int_equal(sl_table_call_run(call, &b->arena, 0, &v, &out, &err), 0);
  sl_buf text = {0};
  sl_value_print(&text, sl_type_array(&b->arena, sl_table_call_type(call)), &out);
  assert_string_equal(sl_buf_z(&text), "[[null, null], [1, null]]");
  sl_buf_done(&text);
  arg = typed_of(b, "MAP('a' := 1)");
  assert_int_not_equal(sl_table_call_build(&b->arena, sl_str_of("EXPLODE"), &arg, 1, SL_NO_POS, &call, &err), 0);
  assert_string_equal(err.message, "Function 'explode' does not accept parameters (MAP<STRING, INTEGER>).\nValid "
                                   "alternatives are:\nexplode(ARRAY<DECIMAL> input)\nexplode(ARRAY<T> list)\nFor "
                                   "detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;");
  sl_err_done(&err);
}

/* Feeds values (SQL constants; "-x" undoes x) to an aggregate and joins its results. */
static int64_t aggregate_limit = -1;
static const char *aggregate(bench *b, const char *name, const char *type, const char *const *inputs,
                             const char *literals) {
  const sl_typed *args[4];
  sl_err err = {0};
  int count = 0;
  args[count++] = typed_of(b, sl_arena_printf(&b->arena, "CAST(%s AS %s)", inputs[0], type));
  for (char *save, *p = strtok_r(sl_arena_dup(&b->arena, literals, strlen(literals)), ";", &save); p;
       p = strtok_r(NULL, ";", &save))
    args[count++] = typed_of(b, p);
  const sl_agg_call *call;
  if (sl_agg_call_build(&b->arena, sl_str_of(name), args, count, SL_NO_POS, &call, &err)) {
    const char *text = sl_arena_dup(&b->arena, err.message, strlen(err.message));
    sl_err_done(&err);
    return text;
  }
  if (aggregate_limit >= 0) call = sl_agg_call_limited(&b->arena, call, aggregate_limit);
  sl_value state, v, result;
  sl_buf text = {0};
  sl_agg_call_init(call, &b->arena, &state, &err);
  for (int i = 0; inputs[i]; i++) {
    bool undo = inputs[i][0] == '~';
    sl_typed_value(&b->arena, typed_of(b, sl_arena_printf(&b->arena, "CAST(%s AS %s)", inputs[i] + undo, type)), &v,
                   &err);
    int rc =
        undo ? sl_agg_call_undo(call, &b->arena, &state, &v, &err) : sl_agg_call_add(call, &b->arena, &state, &v, &err);
    if (rc) {
      sl_buf_printf(&text, "%s %s", sl_err_name(err.code), err.message);
      sl_err_done(&err);
      break;
    }
    state = sl_value_copy(&b->arena, sl_agg_call_state_type(call), &state);
    sl_agg_call_result(call, &b->arena, &state, &result, &err);
    if (i) sl_buf_add_z(&text, " ");
    sl_value_print(&text, sl_agg_call_type(call), &result);
  }
  const char *copy = sl_arena_dup(&b->arena, text.data, text.len);
  sl_buf_done(&text);
  return copy;
}

static void test_agg_call__follows_the_worked_results(void **state) {
  bench *b = *state;
  static const struct {
    const char *name, *type, *literals, *inputs[8], *want;
  } cases[] = {
      {"COUNT", "STRING", "", {"'a'", "NULL", "'b'", "~'a'"}, "1 1 2 1"},
      {"SUM", "INTEGER", "", {"2147483647", "1", "NULL", "~5"}, "2147483647 -2147483648 -2147483648 2147483643"},
      {"SUM", "BIGINT", "", {"9223372036854775807", "1"}, "9223372036854775807 -9223372036854775808"},
      {"SUM", "DOUBLE", "", {"0.1", "0.2"}, "0.1 0.30000000000000004"},
      {"SUM",
       "DECIMAL(3, 1)",
       "",
       {"99.9", "0.1"},
       "99.9AGGREGATE Numeric field overflow: A field with precision 3 and scale 1 must round to an absolute value "
       "less "
       "than 10^2. Got 100.0"},
      {"SUM_LIST", "ARRAY<INTEGER>", "", {"ARRAY[1, NULL, 2]", "NULL", "~ARRAY[2]"}, "3 3 1"},
      {"AVG", "INTEGER", "", {"1", "2", "2", "NULL"}, "1.0 1.5 1.6666666666666667 1.6666666666666667"},
      {"AVG", "BIGINT", "", {"-1", "9223372036854775807", "1"}, "-1.0 4.611686018427388E18 3.0744573456182584E18"},
      {"AVG", "DOUBLE", "", {"1", "~1"}, "1.0 0.0"},
      {"MIN", "STRING", "", {"NULL", "'b'", "'a'", "'c'"}, "null b a a"},
      {"MAX", "DECIMAL(4, 2)", "", {"1.5", "NULL", "2.25"}, "1.50 1.50 2.25"},
      {"STDDEV_SAMP",
       "INTEGER",
       "",
       {"0", "10", "7", "6", "NULL", "~6"},
       "0.0 50.0 26.333333333333332 17.583333333333332 17.583333333333332 26.333333333333332"},
      {"STDDEV_SAMPLE",
       "INTEGER",
       "",
       {"0", "10", "7", "6"},
       "0.0 7.0710678118654755 5.131601439446884 4.193248541803041"},
      {"COLLECT_LIST",
       "STRING",
       "",
       {"'foo'", "'bar'", "NULL", "~'foo'", "~'x'"},
       "[foo] [foo, bar] [foo, bar, null] [bar, null] [bar, null]"},
      {"COLLECT_SET", "STRING", "", {"'a'", "NULL", "'a'", "NULL"}, "[a] [a, null] [a, null] [a, null]"},
      {"HISTOGRAM", "STRING", "", {"'a'", "'b'", "'a'", "~'b'"}, "{a=1} {a=1, b=1} {a=2, b=1} {a=2}"},
      {"HISTOGRAM",
       "STRING",
       "",
       {"'a'", "~'b'"},
       "{a=1}AGGREGATE HISTOGRAM has no count for a value that is to be undone."},
      {"ATTR", "STRING", "", {"'1'", "NULL", "'1'", "~NULL"}, "1 null null 1"},
      {"COUNT_DISTINCT", "STRING", "", {"'1'", "'2'", "'1'", "NULL", "'3'"}, "1 2 2 2 3"},
      {"TOPK", "INTEGER", "3", {"0", "100", "99", "7", "100"}, "[0] [100, 0] [100, 99, 0] [100, 99, 7] [100, 100, 99]"},
      {"TOPKDISTINCT",
       "INTEGER",
       "3",
       {"0", "100", "99", "7", "100"},
       "[0] [100, 0] [100, 99, 0] [100, 99, 7] [100, 99, 7]"},
      {"TOPK", "INTEGER", "0", {"1"}, "Failed to create aggregate function: TOPK(1, 0): k must be 1 or greater"},
      {"LATEST_BY_OFFSET", "INTEGER", "", {"12", "NULL", "13"}, "12 12 13"},
      {"LATEST_BY_OFFSET", "INTEGER", "false", {"12", "NULL", "13"}, "12 null 13"},
      {"LATEST_BY_OFFSET", "INTEGER", "2", {"12", "NULL", "13"}, "[12] [12] [12, 13]"},
      {"LATEST_BY_OFFSET", "INTEGER", "2;false", {"12", "NULL", "13"}, "[12] [12, null] [null, 13]"},
      {"LATEST_BY_OFFSET",
       "INTEGER",
       "0",
       {"12"},
       "Failed to create aggregate function: LATEST_BY_OFFSET(12, 0): latestN must be 1 or greater"},
      {"LATEST_BY_OFFSET",
       "INTEGER",
       "I",
       {"12"},
       "Parameter 2 passed to function LATEST_BY_OFFSET must be a literal constant, but was expression: 'I'"},
      {"EARLIEST_BY_OFFSET", "INTEGER", "", {"NULL", "12", "13"}, "null 12 12"},
      {"EARLIEST_BY_OFFSET", "INTEGER", "false", {"NULL", "12"}, "null null"},
      {"EARLIEST_BY_OFFSET", "INTEGER", "2", {"1", "NULL", "2", "3"}, "[1] [1] [1, 2] [1, 2]"},
      {"MAX", "TIMESTAMP", "", {"'2020'", "'2019'"}, "2020-01-01T00:00:00.000 2020-01-01T00:00:00.000"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *got = aggregate(b, cases[i].name, cases[i].type, cases[i].inputs, cases[i].literals);
    if (strcmp(got, cases[i].want)) fail_msg("%s(%s): %s, not %s", cases[i].name, cases[i].type, got, cases[i].want);
  }
}

static void test_agg_call__is_limited_by_a_setting(void **state) {
  bench *b = *state;
  static const struct {
    const char *name, *inputs[8];
    int64_t limit;
    const char *want;
  } cases[] = {
      {"COLLECT_LIST", {"'a'", "'a'", "'b'", "~'a'", "'c'"}, 2, "[a] [a, a] [a, a] [a] [a, c]"},
      {"COLLECT_LIST", {"'a'", "'b'"}, 0, "[] []"},
      {"COLLECT_SET", {"'a'", "'a'", "'b'", "'c'"}, 2, "[a] [a] [a, b] [a, b]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    aggregate_limit = cases[i].limit;
    const char *got = aggregate(b, cases[i].name, "STRING", cases[i].inputs, "");
    aggregate_limit = -1;
    assert_string_equal(got, cases[i].want);
  }
  sl_err err = {0};
  const sl_typed *arg = typed_of(b, "S");
  const sl_agg_call *call;
  for (int set = 0; set < 2; set++) {
    sl_str name = sl_str_of(set ? "COLLECT_SET" : "COLLECT_LIST");
    assert_int_equal(sl_agg_call_build(&b->arena, name, &arg, 1, SL_NO_POS, &call, &err), 0);
    assert_string_equal(sl_agg_call_limit_setting(call),
                        set ? "ksql.functions.collect_set.limit" : "ksql.functions.collect_list.limit");
    call = sl_agg_call_limited(&b->arena, call, 3);
    const sl_value left[] = {sl_of_str(sl_str_of("a")), sl_of_str(sl_str_of("b"))},
                   right[] = {sl_of_str(sl_str_of("b")), sl_of_str(sl_str_of("c")), sl_of_str(sl_str_of("d"))};
    sl_value sum = sl_of_items(left, 2), other = sl_of_items(right, 3);
    assert_int_equal(sl_agg_call_merge(call, &b->arena, &sum, &other, &err), 0);
    sl_buf text = {0};
    sl_value_print(&text, sl_agg_call_type(call), &sum);
    assert_string_equal(sl_buf_z(&text), set ? "[a, b, c]" : "[a, b, b]");
    sl_buf_done(&text);
  }
}

static int64_t distinct(const sl_agg_call *call, sl_arena *arena, const sl_value *state) {
  sl_value out;
  sl_err err = {0};
  assert_int_equal(sl_agg_call_result(call, arena, state, &out, &err), 0);
  return out.i64;
}

/* Adds the numbers [from, to), keeping the state as a store would. */
static void count_numbers(const sl_agg_call *call, sl_arena *keep, sl_value *state, int64_t from, int64_t to) {
  sl_arena scratch;
  sl_err err = {0};
  sl_arena_init(&scratch, 0);
  for (int64_t i = from; i < to; i++) {
    sl_value v = sl_of_i64(i);
    sl_arena_reset(&scratch);
    const sl_value *was = state->items;
    assert_int_equal(sl_agg_call_add(call, &scratch, state, &v, &err), 0);
    if (state->items != was) *state = sl_value_copy(keep, sl_agg_call_state_type(call), state);
  }
  sl_arena_done(&scratch);
}

static void assert_near(int64_t got, int64_t want, double error) {
  if ((double)llabs(got - want) > error * (double)want)
    fail_msg("%lld is not near %lld", (long long)got, (long long)want);
}

static void test_agg_call__count_distinct_is_near(void **state) {
  bench *b = *state;
  sl_err err = {0};
  const sl_agg_call *call;
  const sl_typed *arg = typed_of(b, "L");
  sl_arena arena;
  sl_arena_init(&arena, 0);
  assert_int_equal(sl_agg_call_build(&arena, sl_str_of("COUNT_DISTINCT"), &arg, 1, SL_NO_POS, &call, &err), 0);
  static const int64_t COUNTS[] = {10, 100, 250, 300, 1000, 10000, 60000};
  static const double ERRORS[] = {0, 0.02, 0.02, 0.02, 0.02, 0.03, 0.03};
  sl_value parts[7];
  for (int i = 0; i < 7; i++) {
    assert_int_equal(sl_agg_call_init(call, &arena, &parts[i], &err), 0);
    count_numbers(call, &arena, &parts[i], 0, COUNTS[i]);
    assert_near(distinct(call, &arena, &parts[i]), COUNTS[i], ERRORS[i]);
    int64_t before = distinct(call, &arena, &parts[i]);
    count_numbers(call, &arena, &parts[i], 0, COUNTS[i] < 1000 ? COUNTS[i] : 1000); /* again: no change */
    assert_int_equal(distinct(call, &arena, &parts[i]), before);
  }
  /* Merging is like having seen both: each with each, whatever their forms. */
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < 7; j++) {
      sl_value sum = parts[i];
      assert_int_equal(sl_agg_call_merge(call, &arena, &sum, &parts[j], &err), 0);
      assert_int_equal(distinct(call, &arena, &sum), distinct(call, &arena, &parts[i > j ? i : j]));
    }
  sl_value left, right;
  sl_agg_call_init(call, &arena, &left, &err);
  sl_agg_call_init(call, &arena, &right, &err);
  count_numbers(call, &arena, &left, 0, 150);
  count_numbers(call, &arena, &right, 150, 300);
  assert_int_equal(sl_agg_call_merge(call, &arena, &left, &right, &err), 0);
  assert_int_equal(distinct(call, &arena, &left), distinct(call, &arena, &parts[3]));
  sl_arena_done(&arena);
}

static void test_agg_call__keeps_structs_of_several_columns(void **state) {
  bench *b = *state;
  sl_err err = {0};
  const sl_agg_call *call;
  const sl_typed *args[] = {typed_of(b, "I"), typed_of(b, "S"), typed_of(b, "3")};
  assert_int_equal(sl_agg_call_build(&b->arena, sl_str_of("TOPK"), args, 3, SL_NO_POS, &call, &err), 0);
  assert_string_equal(sl_type_text(&b->arena, sl_agg_call_type(call)),
                      "ARRAY<STRUCT<`sort_col` INTEGER, `col0` STRING>>");
  sl_value state_value, out;
  sl_agg_call_init(call, &b->arena, &state_value, &err);
  static const struct {
    int64_t v;
    const char *name;
  } rows[] = {{0, "zero"}, {100, "one"}, {99, "two"}, {-1, "three"}, {100, NULL}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sl_value row[] = {rows[i].v < 0 ? sl_null() : sl_of_i64(rows[i].v),
                      rows[i].name ? sl_of_str(sl_str_of(rows[i].name)) : sl_null()};
    assert_int_equal(sl_agg_call_add(call, &b->arena, &state_value, row, &err), 0);
  }
  sl_agg_call_result(call, &b->arena, &state_value, &out, &err);
  sl_buf text = {0};
  sl_value_print_json(&text, sl_agg_call_type(call), &out);
  assert_string_equal(sl_buf_z(&text), "[{\"sort_col\":100,\"col0\":\"one\"},{\"sort_col\":100,\"col0\":null},"
                                       "{\"sort_col\":99,\"col0\":\"two\"}]");
  sl_buf_done(&text);
}

/* 1@0, NULL@1500, 2@700 with a gap of a second (functions.md 20.4). */
static void test_agg_call__merges_latest_as_sessions_do(void **state) {
  bench *b = *state;
  static const struct { const char *ignore, *want; } cases[] = {{"false", "[null, 2]"}, {"true", "[1, 2]"}};
  for (int i = 0; i < 2; i++) {
    sl_err err = {0};
    const sl_agg_call *call;
    const sl_typed *args[] = {typed_of(b, "I"), typed_of(b, "2"), typed_of(b, cases[i].ignore)};
    assert_int_equal(sl_agg_call_build(&b->arena, sl_str_of("LATEST_BY_OFFSET"), args, 3, SL_NO_POS, &call, &err), 0);
    sl_value sessions[2], merged, out, values[] = {sl_of_i64(1), sl_null(), sl_of_i64(2)};
    for (int k = 0; k < 2; k++) {
      sl_agg_call_init(call, &b->arena, &sessions[k], &err);
      sl_agg_call_add(call, &b->arena, &sessions[k], &values[k], &err);
    }
    sl_agg_call_init(call, &b->arena, &merged, &err);
    for (int k = 0; k < 2; k++) sl_agg_call_merge(call, &b->arena, &merged, &sessions[k], &err);
    sl_agg_call_add(call, &b->arena, &merged, &values[2], &err);
    sl_agg_call_result(call, &b->arena, &merged, &out, &err);
    sl_buf text = {0};
    sl_value_print(&text, sl_agg_call_type(call), &out);
    assert_string_equal(sl_buf_z(&text), cases[i].want);
    sl_buf_done(&text);
  }
}

static void test_agg_call__does_not_cast(void **state) {
  bench *b = *state;
  const char *inputs[] = {"'a'", NULL};
  assert_non_null(
      strstr(aggregate(b, "SUM", "STRING", inputs, ""), "Function 'SUM' does not accept parameters (STRING)."));
  inputs[0] = "1.5";
  assert_non_null(strstr(aggregate(b, "AVG", "DECIMAL(2, 1)", inputs, ""),
                         "Function 'avg' does not accept parameters (DECIMAL(2, 1))."));
  inputs[0] = "true";
  assert_non_null(strstr(aggregate(b, "MAX", "BOOLEAN", inputs, ""), "does not accept parameters (BOOLEAN)."));
}

static void test_agg_call__says_whether_tables_may_use_it(void **state) {
  bench *b = *state;
  sl_err err = {0};
  const sl_agg_call *call;
  const sl_typed *arg = typed_of(b, "I");
  assert_int_equal(sl_agg_call_build(&b->arena, sl_str_of("sum"), &arg, 1, SL_NO_POS, &call, &err), 0);
  assert_true(sl_agg_call_has_undo(call));
  assert_int_equal(sl_agg_call_build(&b->arena, sl_str_of("max"), &arg, 1, SL_NO_POS, &call, &err), 0);
  assert_false(sl_agg_call_has_undo(call));
  int count;
  sl_agg_call_args(call, &count);
  assert_int_equal(count, 1);
}

static void test_agg_call__merges_sessions(void **state) {
  bench *b = *state;
  sl_err err = {0};
  const sl_agg_call *call;
  const sl_typed *arg = typed_of(b, "D");
  assert_int_equal(sl_agg_call_build(&b->arena, sl_str_of("AVG"), &arg, 1, SL_NO_POS, &call, &err), 0);
  sl_value one, two, v, out;
  sl_agg_call_init(call, &b->arena, &one, &err);
  sl_agg_call_init(call, &b->arena, &two, &err);
  v = sl_of_f64(1);
  sl_agg_call_add(call, &b->arena, &one, &v, &err);
  v = sl_of_f64(4);
  sl_agg_call_add(call, &b->arena, &two, &v, &err);
  assert_int_equal(sl_agg_call_merge(call, &b->arena, &one, &two, &err), 0);
  sl_agg_call_result(call, &b->arena, &one, &out, &err);
  assert_true(out.f64 == 2.5);
}

/* Keys that are written alike are refused; others may still be equal. */
static void test_map__of_many_keys_the_last_of_equal_ones_wins_in_the_place_of_the_first(void **state) {
  enum { KEYS = 30000, TWICE = 1000 };
  bench *b = *state;
  sl_buf sql = {0};
  sl_buf_add_z(&sql, "MAP('k0' := 0");
  for (int i = 1; i < KEYS; i++) sl_buf_printf(&sql, ", 'k%d' := %d", i, i);
  for (int i = 0; i < TWICE; i++) sl_buf_printf(&sql, ", 'k' + '%d' := %d", KEYS - 1 - i, -i);
  sl_buf_add_z(&sql, ", CAST(NULL AS STRING) := 7, SUBSTRING(S, 9) := 8, CAST(I / 0 AS STRING) := 9)");
  sl_buf_add_byte(&sql, 0);
  sl_value v = bench_run(b, typed_of(b, (const char *)sql.data));
  assert_int_equal(v.len, KEYS + 2); /* the text behind the end of S is empty */
  for (int i = 0; i < KEYS; i++) {
    char key[20];
    snprintf(key, sizeof key, "k%d", i);
    assert_true(sl_str_eq_z(sl_value_str(&v.items[2 * i]), key));
    assert_int_equal(v.items[2 * i + 1].i64, i >= KEYS - TWICE ? i - (KEYS - 1) : i);
  }
  assert_true(sl_is_null(&v.items[2 * KEYS]));
  assert_int_equal(v.items[2 * KEYS + 1].i64, 9);
  sl_buf_done(&sql);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kernels__quick_ones_agree_with_the_general_ones),
      cmocka_unit_test(test_program__gives_the_same_for_chunks_and_single_rows),
      cmocka_unit_test(test_program__makes_no_heap_call_per_record),
      cmocka_unit_test(test_program__filters_under_a_selection),
      cmocka_unit_test(test_program__filters_no_rows_before_any),
      cmocka_unit_test(test_program__computes_common_parts_once),
      cmocka_unit_test(test_program__does_not_share_what_ran_for_some_rows_only),
      cmocka_unit_test(test_program__evaluates_branches_lazily),
      cmocka_unit_test(test_map__of_many_keys_the_last_of_equal_ones_wins_in_the_place_of_the_first),
      cmocka_unit_test(test_table_call__explodes),
      cmocka_unit_test(test_agg_call__follows_the_worked_results),
      cmocka_unit_test(test_agg_call__is_limited_by_a_setting),
      cmocka_unit_test(test_agg_call__count_distinct_is_near),
      cmocka_unit_test(test_agg_call__keeps_structs_of_several_columns),
      cmocka_unit_test(test_agg_call__merges_latest_as_sessions_do),
      cmocka_unit_test(test_agg_call__does_not_cast),
      cmocka_unit_test(test_agg_call__says_whether_tables_may_use_it),
      cmocka_unit_test(test_agg_call__merges_sessions),
  };
  return cmocka_run_group_tests(tests, setup, bench_teardown);
}
