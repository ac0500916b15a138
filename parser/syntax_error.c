/* What a user is told when the text does not parse (sql.md 1.6).
 *
 * The grammar stopped before a token. It has closed by then whatever it could close, so the tokens it still takes are
 * the expected set. From that set, the token and its neighbours the one sentence is chosen, by the first rule that
 * fits. */
#include "parser/parser_int.h"

enum { TOKEN_LIMIT = SL_TK_ILLEGAL }; /* tokens from here on are never in a user's text */

static const char *const starters[] = {"SELECT", "CREATE", "INSERT",    "DESCRIBE", "PRINT",  "EXPLAIN",
                                       "SHOW",   "LIST",   "TERMINATE", "PAUSE",    "RESUME", "DROP",
                                       "SET",    "DEFINE", "UNDEFINE",  "UNSET",    "ASSERT", "ALTER"};

/* Words before which it is not yet clear which statement it is. */
static const int lead[] = {SL_TK_CREATE,    SL_TK_OR,     SL_TK_REPLACE,   SL_TK_SOURCE,   SL_TK_SINK,  SL_TK_STREAM,
                           SL_TK_TABLE,     SL_TK_TYPE,   SL_TK_CONNECTOR, SL_TK_IF,       SL_TK_NOT,   SL_TK_EXISTS,
                           SL_TK_ASSERT,    SL_TK_DROP,   SL_TK_ALTER,     SL_TK_SYSTEM,   SL_TK_SHOW,  SL_TK_LIST,
                           SL_TK_ALL,       SL_TK_INSERT, SL_TK_INTO,      SL_TK_DESCRIBE, SL_TK_PAUSE, SL_TK_RESUME,
                           SL_TK_TERMINATE, SL_TK_EXPLAIN};

static const struct {
  int token;
  const char *text;
} names[] = {
    {SL_TK_SEMI, "';'"},
    {SL_TK_COMMA, "','"},
    {SL_TK_LP, "'('"},
    {SL_TK_RP, "')'"},
    {SL_TK_LB, "'['"},
    {SL_TK_RB, "']'"},
    {SL_TK_LT, "'<'"},
    {SL_TK_GT, "'>'"},
    {SL_TK_EQ, "'='"},
    {SL_TK_NEQ, "NEQ"},
    {SL_TK_LTE, "'<='"},
    {SL_TK_GTE, "'>='"},
    {SL_TK_PLUS, "'+'"},
    {SL_TK_MINUS, "'-'"},
    {SL_TK_ASTERISK, "'*'"},
    {SL_TK_SLASH, "'/'"},
    {SL_TK_PERCENT, "'%'"},
    {SL_TK_CONCAT, "'||'"},
    {SL_TK_ASSIGN, "':='"},
    {SL_TK_ARROW, "'->'"},
    {SL_TK_LAMBDA, "'=>'"},
    {SL_TK_DOT, "'.'"},
    {SL_TK_STRING_LITERAL, "STRING"},
    {SL_TK_INTEGER_VALUE, "INTEGER_VALUE"},
    {SL_TK_DECIMAL_VALUE, "DECIMAL_VALUE"},
    {SL_TK_FLOATING_POINT_VALUE, "FLOATING_POINT_VALUE"},
    {SL_TK_IDENTIFIER, "IDENTIFIER"},
    {SL_TK_DIGIT_IDENTIFIER, "DIGIT_IDENTIFIER"},
    {SL_TK_QUOTED_IDENTIFIER, "QUOTED_IDENTIFIER"},
    {SL_TK_BACKQUOTED_IDENTIFIER, "BACKQUOTED_IDENTIFIER"},
    {SL_TK_VARIABLE, "VARIABLE"},
};

typedef struct expected_set {
  int tokens[TOKEN_LIMIT];
  int count;       /* tokens by which the statement could go on, in token order */
  bool end;        /* the input might end here */
  bool identifier; /* a name may stand here */
  bool expression; /* an expression may begin here */
  bool type;       /* a type may begin here */
} expected_set;

static bool accepts(const void *grammar, int token) {
  return ast_grammar_accepts(grammar, &token, 1);
}

static void collect(const void *grammar, expected_set *set) {
  *set = (expected_set){.end = accepts(grammar, AST_EOF), .identifier = accepts(grammar, SL_TK_IDENTIFIER)};
  for (int token = 1; token < TOKEN_LIMIT; token++)
    if (accepts(grammar, token)) set->tokens[set->count++] = token;
  set->expression = set->identifier && accepts(grammar, SL_TK_CAST);
  set->type = set->identifier && accepts(grammar, SL_TK_DECIMAL);
}

static void print_token(sl_buf *out, int token) {
  const char *word = ast_keyword_text(token, NULL);
  if (word) {
    sl_buf_printf(out, "'%s'", word);
    return;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].token == token) sl_buf_add_z(out, names[i].text);
}

static void print_set(sl_buf *out, const expected_set *set) {
  if (set->count > 1) sl_buf_add_z(out, "{");
  for (int i = 0; i < set->count; i++) {
    if (i) sl_buf_add_z(out, ", ");
    print_token(out, set->tokens[i]);
  }
  if (set->count > 1) sl_buf_add_z(out, "}");
}

enum { WORD_LIMIT = 64 };

static int distance(sl_str a, const char *b) {
  int row[WORD_LIMIT + 1], length = (int)strlen(b);
  for (int j = 0; j <= length; j++) row[j] = j;
  for (int i = 1; i <= (int)a.len; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= length; j++) {
      int best = diagonal + (a.ptr[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[length];
}

static const char *closest_starter(sl_arena *arena, sl_str word) {
  sl_str upper = sl_str_upper(arena, word);
  const char *best = starters[0];
  int least = distance(upper, best);
  for (size_t i = 1; i < sizeof starters / sizeof *starters; i++) {
    int d = distance(upper, starters[i]);
    if (d >= least) continue;
    least = d;
    best = starters[i];
  }
  return best;
}

static size_t statement_start(const ast_ctx *ctx) {
  size_t i = ctx->at;
  while (i > 0 && ctx->tokens[i - 1].kind != SL_TK_SEMI) i--;
  return i;
}

static bool in_lead(const ast_ctx *ctx) {
  for (size_t i = statement_start(ctx); i < ctx->at; i++) {
    bool found = false;
    for (size_t j = 0; j < sizeof lead / sizeof *lead; j++) found |= lead[j] == ctx->tokens[i].kind;
    if (!found) return false;
  }
  return true;
}

static bool one_insertion_fixes(const void *grammar, const expected_set *set, int token) {
  bool reserved = true, keyword = ast_keyword_text(token, &reserved) != NULL;
  if (set->count != 1) return false;
  return ast_grammar_accepts(grammar, (int[]){set->tokens[0], token}, 2) ||
         (keyword && !reserved && ast_grammar_accepts(grammar, (int[]){set->tokens[0], SL_TK_IDENTIFIER}, 2));
}

static bool is_reserved(const ast_token *token) {
  bool reserved = false;
  return ast_keyword_text(token->kind, &reserved) && reserved;
}

static void near(sl_buf *out, const ast_token *token) {
  sl_buf_printf(out, "Syntax error at or near '" SL_STR_FMT "' at line %u:%u", SL_STR_ARG(token->text), token->pos.line,
                token->pos.column);
}

/* The rules, in order. */
static void describe(ast_ctx *ctx, const void *grammar, const ast_token *token, sl_buf *out) {
  expected_set set;
  collect(grammar, &set);
  size_t start = statement_start(ctx);
  if (!token->text.len) { /* the end of the text, or the ';' that a front-end lets go missing there */
    sl_buf_add_z(out, "Syntax error at or near \";\"\n'}', ']', or ')' is missing");
  } else if (ctx->at == start && !set.expression && !set.type) {
    sl_buf_printf(out, "Unknown statement '" SL_STR_FMT "'\nDid you mean '%s'?", SL_STR_ARG(token->text),
                  closest_starter(ctx->arena, token->text));
  } else if (set.end) {
    sl_buf_add_z(out, "Syntax error at or near \";\"\n'}', ']', or ')' is missing");
  } else if (in_lead(ctx)) {
    near(out, token);
  } else if (one_insertion_fixes(grammar, &set, token->kind)) {
    sl_buf_add_z(out, "missing ");
    print_set(out, &set);
    sl_buf_printf(out, " at '" SL_STR_FMT "'", SL_STR_ARG(token->text));
  } else if (is_reserved(token) && set.identifier && !set.expression && !set.type &&
             accepts(grammar, ast_grammar_token(grammar, token[1].kind))) {
    sl_buf_printf(out,
                  "\"" SL_STR_FMT
                  "\" is a reserved keyword and it can't be used as an identifier. You can use it as an "
                  "identifier by escaping it as '" SL_STR_FMT "' ",
                  SL_STR_ARG(token->text), SL_STR_ARG(token->text));
  } else if (set.count <= 3) {
    sl_buf_add_z(out, "Expecting ");
    print_set(out, &set);
  } else if (set.expression || set.type || !set.identifier) {
    near(out, token);
  }
}

static sl_str source_line(sl_str text, const char *at) {
  const char *from = at, *to = at, *end = text.ptr + text.len;
  while (from > text.ptr && from[-1] != '\n') from--;
  while (to < end && *to != '\n' && *to != '\r') to++;
  return (sl_str){from, (size_t)(to - from)};
}

int ast_syntax_error(ast_ctx *ctx, const void *grammar, sl_err *err) {
  const ast_token *token = ctx->syntax_token ? ctx->syntax_token : &ctx->tokens[ctx->at];
  sl_buf detail = {0};
  if (ctx->syntax_detail)
    sl_buf_add_z(&detail, ctx->syntax_detail);
  else if (ctx->syntax_token)
    near(&detail, token);
  else
    describe(ctx, grammar, token, &detail);
  int code = sl_err_set(err, SL_E_SYNTAX, token->pos, "line %u:%u: Syntax Error\n%s", token->pos.line,
                        token->pos.column, sl_buf_z(&detail));
  sl_str line = source_line(ctx->text, token->text.ptr);
  sl_err_statement(err, line.len ? line.ptr : "", line.len);
  sl_buf_done(&detail);
  return code;
}
