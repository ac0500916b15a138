"""A disk that fills up under the server: writers are told, readers go on, and all goes on when there is room again.

One class mounts a small tmpfs (skipped where that is not permitted); the other lowers the limit of file sizes, which any
user may."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import EARLIEST, Server, wait_for

ROW = "x" * 4000


class Trouble:
    """What both have in common; fill() makes the disk refuse, relieve() ends that."""
    words = ("--override", "ksql.streams.commit.interval.ms=5")

    def start(self):
        self.server = Server(*self.words, data=os.path.join(self.dir, "data"))

    def insert(self, key):
        """None, or the error."""
        status, body = self.server.ksql("INSERT INTO s VALUES (%d, '%s');" % (key, ROW))
        return None if status == 200 else body

    def metric(self, name):
        body = self.server.get("/metrics")[2].decode()
        return float([x for x in body.splitlines() if x.startswith(name + " ")][0].split()[1])

    def rows(self, sql):
        """As many rows as there are acknowledged inserts."""
        sql += " EMIT CHANGES LIMIT %d;" % len(self.acknowledged)
        body = self.server.request("POST", "/query-stream", {"sql": sql, "properties": EARLIEST}, timeout=20)[2]
        return sorted(json.loads(x) for x in body.splitlines()[1:] if x.startswith(b"["))

    def check_all(self):
        """Every acknowledged key once, in the source, in the copy and in the counts; and nothing else."""
        keys = sorted(self.acknowledged)
        self.assertEqual(self.rows("SELECT id FROM s"), [[k] for k in keys])
        self.assertEqual(self.rows("SELECT id FROM c"), [[k] for k in keys])
        self.assertEqual(self.rows("SELECT id, n FROM t"), [[k, 1] for k in keys])

    def insert_until_refused(self):
        for key in range(len(self.acknowledged), 5000):
            error = self.insert(key)
            if error:
                return error
            self.acknowledged.append(key)
        self.fail("nothing was ever refused")

    def stream_until_refused(self):
        """A checkpoint may have made room for some rows meanwhile."""
        for key in range(len(self.acknowledged), 5000):
            body = '{"target":"s"}\n{"id":%d,"v":"%s"}\n' % (key, ROW)
            answer = self.server.request("POST", "/inserts-stream", body)[2].decode()
            if re.search(self.reason, answer):
                return
            self.assertEqual(json.loads(answer), {"seq": 0, "status": "ok"})
            self.acknowledged.append(key)
        self.fail("nothing was ever refused")

    def produce(self):
        """Records without a row, to each partition; the answer."""
        records = [json.dumps({"value": ROW, "partition": p}) + "\n" for p in (0, 1)]
        return self.server.request("POST", "/topics/s/records", "".join(records))[2].decode()

    def test_the_disk_fills_and_is_relieved(self):
        self.acknowledged = []
        self.start()
        s = self.server
        s.run("CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
              "CREATE STREAM c WITH (kafka_topic='c', partitions=2) AS SELECT * FROM s;"
              "CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;", EARLIEST)
        push = s.open_stream("/query-stream", {"sql": "SELECT id FROM s EMIT CHANGES;"})
        push.chunk()
        self.assertIsNone(self.insert(0))
        self.acknowledged.append(0)
        self.assertEqual(json.loads(push.chunk()), [0])
        for _ in range(2):
            self.fill()
            error = self.insert_until_refused()
            self.assertRegex(error["message"], self.reason)
            self.assertEqual(error["error_code"], 50000)
            # every way of writing says so
            self.stream_until_refused()
            wait_for(lambda: re.search(self.reason, self.produce()), "a refusal of records")
            key = len(self.acknowledged)
            self.assertEqual(self.metric("sluice_log_refusing"), 1)
            self.assertGreater(self.metric("sluice_log_refused_total"), 0)
            self.assertEqual(self.metric("sluice_log_failed"), 0)
            # readers do not notice
            self.assertEqual(self.rows("SELECT id FROM s"), [[k] for k in sorted(self.acknowledged)])
            status, _, body = s.request("POST", "/query-stream", {"sql": "SELECT n FROM t WHERE id = 0;"})
            self.assertEqual((status, json.loads(body.splitlines()[1])), (200, [1]), body)
            self.assertEqual(s.get("/healthcheck")[0], 200)
            s.run("SHOW STREAMS; DESCRIBE c EXTENDED;")
            wait_for(lambda: "log.refused reason=" in s.log(), "the line that says so")
            self.relieve()
            wait_for(lambda: self.insert(key) is None, "room again")
            self.acknowledged.append(key)
            self.check_all()
            wait_for(lambda: self.metric("sluice_log_refusing") == 0, "the metric")
            wait_for(lambda: "log.resumed" in s.log(), "the line that says so")
        seen = []
        while len(seen) < len(self.acknowledged) - 1:
            seen += [json.loads(x)[0] for x in push.chunk().splitlines()]
        self.assertEqual(sorted([0] + seen), sorted(self.acknowledged))
        push.close()
        # once more, and the process dies while the disk is full
        self.fill()
        self.insert_until_refused()
        s.stop(signal.SIGKILL)
        self.relieve()
        self.start()
        self.check_all()
        self.assertEqual(self.server.stop(signal.SIGTERM), 0)

    def test_ddl_on_a_full_disk(self):
        self.acknowledged = []
        self.start()
        s = self.server
        s.run("CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
        self.fill()
        self.insert_until_refused()
        refused = 0
        for i in range(10):
            status, body = s.ksql("CREATE STREAM d%d (id INT KEY) WITH (kafka_topic='d%d', value_format='JSON', "
                                  "partitions=3);" % (i, i))
            refused += status != 200
        if not self.file_limit:
            self.assertGreater(refused, 0)
        self.relieve()
        wait_for(lambda: self.insert(1) is None, "room again")
        for restart in (False, True):
            if restart:
                s.stop(signal.SIGKILL)
                self.start()
                s = self.server
            streams = {x["name"]: x["topic"] for x in s.run("SHOW STREAMS;")[0]["streams"]}
            for i in range(10):
                if "D%d" % i not in streams:
                    s.run("CREATE STREAM d%d (id INT KEY) WITH (kafka_topic='d%d', value_format='JSON', "
                          "partitions=3);" % (i, i))
                s.run("INSERT INTO d%d VALUES (1);" % i)
            s.run("".join("DROP STREAM d%d DELETE TOPIC;" % i for i in range(10)))
            topics = [x["name"] for x in s.run("SHOW TOPICS;")[0]["topics"]]
            self.assertEqual([t for t in topics if t.startswith("d")], [])


class Tmpfs(Trouble, unittest.TestCase):
    reason = "No space left on device"
    file_limit = False

    def setUp(self):
        self.server = None
        self.dir = tempfile.mkdtemp(prefix="sluice-tmpfs-")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "sluice-test", self.dir], capture_output=True,
                              check=False)
        if done.returncode:
            os.rmdir(self.dir)
            self.skipTest("a tmpfs cannot be mounted here: " + done.stderr.decode().strip())

    def tearDown(self):
        if self.server:
            self.server.clean()
        subprocess.run(["umount", self.dir], check=True)
        os.rmdir(self.dir)

    def fill(self):
        with open(os.path.join(self.dir, "ballast"), "wb") as f:
            room = shutil.disk_usage(self.dir).free - 200 * 1024
            if room > 0:
                f.write(b"\0" * room)

    def relieve(self):
        os.remove(os.path.join(self.dir, "ballast"))
        subprocess.run(["mount", "-o", "remount,size=64m", self.dir], check=True)


class FileLimit(Trouble, unittest.TestCase):
    reason = "File too large"
    file_limit = True

    def setUp(self):
        self.server = None
        self.dir = tempfile.mkdtemp(prefix="sluice-limit-")

    def tearDown(self):
        if self.server:
            self.server.clean()
        shutil.rmtree(self.dir)

    def limit(self, size):
        _, hard = resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def fill(self):
        files = [os.path.join(d, f) for d, _, names in os.walk(self.dir) for f in names if f.endswith(".log")]
        self.limit(max(map(os.path.getsize, files)) + 50000)

    def relieve(self):
        if self.server.process.poll() is None:
            self.limit(resource.RLIM_INFINITY)


if __name__ == "__main__":
    unittest.main()
