/* Earlier inputs, one a line in a file ("\n" and "\\" escaped), appended after each input. */
#include "base/heap.h"
#include "base/vec.h"
#include "shell/shell_int.h"

enum { KEPT = 1000, REWRITE_AT = 2000, FILE_LIMIT = 16 << 20 };

struct sl_history {
  sl_vec entries; /* char * */
  char *path;     /* NULL: not saved */
};

static char *unescape(sl_str line) {
  char *text = sl_heap_zalloc(line.len + 1);
  size_t len = 0;
  for (size_t i = 0; i < line.len; i++) {
    bool escape = line.ptr[i] == '\\' && i + 1 < line.len && (line.ptr[i + 1] == 'n' || line.ptr[i + 1] == '\\');
    i += escape;
    text[len++] = escape && line.ptr[i] == 'n' ? '\n' : line.ptr[i];
  }
  return text;
}

static void escape(sl_buf *out, const char *text) {
  for (; *text; text++) {
    if (*text == '\n' || *text == '\\') sl_buf_add_byte(out, '\\');
    sl_buf_add_byte(out, *text == '\n' ? 'n' : (uint8_t)*text);
  }
  sl_buf_add_byte(out, '\n');
}

static void load(sl_history *history) {
  sl_arena arena;
  char *data;
  size_t len;
  sl_arena_init(&arena, 0);
  if (!sl_fs_read_all(sl_fs_real(), history->path, FILE_LIMIT, &arena, &data, &len, NULL)) {
    sl_str rest = sl_str_n(data, len);
    while (rest.len) {
      const char *end = memchr(rest.ptr, '\n', rest.len);
      size_t line = end ? (size_t)(end - rest.ptr) : rest.len;
      if (line) sl_vec_push(&history->entries, unescape(sl_str_n(rest.ptr, line)));
      line += end != NULL;
      rest = sl_str_n(rest.ptr + line, rest.len - line);
    }
  }
  sl_arena_done(&arena);
}

/* Keeps the newest entries in memory, and in the file when it has grown long. */
static void shorten(sl_history *history) {
  bool rewrite = history->entries.len > REWRITE_AT;
  size_t drop = history->entries.len > KEPT ? history->entries.len - KEPT : 0;
  sl_buf text = {0};
  for (size_t i = 0; i < drop; i++) sl_heap_free(sl_vec_at(&history->entries, i));
  if (drop) memmove(history->entries.items, history->entries.items + drop, KEPT * sizeof(void *));
  history->entries.len -= drop;
  if (!rewrite) return;
  for (size_t i = 0; i < history->entries.len; i++) escape(&text, sl_vec_at(&history->entries, i));
  sl_fs_replace(sl_fs_real(), history->path, text.data, text.len, NULL); /* else the old file stays */
  sl_buf_done(&text);
}

sl_history *sl_history_open(const char *path, sl_output *out) {
  sl_history *history = sl_heap_zalloc(sizeof *history);
  sl_file *file = NULL;
  if (!path || sl_fs_open(sl_fs_real(), path, SL_FS_WRITE | SL_FS_CREATE, &file, NULL)) {
    sl_output_print(out, "WARNING: Unable to create command history file '%s', command history will not be saved.\n",
                    path ? path : ".ksql-history");
    return history;
  }
  sl_file_close(file);
  history->path = sl_heap_strdup(path);
  load(history);
  shorten(history);
  return history;
}

void sl_history_free(sl_history *history) {
  if (!history) return;
  for (size_t i = 0; i < history->entries.len; i++) sl_heap_free(sl_vec_at(&history->entries, i));
  sl_vec_done(&history->entries);
  sl_heap_free(history->path);
  sl_heap_free(history);
}

static void save(const sl_history *history, const char *entry) {
  sl_file *file;
  sl_buf text = {0};
  uint64_t size;
  if (!history->path || sl_fs_open(sl_fs_real(), history->path, SL_FS_WRITE | SL_FS_CREATE, &file, NULL)) return;
  escape(&text, entry);
  if (!file->cls->size(file, &size, NULL)) sl_file_write(file, size, text.data, text.len, NULL);
  sl_file_close(file);
  sl_buf_done(&text);
}

void sl_history_add(sl_history *history, sl_str entry) {
  size_t count = history->entries.len;
  if (!entry.len || memchr(entry.ptr, 0, entry.len)) return;
  if (count && sl_str_eq_z(entry, sl_vec_at(&history->entries, count - 1))) return;
  char *copy = sl_heap_strndup(entry.ptr, entry.len);
  sl_vec_push(&history->entries, copy);
  save(history, copy);
}

size_t sl_history_count(const sl_history *history) {
  return history ? history->entries.len : 0;
}

const char *sl_history_entry(const sl_history *history, size_t i) {
  return sl_vec_at(&history->entries, i);
}

/* ---- expansion ---- */

static const char *newest_with(const sl_history *history, sl_str prefix) {
  for (size_t i = history->entries.len; i-- > 0;) {
    const char *entry = sl_vec_at(&history->entries, i);
    if (sl_str_starts(sl_str_of(entry), prefix)) return entry;
  }
  return NULL;
}

/* ^a^b: the newest input with a replaced by b once. */
static bool replace(const sl_history *history, sl_arena *arena, sl_str text, sl_str *out) {
  const char *second = memchr(text.ptr + 1, '^', text.len - 1);
  if (!second || !history->entries.len) return false;
  sl_str from = sl_str_n(text.ptr + 1, (size_t)(second - text.ptr - 1));
  sl_str to = sl_str_n(second + 1, text.len - from.len - 2), last;
  if (to.len && to.ptr[to.len - 1] == '^') to.len--;
  last = sl_str_of(sl_vec_at(&history->entries, history->entries.len - 1));
  const char *at = from.len ? memmem(last.ptr, last.len, from.ptr, from.len) : NULL;
  if (!at) return false;
  size_t before = (size_t)(at - last.ptr);
  *out = sl_str_printf(arena, "%.*s" SL_STR_FMT "%s", (int)before, last.ptr, SL_STR_ARG(to), at + from.len);
  return true;
}

bool sl_history_expand(const sl_history *history, sl_arena *arena, sl_str text, sl_str *out, sl_output *output) {
  *out = text;
  text = sl_str_trim(text);
  if (text.len < 2 || (text.ptr[0] != '!' && text.ptr[0] != '^')) return true;
  sl_str word = sl_str_n(text.ptr + 1, text.len - 1);
  int64_t number;
  const char *entry = NULL;
  size_t count = history->entries.len;
  if (text.ptr[0] == '^') {
    if (replace(history, arena, text, out)) return true;
  } else if (sl_str_eq_z(word, "!")) {
    entry = count ? sl_vec_at(&history->entries, count - 1) : NULL;
  } else if (sl_str_int64(word, &number)) {
    if (number > 0 && (uint64_t)number <= count) entry = sl_vec_at(&history->entries, (size_t)number - 1);
    if (number < 0 && (uint64_t)-number <= count) entry = sl_vec_at(&history->entries, count - (size_t)-number);
  } else {
    entry = newest_with(history, word);
  }
  if (entry) {
    *out = sl_str_dup(arena, sl_str_of(entry));
    return true;
  }
  sl_output_error(output, sl_str_printf(arena, SL_STR_FMT ": no such event in the history", SL_STR_ARG(text)));
  return false;
}
