"""Looking at a box where everything goes wrong: an answer in time, clear, and nothing lost."""
import contextlib
import io
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time

from live_box import OFFLINE, Box
from live_redis import Fake, Server, drip, free_port, hold
from support import TRIAGE, TestCase, run

BUDGET = 10


def close_in_the_middle(connection, over):
    connection.recv(100)
    connection.sendall(b"+PONG\r\n")
    connection.recv(1000)
    connection.sendall(b"$5000\r\n# Server\r\n")


def send_a_gigabyte(connection, over):
    connection.recv(100)
    connection.sendall(b"+PONG\r\n")
    connection.recv(1000)
    connection.sendall(b"$1073741824\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65_536)


def send_garbage(connection, over):
    connection.sendall(bytes(range(256)) * 40)
    over.wait(5)


def refuse(connection, over):
    while connection.recv(1000):
        connection.sendall(b"-WRONGPASS invalid username-password pair\r\n")


def metadata(test, answers):
    """An instance's metadata service; gives its address."""
    def serve(connection, over):
        request = connection.recv(4000).decode()
        path = request.split(" ")[1]
        body = answers.get(path.removeprefix("/latest/meta-data/").removeprefix("/latest/api/"))
        status = "200 OK" if body is not None else "404 Not Found"
        body = (body or "").encode()
        connection.sendall(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    class Service(Fake):
        def serve(self):
            while not self.over.is_set():
                try:
                    connection, _ = self.listener.accept()
                except OSError:
                    return
                with connection:
                    self.behave(connection, self.over)
    return f"http://127.0.0.1:{Service(test, serve).port}"


def text_of(folder):
    return "".join(p.read_text(errors="replace") for p in folder.rglob("*") if p.is_file())


class LiveFaults(TestCase):
    def collect(self, box, *options, env=OFFLINE, **more):
        """The manifest, the folder and what the program said; of one look at what changes."""
        place = self.scratch() / "bundle"
        start = time.monotonic()
        done = run("collect", "-o", place, "--root", box.root, "--budget", f"{BUDGET}s",
                   "--samples", "1", *options, timeout=3 * BUDGET, env=env, **more)
        took = time.monotonic() - start
        self.assertIn(done.code, (0, 3), str(done))
        self.assertLess(took, BUDGET, "it is to answer within its budget")
        self.report(took)
        return json.loads((place / "manifest.json").read_text()), place, done

    def report(self, took):
        if os.environ.get("TRIAGE_TIMES"):
            print(f"     {self._testMethodName}: {took:.2f} s", file=sys.stderr)

    def gap(self, manifest, what):
        found = [gap for gap in manifest["missing"] if what in gap["what"]]
        self.assertTrue(found, manifest["missing"])
        return found[0]

    def test_a_stopped_redis(self):
        server = Server(self)
        os.kill(server.process.pid, signal.SIGSTOP)
        manifest, place, done = self.collect(Box(self).show(server.process.pid))
        gap = self.gap(manifest, server.url)
        self.assertIn("did not answer", gap["why"])
        self.assertIn(f"kill -CONT {server.process.pid}", gap["why"])
        self.assertEqual(done.code, 3)
        answer = run("diagnose", place, "--format", "json")
        self.assertEqual(answer.code, 3, "a server that hangs is no health")
        self.assertIn("did not answer", json.dumps(answer.json()["inputs"]))

    def test_all_kinds_of_broken_servers_at_once(self):
        kinds = {
            "too slow": drip, "closed the connection": close_in_the_middle,
            "larger than": send_a_gigabyte, "does not speak": send_garbage,
            "refused the password": refuse, "did not answer": hold,
        }
        good = Server(self)
        servers = {why: Fake(self, kind) for why, kind in kinds.items()}
        options = ["--redis", good.url]
        for why, server in servers.items():
            options += ["--redis", f"redis://127.0.0.1:{server.port}"]
        manifest, place, _ = self.collect(
            Box(self), *options, env={**OFFLINE, "REDISCLI_AUTH": "hunter2"})
        for why, server in servers.items():
            self.assertIn(why, self.gap(manifest, f":{server.port}")["why"])
        self.assertTrue((place / f"redis-127.0.0.1-{good.port}/info.txt").exists())
        self.assertNotIn("hunter2", text_of(place))
        self.assertLess(manifest["cost"]["peak_bytes"], 32 << 20)

    def test_tls(self):
        folder = self.scratch()
        for name in ("server", "other"):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                 "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
                 "-subj", f"/CN={name}",
                 "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        port = free_port()
        Server(self, "--tls-port", str(port), "--tls-cert-file", str(folder / "server.crt"),
               "--tls-key-file", str(folder / "server.key"), "--tls-ca-cert-file",
               str(folder / "server.crt"), "--tls-auth-clients", "yes")
        url = f"rediss://127.0.0.1:{port}"
        mine = ["--cert", folder / "server.crt", "--key", folder / "server.key"]
        cases = [
            (["--cacert", folder / "server.crt", *mine], None),
            (["--cacert", folder / "other.crt", *mine], "does not hold"),
            (mine, "does not hold"), (["--cacert", folder / "none.crt"], "none.crt"),
            (["--cacert", folder / "server.crt"], "--cert"),
        ]
        for options, trouble in cases:
            start = time.monotonic()
            done = run("facts", "--redis", url, *options, "--format", "json", env=OFFLINE)
            self.assertLess(time.monotonic() - start, 5)
            if trouble:
                self.expect_one_line(done, trouble, "--cert")
            else:
                self.assertEqual(done.code, 0, str(done))
                self.assertIn("redis.memory.used_memory", done.text)
        plain = run("facts", "--redis", f"redis://127.0.0.1:{port}", env=OFFLINE)
        self.assertEqual(plain.code, 2)

    def test_a_busy_box_without_memory(self):
        """Every core is wanted by two others, and all that it may use is 64 MiB."""
        server = Server(self)
        group = self.group_of(64 << 20)
        for _ in range(2 * (os.cpu_count() or 1)):
            loop = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
            self.addCleanup(loop.wait)
            self.addCleanup(loop.kill)

        def enter():
            if group:
                # Where a container may make groups and not enter them, it runs without.
                with contextlib.suppress(OSError):
                    (group / "cgroup.procs").write_text(str(os.getpid()))
        manifest, place, _ = self.collect(
            Box(self).show(server.process.pid), "--redis", server.url, preexec_fn=enter)
        self.assertLess(manifest["cost"]["peak_bytes"], 32 << 20)
        self.assertTrue((place / f"redis-127.0.0.1-{server.port}/info.txt").exists())
        self.assertIn("redis.memory.used_memory", run("facts", place).text)

    def group_of(self, size):
        """A control group with so much memory in all; None where none can be made."""
        for root, name in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                           ("/sys/fs/cgroup", "memory.max")):
            folder = pathlib.Path(root) / f"triage-test-{os.getpid()}"
            try:
                folder.mkdir()
            except OSError:
                continue
            self.addCleanup(subprocess.run, ["rmdir", folder], capture_output=True)
            try:
                (folder / name).write_text(str(size))
                return folder
            except OSError:
                continue
        return None

    def test_metadata_that_hangs(self):
        hung = f"http://127.0.0.1:{Fake(self, hold).port}"
        manifest, _, done = self.collect(
            Box(self), env={**os.environ, "AWS_EC2_METADATA_SERVICE_ENDPOINT": hung})
        self.assertEqual(self.gap(manifest, "metadata")["reason"], "absent")
        self.assertLess(manifest["cost"]["seconds"], 5)

    def test_metadata_of_an_instance(self):
        event = [{
            "NotBefore": "21 Jan 2027 09:00:43 GMT", "NotAfter": "21 Jan 2027 09:17:23 GMT",
            "Code": "instance-retirement", "Description": "degraded \\\" hardware",
            "EventId": "instance-event-0d59937288b749b32", "State": "active"}]
        address = metadata(self, {
            "token": "t0ken==", "instance-id": "i-0abcd1234ef567890", "instance-type": "t3.micro",
            "events/maintenance/scheduled": json.dumps(event)})
        env = {**os.environ, "AWS_EC2_METADATA_SERVICE_ENDPOINT": address}
        done = run("diagnose", "--live", "--root", Box(self).root, "--format", "json", env=env)
        answer = done.json()
        causes = [c["id"] for c in answer["causes"] if c["probability"] >= 0.5]
        self.assertEqual(causes[:1], ["scheduled-maintenance"], answer["verdict"]["summary"])
        self.assertIn("i-0abcd1234ef567890", done.text)

    def test_processes_that_vanish(self):
        server = Server(self)
        box = Box(self).show(server.process.pid)
        gone = subprocess.Popen(["true"])
        gone.wait()
        for pid in range(60_000, 60_300):
            (box.proc / str(pid)).symlink_to(f"/proc/{gone.pid}")
        threading.Timer(0.5, server.stop).start()
        manifest, _, _ = self.collect(box)
        self.assertTrue(any(f["path"] == "host/meminfo.txt" for f in manifest["files"]))

    def test_a_limit_on_files_leaves_nothing_behind(self):
        folder = self.scratch()
        for name in ("bundle", "bundle.tar.gz"):
            done = run(
                "collect", "-o", folder / name, "--root", Box(self).root, "--samples", "1",
                env=OFFLINE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
            self.expect_one_line(done, "file too large", "elsewhere")
            self.assertEqual(list(folder.iterdir()), [])

    def test_a_disk_that_is_nearly_full(self):
        folder = self.scratch()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting needs root")
        self.addCleanup(subprocess.run, ["umount", folder])
        start = time.monotonic()
        done = run("collect", "-o", folder / "bundle.tar.gz", env=OFFLINE)
        self.expect_one_line(done, "nearly full", "ssh")
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(list(folder.iterdir()), [])

    def test_ended_while_it_writes(self):
        """Whole or nothing: neither a part of it nor a hidden file stays behind."""
        server = Server(self)
        server.log.write_bytes(b"".join(
            b"7:M 21 Nov 2099 12:00:00.%03d * %s\n" % (n % 1000, os.urandom(60).hex().encode())
            for n in range(100_000)))
        box = Box(self).show(server.process.pid)
        folder = self.scratch()
        for name, number in (
                ("bundle", signal.SIGTERM), ("bundle.tar.gz", signal.SIGINT),
                ("b.tar", signal.SIGTERM), ("c.tar.gz", signal.SIGKILL)):
            child = subprocess.Popen(
                [TRIAGE, "collect", "-o", folder / name, "--root", box.root, "--samples", "1"],
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=OFFLINE)
            self.wait_for_writing(child, folder)
            child.send_signal(number)
            said = child.communicate(timeout=20)[1]
            if child.returncode == 0:
                self.assertTrue((folder / name).exists(), "it was done before the signal came")
                (shutil.rmtree if name == "bundle" else os.remove)(folder / name)
            else:
                self.assertEqual(child.returncode, -number, said.decode())
            self.assertEqual(list(folder.iterdir()), [], name)

    def wait_for_writing(self, child, folder):
        """Until it holds a file below the folder open."""
        fds = pathlib.Path(f"/proc/{child.pid}/fd")
        while child.poll() is None:
            try:
                if any(os.readlink(fd).startswith(f"{folder}/") for fd in fds.iterdir()):
                    return
            except OSError:
                continue  # One that was closed meanwhile.

    def test_killed_in_the_middle(self):
        folder = self.scratch()
        for name in ("bundle", "bundle.tar.gz"):
            child = subprocess.Popen(
                [TRIAGE, "collect", "-o", folder / name, "--root", Box(self).root],
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=OFFLINE)
            time.sleep(1)
            child.kill()
            child.wait()
            self.assertFalse((folder / name).exists())

    def test_archives_are_whole(self):
        server = Server(self)
        box = Box(self).show(server.process.pid)
        folder = self.scratch()
        packed = folder / "bundle.tar.gz"
        look = ["collect", "--root", box.root, "--samples", "1"]
        self.assertEqual(run(*look, "-o", packed, env=OFFLINE).code, 0)
        self.assertEqual(os.stat(packed).st_mode & 0o777, 0o600)
        sent = run(*look, "-o", "-", env=OFFLINE)
        self.assertEqual(sent.code, 0, str(sent))
        with tarfile.open(fileobj=io.BytesIO(sent.out)) as archive:
            self.assertEqual(len({name.split("/")[0] for name in archive.getnames()}), 1)
        for answer in (run("diagnose", packed, "--format", "json"),
                       run("diagnose", "-", "--format", "json", stdin=sent.out)):
            inputs = answer.json()["inputs"]
            self.assertEqual({entry["status"] for entry in inputs}, {"read"}, inputs)
            self.assertLessEqual(
                {"redis-info", "meminfo", "collection-manifest"}, {e["kind"] for e in inputs})
        again = run(*look, "-o", packed, env=OFFLINE)
        self.expect_one_line(again, "already there")

    def test_it_steps_back(self):
        folder = self.scratch()
        child = subprocess.Popen(
            [TRIAGE, "collect", "-o", folder / "bundle", "--root", Box(self).root, "--redis",
             f"redis://127.0.0.1:{Fake(self, hold).port}"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=OFFLINE)
        threads = 0
        nice = adjusted = None
        while child.poll() is None:
            try:
                proc = pathlib.Path(f"/proc/{child.pid}")
                status = (proc / "status").read_text()
                threads = max(threads, int(status.split("Threads:")[1].split()[0]))
                if threads == 2:
                    nice = (proc / "stat").read_text().rpartition(")")[2].split()[16]
                    adjusted = (proc / "oom_score_adj").read_text().strip()
            except (OSError, IndexError, ValueError):
                break
            time.sleep(0.05)
        child.wait(20)
        self.assertEqual((threads, nice, adjusted), (2, "5", "900"))
