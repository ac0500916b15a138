/* The executor: runs physical plans as tasks on workers. It makes no threads: a worker is stepped by whoever owns a
 * thread (server, cli) or by a test that steps all of them in turn. */
#pragma once
#include "base/budget.h"
#include "base/clock.h"
#include "base/err.h"
#include "planner/plan.h"
#include "topics/log.h"
#include "types/row.h"

typedef struct sl_executor sl_executor;
typedef struct sl_worker sl_worker;
typedef struct sl_running sl_running; /* a started query */

/* What a simulation sees of the tasks, and may decide for them. Called with the task's mutex held. */
typedef struct sl_probe {
  /* The row at that offset is about to run. */
  void (*consumed)(void *ctx, const sl_task_id *task, const sl_partition *partition, int64_t offset);
  /* What the task has consumed since its last commit has not happened: it has failed, or has ended without a commit. */
  void (*taken_back)(void *ctx, const sl_task_id *task);
  /* May the next row of an input run? NULL: the inputs' rows run in order of time. */
  bool (*admits)(void *ctx, const sl_task_id *task, const sl_partition *partition, int64_t offset);
  void *ctx;
} sl_probe;

typedef struct sl_executor_options {
  sl_log *log;
  const sl_clock *clock;
  int workers;         /* 0 = number of cores */
  sl_budget *memory;   /* of the process: stores and staging count in it, and a task that it refuses waits for
                          sl_executor_relieved; NULL: none */
  sl_budget *clients;  /* part of memory in which scans of pull queries count; NULL: they do not */
  size_t state_budget; /* bytes; 0 = no limit */
  size_t staging_budget;
  int64_t commit_interval_ms;   /* -1: the built-in cadence (design.md 6) */
  size_t cache_bytes;           /* cache.max.bytes.buffering; 0: every update is emitted */
  int batch;                    /* records decoded ahead per reader; 0 = 1000; tests use 1 */
  const char *processing_topic; /* the processing log, written as long as the topic exists; NULL: discarded */
  bool processing_rows;         /* entries show the rows */
  const sl_probe *probe;        /* NULL but in simulations */
  sl_fs *fs;                    /* of state images */
  const char *image_dir;        /* NULL: none are kept */
  int64_t image_floor;          /* records of a changelog that are worth an image; 0 = 100,000; tests use less */
  int64_t trim_every;           /* records read of an internal topic that are worth trimming it; 0 = 10,000; as above */
} sl_executor_options;

sl_executor *sl_executor_new(const sl_executor_options *options);
void sl_executor_free(sl_executor *executor); /* all queries must have been stopped */

/* ---- queries ---- */
/* Receives the rows of a RESPONSE. Called on a worker, after the commit that covers them is visible; row memory is
 * valid during the call. Returns false to be called no more until sl_running_resume (back-pressure): the row was not
 * taken. */
typedef struct sl_response {
  bool (*row)(void *ctx, const sl_row *row, const sl_layout *layout);
  void (*rows_done)(void *ctx); /* after one or more rows of a chunk: now is the time to tell who waits. May be NULL */
  void (*end)(void *ctx, const sl_err *err, bool limit_reached); /* err NULL: completed */
  void *ctx;
} sl_response;

typedef struct sl_start_options {
  bool cache; /* use the write cache */
  size_t cache_bytes;
  int64_t commit_interval_ms; /* -1 = executor's */
  bool has_reset;             /* auto.offset.reset was given: overrides the plan's */
  sl_offset_reset reset;
  const sl_position *from; /* transient queries: where a source's partitions begin instead; borrowed for the start */
  size_t from_count;
  bool to_end_only; /* stop (response end) when the ends seen at start are reached: pull queries on streams */
  bool paused;
  sl_response response;                   /* push queries */
  int64_t retry_initial_ms, retry_max_ms; /* back-off of failed tasks; 0 = 15 s and 15 min */
  int errors_kept;                        /* for sl_running_errors; 0 = 10 */
  bool fail_on_decode;                    /* a record that cannot be decoded fails the query; else it is dropped */
  bool skip_on_produce;                   /* a record that a topic does not take is dropped; else the query fails */
  bool skip_negative_time;                /* so is a record with a negative timestamp */
} sl_start_options;

/* Starting, stopping and run_until_quiet must not be called from inside a response or pull callback,
 * nor while holding a lock that such a callback takes. */
/* Builds operators and tasks, restores stores from changelogs in steps, then runs. Positions come from the log's
 * decisions; a task that never committed starts at the reset. */
int sl_executor_start(sl_executor *executor, sl_plan *plan, const sl_start_options *options, sl_running **out,
                      sl_err *err);
/* Stops and frees. forget: its committed positions and state are of no more use (TERMINATE). Returns after its tasks
 * have left their workers. */
int sl_executor_stop(sl_executor *executor, sl_running *running, bool forget, sl_err *err);
void sl_running_pause(sl_running *running, bool paused);
void sl_running_resume(sl_running *running); /* a response can take rows again. Thread: any */

typedef enum sl_running_state { SL_RUNNING_OK, SL_RUNNING_PAUSED, SL_RUNNING_ERROR } sl_running_state;
typedef struct sl_running_stats {
  sl_running_state state;
  uint64_t records_in, records_out, bytes_in, bytes_out, errors, dropped_late, commits;
  int64_t last_in_ms, last_out_ms; /* wall clock, 0 = never */
  int64_t lag;                     /* records between positions and visible ends */
  size_t state_bytes;
  uint64_t restored, restore_total; /* rows of images and records of changelogs; total 0: nothing is being restored */
  uint64_t from_images;             /* rows that came from images at the start */
  char reason[512];                 /* of the last failure, empty if none */
} sl_running_stats;
void sl_running_stats_get(sl_running *running, sl_running_stats *out); /* Thread: any */
/* The newest failures, oldest first, as far as they are kept. Returns how many; in arena. Thread: any. */
typedef struct sl_failure {
  int64_t at_ms; /* wall clock */
  int code;
  const char *message;
} sl_failure;
size_t sl_running_errors(sl_running *running, sl_arena *arena, sl_failure **out);
sl_plan *sl_running_plan(sl_running *running);
/* What each task reads: an entry per task and topic, in order of tasks; in arena. Thread: any. */
typedef struct sl_task_input {
  uint32_t sub;
  int32_t partition;                /* of task and topic */
  sl_str topic;                     /* of the plan */
  int64_t end, committed, position; /* position: rows before it have run, committed or not */
  int64_t first;                    /* where the task began when it was started */
} sl_task_input;
size_t sl_running_inputs(sl_running *running, sl_arena *arena, sl_task_input **out);
/* How far each store with a changelog is, an entry per task and store; in arena. position is short of end while it is
 * restored. Thread: any. */
typedef struct sl_task_changelog {
  sl_str store; /* of the plan */
  int32_t partition;
  int64_t position, end;
} sl_task_changelog;
size_t sl_running_changelogs(sl_running *running, sl_arena *arena, sl_task_changelog **out);
/* Tasks with their state, positions and operators, for people. Thread: any. */
void sl_running_describe(sl_running *running, sl_buf *out);

/* ---- committed state, for pull queries ---- */
typedef struct sl_pull {
  const sl_str *keys; /* serialized, without window; looked up in this order */
  size_t key_count;
  bool scan; /* the whole table instead: by partition, then key bytes */
  int64_t start_from, start_to, end_from,
      end_to; /* windowed tables: inclusive bounds; INT64_MIN and INT64_MAX for none */
} sl_pull;
/* Where a reading has come to; begins as zeroes. While done is false it may hold a cursor: then sl_pull_place_done must
 * be called before the query is stopped. */
typedef struct sl_pull_place {
  size_t next; /* key, or partition */
  struct sl_task *task;
  struct sl_store_cursor *cursor;
  bool done;
} sl_pull_place;
/* Gets rows[sel[i]], i < count, of the table that the query materialises, in the layout of its last node; those with
 * SL_ROW_VALUE_ABSENT are none. Row memory is valid during the call, which must be short: it holds up the task. Returns
 * false to stop. */
typedef bool (*sl_pull_rows)(void *ctx, const sl_row *rows, const uint16_t *sel, int count, const sl_layout *layout);
/* Reads on: all keys, or a thousand rows of a scan. SL_E_UNSUPPORTED when the query keeps no table, SL_E_NOT_READY
 * while it restores. The caller keeps the query from being stopped meanwhile. Thread: any. */
int sl_running_pull(sl_running *running, const sl_pull *pull, sl_pull_place *place, sl_pull_rows take, void *ctx,
                    sl_err *err);
void sl_pull_place_done(sl_pull_place *place);

/* A pull query on a table: plan->state says what it reads. It can be executed any number of times, one after another.
 * Thread: any, one at a time. */
typedef struct sl_pull_query sl_pull_query;
/* Gets a row of the result; its memory is valid during the call, which must be short. */
typedef void (*sl_pull_row)(void *ctx, const sl_row *row, const sl_layout *layout);
sl_pull_query *sl_pull_query_new(sl_plan *plan, sl_err *err); /* NULL on failure */
void sl_pull_query_free(sl_pull_query *query);                /* accepts NULL; not between begin and end */
/* key (may be NULL) is looked up in place of the plan's, whose access is exact; what it points to must live until the
 * first step is done. */
void sl_pull_query_begin(sl_pull_query *query, const sl_value *key);
/* Reads on, as sl_running_pull: running is the query that keeps the table, the same in every step. */
int sl_pull_query_step(sl_pull_query *query, sl_running *running, sl_pull_row take, void *ctx, bool *done, sl_err *err);
/* Ends the execution, done or not; before the keeper is stopped. */
void sl_pull_query_end(sl_pull_query *query);

/* Bytes that stores hold, and the limit (SIZE_MAX: none); bytes staged and not committed. Thread: any. */
typedef struct sl_executor_memory {
  size_t state, state_limit, staged; /* staged: pre-images of state included */
  uint64_t images, images_failed;    /* state images written, and those that could not be */
} sl_executor_memory;
void sl_executor_memory_get(sl_executor *executor, sl_executor_memory *out);

/* ---- when memory is short ---- */
/* The persistent or push query whose stores grew most in the last minute. */
typedef struct sl_executor_hog {
  uint64_t query; /* its number */
  bool persistent;
  size_t held, grew; /* bytes */
} sl_executor_hog;
bool sl_executor_find_hog(sl_executor *executor, sl_executor_hog *out); /* false: none holds state. Thread: any */
void sl_executor_sample_memory(sl_executor *executor); /* to be called now and then, for the above. Thread: any */
/* Something has been given back: tasks that wait for memory try again. Thread: any but a worker's. */
void sl_executor_relieved(sl_executor *executor);

/* ---- workers ---- */
int sl_executor_workers(const sl_executor *executor);
sl_worker *sl_executor_worker(sl_executor *executor, int i);
/* Does a bounded piece of work (a batch, a commit, a restore step). true when there is more to do at once.
 * *next_due_ns: monotonic time of the next timed work, INT64_MAX if none. Thread: the worker's. */
bool sl_worker_step(sl_worker *worker, int64_t *next_due_ns);
/* Waits until the worker may have work, or until_ns; spins briefly first. Returns at once after sl_worker_wake. */
void sl_worker_wait(sl_worker *worker, int64_t until_ns);
void sl_worker_wake(sl_worker *worker); /* Thread: any */
/* Nothing runnable and nothing staged anywhere (design.md 6). Only meaningful when nobody else steps. */
bool sl_executor_quiet(sl_executor *executor);
/* Steps all workers on this thread, committing, until quiet. */
int sl_executor_run_until_quiet(sl_executor *executor, sl_err *err);

/* One bounded piece of writing state images. *more: another waits. Thread: any, one at a time. */
void sl_executor_image_step(sl_executor *executor, bool *more);
