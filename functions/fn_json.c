/* JSON functions that look at a whole document (functions.md 16.2): IS_JSON_STRING, JSON_ARRAY_LENGTH, JSON_CONCAT,
 * JSON_ITEMS, JSON_KEYS, JSON_RECORDS. EXTRACTJSONFIELD and JSON_ARRAY_CONTAINS are in fn_json_field.c. */
#include "functions/json_text.h"

static const char JSON[] = "JSON";

static int is_json_string(sl_call *call, const sl_value *args, sl_value *out) {
  (void)call;
  bool valid = false;
  if (!sl_is_null(&args[0])) {
    sl_json_cursor cur;
    sl_json_begin(&cur, sl_value_str(&args[0]));
    sl_json_kind kind = sl_json_peek(&cur);
    valid = sl_json_skip(&cur, NULL) && sl_json_root_end(&cur, kind);
  }
  return sl_give(out, sl_of_bool(valid));
}

static int json_array_length(sl_call *call, const sl_value *args, sl_value *out) {
  sl_str text = sl_value_str(&args[0]);
  if (sl_json_is_missing(text)) return sl_give_null(out);
  sl_json_cursor cur;
  sl_json_token token;
  sl_json_begin(&cur, text);
  sl_json_kind kind = sl_json_peek(&cur);
  int64_t count = 0;
  if (kind == SL_JSON_ARRAY && sl_json_value(&cur, &token)) {
    while (sl_json_next_element(&cur, count == 0) && sl_json_skip(&cur, NULL)) count++;
  } else {
    sl_json_skip(&cur, NULL);
  }
  if (!sl_json_root_end(&cur, kind)) return sl_fail_json(call, text);
  return kind == SL_JSON_ARRAY ? sl_give(out, sl_of_i64(count)) : sl_give_null(out);
}

/* ---- JSON_CONCAT ---- */

static sl_json *merge_objects(sl_call *call, sl_json *const *docs, int count) {
  size_t room = 0;
  for (int i = 0; i < count; i++) room += docs[i]->count;
  sl_pairs pairs;
  sl_pairs_init(&pairs, call->arena, &SL_TYPE_STRING, room);
  for (int i = 0; i < count; i++)
    for (size_t m = 0; m < docs[i]->count; m++) {
      sl_value key = sl_of_str(docs[i]->members[m].name), value = {.pointer = docs[i]->members[m].value};
      sl_pairs_put(&pairs, &key, &value);
    }
  sl_json *merged = sl_json_new(call->arena, SL_JSON_OBJECT);
  merged->members = sl_arena_alloc(call->arena, pairs.count * sizeof *merged->members);
  merged->count = merged->cap = pairs.count;
  for (size_t i = 0; i < pairs.count; i++)
    merged->members[i] =
        (sl_json_member){sl_value_str(&pairs.items[2 * i]), (sl_json *)(uintptr_t)pairs.items[2 * i + 1].pointer};
  return merged;
}

static sl_json *join_arrays(sl_call *call, sl_json *const *docs, int count) {
  sl_json *joined = sl_json_new(call->arena, SL_JSON_ARRAY);
  for (int i = 0; i < count; i++) {
    bool array = docs[i]->kind == SL_JSON_ARRAY;
    for (size_t n = 0; n < (array ? docs[i]->count : 1); n++)
      sl_json_add(call->arena, joined, array ? docs[i]->items[n] : docs[i]);
  }
  return joined;
}

static int json_concat(sl_call *call, const sl_value *args, sl_value *out) {
  if (!call->arg_count) return sl_fail(call, "JSON_CONCAT expects at least one argument.");
  sl_json **docs = sl_arena_alloc(call->arena, (size_t)call->arg_count * sizeof *docs);
  bool objects = true;
  for (int i = 0; i < call->arg_count; i++) {
    if (sl_is_null(&args[i])) return sl_give_null(out);
    int rc = sl_json_first(call, sl_value_str(&args[i]), &docs[i]);
    if (rc) return rc;
    if (!docs[i]) return sl_give_null(out);
    objects &= docs[i]->kind == SL_JSON_OBJECT;
  }
  const sl_json *all = call->arg_count == 1 ? docs[0]
                       : objects            ? merge_objects(call, docs, call->arg_count)
                                            : join_arrays(call, docs, call->arg_count);
  sl_buf *text = sl_call_text(call);
  int rc = sl_json_put(call, text, all, SL_JSON_PLAIN);
  return rc ? rc : sl_give_text(call, text, out);
}

/* ---- parts of a document ---- */

static int json_items(sl_call *call, const sl_value *args, sl_value *out) {
  sl_json *doc;
  int rc = sl_json_first(call, sl_value_str(&args[0]), &doc);
  if (rc) return rc;
  if (!sl_json_is(doc, SL_JSON_ARRAY)) return sl_fail_json(call, sl_value_str(&args[0]));
  if (doc->count > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = sl_call_items(call, doc->count);
  for (size_t i = 0; i < doc->count && !rc; i++) {
    sl_buf *text = sl_call_text(call);
    rc = sl_json_put(call, text, doc->items[i], SL_JSON_CANONICAL);
    if (!rc) rc = sl_give_text(call, text, &items[i]);
  }
  return rc ? rc : sl_give(out, sl_of_items(items, (uint32_t)doc->count));
}

static int json_keys(sl_call *call, const sl_value *args, sl_value *out) {
  sl_json *doc;
  int rc = sl_json_first(call, sl_value_str(&args[0]), &doc);
  if (rc) return rc;
  if (!sl_json_is(doc, SL_JSON_OBJECT)) return sl_give_null(out);
  if (doc->count > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *items = sl_call_items(call, doc->count);
  for (size_t i = 0; i < doc->count; i++) items[i] = sl_of_str(doc->members[i].name);
  return sl_give(out, sl_of_items(items, (uint32_t)doc->count));
}

static int json_records(sl_call *call, const sl_value *args, sl_value *out) {
  sl_json *doc;
  int rc = sl_json_first(call, sl_value_str(&args[0]), &doc);
  if (rc) return rc;
  if (!sl_json_is(doc, SL_JSON_OBJECT)) return sl_give_null(out);
  if (doc->count > SL_ITEMS_MAX) return sl_fail_size(call);
  sl_value *pairs = sl_call_items(call, 2 * doc->count);
  for (size_t i = 0; i < doc->count && !rc; i++) {
    const sl_json *v = doc->members[i].value;
    pairs[2 * i] = sl_of_str(doc->members[i].name);
    pairs[2 * i + 1] = sl_of_str(v->text);
    if (v->kind == SL_JSON_STRING) continue;
    sl_buf *text = sl_call_text(call);
    rc = sl_json_put(call, text, v, SL_JSON_CANONICAL);
    if (!rc) rc = sl_give_text(call, text, &pairs[2 * i + 1]);
  }
  return rc ? rc : sl_give(out, sl_of_items(pairs, (uint32_t)doc->count));
}

const sl_function sl_fn_json[] = {
    {.name = "IS_JSON_STRING",
     .spelling = "IS_JSON_STRING",
     .category = JSON,
     .doc = "Tells whether a text is JSON.",
     .example = "IS_JSON_STRING('[1, 2]') => true",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR input) -> BOOLEAN",
                                         .flags = SL_FN_NULLS,
                                         .eval = is_json_string,
                                         .doc = "False for NULL."},
                                        {0}}},
    {.name = "JSON_ARRAY_LENGTH",
     .spelling = "JSON_ARRAY_LENGTH",
     .category = JSON,
     .doc = "Gives the number of items of a JSON array.",
     .example = "JSON_ARRAY_LENGTH('[1, 2]') => 2",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR jsonArray) -> INT",
                                         .eval = json_array_length,
                                         .doc = "NULL when the text is no array."},
                                        {0}}},
    {.name = "JSON_CONCAT",
     .spelling = "JSON_CONCAT",
     .category = JSON,
     .doc = "Joins JSON texts.",
     .example = "JSON_CONCAT('{\"a\":1}', '{\"b\":2}') => '{\"a\":1,\"b\":2}'",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR... jsonStrings) -> VARCHAR",
                                         .flags = SL_FN_NULLS,
                                         .eval = json_concat,
                                         .local_size = sizeof(sl_buf),
                                         .leave = sl_call_text_leave,
                                         .doc = "Merges objects; joins anything else into one array."},
                                        {0}}},
    {.name = "JSON_ITEMS",
     .spelling = "JSON_ITEMS",
     .category = JSON,
     .doc = "Gives the items of a JSON array as JSON texts.",
     .example = "JSON_ITEMS('[1, {\"a\": 2}]') => ['1', '{\"a\":2}']",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR jsonItems) -> ARRAY<VARCHAR>",
                                         .eval = json_items,
                                         .local_size = sizeof(sl_buf),
                                         .leave = sl_call_text_leave,
                                         .doc = "Texts keep their quotes."},
                                        {0}}},
    {.name = "JSON_KEYS",
     .spelling = "JSON_KEYS",
     .category = JSON,
     .doc = "Gives the keys of a JSON object.",
     .example = "JSON_KEYS('{\"a\":1}') => ['a']",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR jsonObj) -> ARRAY<VARCHAR>",
                                         .eval = json_keys,
                                         .doc = "NULL when the text is no object."},
                                        {0}}},
    {.name = "JSON_RECORDS",
     .spelling = "JSON_RECORDS",
     .category = JSON,
     .doc = "Gives the keys of a JSON object with their values as texts.",
     .example = "JSON_RECORDS('{\"a\":\"x\"}') => {a=x}",
     .overloads = (const sl_overload[]){{.signature = "(VARCHAR jsonObj) -> MAP<VARCHAR, VARCHAR>",
                                         .eval = json_records,
                                         .local_size = sizeof(sl_buf),
                                         .leave = sl_call_text_leave,
                                         .doc = "NULL when the text is no object."},
                                        {0}}},
    {0}};
