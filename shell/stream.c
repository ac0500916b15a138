/* SELECT and PRINT: an answer that is printed while it comes (cli.md 5.1). Elements come one a line (http-api.md 9.4),
 * with the brackets and commas of the array around them; blank lines say only that the server lives. */
#include "shell/shell_int.h"

typedef struct streaming {
  sl_shell *shell;
  bool print; /* lines of text, as they are */
  sl_buf line;
  sl_arena arena;
  int64_t rows;
  bool begun; /* something was shown: the answer has started */
} streaming;

enum { LINE_LIMIT = 256 << 20 };

/* ---- the status line ---- */

/* The hint keeps the last line of the terminal; the lines above scroll. */
static void show_hint(sl_output *out) {
  int height = sl_output_height();
  if (!out->terminal || height < 5) return;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_output_control(out, sl_arena_printf(&arena,
                                         "\n\033[A\0337\033[1;%dr\033[%d;1H\033[7mPress CTRL-C to "
                                         "interrupt\033[0m\0338",
                                         height - 1, height));
  sl_arena_done(&arena);
  sl_output_flush(out);
}

static void hide_hint(sl_output *out) {
  int height = sl_output_height();
  if (!out->terminal || height < 5) return;
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_output_control(out, sl_arena_printf(&arena, "\0337\033[r\033[%d;1H\033[2K\0338", height));
  sl_arena_done(&arena);
  sl_output_flush(out);
}

/* ---- elements ---- */

/* An error inside the answer: only its message shows. */
static void print_error(streaming *s, const sl_json *error) {
  sl_output_error(&s->shell->out, sl_json_str(sl_json_get(error, "message"), "The query failed."));
  s->shell->server_failed = true;
}

/* false when a row was the last one wanted. */
static bool show_element(streaming *s, const sl_json *element) {
  sl_shell *shell = s->shell;
  const sl_json *message = sl_json_get(element, "finalMessage"), *error = sl_json_get(element, "errorMessage");
  if (sl_json_get(element, "header")) sl_display_header(&shell->display, element);
  if (sl_json_is(message, SL_JSON_STRING)) sl_output_line(&shell->out, message->text);
  if (error) print_error(s, error);
  if (!sl_json_get(element, "row")) return true;
  sl_display_row(&shell->display, element);
  return ++s->rows != shell->options.row_limit;
}

static bool take_line(streaming *s, sl_str line) {
  sl_json *element;
  line = sl_str_trim(line);
  if (!line.len) return true;
  if (!s->begun) show_hint(&s->shell->out);
  s->begun = true;
  if (s->print) {
    sl_output_line(&s->shell->out, line);
    return ++s->rows != s->shell->options.row_limit;
  }
  if (line.ptr[0] == '[') line = sl_str_n(line.ptr + 1, line.len - 1);
  if (line.len && line.ptr[line.len - 1] == ',') line.len--;
  sl_arena_reset(&s->arena);
  if (line.len > 1 && line.ptr[line.len - 1] == ']') line.len--;
  if (!line.len || sl_json_parse(&s->arena, line, 0, &element, NULL)) return true;
  return show_element(s, element);
}

static bool on_piece(void *ctx, sl_str piece) {
  streaming *s = ctx;
  size_t start = 0;
  bool more = true;
  sl_buf_add_str(&s->line, piece);
  for (size_t i = s->line.len - piece.len; i < s->line.len && more; i++) {
    if (s->line.data[i] != '\n') continue;
    more = take_line(s, sl_str_n((const char *)s->line.data + start, i - start));
    start = i + 1;
  }
  if (start) memmove(s->line.data, s->line.data + start, s->line.len - start);
  s->line.len -= start;
  sl_output_flush(&s->shell->out);
  return more && !s->shell->out.broken && s->line.len < LINE_LIMIT;
}

int sl_shell_stream(sl_shell *shell, sl_str text, bool print) {
  streaming s = {.shell = shell, .print = print};
  sl_buf body = {0};
  sl_err err = {0};
  sl_shell_body(shell, &body, text, false);
  sl_arena_init(&s.arena, 0);
  sl_exchange e = {.method = "POST",
                   .path = "/query",
                   .body = sl_buf_str(&body),
                   .accept = "application/vnd.ksql.v1+json",
                   .timeout_ms = shell->options.timeout_ms,
                   .receive = on_piece,
                   .ctx = &s};
  int code = sl_client_run(shell->client, &e, &err);
  if (!code && e.status == 200 && e.end == SL_CLIENT_COMPLETE && s.line.len) take_line(&s, sl_buf_str(&s.line));
  if (s.begun) hide_hint(&shell->out);
  if (e.end == SL_CLIENT_INTERRUPTED) sl_output_control(&shell->out, "\n"); /* the terminal has echoed ^C */
  if (code)
    sl_shell_print_unreachable(shell, &err);
  else if (e.status / 100 != 2 && e.end == SL_CLIENT_COMPLETE)
    sl_shell_print_failure(shell, &e);
  if (e.status / 100 == 2 || (!code && e.end != SL_CLIENT_COMPLETE))
    sl_output_line(&shell->out, sl_str_of(print ? "Topic printing ceased" : "Query terminated"));
  sl_output_flush(&shell->out);
  sl_exchange_done(&e);
  sl_arena_done(&s.arena);
  sl_buf_done(&s.line);
  sl_buf_done(&body);
  return code;
}
