"""Push queries and PRINT: framings byte for byte, flushing, ends, slow and leaving clients."""
import base64
import json
import re
import socket
import threading
import time
import unittest

from support import EARLIEST, ServerCase, wait_for

KSQL_JSON = "application/vnd.ksql.v1+json"
DELIMITED = "application/vnd.ksqlapi.delimited.v1"


def without_id(data):
    return re.sub(rb'"transient_[A-Z0-9_]+_\d+"', b'"ID"', data)


class Framings(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_stream(cls, "f", [(1, "a"), (2, "b")])

    def query(self, path, accept, limit=2):
        sql = "SELECT * FROM f EMIT CHANGES LIMIT %d;" % limit
        member, properties = ("ksql", "streamsProperties") if path == "/query" else ("sql", "properties")
        s = self.server.open_stream(path, {member: sql, properties: EARLIEST}, accept)
        chunks = s.chunks()
        s.close()
        self.assertEqual((s.status, s.headers["transfer-encoding"]), (200, "chunked"))
        self.assertNotIn("content-length", s.headers)
        return s.headers["content-type"], [without_id(c) for c in chunks]

    ROWS = [b'[{"header":{"queryId":"ID","schema":"`ID` INTEGER, `NAME` STRING"}},\n',
            b'{"row":{"columns":[1,"a"]}},\n', b'{"row":{"columns":[2,"b"]}},\n', b'{"finalMessage":"Limit Reached"}]']
    LINES = [b'{"queryId":"ID","columnNames":["ID","NAME"],"columnTypes":["INTEGER","STRING"]}\n', b'[1,"a"]\n',
             b'[2,"b"]\n']
    ARRAY = [b'[{"queryId":"ID","columnNames":["ID","NAME"],"columnTypes":["INTEGER","STRING"]}', b',[1,"a"]',
             b',[2,"b"]', b"]"]

    def test_query(self):
        for accept, kind, chunks in ((None, KSQL_JSON, self.ROWS), (KSQL_JSON, KSQL_JSON, self.ROWS),
                                     ("application/json", KSQL_JSON, self.ROWS), ("*/*", DELIMITED, self.LINES),
                                     (DELIMITED, DELIMITED, self.LINES),
                                     (DELIMITED + ";q=0.1, application/json;q=0.9", KSQL_JSON, self.ROWS)):
            self.assertEqual(self.query("/query", accept), (kind, chunks), accept)

    def test_query_stream(self):
        for accept, kind, chunks in ((None, DELIMITED, self.LINES), ("*/*", DELIMITED, self.LINES),
                                     (DELIMITED, DELIMITED, self.LINES), (KSQL_JSON, KSQL_JSON, self.ROWS),
                                     ("application/json; charset=utf-8", "application/json", self.ARRAY)):
            self.assertEqual(self.query("/query-stream", accept), (kind, chunks), accept)

    def test_not_acceptable(self):
        for path, body in (("/query", {"ksql": "SELECT * FROM f EMIT CHANGES;"}),
                           ("/query-stream", {"sql": "SELECT * FROM f EMIT CHANGES;"}),
                           ("/query-stream", {"sql": "PRINT f;"})):
            accept = "application/json" if "PRINT" in str(body) else "text/html"
            status, _, data = self.server.request("POST", path, body, {"Accept": accept})
            self.assertEqual((status, data), (406, b""))

    def test_refusals(self):
        cases = [("/query", {"ksql": ""}, 40000, '"ksql" field must be populated'),
                 ("/query", {"ksql": "SHOW STREAMS;"}, 40000, "Statement type"),
                 ("/query", {"ksql": "SELECT * FROM f EMIT CHANGES; SELECT 1;"}, 40001, ""),
                 ("/query", {"ksql": "SELECT * FROM nix EMIT CHANGES;"}, 40001, "NIX"),
                 ("/query", {"ksql": "SELECT * FROM f EMIT CHANGES;", "streamsProperties": {"x": 1}}, 40000, "'x'"),
                 ("/query", {"ksql": "PRINT nix;"}, 40000, "Could not find topic 'nix'"),
                 ("/query-stream", {}, 40000, "Missing required creator property 'sql' (index 0)"),
                 ("/query-stream", {"sql": ""}, 40001, "Expected exactly one KSQL statement; found 0 instead"),
                 ("/query-stream", {"sql": "SHOW STREAMS;"}, 40001, "Neither a query nor a print statement"),
                 ("/query-stream", {"sql": "PRINT nix;"}, 40001, "Topic does not exist: nix"),
                 ("/close-query", {"queryId": "transient_X_1"}, 40000, "No query with id transient_X_1"),
                 ("/close-query", {}, 40000, "'queryId' (index 0)")]
        for path, body, code, text in cases:
            status, headers, data = self.server.request("POST", path, body)
            answer = json.loads(data)
            self.assertEqual((status, answer["error_code"]), (400, code), (path, body, answer))
            self.assertIn(text, answer["message"])
            self.assertEqual(headers["content-type"], "application/json")

    def test_print(self):
        for path, body, formats in (("/query", {"ksql": "PRINT f FROM BEGINNING LIMIT 2;"}, 2),
                                    ("/query-stream", {"sql": "PRINT f FROM BEGINNING LIMIT 2;"}, 0)):
            status, headers, data = self.server.request("POST", path, body)
            lines = data.decode().splitlines()
            self.assertEqual(status, 200)
            self.assertEqual(headers.get("content-type"), "application/json" if formats else None)
            self.assertEqual(sum(" format: " in x for x in lines), formats, lines)
            rows = [x for x in lines if x.startswith("rowtime: ")]
            self.assertRegex(rows[0], r"^rowtime: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3} Z, key: 1, "
                                      r'value: \{"NAME":"a"\}, partition: 0$')
            self.assertEqual(len(rows), 2)


class Lives(ServerCase):
    words = ("--override", "ksql.max.push.queries=5")

    def open_push(self, name, accept=KSQL_JSON, path="/query-stream", properties=None):
        member, other = ("ksql", "streamsProperties") if path == "/query" else ("sql", "properties")
        s = self.server.open_stream(path, {member: "SELECT * FROM %s EMIT CHANGES;" % name, other: properties or {}},
                                    accept)
        header = s.chunk()
        return s, re.search(rb'"queryId":"([^"]+)"', header).group(1).decode()

    def gone(self, query):
        wait_for(lambda: query not in self.server.queries(), query + " to be gone", 2)

    def test_header_comes_before_any_row_and_rows_at_once(self):
        self.make_stream("h")
        started = time.monotonic()
        s, query = self.open_push("h")
        self.assertLess(time.monotonic() - started, 0.5)
        self.assertIn(query, self.server.queries())
        self.server.run("INSERT INTO h VALUES (1, 'x');")
        self.assertEqual(s.chunk(), b'{"row":{"columns":[1,"x"]}},\n')
        s.close()
        self.gone(query)

    def test_each_row_is_a_chunk(self):
        self.make_stream("e", [(i, "v%d" % i) for i in range(20)])
        s, _ = self.open_push("e", DELIMITED, properties=EARLIEST)
        self.assertEqual([s.chunk() for _ in range(20)], [b'[%d,"v%d"]\n' % (i, i) for i in range(20)])
        s.close()

    def internal_topics(self, query):
        return [t["name"] for t in self.server.run("SHOW ALL TOPICS;")[0]["topics"] if query in t["name"]]

    def test_internal_topics_live_as_long_as_the_query(self):
        self.server.run("CREATE TABLE fl (id INT PRIMARY KEY, fk INT) WITH (kafka_topic='fl', value_format='JSON', partitions=3);"
                        "CREATE TABLE fr (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='fr', value_format='JSON', partitions=2);"
                        "INSERT INTO fl VALUES (1, 7); INSERT INTO fl VALUES (2, 8);")
        joined = "fl JOIN fr ON fl.fk = fr.id"
        for number, sql in enumerate(("SELECT fl.id, v FROM %s EMIT CHANGES;" % joined,
                                      "SELECT v, COUNT(*) FROM %s GROUP BY v EMIT CHANGES;" % joined)):
            s = self.server.open_stream("/query-stream", {"sql": sql, "properties": EARLIEST}, DELIMITED)
            query = re.search(rb'"queryId":"([^"]+)"', s.chunk()).group(1).decode()
            self.server.run("INSERT INTO fr VALUES (7, 'x%d');" % number)
            expected = b'[1,"x0"]\n' if number == 0 else b'["x1",1]\n'
            wait_for(lambda: s.chunk() == expected, "the row")
            self.assertTrue(self.internal_topics(query))
            s.close()
            wait_for(lambda: not self.internal_topics(query), "its topics to be gone", 2)

    def test_close_query(self):
        self.make_stream("c")
        ends = ((KSQL_JSON, [b'{"finalMessage":"Query Completed"}]']), (DELIMITED, []), ("application/json", [b"]"]))
        for accept, end in ends:
            s, query = self.open_push("c", accept)
            status, headers, body = self.server.request("POST", "/close-query", {"queryId": query})
            self.assertEqual((status, body), (200, b""))
            self.assertNotIn("content-type", headers)
            self.assertEqual(s.chunks(), end)
            s.close()
            self.gone(query)
            self.assertEqual(self.server.request("POST", "/close-query", {"queryId": query})[0], 400)

    def test_terminate(self):
        self.make_stream("t")
        s, query = self.open_push("t")
        self.server.run("TERMINATE %s;" % query)
        self.assertEqual(s.chunks(), [b'{"finalMessage":"Query Completed"}]'])
        s.close()

    def test_leaving_client_is_noticed_while_nothing_happens(self):
        self.make_stream("l")
        for how in ("close", "half", "reset"):
            s, query = self.open_push("l")
            if how == "half":
                s.sock.shutdown(socket.SHUT_WR)
            elif how == "reset":
                s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                s.close()
            else:
                s.close()
            self.gone(query)
            s.close()

    def test_limit_of_push_queries(self):
        self.make_stream("m")
        open_ones = [self.open_push("m")[0] for _ in range(5)]
        status, _, body = self.server.request("POST", "/query-stream", {"sql": "SELECT * FROM m EMIT CHANGES;"})
        self.assertEqual((status, json.loads(body)["error_code"]), (400, 40001))
        self.assertIn("exceed the configured limit", json.loads(body)["message"])
        for s in open_ones:
            s.close()
        wait_for(lambda: not self.server.queries(), "all to be gone", 2)
        s, _ = self.open_push("m")
        s.close()

    def test_slow_reader_gets_every_row_and_holds_up_nobody(self):
        count, text = 40000, "x" * 500
        self.make_stream("slow")
        self.make_stream("quick")
        slow, query = self.open_push("slow", DELIMITED)
        lines = '{"target":"slow"}\n' + "".join('{"id":%d,"name":"%s"}\n' % (i, text) for i in range(count))
        answer = self.server.request("POST", "/inserts-stream", lines, timeout=60)[2]
        self.assertEqual(answer.count(b'"ok"'), count)
        quick, _ = self.open_push("quick", DELIMITED)  # nobody reads the other one meanwhile
        for i in range(20):
            self.server.run("INSERT INTO quick VALUES (%d, 'x');" % i)
            self.assertEqual(quick.chunk(), b'[%d,"x"]\n' % i)
        self.assertIn(query, self.server.queries())
        for i in range(count):
            self.assertEqual(slow.chunk(), b'[%d,"%s"]\n' % (i, text.encode()))
        slow.close()
        quick.close()
        self.gone(query)

    def test_leaving_slow_reader_is_noticed(self):
        self.make_stream("sl")
        s, query = self.open_push("sl", DELIMITED)
        lines = '{"target":"sl"}\n' + '{"id":1,"name":"%s"}\n' % ("x" * 1000) * 20000
        self.server.request("POST", "/inserts-stream", lines, timeout=60)
        s.close()
        self.gone(query)

    def test_blank_lines_on_query_only(self):
        self.make_stream("b")
        rows, _ = self.open_push("b", KSQL_JSON, "/query")
        other, _ = self.open_push("b", KSQL_JSON, "/query-stream")
        lines, _ = self.open_push("b", DELIMITED, "/query")
        other.sock.settimeout(2.2)
        lines.sock.settimeout(0.1)
        started = time.monotonic()
        self.assertEqual(rows.chunk(), b"\n")
        self.assertGreater(time.monotonic() - started, 0.7)
        self.assertEqual(rows.chunk(), b"\n")
        self.assertLess(time.monotonic() - started, 3)
        for s in (other, lines):
            with self.assertRaises(TimeoutError):
                s.chunk()
        self.server.run("INSERT INTO b VALUES (1, 'x');")
        chunk = b"\n"
        while chunk == b"\n":
            chunk = rows.chunk()
        self.assertEqual(chunk, b'{"row":{"columns":[1,"x"]}},\n')
        for s in (rows, other, lines):
            s.close()

    def test_print_goes_on(self):
        self.make_stream("p")
        s = self.server.open_stream("/query-stream", {"sql": "PRINT p;"})
        self.server.run("INSERT INTO p VALUES (7, 'x');")
        self.assertIn(b"key: 7", s.chunk())
        s.close()

    def test_tombstones(self):
        self.make_stream("ts", [(1, "a"), (2, "b")])
        self.server.run("CREATE TABLE tt AS SELECT id, COUNT(*) AS n FROM ts GROUP BY id HAVING COUNT(*) < 2;", EARLIEST)
        rows, _ = self.open_push("tt", KSQL_JSON, properties=EARLIEST)
        lines, _ = self.open_push("tt", DELIMITED, properties=EARLIEST)
        self.assertEqual({rows.chunk(), rows.chunk()}, {b'{"row":{"columns":[1,1]}},\n', b'{"row":{"columns":[2,1]}},\n'})
        self.assertEqual({lines.chunk(), lines.chunk()}, {b"[1,1]\n", b"[2,1]\n"})
        self.server.run("INSERT INTO ts VALUES (1, 'again');")
        self.assertEqual(rows.chunk(), b'{"row":{"columns":[1,null],"tombstone":true}},\n')
        self.server.run("INSERT INTO ts VALUES (3, 'new');")
        self.assertEqual(lines.chunk(), b"[3,1]\n")
        rows.close()
        lines.close()


class Shared(ServerCase):
    """Equal push queries read one pipeline."""
    words = ("--override", "ksql.max.push.queries=50")

    def subscribe(self, sql, accept=DELIMITED, properties=None):
        s = self.server.open_stream("/query-stream", {"sql": sql, "properties": properties or {}}, accept)
        return s, re.search(rb'"queryId":"([^"]+)"', s.chunk()).group(1).decode()

    def pipelines(self):
        return int(re.search(rb"^sluice_push_pipelines (\d+)$", self.server.get("/metrics")[2], re.M).group(1))

    def all_gone(self):
        wait_for(lambda: not self.server.queries() and self.pipelines() == 0, "all to be gone", 3)

    def insert(self, name, *ids):
        for i in ids:
            self.server.run("INSERT INTO %s VALUES (%d, 'v');" % (name, i))

    def test_equal_queries_share_a_pipeline_in_all_framings(self):
        self.make_stream("sa")
        sql = "SELECT id FROM sa WHERE id > 0 EMIT CHANGES;"
        framings = ((DELIMITED, b"[%d]\n"), (KSQL_JSON, b'{"row":{"columns":[%d]}},\n'), ("application/json", b",[%d]"))
        clients = [self.subscribe(sql, accept) + (row,) for accept, row in framings * 4]
        self.assertEqual(self.pipelines(), 1)
        self.assertEqual(len({query for _, query, _ in clients}), 12)
        self.assertEqual(set(self.server.queries()), {query for _, query, _ in clients})
        self.insert("sa", 1, 0, 2)
        for s, _, row in clients:
            self.assertEqual([s.chunk(), s.chunk()], [row % 1, row % 2])
        other, _ = self.subscribe("SELECT id FROM sa WHERE id > 1 EMIT CHANGES;")
        same_text, _ = self.subscribe(sql, properties={"ksql.functions.something": "1"})
        early, _ = self.subscribe(sql, properties=EARLIEST)
        self.assertEqual(self.pipelines(), 4)
        self.assertEqual([early.chunk(), early.chunk()], [b"[1]\n", b"[2]\n"])
        for s in [c[0] for c in clients] + [other, same_text, early]:
            s.close()
        self.all_gone()

    def test_a_late_subscriber_gets_what_comes_after_it(self):
        self.make_stream("sb")
        sql, open_ones = "SELECT id FROM sb EMIT CHANGES;", []
        for i in range(30):
            open_ones.append((self.subscribe(sql)[0], i))
            self.insert("sb", i)
        for s, first in open_ones:
            self.assertEqual([s.chunk() for _ in range(first, 30)], [b"[%d]\n" % i for i in range(first, 30)])
            s.close()
        self.all_gone()

    def test_subscribers_share_while_rows_keep_coming(self):
        self.make_stream("sh")
        sql, stop, open_ones = "SELECT id FROM sh EMIT CHANGES;", threading.Event(), []

        def write():
            at = 0
            while not stop.is_set():
                lines = '{"target":"sh"}\n' + "".join('{"id":%d}\n' % i for i in range(at, at + 50))
                self.server.request("POST", "/inserts-stream", lines)
                at += 50
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(20):
                open_ones.append(self.subscribe(sql)[0])
            self.assertLess(self.pipelines(), 5)
            for s in open_ones:
                first = json.loads(s.chunk())[0]
                self.assertEqual([json.loads(s.chunk())[0] for _ in range(200)], list(range(first + 1, first + 201)))
        finally:
            stop.set()
            writer.join()
        for s in open_ones:
            s.close()
        self.all_gone()

    def test_leaving_ending_and_terminating_touch_no_other(self):
        self.make_stream("sc")
        sql = "SELECT id FROM sc EMIT CHANGES;"
        stays, _ = self.subscribe(sql)
        leaves, left = self.subscribe(sql)
        closed, query = self.subscribe(sql, KSQL_JSON)
        ended, terminated = self.subscribe(sql, KSQL_JSON)
        self.insert("sc", 1)
        for s in (closed, ended):  # a query may end before a row has reached it
            self.assertEqual(s.chunk(), b'{"row":{"columns":[1]}},\n')
        leaves.close()
        wait_for(lambda: left not in self.server.queries(), "it to be gone", 2)
        self.assertEqual(self.server.request("POST", "/close-query", {"queryId": query})[0], 200)
        self.server.run("TERMINATE %s;" % terminated)
        for s in (closed, ended):
            self.assertEqual(s.chunks(), [b'{"finalMessage":"Query Completed"}]'])
            s.close()
        self.insert("sc", 2)
        self.assertEqual([stays.chunk(), stays.chunk()], [b"[1]\n", b"[2]\n"])
        again, _ = self.subscribe(sql)
        self.assertEqual(self.pipelines(), 1)
        self.insert("sc", 3)
        self.assertEqual([again.chunk(), stays.chunk()], [b"[3]\n", b"[3]\n"])
        again.close()
        stays.close()
        self.all_gone()

    def test_limits_and_state_are_each_ones_own(self):
        self.make_stream("sd")
        limited = [self.subscribe("SELECT id FROM sd EMIT CHANGES LIMIT 2;", KSQL_JSON)[0]]
        counts = [self.subscribe("SELECT name, COUNT(*) FROM sd GROUP BY name EMIT CHANGES;")[0]]
        self.insert("sd", 1)
        self.assertEqual(counts[0].chunk(), b'["v",1]\n')
        limited.append(self.subscribe("SELECT id FROM sd EMIT CHANGES LIMIT 2;", KSQL_JSON)[0])
        counts.append(self.subscribe("SELECT name, COUNT(*) FROM sd GROUP BY name EMIT CHANGES;")[0])
        self.assertEqual(self.pipelines(), 4)
        self.insert("sd", 2, 3)
        for first, s in ((1, limited[0]), (2, limited[1])):
            self.assertEqual(s.chunks(), [b'{"row":{"columns":[%d]}},\n' % first, b'{"row":{"columns":[%d]}},\n' % (first + 1),
                                          b'{"finalMessage":"Limit Reached"}]'])
        wait_for(lambda: counts[0].chunk() == b'["v",3]\n', "the first's count")
        wait_for(lambda: counts[1].chunk() == b'["v",2]\n', "the second's count, from when it began")
        for s in limited + counts:
            s.close()
        self.all_gone()

    def test_who_reads_slowly_goes_on_alone_when_others_wait_and_nobody_misses_a_row(self):
        count, text = 60000, "x" * 500
        self.make_stream("se")
        sql = "SELECT * FROM se EMIT CHANGES;"
        slow, query = self.subscribe(sql)
        quick, _ = self.subscribe(sql, KSQL_JSON)
        self.assertEqual(self.pipelines(), 1)
        got = []

        def read():
            for _ in range(count):
                got.append(quick.chunk())
        reader = threading.Thread(target=read)
        reader.start()
        lines = '{"target":"se"}\n' + "".join('{"id":%d,"name":"%s"}\n' % (i, text) for i in range(count))
        self.server.request("POST", "/inserts-stream", lines, timeout=60)
        reader.join(30)
        self.assertEqual(got, [b'{"row":{"columns":[%d,"%s"]}},\n' % (i, text.encode()) for i in range(count)])
        self.assertEqual(self.pipelines(), 1)  # it holds nothing while it does not read
        self.assertIn(query, self.server.queries())
        for i in range(count):
            self.assertEqual(slow.chunk(), b'[%d,"%s"]\n' % (i, text.encode()))
        self.assertEqual(self.pipelines(), 2)
        self.server.run("INSERT INTO se VALUES (-1, 'last');")
        self.assertEqual(slow.chunk(), b'[-1,"last"]\n')
        self.assertEqual(quick.chunk(), b'{"row":{"columns":[-1,"last"]}},\n')
        slow.close()
        quick.close()
        self.all_gone()

    def test_a_failing_query_ends_for_all(self):
        self.make_stream("sf")
        sql, strict = "SELECT id, name FROM sf EMIT CHANGES;", {"ksql.fail.on.deserialization.error": "true"}
        clients = [self.subscribe(sql, KSQL_JSON, strict)[0] for _ in range(3)]
        self.assertEqual(self.pipelines(), 1)
        self.insert("sf", 1)
        record = {"key": base64.b64encode(b"\0\0\0\2").decode(), "value": base64.b64encode(b"no JSON").decode()}
        self.server.request("POST", "/topics/sf/records", json.dumps(record) + "\n")
        for s in clients:
            self.assertEqual(s.chunk(), b'{"row":{"columns":[1,"v"]}},\n')
            self.assertIn(b'{"errorMessage":{"@type":"generic_error","error_code":50000', s.chunk())
            self.assertEqual(s.chunk(), b"")
            s.close()
        self.all_gone()

    def test_a_source_dropped_and_made_again_is_another_one(self):
        self.make_stream("sg")
        sql = "SELECT * FROM sg EMIT CHANGES;"
        old = [self.subscribe(sql)[0] for _ in range(2)]
        self.insert("sg", 1)
        self.server.run("DROP STREAM sg;")
        self.server.run("CREATE STREAM sg (id INT KEY, name STRING, more INT) WITH (kafka_topic='sg', value_format='JSON');")
        new, _ = self.subscribe(sql)
        self.assertEqual(self.pipelines(), 2)
        self.server.run("INSERT INTO sg VALUES (2, 'w', 7);")
        self.assertEqual(new.chunk(), b'[2,"w",7]\n')
        for s in old:
            self.assertEqual([s.chunk(), s.chunk()], [b'[1,"v"]\n', b'[2,"w"]\n'])
        for s in old + [new]:
            s.close()
        self.all_gone()


if __name__ == "__main__":
    unittest.main()
