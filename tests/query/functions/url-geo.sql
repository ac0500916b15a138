-- URLs and distances: every overload, NULL, what is no URL.

--@test: the parts of a URL
CREATE STREAM s (id INT KEY, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_EXTRACT_PROTOCOL(u) AS x1, URL_EXTRACT_HOST(u) AS x2, URL_EXTRACT_PORT(u) AS x3,
                          URL_EXTRACT_PATH(u) AS x4, URL_EXTRACT_QUERY(u) AS x5, URL_EXTRACT_FRAGMENT(u) AS x6 FROM s;
INSERT INTO s VALUES (1, 'https://me@docs.example.com:8443/a%20b/c?q=1%262&r#top%21');
INSERT INTO s VALUES (2, 'http://a.b');
INSERT INTO s VALUES (3, 'mailto:x@y.z');
INSERT INTO s VALUES (4, '/just/a/path?x');
INSERT INTO s VALUES (5, 'http://[::1]:80/');
INSERT INTO s VALUES (6, '');
INSERT INTO s VALUES (7, 'http://a b/');
INSERT INTO s VALUES (8, '%zz');
INSERT INTO s VALUES (9, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 'https', 'docs.example.com', 8443, '/a b/c', 'q=1&2&r', 'top!');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, 'http', 'a.b', NULL, '', NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, 'mailto', NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, NULL, NULL, NULL, '/just/a/path', 'x', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, 'http', '[::1]', 80, '/', NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, NULL, NULL, NULL, '', NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (7, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (8, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (9, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: URL_EXTRACT_PARAMETER takes the first of a name
CREATE STREAM s (id INT KEY, u STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_EXTRACT_PARAMETER(u, p) AS x1 FROM s;
INSERT INTO s VALUES (1, 'http://a.b?x=1&y=2&x=3', 'x');
INSERT INTO s VALUES (2, 'http://a.b?x=1&y=a%20b', 'y');
INSERT INTO s VALUES (3, 'http://a.b?x=1', 'z');
INSERT INTO s VALUES (4, 'http://a.b?x', 'x');
INSERT INTO s VALUES (5, 'http://a.b?x=', 'x');
INSERT INTO s VALUES (6, 'http://a.b', 'x');
INSERT INTO s VALUES (7, 'http://a b', 'x');
INSERT INTO s VALUES (8, NULL, 'x');
INSERT INTO s VALUES (9, 'http://a.b?x=1', NULL);
ASSERT VALUES o (id, x1) VALUES (1, '1');
ASSERT VALUES o (id, x1) VALUES (2, 'a b');
ASSERT VALUES o (id, x1) VALUES (3, NULL);
ASSERT VALUES o (id, x1) VALUES (4, '');
ASSERT VALUES o (id, x1) VALUES (5, '');
ASSERT VALUES o (id, x1) VALUES (6, NULL);
ASSERT VALUES o (id, x1) VALUES (7, NULL);
ASSERT VALUES o (id, x1) VALUES (8, NULL);
ASSERT VALUES o (id, x1) VALUES (9, NULL);

--@test: what is a URI and what is a host
CREATE STREAM s (id INT KEY, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_EXTRACT_HOST(u) AS x1, URL_EXTRACT_PORT(u) AS x2, URL_EXTRACT_PATH(u) AS x3,
                          URL_EXTRACT_PROTOCOL(u) AS x4 FROM s;
INSERT INTO s VALUES (1, 'www.confluent.io');
INSERT INTO s VALUES (2, 'http://a_b.com:80/p');
INSERT INTO s VALUES (3, 'http://h:/p');
INSERT INTO s VALUES (4, 'http://h:99999999999/p');
INSERT INTO s VALUES (5, 'http://é.com/é');
INSERT INTO s VALUES (6, 'http://10.0.0.1/');
INSERT INTO s VALUES (7, 'x:');
INSERT INTO s VALUES (8, ':x');
INSERT INTO s VALUES (9, 'a{b');
INSERT INTO s VALUES (10, 'http://a.b/%zz');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, NULL, NULL, 'www.confluent.io', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, '/p', 'http');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 'h', NULL, '/p', 'http');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, NULL, NULL, '/p', 'http');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, '/é', 'http');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, '10.0.0.1', NULL, '/', 'http');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (7, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (8, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (9, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (10, NULL, NULL, NULL, NULL);

--@test: URL_ENCODE_PARAM and URL_DECODE_PARAM
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_ENCODE_PARAM(s) AS x1, URL_DECODE_PARAM(s) AS x2,
                          URL_DECODE_PARAM(URL_ENCODE_PARAM(s)) = s AS x3 FROM s;
INSERT INTO s VALUES (1, 'a b&c=é~-_.*');
INSERT INTO s VALUES (2, 'a+b%26c%C3%A9');
INSERT INTO s VALUES (3, '%');
INSERT INTO s VALUES (4, '%zz');
INSERT INTO s VALUES (5, '');
INSERT INTO s VALUES (6, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 'a+b%26c%3D%C3%A9%7E-_.*', 'a b&c=é~-_.*', true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 'a%2Bb%2526c%25C3%25A9', 'a b&cé', true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, '%25', NULL, true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, '%25zz', NULL, true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, '', '', true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, false);

--@test: GEO_DISTANCE in kilometres and miles
CREATE STREAM s (id INT KEY, a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(GEO_DISTANCE(a, b, c, d), 3) AS x1, ROUND(GEO_DISTANCE(a, b, c, d, u), 3) AS x2,
                          ROUND(GEO_DISTANCE(a, b, 0, 0.0), 3) AS x3 FROM s;
INSERT INTO s VALUES (1, 37.4439, -122.1663, 51.5257, -0.1122, ' Miles ');
INSERT INTO s VALUES (2, 37.4439, -122.1663, 51.5257, -0.1122, 'KILOMETRE');
INSERT INTO s VALUES (3, 37.4439, -122.1663, 51.5257, -0.1122, '');
INSERT INTO s VALUES (4, 37.4439, -122.1663, 51.5257, -0.1122, NULL);
INSERT INTO s VALUES (5, 37.4439, -122.1663, 51.5257, -0.1122, 'yd');
INSERT INTO s VALUES (6, 0, 0, 0, 180, 'KM');
INSERT INTO s VALUES (7, 90, 0, 90, 0, 'KM');
INSERT INTO s VALUES (8, 90.1, 0, 0, 0, 'KM');
INSERT INTO s VALUES (9, 0, -180.1, 0, 0, 'KM');
INSERT INTO s VALUES (10, 0, 0, -90.1, 0, 'KM');
INSERT INTO s VALUES (11, 0, 0, 0, 180.1, 'KM');
INSERT INTO s VALUES (12, NULL, 0, 0, 0, 'KM');
INSERT INTO s VALUES (13, 0, NULL, 0, 0, 'KM');
INSERT INTO s VALUES (14, 0, 0, NULL, 0, 'KM');
INSERT INTO s VALUES (15, 0, 0, 0, NULL, 'KM');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 8634.66, 5365.66, 12787.86);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 8634.66, 8634.66, 12787.86);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 8634.66, 8634.66, 12787.86);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, 8634.66, 8634.66, 12787.86);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, 8634.66, NULL, 12787.86);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, 20015.087, 20015.087, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (7, 0.0, 0.0, 10007.543);
ASSERT VALUES o (id, x1, x2, x3) VALUES (8, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (9, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (10, NULL, NULL, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (11, NULL, NULL, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (12, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (13, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (14, NULL, NULL, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (15, NULL, NULL, 0.0);

--@test: GEO_DISTANCE widens other numbers
CREATE STREAM s (id INT KEY, i INT, l BIGINT, e DECIMAL(5,2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(GEO_DISTANCE(i, l, e, 0), 3) AS x1 FROM s;
INSERT INTO s VALUES (1, 10, 20, 30.5);
ASSERT VALUES o (id, x1) VALUES (1, 3078.655);

--@test: GEO_DISTANCE takes no text
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'geo_distance' does not accept parameters (STRING, INTEGER, INTEGER, INTEGER).
CREATE STREAM s (id INT KEY, s STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GEO_DISTANCE(s, 0, 0, 0) AS x FROM s;
