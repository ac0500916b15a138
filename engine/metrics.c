/* Prometheus text: one row of a table per metric of a query, then the engine's own. */
#include "engine/pulls.h"

typedef struct query_metric {
  const char *name, *type, *help;
  size_t offset; /* of a uint64_t or int64_t in sl_running_stats */
} query_metric;

static const query_metric QUERY_METRICS[] = {
    {"sluice_query_records_in_total", "counter", "Records read by the query", offsetof(sl_running_stats, records_in)},
    {"sluice_query_records_out_total", "counter", "Records written by the query",
     offsetof(sl_running_stats, records_out)},
    {"sluice_query_bytes_in_total", "counter", "Bytes read by the query", offsetof(sl_running_stats, bytes_in)},
    {"sluice_query_bytes_out_total", "counter", "Bytes written by the query", offsetof(sl_running_stats, bytes_out)},
    {"sluice_query_errors_total", "counter", "Records that failed", offsetof(sl_running_stats, errors)},
    {"sluice_query_late_records_total", "counter", "Records dropped as late", offsetof(sl_running_stats, dropped_late)},
    {"sluice_query_commits_total", "counter", "Commits the query took part in", offsetof(sl_running_stats, commits)},
    {"sluice_query_lag_records", "gauge", "Records not yet read", offsetof(sl_running_stats, lag)},
    {"sluice_query_restored_records", "gauge", "Rows of images and records of changelogs put back so far",
     offsetof(sl_running_stats, restored)},
    {"sluice_query_restore_records", "gauge", "Rows and records that are to be put back; 0 when the state is ready",
     offsetof(sl_running_stats, restore_total)},
    {"sluice_query_state_bytes", "gauge", "Memory of the query's stores", offsetof(sl_running_stats, state_bytes)},
};
enum { QUERY_METRIC_COUNT = sizeof QUERY_METRICS / sizeof *QUERY_METRICS };

static void head(sl_buf *out, const char *name, const char *type, const char *help) {
  sl_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void query_metrics(sl_engine *engine, sl_buf *out, const sl_snapshot *snapshot) {
  const sl_query_entry *entry;
  for (size_t m = 0; m < QUERY_METRIC_COUNT; m++) {
    const query_metric *metric = &QUERY_METRICS[m];
    head(out, metric->name, metric->type, metric->help);
    for (size_t i = 0; (entry = sl_snapshot_query_at(snapshot, i)); i++) {
      sl_running_stats stats;
      int64_t value;
      if (!sl_query_look(engine, entry->number, &stats, NULL)) continue;
      memcpy(&value, (const char *)&stats + metric->offset, sizeof value);
      sl_buf_printf(out, "%s{query=\"" SL_STR_FMT "\"} %lld\n", metric->name, SL_STR_ARG(entry->id), (long long)value);
    }
  }
}

static void engine_metric(sl_buf *out, const char *name, const char *type, const char *help, long long value) {
  head(out, name, type, help);
  sl_buf_printf(out, "%s %lld\n", name, value);
}

static void memory_metrics(sl_engine *engine, sl_buf *out) {
  sl_executor_memory memory;
  sl_executor_memory_get(engine->executor, &memory);
  head(out, "sluice_memory_bytes", "gauge", "Memory held, by budget");
  sl_buf_printf(out, "sluice_memory_bytes{budget=\"state\"} %zu\n", memory.state);
  sl_buf_printf(out, "sluice_memory_bytes{budget=\"staging\"} %zu\n", memory.staged);
  const sl_memory *m = &engine->memory;
  sl_buf_printf(out, "sluice_memory_bytes{budget=\"blocks\"} %zu\n", sl_log_cached_bytes(engine->log));
  sl_buf_printf(out, "sluice_memory_bytes{budget=\"clients\"} %zu\n", sl_budget_used(&m->clients));
  sl_buf_printf(out, "sluice_memory_bytes{budget=\"statements\"} %zu\n", sl_budget_used(&m->statements));
  engine_metric(out, "sluice_memory_used_bytes", "gauge", "Memory counted in all budgets together",
                (long long)sl_budget_used(&m->all));
  engine_metric(out, "sluice_memory_limit_bytes", "gauge", "Memory that may be held: memory.max",
                (long long)sl_budget_limit(&m->all));
  engine_metric(out, "sluice_memory_refused_total", "counter", "Times that somebody asked for memory in vain",
                (long long)sl_budget_refused(&m->all));
  engine_metric(out, "sluice_memory_stopped_queries_total", "counter", "Queries stopped because memory was spent",
                (long long)atomic_load(&m->stopped));
  engine_metric(out, "sluice_state_images_total", "counter", "State images written", (long long)memory.images);
  engine_metric(out, "sluice_state_images_failed_total", "counter", "State images that could not be written",
                (long long)memory.images_failed);
}

static void pull_metrics(sl_engine *engine, sl_buf *out) {
  sl_pull_counts counts;
  sl_pull_counts_get(engine->pulls, &counts);
  engine_metric(out, "sluice_pull_queries", "gauge", "Pull queries on tables that are open", counts.active);
  engine_metric(out, "sluice_pull_queries_total", "counter", "Pull queries on tables", (long long)counts.executed);
  engine_metric(out, "sluice_pull_plans_kept_total", "counter", "Pull queries that needed no planning",
                (long long)counts.kept);
}

void sl_engine_metrics(sl_engine *engine, sl_buf *out) {
  sl_snapshot *snapshot = sl_catalog_snapshot(engine->cat);
  static const char *const STATES[] = {"RUNNING", "PAUSED", "ERROR"};
  const sl_query_entry *entry;
  head(out, "sluice_queries", "gauge", "Persistent queries by state");
  for (size_t s = 0; s < 3; s++) {
    int count = 0;
    for (size_t i = 0; (entry = sl_snapshot_query_at(snapshot, i)); i++)
      count += strcmp(sl_query_state(engine, entry), STATES[s]) == 0;
    sl_buf_printf(out, "sluice_queries{state=\"%s\"} %d\n", STATES[s], count);
  }
  query_metrics(engine, out, snapshot);
  pthread_mutex_lock(&engine->mutex);
  long long pushes = (long long)engine->pushes.len, feeds = (long long)engine->feeds.len;
  pthread_mutex_unlock(&engine->mutex);
  engine_metric(out, "sluice_push_queries", "gauge", "Push queries running", pushes);
  engine_metric(out, "sluice_push_pipelines", "gauge", "Pipelines that they share", feeds);
  pull_metrics(engine, out);
  engine_metric(out, "sluice_statements_total", "counter", "Statements executed",
                (long long)atomic_load(&engine->statements_run));
  engine_metric(out, "sluice_statement_errors_total", "counter", "Statements that failed",
                (long long)atomic_load(&engine->statement_errors));
  memory_metrics(engine, out);
  engine_metric(out, "sluice_durable_commit", "gauge", "Number of the newest durable commit",
                (long long)sl_log_durable_commit(engine->log));
  engine_metric(out, "sluice_log_failed", "gauge", "1 when the log has stopped accepting work",
                sl_log_failure(engine->log) != NULL);
  engine_metric(out, "sluice_log_refusing", "gauge", "1 while the disk refuses what is to be written to the log",
                sl_log_refusing(engine->log, NULL, 0));
  engine_metric(out, "sluice_log_refused_total", "counter", "Commits that the disk refused; they were taken back",
                (long long)sl_log_refused(engine->log));
  engine_metric(out, "sluice_uptime_seconds", "gauge", "Seconds since the engine was opened",
                (long long)((sl_clock_wall_ms(engine->clock) - engine->started_ms) / 1000));
  sl_snapshot_unref(snapshot);
}
