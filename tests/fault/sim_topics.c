/* What an operator does to topics while queries run: smaller segments, and limits on the size of a record that are set
 * too low and lifted again. A record above the limit makes its task fail with rows that it has not committed, in a
 * process that lives on; when the limit is lifted the task reads them again. */
#include "tests/fault/sim.h"

static bool is_table_of_inputs(sl_str topic) {
  return sl_str_eq_z(topic, SIM_TOPICS[2]) || sl_str_eq_z(topic, SIM_TOPICS[3]);
}

/* Is it written by queries only? */
static bool is_made_by_queries(sl_str topic) {
  bool input = sl_str_contains(topic, sl_str_of("ksql_processing_log"));
  for (int i = 0; i < SIM_INPUTS; i++) input |= sl_str_eq_z(topic, SIM_TOPICS[i]);
  return !input;
}

/* ---- segments ---- */

/* They roll, are compacted and trimmed. Not the tables of the inputs: a query that lags behind a compaction would
 * rightly miss rows that the oracle has. */
static int shrink(sim *s, sl_topic *topic, sl_err *err) {
  const char *settings[][2] = {{"segment.bytes", s->churn ? "400" : "1500"},
                               {"index.interval.bytes", "200"},
                               {"min.cleanable.dirty.ratio", "0.1"},
                               {"delete.retention.ms", "1000"}};
  int rc = 0;
  sl_str size = sl_topic_setting_get(topic, &s->arena, sl_str_of(settings[0][0]));
  if (is_table_of_inputs(sl_topic_name(topic)) || sl_str_eq_z(size, settings[0][1])) return 0;
  for (size_t i = 0; !rc && i < sizeof settings / sizeof *settings; i++) {
    sl_str value = sl_str_of(settings[i][1]);
    rc = sl_log_topic_set(sl_engine_log(s->engine), topic, sl_str_of(settings[i][0]), &value, err);
  }
  return rc;
}

/* ---- limits ---- */

static const char LIMIT[] = "max.message.bytes";

static bool is_limited(const sl_topic *topic, sl_arena *arena) {
  sl_topic_setting *settings;
  int count;
  bool found = false;
  sl_topic_settings(topic, arena, &settings, &count);
  for (int i = 0; i < count; i++) found |= sl_str_eq_z(settings[i].name, LIMIT);
  return found;
}

static int lift(sim *s, sl_topic *topic, sl_err *err) {
  if (!is_limited(topic, &s->arena)) return 0;
  sim_note(s, "topic " SL_STR_FMT " takes large records again", SL_STR_ARG(sl_topic_name(topic)));
  return sl_log_topic_set(sl_engine_log(s->engine), topic, sl_str_of(LIMIT), NULL, err);
}

static int limit(sim *s, sl_topic *topic, sl_err *err) {
  enum { BATCH_HEADER = 61 };
  sl_str value = sl_str_printf(&s->arena, "%d", BATCH_HEADER + 10 + (int)sim_draw(s, 60));
  sim_note(s, "topic " SL_STR_FMT " takes " SL_STR_FMT " bytes", SL_STR_ARG(sl_topic_name(topic)), SL_STR_ARG(value));
  return sl_log_topic_set(sl_engine_log(s->engine), topic, sl_str_of(LIMIT), &value, err);
}

/* ---- all or one of them ---- */

static int for_each_topic(sim *s, int (*fn)(sim *s, sl_topic *topic, sl_err *err), sl_err *err) {
  sl_topic **topics;
  size_t count;
  int rc = 0;
  sl_log_topics(sl_engine_log(s->engine), &s->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    if (!rc) rc = fn(s, topics[i], err);
    sl_topic_unref(topics[i]);
  }
  return rc;
}

int sim_shrink_segments(sim *s, sl_err *err) {
  return for_each_topic(s, shrink, err);
}

int sim_lift_limits(sim *s, sl_err *err) {
  return for_each_topic(s, lift, err);
}

static int limit_one(sim *s, sl_err *err) {
  sl_topic **topics, *chosen = NULL;
  size_t count;
  uint64_t seen = 0;
  sl_log_topics(sl_engine_log(s->engine), &s->arena, &topics, &count);
  for (size_t i = 0; i < count; i++)
    if (is_made_by_queries(sl_topic_name(topics[i])) && !sim_draw(s, ++seen)) chosen = topics[i];
  int rc = chosen ? limit(s, chosen, err) : 0;
  for (size_t i = 0; i < count; i++) sl_topic_unref(topics[i]);
  return rc;
}

int sim_change_limits(sim *s, sl_err *err) {
  return sim_chance(s, 50) ? limit_one(s, err) : sim_lift_limits(s, err);
}
