/* Every statement of the conformance cases goes through the parser: what should parse does, comes back from its print
 * as the same tree, and what should be a syntax error is one with the text that the case wants.
 *
 * The folder is looked for at $SLUICE_CONFORMANCE, else beside the project; without it there is nothing to do. */
#include "tests/unit/parser_testing.h"

#include "base/fs.h"
#include "base/json.h"

enum { FILE_LIMIT = 64 << 20 };

static struct { int cases, statements, errors, failures; } counts;

static const char *folder(void) {
  const char *env = getenv("SLUICE_CONFORMANCE");
  return env ? env : "../shared/conformance";
}

static void report(const char *file, sl_str name, const char *what, sl_str text) {
  counts.failures++;
  fprintf(stderr, "%s, " SL_STR_FMT ": %s\n" SL_STR_FMT "\n", file, SL_STR_ARG(name), what, SL_STR_ARG(text));
}

/* ---- one case ---- */
typedef struct expectation {
  bool syntax;    /* a syntax error or an error of building is due */
  sl_str message; /* which must hold this; empty: any */
  bool may_build; /* some later phase fails: building may already see it */
} expectation;

static expectation expectation_of(const sl_json *test) {
  const sl_json *expected = sl_json_get(test, "expectedException");
  if (!expected) expected = sl_json_get(test, "expectedError");
  expectation e = {0};
  if (!expected) return e;
  e.may_build = true;
  e.message = sl_json_str(sl_json_get(expected, "message"), "");
  sl_str type = sl_json_str(sl_json_get(expected, "type"), "");
  bool parse_type = sl_str_ends(type, sl_str_of("ParseFailedException"));
  bool parse_text = sl_str_contains(e.message, sl_str_of("Syntax Error")) ||
                    sl_str_contains(e.message, sl_str_of("must be integer")) ||
                    sl_str_contains(e.message, sl_str_of("number columns and values"));
  /* Meaning of properties is checked elsewhere though the reference calls it parsing. */
  bool meaning = sl_str_contains(e.message, sl_str_of("WINDOW_SIZE"));
  e.syntax = (parse_type || parse_text) && !meaning;
  return e;
}

static void check_error(const char *file, sl_str name, sl_arena *arena, sl_str text, const expectation *expected) {
  sl_script script = {0};
  sl_err err = {0};
  counts.errors++;
  if (!sl_parse(arena, text, 0, &script, &err)) {
    report(file, name, "should not parse", text);
  } else {
    const char *shown = sl_arena_printf(arena, "%s\nStatement: %s", err.message, err.statement ? err.statement : "");
    if (!sl_str_contains(sl_str_of(shown), expected->message)) report(file, name, shown, text);
  }
  sl_err_done(&err);
}

static void check_script(const char *file, sl_str name, sl_arena *arena, sl_str text, const expectation *expected) {
  sl_script script = {0};
  sl_err err = {0};
  if (sl_parse(arena, text, 0, &script, &err)) {
    bool due = expected->may_build && err.code == SL_E_STATEMENT;
    if (!due || !sl_str_contains(sl_str_of(err.message), expected->message)) report(file, name, err.message, text);
    sl_err_done(&err);
    return;
  }
  for (int i = 0; i < script.count; i++) {
    counts.statements++;
    if (!round_trips(arena, script.statements[i]))
      report(file, name, "does not round-trip", script.statements[i]->text);
  }
}

/* Statements of a case from the given one on as one text, {FORMAT} replaced. */
static sl_str text_of(sl_arena *arena, const sl_json *statements, size_t from, sl_str format) {
  sl_buf out = {0};
  for (size_t i = from; i < statements->count; i++) {
    sl_str s = statements->items[i]->text;
    if (i > from) sl_buf_add_z(&out, "\n");
    for (size_t at = 0; at < s.len;) {
      sl_str rest = {s.ptr + at, s.len - at};
      bool hit = sl_str_starts(rest, sl_str_of("{FORMAT}"));
      if (hit)
        sl_buf_add_str(&out, format);
      else
        sl_buf_add_byte(&out, (uint8_t)s.ptr[at]);
      at += hit ? 8 : 1;
    }
  }
  sl_str text = {sl_arena_dup(arena, out.len ? (const char *)out.data : "", out.len), out.len};
  sl_buf_done(&out);
  return text;
}

static void check_case(const char *file, sl_arena *arena, const sl_json *test) {
  const sl_json *statements = sl_json_get(test, "statements"), *formats = sl_json_get(test, "format");
  sl_str name = sl_json_str(sl_json_get(test, "name"), "?");
  if (!sl_json_is(statements, SL_JSON_ARRAY) || !statements->count) return;
  expectation expected = expectation_of(test);
  /* Over HTTP each query is a request of its own. */
  size_t last = statements->count - 1, from = 0;
  if (expected.syntax && sl_str_starts(statements->items[last]->text, sl_str_of("SELECT "))) from = last;
  size_t times = sl_json_is(formats, SL_JSON_ARRAY) && formats->count ? formats->count : 1;
  for (size_t i = 0; i < times; i++) {
    sl_str format = sl_json_is(formats, SL_JSON_ARRAY) ? formats->items[i]->text : sl_str_of("JSON");
    sl_str text = text_of(arena, statements, from, format);
    counts.cases++;
    if (expected.syntax)
      check_error(file, name, arena, text, &expected);
    else
      check_script(file, name, arena, text, &expected);
  }
}

/* ---- files ---- */
static sl_str read_file(sl_arena *arena, const char *path) {
  char *data;
  size_t len;
  sl_err err = {0};
  if (sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, arena, &data, &len, &err)) fail_msg("%s", err.message);
  return (sl_str){data, len};
}

static void check_json(const char *path) {
  sl_arena arena;
  sl_arena_init(&arena, 1 << 20);
  sl_json *root;
  sl_err err = {0};
  if (sl_json_parse(&arena, read_file(&arena, path), SL_JSON_COMMENTS, &root, &err))
    fail_msg("%s: %s", path, err.message);
  const sl_json *tests = sl_json_get(root, "tests");
  for (size_t i = 0; tests && i < tests->count; i++) check_case(path, &arena, tests->items[i]);
  sl_arena_done(&arena);
}

static void check_sql(const char *path) {
  sl_arena arena;
  sl_arena_init(&arena, 1 << 16);
  sl_test_reader reader;
  sl_test_item item;
  sl_err err = {0};
  sl_str name = sl_str_of("?");
  sl_test_reader_init(&reader, &arena, read_file(&arena, path));
  int more;
  while ((more = sl_test_reader_next(&reader, &arena, &item, &err)) == 1) {
    if (item.kind == SL_TEST_DIRECTIVE && sl_str_eq_nocase(item.directive, sl_str_of("test"))) {
      name = item.text;
      counts.cases++;
    }
    if (item.kind != SL_TEST_STATEMENT) continue;
    counts.statements++;
    if (!round_trips(&arena, item.statement)) report(path, name, "does not round-trip", item.text);
  }
  if (more < 0) report(path, name, err.message, item.text);
  sl_err_done(&err);
  sl_arena_done(&arena);
}

static void check_folder(sl_arena *arena, const char *path) {
  char **names;
  size_t count;
  sl_err err = {0};
  if (sl_fs_list(sl_fs_real(), path, arena, &names, &count, &err)) fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++) {
    const char *child = sl_arena_printf(arena, "%s/%s", path, names[i]);
    sl_str name = sl_str_of(names[i]);
    if (sl_str_ends(name, sl_str_of(".json")))
      check_json(child);
    else if (sl_str_ends(name, sl_str_of(".sql")))
      check_sql(child);
    else if (!sl_str_contains(name, sl_str_of(".")))
      check_folder(arena, child);
  }
}

static void test_conformance__every_statement_round_trips(void **state) {
  (void)state;
  static const char *const parts[] = {"qtt", "rest", "sql"};
  if (!sl_fs_exists(sl_fs_real(), folder())) {
    printf("no conformance cases at %s: skipped\n", folder());
    skip();
  }
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    check_folder(&test_arena, sl_arena_printf(&test_arena, "%s/%s", folder(), parts[i]));
  printf("%d cases, %d statements printed and parsed again, %d expected errors, %d failures\n", counts.cases,
         counts.statements, counts.errors, counts.failures);
  assert_true(counts.statements > 0);
  assert_int_equal(counts.failures, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_conformance__every_statement_round_trips)};
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
