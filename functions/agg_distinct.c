/* COUNT_DISTINCT (functions.md 20.4): HyperLogLog with 2^14 registers of 5 bits, six in each INT of the state;
 * below 2.5 values per register it counts the empty ones instead, which is exact for small sets. */
#include <math.h>
#include "functions/functions_int.h"

enum { BITS = 14, REGISTERS = 1 << BITS, PER_WORD = 6, WIDTH = 5, WORDS = (REGISTERS + PER_WORD - 1) / PER_WORD };

static uint32_t word_at(const sl_value *state, int word) {
  return (uint32_t)state->items[word].i64;
}

static unsigned rank_at(const sl_value *state, unsigned number) {
  return word_at(state, (int)(number / PER_WORD)) >> (number % PER_WORD * WIDTH) & 31;
}

static int init(sl_call *call, sl_value *state) {
  sl_value *words = sl_call_items(call, WORDS);
  for (int i = 0; i < WORDS; i++) words[i] = sl_of_i64(0);
  return sl_give(state, sl_of_items(words, WORDS));
}

static sl_value *writable(sl_call *call, sl_value *state) {
  sl_value *words = sl_call_items(call, WORDS);
  memcpy(words, state->items, WORDS * sizeof *words);
  *state = sl_of_items(words, WORDS);
  return words;
}

static void set_rank(sl_value *words, unsigned number, unsigned rank) {
  unsigned shift = number % PER_WORD * WIDTH;
  sl_value *word = &words[number / PER_WORD];
  uint32_t bits = ((uint32_t)word->i64 & ~(31u << shift)) | rank << shift;
  *word = sl_of_i64((int32_t)bits);
}

/* The state is copied only when a register grows, which soon becomes rare. */
static int add(sl_call *call, sl_value *state, const sl_value *args) {
  if (sl_is_null(&args[0])) return 0;
  uint64_t h = sl_hash_u64(sl_value_hash(call->arg_types[0], &args[0]));
  unsigned number = (unsigned)(h >> (64 - BITS)), zeros = (unsigned)__builtin_clzll(h << BITS | 1);
  unsigned rank = zeros < 30 ? zeros + 1 : 31;
  if (rank > rank_at(state, number)) set_rank(writable(call, state), number, rank);
  return 0;
}

static int merge(sl_call *call, sl_value *state, const sl_value *other) {
  sl_value *words = writable(call, state);
  for (unsigned i = 0; i < REGISTERS; i++) {
    unsigned rank = rank_at(other, i);
    if (rank > rank_at(state, i)) set_rank(words, i, rank);
  }
  return 0;
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  double sum = 0, m = REGISTERS;
  int zeros = 0;
  for (unsigned i = 0; i < REGISTERS; i++) {
    unsigned rank = rank_at(state, i);
    sum += ldexp(1, -(int)rank);
    zeros += rank == 0;
  }
  double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  if (estimate <= 2.5 * m && zeros) estimate = m * log(m / zeros);
  return sl_give(out, sl_of_i64(llround(estimate)));
}

static int state_type(sl_arena *arena, sl_call *call, const sl_type **out, sl_err *err) {
  (void)call, (void)err;
  *out = sl_type_array(arena, &SL_TYPE_INTEGER);
  return 0;
}

const sl_function sl_agg_distinct[] = {
    {.name = "COUNT_DISTINCT",
     .spelling = "COUNT_DISTINCT",
     .kind = SL_FUNCTION_AGGREGATE,
     .category = "AGGREGATE",
     .doc = "Counts distinct values, approximately.",
     .example = "COUNT_DISTINCT(x) over 'a', 'b', 'a' => 2",
     .overloads =
         (const sl_overload[]){
             {.signature = "(T val1) -> BIGINT", .doc = "The error is about 1 %; small counts are exact."}, {0}},
     .aggregates =
         (const sl_aggregate[]){
             {.init = init, .add = add, .merge = merge, .result = result, .state_type = state_type}}},
    {0}};
