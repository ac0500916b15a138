/* Filling a table's store again. A store that only keeps the rows of its source's topic may change its columns when its
 * query is replaced, or come into being: what is in its changelog is not what it needs, but everything it needs is in
 * the source's topic. So the task reads that again up to its committed position, with nothing going further than the
 * store, and goes on from there.
 *
 * The clocks name the contract of a store's rows, a hash of their columns, and say it only when the store is complete:
 * a restart in between begins anew, and old records of the changelog are never taken for new ones. */
#include "executor/executor_int.h"

uint64_t sl_refill_contract(const sl_task *task, const sl_plan_store *store) {
  if (sl_subtopology_copy(task->sub) != store) return 0;
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_buf text = {0};
  for (int i = 0; i < store->key_count; i++)
    sl_buf_printf(&text, SL_STR_FMT " %s\n", SL_STR_ARG(store->key_columns[i].name),
                  sl_type_text(&scratch, store->key_columns[i].type));
  for (int i = 0; i < store->count; i++)
    sl_buf_printf(&text, SL_STR_FMT " %s\n", SL_STR_ARG(store->names[i]), sl_type_text(&scratch, store->types[i]));
  uint64_t contract = sl_str_hash(sl_buf_str(&text));
  sl_buf_done(&text);
  sl_arena_done(&scratch);
  return contract ? contract : 1;
}

void sl_refill_begin(sl_task *task) {
  const sl_plan_store *copy = sl_subtopology_copy(task->sub);
  if (!copy || !task->input_count || !task->running->plan->persistent) return;
  sl_task_store *ts = task->stores;
  while (ts->plan != copy) ts++;
  sl_input *input = &task->inputs[0];
  ts->changes_from = ts->saved_from;
  if (ts->restored < ts->changes_from) ts->restored = ts->changes_from;
  if (!task->clocks.len || ts->saved_contract == ts->contract) return; /* new, or as it should be */
  ts->restored = ts->changes_from = ts->restore_end;
  int64_t start = sl_partition_start(input->reader->partition);
  task->refill_to = input->position;
  task->env.refilling = true;
  if (start >= input->position) return; /* nothing to read: the next commit says that the store is complete */
  input->position = input->committed = start;
  atomic_store(&input->shown, start);
}

bool sl_refill_read(const sl_task *task) {
  return task->env.refilling && task->inputs[0].position >= task->refill_to;
}

int64_t sl_refill_position(const sl_input *input) {
  const sl_task *task = input->task;
  return task->env.refilling && input->position < task->refill_to ? task->refill_to : input->position;
}
