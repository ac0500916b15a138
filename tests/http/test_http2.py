"""HTTP/2 with prior knowledge: the same handlers, frame by frame. A small client of its own, so that frames are seen."""
import json
import socket
import struct
import time
import unittest
from collections import defaultdict

from support import EARLIEST, ServerCase, wait_for

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
# HPACK: statuses that the static table holds, as a server writes them first
STATUS = {0x88: 200, 0x89: 204, 0x8c: 400, 0x8d: 404, 0x8e: 500}


def literal(name, value):
    def text(s):
        data = s.encode()
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, out = len(data) - 127, [127]
        while rest >= 128:
            out.append(rest % 128 + 128)
            rest //= 128
        return bytes(out + [rest]) + data
    return b"\0" + text(name) + text(value)


class Client:
    def __init__(self, port, window=1 << 24):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next = 1
        self.frames = defaultdict(list)  # stream -> [(type, flags, payload)]
        self.buffer = b""
        self.goaway = False
        self.sock.sendall(PREFACE + self.frame(SETTINGS, 0, 0, struct.pack(">HI", 4, window)) +
                          self.frame(WINDOW, 0, 0, struct.pack(">I", 1 << 28)))
        self.ready = False
        while not self.ready:  # windows before the server's settings are small
            self.pump()

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def send(self, kind, flags, stream, payload=b""):
        self.sock.sendall(self.frame(kind, flags, stream, payload))

    def request(self, method, path, body=None, accept=None, end=True, **headers):
        """Number of the stream."""
        stream, self.next = self.next, self.next + 2
        block = b"".join(literal(n, v) for n, v in ((":method", method), (":scheme", "http"), (":path", path),
                                                    (":authority", "x")))
        if accept:
            block += literal("accept", accept)
        block += b"".join(literal(n, v) for n, v in headers.items())
        last = end and body is None
        self.send(HEADERS, END_HEADERS | (END_STREAM if last else 0), stream, block)
        if body is not None:
            self.data(stream, json.dumps(body) if not isinstance(body, (str, bytes)) else body, end)
        return stream

    def data(self, stream, body, end=False):
        body = body.encode() if isinstance(body, str) else body
        for at in range(0, len(body), 16384):
            last = end and at + 16384 >= len(body)
            self.send(DATA, END_STREAM if last else 0, stream, body[at:at + 16384])

    def pump(self):
        more = self.sock.recv(1 << 16)
        if not more:
            raise ConnectionError("closed")
        self.buffer += more
        while len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                return
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
            self.goaway = self.goaway or kind == GOAWAY
            if kind == SETTINGS and not flags & ACK:
                self.ready = True
                self.send(SETTINGS, ACK, 0)
            if stream and kind in (DATA, HEADERS, RST):
                self.frames[stream].append((kind, flags, payload))

    def take(self, stream):
        """The next frame of a stream."""
        while not self.frames[stream]:
            self.pump()
        return self.frames[stream].pop(0)

    def status(self, stream):
        kind, flags, payload = self.take(stream)
        assert kind == HEADERS, kind
        if flags & END_STREAM:
            self.frames[stream].append((DATA, END_STREAM, b""))
        at = 0
        while payload[at] & 0xe0 == 0x20:  # sizes of the dynamic table
            at += 1
        return STATUS.get(payload[at])

    def rows(self, stream, count=None):
        """Payloads of the next DATA frames, or of all to the end."""
        out = []
        while count is None or len(out) < count:
            kind, flags, payload = self.take(stream)
            assert kind == DATA, kind
            if payload:
                out.append(payload)
            if flags & END_STREAM:
                break
        return out

    def call(self, method, path, body=None, accept=None):
        stream = self.request(method, path, body, accept)
        status = self.status(stream)
        return status, b"".join(self.rows(stream))

    def close(self):
        self.sock.close()


class Http2(ServerCase):
    words = ("--override", "ksql.max.push.queries=150")

    def setUp(self):
        self.client = Client(self.server.port)

    def tearDown(self):
        self.client.close()

    def test_same_answers_as_over_http1(self):
        for path in ("/info", "/v1/metadata", "/chc/live", "/nope", "/is_valid_property/foo", "/info/"):
            status, _, body = self.server.get(path)
            self.assertEqual(self.client.call("GET", path), (status, body), path)
        self.assertEqual(self.client.call("GET", "/info", "{}")[0], 200)  # a body on GET is legal
        status, _, body = self.server.request("POST", "/ksql", {"ksql": "SHOW STREAMS;"})
        self.assertEqual(self.client.call("POST", "/ksql", {"ksql": "SHOW STREAMS;"}), (status, body))

    def test_arguments_and_encoded_paths(self):
        self.make_stream("h2a", [(1, "x")])
        status, body = self.client.call("GET", "/topics/%68%32a/records?offset=earliest&follow=fal%73e")
        self.assertEqual((status, body.count(b"\n")), (200, 1))
        for path in ("/%00/info", "/info%00"):
            self.assertEqual(self.client.call("GET", path)[0], 404, path)
        status, body = self.client.call("GET", "/status/stream/%60H2A%60/create")
        self.assertEqual((status, json.loads(body)["status"]), (200, "SUCCESS"))

    def test_each_row_is_a_frame(self):
        self.make_stream("h2f", [(1, "a"), (2, "b")])
        body = {"sql": "SELECT * FROM h2f EMIT CHANGES LIMIT 2;", "properties": EARLIEST}
        for accept, count in ((None, 3), ("application/vnd.ksql.v1+json", 4), ("application/json", 4)):
            s = self.client.request("POST", "/query-stream", body, accept)
            self.assertEqual(self.client.status(s), 200)
            frames = self.client.rows(s)
            self.assertEqual(len(frames), count, frames)
        self.assertEqual(frames[1:], [b',[1,"a"]', b',[2,"b"]', b"]"])

    def test_header_first_then_rows_at_once(self):
        self.make_stream("h2h")
        s = self.client.request("POST", "/query-stream", {"sql": "SELECT * FROM h2h EMIT CHANGES;"})
        self.client.status(s)
        self.assertTrue(self.client.rows(s, 1)[0].startswith(b'{"queryId":"'))
        self.client.call("POST", "/ksql", {"ksql": "INSERT INTO h2h VALUES (1, 'x');"})
        self.assertEqual(self.client.rows(s, 1), [b'[1,"x"]\n'])

    def open_push(self, name, client=None):
        client = client or self.client
        s = client.request("POST", "/query-stream", {"sql": "SELECT * FROM %s EMIT CHANGES;" % name})
        self.assertEqual(client.status(s), 200)
        return s, json.loads(client.rows(s, 1)[0])["queryId"]

    def test_reset_ends_only_its_query(self):
        self.make_stream("h2r")
        (a, one), (b, two) = self.open_push("h2r"), self.open_push("h2r")
        self.client.send(RST, 0, a, struct.pack(">I", 8))
        wait_for(lambda: one not in self.server.queries(), "the query to end", 2)
        self.assertIn(two, self.server.queries())
        self.server.run("INSERT INTO h2r VALUES (1, 'x');")
        self.assertEqual(self.client.rows(b, 1), [b'[1,"x"]\n'])

    def test_closing_the_connection_ends_all_of_them(self):
        self.make_stream("h2c")
        client = Client(self.server.port)
        queries = [self.open_push("h2c", client)[1] for _ in range(120)]
        self.assertLessEqual(set(queries), set(self.server.queries()))
        client.close()
        wait_for(lambda: not set(queries) & set(self.server.queries()), "the queries to end", 3)

    def test_close_query(self):
        self.make_stream("h2q")
        s, query = self.open_push("h2q")
        self.assertEqual(self.client.call("POST", "/close-query", {"queryId": query}), (200, b""))
        self.assertEqual(self.client.rows(s), [])

    def test_no_blank_lines(self):
        self.make_stream("h2b")
        s = self.client.request("POST", "/query", {"ksql": "SELECT * FROM h2b EMIT CHANGES;"},
                                "application/vnd.ksql.v1+json")
        self.client.status(s)
        self.client.rows(s, 1)
        self.client.sock.settimeout(1.5)
        with self.assertRaises(TimeoutError):
            self.client.rows(s, 1)

    def test_inserts_are_acknowledged_while_the_request_is_open(self):
        self.make_stream("h2i")
        s = self.client.request("POST", "/inserts-stream", '{"target":"h2i"}\n', end=False)
        self.assertEqual(self.client.status(s), 200)
        for i in range(5):
            self.client.data(s, '{"id":%d}\n' % i)
            self.assertEqual(self.client.rows(s, 1), [b'{"seq":%d,"status":"ok"}\n' % i])
        self.client.data(s, "{bad\n")
        self.assertEqual(json.loads(self.client.rows(s)[0])["seq"], 5)

    def test_large_bodies_and_windows(self):
        self.make_stream("h2l")
        count = 3000
        lines = '{"target":"h2l"}\n' + "".join('{"id":%d,"name":"%s"}\n' % (i, "x" * 300) for i in range(count))
        s = self.client.request("POST", "/inserts-stream", lines[:900000])
        self.client.status(s)
        acks = b"".join(self.client.rows(s)).count(b'"ok"')
        self.assertGreater(acks, 2500)

    def test_slow_reader_waits_for_its_window(self):
        self.make_stream("h2s")
        client = Client(self.server.port, window=1000)
        s, query = self.open_push("h2s", client)
        lines = '{"target":"h2s"}\n' + "".join('{"id":%d,"name":"%s"}\n' % (i, "x" * 300) for i in range(2000))
        self.server.request("POST", "/inserts-stream", lines)
        got = b""
        while got.count(b"\n") < 2000:
            client.send(WINDOW, 0, s, struct.pack(">I", 5000))
            got += client.rows(s, 1)[0]
        self.assertEqual([json.loads(x)[0] for x in got.splitlines()], list(range(2000)))
        self.assertIn(query, self.server.queries())
        client.close()

    def test_acknowledgements_pass_windows_of_any_size(self):
        self.make_stream("h2w")
        inserts = '{"target":"h2w"}\n' + "".join('{"id":%d}\n' % i for i in range(20))
        records = '{"value":"eA=="}\n' * 20
        for path, body, ack in (("/inserts-stream", inserts, b'"ok"'), ("/topics/h2w/records", records, b'"offset"')):
            client = Client(self.server.port, window=10)
            s = client.request("POST", path, body)
            self.assertEqual(client.status(s), 200)
            got, flags = b"", 0
            while not flags & END_STREAM:
                kind, flags, payload = client.take(s)
                self.assertEqual(kind, DATA)
                got += payload
                if payload:
                    client.send(WINDOW, 0, s, struct.pack(">I", len(payload)))
            self.assertEqual(got.count(ack), 20, got)
            client.close()

    def test_garbage_harms_nobody(self):
        for junk in (b"\xff" * 100, Client.frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff"),
                     Client.frame(DATA, 0, 1, b"x"), Client.frame(HEADERS, END_HEADERS, 2, b"")):
            s = socket.create_connection(("127.0.0.1", self.server.port))
            s.sendall(PREFACE + junk)
            s.close()
        client = Client(self.server.port)
        big = client.request("GET", "/info", x="y" * 15000)
        self.assertEqual(client.status(big), 200)
        client.close()
        self.assertEqual(self.server.get("/info")[0], 200)

    def test_stop_ends_streams(self):
        from support import Server
        server = Server()
        server.run("CREATE STREAM s (id INT KEY) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
        client = Client(server.port)
        s = client.request("POST", "/query-stream", {"sql": "SELECT * FROM s EMIT CHANGES;"},
                           "application/vnd.ksql.v1+json")
        client.status(s)
        client.rows(s, 1)
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 1.5)
        self.assertIn(b'"errorMessage"', b"".join(client.rows(s)))
        client.close()
        server.clean()


if __name__ == "__main__":
    unittest.main()
