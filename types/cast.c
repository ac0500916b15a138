/* CAST: one kernel per legal pair of base types, in one table; the empty places are the illegal pairs. */
#include "types/cast.h"
#include <assert.h>
#include <math.h>
#include "base/number.h"
#include "types/decimal.h"
#include "types/pairs.h"
#include "types/text.h"

enum { SHOWN_MAX = 200 };

/* The user's text as a message shows it. */
static int shown(sl_str s) {
  return (int)(s.len < SHOWN_MAX ? s.len : SHOWN_MAX);
}

static int keep(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena, (void)err;
  *out = *v;
  return 0;
}

static int64_t wrap(const sl_type *to, int64_t v) {
  return to->base == SL_INTEGER ? (int32_t)(uint32_t)(uint64_t)v : v;
}

/* ---- between numbers ---- */

static int int_to_int(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena, (void)err;
  *out = sl_of_i64(wrap(cast->to, v->i64));
  return 0;
}

static int int_to_double(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena, (void)err;
  *out = sl_of_f64((double)v->i64);
  return 0;
}

static int double_to_int(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena, (void)err;
  int64_t low = cast->to->base == SL_INTEGER ? INT32_MIN : INT64_MIN;
  int64_t high = cast->to->base == SL_INTEGER ? INT32_MAX : INT64_MAX;
  int64_t result = 0; /* of NaN */
  if (v->f64 >= (double)high) {
    result = high;
  } else if (v->f64 <= (double)low) {
    result = low;
  } else if (v->f64 == v->f64) {
    result = (int64_t)v->f64;
  }
  *out = sl_of_i64(result);
  return 0;
}

static int decimal_to_int(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena, (void)err;
  sl_decimal d = sl_decimal_of_value(cast->from, v);
  *out = sl_of_i64(wrap(cast->to, sl_decimal_to_i64(&d)));
  return 0;
}

static int decimal_to_double(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena, (void)err;
  sl_decimal d = sl_decimal_of_value(cast->from, v);
  *out = sl_of_f64(sl_decimal_to_double(&d));
  return 0;
}

/* INTEGER, BIGINT, DECIMAL to DECIMAL. */
static int exact_to_decimal(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  sl_decimal d = sl_decimal_of_value(cast->from, v);
  return sl_decimal_fit(arena, &d, cast->to, SL_ROUND_HALF_UP, out, err);
}

static int double_to_decimal(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  sl_decimal d;
  if (!sl_decimal_of_binary(arena, v->f64, &d)) {
    char text[SL_NUMBER_TEXT_MAX];
    size_t len = sl_double_print(text, v->f64);
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Infinite or NaN: %.*s cannot be a DECIMAL", (int)len, text);
  }
  sl_decimal_round_digits(arena, &d, cast->to->precision, SL_ROUND_HALF_UP, &d);
  return sl_decimal_fit(arena, &d, cast->to, SL_ROUND_HALF_UP, out, err);
}

/* ---- from text ---- */

static int string_to_boolean(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena, (void)err;
  bool value = false; /* what is not recognised as true is false */
  sl_boolean_parse(sl_text_trim(sl_value_str(v)), &value);
  *out = sl_of_bool(value);
  return 0;
}

static int string_to_int(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena;
  sl_str text = sl_text_trim(sl_value_str(v));
  int64_t value;
  if (!sl_str_int64(text, &value) || wrap(cast->to, value) != value) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid %s value: \"%.*s\"", sl_base_name(cast->to->base),
                      shown(text), text.len ? text.ptr : "");
  }
  *out = sl_of_i64(value);
  return 0;
}

static int string_to_double(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena;
  sl_str text = sl_text_trim(sl_value_str(v));
  double value;
  if (!sl_double_parse(text, &value) || !isfinite(value)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid double value: %.*s", shown(text),
                      text.len ? text.ptr : "");
  }
  *out = sl_of_f64(value);
  return 0;
}

static int string_to_decimal(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  sl_str text = sl_text_trim(sl_value_str(v));
  sl_decimal d;
  if (!sl_decimal_parse(arena, text, &d)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Invalid decimal value: %.*s", shown(text),
                      text.len ? text.ptr : "");
  }
  return sl_decimal_fit(arena, &d, cast->to, SL_ROUND_HALF_UP, out, err);
}

static int string_to_time(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)arena;
  sl_str text = sl_text_trim(sl_value_str(v));
  int64_t value;
  int rc = cast->to->base == SL_TIME   ? sl_time_parse(text, &value, err)
           : cast->to->base == SL_DATE ? sl_date_parse(text, &value, err)
                                       : sl_timestamp_parse(text, &value, err);
  if (!rc) *out = sl_of_i64(value);
  return rc;
}

static int string_to_bytes(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast;
  sl_str text = sl_text_trim(sl_value_str(v)), bytes;
  if (!sl_base64_decode(arena, text, &bytes)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "Value is not a valid Base64 encoded string: %.*s", shown(text),
                      text.len ? text.ptr : "");
  }
  *out = sl_of_str(bytes);
  return 0;
}

/* ---- to text, between times ---- */

static int container_to_string(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out) {
  sl_buf buf = {0};
  sl_value_print(&buf, cast->from, v);
  *out = sl_of_str(sl_str_n(sl_arena_dup(arena, buf.data, buf.len), buf.len));
  sl_buf_done(&buf);
  return 0;
}

static int to_string(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)err;
  char text[SL_NUMBER_TEXT_MAX];
  switch (cast->from->base) {
  case SL_INTEGER:
  case SL_BIGINT: {
    size_t len = sl_number_print_int(text, v->i64);
    *out = sl_of_str(sl_str_n(sl_arena_dup(arena, text, len), len));
    return 0;
  }
  case SL_BOOLEAN: *out = sl_of_str(sl_str_of(v->boolean ? "true" : "false")); return 0;
  default: break;
  }
  if (cast->from->base >= SL_ARRAY) return container_to_string(cast, arena, v, out);
  enum { LONGEST = 160 }; /* of a scalar: a DECIMAL of 64 digits is far below */
  sl_buf buf = {.data = sl_arena_alloc(arena, LONGEST), .cap = LONGEST};
  sl_value_print(&buf, cast->from, v);
  assert(buf.cap == LONGEST);
  *out = sl_of_str(sl_buf_str(&buf));
  return 0;
}

enum { MS_PER_DAY = 86400000 };

static int timestamp_to_time(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena, (void)err;
  int64_t rest = v->i64 % MS_PER_DAY;
  *out = sl_of_i64(rest < 0 ? rest + MS_PER_DAY : rest);
  return 0;
}

static int timestamp_to_date(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena, (void)err;
  *out = sl_of_i64(v->i64 / MS_PER_DAY - (v->i64 % MS_PER_DAY < 0));
  return 0;
}

static int date_to_timestamp(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  (void)cast, (void)arena;
  int64_t ms;
  if (__builtin_mul_overflow(v->i64, (int64_t)MS_PER_DAY, &ms)) {
    return sl_err_set(err, SL_E_EVALUATE, SL_NO_POS, "DATE of day %lld is too far away for a TIMESTAMP",
                      (long long)v->i64);
  }
  *out = sl_of_i64(ms);
  return 0;
}

/* ---- containers ---- */

static sl_casting bind(const sl_type *from, const sl_type *to, bool nested_null);

static int cast_item(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  if (!cast->nested_null) return sl_casting_run(cast, arena, v, out, err);
  sl_err contained = {0};
  if (sl_casting_run(cast, arena, v, out, &contained)) *out = sl_null();
  sl_err_done(&contained);
  return 0;
}

static int array_to_array(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  sl_casting item = bind(cast->from->element, cast->to->element, cast->nested_null);
  sl_value *items = sl_arena_alloc(arena, v->len * sizeof *items);
  for (uint32_t i = 0; i < v->len; i++) {
    int rc = cast_item(&item, arena, &v->items[i], &items[i], err);
    if (rc) return rc;
  }
  *out = sl_of_items(items, v->len);
  return 0;
}

/* Keys that were different may become one: the later value wins. */
static int map_to_map(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  sl_casting key = bind(cast->from->key, cast->to->key, cast->nested_null);
  sl_casting element = bind(cast->from->element, cast->to->element, cast->nested_null);
  sl_pairs pairs;
  sl_pairs_init(&pairs, arena, cast->to->key, v->len);
  for (size_t i = 0; i < v->len; i++) {
    sl_value entry[2];
    int rc = cast_item(&key, arena, &v->items[2 * i], &entry[0], err);
    if (!rc) rc = cast_item(&element, arena, &v->items[2 * i + 1], &entry[1], err);
    if (rc) return rc;
    sl_pairs_put(&pairs, &entry[0], &entry[1]);
  }
  *out = sl_of_items(pairs.items, pairs.count);
  return 0;
}

static int struct_to_struct(const sl_casting *cast, sl_arena *arena, const sl_value *v, sl_value *out, sl_err *err) {
  const sl_type *from = cast->from, *to = cast->to;
  sl_value *items = sl_arena_alloc(arena, (size_t)to->field_count * sizeof *items);
  for (int i = 0; i < to->field_count; i++) {
    int source = sl_type_field(from, to->fields[i].name);
    items[i] = sl_null();
    if (source < 0) continue;
    sl_casting field = bind(from->fields[source].type, to->fields[i].type, cast->nested_null);
    int rc = cast_item(&field, arena, &v->items[source], &items[i], err);
    if (rc) return rc;
  }
  *out = sl_of_items(items, (uint32_t)to->field_count);
  return 0;
}

/* [from][to]; NULL: not legal. BYTES inside containers print as base64, alone they are not castable to STRING. */
static const sl_cast_fn KERNELS[SL_BASE_COUNT][SL_BASE_COUNT] = {
    [SL_BOOLEAN] = {[SL_BOOLEAN] = keep, [SL_STRING] = to_string},
    [SL_INTEGER] = {[SL_INTEGER] = keep,
                    [SL_BIGINT] = keep,
                    [SL_DECIMAL] = exact_to_decimal,
                    [SL_DOUBLE] = int_to_double,
                    [SL_STRING] = to_string},
    [SL_BIGINT] = {[SL_INTEGER] = int_to_int,
                   [SL_BIGINT] = keep,
                   [SL_DECIMAL] = exact_to_decimal,
                   [SL_DOUBLE] = int_to_double,
                   [SL_STRING] = to_string},
    [SL_DECIMAL] = {[SL_INTEGER] = decimal_to_int,
                    [SL_BIGINT] = decimal_to_int,
                    [SL_DECIMAL] = exact_to_decimal,
                    [SL_DOUBLE] = decimal_to_double,
                    [SL_STRING] = to_string},
    [SL_DOUBLE] = {[SL_INTEGER] = double_to_int,
                   [SL_BIGINT] = double_to_int,
                   [SL_DECIMAL] = double_to_decimal,
                   [SL_DOUBLE] = keep,
                   [SL_STRING] = to_string},
    [SL_STRING] = {[SL_BOOLEAN] = string_to_boolean,
                   [SL_INTEGER] = string_to_int,
                   [SL_BIGINT] = string_to_int,
                   [SL_DECIMAL] = string_to_decimal,
                   [SL_DOUBLE] = string_to_double,
                   [SL_STRING] = keep,
                   [SL_TIME] = string_to_time,
                   [SL_DATE] = string_to_time,
                   [SL_TIMESTAMP] = string_to_time,
                   [SL_BYTES] = string_to_bytes},
    [SL_TIME] = {[SL_TIME] = keep, [SL_STRING] = to_string},
    [SL_DATE] = {[SL_DATE] = keep, [SL_TIMESTAMP] = date_to_timestamp, [SL_STRING] = to_string},
    [SL_TIMESTAMP] =
        {[SL_TIME] = timestamp_to_time, [SL_DATE] = timestamp_to_date, [SL_TIMESTAMP] = keep, [SL_STRING] = to_string},
    [SL_BYTES] = {[SL_BYTES] = keep},
    [SL_ARRAY] = {[SL_ARRAY] = array_to_array, [SL_STRING] = to_string},
    [SL_MAP] = {[SL_MAP] = map_to_map, [SL_STRING] = to_string},
    [SL_STRUCT] = {[SL_STRUCT] = struct_to_struct, [SL_STRING] = to_string},
};

static bool items_supported(const sl_type *from, const sl_type *to) {
  switch (from->base) {
  case SL_ARRAY: return sl_cast_supported(from->element, to->element);
  case SL_MAP: return sl_cast_supported(from->key, to->key) && sl_cast_supported(from->element, to->element);
  case SL_STRUCT:
    for (int i = 0; i < to->field_count; i++) {
      int source = sl_type_field(from, to->fields[i].name);
      if (source >= 0 && !sl_cast_supported(from->fields[source].type, to->fields[i].type)) return false;
    }
    return true;
  default: return true;
  }
}

bool sl_cast_supported(const sl_type *from, const sl_type *to) {
  if (from->base == SL_NULL_TYPE || sl_type_equal(from, to)) return true;
  return KERNELS[from->base][to->base] && (from->base != to->base || items_supported(from, to));
}

static sl_casting bind(const sl_type *from, const sl_type *to, bool nested_null) {
  /* Comparing types in full is for containers, where it saves the walk over the elements. */
  bool same = from->base == SL_NULL_TYPE || (from->base == to->base && sl_type_equal(from, to));
  return (sl_casting){same ? keep : KERNELS[from->base][to->base], from, to, nested_null};
}

bool sl_casting_init(sl_casting *cast, const sl_type *from, const sl_type *to, bool nested_null) {
  *cast = bind(from, to, nested_null);
  return sl_cast_supported(from, to);
}

int sl_cast(sl_arena *arena, const sl_type *from, const sl_type *to, const sl_value *v, bool nested_null, sl_value *out,
            sl_err *err) {
  sl_casting cast = bind(from, to, nested_null);
  return sl_casting_run(&cast, arena, v, out, err);
}
