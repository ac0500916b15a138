/* EXPLAIN: the execution plan, one line per logical step with its schema and logger, the sink outermost. */
#include "planner/logical.h"

static void print_schema(sl_buf *out, const sl_logical *step) {
  for (int i = 0; i < step->layout.count; i++) {
    sl_column column = {.name = step->titles ? step->titles[i] : step->layout.slots[i].name,
                        .type = step->layout.slots[i].type,
                        .kind = i < step->layout.key_count ? SL_COLUMN_KEY : SL_COLUMN_VALUE};
    if (i) sl_buf_add_z(out, ", ");
    sl_column_print(out, &column);
  }
}

static const char *label_of(const sl_logical *step) {
  if (step->kind == SL_LOGICAL_AGGREGATE && step->window != SL_WINDOW_NONE) return "WINDOW_AGGREGATE";
  if (step->kind == SL_LOGICAL_SOURCE && step->window != SL_WINDOW_NONE) return "WINDOWED_SOURCE";
  return sl_logical_label(step->kind);
}

static void print_steps(sl_buf *out, const sl_logical *step, int depth, sl_str query_id) {
  for (; step; step = step->input, depth++) {
    for (int i = 0; i < depth; i++) sl_buf_add_z(out, "\t\t");
    sl_buf_printf(out, " > [ %s ] | Schema: ", label_of(step));
    print_schema(out, step);
    sl_buf_printf(out, " | Logger: " SL_STR_FMT ".%s\n", SL_STR_ARG(query_id), step->context);
    if (step->kind != SL_LOGICAL_JOIN) continue;
    print_steps(out, step->input, depth + 1, query_id);
    step = ((const sl_logical_join *)step)->right;
    print_steps(out, step, depth + 1, query_id);
    return;
  }
}

sl_str sl_logical_print(sl_arena *arena, const sl_logical *last, sl_str query_id) {
  sl_buf buf = {0};
  print_steps(&buf, last, 0, query_id);
  sl_str out = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return out;
}
