/* The server: engine, threads, listeners and routes behind one start and one stop. */
#pragma once
#include "catalog/settings.h"
#include "engine/engine.h"

typedef struct sl_server sl_server;

typedef struct sl_server_options {
  const char *data_dir;
  const char *listen; /* HOST:PORT or a list of http:// URLs; NULL: the listeners property. Port 0 = a free one */
  const sl_settings *settings; /* borrowed until stop */
  const char *queries_file;    /* headless: statements run at start, no API; NULL = interactive */
  const char *extensions;      /* directory of user functions, or NULL: as configured */
  bool topics_only;            /* keep the topics, run no queries: the topic tools */
} sl_server_options;

/* Opens the data directory, starts threads and listens. Returns when requests are answered. */
int sl_server_start(const sl_server_options *options, sl_server **out, sl_err *err);
/* http://HOST:PORT of the first listener, with the port really bound. */
const char *sl_server_url(const sl_server *server);
/* Refuses new work, ends streams with a final message, commits, closes; within about a second. Accepts NULL. */
int sl_server_stop(sl_server *server, sl_err *err);
