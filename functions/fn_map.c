/* Map functions (functions.md 12), for maps with VARCHAR keys. Entries keep their order of insertion. */
#include <stdlib.h>
#include "functions/functions_int.h"

static const char MAP[] = "MAP";

/* Every second value of the map's pairs, from the first (0: keys) or second (1: values). */
static int every_second(sl_call *call, const sl_value *map, int which, sl_value *out) {
  sl_value *items = sl_call_items(call, map->len);
  for (uint32_t i = 0; i < map->len; i++) items[i] = map->items[2 * i + (uint32_t)which];
  return sl_give(out, sl_of_items(items, map->len));
}

static int map_keys(sl_call *call, const sl_value *args, sl_value *out) {
  return every_second(call, &args[0], 0, out);
}

static int map_values(sl_call *call, const sl_value *args, sl_value *out) {
  return every_second(call, &args[0], 1, out);
}

static int as_map(sl_call *call, const sl_value *args, sl_value *out) {
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, &SL_TYPE_STRING, args[0].len);
  const sl_value null = sl_null();
  for (uint32_t i = 0; i < args[0].len; i++)
    sl_pairs_put(&pairs, &args[0].items[i], i < args[1].len ? &args[1].items[i] : &null);
  return sl_give(out, sl_of_items(pairs.items, pairs.count));
}

static int map_union(sl_call *call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return sl_give(out, args[1]);
  if (sl_is_null(&args[1])) return sl_give(out, args[0]);
  size_t room = (size_t)args[0].len + args[1].len;
  if (room > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, call->type->key, room);
  for (int m = 0; m < 2; m++)
    for (uint32_t i = 0; i < args[m].len; i++) sl_pairs_put(&pairs, &args[m].items[2 * i], &args[m].items[2 * i + 1]);
  return sl_give(out, sl_of_items(pairs.items, pairs.count));
}

/* ---- ENTRIES ---- */

static int by_key(const void *a, const void *b) {
  const sl_value *x = ((const sl_value *)a)->items, *y = ((const sl_value *)b)->items;
  if (sl_is_null(x) || sl_is_null(y)) return sl_is_null(y) - sl_is_null(x);
  return sl_value_compare(&SL_TYPE_STRING, x, y);
}

static int entries(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value *items = sl_call_items(call, args[0].len);
  for (uint32_t i = 0; i < args[0].len; i++)
    items[i] = sl_of_items(&args[0].items[2 * i], 2); /* a pair is the struct */
  if (args[1].boolean) qsort(items, args[0].len, sizeof *items, by_key);
  return sl_give(out, sl_of_items(items, args[0].len));
}

const sl_function sl_fn_map[] = {
    {.name = "AS_MAP",
     .spelling = "AS_MAP",
     .category = MAP,
     .doc = "Makes a map of an array of keys and one of values.",
     .example = "AS_MAP(ARRAY['a'], ARRAY[1]) => {a=1}",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<VARCHAR> keys, ARRAY<T> values) -> MAP<VARCHAR, T>",
                                         .eval = as_map,
                                         .doc = "Pairs by position; missing values are NULL."},
                                        {0}}},
    {.name = "ENTRIES",
     .spelling = "ENTRIES",
     .category = MAP,
     .doc = "Gives the entries of a map as structs K and V.",
     .example = "ENTRIES(MAP('a' := 1), true) => [Struct{K=a,V=1}]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(MAP<VARCHAR, INT> map, BOOLEAN! sorted) -> ARRAY<STRUCT<K VARCHAR, V INT>>",
              .eval = entries,
              .doc = "Sorted by key when asked."},
             {.signature = "(MAP<VARCHAR, BIGINT> map, BOOLEAN! sorted) -> ARRAY<STRUCT<K VARCHAR, V BIGINT>>",
              .eval = entries,
              .doc = "Sorted by key when asked."},
             {.signature = "(MAP<VARCHAR, DOUBLE> map, BOOLEAN! sorted) -> ARRAY<STRUCT<K VARCHAR, V DOUBLE>>",
              .eval = entries,
              .doc = "Sorted by key when asked."},
             {.signature = "(MAP<VARCHAR, BOOLEAN> map, BOOLEAN! sorted) -> ARRAY<STRUCT<K VARCHAR, V BOOLEAN>>",
              .eval = entries,
              .doc = "Sorted by key when asked."},
             {.signature = "(MAP<VARCHAR, VARCHAR> map, BOOLEAN! sorted) -> ARRAY<STRUCT<K VARCHAR, V VARCHAR>>",
              .eval = entries,
              .doc = "Sorted by key when asked."},
             {0}}},
    {.name = "MAP_KEYS",
     .category = MAP,
     .doc = "Gives the keys of a map.",
     .example = "MAP_KEYS(MAP('a' := 1)) => ['a']",
     .overloads =
         (const sl_overload[]){
             {.signature = "(MAP<VARCHAR, T> input) -> ARRAY<VARCHAR>", .eval = map_keys, .doc = "In the map's order."},
             {0}}},
    {.name = "MAP_UNION",
     .category = MAP,
     .doc = "Joins two maps; the second wins.",
     .example = "MAP_UNION(MAP('a' := 1), MAP('b' := 2)) => {a=1, b=2}",
     .overloads = (const sl_overload[]){{.signature = "(MAP<VARCHAR, T> map1, MAP<VARCHAR, T> map2) -> MAP<VARCHAR, T>",
                                         .flags = SL_FN_NULLS,
                                         .eval = map_union,
                                         .doc = "One NULL gives the other."},
                                        {0}}},
    {.name = "MAP_VALUES",
     .category = MAP,
     .doc = "Gives the values of a map.",
     .example = "MAP_VALUES(MAP('a' := 1)) => [1]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(MAP<VARCHAR, T> input) -> ARRAY<T>", .eval = map_values, .doc = "In the map's order."},
             {0}}},
    {0}};
