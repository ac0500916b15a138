/* Helpers of the parser's tests. Each keeps its memory in one arena that main's teardown frees. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "parser/parser.h"

static sl_arena test_arena;

static inline int arena_setup(void **state) {
  (void)state;
  sl_arena_init(&test_arena, 0);
  return 0;
}

static inline int arena_teardown(void **state) {
  (void)state;
  sl_arena_done(&test_arena);
  return 0;
}

/* What a buffer holds, in the test arena; the buffer is released. */
static inline const char *take(sl_buf *buf) {
  const char *z = sl_arena_dup(&test_arena, buf->len ? (const char *)buf->data : "", buf->len);
  sl_buf_done(buf);
  return z;
}

static inline sl_script parse_with(const char *text, int flags) {
  sl_script script = {0};
  sl_err err = {0};
  if (sl_parse(&test_arena, sl_str_of(text), flags, &script, &err)) fail_msg("%s\n%s", text, err.message);
  return script;
}

static inline const sl_statement *parse(const char *text) {
  sl_script script = parse_with(text, 0);
  assert_int_equal(script.count, 1);
  return script.statements[0];
}

/* The message of a text that must not parse. */
static inline const char *parse_error_with(const char *text, int flags, int code) {
  sl_script script = {0};
  sl_err err = {0};
  int got = sl_parse(&test_arena, sl_str_of(text), flags, &script, &err);
  if (!got) fail_msg("parses: %s", text);
  if (got != code) fail_msg("%s: %s", text, err.message);
  const char *message = sl_arena_printf(&test_arena, "%s", err.message);
  sl_err_done(&err);
  return message;
}

static inline const char *syntax_error(const char *text) {
  return parse_error_with(text, 0, SL_E_SYNTAX);
}
static inline const char *build_error(const char *text) {
  return parse_error_with(text, 0, SL_E_STATEMENT);
}

static inline const char *formatted(const sl_statement *statement) {
  sl_buf out = {0};
  sl_print_statement(&out, statement);
  return take(&out);
}

static inline const char *shape(const sl_statement *statement) {
  sl_buf out = {0};
  sl_print_shape(&out, statement);
  return take(&out);
}

/* Prints statement, parses the print, compares the trees and prints once more. false, with a report on stderr, when
 * they differ. */
static inline bool round_trips(sl_arena *arena, const sl_statement *statement) {
  sl_buf text = {0}, twice = {0}, before = {0}, after = {0};
  sl_script again = {0};
  sl_err err = {0};
  sl_print_statement(&text, statement);
  if (text.data[text.len - 1] != ';') sl_buf_add_z(&text, ";");
  sl_print_shape(&before, statement);
  bool same = false;
  if (sl_parse(arena, sl_buf_str(&text), SL_PARSE_TEST_FILE, &again, &err)) {
    fprintf(stderr, "printed text does not parse: %s\n%s\n", sl_buf_z(&text), err.message);
  } else {
    sl_print_shape(&after, again.statements[0]);
    sl_print_statement(&twice, again.statements[0]);
    same = again.count == 1 && sl_str_eq(sl_buf_str(&before), sl_buf_str(&after)) &&
           sl_str_starts(sl_buf_str(&text), sl_buf_str(&twice));
    if (!same) fprintf(stderr, "%s\n--- before\n%s--- after\n%s", sl_buf_z(&text), sl_buf_z(&before), sl_buf_z(&after));
  }
  sl_err_done(&err);
  sl_buf_done(&text);
  sl_buf_done(&twice);
  sl_buf_done(&before);
  sl_buf_done(&after);
  return same;
}
