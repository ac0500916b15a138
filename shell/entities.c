/* Entities as tables (cli.md 7): one row of ENTITIES for each @type, one function for each column whose text is not
 * just a member of the JSON. */
#include "shell/display_int.h"

#include <stdlib.h>

/* ---- members ---- */

const sl_json *sl_member_list(const sl_json *object, const char *name) {
  static const sl_json EMPTY = {.kind = SL_JSON_ARRAY};
  const sl_json *v = sl_json_get(object, name);
  return sl_json_is(v, SL_JSON_ARRAY) ? v : &EMPTY;
}

const sl_json *sl_member_map(const sl_json *object, const char *name) {
  static const sl_json EMPTY = {.kind = SL_JSON_OBJECT};
  const sl_json *v = sl_json_get(object, name);
  return sl_json_is(v, SL_JSON_OBJECT) ? v : &EMPTY;
}

sl_str sl_member_text(const sl_json *object, const char *name, const char *fallback) {
  const sl_json *v = sl_json_get(object, name);
  if (sl_json_is(v, SL_JSON_STRING) || sl_json_is(v, SL_JSON_NUMBER)) return v->text;
  if (sl_json_is(v, SL_JSON_TRUE)) return sl_str_of("true");
  if (sl_json_is(v, SL_JSON_FALSE)) return sl_str_of("false");
  return sl_str_of(fallback);
}

int64_t sl_member_int(const sl_json *object, const char *name) {
  int64_t value = 0;
  sl_json_int(sl_json_get(object, name), &value);
  return value;
}

bool sl_member_true(const sl_json *object, const char *name) {
  return sl_json_is(sl_json_get(object, name), SL_JSON_TRUE);
}

sl_str sl_one_line(sl_arena *arena, sl_str text) {
  char *copy = sl_str_z(arena, text);
  for (size_t i = 0; i < text.len; i++)
    if (copy[i] == '\n' || copy[i] == '\r') copy[i] = ' ';
  return sl_str_n(copy, text.len);
}

static void add_schema(sl_buf *out, const sl_json *schema) {
  sl_str type = sl_member_text(schema, "type", "");
  const sl_json *member = sl_json_get(schema, "memberSchema"), *fields = sl_member_list(schema, "fields");
  const sl_json *parameters = sl_json_get(schema, "parameters");
  sl_buf_add_str(out, sl_str_eq_z(type, "STRING") ? sl_str_of("VARCHAR(STRING)") : type);
  if (sl_str_eq_z(type, "DECIMAL") && parameters)
    sl_buf_printf(out, "(%lld, %lld)", (long long)sl_member_int(parameters, "precision"),
                  (long long)sl_member_int(parameters, "scale"));
  bool struct_type = sl_str_eq_z(type, "STRUCT"), nested = struct_type || sl_json_is(member, SL_JSON_OBJECT);
  if (!nested) return;
  sl_buf_add_z(out, sl_str_eq_z(type, "MAP") ? "<STRING, " : "<");
  for (size_t i = 0; struct_type && i < fields->count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    sl_buf_add_str(out, sl_member_text(fields->items[i], "name", ""));
    sl_buf_add_byte(out, ' ');
    add_schema(out, sl_json_get(fields->items[i], "schema"));
  }
  if (!struct_type) add_schema(out, member);
  sl_buf_add_byte(out, '>');
}

sl_str sl_type_words(sl_arena *arena, const sl_json *schema) {
  sl_buf buf = {0};
  if (sl_json_is(schema, SL_JSON_OBJECT)) add_schema(&buf, schema);
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

/* ---- columns ---- */

typedef sl_str (*cell_text)(sl_arena *arena, const sl_json *entity, const sl_json *item);

static sl_str joined(sl_arena *arena, const sl_json *list, const char *between) {
  sl_buf buf = {0};
  for (size_t i = 0; i < list->count; i++) {
    if (i) sl_buf_add_z(&buf, between);
    sl_buf_add_str(&buf, list->items[i]->text);
  }
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static sl_str sink_names(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  return joined(arena, sl_member_list(item, "sinks"), ",");
}

static sl_str sink_topics(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  return joined(arena, sl_member_list(item, "sinkKafkaTopics"), ",");
}

static sl_str query_string(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  return sl_one_line(arena, sl_member_text(item, "queryString", ""));
}

static sl_str status_count(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  const sl_json *counts = sl_member_map(item, "statusCount");
  sl_buf buf = {0};
  for (size_t i = 0; i < counts->count; i++)
    sl_buf_printf(&buf, "%s" SL_STR_FMT ":" SL_STR_FMT, i ? "," : "", SL_STR_ARG(counts->members[i].name),
                  SL_STR_ARG(counts->members[i].value->text));
  const sl_json *restoring = sl_json_get(item, "restoring");
  if (restoring && restoring->kind == SL_JSON_OBJECT)
    sl_buf_printf(&buf, " (restored " SL_STR_FMT " of " SL_STR_FMT ")",
                  SL_STR_ARG(sl_member_text(restoring, "restored", "?")),
                  SL_STR_ARG(sl_member_text(restoring, "total", "?")));
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static sl_str partition_count(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  return sl_str_printf(arena, "%zu", sl_member_list(item, "replicaInfo")->count);
}

/* One number when all partitions have as many replicas. */
static sl_str replicas(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  const sl_json *list = sl_member_list(item, "replicaInfo");
  if (!list->count) return sl_str_of("0");
  for (size_t i = 1; i < list->count; i++)
    if (!sl_str_eq(list->items[i]->text, list->items[0]->text)) return joined(arena, list, ", ");
  return list->items[0]->text;
}

static bool lists(const sl_json *entity, const char *member, sl_str name) {
  const sl_json *list = sl_member_list(entity, member);
  for (size_t i = 0; i < list->count; i++)
    if (sl_str_eq(list->items[i]->text, name)) return true;
  return false;
}

static sl_str property_override(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)arena;
  sl_str name = sl_member_text(item, "name", "");
  if (lists(entity, "overwrittenProperties", name)) return sl_str_of("SESSION");
  return sl_str_of(lists(entity, "defaultProperties", name) ? "" : "SERVER");
}

static sl_str property_value(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)arena;
  (void)entity;
  return sl_member_text(item, "value", "NULL");
}

static sl_str connector_type(sl_arena *arena, const sl_json *entity, const sl_json *item) {
  (void)entity;
  return sl_str_upper(arena, sl_member_text(item, "type", ""));
}

/* ---- lists ---- */

enum { MAX_COLUMNS = 6 };
typedef struct list_class {
  const char *member; /* the array in the entity */
  const char *titles[MAX_COLUMNS];
  struct {
    const char *member; /* of an item; NULL: text says it */
    cell_text text;
  } cells[MAX_COLUMNS];
  bool sorted;
  const char *footer;
} list_class;

static const list_class STREAMS = {
    "streams",
    {"Stream Name", "Kafka Topic", "Key Format", "Value Format", "Windowed"},
    {{"name", NULL}, {"topic", NULL}, {"keyFormat", NULL}, {"valueFormat", NULL}, {"isWindowed", NULL}},
    true,
    NULL};
static const list_class TABLES = {
    "tables",
    {"Table Name", "Kafka Topic", "Key Format", "Value Format", "Windowed"},
    {{"name", NULL}, {"topic", NULL}, {"keyFormat", NULL}, {"valueFormat", NULL}, {"isWindowed", NULL}},
    true,
    NULL};
static const list_class QUERIES = {
    "queries",
    {"Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String"},
    {{"id", NULL},
     {"queryType", NULL},
     {NULL, status_count},
     {NULL, sink_names},
     {NULL, sink_topics},
     {NULL, query_string}},
    false,
    "For detailed information on a Query run: EXPLAIN <Query ID>;"};
static const list_class TOPICS = {"topics",
                                  {"Kafka Topic", "Partitions", "Partition Replicas"},
                                  {{"name", NULL}, {NULL, partition_count}, {NULL, replicas}},
                                  true,
                                  NULL};
static const list_class TOPICS_EXTENDED = {
    "topics",
    {"Kafka Topic", "Partitions", "Partition Replicas", "Consumers", "ConsumerGroups"},
    {{"name", NULL}, {NULL, partition_count}, {NULL, replicas}, {"consumerCount", NULL}, {"consumerGroupCount", NULL}},
    true,
    NULL};
static const list_class PROPERTIES = {
    "properties",
    {"Property", "Scope", "Default override", "Effective Value"},
    {{"name", NULL}, {"scope", NULL}, {NULL, property_override}, {NULL, property_value}},
    true,
    NULL};
static const list_class VARIABLES = {
    "variables", {"Variable Name", "Value"}, {{"name", NULL}, {"value", NULL}}, true, NULL};
static const list_class CONNECTORS = {"connectors",
                                      {"Connector Name", "Type", "Class", "Status"},
                                      {{"name", NULL}, {NULL, connector_type}, {"className", NULL}, {"state", NULL}},
                                      false,
                                      NULL};
static const list_class PLUGINS = {"connectorsPlugins",
                                   {"Class", "Type", "Version"},
                                   {{"className", NULL}, {NULL, connector_type}, {"version", NULL}},
                                   false,
                                   NULL};

static void print_list(sl_display *display, sl_arena *arena, const sl_json *entity, const list_class *cls) {
  int columns = 0;
  while (columns < MAX_COLUMNS && cls->titles[columns]) columns++;
  sl_text_table table;
  sl_text_table_init(&table, arena, columns, cls->titles);
  const sl_json *list = sl_member_list(entity, cls->member);
  for (size_t i = 0; i < list->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    for (int c = 0; c < columns; c++)
      row[c] = cls->cells[c].text ? cls->cells[c].text(arena, entity, list->items[i])
                                  : sl_member_text(list->items[i], cls->cells[c].member, "");
  }
  if (cls->sorted) sl_text_table_sort(&table);
  sl_text_table_print(&table, display->out);
  if (cls->footer) sl_output_line(display->out, sl_str_of(cls->footer));
}

/* ---- messages and other shapes ---- */

static void print_message(sl_display *display, sl_arena *arena, sl_str message) {
  static const char *const TITLES[] = {"Message"};
  sl_text_table table;
  sl_text_table_init(&table, arena, 1, TITLES);
  *sl_text_table_row(&table) = message;
  sl_text_table_print(&table, display->out);
}

static sl_str first_line(sl_str text) {
  const char *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
  return end ? sl_str_n(text.ptr, (size_t)(end - text.ptr)) : text;
}

static void current_status(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_message(display, arena, first_line(sl_member_text(sl_json_get(entity, "commandStatus"), "message", "")));
}

static void warning_entity(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_message(display, arena, sl_member_text(entity, "message", ""));
}

static void terminate_query(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_message(
      display, arena,
      sl_str_printf(arena, "Terminated query \"" SL_STR_FMT "\"", SL_STR_ARG(sl_member_text(entity, "queryId", ""))));
}

static void connector_info(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_message(display, arena,
                sl_str_printf(arena, "Created connector " SL_STR_FMT,
                              SL_STR_ARG(sl_member_text(sl_json_get(entity, "info"), "name", ""))));
}

static void drop_connector(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_message(display, arena,
                sl_str_printf(arena, "Dropped connector \"" SL_STR_FMT "\"",
                              SL_STR_ARG(sl_member_text(entity, "connectorName", ""))));
}

static int by_category(const void *a, const void *b) {
  const sl_str *x = *(sl_str *const *)a, *y = *(sl_str *const *)b;
  int order = sl_str_cmp(x[1], y[1]);
  return order ? order : sl_str_cmp(x[0], y[0]);
}

static void function_names(sl_display *display, sl_arena *arena, const sl_json *entity) {
  static const char *const TITLES[] = {"Function Name", "Category"};
  const sl_json *list = sl_member_list(entity, "functions");
  sl_text_table table;
  sl_text_table_init(&table, arena, 2, TITLES);
  for (size_t i = 0; i < list->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = sl_member_text(list->items[i], "name", "");
    row[1] = sl_member_text(list->items[i], "category", "");
  }
  if (table.rows.len > 1) qsort(table.rows.items, table.rows.len, sizeof *table.rows.items, by_category);
  for (size_t i = table.rows.len; i-- > 1;) {
    const sl_str *row = sl_vec_at(&table.rows, i), *before = sl_vec_at(&table.rows, i - 1);
    if (!sl_str_eq(row[1], before[1])) sl_vec_insert(&table.rows, i, sl_arena_calloc(arena, 2, sizeof(sl_str)));
  }
  sl_text_table_print(&table, display->out);
  sl_output_line(display->out, sl_str_of("For detailed information about a function, run: DESCRIBE FUNCTION <Function "
                                         "Name>;"));
}

static void type_list(sl_display *display, sl_arena *arena, const sl_json *entity) {
  static const char *const TITLES[] = {"Type Name", "Schema"};
  const sl_json *types = sl_member_map(entity, "types");
  sl_text_table table;
  sl_text_table_init(&table, arena, 2, TITLES);
  for (size_t i = 0; i < types->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = types->members[i].name;
    row[1] = sl_type_words(arena, types->members[i].value);
  }
  sl_text_table_sort(&table);
  sl_text_table_print(&table, display->out);
}

static const char *exists_words(const sl_json *entity) {
  return sl_member_true(entity, "exists") ? "exists." : "does not exist.";
}

static void assert_topic(sl_display *display, sl_arena *arena, const sl_json *entity) {
  (void)arena;
  sl_output_print(display->out, "Topic " SL_STR_FMT " %s\n", SL_STR_ARG(sl_member_text(entity, "topicName", "")),
                  exists_words(entity));
}

static void assert_schema(sl_display *display, sl_arena *arena, const sl_json *entity) {
  (void)arena;
  sl_str subject = sl_member_text(entity, "subject", ""), id = sl_member_text(entity, "id", "");
  sl_output_print(display->out, "Schema with%s" SL_STR_FMT "%s" SL_STR_FMT " %s\n", subject.len ? " subject " : "",
                  SL_STR_ARG(subject), id.len ? " id " : "", SL_STR_ARG(id), exists_words(entity));
}

/* ---- by @type ---- */

typedef struct entity_class {
  const char *type;
  const list_class *list; /* or print */
  void (*print)(sl_display *display, sl_arena *arena, const sl_json *entity);
} entity_class;

static const entity_class ENTITIES[] = {
    {"currentStatus", NULL, current_status},
    {"warning_entity", NULL, warning_entity},
    {"terminate_query", NULL, terminate_query},
    {"streams", &STREAMS, NULL},
    {"tables", &TABLES, NULL},
    {"queries", &QUERIES, NULL},
    {"kafka_topics", &TOPICS, NULL},
    {"kafka_topics_extended", &TOPICS_EXTENDED, NULL},
    {"properties", &PROPERTIES, NULL},
    {"function_names", NULL, function_names},
    {"type_list", NULL, type_list},
    {"variables", &VARIABLES, NULL},
    {"connector_info", NULL, connector_info},
    {"drop_connector", NULL, drop_connector},
    {"connector_list", &CONNECTORS, NULL},
    {"connector_plugins_list", &PLUGINS, NULL},
    {"connector_description", NULL, sl_describe_print_connector},
    {"assert_topic", NULL, assert_topic},
    {"assert_schema", NULL, assert_schema},
    {"sourceDescription", NULL, sl_describe_print_source},
    {"source_descriptions", NULL, sl_describe_print_sources},
    {"queryDescription", NULL, sl_describe_print_query},
    {"query_descriptions", NULL, sl_describe_print_queries},
    {"describe_function", NULL, sl_describe_print_function},
};

/* What this shell has no layout for is shown as it came. */
static void print_unknown(sl_display *display, const sl_json *entity) {
  sl_buf buf = {0};
  sl_json_print_pretty(&buf, entity);
  sl_output_line(display->out, sl_buf_str(&buf));
  sl_buf_done(&buf);
}

static void print_entity(sl_display *display, sl_arena *arena, const sl_json *entity) {
  sl_str type = sl_member_text(entity, "@type", "");
  const entity_class *cls = NULL;
  for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES && !cls; i++)
    if (sl_str_eq_z(type, ENTITIES[i].type)) cls = &ENTITIES[i];
  if (!cls)
    print_unknown(display, entity);
  else if (cls->list)
    print_list(display, arena, entity, cls->list);
  else
    cls->print(display, arena, entity);
  const sl_json *warnings = sl_member_list(entity, "warnings");
  for (size_t i = 0; i < warnings->count; i++)
    sl_output_print(display->out, "WARNING: " SL_STR_FMT "\n",
                    SL_STR_ARG(sl_member_text(warnings->items[i], "message", "")));
}

/* A command that failed: its message, and none of the tables. */
static bool print_failed(sl_display *display, const sl_json *entities) {
  for (size_t i = 0; i < entities->count; i++) {
    const sl_json *status = sl_json_get(entities->items[i], "commandStatus");
    if (!sl_str_eq_z(sl_member_text(status, "status", ""), "ERROR")) continue;
    sl_output_error(display->out, first_line(sl_member_text(status, "message", "")));
    return true;
  }
  return false;
}

void sl_display_entities(sl_display *display, const sl_json *entities, bool with_text) {
  if (!sl_json_is(entities, SL_JSON_ARRAY) || print_failed(display, entities)) return;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  if (display->json && entities->count) print_unknown(display, entities);
  for (size_t i = 0; !display->json && i < entities->count; i++) {
    sl_output_write(display->out, sl_str_of("\n"));
    if (with_text || entities->count > 1)
      sl_output_line(display->out, sl_member_text(entities->items[i], "statementText", ""));
    print_entity(display, &arena, entities->items[i]);
    sl_arena_reset(&arena);
  }
  sl_output_flush(display->out);
  sl_arena_done(&arena);
}
