/* Comparing the records of topics with the outputs of a case, and telling what differs. */
#include "cli/testing/test_json.h"
#include "cli/testing/test_record.h"

typedef struct output {
  const sl_json *expected;
  const sl_test_record *record;
  const sl_source *source;
  sl_json *key, *value; /* of the record */
  sl_test_window window;
} output;

static void print_window(sl_buf *out, const sl_test_window *window) {
  if (!window->present) return;
  sl_buf_printf(out, " window=[%lld, %lld %s]", (long long)window->start, (long long)window->end,
                window->session ? "session" : "time");
}

static void print_json(sl_buf *out, const sl_json *v) {
  if (v)
    sl_json_write(out, v);
  else
    sl_buf_add_z(out, "null");
}

static void print_expected(sl_buf *out, const sl_json *node) {
  sl_err ignored = {0};
  sl_test_window window;
  sl_test_window_parse(sl_json_get(node, "window"), &window, &ignored);
  sl_err_done(&ignored);
  sl_buf_add_z(out, "<");
  print_json(out, sl_json_get(node, "key"));
  sl_buf_add_z(out, ", ");
  print_json(out, sl_json_get(node, "value"));
  sl_buf_add_z(out, ">");
  const sl_json *timestamp = sl_json_get(node, "timestamp"), *headers = sl_json_get(node, "headers");
  if (timestamp) sl_buf_printf(out, " timestamp=" SL_STR_FMT, SL_STR_ARG(timestamp->text));
  print_window(out, &window);
  if (headers) {
    sl_buf_add_z(out, " headers=");
    sl_json_write(out, headers);
  }
}

static void print_actual(sl_buf *out, const output *o) {
  sl_buf_add_z(out, "<");
  sl_json_write(out, o->key);
  sl_buf_add_z(out, ", ");
  sl_json_write(out, o->value);
  sl_buf_printf(out, "> timestamp=%lld", (long long)o->record->timestamp);
  print_window(out, &o->window);
  if (o->record->headers.count) sl_buf_printf(out, " headers=%u", o->record->headers.count);
}

static int decode(sl_test_world *world, const sl_source *source, const sl_test_record *record, output *out,
                  sl_err *err) {
  *out = (output){.record = record, .source = source};
  sl_str key = record->key;
  int code = sl_test_decode_window(source, &key, &out->window, err);
  if (!code) code = sl_test_decode(world->arena, source, key, true, &out->key, err);
  if (!code) code = sl_test_decode(world->arena, source, record->value, false, &out->value, err);
  return code;
}

static bool window_matches(const sl_json *expected, const sl_test_window *actual, sl_buf *why) {
  sl_test_window want;
  sl_err err = {0};
  bool same =
      sl_test_window_parse(expected, &want, &err) == 0 && want.present == actual->present &&
      (!want.present || (want.session == actual->session && want.start == actual->start && want.end == actual->end));
  sl_err_done(&err);
  if (!same) sl_buf_add_z(why, "window: not the expected one\n");
  return same;
}

static bool headers_match(sl_arena *arena, const sl_json *expected, const sl_record_headers *actual, sl_buf *why) {
  sl_record_headers want;
  sl_err err = {0};
  bool same = sl_test_encode_headers(arena, expected, &want, &err) == 0 && want.count == actual->count &&
              sl_str_eq(sl_str_n((const char *)want.data, want.len), sl_str_n((const char *)actual->data, actual->len));
  sl_err_done(&err);
  if (!same) sl_buf_add_z(why, "headers: not the expected ones\n");
  return same;
}

static bool timestamp_matches(const sl_json *expected, int64_t actual, bool zero_is_any, sl_buf *why) {
  int64_t want;
  if (!expected) return true;
  if (sl_json_int(expected, &want) && (want == actual || (zero_is_any && want == 0))) return true;
  sl_buf_printf(why, "timestamp: expected " SL_STR_FMT ", got %lld\n", SL_STR_ARG(expected->text), (long long)actual);
  return false;
}

static bool output_matches(sl_arena *arena, const output *o, sl_test_numbers numbers, bool zero_is_any, sl_buf *why) {
  static const sl_json NOTHING = {.kind = SL_JSON_NULL};
  const sl_json *key = sl_json_get(o->expected, "key"), *value = sl_json_get(o->expected, "value");
  return sl_test_matches(arena, key ? key : &NOTHING, o->key, numbers, "key", why) &&
         sl_test_matches(arena, value ? value : &NOTHING, o->value, numbers, "value", why) &&
         timestamp_matches(sl_json_get(o->expected, "timestamp"), o->record->timestamp, zero_is_any, why) &&
         window_matches(sl_json_get(o->expected, "window"), &o->window, why) &&
         headers_match(arena, sl_json_get(o->expected, "headers"), &o->record->headers, why);
}

static void list_records(sl_test_world *world, const sl_source *source, const sl_vec *records, sl_buf *out) {
  for (size_t i = 0; i < records->len; i++) {
    output o;
    sl_err err = {0};
    sl_buf_printf(out, "\n    %zu: ", i);
    if (decode(world, source, sl_vec_at(records, i), &o, &err) == 0)
      print_actual(out, &o);
    else
      sl_buf_printf(out, "(cannot be decoded: %s)", err.message);
    sl_err_done(&err);
  }
}

static int check_record(sl_test_world *world, sl_str topic, size_t index, output *o, sl_test_numbers numbers,
                        bool zero_is_any, sl_err *err) {
  sl_buf why = {0}, text = {0};
  int code = 0;
  if (!output_matches(world->arena, o, numbers, zero_is_any, &why)) {
    sl_buf_add_z(&text, "\n    expected: ");
    print_expected(&text, o->expected);
    sl_buf_add_z(&text, "\n    but was:  ");
    print_actual(&text, o);
    sl_buf_printf(&text, "\n    " SL_STR_FMT, SL_STR_ARG(sl_str_trim(sl_buf_str(&why))));
    code = sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Topic '" SL_STR_FMT "', message %zu:%s", SL_STR_ARG(topic),
                      index, sl_buf_z(&text));
  }
  sl_buf_done(&why);
  sl_buf_done(&text);
  return code;
}

static int check_topic(sl_test_world *world, const sl_snapshot *snapshot, sl_str topic, const sl_vec *expected,
                       sl_test_numbers numbers, bool zero_is_any, sl_err *err) {
  sl_vec records;
  sl_vec_init(&records, world->arena);
  sl_test_place place = {.topic = topic};
  const sl_source *source = sl_test_source_of(snapshot, topic);
  int code = sl_test_world_read(world, &place, &records, err);
  for (size_t i = 0; i < expected->len && i < records.len && !code; i++) {
    output o;
    code = decode(world, source, sl_vec_at(&records, i), &o, err);
    if (code) {
      sl_err_prefix(err, "Topic '" SL_STR_FMT "', message %zu: ", SL_STR_ARG(topic), i);
      break;
    }
    o.expected = sl_vec_at(expected, i);
    code = check_record(world, topic, i, &o, numbers, zero_is_any, err);
  }
  if (code || records.len == expected->len) return code;
  sl_buf text = {0};
  list_records(world, source, &records, &text);
  code = sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "Topic " SL_STR_FMT ". Expected <%zu> records but it was <%zu>%s",
                    SL_STR_ARG(topic), expected->len, records.len, sl_buf_z(&text));
  sl_buf_done(&text);
  return code;
}

int sl_test_check_outputs(sl_test_world *world, const sl_json *node, sl_test_numbers numbers, sl_err *err) {
  const sl_json *outputs = sl_json_get(node, "outputs"), *inputs = sl_json_get(node, "inputs");
  bool zero_is_any = !sl_json_is(inputs, SL_JSON_ARRAY) || !inputs->count;
  sl_map by_topic = {0};
  for (size_t i = 0; sl_json_is(outputs, SL_JSON_ARRAY) && i < outputs->count; i++) {
    sl_str topic = sl_json_str(sl_json_get(outputs->items[i], "topic"), "");
    sl_vec *list = sl_map_find(&by_topic, topic);
    if (!list) {
      list = sl_arena_alloc(world->arena, sizeof *list);
      sl_vec_init(list, world->arena);
      sl_map_put(&by_topic, topic, list);
    }
    sl_vec_push(list, outputs->items[i]);
  }
  sl_snapshot *snapshot = sl_engine_snapshot(world->engine);
  size_t at = 0;
  int code = 0;
  for (sl_map_entry *e; !code && (e = sl_map_next(&by_topic, &at));)
    code = check_topic(world, snapshot, e->key, e->value, numbers, zero_is_any, err);
  sl_snapshot_unref(snapshot);
  sl_map_done(&by_topic);
  return code;
}
