/* Growable byte buffer: doubles, so adding is linear in all. */
#include "base/buf.h"
#include <stdio.h>
#include <stdlib.h>

void sl_buf_done(sl_buf *buf) {
  if (!buf) return;
  free(buf->data);
  *buf = (sl_buf){0};
}

void sl_buf_grow(sl_buf *buf, size_t extra) {
  size_t need, cap = buf->cap ? buf->cap : 64;
  if (__builtin_add_overflow(buf->len, extra, &need) || need > SIZE_MAX / 2) {
    fprintf(stderr, "out of memory: a buffer of %zu bytes asked for %zu more\n", buf->len, extra);
    abort();
  }
  if (need <= buf->cap) return;
  while (cap < need) cap *= 2;
  uint8_t *data = realloc(buf->data, cap);
  if (!data) {
    fprintf(stderr, "out of memory: %zu bytes asked for\n", cap);
    abort();
  }
  buf->data = data;
  buf->cap = cap;
}

void sl_buf_printf(sl_buf *buf, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  sl_buf_vprintf(buf, fmt, args);
  va_end(args);
}

void sl_buf_vprintf(sl_buf *buf, const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  char *to = (char *)sl_buf_reserve(buf, 64);
  size_t room = buf->cap - buf->len;
  int len = vsnprintf(to, room, fmt, args);
  if (len > 0 && (size_t)len >= room) {
    to = (char *)sl_buf_reserve(buf, (size_t)len + 1);
    vsnprintf(to, (size_t)len + 1, fmt, again);
  }
  if (len > 0) buf->len += (size_t)len;
  va_end(again);
}

const char *sl_buf_z(sl_buf *buf) {
  *sl_buf_reserve(buf, 1) = 0;
  return (const char *)buf->data;
}
