/* FILTER: WHERE and HAVING. A stream's row stays when the predicate is TRUE; a table's change becomes a new row, a
 * tombstone or nothing (semantics.md 2.2, 2.3). */
#include "executor/ops.h"
#include <assert.h>
#include <string.h>

typedef struct op_filter {
  sl_operator op;
  sl_runner *runner;
} op_filter;

static const sl_plan_filter *plan_of(const sl_operator *op) {
  return (const sl_plan_filter *)op->node;
}

static int filter_open(sl_operator *op, sl_err *err) {
  (void)err;
  ((op_filter *)op)->runner = sl_runner_new(plan_of(op)->predicate);
  return 0;
}

static void filter_close(sl_operator *op) {
  sl_runner_free(((op_filter *)op)->runner);
}

static void failed(void *ctx, int result, const sl_row *row, const sl_err *err) {
  (void)result;
  sl_operator *op = ctx;
  sl_op_report(op, row, err->message, "Error evaluating predicate %s", plan_of(op)->text);
}

static int stream(sl_operator *op, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  uint16_t live[SL_CHUNK], kept[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    if (!(rows[at].flags & SL_ROW_VALUE_ABSENT)) live[n++] = at;
  }
  int passed = sl_runner_filter(((op_filter *)op)->runner, op->env->arena, op->env->now_ms, rows, live, n, false, kept,
                                failed, op);
  return sl_op_emit(op, rows, kept, passed, err);
}

/* Sets bit in pass[row] for the rows whose new (old) side passes. */
static void evaluate(sl_operator *op, const sl_row *rows, const uint16_t *sel, int count, bool old, uint8_t bit,
                     uint8_t *pass) {
  uint16_t live[SL_CHUNK], kept[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    bool there = old ? rows[at].flags & SL_ROW_HAS_OLD : !(rows[at].flags & SL_ROW_VALUE_ABSENT);
    if (there) live[n++] = at;
  }
  int passed = sl_runner_filter(((op_filter *)op)->runner, op->env->arena, op->env->now_ms, rows, live, n, old, kept,
                                failed, op);
  for (int i = 0; i < passed; i++) pass[kept[i]] |= bit;
}

/* The row without its value: key columns stay. */
static void make_tombstone(sl_operator *op, sl_row *row) {
  sl_value *values = sl_op_values(op, op->node->layout.count);
  memcpy(values, row->values, (size_t)op->node->layout.key_count * sizeof *values);
  row->values = values;
  row->flags |= SL_ROW_VALUE_ABSENT;
}

static int table(sl_operator *op, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  enum { NEW = 1, OLD = 2 };
  uint8_t pass[SL_CHUNK] = {0}; /* by row: a selection never reaches past its chunk */
  evaluate(op, rows, sel, count, false, NEW, pass);
  if (op->gives_old) evaluate(op, rows, sel, count, true, OLD, pass);
  sl_row *out = sl_arena_calloc(op->env->arena, (size_t)count, sizeof *out);
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint16_t at = sel ? sel[i] : (uint16_t)i;
    bool now = pass[at] & NEW, old = pass[at] & OLD;
    if (!now && !old && op->gives_old) continue;
    out[n] = rows[at];
    if (!old) out[n].flags &= ~(uint32_t)SL_ROW_HAS_OLD;
    if (!now) make_tombstone(op, &out[n]);
    n++;
  }
  return sl_op_emit(op, out, NULL, n, err);
}

static int filter_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  assert(count <= SL_CHUNK);
  return op->node->table ? table(op, rows, sel, count, err) : stream(op, rows, sel, count, err);
}

static void filter_describe(const sl_operator *op, sl_buf *out) {
  sl_buf_printf(out, "filter %s", plan_of(op)->text);
}

const sl_op_class sl_op_filter = {
    .name = "filter",
    .size = sizeof(op_filter),
    .open = filter_open,
    .process = filter_process,
    .close = filter_close,
    .describe = filter_describe,
};
