/* Golden trees: each tests/golden/ast/<name>.sql beside the tree that it parses to, <name>.ast. Runs from the root.
 * With SLUICE_GOLDEN_UPDATE set the trees are written instead of compared; look at the difference before committing. */
#include "tests/unit/parser_testing.h"

#include "base/fs.h"

#define FOLDER "tests/golden/ast"
enum { FILE_LIMIT = 1 << 20 };

static sl_str read_file(const char *path) {
  char *data;
  size_t len;
  sl_err err = {0};
  if (sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, &test_arena, &data, &len, &err)) fail_msg("%s", err.message);
  return (sl_str){data, len};
}

/* Trees of all statements, each with the canonical text as a check of both. */
static const char *print_all(const char *path) {
  sl_script script = {0};
  sl_err err = {0};
  sl_buf out = {0};
  if (sl_parse(&test_arena, read_file(path), SL_PARSE_TEST_FILE, &script, &err)) fail_msg("%s: %s", path, err.message);
  for (int i = 0; i < script.count; i++) {
    sl_print_tree(&out, script.statements[i]);
    assert_true(round_trips(&test_arena, script.statements[i]));
  }
  return take(&out);
}

static void check(const char *name) {
  const char *sql = sl_arena_printf(&test_arena, "%s/%s.sql", FOLDER, name);
  const char *golden = sl_arena_printf(&test_arena, "%s/%s.ast", FOLDER, name), *tree = print_all(sql);
  sl_err err = {0};
  if (getenv("SLUICE_GOLDEN_UPDATE")) {
    if (sl_fs_replace(sl_fs_real(), golden, tree, strlen(tree), &err)) fail_msg("%s", err.message);
    return;
  }
  if (strcmp(sl_str_z(&test_arena, read_file(golden)), tree) != 0)
    fail_msg("%s: the tree is not the one in %s; it is now:\n%s", sql, golden, tree);
}

static void test_golden__trees_are_as_recorded(void **state) {
  (void)state;
  char **names;
  size_t count, checked = 0;
  sl_err err = {0};
  if (sl_fs_list(sl_fs_real(), FOLDER, &test_arena, &names, &count, &err)) fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++) {
    size_t len = strlen(names[i]);
    if (len < 5 || strcmp(names[i] + len - 4, ".sql") != 0) continue;
    check(sl_arena_printf(&test_arena, "%.*s", (int)len - 4, names[i]));
    checked++;
  }
  assert_true(checked >= 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden__trees_are_as_recorded)};
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
