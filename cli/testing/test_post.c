/* The "post" member of a case (test-formats.md A.9): which sources and topics there are after the run. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "cli/testing/test_json.h"
#include "planner/planner.h"

/* ---- sources ---- */

/* A column list as text; PRIMARY KEY and KEY are the same. */
static sl_str normal_schema(sl_test_world *world, const sl_snapshot *snapshot, sl_str text, sl_err *err) {
  const sl_element *elements;
  int count = 0;
  sl_buf out = {0};
  int code = sl_parse_elements(world->arena, text, &elements, &count, err);
  sl_planning planning = {.arena = world->arena, .snapshot = snapshot, .settings = sl_session_settings(world->session)};
  sl_typing typing;
  sl_planning_typing(&planning, &typing);
  for (int i = 0; i < count && !code; i++) {
    static const sl_column_kind KINDS[] = {[SL_ELEMENT_VALUE] = SL_COLUMN_VALUE,
                                           [SL_ELEMENT_KEY] = SL_COLUMN_KEY,
                                           [SL_ELEMENT_PRIMARY_KEY] = SL_COLUMN_KEY,
                                           [SL_ELEMENT_HEADERS] = SL_COLUMN_HEADERS,
                                           [SL_ELEMENT_HEADER] = SL_COLUMN_HEADERS};
    const sl_type *type = NULL;
    code = sl_resolve_type(world->arena, elements[i].type, &typing, &type, err);
    if (code) break;
    sl_column column = {
        .name = elements[i].name, .type = type, .kind = KINDS[elements[i].kind], .header_key = elements[i].header_key};
    if (i) sl_buf_add_z(&out, ", ");
    sl_column_print(&out, &column);
  }
  sl_str normal = sl_str_dup(world->arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return code ? (sl_str){0} : normal;
}

static const char *window_name(sl_window_kind kind) {
  static const char *const NAMES[] = {[SL_WINDOW_NONE] = "",
                                      [SL_WINDOW_TUMBLING] = "TUMBLING",
                                      [SL_WINDOW_HOPPING] = "HOPPING",
                                      [SL_WINDOW_SESSION] = "SESSION"};
  return NAMES[kind];
}

static int differs(sl_err *err, const char *what, sl_str name, sl_str expected, sl_str actual) {
  return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                    "The %s of '" SL_STR_FMT "' is not the expected one.\n    expected: " SL_STR_FMT
                    "\n    but was:  " SL_STR_FMT,
                    what, SL_STR_ARG(name), SL_STR_ARG(expected), SL_STR_ARG(actual));
}

static int check_window(const sl_json *node, const char *type_name, const char *size_name, sl_str name,
                        sl_window_kind kind, int64_t size, sl_err *err) {
  sl_str want = sl_json_str(sl_json_get(node, type_name), "");
  int64_t want_size = 0;
  sl_json_int(sl_json_get(node, size_name), &want_size);
  if (!sl_str_eq_z(want, window_name(kind))) return differs(err, "window", name, want, sl_str_of(window_name(kind)));
  if (want_size == (kind == SL_WINDOW_SESSION ? 0 : size)) return 0;
  return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS,
                    "The window size of '" SL_STR_FMT
                    "' is not the expected one.\n    expected: %lld\n    but was:  %lld",
                    SL_STR_ARG(name), (long long)want_size, (long long)size);
}

static const char *feature_name(sl_wrapping wrapping) {
  static const char *const NAMES[] = {
      [SL_WRAP_DEFAULT] = "", [SL_WRAP] = "WRAP_SINGLES", [SL_UNWRAP] = "UNWRAP_SINGLES"};
  return NAMES[wrapping];
}

/* A list of features; there is at most one. */
static int check_features(const sl_json *list, const char *what, sl_str name, sl_wrapping actual, sl_err *err) {
  sl_str want = list && list->kind == SL_JSON_ARRAY && list->count ? sl_json_str(list->items[0], "") : (sl_str){0};
  if (sl_str_eq_z(want, feature_name(actual))) return 0;
  return differs(err, what, name, want, sl_str_of(feature_name(actual)));
}

static int check_source(sl_test_world *world, const sl_snapshot *snapshot, const sl_json *node, sl_err *err) {
  sl_str name = sl_json_str(sl_json_get(node, "name"), ""), type = sl_json_str(sl_json_get(node, "type"), "");
  const sl_source *source = sl_snapshot_source(snapshot, name);
  if (!source)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "There is no source '" SL_STR_FMT "'.", SL_STR_ARG(name));
  sl_str kind = sl_str_of(source->kind == SL_STREAM ? "stream" : "table");
  if (!sl_str_eq_nocase(type, kind)) return differs(err, "type", name, type, kind);
  int code = 0;
  const sl_json *schema = sl_json_get(node, "schema"), *key = sl_json_get(node, "keyFormat"),
                *value = sl_json_get(node, "valueFormat"), *features, *is_source = sl_json_get(node, "isSource");
  if (sl_json_is(schema, SL_JSON_STRING)) {
    sl_str want = normal_schema(world, snapshot, schema->text, err);
    sl_str got = sl_str_of(sl_schema_text(world->arena, &source->schema));
    if (err->code) return err->code;
    if (!sl_str_eq(want, got)) return differs(err, "schema", name, want, got);
  }
  if (sl_json_is(key, SL_JSON_OBJECT)) {
    sl_str format = sl_json_str(sl_json_get(key, "format"), "");
    if (format.len && !sl_str_eq(format, source->key_format.name))
      return differs(err, "key format", name, format, source->key_format.name);
    code = check_window(key, "windowType", "windowSize", name, source->window, source->window_size, err);
  }
  if (!code && sl_json_is(value, SL_JSON_STRING) && !sl_str_eq(value->text, source->value_format.name))
    code = differs(err, "value format", name, value->text, source->value_format.name);
  if (!code && (features = sl_json_get(node, "keyFeatures")))
    code = check_features(features, "key features", name, source->key_format.wrapping, err);
  if (!code && (features = sl_json_get(node, "valueFeatures")))
    code = check_features(features, "value features", name, source->value_format.wrapping, err);
  if (!code && is_source && sl_json_is(is_source, SL_JSON_TRUE) != source->is_source)
    code = differs(err, "SOURCE mark", name, sl_str_of(source->is_source ? "false" : "true"),
                   sl_str_of(source->is_source ? "true" : "false"));
  return code;
}

/* ---- topics ---- */

typedef struct known_topic {
  sl_str name;
  const sl_format_spec *key, *value; /* value NULL: not known */
  sl_window_kind window;
  int64_t window_size;
} known_topic;

static void add_known(sl_arena *arena, sl_vec *out, known_topic topic) {
  for (size_t i = 0; i < out->len; i++)
    if (sl_str_eq(((known_topic *)sl_vec_at(out, i))->name, topic.name)) return;
  known_topic *copy = sl_arena_alloc(arena, sizeof *copy);
  *copy = topic;
  sl_vec_push(out, copy);
}

static void add_internal(sl_test_world *world, const sl_plan *plan, sl_vec *out) {
  for (int i = 0; i < plan->sub_count; i++) {
    const sl_subtopology *sub = &plan->subs[i];
    for (int s = 0; s < sub->source_count; s++) {
      const sl_plan_source *source = sub->sources[s];
      if (!source->topic->internal) continue;
      add_known(world->arena, out,
                (known_topic){source->topic->name, &source->codec.key_format, &source->codec.value_format,
                              source->codec.window, source->codec.window_size});
    }
    for (int s = 0; s < sub->store_count; s++)
      if (sub->stores[s]->changelog)
        add_known(world->arena, out,
                  (known_topic){sub->stores[s]->changelog->name, &sub->stores[s]->key_format, NULL,
                                sub->stores[s]->window, sub->stores[s]->key_window_size});
  }
}

static void known_topics(sl_test_world *world, const sl_snapshot *snapshot, sl_vec *out) {
  const sl_source *source;
  const sl_query_entry *query;
  for (size_t i = 0; (source = sl_snapshot_source_at(snapshot, i)); i++)
    add_known(
        world->arena, out,
        (known_topic){source->topic, &source->key_format, &source->value_format, source->window, source->window_size});
  for (size_t i = 0; (query = sl_snapshot_query_at(snapshot, i)); i++) {
    sl_running *running = sl_engine_running(world->engine, query->number);
    if (running) add_internal(world, sl_running_plan(running), out);
  }
}

static int check_format(const sl_json *node, const sl_format_spec *spec, const char *what, sl_str name, sl_err *err) {
  sl_str want = sl_json_str(sl_json_get(node, "format"), "");
  if (!spec) return 0;
  if (!sl_str_eq(want, spec->name)) return differs(err, what, name, want, spec->name);
  const sl_json *properties = sl_json_get(node, "properties");
  size_t count = sl_json_is(properties, SL_JSON_OBJECT) ? properties->count : 0;
  bool same = count == (size_t)spec->property_count;
  for (size_t i = 0; i < count && same; i++) {
    bool found = false;
    for (int p = 0; p < spec->property_count; p++)
      found |= sl_str_eq_nocase(spec->properties[p].name, properties->members[i].name) &&
               sl_str_eq(spec->properties[p].value, sl_json_str(properties->members[i].value, ""));
    same = found;
  }
  if (!same)
    return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "The %s of '" SL_STR_FMT "' has other properties.", what,
                      SL_STR_ARG(name));
  return check_features(sl_json_get(node, "features"), what, name, spec->wrapping, err);
}

/* The names of stores of joins hold a number that only one implementation knows: digits are taken for equal. */
static bool same_topic_name(sl_str a, sl_str b) {
  if (sl_str_eq(a, b)) return true;
  if (a.len != b.len || !sl_str_contains(a, sl_str_of("KSTREAM-"))) return false;
  for (size_t i = 0; i < a.len; i++) {
    bool digits = a.ptr[i] >= '0' && a.ptr[i] <= '9' && b.ptr[i] >= '0' && b.ptr[i] <= '9';
    if (a.ptr[i] != b.ptr[i] && !digits) return false;
  }
  return true;
}

static int check_topic(const sl_vec *known, const sl_json *node, sl_err *err) {
  sl_str name = sl_json_str(sl_json_get(node, "name"), "");
  for (size_t i = 0; i < known->len; i++) {
    const known_topic *topic = sl_vec_at(known, i);
    if (!same_topic_name(name, topic->name)) continue;
    const sl_json *key = sl_json_get(node, "keyFormat"), *value = sl_json_get(node, "valueFormat");
    int code = key ? check_format(key, topic->key, "key format", name, err) : 0;
    if (!code && key)
      code = check_window(sl_json_get(key, "windowInfo"), "type", "size", name, topic->window, topic->window_size, err);
    if (!code && value) code = check_format(value, topic->value, "value format", name, err);
    return code;
  }
  return sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "There is no topic '" SL_STR_FMT "'.", SL_STR_ARG(name));
}

static int check_blacklist(sl_test_world *world, const sl_json *pattern, sl_err *err) {
  int number;
  PCRE2_SIZE at;
  pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern->text.ptr, pattern->text.len, PCRE2_UTF, &number, &at, NULL);
  if (!regex)
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "The blacklist '" SL_STR_FMT "' is no regular expression.",
                      SL_STR_ARG(pattern->text));
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(regex, NULL);
  sl_topic **topics;
  size_t count;
  sl_log_topics(sl_engine_log(world->engine), world->arena, &topics, &count);
  for (size_t i = 0; i < count; i++) {
    sl_str name = sl_topic_name(topics[i]);
    if (pcre2_match(regex, (PCRE2_SPTR)name.ptr, name.len, 0, 0, match, NULL) >= 0)
      sl_err_set(err, SL_E_ASSERTION, SL_NO_POS, "There is a topic '" SL_STR_FMT "', which the blacklist forbids.",
                 SL_STR_ARG(name));
    sl_topic_unref(topics[i]);
  }
  pcre2_match_data_free(match);
  pcre2_code_free(regex);
  return err->code;
}

int sl_test_check_post(sl_test_world *world, const sl_json *post, sl_err *err) {
  const sl_json *sources = sl_json_get(post, "sources"), *topics = sl_json_get(post, "topics");
  const sl_json *blacklist = sl_json_get(topics, "blacklist"), *listed = sl_json_get(topics, "topics");
  sl_snapshot *snapshot = sl_engine_snapshot(world->engine);
  int code = 0;
  for (size_t i = 0; sl_json_is(sources, SL_JSON_ARRAY) && i < sources->count && !code; i++)
    code = check_source(world, snapshot, sources->items[i], err);
  if (!code && sl_json_is(blacklist, SL_JSON_STRING)) code = check_blacklist(world, blacklist, err);
  sl_vec known;
  sl_vec_init(&known, world->arena);
  if (!code && listed) known_topics(world, snapshot, &known);
  for (size_t i = 0; sl_json_is(listed, SL_JSON_ARRAY) && i < listed->count && !code; i++)
    code = check_topic(&known, listed->items[i], err);
  sl_snapshot_unref(snapshot);
  return code;
}
