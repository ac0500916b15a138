/* One compiled regular expression and the state to match it, over PCRE2 with JIT. Steps are limited, so that no pattern
 * can hold a task for long. '.' and '$' stop at any Unicode line end (Java's set and two control characters more). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "functions/regex.h"
#include <pcre2.h>
#include <pthread.h>
#include "base/heap.h"

enum { MATCH_LIMIT = 5000000, DEPTH_LIMIT = 50000, HEAP_LIMIT_KIB = 20000, PATTERN_MAX = 64 * 1024 };

struct sl_regex {
  pcre2_code *code;
  int groups;
};

static struct {
  pcre2_compile_context *compile;
  pcre2_match_context *match;
} contexts; /* read-only once made; they live as long as the process */
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void make_contexts(void) {
  contexts.compile = pcre2_compile_context_create(NULL);
  contexts.match = pcre2_match_context_create(NULL);
  if (contexts.compile) {
    pcre2_set_newline(contexts.compile, PCRE2_NEWLINE_ANY);
    pcre2_set_max_pattern_length(contexts.compile, PATTERN_MAX);
  }
  if (contexts.match) {
    pcre2_set_match_limit(contexts.match, MATCH_LIMIT);
    pcre2_set_depth_limit(contexts.match, DEPTH_LIMIT);
    pcre2_set_heap_limit(contexts.match, HEAP_LIMIT_KIB);
  }
}

sl_regex *sl_regex_new(sl_arena *arena, sl_str pattern, const char **message) {
  pthread_once(&contexts_once, make_contexts);
  bool unicode_classes;
  sl_str text = sl_regex_translate(arena, pattern, &unicode_classes);
  uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | (unicode_classes ? PCRE2_UCP : 0);
  int code;
  PCRE2_SIZE offset;
  pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, options, &code, &offset, contexts.compile);
  if (!compiled) {
    PCRE2_UCHAR what[160] = "";
    pcre2_get_error_message(code, what, sizeof what);
    *message = sl_arena_printf(arena, "%s near index %zu", (const char *)what, offset);
    return NULL;
  }
  pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without JIT it only runs slower */
  sl_regex *regex = sl_heap_zalloc(sizeof *regex);
  uint32_t groups = 0;
  pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
  *regex = (sl_regex){.code = compiled, .groups = (int)groups};
  return regex;
}

void sl_regex_free(sl_regex *regex) {
  if (!regex) return;
  pcre2_code_free(regex->code);
  sl_heap_free(regex);
}

int sl_regex_groups(const sl_regex *regex) {
  return regex->groups;
}

int sl_regex_group(const sl_regex *regex, sl_str name) {
  char z[64];
  if (name.len >= sizeof z) return -1;
  memcpy(z, name.ptr, name.len);
  z[name.len] = 0;
  int number = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)z);
  return number > 0 ? number : -1;
}

void sl_matcher_done(sl_matcher *matcher) {
  pcre2_match_data_free(matcher->data);
  *matcher = (sl_matcher){0};
}

int sl_regex_find(const sl_regex *regex, sl_matcher *matcher, sl_str s, size_t from, bool first) {
  if (!matcher->data || matcher->room < regex->groups) {
    pcre2_match_data_free(matcher->data);
    matcher->data = pcre2_match_data_create((uint32_t)regex->groups + 1, NULL);
    matcher->room = regex->groups;
    if (!matcher->data) return PCRE2_ERROR_NOMEMORY;
  }
  uint32_t options = first ? 0 : PCRE2_NO_UTF_CHECK;
  PCRE2_SPTR subject = (PCRE2_SPTR)(s.len ? s.ptr : "");
  int rc = pcre2_match(regex->code, subject, s.len, from, options, matcher->data, contexts.match);
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
    rc = pcre2_match(regex->code, subject, s.len, from, options | PCRE2_NO_JIT, matcher->data, contexts.match);
  return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : rc;
}

bool sl_regex_span(const sl_matcher *matcher, int group, size_t *from, size_t *to) {
  if (group > matcher->room) return false;
  const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(matcher->data);
  if (pairs[2 * group] == PCRE2_UNSET) return false;
  *from = pairs[2 * group];
  *to = pairs[2 * group + 1];
  return true;
}
