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

const char *sl_plan_kind_label(sl_plan_kind kind) {
  static const char *const labels[] = {
#define SL_PLAN(name, type, label) [SL_PLAN_##name] = label,
#include "planner/plan_nodes.def"
#undef SL_PLAN
  };
  return labels[kind];
}
