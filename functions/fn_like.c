/* LIKE: '%' is any run of characters, '_' exactly one, both without line ends; the whole text must match (sql.md 3.7).
 *
 * A pattern is cut at its '%' into segments, once per call site when it is constant. Matching puts each segment at the
 * first place where it fits: a later place never helps, because the next run can take what the earlier one gave up.
 * (That holds although runs stop at line ends: what a run skips has none, so it may be skipped by the next run too.) */
#include "functions/functions_int.h"
#include "functions/units.h"

/* Literal bytes; where any is set, one character of the text in place of one byte. */
typedef struct segment {
  const char *bytes;
  const bool *any; /* NULL: all literal */
  size_t len;
} segment;

typedef struct pattern {
  segment *segments;
  size_t count;  /* at least 1: runs + 1 */
  bool dangling; /* ends with the escape character */
} pattern;

static void compile(sl_arena *arena, sl_str text, sl_str escape, pattern *out) {
  size_t runs = 0;
  for (size_t i = 0; i < text.len; i++) runs += text.ptr[i] == '%';
  char *bytes = sl_arena_alloc(arena, text.len + 1);
  bool *any = sl_arena_alloc(arena, text.len + 1);
  *out = (pattern){.segments = sl_arena_calloc(arena, runs + 1, sizeof(segment))};
  segment *seg = out->segments;
  *seg = (segment){.bytes = bytes};
  size_t n = 0;
  bool literal = false;
  for (size_t at = 0, len; at < text.len; at += len) {
    len = sl_codepoint_len(text, at);
    char c = text.ptr[at];
    if (!literal && escape.len && sl_str_eq(sl_str_n(text.ptr + at, len), escape)) {
      literal = true;
      continue;
    }
    if (!literal && c == '%') {
      *++seg = (segment){.bytes = bytes + n};
      continue;
    }
    memcpy(bytes + n, text.ptr + at, len);
    memset(any + n, !literal && c == '_', len);
    if (!literal && c == '_') seg->any = any + (seg->bytes - bytes);
    n += len;
    seg->len += len;
    literal = false;
  }
  out->count = (size_t)(seg - out->segments) + 1;
  out->dangling = literal;
}

/* Bytes of the line end that starts at s.ptr[at], 0 if none does. */
static size_t line_end(sl_str s, size_t at) {
  unsigned char c = (unsigned char)s.ptr[at];
  if (c == '\n' || c == '\r') return 1;
  if (c == 0xc2 && s.len - at > 1 && (unsigned char)s.ptr[at + 1] == 0x85) return 2;
  if (c == 0xe2 && s.len - at > 2 && !memcmp(s.ptr + at, "\xe2\x80", 2))
    return ((unsigned char)s.ptr[at + 2] & 0xfe) == 0xa8 ? 3 : 0; /* U+2028, U+2029 */
  return 0;
}

static bool has_line_end(sl_str s, size_t from, size_t to) {
  for (size_t i = from; i < to; i++)
    if (line_end(s, i)) return true;
  return false;
}

/* Matches a segment at from; *end is where it ends. */
static bool matches_at(const segment *seg, sl_str s, size_t from, size_t *end) {
  if (!seg->any) {
    if (s.len - from < seg->len || memcmp(s.ptr + from, seg->bytes, seg->len)) return false;
    *end = from + seg->len;
    return true;
  }
  size_t at = from;
  for (size_t i = 0; i < seg->len; i++) {
    if (at >= s.len) return false;
    if (!seg->any[i] && s.ptr[at] != seg->bytes[i]) return false;
    if (seg->any[i] && line_end(s, at)) return false;
    at += seg->any[i] ? sl_codepoint_len(s, at) : 1;
  }
  *end = at;
  return true;
}

/* The first place at or after from where seg fits, reached by a run. */
static bool find(const segment *seg, sl_str s, size_t from, size_t *end) {
  if (!seg->any) {
    const char *hit = seg->len ? memmem(s.ptr + from, s.len - from, seg->bytes, seg->len) : s.ptr + from;
    if (!hit || has_line_end(s, from, (size_t)(hit - s.ptr))) return false;
    *end = (size_t)(hit - s.ptr) + seg->len;
    return true;
  }
  for (size_t at = from; !matches_at(seg, s, at, end); at += sl_codepoint_len(s, at))
    if (at >= s.len || line_end(s, at)) return false;
  return true;
}

/* The last segment must reach the end of the text. */
static bool finishes(const segment *seg, sl_str s, size_t from) {
  size_t end;
  if (!seg->any)
    return s.len - from >= seg->len && matches_at(seg, s, s.len - seg->len, &end) &&
           !has_line_end(s, from, s.len - seg->len);
  for (size_t at = from; !matches_at(seg, s, at, &end) || end != s.len; at += sl_codepoint_len(s, at))
    if (at >= s.len || line_end(s, at)) return false;
  return true;
}

static bool matches(const pattern *p, sl_str s) {
  size_t at;
  if (!matches_at(&p->segments[0], s, 0, &at)) return false;
  if (p->count == 1) return at == s.len;
  for (size_t i = 1; i + 1 < p->count; i++)
    if (!find(&p->segments[i], s, at, &at)) return false;
  return finishes(&p->segments[p->count - 1], s, at);
}

static sl_str escape_of(const sl_call *call, const sl_value *args) {
  return call->arg_count > 2 ? sl_value_str(&args[2]) : sl_str_n("", 0);
}

static int prepare(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  if (!call->is_constant[1] || sl_is_null(&call->constants[1])) return 0;
  pattern *p = sl_arena_alloc(arena, sizeof *p);
  compile(arena, sl_str_dup(arena, sl_value_str(&call->constants[1])), escape_of(call, call->constants), p);
  call->prepared = p;
  return 0;
}

static int like(sl_call *call, const sl_value *args, sl_value *out) {
  pattern local;
  const pattern *p = call->prepared;
  if (!p) {
    compile(call->arena, sl_value_str(&args[1]), escape_of(call, args), &local);
    p = &local;
  }
  if (p->dangling) return sl_fail(call, "LIKE pattern must not end with escape character");
  return sl_give(out, sl_of_bool(matches(p, sl_value_str(&args[0]))));
}

const sl_function sl_fn_like[] = {
    {.name = "LIKE",
     .category = "STRING",
     .doc = "The operator LIKE.",
     .example = "a LIKE 'x%'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR! value, VARCHAR! pattern) -> BOOLEAN",
                                         .flags = SL_FN_HIDDEN,
                                         .eval = like,
                                         .prepare = prepare,
                                         .doc = "Without escape character."},
                                        {.signature = "(VARCHAR! value, VARCHAR! pattern, VARCHAR! escape) -> BOOLEAN",
                                         .flags = SL_FN_HIDDEN,
                                         .eval = like,
                                         .prepare = prepare,
                                         .doc = "With escape character."},
                                        {0}}},
    {0}};
