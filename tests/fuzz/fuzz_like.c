/* libFuzzer target: LIKE against a matcher that tries everything, character by character. */
#include "functions/units.h"
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 200 };

static const char *const LAWS[] = {
    "CAST(A LIKE B AS STRING)", "CAST(A LIKE B ESCAPE '!' AS STRING)", "CAST(A LIKE 'a%b_c%' AS STRING)",
    "A IS NULL OR A LIKE REPLACE(REPLACE(REPLACE(A, '!', '!!'), '%', '!%'), '_', '!_') ESCAPE '!'", NULL};

static size_t code_points(sl_str s, uint32_t out[LONGEST]) {
  size_t n = 0;
  for (size_t at = 0; at < s.len && n < LONGEST;) out[n++] = sl_codepoint_next(s, &at);
  return n;
}

static bool ends_line(uint32_t c) {
  return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Does the pattern match the whole text? -1: it ends with the escape character. reached[i]: what was read of the
 * pattern can stop before text[i]. */
static int slow_like(sl_str text, sl_str pattern, uint32_t escape) {
  uint32_t t[LONGEST], p[LONGEST];
  size_t length = code_points(text, t), count = code_points(pattern, p);
  bool reached[LONGEST + 1] = {true}, next[LONGEST + 1];
  for (size_t i = 0; i < count; i++) {
    bool literal = escape && p[i] == escape;
    if (literal && ++i == count) return -1;
    memset(next, 0, sizeof next);
    for (size_t at = 0; at <= length; at++) {
      if (!literal && p[i] == '%')
        next[at] = reached[at] || (at && next[at - 1] && !ends_line(t[at - 1]));
      else if (at && reached[at - 1])
        next[at] = !literal && p[i] == '_' ? !ends_line(t[at - 1]) : t[at - 1] == p[i];
    }
    memcpy(reached, next, sizeof reached);
  }
  return reached[length];
}

static void compare(const sl_value *got, int want) {
  if (want < 0 ? !sl_is_null(got) : !sl_str_eq(sl_value_str(got), sl_str_of(want ? "true" : "false"))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static laws l;
  sl_value values[LAW_COLUMNS], out[LAWS_MAX];
  if (!l.runner) laws_build(&l, LAWS);
  laws_values(data, size, values);
  laws_run(&l, values, out);
  if (size >= LONGEST || sl_is_null(&values[0]) || sl_is_null(&values[1]) || !laws_are_texts(values)) return 0;
  sl_str text = sl_value_str(&values[0]), pattern = sl_value_str(&values[1]);
  compare(&out[0], slow_like(text, pattern, 0));
  compare(&out[1], slow_like(text, pattern, '!'));
  compare(&out[2], slow_like(text, sl_str_of("a%b_c%"), 0));
  return 0;
}
