/* sluice server: options, configuration, and a process that ends gracefully when told to. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "cli/commands.h"
#include "server/config.h"
#include "server/server.h"

static const char HELP[] = "Usage: sluice server [OPTION ...] [PROPERTIES-FILE ...]\n"
                           "\n"
                           "  --config FILE         properties file (may be given several times; later ones win)\n"
                           "  --data DIR            data directory (default ./sluice-data)\n"
                           "  --listen HOST:PORT    where to listen (default: the listeners property, "
                           "http://0.0.0.0:8088); port 0 takes a free one\n"
                           "  --queries-file FILE   run the statements of FILE and serve no API\n"
                           "  --extensions DIR      load user functions from DIR (default: the ksql.extension.dir "
                           "property)\n"
                           "  --override NAME=VALUE set a property\n"
                           "  --log-level LEVEL     debug, info, warn, error or off (default info)\n"
                           "  --help\n"
                           "\n"
                           "The line with event=server.ready on standard error tells the URL. SIGTERM and SIGINT stop "
                           "the server gracefully.\n";

enum { EXIT_START = 255 };

static int fail(sl_err *err) {
  fprintf(stderr, "sluice server: %s\n", err->message);
  if (err->hint) fprintf(stderr, "%s\n", err->hint);
  sl_err_done(err);
  return EXIT_START;
}

/* Waits for a signal to stop. Signals were blocked before any thread was made, so they come here. */
static void wait_for_stop(const sigset_t *signals) {
  int which = 0;
  while (sigwait(signals, &which) != 0) continue;
  sl_log_line(SL_LOG_INFO, "server.stopping", "signal=%s", which == SIGTERM ? "SIGTERM" : "SIGINT");
}

static int serve(const sl_server_options *options) {
  sigset_t signals;
  sl_server *server;
  sl_err err = {0};
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error of the write, not the end */
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  if (sl_server_start(options, &server, &err)) return fail(&err);
  wait_for_stop(&signals);
  if (sl_server_stop(server, &err)) return fail(&err);
  return 0;
}

typedef struct server_words {
  const char *data, *listen, *queries_file, *extensions;
} server_words;

/* Reads options into words and settings. < 0: go on, else the exit code. */
static int read_options(int argc, char **argv, server_words *words, sl_settings *settings) {
  static const struct option OPTIONS[] = {{"config", required_argument, NULL, 'c'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"queries-file", required_argument, NULL, 'q'},
                                          {"extensions", required_argument, NULL, 'e'},
                                          {"override", required_argument, NULL, 'o'},
                                          {"log-level", required_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  sl_err err = {0};
  sl_log_level level;
  int code = sl_config_read_environment(environ, settings, &err), option;
  optind = 1;
  while (!code && (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
    switch (option) {
    case 'c': code = sl_config_read_file(optarg, settings, &err); break;
    case 'd': words->data = optarg; break;
    case 'l': words->listen = optarg; break;
    case 'q': words->queries_file = optarg; break;
    case 'e': words->extensions = optarg; break;
    case 'o': code = sl_config_read_word(optarg, settings, &err); break;
    case 'v':
      if (sl_log_level_parse(optarg, &level))
        sl_log_set_level(level);
      else
        code = sl_err_set(&err, SL_E_CONFIG, SL_NO_POS, "--log-level takes debug, info, warn, error or off, not '%s'.",
                          optarg);
      break;
    case 'h': fputs(HELP, stdout); return 0;
    default: fputs("'sluice server --help' lists the options.\n", stderr); return 2;
    }
  }
  for (; !code && optind < argc; optind++) code = sl_config_read_file(argv[optind], settings, &err);
  return code ? fail(&err) : -1;
}

int sl_cmd_server(int argc, char **argv) {
  sl_settings settings = {0};
  server_words words = {.data = "sluice-data"};
  int code = read_options(argc, argv, &words, &settings);
  sl_str file = sl_settings_str(&settings, "ksql.queries.file");
  char path[4096];
  if (code < 0 && !words.queries_file && file.len && file.len < sizeof path) {
    memcpy(path, file.ptr, file.len);
    path[file.len] = 0;
    words.queries_file = path;
  }
  if (code < 0) {
    sl_server_options options = {.data_dir = words.data,
                                 .listen = words.listen,
                                 .settings = &settings,
                                 .queries_file = words.queries_file,
                                 .extensions = words.extensions};
    code = serve(&options);
  }
  sl_settings_done(&settings);
  return code;
}
