/* The oracle: a fresh engine without cache, crash or batches, which takes the records of the history in its order. A
 * task takes a row only when the history says that it is the next one (the probe's admits), and commits after each. */
#include <stdio.h>
#include <string.h>
#include "tests/fault/sim.h"

typedef struct oracle {
  sim *s;
  sl_fs *fs;
  sl_settings settings;
  sl_clock_manual clock;
  sl_engine *engine;
  sl_session *session;
  sl_probe probe;
  const sim_event *event; /* being replayed, NULL for none */
  uint64_t query;         /* its number here */
  size_t at;              /* next row */
} oracle;

static bool admits(void *ctx, const sl_task_id *task, const sl_partition *partition, int64_t offset) {
  const oracle *o = ctx;
  const sim_event *e = o->event;
  if (!e || o->at == e->row_count || task->query != o->query || task->sub != e->sub || task->partition != e->partition)
    return false;
  const sim_row *row = &e->rows[o->at];
  return row->offset == offset && row->partition == sl_partition_number(partition) &&
         row->topic == sim_label(o->s, sl_topic_name(sl_partition_topic(partition)));
}

static void consumed(void *ctx, const sl_task_id *task, const sl_partition *partition, int64_t offset) {
  oracle *o = ctx;
  (void)task;
  (void)partition;
  (void)offset;
  if (++o->at < o->event->row_count) o->clock.wall = o->event->rows[o->at].wall_ms; /* a step takes one row */
}

static void taken_back(void *ctx, const sl_task_id *task) {
  const oracle *o = ctx;
  sim_fail(o->s, "the oracle's task %llu/%u_%d failed", (unsigned long long)task->query, task->sub, task->partition);
}

static void set(oracle *o, const char *name, const char *value) {
  sl_str text = sl_str_of(value);
  sl_settings_set(&o->settings, sl_str_of(name), &text, false, NULL);
}

static void open_engine(oracle *o) {
  sl_err err = {0};
  o->fs = sl_fs_memory_new();
  sl_clock_manual_init(&o->clock, 1700000000000);
  set(o, "auto.offset.reset", "earliest");
  set(o, "cache.max.bytes.buffering", "0");
  set(o, "commit.interval.ms", "0");
  set(o, "log.flush", "never");
  o->probe = (sl_probe){.consumed = consumed, .taken_back = taken_back, .admits = admits, .ctx = o};
  sl_engine_options options = {.fs = o->fs,
                               .clock = &o->clock.clock,
                               .data_dir = "/data",
                               .settings = &o->settings,
                               .workers = 1,
                               .batch = 1,
                               .seed = o->s->seed + 1,
                               .probe = &o->probe};
  if (sl_engine_open(&options, &o->engine, &err)) sim_fail(o->s, "the oracle does not open: %s", err.message);
  o->session = sl_session_new(o->engine);
}

static void quiet(oracle *o) {
  sl_err err = {0};
  if (sl_engine_run_until_quiet(o->engine, &err)) sim_fail(o->s, "the oracle stops: %s", err.message);
}

static void replay_input(oracle *o, const sim_event *e) {
  sl_err err = {0};
  sl_topic *topic = sl_log_topic_find(sl_engine_log(o->engine), sl_str_of(sim_name(o->s, e->topic)));
  sl_staging *staging = sl_staging_new();
  int rc = 0;
  for (int i = 0; i < e->count && !rc; i++) {
    const sim_record *r = &e->records[i];
    rc = sl_staging_append(staging, sl_topic_partition(topic, e->partition), r->timestamp, r->key, r->key_len, r->value,
                           r->value_len, NULL, &err);
  }
  sl_part part = {.staging = staging};
  if (!rc) rc = sl_log_commit(sl_engine_log(o->engine), &part, 1, NULL, &err);
  if (rc) sim_fail(o->s, "the oracle cannot take an input: %s", err.message);
  sl_staging_free(staging);
  sl_topic_unref(topic);
}

static void replay_statement(oracle *o, const sim_event *e) {
  sl_err err = {0};
  sl_answers answers;
  if (!strncmp(e->text, "PAUSE", 5) || !strncmp(e->text, "RESUME", 6)) return; /* tasks are told when to run */
  if (sl_engine_execute(o->engine, o->session, sl_str_of(e->text), &o->s->arena, &answers, &err))
    sim_fail(o->s, "the oracle cannot run %s\n  %s", e->text, err.message);
  quiet(o);
}

static void replay_task(oracle *o, const sim_event *e) {
  const char *label = sim_name(o->s, e->query);
  sl_snapshot *snapshot = sl_engine_snapshot(o->engine);
  const sl_query_entry *entry, *found = NULL;
  for (size_t i = 0; !found && (entry = sl_snapshot_query_at(snapshot, i)); i++)
    if (sim_label(o->s, entry->id) == e->query) found = entry;
  if (!found) sim_fail(o->s, "the oracle has no query %s", label);
  o->event = e;
  o->query = found->number;
  o->at = 0;
  o->clock.wall = e->rows[0].wall_ms;
  sl_running_pause(sl_engine_running(o->engine, found->number), false); /* wakes it */
  sl_snapshot_unref(snapshot);
  quiet(o);
  if (o->at < e->row_count) {
    const sim_row *row = &e->rows[o->at];
    sim_fail(o->s, "the oracle's task %s/%u_%d cannot take offset %lld of %s-%d, row %zu of commit %llu", label, e->sub,
             e->partition, (long long)row->offset, sim_name(o->s, row->topic), row->partition, o->at,
             (unsigned long long)e->commit);
  }
  o->event = NULL;
}

static void check_nothing_left(oracle *o) {
  sl_snapshot *snapshot = sl_engine_snapshot(o->engine), *own = sl_engine_snapshot(o->s->engine);
  const sl_query_entry *entry;
  for (size_t i = 0; (entry = sl_snapshot_query_at(own, i)); i++) {
    const sl_query_entry *twin, *found = NULL;
    for (size_t k = 0; !found && (twin = sl_snapshot_query_at(snapshot, k)); k++)
      if (sim_label(o->s, twin->id) == sim_label(o->s, entry->id)) found = twin;
    if (!found) sim_fail(o->s, "the oracle has no query " SL_STR_FMT, SL_STR_ARG(entry->id));
    sl_running_stats stats;
    sl_running_pause(sl_engine_running(o->engine, found->number), false);
    quiet(o);
    sl_running_stats_get(sl_engine_running(o->engine, found->number), &stats);
    if (stats.lag && !entry->paused)
      sim_fail(o->s, "query " SL_STR_FMT " has left out %lld records", SL_STR_ARG(entry->id), (long long)stats.lag);
  }
  sl_snapshot_unref(snapshot);
  sl_snapshot_unref(own);
}

void sim_oracle(sim *s) {
  oracle o = {.s = s};
  open_engine(&o);
  for (size_t i = 0; i < s->events.len; i++) {
    const sim_event *e = sl_vec_at(&s->events, i);
    sl_arena_reset(&s->arena);
    o.clock.wall = e->wall_ms;
    switch (e->kind) {
    case SIM_INPUT: replay_input(&o, e); break;
    case SIM_TASK: replay_task(&o, e); break;
    case SIM_STATEMENT: replay_statement(&o, e); break;
    }
  }
  check_nothing_left(&o);
  sim_compare(s, o.engine);
  sl_err err = {0};
  sl_session_free(o.session);
  if (sl_engine_close(o.engine, &err)) sim_fail(s, "the oracle does not close: %s", err.message);
  sl_settings_done(&o.settings);
  sl_fs_free(o.fs);
}
