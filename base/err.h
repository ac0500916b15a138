/* Errors: one code per row of errors.def, a message for the user, an optional hint and a place in the text.
 *
 * What can fail returns 0 or a negative SL_E_* and fills an sl_err. The first error wins: setting an error that is
 * already set does nothing, so a caller may add context with sl_err_prefix but never hides the cause. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_err_ordinal {
#define SL_ERROR(name, api_code) SL_ORD_##name,
#include "base/errors.def"
#undef SL_ERROR
  SL_ERROR_COUNT
};

enum sl_err_code {
#define SL_ERROR(name, api_code) SL_E_##name = -(SL_ORD_##name + 1),
#include "base/errors.def"
#undef SL_ERROR
};

/* A place in a statement's text, 1-based; line 0 = unknown. */
typedef struct sl_pos {
  uint32_t line;
  uint32_t column;
} sl_pos;

/* Zero-initialise before use; release with sl_err_done. */
typedef struct sl_err {
  int code;        /* 0 = no error, else SL_E_* */
  sl_pos pos;      /* where in the statement */
  char *message;   /* owned; never NULL when code != 0 */
  char *hint;      /* owned or NULL: the next step */
  char *statement; /* owned or NULL: text of the failing statement or expression ("Statement: ..." of the API) */
} sl_err;

static const sl_pos SL_NO_POS = {0, 0};

/* Sets code and message (printf form) unless err already holds an error. Returns code. err may be NULL. */
int sl_err_set(sl_err *err, int code, sl_pos pos, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int sl_err_setv(sl_err *err, int code, sl_pos pos, const char *fmt, va_list args);
/* Puts text before the message of an error that is set. Returns err->code. */
int sl_err_prefix(sl_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the hint of an error that is set and has none. Returns err->code. */
int sl_err_hint(sl_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the statement text of an error that is set and has none. Returns err->code. */
int sl_err_statement(sl_err *err, const char *text, size_t len);
/* Sets the statement that failed as a whole: text of a part of it that was set before becomes the message's last line,
 * "Statement: ...". Returns err->code. */
int sl_err_whole_statement(sl_err *err, const char *text, size_t len);
/* Moves src into *dst unless dst already holds an error; src is empty afterwards. */
void sl_err_move(sl_err *dst, sl_err *src);
/* Frees the texts and clears err. Accepts NULL. */
void sl_err_done(sl_err *err);

/* Table look-ups by code (negative SL_E_*). */
const char *sl_err_name(int code); /* "SYNTAX" */
int sl_err_api_code(int code);     /* HTTP status x 100 + n; 0 for errors that never reach a client */

#ifdef __clang_analyzer__
/* Tells the analyser, which sees one file at a time, that setting an error is a failure. */
#define sl_err_set(err, code, ...) (sl_err_set(err, code, __VA_ARGS__), __builtin_assume((code) != 0), (code))
#endif
