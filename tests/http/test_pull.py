"""Pull queries: framings byte for byte, headers, errors, long answers, and lookups while the table changes."""
import json
import re
import threading
import unittest

from support import Server, ServerCase, wait_for

KSQL_JSON = "application/vnd.ksql.v1+json"
DELIMITED = "application/vnd.ksqlapi.delimited.v1"


def without_id(data):
    return re.sub(rb'"(query_\d+|transient_[A-Z0-9_]+_\d+)"', b'"ID"', data)


class PullCase(ServerCase):
    def statements(self, text):
        status, _, data = self.server.request("POST", "/ksql", {"ksql": text})
        self.assertEqual(status, 200, data)
        return json.loads(data)

    def ask(self, sql, accept=None, path="/query-stream", properties=None):
        member, names = ("ksql", "streamsProperties") if path == "/query" else ("sql", "properties")
        headers = {"Accept": accept} if accept else {}
        status, headers, data = self.server.request("POST", path, {member: sql, names: properties or {}}, headers)
        return status, headers, data

    def rows(self, sql, properties=None):
        status, _, data = self.ask(sql, DELIMITED, properties=properties)
        self.assertEqual(status, 200, data)
        return [json.loads(line) for line in data.splitlines()[1:]]


class Framings(PullCase):
    def setUp(self):
        super().setUp()
        self.statements("CREATE STREAM IF NOT EXISTS s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON', "
                        "partitions=1); CREATE TABLE IF NOT EXISTS t AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING "
                        "(SIZE 1 SECOND) GROUP BY id;")
        if not self.rows("SELECT * FROM s;"):
            self.statements("INSERT INTO s (rowtime, id, v) VALUES (12345, 'a', 1); "
                            "INSERT INTO s (rowtime, id, v) VALUES (13345, 'a', 2);")
        wait_for(lambda: len(self.rows("SELECT * FROM t WHERE id = 'a';")) == 2, "two windows")

    SCHEMA = b"`ID` STRING KEY, `WINDOWSTART` BIGINT KEY, `WINDOWEND` BIGINT KEY, `C` BIGINT"
    NAMES = b'"columnNames":["ID","WINDOWSTART","WINDOWEND","C"],"columnTypes":["STRING","BIGINT","BIGINT","BIGINT"]}'
    ROWS = (b'[{"header":{"queryId":"ID","schema":"' + SCHEMA + b'"}},\n{"row":{"columns":["a",12000,13000,1]}},\n'
            b'{"row":{"columns":["a",13000,14000,1]}}]')
    LINES = b'{"queryId":"ID",' + NAMES + b'\n["a",12000,13000,1]\n["a",13000,14000,1]\n'
    ARRAY = b'[{"queryId":"ID",' + NAMES + b',["a",12000,13000,1],["a",13000,14000,1]]'

    def test_framings(self):
        for path, accept, kind, body in (("/query", None, KSQL_JSON, self.ROWS), ("/query", KSQL_JSON, KSQL_JSON, self.ROWS),
                                         ("/query", DELIMITED, DELIMITED, self.LINES),
                                         ("/query-stream", None, DELIMITED, self.LINES),
                                         ("/query-stream", KSQL_JSON, KSQL_JSON, self.ROWS),
                                         ("/query-stream", "application/json", "application/json", self.ARRAY)):
            for sql in ("SELECT * FROM t WHERE id = 'a';", "SELECT * FROM t;"):  # kept lookups, and a scan
                for _ in range(2):
                    status, headers, data = self.ask(sql, accept, path)
                    self.assertEqual((status, headers["content-type"], without_id(data)), (200, kind, body), (path, accept))

    def test_a_missing_key_gives_the_header(self):
        for _ in range(2):
            _, _, data = self.ask("SELECT * FROM t WHERE id = 'none';", KSQL_JSON)
            self.assertEqual(without_id(data), b'[{"header":{"queryId":"ID","schema":"' + self.SCHEMA + b'"}}]')

    def test_a_stream_ends_with_a_message(self):
        head = b'[{"header":{"queryId":"ID","schema":"`ID` STRING, `V` INTEGER"}},\n{"row":{"columns":["a",1]}},\n'
        _, _, data = self.ask("SELECT * FROM s;", KSQL_JSON)
        self.assertEqual(without_id(data), head + b'{"row":{"columns":["a",2]}},\n{"finalMessage":"Query Completed"}]')
        _, _, data = self.ask("SELECT * FROM s LIMIT 1;", KSQL_JSON)
        self.assertEqual(without_id(data), head + b'{"finalMessage":"Limit Reached"}]')

    def test_not_acceptable(self):
        for _ in range(2):
            status, _, data = self.ask("SELECT * FROM t WHERE id = 'a';", "text/html")
            self.assertEqual((status, data), (406, b""))

    def test_errors(self):
        for path in ("/query", "/query-stream"):
            sql = "SELECT * FROM t GROUP BY id;"
            status, _, data = self.ask(sql, path=path)
            e = json.loads(data)
            self.assertEqual((status, e["@type"], e["error_code"], e["statementText"], e["entities"]),
                             (400, "statement_error", 40001, sql, []))
            self.assertTrue(e["message"].startswith("Pull queries don't support GROUP BY clauses."))
        status, _, data = self.ask("SELECT * FROM t WHERE id = 1;")
        e = json.loads(data)
        self.assertEqual((status, e["statementText"]), (400, "SELECT * FROM t WHERE id = 1;"))
        self.assertEqual(e["message"], "Error in WHERE expression: Cannot compare ID (STRING) to 1 (INTEGER) with EQUAL.\n"
                                       "Statement: (ID = 1)")
        status, _, data = self.ask("SELECT * FROM t;", properties={"ksql.query.pull.table.scan.enabled": False})
        self.assertEqual((status, json.loads(data)["message"].split(".")[0]), (400, "Missing WHERE clause"))

    def test_pull_queries_are_not_registered(self):
        _, _, data = self.ask("SELECT * FROM t WHERE id = 'a';", DELIMITED)
        status, _, answer = self.server.request("POST", "/close-query",
                                                {"queryId": json.loads(data.splitlines()[0])["queryId"]})
        self.assertEqual((status, b"No query with id" in answer), (400, True))


class Long(PullCase):
    def test_an_answer_of_many_rows_is_complete(self):
        self.statements("CREATE STREAM s (id STRING KEY, v STRING) WITH (kafka_topic='s', value_format='JSON', "
                        "partitions=3); CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(v) AS v FROM s GROUP BY id;")
        text = "x" * 100
        for start in range(0, 5000, 1000):
            self.statements("".join("INSERT INTO s VALUES ('k%d', '%s');" % (n, text) for n in range(start, start + 1000)))
        rows = wait_for(lambda: (lambda r: r if len(r) == 5000 else None)(self.rows("SELECT * FROM t;")), "all rows")
        self.assertEqual(sorted(rows), sorted(["k%d" % n, text] for n in range(5000)))
        _, headers, data = self.ask("SELECT * FROM t;", KSQL_JSON)
        self.assertEqual(headers["transfer-encoding"], "chunked")
        self.assertEqual(len(json.loads(data)), 5001)
        self.assertEqual(len(self.rows("SELECT * FROM t LIMIT 4321;")), 4321)

    def test_counts_never_go_back_while_the_table_changes(self):
        self.statements("CREATE STREAM c (id INT KEY, v INT) WITH (kafka_topic='c', value_format='JSON', partitions=2); "
                        "CREATE TABLE n AS SELECT id, COUNT(*) AS c FROM c GROUP BY id;")
        done, failures = threading.Event(), []

        def read(key):
            last = 0
            while not done.is_set():
                rows = self.rows("SELECT c FROM n WHERE id = %d;" % key)
                now = rows[0][0] if rows else 0
                if now < last:
                    failures.append((key, last, now))
                last = now

        readers = [threading.Thread(target=read, args=(key,)) for key in range(3)]
        for reader in readers:
            reader.start()
        for n in range(20):
            self.statements("".join("INSERT INTO c VALUES (%d, %d);" % (key, n) for key in range(3)))
        wait_for(lambda: sorted(self.rows("SELECT * FROM n;")) == [[0, 20], [1, 20], [2, 20]], "all counted")
        done.set()
        for reader in readers:
            reader.join()
        self.assertEqual(failures, [])


class Meanwhile(PullCase):
    KNOWN = ("N does not exist", "isn't queryable", "Materializing query has been stopped", "is being replaced",
             "being restored")

    def test_the_table_comes_and_goes(self):
        """Lookups and scans give rows that were true at some time, or say why not."""
        self.statements("CREATE STREAM c (id INT KEY, v INT) WITH (kafka_topic='c', value_format='JSON', partitions=2);")
        self.statements("".join("INSERT INTO c VALUES (%d, %d);" % (n % 500, n) for n in range(1000)))
        done, failures, seen = threading.Event(), [], [0]

        def read(sql, valid):
            while not done.is_set():
                status, _, data = self.ask(sql, DELIMITED)
                lines = [json.loads(line) for line in data.splitlines()]
                rows = [line for line in lines if isinstance(line, list)]
                seen[0] += len(rows)
                error = lines[0] if status != 200 else lines[-1] if isinstance(lines[-1], dict) and len(lines) > 1 else None
                if error and not any(text in error["message"] for text in self.KNOWN):
                    failures.append(error)
                failures.extend(row for row in rows if not valid(row))

        threads = [threading.Thread(target=read, args=("SELECT * FROM n%s;" % where, valid)) for where, valid in
                   ((" WHERE id = 7", lambda r: r[0] == 7 and r[1] in (1, 2)), ("", lambda r: r[1] in (1, 2)),
                    (" WHERE c > 1", lambda r: r[1] == 2))]
        for thread in threads:
            thread.start()
        earliest = {"auto.offset.reset": "earliest"}
        for n in range(6):
            create = "CREATE OR REPLACE TABLE n AS SELECT id, COUNT(*) AS c%s FROM c GROUP BY id;"
            for text in (create % "", create % ", COUNT(*) + %d AS d" % n, "DROP TABLE n;"):
                body = {"ksql": text, "streamsProperties": earliest}
                status, _, data = self.server.request("POST", "/ksql", body)
                self.assertEqual(status, 200, data)
                if "DROP" not in text:
                    wait_for(lambda: len(self.ask("SELECT id FROM n WHERE c = 2;", DELIMITED)[2].splitlines()) == 501, "rows")
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertGreater(seen[0], 0)


class Limits(unittest.TestCase):
    def test_rate(self):
        server = Server("--override", "ksql.query.pull.max.qps=0")
        try:
            body = {"ksql": "CREATE SOURCE TABLE u (id INT PRIMARY KEY) WITH (kafka_topic='u', value_format='JSON', "
                            "partitions=1);"}
            self.assertEqual(server.request("POST", "/ksql", body)[0], 200)
            status, _, data = server.request("POST", "/query-stream", {"sql": "SELECT * FROM u WHERE id = 1;"})
            e = json.loads(data)
            self.assertEqual((status, e["error_code"]), (429, 42900))
            self.assertEqual(e["message"], "Host is at rate limit for pull queries. Currently set to 0 qps.")
        finally:
            server.stop()
            server.clean()


if __name__ == "__main__":
    unittest.main()
