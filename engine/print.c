/* PRINT: lines of text about the records of a topic, read straight from its partitions (http-api.md 10).
 *
 * The format of keys and values is guessed: every candidate starts alive and is dropped at the first record it cannot
 * read; the first one alive prints. */
#include <time.h>

#include "base/bytes.h"
#include "base/heap.h"
#include "engine/push.h"
#include "types/text.h"

typedef enum guess { GUESS_JSON, GUESS_INT, GUESS_BIGINT, GUESS_DOUBLE, GUESS_STRING, GUESS_COUNT } guess;
static const char *const GUESS_NAMES[] = {"JSON", "KAFKA_INT", "KAFKA_BIGINT", "KAFKA_DOUBLE", "KAFKA_STRING"};
enum { WINDOW_FORMS = 4 }; /* SESSION(x), HOPPING(x), TUMBLING(x), then x itself; keys only */
static const char *const WINDOW_NAMES[] = {"SESSION", "HOPPING", "TUMBLING", ""};
static const size_t WINDOW_BYTES[] = {16, 8, 8, 0};

typedef struct guesses {
  bool dead[WINDOW_FORMS * GUESS_COUNT]; /* index: form + guess * forms */
  bool seen;
  unsigned printed_mask; /* alive set of the last format line */
} guesses;

typedef struct reader {
  sl_partition *partition;
  int64_t offset;
  sl_listener listener;
  sl_push *push;
} reader;

typedef struct print_push {
  sl_push base;
  sl_topic *topic;
  reader *readers;
  int32_t count;
  int32_t turn;
  int64_t interval, seen;
  bool has_limit;
  int64_t limit, printed;
  guesses key, value;
  sl_buf line;
  sl_fetch *fetch; /* being walked */
  size_t at;
  int32_t fetch_partition;
  sl_vec pending; /* char * lines not taken yet */
  size_t pending_at;
} print_push;

/* ---- guessing ---- */

static bool readable(guess g, const uint8_t *data, size_t len) {
  sl_json_cursor cur;
  switch (g) {
  case GUESS_JSON:
    sl_json_begin(&cur, sl_str_n((const char *)data, len));
    return len && sl_json_skip(&cur, NULL) && sl_str_trim(sl_str_n(cur.p, (size_t)(cur.end - cur.p))).len == 0;
  case GUESS_INT: return len == 4;
  case GUESS_BIGINT:
  case GUESS_DOUBLE: return len == 8;
  case GUESS_STRING: return sl_utf8_valid(data, len);
  case GUESS_COUNT: break;
  }
  return false;
}

/* A window suffix is plausible when its times are: not negative, below the year 10000, in order. */
static bool plausible_window(int form, const uint8_t *suffix) {
  const uint64_t limit = UINT64_C(253402300800000);
  if (form == 0) {
    uint64_t end = sl_get_u64(suffix), start = sl_get_u64(suffix + 8);
    return start <= end && end < limit && start > 0;
  }
  uint64_t start = sl_get_u64(suffix);
  return start > UINT64_C(86400000) && start < limit;
}

static void narrow(guesses *g, bool is_key, const uint8_t *data, size_t len) {
  g->seen = true;
  for (int c = 0; c < WINDOW_FORMS * GUESS_COUNT; c++) {
    int form = c % WINDOW_FORMS, what = c / WINDOW_FORMS;
    size_t suffix = WINDOW_BYTES[form];
    if (g->dead[c]) continue;
    if (suffix && (!is_key || len < suffix || !plausible_window(form, data + len - suffix)))
      g->dead[c] = true;
    else
      g->dead[c] = !readable((guess)what, data, len - suffix);
  }
}

static int first_alive(const guesses *g) {
  for (int c = 0; c < WINDOW_FORMS * GUESS_COUNT; c++)
    if (!g->dead[c]) return c;
  return -1;
}

static unsigned alive_mask(const guesses *g) {
  unsigned mask = g->seen ? 0 : 1u << 31;
  for (int c = 0; g->seen && c < WINDOW_FORMS * GUESS_COUNT; c++)
    if (!g->dead[c]) mask |= 1u << c;
  return mask;
}

static void add_format_line(sl_buf *out, const char *what, const guesses *g) {
  bool first = true;
  sl_buf_printf(out, "%s format: ", what);
  if (!g->seen) {
    sl_buf_add_z(out, "\xC2\xAF\\_(\xE3\x83\x84)_/\xC2\xAF - no data processed");
    return;
  }
  for (int c = 0; c < WINDOW_FORMS * GUESS_COUNT; c++) {
    int form = c % WINDOW_FORMS, g_index = c / WINDOW_FORMS;
    if (g->dead[c]) continue;
    if (!first) sl_buf_add_z(out, " or ");
    first = false;
    if (form == WINDOW_FORMS - 1)
      sl_buf_add_z(out, GUESS_NAMES[g_index]);
    else
      sl_buf_printf(out, "%s(%s)", WINDOW_NAMES[form], GUESS_NAMES[g_index]);
  }
  if (first)
    sl_buf_add_z(out,
                 "does not match any supported format. It may be a STRING with encoding other than UTF8, or some other "
                 "format.");
}

/* ---- printing ---- */

static void add_payload(sl_buf *out, guess g, const uint8_t *data, size_t len) {
  char text[32];
  double d;
  uint64_t bits;
  switch (g) {
  case GUESS_INT: sl_buf_printf(out, "%d", (int32_t)sl_get_u32(data)); return;
  case GUESS_BIGINT: sl_buf_printf(out, "%lld", (long long)sl_get_u64(data)); return;
  case GUESS_DOUBLE:
    bits = sl_get_u64(data);
    memcpy(&d, &bits, sizeof d);
    sl_buf_add(out, text, sl_double_print(text, d));
    return;
  default: sl_buf_add(out, data, len);
  }
}

static void add_side(sl_buf *out, const guesses *g, const uint8_t *data, size_t len) {
  int c = data ? first_alive(g) : -1;
  if (!data) {
    sl_buf_add_z(out, "<null>");
    return;
  }
  if (c < 0) {
    sl_buf_add_z(out, "<Failed to deserialize>");
    return;
  }
  int form = c % WINDOW_FORMS;
  size_t inner = len - WINDOW_BYTES[form];
  if (form == WINDOW_FORMS - 1) {
    add_payload(out, (guess)(c / WINDOW_FORMS), data, inner);
    return;
  }
  sl_buf_add_byte(out, '[');
  add_payload(out, (guess)(c / WINDOW_FORMS), data, inner);
  if (form == 0)
    sl_buf_printf(out, "@%llu/%llu]", (unsigned long long)sl_get_u64(data + inner + 8),
                  (unsigned long long)sl_get_u64(data + inner));
  else
    sl_buf_printf(out, "@%llu/-]", (unsigned long long)sl_get_u64(data + inner));
}

static void add_time(sl_buf *out, int64_t ms) {
  if (ms < 0) {
    sl_buf_add_z(out, "N/A");
    return;
  }
  time_t seconds = (time_t)(ms / 1000);
  struct tm tm;
  char text[40];
  gmtime_r(&seconds, &tm);
  strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &tm);
  sl_buf_printf(out, "%s.%03d Z", text, (int)(ms % 1000));
}

static void queue_line(print_push *p) {
  sl_vec_push(&p->pending, sl_heap_strndup((const char *)p->line.data, p->line.len));
  sl_buf_reset(&p->line);
}

static void format_line_if_changed(print_push *p, const char *what, guesses *g) {
  unsigned mask = alive_mask(g);
  if (mask == g->printed_mask) return;
  g->printed_mask = mask;
  add_format_line(&p->line, what, g);
  queue_line(p);
}

static void print_record(print_push *p, const sl_record *record, int32_t partition) {
  if (record->key) narrow(&p->key, true, record->key, record->key_len);
  if (record->value) narrow(&p->value, false, record->value, record->value_len);
  if (p->seen++ % p->interval) return;
  format_line_if_changed(p, "Key", &p->key);
  format_line_if_changed(p, "Value", &p->value);
  sl_buf_add_z(&p->line, "rowtime: ");
  add_time(&p->line, record->timestamp);
  sl_buf_add_z(&p->line, ", key: ");
  add_side(&p->line, &p->key, record->key, record->key_len);
  sl_buf_add_z(&p->line, ", value: ");
  add_side(&p->line, &p->value, record->value, record->value_len);
  sl_buf_printf(&p->line, ", partition: %d", partition);
  queue_line(p);
  p->printed++;
}

/* ---- reading ---- */

/* Makes p->fetch point at records not printed yet; false when there are none now. */
static bool refill(print_push *p) {
  if (p->fetch && p->at < p->fetch->count) return true;
  sl_fetch_unref(p->fetch);
  p->fetch = NULL;
  for (int32_t i = 0; i < p->count; i++) {
    reader *r = &p->readers[p->turn];
    p->fetch_partition = p->turn;
    p->turn = (p->turn + 1) % p->count;
    sl_err err = {0};
    int code = sl_log_fetch(r->partition, r->offset, 256 * 1024, 1000, SL_READ_VISIBLE, &p->fetch, &err);
    if (code == SL_E_OFFSET_OUT_OF_RANGE) r->offset = sl_partition_start(r->partition);
    sl_err_done(&err);
    if (code) continue;
    r->offset = p->fetch->next_offset;
    p->at = 0;
    if (p->fetch->count) return true;
    sl_fetch_unref(p->fetch);
    p->fetch = NULL;
  }
  return false;
}

static void give_line(print_push *p, sl_push_row row, void *ctx) {
  char *text = sl_vec_at(&p->pending, p->pending_at++);
  sl_value value = sl_of_str(sl_str_of(text));
  sl_row line = {.values = &value};
  row(ctx, &line, &p->base.schema, false);
  sl_heap_free(text);
  if (p->pending_at < p->pending.len) return;
  p->pending.len = p->pending_at = 0;
}

static sl_push_state print_take(sl_push *base, size_t max, sl_push_row row, void *ctx) {
  print_push *p = (print_push *)base;
  while (max > 0) {
    if (p->pending_at < p->pending.len) {
      give_line(p, row, ctx);
      max--;
      continue;
    }
    pthread_mutex_lock(&base->mutex);
    if (p->has_limit && p->printed >= p->limit) base->ended = base->limit_reached = true;
    bool ended = base->ended;
    base->ready_due = true; /* set before looking: what comes after the look calls ready */
    pthread_mutex_unlock(&base->mutex);
    if (ended) return SL_PUSH_DONE;
    if (!refill(p)) return SL_PUSH_WAIT;
    print_record(p, &p->fetch->records[p->at++], p->fetch_partition);
  }
  return SL_PUSH_ROWS;
}

static void on_append(sl_listener *listener) {
  sl_push *push = ((reader *)((char *)listener - offsetof(reader, listener)))->push;
  pthread_mutex_lock(&push->mutex);
  bool notify = push->ready_due;
  push->ready_due = false;
  pthread_mutex_unlock(&push->mutex);
  if (notify) push->ready(push->ready_ctx);
}

static void print_close(sl_push *base) {
  print_push *p = (print_push *)base;
  for (int32_t i = 0; i < p->count; i++)
    sl_partition_unlisten(p->readers[i].partition, SL_READ_VISIBLE, &p->readers[i].listener);
  sl_fetch_unref(p->fetch);
  while (p->pending_at < p->pending.len) sl_heap_free(sl_vec_at(&p->pending, p->pending_at++));
  sl_vec_done(&p->pending);
  sl_buf_done(&p->line);
  sl_heap_free(p->readers);
  sl_topic_unref(p->topic);
  sl_push_done(base);
  sl_heap_free(p);
}

static const sl_push_class PRINT_PUSH = {.take = print_take, .close = print_close};

bool sl_push_is_print(const sl_push *push) {
  return push->cls == &PRINT_PUSH;
}

static int unknown_topic(sl_engine *engine, const sl_stmt_print *stmt, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_buf hint = {0};
  sl_topic **topics;
  size_t count;
  sl_log_topics(engine->log, &arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_str name = sl_topic_name(topics[i]);
    if (sl_str_eq_nocase(name, stmt->topic))
      sl_buf_printf(&hint, "%s\tprint " SL_STR_FMT ";", hint.len ? "\n" : "\nDid you mean:\n", SL_STR_ARG(name));
    sl_topic_unref(topics[i]);
  }
  int code =
      sl_err_set(err, SL_E_BAD_REQUEST, stmt->base.pos,
                 "Could not find topic '" SL_STR_FMT
                 "', or the KSQL user does not have permissions to list the topic. Topic names are case-sensitive.%s",
                 SL_STR_ARG(stmt->topic), sl_buf_z(&hint));
  sl_buf_done(&hint);
  sl_arena_done(&arena);
  return code;
}

int sl_print_open(sl_engine *engine, const sl_stmt_print *stmt, sl_push_ready ready, void *ctx, sl_push **out,
                  sl_err *err) {
  static const sl_column COLUMN = {.name = {"line", 4}, .type = &SL_TYPE_STRING, .kind = SL_COLUMN_VALUE};
  if (stmt->has_interval && stmt->interval < 1)
    return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "INTERVAL must be at least 1, got %lld.",
                      (long long)stmt->interval);
  sl_topic *topic = sl_log_topic_find(engine->log, stmt->topic);
  if (!topic) return unknown_topic(engine, stmt, err);
  print_push *p = sl_heap_zalloc(sizeof *p);
  sl_push_init(&p->base, &PRINT_PUSH, engine, ready, ctx);
  p->base.schema = (sl_schema){&COLUMN, 1};
  p->base.text = sl_str_dup(&p->base.arena, stmt->base.text);
  p->topic = topic;
  p->count = sl_topic_partitions(topic);
  p->interval = stmt->has_interval ? stmt->interval : 1;
  p->has_limit = stmt->has_limit;
  p->limit = stmt->limit;
  p->readers = sl_heap_zalloc((size_t)p->count * sizeof *p->readers);
  for (int32_t i = 0; i < p->count; i++) {
    reader *r = &p->readers[i];
    r->partition = sl_topic_partition(topic, i);
    r->offset = stmt->from_beginning ? sl_partition_start(r->partition) : sl_partition_visible(r->partition);
    r->push = &p->base;
    r->listener.notify = on_append;
    sl_partition_listen(r->partition, SL_READ_VISIBLE, &r->listener);
  }
  *out = &p->base;
  return 0;
}
