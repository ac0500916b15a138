/* Topics and consumer groups for the topic tools (docs/topic-api.md); records are in api_produce.c and api_consume.c.
 */
#include "server/server_int.h"

/* Segment i of a path, from 0: "t" is segment 1 of /topics/t/records. */
static sl_str path_segment(sl_str path, int i) {
  const char *p = path.ptr, *end = path.ptr + path.len;
  for (; p < end && i >= 0; i--) {
    const char *from = ++p; /* behind the slash */
    while (p < end && *p != '/') p++;
    if (i == 0) return sl_str_n(from, (size_t)(p - from));
  }
  return (sl_str){0};
}

static sl_log *log_of(sl_server *server) {
  return sl_engine_log(server->engine);
}

sl_topic *sl_request_topic(sl_server *server, sl_request *request) {
  sl_str name = path_segment(sl_request_path(request), 1);
  sl_topic *topic = sl_log_topic_find(log_of(server), name);
  if (topic) return topic;
  sl_err err = {0};
  sl_err_set(&err, SL_E_NOT_FOUND, SL_NO_POS, "There is no topic '" SL_STR_FMT "'.", SL_STR_ARG(name));
  sl_answer_error(request, &err, NULL);
  return NULL;
}

/* ---- topics as JSON ---- */

static sl_json *describe(sl_arena *arena, sl_topic *topic) {
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_json *settings = sl_json_new(arena, SL_JSON_OBJECT);
  sl_topic_setting *overrides;
  int count;
  char id[23];
  sl_topic_id_print(id, sl_topic_get_id(topic));
  sl_json_set(arena, o, "name", sl_json_new_str(arena, sl_topic_name(topic)));
  sl_json_set(arena, o, "id", sl_json_new_z(arena, id));
  for (int32_t i = 0; i < sl_topic_partitions(topic); i++) {
    const sl_partition *partition = sl_topic_partition(topic, i);
    sl_json *p = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, p, "partition", sl_json_new_int(arena, i));
    sl_json_set(arena, p, "start", sl_json_new_int(arena, sl_partition_start(partition)));
    sl_json_set(arena, p, "end", sl_json_new_int(arena, sl_partition_visible(partition)));
    sl_json_set(arena, p, "durable", sl_json_new_int(arena, sl_partition_durable(partition)));
    sl_json_set(arena, p, "bytes", sl_json_new_int(arena, (int64_t)sl_partition_bytes(partition)));
    sl_json_add(arena, list, p);
  }
  sl_json_set(arena, o, "partitions", list);
  sl_topic_settings(topic, arena, &overrides, &count);
  for (int i = 0; i < count; i++)
    sl_json_set(arena, settings, sl_str_z(arena, overrides[i].name), sl_json_new_str(arena, overrides[i].value));
  sl_json_set(arena, o, "settings", settings);
  return o;
}

void sl_api_topics(void *arg, sl_request *request) {
  sl_arena *arena = sl_request_arena(request);
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_topic **topics;
  size_t count;
  sl_log_topics(log_of(arg), arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_json_add(arena, list, describe(arena, topics[i]));
    sl_topic_unref(topics[i]);
  }
  sl_json_set(arena, o, "topics", list);
  sl_answer_json(request, 200, o);
}

void sl_api_topic(void *arg, sl_request *request) {
  sl_topic *topic = sl_request_topic(arg, request);
  if (topic) sl_answer_json(request, 200, describe(sl_request_arena(request), topic));
  sl_topic_unref(topic);
}

/* ---- changing ---- */

/* Answers with the topic, or the error. */
static void answer_topic(sl_request *request, int code, int status, sl_topic *topic, sl_err *err) {
  if (code)
    sl_answer_error(request, err, NULL);
  else
    sl_answer_json(request, status, describe(sl_request_arena(request), topic));
}

/* Text of a setting: JSON strings, numbers and booleans. */
static int setting_value(const sl_json_member *member, sl_str *out, sl_err *err) {
  switch (member->value->kind) {
  case SL_JSON_STRING:
  case SL_JSON_NUMBER: *out = member->value->text; return 0;
  case SL_JSON_TRUE: *out = sl_str_of("true"); return 0;
  case SL_JSON_FALSE: *out = sl_str_of("false"); return 0;
  default:
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The value of '" SL_STR_FMT "' must be a string or a number.",
                      SL_STR_ARG(member->name));
  }
}

static int read_spec(sl_request *request, sl_topic_spec *spec, sl_err *err) {
  static const sl_body_member MEMBERS[] = {
      {"name", SL_JSON_STRING, false}, {"partitions", SL_JSON_NUMBER, false}, {"settings", SL_JSON_OBJECT, false}, {0}};
  sl_arena *arena = sl_request_arena(request);
  sl_json *body;
  int64_t partitions = 1;
  int code = sl_body_object(request, MEMBERS, &body, err);
  if (code) return code;
  const sl_json *count = sl_json_get(body, "partitions"), *settings = sl_json_get(body, "settings");
  spec->name = sl_json_str(sl_json_get(body, "name"), "");
  if (!spec->name.len) return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'name' is missing.");
  if (sl_json_int(count, &partitions) && (partitions < 1 || partitions > INT32_MAX))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "'partitions' must be a number of at least 1.");
  spec->partitions = (int32_t)partitions;
  if (!sl_json_is(settings, SL_JSON_OBJECT)) return 0;
  sl_topic_setting *list = sl_arena_calloc(arena, settings->count + 1, sizeof *list);
  spec->settings = list;
  for (size_t i = 0; i < settings->count && !code; i++) {
    list[i].name = settings->members[i].name;
    code = setting_value(&settings->members[i], &list[i].value, err);
    spec->setting_count++;
  }
  return code;
}

void sl_api_topic_create(void *arg, sl_request *request) {
  sl_topic_spec spec = {0};
  sl_topic *topic = NULL;
  sl_err err = {0};
  int code = read_spec(request, &spec, &err);
  if (!code) code = sl_log_topic_create(log_of(arg), &spec, &topic, &err);
  answer_topic(request, code, 201, topic, &err);
  sl_topic_unref(topic);
}

static bool is_internal(const sl_topic *topic) {
  return sl_str_starts(sl_topic_name(topic), sl_str_of("_confluent-ksql-"));
}

/* A source over the topic keeps it from being deleted; a query that reads or writes one, from getting partitions. */
static int check_unused(sl_server *server, const sl_topic *topic, bool queries_only, sl_err *err) {
  sl_snapshot *snapshot = sl_engine_snapshot(server->engine);
  const sl_source *source;
  const sl_query_entry *query;
  int code = 0;
  if (is_internal(topic))
    code = sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "The topic '" SL_STR_FMT "' belongs to a query.",
                      SL_STR_ARG(sl_topic_name(topic)));
  for (size_t i = 0; !code && !queries_only && (source = sl_snapshot_source_at(snapshot, i)); i++)
    if (sl_topic_id_equal(&source->topic_id, sl_topic_get_id(topic)))
      code = sl_err_set(
          err, SL_E_REQUEST, SL_NO_POS, "The %s " SL_STR_FMT " uses the topic '" SL_STR_FMT "'. Drop it first.",
          source->kind == SL_STREAM ? "stream" : "table", SL_STR_ARG(source->name), SL_STR_ARG(sl_topic_name(topic)));
  for (size_t i = 0; !code && (query = sl_snapshot_query_at(snapshot, i)); i++)
    for (int s = -1; s < query->source_count && !code; s++) {
      const sl_source_ref *ref = s < 0 ? &query->sink : &query->sources[s];
      source = sl_snapshot_version(snapshot, ref->name, ref->version);
      if (source && sl_topic_id_equal(&source->topic_id, sl_topic_get_id(topic)))
        code = sl_err_set(err, SL_E_REQUEST, SL_NO_POS,
                          "The query " SL_STR_FMT " uses the topic '" SL_STR_FMT "'. Terminate it first.",
                          SL_STR_ARG(query->id), SL_STR_ARG(sl_topic_name(topic)));
    }
  sl_snapshot_unref(snapshot);
  return code;
}

void sl_api_topic_delete(void *arg, sl_request *request) {
  sl_topic *topic = sl_request_topic(arg, request);
  sl_err err = {0};
  if (!topic) return;
  int code = check_unused(arg, topic, false, &err);
  if (!code) code = sl_log_topic_delete(log_of(arg), topic, &err);
  if (code)
    sl_answer_error(request, &err, NULL);
  else
    sl_answer(request, 200, "application/json", sl_str_of("{}"));
  sl_topic_unref(topic);
}

static int change_settings(sl_server *server, sl_topic *topic, const sl_json *body, sl_err *err) {
  const sl_json *set = sl_json_get(body, "set"), *unset = sl_json_get(body, "unset");
  int code = 0;
  for (size_t i = 0; sl_json_is(set, SL_JSON_OBJECT) && i < set->count && !code; i++) {
    sl_str value;
    code = setting_value(&set->members[i], &value, err);
    if (!code) code = sl_log_topic_set(log_of(server), topic, set->members[i].name, &value, err);
  }
  for (size_t i = 0; sl_json_is(unset, SL_JSON_ARRAY) && i < unset->count && !code; i++)
    code = sl_log_topic_set(log_of(server), topic, sl_json_str(unset->items[i], ""), NULL, err);
  return code;
}

void sl_api_topic_settings(void *arg, sl_request *request) {
  static const sl_body_member MEMBERS[] = {{"set", SL_JSON_OBJECT, false}, {"unset", SL_JSON_ARRAY, false}, {0}};
  sl_topic *topic = sl_request_topic(arg, request);
  sl_json *body;
  sl_err err = {0};
  if (!topic) return;
  int code = sl_body_object(request, MEMBERS, &body, &err);
  if (!code) code = change_settings(arg, topic, body, &err);
  answer_topic(request, code, 200, topic, &err);
  sl_topic_unref(topic);
}

void sl_api_topic_partitions(void *arg, sl_request *request) {
  static const sl_body_member MEMBERS[] = {{"count", SL_JSON_NUMBER, true}, {0}};
  sl_topic *topic = sl_request_topic(arg, request);
  sl_json *body;
  int64_t count;
  sl_err err = {0};
  if (!topic) return;
  int code = sl_body_object(request, MEMBERS, &body, &err);
  if (!code && (!sl_json_int(sl_json_get(body, "count"), &count) || count < 1 || count > INT32_MAX))
    code = sl_err_set(&err, SL_E_BAD_REQUEST, SL_NO_POS, "'count' must be a number of at least 1.");
  if (!code) code = check_unused(arg, topic, true, &err);
  if (!code) code = sl_log_topic_grow(log_of(arg), topic, (int32_t)count, &err);
  answer_topic(request, code, 200, topic, &err);
  sl_topic_unref(topic);
}

/* ---- groups ---- */

/* All of the path behind "/groups/": unlike a topic, a group may have a slash in its name. */
static sl_str group_name(const sl_request *request) {
  static const size_t BEFORE = sizeof "/groups/" - 1;
  sl_str path = sl_request_path(request);
  return path.len > BEFORE ? sl_str_n(path.ptr + BEFORE, path.len - BEFORE) : sl_str_of("");
}

void sl_api_groups(void *arg, sl_request *request) {
  sl_arena *arena = sl_request_arena(request);
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_str *names;
  size_t count;
  sl_log_groups(log_of(arg), arena, &names, &count);
  for (size_t i = 0; i < count; i++) sl_json_add(arena, list, sl_json_new_str(arena, names[i]));
  sl_json_set(arena, o, "groups", list);
  sl_answer_json(request, 200, o);
}

void sl_api_group(void *arg, sl_request *request) {
  sl_arena *arena = sl_request_arena(request);
  sl_str group = group_name(request);
  sl_json *o = sl_json_new(arena, SL_JSON_OBJECT), *list = sl_json_new(arena, SL_JSON_ARRAY);
  sl_position *positions;
  size_t count;
  sl_log_group_positions(log_of(arg), group, arena, &positions, &count);
  for (size_t i = 0; i < count; i++) {
    sl_topic *topic = sl_log_topic_by_id(log_of(arg), &positions[i].topic);
    if (!topic) continue; /* deleted since */
    sl_json *p = sl_json_new(arena, SL_JSON_OBJECT);
    sl_json_set(arena, p, "topic", sl_json_new_str(arena, sl_topic_name(topic)));
    sl_json_set(arena, p, "partition", sl_json_new_int(arena, positions[i].partition));
    sl_json_set(arena, p, "offset", sl_json_new_int(arena, positions[i].offset));
    sl_json_add(arena, list, p);
    sl_topic_unref(topic);
  }
  sl_json_set(arena, o, "group", sl_json_new_str(arena, group));
  sl_json_set(arena, o, "positions", list);
  sl_answer_json(request, 200, o);
}

static int read_position(sl_server *server, const sl_json *v, sl_position *out, sl_err *err) {
  int64_t partition;
  sl_str name = sl_json_str(sl_json_get(v, "topic"), "");
  sl_topic *topic = sl_log_topic_find(log_of(server), name);
  if (!topic)
    return sl_err_set(err, SL_E_NOT_FOUND, SL_NO_POS, "There is no topic '" SL_STR_FMT "'.", SL_STR_ARG(name));
  bool fits = sl_json_int(sl_json_get(v, "partition"), &partition) && partition >= 0 &&
              partition < sl_topic_partitions(topic) && sl_json_int(sl_json_get(v, "offset"), &out->offset) &&
              out->offset >= 0;
  out->topic = *sl_topic_get_id(topic);
  out->partition = (int32_t)(fits ? partition : 0);
  sl_topic_unref(topic);
  return fits
             ? 0
             : sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "A position needs a partition of the topic and an offset.");
}

void sl_api_group_commit(void *arg, sl_request *request) {
  static const sl_body_member MEMBERS[] = {{"positions", SL_JSON_ARRAY, true}, {0}};
  sl_server *server = arg;
  sl_json *body;
  sl_position *positions = NULL;
  size_t count = 0;
  sl_err err = {0};
  int code = sl_body_object(request, MEMBERS, &body, &err);
  const sl_json *list = code ? NULL : sl_json_get(body, "positions");
  if (!code) positions = sl_arena_calloc(sl_request_arena(request), list->count + 1, sizeof *positions);
  for (; !code && count < list->count; count++)
    code = read_position(server, list->items[count], &positions[count], &err);
  if (!code) code = sl_log_group_commit(log_of(server), group_name(request), positions, count, &err);
  if (!code) code = sl_server_make_durable(server, &err);
  if (code)
    sl_answer_error(request, &err, NULL);
  else
    sl_answer(request, 200, "application/json", sl_str_of("{}"));
}
