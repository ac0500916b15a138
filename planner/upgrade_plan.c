/* Upgrade check of a query that CREATE OR REPLACE plans anew (sql.md 7.4): its steps, walked from the sink to the
 * source, must be those of the query it replaces, so that positions and stores can go on.
 *
 * Filters and projections may come, go and change. Every other step either has properties that must match, or cannot be
 * upgraded at all. What a plan keeps on disk is compared as well: the check of steps speaks ksqlDB's language, the
 * durable contract speaks ours. */
#include "parser/parser.h"
#include "planner/logical.h"

enum { MOST_PROPERTIES = 4 };

typedef struct property {
  const char *name, *value;
} property;

struct sl_upgrade_step {
  const char *class; /* as ksqlDB calls it */
  bool supported;
  bool is_source, is_join;
  property properties[MOST_PROPERTIES];
  int property_count;
};

/* ---- steps of a plan ---- */

static sl_upgrade_step *add_step(sl_arena *arena, sl_vec *steps, const char *class, bool supported) {
  sl_upgrade_step *step = sl_arena_zalloc(arena, sizeof *step);
  step->class = class;
  step->supported = supported;
  sl_vec_push(steps, step);
  return step;
}

static void set(sl_upgrade_step *step, const char *name, const char *value) {
  step->properties[step->property_count++] = (property){name, value};
}

static const char *keep(sl_arena *arena, sl_buf *buf) {
  const char *text = sl_arena_dup(arena, buf->data ? (const char *)buf->data : "", buf->len);
  sl_buf_done(buf);
  return text;
}

static void print_spec(sl_buf *out, const sl_format_spec *spec) {
  static const char *const wrapping[] = {[SL_WRAP_DEFAULT] = "", [SL_WRAP] = " wrapped", [SL_UNWRAP] = " unwrapped"};
  sl_buf_add_str(out, spec->name);
  for (int i = 0; i < spec->property_count; i++)
    sl_buf_printf(out, " " SL_STR_FMT "=" SL_STR_FMT, SL_STR_ARG(spec->properties[i].name),
                  SL_STR_ARG(spec->properties[i].value));
  sl_buf_add_z(out, wrapping[spec->wrapping]);
}

static const char *formats_of(sl_arena *arena, const sl_source *source) {
  sl_buf out = {0};
  print_spec(&out, &source->key_format);
  sl_buf_add_z(&out, "/");
  print_spec(&out, &source->value_format);
  return keep(arena, &out);
}

static const char *timestamp_of(sl_arena *arena, const sl_source *source) {
  if (!source->timestamp_column.len) return "none";
  return sl_arena_printf(arena, "`" SL_STR_FMT "` " SL_STR_FMT, SL_STR_ARG(source->timestamp_column),
                         SL_STR_ARG(source->timestamp_format));
}

static const char *list_of(sl_arena *arena, const sl_expr *const *exprs, int count) {
  sl_buf out = {0};
  sl_buf_add_z(&out, "[");
  for (int i = 0; i < count; i++) sl_buf_printf(&out, "%s%s", i ? ", " : "", sl_expr_text(arena, exprs[i]));
  sl_buf_add_z(&out, "]");
  return keep(arena, &out);
}

static void describe_topic(sl_arena *arena, sl_upgrade_step *step, const sl_source *source) {
  set(step, "formats", formats_of(arena, source));
  set(step, "topicName", sl_str_z(arena, source->topic));
  set(step, "timestampColumn", timestamp_of(arena, source));
}

static void add_source(sl_arena *arena, sl_vec *steps, const sl_logical *logical) {
  static const char *const classes[2][2] = {{"StreamSource", "TableSource"},
                                            {"WindowedStreamSource", "WindowedTableSource"}};
  bool windowed = logical->window != SL_WINDOW_NONE;
  sl_upgrade_step *step = add_step(arena, steps, classes[windowed][logical->table], !windowed);
  step->is_source = true;
  describe_topic(arena, step, ((const sl_logical_source *)logical)->from->source);
}

static void add_join(sl_arena *arena, sl_vec *steps, const sl_logical_join *join) {
  const char *class = join->info->foreign       ? "ForeignKeyTableTableJoin"
                      : join->base.input->table ? "TableTableJoin"
                      : join->right->table      ? "StreamTableJoin"
                                                : "StreamStreamJoin";
  add_step(arena, steps, class, false)->is_join = true;
}

/* ---- columns that an aggregation reads ---- */

typedef struct column_list {
  sl_arena *arena;
  sl_vec names; /* sl_str * */
} column_list;

static bool add_column(void *ctx, const sl_expr *column) {
  column_list *list = ctx;
  for (size_t i = 0; i < list->names.len; i++)
    if (sl_str_eq(*(const sl_str *)sl_vec_at(&list->names, i), column->name)) return false;
  sl_str *name = sl_arena_alloc(list->arena, sizeof *name);
  *name = column->name;
  sl_vec_push(&list->names, name);
  return false; /* on to the next */
}

/* In the order of the text; an aggregate without arguments reads ROWTIME. */
static void add_columns(column_list *list, const sl_expr *expr) {
  if (!expr) return;
  if (expr->kind == SL_EXPR_COLUMN || expr->kind == SL_EXPR_LAMBDA) {
    (void)sl_expr_any_column(expr, add_column, list);
    return;
  }
  if (!expr->count && sl_expr_is_call(expr, SL_FUNCTION_AGGREGATE)) {
    sl_expr rowtime = {.kind = SL_EXPR_COLUMN, .name = sl_str_of("ROWTIME")};
    (void)add_column(list, &rowtime);
  }
  bool with_lambda = false;
  for (int i = 0; i < expr->count; i++) with_lambda |= expr->args[i]->kind == SL_EXPR_LAMBDA;
  if (with_lambda)
    (void)sl_expr_any_column(expr, add_column, list);
  else
    for (int i = 0; i < expr->count; i++) add_columns(list, expr->args[i]);
}

static const char *plain_columns(sl_arena *arena, const sl_analysis *analysis) {
  column_list list = {.arena = arena, .names = {.arena = arena}};
  for (int i = 0; i < analysis->output_count; i++) add_columns(&list, analysis->outputs[i].expr);
  add_columns(&list, analysis->where);
  for (int i = 0; i < analysis->group_count; i++) add_columns(&list, analysis->group_by[i]);
  add_columns(&list, analysis->having);
  sl_buf out = {0};
  sl_buf_add_z(&out, "[");
  for (size_t i = 0; i < list.names.len; i++)
    sl_buf_printf(&out, "%s`" SL_STR_FMT "`", i ? ", " : "", SL_STR_ARG(*(const sl_str *)sl_vec_at(&list.names, i)));
  sl_buf_add_z(&out, "]");
  return keep(arena, &out);
}

static const char *functions_of(sl_arena *arena, const sl_logical_aggregate *aggregate) {
  sl_buf out = {0};
  sl_buf_add_z(&out, "[");
  for (int i = 0; i < aggregate->call_count; i++)
    sl_buf_printf(&out, "%s" SL_STR_FMT, i ? ", " : "", SL_STR_ARG(aggregate->texts[i]));
  sl_buf_add_z(&out, "]");
  return keep(arena, &out);
}

static void add_aggregate(sl_arena *arena, sl_vec *steps, const sl_logical_aggregate *aggregate,
                          const sl_analysis *analysis) {
  bool table = aggregate->base.input->table, windowed = aggregate->window != SL_WINDOW_NONE;
  if (aggregate->emit_final) add_step(arena, steps, "TableSuppress", false);
  const char *class = windowed ? "StreamWindowedAggregate" : table ? "TableAggregate" : "StreamAggregate";
  sl_upgrade_step *step = add_step(arena, steps, class, !windowed && !table);
  set(step, "columns not part of aggregate", plain_columns(arena, analysis));
  set(step, "aggregate functions", functions_of(arena, aggregate));
}

static void add_logical(sl_arena *arena, sl_vec *steps, const sl_logical *logical, const sl_analysis *analysis) {
  switch (logical->kind) {
  case SL_LOGICAL_OUTPUT:
    describe_topic(arena, add_step(arena, steps, logical->table ? "TableSink" : "StreamSink", true),
                   ((const sl_logical_output *)logical)->sink);
    break;
  case SL_LOGICAL_REKEY: {
    const sl_logical_rekey *rekey = (const sl_logical_rekey *)logical;
    set(add_step(arena, steps, "StreamSelectKey", true), "keyExpressions",
        list_of(arena, rekey->keys, rekey->key_count));
    break;
  }
  case SL_LOGICAL_EXPLODE: add_step(arena, steps, "StreamFlatMap", false); break;
  case SL_LOGICAL_GROUP: {
    const sl_logical_group *group = (const sl_logical_group *)logical;
    const char *class = logical->table ? "TableGroupBy" : group->moves ? "StreamGroupBy" : "StreamGroupByKey";
    sl_upgrade_step *step = add_step(arena, steps, class, !logical->table);
    if (group->moves) set(step, "group by clause", list_of(arena, group->keys, group->key_count));
    break;
  }
  case SL_LOGICAL_AGGREGATE: add_aggregate(arena, steps, (const sl_logical_aggregate *)logical, analysis); break;
  case SL_LOGICAL_JOIN: add_join(arena, steps, (const sl_logical_join *)logical); break;
  case SL_LOGICAL_SOURCE: add_source(arena, steps, logical); break;
  case SL_LOGICAL_FILTER:
  case SL_LOGICAL_PROJECT: break; /* passive */
  }
}

void sl_upgrade_describe(const sl_analysis *analysis, const sl_logical *last, sl_query_plan *out) {
  sl_arena *arena = analysis->arena;
  sl_vec steps = {.arena = arena};
  for (const sl_logical *step = last; step; step = step->kind == SL_LOGICAL_JOIN ? NULL : step->input)
    add_logical(arena, &steps, step, analysis);
  out->steps = (const sl_upgrade_step *const *)steps.items;
  out->step_count = (int)steps.len;
}

/* ---- two plans ---- */

#define NOT_UPGRADEABLE "Query is not upgradeable. "

static bool has_class(const sl_query_plan *plan, int from, const char *class) {
  for (int i = from; i < plan->step_count; i++)
    if (!strcmp(plan->steps[i]->class, class)) return true;
  return false;
}

static int other_class(const sl_query_plan *from, const sl_query_plan *to, int i, sl_err *err) {
  const sl_upgrade_step *old = from->steps[i], *new = to->steps[i];
  if (old->is_source && new->is_join)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      NOT_UPGRADEABLE "Cannot change a non-join source into a join source.");
  if (old->is_source && new->is_source)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      NOT_UPGRADEABLE "The root source node of the upgrade tree must be %s, but was %s", old->class,
                      new->class);
  if (has_class(to, i + 1, old->class))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      NOT_UPGRADEABLE "Cannot add a %s step that is not in the original query plan.", new->class);
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    NOT_UPGRADEABLE "Plan step of type %s must have matching class. Values differ: %s vs. %s",
                    old->class, old->class, new->class);
}

static int compare_steps(const sl_upgrade_step *old, const sl_upgrade_step *new, sl_err *err) {
  for (int i = 0; i < old->property_count; i++)
    if (strcmp(old->properties[i].value, new->properties[i].value) != 0)
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                        NOT_UPGRADEABLE "Plan step of type %s must have matching %s. Values differ: %s vs. %s",
                        old->class, old->properties[i].name, old->properties[i].value, new->properties[i].value);
  return 0;
}

static const sl_plan_store *store_of(const sl_plan_node *node) {
  return node->kind == SL_PLAN_TABLE_STORE ? ((const sl_plan_table_store *)node)->store : NULL;
}

/* The store of the rows that go to the sink: they get columns at the end only, which old rows have as NULL. */
static const sl_plan_store *result_store(const sl_subtopology *sub) {
  const sl_plan_node *node = &sub->sources[0]->base;
  while (node->next_count == 1 && node->next[0]->kind != SL_PLAN_SINK) node = node->next[0];
  return node->next_count == 1 ? store_of(node) : NULL;
}

/* A table that is filtered and projected: what it keeps of its source can be read again from there, and the rows of its
 * result stay what they are. */
static bool keeps_little(const sl_plan *plan) {
  const sl_subtopology *sub = &plan->subs[0];
  if (plan->sub_count != 1 || sub->source_count != 1) return false;
  for (int i = 0; i < sub->store_count; i++)
    if (sub->stores[i] != sl_subtopology_copy(sub) && sub->stores[i] != result_store(sub)) return false;
  return true;
}

int sl_check_query_upgrade(const sl_query_plan *from, const sl_query_plan *to, sl_err *err) {
  for (int i = 0; i < from->step_count; i++) {
    const sl_upgrade_step *old = from->steps[i];
    if (!old->supported)
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Upgrades not yet supported for %s", old->class);
    /* both end in a source: if the new plan ended earlier, its source has met another class before */
    const sl_upgrade_step *new = to->steps[i];
    int rc = strcmp(old->class, new->class) ? other_class(from, to, i, err) : compare_steps(old, new, err);
    if (rc) return rc;
  }
  sl_str how;
  bool grown;
  if (!sl_contract_differs(from->plan->arena, from->plan->contract, to->plan, &how, &grown)) return 0;
  if (keeps_little(from->plan) && keeps_little(to->plan)) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    NOT_UPGRADEABLE "What its stores and internal topics keep would change: " SL_STR_FMT ".",
                    SL_STR_ARG(how));
}
