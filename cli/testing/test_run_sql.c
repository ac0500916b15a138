/* .sql test files. */
#include "cli/testing/test_case.h"

int sl_test_run_sql(const sl_test_case *test, const sl_test_options *options, sl_buf *message) {
  (void)options;
  sl_buf_printf(message, "%s: .sql test files are not supported yet.", test->file);
  return SL_E_UNSUPPORTED;
}
