/* Topics: what exists is said by one small JSON file, sluice-topics.json in the log directory, replaced atomically by
 * every change. Its replacement is the decision of a CREATE, of a changed setting and of a grown topic; directories
 * follow and are made again if they are missing. A deletion first marks the topic there, then moves its directories
 * aside, then forgets it, so a start can finish it; and so can housekeeping, when a full disk was in the way.
 *
 *   {"version":1,"topics":[{"name":"t","id":"<22 characters>","partitions":1,"settings":{},"deleting":true}]}
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "base/heap.h"
#include "base/json.h"
#include "topics/embedded/embedded_int.h"

enum { FILE_MAX = 256 << 20, PARTITIONS_MAX = 10000, PARTITIONS_TOTAL = 200000 };
static const char FILE_NAME[] = "sluice-topics.json";

static sl_str id_str(const sl_topic_id *id) {
  return sl_str_n((const char *)id->bytes, 16);
}

/* ---- the file ---- */

/* A topic as it stands in the file: its own values, or those that a change is about to give it. */
typedef struct entry {
  const sl_topic *topic;
  const sl_topic_setting *settings;
  int setting_count;
  int32_t partitions;
  bool deleting;
} entry;

static void write_entry(sl_buf *out, const entry *e) {
  char id[23];
  sl_topic_id_print(id, &e->topic->id);
  sl_buf_add_z(out, "{\"name\":");
  sl_json_write_str(out, e->topic->name);
  sl_buf_printf(out, ",\"id\":\"%s\",\"partitions\":%d,\"settings\":{", id, e->partitions);
  for (int i = 0; i < e->setting_count; i++) {
    if (i) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, e->settings[i].name);
    sl_buf_add_byte(out, ':');
    sl_json_write_str(out, e->settings[i].value);
  }
  sl_buf_add_z(out, e->deleting ? "},\"deleting\":true}" : "}}");
}

/* Whether directories of a deleted topic are still in place. meta is held. */
static bool unmoved(const sl_topic *topic) {
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) {
    if (!sl_epart_of(sl_topic_partition((sl_topic *)(uintptr_t)topic, i))->moved) return true;
  }
  return false;
}

/* Replaces the file: all topics as they are, but this one as changed says (NULL: as it is). Topics that are gone from
 * the maps, and from the disk, are left out. meta is held. */
static int store(sl_embedded *log, const entry *changed, sl_err *err) {
  sl_buf text = {0};
  bool any = false, written = false;
  sl_buf_add_z(&text, "{\"version\":1,\"topics\":[");
  pthread_mutex_lock(&log->names);
  for (size_t i = 0; i < log->deleted.len; i++) {
    const sl_topic *topic = log->deleted.items[i];
    const sl_topic_settings_version *v = atomic_load(&topic->settings);
    if (!unmoved(topic)) continue;
    entry e = {topic, v->overrides, v->count, sl_topic_partitions(topic), true};
    sl_buf_add_z(&text, any ? ",\n" : "\n");
    write_entry(&text, &e);
    any = true;
  }
  size_t at = 0;
  for (sl_map_entry *m; (m = sl_map_next(&log->by_name, &at));) {
    sl_topic *topic = m->value;
    const sl_topic_settings_version *v = atomic_load(&topic->settings);
    entry e = {topic, v->overrides, v->count, sl_topic_partitions(topic), false};
    bool is = changed && changed->topic == topic;
    written |= is;
    sl_buf_add_z(&text, any ? ",\n" : "\n");
    write_entry(&text, is ? changed : &e);
    any = true;
  }
  pthread_mutex_unlock(&log->names);
  if (changed && !written) {
    sl_buf_add_z(&text, any ? ",\n" : "\n");
    write_entry(&text, changed);
  }
  sl_buf_add_z(&text, "\n]}\n");
  sl_arena arena;
  sl_arena_init(&arena, 512);
  int rc = sl_fs_replace(log->fs, sl_arena_printf(&arena, "%s/%s", log->dir, FILE_NAME), text.data, text.len, err);
  if (rc) log->topics_stale = true; /* it may have been replaced all the same */
  sl_arena_done(&arena);
  sl_buf_done(&text);
  return rc;
}

/* ---- topics in memory ---- */

static void add_partitions(sl_embedded *log, sl_topic *topic, int32_t from, int32_t to) {
  sl_partition **added = sl_heap_zalloc(sizeof *added * (size_t)(to - from + 1));
  for (int32_t i = from; i < to; i++) added[i - from] = &sl_epart_new(log, topic, i)->common;
  sl_topic_partitions_publish(topic, added, to - from);
  sl_heap_free(added);
}

void sl_embedded_topic_free(sl_topic *topic) {
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) sl_epart_free(sl_epart_of(sl_topic_partition(topic, i)));
  sl_topic_done(topic);
  sl_heap_free(topic);
}

static int topic_new(sl_embedded *log, const sl_topic_spec *spec, const sl_topic_id *id, sl_topic **out, sl_err *err) {
  sl_topic *topic = sl_heap_zalloc(sizeof *topic);
  sl_topic_init(topic, &log->common, spec->name, id);
  int rc = sl_topic_settings_publish(topic, spec->settings, spec->setting_count, err);
  if (rc) {
    sl_topic_done(topic);
    sl_heap_free(topic);
    return rc;
  }
  add_partitions(log, topic, 0, spec->partitions);
  *out = topic;
  return 0;
}

/* Refuses more partitions than one process can look after. names is held, or nobody else is there yet. */
static int check_total(const sl_embedded *log, int32_t more, sl_err *err) {
  size_t at = 0;
  int64_t total = more;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_name, &at));) total += sl_topic_partitions(e->value);
  if (total <= PARTITIONS_TOTAL) return 0;
  return sl_err_set(err, SL_E_LIMIT, SL_NO_POS,
                    "All topics together would have %lld partitions; at most %d are possible", (long long)total,
                    PARTITIONS_TOTAL);
}

static void enter(sl_embedded *log, sl_topic *topic) {
  pthread_mutex_lock(&log->names);
  sl_map_put(&log->by_name, topic->name, topic);
  sl_map_put(&log->by_id, id_str(&topic->id), topic);
  pthread_mutex_unlock(&log->names);
}

/* ---- loading ---- */

static int malformed(sl_embedded *log, sl_err *err) {
  return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "'%s/%s' is malformed", log->dir, FILE_NAME);
}

static int load_topic(sl_embedded *log, sl_arena *arena, const sl_json *row, sl_err *err) {
  sl_topic_spec spec = {.name = sl_json_str(sl_json_get(row, "name"), ""), .has_id = true};
  const sl_json *settings = sl_json_get(row, "settings");
  int64_t partitions;
  if (!spec.name.len || !sl_topic_id_parse(sl_json_str(sl_json_get(row, "id"), ""), &spec.id) ||
      !sl_json_int(sl_json_get(row, "partitions"), &partitions) || partitions < 1 || partitions > PARTITIONS_MAX ||
      !sl_json_is(settings, SL_JSON_OBJECT) || sl_map_has(&log->by_name, spec.name) ||
      sl_map_has(&log->by_id, id_str(&spec.id)))
    return malformed(log, err);
  spec.partitions = (int32_t)partitions;
  sl_topic_setting *list = sl_arena_calloc(arena, settings->count, sizeof *list);
  for (size_t i = 0; i < settings->count; i++)
    list[i] = (sl_topic_setting){settings->members[i].name, sl_json_str(settings->members[i].value, "")};
  spec.settings = list;
  spec.setting_count = (int)settings->count;
  sl_topic *topic;
  int rc = check_total(log, spec.partitions, err);
  if (!rc) rc = topic_new(log, &spec, &spec.id, &topic, err);
  if (rc) return rc;
  if (sl_json_is(sl_json_get(row, "deleting"), SL_JSON_TRUE)) {
    sl_vec_push(&log->deleted, topic);
  } else {
    enter(log, topic);
  }
  return 0;
}

int sl_topic_store_load(sl_embedded *log, bool *found, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 64 * 1024);
  const char *path = sl_arena_printf(&arena, "%s/%s", log->dir, FILE_NAME);
  char *data;
  size_t len;
  int64_t version;
  int rc = 0;
  *found = sl_fs_exists(log->fs, path);
  if (*found) {
    sl_json *root = NULL;
    rc = sl_fs_read_all(log->fs, path, FILE_MAX, &arena, &data, &len, err);
    if (!rc) rc = sl_json_parse(&arena, sl_str_n(data, len), 0, &root, NULL) ? malformed(log, err) : 0;
    const sl_json *topics = sl_json_get(root, "topics");
    if (!rc && (!sl_json_int(sl_json_get(root, "version"), &version) || !sl_json_is(topics, SL_JSON_ARRAY)))
      rc = malformed(log, err);
    if (!rc && version != 1)
      rc = sl_err_set(err, SL_E_VERSION, SL_NO_POS, "'%s' is of version %lld; this program reads version 1", path,
                      (long long)version);
    for (size_t i = 0; !rc && i < topics->count; i++) rc = load_topic(log, &arena, topics->items[i], err);
  }
  sl_arena_done(&arena);
  return rc;
}

int sl_topic_store_renew(sl_embedded *log, sl_err *err) {
  return store(log, NULL, err);
}

int sl_topic_store_finish_deletes(sl_embedded *log, sl_err *err) {
  if (!log->deleted.len) return 0;
  int rc = 0;
  for (size_t i = 0; i < log->deleted.len && !rc; i++) {
    sl_topic *topic = log->deleted.items[i];
    for (int32_t p = 0; p < sl_topic_partitions(topic) && !rc; p++)
      rc = sl_fs_remove_tree(log->fs, sl_epart_of(sl_topic_partition(topic, p))->dir, err);
    for (int32_t p = 0; p < sl_topic_partitions(topic) && !rc; p++)
      sl_epart_of(sl_topic_partition(topic, p))->moved = true;
  }
  if (!rc) rc = sl_fs_sync_dir(log->fs, log->dir, err);
  if (!rc) rc = store(log, NULL, err);
  return rc;
}

/* ---- look-up ---- */

static sl_topic *find_in(sl_embedded *log, const sl_map *map, sl_str key) {
  pthread_mutex_lock(&log->names);
  sl_topic *topic = sl_map_find(map, key);
  if (topic) sl_topic_ref(topic);
  pthread_mutex_unlock(&log->names);
  return topic;
}

sl_topic *sl_embedded_topic_find(sl_log *log, sl_str name) {
  return find_in(sl_embedded_of(log), &sl_embedded_of(log)->by_name, name);
}

sl_topic *sl_embedded_topic_by_id(sl_log *log, const sl_topic_id *id) {
  return find_in(sl_embedded_of(log), &sl_embedded_of(log)->by_id, id_str(id));
}

sl_epart *sl_embedded_partition(sl_embedded *log, const sl_topic_id *id, int32_t number) {
  pthread_mutex_lock(&log->names);
  sl_topic *topic = sl_map_find(&log->by_id, id_str(id));
  sl_partition *partition = topic ? sl_topic_partition(topic, number) : NULL;
  pthread_mutex_unlock(&log->names);
  return partition ? sl_epart_of(partition) : NULL;
}

int64_t sl_embedded_end(sl_embedded *log, const sl_topic_id *id, int32_t number) {
  pthread_mutex_lock(&log->names);
  sl_topic *topic = sl_map_find(&log->by_id, id_str(id));
  const sl_partition *partition = topic ? sl_topic_partition(topic, number) : NULL;
  int64_t end = partition ? sl_partition_visible(partition) : -1;
  pthread_mutex_unlock(&log->names);
  return end;
}

static int by_name(const void *a, const void *b) {
  return sl_str_cmp((*(sl_topic *const *)a)->name, (*(sl_topic *const *)b)->name);
}

void sl_embedded_topics(sl_log *base, sl_arena *arena, sl_topic ***out, size_t *count) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->names);
  sl_topic **list = sl_arena_calloc(arena, log->by_name.count, sizeof(sl_topic *));
  size_t n = 0, at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_name, &at));) list[n++] = sl_topic_ref(e->value);
  pthread_mutex_unlock(&log->names);
  if (n) qsort(list, n, sizeof *list, by_name);
  *out = list;
  *count = n;
}

/* ---- create ---- */

static void random_id(sl_embedded *log, sl_topic_id *out) {
  char text[23];
  do {
    if (log->seeded) {
      for (size_t i = 0; i < 16; i++) {
        uint64_t z = __atomic_add_fetch(&log->random, 0x9E3779B97F4A7C15u, __ATOMIC_RELAXED);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        out->bytes[i] = (uint8_t)(z >> 40);
      }
    } else if (getrandom(out->bytes, 16, 0) != 16) {
      continue;
    }
    out->bytes[6] = (uint8_t)((out->bytes[6] & 0x0F) | 0x40);
    out->bytes[8] = (uint8_t)((out->bytes[8] & 0x3F) | 0x80);
    sl_topic_id_print(text, out);
  } while (text[0] == '-' || sl_map_has(&log->by_id, id_str(out)));
}

void sl_embedded_random_id(sl_log *base, sl_topic_id *out) {
  sl_embedded *log = (sl_embedded *)base;
  pthread_mutex_lock(&log->names);
  random_id(log, out);
  pthread_mutex_unlock(&log->names);
}

/* Names that differ only in '.' and '_' would clash in Kafka's metrics; a list of topics must be able to move there. */
static bool collides(sl_str a, sl_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    char x = a.ptr[i] == '.' ? '_' : a.ptr[i], y = b.ptr[i] == '.' ? '_' : b.ptr[i];
    if (x != y) return false;
  }
  return true;
}

static int check_new(sl_embedded *log, const sl_topic_spec *spec, sl_err *err) {
  int rc = sl_topic_name_check(spec->name, err);
  if (rc) return rc;
  if (spec->partitions < 1 || spec->partitions > PARTITIONS_MAX)
    return sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS, "Number of partitions must be from 1 to %d, not %d",
                      PARTITIONS_MAX, spec->partitions);
  pthread_mutex_lock(&log->names);
  if (sl_map_has(&log->by_name, spec->name))
    rc =
        sl_err_set(err, SL_E_TOPIC_EXISTS, SL_NO_POS, "Topic '" SL_STR_FMT "' already exists.", SL_STR_ARG(spec->name));
  if (!rc && spec->has_id && sl_map_has(&log->by_id, id_str(&spec->id)))
    rc = sl_err_set(err, SL_E_TOPIC_EXISTS, SL_NO_POS, "A topic with the id of '" SL_STR_FMT "' already exists.",
                    SL_STR_ARG(spec->name));
  if (!rc) rc = check_total(log, spec->partitions, err);
  size_t at = 0;
  for (sl_map_entry *e; !rc && (e = sl_map_next(&log->by_name, &at));) {
    if (collides(e->key, spec->name))
      rc = sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS,
                      "Topic '" SL_STR_FMT "' collides with existing topic: " SL_STR_FMT, SL_STR_ARG(spec->name),
                      SL_STR_ARG(e->key));
  }
  pthread_mutex_unlock(&log->names);
  return rc;
}

/* ---- what follows a decision ---- */

/* <topic>-<partition>.<32 hex digits>-delete, the topic part cut so that the name stays within 255 characters. */
static int move_aside(sl_embedded *log, sl_epart *part, sl_err *err) {
  char suffix[64];
  sl_topic_id tag;
  if (!sl_fs_exists(log->fs, part->dir)) return 0;
  random_id(log, &tag);
  int n = snprintf(suffix, sizeof suffix, "-%d.", part->common.number);
  for (size_t i = 0; i < 16; i++) n += snprintf(suffix + n, sizeof suffix - (size_t)n, "%02x", tag.bytes[i]);
  n += snprintf(suffix + n, sizeof suffix - (size_t)n, "-delete");
  sl_str name = part->common.topic->name;
  if (name.len > 255 - (size_t)n) name.len = 255 - (size_t)n;
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  const char *other = sl_arena_printf(&arena, "%s/" SL_STR_FMT "%s", log->dir, SL_STR_ARG(name), suffix);
  int rc = sl_fs_rename(log->fs, part->dir, other, err);
  if (!rc) sl_doom(log, part->common.topic, other);
  sl_arena_done(&arena);
  return rc;
}

/* Moves the directories of deleted topics aside and brings the file up to date. meta, housekeeping and flush are held:
 * none may meet a directory that has just moved. */
static int finish(sl_embedded *log, sl_err *err) {
  int rc = 0;
  for (size_t i = 0; i < log->deleted.len && !rc; i++) { /* only who holds these locks changes the list */
    const sl_topic *topic = log->deleted.items[i];
    for (int32_t p = 0; p < sl_topic_partitions(topic) && !rc; p++) {
      sl_epart *part = sl_epart_of(sl_topic_partition((sl_topic *)(uintptr_t)topic, p));
      if (!part->moved) rc = move_aside(log, part, err);
      if (!rc) part->moved = true;
    }
  }
  if (!rc) rc = sl_fs_sync_dir(log->fs, log->dir, err);
  if (!rc) rc = store(log, NULL, err);
  if (!rc) log->topics_stale = false;
  return rc;
}

/* meta is held. */
static int catch_up(sl_embedded *log, sl_err *err) {
  if (!log->topics_stale) return 0;
  pthread_mutex_lock(&log->housekeeping);
  pthread_mutex_lock(&log->flush);
  int rc = finish(log, err);
  pthread_mutex_unlock(&log->flush);
  pthread_mutex_unlock(&log->housekeeping);
  return rc;
}

int sl_embedded_topics_settle(sl_log *log, sl_err *err) {
  return sl_topic_store_catch_up(sl_embedded_of(log), err);
}

int sl_topic_store_catch_up(sl_embedded *log, sl_err *err) {
  pthread_mutex_lock(&log->meta);
  int rc = catch_up(log, err);
  pthread_mutex_unlock(&log->meta);
  return rc;
}

static int make_dirs(sl_embedded *log, sl_topic *topic, int32_t from, sl_err *err) {
  int rc = 0;
  for (int32_t i = from; i < sl_topic_partitions(topic) && !rc; i++)
    rc = sl_epart_make_dir(sl_epart_of(sl_topic_partition(topic, i)), err);
  return rc ? rc : sl_fs_sync_dir(log->fs, log->dir, err);
}

static int create(sl_embedded *log, const sl_topic_spec *spec, sl_topic **out, sl_err *err) {
  int rc = sl_embedded_check(log, err);
  if (!rc) rc = check_new(log, spec, err);
  if (!rc) rc = catch_up(log, err); /* directories under this name may have to move first */
  if (rc) return rc;
  sl_topic_id id = spec->id;
  if (!spec->has_id) random_id(log, &id);
  sl_topic *topic;
  rc = topic_new(log, spec, &id, &topic, err);
  if (rc) return rc;
  for (int32_t i = 0; i < spec->partitions && !rc; i++) {
    const char *dir = sl_epart_of(sl_topic_partition(topic, i))->dir;
    if (sl_fs_exists(log->fs, dir))
      rc = sl_err_set(err, SL_E_TOPIC_EXISTS, SL_NO_POS,
                      "Directory '%s' is in the way of a new topic: it belongs to none that is known", dir);
  }
  entry e = {topic, spec->settings, spec->setting_count, spec->partitions, false};
  if (!rc) rc = store(log, &e, err);
  if (!rc && (rc = make_dirs(log, topic, 0, err))) { /* it is taken back as a deletion is made */
    pthread_mutex_lock(&log->names);
    sl_vec_push(&log->deleted, topic);
    pthread_mutex_unlock(&log->names);
    log->topics_stale = true;
    catch_up(log, NULL);
    return rc;
  }
  if (rc) {
    sl_embedded_topic_free(topic);
    return rc;
  }
  *out = sl_topic_ref(topic);
  enter(log, topic);
  return 0;
}

int sl_embedded_topic_create(sl_log *base, const sl_topic_spec *spec, sl_topic **out, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->meta);
  int rc = create(log, spec, out, err);
  pthread_mutex_unlock(&log->meta);
  return rc;
}

/* ---- delete ---- */

static bool known(sl_embedded *log, const sl_topic *topic) {
  pthread_mutex_lock(&log->names);
  bool found = sl_map_find(&log->by_id, id_str(&topic->id)) == topic;
  pthread_mutex_unlock(&log->names);
  return found;
}

static int not_found(const sl_topic *topic, sl_err *err) {
  return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Topic '" SL_STR_FMT "' does not exist",
                    SL_STR_ARG(topic->name));
}

/* Nobody reads or writes it from here on. */
static void shut(sl_embedded *log, sl_topic *topic) {
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) {
    sl_epart *part = sl_epart_of(sl_topic_partition(topic, i));
    pthread_mutex_lock(&part->append);
    pthread_mutex_lock(&part->state);
    part->deleted = true;
    sl_cache_drop_partition(&log->cache, part);
    pthread_mutex_unlock(&part->state);
    pthread_mutex_unlock(&part->append);
  }
  pthread_mutex_lock(&log->names);
  sl_map_remove(&log->by_name, topic->name);
  sl_map_remove(&log->by_id, id_str(&topic->id));
  sl_vec_push(&log->deleted, topic);
  pthread_mutex_unlock(&log->names);
}

static int delete (sl_embedded *log, sl_topic *topic, sl_err *err) {
  int rc = sl_embedded_check(log, err);
  if (!rc && !known(log, topic)) rc = not_found(topic, err);
  if (rc) return rc;
  const sl_topic_settings_version *v = atomic_load(&topic->settings);
  entry e = {topic, v->overrides, v->count, sl_topic_partitions(topic), true};
  rc = store(log, &e, err);
  if (rc) return rc;
  shut(log, topic); /* decided: what fails from here on is done later */
  log->topics_stale = true;
  finish(log, NULL);
  return 0;
}

int sl_embedded_topic_delete(sl_log *base, sl_topic *topic, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  pthread_mutex_lock(&log->meta);
  pthread_mutex_lock(&log->housekeeping); /* neither may meet a directory that has just moved */
  pthread_mutex_lock(&log->flush);
  int rc = delete (log, topic, err);
  pthread_mutex_unlock(&log->flush);
  pthread_mutex_unlock(&log->housekeeping);
  pthread_mutex_unlock(&log->meta);
  for (int32_t i = 0; !rc && i < sl_topic_partitions(topic); i++) {
    sl_partition_notify(sl_topic_partition(topic, i), SL_READ_VISIBLE);
    sl_partition_notify(sl_topic_partition(topic, i), SL_READ_DURABLE);
  }
  return rc;
}

/* ---- change ---- */

static int set(sl_embedded *log, sl_topic *topic, sl_str name, const sl_str *value, sl_arena *arena, sl_err *err) {
  if (!known(log, topic)) return not_found(topic, err);
  const sl_topic_settings_version *old = atomic_load(&topic->settings);
  sl_topic_setting *list = sl_arena_calloc(arena, (size_t)old->count + 1, sizeof *list);
  int count = 0;
  for (int i = 0; i < old->count; i++) {
    if (!sl_str_eq(old->overrides[i].name, name)) list[count++] = old->overrides[i];
  }
  sl_topic_config config;
  sl_topic_setting one = {name, value ? *value : sl_topic_config_default(name)};
  int rc = sl_topic_config_build(&one, 1, &config, err); /* names an unknown setting, also when it is to be removed */
  if (rc) return rc;
  if (value) list[count++] = one;
  entry e = {topic, list, count, sl_topic_partitions(topic), false};
  rc = store(log, &e, err);
  return rc ? rc : sl_topic_settings_publish(topic, list, count, err);
}

int sl_embedded_topic_set(sl_log *base, sl_topic *topic, sl_str name, const sl_str *value, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  sl_arena arena;
  sl_arena_init(&arena, 1024);
  int rc = sl_embedded_check(log, err);
  pthread_mutex_lock(&log->meta);
  if (!rc) rc = set(log, topic, name, value, &arena, err);
  pthread_mutex_unlock(&log->meta);
  sl_arena_done(&arena);
  return rc;
}

static int grow(sl_embedded *log, sl_topic *topic, int32_t partitions, sl_err *err) {
  int32_t had = sl_topic_partitions(topic);
  if (!known(log, topic)) return not_found(topic, err);
  if (partitions <= had || partitions > PARTITIONS_MAX)
    return sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS,
                      "Topic '" SL_STR_FMT
                      "' has %d partitions: the new number must be greater, and at most %d; %d is not",
                      SL_STR_ARG(topic->name), had, PARTITIONS_MAX, partitions);
  const sl_topic_settings_version *v = atomic_load(&topic->settings);
  entry e = {topic, v->overrides, v->count, partitions, false};
  pthread_mutex_lock(&log->names);
  int rc = check_total(log, partitions - had, err);
  pthread_mutex_unlock(&log->names);
  if (!rc) rc = store(log, &e, err);
  if (rc) return rc;
  pthread_mutex_lock(&log->names); /* the maps' readers count partitions */
  add_partitions(log, topic, had, partitions);
  pthread_mutex_unlock(&log->names);
  atomic_store(&log->dir_dirty, true);
  make_dirs(log, topic, had, NULL); /* decided: a directory that is missing is made again on first use */
  return 0;
}

int sl_embedded_topic_grow(sl_log *base, sl_topic *topic, int32_t partitions, sl_err *err) {
  sl_embedded *log = sl_embedded_of(base);
  int rc = sl_embedded_check(log, err);
  pthread_mutex_lock(&log->meta);
  if (!rc) rc = grow(log, topic, partitions, err);
  pthread_mutex_unlock(&log->meta);
  return rc;
}
