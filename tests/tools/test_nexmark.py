"""Nexmark's queries as bench/nexmark says them, against a program of its own that computes the same from the same events."""
import base64
import decimal
import json
import os
import shutil
import sys
import tempfile
import unittest
from collections import Counter

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "bench", "nexmark"))
import reference
from tools_support import Server, tool

EVENTS = 50000
EVENT_RATE = 1500  # a second: some 33 s, so that windows close and sessions end


def text_of(name):
    with open(os.path.join(ROOT, "bench", "nexmark", name + ".sql"), encoding="utf-8") as f:
        return f.read()


def decoded(lines):
    return [json.loads(line) for line in lines]


def comparable(value):
    if isinstance(value, (float, decimal.Decimal)):
        return round(float(value), 6)
    if isinstance(value, list):
        return tuple(sorted(value))
    return value


def row_of(row, columns):
    return tuple((c, comparable(row[c])) for c in columns)


def side_rows():
    def encoded(data):
        return base64.b64encode(data).decode()
    return "".join(json.dumps({"key": encoded(k.to_bytes(8, "big")), "value": encoded(b'{"value":"side-%d"}' % k),
                               "timestamp": 1}) + "\n" for k in range(10000))


class Nexmark(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="sluice-nexmark-")
        data = os.path.join(cls.dir, "data")
        words = ("--count", str(EVENTS), "--event-rate", str(EVENT_RATE))
        server = Server(data=data)
        made = tool("datagen", "--kind", "nexmark", *words, "--server", "127.0.0.1:%d" % server.port)
        assert made.code == 0, made.error
        server.request("POST", "/topics", {"name": "side", "partitions": 1})
        server.request("POST", "/topics/side/records", side_rows())
        server.stop()
        script = os.path.join(cls.dir, "all.sql")
        with open(script, "w", encoding="utf-8") as f:
            f.write("\n".join(text_of(name) for name in ["sources", *reference.QUERIES]))
        ran = tool("run", "--data", data, "--set", "cache.max.bytes.buffering=0", script)
        assert ran.code == 0, ran.error + ran.text
        lines = {k: [] for k in ("person", "auction", "bid")}
        for line in tool("datagen", "--kind", "nexmark", *words, "--stdout").lines:
            kind, value = line.split("\t", 1)
            lines[kind].append(value)
        cls.input = [decoded(lines[k]) for k in ("person", "auction", "bid")]
        cls.server = Server(data=data)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.dir, ignore_errors=True)

    def records(self, topic):
        _, _, body = self.server.request("GET", "/topics/%s/records?offset=earliest&follow=false" % topic)
        for line in body.splitlines():
            record = json.loads(line)
            key, value = (base64.b64decode(record[x]) if record[x] is not None else None for x in ("key", "value"))
            yield key, json.loads(value, parse_float=decimal.Decimal) if value is not None else None

    def check_rows(self, query):
        expected = reference.result(query, *self.input)
        self.assertGreater(len(expected), 10)
        columns = sorted(expected[0])
        got = Counter(row_of(value, columns) for _, value in self.records(query))
        self.assertEqual(got, Counter(row_of(row, columns) for row in expected))

    def check_table(self, query, key_of):
        expected = reference.result(query, *self.input)
        self.assertGreater(len(expected), 5)
        last = dict(self.records(query))
        got = {key_of(key, value): value for key, value in last.items() if value is not None}
        self.assertEqual(set(got), set(expected))
        for key, row in expected.items():
            self.assertEqual(row_of(got[key], sorted(row)), row_of(row, sorted(row)))

    def test_q5(self):
        self.check_table("q5", lambda key, value: int.from_bytes(key, "big"))

    def test_q8(self):
        self.check_table("q8", lambda key, value: tuple(json.loads(key)[c] for c in ("ID", "NAME", "BEGUN")))

    def test_q11(self):
        self.check_table("q11", lambda key, value: (int.from_bytes(key[:8], "big"), value["BEGUN"], value["ENDED"]))

    def test_q17(self):
        self.check_table("q17", lambda key, value: tuple(json.loads(key)[c] for c in ("AUCTION", "DAY")))


def add_stream_test(query):
    setattr(Nexmark, "test_" + query, lambda self: self.check_rows(query))


for name in ("q0", "q1", "q2", "q3", "q13", "q14", "q20", "q21", "q22"):
    add_stream_test(name)

if __name__ == "__main__":
    unittest.main()
