/* Entity tables (cli.md 6.2). */
#include "shell/text_table.h"

#include <stdlib.h>

void sl_text_table_init(sl_text_table *table, sl_arena *arena, int columns, const char *const *titles) {
  *table = (sl_text_table){.arena = arena, .columns = columns, .titles = titles};
  sl_vec_init(&table->rows, arena);
}

sl_str *sl_text_table_row(sl_text_table *table) {
  sl_str *cells = sl_arena_calloc(table->arena, (size_t)table->columns, sizeof *cells);
  sl_vec_push(&table->rows, cells);
  return cells;
}

static int by_first(const void *a, const void *b) {
  return sl_str_cmp(**(sl_str *const *)a, **(sl_str *const *)b);
}

void sl_text_table_sort(sl_text_table *table) {
  if (table->rows.len > 1) qsort(table->rows.items, table->rows.len, sizeof *table->rows.items, by_first);
}

/* Takes the first line off text. */
static sl_str take_line(sl_str *text) {
  size_t end = 0;
  while (end < text->len && text->ptr[end] != '\n') end++;
  sl_str line = sl_str_n(text->ptr, end);
  size_t skip = end < text->len ? end + 1 : end;
  *text = sl_str_n(text->ptr + skip, text->len - skip);
  return line;
}

static size_t width_of(sl_str text) {
  size_t widest = 0;
  while (text.len) {
    size_t width = sl_text_width(take_line(&text));
    if (width > widest) widest = width;
  }
  return widest;
}

static void add_padded(sl_buf *buf, sl_str text, size_t width) {
  sl_buf_add_str(buf, text);
  for (size_t i = sl_text_width(text); i < width; i++) sl_buf_add_byte(buf, ' ');
}

/* One row of cells, as many lines as its longest cell has. */
static void add_row(sl_buf *buf, sl_str *cells, const size_t *widths, int columns) {
  bool more = true;
  while (more) {
    more = false;
    for (int i = 0; i < columns; i++) {
      sl_buf_add_z(buf, i ? " | " : " ");
      add_padded(buf, take_line(&cells[i]), widths[i]);
      more |= cells[i].len > 0;
    }
    sl_buf_add_z(buf, " \n");
  }
}

void sl_text_table_print(const sl_text_table *table, sl_output *out) {
  size_t bytes = (size_t)table->columns * sizeof(sl_str);
  size_t *widths = sl_arena_calloc(table->arena, (size_t)table->columns, sizeof *widths);
  sl_str *cells = sl_arena_alloc(table->arena, bytes);
  size_t rule = 0, limit = (size_t)sl_output_width();
  sl_buf buf = {0};
  for (int i = 0; i < table->columns; i++) {
    widths[i] = sl_text_width(sl_str_of(table->titles[i]));
    for (size_t r = 0; r < table->rows.len; r++) {
      size_t width = width_of(((sl_str *)sl_vec_at(&table->rows, r))[i]);
      if (width > widths[i]) widths[i] = width;
    }
    rule += widths[i] + 3;
    cells[i] = sl_str_of(table->titles[i]);
  }
  if (--rule > limit) rule = limit;
  add_row(&buf, cells, widths, table->columns);
  for (int part = 0; part < 2; part++) {
    for (size_t i = 0; i < rule; i++) sl_buf_add_byte(&buf, '-');
    sl_buf_add_byte(&buf, '\n');
    for (size_t r = 0; part == 0 && r < table->rows.len; r++) {
      memcpy(cells, sl_vec_at(&table->rows, r), bytes);
      add_row(&buf, cells, widths, table->columns);
    }
  }
  sl_output_write(out, sl_buf_str(&buf));
  sl_buf_done(&buf);
}
