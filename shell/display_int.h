/* What the files that print entities share. */
#pragma once
#include "shell/display.h"
#include "shell/text_table.h"

/* Type of a schema object (http-api.md 5.2) as descriptions print it: VARCHAR(STRING), ARRAY<...>, STRUCT<a DOUBLE>. */
sl_str sl_type_words(sl_arena *arena, const sl_json *schema);
/* A member as text: numbers and strings as they are, NULL and absent as fallback. */
sl_str sl_member_text(const sl_json *object, const char *name, const char *fallback);
int64_t sl_member_int(const sl_json *object, const char *name);
bool sl_member_true(const sl_json *object, const char *name);
/* The array (the object) under name, or an empty one. */
const sl_json *sl_member_list(const sl_json *object, const char *name);
const sl_json *sl_member_map(const sl_json *object, const char *name);
/* Newlines become blanks. */
sl_str sl_one_line(sl_arena *arena, sl_str text);

void sl_describe_print_source(sl_display *display, sl_arena *arena, const sl_json *entity);
void sl_describe_print_sources(sl_display *display, sl_arena *arena, const sl_json *entity);
void sl_describe_print_query(sl_display *display, sl_arena *arena, const sl_json *entity);
void sl_describe_print_queries(sl_display *display, sl_arena *arena, const sl_json *entity);
void sl_describe_print_function(sl_display *display, sl_arena *arena, const sl_json *entity);
void sl_describe_print_connector(sl_display *display, sl_arena *arena, const sl_json *entity);
