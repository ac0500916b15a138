/* The operator classes, one per op_*.c. */
#pragma once
#include "executor/op.h"

extern const sl_op_class sl_op_source, sl_op_table_store, sl_op_filter, sl_op_project, sl_op_select_key, sl_op_explode,
    sl_op_group_key, sl_op_aggregate, sl_op_window_aggregate, sl_op_session_aggregate, sl_op_repartition, sl_op_sink,
    sl_op_response, sl_op_join_streams, sl_op_join_table, sl_op_join_tables, sl_op_join_foreign,
    sl_op_foreign_subscribe, sl_op_foreign_answer;
