/* Loading user functions: shared objects that were written against sluice_udf.h. */
#pragma once
#include "base/fs.h"
#include "base/map.h"

typedef struct sl_user_report {
  const char *path;    /* of the object */
  int functions;       /* added */
  const char *refused; /* NULL, or why nothing of it was added */
} sl_user_report;

/* Loads every *.so of dir, in order of names, and adds its functions to the registry: all of an object, or none and a
 * report that says why. settings (may be NULL): names to texts, of which those of functions are copied.
 *
 * The only error is a directory that cannot be read. To be called before other threads look functions up; what is
 * loaded stays until the process ends. */
int sl_user_functions_load(const char *dir, const sl_map *settings,
                           void (*report)(void *ctx, const sl_user_report *one), void *ctx, sl_err *err);
