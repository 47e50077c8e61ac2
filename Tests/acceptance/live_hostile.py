"""Looking at a box on which somebody who is not root means harm."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import live_faults
from live_box import Box
from live_redis import free_port
from support import TestCase, run

ALLOWED = {
    "AUTH", "SELECT", "PING", "INFO", "SLOWLOG GET", "SLOWLOG LEN", "CONFIG GET", "CLIENT LIST",
    "LATENCY LATEST", "LATENCY HISTORY", "LATENCY DOCTOR", "MEMORY DOCTOR", "MEMORY STATS",
    "MEMORY USAGE", "OBJECT IDLETIME", "ROLE", "DBSIZE", "SCAN", "TYPE", "TTL",
}

# Answers as Redis would, but every answer is a lure; prints the commands that come.
HOSTILE = """#!{python}
import socket, sys
listener = socket.create_server(("127.0.0.1", {port}))
info = ("# Server\\r\\nredis_version:7.0.0\\r\\nrun_id:abc\\r\\ntcp_port:{port}\\r\\n"
        "config_file:{secret}\\r\\nexecutable:$(touch {mark})\\r\\n"
        "# Keyspace\\r\\ndb0:keys=1,expires=0,avg_ttl=0\\r\\n")
def bulk(text): return "$%d\\r\\n%s\\r\\n" % (len(text), text)
def answer(words):
    name = words[0].upper()
    if name == "INFO": return bulk(info)
    if name == "CONFIG" and words[2] in ("logfile", "dir"):
        return "*2\\r\\n" + bulk(words[2]) + bulk("{secret}" if words[2] == "logfile" else "/")
    if name == "PING": return "+PONG\\r\\n"
    if name == "DBSIZE": return ":1\\r\\n"
    if name == "SCAN":
        return "*2\\r\\n" + bulk("0") + "*1\\r\\n" + bulk("../../x\\n$(touch {mark})")
    if name == "LATENCY" and words[1] == "LATEST":
        return "*1\\r\\n*4\\r\\n" + bulk("fork\\r\\nFLUSHALL") + ":1\\r\\n" * 3
    if name == "TYPE": return "+none\\x1b]0;owned\\x07\\r\\n"
    if name == "TTL": return ":-1\\r\\n"
    if name == "CLIENT": return bulk("id=1 addr=;touch {mark} name=\\x1b[2J cmd=flushall\\n")
    return "-ERR unknown; try FLUSHALL\\r\\n"
while True:
    caller, _ = listener.accept()
    data = caller.makefile("rb")
    while (head := data.readline()).startswith(b"*"):
        words = []
        for _ in range(int(head[1:])):
            data.readline()
            words.append(data.readline()[:-2].decode())
        print(" ".join(words), flush=True)
        caller.sendall(answer(words).encode())
"""


class LiveHostile(TestCase):
    collect = live_faults.LiveFaults.collect
    report = live_faults.LiveFaults.report

    def test_a_hostile_server(self):
        """As another user, which only root can start; its lures must not reach root's files."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        folder = self.scratch()
        os.chmod(folder, 0o755)
        secret = folder / "secret.conf"
        secret.write_text("maxmemory 1gb\n# the secret\n")
        os.chmod(secret, 0o600)
        mark, port = folder / "mark", free_port()
        program = folder / "redis-server"
        program.write_text(
            HOSTILE.format(python=os.path.realpath(sys.executable), port=port, secret=secret,
                           mark=mark))
        os.chmod(program, 0o755)
        python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
        log = (folder / "log").open("wb")
        child = subprocess.Popen(
            [python, program], stdout=log, stderr=subprocess.STDOUT, user="nobody")
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        time.sleep(0.5)
        box = Box(self)
        box.show(child.pid)
        self.rename(box, child.pid)
        manifest, place, _ = self.collect(box)
        commands = (folder / "log").read_text().splitlines()
        self.assertIn("INFO ALL", commands, (folder / "log").read_text())
        for command in commands:
            words = command.split(" ")
            self.assertTrue({words[0], " ".join(words[:2])} & ALLOWED, command)
        self.assertFalse(mark.exists())
        self.assertNotIn("the secret", live_faults.text_of(place))
        self.assertIn("may not read it itself", json.dumps(manifest["missing"]))
        report = run("diagnose", place).text
        self.assertNotIn("\x1b", report)

    def rename(self, box, pid):
        """The box shows the process as redis-server, whatever program runs the script."""
        link = box.proc / str(pid)
        link.unlink()
        link.mkdir()
        for name in ("fd", "fdinfo", "net", "ns", "cwd", "root", "cgroup", "status", "environ"):
            (link / name).symlink_to(f"/proc/{pid}/{name}")
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        head, _, tail = stat.partition(" (")
        (link / "stat").write_text(f"{head} (redis-server){tail.rpartition(')')[2]}")
        (link / "cmdline").write_bytes(b"redis-server\0/etc/shadow\0")
        os.chown(link, 65534, 65534)
