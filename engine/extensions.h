/* User functions at a start: from which directory, and the log lines about them. */
#pragma once
#include <stdbool.h>
#include "base/err.h"
#include "catalog/settings.h"

/* Loads the shared objects of dir; if that is NULL, of the directory that the environment names in SLUICE_EXTENSIONS;
 * else of ksql.extension.dir where it is set, or where it is not and by_default is true, of its default if that exists.
 * Nothing with ksql.udfs.enabled=false. Objects that cannot be used are log lines; an error is a directory that dir or
 * the environment names and that cannot be read. Once a process, before other threads are made. */
int sl_extensions_load(const char *dir, const sl_settings *settings, bool by_default, sl_err *err);
