/* Building the physical plan: what its files share. Everything made here lives in the plan's own arena and borrows
 * nothing from the statement. */
#pragma once
#include "base/vec.h"
#include "planner/logical.h"

typedef struct sl_sub_builder { /* one sub-topology while it grows */
  sl_vec sources;               /* const sl_plan_source * */
  sl_vec stores;                /* const sl_plan_store * */
  int32_t tasks;
} sl_sub_builder;

typedef struct sl_builder {
  const sl_planning *planning;
  sl_arena *arena; /* the plan's */
  sl_plan *plan;
  sl_typing typing; /* gives types in the plan's arena */
  sl_vec subs;      /* sl_sub_builder *, upstream first */
  sl_vec topics;    /* internal ones: const sl_plan_topic * */
  sl_vec programs;
  int store_count;
  const sl_format_spec *key_format; /* of the query: the left-most source's */
  sl_err *err;
} sl_builder;

/* A physical node and how expressions see its rows. */
typedef struct sl_built {
  sl_plan_node *node;
  sl_layout reading; /* the node's layout under the names expressions use */
  sl_sub_builder *sub;
  sl_format_spec key_format; /* of the key bytes */
} sl_built;

/* physical.c */
/* *out is a reference. */
int sl_physical_build(const sl_planning *planning, sl_logical *last, sl_str query_id, uint64_t query_number,
                      sl_plan **out, sl_err *err);

/* internal.c: stores, internal topics, sub-topologies */
sl_sub_builder *sl_builder_sub(sl_builder *b, int32_t tasks);
const sl_plan_topic *sl_builder_topic(sl_builder *b, const char *suffix, int32_t partitions,
                                      const sl_topic_setting *settings, int setting_count);
const sl_plan_topic *sl_builder_repartition(sl_builder *b, const char *operation, int32_t partitions);
/* Registers the store with its changelog (none for push queries) in sub. */
void sl_builder_store(sl_builder *b, sl_sub_builder *sub, sl_plan_store *store);
/* Moves the growing lists into the plan and writes its texts and fingerprint. */
void sl_builder_finish(sl_builder *b, const sl_logical *last);

/* physical_print.c */
sl_str sl_plan_physical_text(sl_arena *arena, const sl_plan *plan);
sl_str sl_plan_fingerprint(sl_arena *arena, const sl_plan *plan);
