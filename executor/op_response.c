/* RESPONSE: rows to the client of a push query. A client that cannot take a row stops the query: the rows of the chunk
 * at hand are kept, the task takes no more until the client resumes. Null rows of streams are not for clients
 * (semantics.md 7.6). */
#include "executor/ops.h"
#include <string.h>

typedef struct kept_row {
  struct kept_row *next;
  sl_row row;
} kept_row;

typedef struct op_response {
  sl_operator op;
  sl_arena kept; /* rows that wait */
  kept_row *first, *last;
  bool over;
} op_response;

static int response_open(sl_operator *op, sl_err *err) {
  (void)err;
  sl_arena_init(&((op_response *)op)->kept, 0);
  return 0;
}

static void response_close(sl_operator *op) {
  sl_arena_done(&((op_response *)op)->kept);
}

static void keep(op_response *r, const sl_row *row) {
  const sl_layout *layout = &r->op.node->layout;
  kept_row *k = sl_arena_zalloc(&r->kept, sizeof *k);
  k->row = *row;
  k->row.key = NULL;
  k->row.key_len = 0;
  if (row->origin) { /* its place; headers are not for clients */
    sl_origin *origin = sl_arena_zalloc(&r->kept, sizeof *origin);
    *origin = (sl_origin){.partition = row->origin->partition, .offset = row->origin->offset};
    k->row.origin = origin;
  }
  k->row.old = NULL;
  k->row.flags &= ~(uint32_t)SL_ROW_HAS_OLD;
  k->row.values = sl_arena_calloc(&r->kept, (size_t)layout->count + 1, sizeof(sl_value));
  for (int i = 0; i < layout->count; i++)
    k->row.values[i] = sl_value_copy(&r->kept, layout->slots[i].type, &row->values[i]);
  if (r->last)
    r->last->next = k;
  else
    r->first = k;
  r->last = k;
}

/* The row as a client sees it: a deletion keeps its key columns only. */
static sl_row shown(op_response *r, const sl_row *row) {
  const sl_plan_response *plan = (const sl_plan_response *)r->op.node;
  sl_row out = *row;
  if (!(row->flags & SL_ROW_VALUE_ABSENT)) return out;
  out.values = sl_op_values(&r->op, plan->base.layout.count);
  for (int i = 0; i < plan->base.layout.count; i++)
    if (plan->is_key && plan->is_key[i]) out.values[i] = row->values[i];
  return out;
}

static int response_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                            sl_err *err) {
  (void)port, (void)err;
  op_response *r = (op_response *)op;
  for (int i = 0; !r->over && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    if (row->flags & SL_ROW_VALUE_ABSENT && !op->node->table) continue;
    sl_row out = shown(r, row);
    bool taken = false;
    if (!r->first) sl_env_respond(op->env, &out, &op->node->layout, &taken, &r->over);
    if (!taken && !r->over) keep(r, &out);
  }
  sl_env_responded(op->env);
  return 0;
}

/* Also called when a client has resumed: hands over what was kept. */
static int response_advance(sl_operator *op, sl_err *err) {
  (void)err;
  op_response *r = (op_response *)op;
  if (!r->first) return 0;
  for (bool taken = true; r->first && !r->over && taken;) {
    sl_env_respond(op->env, &r->first->row, &op->node->layout, &taken, &r->over);
    if (taken) r->first = r->first->next;
  }
  sl_env_responded(op->env);
  if (r->first && !r->over) return 0;
  r->first = r->last = NULL;
  sl_arena_reset(&r->kept);
  return 0;
}

const sl_op_class sl_op_response = {
    .name = "response",
    .size = sizeof(op_response),
    .open = response_open,
    .process = response_process,
    .advance = response_advance,
    .close = response_close,
};
