/* Running one REST case (test-formats.md B): statements in one request, records, then each query with its whole answer,
 * in the bytes that the server would send. */
#include <string.h>

#include "cli/testing/test_json.h"
#include "cli/testing/test_record.h"
#include "server/row_writer.h"

static const struct {
  const char *name, *value;
} REST_SETTINGS[] = {
    {"ksql.query.pull.table.scan.enabled", "true"},
    {"ksql.query.push.v2.enabled", "true"},
};

typedef struct rest_run {
  const sl_test_case *test;
  const sl_test_options *options;
  sl_arena *arena;
  sl_test_world world;
  sl_str *statements;
  size_t count, first_query;
  sl_vec responses; /* const sl_json * */
  const sl_json *expected_error;
  bool reading; /* a query that a restart would end is open */
  bool failed_as_expected;
} rest_run;

/* ---- preparing ---- */

static void read_statements(rest_run *run) {
  const sl_json *list = sl_json_get(run->test->node, "statements");
  run->statements = sl_arena_calloc(run->arena, list->count + 1, sizeof *run->statements);
  run->count = run->first_query = list->count;
  for (size_t i = 0; i < list->count; i++) {
    sl_str one = sl_json_str(list->items[i], "");
    if (run->test->format.len) one = sl_test_with_format(run->arena, one, run->test->format);
    run->statements[i] = one;
    if (run->first_query == list->count && sl_str_starts(one, sl_str_of("SELECT "))) run->first_query = i;
  }
}

/* Statements that do not parse make no topics; they fail later. */
static sl_script parse_admin(rest_run *run) {
  sl_script all = {.statements = sl_arena_calloc(run->arena, run->count + 1, sizeof *all.statements)};
  for (size_t i = 0; i < run->first_query; i++) {
    sl_script one;
    if (!sl_parse(run->arena, run->statements[i], 0, &one, NULL) && one.count == 1)
      all.statements[all.count++] = one.statements[0];
  }
  return all;
}

static int set_session(rest_run *run, sl_err *err) {
  const sl_json *properties = sl_json_get(run->test->node, "properties");
  int code = 0;
  for (size_t i = 0; sl_json_is(properties, SL_JSON_OBJECT) && i < properties->count && !code; i++) {
    sl_str text = sl_test_scalar_text(properties->members[i].value);
    code = sl_session_set(run->world.session, properties->members[i].name, &text, err);
  }
  return code;
}

static int open_world(rest_run *run, sl_err *err) {
  sl_test_world_init(&run->world, run->arena, run->options);
  for (size_t i = 0; i < sizeof REST_SETTINGS / sizeof *REST_SETTINGS; i++)
    sl_test_world_setting(&run->world, sl_str_of(REST_SETTINGS[i].name), sl_str_of(REST_SETTINGS[i].value));
  int code = sl_test_world_open(&run->world, err);
  if (!code) code = set_session(run, err);
  sl_script script = parse_admin(run);
  return code ? code : sl_test_make_topics(&run->world, run->test->node, &script, false, err);
}

static int settle(rest_run *run, sl_err *err) {
  int code = sl_test_world_settle(&run->world, err);
  if (code || !run->options->restart || run->reading) return code;
  code = sl_test_world_restart(&run->world, err);
  return code ? code : sl_test_world_settle(&run->world, err); /* state is there again */
}

/* ---- failures ---- */

static int unlike(sl_err *err, const char *what, sl_str expected, const char *got) {
  return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                    "The failure has another %s.\n    expected: " SL_STR_FMT "\n    but was:  %s", what,
                    SL_STR_ARG(expected), got);
}

/* What the server would answer for this failure must be what the case expects. */
static int check_failure(rest_run *run, const sl_err *got, sl_err *err) {
  const sl_json *expected = run->expected_error;
  if (!expected) return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "%s", got->message);
  int64_t status = 0;
  int api = sl_err_api_code(got->code);
  sl_str message = sl_json_str(sl_json_get(expected, "message"), ""),
         type = sl_json_str(sl_json_get(expected, "type"), "");
  if (!sl_str_contains(sl_str_of(got->message), message)) return unlike(err, "message", message, got->message);
  bool statement = (api == 40001 || api == 40002) && got->statement;
  if (sl_str_ends(type, sl_str_of("KsqlStatementErrorMessage")) && !statement)
    return unlike(err, "type", type, got->message);
  if (sl_json_int(sl_json_get(expected, "status"), &status) && status != api / 100)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "The failure has status %d instead of %lld: %s", api / 100,
                      (long long)status, got->message);
  if (got->code == SL_E_UNSUPPORTED && !message.len)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "%s", got->message);
  run->failed_as_expected = true;
  return 0;
}

/* ---- statements and records ---- */

static int add_response(rest_run *run, const char *member, sl_json *value) {
  sl_json *response = sl_json_new(run->arena, SL_JSON_OBJECT);
  sl_json_set(run->arena, response, member, value);
  sl_vec_push(&run->responses, response);
  return 0;
}

static int run_admin(rest_run *run, sl_err *err) {
  sl_buf text = {0};
  for (size_t i = 0; i < run->first_query; i++) {
    if (i) sl_buf_add_byte(&text, '\n');
    sl_buf_add_str(&text, run->statements[i]);
  }
  sl_answers answers = {0};
  sl_err failure = {0};
  int code =
      sl_engine_execute(run->world.engine, run->world.session, sl_buf_str(&text), run->arena, &answers, &failure);
  sl_buf_done(&text);
  for (size_t i = 0; i < answers.count; i++) add_response(run, "admin", answers.entities[i]);
  code = code ? check_failure(run, &failure, err) : settle(run, err);
  sl_err_done(&failure);
  return code;
}

static int write_inputs(rest_run *run, sl_err *err) {
  sl_test_feed feed = {.world = &run->world};
  int code = sl_test_read_inputs(&run->world, sl_json_get(run->test->node, "inputs"), &feed, err);
  for (size_t i = 0; i < feed.count && !code; i++) {
    sl_test_input *input = &feed.inputs[i];
    sl_topic *topic = sl_log_topic_find(sl_engine_log(run->world.engine), input->topic);
    sl_str key = input->record.key;
    if (topic && key.ptr) input->record.partition = sl_partition_for_key(key.ptr, key.len, sl_topic_partitions(topic));
    sl_topic_unref(topic);
    code = sl_test_world_append(&run->world, input->topic, &input->record, err);
  }
  return code ? code : settle(run, err);
}

/* ---- queries ---- */

static void on_ready(void *ctx) {
  (void)ctx;
}

/* Takes rows until the query ends; one that waits while nothing is left to do never will. */
static int drain(rest_run *run, sl_push *push, sl_row_writer *writer, sl_err *err) {
  bool waited = false;
  for (;;) {
    size_t before = writer->out.len;
    sl_push_state state = sl_push_take(push, 1000, sl_write_row, writer);
    if (state == SL_PUSH_DONE) return 0;
    if (state == SL_PUSH_ROWS || writer->out.len > before) {
      waited = false;
      continue;
    }
    if (waited) return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "The query does not end.");
    int code = sl_engine_run_until_quiet(run->world.engine, err);
    if (code) return code;
    waited = true;
  }
}

static int run_query(rest_run *run, sl_str text, bool inputs_behind, sl_err *err) {
  sl_err failure = {0};
  sl_push *push;
  int code = sl_engine_query(run->world.engine, run->world.session, text, on_ready, NULL, &push, &failure);
  if (code) code = check_failure(run, &failure, err);
  sl_err_done(&failure);
  if (code || run->failed_as_expected) return code;
  run->reading = true;
  sl_row_writer writer = {.push = push, .frame = SL_FRAME_ROWS};
  sl_json *rows = NULL;
  sl_write_header(&writer);
  if (inputs_behind) code = sl_test_world_settle(&run->world, err); /* it stands at the end of its topics */
  if (!code && inputs_behind) code = write_inputs(run, err);
  if (!code) code = drain(run, push, &writer, err);
  if (!code) sl_write_end(&writer);
  if (!code) code = sl_json_parse(run->arena, sl_buf_str(&writer.out), 0, &rows, err);
  if (!code) add_response(run, "query", rows);
  sl_buf_done(&writer.out);
  sl_push_close(push);
  run->reading = false;
  return code;
}

/* ---- comparing ---- */

/* Every expected member is there; arrays and scalars match as in outputs. */
static bool holds(sl_arena *arena, const sl_json *expected, const sl_json *actual, const char *path, sl_buf *why) {
  if (expected->kind != SL_JSON_OBJECT || actual->kind != SL_JSON_OBJECT)
    return sl_test_matches(arena, expected, actual, SL_TEST_NUMBERS_EXACT, path, why);
  for (size_t i = 0; i < expected->count; i++) {
    sl_str name = expected->members[i].name, bare = name;
    const sl_json *want = expected->members[i].value;
    for (size_t at = 0; at < name.len; at++)
      if (name.ptr[at] == '|') bare.len = at < bare.len ? at : bare.len;
    const sl_json *got = sl_json_get(actual, sl_str_z(arena, bare));
    const char *inner = sl_arena_printf(arena, "%s." SL_STR_FMT, path, SL_STR_ARG(bare));
    if (sl_str_ends(name, sl_str_of("|starts_with"))) {
      if (got && sl_str_starts(got->text, want->text)) continue;
      sl_buf_printf(why, "%s: expected a text that starts with " SL_STR_FMT "\n", inner, SL_STR_ARG(want->text));
      return false;
    }
    if (!got) {
      sl_buf_printf(why, "%s: is not there\n", inner);
      return false;
    }
    if (!holds(arena, want, got, inner, why)) return false;
  }
  return true;
}

/* Rows may come in any order; what is no row has its place. */
static bool rows_match(rest_run *run, const sl_json *expected, const sl_json *actual, sl_buf *why) {
  bool ordered = sl_json_is(sl_json_get(sl_json_get(run->test->node, "outputConditions"), "verifyOrder"), SL_JSON_TRUE);
  if (expected->count != actual->count) {
    sl_buf_printf(why, "%zu elements instead of %zu\n", actual->count, expected->count);
    return false;
  }
  bool *used = sl_arena_calloc(run->arena, actual->count + 1, sizeof *used);
  for (size_t i = 0; i < expected->count; i++) {
    bool any = !ordered && sl_json_get(expected->items[i], "row"), found = false;
    sl_buf ignored = {0};
    for (size_t k = any ? 0 : i; !found && k < (any ? actual->count : i + 1); k++) {
      if (used[k] || !holds(run->arena, expected->items[i], actual->items[k], "element", any ? &ignored : why))
        continue;
      used[k] = found = true;
    }
    sl_buf_done(&ignored);
    if (found) continue;
    sl_buf_printf(why, "no element matches ");
    sl_json_write(why, expected->items[i]);
    return false;
  }
  return true;
}

static int check_responses(rest_run *run, sl_err *err) {
  const sl_json *list = sl_json_get(run->test->node, "responses");
  size_t count = sl_json_is(list, SL_JSON_ARRAY) ? list->count : 0;
  for (size_t i = 0; i < count; i++) {
    const sl_json *expected = list->items[i], *actual = i < run->responses.len ? sl_vec_at(&run->responses, i) : NULL;
    sl_str member = expected->count ? expected->members[0].name : (sl_str){0};
    const sl_json *got = actual ? sl_json_get(actual, sl_str_z(run->arena, member)) : NULL;
    if (!got)
      return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Response %zu: there is no " SL_STR_FMT ".", i,
                        SL_STR_ARG(member));
    sl_buf why = {0};
    const sl_json *want = expected->members[0].value;
    bool same =
        want->kind == SL_JSON_ARRAY ? rows_match(run, want, got, &why) : holds(run->arena, want, got, "response", &why);
    if (!same) {
      sl_buf_add_z(&why, "\n    the response is ");
      sl_json_write(&why, got);
      sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Response %zu: %s", i, sl_buf_z(&why));
    }
    sl_buf_done(&why);
    if (!same) return SL_E_ASSERTION;
  }
  return 0;
}

/* ---- the case ---- */

static int run_case(rest_run *run, sl_err *err) {
  const sl_json *conditions = sl_json_get(run->test->node, "inputConditions");
  bool behind = sl_json_is(sl_json_get(conditions, "waitForActivePushQuery"), SL_JSON_TRUE);
  int code = open_world(run, err);
  if (!code) code = run_admin(run, err);
  if (code || run->failed_as_expected) return code;
  if (!behind) code = write_inputs(run, err);
  for (size_t i = run->first_query; i < run->count && !code && !run->failed_as_expected; i++)
    code = run_query(run, run->statements[i], behind, err);
  if (code || run->failed_as_expected) return code;
  if (run->expected_error)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Expected a failure, but all statements were executed.");
  code = sl_test_check_outputs(&run->world, run->test->node, SL_TEST_NUMBERS_EXACT, err);
  return code ? code : check_responses(run, err);
}

int sl_test_run_rest(const sl_test_case *test, const sl_test_options *options, sl_buf *message) {
  sl_arena arena;
  sl_arena_init(&arena, 64 << 10);
  const sl_json *expected = sl_json_get(test->node, "expectedError");
  rest_run run = {.test = test,
                  .options = options,
                  .arena = &arena,
                  .expected_error = sl_json_is(expected, SL_JSON_OBJECT) ? expected : NULL};
  sl_vec_init(&run.responses, &arena);
  sl_err err = {0};
  read_statements(&run);
  int code = run_case(&run, &err);
  if (code) sl_buf_add_z(message, err.message ? err.message : "");
  sl_test_world_done(&run.world);
  sl_err_done(&err);
  sl_arena_done(&arena);
  return code;
}
