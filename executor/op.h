/* Operators: one sl_op_class each, one file each (op_*.c). The plan node is const; what an operator remembers between
 * calls is in its own struct, which begins with sl_operator. Operators of a task form a tree that rows only go down.
 *
 * Rows come as an array and a selection of at most SL_CHUNK of them. Rows given to an operator are read-only and valid
 * during the call; what it makes lives in env->arena, which is reset between chunks. Thread: task. */
#pragma once
#include "base/buf.h"
#include "planner/plan.h"
#include "state/store.h"
#include "topics/log.h"

typedef struct sl_operator sl_operator;
typedef struct sl_task sl_task;

typedef struct sl_op_class {
  const char *name;
  size_t size;                               /* of the operator's struct */
  int (*open)(sl_operator *op, sl_err *err); /* may be NULL */
  /* Takes rows[sel[i]] for i < count (sel NULL: rows[i]); port tells which input they come from (joins: 0 left, 1
   * right). A failure fails the task. */
  int (*process)(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err);
  int (*advance)(sl_operator *op, sl_err *err);     /* task time or wall clock has moved; may be NULL */
  int (*flush)(sl_operator *op, sl_err *err);       /* before a commit: emits what the write cache holds; may be NULL */
  void (*save)(const sl_operator *op, sl_buf *out); /* clocks that must survive a restart; may be NULL */
  int (*load)(sl_operator *op, sl_str data, sl_err *err); /* gets back what save wrote; may be NULL */
  void (*close)(sl_operator *op);                         /* may be NULL */
  void (*describe)(const sl_operator *op, sl_buf *out);   /* may be NULL */
} sl_op_class;

typedef struct sl_op_edge {
  sl_operator *op;
  int port;
} sl_op_edge;

/* What a task offers its operators. */
typedef struct sl_op_env {
  sl_task *task;
  sl_arena *query; /* lives as long as the operators */
  sl_arena *arena; /* of the chunk */
  sl_log *log;
  int64_t now_ms;       /* wall clock of the step */
  int64_t time;         /* task time: highest timestamp taken; INT64_MIN at first */
  int32_t partition;    /* of the task */
  bool cache;           /* cached stores hold back changes until flush */
  bool transient;       /* a push query */
  bool quiet;           /* a reader of what is there: what fails was reported when the row was made */
  bool skip_on_produce; /* of sl_start_options */
  bool refilling;       /* table stores take rows again that were passed on long ago: nothing goes further */
} sl_op_env;

struct sl_operator {
  const sl_op_class *cls;
  const sl_plan_node *node;
  const sl_layout *in;       /* of the rows of port 0 */
  const sl_layout *in_right; /* of the rows of port 1; NULL unless a join */
  sl_op_env *env;
  sl_op_edge *next;
  int next_count;
  int number;     /* in the task, the same after every restart */
  bool gives_old; /* changes carry what was there before whenever there was something */
  bool wants_old; /* somebody below reads old */
};

static inline const sl_row *sl_op_row(const sl_row *rows, const uint16_t *sel, int i) {
  return &rows[sel ? sel[i] : i];
}

/* Passes rows on: to one follower at once, to several row by row, so that each row is through before the next. */
int sl_op_emit(sl_operator *op, const sl_row *rows, const uint16_t *sel, int count, sl_err *err);
/* Room for count rows of slots values each (all NULL), in the chunk's arena. */
sl_row *sl_op_rows(sl_operator *op, int count, int slots);
/* n values from the chunk's arena, all NULL. */
sl_value *sl_op_values(sl_operator *op, int n);
/* A processing-log entry about a row that came in at port 0 (type 1). cause and row may be NULL. */
void sl_op_report(sl_operator *op, const sl_row *row, const char *cause, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- what tasks do for operators (task_env.c) ---- */
sl_store *sl_env_store(sl_op_env *env, const sl_plan_store *store); /* never NULL for a store of the plan */
/* Store keys of rows, encoded where the row has no key bytes, in env->arena. SL_E_ENCODE. */
int sl_env_keys(sl_op_env *env, const sl_plan_store *store, const sl_row *rows, const uint16_t *sel, int count,
                sl_store_key *out, sl_err *err);
/* Sets the key bytes, the window and the key columns (row->values) of a row from its store key. */
int sl_env_key_row(sl_op_env *env, const sl_plan_store *store, const sl_store_key *key, sl_row *row, sl_err *err);
int sl_env_stage(sl_op_env *env, sl_partition *partition, int64_t timestamp, sl_str key, bool key_null, sl_str value,
                 bool value_null, const sl_record_headers *headers, sl_err *err);
/* Hands a row to the client of a push query. *taken is false when it must be kept until the client can take rows again;
 * *over is set when no more rows are wanted. */
void sl_env_respond(sl_op_env *env, const sl_row *row, const sl_layout *layout, bool *taken, bool *over);
void sl_env_responded(sl_op_env *env); /* after one or more of these */
/* Counts records left out as late. */
void sl_env_late(sl_op_env *env, uint64_t count);
/* A reference to the topic of a plan; SL_E_TOPIC_NOT_FOUND. */
int sl_env_topic(sl_op_env *env, const sl_plan_topic *topic, sl_topic **out, sl_err *err);

/* An entry of the processing log (semantics.md 6.4). */
typedef enum sl_report_type {
  SL_REPORT_DESERIALIZATION,
  SL_REPORT_RECORD,
  SL_REPORT_PRODUCTION,
  SL_REPORT_SERIALIZATION,
  SL_REPORT_THREAD
} sl_report_type;
typedef struct sl_report {
  sl_report_type type;
  const char *step;    /* what comes behind the query's id in the logger's name; NULL: nothing */
  const char *message; /* a chain as in formats/format.h */
  const char *cause;   /* a chain too, NULL: none */
  const sl_row *row;   /* what failed: a row in this layout, or text, or bytes; shown if rows are to be included */
  const sl_layout *layout;
  const char *text;
  sl_str bytes;
  sl_str topic;
  bool is_key;
  bool fatal; /* the task fails for it: written even though its part is dropped */
} sl_report;
/* Counts the error and writes the entry, with the task's part unless it is fatal. */
void sl_env_report(sl_op_env *env, const sl_report *report);

/* The class that runs a plan node, or NULL: the executor refuses such a plan. */
const sl_op_class *sl_op_class_of(const sl_plan_node *node);
