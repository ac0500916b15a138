/* Errors: messages are built on the heap because an error outlives the arenas of what failed. Rare, so never reused.
 * The look-ups read the table in errors.def. */
#include "base/err.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct error_row {
  const char *name;
  int api_code;
} error_row;

static const error_row ERRORS[SL_ERROR_COUNT] = {
#define SL_ERROR(name, api_code) [SL_ORD_##name] = {#name, api_code},
#include "base/errors.def"
#undef SL_ERROR
};

#ifdef sl_err_set
#undef sl_err_set /* the analyser's macro must not change the definition below */
#endif

static const error_row *row_of(int code) {
  static const error_row unknown = {"UNKNOWN", 50000};
  return code < 0 && code >= -SL_ERROR_COUNT ? &ERRORS[-code - 1] : &unknown;
}

static char *print(const char *fmt, va_list args) {
  char *text = NULL;
  if (vasprintf(&text, fmt, args) < 0) text = strdup("error text could not be built");
  if (!text) {
    fputs("out of memory while reporting an error\n", stderr);
    abort();
  }
  return text;
}

int sl_err_setv(sl_err *err, int code, sl_pos pos, const char *fmt, va_list args) {
  assert(code < 0);
  if (!err || err->code) return code;
  err->message = print(fmt, args);
  err->code = code;
  err->pos = pos;
  return code;
}

int sl_err_set(sl_err *err, int code, sl_pos pos, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  sl_err_setv(err, code, pos, fmt, args);
  va_end(args);
  return code;
}

int sl_err_prefix(sl_err *err, const char *fmt, ...) {
  if (!err || !err->code) return 0;
  va_list args;
  va_start(args, fmt);
  char *prefix = print(fmt, args);
  va_end(args);
  size_t before = strlen(prefix), after = strlen(err->message) + 1;
  char *joined = realloc(prefix, before + after);
  if (!joined) abort();
  memcpy(joined + before, err->message, after);
  free(err->message);
  err->message = joined;
  return err->code;
}

int sl_err_hint(sl_err *err, const char *fmt, ...) {
  if (!err) return 0;
  if (err->code && !err->hint) {
    va_list args;
    va_start(args, fmt);
    err->hint = print(fmt, args);
    va_end(args);
  }
  return err->code;
}

int sl_err_statement(sl_err *err, const char *text, size_t len) {
  if (!err) return 0;
  if (err->code && !err->statement) {
    err->statement = malloc(len + 1);
    if (!err->statement) abort();
    if (len) memcpy(err->statement, text, len);
    err->statement[len] = 0;
  }
  return err->code;
}

int sl_err_whole_statement(sl_err *err, const char *text, size_t len) {
  static const char LINE[] = "\nStatement: ";
  if (!err || !err->code) return err ? err->code : 0;
  char *part = err->statement;
  err->statement = NULL;
  if (part && (strlen(part) != len || memcmp(part, text, len) != 0)) {
    size_t before = strlen(err->message), after = strlen(part) + 1;
    err->message = realloc(err->message, before + sizeof LINE - 1 + after);
    if (!err->message) abort();
    memcpy(err->message + before, LINE, sizeof LINE - 1);
    memcpy(err->message + before + sizeof LINE - 1, part, after);
  }
  free(part);
  return sl_err_statement(err, text, len);
}

void sl_err_move(sl_err *dst, sl_err *src) {
  if (dst && !dst->code) {
    *dst = *src;
    *src = (sl_err){0};
  } else {
    sl_err_done(src);
  }
}

void sl_err_done(sl_err *err) {
  if (!err) return;
  free(err->message);
  free(err->hint);
  free(err->statement);
  *err = (sl_err){0};
}

const char *sl_err_name(int code) {
  return row_of(code)->name;
}
int sl_err_api_code(int code) {
  return row_of(code)->api_code;
}
