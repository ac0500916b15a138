/* The processing log: what went wrong with single records, as JSON in a topic (semantics.md 6.4, cli.md 12).
 *
 * An entry is staged with the part of the task that met the record, so it is committed with the position behind that
 * record: exactly once. What fails a task is committed apart, as its last words, since its part is dropped. A query
 * writes so many entries a second; when the second is over, what it left out is summed up in one more. */
#include "base/json.h"
#include "executor/executor_int.h"
#include "types/text.h"
#include <stdio.h>
#include <string.h>

enum {
  ENTRIES_PER_SECOND = 100,
  TEXT_LIMIT = 8 << 10, /* bytes of a message or cause */
  ROW_LIMIT = 64 << 10, /* bytes of a row: a longer one is not shown */
};

/* ---- an entry's text ---- */

static void put_text(sl_buf *out, sl_str text) {
  if (text.len > TEXT_LIMIT) {
    text.len = TEXT_LIMIT;
    while (text.len && (text.ptr[text.len] & 0xC0) == 0x80) text.len--; /* not inside a character */
  }
  sl_json_write_str(out, text);
}

/* The next message of a chain; false at its end. */
static bool next_message(sl_str *chain, sl_str *out) {
  static const char mark[] = "\nCaused by: ";
  if (!chain->ptr) return false;
  const char *end = memmem(chain->ptr, chain->len, mark, sizeof mark - 1);
  *out = *chain;
  if (end) out->len = (size_t)(end - chain->ptr);
  size_t taken = end ? out->len + sizeof mark - 1 : chain->len;
  *chain = end ? sl_str_n(chain->ptr + taken, chain->len - taken) : (sl_str){0};
  return true;
}

static void put_message(sl_buf *out, const sl_report *report, bool causes) {
  sl_str chain = sl_str_of(report->message), rest = report->cause ? sl_str_of(report->cause) : (sl_str){0}, text = {0};
  next_message(&chain, &text);
  sl_buf_add_z(out, "\"errorMessage\":");
  put_text(out, text);
  if (!causes) return;
  sl_buf_add_z(out, ",\"cause\":[");
  for (bool first = true; next_message(&chain, &text) || next_message(&rest, &text); first = false) {
    if (!first) sl_buf_add_byte(out, ',');
    put_text(out, text);
  }
  sl_buf_add_byte(out, ']');
}

/* Puts what shown appends as a JSON text, or null if it is too long. */
static void put_row(sl_buf *out, const sl_report *report, bool show) {
  sl_buf row = {0};
  if (show && report->row) {
    sl_buf_add_byte(&row, '[');
    for (int i = 0; i < report->layout->count && row.len <= ROW_LIMIT; i++) {
      if (i) sl_buf_add_byte(&row, ',');
      sl_value_print_json(&row, report->layout->slots[i].type, &report->row->values[i]);
    }
    sl_buf_add_byte(&row, ']');
  } else if (show && report->text) {
    sl_buf_add_z(&row, report->text);
  }
  sl_buf_add_z(out, ",\"record\":");
  if (row.len && row.len <= ROW_LIMIT)
    sl_json_write_str(out, sl_buf_str(&row));
  else
    sl_buf_add_z(out, "null");
  sl_buf_done(&row);
}

static void put_place(sl_buf *out, const sl_report *report) {
  sl_buf_printf(out, ",\"target\":\"%s\",\"topic\":", report->is_key ? "key" : "value");
  if (report->topic.ptr)
    sl_json_write_str(out, report->topic);
  else
    sl_buf_add_z(out, "null");
}

static void put_deserialization(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  (void)task;
  put_message(out, report, true);
  sl_buf_add_z(out, ",\"recordB64\":");
  if (show && report->bytes.ptr && report->bytes.len <= ROW_LIMIT) {
    sl_buf_add_byte(out, '"');
    sl_base64_encode(out, report->bytes.ptr, report->bytes.len);
    sl_buf_add_byte(out, '"');
  } else {
    sl_buf_add_z(out, "null");
  }
  put_place(out, report);
}

static void put_record(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  (void)task;
  put_message(out, report, true);
  put_row(out, report, show);
}

static void put_production(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  (void)show;
  (void)task;
  put_message(out, report, false);
}

static void put_serialization(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  put_record(out, report, show, task);
  put_place(out, report);
}

static void put_thread(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  (void)show;
  put_message(out, report, true);
  sl_buf_printf(out, ",\"threadName\":\"worker-%d, task %u_%d\"", task->worker->index, task->sub_number,
                task->partition);
}

/* In order of sl_report_type. */
static const struct {
  const char *name, *step; /* step: what the logger's name ends with */
  void (*put)(sl_buf *out, const sl_report *report, bool show, const sl_task *task);
} kinds[] = {
    {"deserializationError", ".deserializer", put_deserialization},
    {"recordProcessingError", "", put_record},
    {"productionError", "", put_production},
    {"serializationError", ".serializer", put_serialization},
    {"kafkaStreamsThreadError", "", put_thread},
};

/* processing.<query id>.<step>: steps are named after streams, which may have any name. */
static void put_logger(sl_buf *out, const sl_report *report, const sl_task *task) {
  sl_buf name = {0};
  sl_buf_printf(&name, "processing." SL_STR_FMT, SL_STR_ARG(task->running->plan->query_id));
  if (report->step) sl_buf_printf(&name, ".%s%s", report->step, kinds[report->type].step);
  sl_json_write_str(out, sl_buf_str(&name));
  sl_buf_done(&name);
}

static void put_entry(sl_buf *out, const sl_report *report, bool show, const sl_task *task) {
  sl_buf_add_z(out, "{\"level\":\"ERROR\",\"logger\":");
  put_logger(out, report, task);
  sl_buf_printf(out, ",\"time\":%lld,\"message\":{\"type\":%d", (long long)task->env.now_ms, report->type);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    sl_buf_printf(out, ",\"%s\":", kinds[i].name);
    if (i != (size_t)report->type) {
      sl_buf_add_z(out, "null");
      continue;
    }
    sl_buf_add_byte(out, '{');
    kinds[i].put(out, report, show, task);
    sl_buf_add_byte(out, '}');
  }
  sl_buf_add_z(out, "}}");
}

/* ---- writing ---- */

/* A query over the processing log itself writes none: each of its errors would bring the next. */
static bool reads(const sl_plan *plan, const char *topic) {
  for (int s = 0; s < plan->sub_count; s++)
    for (int i = 0; i < plan->subs[s].source_count; i++)
      if (sl_str_eq_z(plan->subs[s].sources[i]->topic->name, topic)) return true;
  return false;
}

/* A reference to the topic that takes the task's entries; NULL if there is none. */
static sl_topic *topic_for(const sl_task *task) {
  const sl_executor_options *options = &task->running->executor->options;
  const char *name = options->processing_topic;
  if (!name || reads(task->running->plan, name)) return NULL;
  return sl_log_topic_find(options->log, sl_str_of(name));
}

/* Stages an entry. One that the topic does not take even without the row is given up: it must not harm the query. */
static void write_entry(sl_task *task, const sl_report *report) {
  sl_topic *topic = topic_for(task);
  if (!topic) return;
  sl_partition *partition = sl_topic_partition(topic, task->partition % sl_topic_partitions(topic));
  sl_buf *entry = &task->worker->entry;
  bool show = task->running->executor->options.processing_rows;
  for (int tries = show ? 2 : 1; tries > 0; tries--, show = false) {
    sl_staging *staging = report->fatal ? sl_task_last_words(task) : sl_task_staging(task);
    sl_err err = {0};
    sl_buf_reset(entry);
    put_entry(entry, report, show, task);
    int rc = sl_staging_append(staging, partition, task->env.now_ms, NULL, 0, entry->data, entry->len, NULL, &err);
    sl_err_done(&err);
    if (!rc) break;
  }
  if (!report->fatal) sl_task_dirty(task);
  sl_topic_unref(topic);
}

static bool may_write(sl_running *running, int64_t second) {
  pthread_mutex_lock(&running->mutex);
  if (second != running->log_second) {
    running->log_second = second;
    running->log_count = 0;
  }
  bool may = running->log_count < ENTRIES_PER_SECOND;
  running->log_count += may;
  pthread_mutex_unlock(&running->mutex);
  return may;
}

static void leave_out(sl_task *task, int64_t second) {
  if (!task->running->executor->options.processing_topic) return;
  if (!task->left_out++) sl_vec_push(&task->worker->owing, task);
  task->left_out_second = second;
}

void sl_env_report(sl_op_env *env, const sl_report *report) {
  sl_task *task = env->task;
  if (env->quiet) return;
  atomic_fetch_add_explicit(&task->running->errors, 1, memory_order_relaxed);
  int64_t second = env->now_ms / 1000;
  if (report->fatal || may_write(task->running, second))
    write_entry(task, report);
  else
    leave_out(task, second);
}

void sl_task_commit_last_words(sl_task *task) {
  if (!task->last_words) return;
  sl_part part = {.staging = task->last_words, .producer = task->worker->index + 1};
  sl_commit_result result;
  sl_err err = {0};
  if (sl_staging_records(task->last_words))
    sl_log_commit(task->running->executor->options.log, &part, 1, &result, &err);
  sl_err_done(&err); /* the query fails for another reason, which is known */
}

/* ---- summing up ---- */

void sl_task_owe_again(sl_task *task) {
  task->left_out = task->left_out_kept;
  if (task->left_out) sl_vec_push(&task->worker->owing, task); /* twice is no harm */
}

/* When it is to be summed up, in wall clock ms. A task that does not run can commit nothing. */
static int64_t sum_due(const sl_task *task) {
  bool runs = task->state == SL_TASK_RUNNING || task->state == SL_TASK_DONE;
  return runs ? (task->left_out_second + 1) * 1000 : INT64_MAX;
}

static void sum_up(sl_task *task) {
  char text[64];
  snprintf(text, sizeof text, "%llu more entries were left out", (unsigned long long)task->left_out);
  task->left_out = 0;
  write_entry(task, &(sl_report){.type = SL_REPORT_RECORD, .message = text});
}

void sl_worker_sum_up(sl_worker *worker, const sl_running *running, bool at_once, int64_t *next_due) {
  int64_t now = worker->owing.len ? sl_clock_wall_ms(worker->executor->options.clock) : 0;
  for (size_t i = 0; i < worker->owing.len; i++) {
    sl_task *task = sl_vec_at(&worker->owing, i);
    if (running && task->running != running) continue;
    int64_t at = sum_due(task);
    if (at == INT64_MAX) continue;
    if (!at_once && at > now) {
      int64_t due = sl_executor_now(worker->executor) + (at - now) * 1000000;
      if (due < *next_due) *next_due = due;
      continue;
    }
    pthread_mutex_lock(&task->mutex);
    task->env.now_ms = now;
    if (task->left_out) sum_up(task);
    pthread_mutex_unlock(&task->mutex);
    sl_vec_remove(&worker->owing, i--);
  }
}

bool sl_worker_owes(const sl_worker *worker) {
  int64_t now = worker->owing.len ? sl_clock_wall_ms(worker->executor->options.clock) : 0;
  for (size_t i = 0; i < worker->owing.len; i++)
    if (sum_due(sl_vec_at(&worker->owing, i)) <= now) return true;
  return false;
}
