"""sluice produce and sluice consume: what goes in comes out, in all the forms that the options give it."""
import os
import signal
import struct
import subprocess
import unittest

from tools_support import BINARY, DEADLINE, OnDirectory, OnServer, Server, tool, wait_for

KEYED = ("--property", "parse.key=true", "--property", "key.separator=:")
SHOW_KEY = ("--property", "print.key=true")


class Records:
    def test_lines(self):
        self.create("lines")
        self.feed("lines", "one\n\ntwo, with a comma\r\nlast without an end")
        r = self.everything("lines")
        self.assertEqual((r.code, r.out), (0, b"one\n\ntwo, with a comma\nlast without an end\n"))
        self.assertIn("Processed a total of 4 messages", r.error)

    def test_nothing(self):
        self.create("nothing")
        self.feed("nothing", "")
        r = self.everything("nothing")
        self.assertEqual((r.code, r.text), (0, ""))
        self.assertRegex(r.error, r"(?s)^Error processing message.*Processed a total of 0 messages\n$")

    def test_bytes_are_kept(self):
        self.create("bytes")
        raw = bytes(b for b in range(256) if b not in (10, 13))
        self.feed("bytes", raw + b"\n" + raw[::-1] + b"\n")
        self.assertEqual(self.everything("bytes").out, raw + b"\n" + raw[::-1] + b"\n")

    def test_many_and_long_lines(self):
        self.create("many", "--config", "max.message.bytes=4000000")
        text = "".join("%d %s\n" % (i, "x" * (i % 300)) for i in range(30000)) + "y" * 3000000 + "\n"
        self.feed("many", text)
        r = self.everything("many", "--max-messages", "30001")
        self.assertTrue(r.text == text, len(r.text))

    def test_keys(self):
        self.create("keys")
        self.feed("keys", "k1:v1\nk2:v2:more\n:empty key\nk4:\n", *KEYED)
        r = self.everything("keys", *SHOW_KEY, "--max-messages", "4")
        self.assertEqual(r.text, "k1\tv1\nk2\tv2:more\n\tempty key\nk4\t\n")
        r = self.everything("keys", *SHOW_KEY, "--property", "print.value=false", "--max-messages", "2")
        self.assertEqual(r.text, "k1\nk2\n")

    def test_separators(self):
        self.create("separators")
        self.feed("separators", "a\tb\n", "--property", "parse.key=true")
        self.feed("separators", "c=>d=>e\n", "--reader-property", "parse.key=true", "--reader-property",
                  "key.separator==>")
        r = self.everything("separators", *SHOW_KEY, "--property", "key.separator= | ", "--property",
                            "line.separator=;", "--max-messages", "2")
        self.assertEqual(r.text, "a | b;c | d=>e;")

    def test_a_line_without_separator(self):
        self.create("faulty")
        r = self.produce("faulty", "k1:v1\nk2:v2\nno separator\nk4:v4\n", *KEYED)
        self.assertEqual(r.code, 1)
        self.assertIn("No key separator found on line number 3: 'no separator'", r.error)
        self.assertEqual(self.everything("faulty").text, "v1\nv2\n")
        self.feed("faulty", "no separator\n", *KEYED, "--property", "ignore.error=true")
        r = self.consume("faulty", "--partition", "0", "--offset", "2", "--max-messages", "1", *SHOW_KEY)
        self.assertEqual(r.text, "null\tno separator\n")

    def test_headers(self):
        self.create("headers")
        self.feed("headers", "h1:v1,h2:v:2\tk\tv\n\tk2\tno headers\n", "--property", "parse.headers=true", "--property",
                  "parse.key=true")
        r = self.everything("headers", *SHOW_KEY, "--property", "print.headers=true", "--max-messages", "2")
        self.assertEqual(r.text, "h1:v1,h2:v:2\tk\tv\nNO_HEADERS\tk2\tno headers\n")
        self.feed("headers", "a=1;b=2|v\n", *("--property", "parse.headers=true", "--property", "headers.delimiter=|",
                                              "--property", "headers.separator=;", "--property",
                                              "headers.key.separator=="))
        r = self.consume("headers", "--partition", "0", "--offset", "2", "--max-messages", "1", "--property",
                         "print.headers=true", "--property", "headers.separator=+")
        self.assertEqual(r.text, "a:1+b:2\tv\n")
        r = self.produce("headers", "broken\tv\n", "--property", "parse.headers=true")
        self.assertEqual(r.code, 1)
        self.assertIn("No header key separator found on line number 1", r.error)
        r = self.produce("headers", "v\n", "--property", "parse.headers=true", "--property", "headers.separator=:")
        self.assertEqual(r.code, 1)
        self.assertIn("must be different", r.error)

    def test_nulls(self):
        self.create("nulls")
        self.feed("nulls", "k1:NIL\nNIL:v2\nk3:not NIL\n", *KEYED, "--property", "null.marker=NIL")
        r = self.everything("nulls", *SHOW_KEY, "--max-messages", "3")
        self.assertEqual(r.text, "k1\tnull\nnull\tv2\nk3\tnot NIL\n")
        r = self.everything("nulls", *SHOW_KEY, "--property", "null.literal=<none>", "--max-messages", "1")
        self.assertEqual(r.text, "k1\t<none>\n")

    def test_every_part_in_order(self):
        self.create("parts")
        self.feed("parts", "k:v\n", *KEYED)
        flags = [w for p in ("timestamp", "partition", "offset", "headers", "key", "value")
                 for w in ("--formatter-property", "print.%s=true" % p)]
        r = self.everything("parts", *flags, "--max-messages", "1")
        self.assertRegex(r.text, r"^CreateTime:\d{13}\tPartition:0\tOffset:0\tNO_HEADERS\tk\tv\n$")

    def test_log_append_time(self):
        self.create("appended", "--config", "message.timestamp.type=LogAppendTime")
        self.feed("appended", "v\n")
        r = self.everything("appended", "--property", "print.timestamp=true", "--max-messages", "1")
        self.assertRegex(r.text, r"^LogAppendTime:\d{13}\tv\n$")

    def test_partitions_by_key(self):
        self.create("spread", "--partitions", "4")
        self.feed("spread", "".join("k%d:%d\n" % (i % 20, i) for i in range(200)), *KEYED)
        of_key, seen = {}, []
        for p in range(4):
            r = self.consume("spread", "--partition", str(p), "--offset", "earliest", "--timeout-ms", "300", *SHOW_KEY)
            for line in r.lines:
                key, value = line.split("\t")
                self.assertEqual(of_key.setdefault(key, p), p)
                seen.append(int(value))
        self.assertEqual((sorted(seen), len(of_key)), (list(range(200)), 20))
        self.assertGreater(len(set(of_key.values())), 1)

    def test_offsets(self):
        self.create("offsets")
        self.feed("offsets", "".join("%d\n" % i for i in range(10)))
        for words, expected in ((("--offset", "7"), "7\n8\n9\n"), (("--offset", "earliest"), "0\n1\n2\n"),
                                (("--offset", "4"), "4\n5\n6\n")):
            r = self.consume("offsets", "--partition", "0", *words, "--max-messages", "3")
            self.assertEqual((r.code, r.text), (0, expected))
        for words in (("--offset", "latest"), ("--offset", "1000"), ()):
            r = self.consume("offsets", "--partition", "0", *words, "--timeout-ms", "200")
            self.assertEqual((r.code, r.text), (0, ""))

    def test_max_messages(self):
        self.create("some")
        self.feed("some", "1\n2\n3\n")
        for n, expected in (("0", ""), ("1", "1\n"), ("3", "1\n2\n3\n")):
            r = self.consume("some", "--from-beginning", "--max-messages", n)
            self.assertEqual((r.code, r.text), (0, expected))
            self.assertIn("Processed a total of %s messages" % n, r.error)

    def test_groups(self):
        self.create("shared", "--partitions", "3")
        self.feed("shared", "".join("k%d:%d\n" % (i, i) for i in range(30)), *KEYED)
        group = ("--group", "readers of ümläuts/…", "--from-beginning")
        seen = []
        for n in ("7", "11", "12"):
            r = self.consume("shared", *group, "--max-messages", n)
            self.assertEqual(r.code, 0, r.error)
            seen += r.lines
        self.assertEqual(sorted(seen, key=int), [str(i) for i in range(30)])
        self.feed("shared", "k:new\n", *KEYED)
        r = self.consume("shared", *group, "--timeout-ms", "300")
        self.assertEqual(r.lines, ["new"])
        r = self.consume("shared", "--from-beginning", "--group", "another", "--max-messages", "31")
        self.assertEqual(len(r.lines), 31)

    def test_include(self):
        for name in ("many-a", "many-b", "other"):
            self.create(name)
            self.feed(name, name + "\n")
        r = self.include("many-.", "--from-beginning", "--max-messages", "2")
        self.assertEqual((r.code, sorted(r.lines)), (0, ["many-a", "many-b"]), r.error)
        r = self.include("many-.", "--from-beginning", "--timeout-ms", "300")
        self.assertEqual((r.code, sorted(r.lines)), (0, ["many-a", "many-b"]), r.error)
        r = self.include("nothing-.*", "--from-beginning")
        self.assertEqual(r.code, 1)
        self.assertIn("No topic matches 'nothing-.*'", r.error)

    def include(self, pattern, *words):
        return tool("consume", "--include", pattern, *words, *self.where)

    def test_deserializers(self):
        self.create("numbers")
        self.feed("numbers", struct.pack(">i", 77) + b":" + struct.pack(">d", 2.5) + b"\n", *KEYED)
        name = "org.apache.kafka.common.serialization.%sDeserializer"
        for words in (("--key-deserializer", name % "Integer", "--value-deserializer", name % "Double"),
                      ("--property", "key.deserializer=" + name % "Integer", "--property",
                       "value.deserializer=" + name % "Double")):
            r = self.everything("numbers", *SHOW_KEY, *words, "--max-messages", "1")
            self.assertEqual(r.text, "77\t2.5\n")
        r = self.everything("numbers", "--value-deserializer", "my.OwnDeserializer")
        self.assertEqual(r.code, 1)

    def test_a_missing_topic_is_made_by_the_producer(self):
        r = self.produce("made", "v\n")
        self.assertEqual((r.code, r.text), (0, ""))
        self.assertIn("WARNING: topic 'made'", r.error)
        self.assertEqual(self.everything("made", "--max-messages", "1").text, "v\n")
        r = self.consume("not-made", "--from-beginning")
        self.assertEqual(r.code, 1)
        self.assertIn("'not-made'", r.error)

    def test_records_that_are_refused(self):
        self.create("compacted", "--config", "cleanup.policy=compact")
        r = self.produce("compacted", "no key\n")
        self.assertEqual(r.code, 1)
        self.assertIn("Line 1 was not written", r.error)
        self.create("small", "--config", "max.message.bytes=1000")
        r = self.produce("small", "fits\n" + "x" * 2000 + "\nafter\n")
        self.assertEqual(r.code, 1)
        self.assertIn("Line 2 was not written", r.error)
        self.assertEqual(self.everything("small").text, "fits\n")

    def test_accepted_options(self):
        self.create("tuned")
        self.feed("tuned", "v\n", "--sync", "--batch-size", "100", "--timeout", "10", "--request-required-acks", "all",
                  "--compression-codec", "--message-send-max-retries", "1", "--retry-backoff-ms", "1", "--max-block-ms",
                  "1", "--producer-property", "a=b", "--command-property", "a=b", "--producer.config", "/nowhere",
                  "--command-config", "/nowhere", "--compression-codec=zstd")
        r = self.everything("tuned", "--isolation-level", "read_committed", "--skip-message-on-error",
                            "--consumer-property", "a=b", "--consumer.config", "/nowhere", "--formatter", "f",
                            "--enable-systest-events", "--max-messages", "1")
        self.assertEqual((r.code, r.text), (0, "v\n"), r.error)

    def test_bad_input(self):
        self.create("bad")
        for words, message in (
                (("--offset", "3"), "--offset needs --partition"),
                (("--offset", "3", "--partition", "0", "--from-beginning"), "--from-beginning"),
                (("--offset", "soon", "--partition", "0"), "--offset"),
                (("--partition", "0", "--group", "g"), "--group"),
                (("--partition", "one"), "--partition"),
                (("--partition", "1"), "between 0 and 0"),
                (("--include", "x"), "exactly one"),
                (("--max-messages", "few"), "few"),
                (("--timeout-ms", "-5"), "-5"),
                (("--isolation-level", "none"), "read_committed"),
                (("--property", "print.everything=true"), "print.everything"),
                (("--no-such-option",), "no-such-option"),
                (("word",), "argument")):
            r = self.consume("bad", *words)
            self.assertEqual((r.code, r.text), (1, ""), words)
            self.assertIn(message, r.error)
        for words, message in ((("--property", "parse.everything=true"), "parse.everything"),
                               (("--property", "key.separator="), "key.separator"), (("word",), "argument")):
            r = self.produce("bad", "v\n", *words)
            self.assertEqual((r.code, r.text), (1, ""), words)
            self.assertIn(message, r.error)
        self.assertEqual(self.produce("no/such name", "v\n").code, 1)

    def test_a_signal_ends_it_well(self):
        self.create("signalled")
        self.feed("signalled", "1\n2\n")
        for which in (signal.SIGINT, signal.SIGTERM):
            group = "group-%d" % which
            p = subprocess.Popen([BINARY, "consume", "--topic", "signalled", "--from-beginning", "--group", group,
                                  *self.where], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(p.stdout.readline() + p.stdout.readline(), b"1\n2\n")
            p.send_signal(which)
            out, err = p.communicate(timeout=DEADLINE)
            self.assertEqual((p.returncode, out), (0, b""), err)
            self.assertIn(b"Processed a total of 2 messages", err)
            r = self.consume("signalled", "--from-beginning", "--group", group, "--timeout-ms", "200")
            self.assertEqual(r.text, "")


class RecordsOnServer(OnServer, Records, unittest.TestCase):
    def test_what_comes_is_shown_at_once(self):
        self.create("live")
        reader = subprocess.Popen([BINARY, "consume", "--topic", "live", "--from-beginning", *self.where],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        writer = subprocess.Popen([BINARY, "produce", "--topic", "live", *self.where], stdin=subprocess.PIPE)
        for line in (b"first\n", b"second\n"):
            writer.stdin.write(line)
            writer.stdin.flush()
            self.assertEqual(reader.stdout.readline(), line)
        writer.stdin.close()
        self.assertEqual(writer.wait(DEADLINE), 0)
        reader.kill()
        reader.communicate()

    def test_the_server_goes_away(self):
        server = Server()
        self.addCleanup(server.clean)
        where = ("--server", "127.0.0.1:%d" % server.port)
        p = subprocess.Popen([BINARY, "produce", "--topic", "gone", *where], stdin=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        p.stdin.write(b"1\n")
        p.stdin.flush()
        wait_for(lambda: server.get("/topics/gone")[0] == 200, "the topic")
        server.stop(signal.SIGKILL)
        _, err = p.communicate(b"2\n", timeout=DEADLINE)
        self.assertEqual(p.returncode, 1)
        self.assertRegex(err.decode(), r"The connection to http://127\.0\.0\.1:\d+ failed")

    def test_a_closed_pipe(self):
        self.create("piped")
        self.feed("piped", "line\n" * 100000)
        words = [os.path.abspath(BINARY), "consume", "--topic", "piped", "--from-beginning", *self.where]
        p = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.readline()
        p.stdout.close()
        self.assertEqual(p.wait(DEADLINE), 0)
        p.stderr.close()


class RecordsOnDirectory(OnDirectory, Records, unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
