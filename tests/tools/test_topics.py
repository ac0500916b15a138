"""sluice topics: its actions, options and messages."""
import re
import unittest

from tools_support import OnDirectory, OnServer


class Topics:
    def names(self, *words):
        r = self.topics("--list", *words)
        self.assertEqual(r.code, 0, r.error)
        return r.lines

    def test_create_describe_delete(self):
        self.create("orders", "--partitions", "2", "--replication-factor", "1", "--config", "cleanup.policy=compact",
                    "--config", "segment.bytes=1073741824")
        r = self.topics("--describe", "--topic", "orders")
        head, *rest = r.text.split("\n")
        self.assertRegex(head, r"^Topic: orders\tTopicId: [A-Za-z0-9_-]{22}\tPartitionCount: 2\tReplicationFactor: 1\t"
                               r"Configs: cleanup\.policy=compact,segment\.bytes=1073741824$")
        self.assertEqual(rest, ["\tTopic: orders\tPartition: %d\tLeader: 0\tReplicas: 0\tIsr: 0" % p for p in (0, 1)] +
                         [""])
        self.assertIn("orders", self.names())
        r = self.topics("--delete", "--topic", "orders")
        self.assertEqual((r.code, r.text, r.error), (0, "", ""))
        self.assertNotIn("orders", self.names())

    def test_options_take_an_equals_sign(self):
        r = self.topics("--create", "--topic=equals", "--partitions=3", "--config=retention.ms=1000")
        self.assertEqual((r.code, r.text), (0, "Created topic equals.\n"), r.error)
        self.assertIn("PartitionCount: 3", self.topics("--describe", "--topic=equals").text)

    def test_create_twice(self):
        self.create("twice")
        r = self.topics("--create", "--topic", "twice")
        self.assertEqual((r.code, r.text), (1, ""))
        self.assertIn("Error while executing topic command : Topic 'twice' already exists.", r.error)
        r = self.topics("--create", "--topic", "twice", "--if-not-exists")
        self.assertEqual((r.code, r.text, r.error), (0, "", ""))

    def test_names_that_may_collide(self):
        r = self.topics("--create", "--topic", "a.b_c")
        self.assertEqual((r.code, r.text), (0, "Created topic a.b_c.\n"))
        self.assertTrue(r.error.startswith("WARNING: "), r.error)

    def test_list_by_pattern(self):
        for name in ("list-1", "list-2", "list-10", "__list"):
            self.create(name) if name[0] != "_" else self.topics("--create", "--topic", name)
        self.assertEqual(self.names("--topic", "list-."), ["list-1", "list-2"])
        self.assertEqual(self.names("--topic", "list-.*|__list"), ["__list", "list-1", "list-10", "list-2"])
        self.assertEqual(self.names("--topic", "list-.*|__list", "--exclude-internal"), ["list-1", "list-10", "list-2"])
        self.assertEqual(self.names("--topic", "nothing.*"), [])
        r = self.topics("--describe", "--topic", "list-.", "--exclude-internal")
        self.assertEqual(len(re.findall("^Topic: ", r.text, re.M)), 2)
        r = self.topics("--delete", "--topic", "list-1.*")
        self.assertEqual((r.code, self.names("--topic", "list-.*")), (0, ["list-2"]))

    def test_bad_pattern(self):
        r = self.topics("--list", "--topic", "a(")
        self.assertEqual(r.code, 1)
        self.assertIn("'a(' is not a regular expression", r.error)

    def test_describe_filters(self):
        self.create("with", "--config", "retention.ms=5000")
        self.create("without")
        r = self.topics("--describe", "--topics-with-overrides", "--topic", "with|without")
        self.assertEqual([line.split("\t")[0] for line in r.lines if line.startswith("Topic")], ["Topic: with"])
        for option in ("--under-replicated-partitions", "--unavailable-partitions"):
            r = self.topics("--describe", option)
            self.assertEqual((r.code, r.text), (0, ""))

    def test_alter(self):
        self.create("alter", "--config", "retention.ms=5000")
        r = self.topics("--alter", "--topic", "alter", "--partitions", "4", "--config", "max.message.bytes=2000000",
                        "--delete-config", "retention.ms")
        self.assertEqual((r.code, r.text, r.error), (0, "", ""))
        text = self.topics("--describe", "--topic", "alter").text
        self.assertIn("PartitionCount: 4\tReplicationFactor: 1\tConfigs: max.message.bytes=2000000\n", text)
        r = self.topics("--alter", "--topic", "alter", "--partitions", "2")
        self.assertEqual(r.code, 1)
        self.assertIn("Error while executing topic command : ", r.error)
        self.assertIn("PartitionCount: 4", self.topics("--describe", "--topic", "alter").text)

    def test_topics_that_do_not_exist(self):
        for action in ("--describe", "--alter", "--delete"):
            r = self.topics(action, "--topic", "nowhere")
            self.assertEqual((r.code, r.text), (1, ""))
            self.assertIn("Topic 'nowhere' does not exist as expected", r.error)
            r = self.topics(action, "--topic", "nowhere", "--if-exists")
            self.assertEqual((r.code, r.text, r.error), (0, "", ""))

    def test_bad_input(self):
        for words, message in (
                ((), "exactly one action"),
                (("--list", "--describe"), "exactly one action"),
                (("--create",), "[topic]"),
                (("--delete",), "[topic]"),
                (("--create", "--topic", "x", "--partitions", "0"), "The partitions must be greater than 0"),
                (("--create", "--topic", "x", "--partitions", "many"), "The partitions must be greater than 0"),
                (("--create", "--topic", "x", "--partitions", "99999999999999999999"), "partitions"),
                (("--create", "--topic", "x", "--replication-factor", "3"), "--replication-factor must be 1"),
                (("--create", "--topic", "x", "--config", "retention.ms"), "KEY=VALUE"),
                (("--create", "--topic", "x", "--config", "retention.ms=soon"), "retention.ms"),
                (("--create", "--topic", "x", "--config", "no.such.setting=1"), "no.such.setting"),
                (("--create", "--topic", "no spaces"), "no spaces"),
                (("--create", "--topic", "a/../../b"), "a/../../b"),
                (("--create", "--topic", "x" * 250), "249"),
                (("--create", "--topic", ""), ""),
                (("--create", "--topic", "x", "y"), "argument"),
                (("--no-such-option",), "no-such-option")):
            r = self.topics(*words)
            self.assertEqual((r.code, r.text), (1, ""), (words, r.text))
            self.assertIn(message, r.error, words)
        self.assertNotIn("x", self.names())

    def test_help_and_version(self):
        self.assertIn("--create", self.topics("--help").text)
        self.assertRegex(self.topics("--version").text, r"^sluice [0-9.]+\n$")

    def test_accepted_options(self):
        r = self.topics("--create", "--topic", "accepted", "--command-config", "/nowhere", "--replica-assignment", "0:0")
        self.assertEqual(r.code, 0, r.error)


class TopicsOnServer(OnServer, Topics, unittest.TestCase):
    def test_a_topic_in_use(self):
        self.create("used")
        status, _, body = self.server.request("POST", "/ksql", {
            "ksql": "CREATE STREAM used (v STRING) WITH (KAFKA_TOPIC='used', VALUE_FORMAT='KAFKA');"})
        self.assertEqual(status, 200, body)
        r = self.topics("--delete", "--topic", "used")
        self.assertEqual(r.code, 1)
        self.assertIn("USED uses the topic 'used'", r.error)


class TopicsOnDirectory(OnDirectory, Topics, unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
