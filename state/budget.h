/* A counted memory budget that several owners share: growth is asked for before it happens. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct sl_budget {
  atomic_size_t used;
  size_t limit; /* bytes; 0 = none */
} sl_budget;

/* Takes bytes; false (and nothing taken) when that would pass the limit. budget may be NULL: no limit. Thread: any. */
bool sl_budget_take(sl_budget *budget, size_t bytes);
void sl_budget_give(sl_budget *budget, size_t bytes);
/* As sl_budget_take, with SL_E_MEMORY naming what asked. */
int sl_budget_ask(sl_budget *budget, size_t bytes, const char *what, sl_err *err);
