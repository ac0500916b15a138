"""The real server under load, killed with -9 at random moments. What it has acknowledged is there, and every record of
the inputs counts exactly once in every query: counts, sums of windows, windows that come once at their end, joins.

ROUNDS (10) kills; SEED repeats the moments and the data of a run, though not what the scheduler does."""
import collections
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from tools_support import Server, tool

ROUNDS = int(os.environ.get("ROUNDS", "10"))
SEED = int(os.environ.get("SEED", str(random.randrange(1 << 30))))
WINDOW = 10000
WORDS = "all streams lead to kafka hello join summit one two three".split()

STATEMENTS = """
CREATE STREAM lines (k STRING KEY, id BIGINT, line STRING) WITH (kafka_topic='lines', partitions=2, value_format='JSON');
CREATE STREAM s (k STRING KEY, id BIGINT, v INT) WITH (kafka_topic='s', partitions=2, value_format='JSON');
CREATE STREAM r (k STRING KEY, id BIGINT, v INT) WITH (kafka_topic='r', partitions=2, value_format='JSON');
CREATE TABLE orders (o STRING PRIMARY KEY, id BIGINT, c STRING, v INT)
  WITH (kafka_topic='orders', partitions=2, value_format='JSON');
CREATE TABLE customers (c STRING PRIMARY KEY, id BIGINT, v INT)
  WITH (kafka_topic='customers', partitions=3, value_format='JSON');
CREATE STREAM words AS SELECT k, id, EXPLODE(SPLIT(line, ' ')) AS word FROM lines;
CREATE TABLE counts WITH (kafka_topic='counts') AS SELECT word, COUNT(*) AS n FROM words GROUP BY word;
CREATE TABLE sums WITH (kafka_topic='sums') AS SELECT k, AS_VALUE(k) AS key, WINDOWSTART AS ws, SUM(v) AS total FROM s
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 1000 DAYS) GROUP BY k;
CREATE TABLE finals WITH (kafka_topic='finals') AS SELECT k, AS_VALUE(k) AS key, WINDOWSTART AS ws, SUM(v) AS total FROM s
  WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 40000 DAYS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
CREATE STREAM pairs WITH (kafka_topic='pairs') AS SELECT s.k AS k, s.id AS i, r.id AS j FROM s
  JOIN r WITHIN 2 SECONDS GRACE PERIOD 1000 DAYS ON s.k = r.k;
CREATE TABLE bought WITH (kafka_topic='bought') AS SELECT o, orders.v AS a, customers.v AS b FROM orders
  JOIN customers ON orders.c = customers.c;
"""


class Load:
    """Inserts until the server is gone. Every record has a number of its own; those of requests that were answered are
    kept as acknowledged."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.acknowledged = set()
        self.next_id, self.time = 1, 1000000

    def statement(self):
        rnd, number = self.random, self.next_id
        self.next_id += 1
        self.time += rnd.randrange(60)
        key = "k%d" % rnd.randrange(6)
        kind = rnd.randrange(10)
        if kind < 2:
            line = " ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(1, 6)))
            return number, "INSERT INTO lines (k, id, line) VALUES ('%s', %d, '%s');" % (key, number, line)
        if kind < 7:
            name = "s" if kind < 5 else "r"
            values = (name, self.time, key, number, rnd.randrange(100))
            return number, "INSERT INTO %s (ROWTIME, k, id, v) VALUES (%d, '%s', %d, %d);" % values
        if kind < 9:
            values = (rnd.randrange(40), number, rnd.randrange(8), rnd.randrange(100))
            return number, "INSERT INTO orders (o, id, c, v) VALUES ('o%d', %d, 'c%d', %d);" % values
        values = (rnd.randrange(8), number, rnd.randrange(100))
        return number, "INSERT INTO customers (c, id, v) VALUES ('c%d', %d, %d);" % values

    def request(self, server, count):
        made = [self.statement() for _ in range(count)]
        server.run(" ".join(text for _, text in made))
        self.acknowledged.update(number for number, _ in made)

    def run(self, server):
        while server.process.poll() is None:
            try:
                self.request(server, self.random.randrange(1, 25))
            except (OSError, ValueError, EOFError, AssertionError) as gone:
                if server.process.poll() is None and not server.killed.is_set():
                    server.trouble = gone
                return
            except Exception as gone:  # pylint: disable=broad-except  # http.client has a dozen of its own
                if not server.killed.is_set():
                    server.trouble = gone
                return


class Kill(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="sluice-kill-")
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.clean()
        self.dir.cleanup()

    def start(self, flush):
        self.server = Server("--override", "log.flush=" + flush, data=self.dir.name)
        self.server.killed, self.server.trouble = threading.Event(), None
        return self.server

    def records(self, topic):
        """(key, value, timestamp) of every record."""
        r = tool("consume", "--topic", topic, "--from-beginning", "--timeout-ms", "300", "--property", "print.key=true",
                 "--property", "print.timestamp=true", "--property", "key.separator=<=>", "--property",
                 "line.separator=<end>", "--server", "127.0.0.1:%d" % self.server.port)
        out = []
        for line in r.out.split(b"<end>")[:-1]:  # keys of windows are any bytes
            stamp, key, value = line.split(b"<=>")
            out.append((key, None if value == b"null" else json.loads(value), int(stamp.split(b":")[1])))
        return out

    def last(self, topic):
        table = {}
        for key, value, _ in self.records(topic):
            table[key] = value
        return {key: value for key, value in table.items() if value is not None}

    # ---- what must be there, from what the inputs hold ----
    def inputs(self, load):
        end = time.monotonic() + 10
        while True:  # a busy machine may keep a reader waiting for longer than its patience
            found = {name: self.records(name) for name in ("lines", "s", "r", "orders", "customers")}
            ids = [value["ID"] for records in found.values() for _, value, _ in records if value["ID"]]
            if load.acknowledged <= set(ids) or time.monotonic() > end:
                break
        self.assertEqual(len(ids), len(set(ids)), "a record is there twice")
        self.assertEqual(load.acknowledged - set(ids), set(), "acknowledged records are missing")
        return found

    def expected(self, found):
        want = {"counts": collections.Counter(), "sums": collections.Counter(), "pairs": collections.Counter()}
        for _, value, _ in found["lines"]:
            want["counts"].update((value["LINE"] or "").split())
        for key, value, stamp in found["s"]:
            want["sums"][key.decode(), stamp // WINDOW * WINDOW] += value["V"]
        right = collections.defaultdict(list)
        for key, value, stamp in found["r"]:
            right[key].append((value["ID"], stamp))
        for key, value, stamp in found["s"]:
            want["pairs"].update((value["ID"], j) for j, t in right[key] if abs(t - stamp) <= 2000)
        orders = {key: value for key, value, _ in found["orders"]}
        customers = {key: value["V"] for key, value, _ in found["customers"]}
        want["bought"] = {key.decode(): (value["V"], customers[value["C"].encode()]) for key, value in orders.items()
                          if value["C"].encode() in customers}
        last = max(stamp for _, _, stamp in found["s"]) // WINDOW * WINDOW
        want["finals"] = {place: total for place, total in want["sums"].items() if place[1] < last}
        return want

    def outputs(self):
        got = {"counts": {key.decode(): value["N"] for key, value in self.last("counts").items()}}
        got["sums"] = {(v["KEY"], v["WS"]): v["TOTAL"] for v in self.last("sums").values()}
        finals = [(v["KEY"], v["WS"], v["TOTAL"]) for _, v, _ in self.records("finals")]
        self.assertEqual(len(finals), len({f[:2] for f in finals}), "a window has come twice")
        got["finals"] = {(key, start): total for key, start, total in finals}
        got["pairs"] = collections.Counter((v["I"], v["J"]) for _, v, _ in self.records("pairs"))
        got["bought"] = {key.decode(): (v["A"], v["B"]) for key, v in self.last("bought").items()}
        return got

    def settled(self, load):
        """Waits until the outputs are what the inputs demand; what is wrong for good fails after a while."""
        found = self.inputs(load)
        want = self.expected(found)
        end = time.monotonic() + 20
        while True:
            got = self.outputs()
            if got == want or time.monotonic() > end:
                break
        for name, value in want.items():
            self.assertEqual(got[name], value, name)
        return sum(len(records) for records in found.values())

    def test_every_record_counts_once_through_kills(self):
        rnd = random.Random(SEED)
        load = Load(SEED)
        self.start("interval").run(STATEMENTS, {"ksql.streams.auto.offset.reset": "earliest"})
        for number in range(ROUNDS):
            worker = threading.Thread(target=load.run, args=(self.server,))
            worker.start()
            time.sleep(rnd.uniform(0.02, 0.7))
            self.server.killed.set()
            self.server.stop(signal.SIGKILL)
            worker.join()
            self.assertIsNone(self.server.trouble)
            self.server.clean()
            self.start(rnd.choice(["never", "interval", "always"]))
            if number % 5 == 0:
                self.inputs(load)
        for key in range(6):  # all windows but the last close, in all partitions
            far = load.time + 10 * WINDOW + key
            self.server.run("INSERT INTO s (ROWTIME, k, id, v) VALUES (%d, 'k%d', 0, 1);" % (far, key))
        time.sleep(1.1)  # results of closed windows come at most once a second
        for key in range(6):
            far = load.time + 10 * WINDOW + 100 + key
            self.server.run("INSERT INTO s (ROWTIME, k, id, v) VALUES (%d, 'k%d', 0, 1);" % (far, key))
        records = self.settled(load)
        print("seed %d: %d kills, %d acknowledged of %d records, all counted once" %
              (SEED, ROUNDS, len(load.acknowledged), records))


if __name__ == "__main__":
    try:
        unittest.main()
    finally:
        print("SEED=%d" % SEED)
