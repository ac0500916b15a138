/* User functions: what is loaded, what is refused, and what a callback may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dlfcn.h>
#include <math.h>
#include <unistd.h>
#include <cmocka.h>
#include "functions/user_functions.h"
#include "functions/user_int.h"

static sl_arena arena;

/* ---- calling ---- */

/* A call of the overload that resolution picks for these types. */
static sl_call call_of(const char *name, const sl_type *const *types, int count, sl_err *err) {
  sl_argument args[8] = {{0}};
  for (int i = 0; i < count; i++) args[i].type = types[i];
  sl_resolution res;
  if (sl_function_resolve(&arena, sl_str_of(name), args, count, SL_NO_POS, &res, err)) fail_msg("%s", err->message);
  return (sl_call){.overload = &res.function->overloads[res.overload],
                   .arg_types = types,
                   .arg_count = count,
                   .type = res.type,
                   .constants = sl_arena_calloc(&arena, 8, sizeof(sl_value)),
                   .is_constant = sl_arena_calloc(&arena, 8, sizeof(bool)),
                   .arena = &arena,
                   .err = err};
}

/* The text of what a function of one argument gives, or its error. */
static const char *outcome(const char *name, const sl_type *type, sl_value v) {
  sl_err err = {0};
  sl_value out;
  sl_buf text = {0};
  sl_call call = call_of(name, &type, 1, &err);
  if (call.overload->prepare(&call, &arena, &err) || call.overload->eval(&call, &v, &out))
    sl_buf_add_z(&text, err.message);
  else
    sl_value_print(&text, call.type, &out);
  const char *kept = sl_str_dup(&arena, sl_buf_str(&text)).ptr;
  sl_buf_done(&text);
  sl_err_done(&err);
  return kept;
}

/* ---- refused ---- */

static int no_eval(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)call, (void)args, (void)count, (void)out;
  return 0;
}
static int no_init(sluice_call *call, sluice_result state) {
  return sluice_set_null(call, state);
}

static const struct {
  const char *message;
  sluice_overload overload;
  const char *name;
  int kind;
  uint32_t version;
} REFUSED[] = {
    {"It is made for version 77 of sluice_udf.h, this sluice has version 1.",
     {"() -> INT", .eval = no_eval},
     "R",
     0,
     77},
    {"CONCAT exists already: it is built in.", {"() -> INT", .eval = no_eval}, "concat", 0, 1},
    {"GOOD is declared twice.", {"() -> INT", .eval = no_eval}, "good", 0, 1},
    {"select is not a valid function name. Function names must be valid java identifiers and not a KSQL reserved word",
     {"() -> INT", .eval = no_eval},
     "select",
     0,
     1},
    {"9a is not a valid function name. Function names must be valid java identifiers and not a KSQL reserved word",
     {"() -> INT", .eval = no_eval},
     "9a",
     0,
     1},
    {"R: 9 is no kind of function.", {"() -> INT", .eval = no_eval}, "R", 9, 1},
    {"R: it needs 1 to 100 signatures.", {NULL, .eval = no_eval}, "R", 0, 1},
    {"R: Malformed function signature '(INT a -> INT' at '-> INT'.", {"(INT a -> INT", .eval = no_eval}, "R", 0, 1},
    {"R: '(UNIT u) -> INT': parameters of LAMBDA and UNIT are for built-in functions.",
     {"(UNIT u) -> INT", .eval = no_eval},
     "R",
     0,
     1},
    {"R: '(INT a) -> ARRAY<DECIMAL>': a DECIMAL of the result needs precision and scale.",
     {"(INT a) -> ARRAY<DECIMAL>", .eval = no_eval},
     "R",
     0,
     1},
    {"R: '(A a) -> B': the result names a type variable that no parameter has.",
     {"(A a) -> B", .eval = no_eval},
     "R",
     0,
     1},
    {"R: '(A a) -> ANY': the result cannot be ANY, LAMBDA or UNIT.", {"(A a) -> ANY", .eval = no_eval}, "R", 0, 1},
    {"R: '(INT a; INT b) -> INT': only aggregates have literal parameters.",
     {"(INT a; INT b) -> INT", .eval = no_eval},
     "R",
     0,
     1},
    {"R: '(INT a) -> INT' has no eval.", {"(INT a) -> INT", .eval = NULL}, "R", 0, 1},
    {"R: '(INT a) -> INT' has flags that this version does not know.",
     {"(INT a) -> INT", .eval = no_eval, .flags = 64},
     "R",
     0,
     1},
    {"R: '(INT a) -> INT' needs init, add and merge.", {"(INT a) -> INT", .init = no_init}, "R", SLUICE_AGGREGATE, 1},
    {"R: '(INT a) -> INT': an instance is for scalar functions and has at most 1048576 bytes.",
     {"(INT a) -> INT", .eval = no_eval, .instance_size = 8},
     "R",
     SLUICE_TABLE,
     1},
};

static void test_user_functions__refuses_a_library_as_a_whole_with_its_reason(void **state) {
  (void)state;
  static const sluice_overload good[] = {{"() -> INT", .eval = no_eval}, {0}};
  for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
    const sluice_overload overloads[] = {REFUSED[i].overload, {0}};
    const sluice_function functions[] = {
        {.name = "GOOD", .overloads = good},
        {.name = REFUSED[i].name, .kind = (sluice_kind)REFUSED[i].kind, .overloads = overloads},
        {0}};
    const sluice_library library = {.version = REFUSED[i].version, .functions = functions};
    sl_err err = {0};
    int count = 0;
    assert_int_equal(sl_user_library_add("r.so", &library, &count, &err), SL_E_CONFIG);
    assert_string_equal(err.message, REFUSED[i].message);
    assert_null(sl_function_find(sl_str_of("GOOD")));
    assert_null(sl_function_find(sl_str_of("R")));
    sl_err_done(&err);
  }
}

static void test_user_functions__refuses_a_library_without_functions(void **state) {
  (void)state;
  const sluice_library library = {.version = SLUICE_UDF_VERSION};
  sl_err err = {0};
  int count = 0;
  assert_int_equal(sl_user_library_add("r.so", &library, &count, &err), SL_E_CONFIG);
  sl_err_done(&err);
}

/* ---- objects ---- */

typedef struct seen {
  int loaded, functions;
  char refused[1024];
} seen;

static void note(void *ctx, const sl_user_report *one) {
  seen *s = ctx;
  size_t at = strlen(s->refused);
  if (one->refused) snprintf(s->refused + at, sizeof s->refused - at, "%s\n", one->refused);
  s->loaded += !one->refused;
  s->functions += one->functions;
}

static const char *beside_this_program(const char *name) {
  char path[2048];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  assert_true(len > 0);
  path[len] = 0;
  return sl_arena_printf(&arena, "%s/%s", sl_fs_parent(&arena, path), name);
}

static void test_user_functions__loads_what_can_be_loaded_and_names_the_rest(void **state) {
  (void)state;
  char dir[] = "/tmp/sluice-user-functions-XXXXXX";
  assert_non_null(mkdtemp(dir));
  Dl_info math;
  assert_true(dladdr((void *)(uintptr_t)cbrt, &math));
  sl_err err = {0};
  seen s = {0};
  assert_int_equal(sl_fs_replace(sl_fs_real(), sl_arena_printf(&arena, "%s/a_text.so", dir), "no ELF", 6, &err), 0);
  assert_int_equal(sl_fs_replace(sl_fs_real(), sl_arena_printf(&arena, "%s/notes.txt", dir), "hello", 5, &err), 0);
  assert_int_equal(symlink(math.dli_fname, sl_arena_printf(&arena, "%s/b_other.so", dir)), 0);
  assert_int_equal(symlink("nowhere", sl_arena_printf(&arena, "%s/c_gone.so", dir)), 0);
  assert_int_equal(symlink(beside_this_program("ext/test_functions.so"), sl_arena_printf(&arena, "%s/d_good.so", dir)),
                   0);
  assert_int_equal(symlink("d_good.so", sl_arena_printf(&arena, "%s/e_again.so", dir)), 0);
  assert_int_equal(sl_user_functions_load(dir, NULL, note, &s, &err), 0);
  assert_int_equal(s.loaded, 1);
  assert_int_equal(s.functions, 19);
  assert_non_null(strstr(s.refused, "a_text.so: "));
  assert_non_null(strstr(s.refused, "It has no symbol sluice_functions.\n"));
  assert_non_null(strstr(s.refused, "c_gone.so: "));
  assert_non_null(strstr(s.refused, "TEST_UDF exists already: "));
  const sl_function *f = sl_function_find(sl_str_of("test_udaf"));
  assert_non_null(f);
  assert_int_equal(f->kind, SL_FUNCTION_AGGREGATE);
  assert_string_equal(f->author, "sluice");
  assert_string_equal(f->version, "1.0");
  assert_string_equal(f->path, sl_arena_printf(&arena, "%s/d_good.so", dir));
  sl_fs_remove_tree(sl_fs_real(), dir, &err);
}

static void test_user_functions__reports_a_directory_that_is_not_there(void **state) {
  (void)state;
  sl_err err = {0};
  seen s = {0};
  assert_int_not_equal(sl_user_functions_load("/nowhere/at/all", NULL, note, &s, &err), 0);
  assert_non_null(err.message);
  sl_err_done(&err);
}

/* ---- callbacks ---- */

static int fails(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  sluice_set_integer(call, out, 1);
  size_t len;
  const char *text = sluice_text(call, args[0], &len);
  return sluice_fail(call, "no '%.*s' here", (int)len, text);
}

static int fails_silently(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)call, (void)args, (void)count, (void)out;
  return 7;
}

static int reads_wrong(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  size_t len;
  sluice_text(call, args[0], &len);
  return sluice_set_integer(call, out, (int64_t)len);
}

static int writes_wrong(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  sluice_set_text(call, out, "x", 1);
  return 0;
}

static int writes_outside(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  sluice_set_value(call, out, args[0]);
  sluice_set_integer(call, sluice_item_of(call, out, 0), 5);
  return 0;
}

static int writes_beyond(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  sluice_set_items(call, out, 2);
  return sluice_set_integer(call, sluice_item_of(call, out, 2), 5);
}

static int not_utf8(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  return sluice_set_text(call, out, "\xff\xfe", 2);
}

static int out_of_range(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  return sluice_set_integer(call, out, INT64_C(1) << 31);
}

static int wants_much(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  for (int i = 0; i < 3; i++)
    if (!sluice_alloc(call, (size_t)30 << 20)) return 0;
  return sluice_set_integer(call, out, 1);
}

/* Entries of lengths: equal keys become one. */
static int lengths(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  size_t n = sluice_count(call, args[0]), len;
  sluice_set_items(call, out, n);
  for (size_t i = 0; i < n; i++) {
    sluice_text(call, sluice_item(call, args[0], i), &len);
    sluice_set_integer(call, sluice_key_of(call, out, i), (int64_t)len);
    sluice_set_value(call, sluice_item_of(call, out, i), sluice_item(call, args[0], i));
  }
  return 0;
}

static int halves(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)count;
  char text[64];
  size_t len;
  sluice_print(call, args[0], &len);
  int n = snprintf(text, sizeof text, "%.4f", sluice_number(call, args[0]) / 2);
  return sluice_set_decimal(call, out, text, (size_t)n);
}

static int counts_calls(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  int *calls = sluice_instance(call);
  return sluice_set_integer(call, out, ++*calls);
}

static int needs_constant(sluice_call *call) {
  if (sluice_is_null(call, sluice_constant(call, 0))) return sluice_fail(call, "a constant, please");
  int64_t *twice = sluice_alloc(call, sizeof *twice);
  *twice = 2 * sluice_integer(call, sluice_constant(call, 0));
  sluice_set_prepared(call, twice);
  return 0;
}

static int gives_prepared(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  return sluice_set_integer(call, out, *(const int64_t *)sluice_prepared(call));
}

static int configured(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  (void)args, (void)count;
  const char *text = sluice_setting(call, "greeting");
  return text ? sluice_set_text(call, out, text, strlen(text)) : 0;
}

#define ONE(id, text, body)                                                                                            \
  {                                                                                                                    \
    .name = id, .overloads = (const sluice_overload[]) {                                                               \
      {text, .eval = body}, {                                                                                          \
        0                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
  }
static const sluice_function PROBES[] = {
    ONE("U_FAILS", "(VARCHAR a) -> INT", fails),
    ONE("U_SILENT", "(VARCHAR a) -> INT", fails_silently),
    ONE("U_READS", "(INT a) -> INT", reads_wrong),
    ONE("U_WRITES", "(VARCHAR a) -> INT", writes_wrong),
    ONE("U_OUTSIDE", "(ARRAY<INT> a) -> ARRAY<INT>", writes_outside),
    ONE("U_BEYOND", "(ARRAY<INT> a) -> ARRAY<INT>", writes_beyond),
    ONE("U_UTF8", "(INT a) -> VARCHAR", not_utf8),
    ONE("U_RANGE", "(INT a) -> INT", out_of_range),
    ONE("U_MUCH", "(INT a) -> INT", wants_much),
    ONE("U_LENGTHS", "(ARRAY<VARCHAR> a) -> MAP<INT, VARCHAR>", lengths),
    ONE("U_HALF", "(DECIMAL a) -> DECIMAL(6, 2)", halves),
    ONE("U_CONFIGURED", "(INT a) -> VARCHAR", configured),
    {.name = "U_CALLS",
     .overloads =
         (const sluice_overload[]){{"(INT a) -> INT", .instance_size = sizeof(int), .eval = counts_calls}, {0}}},
    {.name = "U_PREPARED",
     .overloads =
         (const sluice_overload[]){{"(INT a) -> BIGINT", .prepare = needs_constant, .eval = gives_prepared}, {0}}},
    {0}};

static int setup(void **state) {
  (void)state;
  static const sluice_library library = {.version = SLUICE_UDF_VERSION, .functions = PROBES};
  sl_arena_init(&arena, 0);
  int count = 0;
  sl_err err = {0};
  int code = sl_user_library_add("probes.so", &library, &count, &err);
  if (code) print_error("%s\n", err.message);
  return code;
}

static int teardown(void **state) {
  (void)state;
  sl_arena_done(&arena);
  return 0;
}

static void test_user_functions__mistakes_of_a_callback_fail_the_call(void **state) {
  (void)state;
  const sl_type *ints = sl_type_array(&arena, &SL_TYPE_INTEGER);
  sl_value one = sl_of_i64(1), text = sl_of_str(sl_str_of("x")), list = sl_of_items(&one, 1);
  assert_string_equal(outcome("U_FAILS", &SL_TYPE_STRING, text), "no 'x' here");
  assert_string_equal(outcome("U_SILENT", &SL_TYPE_STRING, text), "U_SILENT failed with code 7.");
  assert_string_equal(outcome("U_READS", &SL_TYPE_INTEGER, one),
                      "U_READS reads a value of type INTEGER by the wrong type.");
  assert_string_equal(outcome("U_WRITES", &SL_TYPE_STRING, text),
                      "U_WRITES writes a value of type INTEGER by the wrong type.");
  assert_string_equal(outcome("U_OUTSIDE", ints, list), "U_OUTSIDE writes into a list that it has not made.");
  assert_string_equal(outcome("U_BEYOND", ints, list), "U_BEYOND writes into a list that it has not made.");
  assert_string_equal(outcome("U_UTF8", &SL_TYPE_INTEGER, one), "U_UTF8 gives a text that is not UTF-8.");
  assert_string_equal(outcome("U_RANGE", &SL_TYPE_INTEGER, one),
                      "U_RANGE gives 2147483648, which is out of range for INTEGER.");
  assert_string_equal(outcome("U_MUCH", &SL_TYPE_INTEGER, one), "U_MUCH wants more than 64 MiB.");
  assert_int_equal(one.i64, 1);
}

static void test_user_functions__equal_keys_of_a_result_become_one(void **state) {
  (void)state;
  sl_value items[] = {sl_of_str(sl_str_of("aa")), sl_of_str(sl_str_of("b")), sl_of_str(sl_str_of("cc"))};
  assert_string_equal(outcome("U_LENGTHS", sl_type_array(&arena, &SL_TYPE_STRING), sl_of_items(items, 3)),
                      "{2=cc, 1=b}");
}

static void test_user_functions__decimals_go_by_text_and_must_fit(void **state) {
  (void)state;
  const sl_type *type = sl_type_decimal(&arena, 9, 3);
  assert_string_equal(outcome("U_HALF", type, sl_of_i64(7250)), "3.63");
  assert_non_null(strstr(outcome("U_HALF", type, sl_of_i64(99000000)), "overflow"));
}

static void test_user_functions__an_instance_belongs_to_its_call_site(void **state) {
  (void)state;
  const sl_type *type = &SL_TYPE_INTEGER;
  sl_err err = {0};
  int calls[2] = {0};
  sl_value one = sl_of_i64(1), out;
  for (int i = 0; i < 5; i++) {
    sl_call call = call_of("U_CALLS", &type, 1, &err);
    assert_int_equal(call.overload->local_size, sizeof(int));
    assert_int_equal(call.overload->prepare(&call, &arena, &err), 0);
    call.local = &calls[i % 2];
    assert_int_equal(call.overload->eval(&call, &one, &out), 0);
    assert_int_equal(out.i64, i / 2 + 1);
  }
}

static void test_user_functions__prepare_checks_constants_once(void **state) {
  (void)state;
  const sl_type *type = &SL_TYPE_INTEGER;
  sl_err err = {0};
  sl_value constant = sl_of_i64(21), out;
  const bool is_constant = true;
  sl_call call = call_of("U_PREPARED", &type, 1, &err);
  assert_int_equal(call.overload->prepare(&call, &arena, &err), SL_E_STATEMENT);
  assert_string_equal(err.message, "a constant, please");
  sl_err_done(&err);
  call.constants = &constant;
  call.is_constant = &is_constant;
  assert_int_equal(call.overload->prepare(&call, &arena, &err), 0);
  assert_int_equal(call.overload->eval(&call, &constant, &out), 0);
  assert_int_equal(out.i64, 42);
}

static void test_user_functions__settings_go_by_function_and_for_all(void **state) {
  (void)state;
  sl_err err = {0};
  seen s = {0};
  sl_map settings = {0};
  char dir[] = "/tmp/sluice-user-functions-XXXXXX";
  assert_non_null(mkdtemp(dir));
  assert_string_equal(outcome("U_CONFIGURED", &SL_TYPE_INTEGER, sl_of_i64(1)), "null");
  sl_map_put(&settings, sl_str_of("ksql.functions.u_configured.greeting"), "hello");
  assert_int_equal(sl_user_functions_load(dir, &settings, note, &s, &err), 0);
  assert_string_equal(outcome("U_CONFIGURED", &SL_TYPE_INTEGER, sl_of_i64(1)), "hello");
  sl_map_put(&settings, sl_str_of("ksql.functions._global_.greeting"), "all");
  assert_int_equal(sl_user_functions_load(dir, &settings, note, &s, &err), 0);
  assert_string_equal(outcome("U_CONFIGURED", &SL_TYPE_INTEGER, sl_of_i64(1)), "all");
  sl_map_done(&settings);
  sl_fs_remove_tree(sl_fs_real(), dir, &err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_user_functions__refuses_a_library_as_a_whole_with_its_reason),
      cmocka_unit_test(test_user_functions__refuses_a_library_without_functions),
      cmocka_unit_test(test_user_functions__loads_what_can_be_loaded_and_names_the_rest),
      cmocka_unit_test(test_user_functions__reports_a_directory_that_is_not_there),
      cmocka_unit_test(test_user_functions__mistakes_of_a_callback_fail_the_call),
      cmocka_unit_test(test_user_functions__equal_keys_of_a_result_become_one),
      cmocka_unit_test(test_user_functions__decimals_go_by_text_and_must_fit),
      cmocka_unit_test(test_user_functions__an_instance_belongs_to_its_call_site),
      cmocka_unit_test(test_user_functions__prepare_checks_constants_once),
      cmocka_unit_test(test_user_functions__settings_go_by_function_and_for_all),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
