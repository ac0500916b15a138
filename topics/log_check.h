/* Verifying a log directory without changing it: every batch and record, the order of offsets, indexes against batches,
 * the decision log against the partitions, and the small files. What a start would repair by itself is told apart from
 * damage. */
#pragma once
#include "topics/log.h"

typedef enum sl_finding_level {
  SL_FINDING_NOTE,   /* as a crash may leave it, or out of place; the next start deals with it */
  SL_FINDING_DAMAGE, /* bytes are not what was written */
} sl_finding_level;

typedef struct sl_finding {
  sl_finding_level level;
  const char *where; /* path, with a position if there is one */
  const char *what;
  const char *todo; /* the next step */
} sl_finding;

typedef struct sl_log_check_sink {
  void (*found)(void *ctx, const sl_finding *finding);
  /* Each topic that the directory says exists; may be NULL. */
  void (*topic)(void *ctx, sl_str name, const sl_topic_id *id, int32_t partitions);
  /* Each of its partitions, when everything has been looked at: the offsets that a start will keep; may be NULL. */
  void (*partition)(void *ctx, const sl_topic_id *id, int32_t number, int64_t start, int64_t end);
  void *ctx;
} sl_log_check_sink;

typedef struct sl_log_check_totals {
  uint64_t topics, partitions, segments, batches, records, bytes, decisions;
} sl_log_check_totals;

/* Calls the sink for each finding. 0 when everything could be looked at, damage or not; SL_E_LOCKED when the directory
 * is in use, SL_E_NOT_FOUND when it is no log directory, SL_E_VERSION. Writes nothing. Thread: any. */
int sl_log_check(sl_fs *fs, const char *dir, const sl_log_check_sink *sink, sl_log_check_totals *totals, sl_err *err);
