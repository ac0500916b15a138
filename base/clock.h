/* Time as a parameter: every module that needs the time is handed an sl_clock. */
#pragma once
#include <stdint.h>

typedef struct sl_clock sl_clock;
struct sl_clock {
  int64_t (*wall_ms)(const sl_clock *clock);      /* milliseconds since 1970, UTC */
  int64_t (*monotonic_ns)(const sl_clock *clock); /* never goes backwards */
};

const sl_clock *sl_clock_real(void);

/* A clock that moves only when told. */
typedef struct sl_clock_manual {
  sl_clock clock; /* pass &manual.clock */
  int64_t wall;
  int64_t monotonic;
} sl_clock_manual;
void sl_clock_manual_init(sl_clock_manual *manual, int64_t wall_ms);
void sl_clock_manual_advance(sl_clock_manual *manual, int64_t ms);

static inline int64_t sl_clock_wall_ms(const sl_clock *clock) {
  return clock->wall_ms(clock);
}
static inline int64_t sl_clock_monotonic_ns(const sl_clock *clock) {
  return clock->monotonic_ns(clock);
}
