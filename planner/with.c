/* WITH properties: one table (with.def) says where each is valid, its type and its further check. */
#include "planner/with.h"

#include <stdio.h>
#include <stdlib.h>

#include "parser/parser.h"

enum { C = SL_WITH_IN_CREATE, A = SL_WITH_IN_CREATE_AS, I = SL_WITH_IN_INSERT };

typedef enum with_type { STRING, SHORT, INT, LONG, BOOLEAN } with_type;

typedef struct with_row with_row;
typedef int (*with_check)(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                          sl_err *err);
struct with_row {
  const char *name;
  unsigned where;
  with_type type;
  with_check check;
};

static const char prepare[] = "Failed to prepare statement: ";

static int invalid(const with_row *row, const char *shown, const char *why, sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sInvalid value %s for property %s: %s", prepare, shown, row->name,
                    why);
}

static int invalid_config(const with_row *row, const char *why, sl_err *err) {
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sConfiguration %s is invalid: %s", prepare, row->name, why);
}

/* ---- checks of single properties ---- */

static int check_not_empty(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                           sl_err *err) {
  (void)planning, (void)with;
  return sl_str_trim(value->text).len ? 0 : invalid(row, "", "String must be non-empty", err);
}

static int check_positive(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                          sl_err *err) {
  (void)with;
  if (value->number > 0) return 0;
  return invalid(row, sl_arena_printf(planning->arena, "%lld", (long long)value->number), "Value must be at least 1",
                 err);
}

static int check_delimiter(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                           sl_err *err) {
  (void)with, (void)planning;
  sl_format_property property = {sl_str_of("delimiter"), value->text};
  sl_format_spec spec = {.name = sl_str_of("DELIMITED"), .properties = &property, .property_count = 1};
  bool is_key = row->name[0] == 'K';
  if (!sl_format_check_properties(&spec, is_key, err)) return 0;
  return sl_err_prefix(err, "%s", prepare);
}

static int check_nullable(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                          sl_err *err) {
  (void)with;
  value->text = sl_str_upper(planning->arena, value->text);
  if (sl_str_eq_z(value->text, "OPTIONAL") || sl_str_eq_z(value->text, "WRAPPER")) return 0;
  return invalid(row, sl_str_z(planning->arena, value->text), "String must be one of: OPTIONAL, WRAPPER, null", err);
}

static int check_column(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                        sl_err *err) {
  const sl_expr *expr = NULL;
  sl_err inner = {0};
  int rc = sl_parse_expr(planning->arena, value->text, &expr, &inner);
  sl_err_done(&inner);
  if (rc || expr->kind != SL_EXPR_COLUMN)
    return invalid_config(row,
                          sl_arena_printf(planning->arena,
                                          "Cannot parse text that is not column reference: " SL_STR_FMT,
                                          SL_STR_ARG(value->text)),
                          err);
  with->timestamp = expr->name;
  return 0;
}

static int check_window_type(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                             sl_err *err) {
  static const struct {
    const char *name;
    sl_window_kind kind;
  } kinds[] = {{"SESSION", SL_WINDOW_SESSION}, {"HOPPING", SL_WINDOW_HOPPING}, {"TUMBLING", SL_WINDOW_TUMBLING}};
  value->text = sl_str_upper(planning->arena, value->text);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!sl_str_eq_z(value->text, kinds[i].name)) continue;
    with->window = kinds[i].kind;
    return 0;
  }
  return invalid(row, sl_str_z(planning->arena, value->text), "String must be one of: SESSION, HOPPING, TUMBLING, null",
                 err);
}

typedef struct time_unit {
  const char *name;
  int64_t multiply, divide; /* to milliseconds */
} time_unit;
static const time_unit units[] = {
    {"NANOSECOND", 1, 1000000}, {"MICROSECOND", 1, 1000}, {"MILLISECOND", 1, 1}, {"SECOND", 1000, 1},
    {"MINUTE", 60000, 1},       {"HOUR", 3600000, 1},     {"DAY", 86400000, 1},
};

static const time_unit *find_unit(sl_arena *arena, sl_str text) {
  sl_str upper = sl_str_upper(arena, text);
  if (sl_str_ends(upper, sl_str_of("S"))) upper.len--;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (sl_str_eq_z(upper, units[i].name)) return &units[i];
  return NULL;
}

/* Splits at white space; gives the number of words, the first two in words. */
static int split_words(sl_str text, sl_str words[2]) {
  int count = 0;
  size_t at = 0;
  while (at < text.len) {
    while (at < text.len && strchr(" \t\r\n", text.ptr[at])) at++;
    size_t start = at;
    while (at < text.len && !strchr(" \t\r\n", text.ptr[at])) at++;
    if (at == start) break;
    if (count < 2) words[count] = sl_str_n(text.ptr + start, at - start);
    count++;
  }
  return count;
}

static int check_duration(const sl_planning *planning, const with_row *row, sl_with_value *value, sl_with *with,
                          sl_err *err) {
  sl_arena *arena = planning->arena;
  sl_str words[2] = {{0}};
  int count = split_words(value->text, words);
  const char *why = NULL;
  int64_t number = 0;
  const time_unit *unit = NULL;
  if (count != 2)
    why = sl_arena_printf(arena, "Expected 2 tokens, got: %d", count);
  else if (!sl_str_int64(words[0], &number))
    why = sl_arena_printf(arena, "Not numeric: '" SL_STR_FMT "'", SL_STR_ARG(words[0]));
  else if (!(unit = find_unit(arena, words[1])))
    why = sl_arena_printf(arena,
                          "Unknown time unit: '" SL_STR_FMT "'\nSupported time units are: NANOSECONDS, MICROSECONDS, "
                          "MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS",
                          SL_STR_ARG(sl_str_upper(arena, words[1])));
  else if (__builtin_mul_overflow(number, unit->multiply, &number))
    why = "The duration is too long";
  if (why)
    return invalid_config(
        row, sl_arena_printf(arena, "Invalid duration: '" SL_STR_FMT "'. %s", SL_STR_ARG(value->text), why), err);
  with->window_size = number / unit->divide;
  if (with->window_size <= 0)
    return invalid_config(
        row, sl_arena_printf(arena, "Size must be positive, but was: '" SL_STR_FMT "'.", SL_STR_ARG(value->text)), err);
  return 0;
}

/* ---- the table ---- */

static const with_row rows[] = {
#define SL_WITH(name, where, type, check) {#name, where, type, check},
#include "planner/with.def"
#undef SL_WITH
};

static int find_row(sl_str name, unsigned where) {
  for (int i = 0; i < SL_WITH_COUNT; i++)
    if ((rows[i].where & where) && sl_str_eq_nocase(name, sl_str_of(rows[i].name))) return i;
  return -1;
}

/* ---- values by type ---- */

static bool fits_int32(sl_str digits) {
  int64_t v;
  return sl_str_int64(digits, &v) && v >= INT32_MIN && v <= INT32_MAX;
}

/* The class a client of the original would see in a type message. */
static const char *java_class(const sl_expr *literal) {
  switch (literal->kind) {
  case SL_EXPR_INTEGER: return fits_int32(literal->text) ? "java.lang.Integer" : "java.lang.Long";
  case SL_EXPR_BOOLEAN: return "java.lang.Boolean";
  case SL_EXPR_DECIMAL: return "java.math.BigDecimal";
  case SL_EXPR_DOUBLE: return "java.lang.Double";
  default: return "java.lang.String";
  }
}

static int read_number(sl_arena *arena, const with_row *row, const sl_expr *literal, const char *shown,
                       sl_with_value *out, sl_err *err) {
  static const struct {
    const char *name, *bits;
    int64_t low, high;
  } ranges[] = {[SHORT] = {"SHORT", "16", INT16_MIN, INT16_MAX},
                [INT] = {"INT", "32", INT32_MIN, INT32_MAX},
                [LONG] = {"LONG", "64", INT64_MIN, INT64_MAX}};
  if (literal->kind != SL_EXPR_INTEGER && literal->kind != SL_EXPR_STRING)
    return invalid(row, shown,
                   sl_arena_printf(arena, "Expected value to be a %s-bit integer, but it was a %s",
                                   ranges[row->type].bits, java_class(literal)),
                   err);
  if (!sl_str_int64(sl_str_trim(literal->text), &out->number) || out->number < ranges[row->type].low ||
      out->number > ranges[row->type].high)
    return invalid(row, shown, sl_arena_printf(arena, "Not a number of type %s", ranges[row->type].name), err);
  return 0;
}

static int read_boolean(const with_row *row, const sl_expr *literal, const char *shown, sl_with_value *out,
                        sl_err *err) {
  if (literal->kind == SL_EXPR_BOOLEAN) {
    out->boolean = literal->flag;
    return 0;
  }
  sl_str text = literal->kind == SL_EXPR_STRING ? sl_str_trim(literal->text) : (sl_str){0};
  out->boolean = sl_str_eq_nocase(text, sl_str_of("true"));
  if (out->boolean || sl_str_eq_nocase(text, sl_str_of("false"))) return 0;
  return invalid(row, shown, "Expected value to be either true or false", err);
}

static int read_value(sl_arena *arena, const with_row *row, const sl_expr *literal, sl_with_value *out, sl_err *err) {
  if (literal->kind == SL_EXPR_NULL) return 0; /* as if it were not there */
  const char *shown = literal->kind == SL_EXPR_STRING    ? sl_str_z(arena, literal->text)
                      : literal->kind == SL_EXPR_BOOLEAN ? (literal->flag ? "true" : "false")
                                                         : sl_expr_text(arena, literal);
  out->present = true;
  switch (row->type) {
  case STRING:
    if (literal->kind != SL_EXPR_STRING)
      return invalid(row, shown,
                     sl_arena_printf(arena, "Expected value to be a string, but it was a %s", java_class(literal)),
                     err);
    out->text = literal->text;
    return 0;
  case BOOLEAN: return read_boolean(row, literal, shown, out, err);
  case SHORT:
  case INT:
  case LONG: return read_number(arena, row, literal, shown, out, err);
  }
  return 0;
}

/* ---- rules over several properties ---- */

static int check_names(const sl_properties *properties, unsigned where, sl_err *err) {
  sl_buf unknown = {0};
  for (int i = 0; i < properties->count; i++) {
    sl_str name = properties->items[i].name;
    if (sl_str_eq_nocase(name, sl_str_of("CLEANUP_POLICY")) && where != I) {
      sl_buf_done(&unknown);
      return sl_err_set(err, SL_E_STATEMENT, properties->items[i].pos,
                        "%sInvalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is "
                        "automatically inferred based on the type of source (STREAM or TABLE).\nUsers can't set the "
                        "CLEANUP_POLICY config manually.",
                        prepare);
    }
    if (find_row(name, where) >= 0) continue;
    if (unknown.len) sl_buf_add_byte(&unknown, ',');
    sl_buf_add_str(&unknown, name);
  }
  int rc = 0;
  if (unknown.len)
    rc = sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sInvalid config variable(s) in the WITH clause: " SL_STR_FMT,
                    prepare, SL_STR_ARG(sl_buf_str(&unknown)));
  sl_buf_done(&unknown);
  return rc;
}

static int check_formats(const sl_with *with, sl_err *err) {
  for (int side = 0; side < 2; side++) {
    if (!sl_with_has(with, SL_WITH_FORMAT) || !sl_with_has(with, side ? SL_WITH_VALUE_FORMAT : SL_WITH_KEY_FORMAT))
      continue;
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "%sCannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. "
                      "Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.",
                      prepare, side ? "VALUE_FORMAT" : "KEY_FORMAT");
  }
  if (sl_with_has(with, SL_WITH_VALUE_AVRO_SCHEMA_FULL_NAME) && sl_with_has(with, SL_WITH_VALUE_SCHEMA_FULL_NAME))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "%sCannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' properties. "
                      "Please only set 'VALUE_SCHEMA_FULL_NAME'.",
                      prepare);
  return 0;
}

/* A pattern is tried out by formatting the epoch with it. */
static int check_timestamp_format(const sl_planning *planning, const sl_with *with, sl_err *err) {
  if (!sl_with_has(with, SL_WITH_TIMESTAMP_FORMAT)) return 0;
  sl_arena *arena = planning->arena;
  sl_expr *zero = sl_expr_new(arena, SL_EXPR_INTEGER, SL_NO_POS);
  zero->text = sl_str_of("0");
  sl_expr *pattern = sl_expr_new(arena, SL_EXPR_STRING, SL_NO_POS);
  pattern->text = sl_with_text(with, SL_WITH_TIMESTAMP_FORMAT);
  sl_expr *args[] = {zero, pattern};
  sl_expr *call = sl_expr_new(arena, SL_EXPR_CALL, SL_NO_POS);
  call->name = sl_str_of("TIMESTAMPTOSTRING");
  call->args = args;
  call->count = 2;
  sl_typing typing;
  sl_planning_typing(planning, &typing);
  sl_layout nothing = {0};
  typing.layout = &nothing;
  const sl_typed *typed;
  sl_value value;
  sl_err inner = {0};
  int rc = sl_typed_build(arena, call, &typing, &typed, &inner);
  if (!rc) rc = sl_typed_value(arena, typed, &value, &inner);
  if (rc)
    sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sInvalid datetime format for config:TIMESTAMP_FORMAT, reason:%s",
               prepare, inner.message);
  sl_err_done(&inner);
  return rc;
}

static int check_window(const sl_with *with, sl_err *err) {
  bool sized = sl_with_has(with, SL_WITH_WINDOW_SIZE);
  bool by_time = with->window == SL_WINDOW_HOPPING || with->window == SL_WINDOW_TUMBLING;
  if (by_time && !sized)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "%s" SL_STR_FMT " windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: "
                      "'WINDOW_SIZE'='10 SECONDS'",
                      prepare, SL_STR_ARG(sl_with_text(with, SL_WITH_WINDOW_TYPE)));
  if (!by_time && sized)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%s'WINDOW_SIZE' should not be set for SESSION windows.",
                      prepare);
  return 0;
}

int sl_with_parse(const sl_planning *planning, const sl_properties *properties, sl_with_where where, sl_with *out,
                  sl_err *err) {
  *out = (sl_with){0};
  int rc = check_names(properties, where, err);
  if (rc) return rc;
  for (int i = 0; i < properties->count; i++) {
    int id = find_row(properties->items[i].name, where);
    sl_with_value *value = &out->values[id];
    rc = read_value(planning->arena, &rows[id], properties->items[i].value, value, err);
    if (!rc && value->present && rows[id].check) rc = rows[id].check(planning, &rows[id], value, out, err);
    if (rc) return rc;
  }
  if (where == SL_WITH_IN_CREATE && !sl_with_has(out, SL_WITH_KAFKA_TOPIC))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "%sMissing required property \"KAFKA_TOPIC\" which has no default value.", prepare);
  if ((rc = check_formats(out, err))) return rc;
  if ((rc = check_timestamp_format(planning, out, err))) return rc;
  return check_window(out, err);
}

/* ---- writing ---- */

static sl_expr *list_add(sl_with_list *list, const char *name, sl_expr_kind kind) {
  if (list->count == list->cap) {
    int cap = list->cap ? list->cap * 2 : 8;
    sl_property *items = sl_arena_calloc(list->arena, (size_t)cap, sizeof *items);
    if (list->count) memcpy(items, list->items, (size_t)list->count * sizeof *items);
    list->items = items;
    list->cap = cap;
  }
  sl_expr *value = sl_expr_new(list->arena, kind, SL_NO_POS);
  list->items[list->count++] = (sl_property){.name = sl_str_of(name), .value = value};
  return value;
}

void sl_with_add_text(sl_with_list *list, const char *name, sl_str value) {
  list_add(list, name, SL_EXPR_STRING)->text = value;
}

void sl_with_add_number(sl_with_list *list, const char *name, int64_t value) {
  list_add(list, name, SL_EXPR_INTEGER)->text = sl_str_printf(list->arena, "%lld", (long long)value);
}

void sl_with_add_bool(sl_with_list *list, const char *name, bool value) {
  list_add(list, name, SL_EXPR_BOOLEAN)->flag = value;
}

void sl_with_add_given(sl_with_list *list, const sl_with *with, sl_with_id id) {
  const sl_with_value *value = &with->values[id];
  if (!value->present) return;
  switch (rows[id].type) {
  case STRING: sl_with_add_text(list, rows[id].name, value->text); break;
  case BOOLEAN: sl_with_add_bool(list, rows[id].name, value->boolean); break;
  case SHORT:
  case INT:
  case LONG: sl_with_add_number(list, rows[id].name, value->number); break;
  }
}

static int by_name(const void *a, const void *b) {
  return sl_str_cmp(((const sl_property *)a)->name, ((const sl_property *)b)->name);
}

sl_properties sl_with_properties(sl_with_list *list) {
  if (list->count) qsort(list->items, (size_t)list->count, sizeof *list->items, by_name);
  return (sl_properties){.items = list->items, .count = list->count, .present = list->count > 0};
}
