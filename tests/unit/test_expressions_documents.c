/* JSON and URL functions by example. */
#include "expressions_support.h"

static int setup(void **state) {
  static bench b;
  bench_init(&b);
  bench_column(&b, "NS", "STRING", "NULL");
  bench_column(&b, "NI", "INTEGER", "NULL");
  bench_column(&b, "NM", "MAP<STRING, INTEGER>", "NULL");
  bench_column(&b, "I", "INTEGER", "5");
  bench_column(&b, "L", "BIGINT", "6");
  bench_column(&b, "D", "DOUBLE", "2.5");
  bench_column(&b, "DEC", "DECIMAL(6, 4)", "12.3400");
  bench_column(&b, "DOC", "STRING",
               "' {\"a\": {\"b\": [10, {\"c\": \"x\\u0041\\n\"}, null]}, \"n\": 1.50, \"e\": 1e2, \"@t\": true, "
               "\"7\": \"seven\", \"q\\\"k\": -0, \"o\":{ \"z\" : 1E2, \"y\":[ ] } }'");
  bench_column(&b, "PATH", "STRING", "'$.n'");
  bench_column(&b, "RAW", "BYTES", "'IQ=='");
  *state = &b;
  return 0;
}

static void test_extractjsonfield__follows_paths(void **state) {
  bench_check(state,
              (const example[]){{"EXTRACTJSONFIELD(DOC, '$.a.b[0]')", "STRING 10"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.b.0')", "STRING 10"},
                                {"EXTRACTJSONFIELD(DOC, '$[a][b][1].c')", "STRING xA\n"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.b[1]')", "STRING {\"c\":\"xA\\n\"}"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.b[2]')", "STRING null"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.b[3]') IS NULL", "BOOLEAN true"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.b.c') IS NULL", "BOOLEAN true"},
                                {"EXTRACTJSONFIELD(DOC, '$.a.c') IS NULL", "BOOLEAN true"},
                                {"EXTRACTJSONFIELD(DOC, '$.n.x') IS NULL", "BOOLEAN true"},
                                {"EXTRACTJSONFIELD(DOC, '$.n')", "STRING 1.50"},
                                {"EXTRACTJSONFIELD(DOC, PATH)", "STRING 1.50"},
                                {"EXTRACTJSONFIELD(DOC, '$.e')", "STRING 1E+2"},
                                {"EXTRACTJSONFIELD(DOC, '$.@t')", "STRING true"},
                                {"EXTRACTJSONFIELD(DOC, '$[7]')", "STRING seven"},
                                {"EXTRACTJSONFIELD(DOC, '$[\"q\\\"k\"]')", "STRING 0"},
                                {"EXTRACTJSONFIELD(DOC, '$.o')", "STRING {\"z\":1E+2,\"y\":[]}"},
                                {"EXTRACTJSONFIELD('[1, 2]', '$')", "STRING [1,2]"},
                                {"EXTRACTJSONFIELD('\"é\"', '$')", "STRING é"},
                                {"EXTRACTJSONFIELD('{\"é1\":3}', '$.é1')", "STRING 3"},
                                {"EXTRACTJSONFIELD('{\"k\":1,\"k\":2}', '$.k')", "STRING 2"},
                                {"EXTRACTJSONFIELD('{\"a\":1}}', '$.a')", "STRING 1"},
                                {"EXTRACTJSONFIELD('12345678901234567890123', '$')", "STRING 12345678901234567890123"},
                                {"EXTRACTJSONFIELD('  ', '$.a')", "STRING null"},
                                {"EXTRACTJSONFIELD('  ', '$')", "STRING "},
                                {"EXTRACTJSONFIELD(NS, '$.a')", "STRING null"},
                                {"EXTRACTJSONFIELD(DOC, NS)", "STRING null"},
                                {0}});
}

static void test_extractjsonfield__refuses_bad_paths_and_texts(void **state) {
  static const char *const PATHS[] = {"",      "a",      "$.",     "$..a",    "$.a-b",       "$.*",  "$[",     "$[]",
                                      "$[-1]", "$[a b]", "$[\"a]", "$[\"a\"", "$[\"a\\n\"]", "$ .a", "$.a[0]]"};
  for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
    bench *b = *state;
    const char *sql = sl_arena_printf(&b->arena, "EXTRACTJSONFIELD(DOC, '%s')", PATHS[i]);
    bench_check_error(state, sql, sl_arena_printf(&b->arena, "Invalid JSON path: '%s'", PATHS[i]));
  }
  bench_check_error(state, "EXTRACTJSONFIELD('{\"a\":1', '$.a')", "Invalid JSON format:{\"a\":1");
  bench_check_error(state, "EXTRACTJSONFIELD('{\"a\":1,}', '$.a')", "Invalid JSON format:{\"a\":1,}");
  bench_check_error(state, "EXTRACTJSONFIELD('truex', '$')", "Invalid JSON format:truex");
}

static void test_json__tells_and_counts(void **state) {
  bench_check(state,
              (const example[]){{"IS_JSON_STRING('[1, 2]')", "BOOLEAN true"},
                                {"IS_JSON_STRING(' null ')", "BOOLEAN true"},
                                {"IS_JSON_STRING('{}]')", "BOOLEAN true"},
                                {"IS_JSON_STRING('12]')", "BOOLEAN true"},
                                {"IS_JSON_STRING('12x')", "BOOLEAN false"},
                                {"IS_JSON_STRING('01')", "BOOLEAN false"},
                                {"IS_JSON_STRING('[1,]')", "BOOLEAN false"},
                                {"IS_JSON_STRING('NaN')", "BOOLEAN false"},
                                {"IS_JSON_STRING('abc')", "BOOLEAN false"},
                                {"IS_JSON_STRING('')", "BOOLEAN false"},
                                {"IS_JSON_STRING(NS)", "BOOLEAN false"},
                                {"IS_JSON_STRING(RPAD('', 1000, '['))", "BOOLEAN false"},
                                {"IS_JSON_STRING(CONCAT(RPAD('', 1000, '['), RPAD('', 1000, ']')))", "BOOLEAN true"},
                                {"IS_JSON_STRING(CONCAT(RPAD('', 1001, '['), RPAD('', 1001, ']')))", "BOOLEAN false"},
                                {"JSON_ARRAY_LENGTH('[1, [2, 3], {}]')", "INTEGER 3"},
                                {"JSON_ARRAY_LENGTH('[]')", "INTEGER 0"},
                                {"JSON_ARRAY_LENGTH('{\"a\":[1]}')", "INTEGER null"},
                                {"JSON_ARRAY_LENGTH(' ')", "INTEGER null"},
                                {"JSON_ARRAY_LENGTH(NS)", "INTEGER null"},
                                {0}});
  bench_check_error(state, "JSON_ARRAY_LENGTH('[1, 2')", "Invalid JSON format:[1, 2");
  bench_check_error(state, "JSON_ARRAY_LENGTH('1x')", "Invalid JSON format:1x");
}

static void test_json_array_contains__compares_by_kind(void **state) {
  bench_check(state, (const example[]){{"JSON_ARRAY_CONTAINS('[1, 2]', 2)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[1, 6]', L)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[1, 2]', 3)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[1]', 1E0)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[1.0]', 1)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[2.50]', D)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[25e-1]', D)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[12.34]', DEC)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[\"a\\u0062\"]', 'ab')", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[\"1\"]', 1)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[true]', true)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[true]', false)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[1, null]', NI)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[1, null]', NULL)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[1]', NI)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[[2], {\"a\":2}]', 2)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[2147483648, 2]', 2)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('[2147483648, 6]', L)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[1, 2, x', 2)", "BOOLEAN true"},
                                       {"JSON_ARRAY_CONTAINS('[x, 2', 2)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('{\"a\":2}', 2)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS('', 2)", "BOOLEAN false"},
                                       {"JSON_ARRAY_CONTAINS(NS, 2)", "BOOLEAN null"},
                                       {0}});
  bench *b = *state;
  bench_eval(b, "JSON_ARRAY_CONTAINS(NS, 2)");
  assert_string_not_equal(b->error, "");
}

static void test_json_concat__merges_or_joins(void **state) {
  bench_check(state,
              (const example[]){
                  {"JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}')", "STRING {\"a\":1,\"b\":2}"},
                  {"JSON_CONCAT('{\"a\":{\"5\":6},\"b\":1}', '{\"a\":{\"3\":4}}')", "STRING {\"a\":{\"3\":4},\"b\":1}"},
                  {"JSON_CONCAT('{}', '{}')", "STRING {}"},
                  {"JSON_CONCAT('[1, 2]', '[3]')", "STRING [1,2,3]"},
                  {"JSON_CONCAT('[1, 2]', '{\"a\": 1}', '4')", "STRING [1,2,{\"a\":1},4]"},
                  {"JSON_CONCAT('null', 'null')", "STRING [null,null]"},
                  {"JSON_CONCAT('[]', '[]')", "STRING []"},
                  {"JSON_CONCAT(' {\"b\" : 1e2, \"a\" : 2, \"b\": 3.50 } ')", "STRING {\"b\":3.50,\"a\":2}"},
                  {"JSON_CONCAT('1e2')", "STRING 100"},
                  {"JSON_CONCAT('-0')", "STRING 0"},
                  {"JSON_CONCAT('\"a/\\u0001é\\\"\"')", "STRING \"a/\\u0001é\\\"\""},
                  {"JSON_CONCAT('1', '')", "STRING null"},
                  {"JSON_CONCAT(NS, '1')", "STRING null"},
                  {"JSON_CONCAT(NS)", "STRING null"},
                  {0}});
  bench_check_error(state, "JSON_CONCAT('1', '{x}')", "Invalid JSON format:{x}");
  bench_check_error(state, "JSON_CONCAT()", "JSON_CONCAT expects at least one argument.");
  bench_check_error(state, "LEN(JSON_CONCAT('1e99999'))",
                    "Error processing JSON_CONCAT: A number in the JSON text has too "
                    "many digits: 1e99999");
}

static void test_json__gives_parts(void **state) {
  bench_check(state,
              (const example[]){{"ARRAY_JOIN(JSON_ITEMS('[1, \"a\", null, {\"x\": 1e2}, [ ]]'), '|')",
                                 "STRING 1|\"a\"|null|{\"x\":1E+2}|[]"},
                                {"ARRAY_LENGTH(JSON_ITEMS('[]'))", "INTEGER 0"},
                                {"JSON_ITEMS(NS)", "ARRAY<STRING> null"},
                                {"JSON_KEYS('{\"b\": 1, \"a\": {\"c\": 2}, \"b\": 3}')", "ARRAY<STRING> [\"b\",\"a\"]"},
                                {"JSON_KEYS('{}')", "ARRAY<STRING> []"},
                                {"JSON_KEYS('[1]')", "ARRAY<STRING> null"},
                                {"JSON_KEYS('')", "ARRAY<STRING> null"},
                                {"JSON_KEYS(NS)", "ARRAY<STRING> null"},
                                {"JSON_RECORDS('{\"a\": \"x\\\"y\", \"b\": [1.50, 1e2], \"c\": null}')",
                                 "MAP<STRING, STRING> {a=x\"y, b=[1.50,1E+2], c=null}"},
                                {"JSON_RECORDS('{\"c\": null}')['c'] IS NULL", "BOOLEAN false"},
                                {"JSON_RECORDS('{}')", "MAP<STRING, STRING> {}"},
                                {"JSON_RECORDS('3')", "MAP<STRING, STRING> null"},
                                {"JSON_RECORDS(' ')", "MAP<STRING, STRING> null"},
                                {"JSON_RECORDS(NS)", "MAP<STRING, STRING> null"},
                                {0}});
  bench_check_error(state, "JSON_ITEMS('{}')", "Invalid JSON format:{}");
  bench_check_error(state, "JSON_ITEMS('')", "Invalid JSON format:");
  bench_check_error(state, "JSON_ITEMS('[1')", "Invalid JSON format:[1");
  bench_check_error(state, "JSON_KEYS('{1}')", "Invalid JSON format:{1}");
  bench_check_error(state, "JSON_RECORDS('{')", "Invalid JSON format:{");
}

static void test_to_json_string__of_each_type(void **state) {
  bench_check(
      state,
      (const example[]){
          {"TO_JSON_STRING(true)", "STRING true"},
          {"TO_JSON_STRING(I)", "STRING 5"},
          {"TO_JSON_STRING(L)", "STRING 6"},
          {"TO_JSON_STRING(123.456E0)", "STRING 123.456"},
          {"TO_JSON_STRING(1E10)", "STRING 1.0E10"},
          {"TO_JSON_STRING(SQRT(-1))", "STRING \"NaN\""},
          {"TO_JSON_STRING(LN(0))", "STRING \"-Infinity\""},
          {"TO_JSON_STRING(DEC)", "STRING 12.3400"},
          {"TO_JSON_STRING(0.0000001)", "STRING 0.0000001"},
          {"TO_JSON_STRING('a\"\\é/\t\x01')", "STRING \"a\\\"\\\\é/\\t\\u0001\""},
          {"TO_JSON_STRING(RAW)", "STRING \"IQ==\""},
          {"TO_JSON_STRING(CAST('1972-09-27' AS DATE))", "STRING \"1972-09-27\""},
          {"TO_JSON_STRING(CAST('16:43:40' AS TIME))", "STRING \"16:43:40\""},
          {"TO_JSON_STRING(CAST('13:25' AS TIME))", "STRING \"13:25\""},
          {"TO_JSON_STRING(CAST('1971-11-28T23:46:40' AS TIMESTAMP))", "STRING \"1971-11-28T23:46:40.000\""},
          {"TO_JSON_STRING(ARRAY[1, NULL, 3])", "STRING [1,null,3]"},
          {"TO_JSON_STRING(STRUCT(Z := 1, `b` := NI, A := STRUCT(T := CAST('13:25' AS TIME))))",
           "STRING {\"A\":{\"T\":\"13:25\"},\"Z\":1,\"b\":null}"},
          {"TO_JSON_STRING(MAP('z' := 1, 'a' := NI))", "STRING {\"a\":null,\"z\":1}"},
          {"TO_JSON_STRING(MAP('\xef\xbf\xbd' := 1, '\xf0\x9f\x98\x80' := 2))", "STRING {\"😀\":2,\"\xef\xbf\xbd\":1}"},
          {"TO_JSON_STRING(MAP(2 := 1))", "STRING {\"2\":1}"},
          {"TO_JSON_STRING(NI)", "STRING null"},
          {"TO_JSON_STRING(NULL)", "STRING null"},
          {"TO_JSON_STRING(NM) IS NULL", "BOOLEAN false"},
          {0}});
}

static void test_url__parts(void **state) {
  bench_check(state,
              (const example[]){
                  {"URL_EXTRACT_PROTOCOL('http://test@confluent.io:8080/nested/path?query&jobs')", "STRING http"},
                  {"URL_EXTRACT_PROTOCOL('HttpS://a')", "STRING HttpS"},
                  {"URL_EXTRACT_PROTOCOL('www.confluent.io')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://test@confluent.io:8080/nested/path?query&jobs')", "STRING confluent.io"},
                  {"URL_EXTRACT_HOST('http://[::1%eth0]:80/')", "STRING [::1%eth0]"},
                  {"URL_EXTRACT_HOST('http://[1:2:3:4:5:6:7:8]')", "STRING [1:2:3:4:5:6:7:8]"},
                  {"URL_EXTRACT_HOST('http://[::ffff:1.2.3.4]')", "STRING [::ffff:1.2.3.4]"},
                  {"URL_EXTRACT_HOST('http://1.2.3.4:5')", "STRING 1.2.3.4"},
                  {"URL_EXTRACT_HOST('http://1.2.3.400')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://h:/p')", "STRING h"},
                  {"URL_EXTRACT_HOST('http://a-b.c9.')", "STRING a-b.c9."},
                  {"URL_EXTRACT_HOST('http://a-.com')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://a_b.com')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://a.9b')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://é.com')", "STRING null"},
                  {"URL_EXTRACT_HOST('http://h:99999999999')", "STRING null"},
                  {"URL_EXTRACT_HOST('file:///x')", "STRING null"},
                  {"URL_EXTRACT_HOST('mailto:a@b')", "STRING null"},
                  {"URL_EXTRACT_PORT('http://test@confluent.io:8080/nested/path?query&jobs')", "INTEGER 8080"},
                  {"URL_EXTRACT_PORT('http://confluent.io')", "INTEGER null"},
                  {"URL_EXTRACT_PORT('http://h:/p')", "INTEGER null"},
                  {"URL_EXTRACT_PATH('http://h/nested/p%C3%A4th+x?query')", "STRING /nested/päth+x"},
                  {"URL_EXTRACT_PATH('http://h')", "STRING "},
                  {"URL_EXTRACT_PATH('www.confluent.io')", "STRING www.confluent.io"},
                  {"URL_EXTRACT_PATH('')", "STRING "},
                  {"URL_EXTRACT_PATH('mailto:a@b')", "STRING null"},
                  {"URL_EXTRACT_PATH('/a%FFb')", "STRING /a\ufffdb"},
                  {"URL_EXTRACT_QUERY('http://www.test.com?query#fragment')", "STRING query"},
                  {"URL_EXTRACT_QUERY('http://h/p?a%20b+c')", "STRING a b+c"},
                  {"URL_EXTRACT_QUERY('http://h/p?')", "STRING "},
                  {"URL_EXTRACT_QUERY('http://h/p')", "STRING null"},
                  {"URL_EXTRACT_QUERY('http://h/p?a[0]=1')", "STRING a[0]=1"},
                  {"URL_EXTRACT_FRAGMENT('http://h/?query#frag%20ment')", "STRING frag ment"},
                  {"URL_EXTRACT_FRAGMENT('mailto:a@b#f')", "STRING f"},
                  {"URL_EXTRACT_FRAGMENT('http://h')", "STRING null"},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a&two=b%20c&three&one=x', 'two')", "STRING b c"},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a&two=b&three&one=x', 'one')", "STRING a"},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a&two=b&three', 'three')", "STRING "},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a=b', 'one')", "STRING a=b"},
                  {"URL_EXTRACT_PARAMETER('http://h/?x=1%26y=2', 'y')", "STRING 2"},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a', 'two') IS NULL", "BOOLEAN true"},
                  {"URL_EXTRACT_PARAMETER('http://h/', 'two') IS NULL", "BOOLEAN true"},
                  {"URL_EXTRACT_PARAMETER('http://h/?one=a', NS)", "STRING null"},
                  {"URL_EXTRACT_PARAMETER(NS, 'a')", "STRING null"},
                  {"URL_EXTRACT_HOST(NS)", "STRING null"},
                  {"URL_EXTRACT_PORT(NS)", "INTEGER null"},
                  {0}});
}

static void test_url__refuses_what_is_none(void **state) {
  static const char *const BAD[] = {"http://h/a b",
                                    "http://h/\"",
                                    "http://h/a<b",
                                    "http://h/a\\b",
                                    "http://h/a^b",
                                    "http://h/`",
                                    "http://h/{a}",
                                    "http://h/?a|b",
                                    "http://h/%",
                                    "http://h/%2",
                                    "http://h/%zz",
                                    "http://h/a[0]",
                                    ":a",
                                    "http:",
                                    "http://",
                                    "1http://h",
                                    "http://[::1",
                                    "http://[1::2::3]",
                                    "http://[12345::]",
                                    "http://h/\u00a0",
                                    "ht_tp:x",
                                    "http://[1:2:3]",
                                    "http://a[b",
                                    "http://h?a#b#c"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    bench *b = *state;
    const char *sql = sl_arena_printf(&b->arena, "URL_EXTRACT_PATH('%s')", BAD[i]);
    bench_check_error(state, sql, sl_arena_printf(&b->arena, "URL input has invalid syntax: %s", BAD[i]));
  }
}

static void test_url__codes_parameters(void **state) {
  bench_check(state, (const example[]){{"URL_ENCODE_PARAM('?foo $bar')", "STRING %3Ffoo+%24bar"},
                                       {"URL_ENCODE_PARAM('aZ9-_.*~!''()')", "STRING aZ9-_.*%7E%21%27%28%29"},
                                       {"URL_ENCODE_PARAM('é')", "STRING %C3%A9"},
                                       {"URL_ENCODE_PARAM('')", "STRING "},
                                       {"URL_ENCODE_PARAM(NS)", "STRING null"},
                                       {"URL_DECODE_PARAM('%3Ffoo+%24bar')", "STRING ?foo $bar"},
                                       {"URL_DECODE_PARAM('%c3%A9é')", "STRING éé"},
                                       {"URL_DECODE_PARAM('a%FF%C3')", "STRING a\ufffd\ufffd"},
                                       {"URL_DECODE_PARAM('nothing')", "STRING nothing"},
                                       {"URL_DECODE_PARAM(NS)", "STRING null"},
                                       {0}});
  bench_check_error(state, "URL_DECODE_PARAM('a%2')", "The text has a malformed escape: a%2");
  bench_check_error(state, "URL_DECODE_PARAM('a%g1')", "The text has a malformed escape: a%g1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_extractjsonfield__follows_paths),
      cmocka_unit_test(test_extractjsonfield__refuses_bad_paths_and_texts),
      cmocka_unit_test(test_json__tells_and_counts),
      cmocka_unit_test(test_json_array_contains__compares_by_kind),
      cmocka_unit_test(test_json_concat__merges_or_joins),
      cmocka_unit_test(test_json__gives_parts),
      cmocka_unit_test(test_to_json_string__of_each_type),
      cmocka_unit_test(test_url__parts),
      cmocka_unit_test(test_url__refuses_what_is_none),
      cmocka_unit_test(test_url__codes_parameters),
  };
  return cmocka_run_group_tests_name("expressions/documents", tests, setup, bench_teardown);
}
