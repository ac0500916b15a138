/* The keyword table against the scanner and the grammar: every word is what the table says it is. */
#include "tests/unit/parser_testing.h"

/* %s is the word; each of these wants a name there. */
static const char *const places[] = {
    "CREATE STREAM S (%s INT KEY, A %s);",
    "CREATE STREAM S (A STRUCT<%s INT>);",
    "CREATE STREAM S WITH (%s = 1);",
    "CREATE TYPE IF NOT EXISTS %s AS INT;",
    "CREATE STREAM %s (A INT);",
    "CREATE STREAM %s AS SELECT A FROM B;",
    "SELECT %s FROM S;",
    "SELECT %s, %s + 1, S.%s, %s.A, %s.*, %s->%s, %s->*, -%s, (%s), f(%s, %s), %s(A) FROM S;",
    "SELECT A AS %s, B %s FROM S;",
    "SELECT STRUCT(%s := 1), f(A, %s => %s, (%s, B) => %s) FROM S;",
    "SELECT A FROM %s;",
    "SELECT A FROM S AS %s JOIN %s AS %s ON S.A = %s.A;",
    "SELECT A FROM S WHERE %s = 1 AND %s IS NULL GROUP BY %s PARTITION BY (%s, A) HAVING %s > %s EMIT CHANGES;",
    "INSERT INTO %s (%s, A) VALUES (%s, 1);",
    "ALTER STREAM S ADD %s INT, ADD COLUMN %s ARRAY<INT>, ADD %s STRUCT<A INT>;",
    "DROP STREAM IF EXISTS %s; DROP TABLE %s; DROP TYPE %s; DROP CONNECTOR %s;",
    "DESCRIBE %s; DESCRIBE %s EXTENDED; DESCRIBE FUNCTION %s; DESCRIBE CONNECTOR %s;",
    "TERMINATE %s; PAUSE %s; RESUME %s; PRINT %s; PRINT %s FROM BEGINNING;",
    "ASSERT TOPIC %s; ASSERT SCHEMA SUBJECT %s ID 1 TIMEOUT 1 DAY;",
};

/* Three words before '(' or '[' are constructors, whatever else they may be. */
static bool is_constructor(const char *word) {
  return !strcmp(word, "MAP") || !strcmp(word, "STRUCT") || !strcmp(word, "ARRAY");
}

static const char *fill(const char *place, const char *word) {
  sl_buf out = {0};
  for (const char *p = place; *p; p++) {
    bool call = !strncmp(p, "%s(", 3) && is_constructor(word);
    if (p[0] == '%' && p[1] == 's') {
      sl_buf_add_z(&out, call ? "X" : word);
      p++;
    } else {
      sl_buf_add_byte(&out, (uint8_t)*p);
    }
  }
  return take(&out);
}

static bool parses(const char *text) {
  sl_script script;
  sl_err err = {0};
  int code = sl_parse(&test_arena, sl_str_of(text), 0, &script, &err);
  sl_err_done(&err);
  return code == 0;
}

static void test_keywords__are_sorted_and_unique(void **state) {
  (void)state;
  size_t count;
  const sl_keyword *words = sl_keywords(&count);
  size_t reserved = 0;
  for (size_t i = 0; i < count; i++) {
    reserved += words[i].reserved;
    if (i) assert_true(strcmp(words[i - 1].text, words[i].text) < 0);
  }
  assert_int_equal(reserved, 88);
  assert_int_equal(count - reserved, 57);
}

static void test_keywords__not_reserved_ones_are_names_everywhere(void **state) {
  (void)state;
  size_t count;
  const sl_keyword *words = sl_keywords(&count);
  for (size_t i = 0; i < count; i++) {
    if (words[i].reserved) continue;
    for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
      const char *text = fill(places[j], words[i].text);
      sl_script script = parse_with(text, 0);
      for (int k = 0; k < script.count; k++)
        if (!round_trips(&test_arena, script.statements[k])) fail_msg("%s", text);
    }
  }
}

static void test_keywords__reserved_ones_are_no_names(void **state) {
  (void)state;
  static const char *const names[] = {"CREATE STREAM S (%s INT);",
                                      "CREATE STREAM S (A STRUCT<%s INT>);",
                                      "SELECT S.%s FROM S;",
                                      "SELECT A AS %s FROM S;",
                                      "SELECT A->%s FROM S;",
                                      "SELECT STRUCT(%s := 1) FROM S;",
                                      "INSERT INTO S (%s) VALUES (1);",
                                      "ALTER STREAM S ADD %s INT;",
                                      "CREATE STREAM %s AS SELECT A FROM B;",
                                      "SELECT A FROM S AS %s;"};
  size_t count;
  const sl_keyword *words = sl_keywords(&count);
  for (size_t i = 0; i < count; i++) {
    if (!words[i].reserved) continue;
    for (size_t j = 0; j < sizeof names / sizeof *names; j++)
      if (parses(fill(names[j], words[i].text))) fail_msg("%s", fill(names[j], words[i].text));
    assert_true(sl_name_needs_quotes(sl_str_of(words[i].text)));
  }
}

static void test_keywords__any_word_is_a_name_in_quotes(void **state) {
  (void)state;
  size_t count;
  const sl_keyword *words = sl_keywords(&count);
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
      sl_script script = parse_with(fill(places[j], sl_arena_printf(&test_arena, "`%s`", words[i].text)), 0);
      for (int k = 0; k < script.count; k++) assert_true(round_trips(&test_arena, script.statements[k]));
    }
}

static void test_names__fold_unless_quoted(void **state) {
  (void)state;
  const sl_stmt_query *s = (const sl_stmt_query *)parse("SELECT abC, \"d\"\"e\", `f``g`, 1ab, \"TRUE\" FROM x;");
  static const char *const names[] = {"ABC", "d\"e", "f`g", "1AB", "TRUE"};
  for (int i = 0; i < 5; i++) {
    const sl_expr *e = s->query->items[i].expr;
    assert_int_equal(e->kind, SL_EXPR_COLUMN);
    assert_true(sl_str_eq_z(e->name, names[i]));
    assert_int_equal(e->quoted, i == 1 || i == 2 || i == 4);
  }
}

static void test_names__are_quoted_only_when_needed(void **state) {
  (void)state;
  static const struct {
    const char *name, *printed;
  } cases[] = {{"ABC", "ABC"},         {"A_1@", "A_1@"},  {"1A", "1A"},     {"abC", "`abC`"}, {"", "``"},
               {"A B", "`A B`"},       {"A`B", "`A``B`"}, {"12", "`12`"},   {"5E3", "`5E3`"}, {"5E", "5E"},
               {"SELECT", "`SELECT`"}, {"KEY", "KEY"},    {"A-B", "`A-B`"}, {"@A", "`@A`"},   {"É", "`É`"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sl_buf out = {0};
    sl_print_name(&out, sl_str_of(cases[i].name));
    assert_string_equal(take(&out), cases[i].printed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keywords__are_sorted_and_unique),
      cmocka_unit_test(test_keywords__not_reserved_ones_are_names_everywhere),
      cmocka_unit_test(test_keywords__reserved_ones_are_no_names),
      cmocka_unit_test(test_keywords__any_word_is_a_name_in_quotes),
      cmocka_unit_test(test_names__fold_unless_quoted),
      cmocka_unit_test(test_names__are_quoted_only_when_needed),
  };
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
