/* Functions: one row in one table each. Overloads, implicit casts and return types are resolved here, once, at planning
 * (functions.md 3); evaluation calls a C function with values of exactly the resolved types. */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "types/value.h"

typedef enum sl_function_kind { SL_FUNCTION_SCALAR, SL_FUNCTION_TABLE, SL_FUNCTION_AGGREGATE } sl_function_kind;

typedef struct sl_call sl_call;

/* A compiled lambda as a function sees it; args are the lambda's parameters. */
typedef struct sl_lambda {
  int (*run)(const struct sl_lambda *lambda, sl_call *call, const sl_value *args, int count, sl_value *out);
  const sl_type *type; /* of the result */
  void *ctx;           /* of whoever runs it */
} sl_lambda;

/* What a function knows of its call. Built once per call site, used for every row. */
struct sl_call {
  const struct sl_overload *overload;
  const sl_type *const *arg_types; /* after implicit casts; SL_TYPE_NULL for an untyped NULL */
  int arg_count;
  const sl_type *type;       /* of the result */
  const sl_value *constants; /* per argument: its value when it is constant, else a NULL with tag 0 */
  const bool *is_constant;
  const sl_lambda *lambdas; /* in order of appearance; their argument slots hold NULL values */
  void *prepared;           /* what the overload's prepare made (a compiled pattern ...); lives as long as the call;
                               shared by all runners of a program, so read-only after prepare */
  void *local;              /* overload->local_size bytes, zeroed once, of this runner alone (or NULL) */
  sl_arena *arena;          /* for results; set for each batch */
  sl_err *err;              /* message of a failed evaluation */
  int64_t now_ms;           /* wall clock of the batch */
  int64_t limit;            /* of the function's limit_setting; negative: none */
};

/* Evaluates one row. 0, or a negative code (normally SL_E_EVALUATE) with call->err set: the result is NULL and the
 * processing log gets an entry. */
typedef int (*sl_eval)(sl_call *call, const sl_value *args, sl_value *out);

/* Flags of an overload. */
enum {
  SL_FN_NULLS = 1,    /* called with NULL arguments; without it any NULL gives NULL and eval is not called */
  SL_FN_VOLATILE = 2, /* not folded: differs from call to call */
  SL_FN_HIDDEN = 4,   /* an operator's implementation: not in SHOW FUNCTIONS, not callable by name */
};

/* One signature. The text form is functions.md's: "(STRING, INT...) -> ARRAY<STRING>"; A, B ... are generic types,
 * LAMBDA(A, B => C) a lambda, X... a variadic parameter. Parsed once at start-up or first use. */
typedef struct sl_overload {
  const char *signature;
  unsigned flags;
  sl_eval eval;
  /* Once per call site, may be NULL: checks constants, compiles patterns into arena (query life), refines the type. */
  int (*prepare)(sl_call *call, sl_arena *arena, sl_err *err);
  void (*unprepare)(void *prepared); /* may be NULL: releases library objects of prepared */
  /* May be NULL: result type when the signature cannot say it (DECIMAL scale ...). */
  int (*type)(sl_arena *arena, const sl_type *const *args, int count, const sl_type **out, sl_err *err);
  const char *doc;            /* of this overload */
  size_t local_size;          /* bytes of call->local: scratch that outlives a row but belongs to one runner */
  void (*leave)(void *local); /* may be NULL: releases what eval keeps in local */
  const void *user;           /* of a function from an extension: what its bodies go by; else NULL */
} sl_overload;

/* Aggregate: state is one value of state type (often a STRUCT); see functions.md 20. */
typedef struct sl_aggregate {
  /* args: columns of the row; all calls get the call of the site; results and state go to call->arena and are copied
   * into the store by the caller. */
  int (*init)(sl_call *call, sl_value *state);
  int (*add)(sl_call *call, sl_value *state, const sl_value *args);
  int (*undo)(sl_call *call, sl_value *state, const sl_value *args);   /* NULL: not for tables */
  int (*merge)(sl_call *call, sl_value *state, const sl_value *other); /* sessions */
  int (*result)(sl_call *call, const sl_value *state, sl_value *out);
  int (*state_type)(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err);
} sl_aggregate;

typedef struct sl_function {
  const char *name; /* upper case */
  sl_function_kind kind;
  const char *category;
  const char *doc;
  /* "CALL => RESULT"; an aggregate's is "CALL over VALUES [and VALUES] => RESULT" with the columns x and y, a table
   * function's results stand between "; ". Only a volatile function may leave the result out. A test evaluates it. */
  const char *example;
  const sl_overload *overloads;
  int overload_count;
  const sl_aggregate *aggregates;      /* per overload, kind AGGREGATE */
  const char *author, *version, *path; /* NULL for built-ins */
  const char *spelling;                /* as messages print it; NULL = name in lower case */
  const char *limit_setting;           /* setting with the most items a result may have, or NULL */
} sl_function;

const sl_function *sl_function_find(sl_str name); /* any case; NULL if unknown; hidden ones excluded */
/* The same with hidden ones: implementations of SQL operators. */
const sl_function *sl_function_operator(sl_str name);
/* Adds a table that ends with a row without name: functions of a test tool or an extension. A name that is already
 * there is replaced, its overloads with it. To be called before other threads use the registry; the table must live on.
 */
int sl_function_add(const sl_function *table, sl_err *err);
/* The name as messages and error texts print it (functions.md 2.1), NUL-terminated in arena or static. */
const char *sl_function_spelling(sl_arena *arena, const sl_function *function);
/* All visible functions: scalar, then table, then aggregate, each by name. */
const sl_function *const *sl_functions(size_t *count);

/* A lambda argument during resolution: the resolver asks for its result type once its parameter types are known. */
typedef struct sl_lambda_type {
  int parameter_count;
  int (*type_of)(void *ctx, const sl_type *const *parameters, int count, const sl_type **out, sl_err *err);
  void *ctx;
} sl_lambda_type;

typedef struct sl_argument {
  const sl_type *type; /* SL_TYPE_NULL for untyped NULL; base SL_LAMBDA for a lambda */
  const sl_lambda_type *lambda;
} sl_argument;

typedef struct sl_resolution {
  const sl_function *function;
  int overload;
  const sl_type **casts; /* per argument: type to cast to, or NULL when it fits */
  const sl_type *type;   /* result; for table functions the element type; for aggregates the result type */
  const bool *strict;    /* per argument: a NULL is an evaluation error (INT! in the signature); NULL if none is */
  int columns;           /* aggregates: arguments [0, columns) are columns, the rest literal parameters */
} sl_resolution;

/* Picks the overload (functions.md 3, messages 3.4). pos is for the message's place. */
int sl_function_resolve(sl_arena *arena, sl_str name, const sl_argument *args, int count, sl_pos pos,
                        sl_resolution *out, sl_err *err);
