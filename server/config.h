/* Server configuration: properties files, --override words and the environment, into checked settings. */
#pragma once
#include "base/err.h"
#include "catalog/settings.h"

/* Reads a properties file (Java syntax: '=', ':' or blank between name and value, '#' and '!' comments, '\'
 * continuation and escapes) into settings. A name that is no property, or a value of the wrong type, is refused with
 * file and line. */
int sl_config_read_file(const char *path, sl_settings *settings, sl_err *err);
/* One NAME=VALUE word. */
int sl_config_read_word(const char *word, sl_settings *settings, sl_err *err);
/* KSQL_<NAME> variables with '.' written as '_' (KSQL_KSQL_SERVICE_ID, KSQL_LISTENERS), for containers; and
 * -DNAME=VALUE words in KSQL_OPTS. Variables that name no property are passed by. */
int sl_config_read_environment(char *const *environment, sl_settings *settings, sl_err *err);
