/* What the executor's files share: workers, readers, tasks. Operators see only op.h.
 *
 * Locks, in order of taking: worker->step (held for a step; visitors that add or remove tasks take it), task->mutex
 * (one batch, commit or lookup), running->mutex (responses, reasons, the rate of the processing log). executor->mutex
 * guards the list of queries and is never held with another. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "base/vec.h"
#include "executor/codec.h"
#include "executor/executor.h"
#include "executor/op.h"
#include "executor/timestamps.h"
#include "state/changelog.h"
#include "state/image.h"
#include "base/budget.h"

enum {
  SL_READER_BATCH = 1000,       /* records decoded ahead */
  SL_READER_BYTES = 256 * 1024, /* fetched at once */
  SL_READER_RECENT = 4,         /* decoded batches kept for sharers */
  SL_TASK_TURN_NS = 1000000,    /* a task's turn */
  SL_STARVED_NS = 100000000,    /* a task that waits for memory looks again */
  SL_COMMIT_AGE_NS = 2000000,   /* built-in cadence */
  SL_COMMIT_BYTES = 8 << 20,
  SL_COMMIT_REST = 9,            /* pause of a busy worker after a commit, in durations of it ... */
  SL_COMMIT_REST_IDLE = 1,       /* ... and of one that has nothing else to do ... */
  SL_COMMIT_REST_MAX = 20000000, /* ... in ns at most: the disk may have held up the last one ... */
  SL_COMMIT_WORTH = 1 << 20,     /* ... and none if so much waits: it outweighs what every commit costs */
  SL_REFUSED_NS = 200000000,     /* between tries of a part that the disk refuses */
  SL_MEMORY_SAMPLES = 6,         /* of a query's state, ten seconds apart */
  SL_RESTORE_RECORDS = 4000,     /* per step */
};

/* Something that may be made ready from any thread. */
typedef struct sl_ready {
  struct sl_ready *next;
  atomic_bool queued;
  bool is_reader;
  sl_worker *worker;
} sl_ready;

/* ---- decoded batches ---- */
typedef enum sl_bad_record { SL_BAD_KEY, SL_BAD_VALUE, SL_BAD_TIMESTAMP, SL_NEGATIVE_TIMESTAMP } sl_bad_record;
typedef struct sl_decode_error {
  int64_t offset;
  sl_bad_record kind;
  const char *message; /* a chain (formats/format.h) */
  sl_str bytes;        /* BAD_KEY, BAD_VALUE: that side of the record */
  const char *text;    /* BAD_TIMESTAMP: key and value for the processing log, if it shows them */
} sl_decode_error;

typedef struct sl_decoded_view {
  int id;
  sl_row *rows;
} sl_decoded_view;

typedef struct sl_decoded {
  int refs;
  sl_worker *worker;
  sl_arena arena;
  sl_fetch *fetch;
  sl_decoded_view *views;
  int view_count;
  int64_t *offsets;
  size_t count;
  sl_decode_error *errors;
  size_t error_count, error_cap;
  int64_t base, next; /* offsets [base, next) */
  uint64_t bytes;
} sl_decoded;

/* ---- readers: worker x partition x source version ---- */
/* One list of slots that inputs of a reader want: every record is decoded once and laid out once per view. */
typedef struct sl_view {
  int id;        /* within the reader, never used again */
  sl_plan *plan; /* keeps source alive */
  const sl_plan_source *source;
  int users;
} sl_view;

typedef struct sl_reader {
  sl_ready ready;
  sl_listener listener;
  struct sl_reader *next_reader; /* of the worker */
  sl_plan *plan;                 /* keeps source alive */
  const sl_plan_source *source;  /* of the first input: topic, codec, timestamp */
  sl_topic *topic;
  sl_partition *partition;
  sl_read_end end;
  sl_codec *codec;
  sl_arena arena;                    /* of stamp */
  sl_stamp stamp;                    /* with a timestamp column */
  bool *needed_keys, *needed_values; /* union of what the inputs need, per codec column */
  sl_vec views;                      /* sl_view */
  int next_view;
  sl_vec inputs; /* sl_input */
  sl_decoded *recent[SL_READER_RECENT];
  int turn;
  sl_fetch *fetch; /* where decoding stopped */
  size_t fetch_at;
  bool warm; /* on the worker's list of readers that hold batches */
} sl_reader;

/* ---- tasks ---- */
typedef struct sl_input {
  sl_task *task;
  const sl_plan_source *source;
  sl_operator *op;
  sl_reader *reader;
  sl_view *view;
  sl_decoded *batch;
  const sl_row *rows;    /* of batch, in this input's view */
  size_t at, error_at;   /* in batch */
  bool has_head;         /* while choosing */
  int64_t position;      /* next offset to be read */
  int64_t committed;     /* where a failed task goes on; below task->refill_to while its store is filled again */
  int64_t first;         /* position at its start */
  int64_t end;           /* to_end_only: stops before it; INT64_MAX otherwise */
  atomic_llong shown;    /* position, for statistics */
  struct sl_input *twin; /* the next input on the same partition; they advance together */
  bool is_twin;          /* led by an earlier input */
  int64_t trimmed;       /* internal topics: records below are no longer wanted */
  int64_t trim_offset;   /* to be trimmed next, -1: none */
  int64_t trim_witness;  /* once the topic is synced beyond it, so is the decision that allows the trim */
} sl_input;

typedef struct sl_task_store {
  const sl_plan_store *plan;
  sl_store *store;
  sl_topic *topic;
  sl_partition *changelog; /* NULL for push queries */
  sl_codec *codec;         /* of keys */
  sl_state_shape shape;
  bool bounds; /* a window's bounds are part of the key's bytes */
  sl_buf key;
  int64_t restored, restore_end;
  sl_image *image;                     /* being loaded: then restoring goes on at its start */
  bool image_again;                    /* it must be loaded from its beginning */
  bool has_image;                      /* there is a file; guarded by images->mutex, while restoring by the task's */
  _Atomic int64_t image_start;         /* of the newest image; without one, where replaying begins */
  uint64_t image_rows;                 /* came from an image */
  int64_t expired;                     /* timestamps below are no longer wanted in the changelog, as it was told */
  int64_t expire_next, expire_witness; /* to be told once the changelog is synced behind the witness; INT64_MIN: none */
  uint64_t contract;       /* of a store that can be filled again from its source, else 0: what its rows are made of */
  int64_t changes_from;    /* of the changelog: earlier records follow another contract */
  uint64_t saved_contract; /* both as committed; 0 if this store was not */
  int64_t saved_from;
} sl_task_store;

typedef enum sl_task_state { SL_TASK_RESTORING, SL_TASK_RUNNING, SL_TASK_FAILED, SL_TASK_DONE } sl_task_state;

struct sl_task {
  sl_ready ready;
  sl_running *running;
  const sl_subtopology *sub;
  uint32_t sub_number;
  uint64_t serial; /* in order of creation: the order of commits and of locking several tasks */
  sl_worker *worker;
  pthread_mutex_t mutex;
  sl_task_state state;
  sl_op_env env;
  sl_arena ops_arena;
  sl_vec ops;    /* upstream first, each before everything it feeds */
  size_t opened; /* of ops */
  int32_t partition;
  bool first_commit; /* start positions are to be committed */
  int64_t refill_to; /* env.refilling: the committed position of the only input, up to which it is read again */
  bool one_by_one;   /* a sink needs the exact task time of each row */
  sl_input *inputs;
  int input_count;
  sl_task_store *stores;
  int store_count;
  sl_staging *staging;              /* lent by the worker while something is staged */
  sl_staging *last_words;           /* likewise: entries about what fails the task */
  uint64_t left_out, left_out_kept; /* entries not yet summed up; as of the last commit */
  int64_t left_out_second;          /* when they were */
  bool dirty;                       /* consumed or staged since the last commit */
  int64_t dirty_since;              /* monotonic ns */
  bool commit_now;
  bool sealed; /* its part was refused by the disk: complete as staged, and tried again before anything else is done */
  bool counted_failed;             /* among running->failed_tasks */
  atomic_bool finished;            /* has reached its end and committed */
  sl_buf clocks;                   /* as last committed */
  int64_t uncommitted;             /* rows taken since the last commit */
  uint64_t records_out, bytes_out; /* staged since then: counted for the query when committed */
  int64_t careful;           /* rows to take and commit one by one after a failure, so that a bad one fails alone */
  bool starved;              /* it waits for memory, not for its back-off */
  int64_t retry_at, backoff; /* monotonic ns; SL_TASK_FAILED */
  int64_t restore_begun;     /* monotonic ns; 0: before the first step */
  bool on_list;              /* run queue */
  sl_task *run_next;
  struct sl_puller *puller; /* operators of pull queries, made on first use */
};

typedef struct sl_kept_failure {
  int64_t at_ms;
  int code;
  char message[512];
} sl_kept_failure;

struct sl_running {
  sl_executor *executor;
  sl_plan *plan;
  sl_start_options options;
  sl_arena arena;
  const sl_plan_node *keeper; /* whose store is the table that the query materialises; NULL if none is */
  uint32_t keeper_sub;
  sl_task **tasks; /* by sub-topology, then partition */
  int task_count;
  sl_running *next;
  atomic_bool paused, blocked, over;
  atomic_uint resumes;
  pthread_mutex_t mutex;
  int64_t delivered;
  bool ended; /* response.end was called */
  char reason[512];
  sl_kept_failure *failures; /* a ring; NULL before the first */
  size_t failure_count;      /* ever */
  int failed_tasks;
  atomic_int done_tasks;
  int64_t log_second; /* the rate of the processing log */
  int log_count;
  atomic_ullong records_in, records_out, bytes_in, bytes_out, errors, dropped_late, commits;
  atomic_llong last_in_ms, last_out_ms;
  sl_budget state;                   /* of its stores */
  size_t samples[SL_MEMORY_SAMPLES]; /* bytes of state, newest first; guarded by executor->mutex */
};

/* ---- workers ---- */
struct sl_worker {
  sl_executor *executor;
  int index;
  pthread_mutex_t step;
  atomic_int visitors; /* waiting for step */
  _Atomic(sl_ready *) inbox;
  pthread_mutex_t sleep;
  pthread_cond_t cond;
  atomic_bool woken, sleeping;
  sl_task *run_first, *run_last;
  sl_vec tasks;
  sl_reader *readers;
  sl_vec warm;           /* readers that hold batches */
  sl_vec spare_batches;  /* sl_decoded */
  sl_vec spare_stagings; /* sl_staging */
  size_t counted;        /* bytes of staging and pre-images, as of the last look */
  sl_vec dirty;          /* sl_task: something to commit */
  sl_vec failed;         /* sl_task: waiting for their retry */
  sl_vec owing;          /* sl_task: left entries out and will sum them up */
  sl_buf entry;          /* of the processing log, while it is written */
  sl_arena arena;        /* of the chunk */
  sl_arena commit_arena;
  int64_t commit_ended, commit_took; /* monotonic ns */
  int64_t refused_until;             /* sealed parts are not tried again before */
};

struct sl_executor {
  sl_executor_options options;
  sl_arena arena;
  sl_worker **workers;
  int worker_count;
  sl_budget state, staging;
  int64_t sampled_at;       /* monotonic ns; guarded by mutex */
  struct sl_images *images; /* NULL: none are kept */
  atomic_ullong serials;    /* of tasks */
  pthread_mutex_t mutex;
  sl_running *queries;
};

static inline int64_t sl_executor_now(const sl_executor *executor) {
  return sl_clock_monotonic_ns(executor->options.clock);
}

/* worker.c */
void sl_worker_enter(sl_worker *worker); /* takes step as a visitor */
void sl_worker_leave(sl_worker *worker);
void sl_worker_drain(sl_worker *worker);                  /* inbox to run queue; step held */
void sl_worker_enqueue(sl_worker *worker, sl_task *task); /* step held */
void sl_worker_forget(sl_worker *worker, sl_task *task);  /* off every list; step held */
void sl_worker_forget_dirty(sl_worker *worker, sl_task *task);
void sl_worker_add_failed(sl_worker *worker, sl_task *task);
void sl_worker_remove_failed(sl_worker *worker, sl_task *task);
/* Tasks on one partition of one topic meet on one worker, so that they can share readers. */
sl_worker *sl_worker_for(sl_executor *executor, const sl_subtopology *sub, int32_t partition);
void sl_ready_post(sl_ready *ready); /* Thread: any */

/* reader.c */
int sl_reader_attach(sl_worker *worker, sl_input *input, sl_partition *partition, sl_err *err);
void sl_reader_detach(sl_input *input);
/* The batch that holds the input's position, or NULL when there is nothing (yet); *next_offset: where to go on in that
 * case. */
int sl_reader_get(sl_input *input, sl_decoded **out, int64_t *next_offset, sl_err *err);
const sl_row *sl_decoded_rows(const sl_decoded *batch, const sl_view *view); /* NULL: it has not that view */
void sl_decoded_unref(sl_decoded *batch);                                    /* accepts NULL */
void sl_reader_cool(sl_reader *reader);                                      /* lets go of all batches */

/* task.c */
int sl_task_new(sl_running *running, int sub, int32_t partition, sl_task **out, sl_err *err);
void sl_task_free(sl_task *task);
/* One turn; *more: can go on at once. A failure is the task's. */
int sl_task_step(sl_task *task, bool *more, sl_err *err);
int sl_task_build(sl_task *task, sl_err *err); /* operators, with clocks as committed */
void sl_task_fail(sl_task *task, sl_err *err); /* drops its part and rolls back; frees err */
void sl_task_dirty(sl_task *task);
sl_staging *sl_task_staging(sl_task *task); /* lent by the worker */
sl_staging *sl_task_last_words(sl_task *task);
void sl_task_release_staging(sl_task *task);
sl_task_id sl_task_get_id(const sl_task *task);
bool sl_task_restoring(const sl_task *task); /* a store is not yet what it was at the last commit */
void sl_task_progress(const sl_task *task, sl_running_stats *out); /* adds what has been restored */
size_t sl_task_cached(const sl_task *task);                        /* bytes that the write cache holds */

/* refill.c */
uint64_t sl_refill_contract(const sl_task *task, const sl_plan_store *store);
/* After positions and clocks are known: a store whose rows are not those of its contract begins anew. */
void sl_refill_begin(sl_task *task);
bool sl_refill_read(const sl_task *task); /* everything is in the store; the next commit says so */
/* The position to commit for an input: reading again is no step back. */
int64_t sl_refill_position(const sl_input *input);

/* processing_log.c */
/* Commits the entries about what failed the task, as a part of their own. */
void sl_task_commit_last_words(sl_task *task);
void sl_task_owe_again(sl_task *task); /* its part was dropped: what it summed up or left out there is undone */
/* Sums up what the tasks of running (NULL: of all queries) have left out, if their second is over or at_once is set.
 * *next_due: when the next second is over. The worker's step is held. */
void sl_worker_sum_up(sl_worker *worker, const sl_running *running, bool at_once, int64_t *next_due);
bool sl_worker_owes(const sl_worker *worker); /* something that is due */

/* images.c */
typedef struct sl_images sl_images;
sl_images *sl_images_new(sl_executor *executor); /* NULL: none are kept */
void sl_images_free(sl_images *images);          /* accepts NULL */
/* Finds the image that spares a new task's store a part of its changelog, and binds compaction for what will be
 * replayed. An error if an image that must not be used cannot be removed. */
int sl_images_find(sl_task_store *ts, sl_images *images, sl_err *err);
void sl_images_restored(sl_task_store *ts); /* lifts that, if no image was found */
/* Loads a block. A bad image is put away, and all of the changelog will be replayed; SL_E_MEMORY. */
int sl_images_load(sl_task *task, sl_task_store *ts, sl_err *err);
void sl_images_leave(sl_running *running);   /* no step will touch it any more; it is off the list of queries */
void sl_images_at_stop(sl_running *running); /* writes what a start is worth; its tasks have committed */
void sl_images_forget(sl_running *running);  /* removes its files */
void sl_images_count(const sl_images *images, uint64_t *written, uint64_t *failed);

/* clocks.c */
void sl_clocks_save(const sl_task *task, sl_buf *out);
int sl_clocks_load(sl_task *task, sl_str data, sl_err *err);

/* commit.c */
/* Commits the tasks that are due (all when force). *next_due: when the next will be. */
bool sl_worker_commit(sl_worker *worker, bool idle, bool force, int64_t *next_due);
/* Commits these tasks now. The worker's step is held. */
void sl_worker_commit_tasks(sl_worker *worker, sl_task **tasks, size_t count);

/* running.c */
void sl_running_failed(sl_task *task, const sl_err *err);
void sl_running_recovered(sl_task *task); /* committed after a failure */
void sl_running_done(sl_task *task);
void sl_running_wake(sl_running *running); /* posts all tasks */
bool sl_running_upstream_done(sl_running *running, uint32_t sub);
/* Calls response.end once and lets the tasks run out. */
void sl_running_end(sl_running *running, const sl_err *err, bool limit_reached);

/* pull.c */
struct sl_puller;
/* The node whose store is the table that a plan materialises, with the number of its sub-topology; NULL if none is. */
const sl_plan_node *sl_plan_keeper(const sl_plan *plan, uint32_t *sub);
const sl_plan_store *sl_keeper_store(const sl_plan_node *node);
void sl_puller_free(struct sl_puller *puller); /* accepts NULL */
