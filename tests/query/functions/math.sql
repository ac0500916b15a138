-- Numbers: every overload with ordinary values, NULL and the edges of its types.

--@test: ACOS, ASIN and ATAN take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(ACOS(i), 13) AS x1, ROUND(ACOS(l), 13) AS x2, ROUND(ACOS(d), 13) AS x3,
                          ROUND(ASIN(i), 13) AS x4, ROUND(ASIN(l), 13) AS x5, ROUND(ASIN(d), 13) AS x6,
                          ROUND(ATAN(i), 13) AS x7, ROUND(ATAN(l), 13) AS x8, ROUND(ATAN(d), 13) AS x9 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -1, -1, -1);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 0.0, 0.0, 0.0, 1.5707963267949, 1.5707963267949,
    1.5707963267949, 0.7853981633974, 0.7853981633974, 0.7853981633974);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (2, 1.5707963267949, 1.5707963267949, 1.5707963267949, 0.0,
    0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (3, 3.1415926535898, 3.1415926535898, 3.1415926535898,
    -1.5707963267949, -1.5707963267949, -1.5707963267949, -0.7853981633974, -0.7853981633974, -0.7853981633974);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: COS, SIN and TAN take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(COS(i), 13) AS x1, ROUND(COS(l), 13) AS x2, ROUND(COS(d), 13) AS x3,
                          ROUND(SIN(i), 13) AS x4, ROUND(SIN(l), 13) AS x5, ROUND(SIN(d), 13) AS x6, ROUND(TAN(i), 13) AS x7,
                          ROUND(TAN(l), 13) AS x8, ROUND(TAN(d), 13) AS x9 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -2, -2, -2);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 0.5403023058681, 0.5403023058681, 0.5403023058681,
    0.8414709848079, 0.8414709848079, 0.8414709848079, 1.5574077246549, 1.5574077246549, 1.5574077246549);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (2, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (3, -0.4161468365471, -0.4161468365471, -0.4161468365471,
    -0.9092974268257, -0.9092974268257, -0.9092974268257, 2.1850398632615, 2.1850398632615, 2.1850398632615);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: COSH, SINH and TANH take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(COSH(i), 13) AS x1, ROUND(COSH(l), 13) AS x2, ROUND(COSH(d), 13) AS x3,
                          ROUND(SINH(i), 13) AS x4, ROUND(SINH(l), 13) AS x5, ROUND(SINH(d), 13) AS x6,
                          ROUND(TANH(i), 13) AS x7, ROUND(TANH(l), 13) AS x8, ROUND(TANH(d), 13) AS x9 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -2, -2, -2);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (1, 1.5430806348152, 1.5430806348152, 1.5430806348152,
    1.1752011936438, 1.1752011936438, 1.1752011936438, 0.7615941559558, 0.7615941559558, 0.7615941559558);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (2, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9)
  VALUES (3, 3.7621956910836, 3.7621956910836, 3.7621956910836,
    -3.626860407847, -3.626860407847, -3.626860407847, -0.9640275800758, -0.9640275800758, -0.9640275800758);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: COT takes each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(COT(i), 13) AS x1, ROUND(COT(l), 13) AS x2, ROUND(COT(d), 13) AS x3 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, -2, -2, -2);
INSERT INTO s VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 0.6420926159343, 0.6420926159343, 0.6420926159343);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 0.4576575543603, 0.4576575543603, 0.4576575543603);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: DEGREES and RADIANS take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DEGREES(i) AS x1, DEGREES(l) AS x2, DEGREES(d) AS x3, RADIANS(i) AS x4, RADIANS(l) AS x5,
                          RADIANS(d) AS x6 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -90, -90, -90);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (1, 57.29577951308232, 57.29577951308232, 57.29577951308232,
                                                       0.017453292519943295, 0.017453292519943295, 0.017453292519943295);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (3, -5156.620156177409, -5156.620156177409, -5156.620156177409,
                                                       -1.5707963267948966, -1.5707963267948966, -1.5707963267948966);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: EXP and CBRT take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CBRT(i) AS x1, CBRT(l) AS x2, CBRT(d) AS x3 FROM s;
INSERT INTO s VALUES (1, 27, 27, 27);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -8, -8, -8);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3.0, 3.0, 3.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, -2.0, -2.0, -2.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, NULL);

--@test: EXP takes each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXP(i) AS x1, EXP(l) AS x2, EXP(d) AS x3 FROM s;
INSERT INTO s VALUES (1, 3, 3, 3);
INSERT INTO s VALUES (2, 0, 0, 0);
INSERT INTO s VALUES (3, -1, -1, -1);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 20.085536923187668, 20.085536923187668, 20.085536923187668);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 1.0, 1.0, 1.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 0.36787944117144233, 0.36787944117144233, 0.36787944117144233);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, NULL);

--@test: LN, LOG and SQRT take each type of number
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LN(i) AS x1, LN(l) AS x2, LN(d) AS x3, SQRT(i) AS x4, SQRT(l) AS x5, SQRT(d) AS x6 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1);
INSERT INTO s VALUES (2, 9, 9, 9);
INSERT INTO s VALUES (3, 2, 2, 2);
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (2, 2.1972245773362196, 2.1972245773362196, 2.1972245773362196, 3.0, 3.0,
                                                       3.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6)
  VALUES (3, 0.6931471805599453, 0.6931471805599453, 0.6931471805599453,
                                                       1.4142135623730951, 1.4142135623730951, 1.4142135623730951);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: LOG with one argument is the natural logarithm
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LOG(i) AS x1, LOG(l) AS x2, LOG(d) AS x3 FROM s;
INSERT INTO s VALUES (1, 13, 13, 13);
INSERT INTO s VALUES (2, 1, 1, 1);
INSERT INTO s VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 2.5649493574615367, 2.5649493574615367, 2.5649493574615367);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: LOG with a base
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, j INT, m BIGINT, e DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(LOG(i, j) AS STRING) AS x1, CAST(LOG(l, m) AS STRING) AS x2, CAST(LOG(d, e) AS STRING) AS x3 FROM s;
INSERT INTO s VALUES (1, 2, 2, 2, 8, 8, 8);
INSERT INTO s VALUES (2, 1, 1, 1, 8, 8, 8);
INSERT INTO s VALUES (3, 0, 0, 0, 8, 8, 8);
INSERT INTO s VALUES (4, -2, -2, -2, 8, 8, 8);
INSERT INTO s VALUES (5, 2, 2, 2, 0, 0, 0);
INSERT INTO s VALUES (6, 2, 2, 2, -1, -1, -1);
INSERT INTO s VALUES (7, NULL, NULL, NULL, 8, 8, 8);
INSERT INTO s VALUES (8, 2, 2, 2, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '3.0', '3.0', '3.0');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, '-Infinity', '-Infinity', '-Infinity');
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (id, x1, x2, x3) VALUES (7, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (8, NULL, NULL, NULL);

--@test: what is not defined is NaN or infinite
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(ACOS(i) AS STRING) AS x1, CAST(ACOS(l) AS STRING) AS x2, CAST(ACOS(d) AS STRING) AS x3,
                          CAST(ASIN(i) AS STRING) AS x4, CAST(ASIN(l) AS STRING) AS x5, CAST(ASIN(d) AS STRING) AS x6,
                          CAST(LN(i) AS STRING) AS x7, CAST(LN(l) AS STRING) AS x8, CAST(LN(d) AS STRING) AS x9,
                          CAST(SQRT(i) AS STRING) AS x10, CAST(SQRT(l) AS STRING) AS x11, CAST(SQRT(d) AS STRING) AS x12,
                          CAST(LOG(i) AS STRING) AS x13, CAST(LOG(l) AS STRING) AS x14, CAST(LOG(d) AS STRING) AS x15 FROM s;
INSERT INTO s VALUES (1, 2, 2, 2);
INSERT INTO s VALUES (2, -2, -2, -2);
INSERT INTO s VALUES (3, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15)
  VALUES (1, 'NaN', 'NaN', 'NaN', 'NaN',
    'NaN', 'NaN', '0.6931471805599453', '0.6931471805599453', '0.6931471805599453', '1.4142135623730951', '1.4142135623730951',
    '1.4142135623730951', '0.6931471805599453', '0.6931471805599453', '0.6931471805599453');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15)
  VALUES (2, 'NaN', 'NaN', 'NaN', 'NaN',
    'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15)
  VALUES (3, '1.5707963267948966',
    '1.5707963267948966', '1.5707963267948966', '0.0', '0.0', '0.0', '-Infinity', '-Infinity', '-Infinity', '0.0', '0.0', '0.0',
    '-Infinity', '-Infinity', '-Infinity');

--@test: COT and EXP beyond their range
CREATE STREAM s (id INT KEY, d DOUBLE, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(COT(d) AS STRING) AS x1, CAST(EXP(i) AS STRING) AS x2, CAST(COT(i) AS STRING) AS x3 FROM s;
INSERT INTO s VALUES (1, 0, 1000);
INSERT INTO s VALUES (2, NULL, -1000);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 'Infinity', 'Infinity', '0.6801221323348698');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, '0.0', '-0.6801221323348698');

--@test: ATAN2 takes pairs of each type
CREATE STREAM s (id INT KEY, i INT, j INT, l BIGINT, m BIGINT, d DOUBLE, e DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(ATAN2(i, j), 13) AS x1, ROUND(ATAN2(l, m), 13) AS x2, ROUND(ATAN2(d, e), 13) AS x3 FROM s;
INSERT INTO s VALUES (1, 1, 1, 1, 1, 1, 1);
INSERT INTO s VALUES (2, 0, 0, 0, 0, 0, 0);
INSERT INTO s VALUES (3, 1, -1, 1, -1, 1, -1);
INSERT INTO s VALUES (4, -1, 0, -1, 0, -1, 0);
INSERT INTO s VALUES (5, NULL, 1, NULL, 1, NULL, 1);
INSERT INTO s VALUES (6, 1, NULL, 1, NULL, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 0.7853981633974, 0.7853981633974, 0.7853981633974);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 2.3561944901923, 2.3561944901923, 2.3561944901923);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, -1.5707963267949, -1.5707963267949, -1.5707963267949);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, NULL);

--@test: POWER takes pairs of each type and is always a DOUBLE
CREATE STREAM s (id INT KEY, i INT, j INT, l BIGINT, m BIGINT, d DOUBLE, e DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(POWER(i, j) AS STRING) AS x1, CAST(POWER(l, m) AS STRING) AS x2,
                          CAST(POWER(d, e) AS STRING) AS x3 FROM s;
INSERT INTO s VALUES (1, 2, 10, 2, 10, 2, 10);
INSERT INTO s VALUES (2, 0, 0, 0, 0, 0, 0);
INSERT INTO s VALUES (3, 10, 400, 10, 400, 10, 400);
INSERT INTO s VALUES (4, 2, -2, 2, -2, 2, -2);
INSERT INTO s VALUES (5, -8, 3, -8, 3, -8, 0.5);
INSERT INTO s VALUES (6, NULL, 1, NULL, 1, NULL, 1);
INSERT INTO s VALUES (7, 1, NULL, 1, NULL, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '1024.0', '1024.0', '1024.0');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, '1.0', '1.0', '1.0');
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 'Infinity', 'Infinity', 'Infinity');
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, '0.25', '0.25', '0.25');
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, '-512.0', '-512.0', 'NaN');
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (7, NULL, NULL, NULL);

--@test: ABS, CEIL and FLOOR keep the type
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(i) AS x1, ABS(l) AS x2, ABS(d) AS x3, ABS(e) AS x4, CEIL(i) AS x5, CEIL(l) AS x6,
                          CEIL(d) AS x7, CEIL(e) AS x8, FLOOR(i) AS x9, FLOOR(l) AS x10, FLOOR(d) AS x11, FLOOR(e) AS x12 FROM s;
INSERT INTO s VALUES (1, -5, -6, -1.5, -1.23);
INSERT INTO s VALUES (2, 5, 6, 1.5, 1.23);
INSERT INTO s VALUES (3, 0, 0, 0, 0);
INSERT INTO s VALUES (4, -2147483648, -9223372036854775808, -1E300, -98.99);
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (1, 5, 6, 1.5, 1.23, -5, -6, -1.0, -1.00, -5,
    -6, -2.0, -2.00);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (2, 5, 6, 1.5, 1.23, 5, 6, 2.0, 2.00, 5, 6,
    1.0, 1.00);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (3, 0, 0, 0.0, 0.00, 0, 0, 0.0, 0.00, 0, 0,
    0.0, 0.00);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (4, -2147483648, -9223372036854775808, 1E300,
    98.99, -2147483648, -9223372036854775808, -1E300, -98.00, -2147483648, -9223372036854775808, -1E300, -99.00);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)
  VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL);

--@test: FLOOR of a decimal keeps its scale
CREATE STREAM s (id INT KEY, e DECIMAL(2,1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(FLOOR(e) AS STRING) AS x1, CAST(CEIL(e) AS STRING) AS x2, CAST(ABS(e) AS STRING) AS x3 FROM s;
INSERT INTO s VALUES (1, -1.1);
INSERT INTO s VALUES (2, 1.1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '-2.0', '-1.0', '1.1');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, '1.0', '2.0', '1.1');

--@test: SIGN is an INT
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SIGN(i) AS x1, SIGN(l) AS x2, SIGN(d) AS x3, SIGN(e) AS x4, SIGN(SQRT(d)) AS x5 FROM s;
INSERT INTO s VALUES (1, -3, -9223372036854775808, -0.5, -0.01);
INSERT INTO s VALUES (2, 0, 0, 0, 0);
INSERT INTO s VALUES (3, 7, 7, 1E-300, 0.01);
INSERT INTO s VALUES (4, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, -1, -1, -1, -1, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, 0, 0, 0, 0, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (3, 1, 1, 1, 1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (4, NULL, NULL, NULL, NULL, NULL);

--@test: SIGN is an INT in the schema, POWER a DOUBLE, ROUND a BIGINT
CREATE STREAM s (id INT KEY, l BIGINT, d DOUBLE, e DECIMAL(6,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SIGN(l) AS a, POWER(l, l) AS b, ROUND(d) AS c, ROUND(e) AS d, ROUND(e, 1) AS e, ROUND(d, 1) AS f,
                          TRUNC(d) AS g, TRUNC(e) AS h, TRUNC(e, 1) AS i, TRUNC(d, 1) AS j, ABS(e) AS k FROM s;
ASSERT STREAM o (id INT KEY, a INT, b DOUBLE, c BIGINT, d DECIMAL(4,0), e DECIMAL(6,2), f DOUBLE, g BIGINT, h DECIMAL(4,0),
                 i DECIMAL(6,2), j DOUBLE, k DECIMAL(6,2)) WITH (kafka_topic='O', value_format='JSON');

--@test: ROUND goes up from the middle
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,1), n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(i) AS x1, ROUND(l) AS x2, ROUND(d) AS x3, ROUND(e) AS x4, ROUND(d, n) AS x5,
                          ROUND(e, n) AS x6 FROM s;
INSERT INTO s VALUES (1, 5, 6, 1.5, 1.5, 0);
INSERT INTO s VALUES (2, -5, -6, -1.5, -1.5, 0);
INSERT INTO s VALUES (3, -5, -6, -2.5, -2.5, 1);
INSERT INTO s VALUES (4, 0, 0, 0.49999999999999994, 0.4, -1);
INSERT INTO s VALUES (5, 0, 0, 1E300, 155.5, -1);
INSERT INTO s VALUES (6, 0, 0, -1E300, -155.5, 5);
INSERT INTO s VALUES (7, NULL, NULL, NULL, NULL, 0);
INSERT INTO s VALUES (8, 1, 1, 1, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 5, 6, 2, 2, 2.0, 2.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, -5, -6, -1, -1, -1.0, -1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, -5, -6, -2, -2, -2.5, -2.5);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, 0, 0, 0, 0, 0.0, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, 0, 0, 9223372036854775807, 156, 1E300, 160.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, 0, 0, -9223372036854775808, -155, -1E300, -155.5);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (7, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (8, 1, 1, 1, 1, NULL, NULL);

--@test: TRUNC goes to zero
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, e DECIMAL(4,1), n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRUNC(i) AS x1, TRUNC(l) AS x2, TRUNC(d) AS x3, TRUNC(e) AS x4, TRUNC(d, n) AS x5,
                          TRUNC(e, n) AS x6 FROM s;
INSERT INTO s VALUES (1, 5, 6, 1.9, 1.9, 0);
INSERT INTO s VALUES (2, -5, -6, -1.9, -1.9, 0);
INSERT INTO s VALUES (3, 0, 0, 159.99, 159.9, -1);
INSERT INTO s VALUES (4, 0, 0, 1E300, 0.9, 5);
INSERT INTO s VALUES (5, NULL, NULL, NULL, NULL, 0);
INSERT INTO s VALUES (6, 1, 1, 1, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 5, 6, 1, 1, 1.0, 1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, -5, -6, -1, -1, -1.0, -1.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, 0, 0, 159, 159, 150.0, 150.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, 0, 0, 9223372036854775807, 0, 1E300, 0.9);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, 1, 1, 1, 1, NULL, NULL);

--@test: ROUND of a double goes by its shortest decimal text
CREATE STREAM s (id INT KEY, d DOUBLE, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(d, n) AS x1, TRUNC(d, n) AS x2 FROM s;
INSERT INTO s VALUES (1, 1.005, 2);
INSERT INTO s VALUES (2, -1.005, 2);
INSERT INTO s VALUES (3, 2.675, 2);
INSERT INTO s VALUES (4, 1234567.891, -3);
INSERT INTO s VALUES (5, 0.1, 20);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1.01, 1.0);
ASSERT VALUES o (id, x1, x2) VALUES (2, -1.0, -1.0);
ASSERT VALUES o (id, x1, x2) VALUES (3, 2.68, 2.67);
ASSERT VALUES o (id, x1, x2) VALUES (4, 1235000.0, 1234000.0);
ASSERT VALUES o (id, x1, x2) VALUES (5, 0.1, 0.1);

--@test: ROUND of what is no number
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(SQRT(d)) AS x1, ROUND(SQRT(d), 1) AS x2, TRUNC(SQRT(d)) AS x3, TRUNC(SQRT(d), 1) AS x4 FROM s;
INSERT INTO s VALUES (1, -1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 0, NULL, 0, NULL);

--@test: ROUND of a long decimal keeps its scale
CREATE STREAM s (id INT KEY, e DECIMAL(33,16)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(e, 0) AS x1, ROUND(e, -2) AS x2, ROUND(e, 3) AS x3, ROUND(e, 20) AS x4, ROUND(e) AS x5,
                          TRUNC(e, 3) AS x6, TRUNC(e) AS x7 FROM s;
INSERT INTO s VALUES (1, 12345678987654321.2345678987654321);
INSERT INTO s VALUES (2, -12345678987654321.2345678987654321);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7)
  VALUES (1, 12345678987654321.0000000000000000,
                                                           12345678987654300.0000000000000000,
                                                           12345678987654321.2350000000000000,
                                                           12345678987654321.2345678987654321, 12345678987654321,
                                                           12345678987654321.2340000000000000, 12345678987654321);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7)
  VALUES (2, -12345678987654321.0000000000000000,
                                                           -12345678987654300.0000000000000000,
                                                           -12345678987654321.2350000000000000,
                                                           -12345678987654321.2345678987654321, -12345678987654321,
                                                           -12345678987654321.2340000000000000, -12345678987654321);

--@test: GENERATE_SERIES of INT and BIGINT, with and without a step
CREATE STREAM s (id INT KEY, i INT, j INT, l BIGINT, m BIGINT, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(i, j) AS x1, GENERATE_SERIES(l, m) AS x2, GENERATE_SERIES(i, j, n) AS x3,
                          GENERATE_SERIES(l, m, n) AS x4 FROM s;
INSERT INTO s VALUES (1, 1, 4, 1, 4, 2);
INSERT INTO s VALUES (2, 4, 1, 4, 1, -2);
INSERT INTO s VALUES (3, 3, 3, 3, 3, 1);
INSERT INTO s VALUES (4, 1, 2, 1, 2, 0);
INSERT INTO s VALUES (5, 1, 2, 1, 2, -1);
INSERT INTO s VALUES (6, NULL, 2, NULL, 2, 1);
INSERT INTO s VALUES (7, 1, NULL, 1, NULL, 1);
INSERT INTO s VALUES (8, 1, 2, 1, 2, NULL);
INSERT INTO s VALUES (9, 2147483646, 2147483647, 9223372036854775806, 9223372036854775807, 1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, ARRAY[1, 2, 3, 4], ARRAY[1, 2, 3, 4], ARRAY[1, 3], ARRAY[1, 3]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, ARRAY[4, 3, 2, 1], ARRAY[4, 3, 2, 1], ARRAY[4, 2], ARRAY[4, 2]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, ARRAY[3], ARRAY[3], ARRAY[3], ARRAY[3]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, ARRAY[1, 2], ARRAY[1, 2], NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, ARRAY[1, 2], ARRAY[1, 2], NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, ARRAY[1, 2], ARRAY[1, 2], NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4)
  VALUES (9, ARRAY[2147483646, 2147483647],
                                               ARRAY[9223372036854775806, 9223372036854775807], ARRAY[2147483646, 2147483647],
                                               ARRAY[9223372036854775806, 9223372036854775807]);

--@test: PI and RANDOM
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PI() AS x1, RANDOM() >= 0 AND RANDOM() < 1 AS x2, RANDOM() = RANDOM() AS x3 FROM s;
INSERT INTO s VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3.141592653589793, true, false);
