/* JOIN FOREIGN: an answer about a right row meets the left row that asked for it. If that row has changed meanwhile the
 * answer is stale: the change has asked again, and this one is dropped (semantics.md 3.8).
 *
 * An inner join remembers which keys its result has. A dropped answer may have been the one that said that a row is to
 * go; then the answer to the change takes it away, although by itself (STILL_ABSENT) it would not. */
#include "executor/foreign.h"
#include "executor/join.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_join_foreign {
  sl_operator op;
  sl_joiner join;
  sl_store *result; /* keys of the result's rows; NULL for a left join, whose answers all count */
  sl_buf scratch;
} op_join_foreign;

static int join_foreign_open(sl_operator *op, sl_err *err) {
  sl_joiner *join = &((op_join_foreign *)op)->join;
  sl_joiner_init(join, op);
  join->plan = (const sl_plan_join *)op->node;
  const sl_plan_store *left = join->plan->left;
  if (op->in->count < op->in->key_count + SL_ANSWER_SLOTS || left->key_count != op->in->key_count)
    return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "The inputs of join %s do not fit its stores.", op->node->name);
  join->sides[0] = (sl_joiner_side){left, sl_env_store(op->env, left), left->key_count};
  if (join->plan->right) ((op_join_foreign *)op)->result = sl_env_store(op->env, join->plan->right);
  return 0;
}

static void join_foreign_close(sl_operator *op) {
  sl_buf_done(&((op_join_foreign *)op)->scratch);
}

static sl_value *tombstone(const sl_joiner *join, const sl_row *row) {
  sl_value *values = sl_op_values(join->op, join->op->node->layout.count);
  memcpy(values, row->values, (size_t)join->sides[0].keys * sizeof *values);
  return values;
}

static bool in_result(const op_join_foreign *j, const sl_store_key *key) {
  sl_store_row row;
  return j->result && sl_store_read(j->result, sl_store_find(j->result, key), j->op.env->arena, &row);
}

static int set_in_result(op_join_foreign *j, const sl_store_key *key, bool in, int64_t timestamp, sl_err *err) {
  static const sl_value nothing[1];
  if (!j->result || in_result(j, key) == in) return 0;
  sl_entry *entry;
  int rc = sl_store_locate(j->result, key, 1, &entry, err);
  return rc ? rc : sl_store_write(j->result, entry, in ? nothing : NULL, timestamp, NULL, err);
}

static bool is_stale(op_join_foreign *j, const sl_value *answer, const sl_value *left) {
  const sl_plan_store *plan = j->join.sides[0].plan;
  sl_value hash[2];
  sl_foreign_hash(&j->scratch, plan->types, plan->count, left, hash);
  return !sl_foreign_hash_equal(hash, &answer[SL_ANSWER_HASH]);
}

static int join_answer(op_join_foreign *j, const sl_row *row, const sl_store_key *key, const sl_entry *entry,
                       sl_err *err) {
  sl_joiner *join = &j->join;
  const sl_joiner_side *side = &join->sides[0];
  const sl_value *answer = row->values + side->keys;
  sl_store_row left;
  bool here = sl_join_read_flushed(j->op.env, side->plan, side->store, entry, &left);
  if (is_stale(j, answer, here ? left.values : NULL)) return 0;
  sl_foreign_result result = (sl_foreign_result)answer[SL_ANSWER_RESULT].i64;
  bool found = result == SL_RIGHT_FOUND, joined = here && (found || join->plan->kind == SL_JOIN_LEFT);
  if (result == SL_RIGHT_STILL_ABSENT && !joined && !in_result(j, key)) return 0;
  sl_joiner_pair pair = {.keys = row->values,
                         .values = {here ? left.values : NULL, found ? answer + SL_ANSWER_SLOTS : NULL}};
  sl_row out = *row;
  out.flags = joined ? 0 : SL_ROW_VALUE_ABSENT;
  out.values = joined ? sl_joiner_values(join, &pair) : tombstone(join, row);
  int rc = set_in_result(j, key, joined, row->timestamp, err);
  return rc ? rc : sl_joiner_add(join, &out, err);
}

static int join_foreign_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count,
                                sl_err *err) {
  (void)port;
  op_join_foreign *j = (op_join_foreign *)op;
  const sl_joiner_side *left = &j->join.sides[0];
  sl_store_key keys[SL_CHUNK];
  sl_entry *entries[SL_CHUNK];
  int rc = sl_env_keys(op->env, left->plan, rows, sel, count, keys, err);
  if (rc) return rc;
  sl_store_find_all(left->store, keys, count, entries);
  sl_joiner_begin(&j->join);
  for (int i = 0; !rc && i < count; i++) rc = join_answer(j, sl_op_row(rows, sel, i), &keys[i], entries[i], err);
  return rc ? rc : sl_joiner_end(&j->join, err);
}

const sl_op_class sl_op_join_foreign = {
    .name = "join foreign",
    .size = sizeof(op_join_foreign),
    .open = join_foreign_open,
    .process = join_foreign_process,
    .close = join_foreign_close,
};
