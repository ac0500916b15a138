/* From text to statements: scans the whole text into tokens, feeds them to the grammar, settles which error counts.
 *
 * A syntax error anywhere beats an error of building anywhere: nothing of a text that does not parse is looked at. */
#include "parser/parser.h"
#include "parser/parser_int.h"

sl_pos ast_pos_after(sl_pos pos, const char *from, const char *to) {
  for (const char *p = from; p < to; p++) {
    if (*p == '\n') {
      pos.line++;
      pos.column = 1;
    } else if (((unsigned char)*p & 0xc0) != 0x80) {
      pos.column++;
    }
  }
  return pos;
}

/* In a test file ASSERT VALUES and the like, and RUN, are statements; elsewhere the grammar never sees them. */
static void mark_test_statements(ast_token *tokens, size_t count) {
  for (size_t i = 0; i + 1 < count; i++) {
    int next = tokens[i + 1].kind;
    bool first = i == 0 || tokens[i - 1].kind == SL_TK_SEMI;
    if (tokens[i].kind == SL_TK_RUN && first) tokens[i].kind = SL_TK_TEST_RUN;
    if (tokens[i].kind == SL_TK_ASSERT && first &&
        (next == SL_TK_VALUES || next == SL_TK_NULL || next == SL_TK_STREAM || next == SL_TK_TABLE))
      tokens[i].kind = SL_TK_TEST_ASSERT;
  }
}

static void scan_all(ast_ctx *ctx, sl_pos pos) {
  ast_scanner scanner = {.cursor = ctx->text.ptr, .limit = ctx->text.ptr + ctx->text.len};
  const char *seen = ctx->text.ptr;
  size_t cap = ctx->text.len / 4 + 16, count = 0;
  ast_token *tokens = sl_arena_alloc(ctx->arena, cap * sizeof *tokens);
  for (;;) {
    int kind = ast_scan(&scanner);
    pos = ast_pos_after(pos, seen, scanner.start);
    seen = scanner.start;
    sl_str text = {scanner.start, (size_t)(scanner.cursor - scanner.start)};
    if (kind == AST_EOF) text.len = 0;
    if (kind == SL_TK_IDENTIFIER) kind = ast_keyword_token(text);
    if (kind == SL_TK_ILLEGAL) /* the whole character, for the message */
      while (scanner.cursor < scanner.limit && ((unsigned char)*scanner.cursor & 0xc0) == 0x80) {
        scanner.cursor++;
        text.len++;
      }
    if (count + 2 >= cap) {
      ast_token *more = sl_arena_alloc(ctx->arena, cap * 2 * sizeof *tokens);
      memcpy(more, tokens, count * sizeof *tokens);
      tokens = more;
      cap *= 2;
    }
    bool open = count > 0 && tokens[count - 1].kind != SL_TK_SEMI;
    if (kind == AST_EOF && open && ctx->flags & SL_PARSE_OPTIONAL_END) {
      sl_str end = {tokens[count - 1].text.ptr + tokens[count - 1].text.len, 0};
      tokens[count++] = (ast_token){end, pos, SL_TK_SEMI};
    }
    tokens[count++] = (ast_token){text, pos, kind};
    if (kind == AST_EOF) break;
  }
  if (ctx->flags & SL_PARSE_TEST_FILE) mark_test_statements(tokens, count);
  ctx->tokens = tokens;
  ctx->count = count;
}

static int finish(ast_ctx *ctx, const void *grammar, sl_err *err) {
  if (ctx->syntax_failed && !ctx->too_large) {
    sl_err_done(&ctx->build_err);
    return ast_syntax_error(ctx, grammar, err);
  }
  if (!ctx->build_err.code) return 0;
  int code = ctx->build_err.code;
  if (!ctx->build_err.statement) {
    const char *from = ctx->tokens[ctx->first].text.ptr;
    sl_err_statement(&ctx->build_err, from, (size_t)(ctx->text.ptr + ctx->text.len - from));
  }
  if (err) sl_err_move(err, &ctx->build_err);
  sl_err_done(&ctx->build_err);
  return code;
}

int ast_run(ast_ctx *ctx, sl_arena *arena, sl_str text, sl_pos start, int flags, int way_in, sl_err *err) {
  ctx->arena = arena;
  ctx->flags = flags;
  ctx->text = (sl_str){sl_arena_dup(arena, text.len ? text.ptr : "", text.len), text.len};
  scan_all(ctx, start);
  void *grammar = ast_grammar_open(ctx);
  if (way_in != AST_EOF) ast_grammar(grammar, way_in, (ast_token){.pos = start});
  while (ctx->at < ctx->count && !ctx->syntax_failed && !ctx->too_large) {
    const ast_token *token = &ctx->tokens[ctx->at];
    ast_grammar(grammar, ast_grammar_token(grammar, token->kind), *token);
    if (ctx->syntax_failed) break;
    if (ast_grammar_depth(grammar) > AST_MAX_STACK) ast_too_large(ctx);
    ctx->at++;
  }
  int code = finish(ctx, grammar, err);
  ast_grammarFinalize(grammar);
  return code;
}

static const sl_pos START = {1, 1};

int sl_parse(sl_arena *arena, sl_str text, int flags, sl_script *out, sl_err *err) {
  ast_ctx ctx = {0};
  int code = ast_run(&ctx, arena, text, START, flags, AST_EOF, err);
  if (code) return code;
  *out = (sl_script){ctx.statements, (int)ctx.statement_count, ctx.text};
  return 0;
}

int sl_parse_expr(sl_arena *arena, sl_str text, const sl_expr **out, sl_err *err) {
  ast_ctx ctx = {0};
  int code = ast_run(&ctx, arena, text, START, 0, SL_TK_START_EXPRESSION, err);
  if (code) return code;
  *out = ctx.expr;
  return 0;
}

int sl_parse_type(sl_arena *arena, sl_str text, const sl_ast_type **out, sl_err *err) {
  ast_ctx ctx = {0};
  int code = ast_run(&ctx, arena, text, START, 0, SL_TK_START_TYPE, err);
  if (code) return code;
  *out = ctx.type;
  return 0;
}

int sl_parse_elements(sl_arena *arena, sl_str text, const sl_element **out, int *count, sl_err *err) {
  ast_ctx ctx = {0};
  int code = ast_run(&ctx, arena, text, START, 0, SL_TK_START_ELEMENTS, err);
  if (code) return code;
  *out = ast_structs(&ctx, ctx.elements, sizeof **out, count);
  return 0;
}

/* A scanner over a copy of text in arena, which the caller frees. */
static ast_scanner scan_copy(sl_arena *arena, sl_str text) {
  sl_arena_init(arena, text.len + 64);
  const char *copy = sl_arena_dup(arena, text.len ? text.ptr : "", text.len);
  return (ast_scanner){.start = copy, .cursor = copy, .limit = copy + text.len};
}

size_t sl_statement_length(sl_str text) {
  sl_arena arena;
  ast_scanner scanner = scan_copy(&arena, text);
  const char *start = scanner.start;
  int kind;
  do kind = ast_scan(&scanner);
  while (kind != AST_EOF && kind != SL_TK_SEMI);
  size_t length = kind == SL_TK_SEMI ? (size_t)(scanner.cursor - start) : 0;
  sl_arena_done(&arena);
  return length;
}

bool sl_has_comments(sl_str text) {
  sl_arena arena;
  ast_scanner scanner = scan_copy(&arena, text);
  bool found = false;
  for (int kind = SL_TK_SEMI; kind != AST_EOF && !found;) {
    const char *gap = scanner.cursor;
    kind = ast_scan(&scanner);
    found = sl_str_trim((sl_str){gap, (size_t)(scanner.start - gap)}).len > 0;
  }
  sl_arena_done(&arena);
  return found;
}
