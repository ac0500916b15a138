"""SHOW FUNCTIONS and DESCRIBE FUNCTION as clients get them."""
import os
import unittest
from collections import Counter

from support import ServerCase

REFERENCE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "functions.md")


def documented():
    """{name: category} of docs/functions.md."""
    found, category = {}, None
    with open(REFERENCE, encoding="utf-8") as page:
        for line in page:
            if line.startswith("## "):
                category = line[3:].strip()
            elif line.startswith("### "):
                found[line[4:].strip()] = category
    return found


class Functions(ServerCase):
    def describe(self, name):
        return self.server.run(f"DESCRIBE FUNCTION {name};")[0]

    def test_show_functions_lists_all_and_no_others(self):
        for statement in ("SHOW FUNCTIONS;", "LIST FUNCTIONS;"):
            entity = self.server.run(statement)[0]
            self.assertEqual((entity["@type"], entity["statementText"]), ("function_names", statement))
            rows = entity["functions"]
            self.assertTrue(all(list(row) == ["name", "type", "category"] for row in rows))
            self.assertEqual({row["name"]: row["category"] for row in rows}, documented())
            self.assertEqual(Counter(row["type"] for row in rows), {"SCALAR": 129, "TABLE": 2, "AGGREGATE": 18})
            order = ["SCALAR", "TABLE", "AGGREGATE"]
            self.assertEqual(rows, sorted(rows, key=lambda row: (order.index(row["type"]), row["name"])))

    def test_description_of_a_function(self):
        entity = self.describe("pArSe_TiMe")
        doc = entity["functions"][0]["description"]
        self.assertTrue(doc)
        argument = {"type": "VARCHAR", "description": "", "isVariadic": False}
        self.assertEqual(entity, {
            "@type": "describe_function", "statementText": "DESCRIBE FUNCTION pArSe_TiMe;", "name": "PARSE_TIME",
            "description": "Reads a time of the day.", "author": "sluice", "version": "", "path": "internal",
            "functions": [{"arguments": [{"name": "formattedTime", **argument}, {"name": "formatPattern", **argument}],
                           "returnType": "TIME", "description": doc, "argumentTypes": ["VARCHAR", "VARCHAR"]}],
            "type": "SCALAR", "warnings": []})

    def test_words_for_types(self):
        abs_, topk = self.describe("abs"), self.describe("TOPK")
        self.assertEqual([o["argumentTypes"] for o in abs_["functions"]], [["INT"], ["LONG"], ["DOUBLE"], ["DECIMAL"]])
        self.assertEqual([o["returnType"] for o in abs_["functions"]], ["INT", "LONG", "DOUBLE", "DECIMAL"])
        self.assertEqual((topk["type"], topk["functions"][1]["argumentTypes"]), ("AGGREGATE", ["LONG", "ANY", "INT"]))
        self.assertEqual([a["isVariadic"] for a in topk["functions"][0]["arguments"]], [False, True, False])
        self.assertEqual(topk["functions"][1]["returnType"], "ARRAY<LONG>")
        explode = self.describe("Explode")
        self.assertEqual((explode["type"], [o["argumentTypes"] for o in explode["functions"]]),
                         ("TABLE", [["ARRAY<DECIMAL>"], ["ARRAY<T>"]]))
        as_map = self.describe("AS_MAP")["functions"][0]
        self.assertEqual((as_map["argumentTypes"], as_map["returnType"]), (["ARRAY<VARCHAR>", "ARRAY<T>"], "MAP<VARCHAR, T>"))

    def test_every_function_is_described(self):
        for name, category in documented().items():
            entity = self.describe(name)
            self.assertEqual(entity["name"], name)
            self.assertTrue(entity["functions"] and entity["description"], name)
            self.assertEqual(entity["type"], category if category in ("TABLE", "AGGREGATE") else "SCALAR", name)

    def test_unknown_function(self):
        status, body = self.server.ksql("DESCRIBE FUNCTION nowhere;")
        self.assertEqual((status, body["error_code"]), (400, 40001))
        self.assertIn("Can't find any functions with the name 'nowhere'", body["message"])


if __name__ == "__main__":
    unittest.main()
