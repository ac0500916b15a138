/* Typed trees to a program. Trees are walked once, arguments before the step that uses them; equal subtrees share a
 * slot as long as the rows it was computed for include those that ask. Slots of chunks are then laid into as few
 * columns of values as their lifetimes allow: steps only go forward, so a lifetime is an interval of steps. */
#include "expressions/program_int.h"
#include "types/text.h"

/* A subtree that has its value in a slot. */
typedef struct known {
  const sl_typed *node;
  int slot;
  int next; /* the one before it in its bucket, -1: none */
} known;

/* A block under construction. */
typedef struct open_block {
  sl_step *steps;
  int count, cap;
  int levels;
  known *memo; /* what is known, forgotten from its end */
  int memo_count, memo_cap;
  int *buckets;     /* by hash: the last of memo, -1: none */
  int bucket_count; /* a power of two, 0: none yet */
  bool single;      /* a lambda's body */
} open_block;

typedef struct parameter_slot {
  int number, slot;
} parameter_slot;

typedef struct compiler {
  sl_arena *arena;
  sl_program *program;
  open_block *block;
  int slot_cap, call_cap, block_cap;
  parameter_slot *parameters;
  int parameter_count, parameter_cap;
  int result, depth;
  sl_err *err;
} compiler;

/* Doubles an array of the arena when it is full. */
static void *grow(sl_arena *arena, void *items, int count, int *cap, size_t size) {
  if (count < *cap) return items;
  int more = *cap ? *cap * 2 : 16;
  void *copy = sl_arena_calloc(arena, (size_t)more, size);
  if (count) memcpy(copy, items, (size_t)count * size);
  *cap = more;
  return copy;
}

/* ---- slots, steps ---- */

static int add_slot(compiler *c, sl_place place, sl_value value) {
  sl_program *p = c->program;
  p->slots = grow(c->arena, p->slots, p->slot_count, &c->slot_cap, sizeof *p->slots);
  p->slots[p->slot_count] = (sl_slot_info){.place = place, .value = value};
  if (place == SL_PLACE_SINGLE) p->slots[p->slot_count].at = p->singles++;
  return p->slot_count++;
}

static int add_result_slot(compiler *c) {
  return add_slot(c, c->block->single ? SL_PLACE_SINGLE : SL_PLACE_CHUNK, sl_null());
}

static sl_step *add_step(compiler *c, sl_step_kind kind, int level) {
  open_block *b = c->block;
  b->steps = grow(c->arena, b->steps, b->count, &b->cap, sizeof *b->steps);
  sl_step *step = &b->steps[b->count++];
  *step = (sl_step){.kind = kind, .level = level, .to_level = level, .result = c->result};
  return step;
}

static void set_args(compiler *c, sl_step *step, const int *slots, int count) {
  int *copy = sl_arena_calloc(c->arena, (size_t)count, sizeof *copy);
  for (int i = 0; i < count; i++) copy[i] = slots[i];
  step->args = copy;
  step->arg_count = count;
}

static void use_level(compiler *c, int level) {
  if (c->block->levels <= level) c->block->levels = level + 1;
}

/* ---- what is known ---- */

static int *bucket_of(const open_block *b, const sl_typed *node) {
  return &b->buckets[node->hash & (uint64_t)(b->bucket_count - 1)];
}

static int find_known(const open_block *b, const sl_typed *node) {
  for (int i = b->bucket_count ? *bucket_of(b, node) : -1; i >= 0; i = b->memo[i].next)
    if (sl_node_equal(b->memo[i].node, node)) return b->memo[i].slot;
  return -1;
}

static void link_known(open_block *b, int i) {
  int *bucket = bucket_of(b, b->memo[i].node);
  b->memo[i].next = *bucket;
  *bucket = i;
}

static void make_buckets(compiler *c, int count) {
  open_block *b = c->block;
  b->bucket_count = count;
  b->buckets = sl_arena_alloc(c->arena, (size_t)count * sizeof *b->buckets);
  for (int i = 0; i < count; i++) b->buckets[i] = -1;
  for (int i = 0; i < b->memo_count; i++) link_known(b, i);
}

static void remember(compiler *c, const sl_typed *node, int slot) {
  open_block *b = c->block;
  if (node->is_volatile) return;
  b->memo = grow(c->arena, b->memo, b->memo_count, &b->memo_cap, sizeof *b->memo);
  if (b->bucket_count < b->memo_cap) make_buckets(c, b->memo_cap);
  b->memo[b->memo_count] = (known){.node = node, .slot = slot};
  link_known(b, b->memo_count++);
}

/* Forgets all but the first count: they were computed for some rows only. */
static void forget(open_block *b, int count) {
  while (b->memo_count > count) {
    const known *last = &b->memo[--b->memo_count];
    *bucket_of(b, last->node) = last->next;
  }
}

/* ---- nodes ---- */

static int emit(compiler *c, const sl_typed *node, int level);

static int emit_column(compiler *c, const sl_typed *node, int level) {
  int out = add_result_slot(c);
  sl_step *step = add_step(c, SL_STEP_COLUMN, level);
  step->out = out;
  step->number = node->slot;
  return out;
}

static int emit_constant(compiler *c, const sl_typed *node, int level) {
  (void)level;
  return add_slot(c, SL_PLACE_CONSTANT, sl_value_copy(c->arena, node->type, &node->value));
}

static int emit_parameter(compiler *c, const sl_typed *node, int level) {
  (void)level;
  int i = c->parameter_count - 1;
  while (i > 0 && c->parameters[i].number != node->slot) i--;
  return c->parameters[i].slot;
}

static const char *const *copy_labels(compiler *c, const char *const *labels, int count) {
  if (!labels) return NULL;
  const char **copy = sl_arena_calloc(c->arena, (size_t)count, sizeof *copy);
  for (int i = 0; i < count; i++)
    if (labels[i]) copy[i] = sl_arena_dup(c->arena, labels[i], strlen(labels[i]));
  return copy;
}

/* One or two operands with a kernel of types/. */
static int emit_kernel(compiler *c, const sl_typed *node, int level) {
  static const sl_step_kind KINDS[] = {[SL_NODE_ARITHMETIC] = SL_STEP_ARITHMETIC,
                                       [SL_NODE_COMPARE] = SL_STEP_COMPARE,
                                       [SL_NODE_CAST] = SL_STEP_CAST,
                                       [SL_NODE_FIELD] = SL_STEP_FIELD};
  int args[2];
  const sl_type *types[2] = {NULL};
  for (int i = 0; i < node->count; i++) {
    args[i] = emit(c, node->args[i], level);
    types[i] = sl_type_copy(c->arena, node->args[i]->type);
  }
  int out = add_result_slot(c);
  sl_step *step = add_step(c, KINDS[node->kind], level);
  step->out = out;
  set_args(c, step, args, node->count);
  const sl_type *type = sl_type_copy(c->arena, node->type);
  switch (node->kind) {
  case SL_NODE_ARITHMETIC: sl_arith_init(&step->arith, node->arith.op, types[0], types[1], type); break;
  case SL_NODE_COMPARE: sl_comparison_init(&step->comparison, node->comparison.op, types[0], types[1]); break;
  case SL_NODE_CAST:
    sl_casting_init(&step->casting, types[0], type, node->casting.nested_null);
    step->contain = copy_labels(c, node->contain, 1);
    break;
  default: step->number = node->slot; break;
  }
  return out;
}

static void choose_kernels(open_block *b) {
  for (int i = 0; i < b->count; i++) b->steps[i].run = sl_kernel_for(&b->steps[i]);
}

/* ---- lambdas ---- */

static void bind_parameters(compiler *c, const sl_typed *lambda, int count, sl_block *block) {
  for (int i = 0; i < count; i++) {
    int slot = add_slot(c, SL_PLACE_SINGLE, sl_null());
    if (!i) block->parameters = slot;
    c->parameters = grow(c->arena, c->parameters, c->parameter_count, &c->parameter_cap, sizeof *c->parameters);
    c->parameters[c->parameter_count++] = (parameter_slot){lambda->slot + i, slot};
  }
}

/* Compiles a body into a block of its own and returns the block's number. */
static int emit_lambda(compiler *c, const sl_typed *lambda) {
  sl_program *p = c->program;
  open_block body = {.single = true, .levels = 1}, *outer = c->block;
  p->blocks = grow(c->arena, p->blocks, p->block_count, &c->block_cap, sizeof *p->blocks);
  int number = p->block_count++, bound = c->parameter_count;
  sl_block block = {0};
  bind_parameters(c, lambda, lambda->expr ? lambda->expr->name_count : 0, &block);
  c->block = &body;
  block.out = emit(c, lambda->args[0], 0);
  c->block = outer;
  c->parameter_count = bound;
  choose_kernels(&body);
  block.steps = body.steps;
  block.count = body.count;
  block.levels = body.levels;
  p->blocks[number] = block;
  return number;
}

/* ---- calls ---- */

static int emit_args(compiler *c, const sl_typed *node, int level, int *slots, int *blocks) {
  int lambdas = 0;
  for (int i = 0; i < node->count; i++) {
    if (node->args[i]->kind == SL_NODE_LAMBDA) {
      blocks[lambdas++] = emit_lambda(c, node->args[i]);
      slots[i] = add_slot(c, SL_PLACE_CONSTANT, sl_null());
    } else {
      slots[i] = emit(c, node->args[i], level);
    }
  }
  return lambdas;
}

static int add_call(compiler *c, const sl_typed *node, const int *blocks, int lambdas) {
  sl_program *p = c->program;
  int cap = c->call_cap;
  p->calls = grow(c->arena, p->calls, p->call_count, &c->call_cap, sizeof *p->calls);
  int same = cap;
  p->call_blocks = grow(c->arena, p->call_blocks, p->call_count, &same, sizeof *p->call_blocks);
  p->call_lambdas = grow(c->arena, p->call_lambdas, p->call_count, &cap, sizeof *p->call_lambdas);
  sl_call call = {0};
  if (sl_call_init(c->arena, &call, node->overload, node->type, node->args, node->count, c->err)) return -1;
  p->calls[p->call_count] = call;
  p->call_blocks[p->call_count] = lambdas ? blocks : NULL;
  p->call_lambdas[p->call_count] = lambdas;
  return p->call_count++;
}

static const bool *copy_strict(compiler *c, const sl_typed *node) {
  if (!node->strict) return NULL;
  bool *copy = sl_arena_calloc(c->arena, (size_t)node->count, sizeof *copy);
  for (int i = 0; i < node->count; i++) copy[i] = node->strict[i];
  return copy;
}

static int emit_call(compiler *c, const sl_typed *node, int level) {
  int *slots = sl_arena_calloc(c->arena, (size_t)node->count, sizeof *slots);
  int *blocks = sl_arena_calloc(c->arena, (size_t)node->count, sizeof *blocks);
  c->depth++;
  int lambdas = emit_args(c, node, level, slots, blocks);
  if (c->depth > c->program->max_depth) c->program->max_depth = c->depth;
  c->depth--;
  int number = add_call(c, node, blocks, lambdas);
  if (number < 0) return -1;
  bool plain = !lambdas && !node->strict && !node->contain && !(node->overload->flags & SL_FN_NULLS);
  int out = add_result_slot(c);
  sl_step *step = add_step(c, plain ? SL_STEP_STRICT : SL_STEP_CALL, level);
  step->out = out;
  step->number = number;
  step->strict = copy_strict(c, node);
  step->contain = copy_labels(c, node->contain, node->count);
  set_args(c, step, slots, node->count);
  if (node->count > c->program->max_args) c->program->max_args = node->count;
  return out;
}

/* ---- AND, OR, CASE ---- */

static int emit_logic(compiler *c, const sl_typed *node, int level) {
  int left = emit(c, node->args[0], level), narrow = c->block->count, out = add_result_slot(c);
  sl_step *step = add_step(c, SL_STEP_NARROW, level);
  step->to_level = level + 1;
  step->keep = node->kind == SL_NODE_AND;
  step->out = out;
  set_args(c, step, &left, 1);
  use_level(c, level + 1);
  int mark = c->block->memo_count;
  int right = emit(c, node->args[1], level + 1);
  forget(c->block, mark);
  step = add_step(c, SL_STEP_JOIN, level + 1);
  step->out = out;
  set_args(c, step, &right, 1);
  c->block->steps[narrow].skip = c->block->count;
  return out;
}

static void emit_then(compiler *c, const sl_typed *value, int level, int out) {
  int mark = c->block->memo_count;
  int slot = value ? emit(c, value, level) : add_slot(c, SL_PLACE_CONSTANT, sl_null());
  forget(c->block, mark);
  sl_step *step = add_step(c, SL_STEP_THEN, level);
  step->out = out;
  set_args(c, step, &slot, 1);
}

/* level: all rows; level + 1: those no WHEN took yet; level + 2: those that the last WHEN took. */
static int emit_case(compiler *c, const sl_typed *node, int level) {
  int out = add_result_slot(c), rest = level + 1, taken = level + 2, pairs = node->count / 2;
  use_level(c, taken);
  int when = emit(c, node->args[0], level); /* the first condition is for all rows */
  add_step(c, SL_STEP_BEGIN, level)->to_level = rest;
  int mark = c->block->memo_count;
  for (int i = 0; i < pairs; i++) {
    if (i) when = emit(c, node->args[2 * i], rest);
    int at = c->block->count;
    sl_step *step = add_step(c, SL_STEP_WHEN, rest);
    step->to_level = taken;
    step->out = out;
    set_args(c, step, &when, 1);
    emit_then(c, node->args[2 * i + 1], taken, out);
    c->block->steps[at].skip = c->block->count;
  }
  emit_then(c, node->count & 1 ? node->args[node->count - 1] : NULL, rest, out);
  forget(c->block, mark);
  return out;
}

typedef int (*emitter)(compiler *c, const sl_typed *node, int level);

static const emitter EMITTERS[] = {
    [SL_NODE_COLUMN] = emit_column, [SL_NODE_PARAMETER] = emit_parameter, [SL_NODE_CONSTANT] = emit_constant,
    [SL_NODE_CALL] = emit_call,     [SL_NODE_ARITHMETIC] = emit_kernel,   [SL_NODE_COMPARE] = emit_kernel,
    [SL_NODE_CAST] = emit_kernel,   [SL_NODE_FIELD] = emit_kernel,        [SL_NODE_AND] = emit_logic,
    [SL_NODE_OR] = emit_logic,      [SL_NODE_CASE] = emit_case,
};

/* The slot that will hold node's value for the rows of level. After an error (c->err is set) any number. */
static int emit(compiler *c, const sl_typed *node, int level) {
  int slot = find_known(c->block, node);
  if (slot >= 0) return slot;
  slot = EMITTERS[node->kind](c, node, level);
  if (slot < 0) return 0;
  remember(c, node, slot);
  return slot;
}

/* ---- laying slots into columns ---- */

typedef struct life {
  int from, to; /* steps; to is the last that touches the slot */
} life;

static void touch(life *lives, int slot, int step) {
  if (lives[slot].from < 0) lives[slot].from = step;
  lives[slot].to = step;
}

static void find_lives(const sl_program *p, const open_block *main_block, life *lives) {
  for (int i = 0; i < p->slot_count; i++) lives[i] = (life){-1, -1};
  for (int s = 0; s < main_block->count; s++) {
    const sl_step *step = &main_block->steps[s];
    for (int i = 0; i < step->arg_count; i++) touch(lives, step->args[i], s);
    if (step->kind != SL_STEP_BEGIN) touch(lives, step->out, s);
  }
  for (int i = 0; i < p->result_count; i++) touch(lives, p->results[i], main_block->count);
}

/* Gives each chunk slot, in order of birth, the first column that is free by then. */
static void place_slots(compiler *c, const open_block *main_block) {
  sl_program *p = c->program;
  life *lives = sl_arena_calloc(c->arena, (size_t)p->slot_count, sizeof *lives);
  int *busy_until = sl_arena_calloc(c->arena, (size_t)p->slot_count, sizeof *busy_until); /* per column: last step */
  int *next = sl_arena_calloc(c->arena, (size_t)p->slot_count, sizeof *next);             /* born in the same step */
  int *born = sl_arena_calloc(c->arena, (size_t)main_block->count + 1, sizeof *born);     /* 1 + the first, per step */
  find_lives(p, main_block, lives);
  for (int i = p->slot_count - 1; i >= 0; i--) {
    if (p->slots[i].place != SL_PLACE_CHUNK || lives[i].from < 0) continue;
    next[i] = born[lives[i].from];
    born[lives[i].from] = i + 1;
  }
  for (int s = 0; s <= main_block->count; s++)
    for (int i = born[s] - 1; i >= 0; i = next[i] - 1) {
      int at = 0;
      while (at < p->chunks && busy_until[at] >= s) at++;
      if (at == p->chunks) p->chunks++;
      busy_until[at] = lives[i].to;
      p->slots[i].at = at;
    }
}

/* ---- the program ---- */

static void emit_results(compiler *c, const sl_typed *const *exprs, int count) {
  int *results = sl_arena_calloc(c->arena, (size_t)count, sizeof *results);
  const sl_type **types = sl_arena_calloc(c->arena, (size_t)count, sizeof *types);
  for (int i = 0; i < count; i++) {
    c->result = i;
    results[i] = emit(c, exprs[i], 0);
    types[i] = sl_type_copy(c->arena, exprs[i]->type);
  }
  c->program->results = results;
  c->program->types = types;
  c->program->result_count = count;
}

int sl_program_build(sl_arena *arena, const sl_typed *const *exprs, int count, const sl_program **out, sl_err *err) {
  sl_program *p = sl_arena_zalloc(arena, sizeof *p);
  sl_err failed = {0};
  open_block main_block = {.levels = 1};
  compiler c = {.arena = arena, .program = p, .block = &main_block, .err = &failed};
  p->blocks = grow(arena, NULL, 0, &c.block_cap, sizeof *p->blocks);
  p->block_count = 1;
  p->max_args = 1;
  emit_results(&c, exprs, count);
  choose_kernels(&main_block);
  p->blocks[0] = (sl_block){.steps = main_block.steps, .count = main_block.count, .levels = main_block.levels};
  if (failed.code) {
    int rc = failed.code;
    sl_err_move(err, &failed);
    sl_err_done(&failed);
    sl_program_done(p);
    return rc;
  }
  place_slots(&c, &main_block);
  *out = p;
  return 0;
}

void sl_program_done(const sl_program *program) {
  for (int i = 0; program && i < program->call_count; i++) {
    const sl_call *call = &program->calls[i];
    if (call->prepared && call->overload->unprepare) call->overload->unprepare(call->prepared);
  }
}

int sl_program_results(const sl_program *program) {
  return program->result_count;
}

const sl_type *sl_program_type(const sl_program *program, int result) {
  return program->types[result];
}

/* ---- printing ---- */

static void print_slot(sl_buf *out, const sl_program *p, int slot) {
  static const char LETTERS[] = {[SL_PLACE_CHUNK] = 'v', [SL_PLACE_SINGLE] = 's', [SL_PLACE_CONSTANT] = 'c'};
  sl_buf_printf(out, "%c%d", LETTERS[p->slots[slot].place], slot);
}

static void print_step(sl_buf *out, const sl_program *p, const sl_step *step, int number) {
  sl_buf_printf(out, "%4d  %*s%-10s ", number, step->level * 2, "", SL_STEP_NAMES[step->kind]);
  if (step->kind != SL_STEP_BEGIN) {
    print_slot(out, p, step->out);
    sl_buf_add_z(out, " =");
  }
  if (step->kind == SL_STEP_CALL || step->kind == SL_STEP_STRICT)
    sl_buf_printf(out, " \"%s\"", p->calls[step->number].overload->signature);
  if (step->kind == SL_STEP_COLUMN || step->kind == SL_STEP_FIELD) sl_buf_printf(out, " #%d", step->number);
  for (int i = 0; i < step->arg_count; i++) {
    sl_buf_add_z(out, " ");
    print_slot(out, p, step->args[i]);
  }
  if (step->skip) sl_buf_printf(out, " else %d", step->skip);
  sl_buf_add_z(out, "\n");
}

void sl_program_print(sl_buf *out, const sl_program *program) {
  for (int b = 0; b < program->block_count; b++) {
    const sl_block *block = &program->blocks[b];
    if (b) sl_buf_printf(out, "lambda %d:\n", b);
    for (int i = 0; i < block->count; i++) print_step(out, program, &block->steps[i], i);
  }
  sl_buf_add_z(out, "results:");
  for (int i = 0; i < program->result_count; i++) {
    sl_buf_add_z(out, " ");
    print_slot(out, program, program->results[i]);
  }
  sl_buf_add_z(out, "\n");
}
