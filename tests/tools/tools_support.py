"""The topic tools run as a user runs them: against a server, or on a data directory that no server owns."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
from support import BINARY, Server, wait_for

DEADLINE = 30


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.text = self.out.decode("utf-8", "replace")
        self.error = self.err.decode("utf-8", "replace")
        self.lines = self.text.splitlines()


def tool(*words, stdin=b"", cwd=None, binary=BINARY):
    if isinstance(stdin, str):
        stdin = stdin.encode()
    return Result(subprocess.run([os.path.abspath(binary), *words], input=stdin, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=DEADLINE, cwd=cwd, check=False))


class Tools:
    """Cases that hold for both ways; a subclass gives `where`."""
    where = ()

    def topics(self, *words):
        return tool("topics", *words, *self.where)

    def produce(self, topic, stdin, *words):
        return tool("produce", "--topic", topic, *words, *self.where, stdin=stdin)

    def consume(self, topic, *words):
        return tool("consume", "--topic", topic, *words, *self.where)

    def everything(self, topic, *words):
        """All records of a topic as printed, sure to end."""
        return self.consume(topic, "--from-beginning", "--timeout-ms", "400", *words)

    def create(self, topic, *words):
        r = self.topics("--create", "--topic", topic, *words)
        self.assertEqual((r.code, r.lines), (0, ["Created topic %s." % topic]), r.error)

    def feed(self, topic, stdin, *words):
        r = self.produce(topic, stdin, *words)
        self.assertEqual((r.code, r.text), (0, ""), r.error)
        return r


class OnServer(Tools):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.where = ("--server", "127.0.0.1:%d" % cls.server.port)

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()


class OnDirectory(Tools):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="sluice-tools-")
        cls.where = ("--data", os.path.join(cls.directory, "data"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory, ignore_errors=True)


__all__ = ["BINARY", "DEADLINE", "OnDirectory", "OnServer", "Server", "tool", "wait_for"]
