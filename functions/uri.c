/* URI parser: cuts the text at its delimiters and checks each part against the characters it may have. An authority
 * that is no server (user@host:port) but has only legal characters is a name of some registry: legal, without host. */
#include "functions/uri.h"
#include <unicode/uchar.h>
#include "functions/units.h"

/* ---- characters ---- */

enum { PATH, REST, USER, REGISTRY, SERVER };

static bool is_alpha(char c) {
  char lower = (char)(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_in(char c, const char *list) {
  return c && strchr(list, c) != NULL;
}

/* May the ASCII character stand in a part of this kind as it is? */
static bool is_legal(char c, int kind) {
  if (is_alpha(c) || is_digit(c) || is_in(c, "-_.!~*'()")) return true;
  switch (kind) {
  case PATH: return is_in(c, ":@&=+$,;/");
  case REST: return is_in(c, ";/?:@&=+$,[]"); /* query, fragment, opaque part */
  case USER: return is_in(c, ";:&=+$,");
  case REGISTRY: return is_in(c, "$,;:@&=+");
  default: return is_in(c, ";:&=+$,@[]%"); /* SERVER */
  }
}

static bool is_other(uint32_t c) {
  return c > 0x80 && !u_isJavaSpaceChar((UChar32)c) && !u_isISOControl((UChar32)c);
}

/* Length of the legal characters and escapes at the start of s. */
static size_t legal_span(sl_str s, int kind) {
  size_t at = 0;
  while (at < s.len) {
    char c = s.ptr[at];
    if (kind != SERVER && c == '%') {
      if (s.len - at < 3 || sl_hex_digit(s.ptr[at + 1]) < 0 || sl_hex_digit(s.ptr[at + 2]) < 0) return at;
      at += 3;
    } else if ((unsigned char)c < 0x80) {
      if (!is_legal(c, kind)) return at;
      at++;
    } else {
      size_t next = at;
      if (!is_other(sl_codepoint_next(s, &next))) return at;
      at = next;
    }
  }
  return at;
}

static bool is_all_legal(sl_str s, int kind) {
  return legal_span(s, kind) == s.len;
}

/* Cuts s at the first of some characters: gives what is before, s keeps the rest from that character on. */
static sl_str cut(sl_str *s, const char *stops) {
  size_t n = 0;
  while (n < s->len && !is_in(s->ptr[n], stops)) n++;
  sl_str before = sl_str_n(s->ptr, n);
  *s = sl_str_n(s->ptr + n, s->len - n);
  return before;
}

static void skip(sl_str *s, size_t n) {
  *s = sl_str_n(s->ptr + n, s->len - n);
}

static bool starts(sl_str s, char c) {
  return s.len && s.ptr[0] == c;
}

/* ---- hosts ---- */

static size_t span_digits(sl_str s) {
  size_t n = 0;
  while (n < s.len && is_digit(s.ptr[n])) n++;
  return n;
}

/* Length of an IPv4 address at the start of s, 0 if there is none. */
static size_t ipv4_span(sl_str s) {
  size_t at = 0;
  for (int i = 0; i < 4; i++) {
    if (i && (at == s.len || s.ptr[at++] != '.')) return 0;
    size_t n = span_digits(sl_str_n(s.ptr + at, s.len - at));
    int64_t byte;
    if (!n || n > 9 || !sl_str_int64(sl_str_n(s.ptr + at, n), &byte) || byte > 255) return 0;
    at += n;
  }
  bool more = at < s.len && (is_digit(s.ptr[at]) || s.ptr[at] == '.');
  return more ? 0 : at;
}

/* Groups of up to four hexadecimal digits between colons, with one "::" at most; the last may be an IPv4 address. */
static bool is_ipv6(sl_str s) {
  int groups = 0;
  bool gap = false;
  if (s.len < 2 || (s.ptr[0] == ':' && s.ptr[1] != ':')) return false;
  while (s.len) {
    if (s.len >= 2 && s.ptr[0] == ':' && s.ptr[1] == ':') {
      if (gap) return false;
      gap = true;
      skip(&s, 2);
      if (!s.len) break;
    } else if (groups) {
      if (s.ptr[0] != ':') return false;
      skip(&s, 1);
    }
    if (ipv4_span(s) == s.len && s.len) {
      groups += 2;
      break;
    }
    size_t n = 0;
    while (n < s.len && sl_hex_digit(s.ptr[n]) >= 0) n++;
    if (!n || n > 4) return false;
    groups++;
    skip(&s, n);
  }
  return gap ? groups < 8 : groups == 8;
}

/* Length of a host name at the start of s, 0 if there is none: labels, the last of which begins with a letter unless it
 * is the only one. */
static size_t name_span(sl_str s) {
  size_t at = 0, label = 0;
  bool any = false;
  while (at < s.len && (is_alpha(s.ptr[at]) || is_digit(s.ptr[at]))) {
    any = true;
    label = at;
    while (at < s.len && (is_alpha(s.ptr[at]) || is_digit(s.ptr[at]) || s.ptr[at] == '-')) at++;
    if (s.ptr[at - 1] == '-') return 0;
    if (at == s.len || s.ptr[at] != '.') break;
    at++;
  }
  if (!any || (at < s.len && s.ptr[at] != ':')) return 0;
  return label > 0 && !is_alpha(s.ptr[label]) ? 0 : at;
}

/* [user@]host[:port], filling in host and port. */
static bool parse_server(sl_str s, sl_uri *uri) {
  sl_str rest = s, user = cut(&rest, "@");
  if (rest.len) {
    if (!is_all_legal(user, USER)) return false;
    skip(&rest, 1);
  } else {
    rest = s;
  }
  size_t host;
  if (starts(rest, '[')) {
    sl_str inner = sl_str_n(rest.ptr + 1, rest.len - 1), end = inner, address = cut(&end, "]");
    sl_str scope = address, plain = cut(&scope, "%");
    if (!end.len || !is_ipv6(plain) || scope.len == 1) return false;
    host = address.len + 2;
  } else {
    host = ipv4_span(rest);
    if (!host || (host < rest.len && rest.ptr[host] != ':')) host = name_span(rest);
  }
  if (!host) return false;
  sl_str name = sl_str_n(rest.ptr, host);
  int64_t port = -1;
  skip(&rest, host);
  if (starts(rest, ':')) {
    skip(&rest, 1);
    if (span_digits(rest) < rest.len) return false;
    if (rest.len && (!sl_str_int64(rest, &port) || port > INT32_MAX)) return false;
    rest.len = 0;
  }
  if (rest.len) return false;
  uri->host = name;
  uri->port = port;
  return true;
}

static bool parse_authority(sl_str s, sl_uri *uri) {
  bool registry = is_all_legal(s, REGISTRY);
  return (is_all_legal(s, SERVER) && parse_server(s, uri)) || registry;
}

/* ---- the whole ---- */

static bool parse_scheme(sl_str *s, sl_uri *uri) {
  sl_str rest = *s, scheme = cut(&rest, ":/?#");
  if (!starts(rest, ':')) return true;
  if (!scheme.len || !is_alpha(scheme.ptr[0])) return false;
  for (size_t i = 0; i < scheme.len; i++)
    if (!is_alpha(scheme.ptr[i]) && !is_digit(scheme.ptr[i]) && !is_in(scheme.ptr[i], "+-.")) return false;
  uri->scheme = scheme;
  skip(&rest, 1);
  *s = rest;
  return true;
}

static bool parse_hierarchy(sl_str *s, sl_uri *uri) {
  if (s->len >= 2 && s->ptr[0] == '/' && s->ptr[1] == '/') {
    skip(s, 2);
    sl_str authority = cut(s, "/?#");
    if (!(authority.len ? parse_authority(authority, uri) : s->len > 0)) return false;
  }
  uri->path = cut(s, "?#");
  if (!is_all_legal(uri->path, PATH)) return false;
  if (!starts(*s, '?')) return true;
  skip(s, 1);
  uri->query = cut(s, "#");
  return is_all_legal(uri->query, REST);
}

bool sl_uri_parse(sl_str text, sl_uri *out) {
  sl_uri uri = {.port = -1};
  sl_str s = text.ptr ? text : sl_str_of("");
  if (!parse_scheme(&s, &uri)) return false;
  if (uri.scheme.ptr && !starts(s, '/')) {
    sl_str opaque = cut(&s, "#");
    if (!opaque.len || !is_all_legal(opaque, REST)) return false;
  } else if (!parse_hierarchy(&s, &uri)) {
    return false;
  }
  if (starts(s, '#')) {
    skip(&s, 1);
    uri.fragment = s;
    if (!is_all_legal(s, REST)) return false;
  }
  *out = uri;
  return true;
}
