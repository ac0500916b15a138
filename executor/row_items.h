/* Rows made of items: what PROJECT, SELECT_KEY and GROUP_KEY have in common. Each output slot copies an input slot or
 * takes a result of one program. */
#pragma once
#include "executor/op.h"

/* Called for an item whose expression failed on a row. */
typedef void (*sl_item_error)(sl_operator *op, int item, const sl_row *row, const sl_err *err);

typedef struct sl_items {
  sl_operator *op;
  sl_runner *runner; /* NULL when all items are copies */
  const sl_plan_item *items;
  int count;
  int results;
  int *item_of; /* per result: the first item that uses it */
  sl_item_error on_error;
} sl_items;

void sl_items_open(sl_items *items, sl_operator *op, const sl_program *program, const sl_plan_item *list, int count,
                   sl_item_error on_error);
void sl_items_close(sl_items *items);
/* Computes the slots of rows[sel[i]] (or of their old side) into out[i * count .. ). */
void sl_items_run(sl_items *items, const sl_row *rows, const uint16_t *sel, int n, bool old, sl_value *out);
/* Only the copies, for rows without a value: the other slots of out stay as they are. */
void sl_items_copy(const sl_items *items, const sl_value *from, sl_value *out);
