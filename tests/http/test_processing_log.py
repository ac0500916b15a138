#!/usr/bin/env python3
"""The processing log (cli.md 12): its topic and stream, what stands in it, and that a kill neither loses nor repeats."""
import base64
import json
import signal
import unittest

from support import Server

LOG = ["--override", "ksql.logging.processing.topic.auto.create=true",
       "--override", "ksql.logging.processing.stream.auto.create=true",
       "--override", "ksql.streams.auto.offset.reset=earliest"]
ROWS = ["--override", "ksql.logging.processing.rows.include=true"]
SOURCE = "CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);"
# The same topic as text: writes what S cannot read.
RAW = "CREATE STREAM RAW (K STRING KEY, V STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='KAFKA');"
QUERY = "CREATE STREAM OUT AS SELECT K, 10 / A AS Q FROM S;"


class ProcessingLog(unittest.TestCase):
    def start(self, *words, **more):
        server = Server(*words, **more)
        self.addCleanup(server.clean)
        return server

    def entries(self, server, count):
        """The first entries, as the stream over the log gives them."""
        status, _, body = server.request("POST", "/query-stream", {
            "sql": "SELECT LOGGER, LEVEL, TIME, MESSAGE FROM KSQL_PROCESSING_LOG EMIT CHANGES LIMIT %d;" % count,
            "properties": {"auto.offset.reset": "earliest"}})
        self.assertEqual(status, 200, body)
        return [json.loads(line) for line in body.splitlines() if line.startswith(b"[")]

    def test_a_bad_record_can_be_selected(self):
        server = self.start(*LOG, *ROWS)
        server.run(SOURCE + RAW + QUERY)
        server.run("INSERT INTO RAW (K, V) VALUES ('k', 'no json'); INSERT INTO S (K, A) VALUES ('k', 0);")
        first, second = self.entries(server, 2)
        self.assertRegex(first[0], r"^processing\.CSAS_OUT_\d+\.KsqlTopic\.Source\.deserializer$")
        self.assertEqual(first[1], "ERROR")
        message = first[3]
        self.assertEqual(message["type"], 0)
        error = message["deserializationError"]
        self.assertEqual(error["target"], "value")
        self.assertEqual(error["topic"], "t")
        self.assertEqual(base64.b64decode(error["recordB64"]), b"no json")
        self.assertTrue(error["errorMessage"])
        self.assertEqual([k for k, v in message.items() if v is not None], ["type", "deserializationError"])
        self.assertRegex(second[0], r"^processing\.CSAS_OUT_\d+\.Project$")
        error = second[3]["recordProcessingError"]
        self.assertIn("Error computing expression (A", error["errorMessage"].replace("(10 / A", "(A"))
        self.assertEqual(json.loads(error["record"])[:2], ["k", 0])
        self.assertTrue(error["cause"])

    def test_rows_stay_out_unless_asked_for(self):
        server = self.start(*LOG)
        server.run(SOURCE + RAW + QUERY)
        server.run("INSERT INTO RAW (K, V) VALUES ('k', 'no json'); INSERT INTO S (K, A) VALUES ('k', 0);")
        first, second = self.entries(server, 2)
        self.assertIsNone(first[3]["deserializationError"]["recordB64"])
        self.assertIsNone(second[3]["recordProcessingError"]["record"])

    def test_without_the_settings_there_is_neither_topic_nor_stream(self):
        server = self.start()
        self.assertEqual(server.run("SHOW STREAMS;")[0]["streams"], [])
        self.assertEqual([t["name"] for t in server.run("SHOW ALL TOPICS;")[0]["topics"]], [])

    def test_names_and_partitions_come_from_the_settings(self):
        server = self.start(*LOG, "--override", "ksql.logging.processing.topic.name=errors",
                            "--override", "ksql.logging.processing.topic.partitions=3",
                            "--override", "ksql.logging.processing.stream.name=ERRORS")
        self.assertEqual([(s["name"], s["topic"]) for s in server.run("SHOW STREAMS;")[0]["streams"]],
                         [("ERRORS", "errors")])
        topic = [t for t in server.run("SHOW TOPICS;")[0]["topics"] if t["name"] == "errors"][0]
        self.assertEqual(len(topic["replicaInfo"]), 3)

    def test_a_kill_neither_loses_nor_repeats_entries(self):
        server = self.start(*LOG, *ROWS, "--override", "log.flush=always")
        server.run(SOURCE + RAW + QUERY)
        server.run("".join("INSERT INTO RAW (K, V) VALUES ('k', 'bad %d');" % i for i in range(20)))
        self.entries(server, 10)
        server.stop(signal.SIGKILL)
        again = self.start(*LOG, *ROWS, "--override", "log.flush=always", data=server.data)
        again.run("INSERT INTO RAW (K, V) VALUES ('k', 'bad 20');")
        shown = [e[3]["deserializationError"]["recordB64"] for e in self.entries(again, 21)]
        self.assertEqual([base64.b64decode(v).decode() for v in shown], ["bad %d" % i for i in range(21)])

    def test_a_query_that_fails_leaves_its_reason(self):
        server = self.start(*LOG)
        server.run(SOURCE + RAW)
        server.run(QUERY, {"ksql.fail.on.deserialization.error": "true"})
        server.run("CREATE STREAM FINE AS SELECT * FROM S;")
        server.run("INSERT INTO RAW (K, V) VALUES ('k', 'no json'); INSERT INTO S (K, A) VALUES ('k', 1);")
        kinds = sorted(e[3]["type"] for e in self.entries(server, 3))
        self.assertEqual(kinds, [0, 0, 4])  # both queries met the record, one died of it
        states = {q["id"].split("_")[1]: q["state"] for q in server.run("SHOW QUERIES;")[0]["queries"]}
        self.assertEqual(states, {"OUT": "ERROR", "FINE": "RUNNING"})


if __name__ == "__main__":
    unittest.main()
