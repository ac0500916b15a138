/* Text functions (functions.md 7): case, length, parts, joining. Positions are UTF-16 units; results borrow from their
 * arguments where they are a part of them. Case mapping is full Unicode by ICU, with a quick path for ASCII. */
#include <pthread.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include "functions/functions_int.h"
#include "functions/units.h"

static const char STRING[] = "STRING";

/* ---- case ---- */

static UCaseMap *case_map; /* root locale, read-only once open, lives as long as the process */
static pthread_once_t case_once = PTHREAD_ONCE_INIT;
static void open_case_map(void) {
  UErrorCode status = U_ZERO_ERROR;
  case_map = ucasemap_open("", 0, &status);
}

typedef int32_t (*icu_case)(const UCaseMap *map, char *dest, int32_t cap, const char *src, int32_t len, UErrorCode *ec);

static int map_case(sl_call *call, sl_str s, icu_case map, sl_value *out) {
  pthread_once(&case_once, open_case_map);
  if (!case_map) return sl_fail(call, "The Unicode library could not be opened.");
  if (s.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  UErrorCode status = U_ZERO_ERROR;
  int32_t cap = (int32_t)(s.len * 3 + 8); /* one code unit maps to at most three of its size */
  char *text = sl_arena_alloc(call->arena, (size_t)cap);
  int32_t n = map(case_map, text, cap, s.ptr, (int32_t)s.len, &status);
  if (U_FAILURE(status)) return sl_fail(call, "The text cannot be mapped: %s", u_errorName(status));
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)n)));
}

static int lcase(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]);
  if (!sl_is_ascii(s)) return map_case(call, s, ucasemap_utf8ToLower, out);
  return sl_give(out, sl_of_str(sl_str_lower(call->arena, s)));
}

static int ucase(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]);
  if (!sl_is_ascii(s)) return map_case(call, s, ucasemap_utf8ToUpper, out);
  return sl_give(out, sl_of_str(sl_str_upper(call->arena, s)));
}

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Copies lower-case text to to, upper-casing the first unit of each word; leading blanks are dropped. A first unit that
 * is half of a surrogate pair stays as it is. */
static size_t capitalise(char *to, sl_str s) {
  size_t at = 0, n = 0;
  while (at < s.len && is_blank(s.ptr[at])) at++;
  bool first = true;
  while (at < s.len) {
    size_t len = sl_codepoint_len(s, at);
    bool blank = is_blank(s.ptr[at]);
    if (first && !blank && len < 4) {
      uint32_t c = sl_codepoint_next(s, &at);
      n += sl_codepoint_put(to + n, (uint32_t)u_toupper((UChar32)c));
    } else {
      memcpy(to + n, s.ptr + at, len);
      n += len;
      at += len;
    }
    first = blank;
  }
  return n;
}

static int initcap(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value lower;
  int rc = lcase(call, args, &lower);
  if (rc) return rc;
  sl_str s = sl_value_str(&lower);
  char *text = sl_arena_alloc(call->arena, s.len * 3 + 1);
  return sl_give(out, sl_of_str(sl_str_n(text, capitalise(text, s))));
}

/* ---- length and parts ---- */

static int len_text(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64((int64_t)sl_units_len(sl_value_str(&args[0]))));
}

static int len_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64(args[0].len));
}

static int trim(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  sl_str s = sl_value_str(&args[0]);
  while (s.len && (unsigned char)s.ptr[0] <= ' ') s.ptr++, s.len--;
  while (s.len && (unsigned char)s.ptr[s.len - 1] <= ' ') s.len--;
  return sl_give(out, sl_of_str(s));
}

static int64_t clamp(int64_t v, int64_t low, int64_t high) {
  return v < low ? low : v > high ? high : v;
}

/* Start and end of SUBSTRING in a text of len units, counted from 0. */
static void substring_range(sl_call *call, const sl_value *args, int64_t len, size_t *from, size_t *to) {
  int64_t pos = args[1].i64;
  int64_t start = pos < 0 ? clamp(len + pos, 0, len) : clamp(pos - 1, 0, len);
  *from = (size_t)start;
  *to = (size_t)(call->arg_count < 3 ? len : clamp(start + args[2].i64, start, len));
}

static int substring_text(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]);
  size_t from, to;
  substring_range(call, args, (int64_t)sl_units_len(s), &from, &to);
  return sl_give(out, sl_of_str(sl_units_slice(call->arena, s, from, to)));
}

static int substring_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  size_t from, to;
  substring_range(call, args, args[0].len, &from, &to);
  return sl_give(out, sl_of_str(sl_str_n(args[0].bytes + from, to - from)));
}

/* ---- joining, replacing ---- */

/* Joins args[first ..] that are not NULL, sep between them. Works on texts and bytes alike. */
static int join(sl_call *call, const sl_value *args, int first, sl_str sep, sl_value *out) {
  size_t total = 0;
  int present = 0, last = 0;
  for (int i = first; i < call->arg_count; i++) {
    if (sl_is_null(&args[i])) continue;
    total += args[i].len + (present ? sep.len : 0);
    present++;
    last = i;
  }
  if (present == 1) return sl_give(out, args[last]);
  if (total > SL_TEXT_MAX) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, total + 1), *p = text;
  for (int i = first; i < call->arg_count; i++) {
    if (sl_is_null(&args[i])) continue;
    p = mempcpy(p, args[i].bytes, args[i].len);
    if (i < last) p = mempcpy(p, sep.ptr, sep.len);
  }
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

static int concat(sl_call *call, const sl_value *args, sl_value *out) {
  return join(call, args, 0, sl_str_n("", 0), out);
}

static int concat_ws(sl_call *call, const sl_value *args, sl_value *out) {
  if (call->arg_count < 2) return sl_fail(call, "Function Concat_WS expects at least two input arguments.");
  if (sl_is_null(&args[0])) return sl_give_null(out);
  return join(call, args, 1, sl_value_str(&args[0]), out);
}

/* Puts by before every UTF-16 unit of s and at its end: what replacing the empty text means. The halves of a surrogate
 * pair that it parts are '?'. */
static int spread(sl_call *call, sl_str s, sl_str by, sl_value *out) {
  if (!by.len) return sl_give(out, sl_of_str(s));
  if ((s.len + 1) * (by.len + 1) > SL_TEXT_MAX) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, s.len + (s.len + 1) * by.len + 1), *p = text;
  for (size_t at = 0, n; at < s.len; at += n) {
    n = sl_codepoint_len(s, at);
    p = mempcpy(p, by.ptr, by.len);
    if (n < 4) {
      p = mempcpy(p, s.ptr + at, n);
    } else {
      *p++ = '?';
      p = mempcpy(p, by.ptr, by.len);
      *p++ = '?';
    }
  }
  p = mempcpy(p, by.ptr, by.len);
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

static size_t count_parts(sl_str s, sl_str part) {
  size_t n = 0;
  for (const char *p = s.ptr, *end = s.ptr + s.len; (p = memmem(p, (size_t)(end - p), part.ptr, part.len)); n++)
    p += part.len;
  return n;
}

static int replace(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]), old = sl_value_str(&args[1]), by = sl_value_str(&args[2]);
  if (!old.len) return spread(call, s, by, out);
  size_t hits = count_parts(s, old);
  if (!hits) return sl_give(out, args[0]);
  if (by.len && hits > SL_TEXT_MAX / by.len) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, s.len - hits * old.len + hits * by.len + 1), *to = text;
  const char *from = s.ptr, *end = s.ptr + s.len;
  for (const char *hit; (hit = memmem(from, (size_t)(end - from), old.ptr, old.len)); from = hit + old.len) {
    to = mempcpy(to, from, (size_t)(hit - from));
    to = mempcpy(to, by.ptr, by.len);
  }
  to = mempcpy(to, from, (size_t)(end - from));
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(to - text))));
}

const sl_function sl_fn_string[] = {
    {.name = "CONCAT",
     .category = STRING,
     .doc = "Joins texts or bytes; NULLs are skipped.",
     .example = "CONCAT('a', NULL, 'b') => 'ab'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR... inputs) -> VARCHAR",
              .flags = SL_FN_NULLS,
              .eval = concat,
              .doc = "Joins texts."},
             {.signature = "(BYTES... inputs) -> BYTES", .flags = SL_FN_NULLS, .eval = concat, .doc = "Joins bytes."},
             {0}}},
    {.name = "CONCAT_WS",
     .category = STRING,
     .doc = "Joins texts or bytes with a separator, the first argument; NULLs are skipped.",
     .example = "CONCAT_WS(', ', 'a', NULL, 'b') => 'a, b'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR... inputs) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = concat_ws,
                                         .doc = "Joins texts."},
                                        {.signature = "(BYTES... inputs) -> BYTES",
                                         .flags = SL_FN_NULLS,
                                         .eval = concat_ws,
                                         .doc = "Joins bytes."},
                                        {0}}},
    {.name = "INITCAP",
     .category = STRING,
     .doc = "Makes the first letter of each word a capital and the others small.",
     .example = "INITCAP('the quick fox') => 'The Quick Fox'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR str) -> VARCHAR",
                                         .eval = initcap,
                                         .doc = "Words are separated by white space; leading white space is dropped."},
                                        {0}}},
    {.name = "LCASE",
     .category = STRING,
     .doc = "Converts a text to lower case.",
     .example = "LCASE('Ab') => 'ab'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input) -> VARCHAR",
                                         .eval = lcase,
                                         .doc = "Full Unicode case mapping, independent of locale."},
                                        {0}}},
    {.name = "LEN",
     .category = STRING,
     .doc = "Gives the length of a text or of bytes.",
     .example = "LEN('abc') => 3",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> INT", .eval = len_text, .doc = "Counts UTF-16 code units."},
             {.signature = "(BYTES input) -> INT", .eval = len_bytes, .doc = "Counts bytes."},
             {0}}},
    {.name = "REPLACE",
     .category = STRING,
     .doc = "Replaces all occurrences of a text in another.",
     .example = "REPLACE('a-b', '-', '+') => 'a+b'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR str, VARCHAR oldStr, VARCHAR newStr) -> VARCHAR",
                                         .eval = replace,
                                         .doc = "Left to right, literally."},
                                        {0}}},
    {.name = "SUBSTRING",
     .category = STRING,
     .doc = "Gives a part of a text or of bytes.",
     .example = "SUBSTRING('stream', 1, 4) => 'stre'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR str, INT pos) -> VARCHAR",
              .eval = substring_text,
              .doc = "From pos, counted from 1, or from the end when negative, to the end."},
             {.signature = "(VARCHAR str, INT pos, INT length) -> VARCHAR",
              .eval = substring_text,
              .doc = "At most length characters from pos."},
             {.signature = "(BYTES str, INT pos) -> BYTES", .eval = substring_bytes, .doc = "The same of bytes."},
             {.signature = "(BYTES str, INT pos, INT length) -> BYTES",
              .eval = substring_bytes,
              .doc = "At most length bytes from pos."},
             {0}}},
    {.name = "TRIM",
     .category = STRING,
     .doc = "Removes blanks and control characters from both ends of a text.",
     .example = "TRIM(' a ') => 'a'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = trim, .doc = "Strips characters up to U+0020."}, {0}}},
    {.name = "UCASE",
     .category = STRING,
     .doc = "Converts a text to upper case.",
     .example = "UCASE('Ab') => 'AB'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input) -> VARCHAR",
                                         .eval = ucase,
                                         .doc = "Full Unicode case mapping, independent of locale."},
                                        {0}}},
    {0}};
