/* REGEXP_EXTRACT, REGEXP_EXTRACT_ALL, REGEXP_REPLACE, REGEXP_SPLIT_TO_ARRAY (functions.md 8). A constant pattern is
 * compiled once for all runners; of those that change some are kept. A bad pattern is an error of each row. */
#include "base/buf.h"
#include "functions/functions_int.h"
#include "functions/regex.h"
#include "functions/site_cache.h"
#include "functions/units.h"

static const char REGEXP[] = "REGULAR EXPRESSION";

/* Per runner. */
typedef struct site {
  sl_matcher matcher;
  sl_site_cache patterns;
  sl_buf text; /* result under construction */
} site;

static void leave(void *local) {
  site *s = local;
  sl_matcher_done(&s->matcher);
  sl_site_cache_done(&s->patterns);
  sl_buf_done(&s->text);
}

/* Which argument is the pattern: the first for EXTRACT, the second for the others. */
static int prepare(sl_call *call, sl_arena *arena, int pattern) {
  const char *message;
  if (call->is_constant[pattern] && !sl_is_null(&call->constants[pattern]))
    call->prepared = sl_regex_new(arena, sl_value_str(&call->constants[pattern]), &message);
  return 0;
}

static int prepare_first(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  return prepare(call, arena, 0);
}

static int prepare_second(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  return prepare(call, arena, 1);
}

static void unprepare(void *prepared) {
  sl_regex_free(prepared);
}

/* A pattern that changes from row to row, or why it is none. */
typedef struct compiled {
  sl_regex *regex;
  const char *message;
} compiled;

static void make(sl_arena *arena, sl_str text, void *out) {
  compiled *c = out;
  c->regex = sl_regex_new(arena, text, &c->message);
}

static void release(void *out) {
  sl_regex_free(((compiled *)out)->regex);
}

static const sl_site_compiler COMPILER = {16, sizeof(compiled), make, release};

static const sl_regex *regex_of(sl_call *call, sl_str pattern, const char **message) {
  if (call->prepared) return call->prepared;
  const compiled *c = sl_site_cached(&((site *)call->local)->patterns, &COMPILER, pattern);
  *message = c->message;
  return c->regex;
}

static int fail_pattern(sl_call *call, sl_str pattern) {
  return sl_fail(call, "Invalid regular expression pattern: " SL_STR_FMT, SL_STR_ARG(pattern));
}

static int fail_match(sl_call *call, sl_str pattern) {
  return sl_fail(call, "The regular expression takes too many steps: " SL_STR_FMT, SL_STR_ARG(pattern));
}

/* Walks over the matches as Java's find() does: after an empty match it goes on one character later. */
typedef struct search {
  const sl_regex *regex;
  sl_matcher *matcher;
  sl_str s;
  size_t from, start, end;
  bool begun;
} search;

static search search_of(sl_call *call, const sl_regex *regex, sl_str s) {
  return (search){.regex = regex, .matcher = &((site *)call->local)->matcher, .s = s};
}

/* 1 with start and end set, 0 when there are no more, negative on failure. */
static int next_match(search *m) {
  if (m->begun && m->start == m->end) {
    if (m->from >= m->s.len) return 0;
    m->from += sl_codepoint_len(m->s, m->from);
  }
  int rc = sl_regex_find(m->regex, m->matcher, m->s, m->from, !m->begun);
  if (rc <= 0) return rc;
  m->begun = true;
  sl_regex_span(m->matcher, 0, &m->start, &m->end);
  if (m->start > m->end) m->end = m->start; /* \K in a look-ahead */
  m->from = m->end;
  return 1;
}

/* ---- extract ---- */

static sl_value group_value(const search *m, int group) {
  size_t from, to;
  if (!sl_regex_span(m->matcher, group, &from, &to) || to < from) return sl_null();
  return sl_of_str(sl_str_n(m->s.ptr + from, to - from));
}

static int64_t group_wanted(const sl_call *call, const sl_value *args) {
  return call->arg_count > 2 ? args[2].i64 : 0;
}

static int extract(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str pattern = sl_value_str(&args[0]);
  const char *message = "";
  const sl_regex *regex = regex_of(call, pattern, &message);
  if (!regex) return sl_fail(call, "%s: " SL_STR_FMT, message, SL_STR_ARG(pattern));
  search m = search_of(call, regex, sl_value_str(&args[1]));
  int64_t group = group_wanted(call, args);
  int rc = next_match(&m);
  if (rc < 0) return fail_match(call, pattern);
  if (!rc || group > sl_regex_groups(regex)) return sl_give_null(out);
  if (group < 0) return sl_fail(call, "No group %lld", (long long)group);
  return sl_give(out, group_value(&m, (int)group));
}

/* An array of values that grows in an arena. */
typedef struct list {
  sl_arena *arena;
  sl_value *items;
  uint32_t count, cap;
} list;

static void list_add(list *l, sl_value v) {
  if (l->count == l->cap) {
    uint32_t cap = l->cap ? l->cap * 2 : 8;
    sl_value *items = sl_arena_alloc(l->arena, cap * sizeof *items);
    if (l->count) memcpy(items, l->items, l->count * sizeof *items);
    l->items = items;
    l->cap = cap;
  }
  l->items[l->count++] = v;
}

static int extract_all(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str pattern = sl_value_str(&args[0]);
  const char *message;
  const sl_regex *regex = regex_of(call, pattern, &message);
  if (!regex) return fail_pattern(call, pattern);
  int64_t group = group_wanted(call, args);
  if (group > sl_regex_groups(regex)) return sl_give_null(out);
  search m = search_of(call, regex, sl_value_str(&args[1]));
  list found = {.arena = call->arena};
  int rc;
  while ((rc = next_match(&m)) > 0) {
    if (group < 0) return sl_fail(call, "No group %lld", (long long)group);
    if (found.count >= SL_ITEMS_MAX) return sl_fail_size(call);
    list_add(&found, group_value(&m, (int)group));
  }
  if (rc < 0) return fail_match(call, pattern);
  return sl_give(out, sl_of_items(found.items, found.count));
}

/* ---- replace ---- */

static void add_group(sl_buf *text, const search *m, int group) {
  sl_value v = group_value(m, group);
  if (!sl_is_null(&v)) sl_buf_add_str(text, sl_value_str(&v));
}

/* $12: the longest number that is a group. *at is behind the '$', at a digit. */
static int add_numbered(sl_call *call, sl_buf *text, const search *m, sl_str by, size_t *at) {
  int group = by.ptr[(*at)++] - '0', groups = sl_regex_groups(m->regex);
  if (group > groups) return sl_fail(call, "No group %d", group);
  while (*at < by.len && by.ptr[*at] >= '0' && by.ptr[*at] <= '9') {
    int longer = group * 10 + (by.ptr[*at] - '0');
    if (longer > groups) break;
    group = longer;
    (*at)++;
  }
  add_group(text, m, group);
  return 0;
}

/* ${name}; *at is at the '{'. */
static int add_named(sl_call *call, sl_buf *text, const search *m, sl_str by, size_t *at) {
  const char *close = memchr(by.ptr + *at, '}', by.len - *at);
  if (!close) return sl_fail(call, "named capturing group is missing trailing '}'");
  sl_str name = sl_str_n(by.ptr + *at + 1, (size_t)(close - by.ptr) - *at - 1);
  int group = sl_regex_group(m->regex, name);
  if (group < 0) return sl_fail(call, "No group with name {" SL_STR_FMT "}", SL_STR_ARG(name));
  *at = (size_t)(close - by.ptr) + 1;
  add_group(text, m, group);
  return 0;
}

static int add_replacement(sl_call *call, sl_buf *text, const search *m, sl_str by) {
  for (size_t at = 0; at < by.len;) {
    char c = by.ptr[at++];
    int rc = 0;
    if (c == '\\') {
      if (at == by.len) return sl_fail(call, "character to be escaped is missing");
      sl_buf_add_byte(text, (uint8_t)by.ptr[at++]);
    } else if (c != '$') {
      sl_buf_add_byte(text, (uint8_t)c);
    } else if (at < by.len && by.ptr[at] >= '0' && by.ptr[at] <= '9') {
      rc = add_numbered(call, text, m, by, &at);
    } else if (at < by.len && by.ptr[at] == '{') {
      rc = add_named(call, text, m, by, &at);
    } else {
      return sl_fail(call, "Illegal group reference");
    }
    if (rc) return rc;
  }
  return 0;
}

static int regexp_replace(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str pattern = sl_value_str(&args[1]), by = sl_value_str(&args[2]);
  const char *message;
  const sl_regex *regex = regex_of(call, pattern, &message);
  if (!regex) return fail_pattern(call, pattern);
  search m = search_of(call, regex, sl_value_str(&args[0]));
  sl_buf *text = &((site *)call->local)->text;
  sl_buf_reset(text);
  size_t copied = 0;
  int rc;
  while ((rc = next_match(&m)) > 0) {
    sl_buf_add(text, m.s.ptr + copied, m.start - copied);
    copied = m.end;
    int failed = add_replacement(call, text, &m, by);
    if (failed) return failed;
    if (text->len > SL_TEXT_MAX) return sl_fail_size(call);
  }
  if (rc < 0) return fail_match(call, pattern);
  if (!m.begun) return sl_give(out, args[0]);
  sl_buf_add(text, m.s.ptr + copied, m.s.len - copied);
  return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
}

/* ---- split ---- */

/* Does the pattern match the empty text? Then Java's String.split decides, else every piece is kept. */
static bool matches_empty(sl_call *call, const sl_regex *regex) {
  return sl_regex_find(regex, &((site *)call->local)->matcher, sl_str_n("", 0), 0, false) > 0;
}

static int split(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str pattern = sl_value_str(&args[1]);
  const char *message;
  const sl_regex *regex = regex_of(call, pattern, &message);
  if (!regex) return fail_pattern(call, pattern);
  bool java = matches_empty(call, regex);
  search m = search_of(call, regex, sl_value_str(&args[0]));
  list pieces = {.arena = call->arena};
  size_t from = 0;
  int rc;
  while ((rc = next_match(&m)) > 0) {
    if (java && m.end == 0) continue; /* no empty piece before a match of nothing at the start */
    if (pieces.count >= SL_ITEMS_MAX) return sl_fail_size(call);
    list_add(&pieces, sl_of_str(sl_str_n(m.s.ptr + from, m.start - from)));
    from = m.end;
  }
  if (rc < 0) return fail_match(call, pattern);
  list_add(&pieces, sl_of_str(sl_str_n(m.s.ptr + from, m.s.len - from)));
  while (java && pieces.count > 1 && pieces.items[pieces.count - 1].len == 0) pieces.count--;
  return sl_give(out, sl_of_items(pieces.items, pieces.count));
}

const sl_function sl_fn_regexp[] = {
    {.name = "REGEXP_EXTRACT",
     .category = REGEXP,
     .doc = "Gives the first match of a regular expression, or a group of it.",
     .example = "REGEXP_EXTRACT('(.*) x', 'a x', 1) => 'a'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR pattern, VARCHAR input) -> VARCHAR",
                                         .eval = extract,
                                         .prepare = prepare_first,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "The whole match."},
                                        {.signature = "(VARCHAR pattern, VARCHAR input, INT group) -> VARCHAR",
                                         .eval = extract,
                                         .prepare = prepare_first,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "A group of it, counted from 1."},
                                        {0}}},
    {.name = "REGEXP_EXTRACT_ALL",
     .category = REGEXP,
     .doc = "Gives all matches of a regular expression, or a group of each.",
     .example = "REGEXP_EXTRACT_ALL('a.', 'ab ac') => ['ab', 'ac']",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR pattern, VARCHAR input) -> ARRAY<VARCHAR>",
                                         .eval = extract_all,
                                         .prepare = prepare_first,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "The whole matches."},
                                        {.signature = "(VARCHAR pattern, VARCHAR input, INT group) -> ARRAY<VARCHAR>",
                                         .eval = extract_all,
                                         .prepare = prepare_first,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "A group of each, counted from 1."},
                                        {0}}},
    {.name = "REGEXP_REPLACE",
     .category = REGEXP,
     .doc = "Replaces all matches of a regular expression.",
     .example = "REGEXP_REPLACE('abc', 'b', 'x') => 'axc'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR str, VARCHAR regexp, VARCHAR newStr) -> VARCHAR",
                                         .eval = regexp_replace,
                                         .prepare = prepare_second,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "$1 and ${name} stand for groups."},
                                        {0}}},
    {.name = "REGEXP_SPLIT_TO_ARRAY",
     .category = REGEXP,
     .doc = "Splits a text at the matches of a regular expression.",
     .example = "REGEXP_SPLIT_TO_ARRAY('x-y', '-') => ['x', 'y']",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR string, VARCHAR regexp) -> ARRAY<VARCHAR>",
                                         .eval = split,
                                         .prepare = prepare_second,
                                         .unprepare = unprepare,
                                         .local_size = sizeof(site),
                                         .leave = leave,
                                         .doc = "Keeps empty pieces."},
                                        {0}}},
    {0}};
