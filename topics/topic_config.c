/* The table of topic settings. A row gives name, type, range and default; rows without a field are accepted, checked
 * and shown, but nothing here reads them. To add a setting, add a row. */
#include "topics/topic_config.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct setting_row setting_row;
struct setting_row {
  const char *name;
  const char *initial;                                             /* default as text */
  int (*check)(const setting_row *row, sl_str text, int64_t *out); /* 0 or -1 */
  int64_t min, max;
  size_t field; /* offset in sl_topic_config, or NO_FIELD */
  const char *expected;
};

static const size_t NO_FIELD = SIZE_MAX;

static int check_long(const setting_row *row, sl_str text, int64_t *out) {
  return sl_str_int64(text, out) && *out >= row->min && *out <= row->max ? 0 : -1;
}

static int check_bool(const setting_row *row, sl_str text, int64_t *out) {
  (void)row;
  *out = sl_str_eq_nocase(text, sl_str_of("true"));
  return *out || sl_str_eq_nocase(text, sl_str_of("false")) ? 0 : -1;
}

/* A ratio 0 ... 1, kept in millionths. */
static int check_ratio(const setting_row *row, sl_str text, int64_t *out) {
  (void)row;
  char z[32], *end;
  if (!text.len || text.len >= sizeof z) return -1;
  memcpy(z, text.ptr, text.len);
  z[text.len] = 0;
  double v = strtod(z, &end);
  if (*end || !(v >= 0 && v <= 1)) return -1;
  *out = (int64_t)(v * 1000000 + 0.5);
  return 0;
}

static int check_policy(const setting_row *row, sl_str text, int64_t *out) {
  (void)row;
  *out = 0;
  for (size_t at = 0; at <= text.len;) {
    size_t end = at;
    while (end < text.len && text.ptr[end] != ',') end++;
    sl_str word = sl_str_trim(sl_str_n(text.ptr + at, end - at));
    if (sl_str_eq_z(word, "delete")) {
      *out |= 1;
    } else if (sl_str_eq_z(word, "compact")) {
      *out |= 2;
    } else {
      return -1;
    }
    at = end + 1;
  }
  return 0;
}

static int check_timestamp_type(const setting_row *row, sl_str text, int64_t *out) {
  (void)row;
  *out = sl_str_eq_z(text, "LogAppendTime");
  return *out || sl_str_eq_z(text, "CreateTime") ? 0 : -1;
}

static int check_compression(const setting_row *row, sl_str text, int64_t *out) {
  (void)row;
  *out = SL_CODEC_NONE;
  if (sl_str_eq_z(text, "producer") || sl_str_eq_z(text, "uncompressed")) return 0;
  for (int codec = SL_CODEC_GZIP; codec < SL_CODEC_COUNT; codec++) {
    if (!sl_str_eq_z(text, sl_codec_name(codec))) continue;
    *out = codec;
    return 0;
  }
  return -1;
}

static const char LONG_MAX_TEXT[] = "9223372036854775807";
enum { INT_LIMIT = INT32_MAX };
#define FIELD(f) offsetof(sl_topic_config, f)

/* By name. cleanup.policy is split into its two flags after the check. retention.ms has no limit by default: history
 * that is replayed must not vanish. */
static const setting_row SETTINGS[] = {
    {"cleanup.policy", "delete", check_policy, 0, 0, FIELD(cleanup_delete), "delete, compact or both"},
    {"compression.type", "producer", check_compression, 0, 0, FIELD(compression),
     "producer, uncompressed, gzip, snappy, lz4 or zstd"},
    {"delete.retention.ms", "86400000", check_long, 0, INT64_MAX, FIELD(delete_retention_ms), "a number from 0"},
    {"file.delete.delay.ms", "60000", check_long, 0, INT64_MAX, FIELD(file_delete_delay_ms), "a number from 0"},
    {"flush.messages", LONG_MAX_TEXT, check_long, 1, INT64_MAX, NO_FIELD, "a number from 1"},
    {"flush.ms", LONG_MAX_TEXT, check_long, 0, INT64_MAX, NO_FIELD, "a number from 0"},
    {"index.interval.bytes", "4096", check_long, 0, INT_LIMIT, FIELD(index_interval_bytes), "a number from 0"},
    {"max.compaction.lag.ms", LONG_MAX_TEXT, check_long, 1, INT64_MAX, FIELD(max_compaction_lag_ms), "a number from 1"},
    {"max.message.bytes", "1048588", check_long, 0, INT_LIMIT, FIELD(max_message_bytes), "a number from 0"},
    {"message.timestamp.after.max.ms", LONG_MAX_TEXT, check_long, 0, INT64_MAX, FIELD(timestamp_after_max_ms),
     "a number from 0"},
    {"message.timestamp.before.max.ms", LONG_MAX_TEXT, check_long, 0, INT64_MAX, FIELD(timestamp_before_max_ms),
     "a number from 0"},
    {"message.timestamp.type", "CreateTime", check_timestamp_type, 0, 0, FIELD(log_append_time),
     "CreateTime or LogAppendTime"},
    {"min.cleanable.dirty.ratio", "0.5", check_ratio, 0, 0, FIELD(min_cleanable_ppm), "a number from 0 to 1"},
    {"min.compaction.lag.ms", "0", check_long, 0, INT64_MAX, FIELD(min_compaction_lag_ms), "a number from 0"},
    {"min.insync.replicas", "1", check_long, 1, 1, NO_FIELD, "1: this log keeps one copy"},
    {"preallocate", "false", check_bool, 0, 0, NO_FIELD, "true or false"},
    {"retention.bytes", "-1", check_long, -1, INT64_MAX, FIELD(retention_bytes), "a number from -1"},
    {"retention.ms", "-1", check_long, -1, INT64_MAX, FIELD(retention_ms), "a number from -1"},
    {"segment.bytes", "1073741824", check_long, 14, INT_LIMIT, FIELD(segment_bytes), "a number from 14 to 2147483647"},
    {"segment.index.bytes", "10485760", check_long, 4, INT_LIMIT, FIELD(segment_index_bytes), "a number from 4"},
    {"segment.jitter.ms", "0", check_long, 0, INT64_MAX, FIELD(segment_jitter_ms), "a number from 0"},
    {"segment.ms", "604800000", check_long, 1, INT64_MAX, FIELD(segment_ms), "a number from 1"},
};
enum { SETTING_COUNT = sizeof SETTINGS / sizeof *SETTINGS };

static const setting_row *find(sl_str name) {
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    if (sl_str_eq_z(name, SETTINGS[i].name)) return &SETTINGS[i];
  }
  return NULL;
}

static int apply(const setting_row *row, sl_str text, sl_topic_config *config, sl_err *err) {
  int64_t value;
  if (row->check(row, sl_str_trim(text), &value))
    return sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS,
                      "Invalid value '" SL_STR_FMT "' for topic setting '%s': expected %s", SL_STR_ARG(text), row->name,
                      row->expected);
  if (row->check == check_policy) {
    config->cleanup_delete = (value & 1) != 0;
    config->cleanup_compact = (value & 2) != 0;
  } else if (row->field != NO_FIELD) {
    memcpy((char *)config + row->field, &value, sizeof value);
  }
  return 0;
}

int sl_topic_config_build(const sl_topic_setting *settings, int count, sl_topic_config *out, sl_err *err) {
  sl_topic_config config = {0};
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    int rc = apply(&SETTINGS[i], sl_str_of(SETTINGS[i].initial), &config, err);
    if (rc) return rc;
  }
  for (int i = 0; i < count; i++) {
    const setting_row *row = find(settings[i].name);
    if (!row)
      return sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS, "Unknown topic config name: " SL_STR_FMT,
                        SL_STR_ARG(settings[i].name));
    int rc = apply(row, settings[i].value, &config, err);
    if (rc) return rc;
  }
  *out = config;
  return 0;
}

sl_str sl_topic_config_default(sl_str name) {
  const setting_row *row = find(name);
  return row ? sl_str_of(row->initial) : (sl_str){0};
}

int sl_topic_name_check(sl_str name, sl_err *err) {
  const char *why = NULL;
  if (!name.len || name.len > 249) why = "it must have 1 to 249 characters";
  if (sl_str_eq_z(name, ".") || sl_str_eq_z(name, "..")) why = "it cannot be '.' or '..'";
  for (size_t i = 0; i < name.len && !why; i++) {
    char c = name.ptr[i];
    bool ok =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!ok) why = "only ASCII letters, digits, '.', '_' and '-' are allowed";
  }
  if (!why) return 0;
  sl_str shown = sl_str_n(name.ptr, name.len > 300 ? 300 : name.len);
  return sl_err_set(err, SL_E_INVALID_CONFIG, SL_NO_POS, "Topic name '" SL_STR_FMT "' is illegal: %s",
                    SL_STR_ARG(shown), why);
}
