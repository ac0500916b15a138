/* The functions that the conformance cases call and that are not built in (functions.md 21), as a shared object. They
 * are an ordinary user of sluice_udf.h: nothing here sees more of sluice than that header. */
#include <stdio.h>
#include <string.h>
#include "functions/sluice_udf.h"

#define UNUSED(x) (void)(x)

static int set_z(sluice_call *call, sluice_result out, const char *text) {
  return sluice_set_text(call, out, text, strlen(text));
}

/* ---- TEST_UDF: texts that tell which overload was taken ---- */

#define TELLER(name, text)                                                                                             \
  static int name(sluice_call *call, const sluice_value *args, int count, sluice_result out) {                         \
    UNUSED(args), UNUSED(count);                                                                                       \
    return set_z(call, out, text);                                                                                     \
  }
TELLER(tell_int_string, "doStuffIntString")
TELLER(tell_long_string, "doStuffLongString")
TELLER(tell_long_long_string, "doStuffLongLongString")
TELLER(tell_longs, "doStuffLongVarargs")

static int field_a(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  if (sluice_is_null(call, args[0])) return sluice_fail(call, "The struct is NULL.");
  return sluice_set_value(call, out, sluice_field(call, args[0], "A"));
}

static int set_struct(sluice_call *call, sluice_result out, const char *text, size_t len) {
  int rc = sluice_set_items(call, out, 0);
  return rc ? rc : sluice_set_text(call, sluice_field_of(call, out, "A"), text, len);
}

static int foo_struct(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(args), UNUSED(count);
  return set_struct(call, out, "foo", 3);
}

/* ---- BAD_UDF, WHENCONDITION, WHENRESULT: functions that fail ---- */

static int boom(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(args), UNUSED(count), UNUSED(out);
  return sluice_fail(call, "boom!");
}

static int throw_if_told(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  if (sluice_boolean(call, args[0])) return sluice_fail(call, "You asked me to throw...");
  return sluice_set_integer(call, out, 0);
}

/* NULL at every first, the argument at every second call. */
static int every_second(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  unsigned *calls = sluice_instance(call);
  if (!calls || (*calls)++ % 2 == 0) return sluice_set_null(call, out);
  return sluice_set_value(call, out, args[0]);
}

static int first_if_second(sluice_call *call, const sluice_value *args, sluice_result out, const char *otherwise) {
  if (!sluice_boolean(call, args[1])) return sluice_fail(call, "%s", otherwise);
  return sluice_set_value(call, out, args[0]);
}

static int when_condition(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  return first_if_second(call, args, out, "When condition in case is not running lazily!");
}

static int when_result(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  return first_if_second(call, args, out, "Then expression in case is not running lazily!");
}

/* ---- TOSTRUCT, TOLIST, TOMAP, TOSTRING, MULTIPLY ---- */

static int to_struct(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  int rc = sluice_set_items(call, out, 0);
  return rc ? rc : sluice_set_value(call, sluice_field_of(call, out, "A"), args[0]);
}

static int to_list(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  int rc = sluice_set_items(call, out, 1);
  return rc ? rc : sluice_set_value(call, sluice_item_of(call, out, 0), args[0]);
}

static int to_map(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  int rc = sluice_set_items(call, out, 1);
  if (!rc) rc = sluice_set_value(call, sluice_key_of(call, out, 0), args[0]);
  return rc ? rc : sluice_set_value(call, sluice_item_of(call, out, 0), args[0]);
}

static int to_string(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  if (sluice_is_null(call, args[0]))
    return sluice_type_of(call, args[0]) == SLUICE_STRING ? 0 : sluice_fail(call, "The value is NULL.");
  size_t len;
  const char *text = sluice_print(call, args[0], &len);
  return sluice_set_text(call, out, text, len);
}

static int multiply_int(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  uint32_t product = (uint32_t)sluice_integer(call, args[0]) * (uint32_t)sluice_integer(call, args[1]);
  return sluice_set_integer(call, out, (int32_t)product);
}

static int multiply_bigint(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  uint64_t product = (uint64_t)sluice_integer(call, args[0]) * (uint64_t)sluice_integer(call, args[1]);
  return sluice_set_integer(call, out, (int64_t)product);
}

static int multiply_double(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  return sluice_set_number(call, out, sluice_number(call, args[0]) * sluice_number(call, args[1]));
}

/* ---- table functions ---- */

/* The text of a value in the words of the cases: a struct is Struct{A=bar}. */
static int set_text_of(sluice_call *call, sluice_result out, sluice_value v) {
  size_t len;
  if (sluice_type_of(call, v) != SLUICE_STRUCT) {
    const char *text = sluice_print(call, v, &len);
    return sluice_set_text(call, out, text, len);
  }
  char text[256];
  const char *a = sluice_print(call, sluice_field(call, v, "A"), &len);
  snprintf(text, sizeof text, "Struct{A=%s}", a);
  return set_z(call, out, text);
}

/* A row for each argument: its text, or the text of its first item. */
static int texts(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  int rc = sluice_set_items(call, out, (size_t)count);
  for (int i = 0; i < count && !rc; i++) {
    sluice_type type = sluice_type_of(call, args[i]);
    sluice_value v = type == SLUICE_ARRAY || type == SLUICE_MAP ? sluice_item(call, args[i], 0) : args[i];
    rc = set_text_of(call, sluice_item_of(call, out, (size_t)i), v);
  }
  return rc;
}

static int one_row(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  return to_list(call, args, 1, out);
}

static int one_decimal(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  UNUSED(count);
  size_t len;
  const char *text = sluice_print(call, args[0], &len);
  int rc = sluice_set_items(call, out, 1);
  return rc ? rc : sluice_set_decimal(call, sluice_item_of(call, out, 0), text, len);
}

static int throwing_rows(sluice_call *call, const sluice_value *args, int count, sluice_result out) {
  if (sluice_boolean(call, args[0])) return sluice_fail(call, "You asked me to throw...");
  return one_row(call, args, count, out);
}

/* ---- TEST_UDAF ---- */

static int init_whole(sluice_call *call, sluice_result state) {
  return sluice_set_integer(call, state, 0);
}

static int init_double(sluice_call *call, sluice_result state) {
  return sluice_set_number(call, state, 0);
}

static int init_number(sluice_call *call, sluice_result state) {
  sluice_type type = sluice_type_of(call, (sluice_value){state.data, state.type});
  return type == SLUICE_DOUBLE ? init_double(call, state) : init_whole(call, state);
}

static int add_number(sluice_call *call, sluice_value a, sluice_value b, int sign, sluice_result out) {
  if (sluice_is_null(call, b)) return sluice_fail(call, "The value is NULL.");
  if (sluice_type_of(call, a) == SLUICE_DOUBLE)
    return sluice_set_number(call, out, sluice_number(call, a) + sign * sluice_number(call, b));
  uint64_t sum = (uint64_t)sluice_integer(call, a) + (uint64_t)sign * (uint64_t)sluice_integer(call, b);
  if (sluice_type_of(call, a) == SLUICE_INTEGER) sum = (uint64_t)(int32_t)(uint32_t)sum;
  return sluice_set_integer(call, out, (int64_t)sum);
}

static int add(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  UNUSED(count);
  return add_number(call, state, args[0], 1, out);
}

static int undo(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  UNUSED(count);
  return add_number(call, state, args[0], -1, out);
}

static int merge(sluice_call *call, sluice_value state, sluice_value other, sluice_result out) {
  return add_number(call, state, other, 1, out);
}

/* Where TEST_UDAF(INT) starts can be configured. */
static int init_configured(sluice_call *call, sluice_result state) {
  const char *text = sluice_setting(call, "init");
  long long from = 0;
  if (text && sscanf(text, "%lld", &from) != 1) return sluice_fail(call, "init is no number.");
  return sluice_set_integer(call, state, from);
}

/* Characters of a text, as the cases count them; 0 for NULL. */
static int64_t length(sluice_call *call, sluice_value v) {
  size_t len, n = 0;
  const char *text = sluice_text(call, v, &len);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    n += (c & 0xC0) != 0x80;
    n += c >= 0xF0;
  }
  return (int64_t)n;
}

static int init_length(sluice_call *call, sluice_result state) {
  return sluice_set_integer(call, state, length(call, sluice_constant(call, 1)));
}

static int add_length(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  UNUSED(count);
  return sluice_set_integer(call, out, sluice_integer(call, state) + length(call, args[0]));
}

static int init_pair(sluice_call *call, sluice_result state) {
  int rc = sluice_set_items(call, state, 0);
  if (!rc) rc = sluice_set_integer(call, sluice_field_of(call, state, "A"), 0);
  return rc ? rc : sluice_set_integer(call, sluice_field_of(call, state, "B"), 0);
}

static int merge_pair(sluice_call *call, sluice_value state, sluice_value other, sluice_result out) {
  static const char *const FIELDS[] = {"A", "B"};
  if (sluice_is_null(call, other)) return sluice_fail(call, "The struct is NULL.");
  int rc = sluice_set_items(call, out, 0);
  for (int i = 0; i < 2 && !rc; i++)
    rc = add_number(call, sluice_field(call, state, FIELDS[i]), sluice_field(call, other, FIELDS[i]), 1,
                    sluice_field_of(call, out, FIELDS[i]));
  return rc;
}

/* The old state may stand in out, so it is read before out is written. */
static int add_pair(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  UNUSED(count);
  return merge_pair(call, state, args[0], out);
}

/* ---- sums over several columns ---- */

/* Adds numbers, and the lengths of texts; NULLs count as nothing. */
static int64_t sum_of(sluice_call *call, const sluice_value *args, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) {
    sluice_type type = sluice_type_of(call, args[i]);
    if (type == SLUICE_STRING)
      sum += (uint64_t)length(call, args[i]);
    else if (type != SLUICE_NULL)
      sum += (uint64_t)sluice_integer(call, args[i]);
  }
  return (int64_t)sum;
}

static int add_sum(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  return sluice_set_integer(call, out, sluice_integer(call, state) + sum_of(call, args, count));
}

static int64_t sum_of_constants(sluice_call *call, int from) {
  int64_t sum = 0;
  for (int i = from; i < sluice_argument_count(call); i++) {
    sluice_value v = sluice_constant(call, i);
    sum += sum_of(call, &v, 1);
  }
  return sum;
}

static int init_2(sluice_call *call, sluice_result state) {
  return sluice_set_integer(call, state, sum_of_constants(call, 2));
}
static int init_4(sluice_call *call, sluice_result state) {
  return sluice_set_integer(call, state, sum_of_constants(call, 4));
}
static int init_5(sluice_call *call, sluice_result state) {
  return sluice_set_integer(call, state, sum_of_constants(call, 5));
}

/* MID_VAR_ARG: the last two arguments are its literals, added to what it gives. */
static int add_last_two(sluice_call *call, sluice_value state, sluice_result out) {
  int count = sluice_argument_count(call);
  return sluice_set_integer(call, out, sluice_integer(call, state) + sum_of_constants(call, count - 2));
}

/* ---- lists of the first column ---- */

static int init_list(sluice_call *call, sluice_result state) {
  return sluice_set_items(call, state, 0);
}

static int append(sluice_call *call, const sluice_value *args, int count, sluice_value state, sluice_result out) {
  for (int i = 0; i < count; i++)
    if (sluice_is_null(call, args[i])) return 0;
  size_t len = sluice_count(call, state);
  int rc = sluice_extend(call, out, state, len + 1);
  return rc ? rc : sluice_set_value(call, sluice_item_of(call, out, len), args[0]);
}

static int merge_lists(sluice_call *call, sluice_value state, sluice_value other, sluice_result out) {
  size_t len = sluice_count(call, state), more = sluice_count(call, other);
  int rc = sluice_extend(call, out, state, len + more);
  for (size_t i = 0; i < more && !rc; i++)
    rc = sluice_set_value(call, sluice_item_of(call, out, len + i), sluice_item(call, other, i));
  return rc;
}

/* ---- the tables ---- */

static const sluice_overload TEST_UDF[] = {
    {.signature = "(INT! arg1, VARCHAR arg2) -> VARCHAR", .flags = SLUICE_NULLS, .eval = tell_int_string},
    {.signature = "(BIGINT! arg1, VARCHAR arg2) -> VARCHAR", .flags = SLUICE_NULLS, .eval = tell_long_string},
    {.signature = "(BIGINT! arg1, BIGINT! arg2, VARCHAR arg3) -> VARCHAR",
     .flags = SLUICE_NULLS,
     .eval = tell_long_long_string},
    {.signature = "(BIGINT!... longs) -> VARCHAR", .flags = SLUICE_NULLS, .eval = tell_longs},
    {.signature = "(STRUCT<A VARCHAR> struct) -> VARCHAR", .flags = SLUICE_NULLS, .eval = field_a},
    {.signature = "() -> STRUCT<A VARCHAR>", .eval = foo_struct},
    {0}};
static const sluice_overload BAD_UDF[] = {{.signature = "(INT! arg1) -> VARCHAR", .eval = boom},
                                          {.signature = "(BOOLEAN! arg) -> INT", .eval = throw_if_told},
                                          {.signature = "(VARCHAR arg) -> VARCHAR",
                                           .flags = SLUICE_NULLS | SLUICE_VOLATILE,
                                           .instance_size = sizeof(unsigned),
                                           .eval = every_second},
                                          {0}};
static const sluice_overload WHENCONDITION[] = {
    {.signature = "(BOOLEAN! retValue, BOOLEAN! shouldBeEvaluated) -> BOOLEAN", .eval = when_condition}, {0}};
static const sluice_overload WHENRESULT[] = {
    {.signature = "(INT! retVal, BOOLEAN! shouldBeEvaluated) -> INT", .eval = when_result}, {0}};
static const sluice_overload TOSTRUCT[] = {
    {.signature = "(VARCHAR value) -> STRUCT<A VARCHAR>", .flags = SLUICE_NULLS, .eval = to_struct}, {0}};
static const sluice_overload TOLIST[] = {
    {.signature = "(VARCHAR value) -> ARRAY<VARCHAR>", .flags = SLUICE_NULLS, .eval = to_list}, {0}};
static const sluice_overload TOMAP[] = {
    {.signature = "(VARCHAR value) -> MAP<VARCHAR, VARCHAR>", .flags = SLUICE_NULLS, .eval = to_map}, {0}};
static const sluice_overload TOSTRING[] = {
    {.signature = "(VARCHAR value) -> VARCHAR", .flags = SLUICE_NULLS, .eval = to_string},
    {.signature = "(MAP<VARCHAR, INT> value) -> VARCHAR", .flags = SLUICE_NULLS, .eval = to_string},
    {.signature = "(INT value) -> VARCHAR", .flags = SLUICE_NULLS, .eval = to_string},
    {.signature = "(BIGINT value) -> VARCHAR", .flags = SLUICE_NULLS, .eval = to_string},
    {0}};
static const sluice_overload MULTIPLY[] = {{.signature = "(INT! v1, INT! v2) -> BIGINT", .eval = multiply_int},
                                           {.signature = "(BIGINT! v1, BIGINT! v2) -> BIGINT", .eval = multiply_bigint},
                                           {.signature = "(DOUBLE! v1, DOUBLE! v2) -> DOUBLE", .eval = multiply_double},
                                           {0}};

static const sluice_overload TEST_UDTF[] = {
    {.signature =
         "(INT! i, BIGINT! l, DOUBLE! d, BOOLEAN! b, VARCHAR s, DECIMAL bd, STRUCT<A VARCHAR> struct) -> VARCHAR",
     .flags = SLUICE_NULLS,
     .eval = texts},
    {.signature = "(ARRAY<INT> i, ARRAY<BIGINT> l, ARRAY<DOUBLE> d, ARRAY<BOOLEAN> b, ARRAY<VARCHAR> s, "
                  "ARRAY<DECIMAL> bd, ARRAY<STRUCT<A VARCHAR>> struct) -> VARCHAR",
     .flags = SLUICE_NULLS,
     .eval = texts},
    {.signature = "(MAP<VARCHAR, INT> i, MAP<VARCHAR, BIGINT> l, MAP<VARCHAR, DOUBLE> d, MAP<VARCHAR, BOOLEAN> b, "
                  "MAP<VARCHAR, VARCHAR> s, MAP<VARCHAR, DECIMAL> bd, MAP<VARCHAR, STRUCT<A VARCHAR>> struct) -> "
                  "VARCHAR",
     .flags = SLUICE_NULLS,
     .eval = texts},
    {.signature = "(MAP<BIGINT, INT> i, MAP<VARCHAR, BIGINT> l, MAP<VARCHAR, DOUBLE> d, MAP<VARCHAR, BOOLEAN> b, "
                  "MAP<VARCHAR, VARCHAR> s, MAP<VARCHAR, DECIMAL> bd, MAP<VARCHAR, STRUCT<A VARCHAR>> struct) -> "
                  "VARCHAR",
     .flags = SLUICE_NULLS,
     .eval = texts},
    {.signature = "(INT! i) -> INT", .flags = SLUICE_NULLS, .eval = one_row},
    {.signature = "(BIGINT! l) -> BIGINT", .flags = SLUICE_NULLS, .eval = one_row},
    {.signature = "(DOUBLE! d) -> DOUBLE", .flags = SLUICE_NULLS, .eval = one_row},
    {.signature = "(BOOLEAN! b) -> BOOLEAN", .flags = SLUICE_NULLS, .eval = one_row},
    {.signature = "(VARCHAR s) -> VARCHAR", .flags = SLUICE_NULLS, .eval = one_row},
    {.signature = "(DECIMAL bd) -> DECIMAL(30, 10)", .eval = one_decimal},
    {.signature = "(STRUCT<A VARCHAR> struct) -> STRUCT<A VARCHAR>", .flags = SLUICE_NULLS, .eval = one_row},
    {0}};
static const sluice_overload THROWING_UDTF[] = {
    {.signature = "(BOOLEAN! shouldThrow) -> BOOLEAN", .eval = throwing_rows}, {0}};

#define SUMMING .add = add_sum, .merge = merge
static const sluice_overload TEST_UDAF[] = {
    {.signature = "(BIGINT val1) -> BIGINT", .init = init_whole, .add = add, .undo = undo, .merge = merge},
    {.signature = "(INT val1) -> BIGINT", .init = init_configured, .add = add, .undo = undo, .merge = merge},
    {.signature = "(DOUBLE val1) -> DOUBLE", .init = init_double, .add = add, .merge = merge},
    {.signature = "(VARCHAR val1; VARCHAR initialString) -> BIGINT",
     .init = init_length,
     .add = add_length,
     .merge = merge},
    {.signature = "(STRUCT<A INT, B INT> val1) -> STRUCT<A INT, B INT>",
     .init = init_pair,
     .add = add_pair,
     .merge = merge_pair},
    {.signature = "(T val1) -> T", .init = init_number, .add = add, .merge = merge},
    {0}};
static const sluice_overload VAR_ARG[] = {
    {.signature = "(BIGINT val1, VARCHAR... val2) -> BIGINT", .init = init_whole, SUMMING}, {0}};
static const sluice_overload MID_VAR_ARG[] = {
    {.signature = "(BIGINT val1, VARCHAR... val2; INT first, INT second) -> BIGINT",
     .init = init_whole,
     SUMMING,
     .result = add_last_two},
    {0}};
static const sluice_overload MULTI_ARG[] = {
    {.signature = "(BIGINT val1, VARCHAR val2; INT initArg1, VARCHAR... initArg2) -> BIGINT", .init = init_2, SUMMING},
    {0}};
static const sluice_overload FOUR_ARG[] = {
    {.signature = "(BIGINT val1, VARCHAR val2, VARCHAR val3, VARCHAR val4; INT initArg1, VARCHAR... initArg2) -> "
                  "BIGINT",
     .init = init_4,
     SUMMING},
    {0}};
static const sluice_overload FIVE_ARG[] = {
    {.signature = "(BIGINT val1, VARCHAR val2, VARCHAR val3, VARCHAR val4, INT val5; INT initArg1, VARCHAR... "
                  "initArg2) -> BIGINT",
     .init = init_5,
     SUMMING},
    {0}};
static const sluice_overload GENERIC_VAR_ARG[] = {
    {.signature = "(A val1, B val2, C... val3) -> ARRAY<A>", .init = init_list, .add = append, .merge = merge_lists},
    {0}};
static const sluice_overload OBJ_COL_ARG[] = {
    {.signature = "(INT val1, ANY... val2) -> ARRAY<INT>", .init = init_list, .add = append, .merge = merge_lists},
    {0}};

#define SCALAR(name)                                                                                                   \
  { #name, SLUICE_SCALAR, "OTHER", "For tests.", name }
#define TABLE(name)                                                                                                    \
  { #name, SLUICE_TABLE, "TABLE", "For tests.", name }
#define AGGREGATE(name)                                                                                                \
  { #name, SLUICE_AGGREGATE, "AGGREGATE", "For tests.", name }
static const sluice_function FUNCTIONS[] = {SCALAR(TEST_UDF),       SCALAR(BAD_UDF),
                                            SCALAR(WHENCONDITION),  SCALAR(WHENRESULT),
                                            SCALAR(TOSTRUCT),       SCALAR(TOLIST),
                                            SCALAR(TOMAP),          SCALAR(TOSTRING),
                                            SCALAR(MULTIPLY),       TABLE(TEST_UDTF),
                                            TABLE(THROWING_UDTF),   AGGREGATE(TEST_UDAF),
                                            AGGREGATE(VAR_ARG),     AGGREGATE(MID_VAR_ARG),
                                            AGGREGATE(MULTI_ARG),   AGGREGATE(FOUR_ARG),
                                            AGGREGATE(FIVE_ARG),    AGGREGATE(GENERIC_VAR_ARG),
                                            AGGREGATE(OBJ_COL_ARG), {0}};

SLUICE_EXPORT const sluice_library sluice_functions = {
    .version = SLUICE_UDF_VERSION, .author = "sluice", .library_version = "1.0", .functions = FUNCTIONS};
