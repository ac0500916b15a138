/* JSON texts as the JSON functions read and write them (functions.md 16.1): the first value of a text counts and what
 * follows it does not; a text without a value is missing rather than malformed. Thread: any, a call each. */
#pragma once
#include "base/json.h"
#include "functions/functions_int.h"

/* Ends the reading of a root value: false, with an error in cur, when a number or word runs on. */
bool sl_json_root_end(sl_json_cursor *cur, sl_json_kind kind);
/* Blanks only? */
bool sl_json_is_missing(sl_str text);
/* The evaluation error of a malformed text. */
int sl_fail_json(sl_call *call, sl_str text);
/* The text's value as a tree in the call's arena, NULL when it is missing; objects have each name once, in its first
 * place with its last value. */
int sl_json_first(sl_call *call, sl_str text, sl_json **out);

typedef enum sl_json_style {
  SL_JSON_CANONICAL, /* numbers that are not integers: 1E+2 */
  SL_JSON_PLAIN,     /* 100 */
} sl_json_style;
/* Appends a number in JSON text. */
int sl_json_put_number(sl_call *call, sl_buf *out, sl_str text, sl_json_style style);
/* Appends a tree compactly. */
int sl_json_put(sl_call *call, sl_buf *out, const sl_json *v, sl_json_style style);

/* Overloads that build a text keep a buffer in their local. */
static inline sl_buf *sl_call_text(sl_call *call) {
  sl_buf *text = call->local;
  sl_buf_reset(text);
  return text;
}
void sl_call_text_leave(void *local);
/* Gives what is in the buffer. */
int sl_give_text(sl_call *call, const sl_buf *text, sl_value *out);
