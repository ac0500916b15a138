/* libFuzzer target: any bytes through the JSON cursor and the tree. What the tree accepts, the cursor must too; what it
 * writes must parse to an equal tree and print the same again. */
#include <stdlib.h>
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds) {
  if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_str text = sl_str_n((const char *)data, size);
  sl_json_cursor cur;
  sl_json_begin(&cur, text);
  bool skipped = sl_json_skip(&cur, NULL) && sl_json_at_end(&cur);
  need(skipped || cur.error || cur.p < cur.end);

  sl_arena arena;
  sl_json *v, *again;
  sl_err err = {0};
  sl_arena_init(&arena, 0);
  if (sl_json_parse(&arena, text, 0, &v, &err) == 0) {
    sl_buf once = {0}, twice = {0};
    need(skipped);
    sl_json_write(&once, v);
    need(sl_json_parse(&arena, sl_buf_str(&once), 0, &again, NULL) == 0);
    sl_json_write(&twice, again);
    need(sl_str_eq(sl_buf_str(&once), sl_buf_str(&twice)));
    sl_buf_done(&once);
    sl_buf_done(&twice);
  } else {
    need(err.message != NULL);
    sl_err_done(&err);
  }
  sl_json_parse(&arena, text, SL_JSON_COMMENTS, &v, NULL);
  sl_arena_done(&arena);
  return 0;
}
