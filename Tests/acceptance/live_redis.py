"""Diagnosis of live Redis servers: real ones, and ones that hang, dawdle or want a password."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid

from support import TestCase, accused, run

NEVER = 2147483647
KEYS = 20_000
# Connecting and the first command have 2 s each; the rest is for a busy machine.
PATIENCE = 8


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def encoded(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Server:
    """A redis-server of one test, without persistence, on a free port of the loopback address."""

    def __init__(self, test, *options):
        self.port = free_port()
        folder = test.scratch()
        self.log = folder / "redis.log"
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder),
             "--save", "", "--appendonly", "no", "--logfile", str(self.log), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        test.addCleanup(self.stop)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("redis-server did not start: " + self.said())

    def said(self):
        return self.log.read_text()[-500:] if self.log.exists() else "(no log)"

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(10)

    def ask(self, *words):
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True, timeout=10)
        return done.stdout.decode()

    def fill(self, commands):
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), "--pipe"], input=b"".join(commands),
            capture_output=True, timeout=60)
        if b"errors: 0" not in done.stdout:
            raise AssertionError(f"filling failed: {done.stdout.decode()[-300:]}")

    def wait_until_ttl_is_known(self):
        """avg_ttl is sampled in the background: it is 0 for the first moments."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if "avg_ttl=" in (text := self.ask("INFO", "keyspace")) and "avg_ttl=0" not in text:
                return
            time.sleep(0.1)
        raise AssertionError("redis never stated an avg_ttl")


class Fake:
    """A server that accepts and then does what `behave(connection)` does."""

    def __init__(self, test, behave):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.behave = behave
        self.over = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()
        test.addCleanup(self.stop)

    def serve(self):
        try:
            connection, _ = self.listener.accept()
            with connection:
                self.behave(connection, self.over)
        except OSError:
            # The other side has hung up, or the test is over.
            return

    def stop(self):
        self.over.set()
        self.listener.close()


def drip(connection, over):
    for byte in b"+PONG\r\n" * 20:
        connection.send(bytes([byte]))
        if over.wait(1):
            return


def hold(connection, over):
    over.wait(60)


class LiveRedis(TestCase):
    def setUp(self):
        for program in ("redis-server", "redis-cli"):
            self.assertTrue(shutil.which(program), f"no {program}: run scripts/setup test")

    def diagnose(self, url, **options):
        start = time.monotonic()
        done = run("diagnose", "--redis", url, "--format", "json", timeout=30, **options)
        return done, time.monotonic() - start

    def accused_of(self, server):
        done, _ = self.diagnose(server.url)
        self.assertIn(done.code, (0, 1, 3), str(done))
        answer = done.json()
        return [cause["id"] for cause in accused(answer)], answer

    def test_sessions_that_live_for_decades_are_told(self):
        server = Server(self)
        server.fill(
            encoded("SET", f"sess:{uuid.uuid4()}", b"x" * 100, "EX", NEVER) for _ in range(KEYS))
        server.wait_until_ttl_is_known()
        causes, answer = self.accused_of(server)
        self.assertEqual(causes[:1], ["session-bloat"], answer["verdict"]["summary"])

    def test_spring_sessions_without_a_life_are_told(self):
        server = Server(self)
        server.fill(
            encoded("HSET", f"spring:session:sessions:{uuid.uuid4()}", "lastAccessedTime", n,
                    "maxInactiveInterval", -1, "sessionAttr:user", b"x" * 100)
            for n in range(KEYS))
        causes, answer = self.accused_of(server)
        self.assertEqual(causes[:1], ["session-bloat"], answer["verdict"]["summary"])

    def test_users_without_a_life_accuse_nobody(self):
        server = Server(self)
        server.fill(
            encoded("HSET", f"user:{n}", "name", f"n{n}", "note", b"x" * 100) for n in range(KEYS))
        causes, answer = self.accused_of(server)
        self.assertEqual(causes, [], answer["verdict"]["summary"])

    def test_nothing_is_changed_and_only_reading_commands_arrive(self):
        server = Server(self)
        server.fill(encoded("SET", f"k{n}", n) for n in range(50))
        server.ask("CONFIG", "RESETSTAT")
        before = server.ask("DBSIZE")
        self.diagnose(server.url)
        self.assertEqual(server.ask("DBSIZE"), before)
        lines = server.ask("INFO", "commandstats").splitlines()
        seen = {line.split(":")[0].removeprefix("cmdstat_").replace("|", " ")
                for line in lines if line.startswith("cmdstat_")}
        allowed = {"ping", "info", "slowlog get", "slowlog len", "config get", "client list",
                   "latency latest", "latency history", "latency doctor", "memory doctor",
                   "memory stats", "memory usage", "object idletime", "role", "dbsize", "scan",
                   "type", "ttl", "select", "auth"}
        # redis-cli's own.
        self.assertEqual(seen - allowed - {"config resetstat", "command docs", "command"}, set())
        self.assertIn("scan", seen)

    def test_evidence_names_the_server(self):
        server = Server(self)
        _, answer = self.accused_of(server)
        self.assertTrue(
            any(entry["path"].startswith(server.url) for entry in answer["inputs"]),
            [entry["path"] for entry in answer["inputs"]])

    def test_a_server_that_is_down(self):
        done, took = self.diagnose(f"redis://127.0.0.1:{free_port()}")
        self.expect_one_line(done, "nothing listens", "redis-server")
        self.assertLess(took, PATIENCE)

    def test_a_server_that_is_stopped(self):
        server = Server(self)
        os.kill(server.process.pid, signal.SIGSTOP)
        done, took = self.diagnose(server.url)
        self.expect_one_line(done, str(server.port), "did not answer", "hung or stopped")
        self.assertLess(took, PATIENCE)

    def test_a_server_that_never_answers(self):
        done, took = self.diagnose(f"redis://127.0.0.1:{Fake(self, hold).port}")
        self.expect_one_line(done, "did not answer", "hung or stopped")
        self.assertLess(took, PATIENCE)

    def test_a_server_of_one_byte_a_second(self):
        done, took = self.diagnose(f"redis://127.0.0.1:{Fake(self, drip).port}")
        self.expect_one_line(done, "bytes of its answer", "too slow")
        self.assertLess(took, PATIENCE)

    def test_a_server_that_wants_a_password(self):
        server = Server(self, "--requirepass", "hunter2")
        clean = {k: v for k, v in os.environ.items() if k != "REDISCLI_AUTH"}
        done, _ = self.diagnose(server.url, env=clean)
        self.expect_one_line(done, "needs a password", "REDISCLI_AUTH")
        done, _ = self.diagnose(server.url, env={**clean, "REDISCLI_AUTH": "wrong"})
        self.expect_one_line(done, "refused the password")
        self.assertNotIn("wrong", done.err)
        url = f"redis://:hunter2@127.0.0.1:{server.port}"
        for given, env in ((server.url, {**clean, "REDISCLI_AUTH": "hunter2"}), (url, clean)):
            done, _ = self.diagnose(given, env=env)
            self.assertIn(done.code, (0, 1, 3), str(done))
            self.assertNotIn("hunter2", done.text + done.err)

    def test_a_unix_socket(self):
        path = pathlib.Path(self.scratch()) / "redis.sock"
        Server(self, "--unixsocket", str(path))
        done, _ = self.diagnose(f"unix://{path}")
        self.assertIn(done.code, (0, 1, 3), str(done))

    def test_an_address_that_is_none(self):
        done, _ = self.diagnose("localhost:6379")
        self.assertEqual(done.code, 2, str(done))
        self.assertIn("redis://", done.err)
