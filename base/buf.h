/* A growable byte buffer on the heap. Zero-initialised is empty and valid. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/str.h"

typedef struct sl_buf {
  uint8_t *data;
  size_t len;
  size_t cap;
} sl_buf;

void sl_buf_done(sl_buf *buf); /* accepts NULL */
static inline void sl_buf_reset(sl_buf *buf) {
  buf->len = 0;
}
void sl_buf_grow(sl_buf *buf, size_t extra);
/* Makes room for extra bytes and returns where they go; add what was written to buf->len. */
static inline uint8_t *sl_buf_reserve(sl_buf *buf, size_t extra) {
  if (buf->cap - buf->len < extra) sl_buf_grow(buf, extra);
  return buf->data + buf->len;
}
static inline void sl_buf_add(sl_buf *buf, const void *data, size_t len) {
  if (!len) return;
  memcpy(sl_buf_reserve(buf, len), data, len);
  buf->len += len;
}
static inline void sl_buf_add_byte(sl_buf *buf, uint8_t byte) {
  *sl_buf_reserve(buf, 1) = byte;
  buf->len++;
}
static inline void sl_buf_add_str(sl_buf *buf, sl_str s) {
  sl_buf_add(buf, s.ptr, s.len);
}
static inline void sl_buf_add_z(sl_buf *buf, const char *z) {
  sl_buf_add(buf, z, strlen(z));
}
void sl_buf_printf(sl_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sl_buf_vprintf(sl_buf *buf, const char *fmt, va_list args);
static inline sl_str sl_buf_str(const sl_buf *buf) {
  return (sl_str){(const char *)buf->data, buf->len};
}
const char *sl_buf_z(sl_buf *buf); /* NUL-terminated view, valid until the next change */
