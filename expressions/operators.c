/* SQL operators that are implemented as functions: rows as in functions/, found by name when the tree is typed.
 * Operators with kernels of their own (arithmetic, comparison, AND, OR, CASE, CAST) are steps of a program instead. */
#include "expressions/typed_int.h"
#include "types/pairs.h"

static int fail(sl_call *call, const char *message) {
  return sl_err_set(call->err, SL_E_EVALUATE, SL_NO_POS, "%s", message);
}

static int give(sl_value *out, sl_value v) {
  *out = v;
  return 0;
}

static int not(sl_call * call, const sl_value *args, sl_value *out) {
  if (sl_is_null(&args[0])) return fail(call, "NOT on a NULL value");
  return give(out, sl_of_bool(!args[0].boolean));
}

static int negate(sl_call *call, const sl_value *args, sl_value *out) {
  return sl_arith_negate(call->arena, call->type, &args[0], out, call->err);
}

static int is_null(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return give(out, sl_of_bool(sl_is_null(&args[0])));
}

static int is_not_null(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return give(out, sl_of_bool(!sl_is_null(&args[0])));
}

static int if_null(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  return give(out, sl_is_null(&args[0]) ? args[1] : args[0]);
}

/* ---- IN ---- */

/* The list of an IN when it is constant and not short: a hash table. */
typedef struct in_set {
  const sl_value **slots;
  size_t mask;
} in_set;
enum { IN_SET_FROM = 9 }; /* arguments, the value included */

static bool in_equal(const sl_type *type, const sl_value *a, const sl_value *b) {
  if (sl_is_null(a)) return false;
  return type->base == SL_DOUBLE ? a->f64 == b->f64 : sl_value_equal(type, a, b);
}

static int in_prepare(sl_call *call, sl_arena *arena, sl_err *err) {
  (void)err;
  const sl_type *type = call->arg_types[0];
  if (call->arg_count < IN_SET_FROM || type->base == SL_DOUBLE) return 0;
  for (int i = 1; i < call->arg_count; i++)
    if (!call->is_constant[i]) return 0;
  size_t size = 16;
  while (size < (size_t)call->arg_count * 2) size *= 2;
  in_set *set = sl_arena_alloc(arena, sizeof *set);
  *set = (in_set){sl_arena_calloc(arena, size, sizeof *set->slots), size - 1};
  for (int i = 1; i < call->arg_count; i++) {
    const sl_value *v = &call->constants[i];
    if (sl_is_null(v)) continue;
    size_t at = sl_value_hash(type, v) & set->mask;
    while (set->slots[at]) at = (at + 1) & set->mask;
    set->slots[at] = v;
  }
  call->prepared = set;
  return 0;
}

static bool in_find(const in_set *set, const sl_type *type, const sl_value *v) {
  for (size_t at = sl_value_hash(type, v) & set->mask; set->slots[at]; at = (at + 1) & set->mask)
    if (sl_value_equal(type, set->slots[at], v)) return true;
  return false;
}

static int in(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_type *type = call->arg_types[0];
  bool found = false;
  if (sl_is_null(&args[0])) return give(out, sl_of_bool(false));
  if (call->prepared) return give(out, sl_of_bool(in_find(call->prepared, type, &args[0])));
  for (int i = 1; i < call->arg_count && !found; i++) found = in_equal(type, &args[i], &args[0]);
  return give(out, sl_of_bool(found));
}

/* ---- constructors, subscripts ---- */

static int array(sl_call *call, const sl_value *args, sl_value *out) {
  size_t size = (size_t)call->arg_count * sizeof *args;
  sl_value *items = sl_arena_alloc(call->arena, size);
  if (size) memcpy(items, args, size);
  return give(out, sl_of_items(items, (uint32_t)call->arg_count));
}

/* The last of equal keys wins, in the place of the first. */
static int map(sl_call *call, const sl_value *args, sl_value *out) {
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, call->type->key, (size_t)call->arg_count / 2);
  for (int i = 0; i < call->arg_count; i += 2) sl_pairs_put(&pairs, &args[i], &args[i + 1]);
  return give(out, sl_of_items(pairs.items, pairs.count));
}

static int array_item(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  int64_t i = args[1].i64, len = args[0].len;
  if (i < 0) i += len + 1;
  return give(out, i < 1 || i > len ? sl_null() : args[0].items[i - 1]);
}

static int map_item(sl_call *call, const sl_value *args, sl_value *out) {
  const sl_value *found = sl_map_value(call->arg_types[0], &args[0], &args[1]);
  return give(out, found ? *found : sl_null());
}

static const struct {
  const char *name;
  sl_overload overload;
} OPERATORS[] = {
    {"ARRAY", {.signature = "array constructor", .flags = SL_FN_NULLS, .eval = array}},
    {"ARRAY[]", {.signature = "array subscript", .eval = array_item}},
    {"IF NULL", {.signature = "text of a NULL", .flags = SL_FN_NULLS, .eval = if_null}},
    {"IN", {.signature = "in", .flags = SL_FN_NULLS, .eval = in, .prepare = in_prepare}},
    {"IS NOT NULL", {.signature = "is not null", .flags = SL_FN_NULLS, .eval = is_not_null}},
    {"IS NULL", {.signature = "is null", .flags = SL_FN_NULLS, .eval = is_null}},
    {"MAP", {.signature = "map constructor", .flags = SL_FN_NULLS, .eval = map}},
    {"MAP[]", {.signature = "map subscript", .eval = map_item}},
    {"NEGATE", {.signature = "unary minus", .flags = SL_FN_NULLS, .eval = negate}},
    {"NOT", {.signature = "not", .flags = SL_FN_NULLS, .eval = not }},
    {"STRUCT", {.signature = "struct constructor", .flags = SL_FN_NULLS, .eval = array}},
};

const sl_overload *sl_operator_find(const char *name) {
  for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
    if (!strcmp(OPERATORS[i].name, name)) return &OPERATORS[i].overload;
  return NULL;
}
