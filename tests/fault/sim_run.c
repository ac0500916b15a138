/* A run: some lives of steps, each ended by a crash and a start, then the comparison with the oracle. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fault/sim.h"
#include "topics/embedded/embedded_int.h"

/* ---- telling ---- */

void sim_note(const sim *s, const char *fmt, ...) {
  if (!s->trace) return;
  va_list args;
  va_start(args, fmt);
  printf("%d: ", s->life);
  vprintf(fmt, args);
  printf("\n");
  va_end(args);
}

void sim_fail(const sim *s, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  printf("seed %llu, life %d, after \"%s\": ", (unsigned long long)s->seed, s->life, s->last_fault);
  vprintf(fmt, args);
  printf("\n");
  va_end(args);
  fflush(stdout);
  exit(1);
}

uint64_t sim_draw(sim *s, uint64_t below) {
  uint64_t z = (s->random += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

/* ---- start and crash ---- */

static void set(sim *s, const char *name, const char *value) {
  sl_str text = sl_str_of(value);
  if (sl_settings_set(&s->settings, sl_str_of(name), &text, false, NULL)) sim_fail(s, "no setting %s", name);
}

/* What may be another with every start. */
static void choose_start(sim *s) {
  static const char *const FLUSH[] = {"never", "interval", "always"};
  s->workers = 1 + (int)sim_draw(s, 2);
  s->batch = sim_chance(s, 40) ? 0 : 1 + (int)sim_draw(s, 5);
  s->carry_a_file = sim_chance(s, 40) ? 1 + (size_t)sim_draw(s, 600) : 0;
  set(s, "log.flush", FLUSH[sim_chance(s, 90) ? s->seed % 3 : sim_draw(s, 3)]);
}

static int try_open(sim *s, sl_err *err) {
  choose_start(s);
  sl_engine_options options = {.fs = s->fs,
                               .clock = &s->clock.clock,
                               .data_dir = "/data",
                               .settings = &s->settings,
                               .workers = s->workers,
                               .batch = s->batch,
                               .seed = s->seed * 1000003 + (uint64_t)++s->life,
                               .probe = &s->probe,
                               .image_floor = s->churn || s->seed % 3 ? 4 : 0, /* few records are worth an image */
                               .trim_every = s->small ? 3 : 0};
  s->dying = false;
  int rc = sl_engine_open(&options, &s->engine, err);
  if (rc) return rc;
  sim_history_attach(s);
  if (s->carry_a_file) sl_embedded_of(sl_engine_log(s->engine))->carry_a_file = s->carry_a_file;
  s->session = sl_session_new(s->engine);
  return 0;
}

static void arm_at(sim *s, unsigned ops, const char *path, uint64_t within, bool stop) {
  if (s->armed++ > 10) return; /* the file system takes some more */
  sl_fs_fault_rule rule = {.ops = ops,
                           .path_part = path,
                           .nth = 1 + sim_draw(s, within),
                           .keep = (size_t)sim_draw(s, sim_chance(s, 50) ? 200 : 4000), /* or all of it */
                           .code = sim_chance(s, 40) ? SL_E_DISK_FULL : SL_E_IO,
                           .stop = stop};
  if (!stop && sim_chance(s, path ? 60 : 30)) rule.times = 1 + sim_draw(s, 8);
  sl_fs_fault_add(s->fault, rule);
}

static void arm(sim *s, unsigned ops, uint64_t within, bool stop) {
  arm_at(s, ops, NULL, within, stop);
}

static void remember_fault(sim *s) {
  if (sl_fs_fault_struck(s->fault)[0])
    snprintf(s->last_fault, sizeof s->last_fault, "%s", sl_fs_fault_struck(s->fault));
}

/* A file system that could not write a directory is gone until the system starts again. What a start finds after a kill
 * may never have been synced: a statement that may have happened, a cut that another start has made. */
static sl_fs_crash draw_mode(sim *s, bool starting) {
  static const sl_fs_crash MODES[] = {SL_FS_CRASH_POWER, SL_FS_CRASH_POWER_ANY, SL_FS_CRASH_POWER_NONE,
                                      SL_FS_CRASH_KILL, SL_FS_CRASH_KILL};
  bool shut = sl_fs_fault_shut(s->fault) || !strncmp(sl_fs_fault_struck(s->fault), "sync_dir", 8);
  bool doubt = starting || sim_unsure(s);
  if (doubt && !shut && sim_chance(s, 60)) return SL_FS_CRASH_KILL;
  return MODES[sim_draw(s, shut || s->brief ? 3 : 5)];
}

/* The process dies: nothing that it still does reaches the disk. */
static sl_fs_crash crash(sim *s) {
  sl_fs_crash mode = draw_mode(s, false);
  sl_err err = {0};
  remember_fault(s);
  sim_history_lay_ghosts(s);
  sim_note(s, "crash of kind %d, after %s", mode, s->last_fault);
  s->dying = true;
  sl_fs_fault_clear(s->fault);
  sl_fs_fault_add(s->fault, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
  sl_session_free(s->session);
  s->session = NULL;
  sl_engine_close(s->engine, NULL);
  s->engine = NULL;
  if (sl_fs_fault_crash(s->fault, mode, sim_draw(s, 1u << 30), &err)) sim_fail(s, "crash: %s", err.message);
  s->crashes++;
  return mode;
}

/* A recovery is weakest between its first cut and its last sync. */
static void arm_start(sim *s) {
  if (sim_chance(s, 60))
    arm_at(s, SL_FS_OP_TRUNCATE | SL_FS_OP_SYNC, "0.log", 20, true);
  else
    arm(s, SL_FS_OP_CHANGES, sim_chance(s, 50) ? 60 : 20, sim_chance(s, 70));
}

/* Opens until it works; each failure must come from a fault, and is followed by another crash. True if one of them was
 * a power loss. */
static bool open_through_faults(sim *s, int most) {
  bool power = false;
  for (int tries = 0;; tries++) {
    sl_err err = {0};
    if (tries < most && sim_chance(s, 40)) arm_start(s);
    int rc = try_open(s, &err);
    bool struck = sl_fs_fault_struck(s->fault)[0];
    sl_fs_fault_clear(s->fault);
    s->armed = 0;
    if (!rc && !struck) return power;
    if (rc && !struck) sim_fail(s, "does not start: %s", err.message);
    sl_err_done(&err);
    remember_fault(s);
    sl_fs_crash mode = draw_mode(s, true);
    power |= mode != SL_FS_CRASH_KILL;
    s->brief |= mode == SL_FS_CRASH_KILL && sim_chance(s, 75);
    sim_note(s, "the start was stopped by %s, crash of kind %d", s->last_fault, mode);
    sl_fs_fault_add(s->fault, (sl_fs_fault_rule){.ops = ~0u, .nth = 1, .stop = true});
    if (!rc) {
      sl_session_free(s->session);
      sl_engine_close(s->engine, NULL);
      s->engine = NULL;
    }
    if (sl_fs_fault_crash(s->fault, mode, sim_draw(s, 1u << 30), &err)) sim_fail(s, "crash: %s", err.message);
    s->crashes++;
  }
}

/* A statement that failed in a process that lives on has happened or not, at once. */
static void settle_statement(sim *s) {
  sim_event *e = s->events.len ? sl_vec_at(&s->events, s->events.len - 1) : NULL;
  if (!e || e->kind != SIM_STATEMENT || !e->unsure) return;
  bool happened = sim_statement_happened(s, e->text);
  s->brief = sim_chance(s, 60);
  sim_note(s, "%s: %s", happened ? "it happened" : "it did not happen", e->text);
  e->unsure = false;
  if (happened) sim_apply_statement(s, e->text);
  if (!happened) sim_history_drop_last(s);
}

/* What the last start has found becomes the history. */
static void settle(sim *s, uint64_t least, uint64_t most) {
  uint64_t last = atomic_load(&sl_embedded_of(sl_engine_log(s->engine))->last_commit);
  sim_note(s, "started with commit %llu, at least %llu", (unsigned long long)last, (unsigned long long)least);
  if (last < least)
    sim_fail(s, "commit %llu was the last that was sure to survive, but %llu was found", (unsigned long long)least,
             (unsigned long long)last);
  if (last > most)
    sim_fail(s, "commit %llu was found, but was refused: %llu was the last that can have survived",
             (unsigned long long)last, (unsigned long long)most);
  sim_history_cut(s, last);
  for (size_t i = 0; i < s->events.len; i++) {
    sim_event *e = sl_vec_at(&s->events, i);
    if (e->kind == SIM_INPUT && !e->records) sim_read_back(s, e);
    if (e->unsure && i + 1 != s->events.len) sim_fail(s, "events after a statement that failed");
  }
  settle_statement(s);
  s->written = s->synced = last;
  s->doubtful = 0;
}

/* A byte of a state image is another one. */
static void damage_an_image(sim *s) {
  char **names;
  size_t count;
  sl_err err = {0};
  if (!sl_fs_is_dir(s->fault, "/data/state")) return;
  if (sl_fs_list(s->fault, "/data/state", &s->arena, &names, &count, &err)) sim_fail(s, "images: %s", err.message);
  if (!count) return;
  const char *path = sl_arena_printf(&s->arena, "/data/state/%s", names[sim_draw(s, count)]);
  sl_file *file;
  uint64_t size = 0;
  uint8_t byte = 0;
  size_t got;
  int rc = sl_fs_open(s->fault, path, SL_FS_WRITE, &file, &err);
  if (!rc) rc = sl_file_size(file, &size, &err);
  uint64_t at = size ? (sim_draw(s, size) & ~UINT64_C(4095)) + sim_draw(s, 256) : 0; /* blocks are mostly padding */
  if (at >= size) size = 0;
  if (!rc && size) rc = sl_file_read(file, at, &byte, 1, &got, &err);
  byte ^= (uint8_t)(1 + sim_draw(s, 255));
  if (!rc && size) rc = sl_file_write(file, at, &byte, 1, &err);
  if (!rc) rc = sl_file_sync(file, &err);
  if (rc) sim_fail(s, "image %s: %s", path, err.message);
  sl_file_close(file);
  sim_note(s, "damaged %s at %llu", path, (unsigned long long)at);
}

static void crash_and_start(sim *s) {
  uint64_t written = s->written, synced = s->synced;
  bool power = crash(s) != SL_FS_CRASH_KILL;
  uint64_t most = s->doubtful > written ? s->doubtful : written;
  s->brief = false;
  if (sim_chance(s, 25)) damage_an_image(s);
  power |= open_through_faults(s, 3);
  sl_arena_reset(&s->arena);
  settle(s, power ? synced : written, most);
  sim_check_start(s);
}

static void restart_clean(sim *s) {
  sl_err err = {0};
  s->brief = false;
  sl_session_free(s->session);
  s->session = NULL;
  int rc = sl_engine_close(s->engine, &err);
  s->engine = NULL;
  if (rc) sim_fail(s, "does not stop: %s", err.message);
  uint64_t written = s->written;
  open_through_faults(s, 0);
  settle(s, written, written);
  sim_check_start(s);
}

/* ---- steps ---- */

static int run_workers(sim *s, int times) {
  int64_t due;
  for (int i = 0; i < times; i++) {
    int which = (int)sim_draw(s, (uint64_t)s->workers);
    sl_worker_step(sl_executor_worker(sl_engine_executor(s->engine), which), &due);
  }
  return 0;
}

static int step_workers(sim *s, sl_err *err) {
  (void)err;
  return run_workers(s, 1 + (int)sim_draw(s, 10));
}

static int step_more_workers(sim *s, sl_err *err) {
  (void)err;
  return run_workers(s, 8);
}

static int flush(sim *s, sl_err *err) {
  return sl_log_flush_step(sl_engine_log(s->engine), sim_chance(s, 25), NULL, err);
}

static int checkpoint(sim *s, sl_err *err) {
  return sl_embedded_checkpoint(sl_embedded_of(sl_engine_log(s->engine)), err);
}

static int keep_house(sim *s, sl_err *err) {
  int rc = 0;
  bool more = true;
  for (uint64_t i = 1 + sim_draw(s, 30); i > 0 && more && !rc; i--)
    rc = sl_log_housekeeping_step(sl_engine_log(s->engine), &more, err);
  more = true;
  for (uint64_t i = s->churn && !sim_chance(s, 5) ? 0 : sim_draw(s, 12); i > 0; i--)
    sl_executor_image_step(sl_engine_executor(s->engine), &more);
  return rc;
}

static int let_time_pass(sim *s, sl_err *err) {
  (void)err;
  sl_clock_manual_advance(&s->clock, (int64_t)(sim_chance(s, 20) ? sim_draw(s, 400000) : sim_draw(s, 800)));
  return 0;
}

/* The time that a compaction needs. */
static int age_changelogs(sim *s, sl_err *err) {
  sl_clock_manual_advance(&s->clock, 16000);
  int rc = checkpoint(s, err);
  return rc ? rc : keep_house(s, err);
}

/* The disk goes bad when a transaction of the catalog has just happened: the third sync of its journal makes that
 * durable. Nobody can tell then whether it has. */
static void arm_transaction(sim *s) {
  sl_fs_fault_add(s->fault, (sl_fs_fault_rule){.ops = SL_FS_OP_SYNC,
                                               .path_part = "catalog.db-journal",
                                               .nth = 3 * (1 + sim_draw(s, 4)),
                                               .times = 1 + sim_draw(s, 8),
                                               .code = SL_E_IO});
}

/* Anything may fail, or the making of topics, or the end of a transaction of the catalog. */
static void arm_statement(sim *s) {
  enum { NAMES = SL_FS_OP_MKDIR | SL_FS_OP_CREATE | SL_FS_OP_RENAME | SL_FS_OP_SYNC_DIR };
  switch (sim_draw(s, 10)) {
  case 0: arm(s, SL_FS_OP_CHANGES, 150, sim_chance(s, 50)); break;
  case 1: arm_at(s, NAMES, "/data/topics", 12, false); break;
  case 2: arm_transaction(s); break;
  default: break;
  }
}

static int run_statement(sim *s, sl_err *err) {
  arm_statement(s);
  int rc = sim_statement(s, err);
  bool lives = rc && !sim_unsure(s) && !sl_fs_fault_stopped(s->fault) && !sl_log_failure(sl_engine_log(s->engine));
  if (lives && sim_chance(s, 60))
    settle_statement(s);
  else
    s->fatal = rc != 0;
  return rc;
}

static int shrink_segments(sim *s, sl_err *err) {
  return s->small ? sim_shrink_segments(s, err) : 0;
}

typedef struct weighted_step {
  unsigned weight;
  int (*run)(sim *s, sl_err *err);
} weighted_step;

static const weighted_step STEPS[] = {
    {60, sim_produce},      {12, sim_insert_values}, {68, step_workers}, {22, flush},
    {10, keep_house},       {14, let_time_pass},     {8, run_statement}, {2, shrink_segments},
    {4, sim_change_limits}, {1, checkpoint},
};

/* Many changes of few keys. */
static const weighted_step CHURN_STEPS[] = {
    {3, sim_produce}, {2, step_more_workers}, {1, keep_house}, {2, age_changelogs}};

/* Nothing is synced before the next crash. */
static const weighted_step BRIEF_STEPS[] = {{3, sim_produce}, {1, sim_insert_values}, {2, step_workers}};

static int draw_step(sim *s, const weighted_step *steps, size_t count, sl_err *err) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += steps[i].weight;
  uint64_t drawn = sim_draw(s, sum);
  while (drawn >= steps->weight) drawn -= (steps++)->weight;
  return steps->run(s, err);
}

static int do_step(sim *s, sl_err *err) {
  if (s->brief) return draw_step(s, BRIEF_STEPS, sizeof BRIEF_STEPS / sizeof *BRIEF_STEPS, err);
  if (s->churn && sim_chance(s, 70)) return draw_step(s, CHURN_STEPS, sizeof CHURN_STEPS / sizeof *CHURN_STEPS, err);
  return draw_step(s, STEPS, sizeof STEPS / sizeof *STEPS, err);
}

/* false when the process has to die. */
static bool step(sim *s) {
  sl_err err = {0};
  s->fatal = s->refused = false;
  sl_arena_reset(&s->arena);
  int rc = do_step(s, &err);
  bool struck = sl_fs_fault_struck(s->fault)[0];
  if (rc && !struck) sim_fail(s, "a step failed: %s", err.message);
  if (rc) sim_note(s, "failed: %s", err.message);
  sl_err_done(&err);
  const char *failure = sl_log_failure(sl_engine_log(s->engine));
  if (failure && !struck) sim_fail(s, "the log has stopped: %s", failure);
  if (!failure && sim_all_synced(s)) {
    uint64_t last = atomic_load(&sl_embedded_of(sl_engine_log(s->engine))->last_commit);
    if (last != s->synced) sim_note(s, "synced up to commit %llu", (unsigned long long)last);
    s->synced = last;
  }
  s->fatal |= s->refused && sim_chance(s, 10); /* before it is tried again */
  return !s->fatal && !failure && !sl_fs_fault_stopped(s->fault);
}

static void live(sim *s) {
  switch (sim_draw(s, 12)) {
  case 0: arm(s, SL_FS_OP_WRITE, 300, false); break;
  case 1: arm(s, SL_FS_OP_SYNC | SL_FS_OP_SYNC_DIR, 100, false); break;
  case 2: arm(s, SL_FS_OP_CHANGES, 200, false); break;
  case 3: arm(s, SL_FS_OP_READ, 40, false); break; /* a task fails, and the process lives on */
  case 4: arm_at(s, SL_FS_OP_WRITE, "sluice-decisions.log", 60, false); break;
  case 5:
  case 6: arm_at(s, SL_FS_OP_WRITE, "sluice-decisions.log", 60, true); break; /* batches without a decision */
  default: arm(s, SL_FS_OP_CHANGES, 400, true); break;
  }
  s->brief |= sim_chance(s, 10);
  uint64_t steps = s->brief ? 1 + sim_draw(s, 10) : (20 + sim_draw(s, 180)) * (s->churn ? 2 : 1);
  for (uint64_t i = 0; i < steps; i++)
    if (!step(s)) break;
  bool dead = sl_log_failure(sl_engine_log(s->engine)) || sl_fs_fault_stopped(s->fault);
  if (!dead && !sl_fs_fault_struck(s->fault)[0] && sim_chance(s, 20)) {
    sl_fs_fault_clear(s->fault);
    restart_clean(s);
  } else {
    crash_and_start(s);
  }
}

/* ---- the end ---- */

/* The first query that has not come to the ends of its topics, in the arena; NULL if all have. */
static const char *find_laggard(sim *s) {
  sl_snapshot *snapshot = sl_engine_snapshot(s->engine);
  const sl_query_entry *entry;
  const char *found = NULL;
  for (size_t i = 0; !found && (entry = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_running_stats stats;
    sl_running_stats_get(sl_engine_running(s->engine, entry->number), &stats);
    if (!entry->paused && (stats.lag || stats.state == SL_RUNNING_ERROR))
      found = sl_arena_printf(&s->arena, SL_STR_FMT ": %s", SL_STR_ARG(entry->id), stats.reason);
  }
  sl_snapshot_unref(snapshot);
  return found;
}

static void drain(sim *s) {
  sl_err err = {0};
  const char *laggard = NULL;
  if (sim_lift_limits(s, &err)) sim_fail(s, "a limit cannot be lifted: %s", err.message);
  for (int i = 0; i < 20; i++) {
    if (sl_engine_run_until_quiet(s->engine, &err)) sim_fail(s, "does not get quiet: %s", err.message);
    laggard = find_laggard(s);
    if (!laggard) return;
    sl_clock_manual_advance(&s->clock, 1000000); /* tasks that failed try again */
  }
  sim_fail(s, "query %s does not get to the ends of its topics", laggard);
}

static void choose_settings(sim *s) {
  s->cache = s->seed % 5 == 4;
  s->partitions = 1 + (int)sim_draw(s, 3);
  s->small = sim_chance(s, 60);
  s->churn = s->seed % 4 == 3;
  if (s->churn) {
    s->small = true;
    s->partitions = 1;
  }
  set(s, "auto.offset.reset", "earliest");
  set(s, "cache.max.bytes.buffering", s->cache ? "10000000" : "0");
  if (sim_chance(s, 20)) set(s, "ksql.logging.processing.topic.auto.create", "true");
  if (sim_chance(s, 70)) set(s, "ksql.query.retry.backoff.initial.ms", "100");
  if (sim_chance(s, 30)) set(s, "commit.interval.ms", sim_chance(s, 50) ? "0" : "100");
}

static void free_world(sim *s) {
  sl_err err = {0};
  sl_session_free(s->session);
  if (sl_engine_close(s->engine, &err)) sim_fail(s, "does not stop: %s", err.message);
  if (s->fs != s->fault) sl_fs_free(s->fs);
  sl_fs_free(s->fault);
  sl_fs_free(s->memory);
  sim_history_free(s);
  for (size_t i = 0; i < s->kept_topics.len; i++) sl_heap_free(sl_vec_at(&s->kept_topics, i));
  sl_vec_done(&s->kept_topics);
  sl_settings_done(&s->settings);
  sl_arena_done(&s->arena);
}

void sim_run(sim *s) {
  sl_err err = {0};
  s->random = s->seed * 0x9e3779b97f4a7c15u + 7;
  s->next_id = 1;
  s->now_ts = 100000;
  sl_arena_init(&s->arena, 0);
  s->memory = sl_fs_memory_new();
  s->fault = sl_fs_fault_new(s->memory, "/", &err);
  s->fs = sim_plant_fs(s);
  sl_clock_manual_init(&s->clock, 1700000000000);
  sim_history_probe(s);
  choose_settings(s);
  if (try_open(s, &err)) sim_fail(s, "does not open: %s", err.message);
  sim_declare_sources(s);
  for (uint64_t i = s->churn ? 2 : 2 + sim_draw(s, 3); i > 0; i--) sim_create_query(s, &err);
  if (s->small) sim_shrink_segments(s, &err);
  for (uint64_t i = 2 + sim_draw(s, 5); i > 0; i--) live(s);
  sl_fs_fault_clear(s->fault);
  drain(s);
  sim_oracle(s);
  free_world(s);
}
