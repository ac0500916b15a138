/* Programs: typed expressions compiled to one flat array of steps with result slots fixed at build time. No recursion,
 * no type tests at run time. A chunk of rows is run a step at a time under a selection; a single row is a chunk of one.
 */
#pragma once
#include "expressions/typed.h"
#include "types/row.h"

/* Immutable, in the arena it was built in; sl_program_done releases what is not the arena's. */
typedef struct sl_program sl_program;

enum { SL_CHUNK = 256 }; /* rows per chunk at most */

/* Several expressions share one program, so common parts are computed once. Results are result[0..count). */
int sl_program_build(sl_arena *arena, const sl_typed *const *exprs, int count, const sl_program **out, sl_err *err);
void sl_program_done(const sl_program *program); /* releases what functions prepared; accepts NULL */
int sl_program_results(const sl_program *program);
const sl_type *sl_program_type(const sl_program *program, int result);
void sl_program_print(sl_buf *out, const sl_program *program);

/* Run-time side: one per task and program. */
typedef struct sl_runner sl_runner;

/* Called for an expression that failed on a row: result is its number. Must not keep err. */
typedef void (*sl_eval_error)(void *ctx, int result, const sl_row *row, const sl_err *err);

sl_runner *sl_runner_new(const sl_program *program);
void sl_runner_free(sl_runner *runner);
/* Evaluates rows[selection[i]] for i < count (selection NULL = rows 0 .. count), count <= SL_CHUNK. Slots are read from
 * row->values, or from row->old when use_old. out[r * stride + i] gets result r of the i-th selected row; strings may
 * borrow from the row or live in arena. Failures give NULL and one call of on_error each. */
void sl_runner_run(sl_runner *runner, sl_arena *arena, int64_t now_ms, const sl_row *rows, const uint16_t *selection,
                   int count, bool use_old, sl_value *out, int stride, sl_eval_error on_error, void *ctx);
/* Predicate form for programs with one BOOLEAN result: writes the selection of rows that are TRUE, returns its length.
 */
int sl_runner_filter(sl_runner *runner, sl_arena *arena, int64_t now_ms, const sl_row *rows, const uint16_t *selection,
                     int count, bool use_old, uint16_t *out, sl_eval_error on_error, void *ctx);

/* Table functions of a projection: calls one, giving its list. */
typedef struct sl_table_call sl_table_call;
int sl_table_call_build(sl_arena *arena, sl_str name, const sl_typed *const *args, int count, sl_pos pos,
                        const sl_table_call **out, sl_err *err);
const sl_type *sl_table_call_type(const sl_table_call *call); /* of an element */
/* Elements for one row's evaluated arguments (already cast): an ARRAY value; failures give an error as scalar eval
 * does. */
int sl_table_call_run(const sl_table_call *call, sl_arena *arena, int64_t now_ms, const sl_value *args, sl_value *out,
                      sl_err *err);
/* The argument expressions after implicit casts, to be put into a program by the caller. */
const sl_typed *const *sl_table_call_args(const sl_table_call *call, int *count);

/* Aggregate calls. */
typedef struct sl_agg_call sl_agg_call;
int sl_agg_call_build(sl_arena *arena, sl_str name, const sl_typed *const *args, int count, sl_pos pos,
                      const sl_agg_call **out, sl_err *err);
/* The setting that limits the items of the call's result, NULL if there is none; the call with such a limit. */
const char *sl_agg_call_limit_setting(const sl_agg_call *call);
const sl_agg_call *sl_agg_call_limited(sl_arena *arena, const sl_agg_call *call, int64_t limit);
const sl_type *sl_agg_call_type(const sl_agg_call *call); /* of the result */
const sl_type *sl_agg_call_state_type(const sl_agg_call *call);
bool sl_agg_call_has_undo(const sl_agg_call *call);
void sl_agg_call_print(sl_buf *out, const sl_agg_call *call); /* name and column arguments, for EXPLAIN */
const sl_typed *const *sl_agg_call_args(const sl_agg_call *call, int *count); /* column arguments after casts */
int sl_agg_call_init(const sl_agg_call *call, sl_arena *arena, sl_value *state, sl_err *err);
int sl_agg_call_add(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *args, sl_err *err);
int sl_agg_call_undo(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *args, sl_err *err);
int sl_agg_call_merge(const sl_agg_call *call, sl_arena *arena, sl_value *state, const sl_value *other, sl_err *err);
int sl_agg_call_result(const sl_agg_call *call, sl_arena *arena, const sl_value *state, sl_value *out, sl_err *err);
