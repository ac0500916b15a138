/* Running one query-validation case (test-formats.md A.6): settings, topics, statements, records, checks. */
#include <string.h>

#include "cli/testing/test_json.h"

typedef struct json_run {
  const sl_test_case *test;
  const sl_test_options *options;
  sl_arena *arena;
  sl_test_world world;
  sl_script script;
  const sl_json *expected_failure; /* NULL when the case must succeed */
} json_run;

/* ---- preparing ---- */

static void set_properties(json_run *run, sl_test_world *world) {
  const sl_json *properties = sl_json_get(run->test->node, "properties");
  for (size_t i = 0; sl_json_is(properties, SL_JSON_OBJECT) && i < properties->count; i++) {
    const sl_json *value = properties->members[i].value;
    sl_str text = sl_test_scalar_text(value);
    if (sl_str_eq_nocase(text, sl_str_of("{CONFIG}"))) text = run->test->config;
    sl_test_world_setting(world, properties->members[i].name, text);
  }
}

static int parse_statements(json_run *run, sl_err *err) {
  const sl_json *list = sl_json_get(run->test->node, "statements");
  sl_buf text = {0};
  for (size_t i = 0; i < list->count; i++) {
    sl_str one = sl_json_str(list->items[i], "");
    if (run->test->format.len) one = sl_test_with_format(run->arena, one, run->test->format);
    if (i) sl_buf_add_byte(&text, '\n');
    sl_buf_add_str(&text, one);
  }
  int code = sl_parse(run->arena, sl_buf_str(&text), 0, &run->script, err);
  sl_buf_done(&text);
  return code;
}

/* ---- worlds ---- */

static int open_world(json_run *run, sl_test_world *world, sl_err *err) {
  sl_test_world_init(world, run->arena, run->options);
  set_properties(run, world);
  int code = sl_test_world_open(world, err);
  if (!code) code = sl_test_make_topics(world, run->test->node, &run->script, !run->expected_failure, err);
  return code;
}

/* A second world for a query that must run apart: the records inserted by statements reach it by feeding. */
static int open_again(void *ctx, sl_test_world *world, sl_err *err) {
  json_run *run = ctx;
  int code = open_world(run, world, err);
  for (int i = 0; i < run->script.count && !code; i++)
    if (run->script.statements[i]->kind != SL_STMT_INSERT_VALUES)
      code = sl_test_world_execute(world, run->script.statements[i], err);
  return code;
}

/* ---- failures ---- */

/* The failure must be the expected one. */
static int check_failure(const json_run *run, sl_test_failure failure, const sl_err *got, sl_err *err) {
  const sl_json *expected = run->expected_failure;
  sl_str text = sl_test_failure_text(run->arena, failure, got);
  sl_str type = sl_json_str(sl_json_get(expected, "type"), ""),
         message = sl_json_str(sl_json_get(expected, "message"), "");
  sl_str cause = sl_json_str(sl_json_get(expected, "causeMessage"), "");
  if (!expected)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "%s: " SL_STR_FMT, sl_test_failure_name(failure),
                      SL_STR_ARG(text));
  if (type.len && !sl_test_failure_is(failure, type))
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                      "Expected a failure of class " SL_STR_FMT ", got a %s: " SL_STR_FMT, SL_STR_ARG(type),
                      sl_test_failure_name(failure), SL_STR_ARG(text));
  if (got->code == SL_E_UNSUPPORTED && !message.len)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, SL_STR_FMT, SL_STR_ARG(text));
  if (message.len && !sl_str_contains(text, message))
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                      "The failure has another message.\n    expected: " SL_STR_FMT "\n    but was:  " SL_STR_FMT,
                      SL_STR_ARG(message), SL_STR_ARG(text));
  if (cause.len && !sl_str_contains(text, cause))
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                      "The failure has another cause.\n    expected: " SL_STR_FMT "\n    but was:  " SL_STR_FMT,
                      SL_STR_ARG(cause), SL_STR_ARG(text));
  return 0;
}

/* ---- the case ---- */

typedef enum stage { STAGE_OVER, STAGE_GO_ON } stage;

static stage run_statements(json_run *run, sl_err *err) {
  for (int i = 0; i < run->script.count; i++) {
    sl_err failure = {0};
    if (!sl_test_world_execute(&run->world, run->script.statements[i], &failure)) continue;
    if (run->expected_failure && i + 1 < run->script.count)
      sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                 "Only the last statement in a negative test should fail. Yet in this case statement %d failed: %s", i,
                 failure.message);
    else
      check_failure(run, sl_test_failure_of(&failure), &failure, err);
    sl_err_done(&failure);
    return STAGE_OVER;
  }
  return STAGE_GO_ON;
}

static stage run_records(json_run *run, sl_err *err) {
  sl_test_feed feed = {.world = &run->world, .again = open_again, .ctx = run};
  if (sl_test_read_inputs(&run->world, sl_json_get(run->test->node, "inputs"), &feed, err)) return STAGE_OVER;
  if (run->expected_failure && !feed.count) {
    sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Expected a failure, but all statements were executed.");
    return STAGE_OVER;
  }
  sl_err failure = {0};
  if (!sl_test_run_queries(&feed, &failure)) return STAGE_GO_ON;
  if (failure.code == SL_E_INTERNAL)
    check_failure(run, SL_TEST_QUERY_FAILED, &failure, err);
  else
    sl_err_move(err, &failure);
  sl_err_done(&failure);
  return STAGE_OVER;
}

static void check_results(json_run *run, sl_err *err) {
  const sl_json *exact = NULL, *properties = sl_json_get(run->test->node, "properties");
  exact = sl_json_get(properties, "use.exact.numeric.comparison");
  bool as_double = sl_json_is(exact, SL_JSON_FALSE) || sl_str_eq_z(sl_json_str(exact, ""), "false");
  if (sl_test_check_outputs(&run->world, run->test->node, as_double ? SL_TEST_NUMBERS_DOUBLE : SL_TEST_NUMBERS_EXACT,
                            err))
    return;
  if (run->expected_failure)
    sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Expected a failure, but all records were processed.");
  else
    sl_test_check_post(&run->world, sl_json_get(run->test->node, "post"), err);
}

static void run_case(json_run *run, sl_err *err) {
  sl_err failure = {0};
  if (parse_statements(run, &failure)) {
    check_failure(run, SL_TEST_PARSE_FAILED, &failure, err);
    sl_err_done(&failure);
    return;
  }
  if (!open_world(run, &run->world, err) && run_statements(run, err) == STAGE_GO_ON &&
      run_records(run, err) == STAGE_GO_ON)
    check_results(run, err);
  sl_test_world_done(&run->world);
}

int sl_test_run_json(const sl_test_case *test, const sl_test_options *options, sl_buf *message) {
  sl_arena arena;
  sl_arena_init(&arena, 64 << 10);
  const sl_json *expected = sl_json_get(test->node, "expectedException");
  json_run run = {.test = test,
                  .options = options,
                  .arena = &arena,
                  .expected_failure = sl_json_is(expected, SL_JSON_OBJECT) ? expected : NULL};
  sl_err err = {0};
  run_case(&run, &err);
  int code = err.code;
  if (code) sl_buf_add_z(message, err.message);
  sl_err_done(&err);
  sl_arena_done(&arena);
  return code;
}
