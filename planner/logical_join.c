/* The logical plan of FROM with joins (sql.md 5.9, 6.4; semantics.md 3.3): a left-deep tree of joins over sources whose
 * columns are known as ALIAS_COLUMN. Checks which kinds of sources join how, puts new keys under streams whose join
 * expression is not their key, and lets both sides agree on a key format, so that equal keys meet in one task. */
#include "parser/parser.h"
#include "planner/logical.h"

typedef struct join_builder {
  const sl_analysis *analysis;
  sl_arena *arena;
  sl_err *err;
} join_builder;

const sl_logical_join *sl_logical_join_of(const sl_logical *step) {
  while (step && (step->kind == SL_LOGICAL_FILTER || step->kind == SL_LOGICAL_EXPLODE)) step = step->input;
  return step && step->kind == SL_LOGICAL_JOIN ? (const sl_logical_join *)step : NULL;
}

/* ---- messages ---- */

/* The criterion as it was written, with the sides' types if they are given. */
static const char *got(const join_builder *b, const sl_join_info *info, const sl_type *const *types) {
  const char *texts[2];
  for (int i = 0; i < 2; i++) {
    int side = info->flipped ? 1 - i : i;
    texts[i] = sl_expr_text(b->arena, info->sides[side]);
    if (types) texts[i] = sl_arena_printf(b->arena, "%s{%s}", texts[i], sl_type_text(b->arena, types[side]));
  }
  return sl_arena_printf(b->arena, "Got %s = %s.", texts[0], texts[1]);
}

static const char *got_sources(const join_builder *b, const sl_join_info *info) {
  return sl_arena_printf(b->arena, "Got " SL_STR_FMT " %s " SL_STR_FMT ".", SL_STR_ARG(info->froms[0]->source->name),
                         sl_join_word(info->kind), SL_STR_ARG(info->froms[1]->source->name));
}

static int refuse(const join_builder *b, const sl_join_info *info, const char *what, const char *more) {
  return sl_err_set(b->err, SL_E_STATEMENT, info->ast->pos, "%s%s", what, more);
}

/* ---- kinds of joins ---- */

static int check_stream_table(const join_builder *b, const sl_join_info *info) {
  if (info->kind == SL_JOIN_OUTER)
    return refuse(b, info, "Invalid join type: full-outer join not supported for stream-table join. ",
                  got_sources(b, info));
  if (!info->on_key[1])
    return refuse(b, info, "Invalid join condition: stream-table joins require to join on the table's primary key. ",
                  got(b, info, NULL));
  return 0;
}

static int check_foreign(const join_builder *b, const sl_join_info *info) {
  if (info->kind == SL_JOIN_OUTER)
    return refuse(b, info, "Invalid join type: full-outer join not supported for foreign-key table-table join. ",
                  got_sources(b, info));
  if (info->kind == SL_JOIN_RIGHT) return refuse(b, info, "RIGHT OUTER JOIN on a foreign key is not supported", "");
  if (info != &b->analysis->joins[0])
    return refuse(b, info,
                  "Invalid join condition: foreign-key table-table joins are not supported as part of n-way joins. ",
                  got(b, info, NULL));
  if (info->froms[1]->source->window != SL_WINDOW_NONE)
    return refuse(b, info, "Foreign-key table-table joins are not supported on windowed tables.", "");
  return 0;
}

static int check_tables(const join_builder *b, sl_logical_join *join, const sl_type *const *types) {
  const sl_join_info *info = join->info;
  if (!info->on_key[1])
    return refuse(b, info,
                  "Invalid join condition: table-table joins require to join on the primary key of the right input "
                  "table. ",
                  got(b, info, NULL));
  if (!sl_type_equal(types[0], types[1]))
    return refuse(b, info, "Invalid join condition: types don't match. ", got(b, info, types));
  return info->foreign ? check_foreign(b, info) : 0;
}

static int check_kinds(const join_builder *b, sl_logical_join *join, const sl_type *const *types) {
  bool left = join->base.input->table, right = join->right->table;
  if (left && !right)
    return refuse(b, join->info, "Invalid join order: table-stream joins are not supported; only stream-table joins. ",
                  got_sources(b, join->info));
  if (left) return check_tables(b, join, types);
  return right ? check_stream_table(b, join->info) : 0;
}

/* ---- WITHIN ---- */

static int set_within(const join_builder *b, sl_logical_join *join) {
  static const int64_t day_ms = 86400000, most = INT64_MAX / 8;
  const sl_join *ast = join->info->ast;
  bool left = join->base.input->table, right = join->right->table;
  if (ast->has_within && right)
    return sl_err_set(b->err, SL_E_STATEMENT, ast->pos,
                      "A window definition was provided for a %s-Table join. These joins are not windowed. Please drop "
                      "the window definition (ie. the WITHIN clause) and try to execute your join again.",
                      left ? "Table" : "Stream");
  if (right && !left && ast->kind == SL_JOIN_RIGHT)
    return refuse(b, join->info, "Invalid join type encountered: ", sl_join_word(ast->kind));
  if (right) return 0;
  if (!ast->has_within)
    return refuse(b, join->info,
                  "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about how to "
                  "specify a WITHIN clause with a stream-stream join, please visit: "
                  "https://docs.confluent.io/current/ksql/docs/syntax-reference.html#create-stream-as-select",
                  "");
  join->before = sl_span_ms(&ast->before);
  join->after = sl_span_ms(&ast->after);
  int64_t rest = join->before > day_ms / 2 ? 0 : day_ms - 2 * join->before;
  join->grace = ast->grace.present ? sl_span_ms(&ast->grace) : rest;
  bool fits = join->before <= most && join->after <= most && join->grace <= most;
  if (fits && join->before >= 0 && join->after >= 0 && join->grace >= 0) return 0;
  return refuse(b, join->info,
                "The spans of WITHIN and GRACE PERIOD must not be negative, nor longer than 36 million years.", "");
}

static int check_partitions(const join_builder *b, const sl_join_info *info) {
  const sl_from *left = &b->analysis->froms[0], *right = info->froms[1];
  int32_t counts[2] = {0, 0};
  if (!sl_planning_topic(b->analysis->planning, left->source->topic, &counts[0], NULL) ||
      !sl_planning_topic(b->analysis->planning, right->source->topic, &counts[1], NULL) || counts[0] == counts[1])
    return 0; /* a topic that is gone is reported later */
  return sl_err_set(b->err, SL_E_STATEMENT, info->ast->pos,
                    "Can't join `" SL_STR_FMT "` with `" SL_STR_FMT
                    "` since the number of partitions don't match. `" SL_STR_FMT "` partitions = %d; `" SL_STR_FMT
                    "` partitions = %d. Please repartition either one so that the number of partitions match.",
                    SL_STR_ARG(left->alias), SL_STR_ARG(right->alias), SL_STR_ARG(left->alias), (int)counts[0],
                    SL_STR_ARG(right->alias), (int)counts[1]);
}

/* ---- new keys ---- */

static int refuse_windowed(const join_builder *b, const sl_join_info *info) {
  return refuse(b, info,
                "Implicit repartitioning of windowed sources is not supported. See "
                "https://github.com/confluentinc/ksql/issues/4385.",
                "");
}

static bool needs_rekey(const sl_logical *side, const sl_join_info *info, int at) {
  if (side->kind != SL_LOGICAL_JOIN) return !info->on_key[at];
  const sl_join_info *before = ((const sl_logical_join *)side)->info;
  return sl_expr_index(before->equal, before->equal_count, info->sides[at]) < 0;
}

/* Is the side's key no column that may be read behind the join? */
static bool has_hidden_key(const sl_logical *side) {
  if (side->kind == SL_LOGICAL_JOIN) return ((const sl_logical_join *)side)->hidden_key;
  return side->kind == SL_LOGICAL_REKEY && ((const sl_logical_rekey *)side)->keys[0]->kind != SL_EXPR_COLUMN;
}

static sl_str free_name(const join_builder *b, const sl_layout *left, const sl_layout *right, const char *base) {
  sl_str name = sl_str_of(base);
  for (int number = 1; sl_layout_find(left, name) >= 0 || sl_layout_find(right, name) >= 0; number++)
    name = sl_str_printf(b->arena, "%s_%d", base, number);
  return name;
}

static int refuse_table(const join_builder *b, const sl_logical *side, const sl_join_info *info, int at) {
  if (side->layout.key_count != 1)
    return refuse(b, info,
                  "Cannot repartition a TABLE source. If this is a join, joins on tables with multiple columns is not "
                  "yet supported.",
                  "");
  sl_str key = side->titles ? side->titles[0] : side->layout.slots[0].name;
  return sl_err_set(
      b->err, SL_E_STATEMENT, info->ast->pos,
      "Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the TABLE's "
      "key column " SL_STR_FMT " instead of [%s]",
      SL_STR_ARG(key), sl_expr_text(b->arena, info->sides[at]));
}

/* The side under the join expression as its key. */
static int add_rekey(const join_builder *b, const sl_join_info *info, int at, const char *context, const sl_type *type,
                     sl_logical **side) {
  if (!needs_rekey(*side, info, at)) return 0;
  if ((*side)->table) return refuse_table(b, *side, info, at);
  if ((*side)->window != SL_WINDOW_NONE) return refuse_windowed(b, info);
  const sl_layout *from = &(*side)->layout;
  const sl_expr *key = info->plain[at];
  sl_slot *slots = sl_arena_calloc(b->arena, (size_t)from->count + 1, sizeof *slots);
  int *rest = sl_arena_calloc(b->arena, (size_t)from->count + 1, sizeof *rest);
  sl_logical_rekey *rekey = sl_logical_new(b->arena, SL_LOGICAL_REKEY, sizeof *rekey, context, *side);
  bool column = key->kind == SL_EXPR_COLUMN;
  int count = 0;
  slots[count++] = (sl_slot){column ? key->name : free_name(b, from, from, "KSQL_COL_0"), type};
  for (int i = has_hidden_key(*side); i < from->count; i++) {
    if (column && sl_str_eq(from->slots[i].name, key->name)) continue;
    rest[count - 1] = i;
    slots[count++] = from->slots[i];
  }
  rekey->keys = sl_arena_calloc(b->arena, 1, sizeof *rekey->keys);
  rekey->keys[0] = key;
  rekey->key_count = 1;
  rekey->rest = rest;
  rekey->base.titles = NULL;
  rekey->base.layout = (sl_layout){slots, count, 1};
  *side = &rekey->base;
  return 0;
}

/* ---- key formats ---- */

static const sl_logical_source *as_source(const sl_logical *side) {
  return side->kind == SL_LOGICAL_SOURCE ? (const sl_logical_source *)side : NULL;
}

/* The format a side has its keys in already; NULL if it moves anyway. */
static const sl_format_spec *settled_format(const sl_logical *side) {
  if (side->kind == SL_LOGICAL_REKEY) return NULL;
  if (as_source(side)) return &as_source(side)->from->source->key_format;
  const sl_format_spec *left = settled_format(side->input);
  return left ? left : settled_format(((const sl_logical_join *)side)->right);
}

static bool is_none(const sl_format_spec *spec) {
  return sl_str_eq_z(spec->name, "NONE");
}

/* The first source that has keys. */
static const sl_format_spec *first_format(const sl_logical *side) {
  for (; side->kind == SL_LOGICAL_REKEY; side = side->input) {
  }
  if (as_source(side)) return &as_source(side)->from->source->key_format;
  const sl_format_spec *left = first_format(side->input);
  return is_none(left) ? first_format(((const sl_logical_join *)side)->right) : left;
}

/* Equal keys of such formats may differ in bytes: they carry the id of the schema they were written with. */
static bool has_schema_ids(const sl_format_spec *spec) {
  const sl_format *format = sl_format_find(spec->name);
  return format && (format->features & SL_FORMAT_INFERENCE);
}

static int agree(const join_builder *b, sl_logical_join *join, const sl_format_spec *format, const sl_logical *window);

static int agree_side(const join_builder *b, sl_logical_join *join, int at, const sl_logical *window) {
  sl_logical *side = at ? join->right : join->base.input;
  if (side->kind == SL_LOGICAL_JOIN) return agree(b, (sl_logical_join *)side, &join->key_format, window);
  if (side->kind == SL_LOGICAL_REKEY) {
    join->moves[at] = true;
    if (side->input->kind != SL_LOGICAL_JOIN) return 0;
    return agree(b, (sl_logical_join *)side->input, NULL, NULL);
  }
  const sl_format_spec *own = &as_source(side)->from->source->key_format;
  bool ids = has_schema_ids(own) || has_schema_ids(&join->key_format);
  bool same_window = side->window == window->window && side->window_size == window->window_size;
  join->moves[at] = ids || !same_window || !sl_format_spec_equal(own, &join->key_format);
  if (join->moves[at] && !ids && side->window != SL_WINDOW_NONE) return refuse_windowed(b, join->info);
  return 0;
}

/* Settles the format of the join's keys, its own choice when format is NULL, and what moves for it. */
static int agree(const join_builder *b, sl_logical_join *join, const sl_format_spec *format, const sl_logical *window) {
  if (join->info->foreign) { /* each table stays where it is, unless equal foreign keys could have other bytes */
    join->key_format = as_source(join->base.input)->from->source->key_format;
    join->moves[1] = has_schema_ids(&as_source(join->right)->from->source->key_format) &&
                     join->right->layout.slots[0].type->base == SL_STRUCT;
    return 0;
  }
  if (!format) format = settled_format(&join->base);
  join->key_format = format ? *format : *first_format(&join->base);
  if (!window) window = &join->base;
  int rc = agree_side(b, join, 0, window);
  return rc ? rc : agree_side(b, join, 1, window);
}

/* ---- the joined row ---- */

static int add_side_slots(const join_builder *b, const sl_logical *side, int number, sl_logical_join *join,
                          sl_slot *slots, sl_join_item *items) {
  int *count = &join->base.layout.count;
  for (int i = has_hidden_key(side); i < side->layout.count; i++) {
    sl_str name = side->layout.slots[i].name;
    int first = sl_layout_find(&join->base.layout, name);
    if (!first && !join->hidden_key && !join->info->foreign) continue; /* it is the key */
    if (first >= 0)
      return sl_err_set(b->err, SL_E_STATEMENT, join->info->ast->pos,
                        "Two columns of the join would be called " SL_STR_FMT ". Please use other aliases.",
                        SL_STR_ARG(name));
    items[*count] = (sl_join_item){number, i};
    slots[(*count)++] = side->layout.slots[i];
  }
  return 0;
}

static int lay_out(const join_builder *b, sl_logical_join *join, const sl_type *key_type) {
  const sl_logical *left = join->base.input, *right = join->right;
  const sl_join_info *info = join->info;
  size_t most = (size_t)(left->layout.count + right->layout.count) + 2;
  sl_slot *slots = sl_arena_calloc(b->arena, most, sizeof *slots);
  sl_join_item *items = sl_arena_calloc(b->arena, most, sizeof *items);
  join->items = items;
  join->base.layout = (sl_layout){slots, 0, 1};
  join->base.titles = NULL;
  join->hidden_key = !info->key || info->key_apart;
  if (info->foreign) { /* all keys of the left table, where they stand in its row */
    join->base.layout.key_count = left->layout.key_count;
  } else {
    sl_str name = info->key_apart ? free_name(b, &left->layout, &right->layout, "ROWKEY") : info->key_name;
    items[0] = (sl_join_item){-1, 0};
    slots[0] = (sl_slot){name, key_type};
    join->base.layout.count = 1;
  }
  int rc = add_side_slots(b, left, 0, join, slots, items);
  if (!rc) rc = add_side_slots(b, right, 1, join, slots, items);
  if (rc || !info->key_apart) return rc;
  sl_str *titles = sl_arena_calloc(b->arena, most, sizeof *titles);
  for (int i = 0; i < join->base.layout.count; i++) titles[i] = i ? slots[i].name : info->key_name;
  join->base.titles = titles;
  return 0;
}

/* ---- the tree ---- */

static const char *context(const join_builder *b, const char *prefix, const char *name) {
  return sl_arena_printf(b->arena, "%s%s", prefix, name);
}

static int build_join(const join_builder *b, int at, const char *prefix, sl_logical **out) {
  const sl_analysis *analysis = b->analysis;
  const sl_join_info *info = &analysis->joins[at];
  sl_logical *left = NULL;
  int rc = 0;
  if (at)
    rc = build_join(b, at - 1, context(b, prefix, "L_"), &left);
  else
    left = sl_logical_source_step(b->arena, &analysis->froms[0], context(b, prefix, "KafkaTopic_Left.Source"), true);
  if (rc) return rc;
  sl_logical *right =
      sl_logical_source_step(b->arena, &analysis->froms[at + 1], context(b, prefix, "KafkaTopic_Right.Source"), true);
  sl_logical_join *join = sl_logical_new(b->arena, SL_LOGICAL_JOIN, sizeof *join, context(b, prefix, "Join"), left);
  join->right = right;
  join->info = info;
  join->prefix = prefix;
  const sl_type *types[2] = {NULL, NULL};
  for (int i = 0; !rc && i < 2; i++) {
    const sl_typed *typed = NULL;
    const sl_layout *layout = i ? &right->layout : &left->layout;
    rc = sl_clause_type(analysis->planning, SL_CLAUSE_PARTITION_BY, info->plain[i], layout, &typed, b->err);
    if (!rc) types[i] = sl_typed_type(typed);
  }
  if (!rc) rc = check_kinds(b, join, types);
  if (!rc && !sl_type_equal(types[0], types[1]))
    rc = sl_err_set(b->err, SL_E_STATEMENT, info->ast->pos, "Invalid join. Key types differ: %s vs %s",
                    sl_type_text(b->arena, types[0]), sl_type_text(b->arena, types[1]));
  if (!rc && !info->foreign) rc = check_partitions(b, info);
  if (!rc && !info->foreign)
    rc = add_rekey(b, info, 0, context(b, prefix, "LeftSourceKeyed"), types[0], &join->base.input);
  if (!rc) rc = add_rekey(b, info, 1, context(b, prefix, "RightSourceKeyed"), types[1], &join->right);
  if (!rc) rc = set_within(b, join);
  if (!rc) rc = lay_out(b, join, types[0]);
  *out = &join->base;
  return rc;
}

int sl_logical_add_joins(const sl_analysis *analysis, sl_logical **out, sl_err *err) {
  join_builder b = {analysis, analysis->arena, err};
  int rc = build_join(&b, analysis->from_count - 2, "", out);
  return rc ? rc : agree(&b, (sl_logical_join *)*out, NULL, NULL);
}
