/* Log lines: "2024-05-01T12:00:00.000Z INFO event key=value ...". A line is built first and written with one call, so
 * lines of several threads do not mix; control characters in values are replaced, so a line is always one line. */
#include "base/logger.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"

static const char *const LEVELS[] = {"DEBUG", "INFO", "WARN", "ERROR", "OFF"};
static _Atomic int threshold = SL_LOG_INFO;

void sl_log_set_level(sl_log_level level) {
  atomic_store_explicit(&threshold, level, memory_order_relaxed);
}

bool sl_log_level_parse(const char *text, sl_log_level *out) {
  for (int i = 0; i <= SL_LOG_OFF; i++) {
    if (sl_str_eq_nocase(sl_str_of(text), sl_str_of(LEVELS[i]))) {
      *out = (sl_log_level)i;
      return true;
    }
  }
  return false;
}

void sl_log_line(sl_log_level level, const char *event, const char *fmt, ...) {
  if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed) || level >= SL_LOG_OFF) return;
  int64_t now = sl_clock_wall_ms(sl_clock_real());
  time_t seconds = (time_t)(now / 1000);
  struct tm utc;
  gmtime_r(&seconds, &utc);
  char stamp[32];
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);

  sl_buf line = {0};
  sl_buf_printf(&line, "%s.%03dZ %s %s", stamp, (int)(now % 1000), LEVELS[level], event);
  if (fmt && *fmt) {
    sl_buf_add_byte(&line, ' ');
    va_list args;
    va_start(args, fmt);
    sl_buf_vprintf(&line, fmt, args);
    va_end(args);
  }
  for (size_t i = 0; i < line.len; i++) {
    if (line.data[i] < ' ' || line.data[i] == 0x7f) line.data[i] = ' ';
  }
  sl_buf_add_byte(&line, '\n');
  /* Nobody is left to tell when standard error is gone. */
  if (write(STDERR_FILENO, line.data, line.len) < 0) { /* passed by */
  }
  sl_buf_done(&line);
}
