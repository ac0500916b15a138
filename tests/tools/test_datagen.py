"""sluice datagen: what it makes, that it makes it again, where it puts it."""
import json
import os
import re
import subprocess
import tempfile
import time
import unittest

from tools_support import BINARY, OnDirectory, OnServer, tool

KINDS = ("auction", "bid", "clickstream", "events", "orders", "pageviews", "person", "users")


class Made(unittest.TestCase):
    def lines(self, kind, *words):
        r = tool("datagen", "--kind", kind, "--stdout", *words)
        self.assertEqual(r.code, 0, r.error)
        return r.lines

    def test_every_kind_is_json_that_its_statement_declares(self):
        for kind in KINDS:
            sql = tool("datagen", "--kind", kind, "--print-sql").text
            columns = re.findall(r"[(,] ?`?(\w+)`? (?:\w+ )?(?:STRING|INTEGER|BIGINT|DOUBLE|STRUCT)", sql)
            for line in self.lines(kind, "--count", "100"):
                self.assertLessEqual(set(json.loads(line)), set(columns), kind)

    def test_same_options_same_records(self):
        for kind in KINDS + ("nexmark",):
            self.assertEqual(self.lines(kind, "--count", "50"), self.lines(kind, "--count", "50"))
            self.assertNotEqual(self.lines(kind, "--count", "50"), self.lines(kind, "--count", "50", "--seed", "2"))
            self.assertEqual(self.lines(kind, "--count", "50")[20:],
                             self.lines(kind, "--from", "20", "--count", "30"))

    def test_keys_bound_the_keys(self):
        lines = self.lines("events", "--count", "2000", "--keys", "7", "--print-key")
        self.assertEqual({line.split("\t")[0] for line in lines}, {str(k) for k in range(7)})

    def test_nexmark_mixes_its_three_kinds_consistently(self):
        mixed = [line.split("\t") for line in self.lines("nexmark", "--count", "5000")]
        self.assertEqual([sum(m[0] == k for m in mixed) for k in ("person", "auction", "bid")], [100, 300, 4600])
        for kind in ("person", "auction", "bid"):
            of_kind = [m[1] for m in mixed if m[0] == kind]
            self.assertEqual(of_kind, self.lines(kind, "--count", str(len(of_kind))))
        times = [json.loads(m[1])["date_time"] for m in mixed]
        self.assertEqual(times, sorted(times))

    def test_a_rate_is_kept(self):
        began = time.monotonic()
        self.assertEqual(len(self.lines("users", "--rate", "200", "--count", "100")), 100)
        self.assertGreaterEqual(time.monotonic() - began, 0.49)

    def test_ends_at_a_signal(self):
        with subprocess.Popen([BINARY, "datagen", "--kind", "bid", "--stdout", "--count", "0"],
                              stdout=subprocess.PIPE) as p:
            first = p.stdout.readline()
            p.terminate()
            rest = p.stdout.read()
        json.loads(first)
        self.assertEqual((p.returncode, rest[-2:]), (0, b"}\n"))

    def test_refusals(self):
        for words, text in ((("--kind", "nothing"), "there is no kind 'nothing'"), ((), "--kind KIND is missing"),
                            (("--kind", "bid", "--count", "many"), "--count takes a number"),
                            (("--kind", "bid", "word"), "belongs to no option")):
            r = tool("datagen", *words)
            self.assertEqual(r.code, 1)
            self.assertIn(text, r.error)


class Written:
    def test_a_topic_gets_what_is_printed(self):
        r = tool("datagen", "--kind", "orders", "--topic", "mine", "--count", "3000", *self.where)
        self.assertEqual((r.code, r.text), (0, "mine: 3000 records.\n"), r.error)
        self.assertEqual(self.everything("mine", "--property", "print.timestamp=true").lines[7],
                         "CreateTime:1700000000700\t" + tool("datagen", "--kind", "orders", "--stdout", "--from", "7",
                                                             "--count", "1").lines[0])
        self.assertEqual(len(self.everything("mine").lines), 3000)

    def test_nexmark_fills_three_topics(self):
        r = tool("datagen", "--kind", "nexmark", "--topic", "nx-", "--count", "500", "--partitions", "2", *self.where)
        self.assertEqual((r.code, r.lines),
                         (0, ["nx-person: 10 records.", "nx-auction: 30 records.", "nx-bid: 460 records."]), r.error)
        self.assertIn("PartitionCount: 2", self.topics("--describe", "--topic", "nx-bid").text)


class ServerWritten(OnServer, Written, unittest.TestCase):
    pass


class DirectoryWritten(OnDirectory, Written, unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
