"""A real server on a free port with a fresh data directory, and requests to it."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ.get("SLUICE_BIN", "build/sluice")
DEADLINE = 10.0


def wait_for(condition, what, deadline=DEADLINE):
    """Polls until condition() is true; its value is returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("timed out waiting for " + what)
        time.sleep(0.01)


class Server:
    def __init__(self, *words, data=None, listen="127.0.0.1:0", wait=True):
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="sluice-http-")
        self.log_path = os.path.join(tempfile.mkdtemp(prefix="sluice-log-"), "log")
        self.log_file = open(self.log_path, "wb")
        command = [BINARY, "server", "--data", self.data, *words]
        if listen:
            command += ["--listen", listen]
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stderr=self.log_file, stdout=self.log_file)
        self.port = None
        if wait:
            self.wait_ready()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError("the server ended: " + self.log())
            return re.search(r"server\.ready.*", self.log())
        line = wait_for(ready, "the ready line").group(0)
        self.ready_after = time.monotonic() - self.started
        url = re.search(r"url=http://\S+:(\d+)", line)
        self.port = int(url.group(1)) if url else None

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE)
        self.log_file.close()
        return code

    def clean(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()
        shutil.rmtree(os.path.dirname(self.log_path), ignore_errors=True)
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    # ---- requests ----
    def request(self, method, path, body=None, headers=None, timeout=DEADLINE):
        """(status, headers in lower case, body bytes)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def ksql(self, text, properties=None, **more):
        status, _, body = self.request("POST", "/ksql", {"ksql": text, "streamsProperties": properties or {}, **more})
        return status, json.loads(body)

    def run(self, text, properties=None):
        """Statements that must succeed."""
        status, body = self.ksql(text, properties)
        if status != 200:
            raise AssertionError(body)
        return body

    def queries(self, kind="PUSH"):
        return [q["id"] for q in self.run("SHOW QUERIES;")[0]["queries"] if q["queryType"] == kind]

    def raw(self, data, timeout=DEADLINE):
        """A socket on which data was sent."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.sendall(data if isinstance(data, bytes) else data.encode())
        return s

    def open_stream(self, path, body, accept=None):
        """A Stream for a POST whose answer goes on."""
        text = json.dumps(body)
        head = "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % (path, len(text))
        if accept:
            head += "Accept: %s\r\n" % accept
        return Stream(self.raw(head + "\r\n" + text))


class Stream:
    """A chunked answer, chunk by chunk."""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while True:
            line = self.file.readline().strip().decode()
            if not line:
                break
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    def chunk(self):
        """The next chunk; b"" at the end of the body."""
        size = int(self.file.readline().strip(), 16)
        data = self.file.read(size)
        self.file.readline()
        return data

    def chunks(self):
        out = []
        while True:
            data = self.chunk()
            if not data:
                return out
            out.append(data)

    def close(self):
        self.file.close()
        self.sock.close()


class ServerCase(unittest.TestCase):
    """One server for all tests of a class; each test uses names of its own."""
    words = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.words)

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def make_stream(self, name, rows=()):
        self.server.run("CREATE STREAM %s (id INT KEY, name STRING) WITH (kafka_topic='%s', value_format='JSON', "
                        "partitions=1);" % (name, name))
        for key, value in rows:
            self.server.run("INSERT INTO %s VALUES (%d, '%s');" % (name, key, value))


EARLIEST = {"auto.offset.reset": "earliest"}
