"""triage lint: labelled trees, exit statuses, places that exist, mends that mend, and size."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import time

from support import ROOT, TRIAGE, TestCase, run

TREES = ROOT / "Fixtures/lint"
GRAVE = ("error", "warning")
NEAR = 2


def meets(finding, problem):
    text = f"{finding['rule']} {finding['message']}".lower()
    if finding["file"] != problem["file"] or not any(word in text for word in problem["any"]):
        return False
    line = problem.get("line")
    return line is None or abs(finding.get("line", -9) - line) <= NEAR


def key(finding):
    return finding["file"], finding.get("line"), finding["rule"]


class Lint(TestCase):
    def tree(self, path):
        copy = self.scratch() / "tree"
        shutil.copytree(path, copy, symlinks=True)
        (copy / "expected.json").unlink()
        return copy, json.loads((path / "expected.json").read_text())

    def lint(self, folder, *options):
        done = run("lint", ".", "--format", "json", *options, cwd=folder)
        self.assertIn(done.code, (0, 1), str(done))
        return done.json()["findings"], done

    def write(self, name, text):
        folder = self.scratch()
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return folder

    def test_labelled_trees(self):
        trees = sorted(path.parent for path in TREES.glob("*/*/expected.json"))
        self.assertGreater(len(trees), 20)
        for path in trees:
            with self.subTest(tree=f"{path.parent.name}/{path.name}"):
                folder, label = self.tree(path)
                findings, done = self.lint(folder)
                grave = [f for f in findings if f["level"] in GRAVE]
                self.assertEqual(done.code, 1 if grave else 0)
                if label["verdict"] == "good":
                    self.assertEqual([key(f) for f in grave], [])
                for problem in label["problems"]:
                    is_met = any(meets(f, problem) for f in grave)
                    self.assertTrue(is_met or problem.get("optional"), problem["expect"])
                if label.get("exact"):
                    wanted = [(p["file"], p["line"], p["any"][0]) for p in label["problems"]]
                    self.assertEqual(sorted(map(str, map(key, grave))), sorted(map(str, wanted)))

    def test_every_finding_stands_where_it_says(self):
        for path in sorted(TREES.glob("*/*/expected.json")):
            folder, _ = self.tree(path.parent)
            for finding in self.lint(folder)[0]:
                for place in [finding] + finding.get("related", []):
                    lines = (folder / place["file"]).read_text().split("\n")
                    if "line" not in place:
                        continue
                    line = lines[place["line"] - 1]
                    self.assertIn(place.get("excerpt", "***").split("***")[0], line)
                    if "end_column" in place:
                        self.assertLessEqual(place["end_column"] - 1, len(line))
                        self.assertTrue(line[place["column"] - 1:place["end_column"] - 1])

    def test_edits_mend_and_change_nothing_else(self):
        mended = set()
        for path in sorted(TREES.glob("bad/*/expected.json")):
            folder, _ = self.tree(path.parent)
            before = self.lint(folder)[0]
            edits = [(e, f) for f in before for e in f.get("edits", [])]
            for edit, finding in sorted(edits, key=lambda pair: -pair[0]["line"]):
                target = folder / edit["file"]
                lines = target.read_text().split("\n")
                at = edit["line"] - 1
                lines[at:at + edit["removed"]] = edit["inserted"]
                target.write_text("\n".join(lines))
                mended.add(finding["rule"])
            after = {key(f)[::2] for f in self.lint(folder)[0]}
            for _, finding in edits:
                self.assertNotIn((finding["file"], finding["rule"]), after)
            self.assertLessEqual(len(after), len(before))
        self.assertGreater(len(mended), 4)

    def test_the_same_whatever_the_path_and_the_order(self):
        folder, _ = self.tree(TREES / "bad/compose-stack")
        names = sorted(os.listdir(folder))
        first = self.lint(folder)[0]
        for arguments in (names, names[::-1], [str(folder)]):
            done = run("lint", *arguments, "--format", "json", cwd=folder)
            self.assertEqual(done.json()["findings"], first)

    def test_a_folder_that_cannot_be_listed_is_told(self):
        if os.getuid() != 0:
            self.skipTest("needs another user to be")
        top = self.scratch()
        (top / "tree/data").mkdir(parents=True)
        (top / "tree/nginx.conf").write_text("events { }\nhttp { }\n")
        binary = shutil.copy(TRIAGE, top / "triage")
        for place, mode in ((top, 0o755), (top / "tree", 0o755), (top / "tree/data", 0o700)):
            place.chmod(mode)
        done = run("lint", top / "tree", binary=binary, cwd="/", user=65534, group=65534,
                   extra_groups=[])
        self.assertIn("data: cannot list the folder", done.err)

    def test_fail_on_is_inclusive(self):
        folder = self.write("nginx.conf", "events { worker_connections 64; }\nhttp { }\n")
        for level, code in (("info", 1), ("warning", 1), ("error", 0)):
            self.assertEqual(run("lint", folder, "--fail-on", level).code, code)
        self.assertEqual(run("lint", folder, "--level", "error", "--format", "json").json()
                         ["findings"], [])

    def test_what_cannot_be_parsed_is_never_clean(self):
        for name, text in (
            ("docker-compose.yml", "services:\n  a: [1, 2\n"),
            ("docker-compose.yml", "services: {a: *unknown, image: x}\n"),
            ("nginx.conf", "http {\n server { listen 80; proxy_pass http://app; }\n"),
            ("consul.json", '{"service": {"check": {"interval": "10s", "http": "http://a/h"'),
            ("main.tf", 'resource "aws_eip" "a" {\n  vpc = true\n'),
            ("redis.conf", "maxmemory 1gb\nmaxmemory-policy allkeys-lru\nport 6379\nsave\n"),
            ("app.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [\n"),
        ):
            done = run("lint", self.write(name, text))
            self.assertEqual(done.code, 3, f"{name}: {done}")

    def test_a_tree_without_configs_is_clean(self):
        folder = self.write("src/main.py", "print('hello')\n")
        self.assertEqual(run("lint", folder).code, 0)
        self.expect_one_line(run("lint", folder / "nowhere"), "nowhere")
        self.expect_one_line(run("lint", ""), "empty")

    def test_alias_bombs_are_refused(self):
        text = "services:\n  a: &a {image: x, k: [" + "1," * 20 + "1]}\n"
        for last, name in zip("abcdefgh", "bcdefghi"):
            text += f"  {name}: &{name} [" + ",".join([f"*{last}"] * 20) + "]\n"
        began = time.monotonic()
        done = run("lint", self.write("docker-compose.yml", text))
        self.assertEqual(done.code, 3, str(done))
        self.assertIn("alias", done.text)
        self.assertLess(time.monotonic() - began, 5)

    def test_hostile_text_does_not_reach_the_terminal(self):
        text = "bind 0.0.0.0\nprotected-mode no\nmaxmemory 0\nport 6379 \x1b[2J\u202e\n"
        done = run("lint", self.write("redis.conf", text))
        self.assertNotIn("\x1b", done.text)
        self.assertNotIn("\u202e", done.text)

    def test_passwords_are_not_shown(self):
        text = "services:\n  cache:\n    image: redis:7\n    ports: ['6379:6379']\n"
        text += "    command: redis-server --requirepass hunter2secret --maxmemory 0\n"
        for form in ("text", "json"):
            done = run("lint", self.write("compose.yaml", text), "--format", form)
            self.assertNotIn("hunter2secret", done.text)

    def test_dumps_of_nginx_name_the_files_in_them(self):
        folder = self.write("nginx-T.conf", (
            "# configuration file /etc/nginx/nginx.conf:\n"
            "events { worker_connections 1024; }\n"
            "http { include conf.d/*.conf; }\n\n"
            "# configuration file /etc/nginx/conf.d/shop.conf:\n"
            "# the shop\n"
            "log_format short '$remote_addr $status';\n"
            "server { location / { proxy_pass http://app:8000; } }\n"))
        finding, = self.lint(folder)[0]
        self.assertEqual(finding["line"], 7)
        self.assertIn("(/etc/nginx/conf.d/shop.conf:2)", finding["message"])
        self.assertNotIn("edits", finding)

    def test_ten_thousand_files(self):
        folder = self.scratch()
        for index in range(10_000):
            suffix = (".py", ".js", ".json", ".yaml", ".conf", ".md", ".sh", ".tf")[index % 8]
            path = folder / f"d{index % 100}" / f"file{index}{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"name{line}: value {line}\n" for line in range(30)))
        shutil.copytree(TREES / "bad/host", folder / "host")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [TRIAGE, "lint", folder, "--format", "json"], capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(done.returncode, 1, done.stderr)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        is_optimised = "release" in pathlib.Path(TRIAGE).parts
        self.assertLess(seconds, 2 if is_optimised else 10)
