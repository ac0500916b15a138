/* Programs as the files of this folder see them: steps, blocks, slots; and the runner's frame, which kernels work on.
 *
 * A slot holds one value per row of the chunk, or a single one (stride 0: constants, parameters and everything inside a
 * lambda's body). A value in a slot has a fourth state beside NULL and the two set ones: FAILED, with the message. It
 * runs through whatever depends on it, until it is contained (functions.md 2.3) or reaches a result.
 *
 * Selections have levels: level 0 is all rows; AND, OR and CASE fill a deeper one with the rows that still matter. */
#pragma once
#include "expressions/program.h"
#include "expressions/typed_int.h"

enum { SL_TAG_FAILED = 0x80 }; /* bytes, len: the message, NUL-terminated */

typedef enum sl_step_kind {
  SL_STEP_COLUMN, /* out = slot of the row */
  SL_STEP_CALL,   /* a function that sees NULLs, strict parameters, contained arguments, lambdas */
  SL_STEP_STRICT, /* a function that any NULL makes NULL */
  SL_STEP_ARITHMETIC,
  SL_STEP_COMPARE,
  SL_STEP_CAST,
  SL_STEP_FIELD,
  SL_STEP_NARROW, /* AND, OR: rows whose left side does not decide go to to_level; skip when there are none */
  SL_STEP_JOIN,   /* AND, OR: the right side decides for them */
  SL_STEP_BEGIN,  /* CASE: to_level = all rows of level */
  SL_STEP_WHEN,   /* CASE: rows that are true leave level for to_level; skip when there are none */
  SL_STEP_THEN,   /* CASE: out = value */
  SL_STEP_KIND_COUNT
} sl_step_kind;

struct sl_step;
struct sl_frame;
typedef void (*sl_kernel)(sl_runner *runner, const struct sl_frame *frame, const struct sl_step *step);

typedef struct sl_step {
  sl_step_kind kind;
  sl_kernel run;
  int level, to_level;
  int out;
  int result;      /* the first result that needs it: named when a failure is contained */
  int skip;        /* NARROW, WHEN: step to go on with when to_level is empty */
  const int *args; /* slots */
  int arg_count;
  int number;                 /* COLUMN: slot of the row; FIELD: index; CALL, STRICT: number of the call */
  bool keep;                  /* NARROW: left value that leaves the decision to the right (AND: true) */
  const bool *strict;         /* CALL */
  const char *const *contain; /* CALL: per argument, or NULL; CAST: one label, or NULL */
  sl_arith arith;
  sl_comparison comparison;
  sl_casting casting;
} sl_step;

typedef struct sl_block {
  const sl_step *steps;
  int count;
  int levels;
  int out;        /* lambda: slot of the body's value */
  int parameters; /* lambda: slot of the first parameter; the others follow */
} sl_block;

typedef enum sl_place { SL_PLACE_CHUNK, SL_PLACE_SINGLE, SL_PLACE_CONSTANT } sl_place;
typedef struct sl_slot_info {
  sl_place place;
  int at;         /* CHUNK: number of the column of values; SINGLE: of the value */
  sl_value value; /* CONSTANT */
} sl_slot_info;

struct sl_program {
  sl_block *blocks; /* the first is the program, the others are lambda bodies */
  int block_count;
  sl_slot_info *slots;
  int slot_count;
  int chunks, singles;
  sl_call *calls;          /* as prepared; runners have copies */
  const int **call_blocks; /* per call: its lambdas' blocks, or NULL */
  int *call_lambdas;       /* per call: how many */
  int call_count;
  int max_args, max_depth; /* depth: calls with lambdas inside each other */
  const int *results;      /* slots */
  const sl_type *const *types;
  int result_count;
};

/* A lambda bound to a runner: sl_lambda.ctx. */
typedef struct sl_bound_lambda {
  struct sl_runner *runner;
  const sl_block *block;
  uint16_t **selections;
  int *counts;
} sl_bound_lambda;

typedef struct sl_slot_ref {
  sl_value *base;
  size_t stride; /* 0 or 1 */
} sl_slot_ref;

/* What a block runs over. */
typedef struct sl_frame {
  const sl_value *const *rows; /* values of row i */
  uint16_t **selections;       /* per level */
  int *counts;
  int first; /* number in the chunk of row 0 */
} sl_frame;

struct sl_runner {
  const sl_program *program;
  sl_slot_ref *refs;
  sl_value *chunk_pool, *single_pool;
  uint16_t *selection_pool; /* of the main block */
  uint16_t **selections;
  int *counts;
  const sl_value **rows;
  int capacity; /* rows there is room for */
  sl_call *calls;
  sl_value *args; /* one row's arguments, max_args for each depth of lambdas */
  int depth;
  sl_err err;
  /* the run in progress */
  sl_arena *arena;
  const sl_row *batch;
  const uint16_t *selected;
  const sl_frame *frame; /* of the call in progress */
  int row;
  sl_eval_error on_error;
  void *ctx;
};

/* Runs a block over a frame whose level 0 is set. */
void sl_block_run(sl_runner *runner, const sl_block *block, sl_frame *frame);
/* The kernel of a finished step: the general one of its kind, or a quick one for its types. */
sl_kernel sl_kernel_for(const sl_step *step);
/* One row of the general kernels. */
sl_value sl_arithmetic_row(sl_runner *runner, const sl_step *step, const sl_value *left, const sl_value *right);
sl_value sl_compare_row(sl_runner *runner, const sl_step *step, const sl_value *left, const sl_value *right);
extern const sl_kernel SL_KERNELS[SL_STEP_KIND_COUNT];
extern const char *const SL_STEP_NAMES[SL_STEP_KIND_COUNT];
/* sl_lambda.run of bound lambdas. */
int sl_lambda_run(const sl_lambda *lambda, sl_call *call, const sl_value *args, int count, sl_value *out);
/* Tells on_error of a failed value. label: contained as "Error processing <label>", the cause in the hint. */
void sl_report(sl_runner *runner, int result, int row, const sl_value *failed, const char *label);

/* Fills a call from its overload and typed arguments (copied to arena) and prepares it. */
int sl_call_init(sl_arena *arena, sl_call *call, const sl_overload *overload, const sl_type *type,
                 const sl_typed *const *args, int count, sl_err *err);
