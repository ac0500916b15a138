/* Matching by the kind of the expected JSON node. Numbers are compared as Java would compare the objects the formats
 * give: whole numbers as int or long, others as decimals with their written scale. */
#include "cli/testing/test_compare.h"

#include <math.h>

#include "types/decimal.h"
#include "types/text.h"

typedef struct comparison {
  sl_arena *arena;
  sl_test_numbers numbers;
  sl_buf *why;
} comparison;

static bool matches(const comparison *c, const sl_json *expected, const sl_json *actual, const char *path);

static bool differ(const comparison *c, const char *path, const sl_json *expected, const sl_json *actual) {
  sl_buf_printf(c->why, "%s: expected ", path);
  sl_json_write(c->why, expected);
  sl_buf_add_z(c->why, ", got ");
  sl_json_write(c->why, actual);
  sl_buf_add_z(c->why, "\n");
  return false;
}

static bool is_integral(sl_str number) {
  for (size_t i = 0; i < number.len; i++)
    if (number.ptr[i] == '.' || number.ptr[i] == 'e' || number.ptr[i] == 'E') return false;
  return true;
}

/* Equal with scale. */
static bool same_decimal(sl_arena *arena, sl_str a, sl_str b) {
  sl_decimal x, y;
  if (!sl_decimal_parse(arena, a, &x) || !sl_decimal_parse(arena, b, &y)) return false;
  return x.scale == y.scale && sl_decimal_compare(&x, &y) == 0;
}

static bool same_value(sl_arena *arena, sl_str expected, sl_str actual) {
  sl_decimal x, y;
  if (!sl_decimal_parse(arena, expected, &x) || !sl_decimal_parse(arena, actual, &y)) return false;
  return y.scale <= 0 && sl_decimal_compare(&x, &y) == 0;
}

static bool same_double(sl_str a, sl_str b) {
  double x, y;
  return sl_double_parse(a, &x) && sl_double_parse(b, &y) && fabs(x - y) < 1e-6;
}

/* Only doubles are written with an exponent. Files may have a digit more than the shortest text needs. */
static bool is_scientific(sl_str number) {
  for (size_t i = 0; i < number.len; i++)
    if (number.ptr[i] == 'E') return true;
  return false;
}

static bool same_bits(sl_str a, sl_str b) {
  double x, y;
  return sl_double_parse(a, &x) && sl_double_parse(b, &y) && memcmp(&x, &y, sizeof x) == 0;
}

/* An actual whole number: the expected one is cut to its size. */
static bool same_whole(sl_arena *arena, sl_str expected, sl_str actual) {
  int64_t got;
  sl_decimal want;
  if (!sl_str_int64(actual, &got) || !sl_decimal_parse(arena, expected, &want)) return false;
  int64_t cut = sl_decimal_to_i64(&want);
  return got == cut || (got >= INT32_MIN && got <= INT32_MAX && got == (int32_t)cut);
}

static bool number_matches(const comparison *c, sl_str expected, sl_str actual) {
  if (is_integral(actual)) return same_whole(c->arena, expected, actual);
  if (c->numbers == SL_TEST_NUMBERS_DOUBLE) return same_double(expected, actual);
  if (is_integral(expected)) return same_value(c->arena, expected, actual);
  if (is_scientific(expected) && is_scientific(actual)) return same_bits(expected, actual);
  return same_decimal(c->arena, expected, actual);
}

static const sl_json *member(const comparison *c, const sl_json *object, sl_str name) {
  sl_str upper = sl_str_upper(c->arena, name);
  for (size_t i = 0; i < object->count; i++)
    if (sl_str_eq(object->members[i].name, name)) return object->members[i].value;
  for (size_t i = 0; i < object->count; i++)
    if (sl_str_eq(object->members[i].name, upper)) return object->members[i].value;
  return NULL;
}

static const sl_json ABSENT = {.kind = SL_JSON_NULL}; /* a member that is not there counts as null */

static bool object_matches(const comparison *c, const sl_json *expected, const sl_json *actual, const char *path) {
  if (actual->kind != SL_JSON_OBJECT || actual->count != expected->count) return differ(c, path, expected, actual);
  for (size_t i = 0; i < expected->count; i++) {
    sl_str name = expected->members[i].name;
    const char *inner = sl_arena_printf(c->arena, "%s." SL_STR_FMT, path, SL_STR_ARG(name));
    const sl_json *found = member(c, actual, name);
    if (!matches(c, expected->members[i].value, found ? found : &ABSENT, inner)) return false;
  }
  return true;
}

static bool array_matches(const comparison *c, const sl_json *expected, const sl_json *actual, const char *path) {
  if (actual->kind != SL_JSON_ARRAY || actual->count != expected->count) return differ(c, path, expected, actual);
  for (size_t i = 0; i < expected->count; i++)
    if (!matches(c, expected->items[i], actual->items[i], sl_arena_printf(c->arena, "%s[%zu]", path, i))) return false;
  return true;
}

static bool matches(const comparison *c, const sl_json *expected, const sl_json *actual, const char *path) {
  bool same = false;
  switch (expected->kind) {
  case SL_JSON_OBJECT: return object_matches(c, expected, actual, path);
  case SL_JSON_ARRAY: return array_matches(c, expected, actual, path);
  case SL_JSON_STRING:
    same = (actual->kind == SL_JSON_STRING && sl_str_eq(expected->text, actual->text)) ||
           (actual->kind == SL_JSON_NUMBER && !is_integral(actual->text) &&
            same_decimal(c->arena, expected->text, actual->text));
    break;
  case SL_JSON_NUMBER: same = actual->kind == SL_JSON_NUMBER && number_matches(c, expected->text, actual->text); break;
  default: same = expected->kind == actual->kind; /* null, true, false */
  }
  return same || differ(c, path, expected, actual);
}

bool sl_test_matches(sl_arena *arena, const sl_json *expected, const sl_json *actual, sl_test_numbers numbers,
                     const char *path, sl_buf *why) {
  comparison c = {arena, numbers, why};
  return matches(&c, expected, actual, path);
}
