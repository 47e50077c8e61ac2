"""Every form of evidence that people paste: what is read of it, with value, unit and line.

Each folder of Fixtures/forms has an expect.json: for each file the kind (or the parts), what the
account of the file `says`, the `facts` as [name, value, unit, line], and those it must `not` have.
"""
import json
import re
import unittest

import support

FORMS = support.ROOT / "Fixtures/forms"
# What a captured text says to the terminal is no text.
TERMINAL = re.compile("\x1b(\\[[ -?]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\))")


def named(fact):
    part = fact.get("part")
    return fact["fact"] + (f"[{part}]" if part else "")


class PastedForms(unittest.TestCase):
    def test_every_form_is_read(self):
        folders = [folder for folder in sorted(FORMS.iterdir()) if folder.is_dir()]
        self.assertGreater(len(folders), 10)
        for folder in folders:
            expected = json.loads((folder / "expect.json").read_text())
            files = {file.name for file in folder.iterdir()} - {"expect.json"}
            self.assertEqual(files, set(expected), f"{folder.name}: files and expect.json differ")
            for name, expect in expected.items():
                with self.subTest(f"{folder.name}/{name}"):
                    self.check(folder, name, expect)

    def check(self, folder, name, expect):
        label = f"{folder.name}/{name}"
        # Beside what nobody reads something must be read, else there is no report.
        is_read = expect["kind"] and expect.get("status") != "unreadable"
        beside = [] if is_read else ["../redis-info/one-field.txt"]
        listing = support.run("facts", name, *beside, "--format", "json", cwd=folder).json()
        account = next(i for i in listing["inputs"] if i["path"] == name)
        self.assertEqual(account.get("kind"), expect["kind"], f"{label}: kind")
        self.assertEqual(account.get("parts") or [], expect.get("parts", []), f"{label}: parts")
        status = expect.get("status", "read" if expect["kind"] else "not-recognised")
        self.assertEqual(account["status"], status, f"{label}: status, {account['warnings']}")
        if "says" in expect:
            said = " ".join(warning["message"] for warning in account["warnings"])
            self.assertIn(expect["says"], said, f"{label}: account")
        found = {(named(f), json.dumps(f["value"]), f["unit"], f["source"].get("line"))
                 for f in listing["facts"]}
        for fact in expect.get("facts", []):
            row = (fact[0], json.dumps(fact[1]), fact[2], fact[3])
            near = sorted(str(f) for f in found if f[0] == fact[0])
            self.assertIn(row, found, f"{label}: expected {row}, found {near}")
        for fact in expect.get("not", []):
            near = sorted(str(f) for f in found if f[0] == fact)
            self.assertFalse(near, f"{label}: {fact} must not be known")
        if beside:
            return
        lines = (folder / name).read_bytes().decode(errors="replace").split("\n")
        for fact in listing["facts"]:
            line, excerpt = fact["source"].get("line"), fact["source"].get("excerpt", "")
            if line is None:
                continue
            self.assertLessEqual(line, len(lines), f"{label}: {fact['fact']}")
            if "***" in excerpt or "\ufffd" in excerpt:
                continue
            held = TERMINAL.sub("", lines[line - 1])
            if held.startswith('{"__'):
                # Of a journal in JSON the line is cited that it stands for.
                held, excerpt = json.loads(held)["MESSAGE"], excerpt.split(": ", 1)[1]
            self.assertIn(excerpt.strip("\ufeff"), held, f"{label}: {fact['fact']}")


if __name__ == "__main__":
    unittest.main()
