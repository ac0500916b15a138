"""The shell in a terminal: reading, editing, history, completion, Ctrl-C, its own commands."""
import os
import unittest

from shell_support import PROMPT, Directory, Server, Terminal, wait_for

CREATE = "CREATE STREAM %s (id INT KEY, name VARCHAR) WITH (KAFKA_TOPIC='%s', PARTITIONS=1, VALUE_FORMAT='JSON');"


class Interactive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.ksql(CREATE % ("people", "people"))

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def setUp(self):
        self.home = Directory()
        self.terminal = self.open()

    def tearDown(self):
        self.terminal.clean()
        self.home.clean()

    def open(self, *words, **options):
        terminal = Terminal("shell", *words, self.server.url, home=self.home.path, **options)
        terminal.expect(PROMPT)
        return terminal

    def leave(self):
        self.terminal.line("exit")
        self.assertEqual(self.terminal.wait(), 0)

    # ---- greeting and leaving ----

    def test_banner_names_versions_and_url(self):
        self.assertIn("Server v0.29.0 located at " + self.server.url + "\nServer Status: RUNNING\n", self.terminal.text)

    def test_exit_and_end_of_input_leave_with_0(self):
        self.terminal.line("EXIT;")
        self.terminal.expect("Exiting ksqlDB.\n")
        self.assertEqual(self.terminal.wait(), 0)
        other = self.open()
        other.send("\x04")
        other.expect("Exiting ksqlDB.\n")
        self.assertEqual(other.wait(), 0)
        other.clean()

    def test_unreachable_server_is_explained_in_a_frame(self):
        other = Terminal("shell", "http://127.0.0.1:1", home=self.home.path)
        text = other.expect(PROMPT)
        self.assertIn("*" * 37 + "ERROR" + "*" * 38 + "\n", text)
        self.assertIn("Remote server at http://127.0.0.1:1 does not appear to be a valid KSQL server.", text)
        self.assertIn("\n" + "*" * 80 + "\n", text)
        self.assertIn("could not be reached", other.ask("SHOW STREAMS;"))
        other.clean()

    # ---- reading ----

    def test_statement_over_several_lines_with_comments_and_quotes(self):
        t = self.terminal
        t.line("CREATE STREAM lines (id INT KEY, -- the key; not the end")
        t.expect("\n>")
        t.line("  name VARCHAR)")
        t.expect("\n>")
        t.line("WITH (KAFKA_TOPIC='lines', PARTITIONS=1, VALUE_FORMAT='DELIMITED', VALUE_DELIMITER=';')")
        t.expect("\n>")
        self.assertIn("Stream created", t.ask(";"))
        self.assertIn("LINES", t.ask("SHOW STREAMS;"))

    def test_backslash_continues_a_line(self):
        self.terminal.line("SHOW \\")
        self.terminal.expect("\n>")
        self.assertIn("Stream Name", self.terminal.ask("STREAMS;"))

    def test_editing_keys(self):
        self.terminal.send("TREAMS;\x01SHOX S")     # to the start of the line
        self.terminal.send("\x02\x02\x7fW\x05")     # left twice, backspace, end
        self.terminal.line("")
        self.assertIn("Stream Name", self.terminal.expect("\n" + PROMPT))

    def test_interrupt_drops_the_input_and_stays(self):
        t = self.terminal
        t.line("CREATE STREAM half (")
        t.expect("\n>")
        t.send("id INT")
        t.expect("id INT")
        t.send("\x03")
        t.expect("^C\n" + PROMPT)
        self.assertNotIn("HALF", t.ask("SHOW STREAMS;"))

    # ---- history ----

    def test_history_is_kept_between_sessions(self):
        self.terminal.ask("SHOW TABLES;")
        self.terminal.line("SHOW")
        self.terminal.expect("\n>")
        self.terminal.ask("TOPICS;")
        self.terminal.ask("SHOW TOPICS;")
        self.leave()
        self.assertEqual(self.home.read(".ksql-history"), "SHOW TABLES;\nSHOW TOPICS;\nexit\n")
        other = self.open()
        other.line("\x1b[A\x1b[A\x1b[A")            # up three times
        self.assertIn("Table Name", other.expect("\n" + PROMPT))
        self.assertIn("   1: SHOW TABLES;\n   2: SHOW TOPICS;\n   3: exit\n", other.ask("history"))
        other.clean()

    def test_history_search(self):
        self.terminal.ask("SHOW TABLES;")
        self.terminal.ask("SHOW TOPICS;")
        self.terminal.line("\x12TABL\x1b")
        self.terminal.line("")
        self.assertIn("Table Name", self.terminal.expect("\n" + PROMPT))

    def test_history_expansion(self):
        self.terminal.ask("SHOW TABLES;")
        self.assertIn("Table Name", self.terminal.ask("!!"))
        self.assertIn("Table Name", self.terminal.ask("!1"))
        self.assertIn("Kafka Topic", self.terminal.ask("^TABLES^TOPICS^"))
        self.assertIn("no such event", self.terminal.ask("!99"))

    def test_history_that_cannot_be_written_is_said(self):
        config = self.home.file("config", "history-file=/nonexistent/history\n")
        other = Terminal("shell", "--config-file", config, self.server.url, home=self.home.path)
        self.assertIn("WARNING: Unable to create command history file '/nonexistent/history', command history will "
                      "not be saved.\n", other.expect(PROMPT))
        other.clean()

    # ---- completion ----

    def test_completion_of_a_keyword_and_a_source(self):
        self.terminal.send("DESC\t")
        self.terminal.expect("DESCRIBE ")
        self.terminal.send("PEO\t")
        self.terminal.expect("PEOPLE ")
        self.terminal.line(";")
        self.assertIn("Name                 : PEOPLE\n", self.terminal.expect("\n" + PROMPT))

    def test_completion_lists_what_is_possible(self):
        self.terminal.send("SELECT REGEXP_EX\t")
        self.terminal.expect("REGEXP_EXTRACT")
        self.terminal.send("\t")
        listed = self.terminal.expect("REGEXP_EXTRACT_ALL")
        self.assertIn("REGEXP_EXTRACT ", listed)

    def test_completion_of_a_property_and_of_a_skeleton(self):
        self.terminal.send("SET 'auto.off\t")
        self.terminal.expect("auto.offset.reset'")
        self.terminal.send("\x15ii\t")
        self.terminal.expect("INSERT INTO s (k, v) VALUES ('k', 'v');")

    # ---- queries ----

    def test_interrupt_ends_a_push_query_not_the_shell(self):
        t = self.terminal
        t.line("SELECT * FROM people EMIT CHANGES;")
        t.expect("|ID ")
        wait_for(self.server.push_queries, "the query on the server")
        self.server.ksql("INSERT INTO people (id, name) VALUES (1, 'Ada');")
        t.expect("|1                                     |Ada                                   |\n")
        t.send("\x03")
        t.expect("\nQuery terminated\n" + PROMPT)
        self.assertIn("Press CTRL-C to interrupt", t.text)
        wait_for(lambda: not self.server.push_queries(), "the query gone from the server")
        self.assertIn("Stream Name", t.ask("SHOW STREAMS;"))

    def test_interrupt_ends_print(self):
        t = self.terminal
        self.server.ksql("INSERT INTO people (id, name) VALUES (2, 'Bob');")
        t.line("PRINT 'people' FROM BEGINNING;")
        t.expect("Value format: JSON")
        t.expect("partition: 0\n")
        t.send("\x03")
        t.expect("Topic printing ceased\n" + PROMPT)

    # ---- the shell's own commands ----

    def test_output_format(self):
        t = self.terminal
        self.assertIn("Current output format: TABULAR\n", t.ask("output"))
        self.assertIn("Output format set to JSON\n", t.ask("output JSON;"))
        self.assertIn('[ {\n  "@type" : "tables",\n', t.ask("SHOW TABLES;"))
        self.assertIn("Invalid output format: 'XML' (valid formats: 'JSON', 'TABULAR')\n", t.ask("OUTPUT XML"))

    def test_server_version_and_help(self):
        t = self.terminal
        self.assertIn(self.server.url + "\n", t.ask("server"))
        self.assertIn("Version: 0.29.0\n", t.ask("version"))
        self.assertIn("request-pipelining [ON|OFF]", t.ask("help"))
        self.assertIn("Server now: " + self.server.url + "\n", t.ask("SERVER " + self.server.url + "/;"))
        self.assertIn("Server URL must begin with protocol (e.g., http:// or https://)\n", t.ask("server x:1"))

    def test_wrong_argument_counts(self):
        self.assertIn("\nToo many parameters\nversion:\n", self.terminal.ask("version 1"))
        self.assertIn("\nToo few parameters\nspool <path>", self.terminal.ask("spool"))

    def test_request_pipelining(self):
        t = self.terminal
        self.assertIn("Current request-pipelining configuration: OFF\n", t.ask("request-pipelining"))
        self.assertIn("request-pipelining configuration is now ON\n", t.ask("request-pipelining on"))
        self.assertIn("Invalid request-pipelining setting: maybe. Valid options are 'ON' and 'OFF'.\n",
                      t.ask("request-pipelining maybe"))

    def test_spool_has_inputs_and_output(self):
        t = self.terminal
        path = os.path.realpath(os.path.join(self.home.path, "spooled"))
        self.assertIn("Session will be spooled to %s\nEnter SPOOL OFF to disable\n" % path, t.ask("spool '%s';" % path))
        self.assertIn("Cannot set two spools! Please issue SPOOL OFF.", t.ask("spool other"))
        t.ask("SHOW TABLES;")
        self.assertIn("Spool written to %s\n" % path, t.ask("spool off"))
        t.ask("SHOW TOPICS;")
        spooled = self.home.read("spooled")
        self.assertIn("ksql> SHOW TABLES;\n\n Table Name", spooled)
        self.assertNotIn("\x1b", spooled)
        self.assertNotIn("TOPICS", spooled)

    def test_run_script_refuses_select_and_runs_the_rest(self):
        script = self.home.file("one.sql", CREATE % ("scripted", "scripted"))
        self.assertIn("Stream created", self.terminal.ask("run script '%s';" % script))
        bad = self.home.file("two.sql", "SELECT * FROM scripted EMIT CHANGES;")
        self.assertIn("/query", self.terminal.ask("RUN SCRIPT %s" % bad))
        self.assertIn("Failed to read file: /nonexistent.sql\n", self.terminal.ask("run script /nonexistent.sql"))

    def test_cell_width_and_clipping(self):
        t = self.terminal
        self.server.ksql(CREATE % ("wide", "wide"))
        self.server.ksql("INSERT INTO wide (id, name) VALUES (1, 'abcdefghijklm');")
        t.ask("SET 'auto.offset.reset'='earliest';")
        t.ask("set cli column-width 8")
        self.assertIn("+--------+--------+\n|ID      |NAME    |\n+--------+--------+\n"
                      "|1       |abcdefgh|\n|        |ijklm   |\n",
                      t.ask("SELECT * FROM wide EMIT CHANGES LIMIT 1;"))
        t.ask("SET CLI WRAP OFF")
        self.assertIn("|1       |abcde...|\nLimit Reached\nQuery terminated\n",
                      t.ask("SELECT * FROM wide EMIT CHANGES LIMIT 1;"))
        self.assertIn("Undefined property: x. Valid properties are: [WRAP, COLUMN-WIDTH]\n", t.ask("set cli x 1"))

    def test_cells_follow_the_terminal(self):
        t = self.terminal
        self.server.ksql(CREATE % ("narrow", "narrow"))
        self.server.ksql("INSERT INTO narrow (id, name) VALUES (1, NULL);")
        t.ask("SET 'auto.offset.reset'='earliest';")
        t.resize(40)
        self.assertIn("+------------------+------------------+\n|ID                |NAME              |\n",
                      t.ask("SELECT * FROM narrow EMIT CHANGES LIMIT 1;"))
        t.resize(8)                                # never below five characters
        t.line("SELECT * FROM narrow EMIT CHANGES LIMIT 1;")
        self.assertIn("|1    |null |\n", t.expect("Query terminated\n"))

    def test_errors_are_red(self):
        self.terminal.ask("SELECT * FROM nothing EMIT CHANGES;")
        self.assertIn("\x1b[31m", self.terminal.raw)


if __name__ == "__main__":
    unittest.main()
