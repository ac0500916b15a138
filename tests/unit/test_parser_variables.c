/* ${variables}: where they are seen, what may stand there, and that a value cannot break out of its place. */
#include "tests/unit/parser_testing.h"

typedef struct binding {
  const char *name, *value;
} binding;

static const binding bindings[] = {
    {"name", "orders"},    {"quoted", "\"my col\""},
    {"low", "`low`"},      {"num", "-1.5E3"},
    {"text", "'it's'"},    {"plain", "a'b"},
    {"yes", "TRUE"},       {"bad", "a b"},
    {"at", "@a"},          {"inject", "x'; DROP STREAM s; '"},
    {"topic", "'orders'"},
};

static bool lookup(void *ctx, sl_str name, sl_str *value) {
  (void)ctx;
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
    if (sl_str_eq_z(name, bindings[i].name)) {
      *value = sl_str_of(bindings[i].value);
      return true;
    }
  return false;
}

static const char *replaced(const char *text) {
  sl_str out;
  sl_err err = {0};
  if (sl_substitute_variables(&test_arena, sl_str_of(text), lookup, NULL, &out, &err))
    fail_msg("%s\n%s", text, err.message);
  return sl_str_z(&test_arena, out);
}

static const char *refused(const char *text) {
  sl_str out;
  sl_err err = {0};
  assert_int_not_equal(sl_substitute_variables(&test_arena, sl_str_of(text), lookup, NULL, &out, &err), 0);
  const char *message = sl_arena_printf(&test_arena, "%s", err.message);
  sl_err_done(&err);
  return message;
}

static void test_variables__are_replaced_where_they_stand(void **state) {
  (void)state;
  static const struct {
    const char *text, *out;
  } cases[] = {
      {"SELECT ${name}, ${num}, ${text}, ${yes} FROM ${name};", "SELECT orders, -1.5E3, 'it''s', TRUE FROM orders;"},
      {"CREATE STREAM ${name} (${low} INT) WITH (KAFKA_TOPIC=${topic}, ${name}='${name}-${plain}');",
       "CREATE STREAM orders (`low` INT) WITH (KAFKA_TOPIC='orders', orders='orders-a''b');"},
      {"DEFINE x = '${name}y';", "DEFINE x = 'ordersy';"},
      {"SET '${name}' = '${num}'; UNSET '${name}';", "SET 'orders' = '-1.5E3'; UNSET 'orders';"},
      {"INSERT INTO s VALUES ('${unknown}', '${inject}');",
       "INSERT INTO s VALUES ('${unknown}', 'x''; DROP STREAM s; ''');"},
      {"SELECT ${name}.a, s.${name} FROM s AS ${name} -- ${unknown}\n;",
       "SELECT orders.a, s.orders FROM s AS orders -- ${unknown}\n;"},
      {"ASSERT VALUES ${name} (a) VALUES (${num});", "ASSERT VALUES orders (a) VALUES (-1.5E3);"},
      {"PRINT ${name}", "PRINT orders"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(replaced(cases[i].text), cases[i].out);
}

static void test_variables__text_without_any_is_not_copied(void **state) {
  (void)state;
  const char *text = "SELECT '$' FROM s;";
  sl_str out;
  sl_err err = {0};
  assert_int_equal(sl_substitute_variables(&test_arena, sl_str_of(text), lookup, NULL, &out, &err), 0);
  assert_ptr_equal(out.ptr, text);
}

static void test_variables__values_must_fit_their_place(void **state) {
  (void)state;
  const char *name_rule = "Illegal argument at Line: %d, Col: %d. Identifier names cannot start with '@' and may only "
                          "contain alphanumeric values and '_'. Got: '%s'";
  static const struct {
    const char *text;
    int line, column;
    const char *got;
  } names[] = {
      {"SELECT a FROM ${bad};", 1, 15, "a b"},           {"SELECT a\nFROM ${at};", 2, 6, "@a"},
      {"SELECT a FROM ${quoted};", 1, 15, "\"my col\""}, {"SELECT a FROM ${nobody};", 1, 15, "${nobody}"},
      {"SELECT a AS ${num} FROM b;", 1, 13, "-1.5E3"},   {"DROP STREAM ${inject};", 1, 13, "x'; DROP STREAM s; '"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char want[256];
    snprintf(want, sizeof want, name_rule, names[i].line, names[i].column, names[i].got);
    assert_string_equal(refused(names[i].text), want);
  }
  assert_string_equal(refused("CREATE STREAM s WITH (A=${name});"),
                      "Illegal argument at Line: 1, Col: 25. Got: 'orders'");
  assert_string_equal(refused("SELECT ${plain} FROM s;"), "Illegal argument at Line: 1, Col: 8. Got: 'a'b'");
  assert_string_equal(refused("SELECT ${nobody} FROM s;"), "Illegal argument at Line: 1, Col: 8. Got: '${nobody}'");
}

static void test_variables__a_text_that_does_not_parse_is_refused(void **state) {
  (void)state;
  assert_non_null(strstr(refused("SELECT ${name} FORM s;"), "Syntax Error"));
}

static void test_variables__stay_in_the_tree_when_nobody_replaces_them(void **state) {
  (void)state;
  const sl_statement *s = parse("CREATE STREAM ${a} AS SELECT ${b}, s.${c} AS ${d} FROM ${e};");
  assert_string_equal(formatted(s),
                      "CREATE STREAM ${a} AS SELECT\n  ${b},\n  S.${c} ${d}\nFROM ${e} ${e}\nEMIT CHANGES;");
  assert_true(round_trips(&test_arena, s));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_variables__are_replaced_where_they_stand),
      cmocka_unit_test(test_variables__text_without_any_is_not_copied),
      cmocka_unit_test(test_variables__values_must_fit_their_place),
      cmocka_unit_test(test_variables__a_text_that_does_not_parse_is_refused),
      cmocka_unit_test(test_variables__stay_in_the_tree_when_nobody_replaces_them),
  };
  return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
