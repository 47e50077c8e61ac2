"""One test for each labelled folder: judgement, contract, citations and determinism."""
import json
import random

from jsonschema import Draft202012Validator

import judge
from support import ROOT, TestCase, implemented_causes, run

SCHEMA = json.loads((ROOT / "Fixtures/contract/diagnosis.schema.json").read_text())
implemented = None


def known_causes():
    global implemented
    if implemented is None:
        implemented = implemented_causes()
    return implemented


class Labelled(TestCase):
    """One test a case: `add_cases` makes the methods."""

    def check(self, folder):
        label = json.loads((folder / "case.json").read_text())
        evidence = self.copy_case(folder)
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
            self.fail("\n  ".join([f"{folder.name}: {label.get('title', '')}", *found]))

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


def add_cases(tests, root):
    """Gives a subclass of Labelled a test for every folder below `root` that has a label."""
    for label in sorted(root.glob("*/case.json")):
        folder = label.parent
        setattr(
            tests, "test_" + folder.name.replace("-", "_"),
            lambda self, folder=folder: self.check(folder))
