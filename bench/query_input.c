/* The records of the queries' topics: what is in record i follows from i. */
#include <inttypes.h>

#include "base/bytes.h"
#include "bench/queries.h"
#include "cli/datagen/generator_int.h"

enum { COMMIT_RECORDS = 1000, WORDS = 16, VOCABULARY = 10000 };

static const sl_generator *events(void) {
  static sl_generator g;
  if (!g.kind) g = sl_generator_of(&sl_kind_events);
  return &g;
}

/* JSON of 8 fields. */
static void event_value(uint64_t i, sl_generated *out) {
  sl_generate(events(), i, out);
}
static void other_event_value(uint64_t i, sl_generated *out) {
  sl_generate(events(), i + 1000000007, out);
}
static void account_value(uint64_t i, sl_generated *out) {
  sl_buf_reset(&out->value);
  sl_buf_printf(&out->value, "{\"name\":\"Account %" PRIu64 "\",\"city\":\"City_%" PRIu64 "\",\"level\":%" PRIu64 "}",
                i, i * 7919 % 1000, i % 10);
}
/* Words of 3 to 9 letters. */
static void line_value(uint64_t i, sl_generated *out) {
  sl_random r = sl_random_of(events(), i);
  sl_buf_reset(&out->value);
  for (int w = 0; w < WORDS; w++) {
    uint64_t word = sl_random_below(&r, VOCABULARY);
    sl_random letters = {word};
    if (w) sl_buf_add_byte(&out->value, ' ');
    sl_add_letters(&out->value, &letters, 3 + word % 7);
  }
}

int64_t query_input_time(const query_input *t, uint64_t i) {
  return QUERY_START_MS + (int64_t)(i / t->per_ms);
}

void query_input_key(const query_input *t, uint64_t i, sl_generated *out) {
  sl_random r = {i * 0x9e3779b97f4a7c15 + 1};
  uint64_t key = !t->keys ? i - t->lag : i < t->fill ? i : sl_random_below(&r, t->keys);
  sl_put_u32(out->key, (uint32_t)key);
  out->key_len = t->no_key ? 0 : 4;
}

/* Records that fill all have one timestamp: event time begins with the others. */
static void make_record(const query_input *t, uint64_t i, sl_generated *out) {
  if (i < t->fill) {
    sl_buf_reset(&out->value);
    sl_buf_add_z(&out->value, "{\"amount\":1.5}");
  } else {
    t->value(i - t->fill, out);
  }
  out->timestamp = query_input_time(t, i < t->fill ? 0 : i - t->fill);
  query_input_key(t, i, out);
}

query_input query_input_scaled(const bench *b, const query_input *t) {
  query_input out = *t;
  out.fill = t->fill ? bench_scaled(b, t->fill) : 0;
  out.count = bench_scaled(b, t->count);
  if (t->keys == t->fill || t->keys > 100000) out.keys = bench_scaled(b, t->keys);
  return out;
}

void query_input_load(bench *b, const query_input *spec, int partitions) {
  query_input t = query_input_scaled(b, spec);
  sl_topic *topic = bench_topic_new(b, t.name, partitions);
  sl_staging *staging = sl_staging_new();
  sl_generated record = {0};
  for (uint64_t i = 0; i < t.fill + t.count; i++) {
    make_record(&t, i, &record);
    bench_stage(staging, topic, &record);
    if (i % COMMIT_RECORDS == COMMIT_RECORDS - 1) bench_commit(b, staging);
  }
  bench_commit(b, staging);
  sl_buf_done(&record.value);
  sl_staging_free(staging);
  sl_topic_unref(topic);
}

/* ---- the topics ---- */

#define EVENTS_AS(name)                                                                                                \
  "CREATE STREAM " name " (k INTEGER KEY, event_id STRING, user_id INTEGER, ts BIGINT, amount DOUBLE, currency "       \
  "STRING, status STRING, country STRING, message STRING) WITH (KAFKA_TOPIC='" name "', VALUE_FORMAT='JSON');"
#define EVENTS .name = "events", .source = EVENTS_AS("events"), .value = event_value, .count = M, .per_ms = 1

enum { K = 1000, M = 1000000 };

const query_input QUERY_EVENTS_1K = {EVENTS, .keys = K};
const query_input QUERY_EVENTS_1M = {EVENTS, .keys = M};
const query_input QUERY_EVENTS_1M_FILLED = {EVENTS, .keys = M, .fill = M};
const query_input QUERY_EVENTS_10M_FILLED = {EVENTS, .keys = 10 * M, .fill = 10 * M};
const query_input QUERY_ACCOUNTS = {
    .name = "accounts",
    .source = "CREATE TABLE accounts (k INTEGER PRIMARY KEY, name STRING, city STRING, level INTEGER) WITH "
              "(KAFKA_TOPIC='accounts', VALUE_FORMAT='JSON');",
    .value = account_value,
    .count = M,
    .per_ms = K * M};
const query_input QUERY_ORDERS = {
    .name = "orders", .source = EVENTS_AS("orders"), .value = event_value, .count = 400 * K, .per_ms = 10};
const query_input QUERY_PAYMENTS = {.name = "payments",
                                    .source = EVENTS_AS("payments"),
                                    .value = other_event_value,
                                    .count = 400 * K,
                                    .lag = 50 * K,
                                    .per_ms = 10};
const query_input QUERY_LINES = {
    .name = "lines",
    .source = "CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='KAFKA');",
    .value = line_value,
    .count = 100 * K,
    .no_key = true,
    .per_ms = 1};
