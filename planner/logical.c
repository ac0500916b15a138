/* The logical plan, built in the order a row takes: source, WHERE, PARTITION BY, table functions, GROUP BY, aggregates,
 * HAVING, projection. Each step's expressions are typed here, so failures come in the order of sql.md 6. */
#include "planner/logical.h"

#include "parser/parser.h"

void *sl_logical_new(sl_arena *arena, sl_logical_kind kind, size_t size, const char *context, sl_logical *input) {
  sl_logical *step = sl_arena_zalloc(arena, size);
  step->kind = kind;
  step->context = context;
  step->input = input;
  if (!input) return step;
  step->layout = input->layout;
  step->titles = input->titles;
  step->table = input->table;
  step->window = input->window;
  step->window_size = input->window_size;
  return step;
}

const char *sl_logical_label(sl_logical_kind kind) {
  static const char *const labels[] = {
#define SL_LOGICAL(name, type, label) [SL_LOGICAL_##name] = label,
#include "planner/logical.def"
#undef SL_LOGICAL
  };
  return labels[kind];
}

/* ---- source ---- */

typedef struct slot_list {
  sl_arena *arena;
  bool join;
  sl_slot *slots;
  sl_source_slot *origins;
  int count;
} slot_list;

static void add_slot(slot_list *list, sl_str name, const sl_type *type, sl_source_slot origin) {
  list->slots[list->count] = (sl_slot){name, type};
  list->origins[list->count++] = origin;
}

/* Columns are known as ALIAS_COLUMN behind joins. */
static sl_str name_in_row(sl_arena *arena, const sl_from *from, sl_str column, bool join) {
  if (!join) return column;
  return sl_expr_unqualified(arena, sl_expr_column(arena, from->alias, column, SL_NO_POS), true)->name;
}

static void add_columns(slot_list *list, const sl_from *from, sl_column_kind kind, sl_slot_origin origin) {
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(&from->source->schema, kind, i)); i++)
    add_slot(list, name_in_row(list->arena, from, column->name, list->join), column->type,
             (sl_source_slot){.origin = origin, .column = i, .header_key = column->header_key});
}

/* In the order of sql.md 5.4; what nobody reads is left out later. */
sl_logical *sl_logical_source_step(sl_arena *arena, const sl_from *from, const char *context, bool join) {
  const sl_source *source = from->source;
  size_t most = (size_t)source->schema.count + 5;
  slot_list list = {.arena = arena,
                    .join = join,
                    .slots = sl_arena_calloc(arena, most, sizeof *list.slots),
                    .origins = sl_arena_calloc(arena, most, sizeof *list.origins)};
  add_columns(&list, from, SL_COLUMN_KEY, SL_SLOT_KEY);
  int keys = list.count;
  add_columns(&list, from, SL_COLUMN_VALUE, SL_SLOT_VALUE);
  add_columns(&list, from, SL_COLUMN_HEADERS, SL_SLOT_HEADER);
  static const struct {
    const char *name;
    sl_slot_origin origin;
  } extras[] = {{"ROWTIME", SL_SLOT_ROWTIME},
                {"ROWPARTITION", SL_SLOT_ROWPARTITION},
                {"ROWOFFSET", SL_SLOT_ROWOFFSET},
                {"WINDOWSTART", SL_SLOT_WINDOWSTART},
                {"WINDOWEND", SL_SLOT_WINDOWEND}};
  for (size_t i = 0; i < (source->window == SL_WINDOW_NONE ? 3 : 5); i++)
    add_slot(&list, name_in_row(arena, from, sl_str_of(extras[i].name), join),
             sl_source_column_type(source, sl_str_of(extras[i].name)),
             (sl_source_slot){.origin = extras[i].origin, .column = -1});
  sl_logical_source *step = sl_logical_new(arena, SL_LOGICAL_SOURCE, sizeof *step, context, NULL);
  step->from = from;
  if (source->timestamp_column.len) step->timestamp_column = name_in_row(arena, from, source->timestamp_column, join);
  step->slots = list.origins;
  step->base.layout = (sl_layout){list.slots, list.count, keys};
  step->base.table = source->kind == SL_TABLE;
  step->base.window = source->window;
  step->base.window_size = source->window_size;
  return &step->base;
}

/* ---- WHERE, HAVING ---- */

static int add_filter(const sl_analysis *analysis, sl_clause clause, const sl_expr *predicate, const char *context,
                      sl_logical **step, sl_err *err) {
  int rc = sl_clause_predicate(analysis->planning, clause, predicate, &(*step)->layout, err);
  if (rc) return rc;
  sl_logical_filter *filter = sl_logical_new(analysis->arena, SL_LOGICAL_FILTER, sizeof *filter, context, *step);
  filter->predicate = predicate;
  *step = &filter->base;
  return 0;
}

/* ---- PARTITION BY ---- */

static int check_rekey(const sl_analysis *analysis, sl_err *err) {
  const sl_source *source = analysis->froms[0].source;
  if (source->kind == SL_TABLE)
    return sl_err_set(
        err, SL_E_STATEMENT, analysis->ast->partition_by_pos,
        "Cannot repartition a TABLE source. If this is a join, joins on tables with multiple columns is not "
        "yet supported.");
  if (source->window != SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_STATEMENT, analysis->ast->partition_by_pos,
                      "Implicit repartitioning of windowed sources is not supported. See "
                      "https://github.com/confluentinc/ksql/issues/4385.");
  return 0;
}

static int add_rekey(const sl_analysis *analysis, sl_logical **step, sl_err *err) {
  if ((!analysis->partition_count && !analysis->partition_null) || analysis->partition_no_op) return 0;
  int rc = check_rekey(analysis, err);
  if (rc) return rc;
  sl_arena *arena = analysis->arena;
  const sl_layout *from = &(*step)->layout;
  int keys = analysis->partition_count;
  sl_slot *slots = sl_arena_calloc(arena, (size_t)(keys + from->count) + 1, sizeof *slots);
  int *rest = sl_arena_calloc(arena, (size_t)from->count + 1, sizeof *rest);
  int count = 0;
  for (int i = 0; i < keys; i++) {
    const sl_typed *typed = NULL;
    rc = sl_clause_type(analysis->planning, SL_CLAUSE_PARTITION_BY, analysis->partition_by[i], from, &typed, err);
    if (rc) return rc;
    slots[count++] = (sl_slot){analysis->partition_names[i], sl_typed_type(typed)};
  }
  for (int i = 0; i < from->count; i++) {
    const sl_expr *column = sl_expr_column(arena, (sl_str){0}, from->slots[i].name, SL_NO_POS);
    if (sl_expr_index(analysis->partition_by, keys, column) >= 0) continue; /* moved into the key */
    rest[count - keys] = i;
    slots[count++] = from->slots[i];
  }
  sl_logical_rekey *rekey = sl_logical_new(arena, SL_LOGICAL_REKEY, sizeof *rekey, "PartitionBy", *step);
  rekey->keys = analysis->partition_by;
  rekey->key_count = keys;
  rekey->rest = rest;
  rekey->base.titles = NULL;
  rekey->base.layout = (sl_layout){slots, count, keys};
  *step = &rekey->base;
  return 0;
}

/* ---- table functions ---- */

static int type_table_call(const sl_analysis *analysis, const sl_expr *call, const sl_layout *layout,
                           const sl_type **out, sl_err *err) {
  const sl_typed **args = sl_arena_calloc(analysis->arena, (size_t)call->count + 1, sizeof *args);
  for (int i = 0; i < call->count; i++) {
    int rc = sl_clause_type(analysis->planning, SL_CLAUSE_SELECT, call->args[i], layout, &args[i], err);
    if (rc) return rc;
  }
  const sl_table_call *built = NULL;
  int rc = sl_table_call_build(analysis->arena, call->name, args, call->count, call->pos, &built, err);
  if (!rc) *out = sl_table_call_type(built);
  return rc;
}

static int add_explode(const sl_analysis *analysis, sl_logical **step, sl_err *err) {
  sl_arena *arena = analysis->arena;
  sl_vec calls = {.arena = arena};
  for (int i = 0; i < analysis->output_count; i++) sl_expr_calls(analysis->outputs[i].expr, SL_FUNCTION_TABLE, &calls);
  if (!calls.len) return 0;
  const sl_layout *from = &(*step)->layout;
  size_t most = (size_t)from->count + calls.len;
  sl_slot *slots = sl_arena_calloc(arena, most, sizeof *slots);
  sl_str *titles = sl_arena_calloc(arena, most, sizeof *titles);
  sl_logical_explode *explode = sl_logical_new(arena, SL_LOGICAL_EXPLODE, sizeof *explode, "FlatMap", *step);
  explode->calls = sl_arena_calloc(arena, calls.len, sizeof *explode->calls);
  for (int i = 0; i < from->count; i++) {
    slots[i] = from->slots[i];
    titles[i] = (*step)->titles ? (*step)->titles[i] : from->slots[i].name;
  }
  for (size_t i = 0; i < calls.len; i++) {
    const sl_expr *call = sl_vec_at(&calls, i);
    const sl_type *type = NULL;
    int rc = type_table_call(analysis, call, from, &type, err);
    if (rc) return rc;
    explode->calls[explode->call_count++] = call;
    titles[(size_t)from->count + i] = sl_str_printf(arena, "KSQL_SYNTH_%zu", i);
    slots[(size_t)from->count + i] = (sl_slot){sl_str_of(sl_expr_text(arena, call)), type};
  }
  explode->base.layout = (sl_layout){slots, (int)most, from->key_count};
  explode->base.titles = titles;
  *step = &explode->base;
  return 0;
}

/* ---- GROUP BY ---- */

/* Grouping by exactly the single key column needs no move, unless the key carries a window that grouping drops. */
static bool stays_in_place(const sl_analysis *analysis, const sl_grouping *grouping, const sl_logical *input) {
  const sl_expr *key = grouping->keys[0];
  const sl_logical_join *join = sl_logical_join_of(input);
  sl_str key_name = join && !join->info->foreign ? join->info->key_name
                    : input->layout.key_count    ? input->layout.slots[0].name
                                                 : (sl_str){0};
  return !input->table && input->window == SL_WINDOW_NONE && input->kind != SL_LOGICAL_REKEY &&
         !analysis->partition_null && input->layout.key_count == 1 && grouping->key_count == 1 &&
         key->kind == SL_EXPR_COLUMN && sl_str_eq(key->name, key_name);
}

static bool is_column_of(const sl_expr *expr, const sl_layout *layout) {
  return expr->kind == SL_EXPR_COLUMN && sl_layout_find(layout, expr->name) >= 0;
}

static bool is_literal(const sl_expr *expr) {
  return expr->kind >= SL_EXPR_NULL && expr->kind <= SL_EXPR_STRING;
}

/* Rewrite rule: COUNT(*) counts rows, so it needs no column: its nominal argument, ROWTIME of the first source, is
 * never NULL. Behind a RIGHT or FULL join that source may be absent, and its ROWTIME then is NULL and not counted. */
static bool counts_rows(const sl_analysis *analysis, const sl_expr *call) {
  for (int i = 0; i < analysis->from_count - 1; i++)
    if (analysis->joins[i].kind != SL_JOIN_INNER && analysis->joins[i].kind != SL_JOIN_LEFT) return false;
  return sl_str_eq_nocase(call->name, sl_str_of("COUNT")) && call->count == 1 &&
         call->args[0]->kind == SL_EXPR_COLUMN &&
         sl_str_eq(call->args[0]->name,
                   name_in_row(analysis->arena, &analysis->froms[0], sl_str_of("ROWTIME"), analysis->from_count > 1));
}

/* Arguments of all aggregates that must be computed or carried; literals stay in the calls. */
static void collect_arguments(const sl_analysis *analysis, const sl_grouping *grouping, sl_logical_group *group) {
  sl_vec list = {.arena = analysis->arena};
  for (int i = 0; i < grouping->call_count; i++)
    for (int a = 0; a < grouping->calls[i]->count && !counts_rows(analysis, grouping->calls[i]); a++) {
      const sl_expr *arg = grouping->calls[i]->args[a];
      bool known = sl_expr_index((const sl_expr *const *)list.items, (int)list.len, arg) >= 0;
      bool key = sl_expr_index(grouping->keys, grouping->key_count, arg) >= 0;
      if (!is_literal(arg) && !known && !key) sl_vec_push(&list, (void *)(uintptr_t)arg);
    }
  group->argument_count = (int)list.len;
  group->arguments = sl_arena_calloc(analysis->arena, list.len + 1, sizeof *group->arguments);
  for (size_t i = 0; i < list.len; i++) group->arguments[i] = sl_vec_at(&list, i);
}

static int add_group(const sl_analysis *analysis, const sl_grouping *grouping, sl_logical **step, sl_err *err) {
  sl_arena *arena = analysis->arena;
  const sl_layout *from = &(*step)->layout;
  sl_logical_group *group = sl_logical_new(arena, SL_LOGICAL_GROUP, sizeof *group, "Aggregate.GroupBy", *step);
  group->keys = grouping->keys;
  group->key_count = grouping->key_count;
  group->moves = !stays_in_place(analysis, grouping, *step);
  collect_arguments(analysis, grouping, group);
  size_t most = (size_t)(group->key_count + group->argument_count);
  sl_slot *slots = sl_arena_calloc(arena, most + 1, sizeof *slots);
  sl_str *titles = sl_arena_calloc(arena, most + 1, sizeof *titles);
  int internal = 0;
  for (int i = 0; i < (int)most; i++) {
    bool key = i < group->key_count;
    const sl_expr *expr = key ? group->keys[i] : group->arguments[i - group->key_count];
    const sl_typed *typed = NULL;
    int rc = sl_clause_type(analysis->planning, key ? SL_CLAUSE_GROUP_BY : SL_CLAUSE_SELECT, expr, from, &typed, err);
    if (rc) return rc;
    slots[i] = (sl_slot){sl_str_of(sl_expr_text(arena, expr)), sl_typed_type(typed)};
    titles[i] = key                        ? grouping->key_names[i]
                : is_column_of(expr, from) ? expr->name
                                           : sl_str_printf(arena, "KSQL_INTERNAL_COL_%d", internal++);
  }
  group->base.layout = (sl_layout){slots, (int)most, group->key_count};
  group->base.titles = titles;
  group->base.window = SL_WINDOW_NONE;
  group->base.window_size = 0;
  *step = &group->base;
  return 0;
}

/* ---- windows ---- */

static int bad_window(const sl_analysis *analysis, const char *what, sl_err *err) {
  const sl_pos pos = analysis->ast->window.pos;
  return sl_err_set(err, SL_E_STATEMENT, pos, "Line: %u, Col: %u: %s", pos.line, pos.column, what);
}

static int set_window(const sl_analysis *analysis, sl_logical_aggregate *step, sl_err *err) {
  static const int64_t day_ms = 86400000, most = INT64_MAX / 4, most_windows = 100000;
  const sl_window *window = &analysis->ast->window;
  step->emit_final = analysis->ast->emit == SL_EMIT_FINAL;
  if (window->kind == SL_WINDOW_NONE) return 0;
  step->window = window->kind;
  step->size = sl_span_ms(&window->size);
  step->advance = window->advance.present ? sl_span_ms(&window->advance) : step->size;
  if (step->size <= 0 || step->size > most) return bad_window(analysis, "The size of a window must be positive.", err);
  if (step->advance <= 0 || step->advance > step->size)
    return bad_window(analysis, "The advance of a hopping window must be positive and no longer than its size.", err);
  if (step->size / step->advance > most_windows)
    return bad_window(analysis,
                      sl_arena_printf(analysis->arena,
                                      "Each record would be in %lld hopping windows, which is more than %lld. Use a "
                                      "longer advance or a shorter size.",
                                      (long long)(step->size / step->advance), (long long)most_windows),
                      err);
  int64_t rest = day_ms > step->size ? day_ms - step->size : 0;
  step->grace = window->grace.present ? sl_span_ms(&window->grace) : step->emit_final ? 0 : rest;
  if (step->grace < 0 || step->grace > most)
    return bad_window(analysis, "The grace period of a window must not be negative.", err);
  step->retention = window->retention.present ? sl_span_ms(&window->retention) : step->size + step->grace;
  if (step->retention >= step->size + step->grace && step->retention <= most) return 0;
  return bad_window(
      analysis,
      sl_arena_printf(analysis->arena,
                      "The retention period of the window store Aggregate-Aggregate-Materialize must be no "
                      "smaller than its window size plus the grace period. Got size=[%lld], grace=[%lld], "
                      "retention=[%lld]",
                      (long long)step->size, (long long)step->grace, (long long)step->retention),
      err);
}

/* ---- aggregates ---- */

/* A call whose arguments are columns of the group step; literal parameters stay. */
static const sl_expr *over_columns(const sl_analysis *analysis, const sl_expr *call) {
  sl_arena *arena = analysis->arena;
  sl_expr *out = sl_arena_zalloc(arena, sizeof *out);
  *out = *call;
  out->args = sl_arena_calloc(arena, (size_t)call->count + 1, sizeof *out->args);
  for (int i = 0; i < call->count; i++) {
    sl_expr *arg = call->args[i];
    if (counts_rows(analysis, call)) {
      arg = sl_expr_new(arena, SL_EXPR_INTEGER, call->pos);
      arg->text = sl_str_of("1");
    } else if (!is_literal(arg)) {
      arg = sl_expr_column(arena, (sl_str){0}, sl_str_of(sl_expr_text(arena, arg)), arg->pos);
    }
    out->args[i] = arg;
  }
  return out;
}

static int build_call(const sl_analysis *analysis, const sl_expr *call, const sl_layout *layout,
                      const sl_agg_call **out, sl_err *err) {
  const sl_typed **args = sl_arena_calloc(analysis->arena, (size_t)call->count + 1, sizeof *args);
  for (int i = 0; i < call->count; i++) {
    int rc = sl_clause_type(analysis->planning, SL_CLAUSE_SELECT, call->args[i], layout, &args[i], err);
    if (rc) return rc;
  }
  return sl_agg_call_build(analysis->arena, call->name, args, call->count, call->pos, out, err);
}

static int check_undo(const sl_analysis *analysis, const sl_agg_call **built, const sl_grouping *grouping,
                      sl_err *err) {
  sl_str *names = sl_arena_calloc(analysis->arena, (size_t)grouping->call_count + 1, sizeof *names);
  int count = 0;
  for (int i = 0; i < grouping->call_count; i++) {
    bool listed = sl_agg_call_has_undo(built[i]);
    for (int k = 0; k < count; k++) listed |= sl_str_eq(names[k], grouping->calls[i]->name);
    if (!listed) names[count++] = grouping->calls[i]->name;
  }
  if (!count) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "The aggregation function%s " SL_STR_FMT " cannot be applied to a table source, only to a stream "
                    "source.",
                    count > 1 ? "s" : "", SL_STR_ARG(sl_join_and(analysis->arena, names, count)));
}

/* The state would have to be written in the source's value format by ksqlDB; statements are accepted alike. */
static int check_states(const sl_analysis *analysis, const sl_agg_call **built, int count, sl_err *err) {
  sl_column *columns = sl_arena_calloc(analysis->arena, (size_t)count + 1, sizeof *columns);
  for (int i = 0; i < count; i++)
    columns[i] = (sl_column){.name = sl_str_printf(analysis->arena, "KSQL_AGG_VARIABLE_%d", i),
                             .type = sl_agg_call_state_type(built[i]),
                             .kind = SL_COLUMN_VALUE};
  sl_format_spec spec = analysis->froms[0].source->value_format;
  spec.wrapping = SL_WRAP_DEFAULT;
  sl_err inner = {0};
  int rc = sl_format_check(&spec, columns, count, false, &inner);
  sl_err_done(&inner);
  if (!rc) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "One of the functions used in the statement has an intermediate type that the value format can not "
                    "handle. Please remove the function or change the format.");
}

static void aggregate_layout(const sl_logical_group *group, const sl_grouping *grouping, const sl_agg_call **built,
                             sl_arena *arena, sl_logical_aggregate *step) {
  bool windowed = step->window != SL_WINDOW_NONE;
  int count = group->key_count + grouping->call_count + (windowed ? 2 : 0), at = 0;
  sl_slot *slots = sl_arena_calloc(arena, (size_t)count, sizeof *slots);
  sl_str *titles = sl_arena_calloc(arena, (size_t)count, sizeof *titles);
  for (int i = 0; i < group->key_count; i++, at++) {
    slots[at] = group->base.layout.slots[i];
    titles[at] = group->base.titles[i];
  }
  for (int i = 0; i < grouping->call_count; i++, at++) {
    slots[at] = (sl_slot){step->texts[i], sl_agg_call_type(built[i])};
    titles[at] = sl_str_printf(arena, "KSQL_AGG_VARIABLE_%d", i);
  }
  for (int i = 0; windowed && i < 2; i++, at++) {
    titles[at] = sl_str_of(i ? "WINDOWEND" : "WINDOWSTART");
    slots[at] = (sl_slot){titles[at], &SL_TYPE_BIGINT};
  }
  step->base.layout = (sl_layout){slots, count, group->key_count};
  step->base.titles = titles;
}

static int add_aggregate(const sl_analysis *analysis, const sl_grouping *grouping, sl_logical **last, sl_err *err) {
  sl_arena *arena = analysis->arena;
  const sl_logical_group *group = (const sl_logical_group *)*last;
  sl_logical_aggregate *step = sl_logical_new(arena, SL_LOGICAL_AGGREGATE, sizeof *step, "Aggregate.Aggregate", *last);
  int rc = set_window(analysis, step, err);
  if (rc) return rc;
  size_t count = (size_t)grouping->call_count;
  const sl_agg_call **built = sl_arena_calloc(arena, count + 1, sizeof *built);
  sl_str *texts = sl_arena_calloc(arena, count + 1, sizeof *texts);
  step->calls = sl_arena_calloc(arena, count + 1, sizeof *step->calls);
  step->call_count = grouping->call_count;
  step->texts = texts;
  for (int i = 0; i < grouping->call_count; i++) {
    texts[i] = sl_str_of(sl_expr_text(arena, grouping->calls[i]));
    step->calls[i] = over_columns(analysis, grouping->calls[i]);
    if ((rc = build_call(analysis, step->calls[i], &group->base.layout, &built[i], err))) return rc;
  }
  if (group->base.table && (rc = check_undo(analysis, built, grouping, err))) return rc;
  if ((rc = check_states(analysis, built, grouping->call_count, err))) return rc;
  aggregate_layout(group, grouping, built, arena, step);
  step->base.table = true;
  step->base.window = step->window;
  step->base.window_size = step->window == SL_WINDOW_SESSION ? 0 : step->size;
  *last = &step->base;
  return 0;
}

/* HAVING and the select list over the aggregate's row: grouping expressions and calls become its columns. */
static void read_aggregate(const sl_analysis *analysis, sl_grouping *grouping) {
  sl_arena *arena = analysis->arena;
  int count = grouping->key_count + grouping->call_count;
  const sl_expr **from = sl_arena_calloc(arena, (size_t)count + 1, sizeof *from);
  sl_str *names = sl_arena_calloc(arena, (size_t)count + 1, sizeof *names);
  for (int i = 0; i < count; i++) {
    from[i] = i < grouping->key_count ? grouping->keys[i] : grouping->calls[i - grouping->key_count];
    names[i] = sl_str_of(sl_expr_text(arena, from[i]));
  }
  for (int i = 0; i < analysis->output_count; i++)
    grouping->outputs[i] = sl_expr_replace(arena, grouping->outputs[i], from, names, count);
  grouping->having = sl_expr_replace(arena, grouping->having, from, names, count);
}

static int add_grouping(const sl_analysis *analysis, sl_grouping *grouping, sl_logical **step, sl_err *err) {
  int rc = sl_analyze_grouping(analysis, grouping, err);
  if (!rc) rc = add_group(analysis, grouping, step, err);
  if (!rc) rc = add_aggregate(analysis, grouping, step, err);
  if (rc) return rc;
  read_aggregate(analysis, grouping);
  if (!grouping->having) return 0;
  return add_filter(analysis, SL_CLAUSE_HAVING, grouping->having, "Aggregate.HavingFilter", step, err);
}

/* ---- all ---- */

static int check_emit(const sl_analysis *analysis, sl_err *err) {
  if (analysis->ast->emit != SL_EMIT_FINAL) return 0;
  if (!analysis->aggregates || analysis->ast->window.kind == SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "EMIT FINAL is only supported for windowed aggregations.");
  if (!sl_settings_bool(analysis->planning->settings, "ksql.suppress.enabled"))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Suppression is currently disabled. You can enable it by setting ksql.suppress.enabled to true");
  return 0;
}

int sl_logical_build(const sl_analysis *analysis, sl_str sink_name, sl_logical_plan *out, sl_err *err) {
  *out = (sl_logical_plan){.analysis = analysis};
  sl_logical *step = NULL;
  sl_grouping grouping = {0};
  int rc = 0;
  if (analysis->from_count > 1)
    rc = sl_logical_add_joins(analysis, &step, err);
  else
    step = sl_logical_source_step(analysis->arena, &analysis->froms[0], "KsqlTopic.Source", false);
  if (!rc && analysis->use == SL_USE_PULL) step->table = false; /* rows as they stand, no changes */
  if (!rc && analysis->where) rc = add_filter(analysis, SL_CLAUSE_WHERE, analysis->where, "WhereFilter", &step, err);
  if (!rc) rc = add_rekey(analysis, &step, err);
  if (!rc) rc = add_explode(analysis, &step, err);
  if (rc) return rc;
  const sl_window *window = &analysis->ast->window;
  if (analysis->aggregates)
    rc = add_grouping(analysis, &grouping, &step, err);
  else if (window->kind != SL_WINDOW_NONE)
    rc = sl_err_set(err, SL_E_STATEMENT, window->pos, "Line: %u, Col: %u: WINDOW clause requires a GROUP BY clause.",
                    window->pos.line, window->pos.column);
  else if (analysis->having)
    rc = sl_err_set(err, SL_E_STATEMENT, analysis->having->pos, "HAVING requires a GROUP BY clause.");
  if (!rc) rc = sl_logical_add_project(analysis, analysis->aggregates ? &grouping : NULL, step, sink_name, out, err);
  if (!rc) rc = check_emit(analysis, err);
  return rc;
}

sl_logical_output *sl_logical_add_output(sl_arena *arena, sl_logical *input, const sl_source *sink) {
  const char *context = sink ? sl_str_z(arena, sink->name) : "Output";
  sl_logical_output *output = sl_logical_new(arena, SL_LOGICAL_OUTPUT, sizeof *output, context, input);
  output->sink = sink;
  return output;
}
