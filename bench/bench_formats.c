/* Nanoseconds per record of the formats on the 208-byte, 8-field JSON record: decode all columns, 3 of 8, encode 3 and
 * 8, and the same row in DELIMITED and in the native row codec. Usage: bench_formats [rounds]. Best of five rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "formats/format.h"
#include "state/row_codec.h"

enum { RECORDS = 1024, COLUMNS = 8, ROUNDS = 5 };

static const char *const names[COLUMNS] = {"event_id", "user_id", "ts",      "amount",
                                           "currency", "status",  "country", "message"};
static sl_column columns[COLUMNS];
static sl_str records[RECORDS];
static sl_value rows[RECORDS][COLUMNS];
static long repeats = 200;

static const sl_type *type_of(int i) {
  return i == 2 ? &SL_TYPE_BIGINT : i == 3 ? &SL_TYPE_DOUBLE : i == 1 ? &SL_TYPE_INTEGER : &SL_TYPE_STRING;
}

static void make_records(sl_arena *arena) {
  for (int i = 0; i < COLUMNS; i++)
    columns[i] = (sl_column){sl_str_upper(arena, sl_str_of(names[i])), type_of(i), SL_COLUMN_VALUE, {NULL, 0}};
  for (int i = 0; i < RECORDS; i++) {
    unsigned r = (unsigned)i * 2654435761u;
    records[i] = sl_str_printf(
        arena,
        "{\"event_id\":\"e-%08x-%04x\",\"user_id\":%u,\"ts\":%llu,\"amount\":%u.%02u,\"currency\":\"EUR\","
        "\"status\":\"confirmed\",\"country\":\"DE\",\"message\":\"order of %03u items was placed from the web shop, "
        "ref "
        "%06u\"}",
        r, r % 65536, 100000 + r % 900000, 1700000000000ull + r, 100 + r % 900, r % 100, r % 1000, r % 1000000);
  }
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef struct work {
  sl_serde *serde;
  const bool *needed;
  const sl_str *inputs;
  int count;
  sl_arena arena;
  sl_buf out;
} work;

static void decode_all(work *w) {
  sl_value out[COLUMNS];
  sl_arena_reset(&w->arena);
  for (int i = 0; i < RECORDS; i++) {
    const sl_str *in = &w->inputs[i];
    if (sl_serde_decode(w->serde, (const uint8_t *)in->ptr, in->len, w->needed, &w->arena, out, NULL)) abort();
  }
}

static void encode_all(work *w) {
  bool null;
  sl_buf_reset(&w->out);
  for (int i = 0; i < RECORDS; i++) sl_serde_encode(w->serde, rows[i], &w->out, &null, NULL);
}

static const sl_type *const *column_types(void) {
  static const sl_type *types[COLUMNS];
  for (int i = 0; i < COLUMNS; i++) types[i] = columns[i].type;
  return types;
}

static void row_encode_all(work *w) {
  const sl_type *const *types = column_types();
  sl_buf_reset(&w->out);
  for (int i = 0; i < RECORDS; i++) sl_row_encode(&w->out, types, COLUMNS, rows[i]);
}

static void row_decode_all(work *w) {
  sl_value out[COLUMNS];
  const sl_type *const *types = column_types();
  sl_arena_reset(&w->arena);
  for (int i = 0; i < RECORDS; i++)
    if (sl_row_decode((const uint8_t *)w->inputs[i].ptr, w->inputs[i].len, types, COLUMNS, &w->arena, out, NULL))
      abort();
}

static void measure(const char *what, void (*run)(work *), work *w) {
  double best = 1e300;
  run(w);
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_ns();
    for (long i = 0; i < repeats; i++) run(w);
    double ns = (now_ns() - start) / (double)repeats / RECORDS;
    if (ns < best) best = ns;
  }
  printf("%-34s %7.1f ns/record\n", what, best);
}

static sl_serde *serde_new(const char *format, int count) {
  sl_format_spec spec = {.name = sl_str_of(format)};
  sl_serde *serde;
  sl_err err = {0};
  if (sl_serde_new(&spec, columns, count, false, "bench", &serde, &err)) {
    fprintf(stderr, "%s\n", err.message);
    exit(1);
  }
  return serde;
}

/* The rows once more in another encoding, one text per record. */
static sl_str *convert(sl_arena *arena, sl_serde *serde) {
  sl_str *texts = sl_arena_calloc(arena, RECORDS, sizeof *texts);
  sl_buf out = {0};
  bool null;
  for (int i = 0; i < RECORDS; i++) {
    sl_buf_reset(&out);
    if (serde)
      sl_serde_encode(serde, rows[i], &out, &null, NULL);
    else
      sl_row_encode(&out, column_types(), COLUMNS, rows[i]);
    texts[i] = sl_str_dup(arena, sl_buf_str(&out));
  }
  sl_buf_done(&out);
  return texts;
}

int main(int argc, char **argv) {
  sl_arena arena = {0};
  static const bool three[COLUMNS] = {[1] = true, [2] = true, [5] = true};
  if (argc > 1) repeats = strtol(argv[1], NULL, 10);
  sl_arena_init(&arena, 1 << 20);
  make_records(&arena);
  work w = {.serde = serde_new("JSON", COLUMNS), .inputs = records};
  sl_arena_init(&w.arena, 1 << 20);
  size_t bytes = 0;
  for (int i = 0; i < RECORDS; i++) {
    bytes += records[i].len;
    if (sl_serde_decode(w.serde, (const uint8_t *)records[i].ptr, records[i].len, NULL, &arena, rows[i], NULL)) abort();
  }
  printf("%.1f bytes a record\n", (double)bytes / RECORDS);
  measure("JSON decode, 8 of 8", decode_all, &w);
  w.needed = three;
  measure("JSON decode, 3 of 8", decode_all, &w);
  w.needed = NULL;
  measure("JSON encode, 8 fields", encode_all, &w);
  sl_serde_free(w.serde);
  w.serde = serde_new("JSON", 3);
  measure("JSON encode, 3 fields", encode_all, &w);
  sl_serde_free(w.serde);
  w.serde = serde_new("DELIMITED", COLUMNS);
  measure("DELIMITED encode, 8 fields", encode_all, &w);
  w.inputs = convert(&arena, w.serde);
  measure("DELIMITED decode, 8 fields", decode_all, &w);
  sl_serde_free(w.serde);
  w.inputs = convert(&arena, NULL);
  measure("row codec encode, 8 fields", row_encode_all, &w);
  measure("row codec decode, 8 fields", row_decode_all, &w);
  sl_buf_done(&w.out);
  sl_arena_done(&w.arena);
  sl_arena_done(&arena);
  return 0;
}
