/* DESCRIBE and EXPLAIN answers (cli.md 7.1 to 7.4). */
#include <time.h>

#include "shell/display_int.h"

static void label(sl_output *out, const char *name, sl_str value) {
  sl_output_print(out, "%-20s : " SL_STR_FMT "\n", name, SL_STR_ARG(value));
}

/* An empty line first. */
static sl_output *after_gap(sl_output *out) {
  sl_output_write(out, sl_str_of("\n"));
  return out;
}

static void heading(sl_output *out, const char *title) {
  sl_output_print(out, "\n%s\n", title);
  for (size_t i = 0; i < strlen(title); i++) sl_output_write(out, sl_str_of("-"));
  sl_output_write(out, sl_str_of("\n"));
}

/* ---- fields ---- */

static sl_str field_type(sl_arena *arena, const sl_json *field, sl_str window, bool table, bool keys) {
  sl_str type = sl_type_words(arena, sl_json_get(field, "schema")), kind = sl_member_text(field, "type", "");
  sl_str header = sl_member_text(field, "headerKey", "");
  if (sl_str_eq_z(kind, "HEADER") && header.len)
    return sl_str_printf(arena, "%-16s (header('" SL_STR_FMT "'))", sl_str_z(arena, type), SL_STR_ARG(header));
  if (sl_str_eq_z(kind, "HEADER")) return sl_str_printf(arena, "%-16s (headers)", sl_str_z(arena, type));
  if (!keys || !sl_str_eq_z(kind, "KEY")) return type;
  sl_str text = sl_str_printf(arena, "%-16s %s", sl_str_z(arena, type), table ? "(primary key)" : "(key)");
  if (!window.len) return text;
  return sl_str_printf(arena, SL_STR_FMT " (Window type: " SL_STR_FMT ")", SL_STR_ARG(text), SL_STR_ARG(window));
}

static void print_fields(sl_display *display, sl_arena *arena, const sl_json *described, bool keys) {
  static const char *const TITLES[] = {"Field", "Type"};
  const sl_json *fields = sl_member_list(described, "fields");
  bool is_table = sl_str_eq_z(sl_member_text(described, "type", ""), "TABLE");
  sl_str window = sl_member_text(described, "windowType", "");
  sl_text_table table;
  if (!fields->count) return;
  sl_text_table_init(&table, arena, 2, TITLES);
  for (size_t i = 0; i < fields->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = sl_member_text(fields->items[i], "name", "");
    row[1] = field_type(arena, fields->items[i], window, is_table, keys);
  }
  sl_text_table_print(&table, display->out);
}

/* ---- DESCRIBE ---- */

static void print_constraints(sl_display *display, const sl_json *d) {
  const sl_json *names = sl_member_list(d, "sourceConstraints");
  if (!names->count) return;
  heading(display->out, "Sources that have a DROP constraint on this source");
  for (size_t i = 0; i < names->count; i++) sl_output_line(display->out, names->items[i]->text);
}

static void print_query_refs(sl_display *display, sl_arena *arena, const sl_json *d, const char *member,
                             const char *verb) {
  const sl_json *queries = sl_member_list(d, member);
  if (!queries->count) return;
  heading(display->out, sl_arena_printf(arena, "Queries that %s from this " SL_STR_FMT, verb,
                                        SL_STR_ARG(sl_member_text(d, "type", "STREAM"))));
  for (size_t i = 0; i < queries->count; i++) {
    const sl_json *q = queries->items[i];
    sl_output_print(display->out, SL_STR_FMT " (" SL_STR_FMT ") : " SL_STR_FMT "\n",
                    SL_STR_ARG(sl_member_text(q, "id", "")), SL_STR_ARG(sl_member_text(q, "state", "")),
                    SL_STR_ARG(sl_one_line(arena, sl_member_text(q, "queryString", ""))));
  }
  sl_output_write(display->out, sl_str_of("\nFor query topology and execution plan please run: EXPLAIN <QueryId>\n"));
}

static sl_str time_text(sl_arena *arena, int64_t ms) {
  char text[64] = "n/a";
  time_t seconds = (time_t)(ms / 1000);
  struct tm tm;
  if (ms > 0 && gmtime_r(&seconds, &tm)) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  return ms > 0 ? sl_str_printf(arena, "%s.%03dZ", text, (int)(ms % 1000)) : sl_str_printf(arena, "%s", text);
}

static void add_stats(sl_text_table *table, const sl_json *stats) {
  for (size_t i = 0; i < stats->count; i++) {
    const sl_json *s = stats->items[i];
    sl_str value = sl_member_text(s, "value", "0");
    size_t whole = 0;
    while (whole < value.len && value.ptr[whole] != '.') whole++;
    sl_str *row = sl_text_table_row(table);
    row[0] = sl_member_text(s, "host", "");
    row[1] = sl_member_text(s, "name", "");
    row[2] = sl_str_printf(table->arena, "%10.*s", (int)whole, value.ptr);
    row[3] = time_text(table->arena, sl_member_int(s, "timestamp"));
  }
}

static void print_statistics(sl_display *display, sl_arena *arena, const sl_json *d) {
  static const char *const TITLES[] = {"Host", "Metric", "Value", "Last Message"};
  const sl_json *stats = sl_member_list(d, "clusterStatistics"), *errors = sl_member_list(d, "clusterErrorStats");
  if (stats->count || errors->count) {
    sl_text_table table;
    heading(display->out, "Runtime statistics by host");
    sl_text_table_init(&table, arena, 4, TITLES);
    add_stats(&table, stats);
    add_stats(&table, errors);
    sl_text_table_print(&table, display->out);
  } else {
    heading(display->out, "Local runtime statistics");
    sl_output_line(display->out, sl_member_text(d, "statistics", ""));
    sl_output_line(display->out, sl_member_text(d, "errorStats", ""));
  }
  sl_output_print(display->out,
                  "(Statistics of the local KSQL server interaction with the Kafka topic " SL_STR_FMT ")\n",
                  SL_STR_ARG(sl_member_text(d, "topic", "")));
}

static void print_topic_offsets(sl_display *display, sl_arena *arena, const sl_json *topic) {
  static const char *const TITLES[] = {"Partition", "Start Offset", "End Offset", "Offset", "Lag"};
  const sl_json *offsets = sl_member_list(topic, "offsets");
  int64_t max_lag = 0;
  sl_text_table table;
  sl_text_table_init(&table, arena, 5, TITLES);
  for (size_t i = 0; i < offsets->count; i++) {
    const sl_json *o = offsets->items[i];
    int64_t lag = sl_member_int(o, "logEndOffset") - sl_member_int(o, "consumerOffset");
    if (lag > max_lag) max_lag = lag;
    sl_str *row = sl_text_table_row(&table);
    row[0] = sl_member_text(o, "partition", "");
    row[1] = sl_member_text(o, "logStartOffset", "");
    row[2] = sl_member_text(o, "logEndOffset", "");
    row[3] = sl_member_text(o, "consumerOffset", "");
    row[4] = sl_str_printf(arena, "%lld", (long long)lag);
  }
  label(after_gap(display->out), "Kafka topic", sl_member_text(topic, "kafkaTopic", ""));
  label(display->out, "Max lag", sl_str_printf(arena, "%lld", (long long)max_lag));
  sl_output_write(display->out, sl_str_of("\n"));
  sl_text_table_print(&table, display->out);
}

static void print_groups(sl_display *display, sl_arena *arena, const sl_json *d) {
  const sl_json *groups = sl_member_list(d, "queryOffsetSummaries");
  if (!groups->count) return;
  sl_output_write(display->out, sl_str_of("\nConsumer Groups summary:\n"));
  for (size_t i = 0; i < groups->count; i++) {
    const sl_json *topics = sl_member_list(groups->items[i], "topicSummaries");
    label(after_gap(display->out), "Consumer Group", sl_member_text(groups->items[i], "groupId", ""));
    if (!topics->count) sl_output_write(display->out, sl_str_of("<no offsets committed by this group yet>\n"));
    for (size_t t = 0; t < topics->count; t++) print_topic_offsets(display, arena, topics->items[t]);
  }
}

static void print_source(sl_display *display, sl_arena *arena, const sl_json *d) {
  sl_output *out = display->out;
  bool extended = sl_member_true(d, "extended");
  sl_str timestamp = sl_member_text(d, "timestamp", "");
  label(out, "Name", sl_member_text(d, "name", ""));
  if (extended) {
    label(out, "Type", sl_member_text(d, "type", ""));
    label(out, "Timestamp field", timestamp.len ? timestamp : sl_str_of("Not set - using <ROWTIME>"));
    label(out, "Key format", sl_member_text(d, "keyFormat", ""));
    label(out, "Value format", sl_member_text(d, "valueFormat", ""));
    label(out, "Kafka topic",
          sl_str_printf(arena, SL_STR_FMT " (partitions: " SL_STR_FMT ", replication: " SL_STR_FMT ")",
                        SL_STR_ARG(sl_member_text(d, "topic", "")), SL_STR_ARG(sl_member_text(d, "partitions", "0")),
                        SL_STR_ARG(sl_member_text(d, "replication", "0"))));
    label(out, "Statement", sl_member_text(d, "statement", ""));
    sl_output_write(out, sl_str_of("\n"));
  }
  print_fields(display, arena, d, true);
  if (!extended) {
    sl_output_line(out, sl_str_of("For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;"));
    return;
  }
  print_constraints(display, d);
  print_query_refs(display, arena, d, "readQueries", "read");
  print_query_refs(display, arena, d, "writeQueries", "write");
  print_statistics(display, arena, d);
  print_groups(display, arena, d);
}

void sl_describe_print_source(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_source(display, arena, sl_json_get(entity, "sourceDescription"));
}

void sl_describe_print_sources(sl_display *display, sl_arena *arena, const sl_json *entity) {
  const sl_json *list = sl_member_list(entity, "sourceDescriptions");
  for (size_t i = 0; i < list->count; i++) {
    print_source(display, arena, list->items[i]);
    sl_output_write(display->out, sl_str_of("\n"));
  }
}

/* ---- EXPLAIN ---- */

static void print_names(sl_display *display, const sl_json *q, const char *member, const char *title) {
  const sl_json *names = sl_member_list(q, member);
  if (!names->count) return;
  heading(display->out, title);
  for (size_t i = 0; i < names->count; i++) sl_output_line(display->out, names->items[i]->text);
}

static void print_overrides(sl_display *display, sl_arena *arena, const sl_json *q) {
  static const char *const TITLES[] = {"Property", "Value"};
  const sl_json *values = sl_member_map(q, "overriddenProperties");
  if (!values->count) return;
  sl_text_table table;
  heading(display->out, "Overridden Properties");
  sl_text_table_init(&table, arena, 2, TITLES);
  for (size_t i = 0; i < values->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = values->members[i].name;
    row[1] = sl_json_is(values->members[i].value, SL_JSON_NULL) ? sl_str_of("NULL") : values->members[i].value->text;
  }
  sl_text_table_print(&table, display->out);
}

static void print_errors(sl_display *display, sl_arena *arena, const sl_json *q) {
  const sl_json *errors = sl_member_list(q, "queryErrors");
  for (size_t i = 0; i < errors->count; i++) {
    const sl_json *e = errors->items[i];
    int64_t ms = sl_member_int(e, "timestamp");
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char date[64] = "", zone[32] = "";
    if (localtime_r(&seconds, &tm)) {
      strftime(date, sizeof date, "%Y-%m-%d %I:%M:%S", &tm);
      strftime(zone, sizeof zone, "%Z", &tm);
    }
    label(after_gap(display->out), "Error Date", sl_str_printf(arena, "%s,%03d (%s)", date, (int)(ms % 1000), zone));
    label(display->out, "Error Details", sl_member_text(e, "errorMessage", ""));
    label(display->out, "Error Type", sl_member_text(e, "type", ""));
  }
}

static sl_str host_status(sl_arena *arena, const sl_json *q) {
  const sl_json *hosts = sl_member_map(q, "ksqlHostQueryStatus");
  sl_buf buf = {0};
  sl_buf_add_byte(&buf, '{');
  for (size_t i = 0; i < hosts->count; i++)
    sl_buf_printf(&buf, "%s" SL_STR_FMT "=" SL_STR_FMT, i ? ", " : "", SL_STR_ARG(hosts->members[i].name),
                  SL_STR_ARG(hosts->members[i].value->text));
  sl_buf_add_byte(&buf, '}');
  sl_str text = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return text;
}

static void print_query(sl_display *display, sl_arena *arena, const sl_json *q) {
  sl_output *out = display->out;
  sl_str id = sl_member_text(q, "id", "");
  if (id.len) label(out, "ID", id);
  label(out, "Query Type", sl_member_text(q, "queryType", ""));
  label(out, "SQL", sl_member_text(q, "statementText", ""));
  if (sl_member_map(q, "ksqlHostQueryStatus")->count) label(out, "Host Query Status", host_status(arena, q));
  sl_output_write(out, sl_str_of("\n"));
  print_fields(display, arena, q, false);
  print_names(display, q, "sources", "Sources that this query reads from: ");
  print_names(display, q, "sinks", "Sinks that this query writes to: ");
  heading(out, "Execution plan");
  sl_output_line(out, sl_member_text(q, "executionPlan", ""));
  heading(out, "Processing topology");
  sl_output_line(out, sl_member_text(q, "topology", ""));
  print_overrides(display, arena, q);
  print_errors(display, arena, q);
}

void sl_describe_print_query(sl_display *display, sl_arena *arena, const sl_json *entity) {
  print_query(display, arena, sl_json_get(entity, "queryDescription"));
}

void sl_describe_print_queries(sl_display *display, sl_arena *arena, const sl_json *entity) {
  const sl_json *list = sl_member_list(entity, "queryDescriptions");
  for (size_t i = 0; i < list->count; i++) {
    print_query(display, arena, list->items[i]);
    sl_output_write(display->out, sl_str_of("\n"));
  }
}

/* ---- DESCRIBE CONNECTOR ---- */

static void print_connector_sources(sl_display *display, sl_arena *arena, const sl_json *entity) {
  static const char *const TITLES[] = {"KSQL Source Name", "Kafka Topic", "Type"};
  const sl_json *sources = sl_member_list(entity, "sources"), *topics = sl_member_list(entity, "topics");
  sl_text_table table;
  sl_text_table_init(&table, arena, 3, TITLES);
  for (size_t i = 0; i < sources->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = sl_member_text(sources->items[i], "name", "");
    row[1] = sl_member_text(sources->items[i], "topic", "");
    row[2] = sl_member_text(sources->items[i], "type", "");
  }
  sl_output_write(display->out, sl_str_of("\n"));
  if (sources->count) sl_text_table_print(&table, display->out);
  if (topics->count) heading(display->out, "Related Topics");
  for (size_t i = 0; i < topics->count; i++) sl_output_line(display->out, topics->items[i]->text);
}

void sl_describe_print_connector(sl_display *display, sl_arena *arena, const sl_json *entity) {
  static const char *const TITLES[] = {"Task ID", "State", "Error Trace"};
  const sl_json *status = sl_json_get(entity, "status"), *connector = sl_json_get(status, "connector");
  const sl_json *tasks = sl_member_list(status, "tasks");
  sl_str trace = sl_member_text(connector, "trace", "");
  sl_text_table table;
  label(display->out, "Name", sl_member_text(status, "name", ""));
  label(display->out, "Class", sl_member_text(entity, "connectorClass", ""));
  label(display->out, "Type", sl_member_text(status, "type", ""));
  label(display->out, "State", sl_member_text(connector, "state", ""));
  label(display->out, "WorkerId", sl_member_text(connector, "worker_id", ""));
  if (trace.len) label(display->out, "Trace", trace);
  sl_text_table_init(&table, arena, 3, TITLES);
  for (size_t i = 0; i < tasks->count; i++) {
    sl_str *row = sl_text_table_row(&table);
    row[0] = sl_member_text(tasks->items[i], "id", "");
    row[1] = sl_member_text(tasks->items[i], "state", "");
    row[2] = sl_member_text(tasks->items[i], "trace", "");
  }
  sl_output_write(display->out, sl_str_of("\n"));
  if (tasks->count) sl_text_table_print(&table, display->out);
  print_connector_sources(display, arena, entity);
}
