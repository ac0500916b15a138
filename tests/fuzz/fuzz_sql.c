/* Fuzz target for SQL text: whatever parses must print, the print must parse, and both trees must be the same.
 * Variables, test files and front-end splitting run over the same text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_value(void *ctx, sl_str name, sl_str *value) {
  (void)ctx;
  *value = name.len % 2 ? name : sl_str_of("'it's'");
  return name.len % 3 != 0;
}

static void round_trip(sl_arena *arena, const sl_statement *statement) {
  sl_buf text = {0}, before = {0}, after = {0};
  sl_script again = {0};
  sl_err err = {0};
  sl_print_statement(&text, statement);
  if (text.data[text.len - 1] != ';') sl_buf_add_z(&text, ";");
  sl_print_shape(&before, statement);
  int code = sl_parse(arena, sl_buf_str(&text), SL_PARSE_TEST_FILE, &again, &err);
  if (!code && again.count == 1) sl_print_shape(&after, again.statements[0]);
  if (!sl_str_eq(sl_buf_str(&before), sl_buf_str(&after))) {
    fprintf(stderr, "%s\n%s\n--- before\n%s--- after\n%s", sl_buf_z(&text), code ? err.message : "", sl_buf_z(&before),
            sl_buf_z(&after));
    abort();
  }
  sl_err_done(&err);
  sl_buf_done(&text);
  sl_buf_done(&before);
  sl_buf_done(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str text = {(const char *)data, size}, replaced;
  sl_script script;
  sl_err err = {0};
  if (!sl_parse(&arena, text, SL_PARSE_TEST_FILE | SL_PARSE_OPTIONAL_END, &script, &err))
    for (int i = 0; i < script.count; i++) round_trip(&arena, script.statements[i]);
  sl_err_done(&err);
  sl_substitute_variables(&arena, text, any_value, NULL, &replaced, &err);
  sl_err_done(&err);
  sl_test_reader reader;
  sl_test_item item;
  sl_test_reader_init(&reader, &arena, text);
  while (sl_test_reader_next(&reader, &arena, &item, &err)) sl_err_done(&err);
  sl_statement_length(text);
  sl_arena_done(&arena);
  return 0;
}
