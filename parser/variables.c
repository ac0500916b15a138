/* Replacing ${name} (sql.md 1.8). The text is parsed once to learn where each reference stands, since that decides what
 * it may become; then the values go in and the caller parses the result. References inside strings become text. */
#include "parser/parser_int.h"

typedef struct substitution {
  sl_arena *arena;
  sl_variable_lookup lookup;
  void *ctx;
  sl_buf out;
  bool changed;
} substitution;

static bool all_of(sl_str s, bool (*test)(char)) {
  for (size_t i = 0; i < s.len; i++)
    if (!test(s.ptr[i])) return false;
  return s.len > 0;
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '@';
}

static bool is_between(sl_str s, char quote) {
  return s.len >= 2 && s.ptr[0] == quote && s.ptr[s.len - 1] == quote;
}

static bool fits_name(sl_str value) {
  if (is_between(value, '"') || is_between(value, '`')) value = (sl_str){value.ptr + 1, value.len - 2};
  return all_of(value, is_name_char) && is_letter(value.ptr[0]);
}

static bool is_number(sl_str s) {
  if (s.len && s.ptr[0] == '-') s = (sl_str){s.ptr + 1, s.len - 1};
  ast_scanner scanner = {0};
  char text[64];
  if (!s.len || s.len >= sizeof text) return all_of(s, is_digit);
  memcpy(text, s.ptr, s.len);
  text[s.len] = 0;
  scanner.cursor = text;
  scanner.limit = text + s.len;
  int kind = ast_scan(&scanner);
  bool whole = scanner.cursor == scanner.limit && scanner.start == text;
  return whole && (kind == SL_TK_INTEGER_VALUE || kind == SL_TK_DECIMAL_VALUE || kind == SL_TK_FLOATING_POINT_VALUE);
}

static bool fits_literal(sl_str value) {
  return is_between(value, '\'') || sl_str_eq_nocase(value, sl_str_of("true")) ||
         sl_str_eq_nocase(value, sl_str_of("false")) || is_number(value);
}

/* Quotes inside a value are doubled, so that it cannot end the string it goes into; quotes around it stay. */
static void put_sanitized(sl_buf *out, sl_str value) {
  bool quoted = is_between(value, '\'');
  for (size_t i = 0; i < value.len; i++) {
    bool inside = !quoted || (i > 0 && i + 1 < value.len);
    if (value.ptr[i] == '\'' && inside) sl_buf_add_byte(out, '\'');
    sl_buf_add_byte(out, (uint8_t)value.ptr[i]);
  }
}

static sl_str variable_name(sl_str reference) {
  return (sl_str){reference.ptr + 2, reference.len - 3};
}

static int put_variable(substitution *s, const ast_variable *variable, sl_err *err) {
  const ast_token *token = &variable->token;
  sl_str value = token->text;
  bool known = s->lookup(s->ctx, variable_name(token->text), &value);
  bool name = variable->place != AST_VARIABLE_LITERAL, literal = variable->place != AST_VARIABLE_NAME;
  if (known && ((name && fits_name(value)) || (literal && fits_literal(value)))) {
    put_sanitized(&s->out, value);
    s->changed = true;
    return 0;
  }
  if (variable->place == AST_VARIABLE_NAME)
    return sl_err_set(err, SL_E_STATEMENT, token->pos,
                      "Illegal argument at Line: %u, Col: %u. Identifier names cannot start with '@' and may only "
                      "contain alphanumeric values and '_'. Got: '" SL_STR_FMT "'",
                      token->pos.line, token->pos.column, SL_STR_ARG(value));
  return sl_err_set(err, SL_E_STATEMENT, token->pos, "Illegal argument at Line: %u, Col: %u. Got: '" SL_STR_FMT "'",
                    token->pos.line, token->pos.column, SL_STR_ARG(value));
}

/* Length of a reference at the start of s, or 0. */
static size_t reference_length(sl_str s) {
  if (s.len < 4 || s.ptr[0] != '$' || s.ptr[1] != '{' || !is_letter(s.ptr[2])) return 0;
  for (size_t i = 3; i < s.len; i++) {
    if (s.ptr[i] == '}') return i + 1;
    if (!is_name_char(s.ptr[i])) return 0;
  }
  return 0;
}

static void put_string(substitution *s, sl_str text) {
  for (size_t i = 0; i < text.len;) {
    size_t length = reference_length((sl_str){text.ptr + i, text.len - i});
    sl_str value;
    if (length && s->lookup(s->ctx, variable_name((sl_str){text.ptr + i, length}), &value)) {
      put_sanitized(&s->out, value);
      s->changed = true;
      i += length;
    } else {
      sl_buf_add_byte(&s->out, (uint8_t)text.ptr[i++]);
    }
  }
}

static const ast_variable *find(const sl_vec *variables, const char *at) {
  for (size_t i = 0; i < variables->len; i++) {
    const ast_variable *variable = sl_vec_at(variables, i);
    if (variable->token.text.ptr == at) return variable;
  }
  return NULL;
}

static int substitute(substitution *s, const ast_ctx *ctx, sl_err *err) {
  const char *done = ctx->text.ptr;
  for (size_t i = 0; i < ctx->count; i++) {
    const ast_token *token = &ctx->tokens[i];
    if (token->kind != SL_TK_VARIABLE && token->kind != SL_TK_STRING_LITERAL) continue;
    sl_buf_add(&s->out, done, (size_t)(token->text.ptr - done));
    done = token->text.ptr + token->text.len;
    const ast_variable *variable = find(ctx->variables, token->text.ptr);
    if (token->kind == SL_TK_STRING_LITERAL)
      put_string(s, token->text);
    else if (put_variable(s, variable ? variable : &(ast_variable){*token, AST_VARIABLE_NAME}, err))
      return err->code;
  }
  sl_buf_add(&s->out, done, (size_t)(ctx->text.ptr + ctx->text.len - done));
  return 0;
}

int sl_substitute_variables(sl_arena *arena, sl_str text, sl_variable_lookup lookup, void *ctx, sl_str *out,
                            sl_err *err) {
  bool any = false;
  for (size_t i = 0; i + 1 < text.len && !any; i++) any = text.ptr[i] == '$' && text.ptr[i + 1] == '{';
  if (!any) {
    *out = text;
    return 0;
  }
  sl_vec variables;
  sl_vec_init(&variables, arena);
  ast_ctx parse = {.variables = &variables};
  sl_err ignored = {0};
  int code =
      ast_run(&parse, arena, text, (sl_pos){1, 1}, SL_PARSE_TEST_FILE | SL_PARSE_OPTIONAL_END, AST_EOF, &ignored);
  if (code == SL_E_SYNTAX) {
    sl_err_move(err, &ignored);
    return code;
  }
  sl_err_done(&ignored); /* values may mend what building minds; the next parse tells */
  substitution s = {.arena = arena, .lookup = lookup, .ctx = ctx};
  sl_err local = {0};
  code = substitute(&s, &parse, &local);
  if (!code)
    *out = s.changed ? (sl_str){sl_arena_dup(arena, s.out.data, s.out.len), s.out.len} : text;
  else if (err)
    sl_err_move(err, &local);
  sl_err_done(&local);
  sl_buf_done(&s.out);
  return code;
}
