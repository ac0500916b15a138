/* Canonical text of names, types and expressions (sql.md 2.9). One printer serves both uses: messages and matching,
 * where names are bare, and the formatter, where they are back-quoted so that the text parses back to the same tree. */
#include "parser/parser_int.h"

/* ---- names ---- */
static bool is_word_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
}

/* Digits, or digits e digits: a number to the scanner. */
static bool is_number(sl_str s) {
  size_t i = 0;
  while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++;
  if (i == s.len) return true;
  if ((s.ptr[i] | 0x20) != 'e' || i + 1 == s.len) return false;
  for (i++; i < s.len; i++)
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
  return true;
}

static bool is_variable(sl_str s) {
  if (s.len < 4 || memcmp(s.ptr, "${", 2) || s.ptr[s.len - 1] != '}') return false;
  for (size_t i = 2; i < s.len - 1; i++)
    if (!is_word_char(s.ptr[i])) return false;
  return s.ptr[2] != '@' && (s.ptr[2] < '0' || s.ptr[2] > '9');
}

/* Could s be written as it is and be taken for a name? */
static bool is_bare(sl_str s) {
  if (!s.len || s.ptr[0] == '@') return false;
  for (size_t i = 0; i < s.len; i++)
    if (!is_word_char(s.ptr[i])) return false;
  if (s.ptr[0] >= '0' && s.ptr[0] <= '9') return !is_number(s);
  bool reserved = false;
  ast_keyword_text(ast_keyword_token(s), &reserved);
  return !reserved;
}

bool sl_name_needs_quotes(sl_str name) {
  if (is_variable(name)) return false;
  for (size_t i = 0; i < name.len; i++)
    if (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') return true;
  return !is_bare(name);
}

static void print_doubled(sl_buf *out, sl_str s, char quote) {
  sl_buf_add_byte(out, (uint8_t)quote);
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] == quote) sl_buf_add_byte(out, (uint8_t)quote);
    sl_buf_add_byte(out, (uint8_t)s.ptr[i]);
  }
  sl_buf_add_byte(out, (uint8_t)quote);
}

void ast_print_string(sl_buf *out, sl_str s) {
  print_doubled(out, s, '\'');
}

void ast_print_name(sl_buf *out, sl_str name, ast_quoting quoting) {
  bool quote = quoting == AST_QUOTED || (quoting == AST_QUOTED_IF_NEEDED && sl_name_needs_quotes(name));
  if (quoting == AST_QUOTED_IF_KEYWORD)
    quote = sl_name_needs_quotes(name) || ast_keyword_token(name) != SL_TK_IDENTIFIER;
  if (quote)
    print_doubled(out, name, '`');
  else
    sl_buf_add_str(out, name);
}

void sl_print_name(sl_buf *out, sl_str name) {
  ast_print_name(out, name, AST_QUOTED_IF_NEEDED);
}

void ast_print_kept(sl_buf *out, sl_str name, char quote) {
  if (is_bare(name) || is_variable(name))
    sl_buf_add_str(out, name);
  else
    print_doubled(out, name, quote);
}

/* ---- types ---- */
void sl_print_type(sl_buf *out, const sl_ast_type *type) {
  switch (type->kind) {
  case SL_AST_TYPE_NAME: sl_print_name(out, type->name); break;
  case SL_AST_TYPE_DECIMAL:
    sl_buf_printf(out, "DECIMAL(%lld, %lld)", (long long)type->precision, (long long)type->scale);
    break;
  case SL_AST_TYPE_ARRAY:
    sl_buf_add_z(out, "ARRAY<");
    sl_print_type(out, type->element);
    sl_buf_add_z(out, ">");
    break;
  case SL_AST_TYPE_MAP:
    sl_buf_add_z(out, "MAP<");
    sl_print_type(out, type->key);
    sl_buf_add_z(out, ", ");
    sl_print_type(out, type->element);
    sl_buf_add_z(out, ">");
    break;
  case SL_AST_TYPE_STRUCT:
    sl_buf_add_z(out, type->field_count ? "STRUCT<" : "STRUCT< ");
    for (int i = 0; i < type->field_count; i++) {
      if (i) sl_buf_add_z(out, ", ");
      sl_print_name(out, type->field_names[i]);
      sl_buf_add_z(out, " ");
      sl_print_type(out, type->field_types[i]);
    }
    sl_buf_add_z(out, ">");
    break;
  }
}

/* ---- expressions ---- */
static const char *const op_text[] = {
    [SL_OP_EQ] = "=",  [SL_OP_NE] = "<>", [SL_OP_LT] = "<",  [SL_OP_LE] = "<=",
    [SL_OP_GT] = ">",  [SL_OP_GE] = ">=", [SL_OP_ADD] = "+", [SL_OP_SUB] = "-",
    [SL_OP_MUL] = "*", [SL_OP_DIV] = "/", [SL_OP_MOD] = "%", [SL_OP_DISTINCT] = "IS DISTINCT FROM",
};

typedef struct printer {
  sl_buf *out;
  ast_quoting quoting;
} printer;

static void print(printer p, const sl_expr *e) {
  sl_print_expr(p.out, e, p.quoting != AST_BARE);
}
static void put(printer p, const char *z) {
  sl_buf_add_z(p.out, z);
}
static void name(printer p, sl_str s) {
  ast_print_name(p.out, s, p.quoting);
}

static void list(printer p, const sl_expr *e, int from) {
  for (int i = from; i < e->count; i++) {
    if (i > from) put(p, ", ");
    print(p, e->args[i]);
  }
}

static void infix(printer p, const sl_expr *e, const char *op) {
  put(p, "(");
  print(p, e->args[0]);
  sl_buf_printf(p.out, " %s ", op);
  print(p, e->args[1]);
  put(p, ")");
}

static void postfix(printer p, const sl_expr *e, const char *words) {
  put(p, "(");
  print(p, e->args[0]);
  put(p, words);
  put(p, ")");
}

static bool is_positive_number(const sl_expr *e) {
  bool number = e->kind == SL_EXPR_INTEGER || e->kind == SL_EXPR_DECIMAL || e->kind == SL_EXPR_DOUBLE;
  return number && e->text.ptr[0] != '-';
}

static void negate(printer p, const sl_expr *e) {
  const sl_expr *arg = e->args[0];
  bool number = is_positive_number(arg); /* "-5" would read back as a literal */
  put(p, number ? "-(" : "-");
  size_t at = p.out->len;
  print(p, arg);
  if (number) {
    put(p, ")");
  } else if (p.out->len > at && p.out->data[at] == '-') {
    sl_buf_add_byte(p.out, 0);
    memmove(p.out->data + at + 1, p.out->data + at, p.out->len - at - 1);
    p.out->data[at] = ' ';
  }
}

/* What [ ] and -> bind to: everything but these prints as one piece already. */
static void base(printer p, const sl_expr *e) {
  bool loose = e->kind == SL_EXPR_NEGATE || e->kind == SL_EXPR_PLUS || e->kind == SL_EXPR_AT_TIME_ZONE;
  bool array = e->kind == SL_EXPR_COLUMN && !e->source.len && sl_str_eq_z(e->name, "ARRAY");
  if (loose) put(p, "(");
  if (array && p.quoting != AST_BARE)
    put(p, "`ARRAY`");
  else
    print(p, e);
  if (loose) put(p, ")");
}

void ast_print_base(sl_buf *out, const sl_expr *expr) {
  base((printer){out, AST_QUOTED_IF_NEEDED}, expr);
}

static void column(printer p, const sl_expr *e) {
  if (e->source.len) {
    name(p, e->source);
    put(p, ".");
  }
  name(p, e->name);
}

static void between(printer p, const sl_expr *e) {
  put(p, "(");
  print(p, e->args[0]);
  put(p, " BETWEEN ");
  print(p, e->args[1]);
  put(p, " AND ");
  print(p, e->args[2]);
  put(p, ")");
}

static void like(printer p, const sl_expr *e) {
  put(p, "(");
  print(p, e->args[0]);
  put(p, " LIKE ");
  print(p, e->args[1]);
  if (e->text.len) {
    put(p, " ESCAPE ");
    ast_print_string(p.out, e->text);
  }
  put(p, ")");
}

static void in(printer p, const sl_expr *e) {
  put(p, "(");
  print(p, e->args[0]);
  put(p, " IN (");
  list(p, e, 1);
  put(p, "))");
}

static void choice(printer p, const sl_expr *e) {
  int at = 0, end = e->count - (e->flag ? 1 : 0);
  put(p, "(CASE");
  if (e->kind == SL_EXPR_SIMPLE_CASE) {
    put(p, " ");
    print(p, e->args[at++]);
  }
  for (; at + 1 < end; at += 2) {
    put(p, " WHEN ");
    print(p, e->args[at]);
    put(p, " THEN ");
    print(p, e->args[at + 1]);
  }
  if (e->flag) {
    put(p, " ELSE ");
    print(p, e->args[end]);
  }
  put(p, " END)");
}

static void cast(printer p, const sl_expr *e) {
  put(p, "CAST(");
  print(p, e->args[0]);
  put(p, " AS ");
  sl_print_type(p.out, e->type);
  put(p, ")");
}

static void map(printer p, const sl_expr *e) {
  put(p, "MAP(");
  for (int i = 0; i + 1 < e->count; i += 2) {
    if (i) put(p, ", ");
    print(p, e->args[i]);
    put(p, ":=");
    print(p, e->args[i + 1]);
  }
  put(p, ")");
}

static void structure(printer p, const sl_expr *e) {
  put(p, "STRUCT(");
  for (int i = 0; i < e->count; i++) {
    if (i) put(p, ", ");
    name(p, e->names[i]);
    put(p, ":=");
    print(p, e->args[i]);
  }
  put(p, ")");
}

static void print_function_name(sl_buf *out, sl_str name) {
  size_t at = out->len;
  ast_print_kept(out, name, '`');
  if (out->data[at] == '`' || is_variable(name)) return;
  for (size_t i = at; i < out->len; i++)
    if (out->data[i] >= 'a' && out->data[i] <= 'z') out->data[i] = (uint8_t)(out->data[i] - 'a' + 'A');
}

/* Functions are found whatever their case, so the formatter writes them as they fold when read again (messages say
 * concat for ||). Some words before '(' mean something else. */
static void call(printer p, const sl_expr *e) {
  bool special = sl_str_eq_nocase(e->name, sl_str_of("MAP")) || sl_str_eq_nocase(e->name, sl_str_of("STRUCT"));
  if (p.quoting == AST_BARE)
    sl_buf_add_str(p.out, e->name);
  else if (special)
    ast_print_name(p.out, e->name, AST_QUOTED);
  else
    print_function_name(p.out, e->name);
  put(p, "(");
  if (e->flag) put(p, "*");
  list(p, e, 0);
  put(p, ")");
}

static void lambda(printer p, const sl_expr *e) {
  put(p, "(");
  for (int i = 0; i < e->name_count; i++) {
    if (i) put(p, ", ");
    name(p, e->names[i]);
  }
  put(p, ") => ");
  print(p, e->args[0]);
}

void sl_print_expr(sl_buf *out, const sl_expr *e, bool quote) {
  printer p = {out, quote ? AST_QUOTED_IF_NEEDED : AST_BARE};
  switch (e->kind) {
  case SL_EXPR_NULL: put(p, "null"); break;
  case SL_EXPR_BOOLEAN: put(p, e->flag ? "true" : "false"); break;
  case SL_EXPR_INTEGER:
  case SL_EXPR_DECIMAL:
  case SL_EXPR_DOUBLE: sl_buf_add_str(out, e->text); break;
  case SL_EXPR_STRING: ast_print_string(out, e->text); break;
  case SL_EXPR_COLUMN: column(p, e); break;
  case SL_EXPR_VARIABLE: sl_buf_printf(out, "${" SL_STR_FMT "}", SL_STR_ARG(e->name)); break;
  case SL_EXPR_NOT:
    put(p, "(NOT ");
    print(p, e->args[0]);
    put(p, ")");
    break;
  case SL_EXPR_AND: infix(p, e, "AND"); break;
  case SL_EXPR_OR: infix(p, e, "OR"); break;
  case SL_EXPR_COMPARE:
  case SL_EXPR_ARITHMETIC: infix(p, e, op_text[e->op]); break;
  case SL_EXPR_IS_NULL: postfix(p, e, " IS NULL"); break;
  case SL_EXPR_IS_NOT_NULL: postfix(p, e, " IS NOT NULL"); break;
  case SL_EXPR_BETWEEN: between(p, e); break;
  case SL_EXPR_IN: in(p, e); break;
  case SL_EXPR_LIKE: like(p, e); break;
  case SL_EXPR_NEGATE: negate(p, e); break;
  case SL_EXPR_PLUS:
    put(p, "+");
    print(p, e->args[0]);
    break;
  case SL_EXPR_CASE:
  case SL_EXPR_SIMPLE_CASE: choice(p, e); break;
  case SL_EXPR_CAST: cast(p, e); break;
  case SL_EXPR_ARRAY:
    put(p, "ARRAY[");
    list(p, e, 0);
    put(p, "]");
    break;
  case SL_EXPR_MAP: map(p, e); break;
  case SL_EXPR_STRUCT: structure(p, e); break;
  case SL_EXPR_SUBSCRIPT:
    base(p, e->args[0]);
    put(p, "[");
    print(p, e->args[1]);
    put(p, "]");
    break;
  case SL_EXPR_DEREFERENCE:
    base(p, e->args[0]);
    put(p, "->");
    name(p, e->name);
    break;
  case SL_EXPR_STRUCT_ALL:
    base(p, e->args[0]);
    put(p, "->*");
    break;
  case SL_EXPR_CALL: call(p, e); break;
  case SL_EXPR_LAMBDA: lambda(p, e); break;
  case SL_EXPR_INTERVAL_UNIT: sl_buf_add_str(out, e->name); break;
  case SL_EXPR_AT_TIME_ZONE:
    base(p, e->args[0]);
    put(p, " AT TIME ZONE ");
    ast_print_string(out, e->text);
    break;
  case SL_EXPR_TYPED_STRING:
    name(p, e->name);
    put(p, " ");
    ast_print_string(out, e->text);
    break;
  case SL_EXPR_KIND_COUNT: break;
  }
}

const char *sl_expr_text(sl_arena *arena, const sl_expr *expr) {
  sl_buf out = {0};
  sl_print_expr(&out, expr, false);
  const char *text = sl_arena_dup(arena, out.data ? (const char *)out.data : "", out.len);
  sl_buf_done(&out);
  return text;
}
