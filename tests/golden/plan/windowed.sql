CREATE STREAM w (id INT KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='tumbling', window_size='10 seconds');
CREATE STREAM copy AS SELECT *, WINDOWSTART AS ws FROM w WHERE WINDOWEND > 5;
CREATE TABLE regrouped AS SELECT id, COUNT(*) AS n FROM w GROUP BY id;
CREATE STREAM refused AS SELECT * FROM w PARTITION BY v;
CREATE TABLE wt (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='json', window_type='session');
CREATE TABLE also_refused AS SELECT * FROM wt;
SELECT * FROM wt EMIT CHANGES;
