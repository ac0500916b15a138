/* Structured log lines on standard error: time, level, event, key=value pairs. Only tasks, the engine and the server
 * log; everything below returns errors. ("log" here is the program's own diary; topics live in topics/log.h.) */
#pragma once
#include <stdbool.h>

typedef enum sl_log_level { SL_LOG_DEBUG, SL_LOG_INFO, SL_LOG_WARN, SL_LOG_ERROR, SL_LOG_OFF } sl_log_level;

void sl_log_set_level(sl_log_level level);
bool sl_log_level_parse(const char *text, sl_log_level *out);
/* event: a short fixed word such as "query.failed"; fmt gives the pairs, e.g. "query=%s reason=\"%s\"". Thread: any. */
void sl_log_line(sl_log_level level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
