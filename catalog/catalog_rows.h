/* The SQLite side of the catalog: rows of objects. One connection, used under the catalog's mutex. */
#pragma once
#include <sqlite3.h>
#include "catalog/snapshot.h"

/* Creates the tables when missing; checks the format version (SL_E_VERSION). */
int sl_catalog_store_prepare(sqlite3 *db, const char *path, sl_err *err);
/* Reads everything into a new snapshot. */
int sl_catalog_store_load(sqlite3 *db, sl_snapshot **out, sl_err *err);
/* Writes one change, inside the caller's transaction. */
int sl_catalog_store_change(sqlite3 *db, const sl_change *change, sl_err *err);
/* Deletes versions of sources that are neither current nor retained by the snapshot. */
int sl_catalog_store_purge(sqlite3 *db, const sl_snapshot *snapshot, sl_err *err);
int sl_catalog_store_command(sqlite3 *db, const sl_command *command, sl_err *err);
int sl_catalog_store_commands(sqlite3 *db, sl_arena *arena, size_t limit, sl_command **out, size_t *count, sl_err *err);
int sl_catalog_store_intents(sqlite3 *db, sl_arena *arena, sl_change **out, size_t *count, sl_err *err);
int sl_catalog_store_get(sqlite3 *db, sl_arena *arena, const char *name, sl_str *out, sl_err *err);
int sl_catalog_store_put(sqlite3 *db, const char *name, sl_str value, sl_err *err);
/* Runs one statement without parameters or results. */
int sl_catalog_store_exec(sqlite3 *db, const char *sql, sl_err *err);
