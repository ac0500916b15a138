/* Rows of the catalog database. Schemas, formats and types are stored as the texts they print as; statements as
 * resolved SQL. Nothing of a plan is stored: a start plans the resolved text again.
 *
 *   meta      name, value                      format version, counters, server id
 *   sources   (name, version), current, ...    one row per version of a stream or table
 *   queries   number, id, ...                  persistent queries
 *   types     name, type
 *   intents   topic id, name, dropping         topics being made or dropped when a crash may come
 *   commands  sequence, id, text, message, query_id */
#include "catalog/catalog_rows.h"

#include "base/json.h"
#include "base/vec.h"
#include "types/schema.h"

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sources(name TEXT, version INTEGER, current INTEGER, kind INTEGER, is_source INTEGER,"
    " columns TEXT, topic TEXT, topic_id TEXT, key_format TEXT, value_format TEXT, window INTEGER, window_size INTEGER,"
    " timestamp_column TEXT, timestamp_format TEXT, text TEXT, resolved TEXT, query INTEGER, reads TEXT,"
    " PRIMARY KEY(name, version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS queries(number INTEGER PRIMARY KEY, id TEXT UNIQUE, kind INTEGER, text TEXT, resolved "
    "TEXT,"
    " sink TEXT, sink_version INTEGER, sources TEXT, settings TEXT, paused INTEGER, rules INTEGER, contract TEXT);"
    "CREATE TABLE IF NOT EXISTS types(name TEXT PRIMARY KEY, type TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS intents(topic_id TEXT PRIMARY KEY, name TEXT, dropping INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS commands(sequence INTEGER PRIMARY KEY, id TEXT, text TEXT, message TEXT, query_id "
    "TEXT);";

static const char FORMAT_VERSION[] = "1";

static int failed(sqlite3 *db, sl_err *err) {
  int code = sqlite3_errcode(db) == SQLITE_FULL                                              ? SL_E_DISK_FULL
             : sqlite3_errcode(db) == SQLITE_CORRUPT || sqlite3_errcode(db) == SQLITE_NOTADB ? SL_E_CORRUPT
                                                                                             : SL_E_IO;
  return sl_err_set(err, code, SL_NO_POS, "Catalog database: %s", sqlite3_errmsg(db));
}

int sl_catalog_store_exec(sqlite3 *db, const char *sql, sl_err *err) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(db, err);
}

/* ---- statements with parameters: binders in order ---- */

typedef struct query {
  sqlite3 *db;
  sqlite3_stmt *stmt;
  int at; /* next parameter, then next column */
  sl_err *err;
  int code;
} query;

static void query_open(query *q, sqlite3 *db, const char *sql, sl_err *err) {
  *q = (query){.db = db, .err = err};
  if (sqlite3_prepare_v2(db, sql, -1, &q->stmt, NULL) != SQLITE_OK) q->code = failed(db, err);
}

static void bind_str(query *q, sl_str s) {
  if (!q->code) sqlite3_bind_text(q->stmt, ++q->at, s.len ? s.ptr : "", (int)s.len, SQLITE_TRANSIENT);
}

static void bind_int(query *q, int64_t v) {
  if (!q->code) sqlite3_bind_int64(q->stmt, ++q->at, v);
}

static void bind_id(query *q, const sl_topic_id *id) {
  char text[23];
  sl_topic_id_print(text, id);
  bind_str(q, sl_str_of(text));
}

/* Next row; false at the end or on failure (q->code). */
static bool query_next(query *q) {
  if (q->code) return false;
  int step = sqlite3_step(q->stmt);
  q->at = 0;
  if (step == SQLITE_ROW) return true;
  if (step != SQLITE_DONE) q->code = failed(q->db, q->err);
  return false;
}

static int query_close(query *q) {
  sqlite3_finalize(q->stmt);
  return q->code;
}

static int query_run(query *q) {
  while (query_next(q)) continue;
  return query_close(q);
}

static int64_t column_int(query *q) {
  return sqlite3_column_int64(q->stmt, q->at++);
}

static sl_str column_str(query *q, sl_arena *arena) {
  const char *text = (const char *)sqlite3_column_text(q->stmt, q->at);
  size_t len = (size_t)sqlite3_column_bytes(q->stmt, q->at++);
  return sl_str_dup(arena, sl_str_n(text, text ? len : 0));
}

static bool column_id(query *q, sl_topic_id *out) {
  const char *text = (const char *)sqlite3_column_text(q->stmt, q->at++);
  return sl_topic_id_parse(sl_str_of(text), out);
}

/* ---- texts of compound fields ---- */

static sl_str format_text(sl_arena *arena, const sl_format_spec *spec) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json *properties = sl_json_new(arena, SL_JSON_OBJECT);
  sl_json_set(arena, o, "format", sl_json_new_str(arena, spec->name));
  sl_json_set(arena, o, "wrapping", sl_json_new_int(arena, spec->wrapping));
  for (int i = 0; i < spec->property_count; i++)
    sl_json_set(arena, properties, sl_str_z(arena, spec->properties[i].name),
                sl_json_new_str(arena, spec->properties[i].value));
  sl_json_set(arena, o, "properties", properties);
  sl_buf buf = {0};
  sl_json_write(&buf, o);
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static bool format_read(sl_arena *arena, sl_str text, sl_format_spec *out) {
  sl_json *o;
  int64_t wrapping = 0;
  if (sl_json_parse(arena, text, 0, &o, NULL)) return false;
  sl_json *properties = sl_json_get(o, "properties");
  if (!properties || !sl_json_int(sl_json_get(o, "wrapping"), &wrapping)) return false;
  *out = (sl_format_spec){.name = sl_json_str(sl_json_get(o, "format"), ""),
                          .wrapping = (sl_wrapping)wrapping,
                          .property_count = (int)properties->count};
  sl_format_property *list = sl_arena_calloc(arena, properties->count + 1, sizeof *list);
  for (size_t i = 0; i < properties->count; i++)
    list[i] = (sl_format_property){properties->members[i].name, sl_json_str(properties->members[i].value, "")};
  out->properties = list;
  return true;
}

/* Pairs as a JSON array of two-element arrays. */
static sl_json *pair(sl_arena *arena, sl_json *a, sl_json *b) {
  sl_json *both = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json_add(arena, both, a);
  sl_json_add(arena, both, b);
  return both;
}

static sl_str json_text(sl_arena *arena, const sl_json *v) {
  sl_buf buf = {0};
  sl_json_write(&buf, v);
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static sl_str refs_text(sl_arena *arena, const sl_query_entry *entry) {
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  for (int i = 0; i < entry->source_count; i++)
    sl_json_add(arena, list,
                pair(arena, sl_json_new_str(arena, entry->sources[i].name),
                     sl_json_new_int(arena, (int64_t)entry->sources[i].version)));
  return json_text(arena, list);
}

static sl_str settings_text(sl_arena *arena, const sl_query_entry *entry) {
  sl_json *list = sl_json_new(arena, SL_JSON_ARRAY);
  for (int i = 0; i < entry->setting_count; i++)
    sl_json_add(
        arena, list,
        pair(arena, sl_json_new_str(arena, entry->settings[i].name), sl_json_new_str(arena, entry->settings[i].value)));
  return json_text(arena, list);
}

static bool pairs_read(sl_arena *arena, sl_str text, sl_json **out) {
  if (sl_json_parse(arena, text, 0, out, NULL) || !sl_json_is(*out, SL_JSON_ARRAY)) return false;
  for (size_t i = 0; i < (*out)->count; i++)
    if (!sl_json_is((*out)->items[i], SL_JSON_ARRAY) || (*out)->items[i]->count != 2) return false;
  return true;
}

static bool names_read(sl_arena *arena, sl_str text, sl_source *source) {
  sl_json *list;
  if (sl_json_parse(arena, text, 0, &list, NULL) || !sl_json_is(list, SL_JSON_ARRAY)) return false;
  sl_str *names = sl_arena_calloc(arena, list->count + 1, sizeof *names);
  for (size_t i = 0; i < list->count; i++) names[i] = sl_json_str(list->items[i], "");
  source->reads = names;
  source->reads_count = (int)list->count;
  return true;
}

static bool refs_read(sl_arena *arena, sl_str text, sl_query_entry *entry) {
  sl_json *list;
  if (!pairs_read(arena, text, &list)) return false;
  sl_source_ref *refs = sl_arena_calloc(arena, list->count + 1, sizeof *refs);
  for (size_t i = 0; i < list->count; i++) {
    int64_t version;
    if (!sl_json_int(list->items[i]->items[1], &version)) return false;
    refs[i] = (sl_source_ref){sl_json_str(list->items[i]->items[0], ""), (uint64_t)version};
  }
  entry->sources = refs;
  entry->source_count = (int)list->count;
  return true;
}

static bool settings_read(sl_arena *arena, sl_str text, sl_query_entry *entry) {
  sl_json *list;
  if (!pairs_read(arena, text, &list)) return false;
  sl_setting *settings = sl_arena_calloc(arena, list->count + 1, sizeof *settings);
  for (size_t i = 0; i < list->count; i++)
    settings[i] = (sl_setting){sl_json_str(list->items[i]->items[0], ""), sl_json_str(list->items[i]->items[1], "")};
  entry->settings = settings;
  entry->setting_count = (int)list->count;
  return true;
}

/* ---- writing ---- */

static int put_source(sqlite3 *db, const sl_source *source, sl_err *err) {
  query q;
  query_open(&q, db, "UPDATE sources SET current = 0 WHERE name = ?", err);
  bind_str(&q, source->name);
  int code = query_run(&q);
  if (code) return code;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  query_open(&q, db, "INSERT OR REPLACE INTO sources VALUES(?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
             err);
  bind_str(&q, source->name);
  bind_int(&q, (int64_t)source->version);
  bind_int(&q, source->kind);
  bind_int(&q, source->is_source);
  bind_str(&q, sl_str_of(sl_schema_text(&arena, &source->schema)));
  bind_str(&q, source->topic);
  bind_id(&q, &source->topic_id);
  bind_str(&q, format_text(&arena, &source->key_format));
  bind_str(&q, format_text(&arena, &source->value_format));
  bind_int(&q, source->window);
  bind_int(&q, source->window_size);
  bind_str(&q, source->timestamp_column);
  bind_str(&q, source->timestamp_format);
  bind_str(&q, source->text);
  bind_str(&q, source->resolved);
  bind_int(&q, (int64_t)source->query);
  sl_json *reads = sl_json_new(&arena, SL_JSON_ARRAY);
  for (int i = 0; i < source->reads_count; i++) sl_json_add(&arena, reads, sl_json_new_str(&arena, source->reads[i]));
  bind_str(&q, json_text(&arena, reads));
  code = query_run(&q);
  sl_arena_done(&arena);
  return code;
}

static int put_query(sqlite3 *db, const sl_query_entry *entry, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  query q;
  query_open(&q, db, "INSERT OR REPLACE INTO queries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
  bind_int(&q, (int64_t)entry->number);
  bind_str(&q, entry->id);
  bind_int(&q, entry->kind);
  bind_str(&q, entry->text);
  bind_str(&q, entry->resolved);
  bind_str(&q, entry->sink.name);
  bind_int(&q, (int64_t)entry->sink.version);
  bind_str(&q, refs_text(&arena, entry));
  bind_str(&q, settings_text(&arena, entry));
  bind_int(&q, entry->paused);
  bind_int(&q, entry->rules);
  bind_str(&q, entry->contract);
  int code = query_run(&q);
  sl_arena_done(&arena);
  return code;
}

static int put_type(sqlite3 *db, const sl_custom_type *type, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  query q;
  query_open(&q, db, "INSERT OR REPLACE INTO types VALUES(?, ?)", err);
  bind_str(&q, type->name);
  bind_str(&q, sl_str_of(sl_type_text(&arena, type->type)));
  int code = query_run(&q);
  sl_arena_done(&arena);
  return code;
}

static int by_name(sqlite3 *db, const char *sql, sl_str name, sl_err *err) {
  query q;
  query_open(&q, db, sql, err);
  bind_str(&q, name);
  return query_run(&q);
}

static int put_intent(sqlite3 *db, const sl_change *change, bool dropping, sl_err *err) {
  query q;
  query_open(&q, db, "INSERT OR REPLACE INTO intents VALUES(?, ?, ?)", err);
  bind_id(&q, &change->topic);
  bind_str(&q, change->name);
  bind_int(&q, dropping);
  return query_run(&q);
}

static int drop_intent(sqlite3 *db, const sl_change *change, sl_err *err) {
  query q;
  query_open(&q, db, "DELETE FROM intents WHERE topic_id = ?", err);
  bind_id(&q, &change->topic);
  return query_run(&q);
}

int sl_catalog_store_change(sqlite3 *db, const sl_change *change, sl_err *err) {
  switch (change->kind) {
  case SL_CHANGE_PUT_SOURCE: return put_source(db, change->source, err);
  case SL_CHANGE_DROP_SOURCE: return by_name(db, "UPDATE sources SET current = 0 WHERE name = ?", change->name, err);
  case SL_CHANGE_PUT_QUERY: return put_query(db, change->query, err);
  case SL_CHANGE_DROP_QUERY: return by_name(db, "DELETE FROM queries WHERE id = ?", change->name, err);
  case SL_CHANGE_PUT_TYPE: return put_type(db, change->type, err);
  case SL_CHANGE_DROP_TYPE: return by_name(db, "DELETE FROM types WHERE name = ?", change->name, err);
  case SL_CHANGE_TOPIC_CREATING: return put_intent(db, change, false, err);
  case SL_CHANGE_TOPIC_DROPPING: return put_intent(db, change, true, err);
  case SL_CHANGE_TOPIC_DONE: return drop_intent(db, change, err);
  }
  return sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "Unknown catalog change %d.", (int)change->kind);
}

int sl_catalog_store_purge(sqlite3 *db, const sl_snapshot *snapshot, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  query list, gone;
  query_open(&list, db, "SELECT name, version FROM sources WHERE current = 0", err);
  int code = 0;
  while (!code && query_next(&list)) {
    sl_str name = column_str(&list, &arena);
    int64_t version = column_int(&list);
    if (sl_snapshot_version(snapshot, name, (uint64_t)version)) continue;
    query_open(&gone, db, "DELETE FROM sources WHERE name = ? AND version = ?", err);
    bind_str(&gone, name);
    bind_int(&gone, version);
    code = query_run(&gone);
  }
  int closed = query_close(&list);
  sl_arena_done(&arena);
  return code ? code : closed;
}

int sl_catalog_store_command(sqlite3 *db, const sl_command *command, sl_err *err) {
  query q;
  query_open(&q, db, "INSERT OR REPLACE INTO commands VALUES(?, ?, ?, ?, ?)", err);
  bind_int(&q, (int64_t)command->sequence);
  bind_str(&q, command->id);
  bind_str(&q, command->text);
  bind_str(&q, command->message);
  bind_str(&q, command->query_id);
  return query_run(&q);
}

int sl_catalog_store_put(sqlite3 *db, const char *name, sl_str value, sl_err *err) {
  query q;
  query_open(&q, db, "INSERT OR REPLACE INTO meta VALUES(?, ?)", err);
  bind_str(&q, sl_str_of(name));
  bind_str(&q, value);
  return query_run(&q);
}

/* ---- reading ---- */

int sl_catalog_store_get(sqlite3 *db, sl_arena *arena, const char *name, sl_str *out, sl_err *err) {
  query q;
  query_open(&q, db, "SELECT value FROM meta WHERE name = ?", err);
  bind_str(&q, sl_str_of(name));
  sl_str value = {0};
  if (query_next(&q)) value = column_str(&q, arena);
  int code = query_close(&q);
  if (!code) *out = value;
  return code;
}

static int bad_row(sl_err *err, const char *what, sl_str name) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The catalog's entry of %s '" SL_STR_FMT "' cannot be read.", what,
                    SL_STR_ARG(name));
}

static int load_sources(sqlite3 *db, sl_arena *arena, sl_vec *changes, sl_err *err) {
  query q;
  int code = 0;
  query_open(&q, db, "SELECT * FROM sources ORDER BY current, version", err);
  while (!code && query_next(&q)) {
    sl_source *source = sl_arena_zalloc(arena, sizeof *source);
    sl_change *change = sl_arena_zalloc(arena, sizeof *change);
    source->name = column_str(&q, arena);
    source->version = (uint64_t)column_int(&q);
    bool current = column_int(&q);
    source->kind = (sl_source_kind)column_int(&q);
    source->is_source = column_int(&q);
    bool ok = sl_schema_parse(arena, column_str(&q, arena), &source->schema);
    source->topic = column_str(&q, arena);
    ok = column_id(&q, &source->topic_id) && ok;
    ok = format_read(arena, column_str(&q, arena), &source->key_format) && ok;
    ok = format_read(arena, column_str(&q, arena), &source->value_format) && ok;
    source->window = (sl_window_kind)column_int(&q);
    source->window_size = column_int(&q);
    source->timestamp_column = column_str(&q, arena);
    source->timestamp_format = column_str(&q, arena);
    source->text = column_str(&q, arena);
    source->resolved = column_str(&q, arena);
    source->query = (uint64_t)column_int(&q);
    ok = names_read(arena, column_str(&q, arena), source) && ok;
    if (!ok) code = bad_row(err, "source", source->name);
    *change = (sl_change){.kind = SL_CHANGE_PUT_SOURCE, .source = source};
    sl_vec_push(changes, change);
    if (current) continue;
    /* A superseded version: put and take away again, so that it ends among the retained ones. */
    sl_change *drop = sl_arena_zalloc(arena, sizeof *drop);
    *drop = (sl_change){.kind = SL_CHANGE_DROP_SOURCE, .name = source->name};
    sl_vec_push(changes, drop);
  }
  int closed = query_close(&q);
  return code ? code : closed;
}

static int load_queries(sqlite3 *db, sl_arena *arena, sl_vec *changes, sl_err *err) {
  query q;
  int code = 0;
  query_open(&q, db, "SELECT * FROM queries ORDER BY number", err);
  while (!code && query_next(&q)) {
    sl_query_entry *entry = sl_arena_zalloc(arena, sizeof *entry);
    entry->number = (uint64_t)column_int(&q);
    entry->id = column_str(&q, arena);
    entry->kind = (sl_query_kind)column_int(&q);
    entry->text = column_str(&q, arena);
    entry->resolved = column_str(&q, arena);
    entry->sink.name = column_str(&q, arena);
    entry->sink.version = (uint64_t)column_int(&q);
    bool ok = refs_read(arena, column_str(&q, arena), entry);
    ok = settings_read(arena, column_str(&q, arena), entry) && ok;
    entry->paused = column_int(&q);
    entry->rules = (int)column_int(&q);
    entry->contract = column_str(&q, arena);
    if (!ok) code = bad_row(err, "query", entry->id);
    sl_change *change = sl_arena_zalloc(arena, sizeof *change);
    *change = (sl_change){.kind = SL_CHANGE_PUT_QUERY, .query = entry};
    sl_vec_push(changes, change);
  }
  int closed = query_close(&q);
  return code ? code : closed;
}

static int load_types(sqlite3 *db, sl_arena *arena, sl_vec *changes, sl_err *err) {
  query q;
  int code = 0;
  query_open(&q, db, "SELECT name, type FROM types", err);
  while (!code && query_next(&q)) {
    sl_custom_type *type = sl_arena_zalloc(arena, sizeof *type);
    type->name = column_str(&q, arena);
    if (!sl_type_parse(arena, column_str(&q, arena), &type->type)) code = bad_row(err, "type", type->name);
    sl_change *change = sl_arena_zalloc(arena, sizeof *change);
    *change = (sl_change){.kind = SL_CHANGE_PUT_TYPE, .type = type};
    sl_vec_push(changes, change);
  }
  int closed = query_close(&q);
  return code ? code : closed;
}

int sl_catalog_store_load(sqlite3 *db, sl_snapshot **out, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_vec changes;
  sl_vec_init(&changes, &arena);
  /* Queries first: a version is retained because a query names it. */
  int code = load_queries(db, &arena, &changes, err);
  if (!code) code = load_sources(db, &arena, &changes, err);
  if (!code) code = load_types(db, &arena, &changes, err);
  if (!code) {
    sl_change *flat = sl_arena_calloc(&arena, changes.len + 1, sizeof *flat);
    for (size_t i = 0; i < changes.len; i++) flat[i] = *(sl_change *)sl_vec_at(&changes, i);
    sl_snapshot *empty = sl_snapshot_new();
    *out = sl_snapshot_apply(empty, flat, changes.len);
    sl_snapshot_unref(empty);
  }
  sl_arena_done(&arena);
  return code;
}

int sl_catalog_store_commands(sqlite3 *db, sl_arena *arena, size_t limit, sl_command **out, size_t *count,
                              sl_err *err) {
  query q;
  query_open(&q, db, "SELECT * FROM (SELECT * FROM commands ORDER BY sequence DESC LIMIT ?) ORDER BY sequence", err);
  bind_int(&q, (int64_t)limit);
  sl_vec list;
  sl_vec_init(&list, arena);
  while (query_next(&q)) {
    sl_command *command = sl_arena_zalloc(arena, sizeof *command);
    command->sequence = (uint64_t)column_int(&q);
    command->id = column_str(&q, arena);
    command->text = column_str(&q, arena);
    command->message = column_str(&q, arena);
    command->query_id = column_str(&q, arena);
    sl_vec_push(&list, command);
  }
  int code = query_close(&q);
  if (code) return code;
  *out = sl_arena_calloc(arena, list.len + 1, sizeof **out);
  for (size_t i = 0; i < list.len; i++) (*out)[i] = *(sl_command *)sl_vec_at(&list, i);
  *count = list.len;
  return 0;
}

int sl_catalog_store_intents(sqlite3 *db, sl_arena *arena, sl_change **out, size_t *count, sl_err *err) {
  query q;
  query_open(&q, db, "SELECT topic_id, name, dropping FROM intents", err);
  sl_vec list;
  sl_vec_init(&list, arena);
  int code = 0;
  while (!code && query_next(&q)) {
    sl_change *change = sl_arena_zalloc(arena, sizeof *change);
    bool ok = column_id(&q, &change->topic);
    change->name = column_str(&q, arena);
    change->kind = column_int(&q) ? SL_CHANGE_TOPIC_DROPPING : SL_CHANGE_TOPIC_CREATING;
    if (!ok) code = bad_row(err, "topic", change->name);
    sl_vec_push(&list, change);
  }
  int closed = query_close(&q);
  if (code || closed) return code ? code : closed;
  *out = sl_arena_calloc(arena, list.len + 1, sizeof **out);
  for (size_t i = 0; i < list.len; i++) (*out)[i] = *(sl_change *)sl_vec_at(&list, i);
  *count = list.len;
  return 0;
}

int sl_catalog_store_prepare(sqlite3 *db, const char *path, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_str version = {0};
  int code = sl_catalog_store_exec(db,
                                   "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=TRUNCATE;"
                                   "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
                                   err);
  if (!code) code = sl_catalog_store_exec(db, "BEGIN", err);
  if (!code) code = sl_catalog_store_exec(db, SCHEMA, err);
  if (!code) code = sl_catalog_store_get(db, &arena, "format", &version, err);
  if (!code && version.len == 0) code = sl_catalog_store_put(db, "format", sl_str_of(FORMAT_VERSION), err);
  if (!code && version.len && !sl_str_eq_z(version, FORMAT_VERSION))
    code =
        sl_err_set(err, SL_E_VERSION, SL_NO_POS,
                   "The catalog %s has format version " SL_STR_FMT ", this program reads version %s. Use the program "
                   "that wrote it, or another data directory.",
                   path, SL_STR_ARG(version), FORMAT_VERSION);
  sqlite3_exec(db, code ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL);
  if (!code && sqlite3_get_autocommit(db) == 0) code = failed(db, err);
  sl_arena_done(&arena);
  return code;
}
