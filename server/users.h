/* Users of basic authentication (http-api.md 18.1): who they are and what they may prove it with. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct sl_users sl_users;

/* Reads a credentials file: a line "name: password,role,..." for each user; '#' begins a comment line. A password is
 * plain, or CRYPT: and a hash of crypt(5), as mkpasswd makes them. SL_E_CONFIG names the line that cannot be used. */
int sl_users_read(const char *path, sl_users **out, sl_err *err);
void sl_users_free(sl_users *users); /* accepts NULL */
/* Who sends this Authorization header (may be NULL), and may one of allowed (roles, or "*": any user)?
 * SL_E_UNAUTHORIZED, SL_E_FORBIDDEN. Thread: any. */
int sl_users_check(sl_users *users, const char *authorization, sl_str allowed, sl_err *err);
/* The name in an Authorization header, unchecked; empty when there is none. */
sl_str sl_users_name(sl_arena *arena, const char *authorization);
