/* COUNT_DISTINCT (functions.md 20.4): HyperLogLog with 2^14 registers of 5 bits; below 2.5 values per register it
 * counts the empty ones instead, which is exact for small sets. The state is an array of INT in one of two forms, told
 * apart by its length:
 *
 *   sparse   an item for each register in use: number << 5 | rank; at most SPARSE_MAX
 *   dense    WORDS words of six registers each, then the count of empty registers, then the sum over the registers of
 *            2^(31 - rank), its high and its low 32 bits; with them a result needs no look at the registers */
#include <math.h>
#include "functions/functions_int.h"

enum { BITS = 14, REGISTERS = 1 << BITS, PER_WORD = 6, WIDTH = 5, WORDS = (REGISTERS + PER_WORD - 1) / PER_WORD };
enum { ZEROS = WORDS, SUM_HIGH, SUM_LOW, DENSE, SPARSE_MAX = 256 };

static bool is_dense(const sl_value *state) {
  return state->len == DENSE;
}

static uint32_t word_at(const sl_value *words, int at) {
  return (uint32_t)words[at].i64;
}

static void set_word(sl_value *words, int at, uint32_t word) {
  words[at] = sl_of_i64((int32_t)word);
}

static unsigned rank_at(const sl_value *words, unsigned number) {
  return word_at(words, (int)(number / PER_WORD)) >> (number % PER_WORD * WIDTH) & 31;
}

static uint64_t sum_of(const sl_value *words) {
  return (uint64_t)word_at(words, SUM_HIGH) << 32 | word_at(words, SUM_LOW);
}

/* Sets a register of a dense array unless it is as high already. */
static void raise_rank(sl_value *words, unsigned number, unsigned rank) {
  unsigned was = rank_at(words, number), shift = number % PER_WORD * WIDTH;
  if (rank <= was) return;
  int at = (int)(number / PER_WORD);
  set_word(words, at, (word_at(words, at) & ~(31u << shift)) | rank << shift);
  uint64_t sum = sum_of(words) - (UINT64_C(1) << (31 - was)) + (UINT64_C(1) << (31 - rank));
  set_word(words, SUM_HIGH, (uint32_t)(sum >> 32));
  set_word(words, SUM_LOW, (uint32_t)sum);
  if (!was) set_word(words, ZEROS, word_at(words, ZEROS) - 1);
}

static void raise_listed(sl_value *words, const sl_value *sparse) {
  for (uint32_t i = 0; i < sparse->len; i++) {
    uint32_t item = word_at(sparse->items, (int)i);
    raise_rank(words, item >> WIDTH, item & 31);
  }
}

/* Makes state a dense array of its own, and gives its words. */
static sl_value *make_dense(sl_call *call, sl_value *state) {
  sl_value *words = sl_call_items(call, DENSE);
  if (is_dense(state)) {
    memcpy(words, state->items, DENSE * sizeof *words);
  } else {
    for (int i = 0; i < DENSE; i++) words[i] = sl_of_i64(0);
    set_word(words, ZEROS, REGISTERS);
    set_word(words, SUM_HIGH, REGISTERS >> 1); /* 2^14 * 2^31 */
    raise_listed(words, state);
  }
  *state = sl_of_items(words, DENSE);
  return words;
}

static int init(sl_call *call, sl_value *state) {
  return sl_give(state, sl_of_items(sl_call_items(call, 1), 0));
}

/* The place of a register in a sparse array, or its length. */
static uint32_t find(const sl_value *sparse, unsigned number) {
  uint32_t i = 0;
  while (i < sparse->len && word_at(sparse->items, (int)i) >> WIDTH != number) i++;
  return i;
}

static void add_rank(sl_call *call, sl_value *state, unsigned number, unsigned rank) {
  if (is_dense(state)) { /* copied only when a register grows, which soon becomes rare */
    if (rank > rank_at(state->items, number)) raise_rank(make_dense(call, state), number, rank);
    return;
  }
  uint32_t at = find(state, number), count = state->len + (at == state->len);
  if (at < state->len && rank <= (word_at(state->items, (int)at) & 31)) return;
  if (count > SPARSE_MAX) {
    raise_rank(make_dense(call, state), number, rank);
    return;
  }
  sl_value *items = sl_call_items(call, count);
  if (state->len) memcpy(items, state->items, state->len * sizeof *items);
  set_word(items, (int)at, number << WIDTH | rank);
  *state = sl_of_items(items, count);
}

static int add(sl_call *call, sl_value *state, const sl_value *args) {
  if (sl_is_null(&args[0])) return 0;
  uint64_t h = sl_hash_u64(sl_value_hash(call->arg_types[0], &args[0]));
  unsigned number = (unsigned)(h >> (64 - BITS)), zeros = (unsigned)__builtin_clzll(h << BITS | 1);
  add_rank(call, state, number, zeros < 30 ? zeros + 1 : 31);
  return 0;
}

static int merge(sl_call *call, sl_value *state, const sl_value *other) {
  if (!is_dense(state) && !is_dense(other) && state->len + other->len <= SPARSE_MAX) {
    for (uint32_t i = 0; i < other->len; i++) {
      uint32_t item = word_at(other->items, (int)i);
      add_rank(call, state, item >> WIDTH, item & 31);
    }
    return 0;
  }
  sl_value *words = make_dense(call, state);
  if (!is_dense(other))
    raise_listed(words, other);
  else
    for (unsigned i = 0; i < REGISTERS; i++) raise_rank(words, i, rank_at(other->items, i));
  return 0;
}

static int result(sl_call *call, const sl_value *state, sl_value *out) {
  (void)call;
  double m = REGISTERS, zeros = is_dense(state) ? word_at(state->items, ZEROS) : m - state->len;
  double estimate = 0;
  if (is_dense(state)) estimate = 0.7213 / (1 + 1.079 / m) * m * m / ldexp((double)sum_of(state->items), -31);
  if (estimate <= 2.5 * m && zeros > 0) estimate = m * log(m / zeros);
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
