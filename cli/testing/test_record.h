/* Records of test files: JSON to bytes and back, by the format of the source that is over their topic. */
#pragma once
#include "cli/testing/test_world.h"

/* A window as a record of a test file has it. */
typedef struct sl_test_window {
  bool present;
  bool session;
  int64_t start, end;
} sl_test_window;

/* The "window" member of a record; absent when node is NULL or null. */
int sl_test_window_parse(const sl_json *node, sl_test_window *out, sl_err *err);

/* Bytes of the key or value of a record for a topic; source may be NULL when nothing is declared over it. out->ptr NULL
 * stands for null. Lives in arena. */
int sl_test_encode(sl_arena *arena, const sl_source *source, const sl_json *node, bool is_key, sl_str *out,
                   sl_err *err);
/* The key bytes with the window behind them (formats.md 11.2). */
sl_str sl_test_encode_window(sl_arena *arena, sl_str key, const sl_test_window *window);
/* Headers of a record: a list of {KEY, VALUE}. */
int sl_test_encode_headers(sl_arena *arena, const sl_json *list, sl_record_headers *out, sl_err *err);

/* Bytes to what is compared: numbers keep the text that their format gives. */
int sl_test_decode(sl_arena *arena, const sl_source *source, sl_str bytes, bool is_key, sl_json **out, sl_err *err);
/* Cuts the window off the key bytes of a windowed source. */
int sl_test_decode_window(const sl_source *source, sl_str *key, sl_test_window *out, sl_err *err);
