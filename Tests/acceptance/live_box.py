"""Diagnosis of a live box with real servers on it: who is accused, and nobody on a good day.

The machine that runs the tests may run servers of others. So each test looks at a box of its own: a
folder with links to the files of the system, and of the processes to those of the test's alone.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
import uuid

from live_redis import NEVER, Server, encoded, free_port
from support import ROOT, TRIAGE, TestCase, accused, run

PYTHON = subprocess.run([ROOT / "scripts/python"], capture_output=True).stdout.decode().strip()
OFFLINE = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true"}

LEAKY = """
import time
kept = []
def app(environ, start):
    if environ["PATH_INFO"] == "/leak":
        kept.append(bytearray(2 << 20))
        kept[-1][::4096] = b"x" * len(kept[-1][::4096])
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  log_format timed '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" rt=$request_time';
  access_log {folder}/access.log timed;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  include {folder}/sites/*.conf;
}}
"""
SITE = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{app}; }} }}\n"


def wait_for(port):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing came up at port {port}")


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


class ClassScope:
    """What starts once for all tests of a class, and ends with them."""

    def __init__(self, tests):
        self.addCleanup = tests.addClassCleanup

    def scratch(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="triage-acceptance-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder


class Box:
    """What `--root` is given."""

    def __init__(self, test):
        self.root = test.scratch()
        self.proc = self.root / "proc"
        self.proc.mkdir()
        for name in ("meminfo", "loadavg", "uptime", "stat", "vmstat", "pressure", "sys", "self",
                     "diskstats"):
            if os.path.exists(f"/proc/{name}"):
                (self.proc / name).symlink_to(f"/proc/{name}")
        for name in ("tmp", "sys"):
            (self.root / name).symlink_to(f"/{name}")

    def show_the_kernel(self):
        """Its first thread, which only those see from whom nothing is hidden."""
        for pid, name in ((1, "init"), (2, "kthreadd")):
            (self.proc / str(pid)).mkdir()
            (self.proc / str(pid) / "stat").write_text(
                f"{pid} ({name}) S 0 0 0 0 -1" + " 0" * 20 + "\n")
        return self

    def show(self, *pids):
        """The processes, and what they started."""
        known = set(pids)
        for _ in range(3):
            known |= {int(p.name) for p in pathlib.Path("/proc").iterdir()
                      if p.name.isdigit() and parent_of(p.name) in known}
        for pid in known:
            link = self.proc / str(pid)
            if not link.is_symlink():
                link.symlink_to(f"/proc/{pid}")
        return self


class App:
    """gunicorn with a WSGI application of one file."""

    def __init__(self, test, *options, source=LEAKY):
        self.port = free_port()
        self.folder = test.scratch()
        (self.folder / "app.py").write_text(source)
        (self.folder / "gunicorn.conf.py").write_text("timeout = 30\n")
        self.process = subprocess.Popen(
            [PYTHON, "-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "--error-logfile",
             self.folder / "gunicorn-error.log", *options, "app:app"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test.addCleanup(self.stop)
        wait_for(self.port)

    def stop(self):
        self.process.kill()
        self.process.wait(10)

    def get(self, path="/"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()


class Proxy:
    def __init__(self, test, app):
        self.port = free_port()
        self.folder = test.scratch()
        os.chmod(self.folder, 0o755)
        (self.folder / "sites").mkdir()
        (self.folder / "sites/one.conf").write_text(SITE.format(port=self.port, app=app.port))
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder))
        self.process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", config],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test.addCleanup(self.stop)
        wait_for(self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def get(self, path="/"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()


class LiveBox(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.leaky = App(ClassScope(cls), "--workers", "2"), time.monotonic()

    def look(self, box, *options, command="diagnose", env=OFFLINE):
        live = ["--live"] if command != "collect" else []
        done = run(command, *live, "--root", box.root, "--budget", "15s", *options,
                   timeout=40, env=env)
        self.assertIn(done.code, (0, 1, 3), str(done))
        return done

    def diagnose(self, box, *options):
        return self.look(box, "--format", "json", *options).json()

    def ids(self, answer):
        return [cause["id"] for cause in accused(answer)]

    def test_what_does_not_run_here_is_no_suspect(self):
        """What the box itself looks like points at services that it does not have."""
        box = Box(self)
        (box.proc / "meminfo").unlink()
        (box.proc / "meminfo").write_text(
            "MemTotal: 1000000 kB\nMemFree: 10000 kB\nMemAvailable: 20000 kB\n")
        (box.proc / "loadavg").unlink()
        (box.proc / "loadavg").write_text("90.00 30.00 10.00 90/300 1234\n")

        def unseen(answer):
            return ([s["subject"] for s in answer["suspects"] if s["subject"].endswith(" ?")],
                    [m["fact"] for m in answer["missing"]
                     if m["fact"].startswith(("redis.", "gunicorn.", "nginx.", "app."))])
        subjects, facts = unseen(self.diagnose(box))
        self.assertIn("app ?", subjects, "processes may be hidden: there may be an application")
        self.assertTrue(facts)
        self.assertEqual(unseen(self.diagnose(box.show_the_kernel())), ([], []))

        server = Server(self)
        # It may be asked who uses it from elsewhere; the box itself still points at nobody unseen.
        self.assertEqual(unseen(self.diagnose(box.show(server.process.pid)))[0], [])

    def test_a_good_day_accuses_nobody(self):
        server = Server(self)
        server.fill(encoded("SET", f"page:{n}", b"x" * 50, "EX", 300) for n in range(500))
        app = App(self, "--workers", "2", "--max-requests", "1000")
        proxy = Proxy(self, app)
        for n in range(20):
            proxy.get(f"/page/{n}")
        box = Box(self).show(server.process.pid, app.process.pid, proxy.process.pid)
        place = self.scratch() / "bundle"
        self.look(box, "-o", place, command="collect")
        answer = run("diagnose", place, "--format", "json").json()
        self.assertEqual(self.ids(answer), [], answer["verdict"]["summary"])
        live = self.diagnose(box)
        self.assertEqual(self.ids(live), [], live["verdict"]["summary"])
        self.assertEqual(live["verdict"]["status"], answer["verdict"]["status"])
        kinds = {entry["kind"] for entry in answer["inputs"]}
        self.assertLessEqual(
            {"redis-info", "redis-log", "redis-slowlog", "gunicorn-config", "gunicorn-log",
             "process-list", "nginx-config", "nginx-access-log", "meminfo", "vmstat", "uptime",
             "collection-manifest"}, kinds)
        unknown = [e["path"] for e in answer["inputs"] if e["status"] != "read"]
        self.assertEqual(unknown, [])
        manifest = json.loads((place / "manifest.json").read_text())
        self.assertIn(str(proxy.folder / "error.log"),
                      [gap["what"] for gap in manifest["missing"]], "it is empty")
        # What restarts a process that was found running is not known.
        self.assertNotIn("service-not-restarted", [risk["rule"] for risk in live["risks"]])
        self.assertIn("ExecStart=", (place / "gunicorn/gunicorn.service").read_text())
        self.assertIn("gunicorn-command", kinds)
        # What the include brings is there, and nothing is asked for as not followed.
        self.assertIn("proxy_pass", (place / "nginx/nginx.conf").read_text())

    def test_what_is_seen_live_and_in_a_bundle_is_the_same(self):
        server = Server(self)
        server.fill(
            encoded("SET", f"sess:{uuid.uuid4()}", b"x" * 100, "EX", NEVER) for _ in range(20_000))
        server.wait_until_ttl_is_known()
        box = Box(self).show(server.process.pid)
        live = self.diagnose(box)
        self.assertEqual(self.ids(live)[:1], ["session-bloat"], live["verdict"]["summary"])
        place = self.scratch() / "bundle"
        self.look(box, "-o", place, command="collect")
        saved = run("diagnose", place, "--format", "json").json()
        self.assertEqual(self.ids(saved), self.ids(live))
        self.assertEqual(saved["verdict"]["status"], live["verdict"]["status"])

        def seen(answer, strip):
            return sorted(
                (e["path"].removeprefix(strip), e["kind"], e["status"]) for e in answer["inputs"])
        self.assertEqual(seen(saved, f"{place}/"), seen(live, ""))
        facts = {
            name: {(f["fact"], f["subject"]) for f in
                   run("facts", *given, "--format", "json", env=OFFLINE).json()["facts"]}
            for name, given in (("live", ["--live", "--root", box.root]), ("saved", [place]))}
        self.assertEqual(facts["live"] ^ facts["saved"], set())

    def test_logs_are_taken_from_a_time_on(self):
        app = App(self, "--workers", "1")
        proxy = Proxy(self, app)
        proxy.get("/new")
        log = proxy.folder / "access.log"
        until = time.monotonic() + 15
        while not (line := log.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        stamp = line[line.index("["):line.index("]") + 1]
        old = line.replace(stamp, "[01/Jan/2020:00:00:00 +0000]").replace("/new", "/old")
        with open(log, "r+") as file:
            file.write(old * 20_000 + line)
        box = Box(self).show(proxy.process.pid)
        for since, most in (("10m", 200_000), ("2019-12-31T00:00:00Z", None)):
            place = self.scratch() / "bundle"
            self.look(box, "-o", place, "--samples", "1", "--since", since, command="collect")
            text = (place / "nginx/access.log").read_text()
            self.assertIn("/new", text)
            # Where to begin is found to within a block.
            if most:
                self.assertLess(len(text), most)
            else:
                self.assertEqual(text, log.read_text())
        # The diagnosis itself begins there, too: of twenty thousand requests one.
        look = ("--live", "--root", box.root, "--since", "10m", "--format", "json")
        facts = run("facts", *look).json()["facts"]
        self.assertEqual([fact["value"] for fact in facts
                          if fact["fact"] == "nginx.access.requests"], [1])

    def test_slow_commands(self):
        server = Server(self)
        server.fill(encoded("SADD", "all", *range(n, n + 1000)) for n in range(0, 300_000, 1000))
        for _ in range(4):
            server.ask("SORT", "all", "ALPHA", "LIMIT", "0", "1")
        answer = self.diagnose(Box(self).show(server.process.pid))
        self.assertEqual(self.ids(answer)[:1], ["slow-commands"], answer["verdict"]["summary"])

    def test_connections_are_exhausted(self):
        server = Server(self, "--maxclients", "20")
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
        self.addCleanup(lambda: [one.close() for one in held])
        time.sleep(0.2)
        answer = self.diagnose(Box(self).show(server.process.pid))
        self.assertEqual(
            self.ids(answer)[:1], ["connection-exhaustion"], answer["verdict"]["summary"])

    def test_an_unexpected_replica(self):
        server = Server(self)
        server.ask("REPLICAOF", "203.0.113.9", "6379")
        box = Box(self).show(server.process.pid)
        # As it is called on the box: no command, no path.
        answer = run("--root", box.root, "--format", "json", env=OFFLINE).json()
        self.assertEqual(
            self.ids(answer)[:1], ["unexpected-replica"], answer["verdict"]["summary"])

    def test_workers_that_leak(self):
        app, started = self.leaky
        # In a worker's first half minute growth is no leak: it loads the application.
        time.sleep(max(0, started + 32 - time.monotonic()))
        box = Box(self).show(app.process.pid)
        stop = time.monotonic() + 10
        child = subprocess.Popen(
            [TRIAGE, "diagnose", "--live", "--root", box.root, "--format", "json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=OFFLINE)
        while child.poll() is None and time.monotonic() < stop:
            app.get("/leak")
            time.sleep(0.03)
        out, err = child.communicate(timeout=20)
        answer = json.loads(out)
        self.assertEqual(
            self.ids(answer)[:1], ["worker-memory-leak"],
            answer["verdict"]["summary"] + err.decode())
        # It was seen for some seconds, and that is said.
        said = json.dumps(answer["inputs"])
        self.assertIn("in which a warm-up looks like a leak: triage collect --samples 30", said)

    def test_without_a_path_standard_input_decides(self):
        box = Box(self)
        look = ["--root", box.root, "--format", "json"]
        done = run("facts", *look, env=OFFLINE)
        self.assertIn("host.memory.MemTotal", done.text)
        done = run("facts", *look, stdin=b"", env=OFFLINE)
        self.assertIn("standard input is empty", done.err)
        self.assertIn("host.memory.MemTotal", done.text)
        done = run("facts", *look, stdin=b"# Server\nredis_version:7.0.0\nused_memory:5\n"
                   b"connected_clients:1\n", env=OFFLINE)
        self.assertIn("redis.memory.used_memory", done.text)
        self.assertNotIn("host.memory.MemTotal", done.text)
        self.assertEqual(run("--root", "", env=OFFLINE).code, 2)
        self.assertEqual(run("--live", "--root", self.scratch(), env=OFFLINE).code, 2)
        self.assertEqual(run("--live", "--budget", "never", env=OFFLINE).code, 2)

    def test_what_the_asked_script_prints_is_read(self):
        server = Server(self)
        server.fill(
            encoded("SET", f"sess:{uuid.uuid4()}", b"x" * 100, "EX", NEVER) for _ in range(20_000))
        server.wait_until_ttl_is_known()
        script = run("ask", "session-bloat")
        self.assertEqual(script.code, 0, str(script))
        before = server.ask("DBSIZE")
        done = subprocess.run(
            ["sh", "-u"], input=script.out, capture_output=True, timeout=60,
            env={**os.environ, "REDIS_PORT": str(server.port), "REDIS_HOST": "127.0.0.1"})
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual(server.ask("DBSIZE"), before)
        answer = run("diagnose", "-", "--format", "json", stdin=done.stdout).json()
        self.assertEqual(self.ids(answer)[:1], ["session-bloat"], answer["verdict"]["summary"])
        slow = subprocess.run(
            ["sh", "-u"], input=run("ask", "slow-commands").out, capture_output=True, timeout=60,
            env={**os.environ, "REDIS_PORT": str(server.port), "REDIS_HOST": "127.0.0.1"})
        facts = {fact["fact"] for script in (done, slow) for fact in run(
            "facts", "-", "--format", "json", stdin=script.stdout).json()["facts"]}
        self.assertLessEqual(
            {"redis.memory_doctor.no_issue", "redis.slowlog.length", "redis.slowlog.entries",
             "redis.latency.monitor_enabled"}, facts)

    def test_asked_scripts_are_plain_shell(self):
        if not shutil.which("shellcheck"):
            self.skipTest("no shellcheck")
        for words in ([], ["worker-memory-leak"], ["--aws", "i-0abcd1234ef567890"]):
            done = subprocess.run(
                ["shellcheck", "-s", "sh", "-S", "warning", "-"], input=run("ask", *words).out,
                capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
        for words in (["sesion-bloat"], ["--aws", "i-0;reboot"], [""]):
            self.assertEqual(run("ask", *words).code, 2, words)
