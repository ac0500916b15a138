/* What the files of the shell share. */
#pragma once
#include "base/vec.h"
#include "shell/interrupt.h"
#include "shell/shell.h"

typedef struct sl_history sl_history;

struct sl_shell {
  sl_shell_options options;
  sl_client *client;
  sl_output out;
  sl_display display;
  sl_map properties; /* local overrides: name -> char * */
  sl_map variables;  /* upper-cased name -> char * */
  int64_t sequence;  /* highest commandSequenceNumber seen; -1 = none */
  bool pipelining;
  bool exiting;
  bool server_failed; /* the server refused a statement */
  sl_history *history;
  sl_map names; /* of sources and topics, for completion: name -> itself */
  int64_t names_ms;
};

/* ---- requests (request.c) ---- */
/* The JSON body of a request for text. */
void sl_shell_body(sl_shell *shell, sl_buf *out, sl_str text, bool with_variables);
/* POST /ksql and printing of what comes back. 0, or SL_E_IO when the server was not reached (printed already). */
int sl_shell_request(sl_shell *shell, sl_str text, bool with_variables);
/* The error entity, or the bare status, of an answer: prints it. */
void sl_shell_print_failure(sl_shell *shell, const sl_exchange *exchange);
/* "The server could not be reached" and why. */
void sl_shell_print_unreachable(sl_shell *shell, sl_err *err);
/* SELECT and PRINT: streams rows or lines until the end, a limit or Ctrl-C. */
int sl_shell_stream(sl_shell *shell, sl_str text, bool print);

/* ---- statements (statements.c) ---- */
/* Splits, checks and executes all statements of text. 0, or an error that is printed already. */
int sl_shell_statements(sl_shell *shell, sl_str text);

/* ---- shell commands (shell_commands.c) ---- */
/* Does text begin with the words of a shell command? */
bool sl_shell_is_command(sl_str text);
void sl_shell_command(sl_shell *shell, sl_str text);

/* ---- the server at the other end (shell.c) ---- */
/* Asks for /info; false when it does not answer (then the framed explanation has been printed). */
bool sl_shell_check_server(sl_shell *shell, sl_str *version, sl_arena *arena);

/* ---- history (history.c) ---- */
sl_history *sl_history_open(const char *path, sl_output *out);
void sl_history_free(sl_history *history); /* accepts NULL */
void sl_history_add(sl_history *history, sl_str entry);
size_t sl_history_count(const sl_history *history);
/* The i-th entry from the oldest kept; its number is i + 1. */
const char *sl_history_entry(const sl_history *history, size_t i);
/* !n, !!, !text and ^a^b: the input meant, in arena. false: message printed, no such entry. text itself otherwise. */
bool sl_history_expand(const sl_history *history, sl_arena *arena, sl_str text, sl_str *out, sl_output *output);

/* ---- reading (input.c, editor.c) ---- */
/* Is a logical input complete? */
bool sl_input_complete(sl_str text);
/* text without its -- comments and outer white space. */
sl_str sl_input_strip(sl_arena *arena, sl_str text);

typedef struct sl_editor sl_editor;
sl_editor *sl_editor_new(sl_shell *shell);
void sl_editor_free(sl_editor *editor);
typedef enum sl_editor_result { SL_EDITOR_LINE, SL_EDITOR_INTERRUPTED, SL_EDITOR_END } sl_editor_result;
/* One line without its newline, valid until the next call. */
sl_editor_result sl_editor_read(sl_editor *editor, const char *prompt, sl_str *line);
void sl_editor_remember(sl_editor *editor, const char *entry);

/* ---- completion (completion.c) ---- */
/* Candidates for the word before the cursor: sorted char * in arena. line is what stands before the cursor. *start is
 * where the word begins. */
void sl_complete(sl_shell *shell, sl_arena *arena, sl_str line, size_t *start, sl_vec *out);
