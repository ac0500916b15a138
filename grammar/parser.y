/* The language. Rules give shape only: an action calls one ast_* builder (parser/parser_int.h), which makes the node.
 *
 * Written for good syntax errors: lists, optional parts and the levels of expressions are non-terminals of their own, so
 * that when a token fits nowhere the parser has already closed what could be closed, and what it still accepts is the
 * short set a reader expects to be told. */
%name ast_grammar
%token_prefix SL_TK_
%token_type {ast_token}
%default_type {int}
%extra_context {ast_ctx *ctx}
%start_symbol input
%stack_size 0

%include {
#include <stdlib.h>
#include "parser/parser_int.h"
/* Of lemon's own frame, which has functions that nobody here calls. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-variable"
#define YYNOERRORRECOVERY 1
#define YYMALLOCARGTYPE size_t
}
%syntax_error { ctx->syntax_failed = true; }
%parse_failure { ctx->syntax_failed = true; }
%stack_overflow { ast_too_large(ctx); }

/* ======== tokens: in the order in which sets of expected tokens print ======== */
%token SEMI COMMA LP RP LB RB LT GT.
%token ADD ADVANCE ALL ALTER ANALYZE AND ARRAY AS ASSERT AT BEGINNING BETWEEN BY CASE CAST CATALOG CHANGES COLUMN
  COLUMNS CONNECTOR CONNECTORS CREATE DATE DAY DAYS DECIMAL DEFINE DELETE DESCRIBE DISTINCT DROP ELSE EMIT END
  ESCAPE EXISTS EXPLAIN EXPORT EXTENDED FALSE FINAL FROM FULL FUNCTION FUNCTIONS GRACE GROUP HAVING HEADER HEADERS
  HOPPING HOUR HOURS ID IF IN INNER INSERT INTEGER INTERVAL INTO IS JOIN KEY LEFT LIKE LIMIT LIST LOAD MAP
  MATERIALIZED MILLISECOND MILLISECONDS MINUTE MINUTES MONTH MONTHS NAMESPACE NOT NULL ON OR OUTER PARTITION
  PARTITIONS PAUSE PERIOD PLUGINS PRIMARY PRINT PROPERTIES QUERIES QUERY RENAME REPLACE RESET RESUME RETENTION RIGHT
  RUN SAMPLE SCHEMA SCRIPT SECOND SECONDS SELECT SESSION SET SHOW SINK SIZE SOURCE STREAM STREAMS STRING STRUCT
  SUBJECT SYSTEM TABLE TABLES TERMINATE THEN TIME TIMEOUT TIMESTAMP TO TOPIC TOPICS TRUE TUMBLING TYPE TYPES
  UNDEFINE UNSET VALUES VARIABLES VIEW WHEN WHERE WINDOW WITH WITHIN YEAR YEARS ZONE.
%token EQ NEQ LTE GTE PLUS MINUS ASTERISK SLASH PERCENT CONCAT ASSIGN ARROW LAMBDA DOT.
%token STRING_LITERAL INTEGER_VALUE DECIMAL_VALUE FLOATING_POINT_VALUE.
%token IDENTIFIER DIGIT_IDENTIFIER QUOTED_IDENTIFIER BACKQUOTED_IDENTIFIER VARIABLE.
/* Never scanned from text as such: what no rule takes, test files, and the ways in that sl_parse_expr etc. use. */
%token ILLEGAL TEST_ASSERT TEST_RUN START_EXPRESSION START_TYPE START_ELEMENTS.

/* Loosest first. BARE_NAME loses to the brackets that make ARRAY, MAP and STRUCT constructors or types. */
%left OR.
%left AND.
%right NOT.
%left CONCAT.
%left PLUS MINUS.
%left ASTERISK SLASH PERCENT.
%right SIGN.
%left AT.
%nonassoc BARE_NAME UNSIGNED.
%nonassoc ARRAY LB LP SIGNED.

/* ======== the ways in ======== */
input ::= script.
input ::= START_EXPRESSION expr(E). { ctx->expr = E; }
input ::= START_TYPE type(T). { ctx->type = T; }
input ::= START_ELEMENTS element_list(L). { ctx->elements = L; }

script ::= .
script ::= script statement(S) SEMI(E). { ast_statement_done(ctx, S, E); }

%type statement {sl_statement *}

/* ======== names ======== */
/* A keyword that is not reserved comes as IDENTIFIER wherever the keyword itself would not do (ast_run sees to that:
 * %fallback would prefer the name where a default reduction leads to the keyword). */
id(A) ::= IDENTIFIER(T). { A = T; }
id(A) ::= DIGIT_IDENTIFIER(T). { A = T; }
id(A) ::= QUOTED_IDENTIFIER(T). { A = T; }
id(A) ::= BACKQUOTED_IDENTIFIER(T). { A = T; }
id(A) ::= VARIABLE(T). { A = ast_variable_name(ctx, T); }
/* Words that a rule below wants in a place where a name may stand too. */
id(A) ::= ARRAY(T). [BARE_NAME] { A = T; }
id(A) ::= MAP(T). [BARE_NAME] { A = T; }
id(A) ::= STRUCT(T). [BARE_NAME] { A = T; }
id(A) ::= IF(T). [BARE_NAME] { A = T; }
id(A) ::= FUNCTION(T). [BARE_NAME] { A = T; }
%type id {ast_token}

src(A) ::= id(T). { A = ast_source_name(ctx, T); }
%type src {ast_token}

id_or_string(A) ::= id(T). { A = T; }
id_or_string(A) ::= STRING_LITERAL(T). { A = T; }
%type id_or_string {ast_token}

ids(A) ::= id(T). { A = ast_names(ctx, NULL, T); }
ids(A) ::= ids(L) COMMA id(T). { A = ast_names(ctx, L, T); }
%type ids {sl_vec *}
columns(A) ::= . { A = NULL; }
columns(A) ::= LP ids(L) RP. { A = L; }
%type columns {sl_vec *}

named(A) ::= src(T). { A = (ast_named){T, false}; }
named(A) ::= IF NOT EXISTS src(T). { A = (ast_named){T, true}; }
named_any(A) ::= id(T). { A = (ast_named){T, false}; }
named_any(A) ::= IF NOT EXISTS id(T). { A = (ast_named){T, true}; }
dropped(A) ::= src(T). { A = (ast_named){T, false}; }
dropped(A) ::= IF EXISTS src(T). { A = (ast_named){T, true}; }
dropped_any(A) ::= id(T). { A = (ast_named){T, false}; }
dropped_any(A) ::= IF EXISTS id(T). { A = (ast_named){T, true}; }
%type named {ast_named}
%type named_any {ast_named}
%type dropped {ast_named}
%type dropped_any {ast_named}

/* ======== properties ======== */
with(A) ::= . { A = (sl_properties){0}; }
with(A) ::= WITH LP props(L) RP. { A = ast_properties(ctx, L); }
%type with {sl_properties}
props(A) ::= prop(P). { A = ast_list(ctx, NULL, P); }
props(A) ::= props(L) COMMA prop(P). { A = ast_list(ctx, L, P); }
%type props {sl_vec *}
prop(A) ::= id_or_string(N) EQ prop_value(V). { A = ast_property(ctx, N, V); }
%type prop {sl_property *}
prop_value(A) ::= literal(E). { A = E; }
prop_value(A) ::= VARIABLE(T). { A = ast_variable_literal(ctx, T); }
%type prop_value {sl_expr *}

/* ======== data definition ======== */
kind(A) ::= STREAM. { A = SL_STREAM; }
kind(A) ::= TABLE. { A = SL_TABLE; }
%type kind {sl_source_kind}

head(A) ::= CREATE(T) kind(K). { A = (ast_head){T, K, false, false}; }
head(A) ::= CREATE(T) OR REPLACE kind(K). { A = (ast_head){T, K, true, false}; }
source_head(A) ::= CREATE(T) SOURCE kind(K). { A = (ast_head){T, K, false, true}; }
source_head(A) ::= CREATE(T) OR REPLACE SOURCE kind(K). { A = (ast_head){T, K, true, true}; }
%type head {ast_head}
%type source_head {ast_head}

statement(A) ::= head(H) named(N) with(W). { A = ast_create_source(ctx, H, N, NULL, W); }
statement(A) ::= head(H) named(N) LP element_list(L) RP with(W). { A = ast_create_source(ctx, H, N, L, W); }
statement(A) ::= source_head(H) named(N) with(W). { A = ast_create_source(ctx, H, N, NULL, W); }
statement(A) ::= source_head(H) named(N) LP element_list(L) RP with(W). { A = ast_create_source(ctx, H, N, L, W); }
statement(A) ::= head(H) named(N) with(W) AS query(Q). { A = ast_create_as(ctx, H, N, W, Q); }

element_list(A) ::= element(E). { A = ast_list(ctx, NULL, E); }
element_list(A) ::= element_list(L) COMMA element(E). { A = ast_list(ctx, L, E); }
%type element_list {sl_vec *}
element(A) ::= id(N) type(T) element_mark(M). { A = ast_element(ctx, N, T, M); }
%type element {sl_element *}
element_mark(A) ::= . { A = (ast_mark){.kind = SL_ELEMENT_VALUE}; }
element_mark(A) ::= KEY. { A = (ast_mark){.kind = SL_ELEMENT_KEY}; }
element_mark(A) ::= PRIMARY KEY. { A = (ast_mark){.kind = SL_ELEMENT_PRIMARY_KEY}; }
element_mark(A) ::= HEADERS. { A = (ast_mark){.kind = SL_ELEMENT_HEADERS}; }
element_mark(A) ::= HEADER LP STRING_LITERAL(S) RP. { A = (ast_mark){SL_ELEMENT_HEADER, S}; }
%type element_mark {ast_mark}

statement(A) ::= DROP(T) kind(K) dropped(N). { A = ast_drop_source(ctx, T, K, N, false); }
statement(A) ::= DROP(T) kind(K) dropped(N) DELETE TOPIC. { A = ast_drop_source(ctx, T, K, N, true); }

statement(A) ::= ALTER(T) kind(K) src(N) added_list(L). { A = ast_alter_source(ctx, T, K, N, L); }
added_list(A) ::= added(E). { A = ast_list(ctx, NULL, E); }
added_list(A) ::= added_list(L) COMMA added(E). { A = ast_list(ctx, L, E); }
%type added_list {sl_vec *}
added(A) ::= ADD id(N) type(T). { A = ast_element(ctx, N, T, (ast_mark){.kind = SL_ELEMENT_VALUE}); }
added(A) ::= ADD COLUMN id(N) type(T). { A = ast_element(ctx, N, T, (ast_mark){.kind = SL_ELEMENT_VALUE}); }
added(A) ::= ADD COLUMN(N) type(T). { A = ast_element(ctx, N, T, (ast_mark){.kind = SL_ELEMENT_VALUE}); }
%type added {sl_element *}

statement(A) ::= CREATE(C) TYPE named_any(N) AS type(T). { A = ast_create_type(ctx, C, N, T); }
statement(A) ::= DROP(T) TYPE dropped_any(N). { A = ast_drop_type(ctx, T, N); }

statement(A) ::= CREATE(T) SOURCE CONNECTOR named_any(N) WITH(W) LP props(L) RP.
  { A = ast_create_connector(ctx, T, false, N, W, L); }
statement(A) ::= CREATE(T) SINK CONNECTOR named_any(N) WITH(W) LP props(L) RP.
  { A = ast_create_connector(ctx, T, true, N, W, L); }
statement(A) ::= DROP(T) CONNECTOR dropped_any(N). { A = ast_drop_connector(ctx, T, N); }

/* ======== queries ======== */
statement(A) ::= query(Q). { A = ast_query_statement(ctx, Q); }

/* One level a clause: what is left out costs no rule, and the order is fixed. */
query(A) ::= limited(Q). { A = Q; }
limited(A) ::= emitted(Q). { A = Q; }
limited(A) ::= emitted(Q) LIMIT number(N). { A = ast_limit(ctx, Q, N); }
emitted(A) ::= having(Q). { A = Q; }
emitted(A) ::= having(Q) EMIT CHANGES. { A = Q; Q->emit = SL_EMIT_CHANGES; }
emitted(A) ::= having(Q) EMIT FINAL. { A = Q; Q->emit = SL_EMIT_FINAL; }
having(A) ::= partitioned(Q). { A = Q; }
having(A) ::= partitioned(Q) HAVING expr(E). { A = Q; Q->having = E; }
partitioned(A) ::= grouped(Q). { A = Q; }
partitioned(A) ::= grouped(Q) PARTITION(T) BY grouping(L). { A = ast_partition_by(ctx, Q, T, L); }
grouped(A) ::= filtered(Q). { A = Q; }
grouped(A) ::= filtered(Q) GROUP(T) BY grouping(L). { A = ast_group_by(ctx, Q, T, L); }
filtered(A) ::= windowed(Q). { A = Q; }
filtered(A) ::= windowed(Q) WHERE expr(E). { A = Q; Q->where = E; }
windowed(A) ::= selected(Q). { A = Q; }
windowed(A) ::= selected(Q) WINDOW(T) window(W). { A = ast_window(Q, T, W); }
selected(A) ::= SELECT(T) items(I) FROM relation(R). { A = ast_query(ctx, T, I, R); }
%type query {sl_query_ast *}
%type limited {sl_query_ast *}
%type emitted {sl_query_ast *}
%type having {sl_query_ast *}
%type partitioned {sl_query_ast *}
%type grouped {sl_query_ast *}
%type filtered {sl_query_ast *}
%type windowed {sl_query_ast *}
%type selected {sl_query_ast *}

items(A) ::= item(I). { A = ast_list(ctx, NULL, I); }
items(A) ::= items(L) COMMA item(I). { A = ast_list(ctx, L, I); }
%type items {sl_vec *}
item(A) ::= expr(E). { A = ast_item(ctx, E, NULL); }
item(A) ::= expr(E) id(N). { A = ast_item(ctx, E, &N); }
item(A) ::= expr(E) AS id(N). { A = ast_item(ctx, E, &N); }
item(A) ::= primary(E) ARROW ASTERISK. { A = ast_item_struct(ctx, E); }
item(A) ::= id(S) DOT ASTERISK. { A = ast_item_all(ctx, S, true); }
item(A) ::= ASTERISK(T). { A = ast_item_all(ctx, T, false); }
%type item {sl_select_item *}

relation(A) ::= aliased(R). { A = ast_relation_first(ctx, R); }
relation(A) ::= relation(L) join_kind(K) JOIN(T) aliased(R) within(W) ON expr(E).
  { A = ast_relation_join(ctx, L, K, T, R, W, E); }
%type relation {ast_relation *}
aliased(A) ::= src(N). { A = ast_aliased(ctx, N, NULL); }
aliased(A) ::= src(N) src(S). { A = ast_aliased(ctx, N, &S); }
aliased(A) ::= src(N) AS src(S). { A = ast_aliased(ctx, N, &S); }
%type aliased {sl_relation *}
join_kind(A) ::= . { A = SL_JOIN_INNER; }
join_kind(A) ::= INNER. { A = SL_JOIN_INNER; }
join_kind(A) ::= LEFT outer. { A = SL_JOIN_LEFT; }
join_kind(A) ::= RIGHT outer. { A = SL_JOIN_RIGHT; }
join_kind(A) ::= FULL outer. { A = SL_JOIN_OUTER; }
%type join_kind {sl_join_kind}
outer ::= .
outer ::= OUTER.

within(A) ::= . { A = (ast_within){0}; }
within(A) ::= WITHIN span(S) grace(G). { A = (ast_within){S, S, G, true, false}; }
within(A) ::= WITHIN LP span(B) COMMA span(S) RP grace(G). { A = (ast_within){B, S, G, true, true}; }
%type within {ast_within}
grace(A) ::= . { A = (sl_span){0}; }
grace(A) ::= grace_period(G). { A = G; }
%type grace {sl_span}
grace_period(A) ::= GRACE PERIOD span(S). { A = S; }
%type grace_period {sl_span}
span(A) ::= number(N) unit(U). { A = ast_span(ctx, N, U); }
%type span {sl_span}

unit(A) ::= DAY|DAYS. { A = SL_UNIT_DAYS; }
unit(A) ::= HOUR|HOURS. { A = SL_UNIT_HOURS; }
unit(A) ::= MINUTE|MINUTES. { A = SL_UNIT_MINUTES; }
unit(A) ::= SECOND|SECONDS. { A = SL_UNIT_SECONDS; }
unit(A) ::= MILLISECOND|MILLISECONDS. { A = SL_UNIT_MILLISECONDS; }
%type unit {sl_time_unit}

window(A) ::= window_body(W). { A = W; }
window(A) ::= IDENTIFIER(T) window_body(W). { ast_plain_identifier(ctx, T); A = W; }
%type window {sl_window}
window_body(A) ::= TUMBLING LP SIZE span(S) window_tail(T) RP. { A = ast_window_of(SL_WINDOW_TUMBLING, S, T); }
window_body(A) ::= HOPPING LP SIZE span(S) COMMA ADVANCE BY span(B) window_tail(T) RP.
  { A = ast_window_of(SL_WINDOW_HOPPING, S, T); A.advance = B; }
window_body(A) ::= SESSION LP span(S) window_tail(T) RP. { A = ast_window_of(SL_WINDOW_SESSION, S, T); }
%type window_body {sl_window}
window_tail(A) ::= . { A = (ast_tail){0}; }
window_tail(A) ::= COMMA RETENTION span(R). { A = (ast_tail){.retention = R}; }
window_tail(A) ::= COMMA grace_period(G). { A = (ast_tail){.grace = G}; }
window_tail(A) ::= COMMA RETENTION span(R) COMMA grace_period(G). { A = (ast_tail){R, G}; }
%type window_tail {ast_tail}

/* One expression in parentheses is a parenthesised expression; a list is two or more, or none. */
grouping(A) ::= values(L). { A = L; }
grouping(A) ::= LP RP. { A = NULL; }
grouping(A) ::= LP value(E) COMMA values_on(L) RP. { A = ast_list_prepend(L, E); }
%type grouping {sl_vec *}
values(A) ::= value(E). { A = ast_list(ctx, NULL, E); }
values(A) ::= values(L) COMMA value(E). { A = ast_list(ctx, L, E); }
%type values {sl_vec *}
values_on(A) ::= value(E). { A = ast_list(ctx, NULL, E); }
values_on(A) ::= values_on(L) COMMA value(E). { A = ast_list(ctx, L, E); }
%type values_on {sl_vec *}

/* ======== data manipulation ======== */
statement(A) ::= INSERT(T) INTO src(N) with(W) query(Q). { A = ast_insert_select(ctx, T, N, W, Q); }
statement(A) ::= INSERT(T) INTO src(N) columns(C) VALUES LP values_opt(V) RP. { A = ast_insert_values(ctx, T, N, C, V); }
values_opt(A) ::= . { A = NULL; }
values_opt(A) ::= values(L). { A = L; }
%type values_opt {sl_vec *}

/* ======== administration ======== */
show(A) ::= SHOW(T). { A = T; }
show(A) ::= LIST(T). { A = T; }
%type show {ast_token}
extended(A) ::= . { A = false; }
extended(A) ::= EXTENDED. { A = true; }
%type extended {bool}

statement(A) ::= show(T) PROPERTIES. { A = ast_show(ctx, T, SL_LIST_PROPERTIES, false); }
statement(A) ::= show(T) TOPICS extended(X). { A = ast_show(ctx, T, SL_LIST_TOPICS, X); }
statement(A) ::= show(T) ALL TOPICS extended(X). { A = ast_show_all_topics(ctx, T, X); }
statement(A) ::= show(T) STREAMS extended(X). { A = ast_show(ctx, T, SL_LIST_STREAMS, X); }
statement(A) ::= show(T) TABLES extended(X). { A = ast_show(ctx, T, SL_LIST_TABLES, X); }
statement(A) ::= show(T) FUNCTIONS. { A = ast_show(ctx, T, SL_LIST_FUNCTIONS, false); }
statement(A) ::= show(T) CONNECTORS. { A = ast_show_connectors(ctx, T, false, false); }
statement(A) ::= show(T) SOURCE CONNECTORS. { A = ast_show_connectors(ctx, T, true, false); }
statement(A) ::= show(T) SINK CONNECTORS. { A = ast_show_connectors(ctx, T, false, true); }
statement(A) ::= show(T) CONNECTOR PLUGINS. { A = ast_show(ctx, T, SL_LIST_CONNECTOR_PLUGINS, false); }
statement(A) ::= show(T) TYPES. { A = ast_show(ctx, T, SL_LIST_TYPES, false); }
statement(A) ::= show(T) VARIABLES. { A = ast_show(ctx, T, SL_LIST_VARIABLES, false); }
statement(A) ::= show(T) QUERIES extended(X). { A = ast_show(ctx, T, SL_LIST_QUERIES, X); }

statement(A) ::= DESCRIBE(T) src(N) extended(X). { A = ast_describe_source(ctx, T, N, X); }
statement(A) ::= DESCRIBE(T) STREAMS extended(X). { A = ast_describe(ctx, T, SL_DESCRIBE_STREAMS, NULL, X); }
statement(A) ::= DESCRIBE(T) FUNCTION id(N). { A = ast_describe(ctx, T, SL_DESCRIBE_FUNCTION, &N, false); }
statement(A) ::= DESCRIBE(T) CONNECTOR id(N). { A = ast_describe(ctx, T, SL_DESCRIBE_CONNECTOR, &N, false); }

statement(A) ::= EXPLAIN(T) statement(S). { A = ast_explain(ctx, T, S, NULL); }
statement(A) ::= EXPLAIN(T) id(N). { A = ast_explain(ctx, T, NULL, &N); }

statement(A) ::= printed(P). { A = P; }
printed(A) ::= print_interval(P). { A = P; }
printed(A) ::= print_interval(P) LIMIT number(N). { A = ast_print_limit(ctx, P, N); }
print_interval(A) ::= print_topic(P). { A = P; }
print_interval(A) ::= print_topic(P) INTERVAL number(N). { A = ast_print_interval(ctx, P, N); }
print_interval(A) ::= print_topic(P) SAMPLE number(N). { A = ast_print_interval(ctx, P, N); }
print_topic(A) ::= PRINT(T) id_or_string(N). { A = ast_print(ctx, T, N, false); }
print_topic(A) ::= PRINT(T) id_or_string(N) FROM BEGINNING. { A = ast_print(ctx, T, N, true); }
%type printed {sl_statement *}
%type print_interval {sl_statement *}
%type print_topic {sl_statement *}

statement(A) ::= TERMINATE(T) id(N). { A = ast_control(ctx, T, SL_CONTROL_TERMINATE, &N); }
statement(A) ::= TERMINATE(T) ALL. { A = ast_control(ctx, T, SL_CONTROL_TERMINATE, NULL); }
statement(A) ::= PAUSE(T) id(N). { A = ast_control(ctx, T, SL_CONTROL_PAUSE, &N); }
statement(A) ::= PAUSE(T) ALL. { A = ast_control(ctx, T, SL_CONTROL_PAUSE, NULL); }
statement(A) ::= RESUME(T) id(N). { A = ast_control(ctx, T, SL_CONTROL_RESUME, &N); }
statement(A) ::= RESUME(T) ALL. { A = ast_control(ctx, T, SL_CONTROL_RESUME, NULL); }

statement(A) ::= SET(T) STRING_LITERAL(N) EQ STRING_LITERAL(V). { A = ast_set(ctx, T, SL_SET_SESSION, N, &V); }
statement(A) ::= UNSET(T) STRING_LITERAL(N). { A = ast_set(ctx, T, SL_SET_UNSET, N, NULL); }
statement(A) ::= ALTER(T) SYSTEM STRING_LITERAL(N) EQ STRING_LITERAL(V). { A = ast_set(ctx, T, SL_SET_SYSTEM, N, &V); }
statement(A) ::= DEFINE(T) IDENTIFIER(N) EQ STRING_LITERAL(V). { A = ast_define(ctx, T, N, &V); }
statement(A) ::= UNDEFINE(T) IDENTIFIER(N). { A = ast_define(ctx, T, N, NULL); }

statement(A) ::= assert_head(H) TOPIC id_or_string(N) with(W) timeout(D). { A = ast_assert_topic(ctx, H, N, W, D); }
statement(A) ::= assert_head(H) SCHEMA subject(S) schema_id(I) timeout(D).
  { A = ast_assert_schema(ctx, H, S, I, D); }
assert_head(A) ::= ASSERT(T). { A = (ast_assert_head){T, false}; }
assert_head(A) ::= ASSERT(T) NOT EXISTS. { A = (ast_assert_head){T, true}; }
%type assert_head {ast_assert_head}
subject(A) ::= . { A = (ast_token){0}; }
subject(A) ::= SUBJECT id_or_string(N). { A = N; }
%type subject {ast_token}
schema_id(A) ::= . { A = NULL; }
schema_id(A) ::= ID prop_value(E). { A = E; }
%type schema_id {sl_expr *}
timeout(A) ::= . { A = (sl_span){0}; }
timeout(A) ::= TIMEOUT span(S). { A = S; }
%type timeout {sl_span}

/* ======== test files only: the scanner gives TEST_ASSERT and TEST_RUN in no other text ======== */
statement(A) ::= TEST_ASSERT(T) VALUES src(N) columns(C) VALUES LP values(V) RP.
  { A = ast_assert_values(ctx, T, false, N, C, V); }
statement(A) ::= TEST_ASSERT(T) NULL VALUES src(N) columns(C) KEY LP values(V) RP.
  { A = ast_assert_values(ctx, T, true, N, C, V); }
statement(A) ::= TEST_ASSERT(T) kind(K) src(N) with(W). { A = ast_assert_source(ctx, T, K, N, NULL, W); }
statement(A) ::= TEST_ASSERT(T) kind(K) src(N) LP element_list(L) RP with(W).
  { A = ast_assert_source(ctx, T, K, N, L, W); }
statement(A) ::= TEST_RUN(T) SCRIPT STRING_LITERAL(S). { A = ast_run_script(ctx, T, S); }

/* ======== expressions, loosest first ======== */
expr(A) ::= bool(E). { A = E; }
%type expr {sl_expr *}
bool(A) ::= bool(L) OR(T) bool(R). { A = ast_binary(ctx, SL_EXPR_OR, SL_OP_NONE, T, L, R); }
bool(A) ::= bool(L) AND(T) bool(R). { A = ast_binary(ctx, SL_EXPR_AND, SL_OP_NONE, T, L, R); }
bool(A) ::= NOT(T) bool(E). { A = ast_unary(ctx, SL_EXPR_NOT, T, E); }
bool(A) ::= predicated(E). { A = E; }
%type bool {sl_expr *}

predicated(A) ::= value(E). { A = E; }
predicated(A) ::= value(L) cmp(O) value(R). { A = ast_compare(ctx, O, L, R); }
predicated(A) ::= value(L) IS(T) DISTINCT FROM value(R).
  { A = ast_binary(ctx, SL_EXPR_COMPARE, SL_OP_DISTINCT, T, L, R); }
predicated(A) ::= value(L) IS(T) NOT DISTINCT FROM value(R).
  { A = ast_unary(ctx, SL_EXPR_NOT, T, ast_binary(ctx, SL_EXPR_COMPARE, SL_OP_DISTINCT, T, L, R)); }
predicated(A) ::= value(E) IS(T) NULL. { A = ast_unary(ctx, SL_EXPR_IS_NULL, T, E); }
predicated(A) ::= value(E) IS(T) NOT NULL. { A = ast_unary(ctx, SL_EXPR_IS_NOT_NULL, T, E); }
predicated(A) ::= value(E) negated(N) BETWEEN(T) value(L) AND value(H). { A = ast_between(ctx, N, T, E, L, H); }
predicated(A) ::= value(E) negated(N) IN(T) LP exprs(L) RP. { A = ast_in(ctx, N, T, E, L); }
predicated(A) ::= value(E) negated(N) LIKE(T) value(P) escape(X). { A = ast_like(ctx, N, T, E, P, X); }
%type predicated {sl_expr *}
negated(A) ::= . { A = false; }
negated(A) ::= NOT. { A = true; }
%type negated {bool}
escape(A) ::= . { A = (ast_token){0}; }
escape(A) ::= ESCAPE STRING_LITERAL(S). { A = S; }
%type escape {ast_token}
cmp(A) ::= EQ|NEQ|LT|LTE|GT|GTE(T). { A = T; }
%type cmp {ast_token}

value(A) ::= value(L) CONCAT(T) value(R). { A = ast_concat(ctx, T, L, R); }
value(A) ::= value(L) PLUS(T) value(R). { A = ast_binary(ctx, SL_EXPR_ARITHMETIC, SL_OP_ADD, T, L, R); }
value(A) ::= value(L) MINUS(T) value(R). { A = ast_binary(ctx, SL_EXPR_ARITHMETIC, SL_OP_SUB, T, L, R); }
value(A) ::= value(L) ASTERISK(T) value(R). { A = ast_binary(ctx, SL_EXPR_ARITHMETIC, SL_OP_MUL, T, L, R); }
value(A) ::= value(L) SLASH(T) value(R). { A = ast_binary(ctx, SL_EXPR_ARITHMETIC, SL_OP_DIV, T, L, R); }
value(A) ::= value(L) PERCENT(T) value(R). { A = ast_binary(ctx, SL_EXPR_ARITHMETIC, SL_OP_MOD, T, L, R); }
value(A) ::= MINUS(T) value(E). [SIGN] { A = ast_unary(ctx, SL_EXPR_NEGATE, T, E); }
value(A) ::= PLUS(T) value(E). [SIGN] { A = ast_unary(ctx, SL_EXPR_PLUS, T, E); }
value(A) ::= value(E) AT(T) TIME ZONE STRING_LITERAL(S). { A = ast_at_time_zone(ctx, T, E, S); }
value(A) ::= primary(E). { A = E; }
%type value {sl_expr *}

primary(A) ::= literal(E). { A = E; }
primary(A) ::= id(N) STRING_LITERAL(S). { A = ast_typed_string(ctx, N, S); }
primary(A) ::= CASE(T) whens(W) else(D) END. { A = ast_case(ctx, T, NULL, W, D); }
primary(A) ::= CASE(T) value(E) whens(W) else(D) END. { A = ast_case(ctx, T, E, W, D); }
primary(A) ::= CAST(T) LP expr(E) AS type(Y) RP. { A = ast_cast(ctx, T, E, Y); }
primary(A) ::= ARRAY(T) LB exprs_opt(L) RB. { A = ast_nary(ctx, SL_EXPR_ARRAY, T, L); }
primary(A) ::= MAP(T) LP pairs_opt(L) RP. { A = ast_nary(ctx, SL_EXPR_MAP, T, L); }
primary(A) ::= STRUCT(T) LP fields_opt(L) RP. { A = ast_struct(ctx, T, L); }
primary(A) ::= id(N) LP ASTERISK RP. { A = ast_call_all(ctx, N); }
primary(A) ::= id(N) LP args_opt(L) RP. { A = ast_call(ctx, N, L); }
primary(A) ::= primary(B) LB(T) value(I) RB. { A = ast_binary(ctx, SL_EXPR_SUBSCRIPT, SL_OP_NONE, T, B, I); }
primary(A) ::= primary(B) ARROW(T) id(N). { A = ast_dereference(ctx, T, B, N); }
primary(A) ::= id(N). { A = ast_column(ctx, NULL, N); }
primary(A) ::= id(S) DOT id(N). { A = ast_column(ctx, &S, N); }
primary(A) ::= LP expr(E) RP. { A = E; }
%type primary {sl_expr *}

literal(A) ::= NULL(T). { A = ast_literal(ctx, SL_EXPR_NULL, T); }
literal(A) ::= TRUE(T). { A = ast_literal(ctx, SL_EXPR_BOOLEAN, T); }
literal(A) ::= FALSE(T). { A = ast_literal(ctx, SL_EXPR_BOOLEAN, T); }
literal(A) ::= STRING_LITERAL(T). { A = ast_literal(ctx, SL_EXPR_STRING, T); }
literal(A) ::= number(N). { A = N; }
%type literal {sl_expr *}
number(A) ::= INTEGER_VALUE|DECIMAL_VALUE|FLOATING_POINT_VALUE(T). [UNSIGNED] { A = ast_number(ctx, NULL, T); }
number(A) ::= MINUS(M) INTEGER_VALUE|DECIMAL_VALUE|FLOATING_POINT_VALUE(T). [SIGNED] { A = ast_number(ctx, &M, T); }
%type number {sl_expr *}

exprs(A) ::= expr(E). { A = ast_list(ctx, NULL, E); }
exprs(A) ::= exprs(L) COMMA expr(E). { A = ast_list(ctx, L, E); }
exprs_opt(A) ::= . { A = NULL; }
exprs_opt(A) ::= exprs(L). { A = L; }
%type exprs {sl_vec *}
%type exprs_opt {sl_vec *}
whens(A) ::= WHEN expr(C) THEN expr(R). { A = ast_pair(ctx, NULL, C, R); }
whens(A) ::= whens(L) WHEN expr(C) THEN expr(R). { A = ast_pair(ctx, L, C, R); }
%type whens {sl_vec *}
else(A) ::= . { A = NULL; }
else(A) ::= ELSE expr(E). { A = E; }
%type else {sl_expr *}
pairs(A) ::= expr(K) ASSIGN expr(V). { A = ast_pair(ctx, NULL, K, V); }
pairs(A) ::= pairs(L) COMMA expr(K) ASSIGN expr(V). { A = ast_pair(ctx, L, K, V); }
pairs_opt(A) ::= . { A = NULL; }
pairs_opt(A) ::= pairs(L). { A = L; }
%type pairs {sl_vec *}
%type pairs_opt {sl_vec *}
fields(A) ::= id(N) ASSIGN expr(V). { A = ast_field(ctx, NULL, N, V); }
fields(A) ::= fields(L) COMMA id(N) ASSIGN expr(V). { A = ast_field(ctx, L, N, V); }
fields_opt(A) ::= . { A = NULL; }
fields_opt(A) ::= fields(L). { A = L; }
%type fields {ast_fields *}
%type fields_opt {ast_fields *}

/* Lambdas come last, and a call does not begin with one. */
args_opt(A) ::= . { A = NULL; }
args_opt(A) ::= args(L). { A = L; }
args_opt(A) ::= args_lambdas(L). { A = L; }
%type args_opt {sl_vec *}
args(A) ::= arg(E). { A = ast_list(ctx, NULL, E); }
args(A) ::= args(L) COMMA arg(E). { A = ast_list(ctx, L, E); }
%type args {sl_vec *}
args_lambdas(A) ::= args(L) COMMA lambda(E). { A = ast_list(ctx, L, E); }
args_lambdas(A) ::= args_lambdas(L) COMMA lambda(E). { A = ast_list(ctx, L, E); }
%type args_lambdas {sl_vec *}
arg(A) ::= expr(E). { A = E; }
arg(A) ::= DAYS|HOURS|MINUTES|SECONDS|MILLISECOND|MILLISECONDS(T). { A = ast_interval_unit(ctx, T); }
%type arg {sl_expr *}
/* The parameters look like a parenthesised expression until the arrow comes. */
lambda(A) ::= id(N) LAMBDA(T) expr(E). { A = ast_lambda(ctx, T, ast_names(ctx, NULL, N), E); }
lambda(A) ::= LP expr(P) RP LAMBDA(T) expr(E). { A = ast_lambda(ctx, T, ast_parameters(ctx, T, NULL, P), E); }
lambda(A) ::= LP expr(P) COMMA exprs(L) RP LAMBDA(T) expr(E).
  { A = ast_lambda(ctx, T, ast_parameters(ctx, T, L, P), E); }
%type lambda {sl_expr *}

/* ======== types ======== */
type(A) ::= type(T) ARRAY(P). { A = ast_type_array(ctx, P, T); }
type(A) ::= ARRAY(P) LT type(T) GT. { A = ast_type_array(ctx, P, T); }
type(A) ::= MAP(P) LT type(K) COMMA type(V) GT. { A = ast_type_map(ctx, P, K, V); }
type(A) ::= STRUCT(P) LT type_fields_opt(L) GT. { A = ast_type_struct(ctx, P, L); }
type(A) ::= DECIMAL(P) LP number(N) COMMA number(S) RP. { A = ast_type_decimal(ctx, P, N, S); }
type(A) ::= id(N). [BARE_NAME] { A = ast_type_name(ctx, N); }
type(A) ::= id(N) LP type_params RP. { A = ast_type_name(ctx, N); }
%type type {sl_ast_type *}
type_fields_opt(A) ::= . { A = NULL; }
type_fields_opt(A) ::= type_fields(L). { A = L; }
type_fields(A) ::= id(N) type(T). { A = ast_type_field(ctx, NULL, N, T); }
type_fields(A) ::= type_fields(L) COMMA id(N) type(T). { A = ast_type_field(ctx, L, N, T); }
%type type_fields {ast_fields *}
%type type_fields_opt {ast_fields *}
type_params ::= type_param.
type_params ::= type_params COMMA type_param.
type_param ::= STRING.
type_param ::= INTEGER_VALUE.

/* ======== probing: what would this parser take next? ======== */
%code {
void *ast_grammar_open(ast_ctx *ctx) {
  yyParser *parser = sl_arena_alloc(ctx->arena, sizeof *parser);
  ast_grammarInit(parser, ctx);
  return parser;
}

size_t ast_grammar_depth(const void *grammar) {
  const yyParser *parser = grammar;
  return (size_t)(parser->yytos - parser->yystack);
}

/* Runs tokens over the state stack, without actions: what is pushed goes to an overlay, the stack stays as it is. */
typedef struct probe {
  const yyParser *parser;
  size_t real;               /* states of the parser's stack still in place */
  YYACTIONTYPE overlay[128]; /* states pushed on top of them */
  size_t pushed;
} probe;

static YYACTIONTYPE probe_top(const probe *p) {
  return p->pushed ? p->overlay[p->pushed - 1] : p->parser->yystack[p->real - 1].stateno;
}

static bool probe_push(probe *p, YYACTIONTYPE state) {
  if (p->pushed == sizeof p->overlay / sizeof *p->overlay) return false;
  p->overlay[p->pushed++] = state;
  return true;
}

static void probe_pop(probe *p, size_t count) {
  size_t of_pushed = count < p->pushed ? count : p->pushed;
  p->pushed -= of_pushed;
  p->real -= count - of_pushed;
}

static bool probe_token(probe *p, int token) {
  for (;;) {
    YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)token, probe_top(p));
    if (act >= YY_MIN_REDUCE) {
      int rule = act - YY_MIN_REDUCE;
      probe_pop(p, (size_t)-yyRuleInfoNRhs[rule]);
      act = yy_find_reduce_action(probe_top(p), (YYCODETYPE)yyRuleInfoLhs[rule]);
      if (!probe_push(p, act)) return false;
      continue;
    }
    if (act == YY_ACCEPT_ACTION) return true;
    if (act > YY_MAX_SHIFTREDUCE) return false;
    if (act > YY_MAX_SHIFT) act = (YYACTIONTYPE)(act + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE);
    return probe_push(p, act);
  }
}

bool ast_grammar_accepts(const void *grammar, const int *tokens, int count) {
  probe p = {.parser = grammar, .real = ast_grammar_depth(grammar) + 1};
  for (int i = 0; i < count; i++)
    if (!probe_token(&p, tokens[i])) return false;
  return true;
}

int ast_grammar_token(const void *grammar, int token) {
  bool reserved = true;
  if (!ast_keyword_text(token, &reserved) || reserved) return token;
  return ast_grammar_accepts(grammar, &token, 1) ? token : SL_TK_IDENTIFIER;
}
}
