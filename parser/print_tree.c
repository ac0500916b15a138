/* The tree as indented lines, for people and golden tests: a line a node, "@line:column" after it. Two statements have
 * the same lines without places exactly when they mean the same. */
#include "parser/parser_int.h"

typedef struct tree {
  sl_buf *out;
  int depth;
  bool places;
} tree;

/* A line: what, then fields printed by the caller, then end(). */
static void begin(tree t, const char *what) {
  for (int i = 0; i < t.depth; i++) sl_buf_add_z(t.out, "  ");
  sl_buf_add_z(t.out, what);
}

static void end(tree t, sl_pos pos) {
  if (t.places && pos.line) sl_buf_printf(t.out, " @%u:%u", pos.line, pos.column);
  sl_buf_add_z(t.out, "\n");
}

static tree below(tree t) {
  return (tree){t.out, t.depth + 1, t.places};
}

static void field_str(tree t, const char *label, sl_str s) {
  sl_buf_printf(t.out, " %s=", label);
  ast_print_name(t.out, s, AST_QUOTED);
}
static void field_text(tree t, const char *label, sl_str s) {
  sl_buf_printf(t.out, " %s=", label);
  ast_print_string(t.out, s);
}
static void field_flag(tree t, const char *label, bool set) {
  if (set) sl_buf_printf(t.out, " %s", label);
}
static void field_int(tree t, const char *label, int64_t v) {
  sl_buf_printf(t.out, " %s=%lld", label, (long long)v);
}
static void field_span(tree t, const char *label, const sl_span *span) {
  if (span->present) sl_buf_printf(t.out, " %s=%lld %s", label, (long long)span->value, ast_unit_name(span->unit));
}

/* ---- types, expressions ---- */
static void line_type(tree t, const sl_ast_type *type) {
  begin(t, "type ");
  sl_print_type(t.out, type);
  end(t, type->pos);
}

static const char *expr_word(sl_expr_kind kind) {
  static const char *const words[] = {
#define SL_EXPR(kind, doc) #kind,
#include "parser/exprs.def"
#undef SL_EXPR
  };
  return words[kind];
}

static void line_expr(tree t, const sl_expr *e) {
  static const char *const ops[] = {"", "=", "<>", "<", "<=", ">", ">=", "DISTINCT", "+", "-", "*", "/", "%"};
  begin(t, expr_word(e->kind));
  if (e->op) sl_buf_printf(t.out, " %s", ops[e->op]);
  if (e->source.len) field_str(t, "source", e->source);
  if (e->kind == SL_EXPR_CALL) {
    sl_arena arena;
    sl_arena_init(&arena, 0);
    field_str(t, "name", sl_str_upper(&arena, e->name)); /* found whatever the case */
    sl_arena_done(&arena);
  } else if (e->name.ptr) {
    field_str(t, "name", e->name);
  }
  if (e->text.ptr) field_text(t, "text", e->text);
  for (int i = 0; i < e->name_count; i++) field_str(t, "name", e->names[i]);
  if (e->kind == SL_EXPR_BOOLEAN)
    sl_buf_add_z(t.out, e->flag ? " true" : " false");
  else
    field_flag(t, e->kind == SL_EXPR_CALL ? "*" : "else", e->flag);
  end(t, e->pos);
  for (int i = 0; i < e->count; i++) line_expr(below(t), e->args[i]);
  if (e->type) line_type(below(t), e->type);
}

static void lines_exprs(tree t, const char *label, const sl_expr *const *exprs, int count, sl_pos pos) {
  begin(t, label);
  end(t, pos);
  for (int i = 0; i < count; i++) line_expr(below(t), exprs[i]);
}

/* ---- parts of statements ---- */
static void lines_with(tree t, const sl_properties *with) {
  for (int i = ast_property_next(with, -1); i >= 0; i = ast_property_next(with, i)) {
    begin(t, "property");
    field_str(t, "name", with->items[i].name);
    end(t, with->items[i].pos);
    line_expr(below(t), with->items[i].value);
  }
}

static void lines_elements(tree t, const sl_element *elements, int count) {
  static const char *const marks[] = {"value", "key", "primary-key", "headers", "header"};
  for (int i = 0; i < count; i++) {
    begin(t, "column ");
    sl_buf_add_z(t.out, marks[elements[i].kind]);
    field_str(t, "name", elements[i].name);
    if (elements[i].kind == SL_ELEMENT_HEADER) field_text(t, "key", elements[i].header_key);
    end(t, elements[i].pos);
    line_type(below(t), elements[i].type);
  }
}

static void line_relation(tree t, const char *label, const sl_relation *relation) {
  begin(t, label);
  field_str(t, "name", relation->name);
  field_str(t, "alias", relation->alias);
  end(t, relation->pos);
}

static void lines_join(tree t, const sl_join *join) {
  static const char *const kinds[] = {"inner", "left", "right", "outer"};
  begin(t, "join ");
  sl_buf_add_z(t.out, kinds[join->kind]);
  field_span(t, "before", &join->before);
  field_span(t, "after", &join->after);
  field_span(t, "grace", &join->grace);
  end(t, join->pos);
  line_relation(below(t), "with", &join->right);
  line_expr(below(t), join->on);
}

static void lines_item(tree t, const sl_select_item *item) {
  static const char *const kinds[] = {"item", "item *", "item source.*", "item struct->*"};
  begin(t, kinds[item->kind]);
  if (item->source.len) field_str(t, "source", item->source);
  if (item->alias.len) field_str(t, "alias", item->alias);
  end(t, item->pos);
  if (item->expr) line_expr(below(t), item->expr);
}

static void line_window(tree t, const sl_window *window) {
  static const char *const kinds[] = {"", "tumbling", "hopping", "session"};
  if (!window->kind) return;
  begin(t, "window ");
  sl_buf_add_z(t.out, kinds[window->kind]);
  field_span(t, "size", &window->size);
  field_span(t, "advance", &window->advance);
  field_span(t, "retention", &window->retention);
  field_span(t, "grace", &window->grace);
  end(t, window->pos);
}

static void lines_query(tree t, const sl_query_ast *q) {
  begin(t, "query");
  field_flag(t, "emit-changes", q->emit == SL_EMIT_CHANGES);
  field_flag(t, "emit-final", q->emit == SL_EMIT_FINAL);
  if (q->has_limit) field_int(t, "limit", q->limit);
  end(t, q->pos);
  tree in = below(t);
  for (int i = 0; i < q->item_count; i++) lines_item(in, &q->items[i]);
  line_relation(in, "from", &q->from);
  for (int i = 0; i < q->join_count; i++) lines_join(in, &q->joins[i]);
  line_window(in, &q->window);
  if (q->where) lines_exprs(in, "where", &q->where, 1, SL_NO_POS);
  if (q->has_group_by)
    lines_exprs(in, "group-by", (const sl_expr *const *)q->group_by, q->group_by_count, q->group_by_pos);
  if (q->has_partition_by)
    lines_exprs(in, "partition-by", (const sl_expr *const *)q->partition_by, q->partition_by_count,
                q->partition_by_pos);
  if (q->having) lines_exprs(in, "having", &q->having, 1, SL_NO_POS);
}

static void lines_row(tree t, bool has_columns, const sl_str *columns, int column_count, const sl_expr **values,
                      int value_count) {
  begin(t, "columns");
  if (!has_columns) sl_buf_add_z(t.out, " all");
  for (int i = 0; i < column_count; i++) {
    sl_buf_add_z(t.out, " ");
    ast_print_name(t.out, columns[i], AST_QUOTED);
  }
  end(t, SL_NO_POS);
  lines_exprs(t, "values", (const sl_expr *const *)values, value_count, SL_NO_POS);
}

static void field_kind(tree t, sl_source_kind kind) {
  sl_buf_add_z(t.out, kind == SL_TABLE ? " table" : " stream");
}

/* ---- statements: the fields of the first line, then the lines below it ---- */
static void source(tree t, sl_pos pos, const sl_stmt_create_source *s) {
  field_kind(t, s->source_kind);
  field_flag(t, "or-replace", s->or_replace);
  field_flag(t, "if-not-exists", s->if_not_exists);
  field_flag(t, "source", s->is_source);
  field_flag(t, "inferred", !s->has_elements);
  field_str(t, "name", s->name);
  end(t, pos);
  lines_elements(below(t), s->elements, s->element_count);
  lines_with(below(t), &s->with);
}

static void tree_create_source(tree t, const sl_statement *statement) {
  source(t, statement->pos, (const sl_stmt_create_source *)statement);
}
static void tree_assert_source(tree t, const sl_statement *statement) {
  source(t, statement->pos, &((const sl_stmt_assert_source *)statement)->source);
}

static void tree_create_as(tree t, const sl_statement *statement) {
  const sl_stmt_create_as *s = (const sl_stmt_create_as *)statement;
  field_kind(t, s->source_kind);
  field_flag(t, "or-replace", s->or_replace);
  field_flag(t, "if-not-exists", s->if_not_exists);
  field_str(t, "name", s->name);
  end(t, statement->pos);
  lines_with(below(t), &s->with);
  lines_query(below(t), s->query);
}

static void tree_insert_select(tree t, const sl_statement *statement) {
  const sl_stmt_insert_select *s = (const sl_stmt_insert_select *)statement;
  field_str(t, "target", s->target);
  end(t, statement->pos);
  lines_with(below(t), &s->with);
  lines_query(below(t), s->query);
}

static void tree_insert_values(tree t, const sl_statement *statement) {
  const sl_stmt_insert_values *s = (const sl_stmt_insert_values *)statement;
  field_str(t, "target", s->target);
  end(t, statement->pos);
  lines_row(below(t), s->has_columns, s->columns, s->column_count, s->values, s->value_count);
}

static void tree_assert_values(tree t, const sl_statement *statement) {
  const sl_stmt_assert_values *s = (const sl_stmt_assert_values *)statement;
  field_flag(t, "null", s->null_values);
  field_str(t, "source", s->source);
  end(t, statement->pos);
  lines_row(below(t), s->has_columns, s->columns, s->column_count, s->values, s->value_count);
}

static void tree_query(tree t, const sl_statement *statement) {
  end(t, statement->pos);
  lines_query(below(t), ((const sl_stmt_query *)statement)->query);
}

static void tree_drop_source(tree t, const sl_statement *statement) {
  const sl_stmt_drop_source *s = (const sl_stmt_drop_source *)statement;
  field_kind(t, s->source_kind);
  field_flag(t, "if-exists", s->if_exists);
  field_flag(t, "delete-topic", s->delete_topic);
  field_str(t, "name", s->name);
  end(t, statement->pos);
}

static void tree_alter_source(tree t, const sl_statement *statement) {
  const sl_stmt_alter_source *s = (const sl_stmt_alter_source *)statement;
  field_kind(t, s->source_kind);
  field_str(t, "name", s->name);
  end(t, statement->pos);
  lines_elements(below(t), s->columns, s->column_count);
}

static void tree_create_type(tree t, const sl_statement *statement) {
  const sl_stmt_create_type *s = (const sl_stmt_create_type *)statement;
  field_flag(t, "if-not-exists", s->if_not_exists);
  field_str(t, "name", s->name);
  end(t, statement->pos);
  line_type(below(t), s->type);
}

static void tree_drop_type(tree t, const sl_statement *statement) {
  const sl_stmt_drop_type *s = (const sl_stmt_drop_type *)statement;
  field_flag(t, "if-exists", s->if_exists);
  field_str(t, "name", s->name);
  end(t, statement->pos);
}

static void tree_create_connector(tree t, const sl_statement *statement) {
  const sl_stmt_create_connector *s = (const sl_stmt_create_connector *)statement;
  sl_buf_add_z(t.out, s->is_sink ? " sink" : " source");
  field_flag(t, "if-not-exists", s->if_not_exists);
  field_str(t, "name", s->name);
  end(t, statement->pos);
  lines_with(below(t), &s->with);
}

static void tree_drop_connector(tree t, const sl_statement *statement) {
  const sl_stmt_drop_connector *s = (const sl_stmt_drop_connector *)statement;
  field_flag(t, "if-exists", s->if_exists);
  field_str(t, "name", s->name);
  end(t, statement->pos);
}

static void tree_list(tree t, const sl_statement *statement) {
  static const char *const what[] = {"properties", "topics",  "streams", "tables",    "functions",
                                     "connectors", "plugins", "types",   "variables", "queries"};
  const sl_stmt_list *s = (const sl_stmt_list *)statement;
  sl_buf_printf(t.out, " %s", what[s->what]);
  field_flag(t, "all", s->all);
  field_flag(t, "source", s->only_source);
  field_flag(t, "sink", s->only_sink);
  field_flag(t, "extended", s->extended);
  end(t, statement->pos);
}

static void tree_describe(tree t, const sl_statement *statement) {
  static const char *const what[] = {"source", "streams", "tables", "function", "connector"};
  const sl_stmt_describe *s = (const sl_stmt_describe *)statement;
  sl_buf_printf(t.out, " %s", what[s->what]);
  field_flag(t, "extended", s->extended);
  if (s->name.ptr) field_str(t, "name", s->name);
  end(t, statement->pos);
}

static void lines_statement(tree t, const sl_statement *statement);

static void tree_explain(tree t, const sl_statement *statement) {
  const sl_stmt_explain *s = (const sl_stmt_explain *)statement;
  if (!s->statement) field_str(t, "id", s->query_id);
  end(t, statement->pos);
  if (s->statement) lines_statement(below(t), s->statement);
}

static void tree_print(tree t, const sl_statement *statement) {
  const sl_stmt_print *s = (const sl_stmt_print *)statement;
  field_str(t, "topic", s->topic);
  field_flag(t, "from-beginning", s->from_beginning);
  if (s->has_interval) field_int(t, "interval", s->interval);
  if (s->has_limit) field_int(t, "limit", s->limit);
  end(t, statement->pos);
}

static void tree_control(tree t, const sl_statement *statement) {
  static const char *const what[] = {"terminate", "pause", "resume"};
  const sl_stmt_control_query *s = (const sl_stmt_control_query *)statement;
  sl_buf_printf(t.out, " %s", what[s->what]);
  field_flag(t, "all", s->all);
  if (!s->all) field_str(t, "id", s->query_id);
  end(t, statement->pos);
}

static void tree_set(tree t, const sl_statement *statement) {
  static const char *const what[] = {"session", "unset", "system"};
  const sl_stmt_set *s = (const sl_stmt_set *)statement;
  sl_buf_printf(t.out, " %s", what[s->what]);
  field_text(t, "name", s->name);
  if (s->what != SL_SET_UNSET) field_text(t, "value", s->value);
  end(t, statement->pos);
}

static void tree_define(tree t, const sl_statement *statement) {
  const sl_stmt_define *s = (const sl_stmt_define *)statement;
  field_flag(t, "undefine", s->undefine);
  field_str(t, "name", s->name);
  if (!s->undefine) field_text(t, "value", s->value);
  end(t, statement->pos);
}

static void tree_assert_topic(tree t, const sl_statement *statement) {
  const sl_stmt_assert_topic *s = (const sl_stmt_assert_topic *)statement;
  field_flag(t, "not-exists", s->not_exists);
  field_str(t, "topic", s->topic);
  field_span(t, "timeout", &s->timeout);
  end(t, statement->pos);
  lines_with(below(t), &s->with);
}

static void tree_assert_schema(tree t, const sl_statement *statement) {
  const sl_stmt_assert_schema *s = (const sl_stmt_assert_schema *)statement;
  field_flag(t, "not-exists", s->not_exists);
  if (s->subject.len) field_str(t, "subject", s->subject);
  if (s->has_id) field_int(t, "id", s->id);
  field_span(t, "timeout", &s->timeout);
  end(t, statement->pos);
}

static void tree_run_script(tree t, const sl_statement *statement) {
  field_text(t, "path", ((const sl_stmt_run_script *)statement)->path);
  end(t, statement->pos);
}

static const struct {
  const char *word;
  void (*print)(tree t, const sl_statement *statement);
} statements[] = {
    [SL_STMT_CREATE_SOURCE] = {"create", tree_create_source},
    [SL_STMT_CREATE_AS] = {"create-as", tree_create_as},
    [SL_STMT_INSERT_SELECT] = {"insert-select", tree_insert_select},
    [SL_STMT_INSERT_VALUES] = {"insert-values", tree_insert_values},
    [SL_STMT_QUERY] = {"select", tree_query},
    [SL_STMT_DROP_SOURCE] = {"drop", tree_drop_source},
    [SL_STMT_ALTER_SOURCE] = {"alter", tree_alter_source},
    [SL_STMT_CREATE_TYPE] = {"create-type", tree_create_type},
    [SL_STMT_DROP_TYPE] = {"drop-type", tree_drop_type},
    [SL_STMT_CREATE_CONNECTOR] = {"create-connector", tree_create_connector},
    [SL_STMT_DROP_CONNECTOR] = {"drop-connector", tree_drop_connector},
    [SL_STMT_LIST] = {"show", tree_list},
    [SL_STMT_DESCRIBE] = {"describe", tree_describe},
    [SL_STMT_EXPLAIN] = {"explain", tree_explain},
    [SL_STMT_PRINT] = {"print", tree_print},
    [SL_STMT_CONTROL_QUERY] = {"control", tree_control},
    [SL_STMT_SET] = {"set", tree_set},
    [SL_STMT_DEFINE] = {"define", tree_define},
    [SL_STMT_ASSERT_TOPIC] = {"assert-topic", tree_assert_topic},
    [SL_STMT_ASSERT_SCHEMA] = {"assert-schema", tree_assert_schema},
    [SL_STMT_ASSERT_VALUES] = {"assert-values", tree_assert_values},
    [SL_STMT_ASSERT_SOURCE] = {"assert", tree_assert_source},
    [SL_STMT_RUN_SCRIPT] = {"run-script", tree_run_script},
};
_Static_assert(sizeof statements / sizeof *statements == SL_STATEMENT_KIND_COUNT, "every statement has a tree");

static void lines_statement(tree t, const sl_statement *statement) {
  begin(t, statements[statement->kind].word);
  statements[statement->kind].print(t, statement);
}

void sl_print_tree(sl_buf *out, const sl_statement *statement) {
  lines_statement((tree){out, 0, true}, statement);
}

void sl_print_shape(sl_buf *out, const sl_statement *statement) {
  lines_statement((tree){out, 0, false}, statement);
}
