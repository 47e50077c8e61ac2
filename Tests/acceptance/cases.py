"""The labelled cases, one test each, and the formats of a report."""
import labelled
from support import CASES, TestCase, run

FORMATS = ("text", "json", "markdown", "html")


class Cases(labelled.Labelled):
    """One test a folder."""


labelled.add_cases(Cases, CASES)


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
