/* Changelogs: every committed change of a store is a record in a compacted topic, from which the store can be built
 * again. Record: key bytes as the store has them (windows: key + start + sequence 0, sessions: key + end + start,
 * buffers and pending rows: key + time + number),
 * value in the native row codec or null for a deletion, timestamp of the row. Thread: task. */
#pragma once
#include "state/store.h"
#include "topics/log.h"

/* Stages a record for each change since the last commit. scratch is reset in between. */
int sl_changelog_write(const sl_store *store, sl_staging *staging, sl_partition *changelog, sl_arena *scratch,
                       sl_err *err);
/* Applies up to max_records from *position on, and advances it; done when *position has reached end. */
int sl_changelog_restore(sl_store *store, sl_partition *changelog, int64_t *position, int64_t end, size_t max_records,
                         sl_arena *scratch, sl_err *err);
