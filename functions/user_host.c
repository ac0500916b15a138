/* What user functions may do: the functions behind sluice_udf.h, over values and types of our own.
 *
 * A handle is a pair of pointers, to a value and to its type, so that every access can be checked against the type: a
 * mistake in an object fails its call with a message. Lists under construction carry a mark (sl_value.unused8) that
 * says that their items belong to this call and may be written; lists that were borrowed have none. */
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "functions/functions_int.h"
#include "functions/user_int.h"
#include "types/decimal.h"

enum { OWN = 1, MESSAGE_MAX = 1000, MS_PER_DAY = 86400000 };

static const sl_value NULL_VALUE;

static sl_user_call *of(sluice_call *call) {
  return (sl_user_call *)(void *)call;
}
static const sl_value *value_of(sluice_value v) {
  return v.data;
}
static const sl_type *type_of(sluice_value v) {
  return v.type;
}
static sl_value *place_of(sluice_result out) {
  return out.data;
}
static const sl_type *result_type(sluice_result out) {
  return out.type;
}

/* ---- failures ---- */

static int fail_with(sl_user_call *uc, const char *message) {
  if (!uc->failed) sl_err_set(uc->err, uc->code, SL_NO_POS, "%s", message);
  uc->failed = true;
  return uc->code;
}

static int vfail(sl_user_call *uc, const char *fmt, va_list args) {
  char message[MESSAGE_MAX];
  vsnprintf(message, sizeof message, fmt, args);
  for (size_t n = strlen(message); !sl_utf8_valid(message, n); n--) /* cut inside a character, or no text at all */
    message[n - 1] = 0;
  return fail_with(uc, message);
}

int sl_user_fail(sl_user_call *uc, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int code = vfail(uc, fmt, args);
  va_end(args);
  return code;
}

static int host_fail(sluice_call *call, const char *fmt, va_list args) {
  return vfail(of(call), fmt, args);
}

static const char *function_of(const sl_user_call *uc) {
  return ((const sl_user_overload *)uc->call->overload->user)->function;
}

static int wrong_type(sl_user_call *uc, const char *what, const sl_type *type) {
  return sl_user_fail(uc, "%s %s a value of type %s by the wrong type.", function_of(uc), what,
                      sl_base_name(type->base));
}

/* ---- reading ---- */

static const sluice_type TYPES[SL_BASE_COUNT] = {
    [SL_BOOLEAN] = SLUICE_BOOLEAN,     [SL_INTEGER] = SLUICE_INTEGER, [SL_BIGINT] = SLUICE_BIGINT,
    [SL_DECIMAL] = SLUICE_DECIMAL,     [SL_DOUBLE] = SLUICE_DOUBLE,   [SL_STRING] = SLUICE_STRING,
    [SL_BYTES] = SLUICE_BYTES,         [SL_TIME] = SLUICE_TIME,       [SL_DATE] = SLUICE_DATE,
    [SL_TIMESTAMP] = SLUICE_TIMESTAMP, [SL_ARRAY] = SLUICE_ARRAY,     [SL_MAP] = SLUICE_MAP,
    [SL_STRUCT] = SLUICE_STRUCT,
};

static sluice_type host_type(sluice_call *call, sluice_value v) {
  (void)call;
  return TYPES[type_of(v)->base];
}

static bool host_is_null(sluice_call *call, sluice_value v) {
  (void)call;
  return sl_is_null(value_of(v));
}

/* May v be read as one of bases (a bit each)? NULLs of any type read as nothing. */
static bool readable(sluice_call *call, sluice_value v, unsigned bases) {
  if (sl_is_null(value_of(v))) return false;
  if (bases & 1u << type_of(v)->base) return true;
  wrong_type(of(call), "reads", type_of(v));
  return false;
}

enum {
  WHOLE = 1u << SL_INTEGER | 1u << SL_BIGINT | 1u << SL_TIME | 1u << SL_DATE | 1u << SL_TIMESTAMP,
  NUMBER = 1u << SL_INTEGER | 1u << SL_BIGINT | 1u << SL_DECIMAL | 1u << SL_DOUBLE,
  LIST = 1u << SL_ARRAY | 1u << SL_MAP | 1u << SL_STRUCT,
};

static bool host_boolean(sluice_call *call, sluice_value v) {
  return readable(call, v, 1u << SL_BOOLEAN) && value_of(v)->boolean;
}

static int64_t host_integer(sluice_call *call, sluice_value v) {
  return readable(call, v, WHOLE) ? value_of(v)->i64 : 0;
}

static double host_number(sluice_call *call, sluice_value v) {
  if (!readable(call, v, NUMBER)) return 0;
  if (type_of(v)->base == SL_DOUBLE) return value_of(v)->f64;
  if (type_of(v)->base != SL_DECIMAL) return (double)value_of(v)->i64;
  sl_decimal d = sl_decimal_of_value(type_of(v), value_of(v));
  return sl_decimal_to_double(&d);
}

static const char *read_text(sluice_call *call, sluice_value v, sl_base base, size_t *len) {
  bool ok = readable(call, v, 1u << base);
  *len = ok ? value_of(v)->len : 0;
  return ok ? value_of(v)->bytes : "";
}

static const char *host_text(sluice_call *call, sluice_value v, size_t *len) {
  return read_text(call, v, SL_STRING, len);
}

static const void *host_bytes(sluice_call *call, sluice_value v, size_t *len) {
  return read_text(call, v, SL_BYTES, len);
}

static void *host_alloc(sluice_call *call, size_t size) {
  sl_user_call *uc = of(call);
  if (size > SL_TEXT_MAX || uc->allocated + size > SL_TEXT_MAX) {
    sl_user_fail(uc, "%s wants more than %d MiB.", function_of(uc), SL_TEXT_MAX >> 20);
    return NULL;
  }
  uc->allocated += size;
  return sl_arena_alloc(uc->arena, size ? size : 1);
}

/* A copy with a NUL behind it; "" on failure. */
static const char *copy(sluice_call *call, const void *data, size_t len) {
  char *to = len < SL_TEXT_MAX ? host_alloc(call, len + 1) : host_alloc(call, len);
  if (!to) return "";
  if (len) memcpy(to, data, len);
  to[len] = 0;
  return to;
}

static const char *host_print(sluice_call *call, sluice_value v, size_t *len) {
  sl_buf text = {0};
  if (!sl_is_null(value_of(v))) sl_value_print(&text, type_of(v), value_of(v));
  const char *copied = copy(call, text.data, text.len);
  *len = strlen(copied) ? text.len : 0;
  sl_buf_done(&text);
  return copied;
}

static size_t host_count(sluice_call *call, sluice_value v) {
  return readable(call, v, LIST) ? value_of(v)->len : 0;
}

static sluice_value null_of(const sl_type *type) {
  return (sluice_value){&NULL_VALUE, type ? type : &SL_TYPE_NULL};
}

static sluice_value host_item(sluice_call *call, sluice_value v, size_t i) {
  const sl_type *type = type_of(v);
  bool is_struct = type->base == SL_STRUCT;
  const sl_type *element = !is_struct ? type->element : i < (size_t)type->field_count ? type->fields[i].type : NULL;
  if (!readable(call, v, LIST) || i >= value_of(v)->len) return null_of(element);
  return (sluice_value){&value_of(v)->items[type->base == SL_MAP ? 2 * i + 1 : i], element};
}

static sluice_value host_key(sluice_call *call, sluice_value v, size_t i) {
  if (!readable(call, v, 1u << SL_MAP) || i >= value_of(v)->len) return null_of(type_of(v)->key);
  return (sluice_value){&value_of(v)->items[2 * i], type_of(v)->key};
}

static sluice_value host_field(sluice_call *call, sluice_value v, const char *name) {
  int at = type_of(v)->base == SL_STRUCT ? sl_type_field(type_of(v), sl_str_of(name)) : -1;
  if (at >= 0) return host_item(call, v, (size_t)at);
  if (readable(call, v, 1u << SL_STRUCT))
    sl_user_fail(of(call), "%s reads no field '%s'.", function_of(of(call)), name);
  return null_of(NULL);
}

/* ---- writing ---- */

static int set(sluice_call *call, sluice_result out, unsigned bases, sl_value v) {
  if (!(bases & 1u << result_type(out)->base)) return wrong_type(of(call), "writes", result_type(out));
  *place_of(out) = v;
  return 0;
}

static int host_set_null(sluice_call *call, sluice_result out) {
  (void)call;
  return sl_give_null(place_of(out));
}

static int host_set_boolean(sluice_call *call, sluice_result out, bool v) {
  return set(call, out, 1u << SL_BOOLEAN, sl_of_bool(v));
}

static int host_set_integer(sluice_call *call, sluice_result out, int64_t v) {
  sl_base base = result_type(out)->base;
  bool narrow = base == SL_INTEGER || base == SL_DATE;
  if ((narrow && v != (int32_t)v) || (base == SL_TIME && (v < 0 || v >= MS_PER_DAY)))
    return sl_user_fail(of(call), "%s gives %lld, which is out of range for %s.", function_of(of(call)), (long long)v,
                        sl_base_name(base));
  return set(call, out, WHOLE, sl_of_i64(v));
}

static int host_set_number(sluice_call *call, sluice_result out, double v) {
  return set(call, out, 1u << SL_DOUBLE, sl_of_f64(v));
}

static int set_copy(sluice_call *call, sluice_result out, sl_base base, const void *data, size_t len) {
  if (result_type(out)->base != base) return wrong_type(of(call), "writes", result_type(out));
  const char *copied = copy(call, data, len);
  if (of(call)->failed) return of(call)->code;
  return set(call, out, 1u << base, sl_of_str(sl_str_n(copied, len)));
}

static int host_set_text(sluice_call *call, sluice_result out, const char *text, size_t len) {
  if (!sl_utf8_valid(text, len))
    return sl_user_fail(of(call), "%s gives a text that is not UTF-8.", function_of(of(call)));
  return set_copy(call, out, SL_STRING, text, len);
}

static int host_set_bytes(sluice_call *call, sluice_result out, const void *bytes, size_t len) {
  return set_copy(call, out, SL_BYTES, bytes, len);
}

static int host_set_decimal(sluice_call *call, sluice_result out, const char *text, size_t len) {
  sl_user_call *uc = of(call);
  sl_decimal d;
  sl_err err = {0};
  if (result_type(out)->base != SL_DECIMAL) return wrong_type(uc, "writes", result_type(out));
  if (!sl_decimal_parse(uc->arena, sl_str_n(text, len), &d))
    return sl_user_fail(uc, "%s gives a DECIMAL that is no number.", function_of(uc));
  if (sl_decimal_fit(uc->arena, &d, result_type(out), SL_ROUND_HALF_UP, place_of(out), &err))
    sl_user_fail(uc, "%s", err.message);
  sl_err_done(&err);
  return uc->failed ? uc->code : 0;
}

static int host_set_value(sluice_call *call, sluice_result out, sluice_value v) {
  if (sl_is_null(value_of(v))) return sl_give_null(place_of(out));
  if (!sl_type_equal(type_of(v), result_type(out))) return wrong_type(of(call), "writes", result_type(out));
  return sl_give(place_of(out), *value_of(v));
}

/* Values that a list of count entries has; 0 on failure. */
static bool size_of_list(sluice_call *call, const sl_type *type, size_t count, size_t *values) {
  if (!(LIST & 1u << type->base)) {
    wrong_type(of(call), "writes", type);
    return false;
  }
  if (count > SL_ITEMS_MAX / 2) {
    sl_user_fail(of(call), "%s makes a list of more than %d items.", function_of(of(call)), SL_ITEMS_MAX / 2);
    return false;
  }
  *values = type->base == SL_STRUCT ? (size_t)type->field_count : type->base == SL_MAP ? 2 * count : count;
  return true;
}

static int make_list(sluice_call *call, sluice_result out, const sl_value *from, size_t count) {
  const sl_type *type = result_type(out);
  size_t values, kept = 0;
  if (!size_of_list(call, type, count, &values)) return of(call)->code;
  sl_value *items = host_alloc(call, values * sizeof *items);
  if (!items) return of(call)->code;
  if (from) kept = type->base == SL_MAP ? 2 * (size_t)from->len : from->len;
  if (kept > values) kept = values;
  if (kept) memcpy(items, from->items, kept * sizeof *items);
  for (size_t i = kept; i < values; i++) items[i] = sl_null();
  sl_value list = sl_of_items(items, (uint32_t)(type->base == SL_STRUCT ? values : count));
  list.unused8 = OWN;
  return sl_give(place_of(out), list);
}

static int host_set_items(sluice_call *call, sluice_result out, size_t count) {
  return make_list(call, out, NULL, count);
}

static int host_extend(sluice_call *call, sluice_result out, sluice_value from, size_t count) {
  if (sl_is_null(value_of(from))) return make_list(call, out, NULL, count);
  if (!sl_type_equal(type_of(from), result_type(out))) return wrong_type(of(call), "writes", result_type(out));
  sl_value list = *value_of(from); /* may stand in the place that is written */
  return make_list(call, out, &list, count);
}

/* Value i of the list that stands in out. */
static sluice_result inside(sluice_call *call, sluice_result out, size_t i, const sl_type *type) {
  sl_user_call *uc = of(call);
  const sl_value *list = place_of(out);
  if (type && list->unused8 == OWN) return (sluice_result){(sl_value *)(uintptr_t)&list->items[i], type};
  sl_user_fail(uc, "%s writes into a list that it has not made.", function_of(uc));
  return (sluice_result){&uc->scratch, &SL_TYPE_NULL};
}

static sluice_result host_item_of(sluice_call *call, sluice_result out, size_t i) {
  const sl_type *type = result_type(out);
  bool there = (LIST & 1u << type->base) && i < place_of(out)->len && !sl_is_null(place_of(out));
  if (!there) return inside(call, out, 0, NULL);
  if (type->base == SL_STRUCT) return inside(call, out, i, type->fields[i].type);
  return inside(call, out, type->base == SL_MAP ? 2 * i + 1 : i, type->element);
}

static sluice_result host_key_of(sluice_call *call, sluice_result out, size_t i) {
  const sl_type *type = result_type(out);
  bool there = type->base == SL_MAP && i < place_of(out)->len && !sl_is_null(place_of(out));
  return inside(call, out, there ? 2 * i : 0, there ? type->key : NULL);
}

static sluice_result host_field_of(sluice_call *call, sluice_result out, const char *name) {
  const sl_type *type = result_type(out);
  int at = type->base == SL_STRUCT ? sl_type_field(type, sl_str_of(name)) : -1;
  return at < 0 ? inside(call, out, 0, NULL) : host_item_of(call, out, (size_t)at);
}

static void join_keys(sl_user_call *uc, const sl_type *type, sl_value *v) {
  sl_pairs pairs;
  sl_pairs_init(&pairs, uc->arena, type->key, v->len);
  for (uint32_t i = 0; i < v->len; i++) sl_pairs_put(&pairs, &v->items[2 * i], &v->items[2 * i + 1]);
  *v = sl_of_items(pairs.items, pairs.count);
}

void sl_user_finish(sl_user_call *uc, const sl_type *type, sl_value *v) {
  if (sl_is_null(v) || v->unused8 != OWN) return;
  v->unused8 = 0;
  sl_value *items = (sl_value *)(uintptr_t)v->items;
  for (uint32_t i = 0; i < v->len; i++) {
    if (type->base == SL_STRUCT) {
      sl_user_finish(uc, type->fields[i].type, &items[i]);
    } else if (type->base == SL_ARRAY) {
      sl_user_finish(uc, type->element, &items[i]);
    } else {
      sl_user_finish(uc, type->key, &items[2 * i]);
      sl_user_finish(uc, type->element, &items[2 * i + 1]);
    }
  }
  if (type->base == SL_MAP) join_keys(uc, type, v);
}

/* ---- the call ---- */

static int host_argument_count(sluice_call *call) {
  return of(call)->call->arg_count;
}

static sluice_value host_constant(sluice_call *call, int i) {
  const sl_call *c = of(call)->call;
  if (i < 0 || i >= c->arg_count) return null_of(NULL);
  return c->is_constant[i] ? (sluice_value){&c->constants[i], c->arg_types[i]} : null_of(c->arg_types[i]);
}

static void *host_instance(sluice_call *call) {
  return of(call)->call->local;
}

static const void *host_prepared(sluice_call *call) {
  return of(call)->prepared;
}

static void host_set_prepared(sluice_call *call, const void *prepared) {
  of(call)->prepared = prepared;
}

static int64_t host_now(sluice_call *call) {
  return of(call)->call->now_ms;
}

static const char *host_setting(sluice_call *call, const char *key) {
  const char *value = sl_user_setting("_global_", key);
  return value ? value : sl_user_setting(function_of(of(call)), key);
}

const sluice_host SL_USER_HOST = {
    .version = SLUICE_UDF_VERSION,
    .size = sizeof(sluice_host),
    .type = host_type,
    .is_null = host_is_null,
    .boolean = host_boolean,
    .integer = host_integer,
    .number = host_number,
    .text = host_text,
    .bytes = host_bytes,
    .print = host_print,
    .count = host_count,
    .item = host_item,
    .key = host_key,
    .field = host_field,
    .set_null = host_set_null,
    .set_boolean = host_set_boolean,
    .set_integer = host_set_integer,
    .set_number = host_set_number,
    .set_text = host_set_text,
    .set_bytes = host_set_bytes,
    .set_decimal = host_set_decimal,
    .set_value = host_set_value,
    .set_items = host_set_items,
    .extend = host_extend,
    .item_of = host_item_of,
    .key_of = host_key_of,
    .field_of = host_field_of,
    .alloc = host_alloc,
    .report = host_fail,
    .argument_count = host_argument_count,
    .constant = host_constant,
    .instance = host_instance,
    .prepared = host_prepared,
    .set_prepared = host_set_prepared,
    .now = host_now,
    .setting = host_setting,
};
