-- Dates, times and timestamps: arithmetic, text, zones.

--@test: units are added and subtracted
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATEADD(DAYS, n, d) AS da, DATESUB(HOURS, 25, d) AS ds, TIMEADD(MINUTES, n, t) AS ta,
                          TIMESUB(HOURS, n, t) AS tb, TIMESTAMPADD(SECONDS, n, ts) AS sa, TIMESTAMPSUB(MILLISECONDS, n, ts) AS sb FROM s;
INSERT INTO s VALUES (1, '2020-02-28', '23:30:00', '2020-02-28T23:59:59', 2);
INSERT INTO s VALUES (2, NULL, NULL, NULL, 2);
INSERT INTO s VALUES (3, '2020-02-28', '23:30:00', '2020-02-28T23:59:59', NULL);
ASSERT VALUES o (id, da, ds, ta, tb, sa, sb)
  VALUES (1, '2020-03-01', '2020-02-26', '23:32:00', '21:30:00', '2020-02-29T00:00:01', '2020-02-28T23:59:58.998');
ASSERT VALUES o (id, da, ds, ta, tb, sa, sb) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, da, ds, ta, tb, sa, sb) VALUES (3, NULL, '2020-02-26', NULL, NULL, NULL, NULL);

--@test: a unit is a word
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Function 'dateadd' does not accept parameters (DATE, INTEGER, DATE).
CREATE STREAM s (id INT KEY, d DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATEADD(d, 5, d) AS x FROM s;

--@test: patterns from columns
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_DATE(d, p) AS fd, FORMAT_TIME(t, p) AS ft, FORMAT_TIMESTAMP(ts, p) AS fts FROM s;
INSERT INTO s VALUES (1, '2021-08-09', '14:05:07', '2021-08-09T14:05:07', 'dd/MMM/yy');
INSERT INTO s VALUES (2, '2021-08-09', '14:05:07', '2021-08-09T14:05:07', 'hh.mm a');
INSERT INTO s VALUES (3, '2021-08-09', '14:05:07', '2021-08-09T14:05:07', 'i');
INSERT INTO s VALUES (4, '2021-08-09', '14:05:07', '2021-08-09T14:05:07', NULL);
INSERT INTO s VALUES (5, '2021-08-09', '14:05:07', '2021-08-09T14:05:07', 'dd/MMM/yy');
ASSERT VALUES o (id, fd, ft, fts) VALUES (1, '09/Aug/21', NULL, '09/Aug/21');
ASSERT VALUES o (id, fd, ft, fts) VALUES (2, NULL, '02.05 PM', '02.05 PM');
ASSERT VALUES o (id, fd, ft, fts) VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, fd, ft, fts) VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, fd, ft, fts) VALUES (5, '09/Aug/21', NULL, '09/Aug/21');

--@test: texts are read
CREATE STREAM s (id INT KEY, d STRING, t STRING, ts STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_DATE(d, 'd.M.yyyy') AS pd, STRINGTODATE(d, 'd.M.yyyy') AS sd, PARSE_TIME(t, 'H:mm[:ss]') AS pt,
                          PARSE_TIMESTAMP(ts, 'yyyy-MM-dd HH:mm z', 'Asia/Tokyo') AS pts, STRINGTOTIMESTAMP(ts, 'yyyy-MM-dd HH:mm z') AS sts FROM s;
INSERT INTO s VALUES (1, '5.11.2021', '7:30', '2021-07-01 12:00 PST');
INSERT INTO s VALUES (2, '30.2.2021', '7:30:15', '2021-01-01 12:00 Europe/Paris');
INSERT INTO s VALUES (3, 'soon', '24:01', 'later');
INSERT INTO s VALUES (4, NULL, NULL, NULL);
ASSERT VALUES o (id, pd, sd, pt, pts, sts) VALUES (1, '2021-11-05', 18936, '07:30:00', '2021-07-01T19:00:00', 1625166000000);
ASSERT VALUES o (id, pd, sd, pt, pts, sts) VALUES (2, '2021-03-02', 18686, '07:30:15', '2021-01-01T11:00:00', 1609498800000);
ASSERT VALUES o (id, pd, sd, pt, pts, sts) VALUES (3, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, pd, sd, pt, pts, sts) VALUES (4, NULL, NULL, NULL, NULL, NULL);

--@test: zones
CREATE STREAM s (id INT KEY, ts TIMESTAMP, z STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONVERT_TZ(ts, 'UTC', z) AS c, FORMAT_TIMESTAMP(ts, 'HH:mm zzz XXX', z) AS f, TIMESTAMPTOSTRING(UNIX_TIMESTAMP(ts), 'HH', z) AS g FROM s;
INSERT INTO s VALUES (1, '2021-08-09T14:05:00', 'America/Los_Angeles');
INSERT INTO s VALUES (2, '2021-01-09T14:05:00', 'America/Los_Angeles');
INSERT INTO s VALUES (3, '2021-08-09T14:05:00', 'PST');
INSERT INTO s VALUES (4, '2021-08-09T14:05:00', '+05:30');
ASSERT VALUES o (id, c, f, g) VALUES (1, '2021-08-09T07:05:00', '07:05 PDT -07:00', '07');
ASSERT VALUES o (id, c, f, g) VALUES (2, '2021-01-09T06:05:00', '06:05 PST -08:00', '06');
ASSERT VALUES o (id, c, f, g) VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, c, f, g) VALUES (4, '2021-08-09T19:35:00', '19:35 +05:30 +05:30', '19');

--@test: numbers and days
CREATE STREAM s (id INT KEY, n INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FROM_DAYS(n) AS d, UNIX_DATE(FROM_DAYS(n)) AS back, FROM_UNIXTIME(l) AS ts, DATETOSTRING(n, 'yyyy-DDD') AS x,
                          UNIX_TIMESTAMP() > 1600000000000 AS now, UNIX_DATE() > 18000 AS today FROM s;
INSERT INTO s VALUES (1, 18848, 1628517907123);
INSERT INTO s VALUES (2, -1, -1);
INSERT INTO s VALUES (3, NULL, NULL);
ASSERT VALUES o (id, d, back, ts, x, now, today) VALUES (1, '2021-08-09', 18848, '2021-08-09T14:05:07.123', '2021-221', true, true);
ASSERT VALUES o (id, d, back, ts, x, now, today) VALUES (2, '1969-12-31', -1, '1969-12-31T23:59:59.999', '1969-365', true, true);
ASSERT VALUES o (id, d, back, ts, x, now, today) VALUES (3, NULL, NULL, NULL, NULL, true, true);

--@test: a column of text gives the time of rows
CREATE STREAM s (id INT KEY, seen STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='seen', timestamp_format='yyyy-MM-dd''T''HH:mm:ssX');
CREATE STREAM o AS SELECT id, seen FROM s;
INSERT INTO s (rowtime, id, seen) VALUES (1, 1, '2018-05-11T21:58:33Z');
INSERT INTO s (rowtime, id, seen) VALUES (2, 2, 'not now');
INSERT INTO s (rowtime, id, seen) VALUES (3, 3, '2018-05-11T21:58:33+02');
ASSERT VALUES o (rowtime, id, seen) VALUES (1526075913000, 1, '2018-05-11T21:58:33Z');
ASSERT VALUES o (rowtime, id, seen) VALUES (1526068713000, 3, '2018-05-11T21:58:33+02');

--@test: a sink takes its time from text
CREATE STREAM s (id INT KEY, seen STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (timestamp='seen', timestamp_format='dd.MM.yyyy') AS SELECT id, seen FROM s;
INSERT INTO s (rowtime, id, seen) VALUES (1, 1, '11.05.2018');
ASSERT VALUES o (rowtime, id, seen) VALUES (1525996800000, 1, '11.05.2018');

--@test: a pattern that is none is refused
--@expected.error: io.confluent.ksql.util.KsqlException
--@expected.message: Unknown pattern letter: i
CREATE STREAM s (id INT KEY, seen STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='seen', timestamp_format='iiii');
