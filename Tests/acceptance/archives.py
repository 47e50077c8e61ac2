"""Archives and other forms that evidence comes in: they read as if unpacked into a folder."""
import gzip
import io
import lzma
import os
import pathlib
import subprocess
import tarfile
import zipfile

from support import CASES, LABELS, TRIAGE, TestCase, run

# Small, with configs that its logs are read by.
CASE = "web-worker-timeout"


def files(folder):
    folder = pathlib.Path(folder)
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in LABELS)


def evidence(name=CASE):
    """The evidence of a case by its name within."""
    return {str(p.relative_to(CASES / name)): p.read_bytes() for p in files(CASES / name)}


def tar(members, mode="w", **options):
    """A tar of names and bytes; a value may be a TarInfo, which has no data."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, **options) as archive:
        for name, data in members.items():
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            if info is data:
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """What zipfile writes to a pipe: sizes follow the data."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, part):
        self.data += part
        return len(part)


def zip_of(members, method=zipfile.ZIP_DEFLATED, pipe=False, large=False):
    out = Unseekable() if pipe else io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=large) as member:
                member.write(data)
    return bytes(out.data) if pipe else out.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def below(members, folder):
    return {f"{folder}/{name}": data for name, data in members.items()}


class Forms(TestCase):
    def same_as_folder(self, data, name="bundle"):
        """The archive says what the folder of the same name says, line for line."""
        folder = self.scratch()
        (folder / name).mkdir()
        for member, content in evidence().items():
            (folder / name / member).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / member).write_bytes(content)
        expected = run("diagnose", name, "--format", "json", cwd=folder)
        self.assertEqual(expected.code, 1, str(expected))
        other = self.scratch()
        (other / name).write_bytes(data)
        done = run("diagnose", name, "--format", "json", cwd=other)
        self.assertEqual(done.code, 1, str(done))
        self.assertEqual(done.json(), expected.json())

    def test_tar(self):
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            self.same_as_folder(tar(evidence(), format=form))

    def test_tar_gz(self):
        self.same_as_folder(tar(evidence(), "w:gz"))

    def test_tar_zst(self):
        self.same_as_folder(zstd(tar(evidence())))

    def test_tar_xz(self):
        self.same_as_folder(tar(evidence(), "w:xz"))

    def test_zip(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            for pipe in (False, True):
                for large in (False, True):
                    data = zip_of(evidence(), method, pipe, large)
                    with self.subTest(method=method, pipe=pipe, large=large):
                        self.same_as_folder(data)

    def test_an_archive_in_an_archive(self):
        inner = tar(below(evidence(), "web-1"), "w:gz")
        folder = self.scratch()
        (folder / "all.zip").write_bytes(zip_of({"hosts/web.tar.gz": inner}))
        done = run("diagnose", folder / "all.zip", "--format", "json")
        self.assertEqual(done.code, 1, str(done))
        paths = [entry["path"] for entry in done.json()["inputs"]]
        start = f"{folder}/all.zip/hosts/web.tar.gz/web-1/"
        self.assertTrue(all(path.startswith(start) for path in paths), paths)
        (folder / "deep.zip").write_bytes(zip_of({"a.zip": zip_of({"b.tar": inner})}))
        done = run("diagnose", folder / "deep.zip")
        self.assertEqual(done.code, 2)
        self.assertIn("archive within an archive", done.err)

    def test_a_compressed_file(self):
        for name, data in evidence().items():
            folder = self.scratch()
            plain = data if data[:2] != b"\x1f\x8b" else gzip.decompress(data)
            frames = zstd(plain[:9]) + zstd(plain[9:])
            streams = lzma.compress(plain[:9]) + lzma.compress(plain[9:])
            for packed in (plain, gzip.compress(plain), zstd(plain), frames, streams):
                (folder / name).write_bytes(packed)
                done = run("facts", folder / name, "--format", "json")
                facts = done.text
                if packed is plain:
                    expected = facts
                self.assertEqual(facts, expected, name)

    def test_standard_input_and_substitution(self):
        data = tar(evidence(), "w:gz")
        done = run("diagnose", "-", "--format", "json", stdin=data)
        self.assertEqual(done.code, 1, str(done))
        path = self.scratch() / "all.tgz"
        path.write_bytes(data)
        shell = subprocess.run(
            ["bash", "-c", 'exec "$0" diagnose <(cat "$1") --format json', TRIAGE, str(path)],
            capture_output=True, timeout=60)
        self.assertEqual(shell.returncode, 1, shell.stderr.decode())

    def test_a_long_archive_in_a_pipe_is_kept_in_a_file(self):
        noise = os.urandom(3 << 20)
        data = tar({"noise": noise, **evidence(), "more": noise})
        done = run("diagnose", "-", "--format", "json", stdin=data)
        self.assertEqual(done.code, 1, str(done))
        self.assertIn("worker-timeout", done.text)
        done = run("diagnose", "-", stdin=data, env={"TMPDIR": "/no/such/folder"})
        self.assertIn("save the archive to a file", done.err)


class Scope(TestCase):
    def test_folders_of_an_archive_are_folders(self):
        """Two servers in two folders: what has no name belongs to the server beside it."""
        members = {}
        for name in ("session-bloat-immortal", "redis-healthy-busy-cache"):
            members |= below(evidence(name), name)
        folder = self.scratch()
        for member, content in members.items():
            (folder / "x" / member).parent.mkdir(parents=True, exist_ok=True)
            (folder / "x" / member).write_bytes(content)
        expected = run("diagnose", "x", "--format", "json", cwd=folder)
        other = self.scratch()
        (other / "x").write_bytes(tar(members, "w:gz"))
        done = run("diagnose", "x", "--format", "json", cwd=other)
        self.assertEqual(done.json(), expected.json())

    def test_a_sosreport(self):
        top = "sosreport-web-1-2026-11-21-abcdefg"
        members = {
            "proc/meminfo": pathlib.Path("/proc/meminfo").read_bytes(),
            "sos_commands/memory/free_-m": b"""\
               total        used        free      shared  buff/cache   available
Mem:            7821        6512         310          12         998        1021
Swap:              0           0           0
""",
            "sos_commands/redis/redis-cli_info":
                evidence("session-bloat-immortal")["redis-info-3.txt"],
            "uptime": b" 03:10:00 up 12 days,  4:01,  1 user,  load average: 3.10, 2.90, 2.70\n",
        }
        kinds = {"meminfo", "free", "redis-info", "uptime"}
        folder = self.scratch()
        for member, content in members.items():
            (folder / top / member).parent.mkdir(parents=True, exist_ok=True)
            (folder / top / member).write_bytes(content)
        link = tarfile.TarInfo(f"{top}/free")
        link.type = tarfile.SYMTYPE
        link.linkname = "sos_commands/memory/free_-m"
        packed = {**below(members, top), "link": link}
        (folder / "sos.tar.gz").write_bytes(tar(packed, "w:gz"))
        for path in (folder / top, folder / "sos.tar.gz"):
            inputs = run("facts", path, "--format", "json").json()["inputs"]
            self.assertLessEqual(kinds, {entry["kind"] for entry in inputs}, path)


class Hostile(TestCase):
    def inputs(self, data, name="x"):
        folder = self.scratch()
        (folder / name).write_bytes(data)
        done = run("facts", name, "--format", "json", cwd=folder)
        self.assertIn(done.code, (0, 1, 2, 3), str(done))
        if done.code == 2:
            return {}, done
        return {entry["path"]: entry for entry in done.json()["inputs"]}, done

    def said(self, entry):
        return " ".join(warning["message"] for warning in entry["warnings"])

    INFO = evidence("session-bloat-immortal")["redis-info-3.txt"]

    def test_names_never_lead_out(self):
        names = ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "./c", "..",
                 "d/\x1b[31m\n\u202e"]
        for data in (tar({n: self.INFO for n in names}), zip_of({n: self.INFO for n in names})):
            inputs, done = self.inputs(data)
            self.assertLessEqual({"x/etc/cron.d/x", "x/etc/passwd", "x/b", "x/c"}, set(inputs))
            self.assertEqual([path for path in inputs if ".." in path.split("/")], [])
            self.assertNotIn("\x1b", done.text)
            self.assertTrue(all(entry["kind"] for entry in inputs.values()), inputs)

    def test_a_name_twice_is_two_inputs(self):
        one = tar({"log": self.INFO}).rstrip(b"\0")
        one += b"\0" * (-len(one) % 512)
        inputs, _ = self.inputs(one + tar({"log": self.INFO}))
        self.assertEqual(set(inputs), {"x/log", "x/log (2)"})

    def test_links_and_devices_are_listed(self):
        members = {"info": self.INFO}
        types = {"soft": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "tty": tarfile.CHRTYPE,
                 "disk": tarfile.BLKTYPE, "pipe": tarfile.FIFOTYPE, "dir": tarfile.DIRTYPE}
        for name, kind in types.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            members[name] = info
        inputs, done = self.inputs(tar(members))
        self.assertEqual(set(inputs), {f"x/{n}" for n in ("info", *types) if n != "dir"})
        self.assertEqual(inputs["x/info"]["status"], "read")
        for name, words in (("soft", "symbolic link"), ("hard", "hard link"), ("tty", "device"),
                            ("disk", "device"), ("pipe", "FIFO")):
            self.assertEqual(inputs[f"x/{name}"]["status"], "not-recognised")
            self.assertIn(words, self.said(inputs[f"x/{name}"]))
        self.assertNotIn("root:", done.text)

    def test_sparse_files_are_refused(self):
        folder = self.scratch()
        with open(folder / "holes.log", "wb") as file:
            file.truncate(1 << 20)
            file.seek(1 << 19)
            file.write(b"x")
        (folder / "info").write_bytes(self.INFO)
        for form in ("gnu", "posix"):
            packed = subprocess.run(
                ["tar", "-cSf", "-", f"--format={form}", "holes.log", "info"], cwd=folder,
                capture_output=True, check=True).stdout
            inputs, _ = self.inputs(packed)
            self.assertIn("sparse", self.said(inputs["x/holes.log"]), form)
            self.assertEqual(inputs["x/info"]["status"], "read", form)

    def test_long_names(self):
        name = "d" * 90 + "/" + "e" * 200 + "/" + "f" * 150 + ".txt"
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            inputs, _ = self.inputs(tar({name: self.INFO}, format=form))
            self.assertEqual(set(inputs), {f"x/{name}"})
            long = "n" * 5000
            inputs, _ = self.inputs(tar({long: self.INFO, "b": self.INFO}, format=form))
            self.assertEqual(inputs["x/b"]["status"], "read")
            self.assertIn("longer than 4096", self.said(inputs[f"x/{'n' * 100}…"]))

    def test_what_is_cut_short_gives_what_is_there(self):
        members = {"a": self.INFO, "b": os.urandom(1 << 20)}
        for data in (tar(members), tar(members, "w:gz"), zip_of(members), zstd(tar(members)),
                     tar(members, "w:xz")):
            # With the second member cut, and just before its end.
            for end in (len(data) * 3 // 4, len(data) - 1):
                inputs, done = self.inputs(data[:end])
                self.assertIn("x/a", inputs, str(done))
                # The last padding of a tar may be missing.
                if end < len(data) - 1:
                    self.assertEqual(inputs["x"]["status"], "unreadable", done.text)

    def test_damage_never_hangs_or_traps(self):
        members = {"a": self.INFO, "d/b": self.INFO[:999], "c": b""}
        forms = [tar(members), tar(members, "w:gz"), zip_of(members), zip_of(members, pipe=True),
                 zip_of(members, zipfile.ZIP_STORED, pipe=True), zstd(tar(members)),
                 tar(members, "w:xz")]
        folder = self.scratch()
        for number, data in enumerate(forms):
            for step in range(12):
                damaged = bytearray(data)
                for hit in range(1 + step % 3):
                    end = min(len(data), 2000 if step % 2 else 1 << 30)
                    at = (step * 7919 + hit * 104729) % end
                    damaged[at] ^= 1 << (step + hit) % 8
                (folder / f"{number}-{step}").write_bytes(damaged)
        done = run("facts", folder, "--format", "json", timeout=60)
        self.assertIn(done.code, (0, 3), str(done))

    def test_xz_that_asks_for_much_memory(self):
        _, done = self.inputs(lzma.compress(self.INFO, preset=9))
        self.assertEqual(done.code, 2)
        self.assertIn("xz -7 or higher", done.err)

    def test_an_encrypted_zip(self):
        data = bytearray(zip_of({"a": self.INFO, "b": self.INFO}))
        data[6] |= 1
        inputs, _ = self.inputs(bytes(data))
        self.assertIn("encrypted", self.said(inputs["x/a"]))
        self.assertEqual(inputs["x/b"]["status"], "read")

    def test_a_wrong_checksum_is_said(self):
        data = bytearray(zip_of({"a": self.INFO}, zipfile.ZIP_STORED))
        at = data.index(b"used_memory:")
        data[at + 14] ^= 1
        inputs, _ = self.inputs(bytes(data))
        self.assertEqual(inputs["x/a"]["status"], "partly-read")
        self.assertIn("checksum", self.said(inputs["x/a"]))

    def test_an_empty_archive(self):
        for data in (zip_of({}), tar({"d": tarfile.TarInfo("d/")})):
            folder = self.scratch()
            (folder / "x").write_bytes(data)
            self.assertEqual(run("diagnose", folder / "x").code, 2)


class Encodings(TestCase):
    def test_they_read_as_utf_8(self):
        folder = self.scratch()
        info = evidence("session-bloat-immortal")["redis-info-3.txt"].replace(b"\r\n", b"\n")
        text = info.decode()
        (folder / "info.txt").write_bytes(info)
        expected = run("facts", "info.txt", "--format", "json", cwd=folder).json()["facts"]
        self.assertGreater(len(expected), 50)
        forms = {
            "utf-16": text.encode("utf-16"), "utf-16-le": text.encode("utf-16-le"),
            "utf-16-be": text.encode("utf-16-be"),
            "utf-16-be-bom": b"\xfe\xff" + text.encode("utf-16-be"),
            "bom": b"\xef\xbb\xbf" + info, "crlf": info.replace(b"\n", b"\r\n"),
            "cr": info.replace(b"\n", b"\r"), "crcrlf": info.replace(b"\n", b"\r\r\n"),
            "crlf-utf-16": text.replace("\n", "\r\n").encode("utf-16"),
            "gz-utf-16": gzip.compress(text.encode("utf-16")),
        }
        for name, data in forms.items():
            (folder / "info.txt").write_bytes(data)
            facts = run("facts", "info.txt", "--format", "json", cwd=folder).json()["facts"]
            self.assertEqual(facts, expected, name)

    def test_astral_and_broken_utf_16(self):
        folder = self.scratch()
        log = "1:M 21 Nov 2026 03:10:00.000 # Server 😀 started \ud800, Redis version 7.0.0\n"
        for order in ("utf-16-le", "utf-16-be"):
            data = (log * 3).encode(order, "surrogatepass") + b"\0"
            (folder / "redis.log").write_bytes(data)
            inputs = run("facts", folder, "--format", "json").json()["inputs"]
            self.assertEqual(inputs[0]["kind"], "redis-log", order)
