/* Keys with a window behind them, as topics and changelogs have them (formats.md 11.2); keys of two parts. The key's
 * own bytes are never looked into. Thread: any. */
#pragma once
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "types/schema.h"

/* A key and what the bytes behind it say. */
typedef struct sl_windowed_key {
  sl_str key;         /* the key's own bytes */
  int64_t start, end; /* ms; time windows: end exclusive, sessions: inclusive */
  uint32_t sequence;  /* window-store changelogs of joins; else 0 */
} sl_windowed_key;

/* Append key bytes with the window: start; end and start; start and sequence number. */
void sl_key_join_window(sl_buf *out, sl_str key, int64_t start);
void sl_key_join_session(sl_buf *out, sl_str key, int64_t start, int64_t end);
void sl_key_join_sequence(sl_buf *out, sl_str key, int64_t start, uint32_t sequence);

/* Take them apart; out->key borrows. A time window's end is start + size, at most INT64_MAX. Callers treat null and
 * empty bytes as a null key before. SL_E_DECODE when the bytes are too few. kind NONE: all bytes are the key. */
int sl_key_split(sl_window_kind kind, int64_t size, sl_str bytes, sl_windowed_key *out, sl_err *err);
int sl_key_split_sequence(int64_t size, sl_str bytes, sl_windowed_key *out, sl_err *err);

/* A key of two parts, as the changelog of subscriptions has it. SL_E_DECODE when there are fewer bytes than the prefix
 * is said to have. */
void sl_key_join_prefix(sl_buf *out, sl_str prefix, sl_str rest);
int sl_key_split_prefix(sl_str bytes, sl_str *prefix, sl_str *rest, sl_err *err);

/* End of a window of this size, saturating. */
static inline int64_t sl_window_end(int64_t start, int64_t size) {
  int64_t end;
  return __builtin_add_overflow(start, size, &end) ? INT64_MAX : end;
}
