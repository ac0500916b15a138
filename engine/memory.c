/* The memory of the process: five counted budgets under one limit, and what happens when it is reached.
 *
 * Stores and their growth are asked for before they happen, and so are clients' queues and request bodies; staged
 * records, cached blocks and statements are counted as they are. From four fifths of the limit on, cached blocks are
 * shed and a warning is logged. Near the limit workers commit at once (executor/commit.c). A task that is refused drops
 * what it has done since its last commit and waits. If shedding does not help, the query whose state grew most in the
 * last minute is stopped, with its reason, and the others go on. */
#include "base/logger.h"
#include "engine/engine_int.h"

static const double WARN_AT = 0.8, CALM_AT = 0.7, SHORT_AT = 0.9;
enum {
  BLOCKS_KEPT = 1 << 20,     /* of cached blocks when memory is short */
  BLOCKS_MOST = 64 << 20,    /* when it is not, or an eighth of the limit */
  STATEMENT_BYTES = 1 << 20, /* what a statement is counted with, and 64 times its text */
  PATIENCE = 20,             /* refusals that are waited for while there seems to be memory */
};

static void begin_blocks(sl_engine *engine) {
  size_t eighth = sl_budget_limit(&engine->memory.all) / 8;
  sl_log_limit_cache(engine->log, eighth < BLOCKS_MOST ? eighth : BLOCKS_MOST);
}

void sl_memory_init(sl_engine *engine) {
  sl_memory *m = &engine->memory;
  int64_t most = sl_settings_int(engine->settings, "memory.max");
  size_t limit = most > 0 ? (size_t)most : sl_memory_limit() / 5 * 4;
  sl_budget_init(&m->all, "memory.max", limit, NULL);
  sl_budget_init(&m->blocks, "blocks", SIZE_MAX, &m->all);
  sl_budget_init(&m->clients, "clients", SIZE_MAX, &m->all);
  sl_budget_init(&m->statements, "statements", SIZE_MAX, &m->all);
}

size_t sl_memory_statement_begin(sl_engine *engine, sl_str text) {
  size_t bytes = STATEMENT_BYTES + 64 * text.len;
  sl_budget_force(&engine->memory.statements, bytes); /* never refused: one of them may give memory back */
  return bytes;
}

void sl_memory_statement_end(sl_engine *engine, size_t bytes) {
  sl_budget_give(&engine->memory.statements, bytes);
}

static void count_blocks(sl_engine *engine) {
  sl_memory *m = &engine->memory;
  sl_budget_set(&m->blocks, &m->blocks_held, sl_log_cached_bytes(engine->log));
}

/* Warns, and sheds blocks while memory is short. */
static void watch(sl_engine *engine) {
  sl_memory *m = &engine->memory;
  double fill = sl_budget_fill(&m->all);
  if (fill >= WARN_AT && !m->tight) {
    m->tight = true;
    sl_log_line(SL_LOG_WARN, "memory.short", "used=%zu limit=%zu hint=\"raise memory.max or drop a query\"",
                sl_budget_used(&m->all), sl_budget_limit(&m->all));
    sl_log_limit_cache(engine->log, BLOCKS_KEPT);
    count_blocks(engine);
  } else if (fill < CALM_AT && m->tight) {
    m->tight = false;
    begin_blocks(engine);
  }
}

static bool stop_hog(sl_engine *engine) {
  sl_executor_hog hog;
  if (!sl_executor_find_hog(engine->executor, &hog)) return false;
  sl_memory *m = &engine->memory;
  sl_err why = {0}, err = {0};
  sl_err_set(&why, SL_E_MEMORY, SL_NO_POS,
             "Stopped because memory.max (%zu bytes) is spent: its state grew by %zu bytes in the last minute, to %zu. "
             "Drop it, or raise memory.max and start the server again; RESUME starts it again as it is.",
             sl_budget_limit(&m->all), hog.grew, hog.held);
  sl_log_line(SL_LOG_ERROR, "memory.query_stopped", "query=%llu held=%zu grew=%zu limit=%zu",
              (unsigned long long)hog.query, hog.held, hog.grew, sl_budget_limit(&m->all));
  bool stopped =
      hog.persistent ? sl_query_give_up(engine, hog.query, &why, &err) : sl_push_give_up(engine, hog.query, &why);
  if (stopped) atomic_fetch_add(&m->stopped, 1);
  if (err.message) sl_log_line(SL_LOG_ERROR, "memory.stop_failed", "reason=\"%s\"", err.message);
  sl_err_done(&why);
  sl_err_done(&err);
  return stopped;
}

bool sl_engine_memory_step(sl_engine *engine) {
  sl_memory *m = &engine->memory;
  if (!m->blocks_begun) begin_blocks(engine);
  m->blocks_begun = true;
  count_blocks(engine);
  sl_executor_sample_memory(engine->executor);
  watch(engine);
  uint64_t refused = sl_budget_refused(&m->all);
  bool over = sl_budget_used(&m->all) > sl_budget_limit(&m->all);
  if (refused == m->refused && !over) {
    m->waited = 0;
    return false;
  }
  m->refused = refused;
  bool is_short = over || sl_budget_fill(&m->all) >= SHORT_AT;
  if (is_short || ++m->waited > PATIENCE) { /* what was shed did not help, or one asks for more than there ever is */
    if (pthread_mutex_trylock(&engine->statements)) return false; /* a statement may be giving memory back */
    bool stopped = stop_hog(engine);
    pthread_mutex_unlock(&engine->statements);
    if (!stopped) return false;
    m->waited = 0;
  }
  sl_executor_relieved(engine->executor);
  return true;
}
