/* FOREIGN_ANSWER: left rows' subscriptions to the rows of the right table. A message changes a subscription and is
 * answered with the right row as it is; a change of a right row is answered to each subscriber, in order of their keys'
 * bytes, and to nobody else (semantics.md 3.8). With the write cache a row is what its last flush said. */
#include "executor/join.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_answer {
  sl_operator op;
  sl_joiner out;
  const sl_plan_store *right_plan;
  sl_store *subscriptions, *right;
  int keys; /* of the right row */
} op_answer;

enum { FIRST = 1 }; /* slot behind the partition */

static int answer_open(sl_operator *op, sl_err *err) {
  op_answer *a = (op_answer *)op;
  const sl_plan_answer *plan = (const sl_plan_answer *)op->node;
  if (!op->in_right || op->in_right->count != op->in_right->key_count + plan->right->count)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "The inputs of join %s do not fit its stores.", op->node->name);
  sl_joiner_init(&a->out, op);
  a->right_plan = plan->right;
  a->subscriptions = sl_env_store(op->env, plan->subscriptions);
  a->right = sl_env_store(op->env, plan->right);
  a->keys = op->in_right->key_count;
  return 0;
}

/* The subscriber an answer goes to. */
typedef struct subscriber {
  sl_str key;
  sl_value partition;
  const sl_value *hash;
} subscriber;

/* An answer about a right row: its key columns and, if it is FOUND, the slots behind them. */
static int answer(op_answer *a, const subscriber *to, sl_foreign_result result, const sl_value *keys,
                  const sl_value *values, int64_t timestamp, const sl_origin *origin, sl_err *err) {
  sl_value *out = sl_op_values(&a->op, a->op.node->layout.count), *right = out + FIRST + SL_ANSWER_SLOTS;
  out[0] = to->partition;
  out[FIRST + SL_ANSWER_HASH] = to->hash[0];
  out[FIRST + SL_ANSWER_HASH + 1] = to->hash[1];
  out[FIRST + SL_ANSWER_RESULT] = sl_of_i64(result);
  if (result == SL_RIGHT_FOUND) {
    memcpy(right, keys, (size_t)a->keys * sizeof *right);
    if (a->right_plan->count) memcpy(right + a->keys, values, (size_t)a->right_plan->count * sizeof *right);
  }
  sl_row row = {.timestamp = timestamp,
                .key = (const uint8_t *)to->key.ptr,
                .key_len = (uint32_t)to->key.len,
                .origin = origin,
                .values = out};
  return sl_joiner_add(&a->out, &row, err);
}

/* ---- messages ---- */

static const sl_value *message_of(const sl_operator *op, const sl_row *row) {
  return row->values + op->in->key_count;
}

static int keep(op_answer *a, sl_entry *entry, const sl_row *row, sl_foreign_instruction instruction, sl_err *err) {
  const sl_value *message = message_of(&a->op, row);
  bool remove = instruction == SL_FOREIGN_REMOVE || instruction == SL_FOREIGN_REMOVE_ANSWER;
  const sl_value values[SL_SUBSCRIPTION_SLOTS] = {[SL_SUBSCRIPTION_PARTITION] = message[SL_MESSAGE_PARTITION],
                                                  [SL_SUBSCRIPTION_HASH] = message[SL_MESSAGE_HASH],
                                                  [SL_SUBSCRIPTION_HASH + 1] = message[SL_MESSAGE_HASH + 1]};
  return sl_store_write(a->subscriptions, entry, remove ? NULL : values, row->timestamp, NULL, err);
}

/* entry: of the subscription, right: of the right row; both NULL in a message without a foreign key. */
static int take(op_answer *a, const sl_row *row, sl_entry *entry, const sl_entry *right, sl_err *err) {
  const sl_value *message = message_of(&a->op, row);
  sl_foreign_instruction instruction = (sl_foreign_instruction)message[SL_MESSAGE_INSTRUCTION].i64;
  int rc = entry ? keep(a, entry, row, instruction, err) : 0;
  if (rc || instruction == SL_FOREIGN_REMOVE) return rc;
  sl_store_row found;
  bool met = sl_join_read_flushed(a->op.env, a->right_plan, a->right, right, &found);
  int64_t timestamp = met && found.timestamp > row->timestamp ? found.timestamp : row->timestamp;
  sl_foreign_result result = instruction == SL_FOREIGN_ANSWER_FOUND ? SL_RIGHT_STILL_ABSENT : SL_RIGHT_ABSENT;
  if (met && instruction != SL_FOREIGN_REMOVE_ANSWER) result = SL_RIGHT_FOUND;
  subscriber to = {sl_value_str(&message[SL_MESSAGE_LEFT_KEY]), message[SL_MESSAGE_PARTITION],
                   &message[SL_MESSAGE_HASH]};
  return answer(a, &to, result, row->values, met ? found.values : NULL, timestamp, row->origin, err);
}

/* Entries of the subscriptions and right rows that rows with a foreign key are about. */
static int look_up(op_answer *a, const sl_row *rows, const uint16_t *live, int n, sl_entry **entries, sl_entry **rights,
                   sl_err *err) {
  sl_store_key keys[SL_CHUNK];
  int rc = sl_env_keys(a->op.env, a->right_plan, rows, live, n, keys, err);
  if (rc) return rc;
  sl_store_find_all(a->right, keys, n, rights);
  for (int i = 0; i < n; i++) keys[i].rest = sl_value_str(&message_of(&a->op, &rows[live[i]])[SL_MESSAGE_LEFT_KEY]);
  return sl_store_locate(a->subscriptions, keys, n, entries, err);
}

static int take_all(op_answer *a, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  uint16_t live[SL_CHUNK] = {0};
  sl_entry *entries[SL_CHUNK], *rights[SL_CHUNK];
  int n = 0;
  for (int i = 0; i < count; i++)
    if (!(sl_op_row(rows, sel, i)->flags & SL_ROW_KEY_ABSENT)) live[n++] = sel ? sel[i] : (uint16_t)i;
  int rc = look_up(a, rows, live, n, entries, rights, err);
  sl_joiner_begin(&a->out);
  for (int i = 0, k = 0; !rc && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    bool keyed = !(row->flags & SL_ROW_KEY_ABSENT);
    rc = take(a, row, keyed ? entries[k] : NULL, keyed ? rights[k] : NULL, err);
    k += keyed;
  }
  return rc;
}

/* ---- changes of right rows ---- */

static int tell_subscribers(op_answer *a, const sl_row *row, sl_str key, sl_err *err) {
  sl_foreign_result result = row->flags & SL_ROW_VALUE_ABSENT ? SL_RIGHT_ABSENT : SL_RIGHT_FOUND;
  int rc = 0;
  for (sl_entry *e = sl_store_prefix_first(a->subscriptions, key); !rc && e; e = sl_store_prefix_next(e)) {
    sl_store_row kept;
    if (!sl_store_read(a->subscriptions, e, a->op.env->arena, &kept)) continue;
    subscriber to = {sl_store_entry_key(a->subscriptions, e).rest, kept.values[SL_SUBSCRIPTION_PARTITION],
                     &kept.values[SL_SUBSCRIPTION_HASH]};
    rc = answer(a, &to, result, row->values, row->values + a->keys, row->timestamp, row->origin, err);
  }
  return rc;
}

static int tell_all(op_answer *a, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  sl_store_key keys[SL_CHUNK];
  int rc = sl_env_keys(a->op.env, a->right_plan, rows, sel, count, keys, err);
  sl_joiner_begin(&a->out); /* the keys stay until the last subscriber has its answer */
  for (int i = 0; !rc && i < count; i++) rc = tell_subscribers(a, sl_op_row(rows, sel, i), keys[i].bytes, err);
  return rc;
}

static int answer_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  op_answer *a = (op_answer *)op;
  int rc = port ? tell_all(a, rows, sel, count, err) : take_all(a, rows, sel, count, err);
  return rc ? rc : sl_joiner_end(&a->out, err);
}

const sl_op_class sl_op_foreign_answer = {
    .name = "foreign answer",
    .size = sizeof(op_answer),
    .open = answer_open,
    .process = answer_process,
};
