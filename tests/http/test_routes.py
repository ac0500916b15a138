"""Routes that answer at once: identity, errors, negotiation, statements, statuses, properties, limits."""
import json
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import ServerCase, Server, wait_for

KSQL_JSON = "application/vnd.ksql.v1+json"


class Routes(ServerCase):
    def error(self, answer, status, code):
        self.assertEqual(answer[0], status, answer)
        body = json.loads(answer[2])
        self.assertEqual(body["error_code"], code)
        self.assertTrue(answer[2].startswith(b'{"@type":"'))
        return body

    def test_root_redirects_to_info(self):
        status, headers, body = self.server.get("/")
        self.assertEqual((status, headers["location"], body), (307, "/info", b""))

    def test_info(self):
        status, headers, body = self.server.get("/info")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        info = json.loads(body)["KsqlServerInfo"]
        self.assertEqual(list(info), ["version", "kafkaClusterId", "ksqlServiceId", "serverStatus"])
        self.assertEqual(info["serverStatus"], "RUNNING")

    def test_trailing_slash_and_head(self):
        self.assertEqual(self.server.get("/info/")[0], 200)
        status, headers, body = self.server.request("HEAD", "/info")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["content-length"]), 0)

    def test_health_and_metadata(self):
        health = json.loads(self.server.get("/healthcheck")[2])
        self.assertEqual((health["isHealthy"], health["serverState"]), (True, "READY"))
        self.assertEqual(sorted(health["details"]), ["commandRunner", "kafka", "metastore"])
        metadata = json.loads(self.server.get("/v1/metadata")[2])
        self.assertEqual(json.loads(self.server.get("/v1/metadata/id")[2]), metadata["clusterId"])
        for path in ("/chc/live", "/chc/ready"):
            self.assertEqual(self.server.get(path)[2], b"{}")

    def test_metrics(self):
        status, _, body = self.server.get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn(b"# TYPE ", body)

    def test_unknown_path_and_method(self):
        status, _, body = self.server.get("/nope")
        self.assertEqual((status, body), (404, b"Not Found"))
        self.assertEqual(self.server.get("/terminate")[0], 404)
        status, _, body = self.server.get("/ksql")
        self.assertEqual((status, body), (405, b""))
        self.assertEqual(self.server.request("DELETE", "/query")[0], 405)
        self.assertEqual(self.server.get("/clusterStatus")[::2], (404, b""))
        self.assertEqual(self.server.request("POST", "/heartbeat", {})[::2], (404, b""))

    def status_of(self, data):
        s = self.server.raw(data)
        with s, s.makefile("rb") as answer:
            return int(answer.readline().split()[1])

    def test_a_target_may_be_a_whole_url(self):
        for target, status in (("http://x/info", 200), ("HTTP://x:1/info?a=b", 200), ("https://x/info/", 200),
                               ("http://x", 307), ("http://x/nope", 404), ("ftp://x/info", 404)):
            self.assertEqual(self.status_of("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target), status, target)

    def test_a_path_does_not_end_at_an_encoded_nul(self):
        for path in ("/%00%ff%2e%2e/info", "/info%00", "/info%00x", "/%00"):
            self.assertEqual(self.server.get(path)[0], 404, path)
        for path in ("/%69nfo", "/inf%6F?%00=%00&b"):
            self.assertEqual(self.server.get(path)[0], 200, path)
        for path in ("/info%", "/info%4", "/info%zz"):
            self.assertEqual(self.server.get(path)[0], 404, path)

    def test_a_body_of_ambiguous_length_is_refused_and_the_connection_closed(self):
        head = "POST /ksql HTTP/1.1\r\nHost: x\r\n"
        for headers in ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                        "Transfer-Encoding: chunked\r\ncontent-length: 2\r\n",
                        "Content-Length: 2\r\nContent-Length: 3\r\n"):
            s = self.server.raw(head + headers + "\r\n")
            with s, s.makefile("rb") as answer:
                text = answer.read()  # to the end of the connection
            self.assertTrue(text.startswith(b"HTTP/1.1 400 "), (headers, text))
            self.assertIn(b'"error_code":40000', text)
        self.assertEqual(self.status_of(head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), 200)
        self.assertEqual(self.status_of(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), 200)

    def test_negotiation_of_json_routes(self):
        for accept in (KSQL_JSON, "application/json", "*/*", "application/*", "text/html, */*;q=0.1",
                       "application/json;q=1e99"):
            status, headers, _ = self.server.get("/info", Accept=accept)
            self.assertEqual((status, headers["content-type"]), (200, "application/json"), accept)
        for accept in ("text/html", "application/json;q=0", "application/json;q=nan"):
            status, _, body = self.server.get("/info", Accept=accept)
            self.assertEqual((status, body), (406, b""), accept)

    def test_empty_statements(self):
        for body in ('{"ksql":""}', "{}", '{"ksql":null}', '{"ksql":"","unknown":[1]}'):
            self.assertEqual(self.server.request("POST", "/ksql", body)[2], b"[]")

    def test_malformed_json(self):
        for body in ("{", "[]", "17", '{"ksql":"', b"\xff\xfe"):
            self.assertIn("Invalid JSON in request", self.error(self.server.request("POST", "/ksql", body), 400, 40000)[
                "message"])

    def test_members_of_the_wrong_shape_are_refused(self):
        routes = {
            "/ksql": {"ksql": [1, [], {}, True], "streamsProperties": [3, [], "x", {"auto.offset.reset": []}],
                      "sessionVariables": [3, {"a": {}}], "requestProperties": [3, "x"],
                      "commandSequenceNumber": ["x", "1", 1.5, {}, 10**30]},
            "/query": {"ksql": [1, []], "streamsProperties": [3, []], "sessionVariables": [[]],
                       "requestProperties": [3], "commandSequenceNumber": ["x", 1.5]},
            "/query-stream": {"sql": [1, []], "properties": [3, []], "sessionVariables": ["x"],
                              "requestProperties": [3]},
            "/inserts-stream": {"target": [1], "properties": [3, []]},
            "/close-query": {"queryId": [1, {}]},
            "/topics": {"name": [1], "partitions": ["1", 1.5], "settings": [3]},
            "/groups/g": {"positions": [{}, "x"]},
        }
        self.make_stream("shapes")
        valid = {"ksql": "SELECT * FROM shapes;", "sql": "SELECT * FROM shapes;", "target": "shapes", "name": "shapes2"}
        for path, members in routes.items():
            for member, values in members.items():
                for value in values:
                    body = {k: v for k, v in valid.items() if k in members}
                    body[member] = value
                    message = self.error(self.server.request("POST", path, body), 400, 40000)["message"]
                    self.assertRegex(message, "^Invalid JSON in request: '%s' must be an? " % member, (path, value))
                if path in ("/ksql", "/query") and member != "ksql":  # null is as good as absent
                    body[member] = None
                    body["ksql"] = "SHOW STREAMS;" if path == "/ksql" else body["ksql"]
                    self.assertEqual(self.server.request("POST", path, body)[0], 200)
        for path, member in (("/query-stream", "sql"), ("/inserts-stream", "target"), ("/close-query", "queryId")):
            message = self.error(self.server.request("POST", path, {member: None}), 400, 40000)["message"]
            self.assertIn("Missing required creator property '%s' (index 0)" % member, message)

    def test_content_type_does_not_matter(self):
        for kind in ("application/x-www-form-urlencoded", "application/json; charset=utf-8", "text/plain"):
            status, _, body = self.server.request("POST", "/ksql", '{"ksql":"SHOW STREAMS;"}', {"Content-Type": kind})
            self.assertEqual((status, json.loads(body)[0]["@type"]), (200, "streams"))

    def test_select_belongs_to_the_query_endpoint(self):
        self.make_stream("ep")
        body = self.error(self.server.request("POST", "/ksql", {"ksql": "SELECT * FROM ep EMIT CHANGES;"}), 400, 40002)
        self.assertEqual((body["@type"], body["entities"]), ("statement_error", []))
        self.assertEqual(body["statementText"], "SELECT * FROM ep EMIT CHANGES;")

    def test_a_failing_statement_leaves_nothing_done(self):
        text = "CREATE STREAM half (a INT) WITH (kafka_topic='half', value_format='JSON', partitions=1); DROP STREAM nix;"
        self.error(self.server.request("POST", "/ksql", {"ksql": text}), 400, 40001)
        names = [s["name"] for s in self.server.run("SHOW STREAMS;")[0]["streams"]]
        self.assertNotIn("HALF", names)

    def test_syntax_error(self):
        body = self.error(self.server.request("POST", "/ksql", {"ksql": "SHOW STREAMZ;"}), 400, 40001)
        self.assertRegex(body["message"], r"^line 1:\d+: ")

    def test_what_insert_values_refuses(self):
        self.make_stream("ins")
        self.server.run("CREATE TABLE ins_t (k INT PRIMARY KEY, v INT) WITH (kafka_topic='ins_t', partitions=1, "
                        "value_format='JSON'); CREATE SOURCE TABLE ins_ro (k INT PRIMARY KEY, v INT) WITH "
                        "(kafka_topic='ins_t', value_format='JSON'); CREATE STREAM ins_w (k INT KEY, v INT) WITH "
                        "(kafka_topic='ins_t', value_format='JSON', window_type='session'); CREATE STREAM ins_h (k INT "
                        "KEY, h BYTES HEADER('x')) WITH (kafka_topic='ins_t', value_format='JSON');")
        catalog = {
            "nix VALUES (1)": "Cannot insert values into an unknown stream/table: `NIX`",
            "ins_w VALUES (1, 2)": "Cannot insert values into windowed stream/table!",
            "ins_ro VALUES (1, 2)": "Cannot insert values into read-only table: INS_RO",
            "ins_h (k, h) VALUES (1, NULL)": "Cannot insert into HEADER columns: H",
        }
        values = {
            "ins_t VALUES (NULL, 1)": "Failed to insert values into 'INS_T'. Topic 'ins_t' is compacted",
            "ins_t (k, ROWTIME) VALUES (1, -5)": "Failed to insert values into 'INS_T'. Invalid timestamp: -5.",
            "ins_t (k, v) VALUES (1, 'x')": "Failed to insert values into 'INS_T'. Expected type INTEGER",
            "ins_t (k) VALUES (1, 2)": "Failed to prepare statement: Expected number columns and values to match: 1, 2",
            "ins_t (k, ROWOFFSET) VALUES (1, 2)":
                "Failed to insert values into 'INS_T'. Inserting into column `ROWOFFSET` is not allowed.",
        }
        for kind, code, rows in (("generic_error", 40000, catalog), ("statement_error", 40001, values)):
            for row, message in rows.items():
                text = "INSERT INTO %s;" % row
                body = self.error(self.server.request("POST", "/ksql", {"ksql": text}), 400, code)
                self.assertEqual((body["@type"], body.get("statementText", text)), (kind, text))
                self.assertTrue(body["message"].startswith(message), body)

    def test_deeply_nested_types_are_refused_or_read_back(self):
        declare = "CREATE STREAM deep_%d (v %sINT%s) WITH (kafka_topic='deep', partitions=1, value_format='JSON');"
        server = Server()
        try:
            server.run(declare % (150, "ARRAY<" * 150, ">" * 150))
            server.run("CREATE STREAM flat (v INT) WITH (kafka_topic='flat', partitions=1, value_format='JSON');")
            deep = "CREATE STREAM deep_%d AS SELECT %sv%s AS x FROM flat;"
            self.assertEqual(server.ksql(deep % (199, "ARRAY[" * 199, "]" * 199))[0], 200)
            for open_, close in (("ARRAY[", "]"), ("STRUCT(a:=", ")"), ("MAP('a':=", ")")):
                status, body = server.ksql(deep % (200, open_ * 200, close * 200))
                self.assertEqual((status, body["error_code"]), (400, 40001))
                self.assertIn("The type of `X` is nested 201 levels deep. At most 200 are supported.", body["message"])
            server.run("CREATE TYPE half AS %sINT%s;" % ("ARRAY<" * 150, ">" * 150))
            self.assertEqual(server.ksql("CREATE TYPE whole AS %shalf%s;" % ("ARRAY<" * 60, ">" * 60))[0], 400)
            server.stop()
            again = Server(data=server.data)
            try:
                names = [s["name"] for s in again.run("SHOW STREAMS;")[0]["streams"]]
                self.assertLessEqual({"DEEP_150", "DEEP_199", "FLAT"}, set(names))
                self.assertNotIn("DEEP_200", names)
            finally:
                again.stop()
                again.clean()
        finally:
            server.clean()

    def test_overrides_are_checked(self):
        for name in ("nonsense", "ksql.service.idd"):
            status, body = self.server.ksql("SHOW STREAMS;", {name: "1"})
            self.assertEqual((status, body["error_code"]), (400, 40000))
            self.assertEqual(body["message"],
                             "Not recognizable as ksql, streams, consumer, or producer property: '%s'" % name)
        status, body = self.server.ksql("SHOW STREAMS;", {"ksql.service.id": "x"})
        self.assertEqual((status, body["error_code"]), (400, 40000))
        self.assertIn("prohibited", body["message"])
        self.assertEqual(self.server.ksql("SHOW STREAMS;", {"auto.offset.reset": "earliest", "linger.ms": 5})[0], 200)

    def test_session_variables(self):
        status, body = self.server.ksql("CREATE TYPE ${t} AS INTEGER;", sessionVariables={"t": "vartype"})
        self.assertEqual(status, 200, body)
        self.assertIn("VARTYPE", self.server.run("SHOW TYPES;")[0]["types"])

    def test_status_of_commands(self):
        self.make_stream("st")
        all_of_them = json.loads(self.server.get("/status")[2])["commandStatuses"]
        self.assertEqual(all_of_them["stream/`ST`/create"], "SUCCESS")
        for path in ("/status/stream/%60ST%60/create", "/status/STREAM/ST/Create"):
            self.assertEqual(json.loads(self.server.get(path)[2]),
                             {"status": "SUCCESS", "message": "Stream created", "queryId": None})
        for path in ("/status/stream/NIX/create", "/status/x/y/z", "/status/x"):
            self.assertEqual(self.error(self.server.get(path), 404, 40400)["message"], "Command not found")

    def test_command_sequence_number(self):
        number = self.server.run("CREATE TYPE seq AS INTEGER;")[0]["commandSequenceNumber"]
        for reached in (-1, 0, number):
            self.assertEqual(self.server.ksql("SHOW TYPES;", commandSequenceNumber=reached)[0], 200)

    def test_valid_properties(self):
        for name in ("auto.offset.reset", "ksql.streams.auto.offset.reset", "consumer.max.poll.records"):
            status, _, body = self.server.get("/is_valid_property/" + name)
            self.assertEqual((status, body), (200, b"true"), name)
        for name in ("bootstrap.servers", "ksql.extension.dir", "ssl.key.password", "ksql.hidden.topics"):
            self.assertIn("[%s]" % name, self.error(self.server.get("/is_valid_property/" + name), 400, 40000)["message"])
        self.error(self.server.get("/is_valid_property/foo"), 400, 40000)

    def test_large_body_is_refused(self):
        body = b'{"ksql":"' + b" " * (33 << 20) + b'"}'
        self.error(self.server.request("POST", "/ksql", body, timeout=30), 413, 41300)
        self.assertEqual(self.server.get("/info")[0], 200)

    def test_a_body_announced_as_too_large_is_refused_before_it_comes(self):
        s = self.server.raw("POST /ksql HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n{}")
        with s, s.makefile("rb") as answer:
            self.assertEqual(answer.readline(), b"HTTP/1.1 413 Content Too Large\r\n")
            headers = dict(line.split(b": ", 1) for line in iter(answer.readline, b"\r\n"))
            self.assertEqual((headers[b"Connection"], headers[b"Content-Type"]), (b"close\r\n", b"application/json\r\n"))
            body = answer.read(int(headers[b"Content-Length"]))
            self.assertEqual(json.loads(body)["error_code"], 41300)
            s.sendall(b" " * 49999998)  # the rest harms nobody, and the connection ends with it
            self.assertEqual(answer.read(), b"")

    def test_long_request_line_and_headers(self):
        self.assertEqual(self.server.get("/info?x=" + "y" * (65536 - len("GET /info?x= HTTP/1.1")))[0], 200)
        self.assertEqual(self.server.get("/info", X="y" * 65000)[0], 200)
        many = {"X-Header-%d" % i: "y" * 600 for i in range(90)}  # http.client itself sends no more than a hundred
        self.assertEqual(self.server.get("/info", **many)[0], 200)
        self.assertEqual(self.server.request("POST", "/ksql", {"ksql": "SHOW STREAMS;"}, {"X": "y" * 65000})[0], 200)

    def test_query_over_http10_is_refused(self):
        s = self.server.raw("POST /query-stream HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
        answer = s.makefile("rb").read()
        s.close()
        self.assertIn(b" 400 ", answer.split(b"\r\n")[0])
        self.assertIn(b"HTTP1.1 or HTTP2", answer)

    def test_garbage_harms_nobody(self):
        for junk in (b"\x00\x01\x02\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"GET\r\n\r\n", b"P", b"\x16\x03\x01"):
            s = self.server.raw(junk)
            s.close()
        self.assertEqual(self.server.get("/info")[0], 200)

    def test_many_requests_at_once(self):
        def one(i):
            return self.server.ksql("CREATE TYPE many%d AS INTEGER;" % i if i % 4 == 0 else "SHOW TYPES;")[0]
        with ThreadPoolExecutor(32) as pool:
            self.assertEqual(set(pool.map(one, range(200))), {200})
        types = self.server.run("SHOW TYPES;")[0]["types"]
        self.assertEqual(sum(name.startswith("MANY") for name in types), 50)

    def test_pipelined_requests(self):
        s = self.server.raw("GET /chc/live HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        data = b""
        while data.count(b"HTTP/1.1 200") < 3 or not data.endswith(b"{}"):
            more = s.recv(4096)
            self.assertTrue(more)
            data += more
        s.close()

    def test_access_log(self):
        self.server.request("GET", "/nope?secret=1", headers={"User-Agent": 'a"b'})
        def logged():
            return [x for x in self.server.log().splitlines() if "GET /nope " in x and 'agent="a?b"' in x]
        line = wait_for(logged, "the access log line")
        self.assertIn("status=404", line[0])
        self.assertIn(" WARN http.access ", line[0])
        self.assertNotIn("secret", self.server.log())

    def test_a_method_cannot_end_its_value_in_the_access_log(self):
        s = self.server.raw('GE"T /info HTTP/1.1\r\nHost: x\r\n\r\n')
        self.assertTrue(s.recv(4096))
        s.close()
        wait_for(lambda: 'request="GE?T /info HTTP/1.1"' in self.server.log(), "the access log line")


class SilentClients(ServerCase):
    words = ("--override", "ksql.idle.connection.timeout.seconds=1")

    def test_a_client_that_says_nothing_or_half_a_preface_is_left(self):
        for words in (b"", b"PRI * HTTP/2.0\r\n"):
            s = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
            s.sendall(words)
            try:
                self.assertEqual(s.recv(1), b"")
            except ConnectionResetError:  # what came was never read
                self.assertTrue(words)
            s.close()
        self.assertEqual(self.server.get("/info")[0], 200)


class Origins(ServerCase):
    words = ("--override", "access.control.allow.origin=http://*.example.com")

    def test_known_origin(self):
        _, headers, _ = self.server.get("/info", Origin="http://a.example.com")
        self.assertEqual(headers["access-control-allow-origin"], "http://a.example.com")

    def test_preflight(self):
        status, headers, _ = self.server.request("OPTIONS", "/ksql", headers={
            "Origin": "http://a.example.com", "Access-Control-Request-Method": "POST"})
        self.assertEqual((status, headers["access-control-allow-methods"]), (204, "GET,POST,HEAD"))

    def test_foreign_origin(self):
        self.assertEqual(self.server.get("/info", Origin="http://evil.org")[0], 403)
        self.assertEqual(self.server.get("/info")[0], 200)


class Cluster(ServerCase):
    words = ("--override", "ksql.heartbeat.enable=true", "--override", "ksql.lag.reporting.enable=true")

    def status(self):
        body = json.loads(self.server.get("/clusterStatus")[2])["clusterStatus"]
        self.assertEqual(list(body), ["127.0.0.1:%d" % self.server.port])
        return body.popitem()[1]

    def test_status_names_stores_partitions_and_lags(self):
        host = self.status()
        self.assertEqual((host["hostAlive"], host["activeStandbyPerQuery"]), (True, {}))
        self.server.run("CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', partitions=2, value_format='JSON');"
                        "CREATE STREAM p AS SELECT * FROM s;"
                        "CREATE TABLE t AS SELECT id, COUNT(*) AS c FROM s GROUP BY id;")
        for i in range(8):
            self.server.run("INSERT INTO s VALUES (%d, 1);" % i)
        def counted():
            lags = self.status()["hostStoreLags"]["stateStoreLags"]
            by = {n: s["lagByPartition"] for n, s in lags.items()}
            return lags if sum(p["endOffsetPosition"] for s in by.values() for p in s.values()) == 8 else None
        lags = wait_for(counted, "eight changes in the changelog")
        (name, store), = lags.items()
        self.assertRegex(name, r"^CTAS_T_\d+#Aggregate-Aggregate-Materialize$")
        self.assertEqual((store["size"], sorted(store["lagByPartition"])), (2, ["0", "1"]))
        for at in store["lagByPartition"].values():
            self.assertEqual((at["offsetLag"], at["currentOffsetPosition"]), (0, at["endOffsetPosition"]))
        queries = self.status()["activeStandbyPerQuery"]
        table = queries[name.split("#")[0]]
        self.assertEqual(table["activeStores"], ["Aggregate-Aggregate-Materialize"])
        self.assertEqual(sorted(p["partition"] for p in table["activePartitions"] if p["topic"] == "s"), [0, 1])
        self.assertEqual((table["standByStores"], table["standByPartitions"]), ([], []))
        stream, = [q for n, q in queries.items() if n.startswith("CSAS_P")]
        self.assertEqual(stream["activeStores"], [])

    def test_what_peers_send(self):
        for path, body in (("/heartbeat", {"hostInfo": "h:8088", "timestamp": 1617609098808}),
                           ("/lag", {"ksqlHost": "h:8088", "hostStoreLags": {"stateStoreLags": {}, "updateTimeMs": 1}})):
            status, _, answer = self.server.request("POST", path, body)
            self.assertEqual((status, answer), (200, b'{"isOk":true}'))
            for bad in ({}, {list(body)[0]: "h:8088"}, {list(body)[0]: 3, list(body)[1]: "x"}, "["):
                status, _, answer = self.server.request("POST", path, bad)
                self.assertEqual((status, json.loads(answer)["error_code"]), (400, 40000), (path, bad))


class ClusterWithoutLags(ServerCase):
    words = ("--override", "ksql.heartbeat.enable=true", "--override", "ksql.advertised.listener=http://me:1234/")

    def test_lags_are_left_out(self):
        host = json.loads(self.server.get("/clusterStatus")[2])["clusterStatus"]["me:1234"]
        self.assertEqual(host["hostStoreLags"], {"stateStoreLags": {}, "updateTimeMs": 0})
        self.assertEqual(self.server.request("POST", "/lag", {})[::2], (404, b""))


class SequenceTimeout(ServerCase):
    words = ("--override", "ksql.server.command.response.timeout.ms=200")

    def test_number_that_does_not_come(self):
        status, body = self.server.ksql("SHOW STREAMS;", commandSequenceNumber=99)
        self.assertEqual((status, body["error_code"]), (503, 50301))
        self.assertIn("command sequence number: 99", body["message"])
        status, _, body = self.server.request("POST", "/query", {"ksql": "SELECT 1;", "commandSequenceNumber": 99})
        self.assertEqual((status, json.loads(body)["error_code"]), (503, 50301))


if __name__ == "__main__":
    unittest.main()
