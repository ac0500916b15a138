/* Walking a test file: the scanner finds where each statement ends and shows the directives between statements; the
 * statement is then parsed alone, at its place in the file. */
#include "parser/parser_int.h"

void sl_test_reader_init(sl_test_reader *reader, sl_arena *arena, sl_str text) {
  const char *copy = sl_arena_dup(arena, text.len ? text.ptr : "", text.len);
  *reader = (sl_test_reader){.cursor = copy, .end = copy + text.len, .pos = {1, 1}};
}

static void advance(sl_test_reader *reader, const char *to) {
  reader->pos = ast_pos_after(reader->pos, reader->cursor, to);
  reader->cursor = to;
}

static bool is_type_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
}

/* --@type: contents */
static int read_directive(sl_test_reader *reader, sl_str line, sl_test_item *out, sl_err *err) {
  size_t colon = 3;
  while (colon < line.len && is_type_char(line.ptr[colon])) colon++;
  if (colon == 3 || colon == line.len || line.ptr[colon] != ':')
    return sl_err_set(err, SL_E_SYNTAX, out->pos,
                      "line %u:%u: Expected directive matching pattern --@<type>: <contents>. Got: " SL_STR_FMT,
                      out->pos.line, out->pos.column, SL_STR_ARG(line));
  out->kind = SL_TEST_DIRECTIVE;
  out->directive = (sl_str){line.ptr + 3, colon - 3};
  size_t from = colon + 1;
  while (from < line.len && (line.ptr[from] == ' ' || line.ptr[from] == '\t')) from++;
  out->text = (sl_str){line.ptr + from, line.len - from};
  if (sl_str_eq_nocase(out->directive, sl_str_of("test"))) reader->started = true;
  return 1;
}

static int read_statement(sl_test_reader *reader, sl_arena *arena, sl_test_item *out, sl_err *err) {
  out->kind = SL_TEST_STATEMENT;
  if (!reader->started)
    return sl_err_set(err, SL_E_SYNTAX, out->pos, "line %u:%u: Exepcted test to start with --@test.", out->pos.line,
                      out->pos.column);
  ast_ctx ctx = {0};
  int code = ast_run(&ctx, arena, out->text, out->pos, SL_PARSE_TEST_FILE, AST_EOF, err);
  if (code) return code;
  out->statement = ctx.statement_count ? ctx.statements[0] : NULL;
  return 1;
}

int sl_test_reader_next(sl_test_reader *reader, sl_arena *arena, sl_test_item *out, sl_err *err) {
  ast_scanner scanner = {.cursor = reader->cursor, .limit = reader->end, .directives = true};
  int kind = ast_scan(&scanner);
  advance(reader, scanner.start);
  if (kind == AST_EOF) return 0;
  *out = (sl_test_item){.pos = reader->pos};
  sl_str line = {scanner.start, (size_t)(scanner.cursor - scanner.start)};
  if (kind == AST_DIRECTIVE) {
    advance(reader, scanner.cursor);
    return read_directive(reader, line, out, err);
  }
  const char *start = scanner.start;
  scanner.directives = false; /* inside a statement they are comments */
  while (kind != SL_TK_SEMI && kind != AST_EOF) kind = ast_scan(&scanner);
  const char *stop = kind == SL_TK_SEMI ? scanner.cursor : reader->end;
  out->text = (sl_str){start, (size_t)(stop - start)};
  advance(reader, stop);
  return read_statement(reader, arena, out, err);
}
