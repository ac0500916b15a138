/* What the kinds share: random numbers that depend on (seed, i) only, and text put together by hand. */
#pragma once
#include <string.h>
#include "base/number.h"
#include "cli/datagen/generator.h"

/* splitmix64: state advances by a constant, each output is a mix of it. */
__extension__ typedef unsigned __int128 sl_uint128;

typedef struct sl_random {
  uint64_t state;
} sl_random;

static inline uint64_t sl_random_next(sl_random *r) {
  uint64_t z = r->state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
/* The numbers of record i. */
static inline sl_random sl_random_of(const sl_generator *g, uint64_t i) {
  sl_random r = {g->seed * 0xd1342543de82ef95 + i};
  r.state = sl_random_next(&r);
  return r;
}
static inline uint64_t sl_random_below(sl_random *r, uint64_t n) { /* n > 0 */
  return (uint64_t)((sl_uint128)sl_random_next(r) * n >> 64);
}

/* Words to draw from. */
typedef struct sl_choice {
  uint64_t count;
  const char *words[12];
} sl_choice;
static inline const char *sl_pick(sl_random *r, const sl_choice *choice) {
  return choice->words[sl_random_below(r, choice->count)];
}

static inline int64_t sl_generator_time(const sl_generator *g, uint64_t i) {
  uint64_t rate = (uint64_t)g->per_second;
  return g->start_ms + (int64_t)(i / rate * 1000 + i % rate * 1000 / rate);
}

static inline void sl_add_int(sl_buf *out, int64_t v) {
  out->len += sl_number_print_int((char *)sl_buf_reserve(out, 20), v);
}
/* Cents as a decimal number whose text is the one that JSON writers choose: 5.0, 5.1, 5.12. */
static inline void sl_add_cents(sl_buf *out, uint64_t cents) {
  sl_add_int(out, (int64_t)(cents / 100));
  sl_buf_add_byte(out, '.');
  sl_buf_add_byte(out, (uint8_t)('0' + cents / 10 % 10));
  if (cents % 10) sl_buf_add_byte(out, (uint8_t)('0' + cents % 10));
}
static inline void sl_add_padded(sl_buf *out, uint64_t v, int digits, unsigned base) {
  uint8_t *p = sl_buf_reserve(out, (size_t)digits);
  for (int i = digits - 1; i >= 0; i--, v /= base) p[i] = (uint8_t) "0123456789abcdef"[v % base];
  out->len += (size_t)digits;
}
static inline void sl_add_letters(sl_buf *out, sl_random *r, size_t count) {
  uint8_t *p = sl_buf_reserve(out, count);
  uint64_t bits = 0;
  for (size_t i = 0; i < count; i++, bits >>= 8) {
    if (i % 8 == 0) bits = sl_random_next(r);
    p[i] = (uint8_t)('a' + (bits & 255) * 26 / 256);
  }
  out->len += count;
}
void sl_key_int32(sl_generated *out, int32_t key);
void sl_key_int64(sl_generated *out, int64_t key);
void sl_key_text(sl_generated *out, const char *key);

extern const sl_generator_kind sl_kind_events, sl_kind_pageviews, sl_kind_users, sl_kind_orders, sl_kind_clickstream,
    sl_kind_person, sl_kind_auction, sl_kind_bid, sl_kind_nexmark;
