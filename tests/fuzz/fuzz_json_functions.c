/* libFuzzer target: the JSON functions over any document A, any path or second document B. */
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Numbers with very many digits are read but not written. */
#define HUGE_NUMBER "LEN(A) > 200 OR REGEXP_EXTRACT('[eE][-+]?0*[0-9]{4}', A) IS NOT NULL"

static const char *const LAWS[] = {
    /* What they write is JSON, and writing it again changes nothing. */
    "JSON_CONCAT(A) IS NULL OR IS_JSON_STRING(JSON_CONCAT(A))",
    "JSON_CONCAT(A) IS NULL OR JSON_CONCAT(JSON_CONCAT(A)) = JSON_CONCAT(A)",
    "JSON_CONCAT(A, B) IS NULL OR IS_JSON_STRING(JSON_CONCAT(A, B))", "IS_JSON_STRING(TO_JSON_STRING(A))",
    "IS_JSON_STRING(TO_JSON_STRING(ARRAY[A, B]))", "IS_JSON_STRING(TO_JSON_STRING(STRUCT(A := A, B := MAP('b' := B))))",
    "A IS NULL OR EXTRACTJSONFIELD(TO_JSON_STRING(A), '$') = A",
    "A IS NULL OR B IS NULL OR EXTRACTJSONFIELD(TO_JSON_STRING(ARRAY[A, B]), '$[1]') = B",
    "FILTER(JSON_ITEMS(A), x => NOT IS_JSON_STRING(x)) IS NULL OR "
    "ARRAY_LENGTH(FILTER(JSON_ITEMS(A), x => NOT IS_JSON_STRING(x))) = 0",
    /* They agree on what a document is. */
    "NOT IS_JSON_STRING(A) OR JSON_CONCAT(A) IS NOT NULL", "JSON_CONCAT(A) IS NULL OR IS_JSON_STRING(A)",
    "JSON_ITEMS(A) IS NULL OR JSON_ARRAY_LENGTH(A) = ARRAY_LENGTH(JSON_ITEMS(A))",
    "JSON_ARRAY_LENGTH(A) IS NULL OR JSON_ITEMS(A) IS NOT NULL", "JSON_ARRAY_LENGTH(A) IS NULL OR JSON_KEYS(A) IS NULL",
    "JSON_KEYS(A) IS NULL OR ARRAY_LENGTH(JSON_KEYS(A)) = ARRAY_LENGTH(MAP_KEYS(JSON_RECORDS(A))) OR " HUGE_NUMBER,
    "JSON_KEYS(A) IS NULL OR ARRAY_LENGTH(ARRAY_DISTINCT(JSON_KEYS(A))) = ARRAY_LENGTH(JSON_KEYS(A))",
    "EXTRACTJSONFIELD(A, '$') IS NULL OR EXTRACTJSONFIELD(A, '$') = '' OR IS_JSON_STRING(A)",
    /* Anything. */
    "EXTRACTJSONFIELD(A, B)", "EXTRACTJSONFIELD(A, '$.a.b')", "EXTRACTJSONFIELD(A, '$[\"a\"][0]')",
    "JSON_ARRAY_CONTAINS(A, B) OR TRUE", "JSON_ARRAY_CONTAINS(A, N) OR TRUE",
    "JSON_ARRAY_CONTAINS(A, CAST(N AS INT)) OR TRUE", "JSON_ARRAY_CONTAINS(A, 1.5E0) OR TRUE",
    "JSON_ARRAY_CONTAINS(A, TRUE) OR TRUE", "JSON_ARRAY_CONTAINS(A, NULL) OR TRUE", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static laws l;
  return laws_hold(&l, LAWS, data, size);
}
