/* Comparing what a test file expects with what was written (test-formats.md A.7). */
#pragma once
#include "base/buf.h"
#include "cli/testing/test_record.h"

/* How numbers with a fraction are compared: exactly with their scale, or as doubles. */
typedef enum sl_test_numbers { SL_TEST_NUMBERS_EXACT, SL_TEST_NUMBERS_DOUBLE } sl_test_numbers;

/* Does actual match? If not, appends one line "<path>: expected ..., got ..." about the first difference to why. */
bool sl_test_matches(sl_arena *arena, const sl_json *expected, const sl_json *actual, sl_test_numbers numbers,
                     const char *path, sl_buf *why);
