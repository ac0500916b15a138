/* The real clock and one that is moved by hand. */
#include "base/clock.h"
#include <time.h>

static int64_t real_wall_ms(const sl_clock *clock) {
  (void)clock;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_monotonic_ns(const sl_clock *clock) {
  (void)clock;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const sl_clock *sl_clock_real(void) {
  static const sl_clock real = {real_wall_ms, real_monotonic_ns};
  return &real;
}

static int64_t manual_wall_ms(const sl_clock *clock) {
  return ((const sl_clock_manual *)clock)->wall;
}
static int64_t manual_monotonic_ns(const sl_clock *clock) {
  return ((const sl_clock_manual *)clock)->monotonic;
}

void sl_clock_manual_init(sl_clock_manual *manual, int64_t wall_ms) {
  *manual = (sl_clock_manual){.clock = {manual_wall_ms, manual_monotonic_ns}, .wall = wall_ms};
}

void sl_clock_manual_advance(sl_clock_manual *manual, int64_t ms) {
  manual->wall += ms;
  manual->monotonic += ms * 1000000;
}
