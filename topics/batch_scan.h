/* Reads the batches of a file in order, checking each: recovery, index rebuilding, compaction and dump-log share it. */
#pragma once
#include "base/fs.h"
#include "topics/record_batch.h"

typedef struct sl_batch_scan {
  sl_file *file;
  uint64_t from; /* file position of buf.data[0] */
  uint64_t to;   /* end of what is read */
  size_t at;     /* next batch within buf */
  sl_buf buf;
  bool check_crc;
} sl_batch_scan;

typedef struct sl_scanned {
  sl_batch_status status; /* INCOMPLETE at the end too: then why is NULL if the file ends after a whole batch */
  const char *why;
  sl_batch_header header;
  const uint8_t *data; /* until the next call */
  uint64_t position;
} sl_scanned;

void sl_batch_scan_init(sl_batch_scan *scan, sl_file *file, uint64_t from, uint64_t to, bool check_crc);
void sl_batch_scan_done(sl_batch_scan *scan);
/* Looks at the next batch. Returns 0 or an I/O error; what the bytes are is in out->status. After anything but OK the
 * position stays. */
int sl_batch_scan_next(sl_batch_scan *scan, sl_scanned *out, sl_err *err);
