/* The proof of exactly-once: the whole engine, stepped on one thread, on a file system and a clock that a seed drives.
 *
 * A run has several lives. Each life makes inputs, runs statements and steps, and ends in a crash. What every surviving
 * decision consumed is noted in a history; at the end the oracle, a fresh engine that never crashes, takes exactly
 * those records in exactly that order, one by one, and must give the same output.
 *
 * sim_history.c notes, sim_workload.c makes inputs and statements, sim_topics.c changes topics, sim_run.c is the loop,
 * sim_check.c says what must hold after a start, sim_oracle.c replays. Thread: one. */
#pragma once
#include "base/buf.h"
#include "base/fs_fault.h"
#include "base/heap.h"
#include "base/vec.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "topics/log.h"

enum { SIM_INPUTS = 4 }; /* topics of records: streams s, r and tables t, u */

/* Faults planted to show that they are found. */
typedef enum sim_plant {
  SIM_PLANT_NONE,
  SIM_PLANT_DECISION_FIRST,  /* a decision reaches the disk before its batches */
  SIM_PLANT_CLOCKS,          /* decisions carry no clocks */
  SIM_PLANT_CUT_NOT_SYNCED,  /* recovery does not sync what it cut */
  SIM_PLANT_POSITIONS,       /* a decision carries the positions of the one before */
  SIM_PLANT_NO_DIR_SYNC,     /* names are never synced */
  SIM_PLANT_DATA_NOT_SYNCED, /* a flush syncs the decisions only */
  SIM_PLANT_COUNT,
} sim_plant;

/* A record as the log holds it. */
typedef struct sim_record {
  char *key, *value; /* NULL: null */
  size_t key_len, value_len;
  int64_t timestamp;
} sim_record;

/* A row that a task has consumed. */
typedef struct sim_row {
  int topic; /* of sim_names */
  int32_t partition;
  int64_t offset;
  int64_t wall_ms; /* emission at the close of windows is throttled by the wall clock */
} sim_row;

/* An input record before it is in the log. */
typedef struct sim_intent {
  int64_t id;        /* stands in its value, unless that is null */
  int32_t partition; /* -1: the engine chooses */
  bool tombstone;
} sim_intent;

typedef enum sim_event_kind { SIM_INPUT, SIM_TASK, SIM_STATEMENT } sim_event_kind;

typedef struct sim_event {
  sim_event_kind kind;
  bool ghost;  /* a commit that was refused; until its decision is cut off a crash may bring it back, as a whole */
  bool unsure; /* its fate is known after the next start */
  uint64_t commit;
  int64_t wall_ms;
  int topic; /* input: records [first, first + count) of a partition */
  int32_t partition;
  int64_t first;
  int count;
  sim_intent *intents; /* what they are to be */
  sim_record *records; /* once they are read back */
  int query;           /* task: label of its query, sub-topology; partition as above */
  uint32_t sub;
  sim_row *rows;
  size_t row_count;
  char *text; /* statement */
} sim_event;

/* What a task has consumed and not committed. */
typedef struct sim_pending {
  sl_task_id task;
  sim_row *rows;
  size_t count, cap;
} sim_pending;

typedef struct sim_query {
  char name[16];
  int kind; /* row of the table of queries */
  bool is_table;
  bool dropped;
  bool paused;
  bool inserts;      /* INSERT INTO: has no sink of its own */
  int users;         /* statements built on it */
  uint64_t resolved; /* hash of its resolved text */
} sim_query;

typedef struct sim {
  uint64_t seed, random;
  bool trace;
  sim_plant plant;
  int life;
  int armed;  /* faults, in this life */
  bool brief; /* this life is short and ends with a power loss: what it rests on may not have been synced */
  /* the world */
  sl_fs *memory, *fault, *fs; /* fs: what the engine gets */
  sl_settings settings;
  sl_clock_manual clock;
  sl_engine *engine;
  sl_session *session;
  sl_probe probe;
  int workers, batch;
  size_t carry_a_file; /* of decisions under flush "always"; 0: as ever */
  bool cache;
  int partitions;
  bool small;     /* segments of a few batches */
  bool churn;     /* few queries whose keys come and go, rare images: changelogs are compacted behind old images */
  sl_arena arena; /* reset with every step */
  /* inputs */
  int64_t next_id, now_ts;
  sim_intent intents[64];
  int intent_count;
  /* queries */
  sim_query queries[32];
  int query_count, declared;
  sl_vec kept_topics; /* char *: topics that stay without a source */
  /* the history */
  sl_vec names;  /* char * */
  sl_vec events; /* sim_event */
  sl_vec pending;
  bool refused;             /* a commit, in this step */
  bool fatal;               /* the process is to die of what has failed */
  bool dying;               /* a commit has failed for good: the process will not live on */
  uint64_t written, synced; /* commits that returned; that survive a power loss */
  uint64_t doubtful;        /* a commit that was refused and may come back; 0: none */
  int crashes, statements, rows;
  int taken_back; /* tasks that failed with rows that they had not committed */
  char last_fault[600];
} sim;

/* Ends the program with the seed, what was wrong and how to see more. */
void sim_fail(const sim *s, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));
void sim_note(const sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* with a trace */
uint64_t sim_draw(sim *s, uint64_t below);
static inline bool sim_chance(sim *s, uint64_t percent) {
  return sim_draw(s, 100) < percent;
}

/* ---- history ---- */
/* A name without what depends on how many statements there were: CSAS_Q1_17 is CSAS_Q1. */
int sim_label(sim *s, sl_str name);
const char *sim_name(const sim *s, int label);
/* Hooks for the engine that was opened last. */
void sim_history_attach(sim *s);
void sim_history_probe(sim *s); /* fills in s->probe */
sim_event *sim_event_add(sim *s, sim_event_kind kind);
/* Drops what a crash took away; last: the last decision that survived. */
void sim_history_cut(sim *s, uint64_t last);
void sim_history_drop_last(sim *s);
/* Forgets refused commits that cannot come back any more. */
void sim_history_lay_ghosts(sim *s);
/* Reads records of an input event from the log, compared with what was meant. */
void sim_read_back(sim *s, sim_event *event);
void sim_history_free(sim *s);
bool sim_unsure(const sim *s); /* only a start tells whether the last statement has happened */
uint64_t sim_next_commit(const sim *s);
bool sim_all_synced(const sim *s);

/* ---- workload ---- */
extern const char *const SIM_TOPICS[SIM_INPUTS];
void sim_declare_sources(sim *s);
/* Produces some records, as one commit. 0, or the failure. */
int sim_produce(sim *s, sl_err *err);
int sim_insert_values(sim *s, sl_err *err);
/* Runs a random statement. */
int sim_statement(sim *s, sl_err *err);
int sim_create_query(sim *s, sl_err *err);
/* Executes and notes one statement; its effect on the model is applied by the caller. */
int sim_execute(sim *s, const char *text, sl_err *err);
/* After a start: did the statement that was in flight take effect? */
bool sim_statement_happened(sim *s, const char *text);
void sim_apply_statement(sim *s, const char *text);

/* ---- topics ---- */
int sim_shrink_segments(sim *s, sl_err *err); /* of all topics; again for new ones */
/* A topic of the queries takes only small records, or all take large ones again. */
int sim_change_limits(sim *s, sl_err *err);
int sim_lift_limits(sim *s, sl_err *err);

/* ---- checks ---- */
void sim_check_start(sim *s); /* after a start */
char *sim_catalog_text(sim *s);
void sim_read_partition(sim *s, sl_engine *engine, const char *topic, int32_t partition, sl_vec *out /* sim_record */);
void sim_record_free(sim_record *record);
void sim_compare(sim *s, sl_engine *oracle);

/* ---- oracle ---- */
void sim_oracle(sim *s);

/* ---- the loop ---- */
void sim_run(sim *s);
/* A file system on which a planted fault happens; s->fault itself if there is none. */
sl_fs *sim_plant_fs(sim *s);
const char *sim_plant_name(sim_plant plant);
