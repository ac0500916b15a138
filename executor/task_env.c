/* What tasks do for their operators: stores, staging, topics, answers to clients. */
#include "executor/executor_int.h"
#include <string.h>

static sl_task_store *store_of(sl_op_env *env, const sl_plan_store *plan) {
  sl_task *task = env->task;
  for (int i = 0; i < task->store_count; i++)
    if (task->stores[i].plan == plan) return &task->stores[i];
  return NULL;
}

sl_store *sl_env_store(sl_op_env *env, const sl_plan_store *plan) {
  return store_of(env, plan)->store;
}

int sl_env_keys(sl_op_env *env, const sl_plan_store *plan, const sl_row *rows, const uint16_t *sel, int count,
                sl_store_key *out, sl_err *err) {
  sl_task_store *ts = store_of(env, plan);
  int rc = 0;
  for (int i = 0; !rc && i < count; i++) {
    const sl_row *row = sl_op_row(rows, sel, i);
    out[i] = (sl_store_key){.start = row->window_start, .end = row->window_end};
    bool null;
    if (row->key && !ts->bounds) {
      out[i].bytes = sl_str_n((const char *)row->key, row->key_len);
      continue;
    }
    sl_buf_reset(&ts->key);
    rc = sl_codec_encode_key(ts->codec, row->values, &ts->key, &null, err);
    if (ts->bounds) sl_codec_encode_window(ts->codec, row, &ts->key);
    out[i].bytes =
        sl_str_n(sl_arena_dup(env->arena, ts->key.len ? (const void *)ts->key.data : "", ts->key.len), ts->key.len);
  }
  return rc;
}

int sl_env_key_row(sl_op_env *env, const sl_plan_store *plan, const sl_store_key *key, sl_row *row, sl_err *err) {
  sl_task_store *ts = store_of(env, plan);
  const uint8_t *bytes = (const uint8_t *)key->bytes.ptr;
  uint32_t len = (uint32_t)key->bytes.len;
  row->key = bytes;
  row->key_len = len;
  bool ordered = ts->shape == SL_STATE_BUFFER || ts->shape == SL_STATE_PENDING;
  if (plan->kind != SL_STORE_KEY_VALUE && !ordered) {
    row->flags |= SL_ROW_WINDOWED;
    row->window_start = key->start;
    row->window_end = key->end;
  } else if (ts->bounds) {
    row->key = NULL;
    row->key_len = 0;
    int rc = sl_codec_split_key(ts->codec, &bytes, &len, row, err);
    if (rc) return rc;
  }
  if (!len && !plan->key_count) return 0;
  return sl_codec_decode_key(ts->codec, bytes, len, NULL, env->arena, row->values, err);
}

/* Lends *slot a staging of the worker's. */
static sl_staging *lend(sl_task *task, sl_staging **slot) {
  sl_vec *spare = &task->worker->spare_stagings;
  if (!*slot) *slot = spare->len ? sl_vec_at(spare, --spare->len) : sl_staging_new();
  return *slot;
}

static void give_back(sl_task *task, sl_staging **slot) {
  if (!*slot) return;
  sl_staging_reset(*slot);
  sl_vec_push(&task->worker->spare_stagings, *slot);
  *slot = NULL;
}

sl_staging *sl_task_staging(sl_task *task) {
  return lend(task, &task->staging);
}

sl_staging *sl_task_last_words(sl_task *task) {
  return lend(task, &task->last_words);
}

void sl_task_release_staging(sl_task *task) {
  give_back(task, &task->staging);
  give_back(task, &task->last_words);
}

int sl_env_stage(sl_op_env *env, sl_partition *partition, int64_t timestamp, sl_str key, bool key_null, sl_str value,
                 bool value_null, const sl_record_headers *headers, sl_err *err) {
  sl_task *task = env->task;
  sl_task_dirty(task);
  const void *k = key_null ? NULL : key.len ? key.ptr : "", *v = value_null ? NULL : value.len ? value.ptr : "";
  int rc = sl_staging_append(sl_task_staging(task), partition, timestamp, k, key.len, v, value.len, headers, err);
  if (rc) return rc;
  task->records_out++;
  task->bytes_out += (key_null ? 0 : key.len) + (value_null ? 0 : value.len);
  return 0;
}

void sl_env_late(sl_op_env *env, uint64_t count) {
  if (count) atomic_fetch_add_explicit(&env->task->running->dropped_late, count, memory_order_relaxed);
}

int sl_env_topic(sl_op_env *env, const sl_plan_topic *topic, sl_topic **out, sl_err *err) {
  *out = sl_log_topic_by_id(env->log, &topic->id);
  if (*out) return 0;
  sl_topic *other = sl_log_topic_find(env->log, topic->name);
  if (!other)
    return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' does not exist.",
                      SL_STR_ARG(topic->name));
  sl_topic_unref(other);
  return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS,
                    "Topic '" SL_STR_FMT
                    "' has been deleted, and another one made with its name: the query does not go "
                    "on with other records. Drop what is declared over the topic and create it again.",
                    SL_STR_ARG(topic->name));
}

/* ---- push queries ---- */

void sl_env_respond(sl_op_env *env, const sl_row *row, const sl_layout *layout, bool *taken, bool *over) {
  sl_running *running = env->task->running;
  const sl_response *to = &running->options.response;
  const sl_plan_response *plan = (const sl_plan_response *)running->plan->last;
  *taken = false;
  *over = atomic_load(&running->over);
  if (*over || atomic_load(&running->blocked)) return;
  pthread_mutex_lock(&running->mutex);
  unsigned resumes = atomic_load(&running->resumes);
  *over = plan->has_limit && running->delivered >= plan->limit;
  if (!*over) {
    *taken = !to->row || to->row(to->ctx, row, layout);
    if (*taken) {
      running->delivered++;
      *over = plan->has_limit && running->delivered >= plan->limit;
      atomic_fetch_add_explicit(&running->records_out, 1, memory_order_relaxed);
      atomic_store_explicit(&running->last_out_ms, env->now_ms, memory_order_relaxed);
    } else {
      atomic_store(&running->blocked, true);
      if (atomic_load(&running->resumes) != resumes) atomic_store(&running->blocked, false); /* resumed meanwhile */
    }
  }
  pthread_mutex_unlock(&running->mutex);
  if (*over) sl_running_end(running, NULL, true);
}

void sl_env_responded(sl_op_env *env) {
  const sl_response *to = &env->task->running->options.response;
  if (to->rows_done) to->rows_done(to->ctx);
}
