/* WHERE of a pull query on a table: which keys are looked up, which windows are read, or that all rows are. The
 * predicate becomes a disjunction of conjunctions; a disjunct that compares every key column with a constant is one
 * lookup. What cannot be looked up is a scan, if settings allow it. */
#include "planner/query_pull.h"

#include "parser/parser.h"

enum { MAX_TERMS = 10000 }; /* of all disjuncts together: a predicate that has more is a scan */

typedef struct pull_where {
  const sl_analysis *analysis;
  sl_arena *arena;
  const sl_source *source;
  const sl_layout *layout;
  const sl_column *keys; /* of the source */
  int key_count;
  bool scans, ranges; /* allowed by settings */
  bool *fixed;
  sl_err *err;
  /* of the disjunct at hand */
  bool *compared;   /* per key column */
  sl_value *values; /* per key column: what it equals */
  bool *equals;     /* per key column: values is set */
  int range_count;  /* key columns compared with < <= > >= */
  sl_vec bounds;    /* window_bound */
  bool scan;        /* cannot be looked up */
} pull_where;

/* ---- messages ---- */

/* Something only a scan can answer: an error with this text where scans are off. */
static int need_scan(pull_where *w, sl_pos pos, const char *text) {
  w->scan = true;
  if (w->scans) return 0;
  const char *windows =
      w->source->window == SL_WINDOW_NONE
          ? ""
          : "\n - may bound WINDOWSTART and WINDOWEND: with =, <, <=, > or >= and a number of milliseconds or a text "
            "such as '2020-02-23T23:45:12.000'";
  return sl_err_set(w->err, SL_E_STATEMENT, pos,
                    "%s. " SL_PULL_HELP "\nPull queries require a WHERE clause that:\n"
                    " - compares the key with =, for example SELECT * FROM X WHERE <key-column>=Y;\n"
                    " - compares every column of a key that has several, joined by AND\n"
                    " - compares a key of one STRING or BYTES column with <, <=, > or >=, if "
                    "ksql.query.pull.range.scan.enabled=true%s\n"
                    "Any other predicate needs a table scan: set ksql.query.pull.table.scan.enabled=true.",
                    text, windows);
}

static const char *op_name(sl_op op) {
  static const char *const NAMES[] = {[SL_OP_EQ] = "EQUAL",
                                      [SL_OP_NE] = "NOT_EQUAL",
                                      [SL_OP_LT] = "LESS_THAN",
                                      [SL_OP_LE] = "LESS_THAN_OR_EQUAL",
                                      [SL_OP_GT] = "GREATER_THAN",
                                      [SL_OP_GE] = "GREATER_THAN_OR_EQUAL",
                                      [SL_OP_DISTINCT] = "IS_DISTINCT_FROM"};
  return NAMES[op];
}

static sl_str columns_text(const pull_where *w, bool compared_only) {
  sl_str *items = sl_arena_calloc(w->arena, (size_t)w->key_count + 1, sizeof *items);
  int count = 0;
  for (int i = 0; i < w->key_count; i++) {
    if (compared_only && !w->compared[i]) continue;
    items[count++] = compared_only
                         ? sl_str_printf(w->arena, "`" SL_STR_FMT "`", SL_STR_ARG(w->keys[i].name))
                         : sl_str_of(sl_schema_text(w->arena, &(sl_schema){.columns = &w->keys[i], .count = 1}));
  }
  return sl_join_comma(w->arena, items, count);
}

/* ---- disjunctive normal form ---- */

static sl_expr *binary(sl_arena *arena, sl_expr_kind kind, sl_op op, const sl_expr *left, const sl_expr *right) {
  sl_expr *out = sl_expr_new(arena, kind, left->pos);
  out->op = op;
  out->args = sl_arena_calloc(arena, 2, sizeof *out->args);
  out->args[0] = (sl_expr *)(uintptr_t)left;
  out->args[1] = (sl_expr *)(uintptr_t)right;
  out->count = 2;
  return out;
}

static sl_op opposite(sl_op op) {
  switch (op) {
  case SL_OP_EQ: return SL_OP_NE;
  case SL_OP_NE: return SL_OP_EQ;
  case SL_OP_LT: return SL_OP_GE;
  case SL_OP_LE: return SL_OP_GT;
  case SL_OP_GT: return SL_OP_LE;
  case SL_OP_GE: return SL_OP_LT;
  default: return SL_OP_NONE;
  }
}

/* IN and BETWEEN as comparisons. */
static const sl_expr *spelled_out(sl_arena *arena, const sl_expr *expr, bool negated) {
  if (expr->kind == SL_EXPR_BETWEEN)
    return binary(arena, negated ? SL_EXPR_OR : SL_EXPR_AND, SL_OP_NONE,
                  binary(arena, SL_EXPR_COMPARE, negated ? SL_OP_LT : SL_OP_GE, expr->args[0], expr->args[1]),
                  binary(arena, SL_EXPR_COMPARE, negated ? SL_OP_GT : SL_OP_LE, expr->args[0], expr->args[2]));
  const sl_expr *out = NULL;
  for (int i = 1; i < expr->count; i++) {
    const sl_expr *one = binary(arena, SL_EXPR_COMPARE, negated ? SL_OP_NE : SL_OP_EQ, expr->args[0], expr->args[i]);
    out = out ? binary(arena, negated ? SL_EXPR_AND : SL_EXPR_OR, SL_OP_NONE, out, one) : one;
  }
  return out;
}

typedef struct disjuncts {
  sl_arena *arena;
  sl_vec list; /* sl_vec * of const sl_expr * */
  size_t terms;
} disjuncts;

static bool dnf(disjuncts *d, const sl_expr *expr, bool negated);

static bool dnf_leaf(disjuncts *d, const sl_expr *expr) {
  sl_vec *one = sl_arena_zalloc(d->arena, sizeof *one);
  sl_vec_init(one, d->arena);
  sl_vec_push(one, (void *)(uintptr_t)expr);
  sl_vec_push(&d->list, one);
  return ++d->terms <= MAX_TERMS;
}

/* Every disjunct of the left side with every one of the right. */
static bool dnf_and(disjuncts *d, const sl_expr *left, const sl_expr *right, bool negated) {
  disjuncts sides[2] = {{.arena = d->arena}, {.arena = d->arena}};
  for (int i = 0; i < 2; i++) {
    sl_vec_init(&sides[i].list, d->arena);
    if (!dnf(&sides[i], i ? right : left, negated)) return false;
  }
  for (size_t l = 0; l < sides[0].list.len; l++)
    for (size_t r = 0; r < sides[1].list.len; r++) {
      const sl_vec *parts[2] = {sl_vec_at(&sides[0].list, l), sl_vec_at(&sides[1].list, r)};
      sl_vec *both = sl_arena_zalloc(d->arena, sizeof *both);
      sl_vec_init(both, d->arena);
      for (int i = 0; i < 2; i++)
        for (size_t t = 0; t < parts[i]->len; t++) sl_vec_push(both, sl_vec_at(parts[i], t));
      sl_vec_push(&d->list, both);
      d->terms += both->len;
      if (d->terms > MAX_TERMS) return false;
    }
  return true;
}

/* Appends the disjuncts of expr, or of its opposite; false when there are too many. */
static bool dnf(disjuncts *d, const sl_expr *expr, bool negated) {
  switch (expr->kind) {
  case SL_EXPR_NOT: return dnf(d, expr->args[0], !negated);
  case SL_EXPR_AND:
  case SL_EXPR_OR:
    if ((expr->kind == SL_EXPR_AND) != negated) return dnf_and(d, expr->args[0], expr->args[1], negated);
    return dnf(d, expr->args[0], negated) && dnf(d, expr->args[1], negated);
  case SL_EXPR_IN:
  case SL_EXPR_BETWEEN: return dnf(d, spelled_out(d->arena, expr, negated), false);
  default: break;
  }
  if (!negated) return dnf_leaf(d, expr);
  if (expr->kind == SL_EXPR_COMPARE && opposite(expr->op))
    return dnf_leaf(d, binary(d->arena, SL_EXPR_COMPARE, opposite(expr->op), expr->args[0], expr->args[1]));
  sl_expr *not = sl_expr_new(d->arena, SL_EXPR_NOT, expr->pos);
  not ->args = sl_arena_calloc(d->arena, 1, sizeof *not ->args);
  not ->args[0] = (sl_expr *)(uintptr_t)expr;
  not ->count = 1;
  return dnf_leaf(d, not );
}

static const char *disjunct_text(pull_where *w, const sl_vec *disjunct) {
  const sl_expr *all = sl_vec_at(disjunct, 0);
  for (size_t i = 1; i < disjunct->len; i++)
    all = binary(w->arena, SL_EXPR_AND, SL_OP_NONE, all, sl_vec_at(disjunct, i));
  return sl_expr_text(w->arena, all);
}

/* ---- constants ---- */

static bool any_column(void *ctx, const sl_expr *column) {
  (void)ctx;
  (void)column;
  return true;
}

static int constant_of(pull_where *w, const sl_expr *expr, const sl_typed **out) {
  sl_typing typing;
  sl_planning_typing(w->analysis->planning, &typing);
  typing.layout = w->layout;
  int rc = sl_typed_build(w->arena, expr, &typing, out, w->err);
  if (!rc && !sl_typed_is_constant(*out)) *w->fixed = false;
  return rc;
}

static int null_key(pull_where *w, const sl_expr *comparison) {
  return sl_err_set(w->err, SL_E_STATEMENT, comparison->pos, "Primary key columns can not be NULL: %s",
                    sl_expr_text(w->arena, comparison));
}

static int key_value(pull_where *w, int key, const sl_expr *comparison, const sl_expr *expr) {
  if (expr->kind == SL_EXPR_NULL) return null_key(w, comparison);
  const sl_typed *typed = NULL;
  int rc = constant_of(w, expr, &typed);
  if (rc) return rc;
  if (sl_typed_coerce(w->arena, typed, w->keys[key].type, false, &typed, NULL))
    return sl_err_set(w->err, SL_E_STATEMENT, expr->pos,
                      "%s can not be converted to the type of the key column: " SL_STR_FMT " %s KEY",
                      sl_expr_text(w->arena, expr), SL_STR_ARG(w->keys[key].name),
                      sl_type_text(w->arena, w->keys[key].type));
  rc = sl_typed_value(w->arena, typed, &w->values[key], w->err);
  if (rc) return rc;
  if (sl_is_null(&w->values[key])) return null_key(w, comparison);
  w->equals[key] = true;
  return 0;
}

/* ---- windows ---- */

typedef struct window_bound {
  const sl_expr *comparison;
  bool end; /* WINDOWEND */
  sl_op op; /* column on the left */
  int64_t ms;
} window_bound;

static int bound_value(pull_where *w, const sl_expr *expr, int64_t *out) {
  const sl_typed *typed = NULL;
  int rc = constant_of(w, expr, &typed);
  if (rc) return rc;
  sl_base base = sl_typed_type(typed)->base;
  sl_value value;
  if (base == SL_INTEGER || base == SL_BIGINT) rc = sl_typed_value(w->arena, typed, &value, w->err);
  if (rc) return rc;
  if ((base != SL_INTEGER && base != SL_BIGINT) || sl_is_null(&value))
    return sl_err_set(w->err, SL_E_STATEMENT, expr->pos,
                      "Window bounds must resolve to an INT, BIGINT, or STRING containing a datetime.");
  *out = value.i64;
  return 0;
}

static int add_bound(pull_where *w, const sl_expr *comparison, bool end, sl_op op, const sl_expr *other) {
  const char *name = end ? "WINDOWEND" : "WINDOWSTART";
  if (op != SL_OP_EQ && op != SL_OP_LT && op != SL_OP_LE && op != SL_OP_GT && op != SL_OP_GE)
    return sl_err_set(w->err, SL_E_STATEMENT, comparison->pos, "Unsupported %s bounds: %s", name, op_name(op));
  if (sl_expr_any_column(other, any_column, NULL)) return 0; /* the predicate sees to it */
  window_bound *bound = sl_arena_zalloc(w->arena, sizeof *bound);
  *bound = (window_bound){.comparison = comparison, .end = end, .op = op};
  int rc = bound_value(w, other, &bound->ms);
  if (!rc) sl_vec_push(&w->bounds, bound);
  return rc;
}

/* The direction of a bound: strict or not is the same here. */
static sl_op direction(sl_op op) {
  return op == SL_OP_LE ? SL_OP_LT : op == SL_OP_GE ? SL_OP_GT : op;
}

static int check_bounds(pull_where *w) {
  for (size_t i = 0; i < w->bounds.len; i++)
    for (size_t k = 0; k < i; k++) {
      const window_bound *a = sl_vec_at(&w->bounds, k), *b = sl_vec_at(&w->bounds, i);
      if (a->end != b->end) continue;
      const char *name = a->end ? "WINDOWEND" : "WINDOWSTART";
      if (direction(a->op) == direction(b->op))
        return sl_err_set(w->err, SL_E_STATEMENT, b->comparison->pos, "Duplicate %s bounds on: %s", name,
                          op_name(direction(a->op)));
      if (a->op == SL_OP_EQ || b->op == SL_OP_EQ)
        return sl_err_set(w->err, SL_E_STATEMENT, b->comparison->pos, "`%s` cannot be combined with other %s bounds",
                          sl_expr_text(w->arena, (a->op == SL_OP_EQ ? a : b)->comparison), name);
    }
  return 0;
}

/* Widens the bounds of all disjuncts so that they hold those of this one. */
static void merge_bounds(const pull_where *w, bool first, sl_plan_access *out) {
  int64_t from[2] = {INT64_MIN, INT64_MIN}, to[2] = {INT64_MAX, INT64_MAX};
  for (size_t i = 0; i < w->bounds.len; i++) {
    const window_bound *b = sl_vec_at(&w->bounds, i);
    if (b->op == SL_OP_EQ || b->op == SL_OP_GE) from[b->end] = b->ms;
    if (b->op == SL_OP_EQ || b->op == SL_OP_LE) to[b->end] = b->ms;
    if (b->op == SL_OP_GT && b->ms < INT64_MAX) from[b->end] = b->ms + 1;
    if (b->op == SL_OP_LT && b->ms > INT64_MIN) to[b->end] = b->ms - 1;
  }
  if (first || from[0] < out->start_from) out->start_from = from[0];
  if (first || to[0] > out->start_to) out->start_to = to[0];
  if (first || from[1] < out->end_from) out->end_from = from[1];
  if (first || to[1] > out->end_to) out->end_to = to[1];
}

/* ---- a conjunct ---- */

static int find_key(const pull_where *w, sl_str name) {
  for (int i = 0; i < w->key_count; i++)
    if (sl_str_eq(w->keys[i].name, name)) return i;
  return -1;
}

static int key_comparison(pull_where *w, int key, const sl_expr *comparison, sl_op op, const sl_expr *other) {
  bool twice = w->compared[key];
  if (op == SL_OP_NE || op == SL_OP_DISTINCT)
    return need_scan(w, comparison->pos,
                     sl_arena_printf(w->arena, "Bound on key columns '[" SL_STR_FMT "]' must currently be '='",
                                     SL_STR_ARG(columns_text(w, false))));
  if (sl_expr_any_column(other, any_column, NULL))
    return need_scan(w, comparison->pos, "A comparison must be between a key column and a resolvable expression");
  if (twice) {
    int rc = need_scan(w, comparison->pos,
                       "A comparison condition on the key column cannot be combined with other comparisons such as an "
                       "IN predicate");
    if (rc) return rc;
  }
  w->compared[key] = true;
  if (op == SL_OP_EQ) return w->equals[key] ? 0 : key_value(w, key, comparison, other);
  w->range_count++;
  return 0;
}

static sl_op flipped(sl_op op) {
  switch (op) {
  case SL_OP_LT: return SL_OP_GT;
  case SL_OP_LE: return SL_OP_GE;
  case SL_OP_GT: return SL_OP_LT;
  case SL_OP_GE: return SL_OP_LE;
  default: return op;
  }
}

static int comparison(pull_where *w, const sl_expr *expr) {
  bool left = expr->args[0]->kind == SL_EXPR_COLUMN, right = expr->args[1]->kind == SL_EXPR_COLUMN;
  if (!left && !right) return need_scan(w, expr->pos, "A comparison must directly reference a key column");
  const sl_expr *column = expr->args[left ? 0 : 1], *other = expr->args[left ? 1 : 0];
  sl_op op = left ? expr->op : flipped(expr->op);
  bool end = sl_str_eq_z(column->name, "WINDOWEND");
  if (w->source->window != SL_WINDOW_NONE && (end || sl_str_eq_z(column->name, "WINDOWSTART")))
    return add_bound(w, expr, end, op, other);
  int key = find_key(w, column->name);
  return key < 0 ? 0 : key_comparison(w, key, expr, op, other);
}

static int conjunct(pull_where *w, const sl_expr *expr) {
  if (expr->kind == SL_EXPR_COMPARE) return comparison(w, expr);
  if (expr->kind != SL_EXPR_LIKE)
    return need_scan(
        w, expr->pos,
        sl_arena_printf(w->arena, "Unsupported expression in WHERE clause: %s", sl_expr_text(w->arena, expr)));
  if (expr->args[0]->kind == SL_EXPR_COLUMN) return 0;
  return need_scan(w, expr->pos, "Like condition must be between strings");
}

/* ---- all ---- */

static int check_keys(pull_where *w, const sl_vec *disjunct) {
  int compared = 0;
  for (int i = 0; i < w->key_count; i++) compared += w->compared[i];
  const sl_expr *first = sl_vec_at(disjunct, 0);
  if (!compared)
    return need_scan(
        w, first->pos,
        sl_arena_printf(w->arena, "WHERE clause missing key column for disjunct: %s", disjunct_text(w, disjunct)));
  if (compared == w->key_count) return 0;
  return need_scan(w, first->pos,
                   sl_arena_printf(w->arena,
                                   "Multi-column sources must specify every key in the WHERE clause. Specified: "
                                   "[" SL_STR_FMT "] Expected: [" SL_STR_FMT "]",
                                   SL_STR_ARG(columns_text(w, true)), SL_STR_ARG(columns_text(w, false))));
}

static int begin_disjunct(pull_where *w, const sl_vec *disjunct) {
  w->compared = sl_arena_calloc(w->arena, (size_t)w->key_count + 1, sizeof *w->compared);
  w->equals = sl_arena_calloc(w->arena, (size_t)w->key_count + 1, sizeof *w->equals);
  w->values = sl_arena_calloc(w->arena, (size_t)w->key_count + 1, sizeof *w->values);
  w->range_count = 0;
  w->scan = false;
  sl_vec_init(&w->bounds, w->arena);
  int rc = 0;
  for (size_t i = 0; !rc && i < disjunct->len; i++) rc = conjunct(w, sl_vec_at(disjunct, i));
  if (!rc) rc = check_keys(w, disjunct);
  return rc ? rc : check_bounds(w);
}

static bool is_lookup(const pull_where *w) {
  int equal = 0;
  for (int i = 0; i < w->key_count; i++) equal += w->equals[i];
  return equal == w->key_count;
}

/* One bound on a key whose bytes are in order: a scan that has its own setting. */
static bool is_range(const pull_where *w, size_t count) {
  if (count != 1 || w->scan || w->key_count != 1 || w->range_count != 1 || w->equals[0] || !w->ranges) return false;
  sl_base base = w->keys[0].type->base;
  return w->source->window == SL_WINDOW_NONE && (base == SL_STRING || base == SL_BYTES);
}

/* Does the key say all that the predicate does? Then their bytes are equal exactly when their values are. Windows that
 * are part of the stored key are found by the predicate. */
static bool is_exact(const pull_where *w, const disjuncts *d) {
  bool window_in_key = w->source->is_source && w->source->window != SL_WINDOW_NONE;
  if (d->list.len != 1 || ((const sl_vec *)sl_vec_at(&d->list, 0))->len != 1 || w->key_count != 1 || window_in_key)
    return false;
  sl_base base = w->keys[0].type->base;
  return base == SL_STRING || base == SL_INTEGER || base == SL_BIGINT;
}

static bool same_key(const pull_where *w, const sl_value *a, const sl_value *b) {
  for (int i = 0; i < w->key_count; i++)
    if (!sl_value_equal(w->keys[i].type, &a[i], &b[i])) return false;
  return true;
}

static void add_key(const pull_where *w, sl_vec *keys) {
  for (size_t i = 0; i < keys->len; i++)
    if (same_key(w, sl_vec_at(keys, i), w->values)) return; /* each row once */
  sl_vec_push(keys, w->values);
}

static int scan_all(pull_where *w, const sl_expr *where, sl_plan_access *out) {
  out->scan = true;
  if (w->scans) return 0;
  return need_scan(w, where->pos,
                   "Query requires table scan to be enabled. Table scans can be enabled by setting "
                   "ksql.query.pull.table.scan.enabled=true");
}

int sl_pull_where(const sl_analysis *analysis, const sl_layout *layout, sl_plan_access *out, bool *fixed, sl_err *err) {
  const sl_settings *settings = analysis->planning->settings;
  pull_where w = {.analysis = analysis,
                  .arena = analysis->arena,
                  .source = analysis->froms[0].source,
                  .layout = layout,
                  .scans = sl_settings_bool(settings, "ksql.query.pull.table.scan.enabled"),
                  .ranges = sl_settings_bool(settings, "ksql.query.pull.range.scan.enabled"),
                  .fixed = fixed,
                  .err = err};
  w.keys = sl_columns_of(w.arena, &w.source->schema, SL_COLUMN_KEY, &w.key_count);
  *out = (sl_plan_access){.start_from = INT64_MIN, .start_to = INT64_MAX, .end_from = INT64_MIN, .end_to = INT64_MAX};
  if (!analysis->where) {
    out->scan = true;
    return need_scan(&w, SL_NO_POS, "Missing WHERE clause");
  }
  disjuncts d = {.arena = w.arena};
  sl_vec_init(&d.list, w.arena);
  if (!dnf(&d, analysis->where, false)) return scan_all(&w, analysis->where, out);
  sl_vec keys;
  sl_vec_init(&keys, w.arena);
  bool lookups = true;
  for (size_t i = 0; i < d.list.len; i++) {
    int rc = begin_disjunct(&w, sl_vec_at(&d.list, i));
    if (rc) return rc;
    merge_bounds(&w, i == 0, out);
    lookups &= is_lookup(&w);
    if (lookups) add_key(&w, &keys);
  }
  if (lookups) {
    out->keys = (const sl_value *const *)keys.items;
    out->key_count = (int)keys.len;
    out->exact = is_exact(&w, &d);
    return 0;
  }
  out->scan = true;
  return is_range(&w, d.list.len) ? 0 : scan_all(&w, analysis->where, out);
}

/* ---- LIKE ---- */

typedef struct like_ctx {
  const sl_analysis *analysis;
  sl_err *err;
  int rc;
} like_ctx;

static bool check_like(const sl_expr *expr, void *ctx) {
  like_ctx *like = ctx;
  if (like->rc) return false;
  if (expr->kind != SL_EXPR_LIKE || expr->args[0]->kind != SL_EXPR_COLUMN) return true;
  const sl_type *type = sl_source_column_type(like->analysis->froms[0].source, expr->args[0]->name);
  if (type && type->base != SL_STRING)
    like->rc = sl_err_set(like->err, SL_E_STATEMENT, expr->pos,
                          "The column type for Like condition must be VARCHAR. The column type is %s",
                          sl_type_text(like->analysis->arena, type));
  else if (expr->args[1]->kind != SL_EXPR_STRING)
    like->rc = sl_err_set(like->err, SL_E_STATEMENT, expr->args[1]->pos, "Like condition on non-string pattern %s",
                          sl_expr_text(like->analysis->arena, expr->args[1]));
  return !like->rc;
}

int sl_pull_check_like(const sl_analysis *analysis, sl_err *err) {
  like_ctx like = {.analysis = analysis, .err = err};
  if (analysis->where) sl_expr_walk(analysis->where, check_like, &like);
  return like.rc;
}
