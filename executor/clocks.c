/* The clocks of a task as a decision carries them: task time and what its operators and stores must know after a
 * restart.
 *
 *   offset size meaning
 *   0      1    version, 2 (1: a store has its observed time only)
 *   1      8    task time
 *   9      2    number of stores, then per store, in the sub-topology's order:
 *               8 observed time, 8 contract, 8 first offset of its changelog that follows it (refill.c)
 *   ..     2    number of operator entries, each: 2 number of the operator, 4 length, bytes of its save
 * Integers are big-endian. */
#include "base/bytes.h"
#include "executor/executor_int.h"

enum { CLOCKS_WITHOUT_CONTRACTS = 1, CLOCKS_VERSION = 2 };

static void put(sl_buf *out, uint64_t v, int bytes) {
  for (int i = bytes - 1; i >= 0; i--) sl_buf_add_byte(out, (uint8_t)(v >> (8 * i)));
}

void sl_clocks_save(const sl_task *task, sl_buf *out) {
  sl_buf_add_byte(out, CLOCKS_VERSION);
  put(out, (uint64_t)task->env.time, 8);
  put(out, (uint64_t)task->store_count, 2);
  bool filled = !task->env.refilling || sl_refill_read(task);
  for (int i = 0; i < task->store_count; i++) {
    const sl_task_store *ts = &task->stores[i];
    put(out, (uint64_t)sl_store_observed(ts->store), 8);
    put(out, filled ? ts->contract : 0, 8);
    put(out, (uint64_t)ts->changes_from, 8);
  }
  size_t count_at = out->len;
  uint16_t count = 0;
  put(out, 0, 2);
  for (size_t i = 0; i < task->ops.len; i++) {
    const sl_operator *op = sl_vec_at(&task->ops, i);
    if (!op->cls->save) continue;
    put(out, (uint64_t)op->number, 2);
    size_t len_at = out->len;
    put(out, 0, 4);
    op->cls->save(op, out);
    sl_put_u32(out->data + len_at, (uint32_t)(out->len - len_at - 4));
    count++;
  }
  sl_put_u16(out->data + count_at, count);
}

typedef struct reading {
  const uint8_t *p, *end;
  bool cut;
} reading;

static uint64_t get(reading *r, int bytes) {
  if (r->end - r->p < bytes) {
    r->cut = true;
    return 0;
  }
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | *r->p++;
  return v;
}

static sl_operator *op_by_number(const sl_task *task, int number) {
  for (size_t i = 0; i < task->ops.len; i++)
    if (((sl_operator *)sl_vec_at(&task->ops, i))->number == number) return sl_vec_at(&task->ops, i);
  return NULL;
}

static int broken(sl_err *err) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The clocks of a committed task cannot be read.");
}

int sl_clocks_load(sl_task *task, sl_str data, sl_err *err) {
  if (!data.len) return 0;
  reading r = {(const uint8_t *)data.ptr, (const uint8_t *)data.ptr + data.len, false};
  uint64_t version = get(&r, 1);
  if (version != CLOCKS_VERSION && version != CLOCKS_WITHOUT_CONTRACTS) return broken(err);
  task->env.time = (int64_t)get(&r, 8);
  int stores = (int)get(&r, 2);
  for (int i = 0; i < stores && !r.cut; i++) {
    int64_t observed = (int64_t)get(&r, 8);
    bool named = version == CLOCKS_VERSION;
    uint64_t contract = named ? get(&r, 8) : 0;
    int64_t from = named ? (int64_t)get(&r, 8) : 0;
    if (i >= task->store_count) continue;
    sl_task_store *ts = &task->stores[i];
    sl_store_set_observed(ts->store, observed);
    ts->saved_contract = named ? contract : stores == task->store_count ? ts->contract : 0;
    ts->saved_from = from;
  }
  int count = (int)get(&r, 2), rc = 0;
  for (int i = 0; !rc && i < count && !r.cut; i++) {
    sl_operator *op = op_by_number(task, (int)get(&r, 2));
    size_t len = (size_t)get(&r, 4);
    if (r.cut || (size_t)(r.end - r.p) < len) return broken(err);
    if (op && op->cls->load) rc = op->cls->load(op, sl_str_n((const char *)r.p, len), err);
    r.p += len;
  }
  return r.cut ? broken(err) : rc;
}
