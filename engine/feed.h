/* The rows of a transient query, on their way from a worker to the clients that read them. */
#pragma once
#include "engine/push.h"

typedef struct sl_feed_chunk sl_feed_chunk;

/* How far a partition has been read: the last record that has given rows, and how many of them. rows 0: none yet. */
typedef struct sl_feed_place {
  int64_t offset;
  uint64_t rows;
} sl_feed_place;

/* A client of a feed: a place in its rows. */
typedef struct sl_subscriber {
  sl_push base;
  struct sl_feed *feed;
  sl_feed_chunk *chunk;                      /* that it reads, NULL: no more; feed->mutex, as all below */
  size_t at;                                 /* next row in it */
  bool taking;                               /* it looks into the chunk without the mutex */
  uint64_t stop_at;                          /* number of the row at which it was ended; UINT64_MAX: it was not */
  atomic_bool apart;                         /* the others no longer wait for it: it must go on in a feed of its own */
  sl_feed_place *read;                       /* then: what it has read, by partition; in base.arena */
  uint64_t watched;                          /* number of the row that it was last seen to take next */
  int64_t watched_ms;                        /* since when, wall clock; 0: not watched */
  struct sl_subscriber *next, **link;        /* on a list of those that wait; link NULL: on none */
  struct sl_subscriber *next_in_feed, **own; /* on the list of all */
} sl_subscriber;

typedef struct sl_feed {
  sl_engine *engine;
  sl_running *running;
  sl_plan *plan;
  sl_str key;               /* text and settings, by which equal queries find it; empty: it is not shared */
  uint64_t version;         /* of the catalog, as it was planned */
  sl_str alias, text;       /* of the statement */
  sl_arena arena;           /* of these */
  sl_start_options options; /* it was started with */
  int refs;                 /* engine->mutex: subscribers, and those about to be one */
  pthread_mutex_t mutex;    /* below */
  sl_feed_chunk *first, *last, *spare;
  int chunks;
  int32_t partitions;
  sl_feed_place *places; /* by partition, in arena; NULL: it is not shared */
  sl_feed_place *skip;   /* rows its client had before, by partition, in arena; NULL: none */
  sl_subscriber *subscribers, *waiting;
  int reading;        /* subscribers that were not ended by themselves and are not apart */
  bool refused;       /* the worker was sent away: resume it when there is room */
  int64_t refused_ms; /* since when, wall clock */
  bool ended, limit_reached;
  sl_err err;  /* why it ended */
  size_t held; /* bytes of the chunks, as counted */
} sl_feed;

/* Takes the plan's reference. key, alias and text are copied. */
sl_feed *sl_feed_new(sl_engine *engine, sl_plan *plan, sl_str key, sl_str alias, sl_str text);
void sl_feed_free(sl_feed *feed); /* nobody reads it and it does not run */
/* What goes into the start options: rows in, end. */
sl_response sl_feed_response(sl_feed *feed);
/* A subscriber of the rows from now on; it holds the reference that the caller has. */
sl_subscriber *sl_feed_subscribe(sl_feed *feed, const sl_push_class *cls, sl_push_ready ready, void *ctx);
void sl_feed_leave(sl_subscriber *subscriber); /* and frees it */
sl_push_state sl_feed_take(sl_push *base, size_t max, sl_push_row row, void *ctx);
sl_push_state sl_feed_take_encoded(sl_push *base, int encoding, sl_push_encode encode, sl_buf *out);
/* Ends one subscriber, behind the rows that are there; or all, as the query does. */
void sl_subscriber_end(sl_subscriber *subscriber, const sl_err *err);
void sl_feed_end(sl_feed *feed, const sl_err *err, bool limit_reached);
/* Has it handed over all that its topics hold now? Waits for it for some milliseconds. Then who subscribes misses
 * nothing that comes later and gets nothing that came before. */
bool sl_feed_catch_up(sl_feed *feed);
/* Sets those apart whom the others have waited for too long, and ends those who have taken nothing for minutes. */
void sl_feed_watch(sl_feed *feed, int64_t now_ms);
/* Moves a subscriber that is apart into one of its own, which is about to be started where read says. false: it was
 * ended meanwhile, and stays. */
bool sl_feed_move(sl_subscriber *subscriber, sl_feed *to);
