/* libFuzzer target: patterns of dates, both languages, for printing and for reading: the text A, the pattern B, the
 * zone C, the moment N. */
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOMENT "FROM_UNIXTIME(N % 253402300800000)" /* to the end of the year 9999 */
#define DAY    "CAST(" MOMENT " AS DATE)"
#define TIME   "CAST(" MOMENT " AS TIME)"
#define EXACT  "'yyyy-MM-dd HH:mm:ss.SSSXXXXX'"

static const char *const LAWS[] = {
    "PARSE_TIMESTAMP(A, B)", "PARSE_TIMESTAMP(A, B, C)", "PARSE_DATE(A, B)", "PARSE_TIME(A, B)", "STRINGTODATE(A, B)",
    "STRINGTOTIMESTAMP(A, B, C)", "FORMAT_TIMESTAMP(FROM_UNIXTIME(N), B)", "FORMAT_TIMESTAMP(FROM_UNIXTIME(N), B, C)",
    "FORMAT_TIMESTAMP(FROM_UNIXTIME(N), B, 'America/New_York')", "FORMAT_DATE(FROM_DAYS(CAST(N AS INT)), B)",
    "FORMAT_TIME(" TIME ", B)", "TIMESTAMPTOSTRING(N, B, C)", "CONVERT_TZ(FROM_UNIXTIME(N), A, C)",
    /* What was printed reads back. */
    "N < 0 OR PARSE_TIMESTAMP(FORMAT_TIMESTAMP(" MOMENT ", " EXACT "), " EXACT ") = " MOMENT,
    "N < 0 OR N % 253402300800000 > 253400000000000 OR FORMAT_TIMESTAMP(" MOMENT ", 'ss', C) IS NULL OR "
    "PARSE_TIMESTAMP(FORMAT_TIMESTAMP(" MOMENT ", " EXACT ", C), " EXACT ") = " MOMENT,
    "N < 0 OR PARSE_DATE(FORMAT_DATE(" DAY ", 'yyyy-MM-dd'), 'yyyy-MM-dd') = " DAY,
    "PARSE_TIME(FORMAT_TIME(" TIME ", 'HH:mm:ss.SSS'), 'HH:mm:ss.SSS') = " TIME,
    /* A quoted text stands for itself. */
    "A IS NULL OR A = '' OR FORMAT_DATE(" DAY ", CONCAT('''', REPLACE(A, '''', ''''''), '''')) = A", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static laws l;
  return laws_hold(&l, LAWS, data, size);
}
