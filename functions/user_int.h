/* What the loader of user functions and the calls into them share. */
#pragma once
#include "functions/function.h"
#include "functions/signature.h"
#include "functions/sluice_udf.h"

/* One overload of an object; sl_overload.user points to it. */
typedef struct sl_user_overload {
  const char *function; /* name in upper case */
  sl_function_kind kind;
  const sluice_overload *body;
  sl_signature signature;
  const sl_shape *state; /* aggregates: NULL = the result's type */
} sl_user_overload;

/* Checks a library and adds all its functions to the registry, or none. path names it and must live on, as the library
 * must. */
int sl_user_library_add(const char *path, const sluice_library *library, int *count, sl_err *err);

/* The bodies that a row of the registry has for a user function: sl_overload and sl_aggregate call the object's. */
int sl_user_prepare(sl_call *call, sl_arena *arena, sl_err *err);
int sl_user_eval(sl_call *call, const sl_value *args, sl_value *out);
int sl_user_init(sl_call *call, sl_value *state);
int sl_user_add(sl_call *call, sl_value *state, const sl_value *args);
int sl_user_undo(sl_call *call, sl_value *state, const sl_value *args);
int sl_user_merge(sl_call *call, sl_value *state, const sl_value *other);
int sl_user_result(sl_call *call, const sl_value *state, sl_value *out);
int sl_user_state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err);

/* The call that the object sees. */
typedef struct sl_user_call {
  sluice_call head; /* first: a sluice_call leads back here */
  sl_call *call;
  sl_arena *arena; /* for memory and results */
  sl_err *err;
  int code;         /* of a failure */
  bool failed;      /* an error was reported, whatever the callback returns */
  size_t allocated; /* bytes, against SL_TEXT_MAX */
  const void *prepared;
  sl_value scratch; /* what a place that does not exist leads to */
} sl_user_call;

extern const sluice_host SL_USER_HOST;
/* Fails the call with a message of our own. */
int sl_user_fail(sl_user_call *uc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Makes a result fit to be handed on: marks of places that could be written go, equal keys of maps become one. */
void sl_user_finish(sl_user_call *uc, const sl_type *type, sl_value *v);
/* A configured value of ksql.functions.<function>.<key>, or NULL. Thread: any, once objects are loaded. */
const char *sl_user_setting(const char *function, const char *key);
