/* Foreign-key joins of tables in the physical plan. The two tables may have different keys, key formats and partitions:
 * left rows subscribe to right rows through one internal topic, whose keys are the right table's, and answers come back
 * through another to the task they were asked from. The left side's sub-topology goes on behind the join. */
#include "planner/physical.h"

#include "parser/parser.h"

typedef struct foreign {
  sl_builder *b;
  const sl_logical_join *step;
  const sl_join_side *left, *right;
  int number; /* of the first generated name */
} foreign;

/* What every subscribing and answering node needs; node->table is false: messages are facts. */
static void *node_new(const foreign *f, sl_plan_kind kind, size_t size) {
  sl_plan_node *node = sl_builder_node(f->b, kind, size, &f->step->base, f->step->base.context);
  node->table = false;
  return node;
}

/* ---- layouts ---- */

static void add_slot(sl_slot *slots, sl_layout *layout, const char *name, const sl_type *type) {
  slots[layout->count++] = (sl_slot){sl_str_of(name), type};
}

static void add_layout(sl_slot *slots, sl_layout *layout, const sl_slot *from, int count) {
  for (int i = 0; i < count; i++) slots[layout->count++] = from[i];
}

/* key columns first, then the message */
static sl_layout message_layout(const foreign *f, const sl_slot *keys, int key_count) {
  sl_slot *slots = sl_arena_calloc(f->b->arena, (size_t)key_count + SL_MESSAGE_SLOTS, sizeof *slots);
  sl_layout layout = {slots, 0, key_count};
  add_layout(slots, &layout, keys, key_count);
  add_slot(slots, &layout, "LEFT_KEY", &SL_TYPE_BYTES);
  add_slot(slots, &layout, "PARTITION", &SL_TYPE_INTEGER);
  add_slot(slots, &layout, "HASH_HIGH", &SL_TYPE_BIGINT);
  add_slot(slots, &layout, "HASH_LOW", &SL_TYPE_BIGINT);
  add_slot(slots, &layout, "INSTRUCTION", &SL_TYPE_INTEGER);
  return layout;
}

/* keys, the answer, the right row */
static sl_layout answer_layout(const foreign *f, const sl_slot *keys, int key_count) {
  const sl_layout *right = &f->right->built.node->layout;
  sl_slot *slots = sl_arena_calloc(f->b->arena, (size_t)(key_count + SL_ANSWER_SLOTS + right->count), sizeof *slots);
  sl_layout layout = {slots, 0, key_count};
  add_layout(slots, &layout, keys, key_count);
  add_slot(slots, &layout, "HASH_HIGH", &SL_TYPE_BIGINT);
  add_slot(slots, &layout, "HASH_LOW", &SL_TYPE_BIGINT);
  add_slot(slots, &layout, "RESULT", &SL_TYPE_INTEGER);
  add_layout(slots, &layout, right->slots, right->count);
  return layout;
}

/* ---- topics ---- */

/* Keys as the side they lead to keeps them: equal keys are equal bytes, and meet in one partition. */
static sl_plan_codec codec_to(const foreign *f, const sl_join_side *side, const sl_layout *layout) {
  const sl_layout *keys = &side->built.node->layout;
  sl_plan_codec codec = {.key_format = side->built.key_format,
                         .value_format = sl_format_spec_copy(f->b->arena, f->b->value_format),
                         .native = true};
  codec.key_columns = sl_builder_columns(f->b, keys, 0, keys->key_count, SL_COLUMN_KEY);
  codec.key_count = keys->key_count;
  codec.value_columns = sl_builder_columns(f->b, layout, layout->key_count, layout->count, SL_COLUMN_VALUE);
  codec.value_count = layout->count - layout->key_count;
  return codec;
}

static const sl_plan_topic *topic_to(const foreign *f, const sl_join_side *side, const char *name, int number) {
  const char *suffix = sl_arena_printf(f->b->arena, "KTABLE-FK-JOIN-SUBSCRIPTION-%s-%010d-topic", name, number);
  return sl_builder_passage(f->b, suffix, side->built.sub->tasks);
}

/* Sends the rows of from, which carry key bytes, to one side, which reads them as read. */
static sl_plan_source *send(const foreign *f, sl_plan_node *from, const sl_join_side *to, const sl_layout *read,
                            bool addressed, const sl_plan_topic *topic) {
  sl_plan_sink *sink = node_new(f, SL_PLAN_REPARTITION, sizeof *sink);
  sink->base.layout = from->layout;
  sink->topic = topic;
  sink->codec = codec_to(f, to, read);
  sink->own_keys = true;
  sink->addressed = addressed;
  sink->timestamp_slot = -1;
  sl_builder_link(f->b, from, &sink->base, 0);
  sl_plan_source *source = sl_builder_internal_source(f->b, &f->step->base, read, topic, &sink->codec, to->built.sub);
  source->base.table = false;
  return source;
}

/* ---- nodes ---- */

static int build_subscribe(const foreign *f, sl_plan_subscribe **out) {
  sl_builder *b = f->b;
  const sl_built *left = &f->left->built;
  sl_plan_subscribe *node = node_new(f, SL_PLAN_FOREIGN_SUBSCRIBE, sizeof *node);
  sl_plan_item *item = sl_arena_zalloc(b->arena, sizeof *item);
  const sl_typed *typed = NULL;
  int rc = sl_builder_item(b, &left->reading, f->step->info->plain[0], item, &typed);
  if (!rc) rc = sl_builder_program(b, &typed, typed != NULL, &node->program);
  if (rc) return rc;
  item->text = sl_arena_printf(b->arena, "%s", sl_expr_text(b->arena, f->step->info->sides[0]));
  node->item = item;
  node->optional = f->step->info->kind == SL_JOIN_LEFT;
  node->base.layout = message_layout(f, NULL, 0);
  sl_plan_codec *codec = sl_arena_alloc(b->arena, sizeof *codec);
  *codec = codec_to(f, f->right, &node->base.layout);
  node->codec = codec;
  sl_builder_link(b, left->node, &node->base, 0);
  *out = node;
  return 0;
}

static const sl_plan_store *subscriptions(const foreign *f) {
  static const sl_type *const types[] = {&SL_TYPE_INTEGER, &SL_TYPE_BIGINT, &SL_TYPE_BIGINT};
  static const char *const names[] = {"PARTITION", "HASH_HIGH", "HASH_LOW"};
  sl_builder *b = f->b;
  const sl_layout *right = &f->right->built.node->layout;
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  sl_str *texts = sl_arena_calloc(b->arena, SL_SUBSCRIPTION_SLOTS, sizeof *texts);
  for (int i = 0; i < SL_SUBSCRIPTION_SLOTS; i++) texts[i] = sl_str_of(names[i]);
  store->name = sl_arena_printf(b->arena, "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-%010d", f->number + 4);
  store->kind = SL_STORE_SUBSCRIPTION;
  store->types = types;
  store->names = texts;
  store->count = SL_SUBSCRIPTION_SLOTS;
  store->key_format = f->right->built.key_format;
  store->key_columns = sl_builder_columns(b, right, 0, right->key_count, SL_COLUMN_KEY);
  store->key_count = right->key_count;
  sl_builder_store(b, f->right->built.sub, store);
  return store;
}

static sl_plan_answer *build_answer(const foreign *f, sl_plan_source *messages) {
  static const sl_slot partition = {{"PARTITION", 9}, &SL_TYPE_INTEGER};
  sl_plan_answer *node = node_new(f, SL_PLAN_FOREIGN_ANSWER, sizeof *node);
  node->subscriptions = subscriptions(f);
  node->right = sl_builder_store_of(f->right);
  node->base.layout = answer_layout(f, &partition, 1);
  sl_builder_link(f->b, &messages->base, &node->base, 0);
  sl_builder_link(f->b, f->right->built.node, &node->base, 1);
  return node;
}

/* Keys of the result's rows, and nothing else. */
static const sl_plan_store *result_keys(const foreign *f) {
  static const sl_type *const none[1] = {NULL};
  sl_builder *b = f->b;
  const sl_plan_store *left = sl_builder_store_of(f->left);
  sl_plan_store *store = sl_arena_zalloc(b->arena, sizeof *store);
  store->name = sl_arena_printf(b->arena, "KTABLE-FK-JOIN-RESULT-STATE-STORE-%010d", f->number + 11);
  store->types = none;
  store->key_format = left->key_format;
  store->key_columns = left->key_columns;
  store->key_count = left->key_count;
  sl_builder_store(b, f->left->built.sub, store);
  return store;
}

int sl_builder_foreign(sl_builder *b, const sl_logical_join *step, const sl_join_side *sides, sl_built *out) {
  foreign f = {.b = b, .step = step, .left = &sides[0], .right = &sides[1], .number = b->names};
  const sl_layout *left = &f.left->built.node->layout, *right = &f.right->built.node->layout;
  b->names += 13;
  sl_plan_subscribe *subscribe = NULL;
  int rc = build_subscribe(&f, &subscribe);
  if (rc) return rc;
  sl_layout message = message_layout(&f, right->slots, right->key_count);
  sl_plan_source *messages =
      send(&f, &subscribe->base, f.right, &message, false, topic_to(&f, f.right, "REGISTRATION", f.number));
  sl_plan_answer *answer = build_answer(&f, messages);
  sl_layout read = answer_layout(&f, left->slots, left->key_count);
  sl_plan_source *answers =
      send(&f, &answer->base, f.left, &read, true, topic_to(&f, f.left, "RESPONSE", f.number + 8));
  sl_plan_join *node = sl_builder_node(b, SL_PLAN_JOIN_FOREIGN, sizeof *node, &step->base, step->base.context);
  node->kind = step->info->kind;
  node->left = sl_builder_store_of(f.left);
  if (node->kind == SL_JOIN_INNER) node->right = result_keys(&f);
  sl_builder_joined(b, step, sides, false, node, out);
  sl_builder_link(b, &answers->base, &node->base, 0);
  out->sub = f.left->built.sub;
  out->key_format = f.left->built.key_format;
  return 0;
}
