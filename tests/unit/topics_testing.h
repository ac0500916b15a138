/* Helpers of the topics tests: SHA-256 (the vectors name digests), hex, the folder of golden vectors. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"

#define ok(call)                                                                                                       \
  do {                                                                                                                 \
    int rc_ = (call);                                                                                                  \
    if (rc_) fail_msg("%s: %s", #call, err.message ? err.message : "?");                                               \
  } while (0)

static inline uint32_t sha_rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static inline void sha_block(uint32_t h[8], const uint8_t *p) {
  static const uint32_t K[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
      0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
      0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
      0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
      0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
      0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
      0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + (sha_rotate(w[i - 15], 7) ^ sha_rotate(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
           (sha_rotate(w[i - 2], 17) ^ sha_rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(v, h, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = v[7] + (sha_rotate(v[4], 6) ^ sha_rotate(v[4], 11) ^ sha_rotate(v[4], 25)) +
                  ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
    uint32_t t2 = (sha_rotate(v[0], 2) ^ sha_rotate(v[0], 13) ^ sha_rotate(v[0], 22)) +
                  ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += v[i];
}

static inline void sha256_hex(const uint8_t *data, size_t len, char out[65]) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t tail[128] = {0};
  size_t whole = len / 64 * 64, rest = len - whole, size = rest + 9 <= 64 ? 64 : 128;
  for (size_t i = 0; i < whole; i += 64) sha_block(h, data + i);
  if (rest) memcpy(tail, data + whole, rest);
  tail[rest] = 0x80;
  for (int i = 0; i < 8; i++) tail[size - 1 - (size_t)i] = (uint8_t)((uint64_t)len * 8 >> (8 * i));
  for (size_t i = 0; i < size; i += 64) sha_block(h, tail + i);
  for (int i = 0; i < 8; i++) snprintf(out + 8 * i, 9, "%08x", h[i]);
}

static inline const char *vectors_dir(void) {
  const char *dir = getenv("SLUICE_VECTORS");
  return dir ? dir : "../shared/vectors";
}

static inline bool have_vectors(void) {
  if (sl_fs_is_dir(sl_fs_real(), vectors_dir())) return true;
  print_message("skipped: no golden vectors in %s (set SLUICE_VECTORS)\n", vectors_dir());
  return false;
}

static inline void unhex(sl_str text, sl_buf *out) {
  int high = -1;
  for (size_t i = 0; i < text.len; i++) {
    const char *digits = "0123456789abcdef";
    const char *at = text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;
    if (!at) continue;
    if (high < 0) {
      high = (int)(at - digits);
    } else {
      sl_buf_add_byte(out, (uint8_t)(high << 4 | (int)(at - digits)));
      high = -1;
    }
  }
}

static inline void read_hex(sl_arena *arena, const char *path, sl_buf *out) {
  sl_err err = {0};
  char *text;
  size_t len;
  ok(sl_fs_read_all(sl_fs_real(), path, 1 << 26, arena, &text, &len, &err));
  unhex(sl_str_n(text, len), out);
}

static inline sl_json *read_json(sl_arena *arena, const char *path) {
  sl_err err = {0};
  char *text;
  size_t len;
  sl_json *root;
  ok(sl_fs_read_all(sl_fs_real(), path, 1 << 26, arena, &text, &len, &err));
  ok(sl_json_parse(arena, sl_str_n(text, len), 0, &root, &err));
  return root;
}
