/* The catalog: what exists — sources with their versions, queries, types, topics being made or dropped, commands — in
 * SQLite, and as immutable in-memory snapshots that everybody reads. Only engine/ writes it.
 *
 * A change is applied to a snapshot in memory (a sandbox, for validation) or to the catalog itself (one SQLite
 * transaction, then the new snapshot is published). Both use the same change list, so what was validated is what
 * happens. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "formats/format.h"
#include "parser/ast.h"
#include "topics/log.h"
#include "types/schema.h"

/* One version of a stream or table. Immutable; lives as long as a snapshot or a query names it. */
typedef struct sl_source {
  sl_str name;
  uint64_t version; /* never reused; a query names its sources by version */
  sl_source_kind kind;
  bool is_source; /* CREATE SOURCE: read-only */
  sl_schema schema;
  sl_str topic;
  sl_topic_id topic_id;
  sl_format_spec key_format, value_format;
  sl_window_kind window;   /* of the key */
  int64_t window_size;     /* ms; 0 for sessions and unwindowed */
  sl_str timestamp_column; /* empty if none */
  sl_str timestamp_format;
  sl_str text;         /* statement as shown */
  sl_str resolved;     /* statement as it is planned again at a start */
  uint64_t query;      /* number of the query that fills it (C*AS), 0 if none */
  const sl_str *reads; /* names of the sources its query reads: they cannot be dropped, even when the query has ended */
  int reads_count;
} sl_source;

typedef enum sl_query_kind { SL_QUERY_CREATE_AS, SL_QUERY_INSERT, SL_QUERY_SOURCE_TABLE } sl_query_kind;

typedef struct sl_source_ref {
  sl_str name;
  uint64_t version;
} sl_source_ref;

typedef struct sl_setting {
  sl_str name, value;
} sl_setting;

/* A persistent query. */
typedef struct sl_query_entry {
  uint64_t number; /* never reused; names its state in the log */
  sl_str id;       /* CSAS_X_3 */
  sl_query_kind kind;
  sl_str text, resolved;
  sl_source_ref sink;
  const sl_source_ref *sources; /* read, in FROM order */
  int source_count;
  const sl_setting *settings; /* overrides captured with the statement */
  int setting_count;
  bool paused;
  int rules;       /* planner rules it was made with */
  sl_str contract; /* the durable one (design.md 3) */
} sl_query_entry;

typedef struct sl_custom_type {
  sl_str name;
  const sl_type *type;
} sl_custom_type;

/* A statement that was applied: http-api.md 8. */
typedef struct sl_command {
  uint64_t sequence; /* chosen by the catalog when applied */
  sl_str id;         /* stream/`X`/create */
  sl_str text;
  sl_str message;  /* of its success */
  sl_str query_id; /* empty if it started none */
} sl_command;

typedef struct sl_snapshot sl_snapshot; /* reference counted */

sl_snapshot *sl_snapshot_ref(sl_snapshot *snapshot);
void sl_snapshot_unref(sl_snapshot *snapshot);
const sl_source *sl_snapshot_source(const sl_snapshot *snapshot, sl_str name); /* NULL if absent */
/* An old version that a query still names, or the current one. */
const sl_source *sl_snapshot_version(const sl_snapshot *snapshot, sl_str name, uint64_t version);
const sl_query_entry *sl_snapshot_query(const sl_snapshot *snapshot, sl_str id);
const sl_query_entry *sl_snapshot_query_number(const sl_snapshot *snapshot, uint64_t number);
const sl_custom_type *sl_snapshot_type(const sl_snapshot *snapshot, sl_str name);
/* i-th in order of name (queries: of number); NULL past the end. */
const sl_source *sl_snapshot_source_at(const sl_snapshot *snapshot, size_t i);
const sl_query_entry *sl_snapshot_query_at(const sl_snapshot *snapshot, size_t i);
const sl_custom_type *sl_snapshot_type_at(const sl_snapshot *snapshot, size_t i);
uint64_t sl_snapshot_sequence(const sl_snapshot *snapshot); /* statements applied so far */
/* A snapshot in which each name of refs means that version: a query is planned again with the sources it was made with.
 * NULL and SL_E_CORRUPT naming the source when a version is gone. */
sl_snapshot *sl_snapshot_pin(const sl_snapshot *snapshot, const sl_source_ref *refs, int count, sl_err *err);

/* Partition counts of topics as planning sees them; the engine gives the log's, a sandbox adds planned ones. */
typedef struct sl_topic_view {
  bool (*find)(void *ctx, sl_str name, int32_t *partitions, sl_topic_id *id);
  void *ctx;
} sl_topic_view;

typedef enum sl_change_kind {
  SL_CHANGE_PUT_SOURCE, /* adds or replaces (a new version) */
  SL_CHANGE_DROP_SOURCE,
  SL_CHANGE_PUT_QUERY,
  SL_CHANGE_DROP_QUERY,
  SL_CHANGE_PUT_TYPE,
  SL_CHANGE_DROP_TYPE,
  SL_CHANGE_TOPIC_CREATING, /* intent before a topic is made; the transaction that makes the statement live clears it */
  SL_CHANGE_TOPIC_DROPPING, /* decided; cleared by SL_CHANGE_TOPIC_DONE after the files are gone */
  SL_CHANGE_TOPIC_DONE,
} sl_change_kind;

typedef struct sl_change {
  sl_change_kind kind;
  const sl_source *source;
  const sl_query_entry *query;
  const sl_custom_type *type;
  sl_str name;       /* drops */
  sl_topic_id topic; /* topic intents; name: the topic's */
} sl_change;

typedef struct sl_catalog sl_catalog;
/* path: the database file under fs (a VFS over base/fs). */
int sl_catalog_open(sl_fs *fs, const char *path, sl_catalog **out, sl_err *err);
void sl_catalog_close(sl_catalog *cat);
sl_snapshot *sl_catalog_snapshot(sl_catalog *cat); /* a reference to the newest */
uint64_t sl_catalog_version(sl_catalog *cat);      /* changes with sources, queries and types. Thread: any */
/* Applies changes in one transaction and publishes. command (may be NULL) is recorded with the next sequence number,
 * which is set in it. */
int sl_catalog_apply(sl_catalog *cat, const sl_change *changes, size_t count, sl_command *command, sl_err *err);
/* Has a failing disk left it unknown whether the last change has happened? Then nothing is changed any more until
 * the disk tells, or a start has looked. */
bool sl_catalog_unsure(sl_catalog *cat);
/* SL_E_IO while it is unknown; 0 when not, or when the disk tells by now. */
int sl_catalog_check_sure(sl_catalog *cat, sl_err *err);
/* The newest commands, oldest first, at most limit. */
int sl_catalog_commands(sl_catalog *cat, sl_arena *arena, size_t limit, sl_command **out, size_t *count, sl_err *err);
/* The same on a snapshot only; a new reference. Cannot fail: changes were built from the snapshot. */
sl_snapshot *sl_snapshot_apply(const sl_snapshot *snapshot, const sl_change *changes, size_t count);
/* Numbers for new objects: reserved durably before use, so never reused. */
int sl_catalog_next_query(sl_catalog *cat, uint64_t *number, sl_err *err);
int sl_catalog_next_version(sl_catalog *cat, uint64_t *version, sl_err *err);
/* Topic intents found at a start. */
int sl_catalog_intents(sl_catalog *cat, sl_arena *arena, sl_change **out, size_t *count, sl_err *err);
/* Looks through the whole database: calls found for each thing that is wrong with its pages or indexes. 0 when it could
 * look, SL_E_CORRUPT or SL_E_IO when not. */
int sl_catalog_check(sl_catalog *cat, void (*found)(void *ctx, const char *what), void *ctx, sl_err *err);
/* Small durable facts: server id, format version. */
int sl_catalog_get(sl_catalog *cat, sl_arena *arena, const char *name, sl_str *out, sl_err *err); /* empty if absent */
int sl_catalog_put(sl_catalog *cat, const char *name, sl_str value, sl_err *err);
