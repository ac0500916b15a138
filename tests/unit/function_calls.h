/* Programs that call a function on the arguments of its example, as columns: nothing is folded. */
#pragma once
#include "expressions/program.h"
#include "functions/signature.h"
#include "parser/parser.h"
#include "tests/unit/function_examples.h"

enum { EXAMPLE_ARGUMENTS = 8 };

/* Is an argument for a parameter of this name prepared once per call site where it is constant? */
static inline bool example_is_prepared(sl_str name) {
  static const char *const PARTS[] = {"attern", "regexp", "imeZone", "ncoding", "path"};
  for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
    if (memmem(name.ptr, name.len, PARTS[i], strlen(PARTS[i]))) return true;
  return false;
}

/* Puts an argument's value into the next column and a reference to it in its place. */
static inline int example_column(sl_arena *arena, const sl_typing *typing, sl_expr **arg, sl_slot *slot,
                                 sl_value *value, sl_err *err) {
  const sl_typed *typed;
  int rc = sl_typed_build(arena, *arg, typing, &typed, err);
  if (!rc) rc = sl_typed_value(arena, typed, value, err);
  if (rc) return rc;
  *slot = (sl_slot){sl_str_printf(arena, "A%d", typing->layout->count), sl_typed_type(typed)};
  *arg = sl_expr_column(arena, sl_str_n("", 0), slot->name, (*arg)->pos);
  return 0;
}

/* The program of a scalar function's example. Lambdas, units and NULLs stay as they are, and with keep_prepared also
 * constants that are prepared once. typing->layout is over slots[EXAMPLE_ARGUMENTS], and empty; values gets the row. */
static inline int example_program(sl_arena *arena, const sl_function *f, bool keep_prepared, const sl_typing *typing,
                                  sl_slot *slots, sl_value *values, const sl_program **out, sl_err *err) {
  const sl_expr *parsed;
  sl_layout *layout = (sl_layout *)(uintptr_t)typing->layout;
  int rc = sl_parse_expr(arena, example_of(f->example).call, &parsed, err);
  if (rc) return rc;
  sl_expr *call = sl_arena_alloc(arena, sizeof *call);
  *call = *parsed;
  const sl_signature *sig = sl_function_signature(f, 0);
  for (int i = 0; i < call->count && !rc; i++) {
    const sl_expr *arg = call->args[i];
    bool keep = arg->kind == SL_EXPR_LAMBDA || arg->kind == SL_EXPR_INTERVAL_UNIT || arg->kind == SL_EXPR_NULL ||
                (keep_prepared && i < sig->count && example_is_prepared(sig->parameters[i].name));
    if (keep) continue;
    rc = example_column(arena, typing, &call->args[i], &slots[layout->count], &values[layout->count], err);
    layout->count++;
  }
  const sl_typed *typed;
  if (!rc) rc = sl_typed_build(arena, call, typing, &typed, err);
  return rc ? rc : sl_program_build(arena, &typed, 1, out, err);
}
