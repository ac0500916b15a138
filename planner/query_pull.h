/* Pull queries: what query_pull.c (structure) and pull_where.c (which rows) share. */
#pragma once
#include "planner/logical.h"

#define SL_PULL_HELP                                                                                                   \
  " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query."

/* The rows that WHERE of a pull query on a table asks for (sql.md 6.12). layout is that of the source's step. The
 * predicate has been typed. *fixed is cleared when the same text may mean other keys later. */
int sl_pull_where(const sl_analysis *analysis, const sl_layout *layout, sl_plan_access *out, bool *fixed, sl_err *err);
/* LIKE of something that is no string has its own wording, so it is looked for before the predicate is typed. */
int sl_pull_check_like(const sl_analysis *analysis, sl_err *err);
