/* The catalog: one SQLite connection under a mutex, and the newest snapshot for everybody else. */
#include "catalog/catalog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sqlite3.h>
#include <stdio.h>

#include "catalog/catalog_rows.h"
#include "catalog/vfs.h"
#include "base/heap.h"

struct sl_catalog {
  sl_vfs *vfs;
  sqlite3 *db;
  pthread_mutex_t mutex; /* db and newest */
  sl_snapshot *newest;
  atomic_ullong published; /* changes of sources, queries and types so far */
  bool unsure;             /* whether the last transaction has happened */
  uint64_t transactions;   /* so far; the database holds the same number */
};

static const char TRANSACTIONS[] = "transactions";

static int put_number(sl_catalog *cat, const char *name, uint64_t value, sl_err *err) {
  char text[24];
  int len = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  return sl_catalog_store_put(cat->db, name, sl_str_n(text, (size_t)len), err);
}

static int load_counters(sl_catalog *cat, sl_err *err) {
  sl_arena arena;
  sl_str text = {0};
  int64_t number = 0;
  sl_arena_init(&arena, 0);
  int code = sl_catalog_store_get(cat->db, &arena, "sequence", &text, err);
  if (!code && sl_str_int64(text, &number)) cat->newest->sequence = (uint64_t)number;
  if (!code) code = sl_catalog_store_get(cat->db, &arena, TRANSACTIONS, &text, err);
  if (!code && sl_str_int64(text, &number)) cat->transactions = (uint64_t)number;
  sl_arena_done(&arena);
  return code;
}

int sl_catalog_open(sl_fs *fs, const char *path, sl_catalog **out, sl_err *err) {
  sl_catalog *cat = sl_heap_zalloc(sizeof *cat);
  pthread_mutex_init(&cat->mutex, NULL);
  cat->vfs = sl_vfs_new(fs);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int code = 0;
  if (sqlite3_open_v2(path, &cat->db, flags, sl_vfs_name(cat->vfs)) != SQLITE_OK)
    code = sl_err_set(err, SL_E_IO, SL_NO_POS, "Cannot open the catalog %s: %s", path, sqlite3_errmsg(cat->db));
  if (!code) code = sl_catalog_store_prepare(cat->db, path, err);
  if (!code) code = sl_catalog_store_load(cat->db, &cat->newest, err);
  if (!code) code = load_counters(cat, err);
  /* A process that was killed after its last sync had failed leaves a transaction that is seen but not durable: one
   * more makes it so before anything relies on it. */
  if (!code) code = put_number(cat, TRANSACTIONS, cat->transactions, err);
  if (code) {
    sl_catalog_close(cat);
    return code;
  }
  *out = cat;
  return 0;
}

void sl_catalog_close(sl_catalog *cat) {
  if (!cat) return;
  sqlite3_close(cat->db);
  sl_vfs_free(cat->vfs);
  sl_snapshot_unref(cat->newest);
  pthread_mutex_destroy(&cat->mutex);
  sl_heap_free(cat);
}

sl_snapshot *sl_catalog_snapshot(sl_catalog *cat) {
  pthread_mutex_lock(&cat->mutex);
  sl_snapshot *snapshot = sl_snapshot_ref(cat->newest);
  pthread_mutex_unlock(&cat->mutex);
  return snapshot;
}

uint64_t sl_catalog_version(sl_catalog *cat) {
  return atomic_load(&cat->published);
}

/* Everything of one transaction; the caller begins and ends it. */
static int write_changes(sl_catalog *cat, const sl_change *changes, size_t count, sl_command *command,
                         const sl_snapshot *next, sl_err *err) {
  int code = 0;
  for (size_t i = 0; i < count && !code; i++) code = sl_catalog_store_change(cat->db, &changes[i], err);
  if (!code) code = sl_catalog_store_purge(cat->db, next, err);
  if (!code) code = put_number(cat, TRANSACTIONS, cat->transactions + 1, err);
  if (!code && command) {
    code = sl_catalog_store_command(cat->db, command, err);
    if (!code) code = put_number(cat, "sequence", next->sequence, err);
  }
  return code;
}

/* Reads whether the transaction after the last known one is there; false when that cannot be read. */
static bool see_next(sl_catalog *cat, bool *seen) {
  sl_arena arena;
  sl_str text = {0};
  int64_t found = 0;
  sl_arena_init(&arena, 0);
  bool known = !sl_catalog_store_get(cat->db, &arena, TRANSACTIONS, &text, NULL) && sl_str_int64(text, &found);
  *seen = known && (uint64_t)found == cat->transactions + 1;
  sl_arena_done(&arena);
  return known;
}

/* A COMMIT that reports a failure may have happened all the same: the journal was cut, but that could not be synced.
 * The number of transactions tells; writing it once more syncs what is there. If that fails too nobody knows. */
static bool has_happened(sl_catalog *cat) {
  bool seen, known = see_next(cat, &seen);
  bool happened = seen && !put_number(cat, TRANSACTIONS, cat->transactions + 1, NULL);
  cat->unsure = !known || seen != happened;
  return happened;
}

bool sl_catalog_unsure(sl_catalog *cat) {
  pthread_mutex_lock(&cat->mutex);
  bool unsure = cat->unsure;
  pthread_mutex_unlock(&cat->mutex);
  return unsure;
}

/* May anything be written? When the disk works again it may turn out that the change in doubt has not happened, as its
 * statement was told. If it has, only a start brings the engine to it. mutex is held. */
static int check_sure(sl_catalog *cat, sl_err *err) {
  bool seen;
  if (cat->unsure && see_next(cat, &seen) && !seen) cat->unsure = false;
  if (!cat->unsure) return 0;
  return sl_err_set(
      err, SL_E_IO, SL_NO_POS,
      "The disk failed when the catalog was written, and the last change may have happened or not. Restart "
      "the server: then it is known.");
}

int sl_catalog_check_sure(sl_catalog *cat, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  int code = check_sure(cat, err);
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

static int end_transaction(sl_catalog *cat, sl_err *err) {
  sl_err failure = {0};
  int code = sl_catalog_store_exec(cat->db, "COMMIT", &failure);
  if (!code) return 0;
  sqlite3_exec(cat->db, "ROLLBACK", NULL, NULL, NULL);
  if (has_happened(cat))
    code = 0;
  else if (err)
    sl_err_move(err, &failure);
  sl_err_done(&failure);
  return code;
}

int sl_catalog_apply(sl_catalog *cat, const sl_change *changes, size_t count, sl_command *command, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  sl_snapshot *next = sl_snapshot_apply(cat->newest, changes, count);
  if (command) {
    command->sequence = cat->newest->sequence;
    next->sequence = cat->newest->sequence + 1;
  }
  int code = check_sure(cat, err);
  if (!code) code = sl_catalog_store_exec(cat->db, "BEGIN", err);
  if (!code) {
    code = write_changes(cat, changes, count, command, next, err);
    if (code)
      sqlite3_exec(cat->db, "ROLLBACK", NULL, NULL, NULL);
    else
      code = end_transaction(cat, err);
  }
  if (code) {
    sl_snapshot_unref(next);
  } else {
    sl_snapshot_unref(cat->newest);
    cat->newest = next;
    for (size_t i = 0; i < count; i++)
      if (changes[i].kind < SL_CHANGE_TOPIC_CREATING) {
        atomic_fetch_add(&cat->published, 1);
        break;
      }
    cat->transactions++;
  }
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

/* Counters are written before the number is used. */
static int next_number(sl_catalog *cat, const char *name, uint64_t *out, sl_err *err) {
  sl_arena arena;
  sl_str text = {0};
  int64_t last = 0;
  sl_arena_init(&arena, 0);
  pthread_mutex_lock(&cat->mutex);
  int code = check_sure(cat, err);
  if (!code) code = sl_catalog_store_get(cat->db, &arena, name, &text, err);
  if (!code && text.len && !sl_str_int64(text, &last))
    code = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The catalog's counter '%s' is not a number.", name);
  if (!code) code = put_number(cat, name, (uint64_t)last + 1, err);
  pthread_mutex_unlock(&cat->mutex);
  sl_arena_done(&arena);
  if (!code) *out = (uint64_t)last + 1;
  return code;
}

int sl_catalog_next_query(sl_catalog *cat, uint64_t *number, sl_err *err) {
  return next_number(cat, "last query", number, err);
}

int sl_catalog_next_version(sl_catalog *cat, uint64_t *version, sl_err *err) {
  return next_number(cat, "last version", version, err);
}

int sl_catalog_commands(sl_catalog *cat, sl_arena *arena, size_t limit, sl_command **out, size_t *count, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  int code = sl_catalog_store_commands(cat->db, arena, limit, out, count, err);
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

int sl_catalog_intents(sl_catalog *cat, sl_arena *arena, sl_change **out, size_t *count, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  int code = sl_catalog_store_intents(cat->db, arena, out, count, err);
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

int sl_catalog_get(sl_catalog *cat, sl_arena *arena, const char *name, sl_str *out, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  int code = sl_catalog_store_get(cat->db, arena, name, out, err);
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

int sl_catalog_put(sl_catalog *cat, const char *name, sl_str value, sl_err *err) {
  pthread_mutex_lock(&cat->mutex);
  int code = check_sure(cat, err);
  if (!code) code = sl_catalog_store_put(cat->db, name, value, err);
  pthread_mutex_unlock(&cat->mutex);
  return code;
}

typedef struct check_call {
  void (*found)(void *ctx, const char *what);
  void *ctx;
} check_call;

static int on_check_row(void *arg, int columns, char **values, char **names) {
  (void)names;
  const check_call *call = arg;
  if (columns > 0 && values[0] && sqlite3_stricmp(values[0], "ok") != 0) call->found(call->ctx, values[0]);
  return 0;
}

int sl_catalog_check(sl_catalog *cat, void (*found)(void *ctx, const char *what), void *ctx, sl_err *err) {
  check_call call = {found, ctx};
  pthread_mutex_lock(&cat->mutex);
  int code = 0;
  if (sqlite3_exec(cat->db, "PRAGMA integrity_check(100)", on_check_row, &call, NULL) != SQLITE_OK)
    code = sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "Catalog database: %s", sqlite3_errmsg(cat->db));
  pthread_mutex_unlock(&cat->mutex);
  return code;
}
