/* What fs_fault.c (operations, rules) shares with fs_fault_crash.c (what is durable, and what a crash leaves). */
#pragma once
#include "base/buf.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

/* A file or directory, apart from its names. */
typedef struct fault_node {
  bool dir, seen;
  sl_map now;     /* directory: name -> node as every process sees it */
  sl_map durable; /* directory: name -> node as of what was synced */
  sl_buf image;   /* file: contents as of what was synced */
  sl_vec pending; /* file: fault_data since */
} fault_node;

/* A write, or a truncation to offset. */
typedef struct fault_data {
  bool truncation;
  bool synced; /* behind one in the list that is not */
  bool doomed; /* was pending when a sync failed */
  uint64_t offset;
  size_t len;
  uint8_t bytes[];
} fault_data;

/* A name that came (no from_dir), went (no to_dir) or moved. */
typedef struct fault_name {
  bool synced, doomed;
  fault_node *from_dir, *to_dir, *node;
  char *from, *to;
} fault_name;

/* All that exists below the root. */
typedef struct fault_disk {
  fault_node *root;
  sl_vec nodes; /* every fault_node */
  sl_vec names; /* fault_name not durable yet, in order */
} fault_disk;

void fault_disk_init(fault_disk *disk);
void fault_disk_done(fault_disk *disk);
fault_node *fault_node_new(fault_disk *disk, bool dir);
/* Reads the tree at path of inner as durable. */
int fault_disk_load(fault_disk *disk, sl_fs *inner, const char *path, sl_err *err);

void fault_note_write(fault_node *file, uint64_t offset, const void *data, size_t len);
void fault_note_truncate(fault_node *file, uint64_t size);
void fault_note_sync(fault_node *file, bool ok);
/* Changes the name as it is seen now, and remembers it. Either dir may be NULL. */
void fault_note_name(fault_disk *disk, fault_node *from_dir, sl_str from, fault_node *to_dir, sl_str to,
                     fault_node *node);
void fault_note_sync_dir(fault_disk *disk, fault_node *dir, bool ok);

/* Decides what survives; then all that is left is durable. mode as sl_fs_crash, not KILL. */
void fault_disk_crash(fault_disk *disk, int mode, uint64_t seed);
/* Makes the tree at path of inner what the disk says. */
int fault_disk_store(const fault_disk *disk, sl_fs *inner, const char *path, sl_err *err);
