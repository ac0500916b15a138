"""The shell without a terminal: -e, -f, piped input, options, exit codes, layout of answers."""
import os
import unittest

from shell_support import Directory, Server, run

CREATE = "CREATE STREAM %s (id INT KEY, name VARCHAR) WITH (KAFKA_TOPIC='%s', PARTITIONS=1, VALUE_FORMAT='JSON');"


class Script(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.home = Directory()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()
        cls.home.clean()

    def shell(self, *words, **options):
        return run("shell", *words, self.server.url, home=self.home.path, **options)

    def execute(self, sql, *words):
        code, out, err = self.shell(*words, "-e", sql)
        self.assertEqual((code, err), (0, ""))
        return out

    # ---- -e and -f ----

    def test_empty_list_has_header_and_two_rules(self):
        self.assertEqual(self.execute("SHOW TABLES;"),
                         "\n Table Name | Kafka Topic | Key Format | Value Format | Windowed \n" + "-" * 65 + "\n" +
                         "-" * 65 + "\n")

    def test_missing_end_of_statement_is_added(self):
        self.assertIn("Table Name", self.execute("SHOW TABLES"))

    def test_answers_of_several_statements_carry_their_text(self):
        self.assertIn("\nSHOW TABLES;\n Table Name", self.execute("SHOW TABLES; SHOW TOPICS;"))

    def test_execute_wins_over_file(self):
        self.assertIn("Table Name", self.execute("SHOW TABLES;", "-f", "/nonexistent"))

    def test_missing_script(self):
        code, out, err = self.shell("-f", "/nonexistent.sql")
        self.assertEqual((code, out, err), (255, "", "No such script file: /nonexistent.sql\n"))

    def test_pull_queries(self):
        out = self.execute(CREATE % ("p1", "p1") + """
            CREATE SOURCE TABLE p2 (id INT PRIMARY KEY) WITH (KAFKA_TOPIC='p2', PARTITIONS=1, VALUE_FORMAT='JSON');
            INSERT INTO p1 (id, name) VALUES (1, 'a'); INSERT INTO p1 (id, name) VALUES (2, 'b');
            SELECT name FROM p1 WHERE id > 1; SELECT id FROM p1 LIMIT 1; SELECT * FROM p2 WHERE id = 7;""")
        rule = "+" + "-" * 78 + "+\n"
        row = lambda text: "|" + text.ljust(78) + "|\n"
        self.assertIn(rule + row("NAME") + rule + row("b") + "Query Completed\nQuery terminated\n", out)
        self.assertIn(rule + row("ID") + rule + row("1") + "Limit Reached\nQuery terminated\n", out)
        self.assertTrue(out.endswith(rule + row("ID") + rule + "Query terminated\n"), out)
        self.assertIn("CST_P2_", self.execute("SHOW QUERIES;"))

    def test_file_with_everything_in_it(self):
        path = self.home.file("all.sql", "-- a comment; with an end\n" + CREATE % ("f1", "f1") + """
            SET 'auto.offset.reset' = 'earliest';
            INSERT INTO f1 (id, name) VALUES (1, 'semi;colon');
            INSERT INTO f1 (id, name) VALUES (2, 'it''s');
            SELECT * FROM f1 EMIT CHANGES LIMIT 2;
            PRINT 'f1' FROM BEGINNING LIMIT 1;
            SHOW TABLES;""")
        code, out, err = self.shell("-f", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Stream created", out)
        self.assertIn("Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to "
                      "revert your change.\n", out)
        self.assertIn("|1" + " " * 37 + "|semi;colon" + " " * 28 + "|\n|2" + " " * 37 + "|it's" + " " * 34 + "|\n"
                      "Limit Reached\nQuery terminated\n", out)
        self.assertIn('value: {"NAME":"semi;colon"}, partition: 0\nTopic printing ceased\n', out)
        self.assertTrue(out.endswith("-" * 65 + "\n"), out)

    # ---- exit codes and errors ----

    def test_server_side_error_is_printed_and_the_rest_runs(self):
        code, out, err = self.shell("-e", "SELECT * FROM nothing EMIT CHANGES; SHOW TABLES;")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("NOTHING does not exist.", out.splitlines()[0])
        self.assertNotIn("Query terminated", out)
        self.assertNotIn("\x1b", out)
        self.assertIn("Table Name", out)

    def test_exit_on_error_stops_at_the_first(self):
        code, out, _ = self.shell("--exit-on-error", "-e", "SELECT * FROM nothing EMIT CHANGES; SHOW TABLES;")
        self.assertEqual(code, 1)
        self.assertNotIn("Table Name", out)

    def test_what_does_not_parse_runs_nothing_and_exits_255(self):
        path = self.home.file("bad.sql", "SHOW TABLES;\n\n  SHOW NOTHING;\n")
        code, out, _ = self.shell("-f", path)
        self.assertEqual(code, 255)
        self.assertIn("line 3:8", out)
        self.assertNotIn("Table Name", out)

    def test_unknown_variable_exits_255(self):
        code, out, _ = self.shell("-e", "SHOW TABLES; DESCRIBE ${nothing};")
        self.assertEqual(code, 255)
        self.assertNotIn("Table Name", out)

    def test_unreachable_server_exits_255(self):
        code, out, _ = run("shell", "-e", "SHOW TABLES;", "http://127.0.0.1:1")
        self.assertEqual(code, 255)
        self.assertIn("does not appear to be a valid KSQL server", out)

    def test_bad_options_exit_255_with_a_hint(self):
        for words in (["--nothing"], ["--query-row-limit", "0"], ["--query-timeout", "x"], ["--output", "json"],
                      ["-d", "novalue", "-e", "SHOW TABLES;"]):
            code, _, err = self.shell(*words)
            self.assertEqual(code, 255, words)
            self.assertIn("See the -h or --help flags for usage information\n", err)
        for words in (["-p", "x"], ["-u", "x", "-p", "y", "-t", "z"], ["-u", "x"]):
            self.assertEqual(self.shell(*words)[0], 255, words)
        self.assertEqual(run("shell", "localhost:1", "-e", "SHOW TABLES;")[0], 255)

    # ---- properties and variables ----

    def test_set_and_unset(self):
        out = self.execute("SET 'auto.offset.reset'='earliest'; SET 'auto.offset.reset'='latest'; "
                           "UNSET 'auto.offset.reset';")
        self.assertEqual(out.splitlines()[1:],
                         ["Successfully changed local property 'auto.offset.reset' from 'earliest' to 'latest'.",
                          "Successfully unset local property 'auto.offset.reset' (value was 'latest')."])
        code, out, _ = self.shell("-e", "UNSET 'auto.offset.reset';")
        self.assertEqual((code, out), (255, "Cannot unset local property 'auto.offset.reset' which was never set in the "
                                            "first place\n"))

    def test_refused_property_prints_what_the_server_says(self):
        code, out, _ = self.shell("-e", "SET 'no.such.property'='1';")
        self.assertEqual(code, 255)
        self.assertIn("no.such.property", out)

    def test_properties_of_the_configuration_file(self):
        config = self.home.file("shell.properties", "# comment\nauto.offset.reset = earliest\nssl.x=1\n")
        out = self.execute("SHOW PROPERTIES;", "--config-file", config)
        line = next(l for l in out.splitlines() if "auto.offset.reset" in l)
        self.assertIn("SESSION", line)
        self.assertIn("earliest", line)

    def test_variables(self):
        out = self.execute("DEFINE b = '${a}x'; SHOW VARIABLES; UNDEFINE A; UNDEFINE a;", "-d", "a='one two'")
        self.assertIn(" A             | one two ", out)
        self.assertIn(" B             | one twox ", out)
        self.assertIn("Cannot undefine variable 'a' which was never defined.\n", out)
        self.execute("CREATE STREAM ${n} (id INT KEY) WITH (KAFKA_TOPIC='${n}', PARTITIONS=1, VALUE_FORMAT='JSON');",
                     "-d", "n=byname")
        self.assertIn("BYNAME", self.execute("SHOW STREAMS;"))

    # ---- limits of queries ----

    def test_row_limit_and_time_limit(self):
        self.execute(CREATE % ("limits", "limits") + "".join(
            "INSERT INTO limits (id, name) VALUES (%d, 'x');" % i for i in range(5)))
        earliest = "SET 'auto.offset.reset'='earliest';"
        out = self.execute(earliest + "SELECT * FROM limits EMIT CHANGES;", "--query-row-limit", "3")
        self.assertEqual(sum(line.endswith("|x" + " " * 37 + "|") for line in out.splitlines()), 3)
        self.assertTrue(out.endswith("\nQuery terminated\n"))
        out = self.execute(earliest + "SELECT * FROM limits EMIT CHANGES;", "--query-timeout", "500")
        self.assertEqual(sum(line.endswith("|x" + " " * 37 + "|") for line in out.splitlines()), 5)
        self.assertTrue(out.endswith("\nQuery terminated\n"))

    # ---- output ----

    def test_json_output(self):
        out = self.execute("SHOW TABLES;", "--output", "JSON")
        self.assertEqual(out, '[ {\n  "@type" : "tables",\n  "statementText" : "SHOW TABLES;",\n  "tables" : [ ],\n'
                              '  "warnings" : [ ]\n} ]\n')

    def test_json_rows(self):
        self.execute(CREATE % ("j", "j") + "INSERT INTO j (id, name) VALUES (1, 'x');")
        out = self.execute("SET 'auto.offset.reset'='earliest'; SELECT * FROM j EMIT CHANGES LIMIT 1;",
                           "--output", "JSON")
        self.assertIn('{\n  "row" : {\n    "columns" : [ 1, "x" ]\n  }\n}\nLimit Reached\n', out)

    def test_describe(self):
        self.execute("CREATE TABLE d (id INT PRIMARY KEY, s STRUCT<a DOUBLE>, m MAP<VARCHAR, BIGINT>, "
                     "l ARRAY<VARCHAR>, p DECIMAL(10, 2)) WITH (KAFKA_TOPIC='d', PARTITIONS=1, VALUE_FORMAT='JSON');")
        out = self.execute("DESCRIBE d;")
        self.execute("DROP TABLE d;")
        rule = "-" * 40
        self.assertEqual(out, "\nName                 : D\n Field | Type" + " " * 27 + "\n" + rule + "\n" + "".join(
            " %-5s | %-30s \n" % row for row in [
                ("ID", "INTEGER          (primary key)"), ("S", "STRUCT<A DOUBLE>"), ("M", "MAP<STRING, BIGINT>"),
                ("L", "ARRAY<VARCHAR(STRING)>"), ("P", "DECIMAL(10, 2)")]) + rule +
            "\nFor runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n", out)

    def test_nested_values_and_nulls(self):
        self.execute("CREATE STREAM n (id INT KEY, l ARRAY<VARCHAR>, m MAP<VARCHAR, INT>, s STRUCT<a INT, b VARCHAR>) "
                     "WITH (KAFKA_TOPIC='n', PARTITIONS=1, VALUE_FORMAT='JSON');"
                     "INSERT INTO n (id, l, m, s) VALUES (1, ARRAY['x', 'y'], MAP('k' := 2), STRUCT(a := 1, b := 'z'));"
                     "INSERT INTO n (id) VALUES (2);")
        out = self.execute("SET 'auto.offset.reset'='earliest'; SELECT * FROM n EMIT CHANGES LIMIT 2;")
        self.assertIn("|1                 |[x, y]            |{k=2}             |{A=1, B=z}        |\n"
                      "|2                 |null              |null              |null              |\n", out)

    def test_function_description(self):
        self.assertEqual(self.execute("DESCRIBE FUNCTION substring;"), """
Name        : SUBSTRING
Author      : sluice
Overview    : Gives a part of a text or of bytes.
Type        : SCALAR
Jar         : internal
Variations  : 

\tVariation   : SUBSTRING(str VARCHAR, pos INT)
\tReturns     : VARCHAR
\tDescription : From pos, counted from 1, or from the end when negative, to the
\t              end.

\tVariation   : SUBSTRING(str VARCHAR, pos INT, length INT)
\tReturns     : VARCHAR
\tDescription : At most length characters from pos.

\tVariation   : SUBSTRING(str BYTES, pos INT)
\tReturns     : BYTES
\tDescription : The same of bytes.

\tVariation   : SUBSTRING(str BYTES, pos INT, length INT)
\tReturns     : BYTES
\tDescription : At most length bytes from pos.
""")
        self.assertIn("\tVariation   : CONCAT(inputs VARCHAR[])\n", self.execute("DESCRIBE FUNCTION concat;"))

    def test_functions_are_grouped_by_category(self):
        lines = self.execute("SHOW FUNCTIONS;").splitlines()
        self.assertEqual([word.strip() for word in lines[1].split("|")], ["Function Name", "Category"])
        rows = [tuple(word.strip() for word in line.split("|")) for line in lines[3:] if "|" in line]
        groups = [[]]
        for row in rows:
            groups[-1].append(row) if row[0] else groups.append([])
        self.assertEqual(len(groups), 14)
        self.assertEqual(sum(map(len, groups)), 129 + 2 + 18)
        self.assertTrue(all(len({category for _, category in group}) == 1 for group in groups))
        self.assertEqual([row for group in groups for row in group], sorted((r for r in rows if r[0]), key=lambda r: r[::-1]))
        self.assertEqual(lines[-1], "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;")

    # ---- piped input ----

    def test_piped_input_has_the_same_grammar(self):
        code, out, err = self.shell(text="SHOW\n TABLES; -- no end;\noutput\nexit\nSHOW STREAMS;\n")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Table Name", out)
        self.assertIn("Current output format: TABULAR\n", out)
        self.assertNotIn("Stream Name", out)
        self.assertNotIn("ksql>", out)

    def test_piped_input_that_is_cut_off_is_said(self):
        code, out, _ = self.shell(text="SHOW TABLES")
        self.assertEqual(code, 0)
        self.assertIn("does not end in ';'", out)


class OwnServer(unittest.TestCase):
    def setUp(self):
        self.home = Directory()

    def tearDown(self):
        self.home.clean()

    def test_shell_has_a_server_of_its_own_and_keeps_its_data(self):
        data = os.path.join(self.home.path, "data")
        code, out, err = run("-e", CREATE % ("mine", "mine"), "--data", data, home=self.home.path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Stream created", out)
        code, out, _ = run("shell", "--data", data, text="SHOW STREAMS;\n", home=self.home.path)
        self.assertEqual(code, 0)
        self.assertIn(" MINE ", out)

    def test_locked_directory_is_explained(self):
        server = Server()
        try:
            code, _, err = run("-e", "SHOW STREAMS;", "--data", os.path.join(server.directory.path, "data"))
            self.assertEqual(code, 255)
            self.assertIn("Name its URL, or another directory with --data.", err)
        finally:
            server.clean()


if __name__ == "__main__":
    unittest.main()
