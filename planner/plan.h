/* The physical plan: what the executor runs. Complete, self-contained, const once built; lives in its own arena. The
 * executor looks at nothing else: no AST, no catalog.
 *
 * A plan is one or more sub-topologies. Each is a tree that grows from its sources forward: a node knows the nodes that
 * take its rows (next), in the order they are visited. Sub-topologies meet only in internal topics. Task =
 * (sub-topology, partition). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "expressions/program.h"
#include "formats/format.h"
#include "parser/ast.h"
#include "topics/log.h"
#include "types/schema.h"

typedef enum sl_plan_kind {
#define SL_PLAN(kind, type, label) SL_PLAN_##kind,
#include "planner/plan_nodes.def"
#undef SL_PLAN
  SL_PLAN_KIND_COUNT
} sl_plan_kind;

/* Every node begins with this. */
typedef struct sl_plan_node {
  sl_plan_kind kind;
  const char *name; /* operator context, e.g. "Project", "Aggregate.GroupBy": processing log and EXPLAIN */
  sl_layout layout; /* of the rows this node gives */
  bool table;       /* rows are changes of a table, not facts */
  bool windowed;    /* rows carry a window */
  const struct sl_plan_node **next;
  const int *next_ports; /* per next: which input of it (joins: 0 left, 1 right); NULL = all 0 */
  int next_count;
} sl_plan_node;

/* A topic as a plan names it: an existing one by id, or an internal one the engine makes for the query. */
typedef struct sl_plan_topic {
  sl_str name;
  bool internal;
  sl_topic_id id; /* existing ones; internal: filled by the engine when it has made them */
  int32_t partitions;
  const sl_topic_setting *settings; /* internal ones */
  int setting_count;
} sl_plan_topic;

/* How a topic's records become rows and back. Internal topics and changelogs use the native row codec for values
 * (state/row_codec.h): then native is set and value_format says what was checked at planning. */
typedef struct sl_plan_codec {
  sl_format_spec key_format, value_format;
  const sl_column *key_columns, *value_columns;
  int key_count, value_count;
  bool native;           /* values in the native row codec; a table change is [new][old] */
  sl_window_kind window; /* window bounds after the key bytes */
  int64_t window_size;   /* ms */
} sl_plan_codec;

typedef enum sl_slot_origin {
  SL_SLOT_KEY,
  SL_SLOT_VALUE,
  SL_SLOT_HEADER,
  SL_SLOT_ROWTIME,
  SL_SLOT_ROWPARTITION,
  SL_SLOT_ROWOFFSET,
  SL_SLOT_WINDOWSTART,
  SL_SLOT_WINDOWEND
} sl_slot_origin;
typedef struct sl_source_slot {
  sl_slot_origin origin;
  int column;        /* KEY, VALUE: column of the codec */
  sl_str header_key; /* HEADER: name, or ptr NULL for the whole list */
  bool needed;       /* false: slot stays NULL, its column is not decoded */
} sl_source_slot;

typedef enum sl_offset_reset { SL_RESET_LATEST, SL_RESET_EARLIEST } sl_offset_reset;

typedef struct sl_plan_source {
  sl_plan_node base;
  const sl_plan_topic *topic;
  uint64_t source_version; /* readers are shared by (topic, partition, source version); 0 for internal topics */
  sl_str alias;
  sl_plan_codec codec;
  const sl_source_slot *slots; /* one per layout slot */
  sl_offset_reset reset;
  int timestamp_slot;      /* slot of the TIMESTAMP column, -1: the record's own timestamp */
  sl_str timestamp_format; /* STRING columns */
  bool timestamp_fail;     /* throw on invalid instead of dropping */
  bool needs_origin;       /* slots, sinks or clients ask where a row came from */
} sl_plan_source;

/* What a pull query reads of a table: the rows of some keys, or all of them. Unless exact is set the predicate of its
 * plan goes over each row, so that bounds may be wider than what it asks for. */
typedef struct sl_plan_access {
  bool scan;                   /* by partition, then key bytes */
  bool exact;                  /* one key of one column, which says all: the plan is that of any other key */
  const sl_value *const *keys; /* values of the key columns, each; looked up in this order */
  int key_count;
  int64_t start_from, start_to, end_from, end_to; /* windowed tables: inclusive */
} sl_plan_access;

typedef struct sl_plan_state_scan {
  sl_plan_node base;
  const sl_source_slot *slots; /* one per layout slot */
  sl_schema table;             /* whose rows: key, value, then header columns */
  int key_count, value_count;
  sl_plan_access access;
} sl_plan_state_scan;

typedef enum sl_store_kind {
  SL_STORE_KEY_VALUE,
  SL_STORE_WINDOW,
  SL_STORE_SESSION,
  SL_STORE_SUBSCRIPTION /* key columns: the foreign key; the rest of a key is the left row's key bytes */
} sl_store_kind;
typedef struct sl_plan_store {
  const char *name; /* "Aggregate-Aggregate-Materialize" (semantics.md 5.1) */
  sl_store_kind kind;
  const sl_type *const *types; /* of the slots kept */
  const sl_str *names;
  int count;
  sl_format_spec key_format;
  const sl_column *key_columns;
  int key_count;
  int64_t window_size, retention; /* ms; windowed stores */
  sl_window_kind window;          /* of the key; a KEY_VALUE store with one keeps the bounds in its key, and so do the
                                     WINDOW stores of a join, whose own window is one of time */
  int64_t key_window_size;        /* ms; of the key's window, 0 for sessions */
  bool cached;                    /* takes part in the write cache (semantics.md 9.3) */
  const sl_plan_topic *changelog; /* NULL for push queries */
  int number;                     /* within the plan, from 0 */
} sl_plan_store;

typedef struct sl_plan_table_store {
  sl_plan_node base;
  const sl_plan_store *store;
} sl_plan_table_store;

typedef struct sl_plan_filter {
  sl_plan_node base;
  const sl_program *predicate;
  const char *text;  /* canonical expression, for messages */
  const char *shown; /* as it is evaluated, constants folded: for EXPLAIN */
} sl_plan_filter;

/* Where an output slot comes from: copied from an input slot, or result r of the program. */
typedef struct sl_plan_item {
  int slot;          /* >= 0: copy */
  int result;        /* used when slot < 0 */
  const char *text;  /* expression, for messages */
  const char *shown; /* as in sl_plan_filter; NULL for a copy */
} sl_plan_item;

typedef struct sl_plan_project {
  sl_plan_node base;
  const sl_program *program; /* NULL when every item is a copy */
  const sl_plan_item *items; /* one per layout slot */
} sl_plan_project;

typedef struct sl_plan_select_key { /* new key columns first, then the values; key bytes are encoded by codec's key side
                                     */
  sl_plan_node base;
  const sl_program *program;
  const sl_plan_item *items; /* one per layout slot */
  bool no_key;               /* PARTITION BY NULL */
  const bool *uses_value;    /* per key column: its expression reads value columns */
} sl_plan_select_key;

typedef struct sl_plan_explode {
  sl_plan_node base; /* layout: input slots, then one slot per table function */
  const sl_table_call *const *calls;
  int call_count;
  const sl_program *args; /* all arguments of all calls, in order */
} sl_plan_explode;

typedef struct sl_plan_group_key { /* as select_key, but a NULL or failed component excludes the row */
  sl_plan_node base;
  const sl_program *program;
  const sl_plan_item *items;
} sl_plan_group_key;

typedef struct sl_plan_aggregate {
  sl_plan_node base; /* layout: key columns, kept columns, aggregate results; with a window also WINDOWSTART and
                        WINDOWEND as the last two slots */
  const sl_plan_store *store; /* slots: kept columns, aggregate states */
  const int *kept;            /* input slots of the kept columns */
  int kept_count;
  const sl_agg_call *const *calls;
  int call_count;
  const sl_program *args; /* all arguments of all calls, in order */
  bool undo;              /* input is a table */
  sl_window_kind window;
  int64_t window_size, window_advance, window_grace; /* ms; SESSION: size is the gap */
  bool emit_final;
  int64_t emit_interval; /* ms of wall clock between final emissions */
} sl_plan_aggregate;

/* Where an output slot of a join comes from: a slot of the left (0) or right (1) row, or key column `slot` of whichever
 * row is there (side -1). */
typedef struct sl_join_item {
  int side;
  int slot;
} sl_join_item;

/* A foreign-key join of tables is three nodes (semantics.md 3.8). Where the left table is, FOREIGN_SUBSCRIBE makes its
 * changes messages to the right row they refer to; where the right table is, FOREIGN_ANSWER keeps them as subscriptions
 * and answers with that row, again whenever it changes; back on the left, JOIN_FOREIGN joins answers with the left row.
 * Messages and answers travel in internal topics of their own, with these slots in front. */
/* Behind the foreign key. */
typedef enum sl_foreign_message {
  SL_MESSAGE_LEFT_KEY,                          /* BYTES: of the left row */
  SL_MESSAGE_PARTITION,                         /* INTEGER: of the left row's task */
  SL_MESSAGE_HASH,                              /* 2 BIGINT: of the left row; NULL for none */
  SL_MESSAGE_INSTRUCTION = SL_MESSAGE_HASH + 2, /* INTEGER: sl_foreign_instruction */
  SL_MESSAGE_SLOTS
} sl_foreign_message;
/* Kept in topics: the numbers must not change. Without a foreign key there is nothing to forget or to keep. */
typedef enum sl_foreign_instruction {
  SL_FOREIGN_REMOVE,        /* forget the subscription */
  SL_FOREIGN_REMOVE_ANSWER, /* and answer ABSENT */
  SL_FOREIGN_ANSWER,        /* subscribe; answer FOUND or ABSENT */
  SL_FOREIGN_ANSWER_FOUND   /* subscribe; answer FOUND or STILL_ABSENT */
} sl_foreign_instruction;
/* Behind the left row's key; the right row's slots follow. */
typedef enum sl_foreign_answer {
  SL_ANSWER_HASH,                        /* 2 BIGINT: as in the message */
  SL_ANSWER_RESULT = SL_ANSWER_HASH + 2, /* INTEGER: sl_foreign_result */
  SL_ANSWER_SLOTS
} sl_foreign_answer;
/* Kept in topics, too. STILL_ABSENT takes no row from the result that its predecessors have not left there by being
 * stale: so each change of a left row gets an answer that counts, and none a tombstone that ksqlDB would not write. */
typedef enum sl_foreign_result { SL_RIGHT_ABSENT, SL_RIGHT_FOUND, SL_RIGHT_STILL_ABSENT } sl_foreign_result;
/* Behind both keys. */
typedef enum sl_foreign_subscription {
  SL_SUBSCRIPTION_PARTITION, /* INTEGER: as in the message */
  SL_SUBSCRIPTION_HASH,      /* 2 BIGINT: as in the message */
  SL_SUBSCRIPTION_SLOTS = SL_SUBSCRIPTION_HASH + 2
} sl_foreign_subscription;

typedef struct sl_plan_subscribe { /* FOREIGN_SUBSCRIBE */
  sl_plan_node base;               /* layout: SL_MESSAGE_*; rows carry the foreign key's bytes */
  bool optional;                   /* LEFT JOIN: left rows come out although there is no right row */
  const sl_program *program;       /* the foreign key's; NULL when item copies a slot */
  const sl_plan_item *item;
  const sl_plan_codec *codec; /* of the foreign key: the right table's */
} sl_plan_subscribe;

typedef struct sl_plan_answer { /* FOREIGN_ANSWER; port 0 messages, port 1 changes of the right table */
  sl_plan_node base;            /* layout: PARTITION, SL_ANSWER_*, the right row's slots; rows carry the left row's
                                   key bytes */
  const sl_plan_store *subscriptions; /* slots: SL_SUBSCRIPTION_* */
  const sl_plan_store *right;         /* of the right table */
} sl_plan_answer;

/* Two inputs, port 0 left and port 1 right. For streams a RIGHT JOIN is planned as LEFT with the sides changed and
 * before and after as written (semantics.md 3.5). */
typedef struct sl_plan_join {
  sl_plan_node base;                 /* layout: the join key, then the columns of both sides that are read below */
  sl_join_kind kind;                 /* INNER, LEFT, OUTER; RIGHT for tables only */
  const sl_join_item *items;         /* one per layout slot */
  const sl_plan_store *left, *right; /* JOIN_STREAMS: window stores of each side's slots; JOIN_TABLE: right is the
                                        table's; JOIN_TABLES: both; JOIN_FOREIGN: left is, right has
                                        the keys of the result's rows (INNER only), and the only input has answers:
                                        the left key, SL_ANSWER_*, the right row's slots */
  const sl_plan_store *pending; /* JOIN_STREAMS with GRACE and an outer side: rows that wait for a match; else NULL.
                                   Slots: SIDE (INTEGER: 0 left, 1 right), the left row's values, the right row's */
  int64_t before, after, grace; /* ms; JOIN_STREAMS */
  bool hold_unmatched;          /* GRACE was given: unmatched rows go out when their window has closed */
  int64_t scan_interval;        /* ms of wall clock between close scans */
} sl_plan_join;

typedef struct sl_plan_sink {
  sl_plan_node base; /* layout: key columns, value columns in codec order */
  const sl_plan_topic *topic;
  sl_plan_codec codec;
  int timestamp_slot; /* WITH (TIMESTAMP=...) of the sink; -1: the row's */
  sl_str timestamp_format;
  bool no_key;    /* write null keys */
  bool own_keys;  /* rows carry the key bytes to write */
  bool addressed; /* key slot 0 is the partition to write to; else the key bytes choose it */
} sl_plan_sink;

typedef struct sl_plan_response {
  sl_plan_node base;
  bool has_limit;
  int64_t limit;
  const bool *is_key; /* per column: filled in tombstones */
} sl_plan_response;

typedef struct sl_subtopology {
  const sl_plan_source **sources; /* in registration order: ties between inputs go to the first */
  int source_count;
  const sl_plan_store **stores; /* source to sink */
  int store_count;
  int32_t tasks; /* largest partition count of its topics */
} sl_subtopology;

typedef struct sl_plan {
  sl_arena *arena; /* owns everything, freed with the last reference */
  sl_str query_id;
  uint64_t query_number;
  bool persistent;
  sl_schema schema;           /* of the result */
  const sl_subtopology *subs; /* upstream first */
  int sub_count;
  const sl_plan_topic **internal_topics;
  int internal_topic_count;
  const sl_plan_node
      *last; /* the SINK or RESPONSE; the TABLE_STORE of a table that is only kept (CREATE SOURCE TABLE) */
  const sl_plan_state_scan
      *state;           /* pull queries on tables: where rows come from; they have no sub-topology. Else NULL */
  sl_str logical_text;  /* EXPLAIN: execution plan, one line per step, sink outermost */
  sl_str physical_text; /* EXPLAIN: sub-topologies, stores and topics */
  sl_str contract;      /* what must not change as long as the query has state (contract.c) */
  int rules;
  const sl_program **programs; /* all of them: released with the plan */
  int program_count;
  bool nested_null;
  int refs;
} sl_plan;

/* The store that does nothing but keep the rows of the sub-topology's only source, a table's topic, for steps behind
 * it: it can be filled again from there. NULL if there is none. (What stands right before a sink is the result.) */
const sl_plan_store *sl_subtopology_copy(const sl_subtopology *sub);

sl_plan *sl_plan_ref(sl_plan *plan); /* Thread: any */
void sl_plan_unref(sl_plan *plan);
const char *sl_plan_kind_label(sl_plan_kind kind);
