"""The founding incidents as people paste them: a story with evidence between its sentences."""
import json
import re
import shutil

import judge
from support import CASES, INCIDENTS, LABELS as CASE_LABELS, ROOT, TestCase, accused, run

TICKETS = ROOT / "Fixtures/tickets"
LABELS = json.loads((TICKETS / "labels.json").read_text())


class Tickets(TestCase):
    """One test a ticket: the methods are made below."""

    def diagnose(self, name):
        self.ticket = self.scratch() / f"{name}.md"
        shutil.copy(TICKETS / f"{name}.md", self.ticket)
        return run("diagnose", self.ticket, "--format", "json")

    def check(self, name):
        label = LABELS[name]
        done = self.diagnose(name)
        if "refused" in label:
            self.assertEqual((done.code, done.out), (2, b""), str(done))
            self.assertIn(label["refused"], done.err)
            return
        answer = done.json()
        causes = accused(answer)
        found = judge.false_citations(answer)[:5]
        if label.get("healthy"):
            if causes or answer["verdict"]["status"] not in ("healthy", "inconclusive"):
                found.append(f"accused {judge.describe(causes)}; expected nobody")
        else:
            found += self.complaints(label, causes)
        if done.code not in judge.expected_codes(answer):
            found.append(f"exit {done.code} with verdict '{answer['verdict']['status']}'")
        if done.err:
            found.append(f"says on stderr: {done.err.strip()[:300]}")
        found += self.surprises(answer)
        if found:
            self.fail("\n  ".join([name, *found]))

    def complaints(self, label, causes):
        found = []
        first = causes[0] if causes else None
        if first is None or first["id"] not in label["first"]:
            found.append(f"accused {judge.describe(causes)}; expected {label['first']} first")
        elif label.get("about", "") not in first["subject"]:
            found.append(f"accuses {first['subject']}; expected {label['about']}")
        allowed = {*label["first"], *label.get("also_ok", [])}
        for cause in causes:
            if cause["role"] != "consequence" and cause["id"] not in allowed:
                found.append(f"accused {cause['id']}; expected only {', '.join(sorted(allowed))}")
            about = label.get("also_about", {}).get(cause["id"], "")
            if about not in cause["subject"]:
                found.append(f"{cause['id']} accuses {cause['subject']}; expected {about}")
        return found

    def surprises(self, answer):
        """One input, wholly accounted for, and no sentence cited."""
        found = []
        entries = answer["inputs"]
        if len(entries) != 1 or entries[0]["status"] != "read":
            found.append(f"the account of inputs is {entries}")
        lines = self.ticket.read_text().split("\n")
        for origin in judge.origins(answer):
            line = lines[origin["line"] - 1] if "line" in origin else ""
            if re.match(r"\s*[A-Z][a-z]+( [a-z]+,?){4}", line):
                found.append(f"cites the sentence '{line[:80]}'")
        return found


for ticket in sorted(LABELS):
    setattr(
        Tickets, "test_" + ticket.replace("-", "_"),
        lambda self, ticket=ticket: self.check(ticket))


class Forms(TestCase):
    def test_every_ticket_has_a_label(self):
        self.assertEqual(sorted(LABELS), sorted(p.stem for p in TICKETS.glob("*.md")))

    def test_a_pipe_and_other_line_ends_make_no_difference(self):
        text = (TICKETS / "gunicorn-leak-2023.md").read_bytes()
        plain = run("diagnose", "-", "--format", "json", stdin=text).json()
        windows = text.replace(b"\n", b"\r\n")
        crlf = run("diagnose", "-", "--format", "json", stdin=windows).json()
        self.assertEqual(plain["causes"], crlf["causes"])
        self.assertEqual(plain["causes"][0]["id"], "worker-memory-leak")

    def test_a_ticket_is_listed_once_with_what_it_holds(self):
        done = run("diagnose", TICKETS / "session-bloat-2019.md", "--format", "json")
        entry, = done.json()["inputs"]
        self.assertEqual(entry["kind"], "pasted-text")
        for kind in ("redis-info", "nginx-access-log", "probe-config", "application-config"):
            self.assertIn(kind, entry["parts"])


class OnePaste(TestCase):
    """The files of a case in one text, as `tail`, a script or a terminal prints them one after
    another: whom they accuse apart they accuse together."""

    BANNERS = ["==> {} <==", "=== {} ===", "--- {} ---", "### {}", "$ cat {}"]
    # A longer text is read as what it begins with.
    LIMIT = 1 << 20

    def paste(self, files, banner):
        if any(path.is_dir() or b"\0" in path.read_bytes() for path in files):
            return None
        text = b"".join(
            banner.format(path.name).encode() + b"\n" + path.read_bytes().rstrip(b"\n") + b"\n\n"
            for path in files)
        return text if len(text) < self.LIMIT else None

    def test_one_paste_accuses_whom_the_files_accuse(self):
        cases = sorted([*CASES.glob("*/case.json"), *INCIDENTS.glob("*/case.json")])
        ticket = self.scratch() / "paste.txt"
        told = 0
        for index, case in enumerate(cases):
            files = [p for p in sorted(case.parent.iterdir()) if p.name not in CASE_LABELS]
            text = self.paste(files, self.BANNERS[index % len(self.BANNERS)])
            if text is None:
                continue
            told += 1
            ticket.write_bytes(text)
            apart, together = (
                [c["id"] for c in run("diagnose", *given, "--format", "json").json()["causes"]
                 if c["role"] != "consequence"]
                for given in (files, [ticket]))
            self.assertEqual(apart[:1], together[:1], f"{case.parent.name}: {apart}, {together}")
            self.assertLessEqual(set(together), set(apart), case.parent.name)
        self.assertGreater(told, 50)
