/* Memory budgets: one atomic counter and a limit. */
#include "state/budget.h"

bool sl_budget_take(sl_budget *budget, size_t bytes) {
  if (!budget) return true;
  size_t used = atomic_fetch_add_explicit(&budget->used, bytes, memory_order_relaxed) + bytes;
  if (!budget->limit || used <= budget->limit) return true;
  atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
  return false;
}

void sl_budget_give(sl_budget *budget, size_t bytes) {
  if (budget) atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}

int sl_budget_ask(sl_budget *budget, size_t bytes, const char *what, sl_err *err) {
  if (sl_budget_take(budget, bytes)) return 0;
  return sl_err_set(err, SL_E_MEMORY, SL_NO_POS,
                    "%s needs %zu more bytes, but the limit of %zu bytes is reached. Raise the limit or stop a query.",
                    what, bytes, budget->limit);
}
