/* JOIN FOREIGN: an answer about a right row meets the left row that asked for it. If that row has changed meanwhile the
 * answer is stale: the change has asked again, and this one is dropped (semantics.md 3.8). */
#include "executor/foreign.h"
#include "executor/join.h"
#include "executor/ops.h"
#include <string.h>

typedef struct op_join_foreign {
  sl_operator op;
  sl_joiner join;
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

static int join_answer(op_join_foreign *j, const sl_row *row, const sl_entry *entry, sl_err *err) {
  sl_joiner *join = &j->join;
  const sl_plan_store *plan = join->sides[0].plan;
  const sl_value *answer = row->values + join->sides[0].keys;
  sl_store_row left;
  bool here = sl_join_read_flushed(j->op.env, plan, join->sides[0].store, entry, &left);
  sl_value hash[2];
  sl_foreign_hash(&j->scratch, plan->types, plan->count, here ? left.values : NULL, hash);
  if (!sl_foreign_hash_equal(hash, &answer[SL_ANSWER_HASH])) return 0;
  bool found = answer[SL_ANSWER_FOUND].boolean;
  sl_joiner_pair pair = {.keys = row->values,
                         .values = {here ? left.values : NULL, found ? answer + SL_ANSWER_SLOTS : NULL}};
  sl_row out = *row;
  out.flags = 0;
  if (here && (found || join->plan->kind == SL_JOIN_LEFT)) {
    out.values = sl_joiner_values(join, &pair);
  } else {
    out.values = tombstone(join, row);
    out.flags = SL_ROW_VALUE_ABSENT;
  }
  return sl_joiner_add(join, &out, err);
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
  for (int i = 0; !rc && i < count; i++) rc = join_answer(j, sl_op_row(rows, sel, i), entries[i], err);
  return rc ? rc : sl_joiner_end(&j->join, err);
}

const sl_op_class sl_op_join_foreign = {
    .name = "join foreign",
    .size = sizeof(op_join_foreign),
    .open = join_foreign_open,
    .process = join_foreign_process,
    .close = join_foreign_close,
};
