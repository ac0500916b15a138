/* The parts of the JSON format: a tree of nodes compiled from the columns' types, shared by the quick decoder, the
 * exact decoder and the encoder. */
#pragma once
#include "base/json.h"
#include "formats/format.h"

typedef struct sl_json_node sl_json_node;
typedef struct sl_json_field sl_json_field;

/* A member name seen in earlier objects, in the order of the last one. */
typedef struct sl_json_guess {
  int32_t field; /* index of the field it fills, or -1: ignored */
  uint32_t len;
  char text[56]; /* with its quotes */
} sl_json_guess;

enum { SL_JSON_GUESS_MAX = 1024 };

struct sl_json_node {
  sl_base base;
  unsigned accepts; /* bit per sl_json_kind: such a value always decodes */
  const sl_type *type;
  sl_json_node *element; /* ARRAY: element, MAP: value */
  /* STRUCT, and the row itself when it is wrapped */
  sl_json_field *fields;
  int count;
  bool twins;     /* a member may stand for two fields that differ only in case */
  int32_t *slots; /* name hash -> field + 1 */
  uint32_t slot_mask;
  uint32_t *stamps; /* per field: the generation that filled it */
  uint32_t generation;
  sl_json_guess *guesses;
  int guess_count, guess_cap;
};

struct sl_json_field {
  sl_str name;
  sl_str fragment; /* "NAME": as the encoder writes it, with a comma unless it is first */
  sl_json_node node;
};

typedef struct sl_json_serde {
  sl_serde base;
  sl_arena *arena; /* holds this and the nodes */
  const char *topic;
  bool is_key;
  bool wrapped;
  sl_json_node root; /* wrapped: a struct of the columns; else the column */
  sl_type row_type;  /* the struct that messages print when wrapped */
  sl_buf stack;      /* scratch: elements of open arrays and maps */
  sl_buf text;       /* scratch: a nested value that becomes a string */
} sl_json_serde;

/* Field of a node by exact name, -1 if none. */
int sl_json_field_find(const sl_json_node *node, sl_str name);
/* Field that a member fills: by exact name, else by its upper-case form; -1 if none. */
int sl_json_field_match(sl_arena *arena, const sl_json_node *node, sl_str member);
/* Upper case as Java has it. Borrows s when nothing changes. */
sl_str sl_json_upper(sl_arena *arena, sl_str s);

/* One scalar (any kind but ARRAY and OBJECT; strings decoded) as a value of the node's type: the table of formats.md
 * 5.2. SL_E_DECODE with the bare message. */
int sl_json_scalar(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_arena *arena, sl_value *out,
                   sl_err *err);
/* "Can't convert type. sourceType: ..., requiredType: ..." kind SL_JSON_END is Jackson's MissingNode. */
int sl_json_mismatch(const sl_json_node *node, sl_json_kind kind, sl_str text, sl_err *err);
/* An object or array as the text a STRING column gets. */
sl_str sl_json_text_of(sl_arena *arena, sl_buf *scratch, const sl_json *v);
/* Drops earlier duplicates among pairs (the last value wins, the first place stays); returns the pairs left. */
uint32_t sl_json_unique_keys(sl_arena *arena, sl_value *pairs, uint32_t count);

/* Decodes the usual record at full speed; false when anything is unusual: then the exact decoder decides. */
bool sl_json_decode_quick(sl_json_serde *json, sl_str text, const bool *needed, sl_arena *arena, sl_value *out);
/* Decodes by the letter of formats.md 5.2, over a document tree, with error messages. */
int sl_json_decode_exact(sl_json_serde *json, sl_str text, sl_arena *arena, sl_value *out, sl_err *err);

void sl_json_encode_node(const sl_json_node *node, const sl_value *v, sl_buf *out);
void sl_json_encode_fields(const sl_json_node *node, const sl_value *values, sl_buf *out);
