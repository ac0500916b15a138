/* The kernels: one per kind of step, each a loop over the rows of a selection. They are used for whole chunks, for a
 * few rows and, with a selection of one, for the bodies of lambdas. */
#include "expressions/program_int.h"

static inline bool is_failed(const sl_value *v) {
  return v->tag == SL_TAG_FAILED;
}

static inline const sl_value *at(sl_slot_ref ref, int i) {
  return &ref.base[ref.stride * (size_t)i];
}

static sl_value failed_text(const char *message) {
  return (sl_value){.bytes = message, .len = (uint32_t)strlen(message), .tag = SL_TAG_FAILED};
}

/* The runner's error as a value; its text moves to the arena. */
static sl_value take_error(sl_runner *r) {
  const char *text = r->err.message ? r->err.message : "The evaluation failed.";
  sl_value v = failed_text(sl_arena_dup(r->arena, text, strlen(text)));
  sl_err_done(&r->err);
  return v;
}

void sl_report(sl_runner *r, int result, int row, const sl_value *failed, const char *label) {
  if (!r->on_error) return;
  char *cause = (char *)(uintptr_t)failed->bytes;
  sl_err err = {.code = SL_E_EVALUATE, .message = cause};
  if (label) {
    err.message = sl_arena_printf(r->arena, "Error processing %s", label);
    err.hint = cause;
  }
  r->on_error(r->ctx, result, &r->batch[r->selected ? r->selected[row] : row], &err);
}

/* ---- rows, fields ---- */

static void run_column(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out];
  if (step->level == 0) { /* all rows, in order */
    for (int i = 0, n = f->counts[0]; i < n; i++) out.base[out.stride * (size_t)i] = f->rows[i][step->number];
    return;
  }
  for (int k = 0, n = f->counts[step->level]; k < n; k++) out.base[out.stride * sel[k]] = f->rows[sel[k]][step->number];
}

static void run_field(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], base = r->refs[step->args[0]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++) {
    const sl_value *v = at(base, sel[k]);
    out.base[out.stride * sel[k]] = sl_is_null(v) || is_failed(v) ? *v : v->items[step->number];
  }
}

/* ---- calls ---- */

static sl_value *args_of(const sl_runner *r) {
  return r->args + (size_t)r->depth * (size_t)r->program->max_args;
}

/* Copies row i's arguments; returns all tags or-ed, and whether one is NULL. */
static unsigned gather(sl_runner *r, const sl_step *step, int i, sl_value *args, bool *null) {
  unsigned tags = 0;
  *null = false;
  for (int a = 0; a < step->arg_count; a++) {
    args[a] = *at(r->refs[step->args[a]], i);
    tags |= args[a].tag;
    *null |= args[a].tag == SL_TAG_NULL;
  }
  return tags;
}

static const sl_value *first_failed(const sl_value *args, int count) {
  int i = 0;
  while (i < count - 1 && !is_failed(&args[i])) i++;
  return &args[i];
}

static void evaluate(sl_runner *r, sl_call *call, const sl_value *args, sl_value *out) {
  *out = sl_null();
  if (call->overload->eval(call, args, out)) *out = take_error(r);
}

static void run_strict(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out];
  sl_call *call = &r->calls[step->number];
  sl_value *args = args_of(r);
  for (int k = 0, n = f->counts[step->level]; k < n; k++) {
    int i = sel[k];
    bool null;
    sl_value *to = &out.base[out.stride * (size_t)i];
    if (gather(r, step, i, args, &null) & SL_TAG_FAILED)
      *to = *first_failed(args, step->arg_count);
    else if (null)
      *to = sl_null();
    else
      evaluate(r, call, args, to);
  }
}

/* Failed arguments that may be contained become NULL; false when one may not: then it is *out. */
static bool contain(sl_runner *r, const sl_frame *f, const sl_step *step, int i, sl_value *args, sl_value *out) {
  for (int a = 0; a < step->arg_count; a++) {
    if (!is_failed(&args[a])) continue;
    if (!step->contain || !step->contain[a]) {
      *out = args[a];
      return false;
    }
    sl_report(r, step->result, f->first + i, &args[a], step->contain[a]);
    args[a] = sl_null();
  }
  return true;
}

static bool strict_null(const sl_step *step, const sl_value *args) {
  for (int a = 0; step->strict && a < step->arg_count; a++)
    if (step->strict[a] && sl_is_null(&args[a])) return true;
  return false;
}

static bool any_null(const sl_value *args, int count) {
  for (int a = 0; a < count; a++)
    if (sl_is_null(&args[a])) return true;
  return false;
}

static void call_row(sl_runner *r, const sl_frame *f, const sl_step *step, int i, sl_value *args, sl_value *out) {
  bool null;
  if ((gather(r, step, i, args, &null) & SL_TAG_FAILED) && !contain(r, f, step, i, args, out)) return;
  if (strict_null(step, args)) {
    *out = failed_text("A NULL was given for an argument that must not be NULL.");
    return;
  }
  sl_call *call = &r->calls[step->number];
  if (!(call->overload->flags & SL_FN_NULLS) && any_null(args, step->arg_count)) {
    *out = sl_null();
    return;
  }
  r->frame = f;
  r->row = i;
  evaluate(r, call, args, out);
}

static void run_call(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out];
  sl_value *args = args_of(r);
  r->depth++; /* steps of a lambda of this call have arguments of their own */
  for (int k = 0, n = f->counts[step->level]; k < n; k++)
    call_row(r, f, step, sel[k], args, &out.base[out.stride * sel[k]]);
  r->depth--;
}

/* ---- arithmetic, comparison, casts ---- */

sl_value sl_arithmetic_row(sl_runner *r, const sl_step *step, const sl_value *left, const sl_value *right) {
  if (is_failed(left)) return *left;
  if (is_failed(right)) return *right;
  if (sl_is_null(left) || sl_is_null(right)) return failed_text("Arithmetic on a NULL value");
  sl_value v;
  return sl_arith_run(&step->arith, r->arena, left, right, &v, &r->err) ? take_error(r) : v;
}

static void run_arithmetic(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], left = r->refs[step->args[0]], right = r->refs[step->args[1]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++)
    out.base[out.stride * sel[k]] = sl_arithmetic_row(r, step, at(left, sel[k]), at(right, sel[k]));
}

sl_value sl_compare_row(sl_runner *r, const sl_step *step, const sl_value *left, const sl_value *right) {
  if (is_failed(left)) return *left;
  if (is_failed(right)) return *right;
  bool holds;
  int rc = sl_comparison_run(&step->comparison, r->arena, left, right, &holds, &r->err);
  return rc ? take_error(r) : sl_of_bool(holds);
}

static void run_compare(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], left = r->refs[step->args[0]], right = r->refs[step->args[1]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++)
    out.base[out.stride * sel[k]] = sl_compare_row(r, step, at(left, sel[k]), at(right, sel[k]));
}

static void run_cast(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], from = r->refs[step->args[0]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++) {
    const sl_value *a = at(from, sel[k]);
    sl_value *to = &out.base[out.stride * sel[k]];
    if (is_failed(a))
      *to = *a;
    else if (sl_casting_run(&step->casting, r->arena, a, to, &r->err))
      *to = take_error(r);
    if (is_failed(to) && step->contain) {
      sl_report(r, step->result, f->first + sel[k], to, step->contain[0]);
      *to = sl_null();
    }
  }
}

/* ---- AND, OR ---- */

static sl_value truth(const sl_value *v) {
  return sl_is_null(v) ? failed_text("AND or OR on a NULL value") : *v;
}

static void run_narrow(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  uint16_t *to = f->selections[step->to_level];
  sl_slot_ref out = r->refs[step->out], left = r->refs[step->args[0]];
  int kept = 0;
  for (int k = 0, n = f->counts[step->level]; k < n; k++) {
    const sl_value *v = at(left, sel[k]);
    to[kept] = sel[k];
    kept += v->tag == SL_TAG_SET && v->boolean == step->keep;
    out.base[out.stride * sel[k]] = truth(v); /* of the rows that are kept, the right side decides later */
  }
  f->counts[step->to_level] = kept;
}

static void run_join(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], right = r->refs[step->args[0]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++) out.base[out.stride * sel[k]] = truth(at(right, sel[k]));
}

/* ---- CASE ---- */

static void run_begin(sl_runner *r, const sl_frame *f, const sl_step *step) {
  (void)r;
  int n = f->counts[step->level];
  memcpy(f->selections[step->to_level], f->selections[step->level], (size_t)n * sizeof(uint16_t));
  f->counts[step->to_level] = n;
}

static void run_when(sl_runner *r, const sl_frame *f, const sl_step *step) {
  uint16_t *rest = f->selections[step->level], *taken = f->selections[step->to_level];
  sl_slot_ref out = r->refs[step->out], when = r->refs[step->args[0]];
  int left = 0, took = 0;
  for (int k = 0, n = f->counts[step->level]; k < n; k++) {
    uint16_t i = rest[k];
    const sl_value *v = at(when, i);
    if (is_failed(v))
      out.base[out.stride * i] = *v;
    else if (!sl_is_null(v) && v->boolean)
      taken[took++] = i;
    else
      rest[left++] = i;
  }
  f->counts[step->level] = left;
  f->counts[step->to_level] = took;
}

static void run_then(sl_runner *r, const sl_frame *f, const sl_step *step) {
  const uint16_t *sel = f->selections[step->level];
  sl_slot_ref out = r->refs[step->out], value = r->refs[step->args[0]];
  for (int k = 0, n = f->counts[step->level]; k < n; k++) out.base[out.stride * sel[k]] = *at(value, sel[k]);
}

const sl_kernel SL_KERNELS[SL_STEP_KIND_COUNT] = {
    [SL_STEP_COLUMN] = run_column,         [SL_STEP_CALL] = run_call,       [SL_STEP_STRICT] = run_strict,
    [SL_STEP_ARITHMETIC] = run_arithmetic, [SL_STEP_COMPARE] = run_compare, [SL_STEP_CAST] = run_cast,
    [SL_STEP_FIELD] = run_field,           [SL_STEP_NARROW] = run_narrow,   [SL_STEP_JOIN] = run_join,
    [SL_STEP_BEGIN] = run_begin,           [SL_STEP_WHEN] = run_when,       [SL_STEP_THEN] = run_then,
};

const char *const SL_STEP_NAMES[SL_STEP_KIND_COUNT] = {
    [SL_STEP_COLUMN] = "column",         [SL_STEP_CALL] = "call",       [SL_STEP_STRICT] = "strict",
    [SL_STEP_ARITHMETIC] = "arithmetic", [SL_STEP_COMPARE] = "compare", [SL_STEP_CAST] = "cast",
    [SL_STEP_FIELD] = "field",           [SL_STEP_NARROW] = "narrow",   [SL_STEP_JOIN] = "join",
    [SL_STEP_BEGIN] = "begin",           [SL_STEP_WHEN] = "when",       [SL_STEP_THEN] = "then",
};

/* ---- interpreter ---- */

void sl_block_run(sl_runner *r, const sl_block *block, sl_frame *f) {
  for (int pc = 0; pc < block->count; pc++) {
    const sl_step *step = &block->steps[pc];
    step->run(r, f, step);
    if (step->skip && f->counts[step->to_level] == 0) pc = step->skip - 1;
  }
}

int sl_lambda_run(const sl_lambda *lambda, sl_call *call, const sl_value *args, int count, sl_value *out) {
  const sl_bound_lambda *bound = lambda->ctx;
  sl_runner *r = bound->runner;
  const sl_frame *outer = r->frame;
  int row = r->row;
  for (int i = 0; i < count; i++) *r->refs[bound->block->parameters + i].base = args[i];
  sl_frame f = {outer->rows + row, bound->selections, bound->counts, outer->first + row};
  f.selections[0][0] = 0;
  f.counts[0] = 1;
  sl_block_run(r, bound->block, &f);
  r->frame = outer;
  r->row = row;
  const sl_value *v = r->refs[bound->block->out].base;
  if (is_failed(v)) return sl_err_set(call->err, SL_E_EVALUATE, SL_NO_POS, "%s", v->bytes);
  *out = *v;
  return 0;
}
