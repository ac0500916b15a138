/* Nodes of the typed tree: making, hashing, comparing, printing. Finishing a node folds it: what reads no column and
 * calls nothing volatile is evaluated here and becomes a constant; if that fails it stays, and fails again for each
 * row. */
#include <ctype.h>

#include "expressions/typed_int.h"
#include "types/text.h"

sl_typed *sl_node_new(sl_arena *arena, sl_node_kind kind, const sl_type *type, const sl_expr *expr) {
  sl_typed *node = sl_arena_zalloc(arena, sizeof *node);
  node->kind = kind;
  node->type = type;
  node->expr = expr;
  node->slot = -1;
  return node;
}

void sl_node_args(sl_arena *arena, sl_typed *node, const sl_typed *const *args, int count) {
  node->args = sl_arena_calloc(arena, (size_t)count, sizeof *node->args);
  node->count = count;
  for (int i = 0; i < count; i++) node->args[i] = args[i];
}

static uint64_t mix(uint64_t h, uint64_t v) {
  return sl_hash_u64(h * 31 + v);
}

static uint64_t hash_node(const sl_typed *node) {
  uint64_t h = mix((uint64_t)node->kind, (uint64_t)node->type->base);
  h = mix(h, (uint64_t)(int64_t)node->slot);
  h = mix(h, (uint64_t)(uintptr_t)node->overload);
  if (node->kind == SL_NODE_ARITHMETIC) h = mix(h, (uint64_t)node->arith.op);
  if (node->kind == SL_NODE_COMPARE) h = mix(h, (uint64_t)node->comparison.op);
  if (node->kind == SL_NODE_CONSTANT) h = mix(h, sl_value_hash(node->type, &node->value));
  for (int i = 0; i < node->count; i++) h = mix(h, node->args[i]->hash);
  return h;
}

static bool same_labels(const sl_typed *a, const sl_typed *b) {
  if (!a->contain || !b->contain) return a->contain == b->contain;
  int count = a->kind == SL_NODE_CALL ? a->count : 1;
  for (int i = 0; i < count; i++) {
    const char *x = a->contain[i], *y = b->contain[i];
    if (x != y && (!x || !y || strcmp(x, y))) return false;
  }
  return true;
}

/* Everything but the arguments. */
static bool same_head(const sl_typed *a, const sl_typed *b) {
  if (a->kind != b->kind || a->slot != b->slot || a->overload != b->overload || a->count != b->count) return false;
  if (!sl_type_equal(a->type, b->type) || !same_labels(a, b)) return false;
  switch (a->kind) {
  case SL_NODE_CONSTANT: return sl_value_equal(a->type, &a->value, &b->value);
  case SL_NODE_ARITHMETIC: return a->arith.op == b->arith.op;
  case SL_NODE_COMPARE: return a->comparison.op == b->comparison.op;
  case SL_NODE_CAST: return a->casting.nested_null == b->casting.nested_null;
  default: return true;
  }
}

bool sl_node_equal(const sl_typed *a, const sl_typed *b) {
  if (a == b) return true;
  if (a->hash != b->hash || !same_head(a, b)) return false;
  for (int i = 0; i < a->count; i++)
    if (!sl_node_equal(a->args[i], b->args[i])) return false;
  return true;
}

const sl_typed *sl_node_constant(sl_arena *arena, const sl_type *type, sl_value value, const sl_expr *expr,
                                 bool literal) {
  sl_typed *node = sl_node_new(arena, SL_NODE_CONSTANT, type, expr);
  node->value = value;
  node->literal = literal;
  node->hash = hash_node(node);
  return node;
}

/* Is a lambda's parameter read here? */
static bool opens(const sl_typed *node) {
  for (int i = 0; i < node->count; i++)
    if (node->args[i]->open) return true;
  return node->kind == SL_NODE_PARAMETER;
}

static bool foldable(const sl_typed *node) {
  return node->kind != SL_NODE_LAMBDA && node->kind != SL_NODE_CONSTANT && !node->reads && !node->is_volatile &&
         !node->open;
}

const sl_typed *sl_node_finish(sl_builder *b, sl_typed *node) {
  node->now_ms = b->typing->now_ms;
  node->reads = node->kind == SL_NODE_COLUMN;
  node->is_volatile = node->overload && (node->overload->flags & SL_FN_VOLATILE);
  for (int i = 0; i < node->count; i++) {
    node->reads |= node->args[i]->reads;
    node->is_volatile |= node->args[i]->is_volatile;
  }
  /* A lambda closes what it binds; one inside another stays open only in what is typed while others are bound. */
  node->open = node->kind == SL_NODE_LAMBDA ? b->binding_count > 0 : opens(node);
  node->hash = hash_node(node);
  sl_value value;
  sl_err ignored = {0};
  if (!foldable(node) || sl_eval_constant(b->arena, node, true, &value, &ignored)) {
    sl_err_done(&ignored);
    return node;
  }
  sl_typed *constant = (sl_typed *)(uintptr_t)sl_node_constant(b->arena, node->type, value, node->expr, false);
  constant->function = node->function;
  constant->unfolded = node;
  return constant;
}

const sl_typed *sl_node_cast(sl_builder *b, const sl_typed *node, const sl_type *to, const char *label,
                             const sl_expr *expr) {
  if (sl_type_equal(node->type, to)) return node;
  if (node->kind == SL_NODE_CONSTANT && sl_is_null(&node->value))
    return sl_node_constant(b->arena, to, sl_null(), expr, false);
  sl_typed *cast = sl_node_new(b->arena, SL_NODE_CAST, to, expr);
  sl_node_args(b->arena, cast, &node, 1);
  sl_casting_init(&cast->casting, node->type, to, b->typing->nested_null);
  if (label && b->typing->nested_null) {
    const char **labels = sl_arena_calloc(b->arena, 1, sizeof *labels);
    labels[0] = label;
    cast->contain = labels;
  }
  return sl_node_finish(b, cast);
}

const sl_typed *sl_node_operator(sl_builder *b, const char *name, const sl_type *type, const sl_typed *const *args,
                                 int count, const char *const *contain, const sl_expr *expr) {
  sl_typed *node = sl_node_new(b->arena, SL_NODE_CALL, type, expr);
  node->overload = sl_operator_find(name);
  node->name = sl_str_of(name);
  node->contain = b->typing->nested_null ? contain : NULL;
  sl_node_args(b->arena, node, args, count);
  return sl_node_finish(b, node);
}

const char *sl_node_text(sl_arena *arena, const sl_typed *node) {
  if (node->expr) return sl_expr_text(arena, node->expr);
  sl_buf text = {0};
  sl_typed_print(&text, node);
  const char *copy = sl_arena_dup(arena, text.data, text.len);
  sl_buf_done(&text);
  return copy;
}

/* ---- printing: names, values, and every conversion in the open ---- */

static void print_args(sl_buf *out, const sl_typed *node, const char *between) {
  for (int i = 0; i < node->count; i++) {
    if (i) sl_buf_add_z(out, between);
    sl_typed_print(out, node->args[i]);
  }
}

static void print_constant(sl_buf *out, const sl_typed *node) {
  if (sl_is_null(&node->value)) {
    sl_buf_add_z(out, "null");
    return;
  }
  bool quoted = node->type->base == SL_STRING || node->type->base >= SL_TIME;
  if (quoted) sl_buf_add_byte(out, '\'');
  if (node->type->base == SL_BYTES)
    sl_base64_encode(out, node->value.bytes, node->value.len);
  else
    sl_value_print(out, node->type, &node->value);
  if (quoted) sl_buf_add_byte(out, '\'');
}

static void print_case(sl_buf *out, const sl_typed *node) {
  sl_buf_add_z(out, "(CASE");
  for (int i = 0; i < node->count; i++) {
    bool last = i == node->count - 1 && !(i & 1);
    sl_buf_add_z(out, last ? " ELSE " : i & 1 ? " THEN " : " WHEN ");
    sl_typed_print(out, node->args[i]);
  }
  sl_buf_add_z(out, " END)");
}

static const char *arith_symbol(sl_arith_op op) {
  static const char *const SYMBOLS[SL_ARITH_OP_COUNT] = {" + ", " - ", " * ", " / ", " % "};
  return SYMBOLS[op];
}

static void print_parenthesised(sl_buf *out, const sl_typed *node, const char *between) {
  sl_buf_add_z(out, "(");
  print_args(out, node, between);
  sl_buf_add_z(out, ")");
}

/* A function with its name as SQL writes it; IS NULL and the like stand behind their operand. */
static void print_call(sl_buf *out, const sl_typed *typed) {
  if (sl_str_starts(typed->name, sl_str_of("IS "))) {
    sl_buf_add_z(out, "(");
    sl_typed_print(out, typed->args[0]);
    sl_buf_printf(out, " " SL_STR_FMT ")", SL_STR_ARG(typed->name));
    return;
  }
  for (size_t i = 0; i < typed->name.len; i++)
    sl_buf_add_byte(out, (uint8_t)toupper((unsigned char)typed->name.ptr[i]));
  print_parenthesised(out, typed, ", ");
}

void sl_typed_print(sl_buf *out, const sl_typed *typed) {
  switch (typed->kind) {
  case SL_NODE_COLUMN:
  case SL_NODE_PARAMETER: sl_buf_add_str(out, typed->name); break;
  case SL_NODE_CONSTANT: print_constant(out, typed); break;
  case SL_NODE_CALL: print_call(out, typed); break;
  case SL_NODE_ARITHMETIC: print_parenthesised(out, typed, arith_symbol(typed->arith.op)); break;
  case SL_NODE_COMPARE:
    sl_buf_add_z(out, "(");
    sl_typed_print(out, typed->args[0]);
    sl_buf_printf(out, " %s ", sl_compare_op_symbol(typed->comparison.op));
    sl_typed_print(out, typed->args[1]);
    sl_buf_add_z(out, ")");
    break;
  case SL_NODE_CAST:
    sl_buf_add_z(out, "CAST(");
    print_args(out, typed, "");
    sl_buf_add_z(out, " AS ");
    sl_type_print(out, typed->type, SL_TYPE_SQL);
    sl_buf_add_z(out, ")");
    break;
  case SL_NODE_FIELD:
    print_args(out, typed, "");
    sl_buf_printf(out, "->" SL_STR_FMT, SL_STR_ARG(typed->name));
    break;
  case SL_NODE_AND: print_parenthesised(out, typed, " AND "); break;
  case SL_NODE_OR: print_parenthesised(out, typed, " OR "); break;
  case SL_NODE_CASE: print_case(out, typed); break;
  case SL_NODE_LAMBDA:
    sl_buf_printf(out, "(" SL_STR_FMT ") => ", SL_STR_ARG(typed->name));
    print_args(out, typed, "");
    break;
  }
}
