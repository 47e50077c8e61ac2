"""Evidence that an attacker wrote: nothing of it acts, in any output of any command."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import unicodedata

from support import CASES, LABELS, ROOT, TestCase, run

CORPUS = ROOT / "Fixtures/hostile"
SHELL = "$(touch pwned);`touch pwned`|touch pwned"
NAMES = [
    "$(touch pwned).log", "a\nb.txt", "\x1b[2Jx\x1b]0;pwned\x07.txt", "`touch pwned`.conf",
    "<img src=x onerror=pwned()>.log", "--redact=none", "-rf", "\u202egpj.log",
    "](javascript:pwned()).log", "=cmd|pwned.csv", "..", "...", " ", "' onload='pwned().log",
    "token=S3cr3tS3cr3t1.log", "%2e%2e%2fpwned", "a\\..\\b.log",
]
# Characters that a terminal acts upon, and those that hide.
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}
TAGS = set(
    "html head meta style title body main h1 h2 h3 p ul ol li b br span code pre div details "
    "summary table thead tbody tr th td a".split())
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "open", "scope", "href",
              "rel"}


class Page(html.parser.HTMLParser):
    """Collects what is wrong with a page."""

    def __init__(self):
        super().__init__()
        self.wrong = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES or "pwned" in (value or "") or "evil" in (value or ""):
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name == "href" and not (value or "").startswith("https://"):
                self.wrong.append(f"href {value!r}")

    def handle_comment(self, data):
        self.wrong.append(f"comment {data!r}")


def hidden(text):
    return sorted({repr(c) for c in text if c != "\n" and unicodedata.category(c) in HIDDEN})


def markup(text):
    """What is left of a Markdown text that is neither code nor a plain word."""
    fence = None
    found = []
    for line in text.splitlines():
        content = line.strip()
        if fence:
            fence = None if content == fence else fence
            continue
        opening = re.fullmatch(r"(`{3,})sh", content)
        if opening:
            fence = opening.group(1)
            continue
        rest = re.sub(r"`[^`]*`", "", content)
        rest = re.sub(r"^(#+|-|\d+\.) ", "", rest).replace("**", "")
        if re.search(r"[`<>\[\]{}*_~|\\!@#&$^]|://|evil\.example", rest):
            found.append(line)
    return found + (["a fence stays open"] if fence else [])


def commands(answer):
    steps = answer["plan"] + [s for c in answer["causes"] for s in c.get("remediation", [])]
    missing = answer["missing"] + [
        m for c in answer["causes"] + answer["suspects"] for m in c["missing"]]
    return {s["command"] for s in steps if "command" in s} | {m["collect"] for m in missing}


def breaks_out(command):
    """Whether a word of the evidence stands where a shell would act on it."""
    bare = re.sub(r"'[^']*'", "", command.replace("'\\''", ""))
    if "pwned" in bare or hidden(command):
        return True
    # Places to fill in are no redirections.
    whole = re.sub(r"<[A-Za-z0-9:._ -]+>", "X", command)
    return subprocess.run(["bash", "-n", "-c", whole], capture_output=True).returncode != 0


class Hostile(TestCase):
    def evidence(self):
        folder = self.scratch() / "evidence"
        shutil.copytree(CORPUS, folder, ignore=shutil.ignore_patterns("README.md"))
        log = (CORPUS / "redis-server.log").read_bytes()
        for name in NAMES:
            if name not in (".", ".."):
                (folder / name).write_bytes(log)
        with open(os.fsencode(folder) + b"/\xff\xfe.log", "wb") as file:
            file.write(log)
        return folder

    def answers(self, folder):
        """One run of every command and format over a folder, in an empty working folder."""
        work = self.scratch()
        for mode in ("secrets", "all", "none"):
            for form in ("text", "json", "markdown", "html"):
                yield f"diagnose {form} {mode}", run(
                    "diagnose", folder, "--format", form, "--redact", mode, cwd=work)
            for form in ("text", "json"):
                yield f"facts {form} {mode}", run(
                    "facts", folder, "--format", form, "--redact", mode, cwd=work)
        yield "lint text", run("lint", folder, cwd=work)
        yield "lint json", run("lint", folder, "--format", "json", cwd=work)
        yield "redact", run("redact", folder, "-o", work / "copy", cwd=work)
        yield "no such file", run("diagnose", "\x1b[2J\u202e$(touch pwned)\n", cwd=work)
        yield "one file", run("diagnose", folder / NAMES[2], "-", stdin=b"\x1b[2J", cwd=work)
        self.assertEqual(set(os.listdir(work)) - {"copy"}, set(), "something ran or escaped")

    def test_nothing_acts(self):
        for name, answer in self.answers(self.evidence()):
            with self.subTest(name):
                self.assertIn(answer.code, (0, 1, 2, 3), str(answer))
                out = answer.out.decode("utf-8")
                self.assertEqual(hidden(out), [], "on stdout")
                self.assertEqual(hidden(answer.err), [], "on stderr")
                if " json" in name and answer.code != 2:
                    json.loads(out)
                if " html" in name:
                    page = Page()
                    page.feed(out)
                    self.assertEqual(page.wrong, [])
                if " markdown" in name:
                    self.assertEqual(markup(out), [])

    def test_copies_stay_below_their_folder(self):
        work = self.scratch()
        answer = run("redact", self.evidence(), "-o", work / "out", cwd=work)
        self.assertIn(answer.code, (0, 3), str(answer))
        self.assertEqual(os.listdir(work), ["out"])
        names = os.listdir(work / "out")
        self.assertGreater(len(names), 25)
        for name in names:
            self.assertEqual(hidden(name), [])
            self.assertNotIn("S3cr3t", name)
            self.assertFalse(name.startswith("."))

    def check_commands(self, folder, at_least):
        answer = run("diagnose", folder, "--format", "json", "--redact", "none").json()
        found = commands(answer)
        self.assertGreaterEqual(len(found), at_least)
        self.assertEqual([c for c in found if breaks_out(c)], [])
        return answer, found

    def mutated(self, case, *pairs):
        """A labelled case with words of an attacker in the place of others."""
        folder = self.scratch() / case
        shutil.copytree(CASES / case, folder, ignore=shutil.ignore_patterns(*LABELS))
        for path in folder.rglob("*"):
            if path.is_file():
                text = path.read_bytes()
                for old, new in pairs:
                    text = re.sub(old.encode(), lambda _: new.encode(), text)
                path.write_bytes(text)
        return folder

    def test_no_value_is_syntax_in_a_command(self):
        self.check_commands(self.evidence(), 1)

    def test_a_key_is_quoted(self):
        for key in (SHELL, f"it's {SHELL}", "${IFS}pwned", "a b;pwned"):
            with self.subTest(key):
                folder = self.mutated("big-keys", ("events:index:2026", key))
                _, found = self.check_commands(folder, 2)
                self.assertTrue(any("pwned" in command for command in found), found)

    def test_an_id_that_is_none_withholds_the_command(self):
        status = (CASES / "ec2-maintenance-retirement/instance-status.yaml").read_text()
        found = re.search(r"i-[0-9a-f]{8,17}", status).group()
        for bad in (f"i-0abc{SHELL}", "--all pwned", r"i-0abc\x1b[2Jpwned"):
            with self.subTest(bad):
                folder = self.mutated("ec2-maintenance-retirement", (found, f'"{bad}"'))
                answer, _ = self.check_commands(folder, 0)
                self.assertNotIn("pwned", " ".join(commands(answer)))
