/* Counts what a test takes from the heap. Include it in one file of a binary. Under sanitizers, which have a heap of
 * their own, nothing is counted. */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_size_t heap_calls;
#ifndef SL_SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size) {
  heap_calls++;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  heap_calls++;
  return __libc_calloc(count, size);
}
void *realloc(void *p, size_t size) {
  heap_calls++;
  return __libc_realloc(p, size);
}
#endif
