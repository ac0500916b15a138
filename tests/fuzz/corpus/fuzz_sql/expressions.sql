-- One statement a family of expressions.
SELECT a OR b AND NOT c = d, NOT NOT a FROM s;
SELECT a + b - c * d / e % f, -a, +a, - -1, -1, a - 1, a -1, -(1) FROM s;
SELECT a || b || 'c' FROM s;
SELECT a = 1, a <> 1, a != 1, a < 1, a <= 1, a > 1, a >= 1, a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b FROM s;
SELECT a BETWEEN 1 AND 2, a NOT BETWEEN 1 AND b + 2, a IN (1, 2), a NOT IN ('x'), a IS NULL, a IS NOT NULL FROM s;
SELECT a LIKE 'x%', a NOT LIKE b ESCAPE '!' FROM s;
SELECT CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END, CASE a WHEN 1 THEN 'x' END FROM s;
SELECT CAST(a AS DECIMAL(3, 1)), CAST(a AS ARRAY<MAP<STRING, STRUCT<b INT>>>) FROM s;
SELECT ARRAY[1, 2], ARRAY[], MAP('a' := 1), MAP(), STRUCT(f := 1, `g` := 2), STRUCT() FROM s;
SELECT a[1], a['k'][b + 1], s.a->b->c, s.a[1]->b, (a)->b FROM s;
SELECT f(), f(a, b), COUNT(*), SUM(*), DATEADD(DAYS, 1, d), TRANSFORM(m, (k, v) => k, v => v + 1) FROM s;
SELECT NULL, TRUE, false, 'it''s', 1, 9223372036854775807, 1.50, .5, 7., 1E3, 1.5e-3, a AT TIME ZONE 'UTC' FROM s;
SELECT array, map, struct, array + 1, `DECIMAL` '1.5', ${v}, s.${w} FROM s;
