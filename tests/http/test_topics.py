"""The topic API (docs/topic-api.md)."""
import base64
import json
import unittest

from support import ServerCase, wait_for


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Topics(ServerCase):
    def call(self, method, path, body=None):
        status, _, data = self.server.request(method, path, body)
        return status, json.loads(data)

    def make(self, name, partitions=1, **settings):
        status, topic = self.call("POST", "/topics", {"name": name, "partitions": partitions, "settings": settings})
        self.assertEqual(status, 201, topic)
        return topic

    def produce(self, name, *records):
        body = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in records) + "\n"
        status, _, data = self.server.request("POST", "/topics/%s/records" % name, body)
        self.assertEqual(status, 200, data)
        return [json.loads(x) for x in data.splitlines()]

    def consume(self, name, query="offset=earliest&follow=false"):
        status, _, data = self.server.get("/topics/%s/records?%s" % (name, query))
        self.assertEqual(status, 200, data)
        return [json.loads(x) for x in data.splitlines()]

    def test_life_of_a_topic(self):
        topic = self.make("life", 3, **{"retention.ms": "1000"})
        self.assertEqual((topic["name"], len(topic["id"]), len(topic["partitions"])), ("life", 22, 3))
        self.assertEqual(topic["settings"], {"retention.ms": "1000"})
        self.assertIn("life", [t["name"] for t in self.call("GET", "/topics")[1]["topics"]])
        self.assertEqual(self.call("POST", "/topics", {"name": "life"})[0], 400)
        self.assertEqual(self.call("POST", "/topics/life/partitions", {"count": 5})[1]["partitions"][4]["end"], 0)
        self.assertEqual(self.call("POST", "/topics/life/partitions", {"count": 2})[0], 400)
        topic = self.call("POST", "/topics/life/settings", {"set": {"segment.bytes": 100000}, "unset": ["retention.ms"]})[1]
        self.assertEqual(topic["settings"], {"segment.bytes": "100000"})
        self.assertEqual(self.call("DELETE", "/topics/life"), (200, {}))
        self.assertEqual(self.call("GET", "/topics/life")[0], 404)

    def test_bad_topics(self):
        for body in ({}, {"name": ""}, {"name": "a/b"}, {"name": "bad1", "partitions": 0}, {"name": ".."},
                     {"name": "bad2", "settings": {"nonsense": "1"}}, {"name": "bad3", "settings": {"retention.ms": "x"}},
                     {"name": "bad4", "partitions": "many"}, {"name": "bad5", "settings": {"retention.ms": [1]}}):
            self.assertEqual(self.call("POST", "/topics", body)[0], 400, body)
        for method, path in (("GET", "/topics/nix"), ("DELETE", "/topics/nix"), ("POST", "/topics/nix/settings"),
                             ("GET", "/topics/nix/records")):
            self.assertEqual(self.call(method, path)[1]["error_code"], 40400)
        self.assertEqual(self.server.request("POST", "/topics/nix/records", "{}")[0], 404)
        self.assertEqual(self.server.request("PUT", "/topics/nix")[0], 405)

    def test_a_used_topic_stays(self):
        self.make_stream("used")
        status, body = self.call("DELETE", "/topics/used")
        self.assertEqual(status, 400)
        self.assertIn("USED", body["message"])

    def test_records_there_and_back(self):
        self.make("rt")
        sent = [{"key": b64("k"), "value": b64("v"), "timestamp": 1234, "headers": [["h", b64("x")], ["n", None]]},
                {"key": None, "value": b64("")}, {"key": b64(""), "value": None}, {}]
        self.assertEqual(self.produce("rt", *sent), [{"partition": 0, "offset": i} for i in range(4)])
        got = self.consume("rt")
        self.assertEqual(got[0], {"partition": 0, "offset": 0, "timestamp": 1234, "key": b64("k"), "value": b64("v"),
                                  "headers": [["h", b64("x")], ["n", None]]})
        self.assertEqual([(r["key"], r["value"]) for r in got[1:]], [(None, ""), ("", None), (None, None)])

    def test_partitions(self):
        self.make("parts", 4)
        acks = self.produce("parts", *[{"key": b64("k%d" % (i % 7)), "value": b64(str(i))} for i in range(100)])
        self.assertEqual(len(acks), 100)
        self.assertEqual(len({a["partition"] for a in acks[::7]}), 1)
        by_place = {(r["partition"], r["offset"]): r["value"] for r in self.consume("parts")}
        self.assertEqual([by_place[a["partition"], a["offset"]] for a in acks], [b64(str(i)) for i in range(100)])
        self.assertEqual(self.produce("parts", {"partition": 3})[0]["partition"], 3)
        self.assertEqual({r["partition"] for r in self.consume("parts", "offset=earliest&follow=false&partition=3")}, {3})
        self.assertEqual({a["partition"] for a in self.produce("parts", *[{} for _ in range(8)])}, {0, 1, 2, 3})

    def test_first_bad_line_ends_it(self):
        self.make("bad", **{"cleanup.policy": "compact"})
        good = {"key": b64("a"), "value": b64("v")}
        for line in ("{", "[]", {"value": b64("x")}, {"key": "?"}, {"key": b64("a"), "partition": 9},
                     {"key": b64("a"), "timestamp": "soon"}, {"key": b64("a"), "headers": [["x"]]}):
            acks = self.produce("bad", good, line, good)
            self.assertEqual(len(acks), 2, acks)
            self.assertEqual((list(acks[0]), acks[1]["line"]), (["partition", "offset"], 2))
            self.assertGreaterEqual(acks[1]["error_code"], 40000)

    def test_where_to_start(self):
        self.make("where")
        self.produce("where", *[{"value": b64(str(i)), "timestamp": 1000 + i} for i in range(10)])
        for query, first in (("offset=earliest", 0), ("offset=7", 7), ("offset=-3", 7), ("offset=99", None),
                             ("offset=latest", None), ("", None), ("timestamp=1004", 4), ("timestamp=9999", None)):
            got = self.consume("where", query + "&follow=false")
            self.assertEqual(got[0]["offset"] if got else None, first, query)
        self.assertEqual(len(self.consume("where", "offset=earliest&max=4")), 4)
        for query in ("offset=x", "partition=9", "partition=-1", "max=x", "timestamp=x", "follow=maybe"):
            self.assertEqual(self.server.get("/topics/where/records?" + query)[0], 400, query)

    def test_following(self):
        self.make("live")
        s = self.server.raw("GET /topics/live/records?offset=earliest&max=2 HTTP/1.1\r\nHost: x\r\n\r\n")
        self.produce("live", {"value": b64("1")})
        self.produce("live", {"value": b64("2")})
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            more = s.recv(4096)
            self.assertTrue(more)
            data += more
        self.assertEqual(data.count(b'"offset"'), 2)
        s.close()

    def test_many_records(self):
        self.make("many", 3)
        count = 20000
        acks = self.produce("many", *[{"key": b64(str(i)), "value": b64("x" * 100)} for i in range(count)])
        self.assertEqual(len(acks), count)
        self.assertEqual(len({r["key"] for r in self.consume("many")}), count)

    def test_groups(self):
        self.make("grp", 2)
        self.produce("grp", *[{"partition": i % 2, "value": b64(str(i))} for i in range(10)])
        positions = [{"topic": "grp", "partition": 0, "offset": 2}, {"topic": "grp", "partition": 1, "offset": 5}]
        self.assertEqual(self.call("POST", "/groups/g1", {"positions": positions}), (200, {}))
        self.assertIn("g1", self.call("GET", "/groups")[1]["groups"])
        self.assertEqual(self.call("GET", "/groups/g1")[1], {"group": "g1", "positions": positions})
        got = self.consume("grp", "group=g1&offset=earliest&follow=false")
        self.assertEqual([(r["partition"], r["offset"]) for r in got], [(0, 2), (0, 3), (0, 4)])
        for bad in ({}, {"positions": [{}]}, {"positions": [{"topic": "grp", "partition": 2, "offset": 0}]}):
            self.assertIn(self.call("POST", "/groups/g1", bad)[0], (400, 404))

    def test_a_stream_reads_what_was_produced(self):
        self.make_stream("prod")
        self.produce("prod", {"value": b64('{"name":"x"}')})
        body = self.server.request("POST", "/query-stream", {"sql": "SELECT name FROM prod EMIT CHANGES LIMIT 1;",
                                                             "properties": {"auto.offset.reset": "earliest"}})[2]
        self.assertEqual(body.splitlines()[1], b'["x"]')


if __name__ == "__main__":
    unittest.main()
