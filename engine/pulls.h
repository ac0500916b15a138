/* Pull queries on tables, from the inside. */
#pragma once
#include "engine/push.h"

/* Plans of pull queries by statement text and settings, and the server's limits of pull queries. */
sl_pull_cache *sl_pull_cache_new(void);
void sl_pull_cache_free(sl_pull_cache *cache); /* no query is open; accepts NULL */

typedef struct sl_pull_counts {
  int64_t active;
  uint64_t executed, kept; /* so far; of them with a kept plan */
} sl_pull_counts;
void sl_pull_counts_get(sl_pull_cache *cache, sl_pull_counts *out);

/* Executes a statement whose plan is kept, also for another literal key; *out NULL and 0 when it is not. text after
 * substitution of variables. lookups_only: not if it scans. */
int sl_pull_execute_kept(sl_engine *engine, sl_session *session, sl_str text, bool lookups_only, sl_push **out,
                         sl_err *err);
/* Executes a planned statement and keeps its plan. version: of the catalog, from before it was planned. */
int sl_pull_open(sl_context *ctx, uint64_t version, sl_str text, const sl_pull_plan *planned, sl_push **out,
                 sl_err *err);
