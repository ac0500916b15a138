/* JSON for people: members on their own lines, elements of arrays side by side. */
#include "shell/display.h"

static void indent(sl_buf *out, int level) {
  sl_buf_add_byte(out, '\n');
  for (int i = 0; i < level; i++) sl_buf_add_z(out, "  ");
}

static void print(sl_buf *out, const sl_json *v, int level) {
  bool object = v->kind == SL_JSON_OBJECT;
  if (!object && v->kind != SL_JSON_ARRAY) {
    sl_json_write(out, v);
    return;
  }
  sl_buf_add_byte(out, object ? '{' : '[');
  for (size_t i = 0; i < v->count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    if (object) {
      indent(out, level + 1);
      sl_json_write_str(out, v->members[i].name);
      sl_buf_add_z(out, " : ");
      print(out, v->members[i].value, level + 1);
    } else {
      sl_buf_add_byte(out, ' ');
      print(out, v->items[i], level);
    }
  }
  if (object && v->count)
    indent(out, level);
  else
    sl_buf_add_byte(out, ' ');
  sl_buf_add_byte(out, object ? '}' : ']');
}

void sl_json_print_pretty(sl_buf *out, const sl_json *v) {
  print(out, v, 0);
}
