/* The typed tree as the files of this folder see it. */
#pragma once
#include "base/vec.h"
#include "expressions/typed.h"
#include "parser/parser.h"
#include "types/arith.h"
#include "types/cast.h"
#include "types/compare.h"

typedef enum sl_node_kind {
  SL_NODE_COLUMN,
  SL_NODE_PARAMETER, /* of an enclosing lambda */
  SL_NODE_CONSTANT,
  SL_NODE_CALL,       /* a function, or an operator that is implemented as one */
  SL_NODE_ARITHMETIC, /* kernel of types/arith.h */
  SL_NODE_COMPARE,    /* kernel of types/compare.h */
  SL_NODE_CAST,
  SL_NODE_FIELD, /* struct->field */
  SL_NODE_AND,
  SL_NODE_OR,
  SL_NODE_CASE,   /* when, then, ... and a default if the count is odd */
  SL_NODE_LAMBDA, /* argument of a call; args[0] is its body */
} sl_node_kind;

struct sl_typed {
  sl_node_kind kind;
  const sl_type *type;
  const sl_expr *expr; /* what was written, for messages; NULL for nodes made here */
  const sl_typed **args;
  int count;
  uint64_t hash;               /* equal trees hash equal */
  bool literal;                /* written as a literal */
  bool reads;                  /* a column is read below */
  bool is_volatile;            /* a volatile function is called below */
  bool open;                   /* a parameter of a lambda outside of this node is read below */
  sl_str name;                 /* COLUMN, FIELD, PARAMETER: its name; CALL: the function's spelling */
  int slot;                    /* COLUMN: slot; FIELD: index; PARAMETER: its number, LAMBDA: that of its first one */
  sl_value value;              /* CONSTANT */
  const sl_typed *unfolded;    /* CONSTANT: the node it was computed from, or NULL */
  const sl_overload *overload; /* CALL */
  bool function;               /* CALL: written as a function call, so its failure is contained (functions.md 2.3) */
  const bool *strict;          /* CALL: arguments that must not be NULL, or NULL */
  const char *const
      *contain;             /* CALL: per argument the label under which its failure becomes NULL, or NULL; CAST: one */
  sl_arith arith;           /* ARITHMETIC */
  sl_comparison comparison; /* COMPARE */
  sl_casting casting;       /* CAST */
  int64_t now_ms;           /* wall clock of the planning, for constants */
};

/* A name that a lambda binds. */
typedef struct sl_binding {
  sl_str name;
  const sl_type *type;
  int number;
} sl_binding;

/* One build of one tree. */
typedef struct sl_builder {
  sl_arena *arena;
  const sl_typing *typing;
  sl_binding *bindings; /* of the lambdas around the place being typed, outermost first */
  int binding_count, binding_cap;
  int next_number; /* for parameters */
} sl_builder;

int sl_build_node(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
/* The text of an expression in messages. */
const char *sl_node_text(sl_arena *arena, const sl_typed *node);
/* Marks a failure that belongs to compiling (sl_typing.late). Returns rc. */
int sl_build_late(sl_builder *b, int rc);

/* ---- making nodes: each computes what is below it, and its hash ---- */
sl_typed *sl_node_new(sl_arena *arena, sl_node_kind kind, const sl_type *type, const sl_expr *expr);
void sl_node_args(sl_arena *arena, sl_typed *node, const sl_typed *const *args, int count);
const sl_typed *sl_node_constant(sl_arena *arena, const sl_type *type, sl_value value, const sl_expr *expr,
                                 bool literal);
/* Finishes a node: hash and flags; a node without columns and volatile calls is evaluated and becomes a constant. */
const sl_typed *sl_node_finish(sl_builder *b, sl_typed *node);
bool sl_node_equal(const sl_typed *a, const sl_typed *b);
/* node AS to; node itself when it has the type. label: the failure is contained under it. The cast must be supported.
 */
const sl_typed *sl_node_cast(sl_builder *b, const sl_typed *node, const sl_type *to, const char *label,
                             const sl_expr *expr);
/* A call of an operator's implementation by its name in the tables (operators.c, fn_like.c). */
const sl_typed *sl_node_operator(sl_builder *b, const char *name, const sl_type *type, const sl_typed *const *args,
                                 int count, const char *const *contain, const sl_expr *expr);

/* ---- typed_calls.c, typed_operators.c, typed_lists.c ---- */
int sl_build_call(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_arithmetic(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_negate(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_compare(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_between(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_logic(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_not(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_null_test(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_like(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_case(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_cast(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_subscript(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_dereference(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_in(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_array(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_map(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);
int sl_build_struct(sl_builder *b, const sl_expr *expr, const sl_typed **out, sl_err *err);

/* The implementations of operators, found by name; NULL ends the table (operators.c). */
const sl_overload *sl_operator_find(const char *name);

/* Runs an expression that reads no column. strict: a failure that was contained fails the whole too, so that folding
 * does not lose its entry in the processing log. The value is copied to arena. */
int sl_eval_constant(sl_arena *arena, const sl_typed *node, bool strict, sl_value *out, sl_err *err);
