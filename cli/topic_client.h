/* The topic API (docs/topic-api.md) as the tools use it: a running server, or, when none runs, one of our own on the
 * data directory for as long as the tool lives. Either way there is one protocol and one owner of the directory. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/vec.h"
#include "catalog/settings.h"

typedef struct sl_topic_client sl_topic_client;

typedef struct sl_topic_client_options {
  const char *server; /* URL or HOST:PORT given by the user; NULL: http://localhost:8088 if it answers */
  bool broker; /* server was given as a Kafka broker: a local one that is no server of ours counts as not given */
  const char *data_dir; /* given by the user: only this directory is used; NULL: ./sluice-data when no server answers */
} sl_topic_client_options;

int sl_topic_client_open(const sl_topic_client_options *options, sl_topic_client **out, sl_err *err);
void sl_topic_client_close(sl_topic_client *client); /* accepts NULL */

/* One request; body may be empty. On an error answer: its message and code in err. *out is the JSON answered, in arena.
 */
int sl_topic_client_call(sl_topic_client *client, const char *method, const char *path, sl_str body, sl_arena *arena,
                         sl_json **out, sl_err *err);
/* Gets each line of an answer as it comes; false ends the request. */
typedef bool (*sl_topic_line)(void *ctx, sl_str line);
/* GET of several paths at a time, until all have ended or line wants no more; ctxs[i] goes with paths[i]. idle_ms > 0:
 * ends also when nothing has come for so long, *idle tells. */
int sl_topic_client_follow(sl_topic_client *client, const char *const *paths, void *const *ctxs, size_t count,
                           sl_topic_line line, int64_t idle_ms, bool *idle, sl_err *err);
/* Ends what waits for lines soon; for signal handlers. */
void sl_topic_client_interrupt(void);
/* Appends a path segment or argument, percent-encoded. */
void sl_url_encode(sl_buf *out, sl_str text);
/* "/topics/<name>" and what follows it, in arena. */
const char *sl_topic_path(sl_arena *arena, sl_str name, const char *rest);
/* Topics whose whole name matches the regular expression (NULL: all), by name, as the API tells them, pushed to out. */
int sl_topic_client_matching(sl_topic_client *client, const char *pattern, sl_arena *arena, sl_vec *out, sl_err *err);
/* Makes sure that there is a topic: a missing one is made, as Kafka's brokers do, with a warning on standard error. */
int sl_topic_client_ensure(sl_topic_client *client, const char *topic, int partitions, sl_err *err);
/* Appends a member of a record of the topic API: name (with what comes before it), then base64, or null for NULL. */
void sl_topic_value_add(sl_buf *body, const char *name, const sl_str *value);
/* Sends lines to /topics/<name>/records and empties body. *acked grows by the records acknowledged; the message of one
 * that was not begins with its number, counted from the first that was ever sent. */
int sl_topic_client_send(sl_topic_client *client, const char *path, sl_buf *body, long long *acked, sl_err *err);
/* Says on standard error why a tool failed, behind prefix, clears err and gives the exit code. */
int sl_tool_failed(const char *prefix, sl_err *err);
