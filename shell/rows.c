/* Result rows as a grid of cells of one width (cli.md 6.1). */
#include "shell/display.h"

#include "base/vec.h"

enum { MIN_CELL = 5 };

/* ---- values ---- */

static void add_value(sl_buf *out, const sl_json *v, bool tombstone) {
  switch (v->kind) {
  case SL_JSON_NULL: sl_buf_add_z(out, tombstone ? "<TOMBSTONE>" : "null"); return;
  case SL_JSON_TRUE: sl_buf_add_z(out, "true"); return;
  case SL_JSON_FALSE: sl_buf_add_z(out, "false"); return;
  case SL_JSON_ARRAY:
    sl_buf_add_byte(out, '[');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_z(out, ", ");
      add_value(out, v->items[i], false);
    }
    sl_buf_add_byte(out, ']');
    return;
  case SL_JSON_OBJECT:
    sl_buf_add_byte(out, '{');
    for (size_t i = 0; i < v->count; i++) {
      if (i) sl_buf_add_z(out, ", ");
      sl_buf_add_str(out, v->members[i].name);
      sl_buf_add_byte(out, '=');
      add_value(out, v->members[i].value, false);
    }
    sl_buf_add_byte(out, '}');
    return;
  default: sl_buf_add_str(out, v->text); return;
  }
}

/* ---- the grid ---- */

static size_t cell_width(const sl_display *display, size_t columns) {
  if (display->column_width > 0) return (size_t)display->column_width;
  int width = columns ? sl_output_width() / (int)columns - 2 : 0;
  return width > MIN_CELL ? (size_t)width : MIN_CELL;
}

/* The next piece of a cell: at most width characters, and no further than its line. */
static sl_str take_piece(sl_str *rest, size_t width) {
  size_t len = sl_text_prefix(*rest, width);
  const char *newline = len ? memchr(rest->ptr, '\n', len) : NULL;
  if (newline) len = (size_t)(newline - rest->ptr);
  sl_str piece = sl_str_n(rest->ptr, len);
  if (len < rest->len && rest->ptr[len] == '\n') len++;
  *rest = sl_str_n(rest->ptr + len, rest->len - len);
  return piece;
}

static void add_cell(sl_buf *buf, sl_str *rest, size_t width, bool clip) {
  sl_str piece = take_piece(rest, width);
  size_t used = sl_text_width(piece);
  bool cut = clip && rest->len && width > 3;
  if (cut && used > width - 3) {
    piece.len = sl_text_prefix(piece, width - 3);
    used = width - 3;
  }
  sl_buf_add_str(buf, piece);
  if (cut) sl_buf_add_z(buf, "...");
  for (used += cut ? 3 : 0; used < width; used++) sl_buf_add_byte(buf, ' ');
  sl_buf_add_byte(buf, '|');
}

static void add_lines(sl_buf *buf, sl_str *cells, size_t count, size_t width, bool clip) {
  bool more = true;
  while (more) {
    more = false;
    sl_buf_add_byte(buf, '|');
    for (size_t i = 0; i < count; i++) {
      add_cell(buf, &cells[i], width, clip);
      more |= cells[i].len > 0;
    }
    sl_buf_add_byte(buf, '\n');
    if (clip) return;
  }
}

static void add_rule(sl_buf *buf, size_t count, size_t width) {
  for (size_t i = 0; i < count; i++) {
    sl_buf_add_byte(buf, '+');
    for (size_t c = 0; c < width; c++) sl_buf_add_byte(buf, '-');
  }
  sl_buf_add_z(buf, "+\n");
}

/* Names of the columns of "`A` INTEGER KEY, `B` STRUCT<`F` INTEGER, ...>": what stands between back-quotes (doubled
 * inside) at the start of each part. */
static size_t column_names(sl_arena *arena, sl_str schema, sl_str **out) {
  sl_vec names;
  sl_vec_init(&names, arena);
  size_t i = 0, depth = 0;
  while (i < schema.len) {
    char c = schema.ptr[i++];
    if (c == '<' || c == '(') depth++;
    if (c == '>' || c == ')') depth -= depth > 0;
    if (c != '`') continue;
    sl_buf name = {0};
    for (; i < schema.len; i++) {
      bool quote = schema.ptr[i] == '`', twice = quote && i + 1 < schema.len && schema.ptr[i + 1] == '`';
      if (quote && !twice) break;
      i += twice;
      sl_buf_add_byte(&name, (uint8_t)schema.ptr[i]);
    }
    i++;
    sl_str *copy = sl_arena_alloc(arena, sizeof *copy);
    *copy = sl_str_dup(arena, sl_buf_str(&name));
    if (depth == 0) sl_vec_push(&names, copy);
    sl_buf_done(&name);
  }
  *out = sl_arena_calloc(arena, names.len + 1, sizeof **out);
  for (size_t n = 0; n < names.len; n++) (*out)[n] = *(sl_str *)sl_vec_at(&names, n);
  return names.len;
}

static void print_json(sl_display *display, const sl_json *element) {
  sl_buf buf = {0};
  sl_json_print_pretty(&buf, element);
  sl_buf_add_byte(&buf, '\n');
  sl_output_write(display->out, sl_buf_str(&buf));
  sl_buf_done(&buf);
}

void sl_display_header(sl_display *display, const sl_json *element) {
  sl_arena arena;
  sl_str *names;
  sl_buf buf = {0};
  if (display->json) {
    print_json(display, element);
    return;
  }
  sl_arena_init(&arena, 0);
  size_t count = column_names(&arena, sl_json_str(sl_json_get(sl_json_get(element, "header"), "schema"), ""), &names);
  size_t width = cell_width(display, count);
  add_rule(&buf, count, width);
  add_lines(&buf, names, count, width, false);
  add_rule(&buf, count, width);
  sl_output_write(display->out, sl_buf_str(&buf));
  sl_buf_done(&buf);
  sl_arena_done(&arena);
}

void sl_display_row(sl_display *display, const sl_json *element) {
  const sl_json *row = sl_json_get(element, "row"), *columns = sl_json_get(row, "columns");
  if (display->json) {
    print_json(display, element);
    return;
  }
  if (!sl_json_is(columns, SL_JSON_ARRAY)) return;
  bool tombstone = sl_json_is(sl_json_get(row, "tombstone"), SL_JSON_TRUE);
  sl_arena arena;
  sl_buf text = {0}, buf = {0};
  sl_arena_init(&arena, 0);
  sl_str *cells = sl_arena_calloc(&arena, columns->count + 1, sizeof *cells);
  for (size_t i = 0; i < columns->count; i++) {
    sl_buf_reset(&text);
    add_value(&text, columns->items[i], tombstone);
    cells[i] = sl_str_dup(&arena, sl_buf_str(&text));
  }
  add_lines(&buf, cells, columns->count, cell_width(display, columns->count), display->clip);
  sl_output_write(display->out, sl_buf_str(&buf));
  sl_buf_done(&buf);
  sl_buf_done(&text);
  sl_arena_done(&arena);
}
