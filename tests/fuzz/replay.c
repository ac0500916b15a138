/* A fuzz target without a fuzzer: runs it over the files named, so that the ordinary tests hold what fuzzing found. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 20 };

int main(int argc, char **argv) {
  static uint8_t data[LARGEST];
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    if (!file) {
      fprintf(stderr, "%s cannot be read\n", argv[i]);
      return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees what is read beyond the end */
    if (!exact) return 1;
    for (size_t b = 0; b < size; b++) exact[b] = data[b];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
  }
  printf("%d inputs\n", argc - 1);
  return argc < 2;
}
