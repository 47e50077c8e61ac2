"""Limits that somebody set, and doors that are shut: what looks like a broken machine and is none."""
import os
import threading
import time

from lab import BIN, Nginx, Redis, get, gunicorn, wait_for
from web_cases import WEB, crowd

SLOW = """import time
from flask import Flask

app = Flask(__name__)


@app.get("/")
def home():
    return "catalogue"


@app.get("/export")
def export():
    time.sleep(2.5)
    return "a;b;c"
"""


def out_of_connections(lab):
    """nginx may hold 24 connections, two for each request that it passes on."""
    lab.clock.set("2026-02-17 07:40:00")
    lab.box("edge-3")
    lab.write("/srv/app/catalogue.py", SLOW)
    gunicorn(lab, "catalogue:app", "--bind", "127.0.0.1:8000", "--worker-class", "gthread",
             "--workers", "2", "--threads", "24", "--max-requests", "5000",
             "--max-requests-jitter", "500")
    nginx = Nginx(lab, "127.0.0.1:8000", connections=24)
    wait_for(lambda: get("/")[0] == 200)
    clients = [f"198.51.100.{n}" for n in range(1, 90)]
    for _ in range(12):
        crowd(["/"], clients, 0.02, 12)
        lab.clock.step(58)
    for _ in range(6):
        held = [threading.Thread(target=get, args=("/export", f"203.0.113.{n}"))
                for n in range(14)]
        for thread in held:
            thread.start()
        crowd(["/"], clients, 0.1, 20)
        for thread in held:
            thread.join()
        lab.clock.step(55)
    nginx.keep("nginx-access.log", "nginx-error.log", "nginx.conf")
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    lab.label(
        "nginx drops clients: its worker_connections are taken by exports that take seconds",
        "real: nginx with worker_connections 24 before gunicorn with threads, requests held open; "
        "the clock was moved by a minute between bursts",
        "proxy-connection-limit",
        never=[*WEB, "upstream-failure", "worker-timeout", "connection-exhaustion"],
        must_cite=["worker_connections are not enough"], must_recommend=["worker_connections"])


def socket_forbidden(lab):
    """gunicorn runs, and the mode of its socket lets nobody but its user connect."""
    lab.clock.set("2026-04-01 21:12:00")
    lab.box("forms-1")
    os.makedirs("/run/forms", exist_ok=True)
    lab.write("/srv/app/forms.py", SLOW)
    arguments = ["forms:app", "--bind", "unix:/run/forms/gunicorn.sock", "--workers", "2",
                 "--max-requests", "1000", "--max-requests-jitter", "100"]
    good = gunicorn(lab, *arguments, "--umask", "0")
    nginx = Nginx(lab, "unix:/run/forms/gunicorn.sock")
    wait_for(lambda: get("/")[0] == 200)
    clients = [f"192.0.2.{n}" for n in range(1, 70)]
    for _ in range(15):
        crowd(["/"], clients, 0.01, 20)
        lab.clock.step(59)
    lab.stop(good)
    gunicorn(lab, *arguments, "--umask", "0o077")
    wait_for(lambda: os.path.exists("/run/forms/gunicorn.sock"))
    time.sleep(1)
    for _ in range(8):
        crowd(["/"], clients, 0.01, 20)
        lab.clock.step(59)
    nginx.keep("access.log", "error.log", "site.conf")
    lab.keep("/var/log/gunicorn.log", "app/gunicorn.log")
    lab.save("app/gunicorn.service", """[Service]
User=forms
UMask=0077
ExecStart=/srv/venv/bin/gunicorn """ + " ".join(arguments) + """ --umask 0o077
Restart=on-failure
""")
    lab.label(
        "A deploy with umask 077: nginx may not open the socket of a gunicorn that runs",
        "real: gunicorn and nginx over a unix socket whose mode changed with the restart; the "
        "unit was written by hand; the clock was moved by a minute between bursts",
        "upstream-failure", never=[*WEB, "worker-timeout", "worker-oversubscription"],
        must_cite=["Permission denied"], must_recommend=["forbids nginx"])


MAIL = """from celery import Celery

app = Celery("mail", broker="redis://:winter@10.20.0.31:6379/0")


@app.task
def send(number):
    return number
"""


def password_changed(lab):
    """The password of Redis was changed, and the worker has the old one."""
    lab.clock.set("2026-05-20 05:30:00")
    lab.box("mail-2", "10.20.0.31")
    redis = Redis(lab, "10.20.0.31")
    redis.client.config_set("requirepass", "winter")
    lab.write("/srv/app/mail.py", MAIL)
    lab.start(BIN / "celery", "-A", "mail", "worker", "--concurrency=1", "--loglevel=INFO",
              "--without-gossip", "--without-mingle", "--without-heartbeat",
              log="/var/log/celery.log")
    time.sleep(6)
    admin = redis.connect(password="winter")
    admin.config_set("requirepass", "summer")
    admin.client_kill_filter(_type="normal", skipme=True)
    time.sleep(75)
    lab.save("celery@mail-2.log", open("/var/log/celery.log", "rb").read())
    lab.label(
        "A Celery worker with the old password of Redis: nothing is wrong with either machine",
        "real: redis 7.0 whose password was changed by CONFIG SET, a Celery worker and its log",
        "healthy", status="inconclusive",
        never=["client-retry-storm", "connection-exhaustion", "host-failure", "slow-commands",
               "unexpected-replica", "redis-memory-exhaustion", "upstream-failure"])


STOCK = """import logging
import sys
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logging.basicConfig(filename="/var/log/stock.log", level=logging.INFO,
                    format="%(asctime)s %(levelname)s %(name)s %(message)s")
log = logging.getLogger("stock.views")


def look_up(number):
    # A client of its own for each request.
    client = redis.Redis("10.20.0.52", 6379, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return client.get(f"stock:{number}")
    finally:
        client.close()


log.info("worker ready")
failures = 0
for number in range(100_000):
    try:
        look_up(number % 500)
    except redis.exceptions.ConnectionError:
        log.exception("GET /stock/%d failed", number % 500)
        failures += 1
        # What follows is the rate of users again, not that of a test.
        time.sleep(0.2)
        if failures == 40:
            sys.exit()
"""


def ports_run_out(lab):
    """Each request makes a connection of its own to Redis, until no local port is left."""
    lab.clock.set("2026-06-09 17:04:00")
    lab.box("stock-1", "10.20.0.51", "10.20.0.52")
    # Narrowed by hand, so that those above are free for services.
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as setting:
        setting.write("32768 40767")
    redis = Redis(lab, "10.20.0.52")
    redis.fill((f"stock:{n}", str(n)) for n in range(500))
    lab.write("/srv/app/stock.py", STOCK)
    redis.client.config_resetstat()
    lab.start(BIN / "python", "stock.py").wait(120)
    lab.keep("/var/log/stock.log", "stock.log")
    lab.save("ss.txt", lab.ask("ss", "-s"))
    lab.save("sysctl.txt", lab.ask("sysctl", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse"))
    lab.save("redis-info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("SLOWLOG", "GET", "16"))
    lab.label(
        "A client of Redis for each request: no local port is left, and Redis has nothing to do",
        "real: redis 7.0, redis-py that connects anew for each request until connect(2) fails with "
        "EADDRNOTAVAIL, ss -s of the same moment",
        "port-exhaustion",
        never=["connection-exhaustion", "client-retry-storm", "host-failure", "slow-commands",
               "upstream-failure", "redis-memory-exhaustion", "network-limit"],
        must_cite=["Cannot assign requested address", "timewait"],
        must_recommend=["ip_local_port_range"])


KERNEL = """[Tue Mar  3 11:02:17 2026] ruby invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936
[Tue Mar  3 11:02:17 2026] memory: usage 524288kB, limit 524288kB, failcnt 3127
[Tue Mar  3 11:02:17 2026] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-5e1.scope,mems_allowed=0,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-5e1.scope,task=ruby,pid=99121,uid=1000
[Tue Mar  3 11:02:17 2026] Memory cgroup out of memory: Killed process 99121 (ruby) total-vm:1209240kB, anon-rss:511880kB, file-rss:9820kB, shmem-rss:0kB, UID:1000 pgtables:1712kB oom_score_adj:936
"""

POD = """Name:             sidekiq-7f6d9c9d6b-x2b7k
Namespace:        prod
Containers:
  sidekiq:
    Image:         registry.example.com/shop:1.44
    Args:
      bundle
      exec
      sidekiq
    State:          Running
      Started:      Tue, 03 Mar 2026 11:02:20 +0000
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Tue, 03 Mar 2026 08:11:02 +0000
      Finished:     Tue, 03 Mar 2026 11:02:17 +0000
    Ready:          True
    Restart Count:  9
    Limits:
      memory:  512Mi
    Requests:
      memory:  256Mi
"""


def container_at_its_limit(lab):
    """The kernel kills a container at its own limit; of the node nothing else is known."""
    lab.save("dmesg.txt", KERNEL)
    lab.save("pod.txt", POD)
    lab.label(
        "A Sidekiq container is killed at its limit of 512 MiB, nine times: not the node's memory",
        "written as Linux 6.1 and kubectl print it",
        "healthy", status="inconclusive",
        never=["host-oom", "instance-os-failure", "host-failure", "swap-pressure",
               "worker-memory-leak", "redis-memory-exhaustion"])


INCIDENTS = {
    "proxy-out-of-connections": out_of_connections,
    "socket-forbidden": socket_forbidden,
    "password-changed": password_changed,
    "ports-run-out": ports_run_out,
    "container-at-its-limit": container_at_its_limit,
}
