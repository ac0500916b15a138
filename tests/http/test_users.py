"""Basic authentication: who gets in, who does not, what stays open."""
import base64
import json
import os
import tempfile
import unittest

from support import Server, wait_for

USERS = """# people
anna: sesame,admin,user
bert: CRYPT:$6$abcdefgh$msgktWxVAbjjh3X7lA5LaM7dS/ZfABJL6T4qcRsnjcOTj0kptUvZcrvrXIoO5fgPA9xz6UnF2To2Y7jGc/IZY/,user
carl:open:and:shut
dora: x,guest
"""


def header(name, password):
    return "Basic " + base64.b64encode(("%s:%s" % (name, password)).encode()).decode()


class Users(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="sluice-users-")
        cls.file = os.path.join(cls.dir, "users")
        with open(cls.file, "w") as f:
            f.write(USERS)
        cls.server = cls.start("authentication.realm=sluice", "authentication.skip.paths=/metrics,/topics*")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.server.clean()

    @classmethod
    def start(cls, *settings, **more):
        words = []
        for s in ("authentication.method=BASIC", "authentication.credentials.file=" + cls.file, *settings):
            words += ["--override", s]
        return Server(*words, **more)

    def status(self, server=None, **headers):
        return (server or self.server).get("/info", **headers)[0]

    def test_nobody_is_asked_for_a_name(self):
        for headers in ({}, {"Authorization": "Bearer abc"}, {"Authorization": "Basic !!"}, {"Authorization": "Basic"},
                        {"Authorization": header("anna", "wrong")}, {"Authorization": header("nobody", "sesame")},
                        {"Authorization": header("bert", "sesame")}, {"Authorization": header("anna", "")},
                        {"Authorization": header("anna", "sesame2")}):
            status, answered, body = self.server.get("/info", **headers)
            self.assertEqual((status, answered["www-authenticate"]), (401, 'Basic realm="sluice"'), headers)
            self.assertEqual(json.loads(body),
                             {"@type": "generic_error", "error_code": 40100, "message": "Unauthorized"})

    def test_users_get_in_with_plain_and_hashed_passwords(self):
        for name, password in (("anna", "sesame"), ("bert", "geheim"), ("bert", "geheim"), ("carl", "open:and:shut")):
            self.assertEqual(self.status(Authorization=header(name, password)), 200, name)
        self.assertEqual(self.status(Authorization=header("bert", "geheim2")), 401)
        status, _, body = self.server.request("POST", "/ksql", {"ksql": "SHOW STREAMS;"},
                                              {"Authorization": header("bert", "geheim")})
        self.assertEqual((status, json.loads(body)[0]["streams"]), (200, []))

    def test_what_stays_open(self):
        for path in ("/healthcheck", "/v1/metadata", "/v1/metadata/id", "/chc/live", "/chc/ready", "/metrics", "/topics"):
            self.assertEqual(self.server.get(path)[0], 200, path)
        for path in ("/info", "/metricsx", "/nope", "/groups"):
            self.assertEqual(self.server.get(path)[0], 401, path)

    def test_a_body_is_not_read_before_the_user_is_known(self):
        self.assertEqual(self.server.request("POST", "/ksql", {"ksql": "CREATE TYPE t AS INT;"})[0], 401)
        _, _, body = self.server.request("POST", "/ksql", {"ksql": "SHOW TYPES;"},
                                         {"Authorization": header("anna", "sesame")})
        self.assertEqual(json.loads(body)[0]["types"], {})

    def test_the_access_log_names_the_user(self):
        self.server.get("/logged", Authorization=header("anna", "sesame"))
        line = wait_for(lambda: [x for x in self.server.log().splitlines() if "GET /logged " in x], "the line")
        self.assertIn(" user=anna ", line[0])
        self.assertNotIn("sesame", self.server.log())

    def test_roles(self):
        server = self.start("authentication.roles=admin,guest")
        try:
            for name, password, status in (("anna", "sesame", 200), ("dora", "x", 200), ("bert", "geheim", 403),
                                           ("carl", "open:and:shut", 403), ("bert", "x", 401)):
                self.assertEqual(self.status(server, Authorization=header(name, password)), status, name)
            body = json.loads(server.get("/info", Authorization=header("bert", "geheim"))[2])
            self.assertEqual((body["error_code"], body["message"]), (40300, "Forbidden"))
        finally:
            server.stop()
            server.clean()

    def test_a_file_that_cannot_be_used_is_refused_by_line(self):
        for text, expected in (("a: b\nnobody\n", ":2: "), ("a: MD5:xyz\n", ":1: "), ("a: b\n\na: c\n", "twice"),
                               ("# none\n", "names no user"), ("a:\n", "1 to 511")):
            with open(os.path.join(self.dir, "bad"), "w") as f:
                f.write(text)
            server = self.start("authentication.credentials.file=" + f.name, wait=False)
            self.assertNotEqual(server.process.wait(10), 0)
            self.assertIn(expected, server.log())
            server.clean()


if __name__ == "__main__":
    unittest.main()
