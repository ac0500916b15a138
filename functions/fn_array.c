/* Array functions (functions.md 11). Elements are compared with the equality of values, in which NULL equals NULL. */
#include <stdlib.h>
#include <strings.h>
#include "base/buf.h"
#include "functions/functions_int.h"
#include "types/decimal.h"

static const char ARRAY[] = "ARRAY";

static bool contains(const sl_type *type, const sl_value *items, uint32_t count, const sl_value *v) {
  for (uint32_t i = 0; i < count; i++)
    if (sl_value_equal(type, &items[i], v)) return true;
  return false;
}

static int array_contains(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give(out, sl_of_bool(false));
  return sl_give(out, sl_of_bool(contains(call->arg_types[0]->element, args[0].items, args[0].len, &args[1])));
}

static int array_length(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return sl_give(out, sl_of_i64(args[0].len));
}

static int array_concat(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give(out, args[1]);
  if (sl_is_null(&args[1])) return sl_give(out, args[0]);
  size_t a = args[0].len, b = args[1].len;
  if (a + b > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = sl_call_items(call, a + b);
  if (a) memcpy(items, args[0].items, a * sizeof *items);
  if (b) memcpy(items + a, args[1].items, b * sizeof *items);
  return sl_give(out, sl_of_items(items, (uint32_t)(a + b)));
}

static int array_remove(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give_null(out);
  sl_value *items = sl_call_items(call, args[0].len);
  uint32_t n = 0;
  for (uint32_t i = 0; i < args[0].len; i++)
    if (!sl_value_equal(call->type->element, &args[0].items[i], &args[1])) items[n++] = args[0].items[i];
  return sl_give(out, sl_of_items(items, n));
}

/* ---- sets: a table of element numbers, so that long arrays do not take the square of their length ---- */

typedef struct value_set {
  const sl_type *type;
  const sl_value **slots;
  size_t mask;
} value_set;

static void set_init(value_set *set, sl_arena *arena, const sl_type *type, size_t room) {
  size_t size = 16;
  while (size < room * 2) size *= 2;
  *set = (value_set){type, sl_arena_calloc(arena, size, sizeof *set->slots), size - 1};
}

/* The slot that holds v, or the free one where it belongs. */
static const sl_value **set_slot(value_set *set, const sl_value *v) {
  size_t at = sl_is_null(v) ? 0 : sl_value_hash(set->type, v) & set->mask;
  while (set->slots[at] && !sl_value_equal(set->type, set->slots[at], v)) at = (at + 1) & set->mask;
  return &set->slots[at];
}

/* Adds v; false when it was there. v must outlive the set. */
static bool set_add(value_set *set, const sl_value *v) {
  const sl_value **slot = set_slot(set, v);
  if (*slot) return false;
  *slot = v;
  return true;
}

static uint32_t add_distinct(value_set *set, const sl_value *from, sl_value *items, uint32_t n) {
  for (uint32_t i = 0; i < from->len; i++)
    if (set_add(set, &from->items[i])) items[n++] = from->items[i];
  return n;
}

static int array_distinct(sl_call *call, const sl_value *args, sl_value *out) {
  value_set set;
  set_init(&set, call->arena, call->type->element, args[0].len);
  sl_value *items = sl_call_items(call, args[0].len);
  return sl_give(out, sl_of_items(items, add_distinct(&set, &args[0], items, 0)));
}

static int array_union(sl_call *call, const sl_value *args, sl_value *out) {
  value_set set;
  size_t room = (size_t)args[0].len + args[1].len;
  if (room > SL_ITEMS_MAX) return sl_fail_size(call);
  set_init(&set, call->arena, call->type->element, room);
  sl_value *items = sl_call_items(call, room);
  uint32_t n = add_distinct(&set, &args[0], items, 0);
  return sl_give(out, sl_of_items(items, add_distinct(&set, &args[1], items, n)));
}

/* The distinct elements of the first array that are (or are not) in the second. */
static int keep(sl_call *call, const sl_value *args, bool present, sl_value *out) {
  value_set right, seen;
  set_init(&right, call->arena, call->type->element, args[1].len);
  set_init(&seen, call->arena, call->type->element, args[0].len);
  for (uint32_t i = 0; i < args[1].len; i++) set_add(&right, &args[1].items[i]);
  sl_value *items = sl_call_items(call, args[0].len);
  uint32_t n = 0;
  for (uint32_t i = 0; i < args[0].len; i++) {
    const sl_value *v = &args[0].items[i];
    if ((*set_slot(&right, v) != NULL) == present && set_add(&seen, v)) items[n++] = *v;
  }
  return sl_give(out, sl_of_items(items, n));
}

static int array_except(sl_call *call, const sl_value *args, sl_value *out) {
  return keep(call, args, false, out);
}
static int array_intersect(sl_call *call, const sl_value *args, sl_value *out) {
  return keep(call, args, true, out);
}

/* ---- order ---- */

static bool has_order(const sl_type *type) {
  return type->base < SL_ARRAY;
}

static int fail_order(sl_call *call, const sl_type *type) {
  return sl_fail(call, "Elements of type %s have no order.", sl_type_text(call->arena, type));
}

static int extreme(sl_call *call, const sl_value *args, int sign, sl_value *out) {
  const sl_value *best = NULL;
  if (!has_order(call->type)) return fail_order(call, call->type);
  for (uint32_t i = 0; i < args[0].len; i++) {
    const sl_value *v = &args[0].items[i];
    if (!sl_is_null(v) && (!best || sign * sl_value_compare(call->type, v, best) > 0)) best = v;
  }
  return best ? sl_give(out, *best) : sl_give_null(out);
}

static int array_max(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme(call, args, 1, out);
}
static int array_min(sl_call *call, const sl_value *args, sl_value *out) {
  return extreme(call, args, -1, out);
}

/* Stable merge sort of items[0 .. n), NULLs last; room holds n more values. */
static void merge_sort(const sl_type *type, int sign, sl_value *items, sl_value *room, size_t n) {
  if (n < 2) return;
  size_t half = n / 2, a = 0, b = half, to = 0;
  merge_sort(type, sign, items, room, half);
  merge_sort(type, sign, items + half, room, n - half);
  memcpy(room, items, n * sizeof *items);
  while (a < half && b < n) {
    bool second =
        !sl_is_null(&room[b]) && (sl_is_null(&room[a]) || sign * sl_value_compare(type, &room[a], &room[b]) > 0);
    items[to++] = second ? room[b++] : room[a++];
  }
  while (a < half) items[to++] = room[a++];
  while (b < n) items[to++] = room[b++];
}

/* 1, -1, or 0 for a direction that is unknown. */
static int direction(sl_str s) {
  static const struct {
    const char *word;
    int sign;
  } WORDS[] = {{"ASC", 1}, {"ASCENDING", 1}, {"DESC", -1}, {"DESCENDING", -1}};
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (sl_str_eq_nocase(s, sl_str_of(WORDS[i].word))) return WORDS[i].sign;
  return 0;
}

static int array_sort(sl_call *call, const sl_value *args, sl_value *out) {
  int sign = call->arg_count > 1 ? direction(sl_value_str(&args[1])) : 1;
  const sl_type *type = call->type->element;
  if (!sign) return sl_give_null(out);
  if (!has_order(type)) return fail_order(call, type);
  sl_value *items = sl_call_items(call, args[0].len), *room = sl_call_items(call, args[0].len);
  if (args[0].len) memcpy(items, args[0].items, args[0].len * sizeof *items);
  merge_sort(type, sign, items, room, args[0].len);
  return sl_give(out, sl_of_items(items, args[0].len));
}

static int slice(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  if (sl_is_null(&args[0])) return sl_give_null(out);
  int64_t from = sl_is_null(&args[1]) ? 1 : args[1].i64, to = sl_is_null(&args[2]) ? args[0].len : args[2].i64;
  if (from < 1 || to > args[0].len || from > to + 1) return sl_give_null(out);
  return sl_give(out, sl_of_items(args[0].items + (from - 1), (uint32_t)(to - from + 1)));
}

/* ---- text ---- */

static bool joinable(const sl_type *type) {
  return type->base <= SL_STRING;
}

static void print_item(sl_buf *text, const sl_type *type, const sl_value *v) {
  if (sl_is_null(v) || type->base != SL_DECIMAL) {
    sl_value_print(text, type, v);
    return;
  }
  sl_decimal d = sl_decimal_of_value(type, v);
  sl_decimal_print_scientific(text, &d);
}

/* Scratch text of a call site, kept from row to row. */
static void drop_buffer(void *local) {
  sl_buf_done(local);
}

static int array_join(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give_null(out);
  const sl_type *type = call->arg_types[0]->element;
  if (args[0].len && !joinable(type))
    return sl_fail(call, "error: hit element of type %s which is currently not supported",
                   sl_type_text(call->arena, type));
  sl_str by = call->arg_count < 2 ? sl_str_of(",") : sl_is_null(&args[1]) ? sl_str_of("") : sl_value_str(&args[1]);
  sl_buf *text = call->local;
  sl_buf_reset(text);
  for (uint32_t i = 0; i < args[0].len; i++) {
    if (i) sl_buf_add_str(text, by);
    print_item(text, type, &args[0].items[i]);
    if (text->len > SL_TEXT_MAX) return sl_fail_size(call);
  }
  return sl_give(out, sl_of_str(sl_str_dup(call->arena, sl_buf_str(text))));
}

const sl_function sl_fn_array[] = {
    {.name = "ARRAY_CONCAT",
     .category = ARRAY,
     .doc = "Joins two arrays.",
     .example = "ARRAY_CONCAT(ARRAY[1], ARRAY[2]) => [1, 2]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> left, ARRAY<T> right) -> ARRAY<T>",
                                         .flags = SL_FN_NULLS,
                                         .eval = array_concat,
                                         .doc = "One NULL gives the other."},
                                        {0}}},
    {.name = "ARRAY_CONTAINS",
     .spelling = "ARRAY_CONTAINS",
     .category = ARRAY,
     .doc = "Tells whether a value is in an array.",
     .example = "ARRAY_CONTAINS(ARRAY[1, 2], 2) => true",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> array, T val) -> BOOLEAN",
                                         .flags = SL_FN_NULLS,
                                         .eval = array_contains,
                                         .doc = "False for a NULL array; finds NULL elements."},
                                        {0}}},
    {.name = "ARRAY_DISTINCT",
     .category = ARRAY,
     .doc = "Gives the distinct elements in order of appearance.",
     .example = "ARRAY_DISTINCT(ARRAY[1, 2, 1]) => [1, 2]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> input) -> ARRAY<T>", .eval = array_distinct, .doc = "One NULL is kept."}, {0}}},
    {.name = "ARRAY_EXCEPT",
     .category = ARRAY,
     .doc = "Gives the distinct elements of one array that are not in another.",
     .example = "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2]) => [1]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> left, ARRAY<T> right) -> ARRAY<T>",
                                         .eval = array_except,
                                         .doc = "In the order of the first."},
                                        {0}}},
    {.name = "ARRAY_INTERSECT",
     .category = ARRAY,
     .doc = "Gives the distinct elements that are in both arrays.",
     .example = "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2]) => [2]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> left, ARRAY<T> right) -> ARRAY<T>",
                                         .eval = array_intersect,
                                         .doc = "In the order of the first."},
                                        {0}}},
    {.name = "ARRAY_JOIN",
     .spelling = "ARRAY_JOIN",
     .category = ARRAY,
     .doc = "Joins the elements as a text.",
     .example = "ARRAY_JOIN(ARRAY[1, 2], '-') => '1-2'",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> array) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = array_join,
                                         .local_size = sizeof(sl_buf),
                                         .leave = drop_buffer,
                                         .doc = "With commas."},
                                        {.signature = "(ARRAY<T> array, VARCHAR delimiter) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = array_join,
                                         .local_size = sizeof(sl_buf),
                                         .leave = drop_buffer,
                                         .doc = "With a delimiter; NULL is the empty one."},
                                        {0}}},
    {.name = "ARRAY_LENGTH",
     .spelling = "ARRAY_LENGTH",
     .category = ARRAY,
     .doc = "Gives the number of elements.",
     .example = "ARRAY_LENGTH(ARRAY[1, 2]) => 2",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> array) -> INT", .eval = array_length, .doc = "NULL elements count."}, {0}}},
    {.name = "ARRAY_MAX",
     .category = ARRAY,
     .doc = "Gives the greatest element; NULLs are ignored.",
     .example = "ARRAY_MAX(ARRAY[1, 3, 2]) => 3",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> input) -> T", .eval = array_max, .doc = "NULL when there is none."}, {0}}},
    {.name = "ARRAY_MIN",
     .category = ARRAY,
     .doc = "Gives the least element; NULLs are ignored.",
     .example = "ARRAY_MIN(ARRAY[3, 1, 2]) => 1",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> input) -> T", .eval = array_min, .doc = "NULL when there is none."}, {0}}},
    {.name = "ARRAY_REMOVE",
     .category = ARRAY,
     .doc = "Removes all elements that equal a value.",
     .example = "ARRAY_REMOVE(ARRAY[1, 2, 1], 1) => [2]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> array, T victim) -> ARRAY<T>",
                                         .flags = SL_FN_NULLS,
                                         .eval = array_remove,
                                         .doc = "A typed NULL removes NULLs."},
                                        {0}}},
    {.name = "ARRAY_SORT",
     .category = ARRAY,
     .doc = "Sorts an array; NULLs come last.",
     .example = "ARRAY_SORT(ARRAY[2, 1], 'DESC') => [2, 1]",
     .overloads =
         (const sl_overload[]){{.signature = "(ARRAY<T> input) -> ARRAY<T>", .eval = array_sort, .doc = "Ascending."},
                               {.signature = "(ARRAY<T> input, VARCHAR direction) -> ARRAY<T>",
                                .eval = array_sort,
                                .doc = "ASC, ASCENDING, DESC or DESCENDING; another direction gives NULL."},
                               {0}}},
    {.name = "ARRAY_UNION",
     .category = ARRAY,
     .doc = "Gives the distinct elements of two arrays.",
     .example = "ARRAY_UNION(ARRAY[1], ARRAY[1, 2]) => [1, 2]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> left, ARRAY<T> right) -> ARRAY<T>",
                                         .eval = array_union,
                                         .doc = "Those of the first come first."},
                                        {0}}},
    {.name = "SLICE",
     .category = ARRAY,
     .doc = "Gives a part of an array.",
     .example = "SLICE(ARRAY[1, 2, 3], 2, 3) => [2, 3]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> in, INT from, INT to) -> ARRAY<T>",
                                         .flags = SL_FN_NULLS,
                                         .eval = slice,
                                         .doc = "Counted from 1, both ends included; NULL means the array's end."},
                                        {0}}},
    {0}};
