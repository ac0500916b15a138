/* sluice dump-log: prints segment files as text: .log (also the decision log), .index and .timeindex.
 *
 * It reads a file as it is, beside a running server too: a last batch that is still being written shows as incomplete.
 * The first damaged batch ends the output of a file with a message, and the exit code is 1. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fs.h"
#include "cli/commands.h"
#include "topics/batch_scan.h"

enum { EXIT_DAMAGED = 1, EXIT_USAGE = 2, SHOWN = 256, INDEX_MAX = 1 << 28, DECOMPRESSED_MAX = 1 << 28 };

typedef struct dump_options {
  bool batches_only, full;
} dump_options;

static void usage(FILE *to) {
  fputs("Usage: sluice dump-log [--batches] [--full] FILE...\n"
        "Prints the batches and records of segment files: .log, .index and .timeindex.\n"
        "  --batches  no records\n"
        "  --full     keys and values in whole, not only their first 256 bytes\n",
        to);
}

/* Printable ASCII as it is, the rest as \xNN; null as such. */
static void print_bytes(const void *bytes, size_t len, bool full) {
  const uint8_t *data = bytes;
  if (!data) {
    fputs("null", stdout);
    return;
  }
  size_t shown = full || len <= SHOWN ? len : SHOWN;
  for (size_t i = 0; i < shown; i++) {
    if (data[i] >= 0x20 && data[i] < 0x7F && data[i] != '\\') {
      putchar(data[i]);
    } else {
      printf("\\x%02x", data[i]);
    }
  }
  if (shown < len) printf("... (%zu bytes)", len);
}

static void print_record(const sl_batch_header *h, const sl_record *r, bool full) {
  printf("| offset: %" PRId64 " %s: %" PRId64 " keySize: %" PRId64 " valueSize: %" PRId64, r->offset,
         h->attributes & SL_BATCH_LOG_APPEND_TIME ? "LogAppendTime" : "CreateTime", r->timestamp,
         r->key ? (int64_t)r->key_len : -1, r->value ? (int64_t)r->value_len : -1);
  fputs(" headers: [", stdout);
  size_t at = 0;
  sl_str name, value;
  bool null;
  for (bool first = true; sl_headers_next(&r->headers, &at, &name, &value, &null); first = false) {
    if (!first) putchar(',');
    print_bytes(name.ptr, name.len, full);
    putchar(':');
    print_bytes(null ? NULL : value.ptr, value.len, full);
  }
  fputs("] key: ", stdout);
  print_bytes(r->key, r->key_len, full);
  fputs(" payload: ", stdout);
  print_bytes(r->value, r->value_len, full);
  putchar('\n');
}

static void print_batch(const sl_scanned *batch) {
  const sl_batch_header *h = &batch->header;
  const char *codec = sl_codec_name(sl_batch_codec(h));
  printf("baseOffset: %" PRId64 " lastOffset: %" PRId64 " count: %d baseSequence: %d producerId: %" PRId64
         " producerEpoch: %d partitionLeaderEpoch: %d isTransactional: %s isControl: %s deleteHorizonMs: ",
         h->base_offset, sl_batch_last(h), h->record_count, h->base_sequence, h->producer_id, h->producer_epoch,
         h->leader_epoch, h->attributes & SL_BATCH_TRANSACTIONAL ? "true" : "false",
         h->attributes & SL_BATCH_CONTROL ? "true" : "false");
  if (h->attributes & SL_BATCH_DELETE_HORIZON) {
    printf("%" PRId64, h->base_timestamp);
  } else {
    fputs("none", stdout);
  }
  printf(" position: %" PRIu64 " %s: %" PRId64 " size: %zu magic: %d compresscodec: %s crc: %" PRIu32
         " isvalid: true\n",
         batch->position, h->attributes & SL_BATCH_LOG_APPEND_TIME ? "LogAppendTime" : "CreateTime", h->max_timestamp,
         sl_batch_size(h), h->magic, codec ? codec : "unknown", h->crc);
}

static int damaged(const char *path, const sl_scanned *batch, const char *why) {
  fflush(stdout);
  fprintf(stderr, "sluice: %s: damaged at position %" PRIu64 ": %s\n", path, batch->position, why);
  return EXIT_DAMAGED;
}

static int print_records(const char *path, const sl_scanned *batch, bool full) {
  sl_buf plain = {0};
  sl_err err = {0};
  const uint8_t *data;
  size_t len;
  int code = 0;
  const char *why = NULL;
  sl_record *records = NULL;
  if (sl_batch_records(batch->data, &batch->header, DECOMPRESSED_MAX, &plain, &data, &len, &err)) {
    why = err.message;
  } else if ((size_t)batch->header.record_count > len / 7) {
    why = "its record count is too high for its size";
  }
  sl_arena arena;
  sl_arena_init(&arena, 64 * 1024);
  if (!why) {
    records = sl_arena_calloc(&arena, (size_t)batch->header.record_count + 1, sizeof *records);
    why = sl_records_decode(&batch->header, data, len, records);
  }
  if (why) {
    code = damaged(path, batch, why);
  } else {
    for (int32_t i = 0; i < batch->header.record_count; i++) print_record(&batch->header, &records[i], full);
  }
  sl_arena_done(&arena);
  sl_buf_done(&plain);
  sl_err_done(&err);
  return code;
}

static int dump_segment(const char *path, sl_file *file, const dump_options *options) {
  sl_err err = {0};
  uint64_t size = 0;
  int code = 0;
  sl_batch_scan scan;
  sl_scanned batch;
  int rc = sl_file_size(file, &size, &err);
  sl_batch_scan_init(&scan, file, 0, size, true);
  while (!rc && !code) {
    rc = sl_batch_scan_next(&scan, &batch, &err);
    if (rc) break;
    if (batch.status != SL_BATCH_OK) {
      if (batch.why) code = damaged(path, &batch, batch.why);
      break;
    }
    print_batch(&batch);
    if (!options->batches_only) code = print_records(path, &batch, options->full);
  }
  if (rc) {
    fflush(stdout);
    fprintf(stderr, "sluice: %s\n", err.message);
    code = EXIT_DAMAGED;
  }
  sl_batch_scan_done(&scan);
  sl_err_done(&err);
  return code;
}

/* The base offset is in the file's name; 0 if it is not. */
static int64_t base_of(const char *path) {
  const char *name = strrchr(path, '/');
  int64_t base = 0;
  name = name ? name + 1 : path;
  if (strlen(name) > 20) sl_str_int64(sl_str_n(name, 20), &base);
  return base;
}

static int dump_index(const char *path, bool times, const uint8_t *data, size_t len) {
  size_t entry = times ? 12 : 8;
  int64_t base = base_of(path);
  for (size_t at = 0; at + entry <= len; at += entry) {
    int64_t first = times ? (int64_t)sl_get_u64(data + at) : (int32_t)sl_get_u32(data + at);
    int32_t second = (int32_t)sl_get_u32(data + at + (times ? 8 : 4));
    if (at && !first && !second) break; /* preallocated */
    if (times) {
      printf("timestamp: %" PRId64 " offset: %" PRId64 "\n", first, base + second);
    } else {
      printf("offset: %" PRId64 " position: %d\n", base + first, second);
    }
  }
  if (len % entry == 0) return 0;
  fflush(stdout);
  fprintf(stderr, "sluice: %s: its size %zu is not a multiple of %zu\n", path, len, entry);
  return EXIT_DAMAGED;
}

static int dump_index_file(const char *path, bool times) {
  sl_arena arena;
  sl_err err = {0};
  char *data;
  size_t len;
  int code;
  sl_arena_init(&arena, 64 * 1024);
  if (sl_fs_read_all(sl_fs_real(), path, INDEX_MAX, &arena, &data, &len, &err)) {
    fprintf(stderr, "sluice: %s\n", err.message);
    code = EXIT_DAMAGED;
  } else {
    code = dump_index(path, times, (const uint8_t *)data, len);
  }
  sl_err_done(&err);
  sl_arena_done(&arena);
  return code;
}

static int dump_file(const char *path, const dump_options *options) {
  sl_str name = sl_str_of(path);
  sl_err err = {0};
  sl_file *file;
  printf("Dumping %s\n", path);
  if (sl_str_ends(name, sl_str_of(".timeindex"))) return dump_index_file(path, true);
  if (sl_str_ends(name, sl_str_of(".index"))) return dump_index_file(path, false);
  if (sl_fs_open(sl_fs_real(), path, SL_FS_READ, &file, &err)) {
    fflush(stdout);
    fprintf(stderr, "sluice: %s\n", err.message);
    sl_err_done(&err);
    return EXIT_DAMAGED;
  }
  int code = dump_segment(path, file, options);
  sl_file_close(file);
  return code;
}

int sl_cmd_dump_log(int argc, char **argv) {
  dump_options options = {0};
  int files = 0, code = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
      usage(stdout);
      return 0;
    }
    if (!strcmp(argv[i], "--batches")) {
      options.batches_only = true;
    } else if (!strcmp(argv[i], "--full")) {
      options.full = true;
    } else if (argv[i][0] == '-') {
      fprintf(stderr, "sluice dump-log: there is no option '%s'.\n", argv[i]);
      usage(stderr);
      return EXIT_USAGE;
    } else {
      files++;
    }
  }
  if (!files) {
    usage(stderr);
    return EXIT_USAGE;
  }
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-') continue;
    int one = dump_file(argv[i], &options);
    if (one) code = one;
  }
  return code;
}
