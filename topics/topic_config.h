/* Topic names and settings (log.md 1.1 and 7): one table of Kafka's names, checked, with our defaults. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "topics/compression.h"
#include "topics/log.h"

/* Effective settings, parsed. Immutable once published. */
typedef struct sl_topic_config {
  int64_t cleanup_delete, cleanup_compact; /* flags of cleanup.policy */
  int64_t compression;                     /* sl_codec; none for "producer" and "uncompressed" */
  int64_t delete_retention_ms;
  int64_t file_delete_delay_ms;
  int64_t index_interval_bytes;
  int64_t max_compaction_lag_ms;
  int64_t max_message_bytes;
  int64_t timestamp_before_max_ms, timestamp_after_max_ms;
  int64_t log_append_time;
  int64_t min_cleanable_ppm; /* dirty ratio in millionths */
  int64_t min_compaction_lag_ms;
  int64_t retention_bytes, retention_ms;
  int64_t segment_bytes, segment_index_bytes, segment_jitter_ms, segment_ms;
} sl_topic_config;

/* 1 to 249 of A-Z a-z 0-9 . _ -, not "." or "..". SL_E_INVALID_CONFIG. */
int sl_topic_name_check(sl_str name, sl_err *err);
/* Defaults with the overrides applied. SL_E_INVALID_CONFIG names the setting and what was expected. */
int sl_topic_config_build(const sl_topic_setting *settings, int count, sl_topic_config *out, sl_err *err);
/* Text of a setting's default, empty when there is no such setting. */
sl_str sl_topic_config_default(sl_str name);
