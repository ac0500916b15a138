/* Rewrite rule: slots that nobody reads are not carried. Walks from the output back to the source and marks, in each
 * step's layout, what the step behind it reads; the physical plan leaves the rest out, so unused columns are never
 * decoded and repartition topics carry only what is used. */
#include "planner/logical.h"

typedef struct marking {
  const sl_planning *planning;
  sl_err *err;
} marking;

/* Marks in step's input what expr reads. */
static int mark_expr(const marking *m, const sl_logical *input, const sl_expr *expr) {
  sl_typing typing;
  sl_planning_typing(m->planning, &typing);
  typing.layout = &input->layout;
  const sl_typed *typed = NULL;
  int rc = sl_typed_build(m->planning->arena, expr, &typing, &typed, m->err);
  if (!rc) sl_typed_slots(typed, input->needed);
  return rc;
}

static int mark_exprs(const marking *m, const sl_logical *input, const sl_expr *const *exprs, int count) {
  int rc = 0;
  for (int i = 0; !rc && i < count; i++) rc = mark_expr(m, input, exprs[i]);
  return rc;
}

static void pass_through(const sl_logical *step, int count) {
  for (int i = 0; i < count; i++) step->input->needed[i] |= step->needed[i];
}

static int mark_input(const marking *m, sl_logical *step) {
  sl_logical *input = step->input;
  switch (step->kind) {
  case SL_LOGICAL_SOURCE: /* a table's rows are kept by key, whether or not the query reads it */
    for (int i = 0; step->table && i < step->layout.key_count; i++) step->needed[i] = true;
    return 0;
  case SL_LOGICAL_JOIN: {
    const sl_logical_join *join = (sl_logical_join *)step;
    for (int i = 0; i < step->layout.key_count; i++) step->needed[i] = true;
    sl_logical *sides[] = {input, join->right};
    for (int side = 0; side < 2; side++)
      for (int i = 0; i < sides[side]->layout.key_count; i++) sides[side]->needed[i] = true;
    for (int i = 0; i < step->layout.count; i++)
      if (join->items[i].side >= 0) sides[join->items[i].side]->needed[join->items[i].slot] |= step->needed[i];
    return join->info->foreign ? mark_expr(m, input, join->info->plain[0]) : 0;
  }
  case SL_LOGICAL_FILTER:
    pass_through(step, step->layout.count);
    return mark_expr(m, input, ((sl_logical_filter *)step)->predicate);
  case SL_LOGICAL_REKEY: {
    const sl_logical_rekey *rekey = (sl_logical_rekey *)step;
    for (int i = rekey->key_count; i < step->layout.count; i++)
      input->needed[rekey->rest[i - rekey->key_count]] |= step->needed[i];
    return mark_exprs(m, input, rekey->keys, rekey->key_count);
  }
  case SL_LOGICAL_EXPLODE: {
    const sl_logical_explode *explode = (sl_logical_explode *)step;
    pass_through(step, input->layout.count);
    int rc = 0;
    for (int i = 0; !rc && i < explode->call_count; i++)
      rc = mark_exprs(m, input, (const sl_expr *const *)explode->calls[i]->args, explode->calls[i]->count);
    return rc;
  }
  case SL_LOGICAL_GROUP: {
    const sl_logical_group *group = (sl_logical_group *)step;
    int rc = mark_exprs(m, input, group->keys, group->key_count);
    return rc ? rc : mark_exprs(m, input, group->arguments, group->argument_count);
  }
  case SL_LOGICAL_PROJECT: return mark_exprs(m, input, ((sl_logical_project *)step)->exprs, step->layout.count);
  case SL_LOGICAL_AGGREGATE:
  case SL_LOGICAL_OUTPUT:
    for (int i = 0; i < input->layout.count; i++) input->needed[i] = true;
    return 0;
  }
  return 0;
}

static void clear(const marking *m, sl_logical *step) {
  for (; step; step = step->input) {
    step->needed = sl_arena_calloc(m->planning->arena, (size_t)step->layout.count + 1, sizeof *step->needed);
    if (step->kind == SL_LOGICAL_JOIN) clear(m, ((sl_logical_join *)step)->right);
  }
}

static int mark(const marking *m, sl_logical *step) {
  int rc = 0;
  for (; !rc && step; step = step->input) {
    rc = mark_input(m, step);
    if (!rc && step->kind == SL_LOGICAL_JOIN) rc = mark(m, ((sl_logical_join *)step)->right);
  }
  return rc;
}

int sl_logical_mark_needed(const sl_planning *planning, sl_logical *last, sl_err *err) {
  marking m = {planning, err};
  clear(&m, last);
  return mark(&m, last);
}
