/* Typed expressions: an AST expression with every name bound to a slot, every type known, every implicit cast explicit
 * and constants folded. Made once at planning; programs are built from it. */
#pragma once
#include "functions/function.h"
#include "parser/ast.h"
#include "types/schema.h"
#include "types/type.h"

/* How names resolve: the planner describes the row layout. */
typedef struct sl_slot {
  sl_str name; /* as it is known at this plan node */
  const sl_type *type;
} sl_slot;
typedef struct sl_layout {
  const sl_slot *slots; /* key columns first */
  int count;
  int key_count;
} sl_layout;
int sl_layout_find(const sl_layout *layout, sl_str name); /* slot or -1 */

typedef struct sl_typing {
  const sl_layout *layout;
  bool nested_null;    /* ksql.nested.error.set.null */
  bool preserve_nulls; /* ksql.cast.strings.preserve.nulls */
  bool lambdas_enabled;
  int64_t now_ms;
  /* Gives the type of a custom type name (or NULL); may be NULL itself. */
  const sl_type *(*custom_type)(void *ctx, sl_str name);
  void *custom_ctx;
  /* May be NULL. Set to true by a failure that belongs to compiling rather than to typing: the planner then says
   * "Invalid Predicate: " or "Invalid Select: " instead of "Error in WHERE expression: " (sql.md 6.1). */
  bool *late;
} sl_typing;

typedef struct sl_typed sl_typed; /* opaque tree node, lives in the arena given */

/* Types an expression; column references are looked up by name in the layout (source must be empty by then: the planner
 * has rewritten qualified names). Messages of sql.md 3 and functions.md 3.4, without clause prefix. The tree keeps
 * pointers into expr, layout types and constants: they live as long as it is used; programs copy what they need. */
int sl_typed_build(sl_arena *arena, const sl_expr *expr, const sl_typing *typing, const sl_typed **out, sl_err *err);
const sl_type *sl_typed_type(const sl_typed *typed);
/* Wraps in an implicit cast (or literal conversion); SL_E_STATEMENT if the types do not allow it. */
int sl_typed_coerce(sl_arena *arena, const sl_typed *typed, const sl_type *to, bool lax, const sl_typed **out,
                    sl_err *err);
/* No column is read and nothing volatile is called. */
bool sl_typed_is_constant(const sl_typed *typed);
/* Value of an expression that reads no column; SL_E_EVALUATE if it fails. */
int sl_typed_value(sl_arena *arena, const sl_typed *typed, sl_value *out, sl_err *err);
/* Sets used[slot] for every slot read. */
void sl_typed_slots(const sl_typed *typed, bool *used);
/* Slot number when the expression is a bare column, else -1. */
int sl_typed_slot(const sl_typed *typed);
void sl_typed_print(sl_buf *out, const sl_typed *typed); /* for EXPLAIN and golden tests */

/* Type of an AST type; custom names through typing (may be NULL). "Cannot resolve unknown type: X" and DECIMAL checks.
 */
int sl_resolve_type(sl_arena *arena, const sl_ast_type *ast, const sl_typing *typing, const sl_type **out, sl_err *err);
