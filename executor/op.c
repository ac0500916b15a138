/* What all operators share: passing rows on, memory of a chunk, reports. And the table that says which class runs which
 * node. */
#include "executor/op.h"
#include "executor/ops.h"
#include <stdio.h>

static const sl_op_class *const classes[SL_PLAN_KIND_COUNT] = {
    [SL_PLAN_SOURCE] = &sl_op_source,
    [SL_PLAN_TABLE_STORE] = &sl_op_table_store,
    [SL_PLAN_FILTER] = &sl_op_filter,
    [SL_PLAN_PROJECT] = &sl_op_project,
    [SL_PLAN_SELECT_KEY] = &sl_op_select_key,
    [SL_PLAN_EXPLODE] = &sl_op_explode,
    [SL_PLAN_GROUP_KEY] = &sl_op_group_key,
    [SL_PLAN_AGGREGATE] = &sl_op_aggregate,
    [SL_PLAN_REPARTITION] = &sl_op_repartition,
    [SL_PLAN_SINK] = &sl_op_sink,
    [SL_PLAN_RESPONSE] = &sl_op_response,
    [SL_PLAN_JOIN_STREAMS] = &sl_op_join_streams,
    [SL_PLAN_JOIN_TABLE] = &sl_op_join_table,
    [SL_PLAN_JOIN_TABLES] = &sl_op_join_tables,
    [SL_PLAN_JOIN_FOREIGN] = &sl_op_join_foreign,
    [SL_PLAN_FOREIGN_SUBSCRIBE] = &sl_op_foreign_subscribe,
    [SL_PLAN_FOREIGN_ANSWER] = &sl_op_foreign_answer,
};

const sl_op_class *sl_op_class_of(const sl_plan_node *node) {
  if ((int)node->kind < 0 || node->kind >= SL_PLAN_KIND_COUNT) return NULL;
  if (node->kind != SL_PLAN_AGGREGATE) return classes[node->kind];
  switch (((const sl_plan_aggregate *)node)->window) {
  case SL_WINDOW_NONE: break;
  case SL_WINDOW_TUMBLING:
  case SL_WINDOW_HOPPING: return &sl_op_window_aggregate;
  case SL_WINDOW_SESSION: return &sl_op_session_aggregate;
  }
  return &sl_op_aggregate;
}

int sl_op_emit(sl_operator *op, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  if (!count || !op->next_count) return 0;
  if (op->next_count == 1) {
    sl_operator *to = op->next[0].op;
    return to->cls->process(to, op->next[0].port, rows, sel, count, err);
  }
  int rc = 0;
  for (int i = 0; !rc && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    for (int n = 0; !rc && n < op->next_count; n++) {
      sl_operator *to = op->next[n].op;
      rc = to->cls->process(to, op->next[n].port, row, NULL, 1, err);
    }
  }
  return rc;
}

sl_value *sl_op_values(sl_operator *op, int n) {
  return sl_arena_calloc(op->env->arena, (size_t)n + 1, sizeof(sl_value));
}

sl_row *sl_op_rows(sl_operator *op, int count, int slots) {
  sl_row *rows = sl_arena_calloc(op->env->arena, (size_t)count, sizeof *rows);
  sl_value *values = sl_op_values(op, count * slots);
  for (int i = 0; i < count; i++) rows[i].values = values + (size_t)i * (size_t)slots;
  return rows;
}

void sl_op_report(sl_operator *op, const sl_row *row, const char *cause, const char *fmt, ...) {
  char text[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  sl_env_report(op->env, &(sl_report){.type = SL_REPORT_RECORD,
                                      .step = op->node->name,
                                      .message = text,
                                      .cause = cause,
                                      .row = row,
                                      .layout = op->in});
}

/* A source passes on what its task gives it. */
static int source_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  return sl_op_emit(op, rows, sel, count, err);
}

const sl_op_class sl_op_source = {.name = "source", .size = sizeof(sl_operator), .process = source_process};
