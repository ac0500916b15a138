/* What the files about JSON cases share: a case while it runs. */
#pragma once
#include "cli/testing/test_compare.h"
#include "cli/testing/test_expect.h"
#include "cli/testing/test_world.h"

/* Makes the topics that a case declares, creates or has records of. single: all data of the case goes through one
 * partition, as in the driver that query-validation cases were written for; where a failure is expected topics get the
 * counts that the case asks for, since counts that do not fit are what some of them are about. */
int sl_test_make_topics(sl_test_world *world, const sl_json *node, const sl_script *script, bool single, sl_err *err);
sl_str sl_test_with_format(sl_arena *arena, sl_str text, sl_str format); /* for {FORMAT} */
sl_str sl_test_scalar_text(const sl_json *value);

/* Checks the "post" member: sources and topics after the run. 0, or an error that says what differs. */
int sl_test_check_post(sl_test_world *world, const sl_json *post, sl_err *err);
/* Compares the records of the outputs' topics with what was written. */
int sl_test_check_outputs(sl_test_world *world, const sl_json *node, sl_test_numbers numbers, sl_err *err);

/* Feeding (test-formats.md A.6): the queries run one after another, each over all the input. */
typedef struct sl_test_input {
  sl_str topic;
  sl_test_record record;
  bool written;
} sl_test_input;

typedef struct sl_test_feed {
  sl_test_world *world;
  sl_test_input *inputs;
  size_t count;
  /* Opens another world in which the same statements have run but no record was inserted; 0 or an error. */
  int (*again)(void *ctx, sl_test_world *out, sl_err *err);
  void *ctx;
} sl_test_feed;

/* Encodes the inputs of a case, by the sources its statements have made. */
int sl_test_read_inputs(sl_test_world *world, const sl_json *list, sl_test_feed *feed, sl_err *err);
int sl_test_run_queries(sl_test_feed *feed, sl_err *err);
