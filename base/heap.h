/* The heap for what has a life of its own outside arenas. Out of memory ends the program with a message: sizes that
 * come from users are bounded before they get here. */
#pragma once
#include <stddef.h>

void *sl_heap_zalloc(size_t size);           /* cleared */
void *sl_heap_realloc(void *p, size_t size); /* p may be NULL */
char *sl_heap_strdup(const char *z);
char *sl_heap_strndup(const char *p, size_t len);
void sl_heap_free(void *p); /* accepts NULL */
