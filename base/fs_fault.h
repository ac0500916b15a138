/* A file system that fails and crashes on command: a wrapper over any other one, for tests of what must survive.
 *
 * Faults: a rule makes the n-th matching operation fail with a given code, optionally after writing a part, optionally
 * taking the whole process down with it (every later operation fails until the crash).
 *
 * Crashes: the wrapper remembers for each file what was written since its last successful sync, and for each directory
 * which names came, went and moved since its last sync_dir. sl_fs_fault_crash makes the wrapped file system look as it
 * could look after a process kill (all of it is there) or a power loss:
 *   - an unsynced write is kept, dropped, torn (a part of it, cut at 512-byte sectors below the durable size, anywhere
 *     above it) or leaves zeros where it would have made the file longer; files differ in how much they lose;
 *   - an unsynced truncation may be undone;
 *   - a name whose directory was not synced may be missing, an unsynced removal or rename undone; a rename is kept or
 *     undone as a whole. Syncing a file does not make its name durable (POSIX promises no more, though some systems
 * do);
 *   - what was pending when a sync FAILED is never made durable by a later sync that succeeds.
 * The outcome depends on the seed and the operations only. Handles from before a crash fail; close them as usual.
 *
 * It keeps a second copy of all files in memory: meant for tests. Thread: any; close all handles before freeing. */
#pragma once
#include "base/fs.h"

enum sl_fs_op {
  SL_FS_OP_OPEN = 1,   /* of an existing file */
  SL_FS_OP_CREATE = 2, /* open that makes a file */
  SL_FS_OP_READ = 4,
  SL_FS_OP_WRITE = 8,
  SL_FS_OP_SYNC = 16,
  SL_FS_OP_TRUNCATE = 32,
  SL_FS_OP_REMOVE = 64,
  SL_FS_OP_RENAME = 128,
  SL_FS_OP_MKDIR = 256,
  SL_FS_OP_RMDIR = 512,
  SL_FS_OP_SYNC_DIR = 1024,
  SL_FS_OP_LIST = 2048,
  /* All that change what is on disk: the steps between which a crash test stops. */
  SL_FS_OP_CHANGES = SL_FS_OP_CREATE | SL_FS_OP_WRITE | SL_FS_OP_SYNC | SL_FS_OP_TRUNCATE | SL_FS_OP_REMOVE |
                     SL_FS_OP_RENAME | SL_FS_OP_MKDIR | SL_FS_OP_RMDIR | SL_FS_OP_SYNC_DIR,
};

typedef struct sl_fs_fault_rule {
  unsigned ops;          /* SL_FS_OP_* that count and may fail */
  const char *path_part; /* only paths that contain this; NULL: all. Borrowed */
  uint64_t nth;          /* 1: the next matching operation, 2: the one after, ... */
  uint64_t times;        /* how many in a row fail; 0 = 1; UINT64_MAX = from then on */
  int code;              /* SL_E_IO, SL_E_DISK_FULL, ...; 0 = SL_E_IO */
  size_t keep;           /* a failing write writes this many bytes first */
  bool stop;             /* and nothing works any more until sl_fs_fault_crash */
} sl_fs_fault_rule;

typedef enum sl_fs_crash {
  SL_FS_CRASH_KILL,       /* the process dies, the system lives */
  SL_FS_CRASH_POWER,      /* power loss; name changes survive in order, as on journalling file systems */
  SL_FS_CRASH_POWER_ANY,  /* power loss; each name change survives or not by itself */
  SL_FS_CRASH_POWER_NONE, /* power loss; nothing that was not synced survives */
} sl_fs_crash;

/* inner stays the caller's and must outlive the wrapper. root: the directory whose tree crashes change (made if
 * missing; all that is there counts as durable); paths elsewhere are passed through. "/" for a whole memory file
 * system. NULL with err filled if the tree cannot be read. */
sl_fs *sl_fs_fault_new(sl_fs *inner, const char *root, sl_err *err);
void sl_fs_fault_add(sl_fs *fs, sl_fs_fault_rule rule);
void sl_fs_fault_clear(sl_fs *fs);
/* How many operations of these kinds were asked for so far, failed ones included. */
uint64_t sl_fs_fault_count(sl_fs *fs, unsigned ops);
/* True after a rule with stop has struck, until the crash. */
bool sl_fs_fault_stopped(sl_fs *fs);
/* True after a directory could not be synced, until the crash: no later sync makes those names durable. */
bool sl_fs_fault_shut(sl_fs *fs);
/* The operation that a rule has struck last since the last crash, as "write 7 /data/x": its kind, the how
 * manyth of that kind it was, the path. Empty when none has. Valid until the next one. */
const char *sl_fs_fault_struck(sl_fs *fs);
/* Crashes, then clears the rules. The same fs is used by the "next process". */
int sl_fs_fault_crash(sl_fs *fs, sl_fs_crash mode, uint64_t seed, sl_err *err);
