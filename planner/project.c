/* The projection: which select items are the result's key columns, which its values (sql.md 5.6), and their types. */
#include "base/map.h"
#include "parser/parser.h"
#include "planner/logical.h"

typedef struct projection {
  const sl_analysis *analysis;
  sl_arena *arena;
  const sl_grouping *grouping; /* NULL: not grouped */
  const sl_logical *input;
  const sl_expr **exprs; /* per output, over the input's layout */
  int *key_of;           /* per output: key column of the input, -1: a value */
  sl_err *err;
} projection;

/* ---- keys ---- */

static const sl_expr *over_input(const projection *p, int at) {
  const sl_analysis *analysis = p->analysis;
  if (p->grouping) return p->grouping->outputs[at]; /* read_aggregate has done it */
  const sl_expr *expr = analysis->outputs[at].expr;
  const sl_logical_join *join = sl_logical_join_of(p->input);
  bool persistent = analysis->use == SL_USE_PERSISTENT; /* a client gets the column, which may be NULL */
  if (join && persistent && !join->info->foreign && expr->kind == SL_EXPR_COLUMN &&
      sl_str_eq(expr->name, join->info->key_name))
    return sl_expr_column(p->arena, (sl_str){0}, join->base.layout.slots[0].name, expr->pos);
  int key = sl_expr_index(analysis->partition_by, analysis->partition_count, expr);
  if (key >= 0) return sl_expr_column(p->arena, (sl_str){0}, analysis->partition_names[key], expr->pos);
  if (p->input->kind != SL_LOGICAL_EXPLODE) return expr;
  const sl_logical_explode *explode = (const sl_logical_explode *)p->input;
  sl_str *names = sl_arena_calloc(p->arena, (size_t)explode->call_count + 1, sizeof *names);
  int first = explode->base.layout.count - explode->call_count;
  for (int i = 0; i < explode->call_count; i++) names[i] = explode->base.layout.slots[first + i].name;
  return sl_expr_replace(p->arena, expr, explode->calls, names, explode->call_count);
}

static void find_keys(projection *p) {
  int count = p->analysis->output_count;
  p->exprs = sl_arena_calloc(p->arena, (size_t)count + 1, sizeof *p->exprs);
  p->key_of = sl_arena_calloc(p->arena, (size_t)count + 1, sizeof *p->key_of);
  for (int i = 0; i < count; i++) {
    p->exprs[i] = over_input(p, i);
    int slot = p->exprs[i]->kind == SL_EXPR_COLUMN ? sl_layout_find(&p->input->layout, p->exprs[i]->name) : -1;
    p->key_of[i] = slot >= 0 && slot < p->input->layout.key_count ? slot : -1;
  }
}

static sl_str key_title(const projection *p, int key) {
  return p->input->titles ? p->input->titles[key] : p->input->layout.slots[key].name;
}

static int key_twice(const projection *p, int key, sl_str a, sl_str b) {
  if (sl_str_cmp(a, b) > 0) {
    sl_str swap = a;
    a = b;
    b = swap;
  }
  static const char advice[] = "Each key column must only be in the projection once. If you intended to copy the key "
                               "into the value, then consider "
                               "using the AS_VALUE function to indicate which key reference should be copied.";
  if (p->grouping)
    return sl_err_set(p->err, SL_E_STATEMENT, SL_NO_POS,
                      "The projection contains a key column more than once: `" SL_STR_FMT "` and `" SL_STR_FMT "`.\n%s",
                      SL_STR_ARG(a), SL_STR_ARG(b), advice);
  return sl_err_set(p->err, SL_E_STATEMENT, SL_NO_POS,
                    "The projection contains a key column (`" SL_STR_FMT "`) more than once, aliased as: " SL_STR_FMT
                    " and " SL_STR_FMT ".\n%s",
                    SL_STR_ARG(key_title(p, key)), SL_STR_ARG(a), SL_STR_ARG(b), advice);
}

static int check_keys_once(const projection *p) {
  const sl_output *outputs = p->analysis->outputs;
  for (int i = 0; i < p->analysis->output_count; i++)
    for (int k = 0; k < i && p->key_of[i] >= 0; k++)
      if (p->key_of[k] == p->key_of[i]) return key_twice(p, p->key_of[i], outputs[k].name, outputs[i].name);
  return 0;
}

static int output_of_key(const projection *p, int key) {
  for (int i = 0; i < p->analysis->output_count; i++)
    if (p->key_of[i] == key) return i;
  return -1;
}

/* A join's key column is one of several expressions, or was added to its columns. */
static sl_str missing_join_key(const projection *p, const sl_join_info *join, sl_str sink_name) {
  sl_str *names = sl_arena_calloc(p->arena, (size_t)join->equal_count + 1, sizeof *names);
  int count = 0;
  for (int i = 0; i < join->equal_count; i++)
    if (join->equal[i]->kind == SL_EXPR_COLUMN) names[count++] = sl_str_of(sl_expr_text(p->arena, join->equal[i]));
  if (!count)
    return sl_str_printf(p->arena,
                         "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\n"
                         "The query used to build `" SL_STR_FMT "` must include the join expression " SL_STR_FMT
                         " in its projection (eg, SELECT " SL_STR_FMT "...).\n" SL_STR_FMT
                         " was added as a synthetic key column because the join criteria did not match any source "
                         "column. This expression must be included in the projection and may be aliased. ",
                         SL_STR_ARG(sink_name), SL_STR_ARG(join->key_name), SL_STR_ARG(join->key_name),
                         SL_STR_ARG(join->key_name));
  return sl_str_printf(p->arena,
                       "Key missing from projection (ie, SELECT). \nThe query used to build `" SL_STR_FMT
                       "` must include the join expression%s " SL_STR_FMT " in its projection (eg, SELECT " SL_STR_FMT
                       "...).",
                       SL_STR_ARG(sink_name), count > 1 ? "s" : "", SL_STR_ARG(sl_join_or(p->arena, names, count)),
                       SL_STR_ARG(names[0]));
}

/* Of a foreign-key join, whose keys are the left table's. */
static sl_str missing_left_keys(const projection *p, const sl_join_info *info) {
  sl_str *names = sl_arena_calloc(p->arena, (size_t)info->equal_count + 1, sizeof *names);
  int count = 0;
  for (int i = 0; i < info->equal_count; i++)
    if (output_of_key(p, i) < 0)
      names[count++] = sl_str_printf(p->arena, "`" SL_STR_FMT "`", SL_STR_ARG(info->equal[i]->name));
  const char *s = count > 1 ? "s" : "";
  return sl_str_printf(
      p->arena,
      "Primary key column%s missing in projection. For foreign-key table-table joins, the projection must "
      "include all primary key columns from the left input table (`" SL_STR_FMT "`). Missing column%s: " SL_STR_FMT ".",
      s, SL_STR_ARG(info->froms[0]->alias), s, SL_STR_ARG(sl_join_comma(p->arena, names, count)));
}

/* The message for keys that are not projected; empty when all are. Which keys it names depends on where they come from.
 */
static sl_str missing_keys(const projection *p, sl_str sink_name) {
  const sl_analysis *analysis = p->analysis;
  int keys = p->input->layout.key_count, missing = 0, listed = 0;
  bool partitioned = analysis->partition_count && !p->grouping;
  sl_str *names = sl_arena_calloc(p->arena, (size_t)keys + 1, sizeof *names);
  for (int i = 0; i < keys; i++) {
    bool absent = output_of_key(p, i) < 0;
    missing += absent;
    if (p->grouping && !absent) continue;
    names[listed++] = partitioned ? sl_str_of(sl_expr_text(p->arena, analysis->partition_qualified[i]))
                                  : p->input->layout.slots[i].name;
  }
  bool may_drop = sl_settings_bool(analysis->planning->settings, "ksql.new.query.planner.enabled");
  bool dropped = may_drop && missing == keys && analysis->result == SL_STREAM && !partitioned;
  if (!missing || dropped) return (sl_str){0};
  const sl_logical_join *join = sl_logical_join_of(p->input);
  if (join && !p->grouping)
    return join->info->foreign ? missing_left_keys(p, join->info) : missing_join_key(p, join->info, sink_name);
  const char *kind = p->grouping ? "grouping expression" : partitioned ? "partitioning expression" : "key column";
  return sl_str_printf(p->arena,
                       "%s missing from projection (ie, SELECT). \nThe query used to build `" SL_STR_FMT
                       "` must include the %s%s " SL_STR_FMT " in its projection (eg, SELECT " SL_STR_FMT "...).",
                       listed > 1 ? "Keys" : "Key", SL_STR_ARG(sink_name), kind, listed > 1 ? "s" : "",
                       SL_STR_ARG(sl_join_and(p->arena, names, listed)),
                       SL_STR_ARG(sl_join_comma(p->arena, names, listed)));
}

/* ---- types and names ---- */

static int type_item(const projection *p, int at, const sl_type **out) {
  const sl_typed *typed = NULL;
  int rc = sl_clause_type(p->analysis->planning, SL_CLAUSE_SELECT, p->exprs[at], &p->input->layout, &typed, p->err);
  if (rc) return rc;
  const sl_type *type = sl_typed_type(typed);
  if (type->base == SL_NULL_TYPE)
    return sl_err_set(p->err, SL_E_STATEMENT, p->analysis->outputs[at].pos,
                      "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS "
                      "VARCHAR).");
  *out = type;
  return 0;
}

static int check_duplicates(const projection *p, const sl_layout *layout) {
  sl_map seen = {0};
  int rc = 0;
  for (int i = layout->key_count; i < layout->count && !rc; i++) {
    const sl_slot *slot = &layout->slots[i];
    if (sl_map_put(&seen, slot->name, &seen))
      rc = sl_err_set(p->err, SL_E_STATEMENT, SL_NO_POS, "Duplicate value columns found in schema: `" SL_STR_FMT "` %s",
                      SL_STR_ARG(slot->name), sl_type_text(p->arena, slot->type));
  }
  sl_map_done(&seen);
  return rc;
}

/* Adds one slot of the result. */
static int add_slot(const projection *p, sl_logical_project *project, sl_slot *slots, bool *is_key, int output) {
  int at = project->base.layout.count;
  const sl_type *type = NULL;
  int rc = type_item(p, output, &type);
  if (rc) return rc;
  const sl_expr *expr = p->exprs[output];
  bool bound = p->input->window != SL_WINDOW_NONE && expr->kind == SL_EXPR_COLUMN &&
               (sl_str_eq_z(expr->name, "WINDOWSTART") || sl_str_eq_z(expr->name, "WINDOWEND"));
  slots[at] = (sl_slot){p->analysis->outputs[output].name, type};
  is_key[at] = p->key_of[output] >= 0 || bound;
  project->exprs[at] = expr;
  project->base.layout.count++;
  return 0;
}

static int fill_project(const projection *p, sl_logical_project *project) {
  int count = p->analysis->output_count, rc = 0;
  bool persistent = p->analysis->use == SL_USE_PERSISTENT;
  sl_slot *slots = sl_arena_calloc(p->arena, (size_t)count + 1, sizeof *slots);
  bool *is_key = sl_arena_calloc(p->arena, (size_t)count + 1, sizeof *is_key);
  project->exprs = sl_arena_calloc(p->arena, (size_t)count + 1, sizeof *project->exprs);
  project->is_key = is_key;
  project->base.titles = NULL;
  project->base.layout = (sl_layout){.slots = slots};
  for (int key = 0; persistent && !rc && key < p->input->layout.key_count; key++) {
    int output = output_of_key(p, key);
    if (output >= 0) rc = add_slot(p, project, slots, is_key, output);
  }
  if (persistent) project->base.layout.key_count = project->base.layout.count;
  for (int i = 0; !rc && i < count; i++)
    if (!persistent || p->key_of[i] < 0) rc = add_slot(p, project, slots, is_key, i);
  return rc;
}

int sl_logical_add_project(const sl_analysis *analysis, const sl_grouping *grouping, sl_logical *input,
                           sl_str sink_name, sl_logical_plan *out, sl_err *err) {
  projection p = {.analysis = analysis, .arena = analysis->arena, .grouping = grouping, .input = input, .err = err};
  bool persistent = analysis->use == SL_USE_PERSISTENT;
  find_keys(&p);
  int rc = persistent ? check_keys_once(&p) : 0;
  if (rc) return rc;
  sl_logical_project *project = sl_logical_new(analysis->arena, SL_LOGICAL_PROJECT, sizeof *project,
                                               grouping ? "Aggregate.Project" : "Project", input);
  if ((rc = fill_project(&p, project))) return rc;
  if ((rc = check_duplicates(&p, &project->base.layout))) return rc;
  if (persistent) {
    out->key_missing = missing_keys(&p, sink_name);
    if (!out->key_missing.len && project->base.layout.count == project->base.layout.key_count)
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "The projection contains no value columns.");
  }
  out->project = project;
  return 0;
}
