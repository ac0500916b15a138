/* ELT, FIELD and INSTR (functions.md 7): a text by its number, a number by its text, a text in a text. INSTR searches
 * bytes, since a match of UTF-8 in UTF-8 can only begin at a character, and counts UTF-16 units at the end. */
#include "functions/functions_int.h"
#include "functions/units.h"
#include "types/text.h"

static const char STRING[] = "STRING";

static int elt(sl_call *call, const sl_value *args, sl_value *out) {
  int64_t n = args[0].i64;
  return n >= 1 && n < call->arg_count ? sl_give(out, args[n]) : sl_give_null(out);
}

static int field(sl_call *call, const sl_value *args, sl_value *out) {
  int64_t found = 0;
  for (int i = 1; i < call->arg_count && !found && !sl_is_null(&args[0]); i++)
    if (!sl_is_null(&args[i]) && sl_str_eq(sl_value_str(&args[0]), sl_value_str(&args[i]))) found = i;
  return sl_give(out, sl_of_i64(found));
}

/* ---- INSTR ---- */

/* Byte offset of the unit-th unit; between the halves of a surrogate pair, which no text can match, the pair's start or
 * its end. */
static size_t offset_of(sl_str s, size_t unit, bool round_up) {
  bool inside;
  size_t at = sl_utf16_offset(s, unit, &inside);
  return inside && round_up ? at + sl_codepoint_len(s, at) : at;
}

/* Byte offset of the occurrence-th match that begins at from or later; matches may overlap. -1: there is none. */
static int64_t find_forward(sl_str s, sl_str part, size_t from, int64_t occurrence) {
  const char *p = s.ptr + from, *end = s.ptr + s.len;
  for (; (p = memmem(p, (size_t)(end - p), part.ptr, part.len)); p++)
    if (--occurrence == 0) return p - s.ptr;
  return -1;
}

/* The same from the end, for matches that lie before to. */
static int64_t find_backward(sl_str s, sl_str part, size_t to, int64_t occurrence) {
  if (to < part.len) return -1;
  const char *p = s.ptr + (to - part.len) + 1;
  while ((p = memrchr(s.ptr, part.ptr[0], (size_t)(p - s.ptr))))
    if (!memcmp(p, part.ptr, part.len) && --occurrence == 0) return p - s.ptr;
  return -1;
}

static int64_t find(sl_str s, sl_str part, int64_t position, int64_t occurrence) {
  int64_t len = (int64_t)sl_units_len(s), distance = position < 0 ? -position : position;
  if (!position || occurrence <= 0 || distance > len) return 0;
  if (!part.len) return position > 0 ? position : len - distance + 2;
  int64_t at = position > 0 ? find_forward(s, part, offset_of(s, (size_t)position - 1, true), occurrence)
                            : find_backward(s, part, offset_of(s, (size_t)(len - distance + 1), false), occurrence);
  return at < 0 ? 0 : (int64_t)sl_units_len(sl_str_n(s.ptr, (size_t)at)) + 1;
}

static int instr(sl_call *call, const sl_value *args, sl_value *out) {
  int64_t found = 0;
  if (!sl_is_null(&args[0]) && !sl_is_null(&args[1]))
    found = find(sl_value_str(&args[0]), sl_value_str(&args[1]), call->arg_count > 2 ? args[2].i64 : 1,
                 call->arg_count > 3 ? args[3].i64 : 1);
  return sl_give(out, sl_of_i64(found));
}

const sl_function sl_fn_search[] = {
    {.name = "ELT",
     .category = STRING,
     .doc = "Gives the text at a position of a list.",
     .example = "ELT(2, 'a', 'b') => 'b'",
     .overloads = (const sl_overload[]){{.signature = "(INT! n, VARCHAR... args) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = elt,
                                         .doc = "Counted from 1; NULL when there is none."},
                                        {0}}},
    {.name = "FIELD",
     .category = STRING,
     .doc = "Gives the position of a text in a list.",
     .example = "FIELD('b', 'a', 'b') => 2",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR str, VARCHAR... args) -> INT",
                                         .flags = SL_FN_NULLS,
                                         .eval = field,
                                         .doc = "Counted from 1; 0 when it is not there or NULL."},
                                        {0}}},
    {.name = "INSTR",
     .category = STRING,
     .doc = "Gives the position of a text in another, 0 when it is not there.",
     .example = "INSTR('corporate floor', 'or') => 2",
     .overloads =
         (const sl_overload[]){{.signature = "(VARCHAR str, VARCHAR substring) -> INT",
                                .flags = SL_FN_NULLS,
                                .eval = instr,
                                .doc = "Searches from the start."},
                               {.signature = "(VARCHAR str, VARCHAR substring, INT! position) -> INT",
                                .flags = SL_FN_NULLS,
                                .eval = instr,
                                .doc = "Searches from a position; backwards from the end when negative."},
                               {.signature = "(VARCHAR str, VARCHAR substring, INT! position, INT! occurrence) -> INT",
                                .flags = SL_FN_NULLS,
                                .eval = instr,
                                .doc = "Finds the given occurrence; occurrences may overlap."},
                               {0}}},
    {0}};
