/* FOREIGN_SUBSCRIBE: a change of the left table becomes messages to the right rows that it refers to now and referred
 * to before (semantics.md 3.8). Without a foreign key there is no right row: a message without a key gets an answer
 * without one. Every change gets an answer, since those of earlier ones may be stale when they come. */
#include "executor/codec.h"
#include "executor/foreign.h"
#include "executor/ops.h"
#include "executor/row_items.h"

typedef struct op_subscribe {
  sl_operator op;
  sl_items item; /* the foreign key */
  sl_codec *codec;
  const sl_type **types; /* of the left row behind its key */
  int keys, count;
  sl_buf key, scratch;
  sl_row *out; /* 2 * SL_CHUNK */
  int out_count;
} op_subscribe;

static const sl_plan_subscribe *plan_of(const sl_operator *op) {
  return (const sl_plan_subscribe *)op->node;
}

static void failed(sl_operator *op, int item, const sl_row *row, const sl_err *err) {
  (void)item;
  sl_op_report(op, row, err->message, "Error calculating left join expression: `%s`.", plan_of(op)->item->text);
}

static int subscribe_open(sl_operator *op, sl_err *err) {
  op_subscribe *s = (op_subscribe *)op;
  const sl_plan_subscribe *plan = plan_of(op);
  sl_items_open(&s->item, op, plan->program, plan->item, 1, failed);
  s->keys = op->in->key_count;
  s->count = op->in->count - s->keys;
  s->types = sl_arena_calloc(op->env->query, (size_t)s->count + 1, sizeof *s->types);
  for (int i = 0; i < s->count; i++) s->types[i] = op->in->slots[s->keys + i].type;
  s->out = sl_arena_alloc(op->env->query, 2 * SL_CHUNK * sizeof *s->out);
  return sl_codec_new(plan->codec, sl_str_of(plan->base.name), false, &s->codec, err);
}

static void subscribe_close(sl_operator *op) {
  op_subscribe *s = (op_subscribe *)op;
  sl_items_close(&s->item);
  sl_codec_free(s->codec);
  sl_buf_done(&s->key);
  sl_buf_done(&s->scratch);
}

/* A foreign key's bytes; ptr NULL when it is NULL. */
static int encode(op_subscribe *s, const sl_row *row, const sl_value *key, sl_str *out, sl_err *err) {
  *out = (sl_str){0};
  if (!key || sl_is_null(key)) return 0;
  bool null = false;
  sl_buf_reset(&s->key);
  int rc = sl_codec_encode_key(s->codec, key, &s->key, &null, err);
  if (rc)
    sl_env_report(s->op.env, &(sl_report){.type = SL_REPORT_SERIALIZATION,
                                          .step = s->op.node->name,
                                          .message = err->message ? err->message : "unknown",
                                          .row = row,
                                          .layout = s->op.in,
                                          .is_key = true,
                                          .fatal = true});
  if (rc || null) return rc;
  *out = sl_str_n(sl_arena_dup(s->op.env->arena, s->key.len ? (const void *)s->key.data : "", s->key.len), s->key.len);
  return 0;
}

static void add(op_subscribe *s, const sl_row *left, sl_str key, const sl_value hash[2],
                sl_foreign_instruction instruction) {
  sl_value *values = sl_op_values(&s->op, SL_MESSAGE_SLOTS);
  values[SL_MESSAGE_LEFT_KEY] = sl_of_str(sl_str_n((const char *)left->key, left->key_len));
  values[SL_MESSAGE_PARTITION] = sl_of_i64(s->op.env->partition);
  values[SL_MESSAGE_HASH] = hash[0];
  values[SL_MESSAGE_HASH + 1] = hash[1];
  values[SL_MESSAGE_INSTRUCTION] = sl_of_i64(instruction);
  s->out[s->out_count++] = (sl_row){.timestamp = left->timestamp,
                                    .key = (const uint8_t *)key.ptr,
                                    .key_len = (uint32_t)key.len,
                                    .flags = key.ptr ? 0 : SL_ROW_KEY_ABSENT,
                                    .origin = left->origin,
                                    .values = values};
}

/* One change; before and now are the foreign keys of its sides. */
static void subscribe(op_subscribe *s, const sl_row *row, sl_str before, sl_str now) {
  bool optional = plan_of(&s->op)->optional;
  bool had = row->flags & SL_ROW_HAS_OLD, has = !(row->flags & SL_ROW_VALUE_ABSENT);
  bool moves = had && has && (!before.ptr != !now.ptr || !sl_str_eq(before, now));
  sl_value hash[2];
  sl_foreign_hash(&s->scratch, s->types, s->count, has ? row->values + s->keys : NULL, hash);
  if (!had && !has) return;
  if (!has && !optional && before.ptr) {
    add(s, row, before, hash, SL_FOREIGN_REMOVE_ANSWER);
    return;
  }
  if (before.ptr && (moves || !has)) add(s, row, before, hash, SL_FOREIGN_REMOVE);
  add(s, row, now, hash, optional || moves ? SL_FOREIGN_ANSWER : SL_FOREIGN_ANSWER_FOUND);
}

/* Foreign keys of one side of the rows: out[i] of row i, NULL where that side is absent. */
static void foreign_keys(op_subscribe *s, const sl_row *rows, const uint16_t *sel, int count, bool old,
                         const sl_value **out) {
  uint16_t live[SL_CHUNK], of[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++) {
    uint32_t flags = sl_op_row(rows, sel, i)->flags;
    out[i] = NULL;
    if (old ? !(flags & SL_ROW_HAS_OLD) : (flags & SL_ROW_VALUE_ABSENT) != 0) continue;
    live[n] = sel ? sel[i] : (uint16_t)i;
    of[n++] = (uint16_t)i;
  }
  sl_value *keys = sl_op_values(&s->op, n);
  sl_items_run(&s->item, rows, live, n, old, keys);
  for (int i = 0; i < n; i++) out[of[i]] = &keys[i];
}

static int subscribe_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                             sl_err *err) {
  (void)port;
  op_subscribe *s = (op_subscribe *)op;
  const sl_value *before[SL_CHUNK], *now[SL_CHUNK];
  foreign_keys(s, rows, sel, count, true, before);
  foreign_keys(s, rows, sel, count, false, now);
  s->out_count = 0;
  for (int i = 0; i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    sl_str bytes[2];
    int rc = encode(s, row, before[i], &bytes[0], err);
    if (!rc) rc = encode(s, row, now[i], &bytes[1], err);
    if (rc) return rc;
    subscribe(s, row, bytes[0], bytes[1]);
  }
  int first = s->out_count < SL_CHUNK ? s->out_count : SL_CHUNK;
  int rc = sl_op_emit(op, s->out, NULL, first, err);
  return rc ? rc : sl_op_emit(op, s->out + first, NULL, s->out_count - first, err);
}

const sl_op_class sl_op_foreign_subscribe = {
    .name = "foreign subscribe",
    .size = sizeof(op_subscribe),
    .open = subscribe_open,
    .process = subscribe_process,
    .close = subscribe_close,
};
