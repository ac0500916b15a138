"""User functions as their writers and operators meet them: the installed header, the example, objects that are broken, of
another version, or gone for a while."""
import os
import shutil
import subprocess
import tempfile
import unittest

from support import BINARY, Server, wait_for

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
STRANGER = """
#include <sluice_udf.h>
SLUICE_EXPORT const sluice_library sluice_functions = {.version = SLUICE_UDF_VERSION + 6};
"""


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more).stdout


class UserFunctions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="sluice-udf-")
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.include = os.path.join(cls.work, "usr", "include")
        # What is built is installed as it is: this process's make flags and build directory are those of the tests.
        build = os.path.dirname(os.path.abspath(BINARY))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        run("make", "-C", ROOT, "--no-print-directory", "--old-file=all", f"BUILD={build}", f"DESTDIR={cls.work}", "PREFIX=/usr",
            "install", env=environment)
        cls.example = os.path.join(cls.work, "udf")
        shutil.copytree(os.path.join(ROOT, "examples", "udf"), cls.example, ignore=shutil.ignore_patterns("ext"))
        cls.printed = run("make", "-C", cls.example, f"SLUICE_INCLUDE={cls.include}", f"SLUICE={cls.work}/usr/bin/sluice",
                          "run", env=environment)
        cls.object = os.path.join(cls.example, "ext", "weather.so")

    def start(self, data, extensions):
        server = Server("--extensions", extensions, data=data)
        self.addCleanup(server.clean)
        return server

    def directories(self):
        found = [tempfile.mkdtemp(prefix="sluice-udf-") for _ in range(2)]
        for path in found:
            self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return found

    def test_the_example_builds_against_the_installed_header_and_runs(self):
        for text in ("52.7", "clouds", "SPREAD"):
            self.assertIn(text, self.printed)

    def test_what_cannot_be_loaded_is_named_and_the_server_starts(self):
        data, extensions = self.directories()
        shutil.copy(self.object, extensions)
        with open(os.path.join(extensions, "broken.so"), "wb") as f:
            f.write(b"\x7fELF and nothing more")
        source = os.path.join(extensions, "stranger.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write(STRANGER)
        run(os.environ.get("CC", "cc"), "-std=c11", f"-I{self.include}", "-fPIC", "-shared", "-o",
            os.path.join(extensions, "stranger.so"), source)
        server = self.start(data, extensions)
        refused = [line for line in server.log().splitlines() if "functions.refused" in line]
        self.assertEqual(len(refused), 2, refused)
        self.assertIn("broken.so", refused[0])
        self.assertIn("stranger.so", refused[1])
        self.assertIn("version 7", refused[1])
        names = {row["name"] for row in server.run("SHOW FUNCTIONS;")[0]["functions"]}
        self.assertLessEqual({"FAHRENHEIT", "WORDS", "SPREAD", "ABS"}, names)
        self.assertEqual(server.run("DESCRIBE FUNCTION fahrenheit;")[0]["path"].split("/")[-1], "weather.so")

    def values(self, server):
        """Fahrenheit values of OUT, once there are as many as rows in IN."""
        answer = server.request("POST", "/query", {"ksql": "SELECT f FROM hot;", "streamsProperties": {}})[2]
        return [part for part in answer.decode().split('"columns":[')[1:]]

    def test_a_query_recovers_when_its_object_is_back(self):
        data, extensions = self.directories()
        kept = shutil.copy(self.object, extensions)
        server = self.start(data, extensions)
        server.run("CREATE STREAM cold (id INT KEY, c DOUBLE) WITH (kafka_topic='cold', partitions=1, value_format='JSON');"
                   "CREATE STREAM hot AS SELECT id, FAHRENHEIT(c) AS f FROM cold;"
                   "INSERT INTO cold VALUES (1, 100.0);")
        wait_for(lambda: len(self.values(server)) == 1, "the first result")
        self.assertEqual(server.stop(), 0)

        os.rename(kept, kept + ".away")
        server = self.start(data, extensions)
        query = server.run("SHOW QUERIES;")[0]["queries"][0]
        self.assertEqual(query["state"], "ERROR")
        self.assertIn("FAHRENHEIT", server.log())
        server.run("INSERT INTO cold VALUES (2, 0.0);")
        self.assertEqual(server.run("SHOW STREAMS;")[0]["@type"], "streams")
        self.assertEqual(server.stop(), 0)

        os.rename(kept + ".away", kept)
        server = self.start(data, extensions)
        wait_for(lambda: len(self.values(server)) == 2, "both results")
        self.assertEqual(server.run("SHOW QUERIES;")[0]["queries"][0]["state"], "RUNNING")
        self.assertEqual([v.split("]")[0] for v in self.values(server)], ["212.0", "32.0"])


if __name__ == "__main__":
    unittest.main()
