"""sluice check: what is whole passes, each kind of damage is named with its place and the next step, nothing is changed."""
import glob
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import unittest

from tools_support import BINARY, Server, tool

SCRIPT = """
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=2);
CREATE STREAM c AS SELECT * FROM s;
CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;
""" + "".join("INSERT INTO s VALUES (%d, '%s');\n" % (i, "v" * (i % 50)) for i in range(60))


def digest(root):
    """{path: hash} of everything below."""
    out = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                out[path] = hashlib.sha256(f.read()).hexdigest()
    return out


class Check(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="sluice-check-")
        cls.whole = os.path.join(cls.root, "whole")
        r = tool("topics", "--create", "--topic", "s", "--partitions", "2", "--config", "segment.bytes=900", "--config",
                 "index.interval.bytes=200", "--data", cls.whole)
        assert r.code == 0, r.error
        r = tool("run", "--data", cls.whole, "-", stdin=SCRIPT)
        assert r.code == 0, r.error

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def setUp(self):
        self.data = os.path.join(self.root, "copy")
        shutil.copytree(self.whole, self.data)

    def tearDown(self):
        shutil.rmtree(self.data)

    def path(self, pattern, index=0):
        return sorted(glob.glob(os.path.join(self.data, "topics", pattern)))[index]

    def write(self, path, at, data):
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(data)

    def check(self, *words):
        before = digest(self.data)
        r = tool("check", *words, self.data)
        self.assertEqual(digest(self.data), before)
        return r

    def named(self, *texts):
        """The damage is found, and said to be where it is."""
        r = self.check()
        self.assertEqual(r.code, 1, r.text + r.error)
        for text in texts:
            self.assertIn(text, r.text)
        self.assertIn("What to do: ", r.text)
        self.assertRegex(r.text, r"\d+ damaged, \d+ notes\.")

    def test_whole(self):
        r = self.check()
        self.assertEqual((r.code, r.error), (0, ""))
        self.assertRegex(r.text, r"5 topics, 10 partitions, \d\d segments, \d+ batches, \d+ records, \d+ bytes")
        self.assertIn("Nothing is damaged; 0 notes.", r.text)
        self.assertEqual(self.check("--quiet").text, "")

    def test_usage(self):
        self.assertEqual(tool("check", "--nix").code, 2)
        self.assertEqual(tool("check", "a", "b").code, 2)
        self.assertIn("Usage: sluice check", tool("check", "--help").text)
        r = tool("check", os.path.join(self.root, "nowhere"))
        self.assertEqual(r.code, 3)
        self.assertIn("There is no directory", r.error)
        os.makedirs(os.path.join(self.data, "empty", "topics"))
        r = tool("check", os.path.join(self.data, "empty"))
        self.assertEqual(r.code, 3)
        self.assertIn("sluice-format", r.error)

    def test_a_directory_in_use(self):
        server = Server(data=self.data)
        r = tool("check", self.data)
        server.stop(signal.SIGKILL)
        server.clean()
        self.assertEqual((r.code, r.text), (3, ""))
        self.assertIn("is locked by another process", r.error)
        r = self.check()  # and what the kill has left is no damage
        self.assertEqual(r.code, 0, r.text)

    def test_a_torn_tail_is_no_damage_after_a_kill(self):
        os.remove(self.path(".kafka_cleanshutdown"))
        path = self.path("s-0/*.log", -1)
        with open(path, "ab") as f:
            f.write(b"\0" * 30)
        r = self.check()
        self.assertEqual(r.code, 0, r.text)
        self.assertIn("note: " + path, r.text)
        self.assertIn("30 bytes are no batch", r.text)

    def test_batches_that_only_decisions_carry_are_no_damage(self):
        data = os.path.join(self.data, "always")
        server = Server("--override", "log.flush=always", data=data)
        server.run("CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON', partitions=1);")
        server.run("CREATE STREAM b AS SELECT * FROM a;")
        for i in range(5):
            server.run("INSERT INTO a VALUES (%d, 7);" % i)
        server.stop(signal.SIGKILL)
        server.clean()
        for path in glob.glob(os.path.join(data, "topics", "*-0", "*.log")):  # what was not synced is gone
            os.truncate(path, 0)
        r = tool("check", data)
        self.assertEqual((r.code, r.error), (0, ""), r.text)
        self.assertNotIn("sluice-decisions.log", r.text)
        server = Server(data=data)
        rows = server.request("POST", "/query-stream", {"sql": "SELECT * FROM b EMIT CHANGES LIMIT 5;",
                                                        "properties": {"auto.offset.reset": "earliest"}})[2]
        self.assertEqual([json.loads(x) for x in rows.splitlines()[1:]], [[i, 7] for i in range(5)])
        server.stop()
        server.clean()

    def test_a_tail_after_a_clean_stop_is_damage(self):
        with open(self.path("s-0/*.log", -1), "ab") as f:
            f.write(b"x" * 30)
        self.named("30 bytes are no batch")

    def test_a_flipped_bit(self):
        path = self.path("s-0/*.log", 1)
        self.write(path, 75, b"\xff")
        self.named("DAMAGE: %s, position 0: " % path, "the checksum of the batch does not match")

    def test_a_wrong_offset(self):
        path = self.path("s-0/*.log", 1)
        self.write(path, 6, b"\x7f")
        self.named("DAMAGE: %s, position 0: " % path, "its base offset does not follow")

    def test_a_missing_segment(self):
        os.remove(self.path("s-0/*.log", 1))
        self.named("DAMAGE: " + self.path("s-0/*.log", 1), "are missing before it")
        os.remove(self.path("s-0/*.log", -1))
        self.named("s-0: it ends at offset")

    def test_a_shorter_file(self):
        path = self.path("C-0/*.log", -1)
        with open(path, "r+b") as f:
            f.truncate(os.path.getsize(path) - 1)
        self.named("the file ends inside a batch", "records up to")

    def test_indexes(self):
        for kind, at in ((".index", 4), (".index", 0), (".timeindex", 0), (".timeindex", 8)):
            path = [p for p in sorted(glob.glob(os.path.join(self.data, "topics", "s-0", "*" + kind)))
                    if os.path.getsize(p) > 8][0]
            with open(path, "rb") as f:
                old = f.read()
            self.write(path, at, bytes([old[at] ^ 1]))
            self.named("DAMAGE: " + path + ", entry 0", "indexes are built again")
            with open(path, "wb") as f:
                f.write(old)
        os.remove(path)  # a missing one is only slow
        self.assertEqual(self.check().code, 0)

    def test_decisions(self):
        path = self.path("sluice-decisions.log")
        self.write(path, 70, b"\xff\xff")
        self.named("DAMAGE: " + path, "does not begin with a base record")
        os.remove(path)
        self.named("DAMAGE: " + path, "nothing says what was committed")

    def test_topics_file(self):
        path = self.path("sluice-topics.json")
        self.write(path, 0, b"[")
        self.named("DAMAGE: " + path, "malformed")

    def test_a_topic_that_is_gone(self):
        path = self.path("sluice-topics.json")
        with open(path, encoding="utf-8") as f:
            topics = json.load(f)
        topics["topics"] = [t for t in topics["topics"] if t["name"] != "s"]
        with open(path, "w", encoding="utf-8") as f:
            json.dump(topics, f)
        self.named("s-0: the directory belongs to no topic", "catalog, source S", "its topic 's' is not among the topics")

    def test_a_missing_partition(self):
        shutil.rmtree(self.path("s-1"))
        self.named("s-1: the directory is missing, but records were committed to it")

    def test_another_partitions_files(self):
        self.write(self.path("s-0/partition.metadata"), 25, b"AAAA")
        self.named("s-0/partition.metadata: it does not name topic id")

    def test_the_catalog(self):
        path = os.path.join(self.data, "catalog.db")
        size = os.path.getsize(path)
        self.write(path, size - 3000, b"\xa5" * 3000)
        self.named("DAMAGE: " + path)
        self.write(path, 0, b"nonsense" * 20)
        self.named("DAMAGE: " + path, "not a database")

    def test_a_query_without_its_source(self):
        with sqlite3.connect(os.path.join(self.data, "catalog.db")) as db:
            db.execute("UPDATE queries SET sink_version = 99")
        self.named("catalog, query CSAS_C_", "version 99 of its source C is gone")

    def test_foreign_files_are_noted(self):
        with open(self.path("s-0") + "/mine.txt", "w", encoding="utf-8") as f:
            f.write("x")
        r = self.check()
        self.assertEqual(r.code, 0)
        self.assertIn("mine.txt: not a file of this log", r.text)

    def test_foreign_files_beside_images_are_noted(self):
        for name in ("mine.txt", "AQIDAAAAAAAAAAAAAAAAAA-0.image.tmp"):
            with open(os.path.join(self.data, "state", name), "w", encoding="utf-8") as f:
                f.write("x")
        r = self.check()
        self.assertEqual(r.code, 0)
        self.assertIn("mine.txt: not a file of this server", r.text)
        self.assertIn(".image.tmp: left by an image that was not finished", r.text)


class Images(unittest.TestCase):
    """State images: each that a start would pass by is named, and what that means."""
    ROWS = 12000
    CONSEQUENCE = "What to do: Nothing: the next start passes it by and removes it, and replays the whole changelog instead"

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="sluice-check-")
        cls.first, cls.second = os.path.join(cls.root, "first"), os.path.join(cls.root, "second")
        cls.run_script(cls.first, "CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
        cls.feed(cls.first)
        cls.run_script(cls.first, """
            SET 'auto.offset.reset' = 'earliest';
            CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;""")
        shutil.copytree(cls.first, cls.second)
        cls.feed(cls.second)
        cls.run_script(cls.second, "")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def run_script(cls, data, script):
        r = tool("run", "--data", data, "-", stdin=script)
        assert r.code == 0, r.text + r.error

    @classmethod
    def feed(cls, data):
        rows = "".join('{"V":"a value %d"}\n' % i for i in range(cls.ROWS))
        r = tool("produce", "--topic", "s", "--data", data, stdin=rows)
        assert r.code == 0, r.error

    def setUp(self):
        self.data = os.path.join(self.root, "copy")
        shutil.copytree(self.first, self.data)
        self.image, = glob.glob(os.path.join(self.data, "state", "*.image"))

    def tearDown(self):
        shutil.rmtree(self.data)

    def named(self, text):
        r = tool("check", self.data)
        self.assertEqual(r.code, 1, r.text + r.error)
        self.assertIn("DAMAGE: %s: %s" % (self.image, text), r.text)
        self.assertIn(self.CONSEQUENCE, r.text)
        self.assertIn("1 damaged, 0 notes.", r.text)

    def write(self, at, data):
        with open(self.image, "r+b") as f:
            f.seek(at)
            f.write(data)

    def test_whole(self):
        for self.data in (self.data, self.second, self.data):
            r = tool("check", self.data)
            self.assertEqual((r.code, r.error), (0, ""), r.text)
            self.assertIn(" 1 state images.", r.text)

    def test_a_damaged_row(self):
        self.write(4096 + 300, b"\xa5")
        self.named("a block fails its checksum")

    def test_a_damaged_header(self):
        self.write(50, b"\xa5")
        self.named("its header fails its checksum")

    def test_another_file(self):
        self.write(0, b"nonsense")
        self.named("not a state image")

    def test_truncated(self):
        size = os.path.getsize(self.image)
        for left, what in ((size - 4096, "the file has another size than its header says"),
                           (50, "the file ends too early"), (0, "the file ends too early")):
            os.truncate(self.image, left)
            self.named(what)

    def test_ahead_of_its_changelog(self):
        newer, = glob.glob(os.path.join(self.second, "state", "*.image"))
        shutil.copy(newer, self.image)
        r = tool("check", self.data)
        self.assertEqual(r.code, 1, r.text)
        self.named("it is of offsets %d to %d of its changelog, which has 0 to %d" % (2 * self.ROWS, 2 * self.ROWS,
                                                                                   self.ROWS))

    def test_of_another_changelog(self):
        other = self.image.replace("-0.image", "-7.image")
        os.rename(self.image, other)
        self.image = other
        self.named("its header names another changelog than the file's name")

    def test_of_a_topic_that_is_gone(self):
        os.rename(self.image, os.path.join(self.data, "state", "AQIDAAAAAAAAAAAAAAAAAA-0.image"))
        r = tool("check", self.data)
        self.assertEqual(r.code, 0, r.text)
        self.assertIn("AAAA-0.image: the topic that it is of is gone", r.text)

    def test_of_a_query_that_is_gone(self):
        with sqlite3.connect(os.path.join(self.data, "catalog.db")) as db:
            db.execute("DELETE FROM queries")
        r = tool("check", self.data)
        self.assertIn("%s: no query has the store of topic '_confluent-ksql-" % self.image, r.text)

    def test_what_the_check_says_happens(self):
        self.write(4096 + 300, b"\xa5")
        r = tool("run", "--data", self.data, "-", stdin="SELECT n FROM t WHERE v = 'a value 7';")
        self.assertEqual(r.code, 0, r.error)
        self.assertRegex(r.text, r"(?m)^.1 +.$")
        self.assertIn("a block fails its checksum", r.error)
        r = tool("check", self.data)
        self.assertEqual(r.code, 0, r.text)


assert BINARY
if __name__ == "__main__":
    unittest.main()
