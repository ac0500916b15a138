/* sluice shell: options, and a server of its own in this process when none was named and none runs. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/logger.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "server/server.h"
#include "shell/shell.h"

static const char DEFAULT_URL[] = "http://localhost:8088";
static const char HELP[] =
    "Usage: sluice shell [OPTION ...] [--] [URL]\n"
    "\n"
    "URL is the server's (default http://localhost:8088). When none is named and none runs there, the shell has a "
    "server\n"
    "of its own for as long as it lives.\n"
    "\n"
    "  -e, --execute SQL      execute statements and exit\n"
    "  -f, --file PATH        execute a script and exit\n"
    "  -d, --define NAME=VALUE  define a variable for ${NAME}; may be repeated\n"
    "      --output FORMAT    TABULAR (default) or JSON\n"
    "      --query-row-limit N  end a query after N rows\n"
    "      --query-timeout MS   end a query after MS milliseconds\n"
    "      --config-file PATH properties of this session; ssl.* entries configure the connection\n"
    "  -u, --user NAME        user for basic authentication; the password is asked for unless given\n"
    "  -p, --password WORD\n"
    "  -t, --token TOKEN      bearer token, instead of user and password\n"
    "      --confluent-api-key KEY, --confluent-api-secret SECRET  as user and password of a hosted service\n"
    "      --exit-on-error    with -e and -f: stop at the first error of the server, exit code 1\n"
    "      --data DIR         data directory of the server in the shell (default ./sluice-data)\n"
    "  -h, --help\n";

enum { CONFIG_LIMIT = 1 << 20, SCRIPT_LIMIT = 64 << 20, PASSWORD_LIMIT = 1024 };

typedef struct words {
  sl_shell_options shell;
  const char *execute, *file, *config, *data;
  const char *api_key, *api_secret;
  sl_vec defines; /* const char * */
  sl_map properties, connection;
  char *history_file;
  char password[PASSWORD_LIMIT];
  sl_server *own;
  sl_settings settings;
} words;

static int fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  return SL_SHELL_FAILED;
}

static int fail_err(sl_err *err) {
  fail(err->message ? err->message : "sluice shell: failed");
  if (err->hint) fprintf(stderr, "%s\n", err->hint);
  sl_err_done(err);
  return SL_SHELL_FAILED;
}

static int bad_usage(const char *format, const char *word) {
  fprintf(stderr, format, word);
  fputs("\nSee the -h or --help flags for usage information\n", stderr);
  return SL_SHELL_FAILED;
}

/* ---- options ---- */

static bool positive(const char *text, int64_t *out) {
  return sl_str_int64(sl_str_of(text), out) && *out >= 1;
}

enum { OPT_CONFIG = 256, OPT_LIMIT, OPT_TIMEOUT, OPT_OUTPUT, OPT_KEY, OPT_SECRET, OPT_EXIT, OPT_DATA };

static const struct option OPTIONS[] = {{"help", no_argument, NULL, 'h'},
                                        {"config-file", required_argument, NULL, OPT_CONFIG},
                                        {"user", required_argument, NULL, 'u'},
                                        {"password", required_argument, NULL, 'p'},
                                        {"token", required_argument, NULL, 't'},
                                        {"query-row-limit", required_argument, NULL, OPT_LIMIT},
                                        {"query-timeout", required_argument, NULL, OPT_TIMEOUT},
                                        {"output", required_argument, NULL, OPT_OUTPUT},
                                        {"execute", required_argument, NULL, 'e'},
                                        {"file", required_argument, NULL, 'f'},
                                        {"define", required_argument, NULL, 'd'},
                                        {"confluent-api-key", required_argument, NULL, OPT_KEY},
                                        {"confluent-api-secret", required_argument, NULL, OPT_SECRET},
                                        {"exit-on-error", no_argument, NULL, OPT_EXIT},
                                        {"data", required_argument, NULL, OPT_DATA},
                                        {NULL, 0, NULL, 0}};

static int take_option(words *w, int option) {
  switch (option) {
  case OPT_CONFIG: w->config = optarg; break;
  case 'u': w->shell.client.user = optarg; break;
  case 'p': w->shell.client.password = optarg; break;
  case 't': w->shell.client.token = optarg; break;
  case 'e': w->execute = optarg; break;
  case 'f': w->file = optarg; break;
  case 'd': sl_vec_push(&w->defines, optarg); break;
  case OPT_KEY: w->api_key = optarg; break;
  case OPT_SECRET: w->api_secret = optarg; break;
  case OPT_EXIT: w->shell.exit_on_error = true; break;
  case OPT_DATA: w->data = optarg; break;
  case OPT_LIMIT:
    if (!positive(optarg, &w->shell.row_limit))
      return bad_usage("--query-row-limit must be at least 1, not '%s'.", optarg);
    break;
  case OPT_TIMEOUT:
    if (!positive(optarg, &w->shell.timeout_ms))
      return bad_usage("--query-timeout must be at least 1, not '%s'.", optarg);
    break;
  case OPT_OUTPUT:
    w->shell.json = strcmp(optarg, "JSON") == 0;
    if (!w->shell.json && strcmp(optarg, "TABULAR") != 0)
      return bad_usage("Invalid output format: '%s' (valid formats: 'JSON', 'TABULAR')", optarg);
    break;
  default: return SL_SHELL_FAILED;
  }
  return -1;
}

/* < 0: go on, else the exit code. */
static int read_options(int argc, char **argv, words *w) {
  int option, status = -1;
  optind = 1;
  opterr = 0;
  while (status < 0 && (option = getopt_long(argc, argv, "hu:p:t:e:f:d:", OPTIONS, NULL)) != -1) {
    if (option == 'h') {
      fputs(HELP, stdout);
      return 0;
    }
    if (option == '?') return bad_usage("'%s' is no option, or lacks its value.", argv[optind - 1]);
    status = take_option(w, option);
  }
  if (status < 0 && optind + 1 < argc)
    return bad_usage("Only one server can be named; '%s' is too much.", argv[optind + 1]);
  if (optind < argc) w->shell.url = argv[optind];
  return status;
}

/* ---- credentials ---- */

static bool ask_password(char *out, size_t size) {
  struct termios before, quiet;
  if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0) return false;
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)ECHO;
  fputs("Enter password: ", stdout);
  fflush(stdout);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  bool read = fgets(out, (int)size, stdin) != NULL;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  fputs("\n", stdout);
  out[strcspn(out, "\r\n")] = 0;
  return read;
}

static int check_credentials(words *w) {
  sl_client_options *client = &w->shell.client;
  if (!w->api_key != !w->api_secret) return fail("--confluent-api-key and --confluent-api-secret must come together.");
  if (w->api_key && !client->user) {
    client->user = w->api_key;
    client->password = w->api_secret;
  }
  if (client->token && (client->user || client->password))
    return fail("A token cannot be used together with user and password.");
  if (client->password && !client->user) return fail("A password was given without a user: add --user.");
  if (!client->user || client->password) return -1;
  if (!ask_password(w->password, sizeof w->password))
    return fail("A password is needed, and there is no terminal to ask.");
  client->password = w->password;
  return -1;
}

/* ---- the configuration file ---- */

static bool is_connection(sl_str name) {
  return sl_str_starts(name, sl_str_of("ssl.")) || sl_str_starts(name, sl_str_of("sasl.")) ||
         sl_str_eq_z(name, "security.protocol");
}

static void take_property(words *w, sl_str line) {
  line = sl_str_trim(line);
  if (!line.len || line.ptr[0] == '#' || line.ptr[0] == '!') return;
  size_t end = 0;
  while (end < line.len && !strchr("=: \t", line.ptr[end])) end++;
  sl_str name = sl_str_n(line.ptr, end), value = sl_str_trim(sl_str_n(line.ptr + end, line.len - end));
  if (value.len && (value.ptr[0] == '=' || value.ptr[0] == ':'))
    value = sl_str_trim(sl_str_n(value.ptr + 1, value.len - 1));
  char *copy = sl_heap_strndup(value.len ? value.ptr : "", value.len);
  if (sl_str_eq_z(name, "history-file")) {
    sl_heap_free(w->history_file);
    w->shell.history_file = w->history_file = copy;
    return;
  }
  sl_heap_free(sl_map_put(is_connection(name) ? &w->connection : &w->properties, name, copy));
}

static int read_config(words *w) {
  sl_arena arena;
  sl_err err = {0};
  char *data;
  size_t len;
  int status = -1;
  if (!w->config) return -1;
  sl_arena_init(&arena, 0);
  if (sl_fs_read_all(sl_fs_real(), w->config, CONFIG_LIMIT, &arena, &data, &len, &err)) {
    status = fail_err(&err);
  } else {
    for (char *line = data; *line;) {
      size_t length = strcspn(line, "\n");
      take_property(w, sl_str_n(line, length));
      line += length + (line[length] == '\n');
    }
    w->shell.properties = &w->properties;
    w->shell.client.connection = &w->connection;
  }
  sl_arena_done(&arena);
  return status;
}

/* ---- a server of our own ---- */

static bool server_answers(void) {
  sl_client *client;
  sl_err err = {0};
  sl_exchange e = {.method = "GET", .path = "/info", .timeout_ms = 3000};
  bool answers = false;
  if (!sl_client_new(DEFAULT_URL, &(sl_client_options){0}, &client, &err)) {
    answers = !sl_client_run(client, &e, &err) && e.end == SL_CLIENT_COMPLETE;
    sl_exchange_done(&e);
    sl_client_free(client);
  }
  sl_err_done(&err);
  return answers;
}

/* Threads of the server leave Ctrl-C to the shell. A session listens where others look for a server; a single script
 * does not. */
static int start_own(words *w, bool session) {
  sigset_t signals, before;
  sl_err err = {0};
  sl_server_options options = {.data_dir = w->data ? w->data : "sluice-data", .settings = &w->settings};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGWINCH);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  sl_log_set_level(SL_LOG_ERROR);
  options.listen = session ? "127.0.0.1:8088" : "127.0.0.1:0";
  int code = sl_server_start(&options, &w->own, &err);
  if (code && session && code != SL_E_LOCKED) {
    sl_err_done(&err);
    options.listen = "127.0.0.1:0";
    code = sl_server_start(&options, &w->own, &err);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code == SL_E_LOCKED) {
    sl_err_done(&err);
    sl_err_set(&err, code, SL_NO_POS,
               "Another process owns the data directory '%s'. Name its URL, or another directory with --data.",
               options.data_dir);
  }
  if (code) return fail_err(&err);
  w->shell.url = sl_server_url(w->own);
  return -1;
}

/* ---- running ---- */

static int run_file(words *w, sl_shell *shell) {
  sl_arena arena;
  char *data;
  size_t len;
  sl_arena_init(&arena, 0);
  int status = SL_SHELL_FAILED;
  if (sl_fs_read_all(sl_fs_real(), w->file, SCRIPT_LIMIT, &arena, &data, &len, NULL))
    fprintf(stderr, "No such script file: %s\n", w->file);
  else
    status = sl_shell_execute(shell, sl_str_n(data, len));
  sl_arena_done(&arena);
  return status;
}

static int run_shell(words *w) {
  sl_shell *shell;
  sl_err err = {0};
  int status = -1;
  char note[4200];
  if (w->own) {
    snprintf(note, sizeof note, "This shell has a server of its own on the data directory '%s'.",
             w->data ? w->data : "sluice-data");
    w->shell.banner_note = note;
  }
  if (sl_shell_new(&w->shell, &shell, &err)) {
    w->shell.banner_note = NULL;
    return fail_err(&err);
  }
  for (size_t i = 0; i < w->defines.len && status < 0; i++)
    if (!sl_shell_define(shell, sl_vec_at(&w->defines, i)))
      status = bad_usage("A variable is defined as NAME=VALUE, not '%s'.", sl_vec_at(&w->defines, i));
  if (status < 0)
    status = w->execute ? sl_shell_execute(shell, sl_str_of(w->execute))
             : w->file  ? run_file(w, shell)
                        : sl_shell_interact(shell);
  sl_shell_free(shell);
  w->shell.banner_note = NULL; /* it was ours */
  return status;
}

static void texts_done(sl_map *map) {
  size_t at = 0;
  for (sl_map_entry *e; (e = sl_map_next(map, &at));) sl_heap_free(e->value);
  sl_map_done(map);
}

int sl_cmd_shell(int argc, char **argv) {
  words w = {0};
  sl_err err = {0};
  signal(SIGPIPE, SIG_IGN);
  int status = read_options(argc, argv, &w);
  if (status < 0) status = check_credentials(&w);
  if (status < 0) status = read_config(&w);
  if (status < 0 && w.file && !w.execute && !sl_fs_exists(sl_fs_real(), w.file)) {
    fprintf(stderr, "No such script file: %s\n", w.file);
    status = SL_SHELL_FAILED;
  }
  if (status < 0 && w.shell.url && w.data) status = fail("Give either a server or a data directory, not both.");
  if (status < 0 && !w.shell.url) {
    w.shell.url = DEFAULT_URL;
    if (w.data || !server_answers()) status = start_own(&w, !w.execute && !w.file);
  }
  if (status < 0) status = run_shell(&w);
  if (sl_server_stop(w.own, &err) && !status) status = fail_err(&err);
  sl_err_done(&err);
  sl_vec_done(&w.defines);
  texts_done(&w.properties);
  texts_done(&w.connection);
  sl_heap_free(w.history_file);
  sl_settings_done(&w.settings);
  return status;
}
