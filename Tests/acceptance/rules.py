"""Packs that users add: they are checked, tested, and change a diagnosis."""
import shutil
import xml.etree.ElementTree

from support import ROOT, TestCase, run

EXAMPLE = ROOT / "Fixtures/packs/example"
CAUSE = "causes/client-buffers-bloat.yaml"
SYMPTOM = "symptoms/redis.yaml"
INFO = "redis_version:7.0.15\ntcp_port:6379\nused_memory:100000000\nmem_clients_normal:70000000\n"

# What is replaced in the example pack, and what must be said of it.
BROKEN = {
    "unknown fact": (SYMPTOM, "mem_clients_normal >", "mem_clients_normol >",
                     ["symptoms/redis.yaml:3:", "unknown fact", "did you mean"]),
    "wrong unit": (SYMPTOM, "> 10MiB", "> 10s",
                   ["symptoms/redis.yaml:3:", "cannot compare bytes with seconds"]),
    "unknown key": (CAUSE, "prior: -13", "prio: -13",
                    ["client-buffers-bloat.yaml:4:1", "unknown key 'prio'", "one of"]),
    "no direct evidence": (CAUSE, ", direct: true", "", ["has no direct evidence"]),
    "a weight without a reason": (CAUSE, "holds: 16", "holds: 26", ["over 20 dB", "reason"]),
    "unknown symptom": (CAUSE, "symptom: client-buffers", "symptom: clent-buffers",
                        ["unknown symptom", "did you mean"]),
    "no YAML": (CAUSE, "evidence:", "evidence: [", ["client-buffers-bloat.yaml:"]),
    "no counter-example": (CAUSE, "accused: false", "accused: true", ["one that does not"]),
}


class UserPacks(TestCase):
    def evidence(self):
        path = self.scratch() / "info.txt"
        path.write_text(INFO)
        return path

    def test_the_example_pack_is_sound_and_tests_itself(self):
        lines = sum(len(p.read_text().splitlines()) for p in EXAMPLE.rglob("*.yaml"))
        self.assertLessEqual(lines, 30)
        self.assertEqual(run("rules", "check", EXAMPLE).code, 0)
        done = run("rules", "test", "--strict", EXAMPLE)
        self.assertEqual((done.code, done.text.strip()), (0, "5 passed, 0 failed"))

    def test_it_changes_a_diagnosis(self):
        path = self.evidence()
        self.assertEqual(run("diagnose", path).code, 3)
        done = run("diagnose", path, "--rules", EXAMPLE, "--format", "json")
        self.assertEqual(done.code, 1, str(done))
        self.assertEqual(done.json()["causes"][0]["id"], "client-buffers-bloat")

    def test_a_failing_example_is_told(self):
        pack = self.scratch() / "pack"
        shutil.copytree(EXAMPLE, pack)
        cause = pack / CAUSE
        cause.write_text(cause.read_text().replace("holds: 16", "holds: 6"))
        done = run("rules", "test", pack)
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("expected accused, got not accused", done.text)
        junit = run("rules", "test", pack, "--format", "junit")
        suite = xml.etree.ElementTree.fromstring(junit.out)
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("5", "2"))

    def test_mistakes_are_named_with_their_place(self):
        for name, (path, old, new, words) in BROKEN.items():
            with self.subTest(name):
                pack = self.scratch() / "pack"
                shutil.copytree(EXAMPLE, pack)
                text = (pack / path).read_text()
                self.assertIn(old, text)
                (pack / path).write_text(text.replace(old, new))
                done = run("rules", "check", pack)
                self.assertEqual(done.code, 2, str(done))
                for word in words:
                    self.assertIn(word, done.err)

    def test_the_built_in_examples_hold(self):
        done = run("rules", "test")
        self.assertEqual(done.code, 0, done.text[-500:])
        self.assertNotIn("FAIL", done.text)
