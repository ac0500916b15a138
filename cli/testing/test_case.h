/* Test cases: what a file or folder of tests holds, expanded to one entry per case to run, and what became of each. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/vec.h"
#include "parser/parser.h"

typedef struct sl_test_case {
  const char *name; /* unique: "<file stem> - <name>[ - <FORMAT>][ - <config>]" */
  const char *file;
  uint32_t line;          /* .sql files: of its --@test; else 0 */
  bool disabled;          /* the file itself says so */
  const char *load_error; /* the file or the case cannot be read: the case fails with this text */
  const sl_json *node;    /* JSON files: the test object; else NULL */
  bool rest;              /* JSON files: statements and queries with the server's responses */
  sl_str format;          /* replaces {FORMAT}; empty for none */
  sl_str config;          /* replaces the property value {CONFIG}; empty for none */
  sl_test_reader reader;  /* .sql files: stands behind the case's --@test */
} sl_test_case;

typedef struct sl_test_options {
  int batch;    /* longest run of records of one topic that is written before the others get a turn */
  bool restart; /* reopen the engine between records */
  int jobs;
  int timeout_s; /* of one case */
} sl_test_options;

typedef enum sl_test_status { SL_TEST_PASSED, SL_TEST_FAILED, SL_TEST_SKIPPED } sl_test_status;

typedef struct sl_test_result {
  sl_test_status status;
  char *message; /* why it failed, owned; NULL if it did not */
  double seconds;
} sl_test_result;

/* Appends the cases (sl_test_case *) of a file, or of every .json and .sql file below a folder, in order of path. A
 * file that cannot be read as tests becomes one case that fails; only a path that does not exist is an error. */
int sl_test_load(sl_arena *arena, const char *path, sl_vec *out, sl_err *err);
/* Gives every case a name of its own, once all files are loaded. */
void sl_test_name_apart(sl_arena *arena, sl_vec *cases);

/* Run one case; 0, or the failure in message (which starts empty). Thread: the caller's, and none is made. */
int sl_test_run_json(const sl_test_case *test, const sl_test_options *options, sl_buf *message);
int sl_test_run_rest(const sl_test_case *test, const sl_test_options *options, sl_buf *message);
int sl_test_run_sql(const sl_test_case *test, const sl_test_options *options, sl_buf *message);

/* Runs all cases in worker processes, so that one that crashes or hangs fails alone. results[i] belongs to case i. */
int sl_test_run_all(const sl_vec *cases, const sl_test_options *options, sl_test_result *results, sl_err *err);
