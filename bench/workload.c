/* The benchmark's records. Amounts end in a digit that is not 0, so that the text read is the text printed. */
#include "bench/workload.h"

#include <stdio.h>

void bench_record_make(uint32_t i, bench_record *out) {
  unsigned r = i * 2654435761u;
  unsigned amount = 100 + (r >> 8) % 900, digit = r % 10, last = 1 + r % 9;
  out->key = (int32_t)((r >> 12) % BENCH_KEYS);
  out->cents = amount * 100 + digit * 10 + last;
  int len =
      snprintf(out->value, sizeof out->value,
               "{\"event_id\":\"e-%08x-%04x\",\"user_id\":%u,\"ts\":%llu,\"amount\":%u.%u%u,\"currency\":\"EUR\","
               "\"status\":\"confirmed\",\"country\":\"DE\",\"message\":\"order of %03u items was placed from the "
               "web shop, ref %06u\"}",
               r, r % 65536, 100000 + r % 900000, 1700000000000ull + r, amount, digit, last, r % 1000, r % 1000000);
  out->len = (size_t)len;
}
