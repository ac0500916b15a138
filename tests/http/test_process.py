"""The process: start, configuration, graceful stop, kill and restart, headless mode."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import BINARY, EARLIEST, Server, wait_for


class Process(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="sluice-process-")
        self.data = os.path.join(self.dir.name, "data")
        self.servers = []

    def tearDown(self):
        for s in self.servers:
            s.clean()
        self.dir.cleanup()

    def server(self, *words, **more):
        s = Server(*words, data=self.data, **more)
        self.servers.append(s)
        return s

    def file(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def refused(self, *words, data=None):
        """Text and exit code of a server that must not start."""
        command = [BINARY, "server", "--data", data or self.data, "--listen", "127.0.0.1:0", *words]
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr.decode()

    def test_start_is_quick(self):
        self.assertLess(self.server().ready_after, 1.0)

    def test_an_idle_server_uses_no_processor(self):
        s = self.server()
        s.run("SHOW QUERIES;")
        threads_end_after = 5  # seconds that a handler's thread waits for work before it ends or waits for good
        time.sleep(threads_end_after + 0.5)

        def used():
            with open("/proc/%d/stat" % s.process.pid, encoding="ascii") as f:
                return sum(int(x) for x in f.read().rsplit(") ")[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")
        before = used()
        time.sleep(1)
        self.assertLess(used() - before, 0.1)

    def test_help(self):
        done = subprocess.run([BINARY, "server", "--help"], capture_output=True, timeout=10, check=True)
        for word in (b"--config", b"--data", b"--listen", b"--queries-file"):
            self.assertIn(word, done.stdout)

    def test_graceful_stop_ends_streams(self):
        s = self.server()
        s.run("CREATE STREAM g (id INT KEY) WITH (kafka_topic='g', value_format='JSON', partitions=1);")
        rows = s.open_stream("/query-stream", {"sql": "SELECT * FROM g EMIT CHANGES;"}, "application/vnd.ksql.v1+json")
        lines = s.open_stream("/query-stream", {"sql": "PRINT g;"})
        rows.chunk()
        started = time.monotonic()
        self.assertEqual(s.stop(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - started, 1.5)
        self.assertIn(b'{"errorMessage":{"@type":"generic_error"', rows.chunk())
        self.assertEqual(rows.chunk(), b"")
        self.assertEqual(lines.chunks(), [])
        rows.close()
        lines.close()

    def test_sigint_and_a_waiting_statement(self):
        s = self.server()
        text = json.dumps({"ksql": "ASSERT TOPIC nix TIMEOUT 60 SECONDS;"})
        client = s.raw("POST /ksql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        time.sleep(0.1)
        started = time.monotonic()
        self.assertEqual(s.stop(signal.SIGINT), 0)
        self.assertLess(time.monotonic() - started, 1.5)
        client.close()

    def test_kill_and_restart_bring_everything_back(self):
        s = self.server()
        s.run("CREATE STREAM k (id INT KEY, name STRING) WITH (kafka_topic='k', value_format='JSON', partitions=1);"
              "CREATE TABLE counts AS SELECT name, COUNT(*) AS n FROM k GROUP BY name;", EARLIEST)
        for i in range(10):
            s.run("INSERT INTO k VALUES (%d, 'n%d');" % (i, i % 2))
        before = s.run("SHOW QUERIES;")[0]["queries"]
        s.stop(signal.SIGKILL)
        s = self.server()
        self.assertEqual(s.run("SHOW QUERIES;")[0]["queries"], before)
        s.run("INSERT INTO k VALUES (11, 'n0');")
        body = {"ksql": "SELECT * FROM counts EMIT CHANGES;", "streamsProperties": EARLIEST}
        rows = s.open_stream("/query", body, "application/vnd.ksqlapi.delimited.v1")
        seen = {}
        while seen != {"n0": 6, "n1": 5}:
            line = json.loads(rows.chunk())
            if isinstance(line, list):
                seen[line[0]] = line[1]
        rows.close()
        status = json.loads(s.get("/status")[2])["commandStatuses"]
        self.assertEqual(status, {"stream/`K`/create": "SUCCESS", "table/`COUNTS`/create": "SUCCESS"})

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            text = self.refused("--listen", "127.0.0.1:%d" % port)
        self.assertIn("Port %d" % port, text)
        self.assertIn("--listen", text)

    def test_data_directory_in_use(self):
        s = self.server()
        self.assertIn(self.data, self.refused())
        self.assertEqual(s.get("/info")[0], 200)

    def test_unusable_data_directory(self):
        self.assertIn("plain", self.refused(data=self.file("plain", "x")))

    def test_configuration_file(self):
        path = self.file("server.properties", "# comment\nksql.service.id = my_\\\n   id_\nksql.streams.acks=all\n")
        s = self.server("--config", path, "--override", "ksql.max.push.queries=7")
        self.assertEqual(json.loads(s.get("/info")[2])["KsqlServerInfo"]["ksqlServiceId"], "my_id_")
        listed = {p["name"]: p["value"] for p in s.run("SHOW PROPERTIES;")[0]["properties"]}
        self.assertEqual(listed["ksql.max.push.queries"], "7")

    def test_bad_configuration(self):
        for text, expected in (("\n\nnonsense=1\n", ":3: "), ("ksql.max.push.queries=x\n", ":1: "),
                               ("authentication.method=BASIC\n", "authentication.credentials.file"),
                               ("authentication.method=DIGEST\n", "NONE or BASIC"),
                               ("authentication.method=BASIC\nauthentication.credentials.file=/nowhere/users\n", "/nowhere/users"),
                               ("log.flush=sometimes\n", "log.flush")):
            self.assertIn(expected, self.refused("--config", self.file("bad.properties", text)))
        self.assertIn("missing.properties", self.refused("--config", "missing.properties"))
        for listen, expected in (("https://127.0.0.1:0", "TLS"), ("nowhere", "HOST:PORT"), ("127.0.0.1:99999", "HOST:PORT")):
            self.assertIn(expected, self.refused("--listen", listen))

    def test_environment(self):
        os.environ["KSQL_KSQL_SERVICE_ID"] = "env_"
        try:
            s = self.server()
        finally:
            del os.environ["KSQL_KSQL_SERVICE_ID"]
        self.assertEqual(json.loads(s.get("/info")[2])["KsqlServerInfo"]["ksqlServiceId"], "env_")

    # ---- headless ----
    STREAM = "CREATE STREAM h (id INT KEY, name STRING) WITH (kafka_topic='h', value_format='JSON', partitions=1);\n"
    QUERY = "SET 'auto.offset.reset'='earliest';\nCREATE STREAM up AS SELECT id, UCASE(name) AS name FROM h;\n"

    def headless(self, text):
        s = Server("--queries-file", self.file("q.sql", text), data=self.data, listen=None)
        self.servers.append(s)
        self.assertIsNone(s.port)
        return s

    def test_headless_runs_the_file_and_goes_on_after_restarts(self):
        s = self.headless(self.STREAM + self.QUERY)
        self.assertIn("Interactive mode is disabled", s.log())
        self.assertEqual(s.stop(), 0)
        s = self.headless(self.STREAM + self.QUERY + "CREATE STREAM more AS SELECT * FROM up;\n")
        s.stop(signal.SIGKILL)
        s = self.headless(self.STREAM + self.QUERY + "CREATE STREAM more AS SELECT * FROM up;\n")
        self.assertEqual(s.stop(), 0)
        s = self.server()  # with an API, to look
        self.assertEqual(len(s.queries("PERSISTENT")), 2)

    def test_headless_refusals(self):
        for text, expected in ((self.STREAM, "does not contain any persistent queries"),
                               (self.STREAM + "SHOW STREAMS;", "Unsupported statement"), ("CREATE", "Syntax Error"),
                               (self.STREAM + "CREATE STREAM x AS SELECT nix FROM h;", "NIX")):
            self.assertIn(expected.lower(), self.refused("--queries-file", self.file("q.sql", text)).lower())
        self.assertIn("Could not read the query file", self.refused("--queries-file", "/nonexistent.sql"))
        self.headless(self.STREAM + self.QUERY).stop()
        text = self.refused("--queries-file", self.file("q.sql", self.QUERY))
        self.assertIn("The query file has changed", text)


if __name__ == "__main__":
    unittest.main()
