"""Memory stays bounded whatever is given: small versions of what was measured at full size."""
import io
import os
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib

from support import TRIAGE, TestCase, run

MIB = 1 << 20
LIMIT = 32 * MIB
LINE = b'10.0.3.7 - - [21/Nov/2026:03:10:%02d +0000] "GET /a/%d HTTP/1.1" 200 612 "-" "curl/8"\n'
REDIS = b"1:M 21 Nov 2026 03:10:00.000 * Ready to accept connections\n"


# A small process between: a child counts the memory of its parent until it becomes triage.
LAUNCHER = """
import os, subprocess, sys
child = subprocess.Popen(
    sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak(*arguments):
    """The exit status, the largest resident memory and the time of one run."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-S", "-c", LAUNCHER, TRIAGE, *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, check=True)
    code, memory = map(int, done.stdout.split())
    return code, memory * 1024, time.monotonic() - start


def write_log(file, size):
    written, number = 0, 0
    while written < size:
        part = b"".join(LINE % (n // 100 % 60, n) for n in range(number, number + 5000))
        file.write(part)
        written += len(part)
        number += 5000


class Bounds(TestCase):
    def bounded(self, *arguments, seconds=60):
        code, memory, took = peak(*arguments)
        self.assertIn(code, (0, 1, 2, 3), arguments)
        self.assertLess(memory, LIMIT, f"{memory / MIB:.1f} MiB for {arguments}")
        self.assertLess(took, seconds)

    def test_a_log(self):
        path = self.scratch() / "access.log"
        with open(path, "wb") as file:
            write_log(file, 32 * MIB)
        self.bounded("diagnose", path)

    def test_a_log_in_archives(self):
        folder = self.scratch()
        raw = io.BytesIO()
        write_log(raw, 24 * MIB)
        with tarfile.open(folder / "a.tar.gz", "w:gz", compresslevel=1) as archive:
            info = tarfile.TarInfo("var/log/nginx/access.log")
            info.size = len(raw.getvalue())
            archive.addfile(info, io.BytesIO(raw.getvalue()))
        deflated = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(folder / "a.zip", "w", deflated, compresslevel=1) as zipped:
            zipped.writestr("access.log", raw.getvalue())
        (folder / "plain.log").write_bytes(raw.getvalue())
        subprocess.run(["zstd", "-q", "-3", folder / "plain.log"], check=True)
        os.remove(folder / "plain.log")
        for name in ("a.tar.gz", "a.zip", "plain.log.zst"):
            with self.subTest(name):
                self.bounded("diagnose", folder / name)

    def test_a_slow_log(self):
        """However long the server keeps it: every entry is counted, and none is kept."""
        folder = self.scratch()
        entries = range(120_000, 0, -1)
        words = '"LRANGE","feed:%d","0","-1"'
        forms = {
            "terminal.txt": (
                f"{120_001 - n:>6}) 1) (integer) {n}\n        2) (integer) {1795000000 + n}\n"
                f'        3) (integer) {n}\n        4) 1) "LRANGE"\n           2) "feed:{n}"\n'
                '           3) "0"\n           4) "-1"\n        5) "10.0.0.5:50122"\n'
                '        6) ""\n' for n in entries),
            "raw.txt": (
                f"{n}\n{1795000000 + n}\n{n}\nLRANGE\nfeed:{n}\n0\n-1\n10.0.0.5:50122\n"
                "a-service-of-some-name\n" for n in entries),
            "flat.csv": (
                f'{n},{1795000000 + n},{n},{words % n},"10.0.0.5:50122","service",'
                for n in entries),
            "array.json": (
                f'{"[" if n == 120_000 else ","}[{n},{1795000000 + n},{n},[{words % n}],'
                f'"10.0.0.5:50122","service"]{"]" if n == 1 else ""}' for n in entries),
        }
        for name, parts in forms.items():
            with self.subTest(name):
                (folder / name).write_text("".join(parts).rstrip(",") + "\n")
                self.assertGreater((folder / name).stat().st_size, 8 * MIB)
                self.bounded("facts", folder / name)
                facts = {fact["fact"]: fact for fact in
                         run("facts", "--format", "json", folder / name).json()["facts"]}
                self.assertEqual(facts["redis.slowlog.entries"]["value"], 120_000)
                self.assertEqual(facts["redis.slowlog.linear.count"]["value"], 120_000)
                self.assertEqual(facts["redis.slowlog.total"]["value"], 7200.06)

    def test_a_long_series(self):
        """What is captured every minute for weeks is read to its end, not to a limit."""
        folder = self.scratch()
        hours = [f"2026-{10 + n // 720:02}-{1 + n // 24 % 30:02}T{n % 24:02}" for n in range(750)]
        stamps = [f"{hour}:{minute:02}:{second:02}Z" for hour in hours for minute in range(60)
                  for second in (0, 30)]
        head = "              total        used        free      shared  buff/cache   available\n"
        rows = "procs -----memory---- ---swap-- -----io---- -system-- ------cpu----- -timestamp-\n"
        rows += " r  b  swpd  free  buff  cache  si  so  bi  bo  in  cs us sy id wa st UTC\n"
        info = "# Server\nredis_version:7.0.15\nrun_id:" + "a" * 40 + "\ntcp_port:6379\n"
        info += "# Memory\n" + "".join(f"x_{n}:0\n" for n in range(20)) + "used_memory:"
        last = len(stamps) - 1
        forms = {
            "free.txt": (last, "host.memory.MemAvailable", last * 1024, (
                f"{stamp}\n{head}Mem:  4000000 {n} {4000000 - n} 0 0 {n}\n"
                for n, stamp in enumerate(stamps))),
            "vmstat.txt": (last, "host.vmstat.swap_active_share", 1 / last, [rows] + [
                f" 2  0      0 621632 5376  66932    0    {n // last}   668    61  280  516 61 39"
                f"  0  0  0 {stamp[:10]} {stamp[11:19]}\n" for n, stamp in enumerate(stamps)]),
            "info.txt": (last, "redis.memory.used_memory", last, (
                f"# captured {stamp}\n{info}{n}\n" for n, stamp in enumerate(stamps))),
        }
        for name, (last, fact, value, parts) in forms.items():
            with self.subTest(name):
                (folder / name).write_text("".join(parts))
                self.assertGreater((folder / name).stat().st_size, 8 * MIB)
                self.bounded("facts", folder / name)
                answer = run("facts", "--format", "json", folder / name)
                self.assertEqual(answer.code, 0, answer)
                found = [one for one in answer.json()["facts"] if one["fact"] == fact]
                self.assertAlmostEqual(found[-1]["value"], value)
                self.assertLess(len(found), 600)

    def test_a_long_line(self):
        folder = self.scratch()
        for name, head in (("access.log", LINE % (1, 1)), ("redis.log", REDIS), ("x", b"a")):
            path = folder / name
            with open(path, "wb") as file:
                file.write(head + head[:-1])
                for _ in range(100):
                    file.write(b"a" * MIB)
            self.bounded("diagnose", path)
        inputs = run("facts", folder, "--format", "json").json()["inputs"]
        cut = [i for i in inputs if any("cut" in w["message"] for w in i["warnings"])]
        self.assertEqual(len(cut), 2, inputs)

    def bomb(self, path, head, size):
        """gzip of `size` zeros behind a head, made without packing them all."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = bytes(MIB)
        with open(path, "wb") as file:
            file.write(packer.compress(head))
            for _ in range(size // MIB):
                file.write(packer.compress(zeros))
            file.write(packer.flush())

    def test_a_bomb(self):
        folder = self.scratch()
        self.bomb(folder / "zeros.gz", b"", 256 * MIB)
        self.bomb(folder / "redis.log.gz", REDIS * 3000, 1200 * MIB)
        self.bounded("diagnose", folder / "zeros.gz")
        self.bounded("diagnose", folder / "redis.log.gz")
        inputs = run("facts", folder, "--format", "json").json()["inputs"]
        said = {w["message"] for i in inputs for w in i["warnings"]}
        self.assertTrue(any("1000 times" in message for message in said), said)

    def test_a_bomb_of_bombs(self):
        """Each within its own limits; together they are not."""
        folder = self.scratch()
        self.bomb(folder / "one.gz", REDIS * 3000, 300 * MIB)
        one = (folder / "one.gz").read_bytes()
        os.remove(folder / "one.gz")
        with tarfile.open(folder / "all.tar.gz", "w:gz") as archive:
            for number in range(200):
                info = tarfile.TarInfo(f"{number}.log.gz")
                info.size = len(one)
                archive.addfile(info, io.BytesIO(one))
        self.bounded("diagnose", folder / "all.tar.gz")
        inputs = run("facts", folder, "--format", "json").json()["inputs"]
        said = {w["message"] for i in inputs for w in i["warnings"]}
        self.assertTrue(any("1000 times" in message for message in said), said)

    def test_many_small_files(self):
        folder = self.scratch()
        for number in range(2400):
            if number % 600 == 0:
                (folder / str(number // 600)).mkdir()
            path = folder / str(number // 600) / f"{number}.txt"
            path.write_bytes(REDIS if number % 4 == 0 else b"note %d\n" % number)
        self.bounded("diagnose", folder)
        inputs = run("facts", folder, "--format", "json").json()["inputs"]
        self.assertEqual(sum(i["kind"] == "redis-log" for i in inputs), 600)
        rest = [i["path"] for i in inputs if i["path"].startswith("(")]
        self.assertEqual(rest, ["(800 more)"])

    def test_many_small_members(self):
        path = self.scratch() / "many.tar"
        with open(path, "wb") as file:
            for number in range(2000):
                info = tarfile.TarInfo(f"d/{number}")
                info.size = 10
                file.write(info.tobuf() + b"just text\n" + bytes(502))
            file.write(bytes(1024))
        self.bounded("diagnose", path)

    def test_a_growing_file_ends(self):
        path = self.scratch() / "redis.log"
        path.write_bytes(REDIS * 100)
        writer = subprocess.Popen(
            ["bash", "-c", 'while :; do echo "line that makes no sense" >>"$0"; done', str(path)])
        try:
            self.bounded("diagnose", path)
        finally:
            writer.kill()
            writer.wait()

    def test_a_device_is_refused(self):
        with open("/dev/zero", "rb") as zero:
            done = subprocess.run(
                [TRIAGE, "diagnose", "-"], stdin=zero, capture_output=True, timeout=10)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"device", done.stderr)
