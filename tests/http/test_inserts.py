"""/inserts-stream: targets, framings, acknowledgements, rows that fail."""
import json
import unittest

from support import EARLIEST, ServerCase, wait_for


class Inserts(ServerCase):
    def post(self, *lines, accept=None, end="\n"):
        body = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines) + end
        return self.server.request("POST", "/inserts-stream", body, {"Accept": accept} if accept else {})

    def rows(self, name, limit):
        text = "SELECT * FROM %s EMIT CHANGES LIMIT %d;" % (name, limit)
        body = self.server.request("POST", "/query-stream", {"sql": text, "properties": EARLIEST})[2]
        return [json.loads(x) for x in body.splitlines()[1:]]

    def test_rows_are_written_and_acknowledged(self):
        self.make_stream("i1")
        status, headers, body = self.post({"target": "i1"}, {"id": 1, "name": "a"}, {"`ID`": 2}, {"ID": 3, "x": 1}, end="")
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "application/vnd.ksqlapi.delimited.v1")
        self.assertEqual(body, b"".join(b'{"seq":%d,"status":"ok"}\n' % i for i in range(3)))
        self.assertEqual(self.rows("i1", 3), [[1, "a"], [2, None], [3, None]])

    def test_array_framing(self):
        self.make_stream("i2")
        json_type = "application/json"
        status, headers, body = self.post({"target": "`I2`"}, {"ID": 1}, {"ID": 2}, accept=json_type)
        self.assertEqual((status, headers["content-type"]), (200, json_type))
        self.assertEqual(body, b'[{"seq":0,"status":"ok"},{"seq":1,"status":"ok"}]')
        self.assertEqual(self.post({"target": "I2"}, accept=json_type)[2], b"[]")
        self.assertEqual(self.post({"target": "I2"}, accept="text/html")[0], 406)

    def test_targets(self):
        self.server.run("CREATE TYPE nothing AS INTEGER;")
        for line, code, text in (({"target": "nix"}, 40001, "Cannot insert values into an unknown stream/table: `NIX`"),
                                 ({"target": "a b"}, 40001, "Invalid target name: a b"), ({}, 40000, "'target' (index 0)"),
                                 ("{", 40000, "Invalid JSON in request"), ("", 40000, "'target' (index 0)"),
                                 ({"target": "nix", "properties": {"y": 1}}, 40000, "'y'")):
            status, _, body = self.post(line, {"ID": 1})
            if line == "":
                continue
            self.assertEqual((status, json.loads(body)["error_code"]), (400, code), body)
            self.assertIn(text, json.loads(body)["message"])
        self.assertEqual(json.loads(self.post(end="")[2])["error_code"], 40000)

    def test_first_bad_row_ends_it(self):
        self.make_stream("i3")
        for row, text in (("{", "Invalid JSON in inserts stream"), ({"name": "x"}, "Key field must be specified: ID"),
                          ({"id": "x"}, "Can't coerce a field of type String into type INTEGER"),
                          ([1], "Invalid JSON in inserts stream")):
            status, _, body = self.post({"target": "i3"}, {"id": 1}, row, {"id": 2})
            lines = body.splitlines()
            self.assertEqual((status, lines[0], len(lines)), (200, b'{"seq":0,"status":"ok"}', 2), body)
            error = json.loads(lines[1])
            self.assertEqual(list(error), ["@type", "error_code", "message", "seq", "status"])
            self.assertEqual((error["@type"], error["error_code"], error["message"], error["seq"], error["status"]),
                             ("InsertError", 40000, text, 1, "error"))
        body = self.post({"target": "i3"}, {"id": 1}, "{", accept="application/json")[2]
        self.assertEqual([x["status"] for x in json.loads(body)], ["ok", "error"])

    def test_long_line_is_refused(self):
        self.make_stream("i4")
        status, _, body = self.post({"target": "i4"}, {"id": 1, "name": "x" * (1 << 20)})
        self.assertEqual(status, 200)
        self.assertIn("longer than", json.loads(body)["message"])

    def test_chunked_body_is_written_as_it_comes(self):
        self.make_stream("i5")
        s = self.server.raw("POST /inserts-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        push = self.server.open_stream("/query-stream", {"sql": "SELECT * FROM i5 EMIT CHANGES;"})
        push.chunk()
        for piece in (b'{"target":"i5"}\n{"id":1,', b'"name":"a"}\n'):
            s.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.assertEqual(push.chunk(), b'[1,"a"]\n')  # the request goes on
        s.sendall(b"0\r\n\r\n")
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += s.recv(4096)
        self.assertIn(b'{"seq":0,"status":"ok"}\n', data)
        s.close()
        push.close()

    def test_client_that_leaves_in_the_middle_harms_nobody(self):
        self.make_stream("i6")
        s = self.server.raw("POST /inserts-stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
                            '{"target":"i6"}\n{"id":1}\n{"id"')
        s.close()
        wait_for(lambda: self.server.run("DESCRIBE i6;"), "the server")
        self.assertEqual(self.server.get("/info")[0], 200)


class Durable(Inserts):
    """The same when an acknowledgement means that the row is synced."""
    words = ("--override", "log.flush=always")


if __name__ == "__main__":
    unittest.main()
