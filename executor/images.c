/* State images of running tasks (state/image.h): which store is worth one, writing it in steps beside the work, and
 * finding it at a start.
 *
 * Replaying a changelog costs by its records, an image by the store's rows; so a store gets a new image when more
 * records have come since the last one than it has rows, and at least a floor. A step takes a handful of rows under the
 * task's mutex and writes them without. The file counts only when everything up to its end is synced, so a crash cannot
 * leave an image that is ahead of its changelog; should one be, it is ignored.
 *
 * Compaction must keep the deletions that an image may have missed: those at and behind its start. So the bound is set
 * before an image is begun, and again at every start from the images that are found, also those of queries that do not
 * run; it is lifted only when the file is gone for good. A restore without an image binds compaction as an image of
 * nothing would: what it has read may be deleted by a record that it has not.
 *
 * images->mutex is held for a step and guards the job; it comes before the lock of a worker or a task. */
#include "base/heap.h"
#include "base/logger.h"
#include "executor/executor_int.h"
#include "state/image.h"

enum {
  FLOOR = 100000,         /* records since the last image that are worth a new one */
  STEP_BYTES = 256 << 10, /* taken from a store at once */
  STOP_BYTES = 64 << 20,  /* state of which an image is still written at a stop */
  STOP_SHARE = 10,        /* at a stop a part of the floor is enough */
};
static const int64_t LOOK_NS = 1000000000, AFTER_FAILURE_NS = 60000000000;

typedef struct image_job {
  sl_running *running;
  sl_task *task;
  sl_task_store *ts;
  sl_image_writer *writer;
  int64_t start, end; /* end: when all rows have been taken, -1 before */
  int64_t begun;      /* monotonic ns */
} image_job;

struct sl_images {
  sl_executor *executor;
  sl_fs *fs;
  char *dir;
  int64_t floor;
  pthread_mutex_t mutex;
  image_job job;     /* running NULL: none */
  int64_t next_look; /* monotonic ns */
  atomic_ullong written, failed;
  atomic_bool unsynced; /* a removal may be undone by a power failure */
};

/* ---- files ---- */

static int sync_removal(sl_images *images, sl_err *err) {
  int rc = sl_fs_sync_dir(images->fs, images->dir, err);
  if (rc) atomic_store(&images->unsynced, true);
  return rc;
}

/* Removes an image for good; then its changelog may be compacted as if it had never been. SL_E_IO and the like: it may
 * still be there. */
static int discard(sl_images *images, const sl_topic_id *topic, sl_partition *partition, int32_t number,
                   const char *why) {
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  const char *path = sl_image_path(&scratch, images->dir, topic, number);
  sl_err err = {0};
  if (why) sl_log_line(SL_LOG_WARN, "state.image_ignored", "file=%s reason=\"%s\"", path, why);
  int rc = sl_fs_remove(images->fs, path, &err);
  if (!rc) rc = sync_removal(images, &err);
  if (rc)
    sl_log_line(SL_LOG_WARN, "state.image_not_removed", "file=%s reason=\"%s\"", path, err.message);
  else if (partition)
    sl_partition_keep_deletions(partition, INT64_MAX);
  sl_err_done(&err);
  sl_arena_done(&scratch);
  return rc;
}

/* Looks at a file of the directory: an image of a topic that is there binds compaction, all else goes. */
static void settle(sl_images *images, const char *name) {
  sl_topic_id id;
  int32_t number;
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_err err = {0};
  if (!sl_image_name_parse(name, &id, &number)) {
    sl_str suffix = sl_str_of(".tmp");
    if (sl_str_ends(sl_str_of(name), suffix))
      sl_fs_remove(images->fs, sl_arena_printf(&scratch, "%s/%s", images->dir, name), &err);
  } else {
    sl_topic *topic = sl_log_topic_by_id(images->executor->options.log, &id);
    sl_partition *partition = topic ? sl_topic_partition(topic, number) : NULL;
    sl_image *image = NULL;
    if (!partition)
      discard(images, &id, NULL, number, NULL);
    else if (sl_image_open(images->fs, sl_image_path(&scratch, images->dir, &id, number), &image, &err))
      discard(images, &id, partition, number, err.message);
    else
      sl_partition_keep_deletions(partition, sl_image_get_info(image)->start);
    sl_image_close(image);
    sl_topic_unref(topic);
  }
  sl_err_done(&err);
  sl_arena_done(&scratch);
}

sl_images *sl_images_new(sl_executor *executor) {
  const sl_executor_options *o = &executor->options;
  if (!o->image_dir) return NULL;
  sl_images *images = sl_heap_zalloc(sizeof *images);
  images->executor = executor;
  atomic_store(&images->unsynced, true); /* nobody knows how the last process ended */
  images->fs = o->fs;
  images->dir = sl_heap_strdup(o->image_dir);
  images->floor = o->image_floor > 0 ? o->image_floor : FLOOR;
  pthread_mutex_init(&images->mutex, NULL);
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_err err = {0};
  char **names;
  size_t count = 0;
  int rc = sl_fs_mkdir(images->fs, images->dir, &err);
  if (!rc) rc = sl_fs_list(images->fs, images->dir, &scratch, &names, &count, &err);
  for (size_t i = 0; !rc && i < count; i++) settle(images, names[i]);
  if (rc) sl_log_line(SL_LOG_WARN, "state.images_off", "reason=\"%s\"", err.message);
  sl_err_done(&err);
  sl_arena_done(&scratch);
  if (!rc) return images;
  sl_images_free(images);
  return NULL;
}

void sl_images_free(sl_images *images) {
  if (!images) return;
  pthread_mutex_destroy(&images->mutex);
  sl_heap_free(images->dir);
  sl_heap_free(images);
}

/* ---- restoring ---- */

static sl_image_id id_of(const sl_task_store *ts) {
  return (sl_image_id){*sl_topic_get_id(ts->topic), sl_partition_number(ts->changelog),
                       sl_image_contract(ts->store, ts->contract)};
}

static const char *misfit(const sl_image *image, const sl_task_store *ts) {
  const sl_image_info *info = sl_image_get_info(image);
  sl_image_id id = id_of(ts);
  if (!sl_image_is_of(image, &id)) return "it is of another store, or of other columns";
  if (info->end > ts->restore_end) return "it is ahead of its changelog";
  return NULL;
}

/* The image that spares a new task's store a part of its changelog, if there is one that fits. One that does not must
 * be gone before the changelog grows: an image that is ahead of it would fit when other records have taken its place.
 */
static int find_file(sl_images *images, sl_task_store *ts, sl_err *err) {
  sl_arena scratch;
  sl_arena_init(&scratch, 0);
  sl_image_id id = id_of(ts);
  const char *path = sl_image_path(&scratch, images->dir, &id.topic, id.partition), *why;
  sl_image *image = NULL;
  sl_err bad = {0};
  int rc = atomic_exchange(&images->unsynced, false) ? sync_removal(images, err) : 0;
  if (!rc && sl_fs_exists(images->fs, path)) {
    why = sl_image_open(images->fs, path, &image, &bad) ? bad.message : misfit(image, ts);
    if (!why && sl_image_get_info(image)->start < ts->changes_from) why = "it is older than the store's columns";
    if (why) {
      rc = discard(images, &id.topic, ts->changelog, id.partition, why);
      if (rc) {
        sl_err_set(err, rc, SL_NO_POS, "The state image '%s' must not be used (%s) and cannot be removed", path, why);
        sl_err_hint(err, "Remove the file, then start again; the state is built from its changelog.");
      }
      sl_image_close(image);
    } else {
      ts->image = image;
      ts->has_image = true;
      ts->image_start = sl_image_get_info(image)->start;
    }
  }
  sl_err_done(&bad);
  sl_arena_done(&scratch);
  return rc;
}

int sl_images_find(sl_task_store *ts, sl_images *images, sl_err *err) {
  ts->image_start = ts->restored;
  if (!ts->changelog) return 0;
  int rc = images ? find_file(images, ts, err) : 0;
  if (rc || ts->has_image) return rc;
  bool replayed = ts->restored < ts->restore_end;
  sl_partition_keep_deletions(ts->changelog, replayed ? ts->restored : INT64_MAX);
  return 0;
}

void sl_images_restored(sl_task_store *ts) {
  if (ts->changelog && !ts->has_image) sl_partition_keep_deletions(ts->changelog, INT64_MAX);
}

int sl_images_load(sl_task *task, sl_task_store *ts, sl_err *err) {
  bool more = false;
  sl_err why = {0};
  if (ts->image_again) {
    sl_store_clear(ts->store);
    sl_image_rewind(ts->image);
    ts->image_again = false;
  }
  int rc = sl_image_load(ts->image, ts->store, &more, &why);
  if (!rc && more) return 0;
  if (rc == SL_E_MEMORY) { /* no fault of the image. What is there stays until then: it tells who has the memory */
    ts->image_again = true;
    sl_err_move(err, &why);
    return rc;
  }
  if (rc) {
    sl_store_clear(ts->store);
    sl_image_id id = id_of(ts);
    discard(task->running->executor->images, &id.topic, ts->changelog, id.partition, why.message);
    ts->image_start = ts->restored; /* all of the changelog, then */
    ts->has_image = false;
    sl_partition_keep_deletions(ts->changelog, ts->restored);
    sl_err_done(&why);
  } else {
    ts->restored = ts->image_start;
    ts->image_rows = sl_image_loaded(ts->image);
  }
  sl_image_close(ts->image);
  ts->image = NULL;
  return 0;
}

/* ---- writing ---- */

/* Records since the last image, when they are worth a new one; 0 else. The task's mutex is held if exact. */
static int64_t worth(const sl_task_store *ts, int64_t floor, bool exact) {
  if (!ts->changelog) return 0;
  int64_t tail = sl_partition_visible(ts->changelog) - ts->image_start;
  return tail >= floor && (!exact || tail >= (int64_t)sl_store_entries(ts->store)) ? tail : 0;
}

static bool can_write(const sl_task *task) {
  return !sl_task_restoring(task) && !task->env.refilling; /* also when it has failed on the way */
}

/* The store that is most in need of an image. No query can go meanwhile: images->mutex is held. */
static bool choose_store(sl_images *images, image_job *out) {
  sl_executor *executor = images->executor;
  int64_t most = 0;
  sl_vec queries = {0};
  pthread_mutex_lock(&executor->mutex);
  for (sl_running *r = executor->queries; r; r = r->next)
    if (r->plan->persistent) sl_vec_push(&queries, r);
  pthread_mutex_unlock(&executor->mutex);
  for (size_t q = 0; q < queries.len; q++) {
    sl_running *running = sl_vec_at(&queries, q);
    for (int t = 0; t < running->task_count; t++) {
      sl_task *task = running->tasks[t];
      for (int i = 0; i < task->store_count; i++) {
        if (worth(&task->stores[i], images->floor, false) <= most) continue;
        pthread_mutex_lock(&task->mutex);
        int64_t tail = can_write(task) ? worth(&task->stores[i], images->floor, true) : 0;
        pthread_mutex_unlock(&task->mutex);
        if (tail <= most) continue;
        most = tail;
        *out = (image_job){.running = running, .task = task, .ts = &task->stores[i], .end = -1};
      }
    }
  }
  sl_vec_done(&queries);
  return most > 0;
}

static void end_job(sl_images *images) {
  image_job *job = &images->job;
  sl_image_writer_free(job->writer);
  *job = (image_job){0};
}

static void give_up(sl_images *images, sl_err *err) {
  image_job *job = &images->job;
  sl_log_line(SL_LOG_WARN, "state.image_failed", "query=" SL_STR_FMT " store=%s partition=%d reason=\"%s\"",
              SL_STR_ARG(job->running->plan->query_id), job->ts->plan->name, job->task->partition, err->message);
  atomic_fetch_add(&images->failed, 1);
  if (sl_image_published(job->writer)) job->ts->has_image = true; /* though a crash may take it away */
  if (!job->ts->has_image) sl_partition_keep_deletions(job->ts->changelog, INT64_MAX);
  end_job(images);
  sl_err_done(err);
}

static int begin(sl_images *images, sl_err *err) {
  image_job *job = &images->job;
  sl_task_store *ts = job->ts;
  sl_image_id id = id_of(ts);
  job->begun = sl_executor_now(images->executor);
  job->start = sl_partition_visible(ts->changelog);
  if (!ts->has_image) sl_partition_keep_deletions(ts->changelog, job->start);
  return sl_image_begin(images->fs, images->dir, &id, ts->store, job->start, &job->writer, err);
}

/* Takes and writes a handful of rows. What is in the store as committed is what is in the changelog up to its visible
 * end: both change under the task's mutex only. */
static int write_some(sl_images *images, sl_err *err) {
  image_job *job = &images->job;
  bool more;
  pthread_mutex_lock(&job->task->mutex);
  int rc = job->writer ? 0 : begin(images, err);
  if (!rc) {
    sl_image_collect(job->writer, STEP_BYTES, &more);
    if (!more) job->end = sl_partition_visible(job->ts->changelog);
  }
  pthread_mutex_unlock(&job->task->mutex);
  return rc ? rc : sl_image_write(job->writer, err);
}

static int finish(sl_images *images, sl_err *err) {
  image_job *job = &images->job;
  sl_task_store *ts = job->ts;
  sl_image_info info;
  int rc = sl_image_finish(job->writer, job->end, &info, err);
  if (rc) return rc;
  ts->image_start = info.start;
  ts->has_image = true;
  sl_partition_keep_deletions(ts->changelog, info.start);
  atomic_fetch_add(&images->written, 1);
  int64_t took = sl_executor_now(images->executor) - job->begun;
  sl_log_line(SL_LOG_INFO, "state.image", "query=" SL_STR_FMT " store=%s partition=%d rows=%llu bytes=%llu ms=%lld",
              SL_STR_ARG(job->running->plan->query_id), ts->plan->name, job->task->partition,
              (unsigned long long)info.rows, (unsigned long long)info.bytes, (long long)(took / 1000000));
  end_job(images);
  return 0;
}

void sl_executor_image_step(sl_executor *executor, bool *more) {
  sl_images *images = executor->images;
  *more = false;
  if (!images) return;
  pthread_mutex_lock(&images->mutex);
  image_job *job = &images->job;
  int64_t now = sl_executor_now(executor);
  if (!job->running && now >= images->next_look) {
    images->next_look = now + LOOK_NS;
    choose_store(images, job);
  }
  sl_err err = {0};
  int rc = 0;
  if (job->running && job->end < 0) {
    rc = write_some(images, &err);
    *more = !rc;
  } else if (job->running && sl_partition_synced(job->ts->changelog) >= job->end) {
    rc = finish(images, &err);
    images->next_look = now;
    *more = !rc;
  }
  if (rc) {
    images->next_look = now + AFTER_FAILURE_NS;
    give_up(images, &err);
  }
  pthread_mutex_unlock(&images->mutex);
}

/* ---- the end of a query ---- */

void sl_images_leave(sl_running *running) {
  sl_images *images = running->executor->images;
  if (!images) return;
  pthread_mutex_lock(&images->mutex);
  if (images->job.running == running) {
    if (!images->job.ts->has_image) sl_partition_keep_deletions(images->job.ts->changelog, INT64_MAX);
    end_job(images);
  }
  pthread_mutex_unlock(&images->mutex);
}

/* Writes the image of a stopping task's store at once. */
static int write_whole(sl_images *images, sl_err *err) {
  sl_log *log = images->executor->options.log;
  int64_t due;
  int rc = 0;
  while (!rc && images->job.end < 0) rc = write_some(images, err);
  if (!rc) rc = sl_log_flush_step(log, true, &due, err);
  if (!rc && sl_partition_synced(images->job.ts->changelog) < images->job.end)
    rc = sl_err_set(err, SL_E_IO, SL_NO_POS, "Its changelog is not synced.");
  return rc ? rc : finish(images, err);
}

void sl_images_at_stop(sl_running *running) {
  sl_images *images = running->executor->images;
  if (!images || !running->plan->persistent || sl_log_failure(running->executor->options.log)) return;
  size_t bytes = 0;
  int64_t floor = images->floor / STOP_SHARE > 0 ? images->floor / STOP_SHARE : 1;
  pthread_mutex_lock(&images->mutex);
  for (int t = 0; t < running->task_count; t++) {
    sl_task *task = running->tasks[t];
    for (int i = 0; i < task->store_count; i++) {
      sl_task_store *ts = &task->stores[i];
      pthread_mutex_lock(&task->mutex);
      bool wanted = can_write(task) && worth(ts, floor, true);
      if (wanted) bytes += sl_store_bytes(ts->store);
      pthread_mutex_unlock(&task->mutex);
      if (!wanted || bytes > STOP_BYTES || images->job.running) continue;
      images->job = (image_job){.running = running, .task = task, .ts = ts, .end = -1};
      sl_err err = {0};
      if (write_whole(images, &err)) give_up(images, &err);
    }
  }
  pthread_mutex_unlock(&images->mutex);
}

void sl_images_forget(sl_running *running) {
  sl_images *images = running->executor->images;
  if (!images) return;
  for (int t = 0; t < running->task_count; t++) {
    sl_task *task = running->tasks[t];
    for (int i = 0; i < task->store_count; i++) {
      const sl_task_store *ts = &task->stores[i];
      if (!ts->has_image) continue;
      sl_image_id id = id_of(ts);
      discard(images, &id.topic, ts->changelog, id.partition, NULL);
    }
  }
}

void sl_images_count(const sl_images *images, uint64_t *written, uint64_t *failed) {
  *written = images ? atomic_load(&images->written) : 0;
  *failed = images ? atomic_load(&images->failed) : 0;
}
