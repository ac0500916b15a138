/* URL functions (functions.md 17): parts of a URI, decoded, and the coding of query parameters, where a blank is '+'.
 */
#include "functions/functions_int.h"
#include "functions/units.h"
#include "functions/uri.h"

static const char URL[] = "URL";

/* ---- escapes ---- */

/* Replaces %XX by bytes, and '+' by a blank if asked; each run of escapes is then read as UTF-8. NULL in out->ptr: an
 * escape is malformed. */
static void decode(sl_arena *arena, sl_str s, bool plus, sl_str *out) {
  char *text = sl_arena_alloc(arena, s.len * 3 + 1), *run = sl_arena_alloc(arena, s.len / 3 + 1);
  size_t len = 0;
  for (size_t at = 0; at < s.len;) {
    size_t bytes = 0;
    for (; at < s.len && s.ptr[at] == '%'; at += 3) {
      int high = s.len - at < 3 ? -1 : sl_hex_digit(s.ptr[at + 1]), low = high < 0 ? -1 : sl_hex_digit(s.ptr[at + 2]);
      if (low < 0) {
        *out = (sl_str){0};
        return;
      }
      run[bytes++] = (char)(high << 4 | low);
    }
    if (bytes) {
      len += sl_utf8_repair_to(text + len, sl_str_n(run, bytes));
      continue;
    }
    text[len++] = plus && s.ptr[at] == '+' ? ' ' : s.ptr[at];
    at++;
  }
  *out = sl_str_n(text, len);
}

static bool is_plain(char c) {
  char lower = (char)(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '*';
}

static int encode_param(sl_call *call, const sl_value *args, sl_value *out) {
  static const char HEX[] = "0123456789ABCDEF";
  sl_str s = sl_value_str(&args[0]);
  if (s.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  char *text = sl_arena_alloc(call->arena, s.len * 3 + 1), *p = text;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (is_plain(c) || c == ' ') {
      *p++ = c == ' ' ? '+' : c;
      continue;
    }
    *p++ = '%';
    *p++ = HEX[(unsigned char)c >> 4];
    *p++ = HEX[(unsigned char)c & 15];
  }
  return sl_give(out, sl_of_str(sl_str_n(text, (size_t)(p - text))));
}

static int decode_param(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str s = sl_value_str(&args[0]), text;
  if (s.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  decode(call->arena, s, true, &text);
  if (!text.ptr) return sl_fail(call, "The text has a malformed escape: " SL_STR_FMT, SL_STR_ARG(s));
  return sl_give(out, sl_of_str(text));
}

/* ---- parts ---- */

static int parse(sl_call *call, const sl_value *args, sl_uri *out) {
  sl_str s = sl_value_str(&args[0]);
  if (s.len > SL_TEXT_MAX / 3) return sl_fail_size(call);
  if (sl_uri_parse(s, out)) return 0;
  return sl_fail(call, "URL input has invalid syntax: " SL_STR_FMT, SL_STR_ARG(s));
}

/* A part decoded, or NULL when it is absent. */
static int give_part(sl_call *call, sl_str part, sl_value *out) {
  if (!part.ptr) return sl_give_null(out);
  if (part.len && memchr(part.ptr, '%', part.len)) decode(call->arena, part, false, &part);
  return sl_give(out, sl_of_str(part));
}

static int protocol(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  return rc ? rc : give_part(call, uri.scheme, out);
}

static int host(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  if (rc) return rc;
  return uri.host.ptr ? sl_give(out, sl_of_str(uri.host)) : sl_give_null(out);
}

static int port(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  if (rc) return rc;
  return uri.port < 0 ? sl_give_null(out) : sl_give(out, sl_of_i64(uri.port));
}

static int path(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  return rc ? rc : give_part(call, uri.path, out);
}

static int query(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  return rc ? rc : give_part(call, uri.query, out);
}

static int fragment(sl_call *call, const sl_value *args, sl_value *out) {
  sl_uri uri;
  int rc = parse(call, args, &uri);
  return rc ? rc : give_part(call, uri.fragment, out);
}

static int parameter(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value decoded;
  int rc = query(call, args, &decoded);
  if (rc) return rc;
  sl_str rest = sl_is_null(&decoded) ? sl_str_n("", 0) : sl_value_str(&decoded), want = sl_value_str(&args[1]);
  if (sl_is_null(&decoded)) return sl_give_null(out);
  for (bool more = true; more;) {
    const char *end = rest.len ? memchr(rest.ptr, '&', rest.len) : NULL;
    sl_str pair = end ? sl_str_n(rest.ptr, (size_t)(end - rest.ptr)) : rest;
    const char *equals = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
    sl_str key = equals ? sl_str_n(pair.ptr, (size_t)(equals - pair.ptr)) : pair;
    if (sl_str_eq(key, want))
      return sl_give(out, sl_of_str(equals ? sl_str_n(equals + 1, pair.len - key.len - 1) : sl_str_n("", 0)));
    more = end != NULL;
    if (more) rest = sl_str_n(end + 1, rest.len - pair.len - 1);
  }
  return sl_give_null(out);
}

const sl_function sl_fn_url[] = {
    {.name = "URL_DECODE_PARAM",
     .category = URL,
     .doc = "Decodes a parameter of a URL.",
     .example = "URL_DECODE_PARAM('a+%26') => 'a &'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input) -> VARCHAR",
                                         .eval = decode_param,
                                         .doc = "'+' is a blank, escapes are UTF-8."},
                                        {0}}},
    {.name = "URL_ENCODE_PARAM",
     .category = URL,
     .doc = "Encodes a text as a parameter of a URL.",
     .example = "URL_ENCODE_PARAM('a &') => 'a+%26'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input) -> VARCHAR",
                                         .eval = encode_param,
                                         .doc = "Letters, digits and -_.* stay, a blank becomes '+'."},
                                        {0}}},
    {.name = "URL_EXTRACT_FRAGMENT",
     .category = URL,
     .doc = "Gives the fragment of a URL.",
     .example = "URL_EXTRACT_FRAGMENT('http://a.b/c#d') => 'd'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = fragment, .doc = "Decoded; NULL when there is none."},
             {0}}},
    {.name = "URL_EXTRACT_HOST",
     .category = URL,
     .doc = "Gives the host of a URL.",
     .example = "URL_EXTRACT_HOST('http://me@a.b:80/c') => 'a.b'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = host, .doc = "NULL when there is none."}, {0}}},
    {.name = "URL_EXTRACT_PARAMETER",
     .category = URL,
     .doc = "Gives a parameter in the query of a URL.",
     .example = "URL_EXTRACT_PARAMETER('http://a.b?x=1&y=2', 'y') => '2'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input, VARCHAR paramToFind) -> VARCHAR",
                                         .eval = parameter,
                                         .doc = "The first of that name; NULL when there is none."},
                                        {0}}},
    {.name = "URL_EXTRACT_PATH",
     .category = URL,
     .doc = "Gives the path of a URL.",
     .example = "URL_EXTRACT_PATH('http://a.b/c?d') => '/c'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = path, .doc = "Decoded; it may be empty."}, {0}}},
    {.name = "URL_EXTRACT_PORT",
     .category = URL,
     .doc = "Gives the port of a URL.",
     .example = "URL_EXTRACT_PORT('http://a.b:80/c') => 80",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> INT", .eval = port, .doc = "NULL when none is written."}, {0}}},
    {.name = "URL_EXTRACT_PROTOCOL",
     .category = URL,
     .doc = "Gives the protocol of a URL.",
     .example = "URL_EXTRACT_PROTOCOL('http://a.b/c') => 'http'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = protocol, .doc = "NULL when there is none."}, {0}}},
    {.name = "URL_EXTRACT_QUERY",
     .category = URL,
     .doc = "Gives the query of a URL.",
     .example = "URL_EXTRACT_QUERY('http://a.b/c?d=e') => 'd=e'",
     .overloads =
         (const sl_overload[]){
             {.signature = "(VARCHAR input) -> VARCHAR", .eval = query, .doc = "Decoded; NULL when there is none."},
             {0}}},
    {0}};
