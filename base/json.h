/* JSON: one reader and one writer for records, JSON functions and the API.
 *
 * Reader: a cursor over text that copies nothing. Numbers stay text (exact decimals), strings are slices that tell
 * whether they hold escapes. Skipping a value still checks its grammar and UTF-8. A document tree (sl_json) is built on
 * top for bodies, test files and functions that need one. Grammar: RFC 8259; no comments unless asked, no NaN literals.
 * Nesting is limited to SL_JSON_MAX_DEPTH. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { SL_JSON_MAX_DEPTH = 1000 };

typedef enum sl_json_kind {
  SL_JSON_NULL,
  SL_JSON_FALSE,
  SL_JSON_TRUE,
  SL_JSON_NUMBER, /* text kept */
  SL_JSON_STRING,
  SL_JSON_ARRAY,
  SL_JSON_OBJECT,
  SL_JSON_END,   /* end of an array, an object or the text */
  SL_JSON_ERROR, /* see cursor.error */
} sl_json_kind;

/* ---- cursor: pull reader for the record path ----
 * The whole text is checked to be UTF-8 when a cursor begins. After an error every call fails; error stays. */
typedef struct sl_json_cursor {
  const char *p;
  const char *end;
  const char *start;
  const char *error;    /* static text of the first error, or NULL */
  const char *error_at; /* where in the text, if error is set */
  int depth;
} sl_json_cursor;

typedef struct sl_json_token {
  sl_json_kind kind;
  sl_str text;   /* number: its characters; string: between the quotes, raw */
  bool escaped;  /* string holds backslash escapes: use sl_json_unescape */
  bool integral; /* number without '.', 'e' or 'E' */
  /* A number without exponent and with at most 18 digits is "plain": its value is digits / 10^fraction, negative if the
   * text begins with '-'. The scan yields this for nothing, so conversions need not read the text again. */
  bool plain;
  uint8_t fraction; /* digits after the point */
  uint64_t digits;
} sl_json_token;

static inline void sl_json_begin(sl_json_cursor *cur, sl_str text);
/* Looks at the kind of the next value without reading it. */
sl_json_kind sl_json_peek(sl_json_cursor *cur);
/* Reads a scalar, or opens an array/object (token.kind ARRAY/OBJECT). false on error. */
static inline bool sl_json_value(sl_json_cursor *cur, sl_json_token *out);
/* After opening an array: true when another element follows (then read or skip it), false at its end or on error. */
static inline bool sl_json_next_element(sl_json_cursor *cur, bool first);
/* After opening an object: true when another member follows; *key is its raw name, *escaped as in a token. */
static inline bool sl_json_next_member(sl_json_cursor *cur, bool first, sl_str *key, bool *escaped);
/* Skips one value of any kind, checking it. false on error. If out is given, it gets the value's text. */
bool sl_json_skip(sl_json_cursor *cur, sl_str *out);
/* True when only white space is left. */
bool sl_json_at_end(sl_json_cursor *cur);
/* Decodes escapes of a raw string into arena (pairs of \u surrogates joined). false when an escape is malformed or a
 * surrogate stands alone (it has no UTF-8 form). */
bool sl_json_unescape(sl_arena *arena, sl_str raw, sl_str *out);
/* The number of a NUMBER token: false if it is not integral or does not fit / the nearest double. */
static inline bool sl_json_token_int64(const sl_json_token *token, int64_t *out);
static inline double sl_json_token_double(const sl_json_token *token);
bool sl_utf8_valid(const void *data, size_t len);

/* ---- tree ---- */
typedef struct sl_json sl_json;
typedef struct sl_json_member {
  sl_str name;
  sl_json *value;
} sl_json_member;

struct sl_json {
  sl_json_kind kind;
  sl_str text; /* NUMBER: as written; STRING: decoded */
  size_t count, cap;
  union {
    sl_json **items;         /* ARRAY */
    sl_json_member *members; /* OBJECT, in order */
  };
};

enum { SL_JSON_COMMENTS = 1 /* accept // and slash-star comments (test files) */ };

/* Parses one document (white space around it only); nothing is borrowed from text. Message names line, column and what
 * was expected. */
int sl_json_parse(sl_arena *arena, sl_str text, int flags, sl_json **out, sl_err *err);
/* Reads the cursor's next value as a tree; nothing is borrowed from the text. NULL on error (cur->error). */
sl_json *sl_json_read(sl_arena *arena, sl_json_cursor *cur);
sl_json *sl_json_get(const sl_json *object,
                     const char *name);                     /* NULL if absent or not an object; last duplicate wins */
sl_str sl_json_str(const sl_json *v, const char *fallback); /* text of a STRING, else fallback */
bool sl_json_int(const sl_json *v, int64_t *out);
bool sl_json_is(const sl_json *v, sl_json_kind kind); /* false for NULL pointers */
/* Builders; strings and numbers are copied into arena. */
sl_json *sl_json_new(sl_arena *arena, sl_json_kind kind);
sl_json *sl_json_new_str(sl_arena *arena, sl_str s);
sl_json *sl_json_new_z(sl_arena *arena, const char *z); /* NULL pointer gives JSON null */
sl_json *sl_json_new_int(sl_arena *arena, int64_t v);
sl_json *sl_json_new_bool(sl_arena *arena, bool v);
void sl_json_add(sl_arena *arena, sl_json *array, sl_json *item);
void sl_json_set(sl_arena *arena, sl_json *object, const char *name, sl_json *value); /* name is copied */
bool sl_json_equal(const sl_json *a, const sl_json *b); /* members in any order, numbers by text */

/* ---- writer: appends compact JSON ---- */
void sl_json_write(sl_buf *out, const sl_json *v);
void sl_json_write_str(sl_buf *out, sl_str s);    /* quoted; escapes as formats.md 5.1 says */
void sl_json_write_double(sl_buf *out, double v); /* Java's text; NaN and infinities as strings */

#include "base/json_cursor.h" /* the inline half of the cursor */
