/* Counted memory: growth is asked for before it happens. A budget may have a parent, whose limit holds for the sum of
 * its children. Thread: any. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

typedef struct sl_budget {
  const char *name;         /* for messages, e.g. "state"; borrowed */
  struct sl_budget *parent; /* or NULL */
  _Atomic size_t limit;     /* bytes; may be changed at any time */
  _Atomic size_t used;
  _Atomic size_t peak;
  _Atomic uint64_t refused; /* times this limit was in the way */
} sl_budget;

void sl_budget_init(sl_budget *budget, const char *name, size_t limit, sl_budget *parent);
/* Takes bytes here and in every parent, or nothing at all. */
bool sl_budget_try_take(sl_budget *budget, size_t bytes);
/* Would so much be given? Takes nothing; SL_E_MEMORY with a message that names the budget that is spent. For growth
 * that is counted when it happens. */
int sl_budget_ask(sl_budget *budget, size_t bytes, sl_err *err);
/* Counts what is held now instead of what was: *held is the owner's note of it. */
void sl_budget_set(sl_budget *budget, size_t *held, size_t bytes);
/* Takes even beyond the limit: for what exists already and can only be counted. */
void sl_budget_force(sl_budget *budget, size_t bytes);
void sl_budget_give(sl_budget *budget, size_t bytes);
/* Memory this process may use: the smaller of its cgroup's limit and the machine's memory. */
size_t sl_memory_limit(void);
size_t sl_budget_used(const sl_budget *budget);
size_t sl_budget_limit(const sl_budget *budget);
uint64_t sl_budget_refused(const sl_budget *budget);
/* Part of the limit in use, 0 to 1 and above; 0 when there is no limit (SIZE_MAX). */
double sl_budget_fill(const sl_budget *budget);
