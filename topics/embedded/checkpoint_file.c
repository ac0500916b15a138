/* Kafka's small text files of offsets (log.md 1.3): version 0, the number of lines, then "topic partition offset". They
 * are replaced atomically. A damaged one is an error for those we rely on (start offsets); the others are caches. */
#include <string.h>
#include "topics/embedded/embedded_int.h"

enum { FILE_MAX = 64 << 20 };

static bool next_line(sl_str *text, sl_str *line) {
  if (!text->len) return false;
  const char *end = memchr(text->ptr, '\n', text->len);
  size_t n = end ? (size_t)(end - text->ptr) : text->len;
  *line = sl_str_n(text->ptr, n);
  size_t used = end ? n + 1 : n;
  text->ptr += used;
  text->len -= used;
  return true;
}

/* The last word of a line, which it is cut off from. */
static bool last_number(sl_str *line, int64_t *out) {
  size_t at = line->len;
  while (at && line->ptr[at - 1] != ' ') at--;
  if (!at || !sl_str_int64(sl_str_n(line->ptr + at, line->len - at), out)) return false;
  line->len = at - 1;
  return true;
}

static bool parse_line(sl_str line, sl_offset_line *out) {
  int64_t partition;
  if (!last_number(&line, &out->offset) || !last_number(&line, &partition) || partition < 0 || partition > INT32_MAX)
    return false;
  out->partition = (int32_t)partition;
  out->topic = line;
  return line.len > 0;
}

int sl_offsets_read(sl_embedded *log, sl_arena *arena, const char *name, sl_offset_line **out, size_t *count,
                    sl_err *err) {
  const char *path = sl_arena_printf(arena, "%s/%s", log->dir, name);
  *out = NULL;
  *count = 0;
  if (!sl_fs_exists(log->fs, path)) return 0;
  char *data;
  size_t len;
  int rc = sl_fs_read_all(log->fs, path, FILE_MAX, arena, &data, &len, err);
  if (rc) return rc;
  sl_str text = sl_str_n(data, len), line;
  int64_t version = -1, lines = -1;
  bool ok = next_line(&text, &line) && sl_str_int64(line, &version) && version == 0 && next_line(&text, &line) &&
            sl_str_int64(line, &lines) && lines >= 0 && (uint64_t)lines <= len;
  sl_offset_line *list = ok ? sl_arena_calloc(arena, (size_t)lines + 1, sizeof *list) : NULL;
  size_t n = 0;
  while (ok && next_line(&text, &line)) ok = n < (size_t)lines && parse_line(line, &list[n++]);
  if (!ok || n != (size_t)lines)
    return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "The checkpoint file '%s' is malformed", path);
  *out = list;
  *count = n;
  return 0;
}

int sl_offsets_write(sl_embedded *log, const char *name, const sl_offset_line *lines, size_t count, sl_err *err) {
  sl_buf text = {0};
  sl_arena arena;
  sl_arena_init(&arena, 512);
  sl_buf_printf(&text, "0\n%zu\n", count);
  for (size_t i = 0; i < count; i++)
    sl_buf_printf(&text, SL_STR_FMT " %d %lld\n", SL_STR_ARG(lines[i].topic), lines[i].partition,
                  (long long)lines[i].offset);
  int rc = sl_fs_replace(log->fs, sl_arena_printf(&arena, "%s/%s", log->dir, name), text.data, text.len, err);
  sl_arena_done(&arena);
  sl_buf_done(&text);
  return rc;
}

int64_t sl_offsets_recovery_point(sl_epart *part) {
  return part->recovery_point;
}
int64_t sl_offsets_cleaned(sl_epart *part) {
  return part->cleaned ? part->cleaned : -1;
}

/* Only a start above the first segment's base needs the file. */
int64_t sl_offsets_start(sl_epart *part) {
  if (!part->loaded) return part->checkpoint_start ? part->checkpoint_start : -1;
  int64_t start = atomic_load(&part->start);
  return part->segment_count && start <= part->segments[0]->base ? -1 : start > 0 ? start : -1;
}

int sl_offsets_save(sl_embedded *log, const char *name, int64_t (*value)(sl_epart *part), sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 16 * 1024);
  pthread_mutex_lock(&log->names);
  size_t at = 0, total = 0, count = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_id, &at));) total += (size_t)sl_topic_partitions(e->value);
  sl_offset_line *lines = sl_arena_calloc(&arena, total + 1, sizeof *lines);
  at = 0;
  for (sl_map_entry *e; (e = sl_map_next(&log->by_name, &at));) {
    sl_topic *topic = e->value;
    for (int32_t i = 0; i < sl_topic_partitions(topic) && count < total; i++) {
      sl_epart *part = sl_epart_of(sl_topic_partition(topic, i));
      pthread_mutex_lock(&part->state);
      int64_t v = value(part);
      pthread_mutex_unlock(&part->state);
      if (v >= 0) lines[count++] = (sl_offset_line){sl_str_dup(&arena, topic->name), i, v};
    }
  }
  pthread_mutex_unlock(&log->names);
  int rc = sl_offsets_write(log, name, lines, count, err);
  sl_arena_done(&arena);
  return rc;
}

static sl_epart *part_of(sl_embedded *log, const sl_offset_line *line) {
  sl_topic *topic = sl_map_find(&log->by_name, line->topic);
  sl_partition *partition = topic ? sl_topic_partition(topic, line->partition) : NULL;
  return partition ? sl_epart_of(partition) : NULL;
}

int sl_offsets_load_all(sl_embedded *log, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 16 * 1024);
  sl_offset_line *lines;
  size_t count;
  int rc = sl_offsets_read(log, &arena, "log-start-offset-checkpoint", &lines, &count, err);
  for (size_t i = 0; i < count && !rc; i++) {
    sl_epart *part = part_of(log, &lines[i]);
    if (part) part->checkpoint_start = lines[i].offset;
  }
  sl_err ignored = {0};
  if (!rc && !sl_offsets_read(log, &arena, "cleaner-offset-checkpoint", &lines, &count, &ignored)) {
    for (size_t i = 0; i < count; i++) {
      sl_epart *part = part_of(log, &lines[i]);
      if (part) part->cleaned = lines[i].offset;
    }
  }
  sl_err_done(&ignored);
  sl_arena_done(&arena);
  return rc;
}
