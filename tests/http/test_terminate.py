"""POST /ksql/terminate: what goes, what stays, and what the server says afterwards."""
import json
import unittest

from support import Server

SETUP = """CREATE TYPE pair AS STRUCT<a INT>;
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', partitions=1, value_format='JSON');
CREATE STREAM `it-s` WITH (kafka_topic='odd') AS SELECT * FROM s;
CREATE STREAM kept AS SELECT * FROM s;
CREATE STREAM bar_one WITH (kafka_topic='bar_one') AS SELECT * FROM kept;
CREATE STREAM again (id INT KEY, v INT) WITH (kafka_topic='bar_one', value_format='JSON');
CREATE TABLE counted WITH (kafka_topic='FOO') AS SELECT id, COUNT(*) AS c FROM s GROUP BY id;
CREATE SOURCE TABLE seen (id INT PRIMARY KEY, c BIGINT) WITH (kafka_topic='FOO', value_format='JSON');
INSERT INTO kept SELECT * FROM `it-s`;"""


class Terminate(unittest.TestCase):
    def setUp(self):
        self.server = Server("--override", "ksql.logging.processing.topic.auto.create=true",
                             "--override", "ksql.logging.processing.stream.auto.create=true")

    def tearDown(self):
        self.server.clean()

    def terminate(self, body):
        status, _, answer = self.server.request("POST", "/ksql/terminate", body)
        return status, json.loads(answer)

    def topics(self, server):
        return sorted(t["name"] for t in json.loads(server.get("/topics")[2])["topics"])

    def test_everything_goes_but_topics_that_are_not_listed(self):
        self.server.run(SETUP)
        status, answer = self.terminate({"deleteTopicList": ["FOO", "bar.*", "s", "ep"]})
        self.assertEqual(status, 200, answer)
        self.assertEqual(len(answer), 1)
        self.assertEqual(list(answer[0]), ["@type", "statementText", "commandId", "commandStatus",
                                           "commandSequenceNumber", "warnings"])
        self.assertEqual((answer[0]["@type"], answer[0]["statementText"], answer[0]["commandId"]),
                         ("currentStatus", "TERMINATE CLUSTER;", "cluster/TerminateCluster/terminate"))
        for method, path in (("GET", "/info"), ("GET", "/healthcheck"), ("POST", "/ksql"), ("POST", "/ksql/terminate"),
                             ("GET", "/nope")):
            status, _, body = self.server.request(method, path, {} if method == "POST" else None)
            self.assertEqual((status, json.loads(body)["error_code"]), (503, 50304), path)
        self.assertEqual(self.server.get("/chc/ready")[0], 200)
        self.assertEqual(self.server.stop(), 0)
        again = Server(data=self.server.data)
        try:
            for what, member in (("STREAMS", "streams"), ("TABLES", "tables"), ("QUERIES", "queries")):
                self.assertEqual(again.run("SHOW %s;" % what)[0][member], [], what)
            self.assertEqual(again.run("SHOW TYPES;")[0]["types"], {})
            self.assertEqual([t for t in self.topics(again) if not t.startswith("_")], ["KEPT", "odd", "s"])
        finally:
            again.stop()
            again.clean()

    def test_what_is_refused_changes_nothing(self):
        self.server.run("CREATE STREAM s (id INT KEY) WITH (kafka_topic='s', partitions=1, value_format='JSON');")
        for patterns, message in ((["ok", "a("], "Invalid pattern: a("), (["a)|(b"], "Invalid pattern: a)|(b"),
                                  ([3], "array of strings"), ("x", "must be an array")):
            status, answer = self.terminate({"deleteTopicList": patterns})
            self.assertEqual((status, answer["error_code"]), (400, 40000))
            self.assertIn(message, answer["message"])
        self.assertEqual(len(self.server.run("SHOW STREAMS;")[0]["streams"]), 2)  # with the processing log's

    def test_an_empty_body_deletes_no_topic(self):
        self.server.run(SETUP)
        self.assertEqual(self.server.request("POST", "/ksql/terminate", None)[0], 200)
        self.assertEqual(self.server.stop(), 0)
        again = Server(data=self.server.data)
        try:
            self.assertEqual([t for t in self.topics(again) if not t.startswith("_")], ["FOO", "KEPT", "bar_one", "odd", "s"])
        finally:
            again.stop()
            again.clean()


if __name__ == "__main__":
    unittest.main()
