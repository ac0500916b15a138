/* Statement texts: the query as shown (references qualified, aliases explicit, stars kept) and as stored to be planned
 * again (stars expanded too). sql.md 7.1, design.md 3. */
#include "parser/parser.h"
#include "planner/planner_int.h"

static sl_query_ast *copy_query(const sl_analysis *analysis) {
  sl_query_ast *copy = sl_arena_zalloc(analysis->arena, sizeof *copy);
  *copy = *analysis->ast;
  sl_join *joins = sl_arena_calloc(analysis->arena, (size_t)copy->join_count + 1, sizeof *joins);
  for (int i = 0; i < copy->join_count; i++) {
    joins[i] = copy->joins[i];
    joins[i].on = analysis->joins[i].on;
  }
  copy->joins = joins;
  copy->where = analysis->where_qualified;
  copy->having = analysis->having_qualified;
  if (analysis->group_count) copy->group_by = analysis->group_qualified;
  if (analysis->partition_count) copy->partition_by = analysis->partition_qualified;
  if (analysis->use == SL_USE_PERSISTENT && copy->emit == SL_EMIT_NONE) copy->emit = SL_EMIT_CHANGES;
  return copy;
}

const sl_query_ast *sl_query_shown(const sl_analysis *analysis) {
  sl_query_ast *copy = copy_query(analysis);
  copy->items = analysis->shown;
  return copy;
}

const sl_query_ast *sl_query_resolved(const sl_analysis *analysis) {
  sl_query_ast *copy = copy_query(analysis);
  sl_select_item *items = sl_arena_calloc(analysis->arena, (size_t)analysis->output_count + 1, sizeof *items);
  for (int i = 0; i < analysis->output_count; i++) {
    const sl_output *output = &analysis->outputs[i];
    items[i] =
        (sl_select_item){.kind = SL_SELECT_EXPR, .pos = output->pos, .expr = output->qualified, .alias = output->name};
  }
  copy->items = items;
  copy->item_count = analysis->output_count;
  return copy;
}

sl_str sl_statement_stored(sl_arena *arena, const sl_statement *statement) {
  sl_str text = sl_statement_shown(arena, statement);
  return sl_str_ends(text, sl_str_of(";")) ? text : sl_str_printf(arena, SL_STR_FMT ";", SL_STR_ARG(text));
}

sl_str sl_statement_shown(sl_arena *arena, const sl_statement *statement) {
  sl_buf buf = {0};
  sl_print_statement(&buf, statement);
  sl_str out = sl_str_dup(arena, sl_buf_str(&buf));
  sl_buf_done(&buf);
  return out;
}
