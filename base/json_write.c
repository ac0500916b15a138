/* JSON writer: appends compact text to a buffer. Strings are copied in runs between the characters that need an escape
 * (quote, backslash, controls); all else, '/' and non-ASCII included, is written as it is. */
#include <math.h>
#include "base/json.h"

void sl_json_write_str(sl_buf *out, sl_str s) {
  static const char HEX[] = "0123456789ABCDEF";
  static const char SHORT[] = {
      ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
  const char *p = s.ptr, *end = p + s.len;
  sl_buf_reserve(out, s.len + 2);
  sl_buf_add_byte(out, '"');
  while (p < end) {
    const char *stop = sl_scan_string(p, end);
    sl_buf_add(out, p, (size_t)(stop - p));
    if (stop == end) break;
    unsigned char c = (unsigned char)*stop;
    char escape[6] = {'\\', SHORT[c], '0', '0', HEX[c >> 4], HEX[c & 15]};
    if (escape[1]) {
      sl_buf_add(out, escape, 2);
    } else {
      escape[1] = 'u';
      sl_buf_add(out, escape, 6);
    }
    p = stop + 1;
  }
  sl_buf_add_byte(out, '"');
}

void sl_json_write_double(sl_buf *out, double v) {
  bool quoted = !isfinite(v);
  if (quoted) sl_buf_add_byte(out, '"');
  out->len += sl_number_print_java((char *)sl_buf_reserve(out, SL_NUMBER_TEXT_MAX), v);
  if (quoted) sl_buf_add_byte(out, '"');
}

void sl_json_write(sl_buf *out, const sl_json *v) {
  switch (v ? v->kind : SL_JSON_NULL) {
  case SL_JSON_FALSE: sl_buf_add(out, "false", 5); return;
  case SL_JSON_TRUE: sl_buf_add(out, "true", 4); return;
  case SL_JSON_NUMBER: sl_buf_add_str(out, v->text); return;
  case SL_JSON_STRING: sl_json_write_str(out, v->text); return;
  case SL_JSON_ARRAY:
    sl_buf_add_byte(out, '[');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_json_write(out, v->items[i]);
    }
    sl_buf_add_byte(out, ']');
    return;
  case SL_JSON_OBJECT:
    sl_buf_add_byte(out, '{');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_byte(out, ',');
      sl_json_write_str(out, v->members[i].name);
      sl_buf_add_byte(out, ':');
      sl_json_write(out, v->members[i].value);
    }
    sl_buf_add_byte(out, '}');
    return;
  default: sl_buf_add(out, "null", 4); return;
  }
}
