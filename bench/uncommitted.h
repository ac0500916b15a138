/* What committing costs: a log that only appends. It stands in for the embedded log's commit while a run lasts that is
 * compared with one that commits. */
#pragma once
#include "topics/log.h"

/* From here on the batches of a commit are finished, stamped, checksummed, copied to the newest blocks and written to
 * their files as ever, but nothing is decided: no check of positions, no order among commits, no decision record, no
 * positions and clocks of tasks, no visible ends, nobody told. One log at a time. */
void uncommitted_begin(sl_log *log);
/* Publishes what has been appended, so that the result can be read, and commits as ever again. */
void uncommitted_end(sl_log *log);
