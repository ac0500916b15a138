/* JSON: the grammar case by case and against a second parser (SQLite's), the cursor, the tree, the writer, and the SIMD
 * scans against their portable twins. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>
#include "base/json.h"
#include "base/utf8.h"

static uint64_t random_state = 7;
static unsigned draw(unsigned bound) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (unsigned)((z ^ (z >> 31)) >> 8) % bound;
}

/* A copy without a byte of slack behind it, so that a sanitizer sees every read beyond the end. */
static sl_str exact(sl_str s) {
  char *copy = malloc(s.len ? s.len : 1);
  if (s.len) memcpy(copy, s.ptr, s.len);
  return sl_str_n(copy, s.len);
}

static bool skips(sl_str text) {
  sl_json_cursor cur;
  sl_str copy = exact(text);
  sl_json_begin(&cur, copy);
  bool ok = sl_json_skip(&cur, NULL) && sl_json_at_end(&cur);
  free((char *)copy.ptr);
  return ok;
}

static bool parses(sl_str text) {
  sl_arena arena;
  sl_json *v = NULL;
  sl_err err = {0};
  sl_str copy = exact(text);
  sl_arena_init(&arena, 0);
  int rc = sl_json_parse(&arena, copy, 0, &v, &err);
  if (rc ? !err.message : !v) fail_msg("parse returned %d without a result", rc);
  sl_err_done(&err);
  sl_arena_done(&arena);
  free((char *)copy.ptr);
  return rc == 0;
}

static void test_json__accepts_the_grammar_and_nothing_else(void **state) {
  (void)state;
  static const char *const GOOD[] = {"null",
                                     " true ",
                                     "false\n",
                                     "0",
                                     "-0",
                                     "10",
                                     "-1.5",
                                     "1e5",
                                     "1E+5",
                                     "1.25e-7",
                                     "\"\"",
                                     "\"a\\n\\u00e9\\\\\\/\"",
                                     "[]",
                                     "[ ]",
                                     "{}",
                                     "{ }",
                                     "[1,2 , [3]]",
                                     "{\"a\":1,\"b\":{\"c\":[null]}}",
                                     "\t[\r\n1\n]",
                                     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                     "{\"a\":1,\"a\":2}",
                                     "\"\x7f\"",
                                     "[\"0123456789abcdef0123456789abcdef\"]",
                                     "{\"\":0}",
                                     "123456789012345678901234567890"};
  static const char *const BAD[] = {"",
                                    " ",
                                    "nul",
                                    "nulL",
                                    "True",
                                    "tru",
                                    "01",
                                    "-",
                                    "-01",
                                    "+1",
                                    "1.",
                                    ".5",
                                    "1.e5",
                                    "1e",
                                    "1e+",
                                    "0x1",
                                    "NaN",
                                    "Infinity",
                                    "1 2",
                                    "\"",
                                    "\"a",
                                    "\"\\\"",
                                    "\"\\x\"",
                                    "\"\\u12\"",
                                    "\"\\u12g4\"",
                                    "\"\n\"",
                                    "\"\t\"",
                                    "'a'",
                                    "[",
                                    "[1",
                                    "[1,",
                                    "[1,]",
                                    "[,1]",
                                    "[1 2]",
                                    "]",
                                    "{",
                                    "{\"a\"",
                                    "{\"a\":",
                                    "{\"a\":1",
                                    "{\"a\":1,",
                                    "{\"a\":1,}",
                                    "{a:1}",
                                    "{\"a\" 1}",
                                    "{,}",
                                    "{1:2}",
                                    "{\"a\":1 \"b\":2}",
                                    "[1}",
                                    "{\"a\":1]",
                                    "// c\n1",
                                    "/* c */1",
                                    "[1]]",
                                    "\"a\"b",
                                    "\xef\xbb\xbf[1]",
                                    "\"\xc3\"",
                                    "\"\x80\"",
                                    "\"\xed\xa0\x80\"",
                                    "\"\xf4\x90\x80\x80\"",
                                    "\"\xc0\xaf\"",
                                    "\f1",
                                    "\v1",
                                    "-a",
                                    "[1.5.2]",
                                    "{\"a\\q\":1}",
                                    "{\"a\n\":1}",
                                    "\\u0031",
                                    "--1",
                                    "1e5.5",
                                    "\"\\"};
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
    if (!skips(sl_str_of(GOOD[i])) || !parses(sl_str_of(GOOD[i]))) fail_msg("refused: %s", GOOD[i]);
  }
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    if (skips(sl_str_of(BAD[i])) || parses(sl_str_of(BAD[i]))) fail_msg("accepted: %s", BAD[i]);
  }
  assert_false(skips(sl_str_n("\"a\0b\"", 5)));
  assert_false(skips(sl_str_n("1\0", 2)));
}

static const char *const SEEDS[] = {
    "{\"a\":[1,2.5,-3e4],\"b\":{\"c\":null,\"d\":true},\"long member name, more than sixteen\":\"a long text with "
    "\\u00e9 and \\n escapes\"}",
    "[[[[]]],{},{\"x\":{\"y\":[false,0,-0.0,1e-10]}},\"plain\",\"\\\\\\\"\\/\\b\\f\"]",
    "{\"ID\":123456,\"NAME\":\"abcdefghijklmnopqrstuvwxyz\",\"PRICE\":12.5,\"OK\":false,\"TAGS\":[\"a\",\"b\"]}",
    "  [ 1 , 2 ]  ",
    "\"\\ud83d\\ude00\"",
    "-123.456e+78"};

static void test_json__agrees_with_a_second_parser(void **state) {
  (void)state;
  static const char LETTERS[] = "{}[]\",:\\/0123456789-+.eEtrufalsn \t\nbxu\x1f\x01'";
  sqlite3 *db;
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT json_valid(?1)", -1, &stmt, NULL), SQLITE_OK);
  size_t valid = 0, rounds = 60000;
  for (size_t i = 0; i < rounds; i++) {
    const char *seed = SEEDS[draw(sizeof SEEDS / sizeof *SEEDS)];
    char text[256];
    size_t len = strlen(seed);
    memcpy(text, seed, len);
    for (unsigned change = draw(3); change > 0 && len > 1; change--) {
      size_t at = draw((unsigned)len);
      switch (draw(4)) {
      case 0: text[at] = LETTERS[draw(sizeof LETTERS - 1)]; break;
      case 1: memmove(text + at, text + at + 1, --len - at); break;
      case 2:
        memmove(text + at + 1, text + at, len++ - at);
        text[at] = LETTERS[draw(sizeof LETTERS - 1)];
        break;
      default: len = at + 1;
      }
    }
    sqlite3_bind_text(stmt, 1, text, (int)len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    bool want = sqlite3_column_int(stmt, 0);
    sqlite3_reset(stmt);
    sl_str s = sl_str_n(text, len);
    /* A lone surrogate is grammar, but no text: the tree refuses it. */
    bool surrogate = sl_str_contains(s, sl_str_of("\\ud"));
    if (skips(s) != want || (!surrogate && parses(s) != want))
      fail_msg("'" SL_STR_FMT "' is %s", SL_STR_ARG(s), want ? "valid" : "not valid");
    valid += want;
  }
  assert_true(valid > rounds / 5 && valid < rounds * 4 / 5);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

static void test_json__bounds_nesting(void **state) {
  (void)state;
  char text[2 * SL_JSON_MAX_DEPTH + 4];
  for (size_t depth = SL_JSON_MAX_DEPTH - 1; depth <= SL_JSON_MAX_DEPTH + 1; depth++) {
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_int_equal(skips(sl_str_n(text, 2 * depth)), depth <= SL_JSON_MAX_DEPTH);
    assert_int_equal(parses(sl_str_n(text, 2 * depth)), depth <= SL_JSON_MAX_DEPTH);
  }
}

static void test_json__cursor_walks_a_record(void **state) {
  (void)state;
  sl_json_cursor cur;
  sl_json_token token;
  sl_str key, skipped;
  bool escaped;
  int64_t n;
  sl_json_begin(
      &cur,
      sl_str_of(
          " {\"ID\" : -42,\"X\":{\"y\":[1,{}]} ,\"T\":\"a\\tb\",\"D\":12.50,\"L\":[1,\"2\"],\"N\":null, \"E\":1e3}"));
  assert_int_equal(sl_json_peek(&cur), SL_JSON_OBJECT);
  assert_true(sl_json_value(&cur, &token));
  assert_int_equal(token.kind, SL_JSON_OBJECT);
  assert_true(sl_json_next_member(&cur, true, &key, &escaped));
  assert_true(sl_str_eq_z(key, "ID") && !escaped);
  assert_int_equal(sl_json_peek(&cur), SL_JSON_NUMBER);
  assert_true(sl_json_value(&cur, &token) && token.integral && token.plain);
  assert_true(sl_str_eq_z(token.text, "-42"));
  assert_true(sl_json_token_int64(&token, &n));
  assert_int_equal(n, -42);
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_skip(&cur, &skipped));
  assert_true(sl_str_eq_z(skipped, "{\"y\":[1,{}]}"));
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_value(&cur, &token) && token.kind == SL_JSON_STRING && token.escaped);
  assert_true(sl_str_eq_z(token.text, "a\\tb"));
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_value(&cur, &token) && !token.integral && token.plain);
  assert_int_equal(token.digits, 1250);
  assert_int_equal(token.fraction, 2);
  assert_true(sl_json_token_double(&token) == 12.5);
  assert_false(sl_json_token_int64(&token, &n));
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_value(&cur, &token) && token.kind == SL_JSON_ARRAY);
  assert_true(sl_json_next_element(&cur, true) && sl_json_value(&cur, &token));
  assert_true(sl_json_next_element(&cur, false) && sl_json_value(&cur, &token));
  assert_int_equal(token.kind, SL_JSON_STRING);
  assert_false(sl_json_next_element(&cur, false));
  assert_null(cur.error);
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_value(&cur, &token) && token.kind == SL_JSON_NULL);
  assert_true(sl_json_next_member(&cur, false, &key, &escaped));
  assert_true(sl_json_value(&cur, &token) && !token.integral && !token.plain);
  assert_true(sl_json_token_double(&token) == 1000);
  assert_false(sl_json_next_member(&cur, false, &key, &escaped));
  assert_null(cur.error);
  assert_int_equal(cur.depth, 0);
  assert_int_equal(sl_json_peek(&cur), SL_JSON_END);
  assert_true(sl_json_at_end(&cur));
}

static void test_json__cursor_stays_failed(void **state) {
  (void)state;
  sl_json_cursor cur;
  sl_json_token token;
  sl_str key;
  bool escaped;
  sl_json_begin(&cur, sl_str_of("{\"a\":tru,\"b\":1}"));
  assert_true(sl_json_value(&cur, &token) && sl_json_next_member(&cur, true, &key, &escaped));
  assert_false(sl_json_value(&cur, &token));
  const char *first = cur.error;
  assert_non_null(first);
  assert_false(sl_json_next_member(&cur, false, &key, &escaped));
  assert_false(sl_json_next_element(&cur, true));
  assert_false(sl_json_skip(&cur, NULL));
  assert_false(sl_json_value(&cur, &token));
  assert_false(sl_json_at_end(&cur));
  assert_int_equal(sl_json_peek(&cur), SL_JSON_ERROR);
  assert_ptr_equal(cur.error, first);
}

static void test_json__numbers_convert_exactly(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool fits;
    int64_t n;
    double d;
  } CASES[] = {{"0", true, 0, 0.0},
               {"-0", true, 0, -0.0},
               {"999999999999999999", true, 999999999999999999, 1e18},
               {"9223372036854775807", true, INT64_MAX, 0x1p63},
               {"-9223372036854775808", true, INT64_MIN, -0x1p63},
               {"9223372036854775808", false, 0, 0x1p63},
               {"1.0", false, 0, 1},
               {"0.1", false, 0, 0.1},
               {"-12345.678", false, 0, -12345.678},
               {"123456789012345678.5", false, 0, 123456789012345678.5},
               {"0.000000000000000001", false, 0, 1e-18},
               {"1e400", false, 0, HUGE_VAL}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_json_cursor cur;
    sl_json_token token;
    int64_t n = 0;
    sl_json_begin(&cur, sl_str_of(CASES[i].text));
    assert_true(sl_json_value(&cur, &token));
    assert_int_equal(sl_json_token_int64(&token, &n), CASES[i].fits);
    assert_true(n == CASES[i].n);
    double d = sl_json_token_double(&token);
    assert_memory_equal(&d, &CASES[i].d, sizeof d);
  }
}

static void test_json__unescape_decodes_or_refuses(void **state) {
  (void)state;
  static const struct {
    const char *raw, *text;
  } CASES[] = {{"plain", "plain"},
               {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
               {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
               {"x\\ud83d\\ude00y", "x\xf0\x9f\x98\x80y"},
               {"\\ud83d", NULL},
               {"\\ude00", NULL},
               {"\\ud83d\\u0041", NULL},
               {"\\ud83dx", NULL},
               {"\\u12", NULL},
               {"\\q", NULL},
               {"\\", NULL},
               {"", ""}};
  sl_arena arena;
  sl_str out;
  sl_arena_init(&arena, 0);
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bool ok = sl_json_unescape(&arena, sl_str_of(CASES[i].raw), &out);
    assert_int_equal(ok, CASES[i].text != NULL);
    if (ok) assert_true(sl_str_eq_z(out, CASES[i].text));
  }
  assert_true(sl_json_unescape(&arena, sl_str_of("a\\u0000b"), &out));
  assert_int_equal(out.len, 3);
  sl_arena_done(&arena);
}

static void test_json__errors_name_the_place(void **state) {
  (void)state;
  static const char *const CASES[][2] = {{"{\"a\": 1,\n \"b\": x}", "line 2, column 7: expected a value (found 'x')"},
                                         {"[1 2]", "line 1, column 4: expected ',' or ']' (found '2')"},
                                         {"[\"\xc3\xa9\" 2]", "line 1, column 6: expected ',' or ']' (found '2')"},
                                         {"{\"a\":1", "expected ',' or '}' (found the end of the text)"},
                                         {"1 1", "expected nothing after the value"},
                                         {"\"\\ud800\"", "surrogate"},
                                         {"\"\xff\"", "UTF-8"}};
  sl_arena arena;
  sl_arena_init(&arena, 0);
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    sl_err err = {0};
    sl_json *v;
    assert_int_equal(sl_json_parse(&arena, sl_str_of(CASES[i][0]), 0, &v, &err), SL_E_BAD_REQUEST);
    if (!strstr(err.message, CASES[i][1])) fail_msg("'%s' lacks '%s'", err.message, CASES[i][1]);
    sl_err_done(&err);
  }
  sl_arena_done(&arena);
}

static void test_json__comments_are_accepted_when_asked(void **state) {
  (void)state;
  sl_arena arena;
  sl_json *v;
  sl_err err = {0};
  sl_arena_init(&arena, 0);
  const char *text = "// head\n{ /* a */ \"a\": \"// no /* comment */ \\\" // here\", // tail\n \"b\": 2 /**/ } // end";
  assert_int_equal(sl_json_parse(&arena, sl_str_of(text), SL_JSON_COMMENTS, &v, &err), 0);
  assert_true(sl_str_eq_z(sl_json_str(sl_json_get(v, "a"), ""), "// no /* comment */ \" // here"));
  assert_int_equal(v->count, 2);
  assert_int_equal(sl_json_parse(&arena, sl_str_of(text), 0, &v, NULL), SL_E_BAD_REQUEST);
  assert_int_equal(sl_json_parse(&arena, sl_str_of("1 /* no end"), SL_JSON_COMMENTS, &v, NULL), SL_E_BAD_REQUEST);
  assert_int_equal(sl_json_parse(&arena, sl_str_of("1 /*/"), SL_JSON_COMMENTS, &v, NULL), SL_E_BAD_REQUEST);
  assert_int_equal(sl_json_parse(&arena, sl_str_of("/*\n*/\n /"), SL_JSON_COMMENTS, &v, &err), SL_E_BAD_REQUEST);
  assert_non_null(strstr(err.message, "line 3, column 2"));
  sl_err_done(&err);
  sl_arena_done(&arena);
}

static sl_json *parse(sl_arena *arena, const char *text) {
  sl_json *v = NULL;
  assert_int_equal(sl_json_parse(arena, sl_str_of(text), 0, &v, NULL), 0);
  return v;
}

static void test_json__tree_keeps_order_and_finds_members(void **state) {
  (void)state;
  sl_arena arena;
  sl_buf out = {0};
  int64_t n;
  sl_arena_init(&arena, 0);
  const char *text =
      "{\"z\":[1,2.50,-0,1E5,[],{}],\"a\":\"t\\u0041\\\"\",\"z2\":{\"q\":null,\"r\":true,\"s\":false},\"d\":1,\"d\":2}";
  sl_json *v = parse(&arena, text);
  sl_json_write(&out, v);
  assert_string_equal(
      sl_buf_z(&out),
      "{\"z\":[1,2.50,-0,1E5,[],{}],\"a\":\"tA\\\"\",\"z2\":{\"q\":null,\"r\":true,\"s\":false},\"d\":1,\"d\":2}");
  assert_true(sl_json_int(sl_json_get(v, "d"), &n));
  assert_int_equal(n, 2);
  assert_null(sl_json_get(v, "none"));
  assert_null(sl_json_get(sl_json_get(v, "a"), "x"));
  assert_true(sl_json_is(sl_json_get(v, "z"), SL_JSON_ARRAY));
  assert_false(sl_json_is(NULL, SL_JSON_NULL));
  assert_false(sl_json_int(sl_json_get(v, "z")->items[1], &n));
  assert_true(sl_str_eq_z(sl_json_str(NULL, "other"), "other"));
  sl_buf_done(&out);
  sl_arena_done(&arena);
}

static void test_json__builders_and_equality(void **state) {
  (void)state;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_json *v = sl_json_new(&arena, SL_JSON_OBJECT), *list = sl_json_new(&arena, SL_JSON_ARRAY);
  for (int i = 0; i < 20; i++) sl_json_add(&arena, list, sl_json_new_int(&arena, i - 10));
  sl_json_set(&arena, v, "list", list);
  sl_json_set(&arena, v, "s", sl_json_new_z(&arena, "old"));
  sl_json_set(&arena, v, "s", sl_json_new_z(&arena, "new"));
  sl_json_set(&arena, v, "n", sl_json_new_z(&arena, NULL));
  sl_json_set(&arena, v, "b", sl_json_new_bool(&arena, true));
  assert_true(sl_json_equal(
      v, parse(&arena,
               "{\"b\":true,\"n\":null,\"s\":\"new\",\"list\":[-10,-9,-8,-7,-6,-5,-4,-3,-2,-1,0,1,2,3,4,5,6,7,8,9]}")));
  assert_false(sl_json_equal(v, parse(&arena, "{\"b\":true,\"n\":null,\"s\":\"new\"}")));
  assert_false(sl_json_equal(parse(&arena, "[1,2]"), parse(&arena, "[2,1]")));
  assert_false(sl_json_equal(parse(&arena, "1.0"), parse(&arena, "1")));
  assert_false(sl_json_equal(parse(&arena, "{\"a\":1,\"b\":1}"), parse(&arena, "{\"a\":1,\"c\":1}")));
  sl_arena_done(&arena);
}

static void test_json__writer_escapes_what_must_be(void **state) {
  (void)state;
  sl_buf out = {0};
  sl_json_write_str(&out, sl_str_n("a\"b\\c\b\f\n\r\t\x01\x1f\0/\x7f\xc3\xa9", 17));
  sl_buf_add_byte(&out, ' ');
  sl_json_write_double(&out, 1e10);
  sl_json_write_double(&out, -INFINITY);
  sl_json_write_str(&out, (sl_str){0});
  assert_string_equal(sl_buf_z(&out),
                      "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001F\\u0000/\x7f\xc3\xa9\" 1.0E10\"-Infinity\"\"\"");
  sl_buf_done(&out);
}

static void test_json__scans_agree_with_their_twins(void **state) {
  (void)state;
  static const char PICKS[] = "ab\"\\\x1f\x20\n\x80\xff\x01z";
  for (int i = 0; i < 20000; i++) {
    size_t len = draw(80);
    char *text = malloc(len + 1);
    memset(text, 'x', len);
    for (unsigned k = draw(3); k > 0 && len; k--) text[draw((unsigned)len)] = PICKS[draw(sizeof PICKS - 1)];
    const char *plain = text, *end = text + len;
    while (plain < end && *plain != '"' && *plain != '\\' && (unsigned char)*plain >= 0x20) plain++;
    assert_ptr_equal(sl_scan_string(text, end), plain);
    assert_ptr_equal(sl_scan_string_portable(text, end), plain);
    free(text);
  }
}

static void test_utf8__ways_agree_on_every_short_sequence_and_on_mixed_text(void **state) {
  (void)state;
  static const uint8_t EDGES[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                  0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
  enum { N = sizeof EDGES };
  size_t valid = 0;
  for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
    uint8_t text[64] = {0};
    size_t at = i % 64 % 60, k = i;
    for (int b = 0; b < 4; b++, k /= N) text[at + (size_t)b] = EDGES[k % N];
    bool one = sl_utf8_valid_portable(text, sizeof text);
    if (one != sl_utf8_valid_wide(text, sizeof text) || one != sl_utf8_valid(text, sizeof text))
      fail_msg("sequence %zu", i);
    bool cut = sl_utf8_valid_portable(text, at + 4); /* the sequence at the very end */
    if (cut != sl_utf8_valid_wide(text, at + 4) || cut != sl_utf8_valid(text, at + 4)) fail_msg("cut sequence %zu", i);
    valid += one;
  }
  assert_true(valid > 1000);
  static const char *const PARTS[] = {"a",          "\xc3\xa9",     "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                      "0123456789", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
  for (int i = 0; i < 20000; i++) {
    uint8_t text[200];
    size_t len = 0, want = draw(160);
    while (len < want) {
      const char *part = PARTS[draw(8)];
      memcpy(text + len, part, strlen(part));
      len += strlen(part);
    }
    assert_true(sl_utf8_valid(text, len) && sl_utf8_valid_portable(text, len) && sl_utf8_valid_wide(text, len));
    if (!len) continue;
    if (draw(2)) {
      text[draw((unsigned)len)] = (uint8_t)draw(256);
    } else {
      len = draw((unsigned)len);
    }
    bool one = sl_utf8_valid_portable(text, len);
    assert_int_equal(sl_utf8_valid_wide(text, len), one);
    assert_int_equal(sl_utf8_valid(text, len), one);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json__accepts_the_grammar_and_nothing_else),
      cmocka_unit_test(test_json__agrees_with_a_second_parser),
      cmocka_unit_test(test_json__bounds_nesting),
      cmocka_unit_test(test_json__cursor_walks_a_record),
      cmocka_unit_test(test_json__cursor_stays_failed),
      cmocka_unit_test(test_json__numbers_convert_exactly),
      cmocka_unit_test(test_json__unescape_decodes_or_refuses),
      cmocka_unit_test(test_json__errors_name_the_place),
      cmocka_unit_test(test_json__comments_are_accepted_when_asked),
      cmocka_unit_test(test_json__tree_keeps_order_and_finds_members),
      cmocka_unit_test(test_json__builders_and_equality),
      cmocka_unit_test(test_json__writer_escapes_what_must_be),
      cmocka_unit_test(test_json__scans_agree_with_their_twins),
      cmocka_unit_test(test_utf8__ways_agree_on_every_short_sequence_and_on_mixed_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
