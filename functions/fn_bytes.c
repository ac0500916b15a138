/* Bytes and encodings (functions.md 9): TO_BYTES, FROM_BYTES, ENCODE and the *_FROM_BYTES. Each encoding is a pair of
 * functions, text to bytes and bytes to text; ENCODE has pairs of its own where it is more lenient. */
#include "base/bytes.h"
#include "base/json.h"
#include "functions/functions_int.h"
#include "functions/units.h"
#include "types/text.h"

static const char STRING[] = "STRING";
static const char CONVERSIONS[] = "CONVERSIONS";

/* ---- hexadecimal ---- */

/* Index of the first character that is no digit, len if all are. The bytes go to *to, which has room. */
static size_t read_hex(sl_str digits, char *to) {
  for (size_t i = 0; i < digits.len; i++) {
    int digit = sl_hex_digit(digits.ptr[i]);
    if (digit < 0) return i;
    if (i & 1)
      to[i / 2] = (char)((unsigned char)to[i / 2] | digit);
    else
      to[i / 2] = (char)(digit << 4);
  }
  return digits.len;
}

static int write_hex(sl_call *call, sl_str bytes, const char *digits, sl_value *out) {
  if (bytes.len > SL_TEXT_MAX / 2) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, 2 * bytes.len + 1), *p = text;
  for (size_t i = 0; i < bytes.len; i++) {
    *p++ = digits[(unsigned char)bytes.ptr[i] >> 4];
    *p++ = digits[(unsigned char)bytes.ptr[i] & 15];
  }
  return sl_give(out, sl_of_str(sl_str_n(text, 2 * bytes.len)));
}

static int hex_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  if (s.len & 1) return sl_fail(call, "hexBinary needs to be even-length: " SL_STR_FMT, SL_STR_ARG(s));
  char *bytes = sl_arena_alloc(call->arena, s.len / 2 + 1);
  if (read_hex(s, bytes) < s.len)
    return sl_fail(call, "contains illegal character for hexBinary: " SL_STR_FMT, SL_STR_ARG(s));
  return sl_give(out, sl_of_str(sl_str_n(bytes, s.len / 2)));
}

/* 0x12, with a zero before an odd number of digits; x'12', X'12'; or digits alone. */
static sl_str unwrap_hex(sl_arena *arena, sl_str s) {
  if (sl_str_starts(s, sl_str_of("0x"))) {
    s = sl_str_n(s.ptr + 2, s.len - 2);
    return s.len & 1 ? sl_str_printf(arena, "0" SL_STR_FMT, SL_STR_ARG(s)) : s;
  }
  bool quoted = s.len >= 3 && (s.ptr[0] | 0x20) == 'x' && s.ptr[1] == '\'' && s.ptr[s.len - 1] == '\'';
  return quoted ? sl_str_n(s.ptr + 2, s.len - 3) : s;
}

static int wrapped_hex_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  s = unwrap_hex(call->arena, s);
  if (s.len & 1) return sl_fail(call, "Odd number of characters.");
  char *bytes = sl_arena_alloc(call->arena, s.len / 2 + 1);
  size_t bad = read_hex(s, bytes);
  if (bad < s.len)
    return sl_fail(call, "Illegal hexadecimal character %.*s at index %zu", (int)sl_codepoint_len(s, bad), s.ptr + bad,
                   bad);
  return sl_give(out, sl_of_str(sl_str_n(bytes, s.len / 2)));
}

static int bytes_to_upper_hex(sl_call *call, sl_str bytes, sl_value *out) {
  return write_hex(call, bytes, "0123456789ABCDEF", out);
}

static int bytes_to_lower_hex(sl_call *call, sl_str bytes, sl_value *out) {
  return write_hex(call, bytes, "0123456789abcdef", out);
}

/* ---- utf8, ascii ---- */

static int utf8_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_str(s));
}

static int bytes_to_utf8(sl_call *call, sl_str bytes, sl_value *out) {
  if (sl_utf8_valid(bytes.ptr, bytes.len)) return sl_give(out, sl_of_str(bytes));
  if (bytes.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, 3 * bytes.len);
  return sl_give(out, sl_of_str(sl_str_n(text, sl_utf8_repair_to(text, bytes))));
}

static int ascii_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  if (sl_is_ascii(s)) return sl_give(out, sl_of_str(s));
  char *bytes = sl_arena_alloc(call->arena, s.len), *p = bytes;
  for (size_t at = 0; at < s.len; at += sl_codepoint_len(s, at))
    *p++ = (unsigned char)s.ptr[at] < 0x80 ? s.ptr[at] : '?';
  return sl_give(out, sl_of_str(sl_str_n(bytes, (size_t)(p - bytes))));
}

static int bytes_to_ascii(sl_call *call, sl_str bytes, sl_value *out) {
  if (sl_is_ascii(bytes)) return sl_give(out, sl_of_str(bytes));
  if (bytes.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, 3 * bytes.len), *p = text;
  for (size_t i = 0; i < bytes.len; i++) {
    bool ascii = (unsigned char)bytes.ptr[i] < 0x80;
    p = mempcpy(p, ascii ? bytes.ptr + i : "\xef\xbf\xbd", ascii ? 1 : 3);
  }
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

/* ---- base64 ---- */

static int base64_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  sl_str bytes;
  if (!sl_base64_decode(call->arena, s, &bytes))
    return sl_fail(call, "The text is not base64: " SL_STR_FMT, SL_STR_ARG(s));
  return sl_give(out, sl_of_str(bytes));
}

/* What does not belong there is left out, '-' and '_' stand for '+' and '/', and the first '=' ends it. */
static int lenient_base64_to_bytes(sl_call *call, sl_str s, sl_value *out) {
  char *clean = sl_arena_alloc(call->arena, s.len + 1);
  size_t n = 0;
  for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
    char c = s.ptr[i] == '-' ? '+' : s.ptr[i] == '_' ? '/' : s.ptr[i], lower = (char)(c | 0x20);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/') clean[n++] = c;
  }
  return base64_to_bytes(call, sl_str_n(clean, n % 4 == 1 ? n - 1 : n), out); /* six bits alone are no byte */
}

static int bytes_to_base64(sl_call *call, sl_str bytes, sl_value *out) {
  if (bytes.len > SL_TEXT_MAX / 2) return sl_fail_size(call);
  sl_buf text = {.data = sl_arena_alloc(call->arena, (bytes.len + 2) / 3 * 4 + 1), .cap = (bytes.len + 2) / 3 * 4 + 1};
  sl_base64_encode(&text, bytes.ptr, bytes.len); /* what it takes is there: the buffer does not grow */
  return sl_give(out, sl_of_str(sl_buf_str(&text)));
}

/* ---- the encodings ---- */

typedef int (*convert)(sl_call *call, sl_str s, sl_value *out);
typedef struct encoding {
  const char *name;
  convert read, write; /* TO_BYTES, FROM_BYTES */
  convert encode_read, encode_write;
} encoding;

static const encoding ENCODINGS[] = {
    {"hex", hex_to_bytes, bytes_to_upper_hex, wrapped_hex_to_bytes, bytes_to_lower_hex},
    {"utf8", utf8_to_bytes, bytes_to_utf8, utf8_to_bytes, bytes_to_utf8},
    {"ascii", ascii_to_bytes, bytes_to_ascii, ascii_to_bytes, bytes_to_ascii},
    {"base64", base64_to_bytes, bytes_to_base64, lenient_base64_to_bytes, bytes_to_base64},
};

static const encoding *encoding_of(sl_str name) {
  for (size_t i = 0; i < sizeof ENCODINGS / sizeof *ENCODINGS; i++)
    if (sl_str_eq_nocase(name, sl_str_of(ENCODINGS[i].name))) return &ENCODINGS[i];
  return NULL;
}

static int fail_encoding(sl_call *call, sl_str name) {
  return sl_fail(call,
                 "Unknown encoding type '" SL_STR_FMT "'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.",
                 SL_STR_ARG(name));
}

static int to_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  const encoding *e = encoding_of(sl_value_str(&args[1]));
  return e ? e->read(call, sl_value_str(&args[0]), out) : fail_encoding(call, sl_value_str(&args[1]));
}

static int from_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  const encoding *e = encoding_of(sl_value_str(&args[1]));
  return e ? e->write(call, sl_value_str(&args[0]), out) : fail_encoding(call, sl_value_str(&args[1]));
}

static int encode(sl_call *call, const sl_value *args, sl_value *out) {
  const encoding *from = encoding_of(sl_value_str(&args[1])), *to = encoding_of(sl_value_str(&args[2]));
  if (!from || !to || from == to)
    return sl_fail(call, "Supported input and output encodings are: hex, utf8, ascii and base64");
  sl_value bytes;
  int rc = from->encode_read(call, sl_value_str(&args[0]), &bytes);
  return rc ? rc : to->encode_write(call, sl_value_str(&bytes), out);
}

/* ---- numbers from bytes ---- */

/* The bytes of args[0] as an unsigned number, in the order that args[1] names. 1: it is NULL; negative: failed. */
static int read_number(sl_call *call, const sl_value *args, uint32_t size, uint64_t *out) {
  if (sl_is_null(&args[0])) return 1;
  bool little = false;
  if (call->arg_count > 1) {
    sl_str order = sl_is_null(&args[1]) ? sl_str_of("null") : sl_value_str(&args[1]);
    little = sl_str_eq_nocase(order, sl_str_of("LITTLE_ENDIAN"));
    if (!little && !sl_str_eq_nocase(order, sl_str_of("BIG_ENDIAN")))
      return sl_fail(call, "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order '" SL_STR_FMT "'.",
                     SL_STR_ARG(order));
  }
  if (args[0].len != size)
    return sl_fail(call, "Number of bytes must be equal to %u, but found %u", (unsigned)size, (unsigned)args[0].len);
  const uint8_t *bytes = (const uint8_t *)args[0].bytes;
  uint64_t v = size == 4 ? sl_get_u32(bytes) : sl_get_u64(bytes);
  *out = !little ? v : size == 4 ? __builtin_bswap32((uint32_t)v) : __builtin_bswap64(v);
  return 0;
}

static int int_from_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  uint64_t v;
  int rc = read_number(call, args, 4, &v);
  if (rc < 0) return rc;
  return rc ? sl_give_null(out) : sl_give(out, sl_of_i64((int32_t)(uint32_t)v));
}

static int bigint_from_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  uint64_t v;
  int rc = read_number(call, args, 8, &v);
  if (rc < 0) return rc;
  return rc ? sl_give_null(out) : sl_give(out, sl_of_i64((int64_t)v));
}

static int double_from_bytes(sl_call *call, const sl_value *args, sl_value *out) {
  uint64_t v;
  int rc = read_number(call, args, 8, &v);
  if (rc < 0) return rc;
  if (rc) return sl_give_null(out);
  double d;
  memcpy(&d, &v, sizeof d);
  return sl_give(out, sl_of_f64(d));
}

static const char BIG_DOC[] = "The most significant byte first.";
static const char ORDER_DOC[] = "In the order named: BIG_ENDIAN or LITTLE_ENDIAN.";

const sl_function sl_fn_bytes[] = {
    {.name = "BIGINT_FROM_BYTES",
     .category = CONVERSIONS,
     .doc = "Reads a BIGINT from 8 bytes.",
     .example = "BIGINT_FROM_BYTES(TO_BYTES('000000000000002A', 'hex')) => 42",
     .overloads =
         (const sl_overload[]){
             {.signature = "(BYTES value) -> BIGINT", .flags = SL_FN_NULLS, .eval = bigint_from_bytes, .doc = BIG_DOC},
             {.signature = "(BYTES value, VARCHAR byteOrder) -> BIGINT",
              .flags = SL_FN_NULLS,
              .eval = bigint_from_bytes,
              .doc = ORDER_DOC},
             {0}}},
    {.name = "DOUBLE_FROM_BYTES",
     .category = CONVERSIONS,
     .doc = "Reads a DOUBLE from 8 bytes.",
     .example = "DOUBLE_FROM_BYTES(TO_BYTES('4045000000000000', 'hex')) => 42.0",
     .overloads =
         (const sl_overload[]){
             {.signature = "(BYTES value) -> DOUBLE", .flags = SL_FN_NULLS, .eval = double_from_bytes, .doc = BIG_DOC},
             {.signature = "(BYTES value, VARCHAR byteOrder) -> DOUBLE",
              .flags = SL_FN_NULLS,
              .eval = double_from_bytes,
              .doc = ORDER_DOC},
             {0}}},
    {.name = "ENCODE",
     .category = STRING,
     .doc = "Writes a text of one encoding in another.",
     .example = "ENCODE('4869', 'hex', 'utf8') => 'Hi'",
     .overloads =
         (const sl_overload[]){{.signature = "(VARCHAR str, VARCHAR inputEncoding, VARCHAR outputEncoding) -> VARCHAR",
                                .eval = encode,
                                .doc = "Encodings are hex, utf8, ascii and base64."},
                               {0}}},
    {.name = "FROM_BYTES",
     .category = STRING,
     .doc = "Writes bytes as text.",
     .example = "FROM_BYTES(TO_BYTES('Hi', 'utf8'), 'hex') => '4869'",
     .overloads = (const sl_overload[]){{.signature = "(BYTES value, VARCHAR encoding) -> VARCHAR",
                                         .eval = from_bytes,
                                         .doc = "Encodings are hex, utf8, ascii and base64."},
                                        {0}}},
    {.name = "INT_FROM_BYTES",
     .category = CONVERSIONS,
     .doc = "Reads an INT from 4 bytes.",
     .example = "INT_FROM_BYTES(TO_BYTES('0000002A', 'hex')) => 42",
     .overloads =
         (const sl_overload[]){
             {.signature = "(BYTES value) -> INT", .flags = SL_FN_NULLS, .eval = int_from_bytes, .doc = BIG_DOC},
             {.signature = "(BYTES value, VARCHAR byteOrder) -> INT",
              .flags = SL_FN_NULLS,
              .eval = int_from_bytes,
              .doc = ORDER_DOC},
             {0}}},
    {.name = "TO_BYTES",
     .category = STRING,
     .doc = "Reads bytes from text.",
     .example = "TO_BYTES('4869', 'hex') => 'SGk='",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR value, VARCHAR encoding) -> BYTES",
                                         .eval = to_bytes,
                                         .doc = "Encodings are hex, utf8, ascii and base64."},
                                        {0}}},
    {0}};
