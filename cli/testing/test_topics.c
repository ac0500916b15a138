/* The topics of a JSON case (test-formats.md A.4), made before anything runs. */
#include <string.h>

#include "cli/testing/test_json.h"

enum { DECLARED_PARTITIONS = 1, OTHER_PARTITIONS = 4 };

typedef struct topic_maker {
  sl_test_world *world;
  bool single; /* one partition each, whatever the case asks for */
  sl_err *err;
} topic_maker;

static int make(const topic_maker *m, sl_str name, int64_t partitions) {
  return sl_test_world_topic(m->world, name, m->single ? 1 : (int32_t)partitions, m->err);
}

static const sl_property *find_property(const sl_properties *with, const char *name) {
  for (int i = 0; i < with->count; i++)
    if (sl_str_eq_z(with->items[i].name, name)) return &with->items[i];
  return NULL;
}

static void use_one_partition(const topic_maker *m, sl_properties *with) {
  if (!m->single || !find_property(with, "PARTITIONS")) return;
  sl_arena *arena = m->world->arena;
  sl_property *items = sl_arena_calloc(arena, (size_t)with->count, sizeof *items);
  for (int i = 0; i < with->count; i++) {
    items[i] = with->items[i];
    if (!sl_str_eq_z(items[i].name, "PARTITIONS")) continue;
    sl_expr *one = sl_arena_alloc(arena, sizeof *one);
    *one = *items[i].value;
    one->text = sl_str_of("1");
    items[i].value = one;
  }
  with->items = items;
}

static int64_t number_of(const sl_property *property, int64_t fallback) {
  int64_t n;
  return property && sl_str_int64(property->value->text, &n) && n > 0 && n < 1000 ? n : fallback;
}

static int of_statement(const topic_maker *m, const sl_statement *statement) {
  if (statement->kind == SL_STMT_CREATE_AS) use_one_partition(m, &((sl_stmt_create_as *)statement)->with);
  if (statement->kind != SL_STMT_CREATE_SOURCE) return 0;
  sl_stmt_create_source *create = (sl_stmt_create_source *)statement;
  use_one_partition(m, &create->with);
  const sl_property *topic = find_property(&create->with, "KAFKA_TOPIC");
  if (!create->has_elements || !topic || topic->value->kind != SL_EXPR_STRING) return 0;
  return make(m, topic->value->text, number_of(find_property(&create->with, "PARTITIONS"), OTHER_PARTITIONS));
}

static int of_records(const topic_maker *m, const sl_json *list) {
  int code = 0;
  for (size_t i = 0; sl_json_is(list, SL_JSON_ARRAY) && i < list->count && !code; i++)
    code = make(m, sl_json_str(sl_json_get(list->items[i], "topic"), ""), OTHER_PARTITIONS);
  return code;
}

int sl_test_make_topics(sl_test_world *world, const sl_json *node, const sl_script *script, bool single, sl_err *err) {
  topic_maker m = {world, single, err};
  const sl_json *declared = sl_json_get(node, "topics");
  int code = 0;
  for (size_t i = 0; sl_json_is(declared, SL_JSON_ARRAY) && i < declared->count && !code; i++) {
    int64_t asked = DECLARED_PARTITIONS;
    sl_json_int(sl_json_get(declared->items[i], "partitions"), &asked);
    code = make(&m, sl_json_str(sl_json_get(declared->items[i], "name"), ""), asked);
  }
  for (int i = 0; i < script->count && !code; i++) code = of_statement(&m, script->statements[i]);
  if (!code) code = of_records(&m, sl_json_get(node, "inputs"));
  return code ? code : of_records(&m, sl_json_get(node, "outputs"));
}

/* ---- texts ---- */

sl_str sl_test_with_format(sl_arena *arena, sl_str text, sl_str format) {
  static const char WHAT[] = "{FORMAT}";
  size_t len = sizeof WHAT - 1, start = 0;
  sl_buf out = {0};
  for (size_t i = 0; i < text.len;) {
    if (i + len > text.len || memcmp(text.ptr + i, WHAT, len) != 0) {
      i++;
      continue;
    }
    sl_buf_add(&out, text.ptr + start, i - start);
    sl_buf_add_str(&out, format);
    start = i += len;
  }
  if (start == 0) return text;
  sl_buf_add(&out, text.ptr + start, text.len - start);
  sl_str copy = sl_str_dup(arena, sl_buf_str(&out));
  sl_buf_done(&out);
  return copy;
}

sl_str sl_test_scalar_text(const sl_json *value) {
  if (value->kind != SL_JSON_TRUE && value->kind != SL_JSON_FALSE) return value->text;
  return sl_str_of(value->kind == SL_JSON_TRUE ? "true" : "false");
}
