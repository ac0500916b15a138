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

/* The call of an aggregate's example, with columns[c] the array of the values that column c has in turn. */
static inline int example_aggregate(sl_arena *arena, const sl_function *f, const sl_typing *typing, sl_slot *slots,
                                    sl_value columns[2], const sl_agg_call **out, sl_err *err) {
  static const sl_str NAMES[] = {{"X", 1}, {"Y", 1}};
  function_example e = example_of(f->example);
  const sl_expr *expr;
  const sl_typed *typed, *args[EXAMPLE_ARGUMENTS];
  int rc = 0;
  for (int c = 0; c < e.column_count && !rc; c++) {
    rc = sl_parse_expr(arena, sl_str_printf(arena, "ARRAY[" SL_STR_FMT "]", SL_STR_ARG(e.columns[c])), &expr, err);
    if (!rc) rc = sl_typed_build(arena, expr, typing, &typed, err);
    if (!rc) rc = sl_typed_value(arena, typed, &columns[c], err);
    if (!rc) slots[c] = (sl_slot){NAMES[c], sl_typed_type(typed)->element};
  }
  if (!rc) rc = sl_parse_expr(arena, e.call, &expr, err);
  if (rc) return rc;
  ((sl_layout *)(uintptr_t)typing->layout)->count = e.column_count;
  for (int i = 0; i < expr->count && !rc; i++) rc = sl_typed_build(arena, expr->args[i], typing, &args[i], err);
  return rc ? rc : sl_agg_call_build(arena, sl_str_of(f->name), args, expr->count, SL_NO_POS, out, err);
}

/* Adds row r of those columns. */
static inline int example_add(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value columns[2],
                              uint32_t r, sl_err *err) {
  const sl_value row[2] = {columns[0].items[r], r < columns[1].len ? columns[1].items[r] : sl_null()};
  return sl_agg_call_add(call, arena, state, row, err);
}
