-- What the select list makes of a row.

--@test: expressions, aliases and generated names
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b, a * 2 AS twice, a FROM s;
ASSERT STREAM o (id INT KEY, ksql_col_0 INT, twice INT, a INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, a, b) VALUES (1, 2, 40);
ASSERT VALUES o (id, ksql_col_0, twice, a) VALUES (1, 42, 4, 2);

--@test: the key may have another name
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS number, v FROM s;
ASSERT STREAM o (number INT KEY, v INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, v) VALUES (7, 8);
ASSERT VALUES o (number, v) VALUES (7, 8);

--@test: a copy of the key among the values
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_VALUE(id) AS id_again, v FROM s;
INSERT INTO s (id, v) VALUES (7, 8);
ASSERT VALUES o (id, id_again, v) VALUES (7, 7, 8);

--@test: quoted names keep their case
CREATE STREAM s (`id` INT KEY, `Mixed` STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT `id`, `Mixed`, UCASE(`Mixed`) AS `mIxed` FROM s;
INSERT INTO s (`id`, `Mixed`) VALUES (1, 'aB');
ASSERT VALUES o (`id`, `Mixed`, `mIxed`) VALUES (1, 'aB', 'AB');

--@test: ROWTIME as a column
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROWTIME AS since FROM s;
INSERT INTO s (rowtime, id, v) VALUES (1234, 1, 1);
ASSERT VALUES o (rowtime, id, since) VALUES (1234, 1, 1234);

--@test: fields of structs, elements of arrays and maps
CREATE STREAM s (id INT KEY, p STRUCT<x INT, tags ARRAY<STRING>>, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->x AS x, p->tags[1] AS first, p->tags[-1] AS last, p->tags[9] AS none, m['k'] AS k FROM s;
INSERT INTO s (id, p, m) VALUES (1, STRUCT(x := 5, tags := ARRAY['a', 'b', 'c']), MAP('k' := 9));
ASSERT VALUES o (id, x, first, last, none, k) VALUES (1, 5, 'a', 'c', NULL, 9);

--@test: all fields of a struct
CREATE STREAM s (id INT KEY, p STRUCT<x INT, y STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->* FROM s;
ASSERT STREAM o (id INT KEY, x INT, y STRING) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, p) VALUES (1, STRUCT(x := 5, y := 'z'));
ASSERT VALUES o (id, x, y) VALUES (1, 5, 'z');

--@test: CASE takes the first branch that holds
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v < 10 THEN 'small' WHEN v < 100 THEN 'middle' ELSE 'large' END AS extent,
                          CASE WHEN v < 10 THEN v END AS digit FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (2, 50);
INSERT INTO s (id, v) VALUES (3, NULL);
ASSERT VALUES o (id, extent, digit) VALUES (1, 'small', 5);
ASSERT VALUES o (id, extent, digit) VALUES (2, 'middle', NULL);
ASSERT VALUES o (id, extent, digit) VALUES (3, 'large', NULL);

--@test: an expression that fails gives NULL and the row goes on
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS q, a FROM s;
INSERT INTO s (id, a, b) VALUES (1, 7, 0);
INSERT INTO s (id, a, b) VALUES (2, 7, 2);
ASSERT VALUES o (id, q, a) VALUES (1, NULL, 7);
ASSERT VALUES o (id, q, a) VALUES (2, 3, 7);

--@test: a chain of streams
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b AS SELECT id, v + 1 AS v FROM a;
CREATE STREAM c AS SELECT id, v * 10 AS v FROM b WHERE v > 1;
CREATE STREAM d AS SELECT id, CAST(v AS STRING) AS v FROM c;
INSERT INTO a (rowtime, id, v) VALUES (5, 1, 0);
INSERT INTO a (rowtime, id, v) VALUES (6, 2, 4);
ASSERT VALUES b (id, v) VALUES (1, 1);
ASSERT VALUES b (id, v) VALUES (2, 5);
ASSERT VALUES d (rowtime, id, v) VALUES (6, 2, '50');

--@test: a stream's record without a value is passed by
CREATE STREAM raw (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM o AS SELECT id, v FROM s WHERE v IS NULL;
INSERT INTO raw (id, v) VALUES (1, 'x');
INSERT INTO s (id) VALUES (2);
INSERT INTO s (id, v) VALUES (3, 'y');
ASSERT VALUES raw (id, v) VALUES (1, 'x');

--@test: the key must be selected
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: The query used to build `O` must include the key column ID in its projection
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v FROM s;

--@test: two columns cannot share a name
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Duplicate value columns found in schema: `X` INTEGER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS x, v + 1 AS x FROM s;

--@test: equal parts are computed once, also behind branches that some rows leave out
CREATE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v > 1 THEN 10 / w WHEN v > 0 THEN v * w ELSE v * w END AS a,
  (v > 1 AND 10 / w > 2) AS b, v * w AS c, v * w + 1 AS d, CASE WHEN v * w > 5 THEN 10 / w END AS e FROM s;
INSERT INTO s (id, v, w) VALUES (1, 2, 3);
INSERT INTO s (id, v, w) VALUES (2, 1, 7);
INSERT INTO s (id, v, w) VALUES (3, 0, 0);
ASSERT VALUES o (id, a, b, c, d, e) VALUES (1, 3, true, 6, 7, 3);
ASSERT VALUES o (id, a, b, c, d, e) VALUES (2, 7, false, 7, 8, 1);
ASSERT VALUES o (id, a, b, c, d) VALUES (3, 0, false, 0, 1);
