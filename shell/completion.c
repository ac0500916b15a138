/* Tab: keywords, functions, sources and topics of the server, properties after SET, and skeletons of statements. */
#include <stdlib.h>

#include "base/clock.h"
#include "catalog/settings.h"
#include "functions/function.h"
#include "parser/parser.h"
#include "shell/shell_int.h"

enum { NAMES_FRESH_MS = 2000, NAMES_TIMEOUT_MS = 500 };

static const struct {
  const char *word, *text;
} SKELETONS[] = {
    {"cs", "CREATE STREAM s (k VARCHAR KEY, v VARCHAR) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='JSON');"},
    {"ct",
     "CREATE TABLE t (k VARCHAR PRIMARY KEY, v VARCHAR) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='JSON');"},
    {"csas", "CREATE STREAM s AS SELECT * FROM x EMIT CHANGES;"},
    {"ctas", "CREATE TABLE t AS SELECT k, COUNT(*) FROM x GROUP BY k EMIT CHANGES;"},
    {"ii", "INSERT INTO s (k, v) VALUES ('k', 'v');"},
};

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         (unsigned char)c >= 0x80;
}

static bool starts_nocase(sl_str text, sl_str prefix) {
  return text.len >= prefix.len && sl_str_eq_nocase(sl_str_n(text.ptr, prefix.len), prefix);
}

/* ---- names of the server ---- */

static const char SOURCE[] = "source", TOPIC[] = "topic";

static void add_names(sl_shell *shell, const sl_json *entity, const char *member, const char *kind) {
  const sl_json *list = sl_json_get(entity, member);
  for (size_t i = 0; sl_json_is(list, SL_JSON_ARRAY) && i < list->count; i++) {
    sl_str name = sl_json_str(sl_json_get(list->items[i], "name"), "");
    if (name.len) sl_map_put(&shell->names, name, (void *)(uintptr_t)kind);
  }
}

/* Asks again when the names are old; a server that is slow or gone leaves them as they are. */
static void refresh_names(sl_shell *shell) {
  int64_t now = sl_clock_monotonic_ns(sl_clock_real()) / 1000000;
  if (shell->names_ms && now - shell->names_ms < NAMES_FRESH_MS) return;
  shell->names_ms = now;
  sl_arena arena;
  sl_json *answer;
  sl_err err = {0};
  sl_exchange e = {.method = "POST",
                   .path = "/ksql",
                   .body = sl_str_of("{\"ksql\":\"SHOW STREAMS; SHOW TABLES; SHOW TOPICS;\"}"),
                   .timeout_ms = NAMES_TIMEOUT_MS,
                   .uninterruptible = true};
  sl_arena_init(&arena, 0);
  if (!sl_client_run(shell->client, &e, &err) && e.end == SL_CLIENT_COMPLETE && e.status == 200 &&
      !sl_json_parse(&arena, sl_buf_str(&e.answer), 0, &answer, NULL) && sl_json_is(answer, SL_JSON_ARRAY)) {
    sl_map_done(&shell->names);
    shell->names = (sl_map){0};
    for (size_t i = 0; i < answer->count; i++) {
      add_names(shell, answer->items[i], "topics", TOPIC);
    }
    for (size_t i = 0; i < answer->count; i++) { /* a name that is both counts as a source */
      add_names(shell, answer->items[i], "streams", SOURCE);
      add_names(shell, answer->items[i], "tables", SOURCE);
    }
  }
  sl_err_done(&err);
  sl_exchange_done(&e);
  sl_arena_done(&arena);
}

/* ---- candidates ---- */

static void add(sl_arena *arena, sl_vec *out, sl_str text, sl_str prefix) {
  if (starts_nocase(text, prefix)) sl_vec_push(out, sl_str_z(arena, text));
}

static void add_names_of(sl_shell *shell, sl_arena *arena, const char *kind, sl_str prefix, sl_vec *out) {
  size_t at = 0;
  refresh_names(shell);
  for (sl_map_entry *e; (e = sl_map_next(&shell->names, &at));)
    if (!kind || e->value == kind) add(arena, out, e->key, prefix);
}

static void add_words(sl_shell *shell, sl_arena *arena, sl_str line, sl_str prefix, sl_vec *out) {
  size_t count;
  bool print = starts_nocase(sl_str_trim(line), sl_str_of("PRINT "));
  const sl_keyword *keywords = sl_keywords(&count);
  for (size_t i = 0; i < count; i++) add(arena, out, sl_str_of(keywords[i].text), prefix);
  const sl_function *const *functions = sl_functions(&count);
  for (size_t i = 0; i < count; i++) add(arena, out, sl_str_of(functions[i]->name), prefix);
  add_names_of(shell, arena, print ? NULL : SOURCE, prefix, out);
}

/* Property names after SET and UNSET, with and without the prefix that may be left out; else names of topics. */
static void add_quoted(sl_shell *shell, sl_arena *arena, sl_str line, sl_str prefix, sl_vec *out) {
  static const char LAYER[] = "ksql.streams.";
  size_t count;
  line = sl_str_trim(line);
  if (!starts_nocase(line, sl_str_of("SET ")) && !starts_nocase(line, sl_str_of("UNSET "))) {
    add_names_of(shell, arena, NULL, prefix, out);
    return;
  }
  const sl_property_row *rows = sl_property_rows(&count);
  for (size_t i = 0; i < count; i++) {
    sl_str name = sl_str_of(rows[i].name);
    if (!rows[i].session) continue;
    add(arena, out, name, prefix);
    if (sl_str_starts(name, sl_str_of(LAYER)))
      add(arena, out, sl_str_n(name.ptr + sizeof LAYER - 1, name.len - sizeof LAYER + 1), prefix);
  }
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

void sl_complete(sl_shell *shell, sl_arena *arena, sl_str line, size_t *start, sl_vec *out) {
  bool quoted = false;
  for (size_t i = 0; i < line.len; i++) quoted ^= line.ptr[i] == '\'';
  size_t at = line.len;
  while (at > 0 && (is_word(line.ptr[at - 1]) || (quoted && (line.ptr[at - 1] == '.' || line.ptr[at - 1] == '-'))))
    at--;
  sl_str prefix = sl_str_n(line.ptr + at, line.len - at);
  *start = at;
  if (quoted) {
    add_quoted(shell, arena, line, prefix, out);
  } else {
    for (size_t i = 0; i < sizeof SKELETONS / sizeof *SKELETONS; i++)
      if (at == 0 && sl_str_eq_nocase(prefix, sl_str_of(SKELETONS[i].word))) {
        sl_vec_push(out, sl_arena_printf(arena, "%s", SKELETONS[i].text));
        return;
      }
    if (prefix.len) add_words(shell, arena, line, prefix, out);
  }
  if (out->len > 1) qsort(out->items, out->len, sizeof *out->items, by_text);
  size_t kept = 0; /* a name may be a keyword, too */
  for (size_t i = 0; i < out->len; i++)
    if (!kept || strcmp(out->items[i], out->items[kept - 1]) != 0) out->items[kept++] = out->items[i];
  out->len = kept;
}
