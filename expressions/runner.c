/* The run-time side of a program: memory for its slots, its own copies of calls and lambdas, and the two ways to run
 * it. Memory grows with the largest chunk seen, up to SL_CHUNK rows, and is then kept: a steady stream makes no heap
 * calls. */
#include "base/heap.h"
#include "expressions/program_int.h"

static void *room(size_t count, size_t size) {
  return sl_heap_zalloc(count * size);
}

/* ---- calls and lambdas ---- */

/* Selections and counts of a lambda's block: one row each. */
static sl_bound_lambda *bind_lambda(sl_runner *r, const sl_block *block) {
  sl_bound_lambda *bound = room(1, sizeof *bound);
  size_t levels = (size_t)block->levels;
  *bound = (sl_bound_lambda){.runner = r, .block = block};
  bound->selections = room(levels, sizeof *bound->selections);
  bound->counts = room(levels, sizeof *bound->counts);
  uint16_t *rows = room(levels, sizeof *rows);
  for (size_t i = 0; i < levels; i++) bound->selections[i] = rows + i;
  return bound;
}

static void drop_lambda(sl_bound_lambda *bound) {
  sl_heap_free(bound->selections[0]);
  sl_heap_free(bound->selections);
  sl_heap_free(bound->counts);
  sl_heap_free(bound);
}

static void copy_call(sl_runner *r, int number) {
  const sl_program *p = r->program;
  sl_call *call = &r->calls[number];
  *call = p->calls[number];
  call->err = &r->err;
  if (call->overload->local_size) call->local = room(1, call->overload->local_size);
  int lambdas = p->call_lambdas[number];
  if (!lambdas) return;
  sl_lambda *list = room((size_t)lambdas, sizeof *list);
  call->lambdas = list;
  for (int i = 0, a = 0; i < lambdas; i++, a++) {
    while (call->arg_types[a]->base != SL_LAMBDA) a++;
    list[i] = (sl_lambda){.run = sl_lambda_run,
                          .type = call->arg_types[a]->element,
                          .ctx = bind_lambda(r, &p->blocks[p->call_blocks[number][i]])};
  }
}

static void drop_call(sl_runner *r, int number) {
  sl_call *call = &r->calls[number];
  if (call->local && call->overload->leave) call->overload->leave(call->local);
  sl_heap_free(call->local);
  sl_lambda *list = (sl_lambda *)(uintptr_t)call->lambdas;
  for (int i = 0; list && i < r->program->call_lambdas[number]; i++) drop_lambda(list[i].ctx);
  sl_heap_free(list);
}

/* ---- memory ---- */

static void point_slots(sl_runner *r) {
  const sl_program *p = r->program;
  for (int i = 0; i < p->slot_count; i++) {
    sl_slot_info *info = &p->slots[i];
    switch (info->place) {
    case SL_PLACE_CHUNK: r->refs[i] = (sl_slot_ref){r->chunk_pool + (size_t)info->at * (size_t)r->capacity, 1}; break;
    case SL_PLACE_SINGLE: r->refs[i] = (sl_slot_ref){r->single_pool + info->at, 0}; break;
    case SL_PLACE_CONSTANT: r->refs[i] = (sl_slot_ref){&info->value, 0}; break;
    }
  }
}

static void ensure_rows(sl_runner *r, int count) {
  if (count <= r->capacity) return;
  int capacity = r->capacity ? r->capacity : 8;
  while (capacity < count) capacity *= 2;
  const sl_program *p = r->program;
  size_t rows = (size_t)capacity, levels = (size_t)p->blocks[0].levels;
  r->capacity = capacity;
  r->chunk_pool = sl_heap_realloc(r->chunk_pool, (size_t)p->chunks * rows * sizeof *r->chunk_pool);
  r->selection_pool = sl_heap_realloc(r->selection_pool, levels * rows * sizeof *r->selection_pool);
  r->rows = sl_heap_realloc(r->rows, rows * sizeof *r->rows);
  for (size_t i = 0; i < levels; i++) r->selections[i] = r->selection_pool + i * rows;
  point_slots(r);
}

sl_runner *sl_runner_new(const sl_program *program) {
  sl_runner *r = room(1, sizeof *r);
  size_t levels = (size_t)program->blocks[0].levels;
  r->program = program;
  r->refs = room((size_t)program->slot_count, sizeof *r->refs);
  r->single_pool = room((size_t)program->singles, sizeof *r->single_pool);
  r->selections = room(levels, sizeof *r->selections);
  r->counts = room(levels, sizeof *r->counts);
  r->args = room((size_t)program->max_args * (size_t)(program->max_depth + 1), sizeof *r->args);
  r->calls = room((size_t)program->call_count, sizeof *r->calls);
  for (int i = 0; i < program->call_count; i++) copy_call(r, i);
  return r;
}

void sl_runner_free(sl_runner *r) {
  if (!r) return;
  for (int i = 0; i < r->program->call_count; i++) drop_call(r, i);
  void *parts[] = {r->refs,   r->single_pool, r->chunk_pool, r->selection_pool, r->selections,
                   r->counts, r->rows,        r->args,       r->calls};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) sl_heap_free(parts[i]);
  sl_err_done(&r->err);
  sl_heap_free(r);
}

/* ---- running ---- */

static void start(sl_runner *r, sl_arena *arena, int64_t now_ms, const sl_row *rows, const uint16_t *selection,
                  int count, bool use_old) {
  if (!count) return; /* and a runner that has seen no row yet has no room for one */
  ensure_rows(r, count);
  r->arena = arena;
  r->batch = rows;
  r->selected = selection;
  for (int i = 0; i < r->program->call_count; i++) {
    r->calls[i].arena = arena;
    r->calls[i].now_ms = now_ms;
  }
  for (int i = 0; i < count; i++) {
    const sl_row *row = &rows[selection ? selection[i] : i];
    r->rows[i] = use_old ? row->old : row->values;
    r->selections[0][i] = (uint16_t)i;
  }
  r->counts[0] = count;
  sl_frame frame = {.rows = r->rows, .selections = r->selections, .counts = r->counts};
  sl_block_run(r, &r->program->blocks[0], &frame);
}

void sl_runner_run(sl_runner *r, sl_arena *arena, int64_t now_ms, const sl_row *rows, const uint16_t *selection,
                   int count, bool use_old, sl_value *out, int stride, sl_eval_error on_error, void *ctx) {
  r->on_error = on_error;
  r->ctx = ctx;
  start(r, arena, now_ms, rows, selection, count, use_old);
  for (int n = 0; n < r->program->result_count; n++) {
    sl_slot_ref ref = r->refs[r->program->results[n]];
    sl_value *to = out + (ptrdiff_t)n * stride;
    for (int i = 0; i < count; i++) {
      to[i] = ref.base[ref.stride * (size_t)i];
      if (to[i].tag != SL_TAG_FAILED) continue;
      sl_report(r, n, i, &to[i], NULL);
      to[i] = sl_null();
    }
  }
}

int sl_runner_filter(sl_runner *r, sl_arena *arena, int64_t now_ms, const sl_row *rows, const uint16_t *selection,
                     int count, bool use_old, uint16_t *out, sl_eval_error on_error, void *ctx) {
  r->on_error = on_error;
  r->ctx = ctx;
  start(r, arena, now_ms, rows, selection, count, use_old);
  sl_slot_ref ref = r->refs[r->program->results[0]];
  int kept = 0;
  for (int i = 0; i < count; i++) {
    const sl_value *v = &ref.base[ref.stride * (size_t)i];
    if (v->tag == SL_TAG_SET && v->boolean)
      out[kept++] = selection ? selection[i] : (uint16_t)i;
    else if (v->tag == SL_TAG_FAILED)
      sl_report(r, 0, i, v, NULL);
  }
  return kept;
}

/* ---- constants ---- */

/* What went wrong while a constant was evaluated. */
typedef struct outcome {
  sl_err *err;
  bool strict;
  int code;
} outcome;

static void on_constant_error(void *ctx, int result, const sl_row *row, const sl_err *err) {
  (void)result, (void)row;
  outcome *o = ctx;
  bool contained = err->hint != NULL;
  if (contained && !o->strict) return;
  o->code = sl_err_set(o->err, SL_E_EVALUATE, SL_NO_POS, "%s", contained ? err->hint : err->message);
}

int sl_eval_constant(sl_arena *arena, const sl_typed *node, bool strict, sl_value *out, sl_err *err) {
  if (node->kind == SL_NODE_CONSTANT) {
    *out = node->value;
    return 0;
  }
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  const sl_program *program;
  int rc = sl_program_build(&scratch, &node, 1, &program, err);
  if (!rc) {
    sl_runner *runner = sl_runner_new(program);
    sl_row row = {.timestamp = node->now_ms};
    outcome o = {.err = err, .strict = strict};
    sl_value value;
    sl_runner_run(runner, &scratch, node->now_ms, &row, NULL, 1, false, &value, 1, on_constant_error, &o);
    if (!o.code) *out = sl_value_copy(arena, node->type, &value);
    rc = o.code;
    sl_runner_free(runner);
    sl_program_done(program);
  }
  sl_arena_done(&scratch);
  return rc;
}
