/* Counted memory: one atomic counter each; a child asks its parents first, and gives back when a later one refuses. */
#include "base/budget.h"
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

void sl_budget_init(sl_budget *budget, const char *name, size_t limit, sl_budget *parent) {
  budget->name = name;
  budget->parent = parent;
  atomic_init(&budget->limit, limit);
  atomic_init(&budget->used, 0);
  atomic_init(&budget->peak, 0);
  atomic_init(&budget->refused, 0);
}

static void note_peak(sl_budget *budget, size_t used) {
  size_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
  while (used > peak && !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, used, memory_order_relaxed,
                                                               memory_order_relaxed)) {
  }
}

static bool take_here(sl_budget *budget, size_t bytes) {
  size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
  do {
    size_t limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
    if (bytes > limit || used > limit - bytes) return false;
  } while (!atomic_compare_exchange_weak_explicit(&budget->used, &used, used + bytes, memory_order_relaxed,
                                                  memory_order_relaxed));
  note_peak(budget, used + bytes);
  return true;
}

static void give_here(sl_budget *budget, size_t bytes) {
  size_t before = atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
  assert(before >= bytes);
  (void)before;
}

/* Takes everywhere or nowhere; returns the budget that refused, or NULL. */
static sl_budget *refusing(sl_budget *budget, size_t bytes) {
  for (sl_budget *b = budget; b; b = b->parent) {
    if (take_here(b, bytes)) continue;
    for (sl_budget *taken = budget; taken != b; taken = taken->parent) give_here(taken, bytes);
    return b;
  }
  return NULL;
}

bool sl_budget_try_take(sl_budget *budget, size_t bytes) {
  return !refusing(budget, bytes);
}

static int refuse(sl_budget *spent, size_t bytes, sl_err *err) {
  if (!spent) return 0;
  atomic_fetch_add_explicit(&spent->refused, 1, memory_order_relaxed);
  return sl_err_set(err, SL_E_MEMORY, SL_NO_POS,
                    "The memory budget '%s' is spent: %zu of %zu bytes are in use, %zu more asked for", spent->name,
                    sl_budget_used(spent), sl_budget_limit(spent), bytes);
}

int sl_budget_ask(sl_budget *budget, size_t bytes, sl_err *err) {
  for (sl_budget *b = budget; b; b = b->parent) {
    size_t limit = sl_budget_limit(b), used = sl_budget_used(b);
    if (bytes > limit || used > limit - bytes) return refuse(b, bytes, err);
  }
  return 0;
}

void sl_budget_set(sl_budget *budget, size_t *held, size_t bytes) {
  if (bytes > *held)
    sl_budget_force(budget, bytes - *held);
  else
    sl_budget_give(budget, *held - bytes);
  *held = bytes;
}

void sl_budget_force(sl_budget *budget, size_t bytes) {
  for (sl_budget *b = budget; b; b = b->parent) {
    note_peak(b, atomic_fetch_add_explicit(&b->used, bytes, memory_order_relaxed) + bytes);
  }
}

void sl_budget_give(sl_budget *budget, size_t bytes) {
  for (sl_budget *b = budget; b; b = b->parent) give_here(b, bytes);
}

size_t sl_budget_used(const sl_budget *budget) {
  return atomic_load_explicit(&budget->used, memory_order_relaxed);
}
size_t sl_budget_limit(const sl_budget *budget) {
  return atomic_load_explicit(&budget->limit, memory_order_relaxed);
}

uint64_t sl_budget_refused(const sl_budget *budget) {
  return atomic_load_explicit(&budget->refused, memory_order_relaxed);
}

double sl_budget_fill(const sl_budget *budget) {
  size_t limit = sl_budget_limit(budget);
  if (limit == SIZE_MAX) return 0;
  return limit ? (double)sl_budget_used(budget) / (double)limit : 1;
}

/* A limit file of cgroup v2 or v1; SIZE_MAX when there is none. */
static size_t cgroup_limit(const char *path) {
  FILE *file = fopen(path, "r");
  unsigned long long limit = 0;
  bool read = file && fscanf(file, "%llu", &limit) == 1;
  if (file) fclose(file);
  return read && limit ? (size_t)limit : SIZE_MAX;
}

size_t sl_memory_limit(void) {
  size_t pages = (size_t)sysconf(_SC_PHYS_PAGES), page = (size_t)sysconf(_SC_PAGESIZE);
  size_t limit = pages * page;
  static const char *const FILES[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  for (size_t i = 0; i < 2; i++) {
    size_t other = cgroup_limit(FILES[i]);
    if (other < limit) limit = other;
  }
  return limit;
}
