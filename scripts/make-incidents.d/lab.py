"""The lab: namespaces, a clock that can be set, servers, and the folder that is filled."""
import calendar
import gzip
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / ".build/incidents"
BIN = BUILD / "venv/bin"
CLOCK = "/run/lab-clock"
NO_FORK = "/run/lab-no-fork"
# What stands in tracebacks is put where a deployment would have it.
PLACES = [
    (str(BUILD / "venv"), "/srv/venv"),
    (sys.base_prefix, "/usr"),
    (os.uname().release, "6.1.0-32-amd64"),
]


def shell(*command, check=True, **options):
    return subprocess.run(command, check=check, capture_output=True, **options).stdout


class Clock:
    """The time of day that all servers see; it moves in whole seconds."""

    def __init__(self):
        self.offset = 0
        self.write()

    def write(self):
        # In place: the servers have the file mapped.
        fd = os.open(CLOCK, os.O_RDWR | os.O_CREAT, 0o644)
        os.pwrite(fd, struct.pack("<q", self.offset), 0)
        os.close(fd)

    def set(self, text):
        """`2025-03-11 02:10:00`, UTC."""
        wanted = calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))
        self.offset = wanted - int(time.time())
        self.write()

    def step(self, seconds):
        self.offset += int(seconds)
        self.write()

    def now(self):
        return time.time() + self.offset

    def text(self, form="%Y-%m-%d %H:%M:%S"):
        return time.strftime(form, time.gmtime(self.now()))


class Lab:
    """What a case gets to work with."""

    def __init__(self, name):
        self.name = name
        self.folder = ROOT / "Fixtures/incidents" / name
        self.running = []
        for place in ("/run", "/srv", "/var/log", "/var/lib/redis", "/var/lib/nginx"):
            os.makedirs(place, exist_ok=True)
            shell("mount", "-t", "tmpfs", "-o", "mode=755", "lab", place)
        for place in ("/var/log/redis", "/var/log/nginx", "/srv/app", "/srv/home"):
            os.makedirs(place, exist_ok=True)
        shell("ip", "link", "set", "lo", "up")
        self.clock = Clock()

    def box(self, name, *addresses):
        shell("hostname", name)
        for address in addresses:
            shell("ip", "addr", "add", address + "/32", "dev", "lo")

    def environment(self, ram=None, **more):
        env = dict(os.environ, LD_PRELOAD=str(BUILD / "shim.so"), LAB_CLOCK=CLOCK)
        env.update(LAB_NO_FORK=NO_FORK, TZ="UTC", PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8",
                   HOME="/srv/home")
        if ram:
            env["LAB_RAM_MB"] = str(ram)
        env.update(more)
        return env

    def start(self, *command, log=None, ram=None, user=None, env=None, cwd="/srv/app"):
        """A server in the background, with the lab's clock."""
        out = open(log, "ab") if log else subprocess.DEVNULL
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            env=self.environment(ram, **(env or {})), cwd=cwd, user=user, start_new_session=True)
        self.running.append(process)
        return process

    def stop(self, process, how=signal.SIGTERM, wait=20):
        if process.poll() is None:
            process.send_signal(how)
            process.wait(wait)
        if process in self.running:
            self.running.remove(process)

    def ask(self, *command, **options):
        """What a command prints, with the lab's clock; errors in it too."""
        return subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self.environment(), timeout=60, **options).stdout

    def write(self, path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pathlib.Path(path).write_text(text)

    def save(self, name, content):
        """One file of evidence; `.gz` is packed without a time, so that it is repeatable."""
        data = content.encode() if isinstance(content, str) else content
        for real, told in PLACES:
            data = data.replace(real.encode(), told.encode())
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        path.write_bytes(data)

    def keep(self, path, name=None):
        """A file that a server wrote."""
        self.save(name or os.path.basename(path), pathlib.Path(path).read_bytes())

    def label(self, title, how_made, top, also_ok=(), never=(), **more):
        label = {"id": self.name, "title": title, "how_made": how_made, "top": top}
        label.update(also_ok=list(also_ok), never=list(never), healthy=top == "healthy")
        label.update(must_cite=[], must_recommend=[])
        label.update(more)
        self.save("case.json", json.dumps(label, indent=2) + "\n")


def run(name, make):
    """Makes the folder anew; nothing of it is left where making it fails."""
    lab = Lab(name)
    shutil.rmtree(lab.folder, ignore_errors=True)
    began = time.monotonic()
    try:
        make(lab)
    finally:
        for process in lab.running:
            process.kill()
    size = sum(path.stat().st_size for path in lab.folder.rglob("*") if path.is_file())
    print(f"{name}: {size // 1024} KiB in {time.monotonic() - began:.0f} s", flush=True)
    if size > 300 * 1024:
        raise SystemExit(f"{name} is too big")


class Redis:
    """A redis-server of the lab and the ways people capture what it says."""

    def __init__(self, lab, address, port=6379, conf="", ram=None, user=None, log=None, name=""):
        self.lab, self.address, self.port = lab, address, port
        self.log = log or "/var/log/redis/redis-server.log"
        self.conf = f"/srv/redis/redis{name}.conf"
        text = f"bind {address}\nport {port}\nprotected-mode no\ndir /var/lib/redis\n"
        text += f"bind-source-addr {address}\n"
        if "logfile" not in conf:
            text += f"logfile {self.log}\n"
        lab.write(self.conf, text + conf)
        stdout = self.log if "logfile" in conf else None
        self.process = lab.start(
            "/usr/bin/redis-server", self.conf, ram=ram, user=user, log=stdout)
        self.client = self.connect()
        for _ in range(200):
            try:
                self.client.ping()
                break
            except Exception:
                time.sleep(0.05)

    def connect(self, **options):
        import redis
        return redis.Redis(self.address, self.port, socket_timeout=60, **options)

    def cli(self, *arguments):
        return self.lab.ask("redis-cli", "-h", self.address, "-p", self.port, *arguments)

    def info(self):
        return self.cli("INFO", "ALL")

    def raw(self, command, link=None):
        """What netcat shows: the protocol itself."""
        link = link or socket.create_connection((self.address, self.port))
        link.sendall(command.encode() + b"\r\n")
        link.settimeout(1.0)
        data = b""
        while True:
            try:
                block = link.recv(65536)
            except TimeoutError:
                return data
            if not block:
                return data
            data += block

    def session(self, *commands):
        """A terminal: prompt, command, answer as redis-cli shows it to a person."""
        text = b""
        for command in commands:
            text += f"{self.address}:{self.port}> {command}\n".encode()
            text += self.cli("--no-raw", *command.split())
        return text

    def fill(self, pairs, ttl=None, batch=5000):
        pipe = self.client.pipeline(transaction=False)
        for number, (key, value) in enumerate(pairs, 1):
            pipe.set(key, value, ex=ttl)
            if number % batch == 0:
                pipe.execute(raise_on_error=False)
        pipe.execute(raise_on_error=False)

    def sample(self, pattern="*", count=40):
        """The loop that people paste: keys with what is left of their lives."""
        lines = []
        for key in self.client.scan_iter(match=pattern, count=count):
            kind = self.client.type(key).decode()
            lines.append(f"{key.decode()} {kind} ttl={self.client.ttl(key)}")
            if len(lines) == count:
                break
        return "\n".join(lines) + "\n"


COMBINED = ('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
            '"$http_referer" "$http_user_agent"')


class Nginx:
    """An nginx of the lab in front of `upstream`; clients tell it the address they have."""

    def __init__(self, lab, upstream, log_format=COMBINED, escape="", locations="",
                 proxy="proxy_read_timeout 5s;", ups="", error_log="error",
                 connections=768):
        self.lab = lab
        text = f"""user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log {error_log};
events {{ worker_connections {connections}; }}
http {{
    log_format site {escape} '{log_format}';
    access_log /var/log/nginx/access.log site;
    upstream app {{
        server {upstream};{ups}
    }}
    server {{
        listen 80;
        server_name www.example.com;
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        {locations}
        location / {{
            proxy_pass http://app;
            proxy_set_header Host $host;
            {proxy}
        }}
    }}
}}
"""
        lab.write("/srv/nginx/nginx.conf", text)
        self.process = lab.start("/usr/sbin/nginx", "-c", "/srv/nginx/nginx.conf", "-g",
                                 "daemon off;")
        time.sleep(0.5)

    def keep(self, access="access.log", error="error.log", conf="nginx.conf"):
        time.sleep(0.3)
        if access:
            self.lab.keep("/var/log/nginx/access.log", access)
        if error:
            self.lab.keep("/var/log/nginx/error.log", error)
        if conf:
            self.lab.keep("/srv/nginx/nginx.conf", conf)


BROWSER = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


def get(path, client="203.0.113.7", agent=BROWSER, method="GET", timeout=20, cookie=None):
    """One request by way of nginx; gives status and cookie, or None where nobody answered."""
    link = http.client.HTTPConnection("127.0.0.1", 80, timeout=timeout)
    headers = {"Host": "www.example.com", "User-Agent": agent, "X-Forwarded-For": client}
    if cookie:
        headers["Cookie"] = cookie
    try:
        link.request(method, path, headers=headers)
        answer = link.getresponse()
        answer.read()
        return answer.status, (answer.getheader("Set-Cookie") or "").split(";")[0]
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        link.close()


def gunicorn(lab, *arguments, log="/var/log/gunicorn.log", **options):
    command = [BIN / "gunicorn", *arguments]
    return lab.start(*command, log=log, **options)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    raise SystemExit("what was waited for did not happen")
