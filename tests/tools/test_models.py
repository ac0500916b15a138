"""Windows, joins and table aggregates give what a second, small implementation of their rules gives, on random histories
of late records, equal times, null keys, null values and deletions of what was never there."""
import json
import os
import random
import shutil
import tempfile
import unittest

from tools_support import tool

DAY = 24 * 3600 * 1000
CASES = 250
AT_ONCE = {"ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__": 0}


def record(topic, key, value, timestamp, window=None):
    out = {"topic": topic, "key": key, "value": value, "timestamp": timestamp}
    if window:
        out["window"] = dict(zip(("start", "end", "type"), window))
    return out


def source(kind, name, key, columns="v INT"):
    return ("CREATE %s %s (k %s %sKEY, %s) WITH (kafka_topic='%s', value_format='JSON');"
            % (kind, name, key, "PRIMARY " if kind == "TABLE" else "", columns, name))


class Aggregate:
    """COUNT and SUM of one group, with the time of the row."""
    def __init__(self):
        self.count, self.sum, self.timestamp = 0, 0, -1

    def add(self, value, timestamp, sign=1):
        self.count += sign
        self.sum += sign * (value or 0)
        self.timestamp = max(self.timestamp, timestamp)

    def row(self):
        return {"N": self.count, "S": self.sum}


# ---- windows: records are (key, has a value, v, timestamp) ----

class TimeWindows:
    def __init__(self, size, advance, grace, final):
        self.size, self.advance, self.final = size, advance, final
        self.grace = grace if grace is not None else 0 if final else DAY - size
        self.rows, self.newest, self.now, self.closed, self.out = {}, -1, -1, None, []

    def visible(self, start):
        return start >= self.newest - self.size - self.grace + (0 if self.final else 1)

    def first_start(self, time):
        return max(0, time - self.size + self.advance) // self.advance * self.advance

    def emit(self, start, key):
        row = self.rows[start, key]
        self.out.append(record("O", key, row.row(), row.timestamp, (start, start + self.size, "time")))

    def take(self, key, v, timestamp):
        self.now = max(self.now, timestamp)
        for start in range(self.first_start(timestamp), timestamp + 1, self.advance):
            if start + self.size <= self.now - self.grace:
                continue
            if not self.visible(start):
                self.rows.pop((start, key), None)
            self.rows.setdefault((start, key), Aggregate()).add(v, timestamp)
            self.newest = max(self.newest, start)
            if not self.final:
                self.emit(start, key)
        if self.final:
            self.close(self.now - self.grace)

    def close(self, close):
        if self.closed is not None and close <= self.closed:
            return
        high = close - self.size
        low = 0 if self.closed is None else max(0, self.closed - self.size) + 1
        windows_of = lambda time: (self.first_start(time), time // self.advance)
        if high < 0 or (self.closed is not None and windows_of(high) == windows_of(low - 1)):
            return
        for start, key in sorted(self.rows):
            if low <= start <= high and self.visible(start):
                self.emit(start, key)
        self.closed = close


class Sessions:
    def __init__(self, gap, grace, final):
        self.gap, self.final = gap, final
        self.grace = grace if grace is not None else 0 if final else DAY - gap
        self.rows, self.newest, self.now, self.closed, self.out = {}, -1, -1, None, []

    def emit(self, session, row):
        key, start, end = session
        self.out.append(record("O", key, row and row.row(), end, (start, end, "session")))

    def take(self, key, v, timestamp):
        self.now = max(self.now, timestamp)
        visible_from = 0 if self.final else self.newest - self.gap - self.grace + 1
        found = sorted((s for s in self.rows if s[0] == key and s[2] >= max(timestamp - self.gap, visible_from)
                        and s[1] <= timestamp + self.gap), key=lambda s: (s[2], s[1]))
        start = min([timestamp] + [s[1] for s in found])
        end = max([timestamp] + [s[2] for s in found])
        if end >= self.now - self.grace - self.gap:
            row = Aggregate()
            for s in found:
                old = self.rows.pop(s)
                row.count, row.sum = row.count + old.count, row.sum + old.sum
                if (start, end) != (timestamp, timestamp) and not self.final:
                    self.emit(s, None)
            row.add(v, timestamp)
            self.rows[key, start, end] = row
            self.newest = max(self.newest, end)
            if not self.final:
                self.emit((key, start, end), row)
        if self.final:
            self.close(self.now - self.grace - self.gap)

    def close(self, close):
        if self.closed is not None and close <= self.closed:
            return
        low, high = max(0, self.closed or 0), close - 1
        if high < low:
            return
        for s in sorted(self.rows, key=lambda s: (s[2], s[1], s[0])):
            if low <= s[2] <= high:
                self.emit(s, self.rows[s])
        self.closed = close


# ---- joins: records are (side, key, v, timestamp); v None deletes, or is no row in a stream ----

OUTER = {"INNER": "", "LEFT": "l", "RIGHT": "r", "FULL OUTER": "lr"}


def pair(side, own, other):
    return {"LV": own, "RV": other} if side == "l" else {"LV": other, "RV": own}


def join_streams(records, kind, before, after, grace):
    """The reference runs a RIGHT JOIN as a LEFT JOIN of the sides swapped, without swapping before and after."""
    first = "r" if kind == "RIGHT" else "l"
    ahead = {side: after if side == first else before for side in "lr"}
    behind = {side: before if side == first else after for side in "lr"}
    wait = grace if grace is not None else DAY - 2 * before
    stores, newest, now, out, pending, oldest, scanned = {"l": [], "r": []}, {"l": -1, "r": -1}, -1, [], [], None, False

    def scan():
        nonlocal pending
        opened, kept = set(), []
        for entry in sorted(pending, key=lambda e: (e[0], e[1] == first, e[2])):
            timestamp, side, key, v = entry
            if len(opened) == 2 or timestamp + ahead[side] + wait >= now:
                opened.add(side)
                kept.append(entry)
            else:
                out.append(record("O", key, pair(side, v, None), timestamp))
        pending = kept

    for side, key, v, timestamp in records:
        other = "r" if side == "l" else "l"
        now = max(now, timestamp)
        if v is None:
            continue
        if key is None:
            if side in OUTER[kind]:
                out.append(record("O", None, pair(side, v, None), timestamp))
            continue
        due = oldest is not None and oldest + after + wait < now
        if grace is not None and timestamp == now and due and not scanned: # the wall clock stands still: one scan
            scanned = True
            scan()
        low = max(timestamp - behind[side], newest[other] - before - after - wait + 1)
        matches = [m for m in stores[other] if m[0] == key and low <= m[2] <= timestamp + ahead[side]]
        for m in sorted(matches, key=lambda m: m[2]):
            pending = [e for e in pending if e[:3] != (m[2], other, key)]
            out.append(record("O", key, pair(side, v, m[1]), max(timestamp, m[2])))
        if not matches and side in OUTER[kind]:
            if grace is None or timestamp + ahead[side] < now:
                out.append(record("O", key, pair(side, v, None), timestamp))
            else:
                pending.append((timestamp, side, key, v))
                oldest = timestamp if oldest is None else min(oldest, timestamp)
        stores[side].append((key, v, timestamp))
        newest[side] = max(newest[side], timestamp)
    return out


def join_tables(records, kind):
    tables, out = {"l": {}, "r": {}}, []
    for side, key, v, timestamp in records:
        if key is None:
            continue
        mine, other = tables[side], tables["r" if side == "l" else "l"].get(key)
        old = mine.pop(key, None)
        if v is not None:
            mine[key] = (v, timestamp)
        time = max(timestamp, other[1]) if other else timestamp
        row = pair(side, v, other and other[0])
        if not other and (side not in OUTER[kind] or (v is None and old is None)):
            continue
        if v is None and (not other or ("r" if side == "l" else "l") not in OUTER[kind]):
            row = None
        out.append(record("O", key, row, time))
    return out


def join_foreign(records, left_join):
    """On l.v = r.k. A v of 0 stands for a NULL."""
    left, right, out = {}, {}, []

    def answer(key, foreign, timestamp):
        row, found = left.get(key), right.get(foreign)
        joined = row is not None and (found or left_join)
        out.append(record("O", key, {"LV": row or None, "RV": found and found[0] or None} if joined else None,
                          max(timestamp, found[1]) if found else timestamp))

    for side, key, v, timestamp in records:
        if key is None:
            continue
        if side == "r":
            right.pop(key, None)
            if v is not None:
                right[key] = (v, timestamp)
            for k in sorted(k for k in left if left[k] == key):
                joined = v is not None or left_join
                out.append(record("O", k, {"LV": key, "RV": v or None} if joined else None, timestamp))
            continue
        known, old = key in left, left.pop(key, None)
        if v is not None:
            left[key] = v
        if v is None:
            if known and (left_join or old):
                answer(key, None if left_join else old, timestamp)
        elif v == 0:
            if left_join or old:
                answer(key, None, timestamp)
        elif left_join or v in right or (known and old != v):
            answer(key, v, timestamp)
    return out


# ---- aggregates of tables: records are (key, (g, v) or None, timestamp) ----

def aggregate_table(records, more_than):
    table, groups, out = {}, {}, []

    def change(g, old, new, timestamp):
        group = groups.setdefault(g, Aggregate())
        passed = group.count > more_than
        if old:
            group.add(old[1], timestamp, -1)
        if new:
            group.add(new[1], timestamp)
        if group.count > more_than or passed:
            out.append(record("O", g, group.row() if group.count > more_than else None, group.timestamp))

    for key, row, timestamp in records:
        if key is None:
            continue
        old = table.pop(key, None)
        if row:
            table[key] = row
        before, after = old and old[0], row and row[0]
        if before is not None and before == after:
            change(before, old, row, timestamp)
            continue
        if before is not None:
            change(before, old, None, timestamp)
        if after is not None:
            change(after, None, row, timestamp)
    return out


# ---- histories ----

class Models(unittest.TestCase):
    def setUp(self):
        self.random, self.cases = random.Random(self.id()), []
        self.directory = tempfile.mkdtemp(prefix="sluice-models-")
        self.addCleanup(shutil.rmtree, self.directory, True)

    def times(self, count):
        now, jump = 0, self.random.choice((3, 8, 30))
        for _ in range(count):
            now += self.random.choice((0, 1, 1, 2, 3, jump))
            yield max(0, now - self.random.choice((0, 0, 0, 1, 3, 12, 40)))

    def lengths(self):
        return [self.random.choice((6, 15, 40)) for _ in range(CASES)]

    def sometimes(self, chance, rare, common):
        return self.random.choice(rare if self.random.random() < chance else common)

    def add(self, statements, inputs, outputs):
        """A topic of which nothing is expected is not compared: such a history says nothing."""
        if outputs:
            self.cases.append({"name": str(len(self.cases)), "statements": statements, "inputs": inputs,
                               "outputs": outputs, "properties": AT_ONCE})

    def check(self):
        self.assertGreater(len(self.cases), CASES // 2)
        path = os.path.join(self.directory, "histories.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"tests": self.cases}, f)
        r = tool("test", path)
        self.assertEqual(r.lines[-1], "%d passed, 0 failed, 0 skipped" % len(self.cases), r.text[:3000])

    def windows(self, make):
        for length in self.lengths():
            grace = self.random.choice((None, 0, 1, 4, 20))
            final = self.random.random() < 0.5
            model, clause = make(grace, final)
            inputs = []
            for timestamp in self.times(length):
                key = self.sometimes(0.1, (None,), "abc")
                value = self.sometimes(0.15, (None, {"V": None}), ({"V": 1}, {"V": 2}, {"V": 5}))
                inputs.append(record("i", key, value, timestamp))
                if key is not None and value is not None:
                    model.take(key, value["V"], timestamp)
            clause += "" if grace is None else ", GRACE PERIOD %d MILLISECONDS" % grace
            self.add([source("STREAM", "i", "STRING"),
                      "CREATE TABLE o AS SELECT k, COUNT(*) AS n, SUM(v) AS s FROM i WINDOW %s) GROUP BY k%s;"
                      % (clause, " EMIT FINAL" if final else "")], inputs, model.out)
        self.check()

    def test_time_windows(self):
        def make(grace, final):
            size = self.random.choice((2, 5, 10))
            advance = min(size, self.random.choice((1, 2, 3, size, size)))
            return (TimeWindows(size, advance, grace, final),
                    "HOPPING (SIZE %d MILLISECONDS, ADVANCE BY %d MILLISECONDS" % (size, advance))
        self.windows(make)

    def test_sessions(self):
        def make(grace, final):
            gap = self.random.choice((2, 5, 10))
            return Sessions(gap, grace, final), "SESSION (%d MILLISECONDS" % gap
        self.windows(make)

    def joins(self, type_, kinds, on, model, values, nothing, within=lambda: ((), "")):
        for length in self.lengths():
            kind = self.random.choice(kinds)
            settings, clause = within()
            records = [(self.random.choice("lr"), self.sometimes(0.05, (None,), (1, 2, 3)),
                        self.sometimes(0.25, nothing, values), timestamp) for timestamp in self.times(length)]
            key = "ROWKEY" if kind == "FULL OUTER" else "l.k"
            self.add([source(type_, "l", "INT"), source(type_, "r", "INT"),
                      "CREATE %s o AS SELECT %s, l.v AS lv, r.v AS rv FROM l %s JOIN r%s ON %s;"
                      % (type_, key, kind, clause, on)],
                     [record(side, k, None if v is None else {"V": v or None}, t) for side, k, v, t in records],
                     model(records, kind, *settings))
        self.check()

    def test_joins_of_streams(self):
        def within():
            before, after = self.random.choice(((3, 3), (10, 10), (0, 5), (10, 0), (3, 7), (10, 7)))
            grace = self.random.choice((None, None, 0, 4, 20))
            clause = " WITHIN (%d MILLISECONDS, %d MILLISECONDS)" % (before, after)
            return (before, after, grace), clause + ("" if grace is None else " GRACE PERIOD %d MILLISECONDS" % grace)
        self.joins("STREAM", tuple(OUTER), "l.k = r.k", join_streams, (1, 2, 3), (None, 1, 2), within)

    def test_joins_of_tables(self):
        self.joins("TABLE", tuple(OUTER), "l.k = r.k", join_tables, (1, 2, 3), (None,))

    def test_foreign_key_joins(self):
        def model(records, kind):
            return join_foreign(records, kind == "LEFT")
        self.joins("TABLE", ("INNER", "LEFT"), "l.v = r.k", model, (1, 2, 3), (None, 0))

    def test_aggregates_of_tables(self):
        for length in self.lengths():
            more_than = self.random.choice((None, 0, 1, 2))
            records = []
            for timestamp in self.times(length):
                row = self.sometimes(0.3, (None, (None, 1)), ((1, 1), (1, 5), (2, 5), (2, 7)))
                records.append((self.sometimes(0.05, (None,), (1, 2, 3, 4)), row, timestamp))
            having = "" if more_than is None else " HAVING COUNT(*) > %d" % more_than
            self.add([source("TABLE", "i", "INT", "g INT, v INT"),
                      "CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS s FROM i GROUP BY g%s;" % having],
                     [record("i", k, row and {"G": row[0], "V": row[1]}, t) for k, row, t in records],
                     aggregate_table(records, -1 if more_than is None else more_than))
        self.check()


if __name__ == "__main__":
    unittest.main()
