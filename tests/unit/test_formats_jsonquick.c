/* The quick JSON decoder against the exact one, on usual and on mutated records; skipped columns; heap use. */
#include "formats_testing.h"
#include "formats/json_int.h"
#include "tests/unit/counting_heap.h"

static const char schema[] =
    "`ID` INTEGER, `name` STRING, `PRICE` DOUBLE, `TOTAL` DECIMAL(10, 2), `OK` BOOLEAN, `TAGS` ARRAY<STRING>, `ATTRS` "
    "MAP<STRING, BIGINT>, `ADDR` STRUCT<`CITY` STRING, `GEO` ARRAY<DOUBLE>>, `DAY` DATE, `AT` TIME, `TS` TIMESTAMP, "
    "`RAW` BYTES, `ITEMS` ARRAY<STRUCT<`SKU` STRING, `QTY` INTEGER>>";

static const char *const usual[] = {
    "{\"ID\":1,\"name\":\"x\",\"PRICE\":1.5,\"TOTAL\":10.25,\"OK\":true,\"TAGS\":[\"a\",\"b\"],\"ATTRS\":{\"k\":1,"
    "\"l\":2},"
    "\"ADDR\":{\"CITY\":\"Ulm\",\"GEO\":[48.4,9.99]},\"DAY\":5,\"AT\":6,\"TS\":7,\"RAW\":\"YWI=\",\"ITEMS\":[{\"SKU\":"
    "\"s\","
    "\"QTY\":2},{\"SKU\":\"t\",\"QTY\":null}]}",
    "{\"id\": -12, \"name\": \"long enough to take more than one block of sixteen\", \"extra\": {\"a\": [1, {\"b\": "
    "null}], "
    "\"c\": \"\\u00e9\\n\"}, \"price\": 12345.678901, \"total\": \"9.5\", \"ok\": null}",
    "{\"PRICE\":1e5,\"TOTAL\":3,\"ID\":\"77\",\"name\":12.50,\"DAY\":\"9\",\"TS\":1700000000000.5,\"TAGS\":[],"
    "\"ATTRS\":{},"
    "\"ITEMS\":[],\"ADDR\":null}",
    " {\n  \"name\" : \"\xc3\xa9t\xc3\xa9 \\\"q\\\" \\ud83d\\ude00\" ,\n  \"TAGS\" : [ 1 , true , \"x\" , null , "
    "{\"a\": 1} ] "
    "\n} \n",
    "{}",
};
enum { USUAL = sizeof usual / sizeof *usual };

typedef struct both {
  fixture fx;
  sl_serde *serde;
  sl_json_serde *json;
} both;

static void both_init(both *b) {
  fixture_init(&b->fx, &(side){.format = "JSON", .schema = schema});
  assert_int_equal(
      sl_serde_new(&b->fx.spec, b->fx.schema.columns, b->fx.schema.count, false, "t", &b->serde, &b->fx.err), 0);
  b->json = (sl_json_serde *)b->serde;
}

static void both_done(both *b) {
  sl_serde_free(b->serde);
  fixture_done(&b->fx);
}

/* What the quick decoder accepts, the exact one must read the same. Returns whether it accepted. */
static bool compare(both *b, const char *text, size_t len) {
  sl_value values[COLUMN_MAX];
  char *copy = malloc(len ? len : 1), *quick_text = NULL;
  memcpy(copy, text, len);
  bool quick = sl_json_decode_quick(b->json, sl_str_n(copy, len), NULL, &b->fx.arena, values);
  if (quick) {
    quick_text = strdup(show_row(&b->fx, values));
    if (sl_json_decode_exact(b->json, sl_str_n(copy, len), &b->fx.arena, values, &b->fx.err))
      fail_msg("only the quick decoder takes %.*s\n(%s)", (int)len, text, b->fx.err.message);
    if (strcmp(quick_text, show_row(&b->fx, values)) != 0)
      fail_msg("%.*s\n  quick %s\n  exact %s", (int)len, text, quick_text, show_row(&b->fx, values));
  }
  free(copy);
  free(quick_text);
  sl_arena_reset(&b->fx.arena);
  return quick;
}

static void test_json_quick__takes_the_usual_record(void **state) {
  (void)state;
  for (int i = 0; i < USUAL; i++) {
    both b;
    both_init(&b);
    if (!compare(&b, usual[i], strlen(usual[i]))) fail_msg("left to the exact decoder: %s", usual[i]);
    both_done(&b);
  }
}

static uint64_t seed = 88172645463325252u;
static uint32_t random_below(uint32_t bound) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed >> 33) % bound;
}

static size_t mutate(char *text, size_t len, size_t cap) {
  static const char pool[] = "{}[]\",:\\ \n0123456789.-+eEtrufalsn\"\"::,,\xc3\xa9\x01/_ABCID";
  uint32_t edits = 1 + random_below(3);
  for (uint32_t e = 0; e < edits && len > 1 && len + 16 < cap; e++) {
    size_t at = random_below((uint32_t)len);
    switch (random_below(4)) {
    case 0: text[at] = pool[random_below(sizeof pool - 1)]; break;
    case 1:
      memmove(text + at + 1, text + at, len - at);
      text[at] = pool[random_below(sizeof pool - 1)];
      len++;
      break;
    case 2:
      memmove(text + at, text + at + 1, len - at - 1);
      len--;
      break;
    default: { /* repeat a piece elsewhere: duplicates, broken nesting */
      size_t n = random_below(12) + 1, from = random_below((uint32_t)len);
      char piece[12];
      if (from + n > len) n = len - from;
      memcpy(piece, text + from, n);
      memmove(text + at + n, text + at, len - at);
      memcpy(text + at, piece, n);
      len += n;
    }
    }
  }
  return len;
}

static void test_json_quick__agrees_with_the_exact_decoder_on_mutations(void **state) {
  (void)state;
  enum { ROUNDS = 60000 };
  both b;
  sl_arena values = {0};
  int taken = 0;
  both_init(&b);
  sl_arena columns = b.fx.arena; /* keep the schema; give compare an arena of its own */
  sl_arena_init(&values, 4096);
  b.fx.arena = values;
  for (int i = 0; i < ROUNDS; i++) {
    char text[1024];
    const char *from = usual[random_below(USUAL - 1)];
    memcpy(text, from, strlen(from));
    taken += compare(&b, text, mutate(text, strlen(from), sizeof text));
  }
  values = b.fx.arena;
  b.fx.arena = columns;
  sl_arena_done(&values);
  both_done(&b);
  assert_in_range(taken, ROUNDS / 20, ROUNDS - ROUNDS / 20); /* neither all nor nothing was compared */
}

static void test_json_quick__learns_changing_member_orders(void **state) {
  (void)state;
  fixture fx;
  sl_serde *serde = NULL;
  static const char *const texts[] = {"{\"A\":1,\"B\":2,\"C\":3}", "{\"A\":1,\"X\":9,\"B\":2,\"C\":3}",
                                      "{\"C\":3,\"B\":2,\"A\":1}", "{\"B\":2,\"C\":3,\"A\":1}",
                                      "{\"x\":0,\"b\":2,\"Y\":[],\"a\":1,\"c\":3}"};
  fixture_init(&fx, &(side){.format = "JSON", .schema = "`A` INTEGER, `B` INTEGER, `C` INTEGER"});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 3, false, "t", &serde, &fx.err), 0);
  for (int i = 0; i < 500; i++) {
    sl_value out[3];
    const char *text = texts[random_below(5)];
    assert_int_equal(sl_serde_decode(serde, (const uint8_t *)text, strlen(text), NULL, &fx.arena, out, &fx.err), 0);
    assert_string_equal(show_row(&fx, out), "1 2 3");
  }
  sl_serde_free(serde);
  fixture_done(&fx);
}

static void test_json_quick__takes_objects_with_thousands_of_members(void **state) {
  (void)state;
  fixture fx;
  sl_serde *serde = NULL;
  sl_buf text = {0};
  fixture_init(&fx, &(side){.format = "JSON", .schema = "`LAST` INTEGER, `M` MAP<STRING, INTEGER>"});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 2, false, "t", &serde, &fx.err), 0);
  sl_buf_add_byte(&text, '{');
  for (int i = 0; i < 3000; i++) sl_buf_printf(&text, "\"a_rather_long_name_that_is_ignored_%d\":%d,", i, i);
  sl_buf_add_z(&text, "\"M\":{");
  for (int i = 0; i < 3000; i++) sl_buf_printf(&text, "%s\"k%d\":%d", i ? "," : "", i % 1000, i);
  sl_buf_add_z(&text, "},\"LAST\":7}");
  for (int round = 0; round < 3; round++) {
    sl_value out[2];
    assert_int_equal(sl_serde_decode(serde, text.data, text.len, NULL, &fx.arena, out, &fx.err), 0);
    assert_int_equal(out[0].i64, 7);
    assert_int_equal(out[1].len, 1000);
    assert_int_equal(out[1].items[1].i64, 2000); /* the last of three values of k0 */
  }
  sl_buf_done(&text);
  sl_serde_free(serde);
  fixture_done(&fx);
}

static void test_json__unneeded_columns_are_null_but_checked(void **state) {
  (void)state;
  fixture fx;
  sl_serde *serde = NULL;
  sl_value out[4];
  static const bool needed[4] = {false, true, false, false};
  static const struct {
    const char *text;
    bool good;
  } rows[] = {
      {"{\"A\":1,\"B\":2,\"C\":\"s\",\"D\":[1]}", true},
      {"{\"A\":1,\"B\":2,\"C\":{\"any\":[\"thing\"]},\"D\":null}", true},
      {"{\"A\":\"5\",\"B\":2}", true},
      {"{\"A\":1,\"A\":1,\"B\":2}", true}, /* decided by the exact decoder */
      {"{\"A\":\"x\",\"B\":2}", false},    /* a wrong type fails the record, needed or not */
      {"{\"A\":true,\"B\":2}", false},
      {"{\"B\":2,\"D\":[\"x\"]}", false},
      {"{\"B\":2,\"C\":\"\\q\"}", false}, /* so does bad text inside a skipped value */
      {"{\"B\":2,\"C\":\"\xff\"}", false},
      {"{\"B\":2,\"C\":{\"a\":01}}", false},
  };
  fixture_init(&fx, &(side){.format = "JSON", .schema = "`A` INTEGER, `B` INTEGER, `C` STRING, `D` ARRAY<INTEGER>"});
  assert_int_equal(sl_serde_new(&fx.spec, fx.schema.columns, 4, false, "t", &serde, &fx.err), 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sl_err err = {0};
    int code =
        sl_serde_decode(serde, (const uint8_t *)rows[i].text, strlen(rows[i].text), needed, &fx.arena, out, &err);
    if ((code == 0) != rows[i].good) fail_msg("%s: %s", rows[i].text, code ? err.message : "taken");
    if (!code) assert_string_equal(show_row(&fx, out), "null 2 null null");
    sl_err_done(&err);
  }
  sl_serde_free(serde);
  fixture_done(&fx);
}

static void test_json__steady_state_makes_no_heap_call(void **state) {
  (void)state;
#ifdef SL_SANITIZED
  skip();
#endif
  both b;
  sl_arena values;
  sl_buf out = {0};
  bool null;
  both_init(&b);
  sl_arena_init(&values, 64 * 1024);
  size_t before = 0;
  for (int round = 0; round < 200; round++) {
    if (round == 3) before = heap_calls;
    sl_arena_reset(&values);
    sl_buf_reset(&out);
    for (int i = 0; i < USUAL; i++) {
      sl_value row[COLUMN_MAX];
      if (sl_serde_decode(b.serde, (const uint8_t *)usual[i], strlen(usual[i]), NULL, &values, row, &b.fx.err)) fail();
      if (sl_serde_encode(b.serde, row, &out, &null, &b.fx.err)) fail();
    }
  }
  assert_true(before > 0);
  assert_int_equal(heap_calls, before);
  sl_buf_done(&out);
  sl_arena_done(&values);
  both_done(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_quick__takes_the_usual_record),
      cmocka_unit_test(test_json_quick__agrees_with_the_exact_decoder_on_mutations),
      cmocka_unit_test(test_json_quick__learns_changing_member_orders),
      cmocka_unit_test(test_json_quick__takes_objects_with_thousands_of_members),
      cmocka_unit_test(test_json__unneeded_columns_are_null_but_checked),
      cmocka_unit_test(test_json__steady_state_makes_no_heap_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
