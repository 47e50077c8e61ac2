"""What goes wrong before evidence is weighed: each has a clear word and the right exit status."""
import os
import pty
import re
import shutil
import subprocess
import time

from support import TRIAGE, TestCase, run

STATUS = '{"InstanceStatuses": [{"InstanceId": "i-0123456789abcdef0", "SystemStatus": {"Status": '
NOBODY = 65534


class Errors(TestCase):
    def inputs(self, done):
        return {entry["path"].split("/")[-1]: entry for entry in done.json()["inputs"]}

    def test_an_unknown_option(self):
        done = run("diagnose", "--no-such-option", ".")
        self.assertEqual(done.code, 2, str(done))
        self.assertEqual(done.out, b"")
        self.assertIn("--no-such-option", done.err)

    def test_help_that_was_mistyped(self):
        for arguments, meant in ((["--hlep"], "--help"), (["diagnose", "--verison"], "--version")):
            done = run(*arguments)
            self.assertEqual(done.code, 2, str(done))
            self.assertIn(f"did you mean '{meant}'", done.err)
            self.assertNotIn("--key", done.err)

    def test_an_empty_access_log_is_no_health(self):
        folder = self.scratch()
        (folder / "access.log").write_text("")
        done = run("diagnose", folder)
        self.assertEqual(done.code, 3, str(done))
        self.assertNotIn(b"HEALTHY", done.out)

    def test_a_span_before_now_where_nobody_knows_now(self):
        done = run("diagnose", "--since", "2h", "/etc/hostname")
        self.expect_one_line(done, "--since", "'2h' counts back from now", "2024-03-05T02:07:00Z")

    def test_an_empty_argument(self):
        for arguments in ([""], ["diagnose", ""], ["diagnose", "/etc/hostname", ""]):
            done = run(*arguments)
            self.assertEqual(done.code, 2, f"{arguments}: {done}")
            self.assertIn("empty", done.err)

    def test_pseudonyms_where_there_are_none(self):
        for arguments in (["lint", "."], ["explain", "session-bloat", "."]):
            done = run(*arguments, "--redact", "all", cwd=self.scratch())
            self.expect_one_line(done, "--redact", "triage redact")

    def test_a_file_that_is_not_there(self):
        done = run("diagnose", "no-such-file.log")
        self.expect_one_line(done, "no-such-file.log", "no such file")

    def test_an_empty_folder(self):
        done = run("diagnose", self.scratch())
        self.assertEqual(done.code, 2, str(done))
        self.assertTrue(done.err.strip(), "says nothing about an empty folder")

    def test_a_file_that_may_not_be_read(self):
        folder = self.copy_case("session-bloat-immortal")
        folder.parent.chmod(0o755)
        binary = shutil.copy(TRIAGE, folder.parent / "triage")
        (folder / "redis-info-2.txt").chmod(0)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        done = run("diagnose", folder, "--format", "json", binary=binary, cwd="/", **options)
        self.assertEqual(done.code, 1, str(done))
        entry = self.inputs(done)["redis-info-2.txt"]
        self.assertEqual(entry["status"], "unreadable")
        self.assertIn("permission denied", entry["warnings"][0]["message"])

    def test_json_that_is_cut_short(self):
        folder = self.scratch()
        (folder / "describe-instance-status.json").write_text(STATUS)
        done = run("diagnose", folder, "--format", "json")
        self.assertIn(done.code, (2, 3), str(done))
        if done.code == 3:
            entry = self.inputs(done)["describe-instance-status.json"]
            self.assertIn(entry["status"], ("partly-read", "unreadable"))
            self.assertTrue(entry["warnings"])

    def test_damage_beside_health_is_never_clean(self):
        folder = self.copy_case("redis-healthy-busy-cache")
        self.assertEqual(run("diagnose", folder).code, 0)
        (folder / "describe-instance-status.json").write_text(STATUS)
        self.assertEqual(run("diagnose", folder).code, 3)

    def test_a_named_pipe_does_not_hang(self):
        folder = self.copy_case("session-bloat-immortal")
        os.mkfifo(folder / "pipe")
        start = time.monotonic()
        self.expect_one_line(run("diagnose", folder / "pipe", timeout=10), "FIFO")
        done = run("diagnose", folder, "--format", "json", timeout=10)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("pipe", self.inputs(done))

    def test_foreign_files_are_listed_and_no_error(self):
        folder = self.copy_case("redis-healthy-busy-cache")
        (folder / "notes.md").write_text("# what we did\n")
        (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        (folder / ".git").mkdir()
        os.symlink("..", folder / "loop")
        done = run("diagnose", folder, "--format", "json")
        self.assertEqual(done.code, 0, str(done))
        inputs = self.inputs(done)
        for name in ("notes.md", "picture.png", ".git", "loop"):
            self.assertEqual(inputs[name]["status"], "not-recognised", name)

    def test_standard_input(self):
        info = (self.copy_case("session-bloat-immortal") / "redis-info-3.txt").read_bytes()
        done = run("diagnose", "-", "--format", "json", stdin=info)
        self.assertIn(done.code, (1, 3), str(done))
        self.assertEqual([i["kind"] for i in done.json()["inputs"]], ["redis-info"])

    def test_a_reader_that_leaves_early_is_no_crash(self):
        evidence = self.copy_case("session-bloat-immortal")
        child = subprocess.Popen(
            [TRIAGE, "diagnose", str(evidence)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdout.close()
        self.assertEqual(child.stderr.read(), b"")
        child.stderr.close()
        # 141 and -13 are what a shell and Python say of SIGPIPE.
        self.assertIn(child.wait(20), (0, 1, 141, -13))


class Colour(TestCase):
    def on_terminal(self, environment):
        evidence = self.copy_case("session-bloat-immortal")
        master, slave = pty.openpty()
        child = subprocess.Popen(
            [TRIAGE, "diagnose", str(evidence)], stdout=slave, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, env={"TERM": "xterm", **environment})
        os.close(slave)
        text = b""
        while True:
            try:
                part = os.read(master, 65_536)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(master)
        child.wait(20)
        self.assertIn(b"session-bloat", text)
        return text

    def test_none_in_a_pipe(self):
        evidence = self.copy_case("session-bloat-immortal")
        self.assertNotIn("\x1b", run("diagnose", evidence, env={"TERM": "xterm"}).text)

    def test_none_where_it_is_not_wanted(self):
        self.assertNotIn(b"\x1b", self.on_terminal({"NO_COLOR": "1"}))
        self.assertNotIn(b"\x1b", self.on_terminal({"TERM": "dumb"}))


class Hostile(TestCase):
    def test_control_characters_never_reach_the_terminal(self):
        folder = self.copy_case("web-upstream-failure")
        os.rename(folder / "gunicorn.log", folder / "\x1b[31mgunicorn.log")
        with open(folder / "\x1b[31mgunicorn.log", "ab") as log:
            log.write(b"\x1b]0;owned\x07 [2026-11-21 00:00:00 +0000] [1] [CRITICAL] \x9b31m\n")
        for name in ("text", "markdown", "html", "json"):
            done = run("diagnose", folder, "--format", name)
            found = re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.text)
            self.assertEqual(found, [], f"{name} holds control characters")

    def test_markup_never_reaches_html(self):
        folder = self.copy_case("session-bloat-immortal")
        os.rename(folder / "redis-info-3.txt", folder / "<script>alert(1)<script>.txt")
        done = run("diagnose", folder, "--format", "html")
        self.assertNotIn("<script>alert", done.text)

    def test_any_bytes_are_survived(self):
        folder = self.scratch()
        (folder / "nul.log").write_bytes(bytes(200_000))
        (folder / "noise.log").write_bytes(bytes((i * 73 + i // 7) % 256 for i in range(300_000)))
        (folder / "long.log").write_bytes(b"a" * (3 << 20))
        (folder / "deep.json").write_bytes(b"[" * 200_000)
        (folder / "bom.json").write_bytes(b"\xef\xbb\xbf{}")
        done = run("diagnose", folder, "--format", "json")
        self.assertIn(done.code, (2, 3), str(done))
