/* Configuration properties: the table (properties.def), look-up by any accepted spelling, checked values, layered
 * views.
 *
 * A property of the streams layer may be written with or without its "ksql.streams." prefix; the canonical spelling is
 * the one with it. Kafka settings that the table does not list are kept as text, so that clients may send them. */
#include "catalog/settings.h"

enum { S = 1, P = 2, X = 4, U = 8 }; /* flags of properties.def */

static const sl_property_row rows[] = {
#define SL_PROPERTY(name, type, default_value, flags, doc)                                                             \
  {name, SL_PROP_##type, default_value, ((flags)&S) != 0, ((flags)&X) != 0, ((flags)&P) != 0, ((flags)&U) != 0, doc},
#include "catalog/properties.def"
#undef SL_PROPERTY
};

/* Unlisted names with these beginnings belong to the log's clients, a function or the registry. */
static const char *const open_prefixes[] = {
    "ksql.streams.", "ksql.functions.", "ksql.schema.registry.", "consumer.", "producer.", "main.consumer.",
    "admin.",        "topic.",          "ksql.connect.",         "ssl.",      "sasl.",
};

/* Settings of Kafka clients that are commonly sent without a prefix. */
static const char *const client_names[] = {
    "acks",
    "auto.commit.interval.ms",
    "batch.size",
    "buffer.memory",
    "check.crcs",
    "client.id",
    "connections.max.idle.ms",
    "default.api.timeout.ms",
    "default.deserialization.exception.handler",
    "default.production.exception.handler",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.idempotence",
    "fetch.max.bytes",
    "fetch.max.wait.ms",
    "fetch.min.bytes",
    "group.id",
    "heartbeat.interval.ms",
    "isolation.level",
    "linger.ms",
    "max.block.ms",
    "max.in.flight.requests.per.connection",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "max.poll.records",
    "max.request.size",
    "metadata.max.age.ms",
    "metrics.num.samples",
    "metrics.recording.level",
    "partition.assignment.strategy",
    "poll.ms",
    "receive.buffer.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "retries",
    "retry.backoff.ms",
    "rocksdb.config.setter",
    "security.protocol",
    "send.buffer.bytes",
    "session.timeout.ms",
    "state.cleanup.delay.ms",
    "transaction.timeout.ms",
    "windowstore.changelog.additional.retention.ms",
};

static const char streams_prefix[] = "ksql.streams.";

const sl_property_row *sl_property_rows(size_t *count) {
  *count = sizeof rows / sizeof *rows;
  return rows;
}

static const sl_property_row *find_exact(sl_str name) {
  size_t low = 0, high = sizeof rows / sizeof *rows;
  while (low < high) {
    size_t mid = (low + high) / 2;
    int order = sl_str_cmp(name, sl_str_of(rows[mid].name));
    if (order == 0) return &rows[mid];
    if (order < 0)
      high = mid;
    else
      low = mid + 1;
  }
  return NULL;
}

/* "ksql.streams." + name, if it fits into buf. */
static sl_str with_prefix(char buf[256], sl_str name) {
  size_t prefix = sizeof streams_prefix - 1;
  if (name.len == 0 || name.len + prefix > 256) return (sl_str){0};
  memcpy(buf, streams_prefix, prefix);
  memcpy(buf + prefix, name.ptr, name.len);
  return sl_str_n(buf, prefix + name.len);
}

const sl_property_row *sl_property_find(sl_str name) {
  const sl_property_row *row = find_exact(name);
  if (row) return row;
  char buf[256];
  sl_str prefixed = with_prefix(buf, name);
  return prefixed.len ? find_exact(prefixed) : NULL;
}

static bool is_client_name(sl_str name) {
  for (size_t i = 0; i < sizeof client_names / sizeof *client_names; i++)
    if (sl_str_eq_z(name, client_names[i])) return true;
  return false;
}

static bool is_open_name(sl_str name) {
  if (is_client_name(name)) return true;
  for (size_t i = 0; i < sizeof open_prefixes / sizeof *open_prefixes; i++)
    if (sl_str_starts(name, sl_str_of(open_prefixes[i]))) return true;
  return false;
}

sl_str sl_property_canonical(sl_arena *arena, sl_str name) {
  const sl_property_row *row = sl_property_find(name);
  if (row) return sl_str_of(row->name);
  bool client = is_client_name(name) || sl_str_starts(name, sl_str_of("consumer.")) ||
                sl_str_starts(name, sl_str_of("producer."));
  if (client) return sl_str_printf(arena, "%s" SL_STR_FMT, streams_prefix, SL_STR_ARG(name));
  return sl_str_dup(arena, name);
}

/* ---- checking values ---- */

static int bad_value(const sl_property_row *row, sl_str value, const char *why, sl_err *err) {
  return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Invalid value " SL_STR_FMT " for configuration %s: %s",
                    SL_STR_ARG(value), row->name, why);
}

typedef struct choice {
  const char *name;
  const char *const *values; /* NULL-terminated */
  const char *why;
} choice;

static const char *const reset_values[] = {"latest", "earliest", NULL};
static const char *const guarantee_values[] = {"at_least_once", "exactly_once", "exactly_once_beta", "exactly_once_v2",
                                               NULL};
static const char *const mode_values[] = {"denylist", "allowlist", NULL};
/* What becomes of a record without a timestamp. By class name, as in Kafka Streams, or without the package. */
static const char *const extractor_values[] = {"org.apache.kafka.streams.processor.FailOnInvalidTimestamp",
                                               "org.apache.kafka.streams.processor.LogAndSkipOnInvalidTimestamp",
                                               "FailOnInvalidTimestamp", "LogAndSkipOnInvalidTimestamp", NULL};
static const char *const one_copy_values[] = {"1", "-1", NULL};
static const char one_copy[] = "the embedded log keeps one copy";
static const char *const validator_values[] = {"auto", "off", NULL};
static const choice choices[] = {
    {"ksql.access.validator.enable", validator_values, "String must be one of: auto, off"},
    {"ksql.internal.topic.min.insync.replicas", one_copy_values, one_copy},
    {"ksql.internal.topic.replicas", one_copy_values, one_copy},
    {"ksql.logging.processing.topic.replication.factor", one_copy_values, one_copy},
    {"ksql.properties.overrides.validation.mode", mode_values, "String must be one of: denylist, allowlist"},
    {"ksql.streams.auto.offset.reset", reset_values, "String must be one of: latest, earliest"},
    {"ksql.streams.default.timestamp.extractor", extractor_values,
     "String must be one of: FailOnInvalidTimestamp, LogAndSkipOnInvalidTimestamp"},
    {"ksql.streams.replication.factor", one_copy_values, one_copy},
    {"ksql.streams.processing.guarantee", guarantee_values,
     "String must be one of: at_least_once, exactly_once, exactly_once_beta, exactly_once_v2"},
};

static int check_choice(const sl_property_row *row, sl_str value, sl_err *err) {
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    if (strcmp(choices[i].name, row->name)) continue;
    for (const char *const *v = choices[i].values; *v; v++)
      if (sl_str_eq_z(value, *v)) return 0;
    return bad_value(row, value, choices[i].why, err);
  }
  return 0;
}

static int check_value(const sl_property_row *row, sl_str value, sl_err *err) {
  int64_t number;
  switch (row->type) {
  case SL_PROP_BOOLEAN:
    if (sl_str_eq_nocase(value, sl_str_of("true")) || sl_str_eq_nocase(value, sl_str_of("false"))) break;
    return bad_value(row, value, "Expected value to be either true or false", err);
  case SL_PROP_INT:
    if (sl_str_int64(value, &number) && number >= INT32_MIN && number <= INT32_MAX) break;
    return bad_value(row, value, "Not a number of type INT", err);
  case SL_PROP_LONG:
    if (sl_str_int64(value, &number)) break;
    return bad_value(row, value, "Not a number of type LONG", err);
  case SL_PROP_STRING:
  case SL_PROP_LIST: break;
  }
  sl_str only = sl_str_of(row->default_value ? row->default_value : "");
  if (row->fixed && !sl_str_eq_nocase(value, only))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "%s=" SL_STR_FMT " is not supported by this version of sluice; leave it %s.", row->name,
                      SL_STR_ARG(value), only.len ? row->default_value : "unset");
  return check_choice(row, value, err);
}

/* ---- layers ---- */

void sl_settings_done(sl_settings *settings) {
  if (!settings) return;
  sl_map_done(&settings->values);
  sl_arena_done(&settings->arena);
  *settings = (sl_settings){0};
}

int sl_settings_set(sl_settings *settings, sl_str name, const sl_str *value, bool allow_unknown, sl_err *err) {
  if (!settings->arena.block_size) sl_arena_init(&settings->arena, 1024);
  name = sl_str_trim(name);
  const sl_property_row *row = sl_property_find(name);
  if (!row && !allow_unknown && !is_open_name(name))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown property: " SL_STR_FMT, SL_STR_ARG(name));
  sl_str key = sl_property_canonical(&settings->arena, name);
  if (!value) {
    sl_map_remove(&settings->values, key);
    return 0;
  }
  sl_str text = row && row->type != SL_PROP_STRING ? sl_str_trim(*value) : *value;
  if (row && check_value(row, text, err)) return err ? err->code : SL_E_CONFIG;
  sl_map_put(&settings->values, key, sl_str_z(&settings->arena, text));
  return 0;
}

static const char *find_set(const sl_settings *settings, sl_str name) {
  for (; settings; settings = settings->parent) {
    const char *value = sl_map_find(&settings->values, name);
    if (value) return value;
  }
  return NULL;
}

/* Callers name properties of the table canonically; anything else may still be a Kafka setting. */
sl_str sl_settings_str(const sl_settings *settings, const char *name) {
  const sl_property_row *row = sl_property_find(sl_str_of(name));
  const char *value = find_set(settings, sl_str_of(row ? row->name : name));
  if (!value && row) value = row->default_value;
  return sl_str_of(value);
}

bool sl_settings_bool(const sl_settings *settings, const char *name) {
  return sl_str_eq_nocase(sl_settings_str(settings, name), sl_str_of("true"));
}

int64_t sl_settings_int(const sl_settings *settings, const char *name) {
  int64_t number = 0;
  return sl_str_int64(sl_settings_str(settings, name), &number) ? number : 0;
}

bool sl_settings_is_set(const sl_settings *settings, const char *name) {
  const sl_property_row *row = sl_property_find(sl_str_of(name));
  return find_set(settings, sl_str_of(row ? row->name : name)) != NULL;
}

int sl_property_check_override(sl_str name, sl_err *err) {
  name = sl_str_trim(name);
  const sl_property_row *row = sl_property_find(name);
  if (row ? row->session : is_open_name(name)) return 0;
  if (!row) return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Unknown property: " SL_STR_FMT, SL_STR_ARG(name));
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot override properties: [" SL_STR_FMT "]", SL_STR_ARG(name));
}
