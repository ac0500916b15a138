/* TRANSFORM, FILTER and REDUCE (functions.md 13): a lambda applied to the elements of an array or the entries of a map.
 * A lambda that fails makes the whole call fail. */
#include "functions/functions_int.h"
#include "types/text.h"

static const char LAMBDA[] = "LAMBDA";

static int run(const sl_lambda *lambda, sl_call *call, const sl_value *args, int count, sl_value *out) {
  return lambda->run(lambda, call, args, count, out);
}

static int transform_array(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value *items = sl_call_items(call, args[0].len);
  for (uint32_t i = 0; i < args[0].len; i++) {
    int rc = run(&call->lambdas[0], call, &args[0].items[i], 1, &items[i]);
    if (rc) return rc;
  }
  return sl_give(out, sl_of_items(items, args[0].len));
}

static int transform_map(sl_call *call, const sl_value *args, sl_value *out) {
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, call->type->key, args[0].len);
  for (uint32_t i = 0; i < args[0].len; i++) {
    const sl_value *entry = &args[0].items[2 * i];
    sl_value key, value;
    int rc = run(&call->lambdas[0], call, entry, 2, &key);
    if (!rc) rc = run(&call->lambdas[1], call, entry, 2, &value);
    if (rc) return rc;
    if (sl_is_null(&value)) return sl_fail(call, "TRANSFORM gave a NULL map value.");
    if (!sl_pairs_put(&pairs, &key, &value)) return sl_fail(call, "TRANSFORM gave one map key twice.");
  }
  return sl_give(out, sl_of_items(pairs.items, pairs.count));
}

/* Runs a filter's lambda; its NULL is an error. */
static int test(sl_call *call, const sl_value *args, int count, bool *keep) {
  sl_value v;
  int rc = run(&call->lambdas[0], call, args, count, &v);
  if (rc) return rc;
  if (sl_is_null(&v)) return sl_fail(call, "The lambda of FILTER gave NULL.");
  *keep = v.boolean;
  return 0;
}

static int filter_array(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value *items = sl_call_items(call, args[0].len);
  uint32_t n = 0;
  for (uint32_t i = 0; i < args[0].len; i++) {
    bool keep = false;
    int rc = test(call, &args[0].items[i], 1, &keep);
    if (rc) return rc;
    if (keep) items[n++] = args[0].items[i];
  }
  return sl_give(out, sl_of_items(items, n));
}

static int filter_map(sl_call *call, const sl_value *args, sl_value *out) {
  sl_value *pairs = sl_call_items(call, 2 * (size_t)args[0].len);
  uint32_t n = 0;
  for (uint32_t i = 0; i < args[0].len; i++) {
    const sl_value *entry = &args[0].items[2 * i];
    bool keep = false;
    int rc = test(call, entry, 2, &keep);
    if (rc) return rc;
    if (!keep) continue;
    if (sl_is_null(&entry[1])) return sl_fail(call, "FILTER kept a NULL map value.");
    memcpy(&pairs[2 * n++], entry, 2 * sizeof *entry);
  }
  return sl_give(out, sl_of_items(pairs, n));
}

/* The order in which REDUCE, whose result depends on it, goes over a map: that of a Java HashMap where keys are texts,
 * made for as many entries as it has, because so ksqlDB makes the maps that it reads from records. NULL: as they are.
 */
static const uint32_t *map_order(sl_call *call, const sl_value *map) {
  if (call->arg_types[0]->key->base != SL_STRING) return NULL;
  for (uint32_t i = 0; i < map->len; i++)
    if (sl_is_null(&map->items[2 * (size_t)i])) return NULL;
  uint32_t *order = sl_arena_alloc(call->arena, map->len * sizeof *order);
  sl_java_map_order(map->items, map->len, map->len, order);
  return order;
}

/* Arguments: the collection, the initial state, the lambda; each step sees state, then element or key and value. */
static int reduce(sl_call *call, const sl_value *args, uint32_t width, sl_value *out) {
  sl_value state = args[1];
  if (sl_is_null(&state)) return sl_give_null(out);
  uint32_t count = sl_is_null(&args[0]) ? 0 : args[0].len;
  const uint32_t *order = width == 2 && count > 1 ? map_order(call, &args[0]) : NULL;
  for (uint32_t i = 0; i < count; i++) {
    const sl_value *item = &args[0].items[(size_t)width * (order ? order[i] : i)];
    sl_value step[3] = {state, item[0]};
    if (width == 2) step[2] = item[1];
    int rc = run(&call->lambdas[0], call, step, (int)width + 1, &state);
    if (rc) return rc;
  }
  return sl_give(out, state);
}

static int reduce_array(sl_call *call, const sl_value *args, sl_value *out) {
  return reduce(call, args, 1, out);
}
static int reduce_map(sl_call *call, const sl_value *args, sl_value *out) {
  return reduce(call, args, 2, out);
}

/* A lambda's own argument is NULL, so the NULL collection is looked at here. */
static int unless_null(sl_call *call, const sl_value *args, sl_eval eval, sl_value *out) {
  return sl_is_null(&args[0]) ? sl_give_null(out) : eval(call, args, out);
}

static int fn_transform_array(sl_call *call, const sl_value *args, sl_value *out) {
  return unless_null(call, args, transform_array, out);
}
static int fn_transform_map(sl_call *call, const sl_value *args, sl_value *out) {
  return unless_null(call, args, transform_map, out);
}
static int fn_filter_array(sl_call *call, const sl_value *args, sl_value *out) {
  return unless_null(call, args, filter_array, out);
}
static int fn_filter_map(sl_call *call, const sl_value *args, sl_value *out) {
  return unless_null(call, args, filter_map, out);
}

const sl_function sl_fn_lambda[] = {
    {.name = "FILTER",
     .category = LAMBDA,
     .doc = "Keeps the elements or entries for which a lambda is true.",
     .example = "FILTER(ARRAY[1, 2, 3], x => x > 1) => [2, 3]",
     .overloads = (const sl_overload[]){{.signature = "(ARRAY<T> array, LAMBDA(T => BOOLEAN) lambda) -> ARRAY<T>",
                                         .flags = SL_FN_NULLS,
                                         .eval = fn_filter_array,
                                         .doc = "Of an array."},
                                        {.signature = "(MAP<K, V> map, LAMBDA(K, V => BOOLEAN) lambda) -> MAP<K, V>",
                                         .flags = SL_FN_NULLS,
                                         .eval = fn_filter_map,
                                         .doc = "Of a map."},
                                        {0}}},
    {.name = "REDUCE",
     .category = LAMBDA,
     .doc = "Folds a collection into one value, from an initial state on.",
     .example = "REDUCE(ARRAY[1, 2], 10, (s, x) => s + x) => 13",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> list, S initialState, LAMBDA(S, T => S) reduceFunction) -> S",
              .flags = SL_FN_NULLS,
              .eval = reduce_array,
              .doc = "Of an array."},
             {.signature = "(MAP<K, V> map, S initialState, LAMBDA(S, K, V => S) reduceFunction) -> S",
              .flags = SL_FN_NULLS,
              .eval = reduce_map,
              .doc = "Of a map."},
             {0}}},
    {.name = "TRANSFORM",
     .category = LAMBDA,
     .doc = "Applies a lambda to every element or entry.",
     .example = "TRANSFORM(ARRAY[1, 2], x => x * 2) => [2, 4]",
     .overloads =
         (const sl_overload[]){
             {.signature = "(ARRAY<T> array, LAMBDA(T => R) lambda) -> ARRAY<R>",
              .flags = SL_FN_NULLS,
              .eval = fn_transform_array,
              .doc = "Of an array."},
             {.signature = "(MAP<K, V> map, LAMBDA(K, V => R) keyLambda, LAMBDA(K, V => T) valueLambda) -> MAP<R, T>",
              .flags = SL_FN_NULLS,
              .eval = fn_transform_map,
              .doc = "Of a map: one lambda makes the key, one the value."},
             {0}}},
    {0}};
