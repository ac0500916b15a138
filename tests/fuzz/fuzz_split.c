/* libFuzzer target: cutting texts and bytes. A is cut at B. */
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const LAWS[] = {
    "A IS NULL OR B IS NULL OR SPLIT(A, B) IS NOT NULL",
    "SPLIT(A, B) IS NULL OR B = '' OR ARRAY_JOIN(SPLIT(A, B), B) = A",
    "SPLIT(A, B) IS NULL OR B <> '' OR A = '' OR ARRAY_LENGTH(SPLIT(A, B)) = LEN(A)",
    "SPLIT(A, B) IS NULL OR B = '' OR ARRAY_LENGTH(FILTER(SPLIT(A, B), x => INSTR(x, B) > 0)) = 0",
    "SPLIT(A, B) IS NULL OR B = '' OR C IS NULL OR ARRAY_JOIN(SPLIT(A, B), C) = REPLACE(A, B, C)",
    "SPLIT(A, B) IS NULL OR B = '' OR INSTR(A, B) > 0 OR ARRAY_LENGTH(SPLIT(A, B)) = 1",
    /* The lengths of the pieces and of what stands between them add up. */
    "TO_BYTES(A, 'hex') IS NULL OR LEN(TO_BYTES(A, 'hex')) = 0 OR "
    "ARRAY_LENGTH(SPLIT(TO_BYTES(A, 'hex'), TO_BYTES('', 'hex'))) = LEN(TO_BYTES(A, 'hex'))",
    "A IS NULL OR B IS NULL OR B = '' OR "
    "REDUCE(SPLIT(TO_BYTES(A, 'utf8'), TO_BYTES(B, 'utf8')), 0, (s, x) => s + LEN(x)) + "
    "(ARRAY_LENGTH(SPLIT(TO_BYTES(A, 'utf8'), TO_BYTES(B, 'utf8'))) - 1) * LEN(TO_BYTES(B, 'utf8')) = "
    "LEN(TO_BYTES(A, 'utf8'))",
    "SPLIT_TO_MAP(A, B, C) IS NULL OR (B <> '' AND C <> '' AND B <> C)",
    "SPLIT_TO_MAP(A, B, C) IS NULL OR "
    "ARRAY_LENGTH(FILTER(MAP_KEYS(SPLIT_TO_MAP(A, B, C)), k => INSTR(k, C) > 0 OR INSTR(k, B) > 0)) = 0",
    NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static laws l;
  return laws_hold(&l, LAWS, data, size);
}
