/* The formatter's text of statements (sql.md 7.1): a printer a kind, found by the kind. CREATE ... ends with ';'. */
#include "parser/parser_int.h"

static void put(sl_buf *out, const char *z) {
  sl_buf_add_z(out, z);
}
static void put_if(sl_buf *out, bool yes, const char *z) {
  if (yes) sl_buf_add_z(out, z);
}
static const char *kind_word(sl_source_kind kind) {
  return kind == SL_TABLE ? "TABLE" : "STREAM";
}

/* ---- parts ---- */
static int property_order(const sl_properties *with, int a, int b) {
  int order = sl_str_cmp(with->items[a].name, with->items[b].name);
  return order ? order : a - b;
}

int ast_property_next(const sl_properties *with, int prev) {
  int next = -1;
  for (int i = 0; i < with->count; i++) {
    bool later = prev < 0 || property_order(with, i, prev) > 0;
    if (later && (next < 0 || property_order(with, i, next) < 0)) next = i;
  }
  return next;
}

static void print_with(sl_buf *out, const sl_properties *with) {
  if (!with->count) return;
  put(out, " WITH (");
  for (int i = ast_property_next(with, -1), n = 0; i >= 0; i = ast_property_next(with, i), n++) {
    put_if(out, n > 0, ", ");
    sl_print_name(out, with->items[i].name);
    put(out, "=");
    sl_print_expr(out, with->items[i].value, true);
  }
  put(out, ")");
}

static void print_element(sl_buf *out, const sl_element *element) {
  static const char *const marks[] = {[SL_ELEMENT_VALUE] = "",
                                      [SL_ELEMENT_KEY] = " KEY",
                                      [SL_ELEMENT_PRIMARY_KEY] = " PRIMARY KEY",
                                      [SL_ELEMENT_HEADERS] = " HEADERS",
                                      [SL_ELEMENT_HEADER] = " HEADER("};
  sl_print_name(out, element->name);
  put(out, " ");
  sl_print_type(out, element->type);
  put(out, marks[element->kind]);
  if (element->kind != SL_ELEMENT_HEADER) return;
  ast_print_string(out, element->header_key);
  put(out, ")");
}

static void print_names(sl_buf *out, const sl_str *names, int count) {
  put(out, " (");
  for (int i = 0; i < count; i++) {
    put_if(out, i > 0, ", ");
    sl_print_name(out, names[i]);
  }
  put(out, ")");
}

static void print_values(sl_buf *out, const char *word, const sl_expr **values, int count) {
  put(out, word);
  ast_print_exprs(out, (const sl_expr *const *)values, count);
  put(out, ")");
}

static void print_declaration(sl_buf *out, const sl_stmt_create_source *s) {
  put(out, kind_word(s->source_kind));
  put_if(out, s->if_not_exists, " IF NOT EXISTS");
  put(out, " ");
  sl_print_name(out, s->name);
  if (s->has_elements) {
    put(out, " (");
    for (int i = 0; i < s->element_count; i++) {
      put_if(out, i > 0, ", ");
      print_element(out, &s->elements[i]);
    }
    put(out, ")");
  }
  print_with(out, &s->with);
}

/* ---- data definition ---- */
static void print_create_source(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_create_source *s = (const sl_stmt_create_source *)statement;
  put(out, s->or_replace ? "CREATE OR REPLACE " : "CREATE ");
  put_if(out, s->is_source, "SOURCE ");
  print_declaration(out, s);
  put(out, ";");
}

static void print_assert_source(sl_buf *out, const sl_statement *statement) {
  put(out, "ASSERT ");
  print_declaration(out, &((const sl_stmt_assert_source *)statement)->source);
}

static void print_create_as(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_create_as *s = (const sl_stmt_create_as *)statement;
  put(out, s->or_replace ? "CREATE OR REPLACE " : "CREATE ");
  put(out, kind_word(s->source_kind));
  put_if(out, s->if_not_exists, " IF NOT EXISTS");
  put(out, " ");
  sl_print_name(out, s->name);
  print_with(out, &s->with);
  put(out, " AS ");
  sl_print_query(out, s->query);
  put(out, ";");
}

static void print_drop_source(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_drop_source *s = (const sl_stmt_drop_source *)statement;
  sl_buf_printf(out, "DROP %s%s ", kind_word(s->source_kind), s->if_exists ? " IF EXISTS" : "");
  sl_print_name(out, s->name);
  put_if(out, s->delete_topic, " DELETE TOPIC");
}

static void print_alter_source(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_alter_source *s = (const sl_stmt_alter_source *)statement;
  sl_buf_printf(out, "ALTER %s ", kind_word(s->source_kind));
  sl_print_name(out, s->name);
  for (int i = 0; i < s->column_count; i++) {
    put(out, i ? ", ADD COLUMN " : " ADD COLUMN ");
    print_element(out, &s->columns[i]);
  }
}

static void print_create_type(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_create_type *s = (const sl_stmt_create_type *)statement;
  put(out, s->if_not_exists ? "CREATE TYPE IF NOT EXISTS " : "CREATE TYPE ");
  sl_print_name(out, s->name);
  put(out, " AS ");
  sl_print_type(out, s->type);
  put(out, ";");
}

static void print_drop_type(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_drop_type *s = (const sl_stmt_drop_type *)statement;
  put(out, s->if_exists ? "DROP TYPE IF EXISTS " : "DROP TYPE ");
  sl_print_name(out, s->name);
}

static void print_create_connector(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_create_connector *s = (const sl_stmt_create_connector *)statement;
  put(out, s->is_sink ? "CREATE SINK CONNECTOR " : "CREATE SOURCE CONNECTOR ");
  put_if(out, s->if_not_exists, "IF NOT EXISTS ");
  sl_print_name(out, s->name);
  print_with(out, &s->with);
  put(out, ";");
}

static void print_drop_connector(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_drop_connector *s = (const sl_stmt_drop_connector *)statement;
  put(out, s->if_exists ? "DROP CONNECTOR IF EXISTS " : "DROP CONNECTOR ");
  sl_print_name(out, s->name);
}

/* ---- queries and rows ---- */
static void print_query_statement(sl_buf *out, const sl_statement *statement) {
  sl_print_query(out, ((const sl_stmt_query *)statement)->query);
}

static void print_insert_select(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_insert_select *s = (const sl_stmt_insert_select *)statement;
  put(out, "INSERT INTO ");
  sl_print_name(out, s->target);
  print_with(out, &s->with);
  put(out, " ");
  sl_print_query(out, s->query);
}

static void print_insert_values(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_insert_values *s = (const sl_stmt_insert_values *)statement;
  put(out, "INSERT INTO ");
  sl_print_name(out, s->target);
  if (s->has_columns) print_names(out, s->columns, s->column_count);
  print_values(out, " VALUES (", s->values, s->value_count);
}

static void print_assert_values(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_assert_values *s = (const sl_stmt_assert_values *)statement;
  put(out, s->null_values ? "ASSERT NULL VALUES " : "ASSERT VALUES ");
  sl_print_name(out, s->source);
  if (s->has_columns) print_names(out, s->columns, s->column_count);
  print_values(out, s->null_values ? " KEY (" : " VALUES (", s->values, s->value_count);
}

/* ---- administration ---- */
static void print_list(sl_buf *out, const sl_statement *statement) {
  static const char *const what[] = {"PROPERTIES",        "TOPICS", "STREAMS",   "TABLES", "FUNCTIONS", "CONNECTORS",
                                     "CONNECTOR PLUGINS", "TYPES",  "VARIABLES", "QUERIES"};
  const sl_stmt_list *s = (const sl_stmt_list *)statement;
  put(out, "SHOW ");
  put_if(out, s->all, "ALL ");
  put_if(out, s->only_source, "SOURCE ");
  put_if(out, s->only_sink, "SINK ");
  put(out, what[s->what]);
  put_if(out, s->extended, " EXTENDED");
}

static void print_describe(sl_buf *out, const sl_statement *statement) {
  static const char *const words[] = {"", "STREAMS", "TABLES", "FUNCTION ", "CONNECTOR "};
  const sl_stmt_describe *s = (const sl_stmt_describe *)statement;
  bool function = s->what == SL_DESCRIBE_FUNCTION, source = s->what == SL_DESCRIBE_SOURCE;
  put(out, "DESCRIBE ");
  put(out, words[s->what]);
  if (function)
    ast_print_kept(out, s->name, '`');
  else if (s->name.len || source)
    ast_print_name(out, s->name, source ? AST_QUOTED_IF_KEYWORD : AST_QUOTED_IF_NEEDED);
  put_if(out, s->extended, " EXTENDED");
}

static void print_explain(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_explain *s = (const sl_stmt_explain *)statement;
  put(out, "EXPLAIN ");
  if (s->statement)
    sl_print_statement(out, s->statement);
  else
    ast_print_name(out, s->query_id, AST_QUOTED_IF_KEYWORD);
  /* The statement inside may have brought its own. */
  if (out->len && out->data[out->len - 1] == ';') out->len--;
}

static void print_print(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_print *s = (const sl_stmt_print *)statement;
  put(out, "PRINT ");
  ast_print_kept(out, s->topic, '\'');
  put_if(out, s->from_beginning, " FROM BEGINNING");
  if (s->has_interval) sl_buf_printf(out, " INTERVAL %lld", (long long)s->interval);
  if (s->has_limit) sl_buf_printf(out, " LIMIT %lld", (long long)s->limit);
}

static void print_control(sl_buf *out, const sl_statement *statement) {
  static const char *const words[] = {"TERMINATE ", "PAUSE ", "RESUME "};
  const sl_stmt_control_query *s = (const sl_stmt_control_query *)statement;
  put(out, words[s->what]);
  if (s->all)
    put(out, "ALL");
  else
    sl_print_name(out, s->query_id);
}

static void print_set(sl_buf *out, const sl_statement *statement) {
  static const char *const words[] = {"SET ", "UNSET ", "ALTER SYSTEM "};
  const sl_stmt_set *s = (const sl_stmt_set *)statement;
  put(out, words[s->what]);
  ast_print_string(out, s->name);
  if (s->what == SL_SET_UNSET) return;
  put(out, "=");
  ast_print_string(out, s->value);
}

static void print_define(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_define *s = (const sl_stmt_define *)statement;
  put(out, s->undefine ? "UNDEFINE " : "DEFINE ");
  sl_buf_add_str(out, s->name);
  if (s->undefine) return;
  put(out, "=");
  ast_print_string(out, s->value);
}

static void print_assert_topic(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_assert_topic *s = (const sl_stmt_assert_topic *)statement;
  put(out, s->not_exists ? "ASSERT NOT EXISTS TOPIC " : "ASSERT TOPIC ");
  ast_print_kept(out, s->topic, '\'');
  print_with(out, &s->with);
  ast_print_span(out, " TIMEOUT ", &s->timeout);
}

static void print_assert_schema(sl_buf *out, const sl_statement *statement) {
  const sl_stmt_assert_schema *s = (const sl_stmt_assert_schema *)statement;
  put(out, s->not_exists ? "ASSERT NOT EXISTS SCHEMA" : "ASSERT SCHEMA");
  if (s->subject.len) {
    put(out, " SUBJECT ");
    ast_print_kept(out, s->subject, '\'');
  }
  if (s->has_id) sl_buf_printf(out, " ID %lld", (long long)s->id);
  ast_print_span(out, " TIMEOUT ", &s->timeout);
}

static void print_run_script(sl_buf *out, const sl_statement *statement) {
  put(out, "RUN SCRIPT ");
  ast_print_string(out, ((const sl_stmt_run_script *)statement)->path);
}

static void (*const printers[])(sl_buf *out, const sl_statement *statement) = {
    [SL_STMT_CREATE_SOURCE] = print_create_source,
    [SL_STMT_CREATE_AS] = print_create_as,
    [SL_STMT_INSERT_SELECT] = print_insert_select,
    [SL_STMT_INSERT_VALUES] = print_insert_values,
    [SL_STMT_QUERY] = print_query_statement,
    [SL_STMT_DROP_SOURCE] = print_drop_source,
    [SL_STMT_ALTER_SOURCE] = print_alter_source,
    [SL_STMT_CREATE_TYPE] = print_create_type,
    [SL_STMT_DROP_TYPE] = print_drop_type,
    [SL_STMT_CREATE_CONNECTOR] = print_create_connector,
    [SL_STMT_DROP_CONNECTOR] = print_drop_connector,
    [SL_STMT_LIST] = print_list,
    [SL_STMT_DESCRIBE] = print_describe,
    [SL_STMT_EXPLAIN] = print_explain,
    [SL_STMT_PRINT] = print_print,
    [SL_STMT_CONTROL_QUERY] = print_control,
    [SL_STMT_SET] = print_set,
    [SL_STMT_DEFINE] = print_define,
    [SL_STMT_ASSERT_TOPIC] = print_assert_topic,
    [SL_STMT_ASSERT_SCHEMA] = print_assert_schema,
    [SL_STMT_ASSERT_VALUES] = print_assert_values,
    [SL_STMT_ASSERT_SOURCE] = print_assert_source,
    [SL_STMT_RUN_SCRIPT] = print_run_script,
};
_Static_assert(sizeof printers / sizeof *printers == SL_STATEMENT_KIND_COUNT, "every statement has a printer");

void sl_print_statement(sl_buf *out, const sl_statement *statement) {
  printers[statement->kind](out, statement);
}

const char *sl_statement_words(sl_statement_kind kind) {
  static const char *const words[] = {
#define SL_STATEMENT(kind, type, words, everywhere) words,
#include "parser/statements.def"
#undef SL_STATEMENT
  };
  return words[kind];
}
