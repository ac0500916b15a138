/* sluice check: verifies a data directory and says what is wrong, where, and what to do. It writes nothing: the log and
 * the state images are read as they are, and of the catalog a copy in memory is opened, as a start would open it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/map.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "state/image.h"
#include "topics/log_check.h"

enum { EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };
enum { CATALOG_MAX = 1 << 30 };

typedef struct check {
  const char *dir;
  sl_arena arena;
  sl_map topics;     /* 22 characters of an id -> name, in arena */
  sl_map partitions; /* the same, "-", number -> span, in arena */
  sl_map queries;    /* by id */
  bool catalog;      /* queries are known */
  bool quiet;
  uint64_t damages, notes, images;
} check;

/* Offsets of a partition. */
typedef struct span {
  int64_t start, end;
} span;

static void usage(FILE *to) {
  fputs("Usage: sluice check [--quiet] [DATA_DIR]\n"
        "Verifies a data directory (default: sluice-data) while no server uses it: checksums, offsets, indexes, the\n"
        "decision log, topics, the catalog, state images. It changes nothing.\n"
        "  --quiet  only damage, no notes and no summary\n\n"
        "Exit code: 0 nothing is damaged, 1 something is, 2 wrong usage, 3 the directory is in use or is none.\n",
        to);
}

static void found(void *ctx, const sl_finding *finding) {
  check *c = ctx;
  bool damage = finding->level == SL_FINDING_DAMAGE;
  *(damage ? &c->damages : &c->notes) += 1;
  if (c->quiet && !damage) return;
  printf("%s: %s: %s\n  What to do: %s\n", damage ? "DAMAGE" : "note", finding->where, finding->what, finding->todo);
}

static void report(check *c, sl_finding_level level, const char *where, const char *what, const char *todo) {
  sl_finding finding = {.level = level, .where = where, .what = what, .todo = todo};
  found(c, &finding);
}

static void on_topic(void *ctx, sl_str name, const sl_topic_id *id, int32_t partitions) {
  check *c = ctx;
  char *text = sl_arena_alloc(&c->arena, 23);
  (void)partitions;
  sl_topic_id_print(text, id);
  sl_map_put(&c->topics, sl_str_of(text), sl_arena_dup(&c->arena, name.ptr, name.len));
}

static sl_str partition_key(check *c, const sl_topic_id *id, int32_t number) {
  char text[23];
  sl_topic_id_print(text, id);
  return sl_str_of(sl_arena_printf(&c->arena, "%s-%d", text, (int)number));
}

static void on_partition(void *ctx, const sl_topic_id *id, int32_t number, int64_t start, int64_t end) {
  check *c = ctx;
  span *s = sl_arena_alloc(&c->arena, sizeof *s);
  *s = (span){start, end};
  sl_map_put(&c->partitions, partition_key(c, id, number), s);
}

/* ---- catalog ---- */

/* A start may have to roll a transaction back, which writes: so it happens in memory. */
static int copy_catalog(check *c, sl_fs *to, bool *exists, sl_err *err) {
  static const char *const NAMES[] = {"catalog.db", "catalog.db-journal", "catalog.db-wal"};
  int code = sl_fs_mkdir(to, "/copy", err);
  *exists = false;
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && !code; i++) {
    const char *path = sl_arena_printf(&c->arena, "%s/%s", c->dir, NAMES[i]);
    if (!sl_fs_exists(sl_fs_real(), path)) continue;
    char *data;
    size_t len;
    sl_file *file;
    *exists = true;
    code = sl_fs_read_all(sl_fs_real(), path, CATALOG_MAX, &c->arena, &data, &len, err);
    if (!code)
      code = sl_fs_open(to, sl_arena_printf(&c->arena, "/copy/%s", NAMES[i]), SL_FS_WRITE | SL_FS_CREATE, &file, err);
    if (code) break;
    if (len) code = sl_file_write(file, 0, data, len, err);
    sl_file_close(file);
  }
  return code;
}

static void on_catalog(void *ctx, const char *what) {
  check *c = ctx;
  report(c, SL_FINDING_DAMAGE, sl_arena_printf(&c->arena, "%s/catalog.db", c->dir), what,
         "Restore catalog.db from a copy; or 'sqlite3 catalog.db .recover' while the server is stopped.");
}

static bool has_topic(check *c, const sl_topic_id *id) {
  char text[23];
  sl_topic_id_print(text, id);
  return sl_map_has(&c->topics, sl_str_of(text));
}

/* What the catalog names must be there. */
static void check_snapshot(check *c, const sl_snapshot *snapshot) {
  const sl_source *source;
  const sl_query_entry *query;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++) {
    if (has_topic(c, &source->topic_id)) continue;
    report(c, SL_FINDING_DAMAGE, sl_arena_printf(&c->arena, "catalog, source " SL_STR_FMT, SL_STR_ARG(source->name)),
           sl_arena_printf(&c->arena, "its topic '" SL_STR_FMT "' is not among the topics of the log",
                           SL_STR_ARG(source->topic)),
           "Restore the topics directory from a copy of the same time as the catalog, or DROP the source.");
  }
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_map_put(&c->queries, query->id, c);
    for (int s = 0; s <= query->source_count; s++) {
      const sl_source_ref *ref = s < query->source_count ? &query->sources[s] : &query->sink;
      if (!ref->name.len || sl_snapshot_version(snapshot, ref->name, ref->version)) continue;
      report(c, SL_FINDING_DAMAGE, sl_arena_printf(&c->arena, "catalog, query " SL_STR_FMT, SL_STR_ARG(query->id)),
             sl_arena_printf(&c->arena, "version %" PRIu64 " of its source " SL_STR_FMT " is gone", ref->version,
                             SL_STR_ARG(ref->name)),
             "The server starts and shows the query as ERROR; TERMINATE it and create it again.");
    }
  }
}

static void check_intents(check *c, sl_catalog *cat) {
  sl_change *intents;
  size_t count;
  sl_err err = {0};
  if (sl_catalog_intents(cat, &c->arena, &intents, &count, &err)) on_catalog(c, err.message);
  for (size_t i = 0; !err.code && i < count; i++)
    report(c, SL_FINDING_NOTE, sl_arena_printf(&c->arena, "catalog, topic " SL_STR_FMT, SL_STR_ARG(intents[i].name)),
           intents[i].kind == SL_CHANGE_TOPIC_CREATING ? "a statement that was making it was not finished"
                                                       : "a statement that was dropping it was not finished",
           "Nothing: the next start finishes or undoes it.");
  sl_err_done(&err);
}

static void check_catalog(check *c) {
  sl_fs *copy = sl_fs_memory_new();
  sl_catalog *cat = NULL;
  sl_err err = {0};
  bool exists;
  int code = copy_catalog(c, copy, &exists, &err);
  if (!code && !exists) {
    report(c, SL_FINDING_NOTE, sl_arena_printf(&c->arena, "%s/catalog.db", c->dir),
           "there is no catalog: no stream, table or query is known", "Nothing if this server only keeps topics.");
    goto done;
  }
  if (!code) code = sl_catalog_open(copy, "/copy/catalog.db", &cat, &err);
  if (!code) code = sl_catalog_check(cat, on_catalog, c, &err);
  if (!code) {
    sl_snapshot *snapshot = sl_catalog_snapshot(cat);
    check_snapshot(c, snapshot);
    check_intents(c, cat);
    c->catalog = true;
    sl_snapshot_unref(snapshot);
  }
  if (code) on_catalog(c, err.message);
done:
  sl_catalog_close(cat);
  sl_err_done(&err);
  sl_fs_free(copy);
}

/* ---- state images ---- */

static void bad_image(check *c, const char *path, const char *what) {
  size_t len = strlen(path); /* messages about files begin with their names */
  if (!strncmp(what, path, len) && !strncmp(what + len, ": ", 2)) what += len + 2;
  report(c, SL_FINDING_DAMAGE, path, what,
         "Nothing: the next start passes it by and removes it, and replays the whole changelog instead, which takes "
         "longer.");
}

/* Names of internal topics hold the id of their query (semantics.md 5.1). */
static bool has_query(check *c, sl_str changelog) {
  size_t at = 0;
  const sl_map_entry *query = NULL;
  while (c->catalog && (query = sl_map_next(&c->queries, &at)))
    if (sl_str_contains(changelog, sl_str_printf(&c->arena, "query_" SL_STR_FMT "-", SL_STR_ARG(query->key)))) break;
  return !c->catalog || query;
}

/* An image that is whole against the changelog that it names. */
static void check_fit(check *c, const char *path, const sl_image_info *info, sl_str key, sl_str changelog) {
  const span *s = sl_map_find(&c->partitions, key);
  if (!sl_str_eq(key, partition_key(c, &info->id.topic, info->id.partition)))
    bad_image(c, path, "its header names another changelog than the file's name");
  else if (!s)
    bad_image(c, path, "its changelog has no such partition");
  else if (info->start < s->start || info->end > s->end)
    bad_image(c, path,
              sl_arena_printf(&c->arena,
                              "it is of offsets %" PRId64 " to %" PRId64 " of its changelog, which has %" PRId64
                              " to %" PRId64,
                              info->start, info->end, s->start, s->end));
  else if (!sl_str_ends(changelog, sl_str_of("-changelog")) || !has_query(c, changelog))
    report(c, SL_FINDING_NOTE, path,
           sl_arena_printf(&c->arena, "no query has the store of topic '" SL_STR_FMT "'", SL_STR_ARG(changelog)),
           "Nothing: it is not read; it goes with its topic.");
}

static void check_image(check *c, const char *name) {
  const char *path = sl_arena_printf(&c->arena, "%s/state/%s", c->dir, name);
  sl_topic_id id;
  int32_t number;
  if (!sl_image_name_parse(name, &id, &number)) {
    bool left = sl_str_ends(sl_str_of(name), sl_str_of(".tmp"));
    report(c, SL_FINDING_NOTE, path, left ? "left by an image that was not finished" : "not a file of this server",
           left ? "Nothing: a start removes it." : "Move it elsewhere if it is yours.");
    return;
  }
  sl_str key = partition_key(c, &id, number);
  const char *changelog = sl_map_find(&c->topics, sl_str_n(key.ptr, 22));
  sl_image *image = NULL;
  sl_err err = {0};
  c->images++;
  if (!changelog)
    report(c, SL_FINDING_NOTE, path, "the topic that it is of is gone", "Nothing: a start removes it.");
  else if (sl_image_open(sl_fs_real(), path, &image, &err) || sl_image_check(image, &err))
    bad_image(c, path, err.message);
  else
    check_fit(c, path, sl_image_get_info(image), key, sl_str_of(changelog));
  sl_image_close(image);
  sl_err_done(&err);
}

static void check_images(check *c) {
  const char *dir = sl_arena_printf(&c->arena, "%s/state", c->dir);
  char **names = NULL;
  size_t count = 0;
  sl_err err = {0};
  if (!sl_fs_is_dir(sl_fs_real(), dir)) return;
  if (sl_fs_list(sl_fs_real(), dir, &c->arena, &names, &count, &err))
    report(c, SL_FINDING_DAMAGE, dir, err.message, "Check its permissions.");
  for (size_t i = 0; i < count; i++) check_image(c, names[i]);
  sl_err_done(&err);
}

/* ---- the command ---- */

static void summary(const check *c, const sl_log_check_totals *t) {
  printf("%s: %" PRIu64 " topics, %" PRIu64 " partitions, %" PRIu64 " segments, %" PRIu64 " batches, %" PRIu64
         " records, %" PRIu64 " bytes, %" PRIu64 " decisions, %" PRIu64 " state images.\n",
         c->dir, t->topics, t->partitions, t->segments, t->batches, t->records, t->bytes, t->decisions, c->images);
  if (c->damages)
    printf("%" PRIu64 " damaged, %" PRIu64 " notes.\n", c->damages, c->notes);
  else
    printf("Nothing is damaged; %" PRIu64 " notes.\n", c->notes);
}

static int run(check *c) {
  sl_err err = {0};
  sl_log_check_sink sink = {found, on_topic, on_partition, c};
  sl_log_check_totals totals;
  int code = sl_log_check(sl_fs_real(), sl_arena_printf(&c->arena, "%s/topics", c->dir), &sink, &totals, &err);
  if (code) {
    fflush(stdout);
    fprintf(stderr, "sluice check: %s.\n", err.message);
    if (code == SL_E_LOCKED)
      fprintf(stderr, "A server uses this directory: stop it, or check a copy (a snapshot of the file system).\n");
    else if (err.hint)
      fprintf(stderr, "%s\n", err.hint);
    sl_err_done(&err);
    return EXIT_REFUSED;
  }
  check_catalog(c);
  check_images(c);
  if (!c->quiet) summary(c, &totals);
  return c->damages ? EXIT_DAMAGED : 0;
}

int sl_cmd_check(int argc, char **argv) {
  check c = {.dir = NULL};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
      usage(stdout);
      return 0;
    }
    if (!strcmp(argv[i], "--quiet")) {
      c.quiet = true;
    } else if (argv[i][0] == '-' || c.dir) {
      fprintf(stderr, "sluice check: '%s' is not expected here.\n", argv[i]);
      usage(stderr);
      return EXIT_USAGE;
    } else {
      c.dir = argv[i];
    }
  }
  if (!c.dir) c.dir = "sluice-data";
  sl_arena_init(&c.arena, 64 * 1024);
  int code = run(&c);
  sl_map_done(&c.topics);
  sl_map_done(&c.partitions);
  sl_map_done(&c.queries);
  sl_arena_done(&c.arena);
  return code;
}
