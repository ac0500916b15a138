/* The bytes of a decision. The decision log is a file of record batches, one batch with one record per decision: the
 * batch's base offset is the commit number, so rule R3 with equality finds the valid prefix. The record's value:
 *
 *   u8 version (1), u8 kind (0 decision, 1 base record)
 *   varint n, n x part:   u64 query, u32 sub, i32 partition, positions, varint length, clocks
 *   varint n, n x u64     queries whose tasks are forgotten
 *   varint n, n x group:  varint length, name, positions
 *   varint n, n x end:    16-byte topic id, i32 partition, i64 written end, i64 last segment, u64 its size,
 *                         varint length, batches carried
 *   positions:            varint n, n x {16-byte topic id, i32 partition, i64 next offset}
 *
 * The last segment and its size stand only in base records (-1 and 0 otherwise): a start compares them with the
 * directory and needs to scan only what has grown since. */
#include <string.h>
#include "base/bytes.h"
#include "topics/embedded/embedded_int.h"

enum { DECISION_VERSION = 1, POSITION_BYTES = 28 };

/* ---- encoding ---- */

static void add_u32(sl_buf *out, uint32_t v) {
  sl_put_u32(sl_buf_reserve(out, 4), v);
  out->len += 4;
}

static void add_u64(sl_buf *out, uint64_t v) {
  sl_put_u64(sl_buf_reserve(out, 8), v);
  out->len += 8;
}

static void add_count(sl_buf *out, size_t n) {
  uint8_t *p = sl_buf_reserve(out, 10);
  out->len += sl_put_varint(p, (int64_t)n);
}

static void add_text(sl_buf *out, sl_str s) {
  add_count(out, s.len);
  sl_buf_add(out, s.ptr, s.len);
}

static void add_positions(sl_buf *out, const sl_position *positions, size_t count) {
  add_count(out, count);
  for (size_t i = 0; i < count; i++) {
    sl_buf_add(out, positions[i].topic.bytes, 16);
    add_u32(out, (uint32_t)positions[i].partition);
    add_u64(out, (uint64_t)positions[i].offset);
  }
}

void sl_decision_encode(sl_buf *out, const sl_decision *d) {
  sl_buf_add_byte(out, DECISION_VERSION);
  sl_buf_add_byte(out, d->base);
  add_count(out, d->part_count);
  for (size_t i = 0; i < d->part_count; i++) {
    add_u64(out, d->parts[i].task.query);
    add_u32(out, d->parts[i].task.sub);
    add_u32(out, (uint32_t)d->parts[i].task.partition);
    add_positions(out, d->parts[i].positions, d->parts[i].count);
    add_text(out, d->parts[i].clocks);
  }
  add_count(out, d->forgotten_count);
  for (size_t i = 0; i < d->forgotten_count; i++) add_u64(out, d->forgotten[i]);
  add_count(out, d->group_count);
  for (size_t i = 0; i < d->group_count; i++) {
    add_text(out, d->groups[i].name);
    add_positions(out, d->groups[i].positions, d->groups[i].count);
  }
  add_count(out, d->end_count);
  for (size_t i = 0; i < d->end_count; i++) {
    const sl_decision_end *e = &d->ends[i];
    sl_buf_add(out, e->topic.bytes, 16);
    add_u32(out, (uint32_t)e->partition);
    add_u64(out, (uint64_t)e->end);
    add_u64(out, (uint64_t)e->segment);
    add_u64(out, e->size);
    add_text(out, e->carried);
  }
}

void sl_decision_wrap(sl_buf *out, const sl_buf *payload, uint64_t number, int16_t epoch, int64_t now_ms) {
  sl_batch_writer writer;
  sl_batch_begin(&writer, out);
  sl_batch_add(&writer, 0, now_ms, NULL, 0, payload->data, payload->len, NULL);
  sl_batch_end(&writer);
  uint8_t *batch = out->data + writer.at;
  sl_batch_header h;
  sl_batch_header_decode(batch, &h);
  h.base_offset = (int64_t)number;
  h.producer_id = 0;
  h.producer_epoch = epoch;
  h.base_sequence = (int32_t)(number & INT32_MAX);
  sl_batch_header_encode(batch, &h);
  sl_batch_seal(batch, out->len - writer.at);
}

/* ---- decoding ---- */

typedef struct reader {
  const uint8_t *p, *end;
  sl_arena *arena;
  bool bad;
} reader;

static const uint8_t *take(reader *r, size_t n) {
  static const uint8_t zeros[16];
  if (r->bad || (size_t)(r->end - r->p) < n) {
    r->bad = true;
    return zeros;
  }
  r->p += n;
  return r->p - n;
}

static uint32_t take_u32(reader *r) {
  return sl_get_u32(take(r, 4));
}
static uint64_t take_u64(reader *r) {
  return sl_get_u64(take(r, 8));
}

/* A count of things of at least size bytes each: never more than can follow. */
static size_t take_count(reader *r, size_t size) {
  int64_t n;
  if (r->bad || !sl_get_varint(&r->p, r->end, 10, &n) || n < 0 || (uint64_t)n > (size_t)(r->end - r->p) / size) {
    r->bad = true;
    return 0;
  }
  return (size_t)n;
}

static sl_str take_text(reader *r) {
  size_t n = take_count(r, 1);
  if (r->bad) return (sl_str){0};
  r->p += n;
  return sl_str_n((const char *)r->p - n, n);
}

static sl_position *take_positions(reader *r, size_t *count) {
  *count = take_count(r, POSITION_BYTES);
  sl_position *positions = sl_arena_calloc(r->arena, *count, sizeof *positions);
  for (size_t i = 0; i < *count; i++) {
    memcpy(positions[i].topic.bytes, take(r, 16), 16);
    positions[i].partition = (int32_t)take_u32(r);
    positions[i].offset = (int64_t)take_u64(r);
  }
  return positions;
}

static void take_parts(reader *r, sl_decision *d) {
  d->part_count = take_count(r, 18);
  d->parts = sl_arena_calloc(r->arena, d->part_count, sizeof *d->parts);
  for (size_t i = 0; i < d->part_count && !r->bad; i++) {
    d->parts[i].task.query = take_u64(r);
    d->parts[i].task.sub = take_u32(r);
    d->parts[i].task.partition = (int32_t)take_u32(r);
    d->parts[i].positions = take_positions(r, &d->parts[i].count);
    d->parts[i].clocks = take_text(r);
  }
}

static void take_ends(reader *r, sl_decision *d) {
  d->end_count = take_count(r, 45);
  d->ends = sl_arena_calloc(r->arena, d->end_count, sizeof *d->ends);
  for (size_t i = 0; i < d->end_count && !r->bad; i++) {
    sl_decision_end *e = &d->ends[i];
    memcpy(e->topic.bytes, take(r, 16), 16);
    e->partition = (int32_t)take_u32(r);
    e->end = (int64_t)take_u64(r);
    e->segment = (int64_t)take_u64(r);
    e->size = take_u64(r);
    e->carried = take_text(r);
  }
}

int sl_decision_decode(sl_arena *arena, const uint8_t *data, size_t len, sl_decision *out, sl_err *err) {
  reader r = {.p = data, .end = data + len, .arena = arena};
  sl_decision d = {0};
  uint8_t version = *take(&r, 1);
  if (!r.bad && version != DECISION_VERSION)
    return sl_err_set(err, SL_E_VERSION, SL_NO_POS, "The decision log is of version %u; this program reads version %d",
                      version, DECISION_VERSION);
  d.base = *take(&r, 1) == 1;
  take_parts(&r, &d);
  d.forgotten_count = take_count(&r, 8);
  d.forgotten = sl_arena_calloc(arena, d.forgotten_count, sizeof *d.forgotten);
  for (size_t i = 0; i < d.forgotten_count; i++) d.forgotten[i] = take_u64(&r);
  d.group_count = take_count(&r, 2);
  d.groups = sl_arena_calloc(arena, d.group_count, sizeof *d.groups);
  for (size_t i = 0; i < d.group_count && !r.bad; i++) {
    d.groups[i].name = take_text(&r);
    d.groups[i].positions = take_positions(&r, &d.groups[i].count);
  }
  take_ends(&r, &d);
  if (r.bad || r.p != r.end) return sl_err_set(err, SL_E_CORRUPT, SL_NO_POS, "A decision record is malformed");
  *out = d;
  return 0;
}
