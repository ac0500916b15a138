/* Failures that a test expects: test files name classes of ksqlDB's Java code, here are the kinds they mean. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum sl_test_failure {
  SL_TEST_PARSE_FAILED,     /* ParseFailedException, a KsqlStatementException */
  SL_TEST_STATEMENT_FAILED, /* KsqlStatementException, a KsqlException */
  SL_TEST_QUERY_FAILED,     /* StreamsException */
  SL_TEST_ASSERTION,        /* AssertionError */
} sl_test_failure;

/* The kind of a failed statement. */
sl_test_failure sl_test_failure_of(const sl_err *err);
/* Is it that class or below it? class_name with or without its package. */
bool sl_test_failure_is(sl_test_failure failure, sl_str class_name);
const char *sl_test_failure_name(sl_test_failure failure);
/* Everything the failure says, as ksqlDB words it: what an expected message is looked for in. */
sl_str sl_test_failure_text(sl_arena *arena, sl_test_failure failure, const sl_err *err);
