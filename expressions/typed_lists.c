/* Lists of expressions that must become one type: ARRAY[..], the keys and values of MAP(..), IN (sql.md 3.5), and
 * STRUCT. */
#include "base/map.h"
#include "expressions/typed_int.h"

static const char ISSUE[] = "see https://github.com/confluentinc/ksql/issues/4239";

/* ---- common type ---- */

/* Why two types do not meet. */
typedef enum meeting { MEET_OK, MEET_NO, MEET_FAILED } meeting;

static meeting meet(sl_builder *b, const sl_type *common, const sl_typed *node, const sl_type **out, sl_err *err);

/* The node of a constructor, folded or not; NULL when node is something else. */
static const sl_typed *constructor_of(const sl_typed *node) {
  if (node->unfolded) node = node->unfolded;
  if (node->kind != SL_NODE_CALL || !node->expr) return NULL;
  sl_expr_kind kind = node->expr->kind;
  return kind == SL_EXPR_ARRAY || kind == SL_EXPR_MAP || kind == SL_EXPR_STRUCT ? node : NULL;
}

/* A text literal where numbers or booleans are: it must parse as one. */
static meeting meet_text(sl_builder *b, const sl_type *common, const sl_typed *node, const sl_type **out, sl_err *err) {
  sl_value value;
  const sl_type *type = NULL;
  bool ok = sl_type_is_numeric(common) ? sl_number_literal(b->arena, sl_value_str(&node->value), &type, &value)
                                       : sl_coerce(b->arena, node->type, common, &node->value, true, &value, NULL) == 0;
  if (!ok) {
    sl_err_set(err, SL_E_STATEMENT, node->expr ? node->expr->pos : SL_NO_POS,
               "invalid input syntax for type %s: \"" SL_STR_FMT "\".", sl_base_name(common->base),
               SL_STR_ARG(sl_value_str(&node->value)));
    return MEET_FAILED;
  }
  *out = type ? sl_type_widen(b->arena, common, type) : common;
  return MEET_OK;
}

/* Struct constructor: the fields of both, each brought to a common type. */
static meeting meet_struct(sl_builder *b, const sl_type *common, const sl_typed *node, const sl_type **out,
                           sl_err *err) {
  sl_field *fields = sl_arena_calloc(b->arena, (size_t)(common->field_count + node->count), sizeof *fields);
  int n = common->field_count;
  for (int i = 0; i < n; i++) fields[i] = common->fields[i];
  for (int i = 0; i < node->count; i++) {
    int at = sl_type_field(common, node->type->fields[i].name);
    if (at < 0) {
      fields[n++] = node->type->fields[i];
      continue;
    }
    meeting m = meet(b, fields[at].type, node->args[i], &fields[at].type, err);
    if (m != MEET_OK) return m;
  }
  *out = sl_type_struct(b->arena, fields, n);
  return MEET_OK;
}

/* An ARRAY, MAP or STRUCT constructor merges element by element, so that text inside is still a literal. */
static meeting meet_constructor(sl_builder *b, const sl_type *common, const sl_typed *node, const sl_type **out,
                                sl_err *err) {
  if (node->type->base == SL_STRUCT) return meet_struct(b, common, node, out, err);
  const sl_type *types[2] = {common->base == SL_MAP ? common->key : common->element, common->element};
  int width = common->base == SL_MAP ? 2 : 1;
  for (int i = 0; i < node->count; i++) {
    const sl_type **type = &types[i % width];
    meeting m = meet(b, *type, node->args[i], type, err);
    if (m != MEET_OK) return m;
  }
  *out = width == 2 ? sl_type_map(b->arena, types[0], types[1]) : sl_type_array(b->arena, types[0]);
  return MEET_OK;
}

/* A NULL literal, also one that a constructor around it has given a type. */
static bool is_null_literal(const sl_typed *node) {
  return node->type->base == SL_NULL_TYPE ||
         (node->kind == SL_NODE_CONSTANT && node->literal && sl_is_null(&node->value));
}

/* The type that common and node's type come to. */
static meeting meet(sl_builder *b, const sl_type *common, const sl_typed *node, const sl_type **out, sl_err *err) {
  if (is_null_literal(node) || sl_type_equal(common, node->type)) {
    *out = common;
    return MEET_OK;
  }
  bool text = node->literal && node->type->base == SL_STRING;
  if (text && (sl_type_is_numeric(common) || common->base == SL_BOOLEAN)) return meet_text(b, common, node, out, err);
  const sl_typed *made = constructor_of(node);
  if (made && made->type->base == common->base) return meet_constructor(b, common, made, out, err);
  const sl_type *type = sl_type_common(b->arena, common, node->type);
  if (!type && node->literal && sl_coerce_supported(node->type, common, true)) type = common;
  if (!type && node->literal && sl_coerce_supported(common, node->type, true)) type = node->type;
  if (!type) return MEET_NO;
  *out = type;
  return MEET_OK;
}

/* The type of a list of expressions (sql.md 3.5), and the list brought to it. NULL literals are skipped; *out_type is
 * NULL when there is nothing else. */
static int common_type(sl_builder *b, const sl_typed *const *nodes, int count, const sl_type **out_type, sl_err *err) {
  const sl_type *common = NULL;
  for (int i = 0; i < count; i++) {
    if (nodes[i]->type->base == SL_NULL_TYPE) continue;
    if (!common) {
      common = nodes[i]->type;
      continue;
    }
    const sl_type *next = common;
    meeting m = meet(b, common, nodes[i], &next, err);
    if (m == MEET_NO)
      sl_err_set(err, SL_E_STATEMENT, nodes[i]->expr ? nodes[i]->expr->pos : SL_NO_POS,
                 "operator does not exist: %s = %s (%s)\nHint: You might need to add explicit type casts.",
                 sl_type_text(b->arena, common), sl_type_text(b->arena, nodes[i]->type),
                 sl_node_text(b->arena, nodes[i]));
    if (m != MEET_OK) return sl_build_late(b, SL_E_STATEMENT);
    common = next;
  }
  *out_type = common;
  return 0;
}

static int convert_all(sl_builder *b, const sl_typed **nodes, int count, const sl_type *type, sl_err *err) {
  for (int i = 0; i < count; i++) {
    const sl_typed *node = nodes[i];
    if (sl_type_equal(node->type, type)) continue;
    if (node->kind == SL_NODE_CONSTANT && node->literal) {
      sl_value value;
      int rc = sl_coerce(b->arena, node->type, type, &node->value, true, &value, err);
      if (rc) return sl_build_late(b, rc);
      nodes[i] = sl_node_constant(b->arena, type, value, node->expr, true);
      continue;
    }
    if (!sl_cast_supported(node->type, type)) {
      int rc =
          sl_err_set(err, SL_E_STATEMENT, node->expr ? node->expr->pos : SL_NO_POS, "Cast of %s to %s is not supported",
                     sl_type_text(b->arena, node->type), sl_type_text(b->arena, type));
      return sl_build_late(b, rc);
    }
    nodes[i] = sl_node_cast(b, node, type, sl_type_text(b->arena, type), node->expr);
  }
  return 0;
}

/* ---- the expressions ---- */

static int build_args(sl_builder *b, const sl_expr *expr, const sl_typed ***out, sl_err *err) {
  const sl_typed **args = sl_arena_calloc(b->arena, (size_t)expr->count, sizeof *args);
  for (int i = 0; i < expr->count; i++) {
    int rc = sl_build_node(b, expr->args[i], &args[i], err);
    if (rc) return rc;
  }
  *out = args;
  return 0;
}

static const char *const *labels(sl_builder *b, int count, const char *first, const char *second) {
  const char **list = sl_arena_calloc(b->arena, (size_t)count, sizeof *list);
  for (int i = 0; i < count; i++) list[i] = i & 1 ? second : first;
  return list;
}

int sl_build_in(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed **args;
  const sl_type *type;
  int rc = build_args(b, expr, &args, err);
  if (!rc) rc = common_type(b, args, expr->count, &type, err);
  if (rc) return rc;
  if (!type) type = &SL_TYPE_NULL; /* NULL IN (NULL): never true */
  rc = convert_all(b, args, expr->count, type, err);
  if (rc) return rc;
  *out = sl_node_operator(b, "IN", &SL_TYPE_BOOLEAN, args, expr->count, NULL, expr);
  return 0;
}

int sl_build_array(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  if (!expr->count)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Array constructor cannot be empty. Please supply at least one element (%s).", ISSUE);
  const sl_typed **args;
  const sl_type *type;
  int rc = build_args(b, expr, &args, err);
  if (!rc) rc = common_type(b, args, expr->count, &type, err);
  if (rc) return rc;
  if (!type)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Cannot construct an array with all NULL elements (%s). As a workaround, you may cast a NULL "
                      "value to the desired type.",
                      ISSUE);
  rc = convert_all(b, args, expr->count, type, err);
  if (rc) return rc;
  *out = sl_node_operator(b, "ARRAY", sl_type_array(b->arena, type), args, expr->count,
                          labels(b, expr->count, "array item", "array item"), expr);
  return 0;
}

static int check_map_keys(sl_builder *b, const sl_expr *expr, sl_err *err) {
  if (!expr->count)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Map constructor cannot be empty. Please supply at least one key value pair (%s).", ISSUE);
  sl_map seen = {0};
  int rc = 0;
  for (int i = 0; i < expr->count && !rc; i += 2) {
    const char *text = sl_expr_text(b->arena, expr->args[i]);
    if (sl_map_put(&seen, sl_str_of(text), &seen))
      rc = sl_err_set(err, SL_E_STATEMENT, expr->pos, "Map constructor has the key %s more than once.", text);
  }
  sl_map_done(&seen);
  return rc;
}

/* Keys (which 0) or values (which 1) brought to one type. */
static int unify_half(sl_builder *b, const sl_expr *expr, const sl_typed **args, int which, const sl_type **type,
                      sl_err *err) {
  static const char *const WORDS[] = {"key", "value"};
  int count = expr->count / 2;
  const sl_typed **half = sl_arena_calloc(b->arena, (size_t)count, sizeof *half);
  for (int i = 0; i < count; i++) half[i] = args[2 * i + which];
  int rc = common_type(b, half, count, type, err);
  if (rc) return rc;
  if (!*type)
    return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                      "Cannot construct a map with all NULL %ss (%s). As a workaround, you may cast a NULL %s to the "
                      "desired type.",
                      WORDS[which], ISSUE, WORDS[which]);
  rc = convert_all(b, half, count, *type, err);
  for (int i = 0; i < count; i++) args[2 * i + which] = half[i];
  return rc;
}

int sl_build_map(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed **args;
  const sl_type *key, *value;
  int rc = check_map_keys(b, expr, err);
  if (!rc) rc = build_args(b, expr, &args, err);
  if (!rc) rc = unify_half(b, expr, args, 0, &key, err);
  if (!rc) rc = unify_half(b, expr, args, 1, &value, err);
  if (rc) return rc;
  *out = sl_node_operator(b, "MAP", sl_type_map(b->arena, key, value), args, expr->count,
                          labels(b, expr->count, "map key", "map value"), expr);
  return 0;
}

int sl_build_struct(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err) {
  const sl_typed **args;
  int rc = build_args(b, expr, &args, err);
  if (rc) return rc;
  sl_field *fields = sl_arena_calloc(b->arena, (size_t)expr->count, sizeof *fields);
  for (int i = 0; i < expr->count; i++) {
    for (int j = 0; j < i; j++)
      if (sl_str_eq(expr->names[i], expr->names[j]))
        return sl_err_set(err, SL_E_STATEMENT, expr->pos, "Duplicate field names found in STRUCT: '%s'",
                          sl_expr_text(b->arena, expr));
    if (args[i]->type->base == SL_NULL_TYPE)
      return sl_err_set(err, SL_E_STATEMENT, expr->pos,
                        "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS "
                        "VARCHAR).");
    fields[i] = (sl_field){expr->names[i], args[i]->type};
  }
  *out = sl_node_operator(b, "STRUCT", sl_type_struct(b->arena, fields, expr->count), args, expr->count,
                          labels(b, expr->count, "struct field", "struct field"), expr);
  return 0;
}
