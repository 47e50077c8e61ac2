"""Each case with one file less: a weaker case, never a wrong one.

With any one file removed the accused roots stay within the label or nobody is accused, an incident
never becomes healthy, and where that file held all direct evidence of the top cause, a command that
gets some of it back is among the first three of `missing`.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import tempfile
import unittest

import judge
from support import CASES, INCIDENTS, LABELS, run

FOLDERS = [CASES, INCIDENTS]


def direct_evidence(cause):
    """Symptom by symptom, the files that a cause's direct evidence stands in."""
    return {
        s["symptom"]: {o["source"]["file"] for o in s["observed"] if "source" in o}
        for s in cause["evidence"] if s.get("direct")}


def direct_symptoms(cause, folder):
    """All symptoms that would be direct evidence of it, whether they are seen here or not."""
    sheets = run("explain", cause, folder, "--format", "json").json()
    return {entry["symptom"] for entry in sheets["sheets"][0]["entries"] if entry["direct"]}


def diagnose(folder, left_out=None):
    """The answer to the evidence of a case but for one file; None where the rest is none."""
    with tempfile.TemporaryDirectory(prefix="triage-loo-") as scratch:
        evidence = pathlib.Path(scratch) / "evidence"
        shutil.copytree(folder, evidence, ignore=shutil.ignore_patterns(*LABELS))
        if left_out:
            (evidence / left_out).unlink()
        done = run("diagnose", evidence, "--format", "json")
        return None if done.code == 2 else done.json()


def complaints(folder, left_out, label, full, answer):
    if answer is None:
        return []  # what is left is no evidence, and triage says so
    found = []
    allowed = set() if label.get("healthy") else {label["top"], *label.get("also_ok", [])}
    roots = {c["id"] for c in answer["causes"] if c["role"] != "consequence"}
    if roots - allowed:
        found.append(f"accuses {', '.join(sorted(roots - allowed))}")
    status = answer["verdict"]["status"]
    if full["verdict"]["status"] == "incident" and status == "healthy":
        found.append("an incident became healthy")
    top = next((c for c in full["causes"] if c["id"] == label.get("top")), None)
    if top and not any(c["id"] == top["id"] for c in answer["causes"]):
        direct = direct_evidence(top)
        held_all = direct and all(
            any(os.path.basename(f) == os.path.basename(left_out) for f in files)
            for files in direct.values())
        asked = {m.get("symptom") for m in answer["missing"][:3]}
        if held_all and not asked & direct_symptoms(top["id"], folder):
            found.append(
                f"asks for {', '.join(m['fact'] for m in answer['missing'][:3])}; expected "
                f"something that shows {top['id']}")
    return found


class LeaveOneOut(unittest.TestCase):
    def test_every_case_without_each_of_its_files(self):
        jobs = []
        for path in sorted(path for root in FOLDERS for path in root.glob("*/case.json")):
            files = [f.relative_to(path.parent) for f in sorted(path.parent.rglob("*"))
                     if f.is_file() and f.name not in LABELS]
            if len(files) > 1:
                jobs += [(path.parent, left_out) for left_out in [None, *files]]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            answers = dict(zip(jobs, pool.map(lambda job: diagnose(*job), jobs)))
        found = []
        errors = []
        sets = 0
        for (folder, left_out), answer in answers.items():
            if left_out is None:
                continue
            sets += 1
            label = json.loads((folder / "case.json").read_text())
            full = answers[folder, None]
            found += [f"{folder.name} without {left_out}: {line}"
                      for line in complaints(folder, left_out, label, full, answer)]
            errors += judge.brier(label, answer) if answer else []
        score = sum(errors) / len(errors) if errors else 0
        print(f"     {sets} sets, {len(found)} wrong, Brier score {score:.4f}")
        if found:
            self.fail("\n".join(found))
