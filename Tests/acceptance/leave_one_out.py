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
from support import CASES, LABELS, run

FOLDERS = [CASES]


def direct_evidence(cause):
    """Symptom by symptom, the files that a cause's direct evidence stands in."""
    return {
        s["symptom"]: {o["source"]["file"] for o in s["observed"] if "source" in o}
        for s in cause["evidence"] if s.get("direct")}


def without(folder, left_out):
    """The evidence of a case but for one file, in a folder of its own."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="triage-loo-"))
    evidence = scratch / "evidence"
    shutil.copytree(folder, evidence, ignore=shutil.ignore_patterns(*LABELS))
    (evidence / left_out).unlink()
    return scratch, evidence


def complaints(folder, left_out, label, full):
    scratch, evidence = without(folder, left_out)
    try:
        done = run("diagnose", evidence, "--format", "json")
        if done.code == 2:
            return [], None  # what is left is no evidence, and triage says so
        answer = done.json()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
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
        if held_all and not asked & set(direct):
            found.append(
                f"asks for {', '.join(m['fact'] for m in answer['missing'][:3])}; expected "
                f"something that tells {' or '.join(sorted(direct))}")
    return found, answer


def brier(label, answer):
    return judge.brier(label, answer) if answer else []


class LeaveOneOut(unittest.TestCase):
    def test_every_case_without_each_of_its_files(self):
        jobs = []
        for root in FOLDERS:
            for path in sorted(root.glob("*/case.json")):
                folder = path.parent
                files = [f.relative_to(folder) for f in sorted(folder.rglob("*"))
                         if f.is_file() and f.name not in LABELS]
                if len(files) < 2:
                    continue
                label = json.loads(path.read_text())
                scratch = pathlib.Path(tempfile.mkdtemp(prefix="triage-loo-"))
                evidence = scratch / "evidence"
                shutil.copytree(folder, evidence, ignore=shutil.ignore_patterns(*LABELS))
                full = run("diagnose", evidence, "--format", "json").json()
                shutil.rmtree(scratch, ignore_errors=True)
                jobs += [(folder, left_out, label, full) for left_out in files]
        errors = []
        found = []
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            for job, (wrong, answer) in zip(jobs, pool.map(lambda j: complaints(*j), jobs)):
                found += [f"{job[0].name} without {job[1]}: {line}" for line in wrong]
                errors += brier(job[2], answer)
        score = sum(errors) / len(errors) if errors else 0
        print(f"     {len(jobs)} sets, {len(found)} wrong, Brier score {score:.4f}")
        if found:
            self.fail("\n".join(found))
