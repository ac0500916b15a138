/* SQLite on base/fs, so that the catalog lives wherever the topics live: on disk, in memory, or on a file system that
 * injects faults. */
#pragma once
#include "base/fs.h"

typedef struct sl_vfs sl_vfs;

/* Registers a VFS with SQLite under a name of its own; fs must outlive it. */
sl_vfs *sl_vfs_new(sl_fs *fs);
const char *sl_vfs_name(const sl_vfs *vfs);
void sl_vfs_free(sl_vfs *vfs); /* accepts NULL; connections must be closed */
