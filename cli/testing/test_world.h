/* The world of one case: an engine on files in memory under a clock that stands still, its topics, and what its queries
 * wrote. */
#pragma once
#include "base/clock.h"
#include "cli/testing/test_case.h"
#include "engine/engine.h"

/* The wall clock when a case begins, 2023-11-14. Test files know only that it lies behind them. */
static const int64_t SL_TEST_FIRST_MS = 1700000000000;

typedef struct sl_test_world {
  sl_arena *arena; /* of the case */
  const sl_test_options *options;
  sl_fs *fs;
  sl_clock_manual clock;
  sl_settings settings; /* of the server */
  sl_engine *engine;
  int opened; /* times */
  sl_session *session;
  sl_vec defines; /* statements that gave the session variables, to be run again after a restart */
  uint64_t only;  /* number of the one query that runs; 0: all of them */
} sl_test_world;

/* A record with its bytes; ptr NULL stands for null. */
typedef struct sl_test_record {
  int32_t partition;
  int64_t offset, timestamp;
  sl_str key, value;
  sl_record_headers headers;
} sl_test_record;

/* Where reading a topic has come to, per partition. */
typedef struct sl_test_place {
  sl_str topic;
  int64_t *offsets;
  int32_t count;
} sl_test_place;

/* Sets the server settings every case starts with; more may be set before sl_test_world_open. */
void sl_test_world_init(sl_test_world *world, sl_arena *arena, const sl_test_options *options);
void sl_test_world_setting(sl_test_world *world, sl_str name, sl_str value);
int sl_test_world_open(sl_test_world *world, sl_err *err);
void sl_test_world_done(sl_test_world *world);
/* Stops the engine and opens it again on the same files. */
int sl_test_world_restart(sl_test_world *world, sl_err *err);
/* Runs a statement; one that gives the session variables is remembered. */
int sl_test_world_execute(sl_test_world *world, const sl_statement *statement, sl_err *err);

/* Value of a session variable; an sl_variable_lookup with the world as its ctx. */
bool sl_test_world_variable(void *world, sl_str name, sl_str *value);

/* Makes a topic unless it exists. */
int sl_test_world_topic(sl_test_world *world, sl_str name, int32_t partitions, sl_err *err);
/* Writes a record to its partition. */
int sl_test_world_append(sl_test_world *world, sl_str topic, const sl_test_record *record, sl_err *err);
/* Appends the records (sl_test_record *, in the case's arena) from a place on, partition by partition. An absent topic
 * has none. */
int sl_test_world_read(sl_test_world *world, sl_test_place *place, sl_vec *out, sl_err *err);
/* Lets the queries run until nothing is left to do. SL_E_INTERNAL with the reason when one of them has failed. */
int sl_test_world_settle(sl_test_world *world, sl_err *err);

/* Some source over a topic, or NULL. Lives as long as snapshot. */
const sl_source *sl_test_source_of(const sl_snapshot *snapshot, sl_str topic);
