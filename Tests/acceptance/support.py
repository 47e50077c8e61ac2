"""Runs the release binary as a person would; shared by all suites."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TRIAGE = os.environ.get("TRIAGE") or str(ROOT / ".build/release/triage")
CASES = ROOT / "Fixtures/cases"
INCIDENTS = ROOT / "Fixtures/incidents"
LABELS = ("case.json", "expected.json")

# The causes whose cases must be told, where the program cannot list what it has.
IMPLEMENTED = {
    "host-failure", "scheduled-maintenance", "instance-os-failure", "session-bloat",
    "probe-created-sessions", "worker-memory-leak", "worker-oversubscription",
    "memory-overcommit", "host-oom", "redis-memory-exhaustion", "slow-commands",
}


class Answer:
    """What one run gave."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode(errors="replace")

    @property
    def text(self):
        return self.out.decode(errors="replace")

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"stdout is not JSON ({error}); {self}") from None

    def __str__(self):
        return f"exit {self.code}, stderr: {self.err.strip()[-600:] or '(empty)'}"


def run(*arguments, stdin=None, timeout=60, binary=TRIAGE, **options):
    """Runs triage; without `stdin` it has none. Not answering in time is a failure, not a hang."""
    given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    try:
        command = [binary, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=timeout, **given, **options)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"no answer within {timeout} s to {arguments}") from None
    return Answer(done)


def implemented_causes():
    """The ids that `triage rules list --format json` names, wherever they stand in it."""
    answer = run("rules", "list", "--format", "json")
    if answer.code != 0:
        return IMPLEMENTED
    try:
        listing = json.loads(answer.out)
    except ValueError:
        return IMPLEMENTED
    causes = listing.get("causes", []) if isinstance(listing, dict) else listing
    ids = {c if isinstance(c, str) else c.get("id") for c in causes}
    return ids - {None} or IMPLEMENTED


def accused(answer):
    return [cause for cause in answer.get("causes", []) if cause.get("probability", 0) >= 0.5]


def read_lines(path):
    """The lines of an evidence file, unpacked, split where triage splits them."""
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.removeprefix(b"\xef\xbb\xbf").split(b"\n")


class TestCase(unittest.TestCase):
    maxDiff = 2000

    def scratch(self):
        """A folder that is gone when the test is."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="triage-acceptance-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def copy_case(self, name):
        """The evidence of a case, without its label; `name` is a folder or one of CASES."""
        evidence = self.scratch() / "evidence"
        shutil.copytree(CASES / name, evidence, ignore=shutil.ignore_patterns(*LABELS))
        return evidence

    def expect_one_line(self, answer, *words):
        """Exit 2, nothing on stdout, one line on stderr with all the words."""
        lines = [line for line in answer.err.splitlines() if line.strip()]
        self.assertEqual(answer.code, 2, str(answer))
        self.assertEqual(answer.out, b"", "a failure prints no report")
        self.assertEqual(len(lines), 1, f"expected one line on stderr; {answer}")
        for word in words:
            self.assertIn(word.lower(), lines[0].lower())
