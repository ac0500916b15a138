/* Joins, the part that needs no types (sql.md 5.9, 6.3): each ON is one equality between an earlier source and the new
 * one; which expressions equal the key of each partial result; which of them becomes its key column. */
#include "parser/parser.h"
#include "planner/planner_int.h"

/* ---- sources of an expression ---- */

typedef struct sources_ctx {
  const sl_analysis *analysis;
  bool *used;
} sources_ctx;

static bool mark_source(void *ctx, const sl_expr *column) {
  sources_ctx *sources = ctx;
  for (int i = 0; i < sources->analysis->from_count; i++)
    if (sl_str_eq(sources->analysis->froms[i].alias, column->source)) sources->used[i] = true;
  return false;
}

/* The one source an expression reads, -1 when it reads none or several. */
static int only_source(const sl_analysis *analysis, const sl_expr *expr) {
  sources_ctx ctx = {analysis, sl_arena_calloc(analysis->arena, (size_t)analysis->from_count + 1, sizeof *ctx.used)};
  (void)sl_expr_any_column(expr, mark_source, &ctx);
  int found = -1;
  for (int i = 0; i < analysis->from_count; i++) {
    if (!ctx.used[i]) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

/* ---- one criterion ---- */

static int check_windows(const sl_analysis *analysis, const sl_from *left, const sl_from *right, sl_err *err) {
  const sl_from *sides[] = {left, right};
  sl_window_kind l = left->source->window, r = right->source->window;
  if ((l == SL_WINDOW_NONE) != (r == SL_WINDOW_NONE)) {
    const char *texts[2];
    for (int i = 0; i < 2; i++) {
      sl_window_kind kind = sides[i]->source->window;
      const char *is = kind == SL_WINDOW_NONE ? "not" : sl_window_word(kind);
      texts[i] = sl_arena_printf(analysis->arena, "`" SL_STR_FMT "` is %s windowed", SL_STR_ARG(sides[i]->alias), is);
    }
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Can not join windowed source to non-windowed source.\n%s\n%s",
                      texts[0], texts[1]);
  }
  if ((l == SL_WINDOW_SESSION) == (r == SL_WINDOW_SESSION)) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Incompatible windowed sources.\nLeft source: %s\nRight source: %s\n"
                    "Session windowed sources can only be joined to other session windowed sources, and may still not "
                    "result in expected behaviour as session bounds must be an exact match for the join to work\n"
                    "Hopping and tumbling windowed sources can only be joined to other hopping and tumbling windowed "
                    "sources",
                    sl_window_word(l), sl_window_word(r));
}

static int bad_side(const sl_analysis *analysis, const sl_expr *side, const sl_expr *on, sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, side->pos,
                    "Invalid comparison expression '%s' in join '%s'. Each side of the join comparision must contain "
                    "references from exactly one source.",
                    sl_expr_text(analysis->arena, side), sl_expr_text(analysis->arena, on));
}

static int check_shape(const sl_analysis *analysis, const sl_expr *on, sl_err *err) {
  const char *text = sl_expr_text(analysis->arena, on);
  if (on->kind == SL_EXPR_AND || on->kind == SL_EXPR_OR)
    return sl_err_set(err, SL_E_STATEMENT, on->pos,
                      "Invalid join condition: joins on multiple conditions are not yet supported. Got %s.", text);
  if (on->kind != SL_EXPR_COMPARE)
    return sl_err_set(err, SL_E_STATEMENT, on->pos, "Unsupported join expression: %s", text);
  if (on->op != SL_OP_EQ) return sl_err_set(err, SL_E_STATEMENT, on->pos, "Only equality join criteria is supported.");
  return 0;
}

/* The sides must name the new source (number at + 1) and one that is there already. */
static int check_places(const sl_analysis *analysis, int at, int left, int right, const sl_expr *on, sl_err *err) {
  const sl_from *froms = analysis->froms;
  if (left == right)
    return sl_err_set(err, SL_E_STATEMENT, on->pos,
                      "Each side of the join must reference exactly one source and not the same source. Left side "
                      "references `" SL_STR_FMT "` and right references `" SL_STR_FMT "`",
                      SL_STR_ARG(froms[left].alias), SL_STR_ARG(froms[right].alias));
  int rc = check_windows(analysis, &froms[left], &froms[right], err);
  if (rc) return rc;
  if (left != at + 1 && right != at + 1)
    return sl_err_set(err, SL_E_STATEMENT, on->pos,
                      "A join criteria is expected to reference the source (`" SL_STR_FMT
                      "`) in the FROM clause, instead the right source references `" SL_STR_FMT
                      "` and the left source references `" SL_STR_FMT "`",
                      SL_STR_ARG(froms[at + 1].alias), SL_STR_ARG(froms[right].alias), SL_STR_ARG(froms[left].alias));
  if (left <= at + 1 && right <= at + 1) return 0;
  return sl_err_set(err, SL_E_STATEMENT, on->pos,
                    "Cannot build JOIN tree; neither source in the join is the FROM source or included in a previous "
                    "JOIN: %s",
                    sl_expr_text(analysis->arena, on));
}

static bool is_only_key(const sl_source *source, const sl_expr *expr) {
  return expr->kind == SL_EXPR_COLUMN && sl_schema_count(&source->schema, SL_COLUMN_KEY) == 1 &&
         sl_str_eq(sl_schema_nth(&source->schema, SL_COLUMN_KEY, 0)->name, expr->name);
}

static int read_criterion(sl_analysis *analysis, int at, sl_join_info *info, sl_err *err) {
  const sl_expr *on = info->on;
  int rc = check_shape(analysis, on, err);
  for (int i = 0; !rc && i < 2; i++) rc = sl_check_references(analysis, on->args[i], "JOIN ON", err);
  if (rc) return rc;
  int sources[2];
  for (int i = 0; i < 2; i++) {
    sources[i] = only_source(analysis, on->args[i]);
    if (sources[i] < 0) return bad_side(analysis, on->args[i], on, err);
  }
  if ((rc = check_places(analysis, at, sources[0], sources[1], on, err))) return rc;
  info->flipped = sources[0] == at + 1;
  for (int side = 0; side < 2; side++) {
    int written = info->flipped ? 1 - side : side;
    info->sides[side] = on->args[written];
    info->plain[side] = sl_expr_unqualified(analysis->arena, on->args[written], true);
    info->froms[side] = &analysis->froms[sources[written]];
    info->on_key[side] = is_only_key(info->froms[side]->source, info->sides[side]);
  }
  bool tables = true; /* with one stream, what is joined so far is a stream */
  for (int i = 0; i <= at + 1; i++) tables &= analysis->froms[i].source->kind == SL_TABLE;
  info->foreign = tables && !info->on_key[0];
  return 0;
}

/* ---- what equals the key ---- */

static void collect_left_keys(sl_analysis *analysis, sl_join_info *info) {
  const sl_from *from = info->froms[0];
  info->equal = sl_arena_calloc(analysis->arena, (size_t)from->source->schema.count + 1, sizeof *info->equal);
  const sl_column *column;
  for (int i = 0; (column = sl_schema_nth(&from->source->schema, SL_COLUMN_KEY, i)); i++)
    info->equal[info->equal_count++] = sl_expr_column(analysis->arena, from->alias, column->name, SL_NO_POS);
}

/* A full outer join's key equals neither side: each may be absent. */
static void collect_equal(sl_analysis *analysis, int at, sl_join_info *info) {
  info->equal_count = 0;
  if (info->foreign) {
    collect_left_keys(analysis, info);
    return;
  }
  if (info->kind == SL_JOIN_OUTER) return;
  const sl_join_info *before = at ? &analysis->joins[at - 1] : NULL;
  bool grows = before && sl_expr_index(before->equal, before->equal_count, info->sides[0]) >= 0;
  int kept = grows ? before->equal_count : 0;
  info->equal = sl_arena_calloc(analysis->arena, (size_t)kept + 2, sizeof *info->equal);
  for (int i = 0; i < kept; i++) info->equal[info->equal_count++] = before->equal[i];
  if (!grows) info->equal[info->equal_count++] = info->sides[0];
  info->equal[info->equal_count++] = info->sides[1];
}

/* Is the column a select item, by itself or in a star? */
static bool is_projected(sl_analysis *analysis, const sl_expr *column) {
  for (int i = 0; i < analysis->ast->item_count; i++) {
    const sl_select_item *item = &analysis->ast->items[i];
    if (item->kind == SL_SELECT_ALL) return true;
    if (item->kind == SL_SELECT_SOURCE_ALL) {
      const sl_from *from = sl_from_find(analysis, item->source);
      if (from && sl_str_eq(from->alias, column->source)) return true;
    }
    const sl_expr *qualified = NULL;
    if (item->kind != SL_SELECT_EXPR || sl_qualify(analysis, item->expr, &qualified, NULL)) continue;
    if (sl_expr_equal(qualified, column)) return true;
  }
  return false;
}

/* May the source's row be absent in the result of join number at? */
static bool may_be_absent(const sl_analysis *analysis, int at, const sl_expr *column) {
  int source = 0;
  while (!sl_str_eq(analysis->froms[source].alias, column->source)) source++;
  sl_join_kind own = source ? analysis->joins[source - 1].kind : SL_JOIN_INNER;
  bool absent = own == SL_JOIN_LEFT || own == SL_JOIN_OUTER;
  for (int i = source; i <= at; i++)
    absent |= analysis->joins[i].kind == SL_JOIN_RIGHT || analysis->joins[i].kind == SL_JOIN_OUTER;
  return absent;
}

static sl_str synthetic_name(const sl_analysis *analysis) {
  sl_str name = sl_str_of("ROWKEY");
  for (int number = 1;; number++) {
    bool taken = false;
    for (int i = 0; i < analysis->from_count; i++)
      taken |= sl_schema_find(&analysis->froms[i].source->schema, name) >= 0;
    if (!taken) return name;
    name = sl_str_printf(analysis->arena, "ROWKEY_%d", number);
  }
}

static void choose_key(sl_analysis *analysis, int at, sl_join_info *info) {
  collect_equal(analysis, at, info);
  info->key = NULL;
  for (int i = 0; i < info->equal_count; i++) {
    if (info->equal[i]->kind != SL_EXPR_COLUMN) continue;
    if (!info->key) info->key = info->equal[i];
    if (!is_projected(analysis, info->equal[i])) continue;
    info->key = info->equal[i];
    break;
  }
  info->key_name = info->key ? sl_expr_unqualified(analysis->arena, info->key, true)->name : synthetic_name(analysis);
  info->key_apart = info->key && may_be_absent(analysis, at, info->key);
}

int sl_analyze_joins(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  int rc = 0;
  for (int i = 0; !rc && i < ast->join_count; i++) rc = read_criterion(analysis, i, &analysis->joins[i], err);
  if (rc) return rc;
  for (int i = 0; i < ast->join_count; i++) choose_key(analysis, i, &analysis->joins[i]);
  analysis->last_join = ast->join_count ? &analysis->joins[ast->join_count - 1] : NULL;
  return 0;
}

int sl_qualify_joins(sl_analysis *analysis, sl_err *err) {
  const sl_query_ast *ast = analysis->ast;
  analysis->joins = sl_arena_calloc(analysis->arena, (size_t)ast->join_count + 1, sizeof *analysis->joins);
  int rc = 0;
  for (int i = 0; !rc && i < ast->join_count; i++) {
    analysis->joins[i].ast = &ast->joins[i];
    analysis->joins[i].kind = ast->joins[i].kind;
    rc = sl_qualify(analysis, ast->joins[i].on, &analysis->joins[i].on, err);
  }
  return rc;
}

/* ---- what the select list says ---- */

static bool find_unqualified(void *ctx, const sl_expr *column) {
  const sl_expr **found = ctx;
  if (column->source.len) return false;
  *found = column;
  return true;
}

int sl_check_join_items(const sl_analysis *analysis, sl_err *err) {
  const sl_join_info *last = analysis->last_join;
  for (int i = 0; last && i < analysis->output_count; i++) {
    const sl_expr *expr = analysis->outputs[i].qualified;
    const sl_expr *unknown = NULL;
    if (!sl_expr_any_column(expr, find_unqualified, &unknown)) continue;
    if (!last->key && sl_str_eq(unknown->name, last->key_name)) continue;
    return sl_err_set(err, SL_E_STATEMENT, unknown->pos,
                      "Line: %u, Col: %u: Column '" SL_STR_FMT "' cannot be resolved.", unknown->pos.line,
                      unknown->pos.column, SL_STR_ARG(unknown->name));
  }
  return 0;
}

const char *sl_join_word(sl_join_kind kind) {
  static const char *const words[] = {[SL_JOIN_INNER] = "[INNER] JOIN",
                                      [SL_JOIN_LEFT] = "LEFT [OUTER] JOIN",
                                      [SL_JOIN_RIGHT] = "RIGHT [OUTER] JOIN",
                                      [SL_JOIN_OUTER] = "[FULL] OUTER JOIN"};
  return words[kind];
}

static bool joins_streams(const sl_analysis *analysis, int at) {
  return analysis->froms[0].source->kind == SL_STREAM && analysis->froms[at + 1].source->kind == SL_STREAM;
}

sl_str sl_join_warning(const sl_analysis *analysis) {
  for (int i = 0; i < analysis->ast->join_count; i++) {
    if (!joins_streams(analysis, i) || analysis->ast->joins[i].grace.present) continue;
    return sl_str_of("DEPRECATION NOTICE: Stream-stream joins statements without a GRACE PERIOD will not be accepted "
                     "in a future ksqlDB version.\n"
                     "Please use the GRACE PERIOD clause as specified in "
                     "https://docs.ksqldb.io/en/latest/developer-guide/ksqldb-reference/select-push-query/");
  }
  return (sl_str){0};
}
