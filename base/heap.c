/* Heap calls that cannot fail. */
#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p, size_t size) {
  if (p || size == 0) return p;
  fprintf(stderr, "sluice: out of memory (%zu bytes)\n", size);
  abort();
}

void *sl_heap_zalloc(size_t size) {
  return checked(calloc(1, size ? size : 1), size);
}

void *sl_heap_realloc(void *p, size_t size) {
  return checked(realloc(p, size ? size : 1), size);
}

char *sl_heap_strdup(const char *z) {
  return sl_heap_strndup(z, strlen(z));
}

char *sl_heap_strndup(const char *p, size_t len) {
  char *copy = sl_heap_zalloc(len + 1);
  memcpy(copy, p, len);
  return copy;
}

void sl_heap_free(void *p) {
  free(p);
}
