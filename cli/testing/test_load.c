/* Files to cases: query-validation JSON, expanded by format and config, and .sql files, cut at each --@test. */
#include <string.h>

#include "base/fs.h"
#include "base/map.h"
#include "cli/testing/test_case.h"

enum { FILE_LIMIT = 64 << 20 };

static sl_str file_stem(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  return sl_str_n(name, dot ? (size_t)(dot - name) : strlen(name));
}

static sl_test_case *add_case(sl_arena *arena, const char *file, const char *name, sl_vec *out) {
  sl_test_case *test = sl_arena_zalloc(arena, sizeof *test);
  test->file = file;
  test->name = name;
  sl_vec_push(out, test);
  return test;
}

static void add_broken(sl_arena *arena, const char *file, sl_err *failure, sl_vec *out) {
  sl_test_case *test = add_case(arena, file, sl_arena_printf(arena, SL_STR_FMT, SL_STR_ARG(file_stem(file))), out);
  test->load_error = sl_arena_printf(arena, "%s cannot be read as a test file: %s", file, failure->message);
  sl_err_done(failure);
}

/* ---- JSON ---- */

/* The property whose value is "{CONFIG}" names the cases. */
static sl_str config_property(const sl_json *node) {
  const sl_json *properties = sl_json_get(node, "properties");
  for (size_t i = 0; sl_json_is(properties, SL_JSON_OBJECT) && i < properties->count; i++)
    if (sl_str_eq_nocase(sl_json_str(properties->members[i].value, ""), sl_str_of("{CONFIG}")))
      return properties->members[i].name;
  return (sl_str){0};
}

/* Files of REST cases are told by members that others do not have. */
static bool is_rest(const sl_json *tests) {
  for (size_t i = 0; i < tests->count; i++)
    if (sl_json_get(tests->items[i], "responses") || sl_json_get(tests->items[i], "expectedError")) return true;
  return false;
}

static sl_test_case *add_json_case(sl_arena *arena, const char *file, const sl_json *node, sl_str format, sl_str config,
                                   sl_vec *out) {
  sl_str stem = file_stem(file), name = sl_json_str(sl_json_get(node, "name"), "");
  sl_buf text = {0};
  sl_buf_printf(&text, SL_STR_FMT " - " SL_STR_FMT, SL_STR_ARG(stem), SL_STR_ARG(name));
  if (format.len) sl_buf_printf(&text, " - " SL_STR_FMT, SL_STR_ARG(format));
  if (config.len)
    sl_buf_printf(&text, " - " SL_STR_FMT "=" SL_STR_FMT, SL_STR_ARG(config_property(node)), SL_STR_ARG(config));
  sl_test_case *test = add_case(arena, file, sl_arena_dup(arena, text.data, text.len), out);
  sl_buf_done(&text);
  test->node = node;
  test->format = format;
  test->config = config;
  test->disabled = sl_json_is(sl_json_get(node, "enabled"), SL_JSON_FALSE);
  if (!name.len) test->load_error = "A test case has no name.";
  const sl_json *statements = sl_json_get(node, "statements");
  if (!sl_json_is(statements, SL_JSON_ARRAY) || !statements->count)
    test->load_error = "The member 'statements' must be a list with at least one statement.";
  return test;
}

static size_t list_length(const sl_json *list) {
  return sl_json_is(list, SL_JSON_ARRAY) ? list->count : 0;
}

static void add_json_node(sl_arena *arena, const char *file, const sl_json *node, bool rest, sl_vec *out) {
  const sl_json *formats = sl_json_get(node, "format"), *configs = sl_json_get(node, "config");
  size_t format_count = list_length(formats), config_count = list_length(configs);
  for (size_t f = 0; f < (format_count ? format_count : 1); f++)
    for (size_t c = 0; c < (config_count ? config_count : 1); c++)
      add_json_case(arena, file, node, format_count ? sl_json_str(formats->items[f], "") : (sl_str){0},
                    config_count ? sl_json_str(configs->items[c], "") : (sl_str){0}, out)
          ->rest = rest;
}

static int load_json(sl_arena *arena, const char *file, sl_str text, sl_vec *out, sl_err *err) {
  sl_json *root;
  int code = sl_json_parse(arena, text, SL_JSON_COMMENTS, &root, err);
  if (code) return code;
  const sl_json *tests = sl_json_get(root, "tests");
  if (!list_length(tests))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The member 'tests' must be a list with at least one case.");
  bool rest = is_rest(tests);
  for (size_t i = 0; i < tests->count; i++) add_json_node(arena, file, tests->items[i], rest, out);
  return 0;
}

/* ---- .sql ---- */

static int load_sql(sl_arena *arena, const char *file, sl_str text, sl_vec *out, sl_err *err) {
  sl_test_reader reader;
  sl_test_reader_init(&reader, arena, text);
  sl_str stem = file_stem(file);
  for (;;) {
    sl_test_item item = {0};
    sl_err failure = {0};
    int code = sl_test_reader_next(&reader, arena, &item, &failure);
    if (code == 0) return 0;
    if (code < 0 && !reader.started) {
      sl_err_move(err, &failure);
      return code;
    }
    sl_err_done(&failure); /* a case meets its own errors when it runs */
    bool directive = code > 0 && item.kind == SL_TEST_DIRECTIVE;
    if (!directive || !sl_str_eq_nocase(item.directive, sl_str_of("test"))) continue;
    const char *name = sl_arena_printf(arena, SL_STR_FMT " - " SL_STR_FMT, SL_STR_ARG(stem), SL_STR_ARG(item.text));
    sl_test_case *test = add_case(arena, file, name, out);
    test->line = item.pos.line;
    test->reader = reader;
  }
}

/* ---- files and folders ---- */

static void load_file(sl_arena *arena, const char *file, sl_vec *out) {
  char *data = NULL;
  size_t len = 0;
  sl_err failure = {0};
  int code = sl_fs_read_all(sl_fs_real(), file, FILE_LIMIT, arena, &data, &len, &failure);
  bool json = sl_str_ends(sl_str_of(file), sl_str_of(".json"));
  if (!code) code = (json ? load_json : load_sql)(arena, file, sl_str_n(data, len), out, &failure);
  if (code) add_broken(arena, file, &failure, out);
}

static int load_folder(sl_arena *arena, const char *path, sl_vec *out, sl_err *err) {
  char **names;
  size_t count = 0;
  int code = sl_fs_list(sl_fs_real(), path, arena, &names, &count, err);
  for (size_t i = 0; i < count && !code; i++) {
    const char *inner = sl_arena_printf(arena, "%s/%s", path, names[i]);
    if (sl_fs_is_dir(sl_fs_real(), inner))
      code = load_folder(arena, inner, out, err);
    else if (sl_str_ends(sl_str_of(inner), sl_str_of(".json")) || sl_str_ends(sl_str_of(inner), sl_str_of(".sql")))
      load_file(arena, inner, out);
  }
  return code;
}

int sl_test_load(sl_arena *arena, const char *path, sl_vec *out, sl_err *err) {
  char *own = sl_arena_dup(arena, path, strlen(path));
  for (size_t len = strlen(own); len > 1 && own[len - 1] == '/'; len--) own[len - 1] = 0;
  if (sl_fs_is_dir(sl_fs_real(), own)) return load_folder(arena, own, out, err);
  if (!sl_fs_exists(sl_fs_real(), own))
    return sl_err_set(err, SL_E_NOT_FOUND, SL_NO_POS, "There is no file or folder '%s'.", path);
  load_file(arena, own, out);
  return 0;
}

void sl_test_name_apart(sl_arena *arena, sl_vec *cases) {
  sl_map seen = {0};
  for (size_t i = 0; i < cases->len; i++) {
    sl_test_case *test = sl_vec_at(cases, i);
    const char *base = test->name;
    for (int n = 2; sl_map_has(&seen, sl_str_of(test->name)); n++)
      test->name = sl_arena_printf(arena, "%s (%d)", base, n);
    sl_map_put(&seen, sl_str_of(test->name), test);
  }
  sl_map_done(&seen);
}
