/* A window of a file that slides over whole batches: 256 KiB at a time, more for a batch that is larger. */
#include "topics/batch_scan.h"
#include <string.h>
#include "base/bytes.h"

enum { WINDOW = 256 * 1024 };

void sl_batch_scan_init(sl_batch_scan *scan, sl_file *file, uint64_t from, uint64_t to, bool check_crc) {
  *scan = (sl_batch_scan){.file = file, .from = from, .to = to, .check_crc = check_crc};
}

void sl_batch_scan_done(sl_batch_scan *scan) {
  sl_buf_done(&scan->buf);
}

/* Makes at least want bytes available after at, or all that are left. */
static int fill(sl_batch_scan *scan, size_t want, sl_err *err) {
  if (scan->at) {
    memmove(scan->buf.data, scan->buf.data + scan->at, scan->buf.len - scan->at);
    scan->buf.len -= scan->at;
    scan->from += scan->at;
    scan->at = 0;
  }
  uint64_t next = scan->from + scan->buf.len;
  uint64_t left = scan->to > next ? scan->to - next : 0;
  size_t need = (want > WINDOW ? want : WINDOW) - scan->buf.len;
  if (need > left) need = (size_t)left;
  if (!need) return 0;
  size_t got;
  int rc = sl_file_read(scan->file, next, sl_buf_reserve(&scan->buf, need), need, &got, err);
  if (!rc) scan->buf.len += got;
  return rc;
}

int sl_batch_scan_next(sl_batch_scan *scan, sl_scanned *out, sl_err *err) {
  size_t have = scan->buf.len - scan->at;
  size_t size = SL_BATCH_HEADER;
  int rc = 0;
  if (have < size) rc = fill(scan, size, err);
  have = scan->buf.len - scan->at;
  if (!rc && have >= SL_BATCH_PREFIX) {
    int32_t length = (int32_t)sl_get_u32(scan->buf.data + scan->at + 8);
    uint64_t left = scan->to - (scan->from + scan->at);
    size = length < 0 ? 0 : (size_t)length + SL_BATCH_PREFIX;
    if (size > have && size <= left) rc = fill(scan, size, err);
    have = scan->buf.len - scan->at;
  }
  if (rc) return rc;
  out->position = scan->from + scan->at;
  out->data = have ? scan->buf.data + scan->at : NULL;
  if (!have) {
    out->status = SL_BATCH_INCOMPLETE;
    out->why = NULL;
    return 0;
  }
  out->status = sl_batch_examine(out->data, have, scan->check_crc, &out->header, &out->why);
  if (out->status == SL_BATCH_OK) scan->at += sl_batch_size(&out->header);
  return 0;
}
