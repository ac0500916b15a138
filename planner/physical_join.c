/* Joins in the physical plan: both sides end in one sub-topology, behind a repartition topic where their keys have to
 * move, with the stores that let each find what the other has seen. */
#include "planner/physical.h"

#include "parser/parser.h"

static const char *named(sl_builder *b, const sl_logical_join *join, const char *name) {
  return sl_arena_printf(b->arena, "%s%s", join->prefix, name);
}

/* ---- moving a side ---- */

/* Rows without a key match nothing: they need not be moved. */
static int drop_null_keys(sl_builder *b, const sl_join_side *side, sl_built *out) {
  sl_expr *predicate = sl_expr_new(b->arena, SL_EXPR_IS_NOT_NULL, SL_NO_POS);
  predicate->args = sl_arena_calloc(b->arena, 1, sizeof *predicate->args);
  predicate->args[0] = sl_expr_column(b->arena, (sl_str){0}, out->reading.slots[0].name, SL_NO_POS);
  predicate->count = 1;
  return sl_builder_filter(b, side->step, predicate, out);
}

static int move_stream(sl_builder *b, const sl_logical_join *join, sl_join_side *side, int port) {
  bool streams = !join->right->table;
  const char *operation = !streams ? "Join" : port ? "Join-right" : "Join-left";
  int rc = side->optional ? 0 : drop_null_keys(b, side, &side->built);
  if (!rc) sl_builder_move(b, side->step, named(b, join, operation), &join->key_format, &side->built);
  b->names += 4;
  return rc;
}

/* A table keeps its rows where the join finds them. */
static void keep_table(sl_builder *b, const sl_logical_join *join, sl_join_side *side, bool right) {
  static const char *const names[2][3][2] = {{{"KafkaTopic_Left-Reduce", "KafkaTopic_Left.Reduce"},
                                              {"LeftSourceKeyed-Materialize", "LeftSourceKeyed.Materialize"},
                                              {"L_Join-Materialize", "L_Join.Materialize"}},
                                             {{"KafkaTopic_Right-Reduce", "KafkaTopic_Right.Reduce"},
                                              {"RightSourceKeyed-Materialize", "RightSourceKeyed.Materialize"},
                                              {"", ""}}};
  int kind = side->step->kind == SL_LOGICAL_JOIN ? 2 : side->moves;
  if (side->moves) {
    const char *operation = right ? "RightSourceKeyed-SelectKey" : "LeftSourceKeyed-SelectKey";
    const sl_format_spec *format = join->info->foreign ? &side->built.key_format : &join->key_format;
    sl_builder_move(b, side->step, named(b, join, operation), format, &side->built);
    b->names += 6;
  }
  const char *name = named(b, join, names[right][kind][0]);
  if (kind == 2 && ((const sl_logical_join *)side->step)->info->foreign) /* the last of its generated names */
    name = sl_arena_printf(b->arena, "KTABLE-FK-JOIN-OUTPUT-STATE-STORE-%010d", b->names - 1);
  sl_builder_table_store(b, side->step, name, named(b, join, names[right][kind][1]), &side->built);
}

static int build_side(sl_builder *b, const sl_logical_join *join, int at, sl_join_side *side) {
  bool right = at == 1;
  side->step = right ? join->right : join->base.input;
  side->moves = join->moves[at];
  sl_join_kind kind = join->info->kind;
  side->optional = kind == SL_JOIN_OUTER || kind == (right ? SL_JOIN_RIGHT : SL_JOIN_LEFT);
  int rc = sl_builder_step(b, NULL, side->step, &side->built);
  const sl_logical *bottom = side->step;
  if (bottom->kind == SL_LOGICAL_REKEY) bottom = bottom->input;
  if (bottom->kind == SL_LOGICAL_SOURCE) b->names += bottom->table ? 6 : 3;
  return rc;
}

/* ---- the join ---- */

static int source_of_item(const sl_logical_join *join, const sl_join_side *sides, const sl_join_item *item) {
  if (item->side < 0) return 0;
  const sl_logical *step = item->side ? join->right : join->base.input;
  return sl_layout_find(&sides[item->side].built.reading, step->layout.slots[item->slot].name);
}

void sl_builder_joined(sl_builder *b, const sl_logical_join *step, const sl_join_side *sides, bool swapped,
                       sl_plan_join *node, sl_built *out) {
  sl_slot_writer w = sl_writer_new(b, step->base.layout.count);
  sl_join_item *items = sl_arena_calloc(b->arena, (size_t)step->base.layout.count + 1, sizeof *items);
  for (int i = 0; i < step->base.layout.count; i++) {
    const sl_join_item *item = &step->items[i];
    if (!step->base.needed[i]) continue;
    int side = item->side < 0 ? -1 : swapped ? 1 - item->side : item->side;
    items[w.count] = (sl_join_item){side, source_of_item(step, sides, item)};
    sl_writer_add(&w, &step->base, i);
  }
  node->items = items;
  out->node = &node->base;
  sl_writer_finish(&w, step->base.layout.key_count, out);
}

const sl_plan_store *sl_builder_store_of(const sl_join_side *side) {
  const sl_plan_node *node = side->built.node;
  return node->kind == SL_PLAN_TABLE_STORE ? ((const sl_plan_table_store *)node)->store : NULL;
}

/* A store of the rows of one side, in the order of their times. */
static const sl_plan_store *window_store(sl_builder *b, const sl_logical_join *join, const sl_join_side *side,
                                         const char *name, int number, sl_sub_builder *sub) {
  const sl_layout *layout = &side->built.reading;
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  store->name = sl_arena_printf(b->arena, "KSTREAM-%s-%010d-store", name, number);
  store->kind = SL_STORE_WINDOW;
  store->count = layout->count - layout->key_count;
  const sl_type **types = sl_arena_calloc(b->arena, (size_t)store->count + 1, sizeof *types);
  sl_str *names = sl_arena_calloc(b->arena, (size_t)store->count + 1, sizeof *names);
  for (int i = 0; i < store->count; i++) {
    types[i] = layout->slots[layout->key_count + i].type;
    names[i] = layout->slots[layout->key_count + i].name;
  }
  store->types = types;
  store->names = names;
  store->key_format = side->built.key_format;
  store->key_columns = sl_builder_columns(b, layout, 0, layout->key_count, SL_COLUMN_KEY);
  store->key_count = layout->key_count;
  store->window = side->step->window;
  store->key_window_size = side->step->window_size;
  store->window_size = join->before + join->after;
  store->retention = store->window_size + join->grace;
  sl_builder_store(b, sub, store);
  return store;
}

/* Rows of either side that wait for a match: [side][that side's slots]. */
static const sl_plan_store *pending_store(sl_builder *b, const sl_logical_join *join, const sl_join_side *first,
                                          const sl_join_side *second, int number, sl_sub_builder *sub) {
  const sl_layout *layouts[] = {&first->built.reading, &second->built.reading};
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  store->name = sl_arena_printf(b->arena, "KSTREAM-OUTERSHARED-%010d-store", number);
  store->kind = SL_STORE_WINDOW;
  size_t most = (size_t)(layouts[0]->count + layouts[1]->count) + 1;
  const sl_type **types = sl_arena_calloc(b->arena, most, sizeof *types);
  sl_str *names = sl_arena_calloc(b->arena, most, sizeof *names);
  types[0] = &SL_TYPE_INTEGER;
  names[0] = sl_str_of("SIDE");
  store->count = 1;
  for (int side = 0; side < 2; side++)
    for (int i = layouts[side]->key_count; i < layouts[side]->count; i++, store->count++) {
      types[store->count] = layouts[side]->slots[i].type;
      names[store->count] = layouts[side]->slots[i].name;
    }
  store->types = types;
  store->names = names;
  store->key_format = first->built.key_format;
  store->key_columns = sl_builder_columns(b, layouts[0], 0, layouts[0]->key_count, SL_COLUMN_KEY);
  store->key_count = layouts[0]->key_count;
  store->window = first->step->window;
  store->key_window_size = first->step->window_size;
  store->window_size = join->before + join->after;
  store->retention = store->window_size + join->grace;
  sl_builder_store(b, sub, store);
  return store;
}

static void fill_streams(sl_builder *b, const sl_logical_join *step, const sl_join_side *first,
                         const sl_join_side *second, sl_sub_builder *sub, sl_plan_join *node) {
  sl_join_kind kind = node->kind;
  int number = b->names + 2;
  node->before = step->before;
  node->after = step->after;
  node->grace = step->grace;
  node->hold_unmatched = step->info->ast->grace.present;
  node->scan_interval = sl_settings_int(b->planning->settings,
                                        "ksql.streams.__emit.interval.ms.kstreams.outer.join.spurious.results.fix__");
  node->left = window_store(b, step, first, kind == SL_JOIN_OUTER ? "OUTERTHIS" : "JOINTHIS", number, sub);
  node->right = window_store(b, step, second, kind == SL_JOIN_INNER ? "JOINOTHER" : "OUTEROTHER", number + 1, sub);
  if (node->hold_unmatched && kind != SL_JOIN_INNER) node->pending = pending_store(b, step, first, second, number, sub);
  b->names += 5;
}

static int build_sides(sl_builder *b, const sl_logical_join *step, bool swapped, sl_join_side *sides) {
  bool left_table = step->base.input->table, right_table = step->right->table;
  bool table_first = right_table && !left_table; /* what is looked up is there before what looks */
  for (int i = 0; i < 2; i++) {
    int at = table_first ? 1 - i : i, rc = build_side(b, step, at, &sides[at]);
    if (rc) return rc;
    if (at ? right_table : left_table) keep_table(b, step, &sides[at], at == 1);
  }
  for (int at = 0; at < 2; at++) {
    int rc = sides[at].moves && !sides[at].step->table ? move_stream(b, step, &sides[at], swapped ? 1 - at : at) : 0;
    if (rc) return rc;
  }
  return 0;
}

int sl_builder_join(sl_builder *b, sl_logical_join *step, sl_built *out) {
  bool left_table = step->base.input->table, right_table = step->right->table;
  bool swapped = step->info->kind == SL_JOIN_RIGHT && !left_table;
  sl_join_side sides[2] = {{0}};
  int rc = build_sides(b, step, swapped, sides);
  if (rc) return rc;
  b->key_format = &step->key_format;
  if (step->info->foreign) return sl_builder_foreign(b, step, sides, out);
  sl_plan_kind kind = left_table ? SL_PLAN_JOIN_TABLES : right_table ? SL_PLAN_JOIN_TABLE : SL_PLAN_JOIN_STREAMS;
  const sl_join_side *first = &sides[swapped], *second = &sides[!swapped];
  sl_plan_join *node = sl_builder_node(b, kind, sizeof *node, &step->base, step->base.context);
  node->kind = swapped ? SL_JOIN_LEFT : step->info->kind;
  sl_builder_joined(b, step, sides, swapped, node, out);
  bool table_first = kind == SL_PLAN_JOIN_TABLE;
  out->sub = sl_builder_merge(b, sides[table_first].built.sub, sides[!table_first].built.sub);
  out->key_format = first->built.key_format;
  if (kind == SL_PLAN_JOIN_STREAMS) fill_streams(b, step, first, second, out->sub, node);
  if (kind == SL_PLAN_JOIN_TABLES) node->left = sl_builder_store_of(first);
  if (kind != SL_PLAN_JOIN_STREAMS) node->right = sl_builder_store_of(second);
  if (kind == SL_PLAN_JOIN_TABLE) b->names++;
  sl_builder_link(b, first->built.node, &node->base, 0);
  sl_builder_link(b, second->built.node, &node->base, 1);
  return 0;
}
