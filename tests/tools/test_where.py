"""Where the tools look: a server, a data directory, the defaults; names of Kafka's scripts; a locked directory."""
import os
import shutil
import socket
import tempfile
import threading
import unittest

from tools_support import BINARY, Server, tool


def port_is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Where(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-where-")
        self.addCleanup(shutil.rmtree, self.directory, True)

    def server(self, *words, **options):
        server = Server(*words, **options)
        self.addCleanup(server.clean)
        return server

    def test_urls_and_lists(self):
        server = self.server()
        host = "127.0.0.1:%d" % server.port
        for where in (host, "http://" + host, "http://" + host + "/", host + ",other:1"):
            for option in ("--server", "--bootstrap-server"):
                r = tool("topics", "--list", option, where)
                self.assertEqual((r.code, r.error), (0, ""), where)
        r = tool("produce", "--topic", "t", "--broker-list", host, stdin="v\n")
        self.assertEqual(r.code, 0, r.error)

    def test_a_directory_that_a_server_owns(self):
        server = self.server()
        for words in (("topics", "--list"), ("produce", "--topic", "t"), ("consume", "--topic", "t")):
            r = tool(*words, "--data", server.data)
            self.assertEqual((r.code, r.text), (1, ""))
            self.assertIn(server.data, r.error)
            self.assertIn("--server", r.error)
        self.assertEqual(server.get("/topics")[0], 200)

    def test_a_directory_and_then_a_server(self):
        data = os.path.join(self.directory, "data")
        self.assertEqual(tool("produce", "--topic", "t", "--data", data, stdin="before\n").code, 0)
        server = self.server(data=data)
        where = ("--server", "127.0.0.1:%d" % server.port)
        self.assertEqual(tool("produce", "--topic", "t", *where, stdin="during\n").code, 0)
        server.stop()
        r = tool("consume", "--topic", "t", "--from-beginning", "--max-messages", "2", "--data", data)
        self.assertEqual(r.text, "before\nduring\n")

    def test_the_tools_run_no_queries(self):
        server = self.server()
        status, _, body = server.request("POST", "/ksql", {
            "ksql": "CREATE STREAM s (v STRING) WITH (KAFKA_TOPIC='in', PARTITIONS=1, VALUE_FORMAT='KAFKA');"
                    "CREATE STREAM u WITH (KAFKA_TOPIC='out') AS SELECT UCASE(v) AS v FROM s;"})
        self.assertEqual(status, 200, body)
        server.stop()
        self.assertEqual(tool("produce", "--topic", "in", "--data", server.data, stdin="v\n").code, 0)
        out = ("consume", "--topic", "out", "--from-beginning")
        self.assertEqual(tool(*out, "--timeout-ms", "300", "--data", server.data).text, "")
        again = self.server(data=server.data)
        r = tool(*out, "--max-messages", "1", "--server", "127.0.0.1:%d" % again.port)
        self.assertEqual(r.text, "V\n")
        again.stop()

    def test_nothing_there(self):
        with socket.socket() as s: # bound, not listening
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
            for words in (("topics", "--list"), ("produce", "--topic", "t"), ("consume", "--topic", "t")):
                r = tool(*words, "--server", "localhost:%d" % port)
                self.assertEqual((r.code, r.text), (1, ""))
                self.assertIn("No sluice server answers at http://localhost:%d" % port, r.error)
        r = tool("topics", "--list", "--server", "localhost:1", "--data", self.directory)
        self.assertEqual(r.code, 1)
        self.assertIn("not both", r.error)

    def test_something_else_there(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()

            def answer():
                connection, _ = s.accept()
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                connection.close()
            thread = threading.Thread(target=answer)
            thread.start()
            r = tool("topics", "--list", "--server", "127.0.0.1:%d" % s.getsockname()[1])
            thread.join()
        self.assertEqual(r.code, 1)
        self.assertIn("No sluice server answers", r.error)

    def test_a_directory_that_cannot_be(self):
        path = os.path.join(self.directory, "file")
        with open(path, "w", encoding="utf-8") as f:
            f.write("x")
        r = tool("topics", "--list", "--data", path)
        self.assertEqual(r.code, 1)
        self.assertIn(path, r.error)

    def test_names_of_the_scripts(self):
        data = os.path.join(self.directory, "data")
        for name in ("kafka-topics", "kafka-topics.sh"):
            self.assertEqual(tool(name, "--list", "--data", data).code, 0)
            link = os.path.join(self.directory, name)
            os.symlink(os.path.abspath(BINARY), link)
            r = tool("--list", "--data", data, binary=link)
            self.assertEqual((r.code, r.error), (0, ""))
        self.assertEqual(tool("kafka-topicsx", "--list").code, 2)

    @unittest.skipUnless(port_is_free(8088) and port_is_free(9092), "ports 8088 and 9092 are in use")
    def test_the_quickstart_as_typed(self):
        self.server(listen="127.0.0.1:8088")
        broker = ("--bootstrap-server", "localhost:9092")
        t = ("--topic", "quickstart-events")
        r = tool("kafka-topics", "--create", *t, "--partitions", "1", *broker, cwd=self.directory)
        self.assertEqual((r.code, r.text, r.error), (0, "Created topic quickstart-events.\n", ""))
        r = tool("kafka-topics", "--describe", *t, *broker, cwd=self.directory)
        self.assertTrue(r.text.startswith("Topic: quickstart-events\t"))
        r = tool("kafka-console-producer", *t, "--property", "parse.key=true", "--property", "key.separator=:", *broker,
                 stdin="k1:v1\nk2:v2\n", cwd=self.directory)
        self.assertEqual((r.code, r.text, r.error), (0, "", ""))
        r = tool("kafka-console-consumer", *t, "--from-beginning", "--property", "print.key=true", "--max-messages",
                 "2", *broker, cwd=self.directory)
        self.assertEqual((r.code, r.text, r.error), (0, "k1\tv1\nk2\tv2\n", "Processed a total of 2 messages\n"))
        r = tool("topics", "--list", cwd=self.directory)
        self.assertEqual(r.lines, ["quickstart-events"])

    @unittest.skipUnless(port_is_free(8088) and port_is_free(9092), "ports 8088 and 9092 are in use")
    def test_no_server_at_all(self):
        for broker in ((), ("--bootstrap-server", "localhost:9092")):
            r = tool("topics", "--list", *broker, cwd=self.directory)
            self.assertEqual(r.code, 1)
            self.assertIn("No server answers at http://localhost:8088", r.error)
        os.mkdir(os.path.join(self.directory, "sluice-data"))
        self.assertEqual(tool("topics", "--create", "--topic", "here", cwd=self.directory).code, 0)
        r = tool("topics", "--list", "--bootstrap-server", "localhost:9092", cwd=self.directory)
        self.assertEqual((r.code, r.lines), (0, ["here"]))
        r = tool("topics", "--list", "--bootstrap-server", "example.invalid:9092", cwd=self.directory)
        self.assertEqual(r.code, 1)
        self.assertIn("No sluice server answers at http://example.invalid:9092", r.error)


if __name__ == "__main__":
    unittest.main()
