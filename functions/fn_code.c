/* CHR, MD5 and UUID (functions.md 7): texts from codes and bytes. */
#include <sys/random.h>
#include "functions/functions_int.h"
#include "functions/md5.h"
#include "functions/units.h"

static const char STRING[] = "STRING";

/* ---- CHR ---- */

static int chr_int(sl_call *call, const sl_value *args, sl_value *out) {
  int64_t c = args[0].i64;
  if (c < 0 || c > 0x10ffff) return sl_give_null(out);
  char *text = sl_arena_alloc(call->arena, 4);
  return sl_give(out, sl_of_str(sl_str_n(text, sl_codepoint_put(text, (uint32_t)c))));
}

/* Text under construction from UTF-16 units: a high surrogate waits for its low one. */
typedef struct units {
  char *text;
  size_t len;
  uint32_t high;
} units;

static void flush_high(units *u) {
  if (u->high) u->len += sl_codepoint_put(u->text + u->len, u->high);
  u->high = 0;
}

static void add_unit(units *u, uint32_t unit) {
  if (u->high && unit >= 0xdc00 && unit <= 0xdfff) {
    uint32_t c = 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00);
    u->len += sl_codepoint_put(u->text + u->len, c);
    u->high = 0;
    return;
  }
  flush_high(u);
  if (unit >= 0xd800 && unit <= 0xdbff)
    u->high = unit;
  else
    u->len += sl_codepoint_put(u->text + u->len, unit);
}

/* \u, perhaps with more u and a +, and four digits; *at is behind the backslash. */
static int unescape_unit(sl_call *call, sl_str s, size_t *at, units *u) {
  while (*at < s.len && s.ptr[*at] == 'u') ++*at;
  if (*at < s.len && s.ptr[*at] == '+') ++*at;
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++, ++*at) {
    int digit = *at < s.len ? sl_hex_digit(s.ptr[*at]) : -1;
    if (digit < 0) return sl_fail(call, "Unable to parse unicode value in: " SL_STR_FMT, SL_STR_ARG(s));
    unit = unit << 4 | (uint32_t)digit;
  }
  add_unit(u, unit);
  return 0;
}

static bool is_octal(sl_str s, size_t at) {
  return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '7';
}

/* Up to three octal digits, of which the first of three is at most 3. */
static void unescape_octal(sl_str s, size_t *at, units *u) {
  int most = s.ptr[*at] <= '3' ? 3 : 2;
  uint32_t unit = 0;
  for (int i = 0; i < most && is_octal(s, *at); i++) unit = unit * 8 + (uint32_t)(s.ptr[(*at)++] - '0');
  add_unit(u, unit);
}

/* What stands behind a backslash at *at; one that begins nothing known is left out. */
static int unescape(sl_call *call, sl_str s, size_t *at, units *u) {
  static const char NAMES[] = "bfnrt\\\"'", UNITS[] = "\b\f\n\r\t\\\"'";
  if (*at == s.len) return 0;
  if (s.ptr[*at] == 'u') return unescape_unit(call, s, at, u);
  const char *name = s.ptr[*at] ? strchr(NAMES, s.ptr[*at]) : NULL;
  if (name) {
    add_unit(u, (unsigned char)UNITS[name - NAMES]);
    ++*at;
  } else if (is_octal(s, *at)) {
    unescape_octal(s, at, u);
  }
  return 0;
}

static int chr_text(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]);
  if (sl_units_len(s) < 6 || !sl_str_starts(s, sl_str_of("\\u"))) return sl_give_null(out);
  units u = {.text = sl_arena_alloc(call->arena, s.len + 4)};
  for (size_t at = 0; at < s.len;) {
    if (s.ptr[at] == '\\') {
      at++;
      int rc = unescape(call, s, &at, &u);
      if (rc) return rc;
      continue;
    }
    size_t n = sl_codepoint_len(s, at);
    flush_high(&u);
    memcpy(u.text + u.len, s.ptr + at, n);
    u.len += n;
    at += n;
  }
  flush_high(&u);
  return sl_give(out, sl_of_str(sl_str_n(u.text, u.len)));
}

/* ---- MD5, UUID ---- */

static const char HEX[] = "0123456789abcdef";

static char *put_hex(char *to, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    *to++ = HEX[bytes[i] >> 4];
    *to++ = HEX[bytes[i] & 15];
  }
  return to;
}

static int md5(sl_call *call, const sl_value *args, sl_value *out) {
  uint8_t digest[SL_MD5_SIZE];
  sl_md5(sl_value_str(&args[0]), digest);
  char *text = sl_arena_alloc(call->arena, 2 * SL_MD5_SIZE);
  put_hex(text, digest, SL_MD5_SIZE);
  return sl_give(out, sl_of_str(sl_str_n(text, 2 * SL_MD5_SIZE)));
}

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

static int give_uuid(sl_call *call, const uint8_t *bytes, sl_value *out) {
  char *text = sl_arena_alloc(call->arena, UUID_TEXT), *p = text;
  for (size_t i = 0; i < UUID_BYTES; i += 2) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    p = put_hex(p, bytes + i, 2);
  }
  return sl_give(out, sl_of_str(sl_str_n(text, UUID_TEXT)));
}

/* Random bytes are taken from the system many at a time. */
typedef struct random_pool {
  uint8_t bytes[16 * UUID_BYTES];
  size_t left;
} random_pool;

static int uuid_random(sl_call *call, const sl_value *args, sl_value *out) {
  (void)args;
  random_pool *pool = call->local;
  if (!pool->left) {
    if (getrandom(pool->bytes, sizeof pool->bytes, 0) != (ssize_t)sizeof pool->bytes)
      return sl_fail(call, "The system gives no random bytes.");
    pool->left = sizeof pool->bytes;
  }
  pool->left -= UUID_BYTES;
  uint8_t *bytes = pool->bytes + pool->left;
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant */
  return give_uuid(call, bytes, out);
}

static int uuid_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  if (args[0].len != UUID_BYTES) return sl_give_null(out);
  return give_uuid(call, (const uint8_t *)args[0].bytes, out);
}

const sl_function sl_fn_code[] = {
    {.name = "CHR",
     .spelling = "Chr",
     .category = STRING,
     .doc = "Gives the character of a code.",
     .example = "CHR(75) => 'K'",
     .overloads = (const sl_overload[]){{.signature = "(INT decimalCode) -> VARCHAR",
                                         .eval = chr_int,
                                         .doc = "Of a code point; NULL when it is none."},
                                        {.signature = "(VARCHAR utf16Code) -> VARCHAR",
                                         .eval = chr_text,
                                         .doc = "Of a text of UTF-16 codes such as '\\u004b'; NULL for other text."},
                                        {0}}},
    {.name = "MD5",
     .category = STRING,
     .doc = "Gives the MD5 hash of a text as hexadecimal digits.",
     .example = "MD5('') => 'd41d8cd98f00b204e9800998ecf8427e'",
     .overloads =
         (const sl_overload[]){{.signature = "(VARCHAR s) -> VARCHAR", .eval = md5, .doc = "Over its UTF-8."}, {0}}},
    {.name = "UUID",
     .spelling = "UUID",
     .category = STRING,
     .doc = "Gives a universally unique identifier.",
     .example = "UUID()",
     .overloads = (const sl_overload[]){{.signature = "() -> VARCHAR",
                                         .flags = SL_FN_VOLATILE,
                                         .eval = uuid_random,
                                         .local_size = sizeof(random_pool),
                                         .doc = "A random one, new for every row."},
                                        {.signature = "(BYTES bytes) -> VARCHAR",
                                         .eval = uuid_bytes,
                                         .doc = "The one of 16 bytes; NULL for another length."},
                                        {0}}},
    {0}};
