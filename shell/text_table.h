/* Aligned tables of text: " A | B " with rules of dashes. */
#pragma once
#include "base/vec.h"
#include "shell/output.h"

typedef struct sl_text_table {
  sl_arena *arena;
  int columns;
  const char *const *titles;
  sl_vec rows; /* sl_str[columns] each */
} sl_text_table;

void sl_text_table_init(sl_text_table *table, sl_arena *arena, int columns, const char *const *titles);
/* Adds a row of empty cells for the caller to fill. A cell may have several lines. */
sl_str *sl_text_table_row(sl_text_table *table);
/* Sorts the rows by their first column. */
void sl_text_table_sort(sl_text_table *table);
/* Header, rule, rows, rule; rules are no longer than the terminal is wide. */
void sl_text_table_print(const sl_text_table *table, sl_output *out);
