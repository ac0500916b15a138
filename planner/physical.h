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
  int names;                          /* counter of generated names (semantics.md 5.1) */
  const sl_format_spec *value_format; /* of the left-most source: nominal format of internal values */
  const sl_format_spec *key_format;   /* of internal keys: the left-most source's, or the join's */
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

/* Layouts of a node over chosen slots of a step: its own with titles, the other with the names expressions use. */
typedef struct sl_slot_writer {
  sl_builder *b;
  sl_slot *slots, *reading;
  int count;
} sl_slot_writer;
sl_slot_writer sl_writer_new(sl_builder *b, int most);
void sl_writer_add(sl_slot_writer *w, const sl_logical *step, int slot);
void sl_writer_finish(const sl_slot_writer *w, int key_count, sl_built *out);

void *sl_builder_node(sl_builder *b, sl_plan_kind kind, size_t size, const sl_logical *step, const char *context);
void sl_builder_link(sl_builder *b, sl_plan_node *from, const sl_plan_node *to, int port);
/* A FILTER behind what is built, with the name of step. */
int sl_builder_filter(sl_builder *b, const sl_logical *step, const sl_expr *predicate, sl_built *out);
int sl_builder_program(sl_builder *b, const sl_typed *const *typed, int count, const sl_program **out);
sl_column *sl_builder_columns(sl_builder *b, const sl_layout *layout, int from, int to, sl_column_kind kind);
/* A store of the non-key slots behind node. */
void sl_builder_table_store(sl_builder *b, const sl_logical *step, const char *name, const char *context,
                            sl_built *out);
/* A node that reads an internal topic in sub, from its beginning. */
sl_plan_source *sl_builder_internal_source(sl_builder *b, const sl_logical *step, const sl_layout *layout,
                                           const sl_plan_topic *topic, const sl_plan_codec *codec, sl_sub_builder *sub);
/* Ends the sub-topology: rows go to an internal topic, from which the next one reads them. */
void sl_builder_move(sl_builder *b, const sl_logical *step, const char *operation, const sl_format_spec *key_format,
                     sl_built *out);
/* Operators of step and what is under it. last: the plan's last step; NULL under a join, which keeps its own tables. */
int sl_builder_step(sl_builder *b, sl_logical *last, sl_logical *step, sl_built *out);

/* An item of a node: a copy, or the next result of the program, which is left in *typed (else NULL). */
int sl_builder_item(sl_builder *b, const sl_layout *layout, const sl_expr *expr, sl_plan_item *item,
                    const sl_typed **typed);

/* physical_join.c */
typedef struct sl_join_side {
  sl_logical *step;
  sl_built built;
  bool moves;
  bool optional; /* its rows come out even if nothing matches: without a key too */
} sl_join_side;
int sl_builder_join(sl_builder *b, sl_logical_join *step, sl_built *out);
/* The joined row of these two; with swapped sides the right one is at port 0. */
void sl_builder_joined(sl_builder *b, const sl_logical_join *step, const sl_join_side *sides, bool swapped,
                       sl_plan_join *node, sl_built *out);
/* The store a table side ends in. */
const sl_plan_store *sl_builder_store_of(const sl_join_side *side);

/* physical_foreign.c: both sides end in their stores. */
int sl_builder_foreign(sl_builder *b, const sl_logical_join *step, const sl_join_side *sides, sl_built *out);

/* internal.c: stores, internal topics, sub-topologies */
sl_sub_builder *sl_builder_sub(sl_builder *b, int32_t tasks);
/* One sub-topology of two, which share their tasks from here on; first's sources come first. */
sl_sub_builder *sl_builder_merge(sl_builder *b, sl_sub_builder *first, sl_sub_builder *second);
/* One whose rows stay until they have been read. */
const sl_plan_topic *sl_builder_passage(sl_builder *b, const char *suffix, int32_t partitions);
/* Registers the store with its changelog (none for push queries) in sub. */
void sl_builder_store(sl_builder *b, sl_sub_builder *sub, sl_plan_store *store);
/* Moves the growing lists into the plan and writes its texts. */
void sl_builder_finish(sl_builder *b, const sl_logical *last);

/* physical_print.c */
sl_str sl_plan_physical_text(sl_arena *arena, const sl_plan *plan);
void sl_print_layout(sl_buf *out, const sl_layout *layout);
void sl_print_store(sl_buf *out, const sl_plan_store *store);

/* contract.c */
sl_str sl_plan_contract(sl_arena *arena, const sl_plan *plan);
