/* CREATE [SOURCE] STREAM/TABLE (columns) WITH (...): declared columns to a schema, properties to formats, topic and
 * timestamp, all checks in the order of sql.md 6. */
#include "parser/parser.h"
#include "planner/planner_int.h"

static const char prepare[] = "Failed to prepare statement: ";

typedef struct creation {
  const sl_planning *planning;
  const sl_stmt_create_source *stmt;
  sl_with with;
  sl_schema schema;
  sl_source *source;
} creation;

/* ---- declared columns ---- */

static int check_duplicates(const creation *c, sl_err *err) {
  const sl_stmt_create_source *stmt = c->stmt;
  sl_str *names = sl_arena_calloc(c->planning->arena, (size_t)stmt->element_count + 1, sizeof *names);
  int count = 0;
  for (int i = 0; i < stmt->element_count; i++) {
    bool earlier = false, listed = false;
    for (int k = 0; k < i; k++) earlier |= sl_str_eq(stmt->elements[k].name, stmt->elements[i].name);
    sl_str quoted = sl_str_printf(c->planning->arena, "`" SL_STR_FMT "`", SL_STR_ARG(stmt->elements[i].name));
    for (int k = 0; k < count; k++) listed |= sl_str_eq(names[k], quoted);
    if (earlier && !listed) names[count++] = quoted;
  }
  if (!count) return 0;
  return sl_err_set(err, SL_E_STATEMENT, stmt->base.pos, "%sDuplicate column names: " SL_STR_FMT, prepare,
                    SL_STR_ARG(sl_join_comma(c->planning->arena, names, count)));
}

static const sl_type *headers_type(sl_arena *arena) {
  sl_field fields[] = {{sl_str_of("KEY"), &SL_TYPE_STRING}, {sl_str_of("VALUE"), &SL_TYPE_BYTES}};
  return sl_type_array(arena, sl_type_struct(arena, fields, 2));
}

static int check_header_column(const creation *c, const sl_column *column, sl_err *err) {
  sl_arena *arena = c->planning->arena;
  bool all = !column->header_key.ptr;
  const sl_type *expected = all ? headers_type(arena) : &SL_TYPE_BYTES;
  if (sl_type_equal(expected, column->type)) return 0;
  const char *what =
      all ? "HEADERS" : sl_arena_printf(arena, "HEADER('" SL_STR_FMT "')", SL_STR_ARG(column->header_key));
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sInvalid type for %s column: expected %s, got %s", prepare, what,
                    sl_type_text(arena, expected), sl_type_text(arena, column->type));
}

static int check_header_columns(const creation *c, sl_err *err) {
  const sl_schema *schema = &c->schema;
  for (int i = 0; i < schema->count; i++) {
    const sl_column *column = &schema->columns[i];
    if (column->kind != SL_COLUMN_HEADERS) continue;
    for (int k = 0; k < i; k++) {
      const sl_column *other = &schema->columns[k];
      if (other->kind != SL_COLUMN_HEADERS) continue;
      if (!other->header_key.ptr || !column->header_key.ptr)
        return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "%sSchema already contains a HEADERS column.", prepare);
      if (sl_str_eq(other->header_key, column->header_key))
        return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                          "%sSchema already contains a HEADER('" SL_STR_FMT "') column.", prepare,
                          SL_STR_ARG(column->header_key));
    }
  }
  return 0;
}

static int build_schema(creation *c, sl_err *err) {
  static const sl_column_kind kinds[] = {[SL_ELEMENT_VALUE] = SL_COLUMN_VALUE,
                                         [SL_ELEMENT_KEY] = SL_COLUMN_KEY,
                                         [SL_ELEMENT_PRIMARY_KEY] = SL_COLUMN_KEY,
                                         [SL_ELEMENT_HEADERS] = SL_COLUMN_HEADERS,
                                         [SL_ELEMENT_HEADER] = SL_COLUMN_HEADERS};
  const sl_stmt_create_source *stmt = c->stmt;
  sl_column *columns = sl_arena_calloc(c->planning->arena, (size_t)stmt->element_count + 1, sizeof *columns);
  sl_typing typing;
  sl_planning_typing(c->planning, &typing);
  for (int i = 0; i < stmt->element_count; i++) {
    const sl_element *element = &stmt->elements[i];
    sl_column *column = &columns[i];
    column->name = element->name;
    column->kind = kinds[element->kind];
    if (element->kind == SL_ELEMENT_HEADER) {
      column->header_key = sl_str_trim(element->header_key);
      if (!column->header_key.ptr) column->header_key.ptr = "";
    }
    if (sl_resolve_type(c->planning->arena, element->type, &typing, &column->type, err))
      return sl_err_prefix(err, "%s", prepare);
    int rc = column->kind == SL_COLUMN_HEADERS ? check_header_column(c, column, err) : 0;
    if (rc) return rc;
  }
  c->schema = (sl_schema){columns, stmt->element_count};
  int rc = check_duplicates(c, err);
  return rc ? rc : check_header_columns(c, err);
}

/* ---- columns that are not declared ---- */

static int check_schema_id(const creation *c, bool is_key, const sl_format *format, sl_err *err) {
  if (!sl_with_has(&c->with, is_key ? SL_WITH_KEY_SCHEMA_ID : SL_WITH_VALUE_SCHEMA_ID)) return 0;
  const char *side = is_key ? "KEY" : "VALUE";
  if (!(format->features & SL_FORMAT_INFERENCE))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "%s_FORMAT should support schema inference when %s_SCHEMA_ID is provided. Current format is %s.",
                      side, side, format->name);
  if (sl_schema_count(&c->schema, is_key ? SL_COLUMN_KEY : SL_COLUMN_VALUE))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Table elements and %s_SCHEMA_ID cannot both exist for create statement.", side);
  return 0;
}

/* A side without columns whose format could tell them needs the schema registry. */
static int check_columns_given(const creation *c, const sl_format_spec *key, const sl_format_spec *value, sl_err *err) {
  bool keys = sl_schema_count(&c->schema, SL_COLUMN_KEY) > 0, values = sl_schema_count(&c->schema, SL_COLUMN_VALUE) > 0;
  bool infers_key = sl_format_find(key->name)->features & SL_FORMAT_INFERENCE;
  bool infers_value = sl_format_find(value->name)->features & SL_FORMAT_INFERENCE;
  if (!keys && infers_key) return sl_format_check(key, NULL, 0, true, err);
  if (!values && infers_value) return sl_format_check(value, NULL, 0, false, err);
  if (values || c->stmt->has_elements) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "No columns supplied.");
}

/* ---- topic ---- */

int sl_check_existing_topic(const sl_with *with, sl_str topic, int32_t partitions, sl_err *err) {
  const sl_with_value *asked = &with->values[SL_WITH_PARTITIONS], *replicas = &with->values[SL_WITH_REPLICAS];
  if (!asked->present || asked->number == partitions) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "A Kafka topic with the name '" SL_STR_FMT "' already exists, with different partition/replica "
                    "configuration than required. KSQL expects %lld partitions (topic has %d), %lld replication factor "
                    "(topic has 1).",
                    SL_STR_ARG(topic), (long long)asked->number, (int)partitions,
                    (long long)(replicas->present ? replicas->number : 1));
}

static void add_given(const creation *c, sl_with_list *list) {
  for (int id = 0; id < SL_WITH_COUNT; id++) {
    bool format = id == SL_WITH_FORMAT || id == SL_WITH_KEY_FORMAT || id == SL_WITH_VALUE_FORMAT;
    if (!format) sl_with_add_given(list, &c->with, (sl_with_id)id);
  }
}

static sl_stmt_create_source *copy_statement(const creation *c) {
  sl_stmt_create_source *copy = sl_arena_zalloc(c->planning->arena, sizeof *copy);
  *copy = *c->stmt;
  return copy;
}

static int missing_topic(const creation *c, sl_str topic, sl_err *err) {
  if (c->planning->stored)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Kafka topic does not exist: " SL_STR_FMT, SL_STR_ARG(topic));
  sl_stmt_create_source *example = copy_statement(c);
  sl_with_list list = {.arena = c->planning->arena};
  for (int id = 0; id < SL_WITH_COUNT; id++) sl_with_add_given(&list, &c->with, (sl_with_id)id);
  sl_with_add_number(&list, "PARTITIONS", 2);
  example->with = sl_with_properties(&list);
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Topic '" SL_STR_FMT "' does not exist. If you want to create a new topic for the stream/table "
                    "please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause "
                    "(and optionally 'REPLICAS'). For example: " SL_STR_FMT,
                    SL_STR_ARG(topic), SL_STR_ARG(sl_statement_shown(c->planning->arena, &example->base)));
}

static const char *cleanup_policy(const creation *c) {
  if (c->stmt->source_kind == SL_STREAM) return "delete";
  return c->with.window == SL_WINDOW_NONE ? "compact" : "compact,delete";
}

static int plan_topic(const creation *c, sl_source_plan *out, sl_err *err) {
  sl_arena *arena = c->planning->arena;
  const sl_with *with = &c->with;
  sl_str topic = sl_with_text(with, SL_WITH_KAFKA_TOPIC);
  bool retention = sl_with_has(with, SL_WITH_RETENTION_MS);
  if (retention && c->stmt->source_kind == SL_TABLE && with->window == SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support "
                      "retention.");
  int32_t partitions = 0;
  if (sl_planning_topic(c->planning, topic, &partitions, &c->source->topic_id)) {
    out->partitions = 0;
    return c->planning->stored ? 0 : sl_check_existing_topic(with, topic, partitions, err);
  }
  if (!sl_with_has(with, SL_WITH_PARTITIONS)) return missing_topic(c, topic, err);
  sl_topic_setting *settings = sl_arena_calloc(arena, 2, sizeof *settings);
  settings[0] = (sl_topic_setting){sl_str_of("cleanup.policy"), sl_str_of(cleanup_policy(c))};
  if (retention)
    settings[1] = (sl_topic_setting){
        sl_str_of("retention.ms"), sl_str_printf(arena, "%lld", (long long)with->values[SL_WITH_RETENTION_MS].number)};
  out->partitions = (int32_t)with->values[SL_WITH_PARTITIONS].number;
  out->topic_settings = settings;
  out->topic_setting_count = retention ? 2 : 1;
  return 0;
}

/* ---- the source ---- */

static int check_columns(const creation *c, sl_err *err) {
  const sl_schema *schema = &c->schema;
  if (!schema->count) return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "The statement does not define any columns.");
  for (int i = 0; i < schema->count; i++)
    if (sl_is_system_column(schema->columns[i].name))
      return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                        "'" SL_STR_FMT "' is a reserved column name. You cannot use it as a name for a column.",
                        SL_STR_ARG(schema->columns[i].name));
  if (sl_schema_count(schema, SL_COLUMN_HEADERS) &&
      !sl_settings_bool(c->planning->settings, "ksql.headers.columns.enabled"))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot create %s because schema with headers columns is disabled.",
                      sl_kind_title(c->stmt->source_kind));
  return 0;
}

int sl_check_timestamp(const sl_with *with, const sl_schema *schema, sl_err *err) {
  bool format = sl_with_has(with, SL_WITH_TIMESTAMP_FORMAT);
  if (!with->timestamp.len) return 0;
  int at = sl_schema_find(schema, with->timestamp);
  if (at < 0)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "The TIMESTAMP column set in the WITH clause does not exist in the schema: '" SL_STR_FMT "'",
                      SL_STR_ARG(with->timestamp));
  sl_base base = schema->columns[at].type->base;
  if (base == SL_STRING && !format)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "A String timestamp field has been specified without also specifying the timestamp_format");
  if (base == SL_STRING) return 0;
  if (format && (base == SL_BIGINT || base == SL_TIMESTAMP))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type "
                      "STRING.");
  if (base == SL_BIGINT || base == SL_TIMESTAMP) return 0;
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Timestamp column, `" SL_STR_FMT "`, should be LONG(INT64), TIMESTAMP, or a String with a "
                    "timestamp_format specified.",
                    SL_STR_ARG(with->timestamp));
}

static int check_keys(const creation *c, sl_err *err) {
  int keys = sl_schema_count(&c->schema, SL_COLUMN_KEY);
  if (c->stmt->source_kind == SL_TABLE && !keys)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
  if (c->with.window != SL_WINDOW_NONE && !keys)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Windowed sources require a key column.");
  return 0;
}

int sl_check_new_source(const sl_planning *planning, const sl_source *source, bool or_replace, bool if_not_exists,
                        sl_err *err) {
  if (planning->stored) return 0;
  const sl_source *old = sl_snapshot_source(planning->snapshot, source->name);
  const char *kind = sl_kind_word(source->kind);
  bool is_source = source->is_source || (old && old->is_source);
  if (or_replace && is_source)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot add %s '" SL_STR_FMT "': CREATE OR REPLACE is not supported on source %ss.", kind,
                      SL_STR_ARG(source->name), kind);
  if (!old || if_not_exists) return 0;
  if (or_replace && sl_settings_bool(planning->settings, "ksql.create.or.replace.enabled"))
    return sl_check_upgrade(planning->arena, old, source, err);
  return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                    "Cannot add %s '" SL_STR_FMT "': A %s with the same name already exists", kind,
                    SL_STR_ARG(source->name), sl_kind_word(old->kind));
}

/* ---- texts ---- */

const sl_ast_type *sl_type_ast(sl_arena *arena, const sl_type *type) {
  sl_ast_type *out = sl_arena_zalloc(arena, sizeof *out);
  switch (type->base) {
  case SL_DECIMAL:
    out->kind = SL_AST_TYPE_DECIMAL;
    out->precision = type->precision;
    out->scale = type->scale;
    break;
  case SL_ARRAY:
    out->kind = SL_AST_TYPE_ARRAY;
    out->element = sl_type_ast(arena, type->element);
    break;
  case SL_MAP:
    out->kind = SL_AST_TYPE_MAP;
    out->key = sl_type_ast(arena, type->key);
    out->element = sl_type_ast(arena, type->element);
    break;
  case SL_STRUCT: {
    sl_str *names = sl_arena_calloc(arena, (size_t)type->field_count + 1, sizeof *names);
    const sl_ast_type **types = sl_arena_calloc(arena, (size_t)type->field_count + 1, sizeof *types);
    for (int i = 0; i < type->field_count; i++) {
      names[i] = type->fields[i].name;
      types[i] = sl_type_ast(arena, type->fields[i].type);
    }
    out->kind = SL_AST_TYPE_STRUCT;
    out->field_names = names;
    out->field_types = types;
    out->field_count = type->field_count;
    break;
  }
  default: out->kind = SL_AST_TYPE_NAME; out->name = sl_str_of(sl_base_name(type->base));
  }
  return out;
}

static const sl_element *expanded_elements(const creation *c) {
  sl_arena *arena = c->planning->arena;
  sl_element *out = sl_arena_calloc(arena, (size_t)c->stmt->element_count + 1, sizeof *out);
  for (int i = 0; i < c->stmt->element_count; i++) {
    out[i] = c->stmt->elements[i];
    out[i].type = sl_type_ast(arena, c->schema.columns[i].type);
    out[i].header_key = c->schema.columns[i].header_key;
  }
  return out;
}

static void write_texts(const creation *c) {
  sl_arena *arena = c->planning->arena;
  sl_source *source = c->source;
  sl_stmt_create_source *copy = copy_statement(c);
  sl_with_list shown = {.arena = arena};
  add_given(c, &shown);
  sl_with_add_text(&shown, "CLEANUP_POLICY", sl_str_of(cleanup_policy(c)));
  sl_with_add_text(&shown, "KEY_FORMAT", source->key_format.name);
  sl_with_add_text(&shown, "VALUE_FORMAT", source->value_format.name);
  copy->elements = expanded_elements(c);
  copy->with = sl_with_properties(&shown);
  source->text = sl_statement_shown(arena, &copy->base);

  sl_with_list full = {.arena = arena};
  static const sl_with_id kept[] = {SL_WITH_KAFKA_TOPIC,     SL_WITH_PARTITIONS,  SL_WITH_REPLICAS,
                                    SL_WITH_RETENTION_MS,    SL_WITH_TIMESTAMP,   SL_WITH_TIMESTAMP_FORMAT,
                                    SL_WITH_WINDOW_SIZE,     SL_WITH_WINDOW_TYPE, SL_WITH_SOURCED_BY_CONNECTOR,
                                    SL_WITH_SOURCE_CONNECTOR};
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) sl_with_add_given(&full, &c->with, kept[i]);
  sl_spec_with(&full, &source->key_format, true);
  sl_spec_with(&full, &source->value_format, false);
  copy->with = sl_with_properties(&full);
  source->resolved = sl_statement_shown(arena, &copy->base);
}

static void fill_source(creation *c) {
  sl_source *source = c->source;
  source->name = c->stmt->name;
  source->kind = c->stmt->source_kind;
  source->is_source = c->stmt->is_source;
  source->schema = c->schema;
  source->topic = sl_with_text(&c->with, SL_WITH_KAFKA_TOPIC);
  source->window = c->with.window;
  source->window_size = c->with.window_size;
  source->timestamp_column = c->with.timestamp;
  if (c->with.timestamp.len) source->timestamp_format = sl_with_text(&c->with, SL_WITH_TIMESTAMP_FORMAT);
}

int sl_plan_create_source(const sl_planning *planning, const sl_stmt_create_source *stmt, sl_source_plan *out,
                          sl_err *err) {
  creation c = {.planning = planning, .stmt = stmt};
  c.source = sl_arena_zalloc(planning->arena, sizeof *c.source);
  sl_source_plan plan = {.source = c.source};
  sl_format_spec *key = &c.source->key_format, *value = &c.source->value_format;
  int rc;
  if ((rc = build_schema(&c, err))) return rc;
  if ((rc = sl_with_parse(planning, &stmt->with, SL_WITH_IN_CREATE, &c.with, err))) return rc;
  fill_source(&c);
  for (int side = 0; side < 2; side++) {
    const sl_format *format = NULL;
    if ((rc = sl_spec_format(planning, &c.with, side == 0, NULL, &format, err))) return rc;
    if ((rc = check_schema_id(&c, side == 0, format, err))) return rc;
    if ((rc = sl_spec_build(planning, &c.with, side == 0, NULL, side == 0 ? key : value, err))) return rc;
  }
  if ((rc = check_columns_given(&c, key, value, err))) return rc;
  if ((rc = plan_topic(&c, &plan, err))) return rc;
  if ((rc = check_columns(&c, err))) return rc;
  if ((rc = sl_check_timestamp(&c.with, &c.schema, err))) return rc;
  if ((rc = check_keys(&c, err))) return rc;
  if ((rc = sl_spec_finish(planning, &c.with, true, &c.schema, key, err))) return rc;
  if ((rc = sl_spec_finish(planning, &c.with, false, &c.schema, value, err))) return rc;
  if ((rc = sl_check_new_source(planning, c.source, stmt->or_replace, stmt->if_not_exists, err))) return rc;
  write_texts(&c);
  *out = plan;
  return 0;
}
