/* Record batches: against the golden vectors, and against damage. */
#include "tests/unit/topics_testing.h"
#include "base/bytes.h"
#include "topics/embedded/embedded_int.h"
#include "topics/record_batch.h"

typedef struct world {
  sl_arena arena;
  sl_err err;
} world;

static int setup(void **state) {
  world *w = calloc(1, sizeof *w);
  sl_arena_init(&w->arena, 0);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  world *w = *state;
  sl_arena_done(&w->arena);
  sl_err_done(&w->err);
  free(w);
  return 0;
}

static int64_t number(const sl_json *o, const char *name) {
  int64_t v;
  if (!sl_json_int(sl_json_get(o, name), &v)) fail_msg("no number %s", name);
  return v;
}

static bool flag(const sl_json *o, const char *name) {
  return sl_json_is(sl_json_get(o, name), SL_JSON_TRUE);
}

static void put32(sl_buf *out, int64_t v) {
  sl_put_u32(sl_buf_reserve(out, 4), (uint32_t)v);
  out->len += 4;
}

static void put64(sl_buf *out, int64_t v) {
  sl_put_u64(sl_buf_reserve(out, 8), (uint64_t)v);
  out->len += 8;
}

static void put_bytes(sl_buf *out, const void *data, size_t len) {
  put32(out, data ? (int64_t)len : -1);
  if (data) sl_buf_add(out, data, len);
}

/* The digest input of the vectors' README. */
static void digest(const sl_record *records, size_t count, char out[65]) {
  sl_buf text = {0};
  for (size_t i = 0; i < count; i++) {
    const sl_record *r = &records[i];
    put64(&text, r->offset);
    put64(&text, r->timestamp);
    put_bytes(&text, r->key, r->key_len);
    put_bytes(&text, r->value, r->value_len);
    put32(&text, r->headers.count);
    size_t at = 0;
    sl_str name, value;
    bool null;
    while (sl_headers_next(&r->headers, &at, &name, &value, &null)) {
      put_bytes(&text, name.ptr, name.len);
      put_bytes(&text, null ? NULL : value.ptr, value.len);
    }
  }
  sha256_hex(text.data, text.len, out);
  sl_buf_done(&text);
}

static sl_record *decode(world *w, const uint8_t *data, const sl_batch_header *h, sl_buf *scratch) {
  const uint8_t *records;
  size_t len;
  sl_err err = {0};
  ok(sl_batch_records(data, h, 1 << 26, scratch, &records, &len, &err));
  sl_record *out = sl_arena_calloc(&w->arena, (size_t)h->record_count + 1, sizeof *out);
  const char *why = sl_records_decode(h, records, len, out);
  if (why) fail_msg("%s", why);
  return out;
}

/* The batch written anew from its records must be the same bytes. */
static void check_rewrite(const uint8_t *data, const sl_batch_header *h, const sl_record *records) {
  sl_buf out = {0};
  sl_batch_writer w;
  sl_batch_begin(&w, &out);
  w.has_base = true;
  w.base_timestamp = h->base_timestamp;
  for (int32_t i = 0; i < h->record_count; i++) {
    const sl_record *r = &records[i];
    sl_batch_add(&w, (int32_t)(r->offset - h->base_offset), r->timestamp, r->key, r->key_len, r->value, r->value_len,
                 &r->headers);
  }
  sl_batch_end(&w);
  sl_batch_header mine;
  sl_batch_header_decode(out.data, &mine);
  assert_int_equal(mine.batch_length, h->batch_length);
  assert_int_equal(mine.record_count, h->record_count);
  sl_batch_header_encode(out.data, h);
  sl_batch_seal(out.data, out.len);
  assert_int_equal(out.len, sl_batch_size(h));
  assert_memory_equal(out.data, data, out.len);
  sl_buf_done(&out);
}

static void check_header(const sl_json *row, const sl_batch_header *h) {
  assert_int_equal(h->base_offset, number(row, "base_offset"));
  assert_int_equal(h->batch_length, number(row, "batch_length"));
  assert_int_equal(h->leader_epoch, number(row, "partition_leader_epoch"));
  assert_int_equal(h->magic, number(row, "magic"));
  assert_int_equal(h->crc, strtoul(sl_json_str(sl_json_get(row, "crc"), "").ptr, NULL, 16));
  assert_int_equal(h->attributes, number(row, "attributes"));
  assert_int_equal(h->last_offset_delta, number(row, "last_offset_delta"));
  assert_int_equal(h->base_timestamp, number(row, "base_timestamp"));
  assert_int_equal(h->max_timestamp, number(row, "max_timestamp"));
  assert_int_equal(h->producer_id, number(row, "producer_id"));
  assert_int_equal(h->producer_epoch, number(row, "producer_epoch"));
  assert_int_equal(h->base_sequence, number(row, "base_sequence"));
  assert_int_equal(h->record_count, number(row, "record_count"));
  assert_string_equal(sl_codec_name(sl_batch_codec(h)), sl_json_str(sl_json_get(row, "codec"), "").ptr);
  assert_int_equal(flag(row, "transactional"), !!(h->attributes & SL_BATCH_TRANSACTIONAL));
  assert_int_equal(flag(row, "control"), !!(h->attributes & SL_BATCH_CONTROL));
  assert_int_equal(flag(row, "delete_horizon"), !!(h->attributes & SL_BATCH_DELETE_HORIZON));
}

static int check_file(world *w, const char *path) {
  sl_json *root = read_json(&w->arena, path);
  const sl_json *rows = sl_json_get(root, "batches");
  if (!rows) return 0;
  sl_buf data = {0}, scratch = {0};
  char *hex = sl_arena_dup(&w->arena, path, strlen(path));
  strcpy(hex + strlen(hex) - 4, "hex");
  read_hex(&w->arena, hex, &data);
  assert_int_equal(data.len, number(root, "bytes"));
  size_t at = 0;
  for (size_t i = 0; i < rows->count; i++) {
    sl_batch_header h;
    const char *why = NULL;
    char sha[65];
    assert_int_equal(at, number(rows->items[i], "position"));
    assert_int_equal(sl_batch_examine(data.data + at, data.len - at, true, &h, &why), SL_BATCH_OK);
    check_header(rows->items[i], &h);
    sl_buf_reset(&scratch);
    sl_record *records = decode(w, data.data + at, &h, &scratch);
    digest(records, (size_t)h.record_count, sha);
    assert_string_equal(sha, sl_json_str(sl_json_get(rows->items[i], "records_sha256"), "").ptr);
    if (sl_batch_codec(&h) == SL_CODEC_NONE) {
      sl_batch_header sent = h; /* with append time a record does not show what its producer said, its bytes do */
      sent.attributes &= ~SL_BATCH_LOG_APPEND_TIME;
      check_rewrite(data.data + at, &h, decode(w, data.data + at, &sent, &scratch));
    }
    at += sl_batch_size(&h);
  }
  assert_int_equal(at, data.len);
  sl_buf_done(&data);
  sl_buf_done(&scratch);
  return 1;
}

static void test_batch__vectors_decode_and_are_written_alike(void **state) {
  if (!have_vectors()) return;
  world *w = *state;
  char **names;
  size_t count;
  sl_err err = {0};
  int files = 0;
  ok(sl_fs_list(sl_fs_real(), vectors_dir(), &w->arena, &names, &count, &err));
  for (size_t i = 0; i < count; i++) {
    if (sl_str_ends(sl_str_of(names[i]), sl_str_of(".json")))
      files += check_file(w, sl_arena_printf(&w->arena, "%s/%s", vectors_dir(), names[i]));
  }
  files += check_file(w, sl_arena_printf(&w->arena, "%s/segment/segment.json", vectors_dir()));
  assert_true(files >= 20);
}

static void test_batch__indexes_of_a_segment_are_byte_for_byte(void **state) {
  if (!have_vectors()) return;
  world *w = *state;
  sl_buf log = {0}, index = {0}, times = {0}, mine = {0};
  const char *dir = vectors_dir();
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/segment/segment.hex", dir), &log);
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/segment/index.hex", dir), &index);
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/segment/timeindex.hex", dir), &times);
  sl_topic_config config = {.index_interval_bytes = 256};
  sl_segment *seg = sl_segment_new(100, 0);
  for (size_t at = 0; at < log.len;) {
    sl_batch_header h;
    sl_batch_header_decode(log.data + at, &h);
    sl_segment_note(&config, seg, &h);
    at += sl_batch_size(&h);
  }
  sl_segment_close_times(seg);
  for (size_t i = 0; i < seg->tail.index_count; i++) {
    put32(&mine, seg->index[i].relative);
    put32(&mine, seg->index[i].position);
  }
  assert_int_equal(mine.len, index.len);
  assert_memory_equal(mine.data, index.data, index.len);
  sl_buf_reset(&mine);
  for (size_t i = 0; i < seg->tail.time_count; i++) {
    put64(&mine, seg->times[i].timestamp);
    put32(&mine, seg->times[i].relative);
  }
  assert_int_equal(mine.len, times.len);
  assert_memory_equal(mine.data, times.data, times.len);
  sl_segment_unref(seg);
  sl_buf_done(&log);
  sl_buf_done(&index);
  sl_buf_done(&times);
  sl_buf_done(&mine);
}

static void test_batch__a_cut_at_any_length_leaves_the_whole_batches(void **state) {
  if (!have_vectors()) return;
  world *w = *state;
  sl_err err = {0};
  sl_buf log = {0};
  read_hex(&w->arena, sl_arena_printf(&w->arena, "%s/segment/segment.hex", vectors_dir()), &log);
  sl_fs *fs = sl_fs_memory_new();
  for (size_t cut = 0; cut <= log.len; cut++) {
    sl_file *file;
    ok(sl_fs_open(fs, "/x.log", SL_FS_WRITE | SL_FS_CREATE, &file, &err));
    ok(sl_file_truncate(file, 0, &err));
    ok(sl_file_write(file, 0, log.data, cut, &err));
    size_t expected = 0, got = 0;
    for (size_t at = 0; at < log.len;) {
      at += sl_get_u32(log.data + at + 8) + SL_BATCH_PREFIX;
      if (at <= cut) expected = at;
    }
    sl_batch_scan scan;
    sl_scanned found;
    sl_batch_scan_init(&scan, file, 0, cut, true);
    for (;;) {
      ok(sl_batch_scan_next(&scan, &found, &err));
      got = found.position;
      if (found.status != SL_BATCH_OK) break;
    }
    assert_int_equal(found.status, SL_BATCH_INCOMPLETE);
    assert_int_equal(got, expected);
    assert_int_equal(found.why == NULL, expected == cut);
    sl_batch_scan_done(&scan);
    sl_file_close(file);
  }
  sl_fs_free(fs);
  sl_buf_done(&log);
}

static void test_partitioner__murmur2_is_kafkas(void **state) {
  if (!have_vectors()) return;
  world *w = *state;
  sl_json *root = read_json(&w->arena, sl_arena_printf(&w->arena, "%s/murmur2.json", vectors_dir()));
  const sl_json *rows = sl_json_get(root, "vectors");
  assert_true(rows->count >= 14);
  for (size_t i = 0; i < rows->count; i++) {
    sl_buf key = {0};
    sl_buf_reserve(&key, 1);
    unhex(sl_json_str(sl_json_get(rows->items[i], "key_hex"), ""), &key);
    assert_int_equal((int32_t)sl_murmur2(key.data, key.len), number(rows->items[i], "murmur2"));
    assert_int_equal(sl_partition_for_key(key.data, key.len, 6), number(rows->items[i], "partition_of_6"));
    assert_int_equal(sl_partition_for_key(key.data, key.len, 100), number(rows->items[i], "partition_of_100"));
    sl_buf_done(&key);
  }
}

/* ---- own batches ---- */

static void build(sl_buf *out, int count) {
  sl_batch_writer w;
  sl_batch_begin(&w, out);
  for (int i = 0; i < count; i++) {
    char key[16], value[64];
    int k = snprintf(key, sizeof key, "k%d", i),
        v = snprintf(value, sizeof value, "some text that repeats itself %d", i);
    sl_batch_add(&w, i, 1000 - i * 7, i % 3 ? key : NULL, (size_t)k, i % 5 ? value : NULL, (size_t)v, NULL);
  }
  sl_batch_end(&w);
  sl_batch_seal(out->data, out->len);
}

static sl_append_rules rules(void) {
  return (sl_append_rules){.now = 2000,
                           .before_max_ms = INT64_MAX,
                           .after_max_ms = INT64_MAX,
                           .max_message_bytes = 1 << 20,
                           .decompressed_limit = 1 << 22,
                           .zstd_allowed = true};
}

static void test_batch__every_codec_gives_back_the_records(void **state) {
  world *w = *state;
  sl_err err = {0};
  sl_buf plain = {0};
  build(&plain, 500);
  sl_batch_header h;
  sl_batch_header_decode(plain.data, &h);
  sl_buf none = {0};
  char expected[65], got[65];
  digest(decode(w, plain.data, &h, &none), 500, expected);
  for (int codec = SL_CODEC_GZIP; codec < SL_CODEC_COUNT; codec++) {
    sl_buf packed = {0}, scratch = {0};
    ok(sl_batch_compress(plain.data, plain.len, (sl_codec)codec, &packed, &err));
    sl_batch_seal(packed.data, packed.len);
    assert_true(packed.len < plain.len / 2);
    sl_batch_header_decode(packed.data, &h);
    assert_int_equal(sl_batch_codec(&h), codec);
    digest(decode(w, packed.data, &h, &scratch), 500, got);
    assert_string_equal(got, expected);
    sl_append_rules r = rules();
    ok(sl_batch_validate(packed.data, packed.len, &r, &err));
    const uint8_t *records;
    size_t len;
    sl_buf_reset(&scratch);
    assert_int_equal(sl_batch_records(packed.data, &h, 1000, &scratch, &records, &len, &err), SL_E_LIMIT);
    sl_err_done(&err);
    /* bytes behind the compressed block */
    sl_buf_add_byte(&packed, 0);
    sl_put_u32(packed.data + 8, (uint32_t)packed.len - SL_BATCH_PREFIX);
    sl_batch_header_decode(packed.data, &h);
    sl_buf_reset(&scratch);
    assert_int_equal(sl_batch_records(packed.data, &h, 1 << 20, &scratch, &records, &len, &err), SL_E_CORRUPT);
    sl_err_done(&err);
    sl_buf_done(&packed);
    sl_buf_done(&scratch);
  }
  sl_buf_done(&plain);
}

static void test_batch__what_does_not_shrink_stays_plain(void **state) {
  (void)state;
  sl_err err = {0};
  sl_buf plain = {0}, packed = {0};
  sl_batch_writer w;
  sl_batch_begin(&w, &plain);
  sl_batch_add(&w, 0, 5, NULL, 0, "x", 1, NULL);
  sl_batch_end(&w);
  ok(sl_batch_compress(plain.data, plain.len, SL_CODEC_GZIP, &packed, &err));
  assert_int_equal(packed.len, plain.len);
  assert_memory_equal(packed.data, plain.data, plain.len);
  sl_buf_done(&plain);
  sl_buf_done(&packed);
}

static void refuse(const sl_buf *good, size_t at, uint8_t value, bool seal, const sl_append_rules *r, int code) {
  sl_err err = {0};
  sl_buf bad = {0};
  sl_buf_add(&bad, good->data, good->len);
  if (at) bad.data[at] = value;
  if (seal) sl_batch_seal(bad.data, bad.len);
  assert_int_equal(sl_batch_validate(bad.data, bad.len, r, &err), code);
  sl_err_done(&err);
  sl_buf_done(&bad);
}

static void test_batch__appends_by_clients_obey_the_rules(void **state) {
  (void)state;
  sl_err err = {0};
  sl_buf good = {0};
  build(&good, 10);
  sl_append_rules r = rules(), strict;
  ok(sl_batch_validate(good.data, good.len, &r, &err));
  refuse(&good, 16, 1, false, &r, SL_E_CORRUPT);       /* A1 magic */
  refuse(&good, 70, 0x55, false, &r, SL_E_CORRUPT);    /* A2 checksum */
  strict = r, strict.max_message_bytes = good.len - 1; /* A3 */
  refuse(&good, 0, 0, false, &strict, SL_E_MESSAGE_TOO_LARGE);
  refuse(&good, 7, 1, false, &r, SL_E_INVALID_RECORD);                 /* A4 base offset */
  refuse(&good, 26, 10, true, &r, SL_E_INVALID_RECORD);                /* A5 last offset delta */
  refuse(&good, 60, 0, true, &r, SL_E_INVALID_RECORD);                 /* A5 no record */
  refuse(&good, 22, 0x20, true, &r, SL_E_INVALID_RECORD);              /* A6 control */
  refuse(&good, 22, 0x10, true, &r, SL_E_INVALID_RECORD);              /* A7 transactional without producer */
  refuse(&good, 61, good.data[61] ^ 2, true, &r, SL_E_INVALID_RECORD); /* A8 length */
  strict = r, strict.compacted = true;                                 /* A9 */
  refuse(&good, 0, 0, false, &strict, SL_E_INVALID_RECORD);
  strict = r, strict.before_max_ms = 10; /* A10 */
  refuse(&good, 0, 0, false, &strict, SL_E_INVALID_TIMESTAMP);
  strict = r, strict.now = 0, strict.after_max_ms = 10;
  refuse(&good, 0, 0, false, &strict, SL_E_INVALID_TIMESTAMP);
  refuse(&good, 22, 8, true, &r, SL_E_INVALID_TIMESTAMP);       /* A10 claims append time */
  refuse(&good, 22, 6, true, &r, SL_E_UNSUPPORTED_COMPRESSION); /* A11 */
  strict = r, strict.zstd_allowed = false;
  refuse(&good, 22, 4, true, &strict, SL_E_UNSUPPORTED_COMPRESSION);
  sl_buf_done(&good);
}

static void test_batch__no_flipped_byte_is_believed(void **state) {
  (void)state;
  sl_buf good = {0};
  build(&good, 20);
  for (size_t at = 8; at < good.len; at++) {
    if (at >= 12 && at < 16) continue; /* the leader epoch is outside the checksum */
    for (int bit = 0; bit < 8; bit++) {
      sl_batch_header h;
      const char *why;
      good.data[at] ^= (uint8_t)(1 << bit);
      assert_int_not_equal(sl_batch_examine(good.data, good.len, true, &h, &why), SL_BATCH_OK);
      good.data[at] ^= (uint8_t)(1 << bit);
    }
  }
  sl_buf_done(&good);
}

/* Damage under a checksum that was made to fit: no reading outside, and no more records than there are bytes. */
static void test_batch__random_records_do_no_harm(void **state) {
  (void)state;
  uint64_t random = 12345;
  sl_record records[64];
  for (int round = 0; round < 20000; round++) {
    uint8_t data[120];
    size_t len = 1 + (size_t)(random >> 33) % 119;
    for (size_t i = 0; i < len; i++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      data[i] = (uint8_t)(random >> 40) & (i % 3 ? 0x1F : 0xFF);
    }
    uint8_t *exact = malloc(len);
    memcpy(exact, data, len);
    sl_batch_header h = {.record_count = (int32_t)(random >> 50) % 17, .last_offset_delta = 1000};
    sl_records_decode(&h, exact, len, records);
    sl_buf out = {0};
    sl_err err = {0};
    sl_codec_decompress((int)(random >> 20) % 6, exact, len, 4096, &out, &err);
    assert_true(out.len <= 4096 + 65536);
    sl_buf_done(&out);
    sl_err_done(&err);
    free(exact);
  }
}

static void test_headers__what_is_encoded_comes_back(void **state) {
  (void)state;
  sl_buf out = {0};
  sl_str empty = sl_str_of(""), text = sl_str_of("value");
  sl_headers_encode(&out, sl_str_of("a"), &text);
  sl_headers_encode(&out, sl_str_of(""), &empty);
  sl_headers_encode(&out, sl_str_of("n"), NULL);
  sl_record_headers headers = {out.data, (uint32_t)out.len, 3};
  size_t at = 0;
  sl_str name, value;
  bool null;
  assert_true(sl_headers_next(&headers, &at, &name, &value, &null));
  assert_true(sl_str_eq_z(name, "a") && sl_str_eq_z(value, "value") && !null);
  assert_true(sl_headers_next(&headers, &at, &name, &value, &null));
  assert_true(!name.len && !value.len && !null);
  assert_true(sl_headers_next(&headers, &at, &name, &value, &null));
  assert_true(sl_str_eq_z(name, "n") && null);
  assert_false(sl_headers_next(&headers, &at, &name, &value, &null));
  sl_buf_done(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_batch__vectors_decode_and_are_written_alike, setup, teardown),
      cmocka_unit_test_setup_teardown(test_batch__indexes_of_a_segment_are_byte_for_byte, setup, teardown),
      cmocka_unit_test_setup_teardown(test_batch__a_cut_at_any_length_leaves_the_whole_batches, setup, teardown),
      cmocka_unit_test_setup_teardown(test_partitioner__murmur2_is_kafkas, setup, teardown),
      cmocka_unit_test_setup_teardown(test_batch__every_codec_gives_back_the_records, setup, teardown),
      cmocka_unit_test(test_batch__what_does_not_shrink_stays_plain),
      cmocka_unit_test(test_batch__appends_by_clients_obey_the_rules),
      cmocka_unit_test(test_batch__no_flipped_byte_is_believed),
      cmocka_unit_test(test_batch__random_records_do_no_harm),
      cmocka_unit_test(test_headers__what_is_encoded_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
