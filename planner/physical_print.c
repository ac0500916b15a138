/* Texts of a physical plan: sub-topologies with their operators, stores and topics for EXPLAIN and golden tests. */
#include "planner/physical.h"

static void indent(sl_buf *out, int depth) {
  for (int i = 0; i < depth; i++) sl_buf_add_z(out, "  ");
}

void sl_print_layout(sl_buf *out, const sl_layout *layout) {
  sl_buf_add_byte(out, '[');
  for (int i = 0; i < layout->count; i++) {
    sl_column column = {.name = layout->slots[i].name,
                        .type = layout->slots[i].type,
                        .kind = i < layout->key_count ? SL_COLUMN_KEY : SL_COLUMN_VALUE};
    if (i) sl_buf_add_z(out, ", ");
    sl_column_print(out, &column);
  }
  sl_buf_add_byte(out, ']');
}

/* ---- what is particular to a node ---- */

static void print_source(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_source *source = (const sl_plan_source *)node;
  sl_buf_printf(out, " " SL_STR_FMT ", key " SL_STR_FMT, SL_STR_ARG(source->topic->name),
                SL_STR_ARG(source->codec.key_format.name));
  if (source->codec.native)
    sl_buf_add_z(out, ", native values");
  else
    sl_buf_printf(out, ", value " SL_STR_FMT, SL_STR_ARG(source->codec.value_format.name));
  sl_buf_printf(out, ", from %s", source->reset == SL_RESET_EARLIEST ? "earliest" : "latest");
  if (source->timestamp_slot >= 0)
    sl_buf_printf(out, ", time from " SL_STR_FMT, SL_STR_ARG(node->layout.slots[source->timestamp_slot].name));
  bool any = false;
  for (int i = 0; i < node->layout.count; i++) {
    if (source->slots[i].needed) continue;
    sl_buf_add_z(out, any ? ", " : ", not decoded: ");
    sl_buf_add_str(out, node->layout.slots[i].name);
    any = true;
  }
}

static void print_sink(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_sink *sink = (const sl_plan_sink *)node;
  sl_str key = sink->no_key ? sl_str_of("none") : sink->codec.key_format.name;
  sl_buf_printf(out, " " SL_STR_FMT ", key " SL_STR_FMT, SL_STR_ARG(sink->topic->name), SL_STR_ARG(key));
  if (sink->codec.native)
    sl_buf_add_z(out, ", native values");
  else
    sl_buf_printf(out, ", value " SL_STR_FMT, SL_STR_ARG(sink->codec.value_format.name));
  if (sink->timestamp_slot >= 0)
    sl_buf_printf(out, ", time from " SL_STR_FMT, SL_STR_ARG(node->layout.slots[sink->timestamp_slot].name));
  if (sink->addressed) sl_buf_add_z(out, ", partition from #0");
}

static void print_filter(sl_buf *out, const sl_plan_node *node) {
  sl_buf_printf(out, " %s", ((const sl_plan_filter *)node)->shown);
}

static void print_items(sl_buf *out, const sl_plan_node *node, const sl_plan_item *items) {
  sl_buf_add_byte(out, ' ');
  for (int i = 0; i < node->layout.count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    if (items[i].slot >= 0)
      sl_buf_printf(out, "#%d", items[i].slot);
    else
      sl_buf_printf(out, "%s", items[i].shown);
  }
}

static void print_project(sl_buf *out, const sl_plan_node *node) {
  print_items(out, node, ((const sl_plan_project *)node)->items);
}

static void print_select_key(sl_buf *out, const sl_plan_node *node) {
  print_items(out, node, ((const sl_plan_select_key *)node)->items);
}

static void print_group_key(sl_buf *out, const sl_plan_node *node) {
  print_items(out, node, ((const sl_plan_group_key *)node)->items);
}

static void print_table_store(sl_buf *out, const sl_plan_node *node) {
  sl_buf_printf(out, " in %s", ((const sl_plan_table_store *)node)->store->name);
}

static void print_explode(sl_buf *out, const sl_plan_node *node) {
  sl_buf_printf(out, " %d", ((const sl_plan_explode *)node)->call_count);
}

static void print_aggregate(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_aggregate *aggregate = (const sl_plan_aggregate *)node;
  for (int i = 0; i < aggregate->call_count; i++) {
    sl_buf_add_z(out, i ? ", " : " ");
    sl_agg_call_print(out, aggregate->calls[i]);
  }
  sl_buf_printf(out, " in %s", aggregate->store->name);
  if (aggregate->undo) sl_buf_add_z(out, ", with undo");
  if (aggregate->window == SL_WINDOW_NONE) return;
  sl_buf_printf(out, ", %s %lld ms", sl_window_word(aggregate->window), (long long)aggregate->window_size);
  if (aggregate->window == SL_WINDOW_HOPPING) sl_buf_printf(out, " by %lld ms", (long long)aggregate->window_advance);
  sl_buf_printf(out, ", grace %lld ms", (long long)aggregate->window_grace);
  if (aggregate->emit_final) sl_buf_add_z(out, ", final only");
}

static void print_state_scan(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_access *access = &((const sl_plan_state_scan *)node)->access;
  if (!access->scan) sl_buf_printf(out, " of %d key%s", access->key_count, access->key_count == 1 ? "" : "s");
}

static void print_response(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_response *response = (const sl_plan_response *)node;
  if (response->has_limit) sl_buf_printf(out, " limit %lld", (long long)response->limit);
}

static void print_subscribe(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_subscribe *subscribe = (const sl_plan_subscribe *)node;
  if (subscribe->item->slot >= 0) sl_buf_printf(out, " to #%d", subscribe->item->slot);
  if (subscribe->item->slot < 0) sl_buf_printf(out, " to %s", subscribe->item->text);
  sl_buf_add_z(out, subscribe->optional ? ", left" : ", inner");
}

static void print_answer(sl_buf *out, const sl_plan_node *node) {
  const sl_plan_answer *answer = (const sl_plan_answer *)node;
  sl_buf_printf(out, " from %s, subscriptions in %s", answer->right->name, answer->subscriptions->name);
}

static void print_join(sl_buf *out, const sl_plan_node *node) {
  static const char *const kinds[] = {
      [SL_JOIN_INNER] = "inner", [SL_JOIN_LEFT] = "left", [SL_JOIN_RIGHT] = "right", [SL_JOIN_OUTER] = "outer"};
  const sl_plan_join *join = (const sl_plan_join *)node;
  sl_buf_printf(out, " %s, ", kinds[join->kind]);
  for (int i = 0; i < node->layout.count; i++) {
    const sl_join_item *item = &join->items[i];
    sl_buf_add_z(out, i ? ", " : "");
    if (item->side < 0)
      sl_buf_printf(out, "key#%d", item->slot);
    else
      sl_buf_printf(out, "%s#%d", item->side ? "right" : "left", item->slot);
  }
  const sl_plan_store *stores[] = {join->left, join->right, join->pending};
  const char *words = ", in ";
  for (int i = 0; i < 3; i++) {
    if (!stores[i]) continue;
    sl_buf_printf(out, "%s%s", words, stores[i]->name);
    words = ", ";
  }
  if (node->kind != SL_PLAN_JOIN_STREAMS) return;
  sl_buf_printf(out, ", before %lld ms, after %lld ms, grace %lld ms", (long long)join->before, (long long)join->after,
                (long long)join->grace);
  if (join->hold_unmatched && join->kind != SL_JOIN_INNER) sl_buf_add_z(out, ", unmatched rows when closed");
}

static void (*const printers[SL_PLAN_KIND_COUNT])(sl_buf *out, const sl_plan_node *node) = {
    [SL_PLAN_SOURCE] = print_source,
    [SL_PLAN_TABLE_STORE] = print_table_store,
    [SL_PLAN_FILTER] = print_filter,
    [SL_PLAN_PROJECT] = print_project,
    [SL_PLAN_SELECT_KEY] = print_select_key,
    [SL_PLAN_EXPLODE] = print_explode,
    [SL_PLAN_GROUP_KEY] = print_group_key,
    [SL_PLAN_AGGREGATE] = print_aggregate,
    [SL_PLAN_REPARTITION] = print_sink,
    [SL_PLAN_SINK] = print_sink,
    [SL_PLAN_STATE_SCAN] = print_state_scan,
    [SL_PLAN_RESPONSE] = print_response,
    [SL_PLAN_JOIN_STREAMS] = print_join,
    [SL_PLAN_JOIN_TABLE] = print_join,
    [SL_PLAN_JOIN_TABLES] = print_join,
    [SL_PLAN_JOIN_FOREIGN] = print_join,
    [SL_PLAN_FOREIGN_SUBSCRIBE] = print_subscribe,
    [SL_PLAN_FOREIGN_ANSWER] = print_answer,
};

/* Nodes with two inputs, which are printed with their name. */
static bool is_join(const sl_plan_node *node) {
  return node->kind == SL_PLAN_JOIN_STREAMS || node->kind == SL_PLAN_JOIN_TABLE || node->kind == SL_PLAN_JOIN_TABLES ||
         node->kind == SL_PLAN_FOREIGN_ANSWER;
}

/* What is behind one with two inputs stands under its left one, the right one only points to it. */
static void print_node(sl_buf *out, const sl_plan_node *node, int port, int depth) {
  indent(out, depth);
  if (is_join(node) && port) {
    sl_buf_printf(out, "TO THE RIGHT OF %s %s\n", sl_plan_kind_label(node->kind), node->name);
    return;
  }
  sl_buf_add_z(out, sl_plan_kind_label(node->kind));
  if (is_join(node)) sl_buf_printf(out, " %s", node->name);
  if (printers[node->kind]) printers[node->kind](out, node);
  sl_buf_add_byte(out, ' ');
  sl_print_layout(out, &node->layout);
  sl_buf_add_byte(out, '\n');
  for (int i = 0; i < node->next_count; i++)
    print_node(out, node->next[i], node->next_ports ? node->next_ports[i] : 0, depth + 1);
}

/* ---- stores and topics ---- */

void sl_print_store(sl_buf *out, const sl_plan_store *store) {
  static const char *const kinds[] = {"key value", "window", "session", "subscriptions"};
  sl_buf_printf(out, "STORE %s (%s, key " SL_STR_FMT ") [", store->name, kinds[store->kind],
                SL_STR_ARG(store->key_format.name));
  for (int i = 0; i < store->key_count; i++) {
    sl_column_print(out, &store->key_columns[i]);
    if (i + 1 < store->key_count || store->count) sl_buf_add_z(out, ", ");
  }
  for (int i = 0; i < store->count; i++) {
    sl_column column = {.name = store->names[i], .type = store->types[i], .kind = SL_COLUMN_VALUE};
    if (i) sl_buf_add_z(out, ", ");
    sl_column_print(out, &column);
  }
  sl_buf_add_byte(out, ']');
  if (store->kind == SL_STORE_WINDOW || store->kind == SL_STORE_SESSION)
    sl_buf_printf(out, " size %lld ms, retention %lld ms", (long long)store->window_size, (long long)store->retention);
  if (store->changelog) sl_buf_printf(out, " -> " SL_STR_FMT, SL_STR_ARG(store->changelog->name));
}

static void print_topic(sl_buf *out, const sl_plan_topic *topic) {
  sl_buf_printf(out, "TOPIC " SL_STR_FMT " (%d partitions", SL_STR_ARG(topic->name), (int)topic->partitions);
  for (int i = 0; i < topic->setting_count; i++)
    sl_buf_printf(out, ", " SL_STR_FMT "=" SL_STR_FMT, SL_STR_ARG(topic->settings[i].name),
                  SL_STR_ARG(topic->settings[i].value));
  sl_buf_add_byte(out, ')');
}

sl_str sl_plan_physical_text(sl_arena *arena, const sl_plan *plan) {
  sl_buf out = {0};
  for (int i = 0; i < plan->sub_count; i++) {
    const sl_subtopology *sub = &plan->subs[i];
    sl_buf_printf(&out, "SUB-TOPOLOGY %d (%d task%s)\n", i, (int)sub->tasks, sub->tasks == 1 ? "" : "s");
    for (int s = 0; s < sub->source_count; s++) print_node(&out, &sub->sources[s]->base, 0, 1);
    for (int s = 0; s < sub->store_count; s++) {
      indent(&out, 1);
      sl_print_store(&out, sub->stores[s]);
      sl_buf_add_byte(&out, '\n');
    }
  }
  if (plan->state) print_node(&out, &plan->state->base, 0, 0);
  for (int i = 0; i < plan->internal_topic_count; i++) {
    print_topic(&out, plan->internal_topics[i]);
    sl_buf_add_byte(&out, '\n');
  }
  sl_str text = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return text;
}
