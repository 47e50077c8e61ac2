"""How far the stated probabilities are from the truth, over all labels: docs/weights.md."""
import json

import judge
from support import CASES, INCIDENTS, TestCase, run

LIMIT = 0.03


class Calibration(TestCase):
    def test_brier_score_of_all_cases(self):
        errors = []
        folders = [path.parent for root in (CASES, INCIDENTS)
                   for path in sorted(root.glob("*/case.json"))]
        for folder in folders:
            label = json.loads((folder / "case.json").read_text())
            answer = run("diagnose", self.copy_case(folder), "--format", "json").json()
            errors += judge.brier(label, answer)
        score = sum(errors) / len(errors)
        print(f"     {len(folders)} cases, {len(errors)} probabilities, Brier score {score:.4f}")
        self.assertLess(score, LIMIT)
