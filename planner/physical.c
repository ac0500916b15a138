/* The physical plan: logical steps become operators from the source forward, rows are narrowed to the slots that are
 * read, expressions become programs, and a change of key that a store depends on ends a sub-topology at a repartition
 * topic. */
#include "planner/physical.h"

#include "parser/parser.h"

/* ---- nodes ---- */

void *sl_builder_node(sl_builder *b, sl_plan_kind kind, size_t size, const sl_logical *step, const char *context) {
  sl_plan_node *node = sl_arena_zalloc(b->arena, size);
  node->kind = kind;
  node->name = sl_arena_printf(b->arena, "%s", context);
  node->table = step->table;
  node->windowed = step->window != SL_WINDOW_NONE;
  return node;
}

void sl_builder_link(sl_builder *b, sl_plan_node *from, const sl_plan_node *to, int port) {
  from->next = sl_arena_calloc(b->arena, 1, sizeof *from->next);
  from->next[0] = to;
  from->next_count = 1;
  if (!port) return;
  int *ports = sl_arena_calloc(b->arena, 1, sizeof *ports);
  ports[0] = port;
  from->next_ports = ports;
}

sl_slot_writer sl_writer_new(sl_builder *b, int most) {
  return (sl_slot_writer){.b = b,
                          .slots = sl_arena_calloc(b->arena, (size_t)most + 1, sizeof(sl_slot)),
                          .reading = sl_arena_calloc(b->arena, (size_t)most + 1, sizeof(sl_slot))};
}

void sl_writer_add(sl_slot_writer *w, const sl_logical *step, int slot) {
  const sl_slot *from = &step->layout.slots[slot];
  const sl_type *type = sl_type_copy(w->b->arena, from->type);
  sl_str title = step->titles ? step->titles[slot] : from->name;
  w->slots[w->count] = (sl_slot){sl_str_dup(w->b->arena, title), type};
  w->reading[w->count++] = (sl_slot){sl_str_dup(w->b->arena, from->name), type};
}

void sl_writer_finish(const sl_slot_writer *w, int key_count, sl_built *out) {
  out->node->layout = (sl_layout){w->slots, w->count, key_count};
  out->reading = (sl_layout){w->reading, w->count, key_count};
}

/* ---- expressions ---- */

static int typed_of(sl_builder *b, const sl_layout *layout, const sl_expr *expr, const sl_typed **out) {
  b->typing.layout = layout;
  return sl_typed_build(b->arena, sl_expr_copy(b->arena, expr), &b->typing, out, b->err);
}

/* Items of a node and the program for those that are not plain copies. */
typedef struct item_list {
  sl_plan_item *items;
  const sl_typed **typed;
  int count, result_count;
} item_list;

static item_list items_new(sl_builder *b, int most) {
  return (item_list){.items = sl_arena_calloc(b->arena, (size_t)most + 1, sizeof(sl_plan_item)),
                     .typed = sl_arena_calloc(b->arena, (size_t)most + 1, sizeof(sl_typed *))};
}

static void add_copy(item_list *list, int slot) {
  list->items[list->count++] = (sl_plan_item){.slot = slot};
}

static const char *shown(sl_builder *b, const sl_typed *typed) {
  sl_buf buf = {0};
  sl_typed_print(&buf, typed);
  const char *text = sl_str_z(b->arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static void add_typed(sl_builder *b, item_list *list, const sl_typed *typed, const sl_expr *expr) {
  sl_plan_item *item = &list->items[list->count++];
  item->slot = sl_typed_slot(typed);
  item->text = sl_arena_printf(b->arena, "%s", sl_expr_text(b->arena, expr));
  if (item->slot >= 0) return;
  item->shown = shown(b, typed);
  item->result = list->result_count;
  list->typed[list->result_count++] = typed;
}

static int add_expr(sl_builder *b, item_list *list, const sl_layout *layout, const sl_expr *expr) {
  const sl_typed *typed = NULL;
  int rc = typed_of(b, layout, expr, &typed);
  if (!rc) add_typed(b, list, typed, expr);
  return rc;
}

int sl_builder_item(sl_builder *b, const sl_layout *layout, const sl_expr *expr, sl_plan_item *item,
                    const sl_typed **typed) {
  item_list list = {.items = item, .typed = typed};
  *typed = NULL;
  return add_expr(b, &list, layout, expr);
}

int sl_builder_program(sl_builder *b, const sl_typed *const *typed, int count, const sl_program **out) {
  *out = NULL;
  int rc = count ? sl_program_build(b->arena, typed, count, out, b->err) : 0;
  if (!rc && *out) sl_vec_push(&b->programs, (void *)(uintptr_t)*out);
  return rc;
}

/* ---- columns and codecs ---- */

sl_column *sl_builder_columns(sl_builder *b, const sl_layout *layout, int from, int to, sl_column_kind kind) {
  sl_column *columns = sl_arena_calloc(b->arena, (size_t)(to - from) + 1, sizeof *columns);
  for (int i = from; i < to; i++)
    columns[i - from] = (sl_column){.name = layout->slots[i].name, .type = layout->slots[i].type, .kind = kind};
  return columns;
}

static sl_plan_codec codec_of_source(sl_builder *b, const sl_source *source) {
  sl_plan_codec codec = {.key_format = sl_format_spec_copy(b->arena, &source->key_format),
                         .value_format = sl_format_spec_copy(b->arena, &source->value_format),
                         .window = source->window,
                         .window_size = source->window_size};
  codec.key_columns = sl_columns_of(b->arena, &source->schema, SL_COLUMN_KEY, &codec.key_count);
  codec.value_columns = sl_columns_of(b->arena, &source->schema, SL_COLUMN_VALUE, &codec.value_count);
  return codec;
}

static const sl_plan_topic *topic_of_source(sl_builder *b, const sl_source *source, int32_t partitions) {
  sl_plan_topic *topic = sl_arena_zalloc(b->arena, sizeof *topic);
  topic->name = sl_str_dup(b->arena, source->topic);
  topic->id = source->topic_id;
  topic->partitions = partitions;
  return topic;
}

/* ---- source ---- */

static void set_timestamp(sl_builder *b, const sl_logical_source *step, sl_plan_source *node) {
  const sl_source *source = step->from->source;
  node->timestamp_slot = -1;
  if (!step->timestamp_column.len) return;
  node->timestamp_slot = sl_layout_find(&node->base.layout, step->timestamp_column);
  node->timestamp_format = sl_str_dup(b->arena, source->timestamp_format);
  node->timestamp_fail = sl_settings_bool(b->planning->settings, "ksql.timestamp.throw.on.invalid");
}

static sl_offset_reset reset_of(const sl_builder *b, sl_source_kind kind) {
  sl_str reset = sl_settings_str(b->planning->settings, "ksql.streams.auto.offset.reset");
  if (!reset.len) return kind == SL_TABLE ? SL_RESET_EARLIEST : SL_RESET_LATEST;
  return sl_str_eq_z(reset, "earliest") ? SL_RESET_EARLIEST : SL_RESET_LATEST;
}

/* Slots of the node in out: all key columns, and what else is read. */
static const sl_source_slot *fill_slots(sl_builder *b, const sl_logical_source *step, sl_built *out) {
  const sl_layout *all = &step->base.layout;
  sl_source_slot *slots = sl_arena_calloc(b->arena, (size_t)all->count + 1, sizeof *slots);
  sl_slot_writer w = sl_writer_new(b, all->count);
  for (int i = 0; i < all->count; i++) {
    bool stamp = step->timestamp_column.len && sl_str_eq(all->slots[i].name, step->timestamp_column);
    bool needed = step->base.needed[i] || stamp;
    if (!needed && i >= all->key_count) continue;
    sl_source_slot *slot = &slots[w.count];
    *slot = step->slots[i];
    if (slot->header_key.ptr) slot->header_key = sl_str_dup(b->arena, slot->header_key);
    slot->needed = needed;
    sl_writer_add(&w, &step->base, i);
  }
  sl_writer_finish(&w, all->key_count, out);
  return slots;
}

static sl_plan_access copy_access(sl_arena *arena, const sl_plan_access *from, const sl_schema *table) {
  sl_plan_access out = *from;
  size_t columns = (size_t)sl_schema_count(table, SL_COLUMN_KEY);
  sl_value **keys = sl_arena_calloc(arena, (size_t)from->key_count + 1, sizeof *keys);
  for (int k = 0; k < from->key_count; k++) {
    keys[k] = sl_arena_calloc(arena, columns + 1, sizeof **keys);
    for (size_t i = 0; i < columns; i++)
      keys[k][i] = sl_value_copy(arena, sl_schema_nth(table, SL_COLUMN_KEY, (int)i)->type, &from->keys[k][i]);
  }
  out.keys = (const sl_value *const *)keys;
  return out;
}

static int build_state_scan(sl_builder *b, const sl_logical_source *step, sl_built *out) {
  sl_plan_state_scan *node = sl_builder_node(b, SL_PLAN_STATE_SCAN, sizeof *node, &step->base, step->base.context);
  out->node = &node->base;
  node->slots = fill_slots(b, step, out);
  node->table = sl_schema_copy(b->arena, &step->from->source->schema);
  node->key_count = sl_schema_count(&node->table, SL_COLUMN_KEY);
  node->value_count = sl_schema_count(&node->table, SL_COLUMN_VALUE);
  node->access = copy_access(b->arena, step->state, &node->table);
  b->plan->state = node;
  return 0;
}

static int build_source(sl_builder *b, sl_logical_source *step, sl_built *out) {
  if (step->state) return build_state_scan(b, step, out);
  const sl_source *source = step->from->source;
  int32_t partitions = 0;
  if (!sl_planning_topic(b->planning, source->topic, &partitions, NULL))
    return sl_err_set(b->err, SL_E_STATEMENT, SL_NO_POS, "Kafka topic does not exist: " SL_STR_FMT,
                      SL_STR_ARG(source->topic));
  sl_plan_source *node = sl_builder_node(b, SL_PLAN_SOURCE, sizeof *node, &step->base, step->base.context);
  out->node = &node->base;
  out->sub = sl_builder_sub(b, partitions);
  out->key_format = sl_format_spec_copy(b->arena, &source->key_format);
  node->topic = topic_of_source(b, source, partitions);
  node->source_version = source->version;
  node->alias = sl_str_dup(b->arena, step->from->alias);
  node->codec = codec_of_source(b, source);
  node->reset = reset_of(b, source->kind);
  node->needs_origin = true; /* a sink passes headers on, a client of a push query goes on from where it was */
  node->slots = fill_slots(b, step, out);
  set_timestamp(b, step, node);
  sl_vec_push(&out->sub->sources, node);
  return 0;
}

/* ---- stores ---- */

/* A store of the non-key slots behind node. */
void sl_builder_table_store(sl_builder *b, const sl_logical *step, const char *name, const char *context,
                            sl_built *out) {
  const sl_layout *layout = &out->reading;
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  store->name = name;
  store->kind = SL_STORE_KEY_VALUE;
  store->count = layout->count - layout->key_count;
  const sl_type **types = sl_arena_calloc(b->arena, (size_t)store->count + 1, sizeof *types);
  sl_str *names = sl_arena_calloc(b->arena, (size_t)store->count + 1, sizeof *names);
  for (int i = 0; i < store->count; i++) {
    types[i] = layout->slots[layout->key_count + i].type;
    names[i] = layout->slots[layout->key_count + i].name;
  }
  store->types = types;
  store->names = names;
  store->key_format = out->key_format;
  store->key_columns = sl_builder_columns(b, layout, 0, layout->key_count, SL_COLUMN_KEY);
  store->key_count = layout->key_count;
  store->window = step->window;
  store->window_size = store->key_window_size = step->window_size;
  store->cached = true;
  sl_builder_store(b, out->sub, store);
  sl_plan_table_store *node = sl_builder_node(b, SL_PLAN_TABLE_STORE, sizeof *node, step, context);
  node->store = store;
  node->base.layout = *layout;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
}

/* Rewrite rule: a table is kept only where a step behind it reads what a row was before its change. */
static bool reads_old(const sl_logical *last, const sl_logical *source) {
  for (const sl_logical *step = last; step != source; step = step->input)
    if (step->kind == SL_LOGICAL_FILTER || step->kind == SL_LOGICAL_GROUP) return true;
  return false;
}

/* ---- operators ---- */

int sl_builder_filter(sl_builder *b, const sl_logical *step, const sl_expr *predicate, sl_built *out) {
  const sl_typed *typed = NULL;
  int rc = typed_of(b, &out->reading, predicate, &typed);
  if (rc) return rc;
  sl_plan_filter *node = sl_builder_node(b, SL_PLAN_FILTER, sizeof *node, step, step->context);
  node->base.layout = out->node->layout;
  node->text = sl_arena_printf(b->arena, "%s", sl_expr_text(b->arena, predicate));
  node->shown = shown(b, typed);
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
  return sl_builder_program(b, &typed, 1, &node->predicate);
}

static int build_filter(sl_builder *b, const sl_logical_filter *step, sl_built *out) {
  return sl_builder_filter(b, &step->base, step->predicate, out);
}

static bool reads_values(sl_builder *b, const sl_typed *typed, const sl_layout *layout) {
  bool *used = sl_arena_calloc(b->arena, (size_t)layout->count + 1, sizeof *used);
  sl_typed_slots(typed, used);
  for (int i = layout->key_count; i < layout->count; i++)
    if (used[i]) return true;
  return false;
}

static int build_rekey(sl_builder *b, const sl_logical_rekey *step, sl_built *out) {
  const sl_layout reading = out->reading;
  sl_plan_select_key *node = sl_builder_node(b, SL_PLAN_SELECT_KEY, sizeof *node, &step->base, step->base.context);
  sl_plan_node *input = out->node;
  sl_slot_writer w = sl_writer_new(b, step->base.layout.count);
  item_list items = items_new(b, step->base.layout.count);
  bool *uses_value = sl_arena_calloc(b->arena, (size_t)step->key_count + 1, sizeof *uses_value);
  for (int i = 0; i < step->key_count; i++) {
    const sl_typed *typed = NULL;
    int rc = typed_of(b, &reading, step->keys[i], &typed);
    if (rc) return rc;
    uses_value[i] = reads_values(b, typed, &reading);
    add_typed(b, &items, typed, step->keys[i]);
    sl_writer_add(&w, &step->base, i);
  }
  for (int i = step->key_count; i < step->base.layout.count; i++) {
    if (!step->base.needed[i]) continue;
    add_copy(&items, sl_layout_find(&reading, step->base.layout.slots[i].name));
    sl_writer_add(&w, &step->base, i);
  }
  node->items = items.items;
  node->uses_value = uses_value;
  node->no_key = step->key_count == 0;
  out->node = &node->base;
  sl_writer_finish(&w, step->key_count, out);
  sl_builder_link(b, input, &node->base, 0);
  return sl_builder_program(b, items.typed, items.result_count, &node->program);
}

static int build_explode(sl_builder *b, const sl_logical_explode *step, sl_built *out) {
  const sl_layout reading = out->reading;
  sl_plan_explode *node = sl_builder_node(b, SL_PLAN_EXPLODE, sizeof *node, &step->base, step->base.context);
  const sl_table_call **calls = sl_arena_calloc(b->arena, (size_t)step->call_count + 1, sizeof *calls);
  sl_vec args = {.arena = b->arena};
  for (int i = 0; i < step->call_count; i++) {
    const sl_expr *call = step->calls[i];
    const sl_typed **typed = sl_arena_calloc(b->arena, (size_t)call->count + 1, sizeof *typed);
    int rc = 0, count = 0;
    for (int a = 0; !rc && a < call->count; a++) rc = typed_of(b, &reading, call->args[a], &typed[a]);
    if (!rc)
      rc = sl_table_call_build(b->arena, sl_str_dup(b->arena, call->name), typed, call->count, call->pos, &calls[i],
                               b->err);
    if (rc) return rc;
    const sl_typed *const *cast = sl_table_call_args(calls[i], &count);
    for (int a = 0; a < count; a++) sl_vec_push(&args, (void *)(uintptr_t)cast[a]);
  }
  /* the input's slots as they are, then the calls' */
  sl_slot_writer w = sl_writer_new(b, reading.count + step->call_count);
  memcpy(w.slots, out->node->layout.slots, (size_t)reading.count * sizeof *w.slots);
  memcpy(w.reading, reading.slots, (size_t)reading.count * sizeof *w.reading);
  w.count = reading.count;
  for (int i = 0; i < step->call_count; i++)
    sl_writer_add(&w, &step->base, step->base.layout.count - step->call_count + i);
  node->calls = calls;
  node->call_count = step->call_count;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
  sl_writer_finish(&w, reading.key_count, out);
  return sl_builder_program(b, (const sl_typed *const *)args.items, (int)args.len, &node->args);
}

/* ---- GROUP BY ---- */

static int build_group_key(sl_builder *b, const sl_logical_group *step, sl_built *out) {
  const sl_layout reading = out->reading;
  int count = step->key_count + step->argument_count;
  sl_plan_group_key *node = sl_builder_node(b, SL_PLAN_GROUP_KEY, sizeof *node, &step->base, step->base.context);
  item_list items = items_new(b, count);
  sl_slot_writer w = sl_writer_new(b, count);
  for (int i = 0; i < count; i++) {
    const sl_expr *expr = i < step->key_count ? step->keys[i] : step->arguments[i - step->key_count];
    int rc = add_expr(b, &items, &reading, expr);
    if (rc) return rc;
    sl_writer_add(&w, &step->base, i);
  }
  node->items = items.items;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
  sl_writer_finish(&w, step->key_count, out);
  return sl_builder_program(b, items.typed, items.result_count, &node->program);
}

sl_plan_source *sl_builder_internal_source(sl_builder *b, const sl_logical *step, const sl_layout *layout,
                                           const sl_plan_topic *topic, const sl_plan_codec *codec,
                                           sl_sub_builder *sub) {
  sl_plan_source *source = sl_builder_node(b, SL_PLAN_SOURCE, sizeof *source, step, step->context);
  sl_source_slot *slots = sl_arena_calloc(b->arena, (size_t)layout->count + 1, sizeof *slots);
  for (int i = 0; i < layout->count; i++)
    slots[i] = (sl_source_slot){.origin = i < layout->key_count ? SL_SLOT_KEY : SL_SLOT_VALUE,
                                .column = i < layout->key_count ? i : i - layout->key_count,
                                .needed = true};
  source->base.layout = *layout;
  source->topic = topic;
  source->codec = *codec;
  source->slots = slots;
  source->reset = SL_RESET_EARLIEST;
  source->timestamp_slot = -1;
  source->needs_origin = b->plan->persistent;
  source->alias = topic->name;
  sl_vec_push(&sub->sources, source);
  return source;
}

/* Ends the sub-topology: rows go to an internal topic, from which the next one reads them. */
void sl_builder_move(sl_builder *b, const sl_logical *step, const char *operation, const sl_format_spec *key_format,
                     sl_built *out) {
  const sl_layout layout = out->node->layout;
  sl_plan_codec codec = {.value_format = sl_format_spec_copy(b->arena, b->value_format),
                         .native = true,
                         .window = step->window,
                         .window_size = step->window_size};
  codec.key_columns = sl_builder_columns(b, &layout, 0, layout.key_count, SL_COLUMN_KEY);
  codec.key_count = layout.key_count;
  codec.value_columns = sl_builder_columns(b, &layout, layout.key_count, layout.count, SL_COLUMN_VALUE);
  codec.value_count = layout.count - layout.key_count;
  codec.key_format = sl_spec_internal_key(b->planning, b->arena, key_format, codec.key_columns, codec.key_count);
  const char *suffix = sl_arena_printf(b->arena, "%s-repartition", operation);
  const sl_plan_topic *topic = sl_builder_passage(b, suffix, out->sub->tasks);

  sl_plan_sink *sink = sl_builder_node(b, SL_PLAN_REPARTITION, sizeof *sink, step, step->context);
  sink->base.layout = layout;
  sink->topic = topic;
  sink->codec = codec;
  sink->timestamp_slot = -1;
  sl_builder_link(b, out->node, &sink->base, 0);

  out->sub = sl_builder_sub(b, topic->partitions);
  out->node = &sl_builder_internal_source(b, step, &layout, topic, &codec, out->sub)->base;
  out->key_format = codec.key_format;
}

/* The key changes where it is: the key columns of the node become the key, in the format they would travel in. */
static void stay(sl_builder *b, const sl_format_spec *key_format, sl_built *out) {
  const sl_layout *layout = &out->node->layout;
  const sl_column *columns = sl_builder_columns(b, layout, 0, layout->key_count, SL_COLUMN_KEY);
  out->key_format = sl_spec_internal_key(b->planning, b->arena, key_format, columns, layout->key_count);
}

/* The argument of an aggregate call: a column of the group step, read over the rows that reach the aggregate. */
static int type_argument(sl_builder *b, const sl_logical_group *group, const sl_built *in, const sl_expr *arg,
                         const sl_typed **out) {
  int at = arg->kind == SL_EXPR_COLUMN ? sl_layout_find(&group->base.layout, arg->name) : -1;
  if (group->moves || at < 0) return typed_of(b, &in->reading, arg, out);
  const sl_expr *expr = at < group->key_count ? group->keys[at] : group->arguments[at - group->key_count];
  return typed_of(b, &in->reading, expr, out);
}

static int build_calls(sl_builder *b, const sl_logical_aggregate *step, const sl_built *in, sl_plan_aggregate *node) {
  const sl_logical_group *group = (const sl_logical_group *)step->base.input;
  const sl_agg_call **calls = sl_arena_calloc(b->arena, (size_t)step->call_count + 1, sizeof *calls);
  sl_vec args = {.arena = b->arena};
  for (int i = 0; i < step->call_count; i++) {
    const sl_expr *call = step->calls[i];
    const sl_typed **typed = sl_arena_calloc(b->arena, (size_t)call->count + 1, sizeof *typed);
    int rc = 0, count = 0;
    for (int a = 0; !rc && a < call->count; a++) rc = type_argument(b, group, in, call->args[a], &typed[a]);
    if (!rc)
      rc = sl_agg_call_build(b->arena, sl_str_dup(b->arena, call->name), typed, call->count, call->pos, &calls[i],
                             b->err);
    if (rc) return rc;
    const char *limit = sl_agg_call_limit_setting(calls[i]);
    if (limit && sl_settings_is_set(b->planning->settings, limit))
      calls[i] = sl_agg_call_limited(b->arena, calls[i], sl_settings_int(b->planning->settings, limit));
    const sl_typed *const *cast = sl_agg_call_args(calls[i], &count);
    for (int a = 0; a < count; a++) sl_vec_push(&args, (void *)(uintptr_t)cast[a]);
  }
  node->calls = calls;
  node->call_count = step->call_count;
  return sl_builder_program(b, (const sl_typed *const *)args.items, (int)args.len, &node->args);
}

static const sl_plan_store *aggregate_store(sl_builder *b, const sl_logical_aggregate *step,
                                            const sl_plan_aggregate *node, sl_built *in) {
  static const sl_store_kind kinds[] = {[SL_WINDOW_NONE] = SL_STORE_KEY_VALUE,
                                        [SL_WINDOW_TUMBLING] = SL_STORE_WINDOW,
                                        [SL_WINDOW_HOPPING] = SL_STORE_WINDOW,
                                        [SL_WINDOW_SESSION] = SL_STORE_SESSION};
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  const sl_type **types = sl_arena_calloc(b->arena, (size_t)node->call_count + 1, sizeof *types);
  sl_str *names = sl_arena_calloc(b->arena, (size_t)node->call_count + 1, sizeof *names);
  for (int i = 0; i < node->call_count; i++) {
    types[i] = sl_agg_call_state_type(node->calls[i]);
    names[i] = sl_str_printf(b->arena, "KSQL_AGG_VARIABLE_%d", i);
  }
  store->name = "Aggregate-Aggregate-Materialize";
  store->kind = kinds[step->window];
  store->types = types;
  store->names = names;
  store->count = node->call_count;
  store->key_format = in->key_format;
  store->key_columns = sl_builder_columns(b, &node->base.layout, 0, node->base.layout.key_count, SL_COLUMN_KEY);
  store->key_count = node->base.layout.key_count;
  store->window = step->window;
  store->window_size = step->size;
  store->key_window_size = step->base.window_size;
  store->retention = step->retention;
  store->cached = !step->emit_final;
  sl_builder_store(b, in->sub, store);
  return store;
}

static int build_aggregate(sl_builder *b, const sl_logical_aggregate *step, sl_built *out) {
  sl_plan_aggregate *node = sl_builder_node(b, SL_PLAN_AGGREGATE, sizeof *node, &step->base, step->base.context);
  int rc = build_calls(b, step, out, node);
  if (rc) return rc;
  sl_slot_writer w = sl_writer_new(b, step->base.layout.count);
  for (int i = 0; i < step->base.layout.count; i++) sl_writer_add(&w, &step->base, i);
  sl_plan_node *input = out->node;
  out->node = &node->base;
  sl_writer_finish(&w, step->base.layout.key_count, out);
  sl_builder_link(b, input, &node->base, 0);
  node->store = aggregate_store(b, step, node, out);
  node->undo = step->base.input->table;
  node->window = step->window;
  node->window_size = step->size;
  node->window_advance = step->advance;
  node->window_grace = step->grace;
  node->emit_final = step->emit_final;
  node->emit_interval =
      sl_settings_int(b->planning->settings, "ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__");
  return 0;
}

/* ---- projection and output ---- */

static bool is_identity(const item_list *items, const sl_layout *input) {
  if (items->count != input->count) return false;
  for (int i = 0; i < items->count; i++)
    if (items->items[i].slot != i) return false;
  return true;
}

static int build_project(sl_builder *b, const sl_logical_project *step, sl_built *out) {
  const sl_layout reading = out->reading;
  int count = step->base.layout.count;
  item_list items = items_new(b, count);
  sl_slot_writer w = sl_writer_new(b, count);
  for (int i = 0; i < count; i++) {
    const sl_typed *typed = NULL;
    int rc = typed_of(b, &reading, step->exprs[i], &typed);
    const sl_type *want = step->base.layout.slots[i].type;
    if (!rc && !sl_type_equal(sl_typed_type(typed), want))
      rc = sl_typed_coerce(b->arena, typed, sl_type_copy(b->arena, want), true, &typed, b->err);
    if (rc) return rc;
    add_typed(b, &items, typed, step->exprs[i]);
    sl_writer_add(&w, &step->base, i);
  }
  int keys = step->base.layout.key_count;
  bool same_key = keys == reading.key_count || !b->plan->persistent;
  if (is_identity(&items, &reading) && same_key) { /* nothing to do but new names */
    out->reading = (sl_layout){w.slots, w.count, keys};
    return 0;
  }
  sl_plan_project *node = sl_builder_node(b, SL_PLAN_PROJECT, sizeof *node, &step->base, step->base.context);
  node->items = items.items;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
  sl_writer_finish(&w, keys, out);
  return sl_builder_program(b, items.typed, items.result_count, &node->program);
}

static void build_sink(sl_builder *b, const sl_logical_output *step, sl_built *out) {
  const sl_source *sink = step->sink;
  int32_t partitions = 0;
  sl_plan_sink *node = sl_builder_node(b, SL_PLAN_SINK, sizeof *node, &step->base, step->base.context);
  node->base.layout = out->reading;
  (void)sl_planning_topic(b->planning, sink->topic, &partitions, NULL);
  node->topic = topic_of_source(b, sink, step->partitions ? step->partitions : partitions);
  node->codec = codec_of_source(b, sink);
  node->timestamp_slot = -1;
  if (sink->timestamp_column.len) {
    node->timestamp_slot = sl_layout_find(&node->base.layout, sink->timestamp_column);
    node->timestamp_format = sl_str_dup(b->arena, sink->timestamp_format);
  }
  node->no_key = node->codec.key_count == 0;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
}

static void build_response(sl_builder *b, const sl_logical_output *step, sl_built *out) {
  const sl_logical_project *project = (const sl_logical_project *)step->base.input;
  sl_plan_response *node = sl_builder_node(b, SL_PLAN_RESPONSE, sizeof *node, &step->base, step->base.context);
  node->base.layout = out->reading;
  node->has_limit = step->has_limit;
  node->limit = step->limit;
  bool *is_key = sl_arena_calloc(b->arena, (size_t)out->reading.count + 1, sizeof *is_key);
  memcpy(is_key, project->is_key, (size_t)out->reading.count * sizeof *is_key);
  node->is_key = is_key;
  sl_builder_link(b, out->node, &node->base, 0);
  out->node = &node->base;
}

/* ---- the walk ---- */

/* The rows of a foreign-key join do not say what they were before. */
static bool forgets_old(const sl_logical *step) {
  const sl_logical_join *join = sl_logical_join_of(step);
  return join && join->info->foreign;
}

/* Rows that find their group in another task go there through a topic; where there is one task they are there already.
 * A sink that takes its time from a column gives tombstones the task's own time, which a sub-topology of its own keeps
 * to the rows that are grouped. */
static bool groups_elsewhere(const sl_builder *b, const sl_logical *last, const sl_built *in) {
  const sl_logical_output *output = (const sl_logical_output *)last;
  return b->planning->rules < 2 || in->sub->tasks > 1 || (output->sink && output->sink->timestamp_column.len);
}

int sl_builder_step(sl_builder *b, sl_logical *last, sl_logical *step, sl_built *out) {
  if (step->kind == SL_LOGICAL_JOIN) return sl_builder_join(b, (sl_logical_join *)step, out);
  int rc = step->input ? sl_builder_step(b, last, step->input, out) : 0;
  if (rc) return rc;
  switch (step->kind) {
  case SL_LOGICAL_SOURCE:
    rc = build_source(b, (sl_logical_source *)step, out);
    if (!rc && step->table && last && reads_old(last, step))
      sl_builder_table_store(b, step, "KsqlTopic-Reduce", "KsqlTopic.Reduce", out);
    return rc;
  case SL_LOGICAL_FILTER: return build_filter(b, (sl_logical_filter *)step, out);
  case SL_LOGICAL_REKEY: return build_rekey(b, (sl_logical_rekey *)step, out);
  case SL_LOGICAL_EXPLODE: return build_explode(b, (sl_logical_explode *)step, out);
  case SL_LOGICAL_GROUP:
    if (!((sl_logical_group *)step)->moves) return 0;
    if (forgets_old(step->input)) /* the group undoes what a row was */
      sl_builder_table_store(b, step->input, "Aggregate-Prepare-Last", "Aggregate.Prepare", out);
    rc = build_group_key(b, (sl_logical_group *)step, out);
    if (rc) return rc;
    if (groups_elsewhere(b, last, out))
      sl_builder_move(b, step, "Aggregate-GroupBy", b->key_format, out);
    else
      stay(b, b->key_format, out);
    return 0;
  case SL_LOGICAL_AGGREGATE: return build_aggregate(b, (sl_logical_aggregate *)step, out);
  case SL_LOGICAL_PROJECT: return build_project(b, (sl_logical_project *)step, out);
  case SL_LOGICAL_JOIN:
  case SL_LOGICAL_OUTPUT: break; /* done above; added by the caller */
  }
  return 0;
}

/* A table that is only projected is kept under its result, for lookups. */
static bool keeps_result(const sl_logical *last) {
  bool aggregate = false;
  for (const sl_logical *step = last; step; step = step->input) aggregate |= step->kind == SL_LOGICAL_AGGREGATE;
  return last->table && !aggregate && ((const sl_logical_output *)last)->sink;
}

static const sl_type *custom_type(void *ctx, sl_str name) {
  const sl_builder *b = ctx;
  const sl_custom_type *type = sl_snapshot_type(b->planning->snapshot, name);
  return type ? sl_type_copy(b->arena, type->type) : NULL;
}

static const sl_logical_source *first_step(const sl_logical *last) {
  while (last->input) last = last->input;
  return (const sl_logical_source *)last;
}

/* In the answer of a pull query on a table, whatever is named like a key column or a window's bound counts as key. */
static bool named_like_key(const sl_logical_source *first, sl_str name) {
  const sl_source *source = first->from->source;
  int at = sl_schema_find(&source->schema, name);
  bool bound = sl_str_eq_z(name, "WINDOWSTART") || sl_str_eq_z(name, "WINDOWEND");
  return (at >= 0 && source->schema.columns[at].kind == SL_COLUMN_KEY) || (bound && source->window != SL_WINDOW_NONE);
}

static sl_schema result_schema(sl_builder *b, const sl_logical_output *last) {
  if (last->sink) return sl_schema_copy(b->arena, &last->sink->schema);
  const sl_layout *layout = &last->base.layout;
  const sl_logical_source *first = first_step(&last->base);
  if (last->keep) return sl_schema_copy(b->arena, &first->from->source->schema);
  sl_column *columns = sl_arena_calloc(b->arena, (size_t)layout->count + 1, sizeof *columns);
  for (int i = 0; i < layout->count; i++)
    columns[i] = (sl_column){.name = sl_str_dup(b->arena, layout->slots[i].name),
                             .type = sl_type_copy(b->arena, layout->slots[i].type),
                             .kind = first->state && named_like_key(first, layout->slots[i].name) ? SL_COLUMN_KEY
                                                                                                  : SL_COLUMN_VALUE};
  return (sl_schema){columns, layout->count};
}

int sl_physical_build(const sl_planning *planning, sl_logical *last, sl_str query_id, uint64_t query_number,
                      sl_plan **out, sl_err *err) {
  int rc = sl_logical_mark_needed(planning, last, err);
  if (rc) return rc;
  const sl_logical_output *output = (const sl_logical_output *)last;
  sl_arena *arena = sl_arena_new(0);
  sl_plan *plan = sl_arena_zalloc(arena, sizeof *plan);
  plan->arena = arena;
  plan->refs = 1;
  plan->query_id = sl_str_dup(arena, query_id);
  plan->query_number = query_number;
  plan->persistent = output->sink || output->keep;
  sl_builder b = {.planning = planning,
                  .arena = arena,
                  .plan = plan,
                  .subs = {.arena = arena},
                  .topics = {.arena = arena},
                  .programs = {.arena = arena},
                  .key_format = &first_step(last)->from->source->key_format,
                  .value_format = &first_step(last)->from->source->value_format,
                  .err = err};
  sl_planning_typing(planning, &b.typing);
  b.typing.custom_type = custom_type;
  b.typing.custom_ctx = &b;
  plan->nested_null = b.typing.nested_null;
  plan->schema = result_schema(&b, output);
  sl_built built = {0};
  rc = sl_builder_step(&b, last, last->input, &built);
  if (!rc && output->keep) sl_builder_table_store(&b, last->input, "KsqlTopic-Reduce", "KsqlTopic.Reduce", &built);
  if (!rc && keeps_result(last)) sl_builder_table_store(&b, last->input, "Project-Last", "Project.Last", &built);
  if (!rc && output->sink) build_sink(&b, output, &built);
  if (!rc && !output->sink && !output->keep) build_response(&b, output, &built);
  plan->programs = (const sl_program **)b.programs.items;
  plan->program_count = (int)b.programs.len;
  if (rc) {
    sl_plan_unref(plan);
    return rc;
  }
  plan->last = built.node;
  sl_builder_finish(&b, last);
  *out = plan;
  return 0;
}
