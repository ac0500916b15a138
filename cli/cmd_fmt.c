/* sluice fmt: prints SQL scripts in canonical form, or as trees, or checks that they are canonical.
 *
 * Comments between statements stay where they are; a statement with a comment inside is printed as it was written,
 * since the tree knows no comments. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "parser/parser.h"

enum { FILE_LIMIT = 64 << 20, EXIT_DIFFERS = 1, EXIT_USAGE = 2 };

typedef struct fmt_options {
  bool ast, check;
} fmt_options;

static void usage(FILE *to) {
  fputs("Usage: sluice fmt [--ast | --check] FILE...\n"
        "Prints SQL scripts in canonical form. '-' reads standard input.\n"
        "  --ast    print the syntax tree instead\n"
        "  --check  print nothing but the names of files that are not canonical; exit code 1 if there are any\n",
        to);
}

static int read_input(const char *path, sl_arena *arena, sl_str *out, sl_err *err) {
  if (strcmp(path, "-") != 0) {
    char *data;
    size_t len;
    int code = sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, arena, &data, &len, err);
    if (!code) *out = (sl_str){data, len};
    return code;
  }
  sl_buf buf = {0};
  size_t got;
  while ((got = fread(sl_buf_reserve(&buf, 65536), 1, 65536, stdin)) > 0 && buf.len < FILE_LIMIT) buf.len += got;
  int code = buf.len < FILE_LIMIT ? 0 : sl_err_set(err, SL_E_BAD_REQUEST, SL_NO_POS, "Standard input is too large.");
  *out = (sl_str){sl_arena_dup(arena, buf.len ? (const char *)buf.data : "", buf.len), buf.len};
  sl_buf_done(&buf);
  return code;
}

static int count_lines(sl_str s) {
  int lines = 0;
  for (size_t i = 0; i < s.len; i++) lines += s.ptr[i] == '\n';
  return lines;
}

/* What stood between two statements: its comments, and one empty line if there were any. */
static void format_gap(sl_buf *out, sl_str gap) {
  sl_str comments = sl_str_trim(gap);
  sl_str before = {gap.ptr, (size_t)(comments.len ? comments.ptr - gap.ptr : 0)};
  sl_str after = {comments.ptr + comments.len, (size_t)(gap.ptr + gap.len - (comments.ptr + comments.len))};
  if (!comments.len) before = gap, after = (sl_str){0};
  /* A comment on the line of the statement before it stays there. */
  if (out->len && comments.len && !count_lines(before))
    out->data[out->len - 1] = ' ';
  else if (out->len && count_lines(before) > 1)
    sl_buf_add_z(out, "\n");
  sl_buf_add_str(out, comments);
  if (comments.len) sl_buf_add_z(out, count_lines(after) > 1 ? "\n\n" : "\n");
}

static void format_statement(sl_buf *out, const sl_statement *statement) {
  if (sl_has_comments(statement->text)) {
    sl_buf_add_str(out, statement->text);
  } else {
    sl_print_statement(out, statement);
  }
  if (out->data[out->len - 1] != ';') sl_buf_add_z(out, ";");
  sl_buf_add_z(out, "\n");
}

static void format_script(sl_buf *out, const sl_script *script, const fmt_options *options) {
  const char *done = script->text.ptr, *end = script->text.ptr + script->text.len;
  for (int i = 0; i < script->count; i++) {
    const sl_statement *statement = script->statements[i];
    if (options->ast) {
      sl_print_tree(out, statement);
      continue;
    }
    format_gap(out, (sl_str){done, (size_t)(statement->text.ptr - done)});
    format_statement(out, statement);
    done = statement->text.ptr + statement->text.len;
  }
  sl_str rest = sl_str_trim((sl_str){done, (size_t)(end - done)});
  if (!options->ast && rest.len) format_gap(out, (sl_str){done, (size_t)(rest.ptr + rest.len - done)});
}

static int format_file(const char *path, const fmt_options *options) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_err err = {0};
  sl_str text;
  sl_script script;
  sl_buf out = {0};
  int status = 0;
  const char *name = strcmp(path, "-") ? path : "<stdin>";
  if (read_input(path, &arena, &text, &err)) {
    fprintf(stderr, "%s: %s\n", name, err.message);
    status = EXIT_USAGE;
  } else if (sl_parse(&arena, text, SL_PARSE_TEST_FILE | SL_PARSE_OPTIONAL_END, &script, &err)) {
    fprintf(stderr, "%s:%u: %s\n", name, err.pos.line, err.message);
    if (err.code == SL_E_SYNTAX && err.statement) fprintf(stderr, "Statement: %s\n", err.statement);
    status = EXIT_DIFFERS;
  } else {
    format_script(&out, &script, options);
    if (!options->check) {
      fwrite(out.len ? (const char *)out.data : "", 1, out.len, stdout);
    } else if (!sl_str_eq(sl_buf_str(&out), text)) {
      printf("%s\n", name);
      status = EXIT_DIFFERS;
    }
  }
  sl_buf_done(&out);
  sl_err_done(&err);
  sl_arena_done(&arena);
  return status;
}

int sl_cmd_fmt(int argc, char **argv) {
  fmt_options options = {0};
  int first = 1;
  for (; first < argc && argv[first][0] == '-' && argv[first][1]; first++) {
    if (!strcmp(argv[first], "--ast")) {
      options.ast = true;
    } else if (!strcmp(argv[first], "--check")) {
      options.check = true;
    } else {
      bool help = !strcmp(argv[first], "--help") || !strcmp(argv[first], "-h");
      if (!help) fprintf(stderr, "sluice fmt: there is no option '%s'\n", argv[first]);
      usage(help ? stdout : stderr);
      return help ? 0 : EXIT_USAGE;
    }
  }
  if (first == argc || (options.ast && options.check)) {
    usage(stderr);
    return EXIT_USAGE;
  }
  int status = 0;
  for (int i = first; i < argc; i++) {
    int one = format_file(argv[i], &options);
    if (one > status) status = one;
  }
  return status;
}
