/* libFuzzer target: bytes as texts in rows of the catalog database: each row that a start reads may hold anything. An
 * opening fails with an error that says what, or works, and then everything can be looked at.
 *
 * Input: byte 0 chooses the column; the rest is the text of the first row, which a 0x00 byte splits into texts for two
 * columns beside each other. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalog/catalog.h"
#include "catalog/vfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const COLUMNS[][2] = {{"sources", "columns"},
                                         {"sources", "topic_id"},
                                         {"sources", "key_format"},
                                         {"sources", "value_format"},
                                         {"sources", "timestamp_column"},
                                         {"sources", "reads"},
                                         {"sources", "window"},
                                         {"sources", "name"},
                                         {"queries", "sources"},
                                         {"queries", "settings"},
                                         {"queries", "resolved"},
                                         {"queries", "sink"},
                                         {"types", "type"},
                                         {"types", "name"},
                                         {"intents", "topic_id"},
                                         {"meta", "value"},
                                         {"commands", "text"}};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

static void need(int rc) {
  if (rc) abort();
}

/* One row in each table. */
static const char ROWS[] =
    "INSERT INTO sources VALUES('S', 1, 1, 0, 0, '`ID` INTEGER KEY, `V` STRING', 's', 'AAAAAAAAQACAAAAAAAAAAQ', "
    "'KAFKA', "
    "'JSON', 0, 0, '', '', 'CREATE STREAM s', 'CREATE STREAM s', 0, '[]');"
    "INSERT INTO queries VALUES(1, 'CSAS_C_1', 0, 'text', 'CREATE STREAM C AS SELECT * FROM S', 'S', 1, '[[\"S\",1]]', "
    "'{}', 0, 1, 'f');"
    "INSERT INTO types VALUES('T', 'STRUCT<A INTEGER>');"
    "INSERT INTO intents VALUES('AAAAAAAAQACAAAAAAAAAAg', 'x', 0);"
    "INSERT INTO commands VALUES(1, 'stream/`S`/create', 'text', 'message', '');";

static void set_column(sqlite3 *db, size_t column, const uint8_t *text, size_t len) {
  char sql[128];
  sqlite3_stmt *stmt;
  snprintf(sql, sizeof sql, "UPDATE %s SET %s = ?", COLUMNS[column][0], COLUMNS[column][1]);
  need(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
  sqlite3_bind_text(stmt, 1, (const char *)text, (int)len, SQLITE_STATIC);
  sqlite3_step(stmt); /* may break a constraint */
  sqlite3_finalize(stmt);
}

static void fill(sl_fs *fs, const uint8_t *data, size_t size) {
  sqlite3 *db;
  sl_vfs *vfs = sl_vfs_new(fs);
  need(sqlite3_open_v2("/d/catalog.db", &db, SQLITE_OPEN_READWRITE, sl_vfs_name(vfs)));
  need(sqlite3_exec(db, ROWS, NULL, NULL, NULL));
  const uint8_t *zero = memchr(data + 1, 0, size - 1);
  size_t first = zero ? (size_t)(zero - data - 1) : size - 1;
  set_column(db, data[0] % COLUMN_COUNT, data + 1, first);
  if (zero) set_column(db, (data[0] + 1u) % COLUMN_COUNT, zero + 1, size - 2 - first);
  sqlite3_close(db);
  sl_vfs_free(vfs);
}

static void on_damage(void *ctx, const char *what) {
  (void)ctx;
  (void)what;
}

static void look(sl_catalog *cat) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_snapshot *snapshot = sl_catalog_snapshot(cat);
  const sl_source *source;
  const sl_query_entry *query;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++) sl_snapshot_source(snapshot, source->name);
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++)
    sl_snapshot_unref(sl_snapshot_pin(snapshot, query->sources, query->source_count, NULL));
  sl_change *intents;
  sl_command *commands;
  size_t count;
  sl_catalog_intents(cat, &arena, &intents, &count, NULL);
  sl_catalog_commands(cat, &arena, 10, &commands, &count, NULL);
  sl_catalog_check(cat, on_damage, NULL, NULL);
  sl_snapshot_unref(snapshot);
  sl_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size || size > 1 << 20) return 0;
  sl_fs *fs = sl_fs_memory_new();
  sl_catalog *cat;
  sl_err err = {0};
  need(sl_fs_mkdir(fs, "/d", NULL));
  need(sl_catalog_open(fs, "/d/catalog.db", &cat, NULL));
  sl_catalog_close(cat);
  fill(fs, data, size);
  if (sl_catalog_open(fs, "/d/catalog.db", &cat, &err)) {
    if (!err.message) abort();
  } else {
    look(cat);
    sl_catalog_close(cat);
  }
  sl_err_done(&err);
  sl_fs_free(fs);
  return 0;
}
