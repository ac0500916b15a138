"""sluice run: a script without a server."""
import os
import unittest

from shell_support import Directory, run

CREATE = "CREATE STREAM s (id INT KEY, name VARCHAR) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');\n"


class Run(unittest.TestCase):
    def setUp(self):
        self.directory = Directory()

    def tearDown(self):
        self.directory.clean()

    def script(self, text, *words):
        return run("run", *words, self.directory.file("script.sql", text), cwd=self.directory.path)

    def test_ends_when_all_is_processed(self):
        code, out, err = self.script(CREATE + """
            INSERT INTO s (id, name) VALUES (1, 'a');
            INSERT INTO s (id, name) VALUES (2, 'b');
            INSERT INTO s (id, name) VALUES (3, 'a');
            CREATE TABLE counts AS SELECT name, COUNT(*) AS n FROM s GROUP BY name;
            SELECT id, UCASE(name) AS upper FROM s WHERE id > 1 EMIT CHANGES;""")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("\n Message        \n----------------\n Stream created \n----------------\n", out)
        self.assertIn("Created query with ID CTAS_COUNTS_", out)
        rows = [line for line in out.splitlines() if line.startswith("|")]
        self.assertEqual([[cell.strip() for cell in row.strip("|").split("|")] for row in rows],
                         [["ID", "UPPER"], ["2", "B"], ["3", "A"]])

    def test_pull_queries_see_what_came_before_them(self):
        code, out, err = self.script(CREATE + """
            CREATE TABLE counts AS SELECT name, COUNT(*) AS n FROM s GROUP BY name;
            INSERT INTO s (id, name) VALUES (1, 'a');
            INSERT INTO s (id, name) VALUES (2, 'b');
            SELECT * FROM counts WHERE name = 'a';
            INSERT INTO s (id, name) VALUES (3, 'a');
            SELECT n FROM counts WHERE name = 'a';
            SELECT id FROM s LIMIT 2;""")
        self.assertEqual((code, err), (0, ""))
        rows = [line for line in out.splitlines() if line.startswith("|")]
        self.assertEqual([[cell.strip() for cell in row.strip("|").split("|")] for row in rows],
                         [["NAME", "N"], ["a", "1"], ["N"], ["2"], ["ID"], ["1"], ["2"]])

    def test_standard_input(self):
        code, out, err = run("run", "-", text="SHOW STREAMS")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.count("-" * 66 + "\n"), 2)

    def test_in_memory_nothing_stays(self):
        self.assertEqual(self.script(CREATE)[0], 0)
        self.assertEqual(os.listdir(self.directory.path), ["script.sql"])

    def test_data_directory_keeps_everything(self):
        data = os.path.join(self.directory.path, "data")
        self.assertEqual(self.script(CREATE + "INSERT INTO s (id, name) VALUES (7, 'kept');", "--data", data)[0], 0)
        code, out, _ = self.script("SELECT * FROM s EMIT CHANGES;", "--data", data)
        self.assertEqual(code, 0)
        self.assertIn("|7" + " " * 37 + "|kept", out)

    def test_first_failure_ends_the_script_with_its_place(self):
        code, out, err = self.script(CREATE + "\nDROP STREAM nothing;\nSHOW TABLES;")
        self.assertEqual(code, 1)
        self.assertIn("script.sql:3: ", err)
        self.assertNotIn("Table Name", out)

    def test_failure_of_a_query_has_its_place(self):
        code, _, err = self.script("SHOW TABLES;\n\nSELECT *\n FROM nothing EMIT CHANGES;")
        self.assertEqual(code, 1)
        self.assertRegex(err, r"script\.sql:[34]: .*NOTHING does not exist")

    def test_what_does_not_parse_runs_nothing(self):
        code, out, err = self.script("SHOW TABLES;\nSHOW NOTHING;")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("script.sql:2: line 2:6", err)

    def test_variables_and_properties(self):
        code, out, err = self.script(CREATE.replace("STREAM s", "STREAM ${n}") +
                                     "INSERT INTO ${n} (id, name) VALUES (1, 'a'); SELECT * FROM ${n} EMIT CHANGES;",
                                     "-d", "n=named", "--set", "auto.offset.reset=latest")
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn("|a ", out)

    def test_print_and_limit(self):
        code, out, err = self.script(CREATE + """INSERT INTO s (id, name) VALUES (1, 'a');
            SELECT name FROM s EMIT CHANGES LIMIT 1; PRINT 's' FROM BEGINNING;""")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Limit Reached\n", out)
        self.assertIn('key: 1, value: {"NAME":"a"}, partition: 0\n', out)

    def test_json(self):
        code, out, _ = self.script(CREATE + "INSERT INTO s (id, name) VALUES (1, 'a'); SELECT * FROM s EMIT CHANGES;",
                                   "--output", "JSON")
        self.assertEqual(code, 0)
        self.assertIn('"schema" : "`ID` INTEGER, `NAME` STRING"', out)
        self.assertIn('{\n  "row" : {\n    "columns" : [ 1, "a" ]\n  }\n}\n', out)

    def test_bad_use(self):
        self.assertEqual(run("run")[0], 2)
        self.assertEqual(run("run", "--nothing", "x")[0], 2)
        self.assertEqual(run("run", "/nonexistent.sql")[0], 1)
        self.assertEqual(run("run", "--set", "x", "/nonexistent.sql")[0], 1)


if __name__ == "__main__":
    unittest.main()
