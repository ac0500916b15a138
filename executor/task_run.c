/* A task's turns: restoring its stores, choosing the input whose next record is the oldest, running operators over
 * ranges of decoded rows (semantics.md 4.2). */
#include "executor/executor_int.h"
#include "executor/ops.h"
#include <string.h>
#include "base/logger.h"

void sl_task_dirty(sl_task *task) {
  if (task->dirty) return;
  task->dirty = true;
  task->dirty_since = sl_executor_now(task->running->executor);
  sl_vec_push(&task->worker->dirty, task);
}

/* ---- heads ---- */

/* Tells of a record that could not be a row, and fails if it is to stop the query. */
static int pass_error(sl_input *input, const sl_decode_error *e, sl_err *err) {
  sl_task *task = input->task;
  const sl_start_options *options = &task->running->options;
  if (task->env.refilling && e->offset < task->refill_to) return 0; /* was told when it came */
  bool decoding = e->kind == SL_BAD_KEY || e->kind == SL_BAD_VALUE;
  bool fatal = decoding                      ? options->fail_on_decode
               : e->kind == SL_BAD_TIMESTAMP ? input->source->timestamp_fail
                                             : !options->skip_negative_time;
  sl_env_report(&task->env, &(sl_report){.type = decoding ? SL_REPORT_DESERIALIZATION : SL_REPORT_RECORD,
                                         .step = input->source->base.name,
                                         .message = e->message,
                                         .text = e->text,
                                         .bytes = e->bytes,
                                         .topic = input->source->topic->name,
                                         .is_key = e->kind == SL_BAD_KEY,
                                         .fatal = fatal});
  if (!fatal) return 0;
  if (!decoding) return sl_err_set(err, SL_E_INVALID_TIMESTAMP, SL_NO_POS, "%s", e->message);
  return sl_err_set(err, SL_E_DECODE, SL_NO_POS,
                    "The %s of the record at offset %lld of '" SL_STR_FMT "', partition %d, cannot be read: %s",
                    e->kind == SL_BAD_KEY ? "key" : "value", (long long)e->offset,
                    SL_STR_ARG(input->source->topic->name), task->partition, e->message);
}

/* Passes the records that could not be rows and lie before offset. Their entries and the position behind them belong
 * into one commit: so the position moves with them. */
static int pass_errors(sl_input *input, int64_t offset, sl_err *err) {
  const sl_decoded *b = input->batch;
  int rc = 0;
  for (; !rc && input->error_at < b->error_count && b->errors[input->error_at].offset < offset; input->error_at++)
    rc = pass_error(input, &b->errors[input->error_at], err);
  return rc;
}

static void moved(sl_input *input, int64_t position) {
  input->position = position;
  atomic_store_explicit(&input->shown, position, memory_order_release); /* what it gave comes before */
}

static void enter_batch(sl_input *input, sl_decoded *batch) {
  input->batch = batch;
  input->rows = sl_decoded_rows(batch, input->view);
  size_t lo = 0, hi = batch->count;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (batch->offsets[mid] < input->position)
      lo = mid + 1;
    else
      hi = mid;
  }
  input->at = lo;
  for (input->error_at = 0; input->error_at < batch->error_count; input->error_at++)
    if (batch->errors[input->error_at].offset >= input->position) break;
}

/* Makes sure that the next row is at hand; *has is false when there is none (yet). */
static int find_head(sl_input *input, bool *has, sl_err *err) {
  *has = false;
  for (;;) {
    sl_decoded *batch = input->batch;
    if (batch && input->at < batch->count) {
      if (batch->offsets[input->at] >= input->end) return 0;
      *has = true;
      return 0;
    }
    if (batch) {
      sl_arena_reset(input->task->env.arena);
      int rc = pass_errors(input, batch->next, err);
      if (rc) return rc;
      if (batch->next > input->position) {
        moved(input, batch->next);
        sl_task_dirty(input->task);
      }
      sl_decoded_unref(batch);
      input->batch = NULL;
    }
    if (input->position >= input->end) return 0;
    int64_t next = input->position;
    int rc = sl_reader_get(input, &batch, &next, err);
    if (rc) return rc;
    if (batch)
      enter_batch(input, batch);
    else if (next > input->position)
      moved(input, next);
    else
      return 0;
  }
}

static int64_t head_time(const sl_input *input) {
  return input->rows[input->at].timestamp;
}

/* Finds the heads of an input and its twins. The leader's counts; where it has none, a twin that could read more of the
 * records may still have one. */
static int find_heads(sl_input *input, sl_input **out, sl_err *err) {
  int rc = 0;
  for (*out = NULL; !rc && input && !*out; input = input->twin) {
    rc = find_head(input, &input->has_head, err);
    if (input->has_head) *out = input;
  }
  return rc;
}

/* The input whose next row a simulation lets run, NULL for none; one row at a time. */
static int choose_admitted(sl_task *task, const sl_probe *probe, sl_input **out, int64_t *limit, sl_err *err) {
  sl_task_id id = sl_task_get_id(task);
  *out = NULL;
  *limit = INT64_MIN;
  for (int i = 0; i < task->input_count && !*out; i++) {
    sl_input *head;
    int rc = task->inputs[i].is_twin ? 0 : find_heads(&task->inputs[i], &head, err);
    if (rc) return rc;
    if (task->inputs[i].is_twin || !head) continue;
    if (probe->admits(probe->ctx, &id, head->reader->partition, head->batch->offsets[head->at])) *out = head;
  }
  return 0;
}

/* The input to run, NULL when none has a row; *limit: rows up to this timestamp may go before another input's. */
static int choose(sl_task *task, sl_input **out, int64_t *limit, sl_err *err) {
  const sl_probe *probe = task->running->executor->options.probe;
  if (probe && probe->admits && !task->env.refilling) return choose_admitted(task, probe, out, limit, err);
  sl_input *best = NULL;
  for (int i = 0; i < task->input_count; i++) task->inputs[i].has_head = false;
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i], *head;
    if (input->is_twin) continue;
    int rc = find_heads(input, &head, err);
    if (rc) return rc;
    if (head && (!best || head_time(head) < head_time(best))) best = head;
  }
  *limit = INT64_MAX;
  for (int i = 0; best && i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    if (!input->has_head || input == best) continue;
    int64_t bound = input < best ? head_time(input) - 1 : head_time(input); /* ties go to the first registered */
    if (bound < *limit) *limit = bound;
  }
  *out = best;
  return 0;
}

/* ---- ranges ---- */

/* Where to go on: the next row, or the record before it that could not be one. */
static int64_t next_position(const sl_input *input) {
  const sl_decoded *b = input->batch;
  int64_t next = input->at < b->count ? b->offsets[input->at] : b->offsets[b->count - 1] + 1;
  bool bad = input->error_at < b->error_count && b->errors[input->error_at].offset < next;
  return bad ? b->errors[input->error_at].offset : next;
}

static int run_range(sl_input *input, size_t count, sl_err *err) {
  sl_task *task = input->task;
  sl_running *running = task->running;
  sl_decoded *batch = input->batch;
  const sl_row *rows = input->rows + input->at;
  for (size_t i = 0; i < count; i++)
    if (rows[i].timestamp > task->env.time) task->env.time = rows[i].timestamp;
  sl_arena_reset(task->env.arena);
  sl_task_dirty(task);
  int rc = pass_errors(input, batch->offsets[input->at + count - 1], err);
  if (!rc) rc = input->op->cls->process(input->op, 0, rows, NULL, (int)count, err);
  if (rc) return rc;
  input->at += count;
  task->uncommitted += (int64_t)count;
  moved(input, next_position(input));
  if (task->env.refilling) return 0;
  atomic_fetch_add_explicit(&running->records_in, count, memory_order_relaxed);
  atomic_fetch_add_explicit(&running->bytes_in, batch->count ? batch->bytes * count / batch->count : 0,
                            memory_order_relaxed);
  atomic_store_explicit(&running->last_in_ms, task->env.now_ms, memory_order_relaxed);
  return 0;
}

/* A twin's rows up to an offset. */
static int run_up_to(sl_input *twin, int64_t offset, sl_err *err) {
  bool has;
  int rc = find_head(twin, &has, err);
  while (!rc && has && twin->batch->offsets[twin->at] <= offset) {
    rc = run_range(twin, 1, err);
    if (!rc) rc = find_head(twin, &has, err);
  }
  return rc;
}

/* One row of a topic that several sources read, left branch first. Before it what only the others could read. */
static int run_twins(sl_input *input, sl_err *err) {
  int64_t offset = input->batch->offsets[input->at];
  int rc = 0;
  for (sl_input *twin = input->twin; !rc && twin; twin = twin->twin) rc = run_up_to(twin, offset - 1, err);
  if (!rc) rc = run_range(input, 1, err);
  for (sl_input *twin = input->twin; !rc && twin; twin = twin->twin) rc = run_up_to(twin, offset, err);
  return rc;
}

/* Tells a simulation what is about to run; twins follow from it. */
static void tell_consumed(const sl_input *input, size_t count) {
  const sl_probe *probe = input->task->running->executor->options.probe;
  if (!probe || input->task->env.refilling) return;
  sl_task_id id = sl_task_get_id(input->task);
  for (size_t i = 0; i < count; i++)
    probe->consumed(probe->ctx, &id, input->reader->partition, input->batch->offsets[input->at + i]);
}

static int run_input(sl_input *input, int64_t limit, int *done, sl_err *err) {
  *done = 1;
  if (input->twin) {
    tell_consumed(input, 1);
    return run_twins(input, err);
  }
  const sl_decoded *b = input->batch;
  size_t most = b->count - input->at, n = 1;
  if (most > SL_CHUNK) most = SL_CHUNK;
  if (input->task->one_by_one || input->task->careful) most = 1;
  int64_t end = input->task->env.refilling ? input->task->refill_to : input->end;
  while (n < most && input->rows[input->at + n].timestamp <= limit && b->offsets[input->at + n] < end) n++;
  *done = (int)n;
  tell_consumed(input, n);
  return run_range(input, n, err);
}

/* ---- turns ---- */

static void log_restored(const sl_task *task) {
  uint64_t rows = 0, records = 0;
  for (int i = 0; i < task->store_count; i++) {
    const sl_task_store *ts = &task->stores[i];
    rows += ts->image_rows;
    if (ts->changelog) records += (uint64_t)(ts->restore_end - ts->image_start);
  }
  int64_t took = sl_executor_now(task->running->executor) - task->restore_begun;
  sl_log_line(SL_LOG_INFO, "state.restored",
              "query=" SL_STR_FMT " sub=%u partition=%d image_rows=%llu changelog_records=%llu ms=%lld",
              SL_STR_ARG(task->running->plan->query_id), task->sub_number, task->partition, (unsigned long long)rows,
              (unsigned long long)records, (long long)(took / 1000000));
}

/* A block of an image or some records of a changelog. */
static int restore_step(sl_task *task, sl_err *err) {
  if (!task->restore_begun) task->restore_begun = sl_executor_now(task->running->executor);
  for (int i = 0; i < task->store_count; i++) {
    sl_task_store *ts = &task->stores[i];
    if (ts->image) return sl_images_load(task, ts, err);
    if (!ts->changelog || ts->restored >= ts->restore_end) continue;
    sl_arena_reset(task->env.arena);
    return sl_changelog_restore(ts->store, ts->changelog, &ts->restored, ts->restore_end, SL_RESTORE_RECORDS,
                                task->env.arena, err);
  }
  for (int i = 0; i < task->store_count; i++) sl_images_restored(&task->stores[i]);
  task->state = SL_TASK_RUNNING;
  log_restored(task);
  return 0;
}

/* Has every input reached the end it was to run to? Ends of internal topics are known when the upstream tasks are done.
 */
static bool reached_end(sl_task *task) {
  if (!task->running->options.to_end_only) return false;
  bool upstream = sl_running_upstream_done(task->running, task->sub_number);
  for (int i = 0; i < task->input_count; i++) {
    sl_input *input = &task->inputs[i];
    if (input->end == INT64_MAX && upstream) input->end = sl_partition_visible(input->reader->partition);
    bool at_end = input->position >= input->end ||
                  (input->batch && input->at < input->batch->count && input->batch->offsets[input->at] >= input->end);
    if (!at_end) return false;
  }
  return true;
}

static int advance_ops(sl_task *task, sl_err *err) {
  int rc = 0;
  for (size_t i = 0; !rc && i < task->ops.len; i++) {
    sl_operator *op = sl_vec_at(&task->ops, i);
    if (op->cls->advance) rc = op->cls->advance(op, err);
  }
  return rc;
}

static bool held(const sl_running *running) {
  return atomic_load(&running->paused) || atomic_load(&running->blocked) || atomic_load(&running->over);
}

/* A LIMIT of nothing ends before the first row. */
static bool wants_nothing(sl_running *running) {
  if (running->plan->persistent || running->plan->last->kind != SL_PLAN_RESPONSE) return false;
  const sl_plan_response *plan = (const sl_plan_response *)running->plan->last;
  return plan->has_limit && plan->limit <= 0;
}

/* Has the store taken all rows again? Between the last of them and the next row there may be offsets without a row. */
static bool refilled(sl_task *task, const sl_input *next) {
  sl_input *input = &task->inputs[0];
  if (next && next->batch->offsets[next->at] < task->refill_to) return false;
  if (input->position < task->refill_to) moved(input, task->refill_to);
  return true;
}

static int run_turn(sl_task *task, bool *more, sl_err *err) {
  sl_executor *executor = task->running->executor;
  int64_t deadline = sl_executor_now(executor) + SL_TASK_TURN_NS;
  int most = executor->options.batch > 0 ? executor->options.batch : SL_READER_BATCH, rows = 0;
  int rc = advance_ops(task, err);
  while (!rc && !held(task->running)) {
    sl_input *input;
    int64_t limit;
    rc = choose(task, &input, &limit, err);
    if (rc) return rc;
    if (task->env.refilling && refilled(task, input)) {
      sl_task_dirty(task);
      task->commit_now = *more = true; /* the commit ends it */
      return 0;
    }
    if (!input) {
      if (task->careful) { /* past everything that was there when it failed */
        task->careful = 0;
        if (!task->dirty) sl_running_recovered(task);
      }
      if (reached_end(task)) {
        task->state = SL_TASK_DONE;
        task->commit_now = task->dirty;
        if (!task->dirty) sl_running_done(task);
      }
      return 0;
    }
    int done;
    rc = run_input(input, limit, &done, err);
    rows += done;
    if (!rc && task->careful) {
      task->careful--;
      task->commit_now = *more = true;
      break;
    }
    if (!rc && (rows >= most || sl_executor_now(executor) > deadline)) {
      *more = true;
      break;
    }
  }
  return rc;
}

int sl_task_step(sl_task *task, bool *more, sl_err *err) {
  sl_running *running = task->running;
  *more = false;
  task->env.now_ms = sl_clock_wall_ms(running->executor->options.clock);
  if (task->first_commit) {
    task->first_commit = false;
    sl_task_dirty(task);
  }
  if (wants_nothing(running)) sl_running_end(running, NULL, true);
  if (atomic_load(&running->over)) {
    task->state = SL_TASK_DONE;
    return 0;
  }
  if (task->sealed) return 0; /* its commit goes first, and makes it ready again */
  int rc = 0;
  switch (task->state) {
  case SL_TASK_DONE: return 0;
  case SL_TASK_FAILED:
    if (sl_executor_now(running->executor) < task->retry_at) return 0;
    sl_worker_remove_failed(task->worker, task);
    task->state = sl_task_restoring(task) ? SL_TASK_RESTORING : SL_TASK_RUNNING;
    *more = true;
    return sl_task_build(task, err);
  case SL_TASK_RESTORING: *more = true; return restore_step(task, err);
  case SL_TASK_RUNNING: rc = run_turn(task, more, err); break;
  }
  size_t cached = rc ? 0 : sl_task_cached(task);
  if (cached && cached >= running->options.cache_bytes) task->commit_now = true;
  return rc;
}
