/* MASK and its relatives (functions.md 7.2): letters and digits of a text, or of a part of it, hidden by a character
 * for each class. It goes by UTF-16 units: a character above U+FFFF gives the mask of its class and then, for its
 * second half, the mask of all others. */
#include <unicode/uchar.h>
#include "functions/functions_int.h"
#include "functions/units.h"

static const char STRING[] = "STRING";

enum { UPPER, LOWER, DIGIT, OTHER, CLASSES };

/* Per class the mask, one character of up to three bytes; empty: the class stays as it is. */
typedef struct masks {
  sl_str of[CLASSES];
} masks;

static int class_of(uint32_t c) {
  if (c < 0x80)
    return c >= 'a' && c <= 'z' ? LOWER : c >= 'A' && c <= 'Z' ? UPPER : c >= '0' && c <= '9' ? DIGIT : OTHER;
  switch (u_charType((UChar32)c)) {
  case U_UPPERCASE_LETTER: return UPPER;
  case U_LOWERCASE_LETTER: return LOWER;
  case U_DECIMAL_DIGIT_NUMBER: return DIGIT;
  default: return OTHER;
  }
}

/* The masks of the call: the arguments from first on, or the usual ones when there are none. */
static int masks_of(sl_call *call, const sl_value *args, int first, masks *out) {
  static const char *const USUAL[CLASSES] = {"X", "x", "n", "-"};
  for (int i = 0; i < CLASSES; i++) {
    if (first >= call->arg_count) {
      out->of[i] = sl_str_of(USUAL[i]);
      continue;
    }
    const sl_value *v = &args[first + i];
    out->of[i] = sl_is_null(v) ? sl_str_n("", 0) : sl_value_str(v);
    if (!sl_is_null(v) && sl_units_len(out->of[i]) != 1)
      return sl_fail(call, "Invalid mask character. Must be only single character, but was '" SL_STR_FMT "'",
                     SL_STR_ARG(out->of[i]));
  }
  return 0;
}

static char *put_mask(char *to, sl_str mask) {
  return mempcpy(to, mask.len ? mask.ptr : "?", mask.len ? mask.len : 1); /* half of a pair has no UTF-8 form */
}

/* The character at *at, of which the units [from, to) of the text are to be masked; unit is the number of its first. */
static char *mask_one(char *out, const masks *m, sl_str s, size_t *at, size_t unit, size_t from, size_t to) {
  size_t start = *at;
  uint32_t c = sl_codepoint_next(s, at);
  sl_str as_is = sl_str_n(s.ptr + start, *at - start);
  bool first = unit >= from && unit < to;
  if (c < 0x10000) return put_mask(out, first && m->of[class_of(c)].len ? m->of[class_of(c)] : as_is);
  bool second = unit + 1 >= from && unit + 1 < to;
  sl_str high = first ? m->of[class_of(c)] : sl_str_n("", 0), low = second ? m->of[OTHER] : sl_str_n("", 0);
  if (!high.len && !low.len) return put_mask(out, as_is);
  return put_mask(put_mask(out, high), low);
}

static int mask_range(sl_call *call, sl_str s, const masks *m, size_t from, size_t to, sl_value *out) {
  if (s.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, s.len * 3 + 1), *p = text;
  for (size_t at = 0, unit = 0; at < s.len;) {
    size_t before = at;
    p = mask_one(p, m, s, &at, unit, from, to);
    unit += at - before == 4 ? 2 : 1;
  }
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

static int mask(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give_null(out);
  masks m;
  int rc = masks_of(call, args, 1, &m);
  return rc ? rc : mask_range(call, sl_value_str(&args[0]), &m, 0, SIZE_MAX, out);
}

/* left: the number counts from the start; keep: those units are the ones that stay. */
static int mask_part(sl_call *call, const sl_value *args, const char *name, bool left, bool keep, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give_null(out);
  if (args[1].i64 < 0)
    return sl_fail(call, "function %s requires a non-negative number of characters to mask or skip", name);
  masks m;
  int rc = masks_of(call, args, 2, &m);
  if (rc) return rc;
  sl_str s = sl_value_str(&args[0]);
  size_t len = sl_units_len(s), n = (size_t)args[1].i64 < len ? (size_t)args[1].i64 : len;
  size_t cut = left ? n : len - n;
  return left != keep ? mask_range(call, s, &m, 0, cut, out) : mask_range(call, s, &m, cut, len, out);
}

static int mask_left(sl_call *call, const sl_value *args, sl_value *out) {
  return mask_part(call, args, "mask_left", true, false, out);
}
static int mask_right(sl_call *call, const sl_value *args, sl_value *out) {
  return mask_part(call, args, "mask_right", false, false, out);
}
static int mask_keep_left(sl_call *call, const sl_value *args, sl_value *out) {
  return mask_part(call, args, "mask_keep_left", true, true, out);
}
static int mask_keep_right(sl_call *call, const sl_value *args, sl_value *out) {
  return mask_part(call, args, "mask_keep_right", false, true, out);
}

static const char SHORT_FORM[] = "(VARCHAR input, INT! numChars) -> VARCHAR";
static const char LONG_FORM[] =
    "(VARCHAR input, INT! numChars, VARCHAR upper, VARCHAR lower, VARCHAR digit, VARCHAR other) -> VARCHAR";
static const char SHORT_DOC[] = "By X, x, n and -.";
static const char LONG_DOC[] = "By the characters given; a NULL leaves its class as it is.";

const sl_function sl_fn_mask[] = {
    {.name = "MASK",
     .category = STRING,
     .doc = "Hides the characters of a text.",
     .example = "MASK('AbC 123') => 'XxX-nnn'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .flags = SL_FN_NULLS, .eval = mask, .doc = SHORT_DOC},
             {.signature = "(VARCHAR input, VARCHAR upper, VARCHAR lower, VARCHAR digit, VARCHAR other) -> VARCHAR",
              .flags = SL_FN_NULLS,
              .eval = mask,
              .doc = LONG_DOC},
             {0}}},
    {.name = "MASK_KEEP_LEFT",
     .category = STRING,
     .doc = "Hides the characters of a text but the first.",
     .example = "MASK_KEEP_LEFT('AbC 123', 2) => 'AbX-nnn'",
     .overloads =
         (const sl_overload[]){
             {.signature = SHORT_FORM, .flags = SL_FN_NULLS, .eval = mask_keep_left, .doc = SHORT_DOC},
             {.signature = LONG_FORM, .flags = SL_FN_NULLS, .eval = mask_keep_left, .doc = LONG_DOC},
             {0}}},
    {.name = "MASK_KEEP_RIGHT",
     .category = STRING,
     .doc = "Hides the characters of a text but the last.",
     .example = "MASK_KEEP_RIGHT('AbC 123', 2) => 'XxX-n23'",
     .overloads =
         (const sl_overload[]){
             {.signature = SHORT_FORM, .flags = SL_FN_NULLS, .eval = mask_keep_right, .doc = SHORT_DOC},
             {.signature = LONG_FORM, .flags = SL_FN_NULLS, .eval = mask_keep_right, .doc = LONG_DOC},
             {0}}},
    {.name = "MASK_LEFT",
     .category = STRING,
     .doc = "Hides the first characters of a text.",
     .example = "MASK_LEFT('AbC 123', 2) => 'XxC 123'",
     .overloads =
         (const sl_overload[]){{.signature = SHORT_FORM, .flags = SL_FN_NULLS, .eval = mask_left, .doc = SHORT_DOC},
                               {.signature = LONG_FORM, .flags = SL_FN_NULLS, .eval = mask_left, .doc = LONG_DOC},
                               {0}}},
    {.name = "MASK_RIGHT",
     .category = STRING,
     .doc = "Hides the last characters of a text.",
     .example = "MASK_RIGHT('AbC 123', 2) => 'AbC 1nn'",
     .overloads =
         (const sl_overload[]){{.signature = SHORT_FORM, .flags = SL_FN_NULLS, .eval = mask_right, .doc = SHORT_DOC},
                               {.signature = LONG_FORM, .flags = SL_FN_NULLS, .eval = mask_right, .doc = LONG_DOC},
                               {0}}},
    {0}};
