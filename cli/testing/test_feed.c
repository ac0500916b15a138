/* Feeding a case's records to its queries.
 *
 * Queries run one after another, each over the whole data set: first the records of those of its topics that are
 * inputs, in the order of the file, then what its other topics hold. In most cases one engine does: the records are
 * written while the query runs that reads them first, and a later reader finds them. Where that would show a query the
 * records in another order (it reads several topics and one of them has records already, or what it reads also got
 * records from elsewhere), it runs alone in a second engine, and what it wrote is copied. */
#include "cli/testing/test_json.h"
#include "cli/testing/test_record.h"

typedef struct query {
  uint64_t number;
  sl_str sink;    /* topic */
  sl_str *topics; /* read, each once */
  int topic_count;
  int subs;
} query;

static int encode_input(sl_test_world *world, const sl_snapshot *snapshot, const sl_json *node, sl_test_input *out,
                        sl_err *err) {
  const sl_json *topic = sl_json_get(node, "topic"), *timestamp = sl_json_get(node, "timestamp");
  if (!sl_json_is(topic, SL_JSON_STRING)) return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "An input has no topic.");
  out->topic = topic->text;
  if (timestamp && !sl_json_int(timestamp, &out->record.timestamp))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The timestamp of an input is not an integer.");
  const sl_source *source = sl_test_source_of(snapshot, out->topic);
  sl_test_window window;
  int code = sl_test_window_parse(sl_json_get(node, "window"), &window, err);
  if (!code) code = sl_test_encode(world->arena, source, sl_json_get(node, "key"), true, &out->record.key, err);
  if (!code) code = sl_test_encode(world->arena, source, sl_json_get(node, "value"), false, &out->record.value, err);
  if (!code) code = sl_test_encode_headers(world->arena, sl_json_get(node, "headers"), &out->record.headers, err);
  if (!code) out->record.key = sl_test_encode_window(world->arena, out->record.key, &window);
  return code;
}

int sl_test_read_inputs(sl_test_world *world, const sl_json *list, sl_test_feed *feed, sl_err *err) {
  feed->count = sl_json_is(list, SL_JSON_ARRAY) ? list->count : 0;
  feed->inputs = sl_arena_calloc(world->arena, feed->count + 1, sizeof *feed->inputs);
  sl_snapshot *snapshot = sl_engine_snapshot(world->engine);
  int code = 0;
  for (size_t i = 0; i < feed->count && !code; i++) {
    code = encode_input(world, snapshot, list->items[i], &feed->inputs[i], err);
    if (code) sl_err_prefix(err, "Input %zu: ", i);
  }
  sl_snapshot_unref(snapshot);
  return code;
}

/* ---- what a query reads ---- */

static void add_topic(query *q, sl_str topic) {
  for (int i = 0; i < q->topic_count; i++)
    if (sl_str_eq(q->topics[i], topic)) return;
  q->topics[q->topic_count++] = topic;
}

static bool reads(const query *q, sl_str topic) {
  for (int i = 0; i < q->topic_count; i++)
    if (sl_str_eq(q->topics[i], topic)) return true;
  return false;
}

static int list_queries(sl_test_world *world, query **out, size_t *count, sl_err *err) {
  sl_snapshot *snapshot = sl_engine_snapshot(world->engine);
  const sl_query_entry *entry;
  for (*count = 0; sl_snapshot_query_at(snapshot, *count);) ++*count;
  *out = sl_arena_calloc(world->arena, *count + 1, sizeof **out);
  int code = 0;
  for (size_t i = 0; i < *count && !code; i++) {
    query *q = &(*out)[i];
    entry = sl_snapshot_query_at(snapshot, i);
    sl_running *running = sl_engine_running(world->engine, entry->number);
    const sl_source *sink = sl_snapshot_version(snapshot, entry->sink.name, entry->sink.version);
    q->number = entry->number;
    if (sink) q->sink = sl_str_dup(world->arena, sink->topic);
    q->subs = running ? sl_running_plan(running)->sub_count : 1;
    q->topics = sl_arena_calloc(world->arena, (size_t)entry->source_count + 1, sizeof *q->topics);
    for (int s = 0; s < entry->source_count; s++) {
      const sl_source *source = sl_snapshot_version(snapshot, entry->sources[s].name, entry->sources[s].version);
      if (source) add_topic(q, sl_str_dup(world->arena, source->topic));
    }
    if (!running)
      code = sl_err_set(err, SL_E_INTERNAL, SL_NO_POS, "The query " SL_STR_FMT " does not run.", SL_STR_ARG(entry->id));
  }
  sl_snapshot_unref(snapshot);
  return code;
}

static bool is_input(const sl_test_feed *feed, sl_str topic) {
  for (size_t i = 0; i < feed->count; i++)
    if (sl_str_eq(feed->inputs[i].topic, topic)) return true;
  return false;
}

static size_t written_inputs(const sl_test_feed *feed, sl_str topic) {
  size_t count = 0;
  for (size_t i = 0; i < feed->count; i++) count += feed->inputs[i].written && sl_str_eq(feed->inputs[i].topic, topic);
  return count;
}

static int count_records(sl_test_world *world, sl_str topic, size_t *out, sl_err *err) {
  sl_vec records;
  sl_vec_init(&records, world->arena);
  sl_test_place place = {.topic = topic};
  int code = sl_test_world_read(world, &place, &records, err);
  *out = records.len;
  return code;
}

/* Would running in the common engine show the query its records in another order? */
static int needs_own_engine(sl_test_feed *feed, const query *q, bool *out, sl_err *err) {
  *out = false;
  for (int i = 0; i < q->topic_count; i++) {
    size_t held;
    int code = count_records(feed->world, q->topics[i], &held, err);
    if (code) return code;
    if (q->topic_count > 1 && held) *out = true;
    if (is_input(feed, q->topics[i]) && held != written_inputs(feed, q->topics[i])) *out = true;
  }
  return 0;
}

/* ---- feeding ---- */

static int settle(sl_test_world *world, sl_err *err) {
  int code = sl_test_world_settle(world, err);
  return code || !world->options->restart ? code : sl_test_world_restart(world, err);
}

/* Records go in one at a time where a query has several sub-topologies, else in runs of one topic. */
static int feed_inputs(sl_test_feed *feed, sl_test_world *world, const query *q, bool skip_written, sl_err *err) {
  int longest = q->subs > 1 ? 1 : world->options->batch, run = 0;
  const sl_test_input *last = NULL;
  int code = 0;
  for (size_t i = 0; i < feed->count && !code; i++) {
    sl_test_input *input = &feed->inputs[i];
    if (!reads(q, input->topic) || (skip_written && input->written)) continue;
    if (run && (run == longest || !sl_str_eq(last->topic, input->topic))) {
      code = settle(world, err);
      run = 0;
    }
    if (!code) code = sl_test_world_append(world, input->topic, &input->record, err);
    if (world == feed->world) input->written = true;
    last = input;
    run++;
  }
  return code ? code : settle(world, err);
}

static int feed_stored(sl_test_feed *feed, sl_test_world *world, sl_str topic, sl_err *err) {
  sl_vec records;
  sl_vec_init(&records, feed->world->arena);
  sl_test_place place = {.topic = topic};
  int code = sl_test_world_read(feed->world, &place, &records, err);
  for (size_t i = 0; i < records.len && !code; i++) {
    code = sl_test_world_append(world, topic, sl_vec_at(&records, i), err);
    if (!code) code = settle(world, err);
  }
  return code;
}

static int run_apart(sl_test_feed *feed, const query *q, size_t index, sl_err *err) {
  sl_test_world world;
  query *queries;
  size_t count;
  int code = feed->again(feed->ctx, &world, err);
  if (!code) code = list_queries(&world, &queries, &count, err);
  if (!code) {
    world.only = queries[index].number;
    code = feed_inputs(feed, &world, q, false, err);
  }
  for (int i = 0; i < q->topic_count && !code; i++)
    if (!is_input(feed, q->topics[i])) code = feed_stored(feed, &world, q->topics[i], err);
  sl_vec records;
  sl_vec_init(&records, feed->world->arena);
  sl_test_place place = {.topic = q->sink};
  if (!code) code = sl_test_world_read(&world, &place, &records, err);
  for (size_t i = 0; i < records.len && !code; i++)
    code = sl_test_world_append(feed->world, q->sink, sl_vec_at(&records, i), err);
  sl_test_world_done(&world);
  return code;
}

static int write_rest(sl_test_feed *feed, sl_err *err) {
  int code = 0;
  for (size_t i = 0; i < feed->count && !code; i++)
    if (!feed->inputs[i].written)
      code = sl_test_world_append(feed->world, feed->inputs[i].topic, &feed->inputs[i].record, err);
  return code;
}

int sl_test_run_queries(sl_test_feed *feed, sl_err *err) {
  query *queries;
  size_t count;
  int code = list_queries(feed->world, &queries, &count, err);
  if (!code && !count) return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "test did not generate any queries.");
  for (size_t i = 0; i < count && !code; i++) {
    bool apart;
    code = needs_own_engine(feed, &queries[i], &apart, err);
    if (code) break;
    feed->world->only = queries[i].number;
    code = apart ? run_apart(feed, &queries[i], i, err) : feed_inputs(feed, feed->world, &queries[i], true, err);
  }
  return code ? code : write_rest(feed, err);
}
