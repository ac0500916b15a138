"""Answers that no good server gives: the shell must say so or show them, and never crash."""
import http.server
import threading
import unittest

from shell_support import run

TYPES = ["currentStatus", "warning_entity", "terminate_query", "streams", "tables", "queries", "kafka_topics",
         "kafka_topics_extended", "properties", "function_names", "type_list", "variables", "connector_info",
         "drop_connector", "connector_list", "connector_plugins_list", "connector_description", "assert_topic",
         "assert_schema", "sourceDescription", "source_descriptions", "queryDescription", "query_descriptions",
         "describe_function", "nobody_knows"]
MEMBERS = ["commandStatus", "message", "queryId", "streams", "tables", "queries", "topics", "properties",
           "overwrittenProperties", "functions", "types", "variables", "info", "connectors", "connectorsPlugins",
           "status", "sources", "sourceDescription", "sourceDescriptions", "queryDescription", "queryDescriptions",
           "name", "warnings", "statementText", "fields", "readQueries", "clusterStatistics", "queryOffsetSummaries",
           "sourceConstraints", "extended", "ksqlHostQueryStatus", "overriddenProperties", "queryErrors", "tasks"]
SHAPES = ["null", "7", '"text"', "true", "[]", "{}", "[null,1,\"x\",[],{}]", '{"a":null,"tasks":[null],"fields":[1]}']


class FakeServer:
    def __init__(self):
        self.answers = {}
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = fake.answers.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = reply

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()
        self.answers["/info"] = (200, b'{"KsqlServerInfo":{"version":"0.29.0"}}')

    def clean(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = FakeServer()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def execute(self, path, body, sql="SHOW STREAMS;", status=200):
        self.server.answers[path] = (status, body if isinstance(body, bytes) else body.encode())
        code, out, err = run("shell", "-e", sql, self.server.url)
        self.assertEqual((code, err), (0, ""), body[:300])
        return out

    def test_every_entity_with_members_of_every_shape(self):
        for shape in SHAPES:
            inner = "{" + ",".join('"%s":%s' % (m, shape) for m in MEMBERS) + "}"
            for members in ([(m, shape) for m in MEMBERS], [(m, "[%s]" % inner) for m in MEMBERS],
                            [(m, inner) for m in MEMBERS]):
                self.execute("/ksql", "[" + ",".join(
                    "{\"@type\":\"%s\",%s}" % (t, ",".join('"%s":%s' % m for m in members)) for t in TYPES) + "]")

    def test_what_is_no_answer(self):
        self.assertIn("not JSON", self.execute("/ksql", "["))
        for body in ("{}", "7", "[1,null,[]]", "[]"):
            self.execute("/ksql", body)
        self.assertIn("not JSON", self.execute("/ksql", b"\xff\x00"))

    def test_bare_statuses(self):
        for status, text in ((401, "Could not authenticate successfully with the supplied credentials."),
                             (403, "You are forbidden from using this cluster."),
                             (404, "Path not found. Path='/ksql'. Check your ksql http url to make sure you are "
                                   "connecting to a ksql server."),
                             (500, "The server returned an unexpected error: ")):
            self.assertIn(text, self.execute("/ksql", "", status=status))

    def test_command_that_failed_prints_its_first_line_and_no_table(self):
        out = self.execute("/ksql", '[{"@type":"streams","streams":[]},{"@type":"currentStatus","commandStatus":'
                                    '{"status":"ERROR","message":"it broke\\nat line 1"}}]')
        self.assertEqual(out, "it broke\n")

    def test_time_out_of_earlier_commands_names_the_way_out(self):
        out = self.execute("/ksql", '{"@type":"generic_error","error_code":50301,"message":"Timed out"}', status=503)
        self.assertIn("Timed out\n", out)
        self.assertIn("request-pipelining ON", out)

    def test_rows_of_any_shape(self):
        out = self.execute("/query", '[{"header":{"queryId":"q","schema":"`A``B` STRUCT<`F` INT>, `C` INT"}},\n\n'
                                     '{"row":{"columns":[1,{"k":[null,true]}]}},\n{"row":{}},\n{"row":7},\n'
                                     '{"row":{"columns":[2,null],"tombstone":true}},\nnonsense,\n{"header":null},\n'
                                     '{"errorMessage":{"message":"it ended"}}]', sql="SELECT * FROM s EMIT CHANGES;")
        self.assertIn("|A`B" + " " * 35 + "|C ", out)
        self.assertIn("|{k=[null, true]} ", out)
        self.assertIn("|<TOMBSTONE> ", out)
        self.assertTrue(out.endswith("it ended\nQuery terminated\n"), out)

    def test_old_server_is_refused(self):
        self.server.answers["/info"] = (200, b'{"KsqlServerInfo":{"version":"0.9.1"}}')
        code, out, _ = run("shell", self.server.url, text="SHOW STREAMS;\n")
        self.server.answers["/info"] = (200, b'{"KsqlServerInfo":{"version":"0.29.0"}}')
        self.assertEqual(code, 255)
        self.assertIn("too old", out)


if __name__ == "__main__":
    unittest.main()
