-- Regular expressions: every overload, NULL in each place, patterns from columns and constants, Java's flavour.

--@test: REGEXP_EXTRACT gives the first match
CREATE STREAM s (id INT KEY, p STRING, s STRING, g INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT(p, s) AS x1, REGEXP_EXTRACT(p, s, g) AS x2, REGEXP_EXTRACT('(\w+) (\w*)', s) AS x3,
                          REGEXP_EXTRACT('(\w+) (\w*)', s, 2) AS x4 FROM s;
INSERT INTO s VALUES (1, '(.*) (.*)', 'hello there', 2);
INSERT INTO s VALUES (2, 'x', 'hello there', 0);
INSERT INTO s VALUES (3, '(a)|(h)', 'hello there', 1);
INSERT INTO s VALUES (4, 'h', 'hello there', 1);
INSERT INTO s VALUES (5, 'h', 'hello there', -1);
INSERT INTO s VALUES (6, '(', 'a b', 0);
INSERT INTO s VALUES (7, '', 'a b', 0);
INSERT INTO s VALUES (8, '^$', '', 0);
INSERT INTO s VALUES (9, NULL, 'a b', 0);
INSERT INTO s VALUES (10, 'a', NULL, 0);
INSERT INTO s VALUES (11, 'a', 'a b', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'hello there', 'there', 'hello there', 'there');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, 'hello there', 'there');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 'h', NULL, 'hello there', 'there');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, 'h', NULL, 'hello there', 'there');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, 'h', NULL, 'hello there', 'there');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, 'a b', 'b');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, '', '', 'a b', 'b');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, '', '', NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (9, NULL, NULL, 'a b', 'b');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (10, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (11, 'a', NULL, 'a b', 'b');

--@test: REGEXP_EXTRACT_ALL gives all matches
CREATE STREAM s (id INT KEY, p STRING, s STRING, g INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT_ALL(p, s) AS x1, REGEXP_EXTRACT_ALL(p, s, g) AS x2,
                          REGEXP_EXTRACT_ALL('(\w)b', s) AS x3, REGEXP_EXTRACT_ALL('(\w)b', s, 1) AS x4 FROM s;
INSERT INTO s VALUES (1, '(a)(.)', 'ab ac ad', 2);
INSERT INTO s VALUES (2, 'a(x)?', 'ab', 1);
INSERT INTO s VALUES (3, 'a', 'ab', 1);
INSERT INTO s VALUES (4, 'a', 'ab', -1);
INSERT INTO s VALUES (5, '[', 'ab', 0);
INSERT INTO s VALUES (6, NULL, 'ab', 0);
INSERT INTO s VALUES (7, 'a', NULL, 0);
INSERT INTO s VALUES (8, 'a', 'ab', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, ARRAY['ab', 'ac', 'ad'], ARRAY['b', 'c', 'd'], ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, ARRAY['a'], ARRAY[CAST(NULL AS STRING)], ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, ARRAY['a'], NULL, ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, ARRAY['a'], NULL, ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, ARRAY['ab'], ARRAY['a']);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, ARRAY['a'], NULL, ARRAY['ab'], ARRAY['a']);

--@test: REGEXP_EXTRACT_ALL without a match is empty
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(REGEXP_EXTRACT_ALL('x', s)) AS x1, ARRAY_LENGTH(REGEXP_EXTRACT_ALL('b*', s)) AS x2 FROM s;
INSERT INTO s VALUES (1, 'abc');
INSERT INTO s VALUES (2, '');
INSERT INTO s VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 0, 4);
ASSERT VALUES o (id, x1, x2) VALUES (2, 0, 1);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: REGEXP_REPLACE replaces all matches
CREATE STREAM s (id INT KEY, s STRING, p STRING, r STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_REPLACE(s, p, r) AS x1, REGEXP_REPLACE(s, '(a)(?<name>b)', '${name}$1') AS x2 FROM s;
INSERT INTO s VALUES (1, 'abcab', 'a', 'x');
INSERT INTO s VALUES (2, 'aaa', 'a*', 'x');
INSERT INTO s VALUES (3, 'abc', '(b)', '[$1]');
INSERT INTO s VALUES (4, 'abc', 'b', '\$');
INSERT INTO s VALUES (5, 'abc', 'b', '$');
INSERT INTO s VALUES (6, 'abc', 'b', '$1');
INSERT INTO s VALUES (7, 'abc', 'b', '\');
INSERT INTO s VALUES (8, 'abc', '(', 'x');
INSERT INTO s VALUES (9, '', '', 'x');
INSERT INTO s VALUES (10, 'abc', '(b)', '$12');
INSERT INTO s VALUES (11, NULL, 'a', 'x');
INSERT INTO s VALUES (12, 'ab', NULL, 'x');
INSERT INTO s VALUES (13, 'ab', 'a', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'xbcxb', 'bacba');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'xx', 'aaa');
ASSERT VALUES o (id, x1, x2) VALUES (3, 'a[b]c', 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (4, 'a$c', 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (5, NULL, 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (6, NULL, 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (9, 'x', '');
ASSERT VALUES o (id, x1, x2) VALUES (10, 'ab2c', 'bac');
ASSERT VALUES o (id, x1, x2) VALUES (11, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (12, NULL, 'ba');
ASSERT VALUES o (id, x1, x2) VALUES (13, NULL, 'ba');

--@test: REGEXP_SPLIT_TO_ARRAY
CREATE STREAM s (id INT KEY, s STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_SPLIT_TO_ARRAY(s, p) AS x1, REGEXP_SPLIT_TO_ARRAY(s, '[-,]') AS x2 FROM s;
INSERT INTO s VALUES (1, 'aabcda', '(ab|cd)');
INSERT INTO s VALUES (2, 'x-y', '.');
INSERT INTO s VALUES (3, 'xyz', '');
INSERT INTO s VALUES (4, 'A', '^');
INSERT INTO s VALUES (5, 'axxb', 'x*');
INSERT INTO s VALUES (6, '', '');
INSERT INTO s VALUES (7, '-a,', 'q');
INSERT INTO s VALUES (8, 'a', '(');
INSERT INTO s VALUES (9, NULL, 'a');
INSERT INTO s VALUES (10, 'a-b', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY['a', '', 'a'], ARRAY['aabcda']);
ASSERT VALUES o (id, x1, x2) VALUES (2, ARRAY['', '', '', ''], ARRAY['x', 'y']);
ASSERT VALUES o (id, x1, x2) VALUES (3, ARRAY['x', 'y', 'z'], ARRAY['xyz']);
ASSERT VALUES o (id, x1, x2) VALUES (4, ARRAY['A'], ARRAY['A']);
ASSERT VALUES o (id, x1, x2) VALUES (5, ARRAY['a', '', 'b'], ARRAY['axxb']);
ASSERT VALUES o (id, x1, x2) VALUES (6, ARRAY[''], ARRAY['']);
ASSERT VALUES o (id, x1, x2) VALUES (7, ARRAY['-a,'], ARRAY['', 'a', '']);
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, ARRAY['a']);
ASSERT VALUES o (id, x1, x2) VALUES (9, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (10, NULL, ARRAY['a', 'b']);

--@test: classes are ASCII, dots stop at line ends, flags are Java's
CREATE STREAM s (id INT KEY, s STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT(p, s) AS x1 FROM s;
INSERT INTO s VALUES (1, 'aé1', '\w+');
INSERT INTO s VALUES (2, '٣4', '\d');
INSERT INTO s VALUES (3, 'aÉ', '(?i)é');
INSERT INTO s VALUES (4, 'aÉ', '(?iu)é');
INSERT INTO s VALUES (5, 'aÉ', '(?i:É)A?');
INSERT INTO s VALUES (6, 'aÉAé', '(?i)[xé]');
INSERT INTO s VALUES (7, 'aÉ', '(?i)[Aé]+');
INSERT INTO s VALUES (8, 'aÉ', '(?i)[^Aé]+');
INSERT INTO s VALUES (9, 'aÉ', '(?i:A)(?iu)é');
INSERT INTO s VALUES (10, 'aÉ', '((?i)a)é');
INSERT INTO s VALUES (11, 'AÉ', '(?i)aé');
INSERT INTO s VALUES (12, 'AÉ', '(?i)aÉ');
INSERT INTO s VALUES (13, 'AÉ', '(?i)\QaÉ\E');
INSERT INTO s VALUES (14, 'É', '(?i-i)é');
INSERT INTO s VALUES (15, 'abcm', '[a-z&&[^m]]+');
INSERT INTO s VALUES (16, 'm1', '\p{Alpha}');
INSERT INTO s VALUES (17, '1é', '\p{L}');
INSERT INTO s VALUES (18, 'a+b', '\Qa+\E');
INSERT INTO s VALUES (19, 'aab', '(a)\1');
INSERT INTO s VALUES (20, 'aab', 'a++b');
INSERT INTO s VALUES (21, 'foobar', '(?<=foo)bar');
INSERT INTO s VALUES (22, 'x😀y', 'x.y');
INSERT INTO s VALUES (23, 'A', '\u0041');
INSERT INTO s VALUES (24, 'A', '\x{41}');
INSERT INTO s VALUES (25, 'aXb', '(?x) X b');
INSERT INTO s VALUES (26, 'foo', 'o{2}$');
ASSERT VALUES o (id, x1) VALUES (1, 'a');
ASSERT VALUES o (id, x1) VALUES (2, '4');
ASSERT VALUES o (id, x1) VALUES (3, NULL);
ASSERT VALUES o (id, x1) VALUES (4, 'É');
ASSERT VALUES o (id, x1) VALUES (5, 'É');
ASSERT VALUES o (id, x1) VALUES (6, 'é');
ASSERT VALUES o (id, x1) VALUES (7, 'a');
ASSERT VALUES o (id, x1) VALUES (8, 'É');
ASSERT VALUES o (id, x1) VALUES (9, 'aÉ');
ASSERT VALUES o (id, x1) VALUES (10, NULL);
ASSERT VALUES o (id, x1) VALUES (11, NULL);
ASSERT VALUES o (id, x1) VALUES (12, 'AÉ');
ASSERT VALUES o (id, x1) VALUES (13, 'AÉ');
ASSERT VALUES o (id, x1) VALUES (14, NULL);
ASSERT VALUES o (id, x1) VALUES (15, 'abc');
ASSERT VALUES o (id, x1) VALUES (16, 'm');
ASSERT VALUES o (id, x1) VALUES (17, 'é');
ASSERT VALUES o (id, x1) VALUES (18, 'a+');
ASSERT VALUES o (id, x1) VALUES (19, 'aa');
ASSERT VALUES o (id, x1) VALUES (20, 'aab');
ASSERT VALUES o (id, x1) VALUES (21, 'bar');
ASSERT VALUES o (id, x1) VALUES (22, 'x😀y');
ASSERT VALUES o (id, x1) VALUES (23, 'A');
ASSERT VALUES o (id, x1) VALUES (24, 'A');
ASSERT VALUES o (id, x1) VALUES (25, 'Xb');
ASSERT VALUES o (id, x1) VALUES (26, 'oo');

--@test: a pattern that would take forever fails
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT('(a+)+$', s) AS x1 FROM s;
INSERT INTO s VALUES (1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab');
INSERT INTO s VALUES (2, 'aaa');
ASSERT VALUES o (id, x1) VALUES (1, NULL);
ASSERT VALUES o (id, x1) VALUES (2, 'aaa');
