/* libFuzzer target: regular expressions, translated from Java's syntax: the text A, the pattern B, the replacement C.
 */
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const LAWS[] = {
    "REGEXP_EXTRACT(B, A) IS NULL OR REGEXP_EXTRACT(B, A) = '' OR INSTR(A, REGEXP_EXTRACT(B, A)) > 0",
    "REGEXP_EXTRACT(B, A) IS NULL OR ARRAY_LENGTH(REGEXP_EXTRACT_ALL(B, A)) > 0",
    "REGEXP_EXTRACT(B, A) IS NULL OR REGEXP_EXTRACT(B, A) = REGEXP_EXTRACT_ALL(B, A)[1]",
    "REGEXP_EXTRACT_ALL(B, A) IS NULL OR ARRAY_LENGTH(REGEXP_EXTRACT_ALL(B, A)) > 0 OR REGEXP_REPLACE(A, B, 'x') = A",
    "REGEXP_EXTRACT(B, A) IS NULL OR REGEXP_REPLACE(A, B, '$0') IS NULL OR REGEXP_REPLACE(A, B, '$0') = A",
    "REGEXP_REPLACE(A, B, C)",
    "REGEXP_EXTRACT(B, A, 1)",
    "REGEXP_EXTRACT_ALL(B, A, 2)",
    "REGEXP_SPLIT_TO_ARRAY(A, B)",
    NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static laws l;
  return laws_hold(&l, LAWS, data, size);
}
