/* The few classes that test files name. */
#include "cli/testing/test_expect.h"

typedef struct class_row {
  const char *name;
  unsigned kinds; /* bits of sl_test_failure that are this class or below it */
} class_row;

enum {
  PARSE = 1 << SL_TEST_PARSE_FAILED,
  STATEMENT = 1 << SL_TEST_STATEMENT_FAILED,
  QUERY = 1 << SL_TEST_QUERY_FAILED,
  ASSERTION = 1 << SL_TEST_ASSERTION,
};

static const class_row CLASSES[] = {
    {"ParseFailedException", PARSE},
    {"KsqlStatementException", PARSE | STATEMENT},
    {"KsqlException", PARSE | STATEMENT},
    {"StreamsException", QUERY},
    {"RuntimeException", PARSE | STATEMENT | QUERY},
    {"AssertionError", ASSERTION},
};

sl_test_failure sl_test_failure_of(const sl_err *err) {
  bool preparing = err->message && sl_str_starts(sl_str_of(err->message), sl_str_of("Failed to prepare statement: "));
  return err->code == SL_E_SYNTAX || preparing ? SL_TEST_PARSE_FAILED : SL_TEST_STATEMENT_FAILED;
}

bool sl_test_failure_is(sl_test_failure failure, sl_str class_name) {
  for (size_t i = class_name.len; i-- > 0;) {
    if (class_name.ptr[i] != '.') continue;
    class_name = sl_str_n(class_name.ptr + i + 1, class_name.len - i - 1);
    break;
  }
  for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
    if (sl_str_eq_z(class_name, CLASSES[i].name)) return CLASSES[i].kinds & (1u << failure);
  return false;
}

const char *sl_test_failure_name(sl_test_failure failure) {
  static const char *const NAMES[] = {
      [SL_TEST_PARSE_FAILED] = "ParseFailedException",
      [SL_TEST_STATEMENT_FAILED] = "KsqlStatementException",
      [SL_TEST_QUERY_FAILED] = "StreamsException",
      [SL_TEST_ASSERTION] = "AssertionError",
  };
  return NAMES[failure];
}

sl_str sl_test_failure_text(sl_arena *arena, sl_test_failure failure, const sl_err *err) {
  if (failure == SL_TEST_QUERY_FAILED) return sl_str_printf(arena, "Exception caught in process. %s", err->message);
  if (failure == SL_TEST_ASSERTION || !err->statement) return sl_str_printf(arena, "%s", err->message);
  return sl_str_printf(arena, "%s\nStatement: %s", err->message, err->statement);
}
