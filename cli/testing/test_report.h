/* Telling what became of the cases. */
#pragma once
#include <stdio.h>
#include "cli/testing/test_case.h"

typedef struct sl_test_totals {
  size_t passed, failed, skipped;
} sl_test_totals;

/* Failures with their reasons, then the last line "N passed, N failed, N skipped". */
sl_test_totals sl_test_print_results(FILE *out, const sl_vec *cases, const sl_test_result *results);
/* JUnit XML: a test suite with a test case each. */
int sl_test_write_junit(const char *path, const sl_vec *cases, const sl_test_result *results, sl_err *err);
