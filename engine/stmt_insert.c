/* INSERT INTO ... VALUES and rows of /inserts-stream: one record each, written as a commit of its own. */
#include "engine/engine_int.h"
#include "types/cast.h"
#include "types/decimal.h"
#include "types/text.h"

bool sl_topic_read_only(sl_engine *engine, sl_str topic) {
  return sl_str_starts(topic, sl_str_of("_confluent-ksql-")) ||
         sl_settings_match(engine->settings, "ksql.readonly.topics", topic);
}

/* Writes one record to a source's topic. Does not wait for its sync: under log.flush=always whoever acknowledges it
 * syncs first. *commit (may be NULL) is the number to wait for. */
static int write_record(sl_engine *engine, const sl_source *source, const sl_str *key, const sl_str *value,
                        int64_t timestamp, uint64_t *commit, sl_err *err) {
  sl_topic *topic = sl_log_topic_by_id(engine->log, &source->topic_id);
  if (!topic)
    return sl_err_set(err, SL_E_TOPIC_NOT_FOUND, SL_NO_POS, "Kafka topic does not exist: " SL_STR_FMT,
                      SL_STR_ARG(source->topic));
  int32_t count = sl_topic_partitions(topic);
  unsigned long long turn = atomic_fetch_add(&engine->inserts, 1);
  int32_t number = key ? sl_partition_for_key(key->ptr, key->len, count) : (int32_t)(turn % (unsigned long long)count);
  sl_staging *staging = sl_staging_new();
  static const sl_record_headers NONE = {0};
  int code = sl_staging_append(staging, sl_topic_partition(topic, number), timestamp, key ? key->ptr : NULL,
                               key ? key->len : 0, value ? value->ptr : NULL, value ? value->len : 0, &NONE, err);
  sl_commit_result result = {0};
  sl_part part = {.staging = staging};
  if (!code) code = sl_log_commit(engine->log, &part, 1, &result, err);
  if (!code && commit) *commit = result.commit;
  sl_staging_free(staging);
  sl_topic_unref(topic);
  return code;
}

static int check_target(sl_context *ctx, const sl_source *target, sl_err *err) {
  if (target && sl_topic_read_only(ctx->engine, target->topic))
    return sl_err_set(err, SL_E_REQUEST, SL_NO_POS, "Cannot insert values into read-only topic: " SL_STR_FMT,
                      SL_STR_ARG(target->topic));
  return 0;
}

int sl_stmt_run_insert_values(sl_context *ctx, const sl_statement *base, sl_err *err) {
  const sl_stmt_insert_values *stmt = (const sl_stmt_insert_values *)base;
  int code = check_target(ctx, sl_snapshot_source(ctx->snapshot, stmt->target), err);
  if (code) return code;
  sl_planning planning;
  sl_topic_view view;
  sl_insert_plan plan;
  sl_context_planning(ctx, &planning, &view);
  code = sl_plan_insert_values(&planning, stmt, &plan, err);
  if (code && !sl_err_api_code(code)) code = err->code = SL_E_STATEMENT; /* of a record elsewhere, of the text here */
  if (code || ctx->sandbox) return code;
  code = write_record(ctx->engine, plan.target, plan.key_null ? NULL : &plan.key, plan.value_null ? NULL : &plan.value,
                      plan.timestamp, NULL, err);
  if (!code) return 0;
  sl_err_prefix(err, "Failed to insert values into '" SL_STR_FMT "'. ", SL_STR_ARG(stmt->target));
  if (sl_err_api_code(code) < 50000) code = err->code = SL_E_STATEMENT; /* the topic does not take such a record */
  return code;
}

/* ---- JSON rows (http-api.md 11) ---- */

static int cannot_coerce(const sl_json *v, const sl_type *type, sl_arena *arena, sl_err *err) {
  static const char *const KINDS[] = {
      [SL_JSON_FALSE] = "Boolean", [SL_JSON_TRUE] = "Boolean",    [SL_JSON_NUMBER] = "Number",
      [SL_JSON_STRING] = "String", [SL_JSON_ARRAY] = "JsonArray", [SL_JSON_OBJECT] = "JsonObject"};
  return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Can't coerce a field of type %s into type %s", KINDS[v->kind],
                    sl_type_text(arena, type));
}

static int coerce(sl_arena *arena, const sl_type *type, const sl_json *v, sl_value *out, sl_err *err);

static int coerce_number(sl_arena *arena, const sl_type *type, const sl_json *v, sl_value *out, sl_err *err) {
  int64_t i;
  sl_decimal d;
  bool decimal = type->base == SL_DECIMAL;
  if (v->kind != SL_JSON_NUMBER && !(decimal && v->kind == SL_JSON_STRING)) return cannot_coerce(v, type, arena, err);
  switch (type->base) {
  case SL_INTEGER:
  case SL_BIGINT:
    if (!sl_json_int(v, &i) || (type->base == SL_INTEGER && (i < INT32_MIN || i > INT32_MAX)))
      return cannot_coerce(v, type, arena, err);
    *out = sl_of_i64(i);
    return 0;
  case SL_DOUBLE: {
    double f;
    if (!sl_double_parse(v->text, &f)) return cannot_coerce(v, type, arena, err);
    *out = sl_of_f64(f);
    return 0;
  }
  default:
    if (!sl_decimal_parse(arena, v->text, &d)) return cannot_coerce(v, type, arena, err);
    return sl_decimal_fit(arena, &d, type, SL_ROUND_HALF_UP, out, err);
  }
}

static int coerce_text(sl_arena *arena, const sl_type *type, const sl_json *v, sl_value *out, sl_err *err) {
  if (v->kind != SL_JSON_STRING) return cannot_coerce(v, type, arena, err);
  int64_t ticks = 0;
  int code = 0;
  sl_str bytes;
  switch (type->base) {
  case SL_STRING: *out = sl_of_str(v->text); return 0;
  case SL_BYTES:
    if (!sl_base64_decode(arena, v->text, &bytes)) return cannot_coerce(v, type, arena, err);
    *out = sl_of_str(bytes);
    return 0;
  case SL_DATE: code = sl_date_parse(v->text, &ticks, err); break;
  case SL_TIME: code = sl_time_parse(v->text, &ticks, err); break;
  default: code = sl_timestamp_parse(v->text, &ticks, err); break;
  }
  *out = sl_of_i64(ticks);
  return code;
}

/* Member of a row or struct by the identifier rule: upper-cased unless it is written in quotes. */
static const sl_json *member_of(const sl_json *object, sl_str name, sl_arena *arena) {
  for (size_t i = object->count; i-- > 0;) {
    sl_str key = object->members[i].name;
    bool quoted = key.len >= 2 && (key.ptr[0] == '`' || key.ptr[0] == '"') && key.ptr[key.len - 1] == key.ptr[0];
    key = quoted ? sl_str_n(key.ptr + 1, key.len - 2) : sl_str_upper(arena, key);
    if (sl_str_eq(key, name)) return object->members[i].value;
  }
  return NULL;
}

static int coerce_container(sl_arena *arena, const sl_type *type, const sl_json *v, sl_value *out, sl_err *err) {
  if (v->kind != (type->base == SL_ARRAY ? SL_JSON_ARRAY : SL_JSON_OBJECT)) return cannot_coerce(v, type, arena, err);
  if (type->base == SL_MAP && type->key->base != SL_STRING) return cannot_coerce(v, type, arena, err);
  size_t count = type->base == SL_STRUCT ? (size_t)type->field_count : v->count;
  sl_value *items = sl_arena_calloc(arena, 2 * count + 1, sizeof *items);
  for (size_t i = 0; i < count; i++) {
    const sl_json *item = type->base == SL_ARRAY ? v->items[i]
                          : type->base == SL_MAP ? v->members[i].value
                                                 : member_of(v, type->fields[i].name, arena);
    sl_value *slot = &items[type->base == SL_MAP ? 2 * i + 1 : i];
    if (type->base == SL_MAP) items[2 * i] = sl_of_str(v->members[i].name);
    if (!item) continue;
    int code = coerce(arena, type->base == SL_STRUCT ? type->fields[i].type : type->element, item, slot, err);
    if (code) return code;
  }
  *out = sl_of_items(items, (uint32_t)count);
  return 0;
}

static int coerce(sl_arena *arena, const sl_type *type, const sl_json *v, sl_value *out, sl_err *err) {
  *out = sl_null();
  if (v->kind == SL_JSON_NULL) return 0;
  switch (type->base) {
  case SL_BOOLEAN:
    if (v->kind != SL_JSON_TRUE && v->kind != SL_JSON_FALSE) return cannot_coerce(v, type, arena, err);
    *out = sl_of_bool(v->kind == SL_JSON_TRUE);
    return 0;
  case SL_INTEGER:
  case SL_BIGINT:
  case SL_DECIMAL:
  case SL_DOUBLE: return coerce_number(arena, type, v, out, err);
  case SL_ARRAY:
  case SL_MAP:
  case SL_STRUCT: return coerce_container(arena, type, v, out, err);
  default: return coerce_text(arena, type, v, out, err);
  }
}

/* Values of one side (key or value) of a row, encoded by the source's format. */
static int encode_side(sl_arena *arena, const sl_source *source, sl_column_kind kind, const sl_json *row, sl_str *out,
                       bool *null, sl_err *err) {
  bool is_key = kind == SL_COLUMN_KEY;
  int count = sl_schema_count(&source->schema, kind);
  sl_column *columns = sl_arena_calloc(arena, (size_t)count + 1, sizeof *columns);
  sl_value *values = sl_arena_calloc(arena, (size_t)count + 1, sizeof *values);
  for (int i = 0; i < count; i++) {
    columns[i] = *sl_schema_nth(&source->schema, kind, i);
    const sl_json *v = member_of(row, columns[i].name, arena);
    if (!v && is_key)
      return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Key field must be specified: " SL_STR_FMT,
                        SL_STR_ARG(columns[i].name));
    int code = v ? coerce(arena, columns[i].type, v, &values[i], err) : 0;
    if (code) return code;
  }
  sl_serde *serde;
  int code = sl_serde_new(is_key ? &source->key_format : &source->value_format, columns, count, is_key,
                          sl_str_z(arena, source->topic), &serde, err);
  if (code) return code;
  sl_buf buf = {0};
  code = sl_serde_encode(serde, values, &buf, null, err);
  *out = sl_str_dup(arena, sl_buf_str(&buf));
  if (!out->ptr) out->ptr = "";
  sl_buf_done(&buf);
  sl_serde_free(serde);
  return code;
}

/* The source rows of /inserts-stream may go to; messages of http-api.md 11. */
static int insert_target(sl_engine *engine, const sl_snapshot *snapshot, sl_str target, const sl_source **out,
                         sl_err *err) {
  const sl_source *source = sl_snapshot_source(snapshot, target);
  if (!source)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS,
                      "Cannot insert values into an unknown stream/table: `" SL_STR_FMT "`", SL_STR_ARG(target));
  if (source->window != SL_WINDOW_NONE)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot insert values into windowed stream/table");
  if (sl_topic_read_only(engine, source->topic))
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot insert values into read-only topic: " SL_STR_FMT,
                      SL_STR_ARG(source->topic));
  if (source->is_source)
    return sl_err_set(err, SL_E_STATEMENT, SL_NO_POS, "Cannot insert values into read-only %s: " SL_STR_FMT,
                      source->kind == SL_STREAM ? "stream" : "table", SL_STR_ARG(target));
  *out = source;
  return 0;
}

int sl_engine_insert_json(sl_engine *engine, sl_session *session, sl_str target, const sl_json *row, uint64_t *commit,
                          sl_err *err) {
  if (!sl_settings_bool(&session->settings, "ksql.insert.into.values.enabled"))
    return sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS,
                      "The server has disabled INSERT INTO ... VALUES functionality. To enable it, restart your ksqlDB "
                      "server with 'ksql.insert.into.values.enabled'=true");
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_snapshot *snapshot = sl_catalog_snapshot(engine->cat);
  const sl_source *source = NULL;
  int code = insert_target(engine, snapshot, target, &source, err);
  if (!code && row) {
    sl_str key, value;
    bool key_null = false, value_null = false;
    if (!sl_json_is(row, SL_JSON_OBJECT))
      code = sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Invalid JSON in inserts stream");
    if (!code) code = encode_side(&arena, source, SL_COLUMN_KEY, row, &key, &key_null, err);
    if (!code) code = encode_side(&arena, source, SL_COLUMN_VALUE, row, &value, &value_null, err);
    if (!code)
      code = write_record(engine, source, key_null ? NULL : &key, value_null ? NULL : &value,
                          sl_clock_wall_ms(engine->clock), commit, err);
  }
  sl_snapshot_unref(snapshot);
  sl_arena_done(&arena);
  return code;
}
