"""The labelled incidents: judgement, contract, citations and determinism of each."""
import json
import random

from jsonschema import Draft202012Validator

import judge
from support import CASES, ROOT, TestCase, implemented_causes, run

SCHEMA = json.loads((ROOT / "Fixtures/contract/diagnosis.schema.json").read_text())
FORMATS = ("text", "json")
implemented = None


def known_causes():
    global implemented
    if implemented is None:
        implemented = implemented_causes()
    return implemented


class Cases(TestCase):
    """One test a case: the methods are made below."""

    def check(self, name):
        label = json.loads((CASES / name / "case.json").read_text())
        evidence = self.copy_case(name)
        done = run("diagnose", evidence, "--format", "json")
        answer = done.json()
        found = []
        for error in Draft202012Validator(SCHEMA).iter_errors(answer):
            found.append(f"against the contract: {error.json_path}: {error.message[:200]}")
        if not found:
            found += judge.complaints(label, answer, known_causes())
            found += judge.false_citations(answer)[:5]
            expected = judge.expected_codes(answer)
            if done.code not in expected:
                found.append(
                    f"exit {done.code} with verdict '{answer['verdict']['status']}'; "
                    f"expected {sorted(expected)}")
        if done.err.strip():
            found.append(f"says on stderr: {done.err.strip()[:300]}")
        found += self.wobbles(evidence, done.out)
        if found:
            self.fail("\n  ".join([f"{name}: {label.get('title', '')}", *found]))

    def wobbles(self, evidence, first):
        """The same input gives the same bytes, whatever the order of arguments."""
        found = []
        if run("diagnose", evidence, "--format", "json").out != first:
            found.append("a second run of the same command gave other bytes")
        files = sorted(evidence.iterdir())
        shuffled = files[:]
        random.Random(7).shuffle(shuffled)
        answers = [run("diagnose", *order, "--format", "json").out for order in (files, shuffled)]
        if answers[0] != answers[1]:
            found.append("the order of the arguments changes the answer")
        return found


for folder in sorted(CASES.glob("*/case.json")):
    case = folder.parent.name
    setattr(
        Cases, "test_" + case.replace("-", "_"),
        lambda self, case=case: self.check(case))


class Formats(TestCase):
    def test_every_format_is_printed(self):
        evidence = self.copy_case("session-bloat-immortal")
        for name in FORMATS:
            with self.subTest(name):
                done = run("diagnose", evidence, "--format", name)
                self.assertEqual(done.code, 1, str(done))
                self.assertIn("session-bloat", done.text)
                self.assertEqual(done.err, "")

    def test_facts_are_listed(self):
        done = run("facts", self.copy_case("session-bloat-immortal"), "--format", "json")
        self.assertEqual(done.code, 0, str(done))
        names = {fact["fact"] for fact in done.json()["facts"]}
        self.assertIn("redis.memory.used_memory", names)
