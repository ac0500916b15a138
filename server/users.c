/* Basic authentication: the credentials file, and checking a header against it.
 *
 * Checking a hash takes milliseconds on purpose, so the password that was last found right is remembered for each user,
 * and requests of a client that repeats it cost a comparison. */
#include "server/users.h"
#include <crypt.h>
#include <pthread.h>
#include <string.h>
#include "base/fs.h"
#include "base/heap.h"
#include "server/server_int.h"
#include "types/text.h"

enum { FILE_LIMIT = 1 << 20, PASSWORD_MAX = 512 };

typedef struct user {
  sl_str name, password, roles; /* roles: a list */
  bool hashed;
  char known[PASSWORD_MAX]; /* what was right for a hash; users->mutex */
  struct user *next;
} user;

struct sl_users {
  sl_arena arena;
  user *first;
  pthread_mutex_t mutex;
};

/* ---- the file ---- */

static int read_line(sl_users *users, sl_str line, sl_err *err) {
  const char *colon = memchr(line.ptr, ':', line.len);
  if (!colon || colon == line.ptr) return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "Expected NAME: PASSWORD,ROLE,...");
  user *u = sl_arena_zalloc(&users->arena, sizeof *u);
  size_t before = (size_t)(colon - line.ptr);
  u->name = sl_str_trim(sl_str_n(line.ptr, before));
  sl_str rest = sl_str_trim(sl_str_n(colon + 1, line.len - before - 1));
  const char *comma = memchr(rest.ptr, ',', rest.len);
  u->password = comma ? sl_str_n(rest.ptr, (size_t)(comma - rest.ptr)) : rest;
  if (comma) u->roles = sl_str_n(comma + 1, rest.len - u->password.len - 1);
  if (sl_str_starts(u->password, sl_str_of("MD5:")) || sl_str_starts(u->password, sl_str_of("OBF:")))
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS,
                      "Passwords as MD5: or OBF: are not supported. Write CRYPT: and a hash that mkpasswd makes.");
  u->hashed = sl_str_starts(u->password, sl_str_of("CRYPT:"));
  if (u->hashed) u->password = sl_str_n(u->password.ptr + 6, u->password.len - 6);
  if (!u->password.len || u->password.len >= PASSWORD_MAX)
    return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "A password of 1 to %d characters is needed.", PASSWORD_MAX - 1);
  for (const user *other = users->first; other; other = other->next)
    if (sl_str_eq(other->name, u->name))
      return sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "The user '" SL_STR_FMT "' is there twice.", SL_STR_ARG(u->name));
  if (u->hashed) u->password = sl_str_of(sl_str_z(&users->arena, u->password));
  u->next = users->first;
  users->first = u;
  return 0;
}

int sl_users_read(const char *path, sl_users **out, sl_err *err) {
  sl_users *users = sl_heap_zalloc(sizeof *users);
  sl_arena_init(&users->arena, 0);
  pthread_mutex_init(&users->mutex, NULL);
  char *data;
  size_t len;
  int rc = sl_fs_read_all(sl_fs_real(), path, FILE_LIMIT, &users->arena, &data, &len, err);
  int number = 0;
  for (sl_str rest = rc ? sl_str_n("", 0) : sl_str_n(data, len); !rc && rest.len;) {
    const char *feed = memchr(rest.ptr, '\n', rest.len);
    size_t size = feed ? (size_t)(feed - rest.ptr) : rest.len;
    sl_str line = sl_str_trim(sl_str_n(rest.ptr, size));
    number++;
    if (line.len && line.ptr[0] != '#' && (rc = read_line(users, line, err)))
      sl_err_prefix(err, "%s:%d: ", path, number);
    size += feed ? 1 : 0;
    rest = sl_str_n(rest.ptr + size, rest.len - size);
  }
  if (!rc && !users->first) rc = sl_err_set(err, SL_E_CONFIG, SL_NO_POS, "%s names no user.", path);
  if (rc)
    sl_users_free(users);
  else
    *out = users;
  return rc;
}

void sl_users_free(sl_users *users) {
  if (!users) return;
  for (user *u = users->first; u; u = u->next) explicit_bzero(u->known, sizeof u->known);
  sl_arena_done(&users->arena);
  pthread_mutex_destroy(&users->mutex);
  sl_heap_free(users);
}

/* ---- checking ---- */

/* Takes as long wherever the texts differ. */
static bool same(sl_str a, sl_str b) {
  unsigned differ = a.len != b.len;
  for (size_t i = 0; i < a.len && i < b.len; i++) differ |= (unsigned char)a.ptr[i] ^ (unsigned char)b.ptr[i];
  return !differ;
}

static bool fits_hash(sl_users *users, user *u, sl_str given) {
  char password[PASSWORD_MAX];
  if (given.len >= sizeof password || !given.len || memchr(given.ptr, 0, given.len)) return false;
  pthread_mutex_lock(&users->mutex);
  bool known = same(given, sl_str_of(u->known));
  pthread_mutex_unlock(&users->mutex);
  if (known) return true;
  memcpy(password, given.ptr, given.len);
  password[given.len] = 0;
  struct crypt_data *work = sl_heap_zalloc(sizeof *work);
  const char *hash = crypt_r(password, u->password.ptr, work);
  bool right = hash && hash[0] != '*' && same(sl_str_of(hash), u->password);
  explicit_bzero(work, sizeof *work);
  sl_heap_free(work);
  if (right) {
    pthread_mutex_lock(&users->mutex);
    memcpy(u->known, password, given.len + 1);
    pthread_mutex_unlock(&users->mutex);
  }
  explicit_bzero(password, sizeof password);
  return right;
}

/* Name and password of a header; false when it has none. */
static bool split(sl_arena *arena, const char *authorization, sl_str *name, sl_str *password) {
  sl_str text;
  if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0) return false;
  if (!sl_base64_decode(arena, sl_str_trim(sl_str_of(authorization + 6)), &text)) return false;
  const char *colon = memchr(text.ptr, ':', text.len);
  if (!colon) return false;
  *name = sl_str_n(text.ptr, (size_t)(colon - text.ptr));
  *password = sl_str_n(colon + 1, text.len - name->len - 1);
  return true;
}

sl_str sl_users_name(sl_arena *arena, const char *authorization) {
  sl_str name, password;
  return split(arena, authorization, &name, &password) ? name : sl_str_n("", 0);
}

static user *find(sl_users *users, sl_str name, sl_str password) {
  for (user *u = users->first; u; u = u->next)
    if (sl_str_eq(u->name, name))
      return (u->hashed ? fits_hash(users, u, password) : same(password, u->password)) ? u : NULL;
  return NULL;
}

int sl_users_check(sl_users *users, const char *authorization, sl_str allowed, sl_err *err) {
  sl_arena scratch;
  sl_str name, password;
  sl_arena_init(&scratch, 1024);
  const user *u = split(&scratch, authorization, &name, &password) ? find(users, name, password) : NULL;
  bool may = u && sl_list_matches(allowed, sl_str_of("*")); /* "*" alone matches it */
  for (sl_str roles = u ? u->roles : sl_str_n("", 0), role; !may && sl_list_next(&roles, &role);)
    may = sl_list_matches(allowed, role);
  sl_arena_done(&scratch);
  if (!u) return sl_err_set(err, SL_E_UNAUTHORIZED, SL_NO_POS, "Unauthorized");
  return may ? 0 : sl_err_set(err, SL_E_FORBIDDEN, SL_NO_POS, "Forbidden");
}
