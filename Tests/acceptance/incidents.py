"""The incidents that scripts/make-incidents made, held against their labels as the cases are."""
import labelled
from support import INCIDENTS, run


class Incidents(labelled.Labelled):
    """One test a folder."""

    def test_an_onset_says_whether_its_zone_is_known(self):
        folder = INCIDENTS / "console-download"
        for zone, clock, words in (
                ((), "unzoned", " (zone not known)"), (("--tz", "UTC"), None, "Z")):
            with self.subTest(zone=zone):
                cause = run("diagnose", "--format", "json", *zone, folder).json()["causes"][0]
                self.assertEqual(cause["onset"], "2025-09-17T03:41:00Z")
                self.assertEqual(cause.get("onset_clock"), clock)
                for form in "text", "markdown", "html":
                    text = " ".join(run("diagnose", "--format", form, *zone, folder).text.split())
                    self.assertIn("since 2025-09-17 03:41:00" + words, text)


labelled.add_cases(Incidents, INCIDENTS)
