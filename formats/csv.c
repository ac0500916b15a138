/* One CSV record, as the Apache commons-csv reader and printer of ksqlDB treat it: '"' quotes, doubled inside; quoting
 * only where needed. Fields are slices of the input unless doubled quotes collapse. Works on UTF-8 bytes: the
 * delimiter is one character of one to three bytes, so it never matches inside another. */
#include "formats/formats_int.h"

typedef struct csv {
  const char *p;
  const char *end;
  const char *start;
  sl_str delimiter;
} csv;

static bool at_delimiter(const csv *in, const char *p) {
  if (*p != in->delimiter.ptr[0]) return false;
  return in->delimiter.len == 1 ||
         ((size_t)(in->end - p) >= in->delimiter.len && !memcmp(p, in->delimiter.ptr, in->delimiter.len));
}

static bool at_line_end(const char *p) {
  return *p == '\n' || *p == '\r';
}

static int line_number(const csv *in, const char *at) {
  int line = 1;
  for (const char *p = in->start; p < at; p++) line += *p == '\r' || (*p == '\n' && (p == in->start || p[-1] != '\r'));
  return line;
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

/* Text between quotes with doubled ones collapsed. */
static sl_str collapse(sl_arena *arena, sl_str raw) {
  char *text = sl_arena_alloc(arena, raw.len);
  size_t len = 0;
  for (size_t i = 0; i < raw.len; i++) {
    text[len++] = raw.ptr[i];
    if (raw.ptr[i] == '"') i++;
  }
  return sl_str_n(text, len);
}

static int read_quoted(csv *in, sl_arena *arena, sl_str *out, sl_err *err) {
  const char *open = in->p, *p = in->p + 1;
  bool doubled = false;
  for (;;) {
    p = p < in->end ? memchr(p, '"', (size_t)(in->end - p)) : NULL;
    if (!p)
      return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "(startline %d) EOF reached before encapsulated token finished",
                        line_number(in, open));
    if (p + 1 == in->end || p[1] != '"') break;
    doubled = true;
    p += 2;
  }
  sl_str raw = {open + 1, (size_t)(p - open - 1)};
  for (p++; p < in->end && !at_delimiter(in, p) && !at_line_end(p); p++)
    if (!is_space(*p))
      return sl_err_set(err, SL_E_DECODE, SL_NO_POS, "(line %d) invalid char between encapsulated token and delimiter",
                        line_number(in, p));
  *out = doubled ? collapse(arena, raw) : raw;
  in->p = p;
  return 0;
}

static void read_simple(csv *in, sl_str *out) {
  const char *p = in->p;
  while (p < in->end && !at_delimiter(in, p) && !at_line_end(p)) p++;
  *out = sl_str_n(in->p, (size_t)(p - in->p));
  in->p = p;
}

int sl_csv_split(sl_arena *arena, sl_str text, sl_str delimiter, sl_str *fields, int max, int *count, sl_err *err) {
  csv in = {text.ptr, text.ptr + text.len, text.ptr, delimiter};
  *count = 0;
  while (in.p < in.end && at_line_end(in.p)) in.p++;
  if (in.p == in.end) return 0;
  for (;;) {
    sl_str field;
    if (in.p < in.end && *in.p == '"') {
      int code = read_quoted(&in, arena, &field, err);
      if (code) return code;
    } else {
      read_simple(&in, &field);
    }
    if (*count < max) fields[*count] = field;
    ++*count;
    if (in.p == in.end || at_line_end(in.p)) return 0;
    in.p += delimiter.len;
  }
}

static bool needs_quotes(sl_str text, sl_str delimiter, bool first) {
  if (!text.len) return first;
  uint8_t c = (uint8_t)text.ptr[0], last = (uint8_t)text.ptr[text.len - 1];
  bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if ((first && !plain) || c <= '#' || last <= ' ') return true;
  csv in = {.end = text.ptr + text.len, .delimiter = delimiter};
  for (const char *p = text.ptr; p < in.end; p++)
    if (*p == '"' || at_line_end(p) || at_delimiter(&in, p)) return true;
  return false;
}

void sl_csv_write(sl_buf *out, sl_str text, sl_str delimiter, bool first) {
  if (!needs_quotes(text, delimiter, first)) {
    sl_buf_add_str(out, text);
    return;
  }
  char *start = (char *)sl_buf_reserve(out, text.len * 2 + 2), *p = start;
  *p++ = '"';
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '"') *p++ = '"';
    *p++ = text.ptr[i];
  }
  *p++ = '"';
  out->len += (size_t)(p - start);
}
