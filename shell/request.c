/* Requests of the shell and how their answers and failures show (cli.md 5, 8). */
#include "shell/shell_int.h"

/* ---- bodies ---- */

static void add_object(sl_buf *out, const char *name, const sl_map *values) {
  size_t at = 0;
  bool first = true;
  sl_buf_printf(out, ",\"%s\":{", name);
  for (sl_map_entry *e; (e = sl_map_next(values, &at)); first = false) {
    if (!first) sl_buf_add_byte(out, ',');
    sl_json_write_str(out, e->key);
    sl_buf_add_byte(out, ':');
    sl_json_write_str(out, sl_str_of(e->value));
  }
  sl_buf_add_byte(out, '}');
}

void sl_shell_body(sl_shell *shell, sl_buf *out, sl_str text, bool with_variables) {
  sl_buf_add_z(out, "{\"ksql\":");
  sl_json_write_str(out, text);
  add_object(out, "streamsProperties", &shell->properties);
  if (with_variables) add_object(out, "sessionVariables", &shell->variables);
  if (!shell->pipelining && shell->sequence >= 0)
    sl_buf_printf(out, ",\"commandSequenceNumber\":%lld", (long long)shell->sequence);
  sl_buf_add_byte(out, '}');
}

/* ---- failures ---- */

static const char *status_message(sl_arena *arena, const sl_exchange *e) {
  switch (e->status) {
  case 401: return "Could not authenticate successfully with the supplied credentials.";
  case 403: return "You are forbidden from using this cluster.";
  case 404:
    return sl_arena_printf(arena,
                           "Path not found. Path='%s'. Check your ksql http url to make sure you are connecting to a "
                           "ksql server.",
                           e->path);
  default: return sl_arena_printf(arena, "The server returned an unexpected error: HTTP status %ld", e->status);
  }
}

void sl_shell_print_failure(sl_shell *shell, const sl_exchange *exchange) {
  sl_arena arena;
  sl_json *answer = NULL;
  int64_t code = 0;
  sl_arena_init(&arena, 0);
  if (sl_json_parse(&arena, sl_buf_str(&exchange->answer), 0, &answer, NULL)) answer = NULL;
  const sl_json *message = sl_json_get(answer, "message"), *entities = sl_json_get(answer, "entities");
  sl_json_int(sl_json_get(answer, "error_code"), &code);
  if (sl_json_is(entities, SL_JSON_ARRAY)) sl_display_entities(&shell->display, entities, false);
  if (sl_json_is(message, SL_JSON_STRING))
    sl_output_error(&shell->out, message->text);
  else
    sl_output_error(&shell->out, sl_str_of(status_message(&arena, exchange)));
  if (code == 50301)
    sl_output_line(&shell->out,
                   sl_str_of("The command was not executed, since the server timed out waiting for prior commands. "
                             "'request-pipelining ON' lifts the wait."));
  shell->server_failed = true;
  sl_output_flush(&shell->out);
  sl_arena_done(&arena);
}

void sl_shell_print_unreachable(sl_shell *shell, sl_err *err) {
  sl_arena arena;
  sl_arena_init(&arena, 0);
  sl_output_error(&shell->out,
                  sl_str_printf(&arena, "The server at %s could not be reached: %s. Check its URL and that it runs.",
                                sl_client_url(shell->client), err->message));
  sl_arena_done(&arena);
  sl_err_done(err);
}

/* ---- statements ---- */

/* Later requests wait for what this one did. */
static void note_sequence(sl_shell *shell, const sl_json *entities) {
  for (size_t i = 0; i < entities->count; i++) {
    int64_t sequence;
    if (sl_json_int(sl_json_get(entities->items[i], "commandSequenceNumber"), &sequence) && sequence > shell->sequence)
      shell->sequence = sequence;
    if (sl_str_eq_z(sl_json_str(sl_json_get(sl_json_get(entities->items[i], "commandStatus"), "status"), ""), "ERROR"))
      shell->server_failed = true;
  }
}

static void print_answer(sl_shell *shell, const sl_exchange *e) {
  sl_arena arena;
  sl_json *entities;
  sl_err err = {0};
  sl_arena_init(&arena, 0);
  if (sl_json_parse(&arena, sl_buf_str(&e->answer), 0, &entities, &err)) {
    sl_output_error(&shell->out, sl_str_printf(&arena, "The server's answer is not JSON: %s", err.message));
  } else if (sl_json_is(entities, SL_JSON_ARRAY)) {
    note_sequence(shell, entities);
    sl_display_entities(&shell->display, entities, false);
  }
  sl_err_done(&err);
  sl_arena_done(&arena);
}

int sl_shell_request(sl_shell *shell, sl_str text, bool with_variables) {
  sl_buf body = {0};
  sl_err err = {0};
  sl_shell_body(shell, &body, text, with_variables);
  sl_exchange e = {
      .method = "POST", .path = "/ksql", .body = sl_buf_str(&body), .accept = "application/vnd.ksql.v1+json"};
  int code = sl_client_run(shell->client, &e, &err);
  if (code)
    sl_shell_print_unreachable(shell, &err);
  else if (e.end == SL_CLIENT_INTERRUPTED)
    sl_output_error(&shell->out, sl_str_of("Interrupted. The server may still execute the statement."));
  else if (e.status != 200)
    sl_shell_print_failure(shell, &e);
  else
    print_answer(shell, &e);
  sl_exchange_done(&e);
  sl_buf_done(&body);
  return code;
}
