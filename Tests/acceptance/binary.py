"""The binary itself: what it needs, how large it is, where it runs."""
import os
import platform
import re
import shutil
import subprocess

from support import TRIAGE, TestCase, run

LIMIT = 24 << 20
# Of Amazon Linux 2023 and RHEL 9.
GLIBC = (2, 34)


def output(*command):
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()


class Binary(TestCase):
    def test_it_needs_only_what_every_system_has(self):
        libraries = re.findall(r"^\s*(\S+)", output("ldd", TRIAGE), re.MULTILINE)
        ours = r"swift|foundation|dispatch|hiredis|yaml|libz\.|zstd|lzma|icu"
        foreign = [name for name in libraries if re.search(ours, name, re.I)]
        self.assertEqual(foreign, [], "these must be linked in")

    def test_it_runs_where_glibc_is_older(self):
        """What it asks for by version. Built on a newer system it asks for newer ones."""
        if tuple(int(part) for part in platform.libc_ver()[1].split(".")) > (2, 36):
            self.skipTest("built on a newer glibc than that of Debian 12")
        asked = re.findall(r"\(GLIBC_(\d+)\.(\d+)[.\d]*\)\s+(\S+)", output("objdump", "-T", TRIAGE))
        self.assertTrue(asked)
        newer = [symbol for major, minor, symbol in asked if (int(major), int(minor)) > GLIBC]
        self.assertEqual(newer, [])

    def test_it_is_small(self):
        stripped = self.scratch() / "triage"
        output("strip", "-o", str(stripped), TRIAGE)
        self.assertLess(stripped.stat().st_size, LIMIT)

    def test_it_holds_no_tables_of_all_languages(self):
        names = output("nm", TRIAGE)
        self.assertNotIn("FoundationInternationalization", names)

    def test_it_runs_alone(self):
        alone = self.scratch()
        binary = shutil.copy(TRIAGE, alone / "program")
        empty = alone / "empty"
        empty.mkdir()
        for arguments in (["--help"], ["--version"], ["rules", "list"]):
            done = run(*arguments, binary=binary, cwd=empty, env={})
            self.assertEqual(done.code, 0, f"{arguments}: {done}")
            self.assertTrue(done.out, arguments)
        evidence = self.copy_case("session-bloat-immortal")
        done = run("diagnose", evidence, binary=binary, cwd=empty, env={})
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("session-bloat", done.text)
        self.assertEqual(os.listdir(empty), [])
