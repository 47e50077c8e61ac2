"""However many threads read the evidence, the report is the same, byte for byte."""
import gzip
import json

from support import CASES, TestCase, run


def metric(points):
    """What `aws cloudwatch get-metric-statistics` prints, of a day and more."""
    day = [
        {"Timestamp": f"2024-03-{5 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00+00:00",
         "Sum": float(1000 < n < 1030), "Unit": "Count"}
        for n in range(points)]
    return json.dumps({"Label": "StatusCheckFailed_System", "Datapoints": day}, indent=4)


class Threads(TestCase):
    def same(self, *arguments, stdin=None):
        one, *others = (
            run("diagnose", *arguments, "--format", "json", "--threads", n, stdin=stdin)
            for n in (1, 2, 5))
        self.assertIn(one.code, (0, 1, 3), str(one))
        for other in others:
            self.assertEqual((other.code, other.text), (one.code, one.text))
        return one.json()

    def test_every_case(self):
        for case in sorted(path.parent for path in CASES.glob("*/case.json")):
            with self.subTest(case.name):
                self.same(case)

    def test_large_documents_beside_others(self):
        evidence = self.copy_case("session-bloat-immortal")
        text = metric(16_000)
        self.assertGreater(len(text), 1 << 20)
        for name in ("a.json", "z.json"):
            (evidence / name).write_text(text)
        self.same(evidence)

    def test_a_pipe_beside_files(self):
        evidence = self.copy_case("session-bloat-immortal")
        for stdin in (metric(16_000).encode(), gzip.compress(metric(60).encode())):
            answer = self.same("-", evidence, stdin=stdin)
            kinds = {i["path"]: i["kind"] for i in answer["inputs"]}
            self.assertEqual(kinds["-"], "cloudwatch-metric")

    def test_packed_logs(self):
        folder = self.scratch()
        line = '10.0.0.%d - - [05/Mar/2024:02:%02d:%02d +0000] "GET /%d HTTP/1.1" 200 5 "-" "x"\n'
        for number in range(6):
            lines = (line % (n % 9, n // 60 % 60, n % 60, n % 7) for n in range(20_000))
            text = "".join(lines).encode()
            name = folder / f"access.log.{number}"
            if number % 2:
                name.write_bytes(text)
            else:
                name.with_suffix(f".{number}.gz").write_bytes(gzip.compress(text))
        self.assertEqual(len(self.same(folder)["inputs"]), 6)
