"""Packs that users add are checked, tested, and change a diagnosis; and the generated pages."""
import shutil
import subprocess
import sys
import xml.etree.ElementTree

from support import ROOT, TRIAGE, TestCase, run

PACKS = ROOT / "Fixtures/packs"
EXAMPLE = PACKS / "example"
CAUSE = "causes/client-buffers-bloat.yaml"
SYMPTOM = "symptoms/redis.yaml"
INFO = "redis_version:7.0.15\ntcp_port:6379\nused_memory:100000000\nmem_clients_normal:70000000\n"
COVERAGE = "redis: [redis.memory.used_memory]\n"
WITHDRAWN = """\
for: host
title: Memory ran out, as this team sees it
why: We call nothing an incident of memory but a kill.
prior: -20
evidence:
  - { symptom: kernel-killed-processes, holds: 20, direct: true }
remedy:
  - { phase: mitigate, title: Call us, why: We know the box, risk: none }
sources: [our handbook]
examples:
  - { title: killed, facts: { kernel.oom_kills: 1 }, accused: true }
  - { title: not killed, facts: { kernel.oom_kills: 0 }, accused: false }
"""


class Packs(TestCase):
    def evidence(self):
        path = self.scratch() / "info.txt"
        path.write_text(INFO)
        return path

    def pack(self, name="pack"):
        """A copy of the example to change."""
        pack = self.scratch() / name
        shutil.copytree(EXAMPLE, pack)
        return pack


class UserPacks(Packs):
    def test_the_example_is_short_sound_and_tests_itself(self):
        lines = sum(len(p.read_text().splitlines()) for p in EXAMPLE.rglob("*.yaml"))
        self.assertLess(lines, 30)
        self.assertEqual(run("rules", "check", EXAMPLE).code, 0)
        done = run("rules", "test", "--strict", EXAMPLE)
        self.assertEqual(done.code, 0, done.text)
        self.assertIn("4 passed, 0 failed; ", done.text)
        self.assertIn("thresholds pinned 4 of 4", done.text)

    def test_the_page_on_packs_shows_it(self):
        page = (ROOT / "docs/packs.md").read_text()
        for path in (CAUSE, SYMPTOM):
            self.assertIn((EXAMPLE / path).read_text(), page)

    def test_it_changes_a_diagnosis(self):
        path = self.evidence()
        self.assertEqual(run("diagnose", path).code, 3)
        done = run("diagnose", path, "--rules", EXAMPLE, "--format", "json")
        self.assertEqual(done.code, 1, str(done))
        answer = done.json()
        self.assertEqual(answer["causes"][0]["id"], "client-buffers-bloat")
        self.assertEqual(answer["tool"]["rules"], ["built-in", "example"])

    def test_the_list_says_where_each_rule_is_from(self):
        rules = run("rules", "list", "--rules", EXAMPLE, "--format", "json").json()
        packs = {rule["id"]: rule["pack"] for rule in rules}
        self.assertEqual(packs["client-buffers-bloat"], "example")
        self.assertEqual(packs["session-bloat"], "built-in")
        line = next(
            line for line in run("rules", "list", "--rules", EXAMPLE).text.splitlines()
            if "client-buffers-bloat" in line)
        self.assertEqual(line.split()[:3], ["cause", "client-buffers-bloat", "example"])

    def test_a_pack_overrides_causes_and_coverage(self):
        pack = self.scratch() / "ours"
        (pack / "causes").mkdir(parents=True)
        (pack / "causes/host-oom.yml").write_text(WITHDRAWN)
        (pack / "coverage.yaml").write_text(COVERAGE)
        self.assertEqual(run("rules", "check", pack).code, 0, run("rules", "check", pack).err)
        listed = run("rules", "list", "--rules", pack, "--format", "json").json()
        self.assertIn(("host-oom", "ours"), [(rule["id"], rule["pack"]) for rule in listed])
        self.assertIn("as this team sees it", run("explain", "host-oom", "--rules", pack).text)
        # Less is asked of a Redis now before it is called healthy.
        self.assertEqual(run("diagnose", self.evidence(), "--rules", pack).code, 0)

    def test_broken_packs_are_told_where_and_what(self):
        broken = sorted(PACKS.glob("broken-*"))
        self.assertGreater(len(broken), 12)
        for pack in broken:
            with self.subTest(pack.name):
                expected = (pack / "expected.txt").read_text()
                for command in (["rules", "check"], ["rules", "test"]):
                    done = run(*command, pack.name, cwd=PACKS)
                    self.assertEqual((done.code, done.out), (2, b""), str(done))
                    self.assertEqual(done.err, expected)
                done = run("diagnose", self.evidence(), "--rules", pack.name, cwd=PACKS)
                self.assertEqual((done.code, done.err), (2, expected))

    def test_what_is_no_pack(self):
        self.expect_one_line(run("rules", "check", "no-such-folder"), "no such file")
        self.expect_one_line(run("rules", "check", self.scratch()), "no rules there", "causes/")
        self.expect_one_line(run("rules", "check", ""), "empty")
        pack = self.pack()
        (pack / "causes/big.yaml").write_text("# " + "x" * (1 << 20))
        self.expect_one_line(run("rules", "check", pack), "big.yaml", "larger than 1 MiB")
        (pack / "causes/big.yaml").write_bytes(b"title: \xff\n")
        self.expect_one_line(run("rules", "check", pack), "big.yaml", "not UTF-8")
        (pack / "causes/big.yaml").unlink()
        for number in range(1001):
            (pack / f"causes/c{number}.yaml").touch()
        self.expect_one_line(run("rules", "check", pack), "more than 1000")


class RuleTests(Packs):
    def failing(self):
        pack = self.pack()
        cause = pack / CAUSE
        cause.write_text(
            cause.read_text().replace("holds: 16", "holds: 6")
            .replace("a third of the memory", "a <third> & a \\\"quarter\\\" of the memory"))
        return pack

    def test_a_failing_example_is_told_with_its_sum(self):
        done = run("rules", "test", self.failing())
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("FAIL", done.text)
        self.assertIn("expected accused, got 0.17 because", " ".join(done.text.split()))
        self.assertIn("client-buffers-fill-the-memory: holds", done.text)
        self.assertIn("3 passed, 1 failed", done.text)

    def test_junit(self):
        pack = self.failing()
        report = self.scratch() / "junit.xml"
        done = run("rules", "test", pack, "--format", "junit", "--output", report)
        self.assertEqual((done.code, done.out), (1, b""))
        root = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual((root.tag, root.get("failures")), ("testsuites", "1"))
        self.assertEqual(int(root.get("tests")), len(root.findall(".//testcase")))
        self.assertIn("expected accused", root.find(".//failure").get("message"))

    def test_what_no_example_notices(self):
        pack = self.pack()
        cause = pack / CAUSE
        text = cause.read_text()
        start = text.index("  - title: a third")
        cause.write_text(text[:start] + text[text.index("  - title: most of a memory"):])
        done = run("rules", "test", pack)
        self.assertEqual(done.code, 0, str(done))
        self.assertIn("50% of 'client-buffers-fill-the-memory' is not pinned", done.text)
        self.assertEqual(run("rules", "test", pack, "--strict").code, 1)
        junit = run("rules", "test", pack, "--strict", "--format", "junit")
        root = xml.etree.ElementTree.fromstring(junit.out)
        self.assertGreaterEqual(int(root.get("failures")), 1)

    def test_examples_can_name_symptoms(self):
        pack = self.pack()
        cause = pack / CAUSE
        cause.write_text(cause.read_text() + "    holds: [client-buffers-fill-the-memory]\n")
        done = run("rules", "test", pack)
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("was to hold; it is not known, for want of", " ".join(done.text.split()))

    def test_the_built_in_rules_pass_strictly(self):
        done = run("rules", "test", "--strict")
        self.assertEqual(done.code, 0, done.text[-2000:])


class Explain(TestCase):
    def test_the_sum_for_evidence(self):
        evidence = self.copy_case("session-bloat-immortal")
        answer = run("diagnose", evidence, "--format", "json").json()
        cause = answer["causes"][0]
        done = run("explain", cause["id"], evidence)
        self.assertEqual(done.code, 0, str(done))
        self.assertIn("prior", done.text)
        self.assertIn(f"= {cause['probability']:.4f}", done.text)
        for symptom in cause["evidence"]:
            self.assertIn(symptom["symptom"], done.text)
        self.assertRegex(done.text, r"redis-info[^ ]*:\d+")
        sheet = run("explain", cause["id"], evidence, "--format", "json").json()["sheets"][0]
        self.assertEqual(
            sheet["weight_db"],
            sheet["prior_db"] + sum(entry["weight_db"] for entry in sheet["entries"]))
        self.assertEqual(sheet["weight_db"], cause["weight_db"])

    def test_causes_symptoms_and_facts_with_the_file_they_stand_in(self):
        cause = run("explain", "host-oom").text
        self.assertIn("stands in: built-in/causes/host-oom.yaml:1 (pack built-in)", cause)
        self.assertIn("kernel-killed-processes: +", cause)
        ours = run("explain", "client-buffers-fill-the-memory", "--rules", EXAMPLE).text
        self.assertIn(f"stands in: {EXAMPLE / SYMPTOM}:1 (pack example)", " ".join(ours.split()))
        self.assertIn("weighed by: client-buffers-bloat", ours)
        fact = run("explain", "redis.memory.used_memory").text
        self.assertIn("get it with: redis-cli", fact)
        self.assertIn("in bytes", fact)

    def test_every_line_fits_a_terminal(self):
        for name in ("redis-crash", "host-failure", "redis-no-maxmemory", "swap-is-used"):
            widest = max(run("explain", name).text.split("\n"), key=len)
            self.assertLessEqual(len(widest), 80, widest)

    def test_what_is_unknown_is_asked_for(self):
        done = run("explain", "fork-latency", self.copy_case("session-bloat-immortal"))
        self.assertIn("latency-monitor-saw-fork: unknown", done.text)
        self.assertIn("missing redis.latency.event.worst", done.text)

    def test_what_cannot_be_explained(self):
        evidence = self.copy_case("session-bloat-immortal")
        self.expect_one_line(run("explain", "session-blot"), "did you mean 'session-bloat'")
        self.expect_one_line(run("explain", "sessions-never-expire", evidence), "only a cause")
        done = run("explain", "traffic-surge", evidence)
        self.assertEqual(done.code, 3, str(done))
        self.assertIn("proxy ?, which is not in this evidence", done.text)


class Pages(TestCase):
    def test_generated_pages_are_what_the_program_says(self):
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts/docs"), "--check"], capture_output=True,
            text=True, env={"TRIAGE": TRIAGE, "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
