/* A plan's life: shared by reference, freed with its arena. */
#include "planner/plan.h"

sl_plan *sl_plan_ref(sl_plan *plan) {
  __atomic_add_fetch(&plan->refs, 1, __ATOMIC_RELAXED);
  return plan;
}

void sl_plan_unref(sl_plan *plan) {
  if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL)) return;
  for (int i = 0; i < plan->program_count; i++) sl_program_done(plan->programs[i]);
  sl_arena_free(plan->arena);
}

const sl_plan_store *sl_subtopology_copy(const sl_subtopology *sub) {
  if (sub->source_count != 1) return NULL;
  const sl_plan_source *source = sub->sources[0];
  if (source->topic->internal || source->base.next_count != 1) return NULL;
  const sl_plan_node *next = source->base.next[0];
  if (next->kind != SL_PLAN_TABLE_STORE || next->next_count != 1 || next->next[0]->kind == SL_PLAN_SINK) return NULL;
  return ((const sl_plan_table_store *)next)->store;
}

const char *sl_plan_kind_label(sl_plan_kind kind) {
  static const char *const labels[] = {
#define SL_PLAN(name, type, label) [SL_PLAN_##name] = label,
#include "planner/plan_nodes.def"
#undef SL_PLAN
  };
  return labels[kind];
}
