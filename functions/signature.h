/* Signatures: what the text "(ARRAY<T> list, LAMBDA(T => R)) -> ARRAY<R>" says, parsed once per overload.
 *
 *   signature = '(' [params] [';' params] ')' '->' shape      parameters after ';' are literals (aggregates)
 *   param     = shape ['!'] ['...'] [name]                     '!': a NULL is an evaluation error; '...': variadic
 *   shape     = type word | one capital letter (type variable) | ANY | UNIT | DECIMAL ['(' p ',' s ')']
 *             | ARRAY '<' shape '>' | MAP '<' shape ',' shape '>' | STRUCT '<' [name shape, ...] '>'
 *             | LAMBDA '(' shape {',' shape} '=>' shape ')' */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "functions/function.h"

typedef enum sl_shape_kind {
  SL_SHAPE_TYPE,    /* a scalar type; DECIMAL without numbers takes any */
  SL_SHAPE_GENERIC, /* a type variable */
  SL_SHAPE_ANY,
  SL_SHAPE_ARRAY,
  SL_SHAPE_MAP,
  SL_SHAPE_STRUCT,
  SL_SHAPE_LAMBDA,
  SL_SHAPE_UNIT,
} sl_shape_kind;

/* A type as a signature writes it. */
typedef struct sl_shape {
  sl_shape_kind kind;
  sl_base base;                   /* TYPE */
  int precision, scale;           /* TYPE DECIMAL; precision 0 = any */
  char variable;                  /* GENERIC: 'A' .. 'Z' */
  bool generic;                   /* a type variable is somewhere inside */
  const struct sl_shape *key;     /* MAP */
  const struct sl_shape *element; /* ARRAY, MAP value, LAMBDA result */
  const struct sl_shape **items;  /* STRUCT fields, LAMBDA parameters */
  const sl_str *names;            /* STRUCT fields */
  int count;                      /* of items */
} sl_shape;

typedef struct sl_parameter {
  sl_str name;
  const sl_shape *shape;
  bool variadic, strict, literal;
} sl_parameter;

typedef struct sl_signature {
  const sl_parameter *parameters;
  int count;
  int variadic; /* index, or -1 */
  int literals; /* parameters behind ';' */
  const sl_shape *result;
} sl_signature;

/* SL_E_INTERNAL if text is malformed (a mistake in a table). */
int sl_signature_parse(sl_arena *arena, const char *text, sl_signature *out, sl_err *err);
/* The parsed signature of an overload of a registered function. Thread: any. */
const sl_signature *sl_function_signature(const sl_function *function, int overload);
/* The parameter that takes argument i of count. */
int sl_signature_parameter(const sl_signature *sig, int i, int count);
/* How many of count arguments stand before the literal ones. */
int sl_signature_columns(const sl_signature *sig, int count);
/* The type a shape stands for when bound has the types of the variables A to Z; NULL when one that it names is not
 * bound, or any type would do. */
enum { SL_SHAPE_VARIABLES = 26 };
const sl_type *sl_shape_type(sl_arena *arena, const sl_shape *shape, const sl_type *const *bound);
/* INT, VARCHAR, ARRAY<T>, LAMBDA (A, B) => R: as alternatives and DESCRIBE FUNCTION print them. */
void sl_shape_print(sl_buf *out, const sl_shape *shape);
/* NAME(TYPE param, TYPE... params), functions.md 3.4. */
void sl_signature_print(sl_buf *out, const sl_function *function, int overload);
