/* State images: files that spare a start most of a changelog. An image of a store holds its committed rows and names
 * [start, end): where its changelog ended when the writing began and when it was done. Loading it and replaying the
 * changelog from start gives the store. A file is trusted only as a whole: it comes into being by a rename once it and
 * everything it covers are synced, every block has a checksum, and it must be of this very changelog and store. */
#pragma once
#include "base/fs.h"
#include "state/store.h"
#include "topics/log.h"

/* What an image must be of. */
typedef struct sl_image_id {
  sl_topic_id topic; /* the changelog */
  int32_t partition;
  uint64_t contract; /* hash of all that the rows' bytes and their meaning depend on */
} sl_image_id;

typedef struct sl_image_info {
  sl_image_id id;
  int64_t start, end; /* of the changelog */
  uint64_t rows, bytes;
} sl_image_info;

/* <dir>/<topic id>-<partition>.image, in arena. */
char *sl_image_path(sl_arena *arena, const char *dir, const sl_topic_id *topic, int32_t partition);
/* Takes a file's name apart; false when it is not an image's. */
bool sl_image_name_parse(const char *name, sl_topic_id *topic, int32_t *partition);
/* Contract of a store's rows, mixed with what the owner adds. */
uint64_t sl_image_contract(const sl_store *store, uint64_t owner);

/* ---- writing: collect with the store at hand, write without, in turn; then finish ---- */
typedef struct sl_image_writer sl_image_writer;
/* Opens a temporary file. start: the changelog's end now, with everything below it in the store. */
int sl_image_begin(sl_fs *fs, const char *dir, const sl_image_id *id, sl_store *store, int64_t start,
                   sl_image_writer **out, sl_err *err);
/* Takes rows of about bytes from the store; *more is false when all have been taken. No file is touched. */
void sl_image_collect(sl_image_writer *writer, size_t bytes, bool *more);
/* Writes what was collected. */
int sl_image_write(sl_image_writer *writer, sl_err *err);
/* end: the changelog's end after the last collect; it must have been synced. Syncs, renames, syncs the directory: then
 * the image is there, in place of an older one. */
int sl_image_finish(sl_image_writer *writer, int64_t end, sl_image_info *out, sl_err *err);
/* May the file be there after a crash? Also when finishing failed, once it was renamed. */
bool sl_image_published(const sl_image_writer *writer);
void sl_image_writer_free(sl_image_writer *writer); /* removes what is not finished; accepts NULL */

/* ---- reading ---- */
typedef struct sl_image sl_image;
/* Reads the header. SL_E_CORRUPT, SL_E_VERSION, SL_E_IO. */
int sl_image_open(sl_fs *fs, const char *path, sl_image **out, sl_err *err);
const sl_image_info *sl_image_get_info(const sl_image *image);
bool sl_image_is_of(const sl_image *image, const sl_image_id *id);
uint64_t sl_image_loaded(const sl_image *image); /* rows so far */
/* Loads the next block into the store, which is empty at first; *more is false behind the last one. After a failure
 * the store must be cleared. */
int sl_image_load(sl_image *image, sl_store *store, bool *more, sl_err *err);
/* Reads all blocks: are they what was written? What the rows mean only a store can tell. */
int sl_image_check(sl_image *image, sl_err *err);
void sl_image_rewind(sl_image *image); /* loading begins with the first block again */
void sl_image_close(sl_image *image);  /* accepts NULL */
