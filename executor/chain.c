#include "executor/chain.h"

#include "executor/ops.h"

typedef struct op_catch {
  sl_operator op;
  sl_chain *chain;
} op_catch;

static int catch_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  (void)err;
  sl_chain *chain = ((op_catch *)op)->chain;
  if (!chain->stop && count) chain->stop = !chain->take(chain->ctx, rows, sel, count, op->in);
  return 0;
}

static const sl_op_class catch_class = {.name = "catch", .size = sizeof(op_catch), .process = catch_process};

static bool keeps_nothing(const sl_plan_node *node) {
  return node->kind == SL_PLAN_FILTER || node->kind == SL_PLAN_PROJECT;
}

/* The follower of node on the way to last; NULL if there is none. */
static const sl_plan_node *towards(const sl_plan_node *node, const sl_plan_node *last) {
  for (int i = 0; i < node->next_count; i++)
    if (node->next[i] == last || (keeps_nothing(node->next[i]) && sl_chain_fits(node->next[i], last)))
      return node->next[i];
  return NULL;
}

bool sl_chain_fits(const sl_plan_node *first, const sl_plan_node *last) {
  return first == last || towards(first, last);
}

static sl_operator *add_op(sl_chain *chain, sl_operator *from, const sl_op_class *cls, const sl_plan_node *node) {
  sl_operator *op = sl_arena_zalloc(&chain->query, cls->size);
  op->cls = cls;
  op->node = node;
  op->in = &from->node->layout;
  op->env = &chain->env;
  op->gives_old = true; /* nothing was there before: what does not pass a filter gives nothing */
  from->next = sl_arena_calloc(&chain->query, 1, sizeof *from->next);
  from->next[0].op = op;
  from->next_count = 1;
  sl_vec_push(&chain->ops, op);
  return op;
}

int sl_chain_init(sl_chain *chain, const sl_plan_node *first, const sl_plan_node *last, const sl_op_env *env,
                  sl_err *err) {
  *chain = (sl_chain){0};
  sl_arena_init(&chain->query, 0);
  sl_arena_init(&chain->arena, 0);
  if (env) chain->env = *env;
  chain->env.query = &chain->query;
  chain->env.arena = &chain->arena;
  chain->env.quiet = true;
  chain->head = (sl_operator){.node = first, .in = &first->layout, .env = &chain->env};
  sl_operator *from = &chain->head;
  int rc = 0;
  for (const sl_plan_node *node = first; !rc && node != last;) {
    node = towards(node, last);
    if (node == last) break;
    const sl_op_class *cls = sl_op_class_of(node);
    from = add_op(chain, from, cls, node);
    if (cls->open) rc = cls->open(from, err);
  }
  if (!rc) ((op_catch *)add_op(chain, from, &catch_class, from->node))->chain = chain;
  return rc;
}

void sl_chain_done(sl_chain *chain) {
  for (size_t i = 0; i < chain->ops.len; i++) {
    sl_operator *op = sl_vec_at(&chain->ops, i);
    if (op->cls->close) op->cls->close(op);
  }
  sl_vec_done(&chain->ops);
  sl_arena_done(&chain->query);
  sl_arena_done(&chain->arena);
}
