/* SINK and REPARTITION: rows become records, staged for the partition their key bytes choose. The bounds behind a
 * windowed key have no say in that, as in Kafka Streams: all windows of a key meet in one partition, in order. A
 * repartition topic carries whole changes in the native codec; a sink writes the new side, or a tombstone. */
#include "executor/codec.h"
#include "executor/ops.h"
#include "executor/timestamps.h"

typedef struct op_sink {
  sl_operator op;
  sl_topic *topic;
  int32_t partitions;
  sl_codec *codec;
  sl_stamp stamp; /* with a timestamp column */
  sl_buf key, value;
} op_sink;

static const sl_plan_sink *plan_of(const sl_operator *op) {
  return (const sl_plan_sink *)op->node;
}

static int sink_open(sl_operator *op, sl_err *err) {
  op_sink *s = (op_sink *)op;
  const sl_plan_sink *plan = plan_of(op);
  int rc = sl_env_topic(op->env, plan->topic, &s->topic, err);
  if (rc) return rc;
  s->partitions = sl_topic_partitions(s->topic);
  if (plan->timestamp_slot >= 0)
    rc = sl_stamp_open(&s->stamp, op->env->query, plan->base.layout.slots[plan->timestamp_slot].type,
                       plan->timestamp_format, err);
  return rc ? rc : sl_codec_new(&plan->codec, plan->topic->name, plan->base.table, &s->codec, err);
}

static void sink_close(sl_operator *op) {
  op_sink *s = (op_sink *)op;
  sl_codec_free(s->codec);
  sl_stamp_close(&s->stamp);
  sl_topic_unref(s->topic);
  sl_buf_done(&s->key);
  sl_buf_done(&s->value);
}

/* The timestamp to write; false when the row cannot be written. */
static bool timestamp_of(op_sink *s, const sl_row *row, int64_t *out) {
  const sl_plan_sink *plan = plan_of(&s->op);
  *out = row->timestamp;
  if (plan->timestamp_slot < 0) return true;
  if (row->flags & SL_ROW_VALUE_ABSENT) {
    *out = s->op.env->time;
    return true;
  }
  sl_err why = {0};
  int rc = sl_stamp_read(&s->stamp, s->op.env->arena, &row->values[plan->timestamp_slot], out, &why);
  if (!rc && *out < 0)
    rc = sl_err_set(&why, SL_E_TIMESTAMP_EXTRACT, SL_NO_POS, "The timestamp %lld is negative.", (long long)*out);
  if (rc) sl_op_report(&s->op, row, why.message, "Error writing row with extracted timestamp: %s", why.message);
  sl_err_done(&why);
  return rc == 0;
}

/* Key bytes, the row's own or its key columns encoded, and the partition: all windows of a key go to one. */
static int encode_key(op_sink *s, const sl_row *row, bool *null, int32_t *partition, sl_err *err) {
  const sl_plan_sink *plan = plan_of(&s->op);
  int rc = 0;
  *null = plan->no_key || (row->flags & SL_ROW_KEY_ABSENT);
  if (!*null && plan->own_keys)
    sl_buf_add(&s->key, row->key, row->key_len);
  else if (!*null)
    rc = sl_codec_encode_key(s->codec, row->values, &s->key, null, err);
  if (plan->addressed)
    *partition = (int32_t)row->values[0].i64;
  else if (*null)
    *partition = s->op.env->partition % s->partitions;
  else
    *partition = sl_partition_for_key(s->key.data, s->key.len, s->partitions);
  if (!rc && !*null) sl_codec_encode_window(s->codec, row, &s->key);
  return rc;
}

static void report(op_sink *s, sl_report_type type, const sl_row *row, const sl_err *err, bool is_key, bool fatal) {
  const sl_plan_sink *plan = plan_of(&s->op);
  sl_env_report(s->op.env, &(sl_report){.type = type,
                                        .step = plan->base.name,
                                        .message = err->message ? err->message : "unknown",
                                        .row = row,
                                        .layout = s->op.in,
                                        .topic = plan->topic->name,
                                        .is_key = is_key,
                                        .fatal = fatal});
}

/* Is it the record that the topic does not take, and not the log that is in trouble? */
static bool refused(int code) {
  return code == SL_E_MESSAGE_TOO_LARGE || code == SL_E_INVALID_RECORD || code == SL_E_INVALID_TIMESTAMP;
}

static int write_row(op_sink *s, const sl_row *row, sl_err *err) {
  const sl_plan_sink *plan = plan_of(&s->op);
  sl_op_env *env = s->op.env;
  int64_t timestamp;
  if (!timestamp_of(s, row, &timestamp)) return 0;
  sl_buf_reset(&s->key);
  sl_buf_reset(&s->value);
  bool key_null = false, value_null = false;
  int32_t to = 0;
  int rc = encode_key(s, row, &key_null, &to, err);
  bool in_key = rc != 0;
  if (!rc) rc = sl_codec_encode_value(s->codec, row, plan->base.layout.key_count, &s->value, &value_null, err);
  if (rc) {
    report(s, SL_REPORT_SERIALIZATION, row, err, in_key, true);
    return rc;
  }
  rc = sl_env_stage(env, sl_topic_partition(s->topic, to), timestamp, sl_buf_str(&s->key), key_null,
                    sl_buf_str(&s->value), value_null, row->origin ? &row->origin->headers : NULL, err);
  if (!rc) return 0;
  bool fatal = !env->skip_on_produce || !refused(rc);
  report(s, SL_REPORT_PRODUCTION, row, err, false, fatal);
  if (fatal) return rc;
  sl_err_done(err);
  return 0;
}

static int sink_process(sl_operator *op, int port, const sl_row *rows, const uint16_t *sel, int count, sl_err *err) {
  (void)port;
  int rc = 0;
  for (int i = 0; !rc && i < count; i++) rc = write_row((op_sink *)op, sl_op_row(rows, sel, i), err);
  return rc;
}

static void sink_describe(const sl_operator *op, sl_buf *out) {
  sl_buf_printf(out, "%s " SL_STR_FMT, op->cls->name, SL_STR_ARG(plan_of(op)->topic->name));
}

const sl_op_class sl_op_sink = {
    .name = "sink",
    .size = sizeof(op_sink),
    .open = sink_open,
    .process = sink_process,
    .close = sink_close,
    .describe = sink_describe,
};
const sl_op_class sl_op_repartition = {
    .name = "repartition",
    .size = sizeof(op_sink),
    .open = sink_open,
    .process = sink_process,
    .close = sink_close,
    .describe = sink_describe,
};
