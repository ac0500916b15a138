/* Table functions (functions.md 19): one row becomes as many as the list they give. eval gives that list. */
#include "functions/functions_int.h"

static const char TABLE[] = "TABLE";
enum { CUBE_MAX = 20 };

static int element_type(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err) {
  (void)arena, (void)count, (void)err;
  *out = args[0]->element;
  return 0;
}

static int explode(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, args[0]);
}

/* One combination: bit d - 1 - j of pattern keeps the j-th element that is not NULL. */
static sl_value combination(sl_call *call, const sl_value *array, uint32_t set, uint32_t pattern) {
  sl_value *items = sl_call_items(call, array->len);
  uint32_t bit = set;
  for (uint32_t i = 0; i < array->len; i++) {
    bool kept = !sl_is_null(&array->items[i]) && (pattern >> --bit & 1);
    items[i] = kept ? array->items[i] : sl_null();
  }
  return sl_of_items(items, array->len);
}

static int cube(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_value *array = &args[0];
  if (array->len > CUBE_MAX)
    return sl_fail(call, "cube_explode: too many columns (%u); max is %d", array->len, CUBE_MAX);
  uint32_t set = 0;
  for (uint32_t i = 0; i < array->len; i++) set += !sl_is_null(&array->items[i]);
  uint32_t count = 1u << set;
  sl_value *rows = sl_call_items(call, count);
  for (uint32_t i = 0; i < count; i++) rows[i] = combination(call, array, set, i);
  return sl_give(out, sl_of_items(rows, count));
}

const sl_function sl_fn_table[] = {
    {.name = "CUBE_EXPLODE",
     .kind = SL_FUNCTION_TABLE,
     .category = TABLE,
     .doc = "Gives every combination of the columns and NULLs in their place.",
     .example = "CUBE_EXPLODE(ARRAY[1, 2]) => [null, null]; [null, 2]; [1, null]; [1, 2]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> columns) -> ARRAY<T>", .eval = cube, .doc = "At most 20 columns."}, {0}}},
    {.name = "EXPLODE",
     .kind = SL_FUNCTION_TABLE,
     .category = TABLE,
     .doc = "Gives one row per element of an array.",
     .example = "EXPLODE(ARRAY['a', 'b']) => 'a'; 'b'",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<DECIMAL> input) -> DECIMAL",
                                         .eval = explode,
                                         .type = element_type,
                                         .doc = "Of decimals."},
                                        {.signature = "(ARRAY<T> list) -> T", .eval = explode, .doc = "Of anything."},
                                        {0}}},
    {0}};
