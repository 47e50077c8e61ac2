"""Incidents of Redis, each made on a server of its own."""
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import uuid

from captures import docker_stamp, journal, numbered
from lab import BIN, NO_FORK, Redis, wait_for

CELERY = """from celery import Celery

app = Celery("reports", broker="redis://10.20.0.12/1", backend="redis://10.20.0.12/0")
app.conf.result_expires = None
app.conf.worker_hijack_root_logger = False


@app.task
def render(number):
    return {"number": number, "rows": "x" * 6000}
"""


def celery_results_oom(lab):
    """Results of tasks that never expire fill a Redis that may evict nothing."""
    lab.clock.set("2025-03-11 08:40:00")
    lab.box("queue-1", "10.20.0.12")
    redis = Redis(lab, "10.20.0.12", conf="maxmemory 48mb\nmaxmemory-policy noeviction\n")
    random.seed(3)

    def results(count):
        for _ in range(count):
            key = str(uuid.UUID(int=random.getrandbits(128)))
            body = {"status": "SUCCESS", "result": {"rows": "x" * 6000}, "task_id": key}
            yield f"celery-task-meta-{key}", json.dumps(body)

    redis.fill(results(5600))
    lab.clock.step(86400 * 12)
    lab.save("redis/info-yesterday.txt", redis.info())
    lab.clock.step(86400)
    while redis.client.info("memory")["used_memory"] < 47.3 * 1024 * 1024:
        redis.fill(results(20))
    lab.write("/srv/app/reports.py", CELERY)
    worker = lab.start(
        BIN / "celery", "-A", "reports", "worker", "--concurrency=2", "--loglevel=INFO",
        "--without-gossip", "--without-mingle", "--without-heartbeat", log="/var/log/celery.log")
    time.sleep(5)
    sender = """
import sys, time
from reports import render
for number in range(400):
    try:
        render.delay(number)
    except Exception as error:
        print(type(error).__name__, error)
    time.sleep(0.03)
"""
    print(lab.ask(BIN / "python", "-c", sender, cwd="/srv/app").decode()[-300:])
    time.sleep(4)
    # What the workers of other machines would add.
    for _ in range(60):
        redis.fill(results(20))
    lab.save("redis/info.txt", redis.info())
    lab.save("redis/config.json", redis.cli("--json", "CONFIG", "GET", "*"))
    lab.save("redis/slowlog.json", redis.cli("--json", "SLOWLOG", "GET", "32"))
    lab.save("redis/terminal.txt", redis.session("SET health:check 1", "MEMORY DOCTOR", "DBSIZE"))
    lab.keep(redis.log, "redis/redis-server.log")
    lab.stop(worker, signal.SIGKILL)
    log = open("/var/log/celery.log", "rb").read().splitlines(keepends=True)
    lab.save("celery/worker.log", b"".join(log[:900]))
    lab.save("celery/reports.py", CELERY)
    lab.label(
        "Celery keeps the results of its tasks for ever; Redis is at maxmemory and refuses writes",
        "real: redis 7.0 at maxmemory 48mb with noeviction, a Celery worker whose results it "
        "refuses, its log (its first 900 lines); the clock was moved by 13 days between the two "
        "INFO",
        "redis-memory-exhaustion",
        never=["eviction-pressure", "session-bloat", "memory-overcommit", "slow-commands",
               "connection-exhaustion", "client-retry-storm", "memory-fragmentation"],
        must_cite=["maxmemory", "noeviction"], must_recommend=["maxmemory|memory"])


WRITER = """import logging, random, sys, time
import redis

logging.basicConfig(format="%(asctime)s %(levelname)s [%(name)s] %(message)s", level="INFO")
log = logging.getLogger("basket.store")
r = redis.Redis(sys.argv[1], socket_timeout=5)
end = time.monotonic() + float(sys.argv[2])
pause = float(sys.argv[3])
while time.monotonic() < end:
    try:
        r.set(f"basket:{random.randrange(10**6)}", "x" * 40)
    except redis.RedisError as error:
        log.error("basket not stored: %s: %s", type(error).__name__, error)
    time.sleep(pause)
"""


def disk_full(lab):
    """The data no longer fits the disk: the kernel says so, and Redis after it."""
    lab.clock.set("2025-06-02 21:15:00")
    lab.box("basket-db", "10.20.0.21")
    os.makedirs("/var/lib/redis", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24M", "/dev/nvme1n1", "/var/lib/redis"],
                   check=True)
    redis = Redis(lab, "10.20.0.21", conf='logfile ""\nsave 900 1 300 10 60 100\n',
                  log="/var/log/redis/stdout")
    random.seed(5)
    redis.fill((f"basket:{n}", random.randbytes(260)) for n in range(50000))
    redis.cli("BGSAVE")
    time.sleep(2)
    lab.clock.step(3600 * 30)
    redis.fill((f"basket:{n}", random.randbytes(260)) for n in range(50000, 90000))
    time.sleep(2)
    lab.write("/srv/app/basket.py", WRITER)
    lab.start(BIN / "python", "basket.py", "10.20.0.21", 24, 0.4, log="/var/log/basket.log")
    for _ in range(4):
        time.sleep(6)
        lab.clock.step(61)
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("config.txt", redis.cli("--no-raw", "CONFIG", "GET", "*"))
    lab.save("df.txt", lab.ask("df", "-h", "/var/lib/redis"))
    lab.save("sysctl.txt", lab.ask("sysctl", "vm.overcommit_memory", "vm.swappiness"))
    lab.save("journal-redis.txt", journal(lab, redis.log, "redis-server", "basket-db"))
    lab.keep("/var/log/basket.log", "basket.log")
    lab.label(
        "The disk of a Redis is full: every save fails and writes are refused (MISCONF)",
        "real: redis 7.0 on a file system of 24 MB, its log, the refused writes of a redis-py "
        "client; the log is from standard output, journald's prefix was put before each line; the "
        "clock was moved by 30 hours, and by a minute between the later saves. The warning of "
        "overcommit is real and beside the point: no fork failed",
        "persistence-failure",
        never=["memory-overcommit", "session-bloat", "redis-memory-exhaustion", "host-failure",
               "slow-commands", "memory-fragmentation", "eviction-pressure"],
        must_cite=["journal-redis.txt", "No space left"], must_recommend=["disk", "bgsave"])


def directory_read_only(lab):
    """A volume whose directory belongs to root, a Redis that runs as redis."""
    lab.clock.set("2025-09-18 05:30:00")
    lab.box("2f6d0c1a9b7e", "10.20.0.30")
    os.chmod("/var/lib/redis", 0o555)
    redis = Redis(lab, "10.20.0.30", user="redis", log="/var/log/redis/stdout",
                  conf='logfile ""\nsave 900 1 300 10 60 1000\nappendonly no\n')
    redis.fill((f"cart:{n}", "y" * 100) for n in range(30000))
    for _ in range(5):
        lab.clock.step(61)
        time.sleep(5.5)
    lab.save("docker-logs.txt", docker_stamp(lab, redis.log))
    lab.save("exec.txt", redis.session(
        "INFO persistence", "INFO server", "INFO memory", "SET cart:1 1", "BGSAVE",
        "CONFIG GET dir", "SLOWLOG GET 5"))
    lab.save("ls.txt", "$ docker exec cache ls -ld /var/lib/redis\n"
             "dr-xr-xr-x 2 root root 40 Sep 18 05:29 /var/lib/redis\n")
    lab.label(
        "Redis in a container may not write into its data directory",
        "real: redis 7.0 as user redis over a directory that it may not write, its log and the "
        "refused write; the time before each line of the log, as docker logs -t gives it, and the "
        "listing were written by hand; the clock was moved by a minute between the saves",
        "persistence-failure",
        never=["memory-overcommit", "session-bloat", "redis-memory-exhaustion", "host-failure",
               "slow-commands", "unexpected-replica"],
        must_cite=["docker-logs.txt"], must_recommend=["permission|directory|dir"])


def keys_star(lab):
    """A report asks KEYS every minute; everybody else waits for it."""
    lab.clock.set("2025-04-24 14:02:00")
    lab.box("catalog-db", "10.20.0.40")
    redis = Redis(lab, "10.20.0.40", conf="slowlog-max-len 128\n")
    random.seed(8)
    redis.fill((f"product:{n}:price", "12.50") for n in range(900000))
    redis.client.config_resetstat()
    lab.clock.step(86400 * 4)
    stop = threading.Event()

    def shop():
        link = redis.connect()
        while not stop.is_set():
            link.get(f"product:{random.randrange(900000)}:price")
            time.sleep(0.002)

    threads = [threading.Thread(target=shop) for _ in range(3)]
    for thread in threads:
        thread.start()
    first = redis.info()
    report = redis.connect(client_name="price-report")
    for _ in range(9):
        report.keys("product:*:price")
        time.sleep(0.4)
        lab.clock.step(60)
    for pattern in ("*", "product:77*"):
        report.keys(pattern)
    stop.set()
    for thread in threads:
        thread.join()
    lab.save("a/info.txt", first)
    lab.save("b/info.nc.txt", redis.raw("INFO ALL"))
    lab.save("b/slowlog.json", redis.cli("--json", "SLOWLOG", "GET", "128"))
    lab.save("b/clients.txt", redis.cli("CLIENT", "LIST"))
    lab.save("b/redis.log", open(redis.log).read())
    stamp = "2025-04-24 14:0"
    jedis = []
    for minute in range(2, 9):
        jedis.append(
            f"{stamp}{minute}:0{minute % 6}.{211 + 37 * minute} ERROR 1 --- "
            f"[nio-8080-exec-{minute}] c.e.catalog.PriceService  : price lookup failed\n\n"
            "redis.clients.jedis.exceptions.JedisConnectionException: "
            "java.net.SocketTimeoutException: Read timed out\n"
            "\tat redis.clients.jedis.util.RedisInputStream.ensureFill"
            "(RedisInputStream.java:248) ~[jedis-4.4.6.jar!/:na]\n"
            "\tat redis.clients.jedis.Protocol.read(Protocol.java:215) ~[jedis-4.4.6.jar!/:na]\n"
            "Caused by: java.net.SocketTimeoutException: Read timed out\n"
            "\tat java.base/java.net.Socket$SocketInputStream.read(Socket.java:966)\n")
    lab.save("app/catalog.log", "".join(jedis))
    lab.label(
        "A price report asks KEYS of 900,000 keys every minute; the shop's reads time out",
        "real: redis 7.0 with 900,000 keys, KEYS by a real client, SLOWLOG as JSON, the second "
        "INFO as netcat shows it, the clients; simulated: the Jedis log; the clock was moved by "
        "four days before and by a minute between the reports",
        "slow-commands",
        never=["big-keys", "session-bloat", "mass-expiry", "connection-exhaustion",
               "eviction-pressure", "host-failure", "redis-memory-exhaustion",
               "memory-fragmentation"],
        status="incident", must_cite=["slowlog.json", "KEYS"], must_recommend=["SCAN"])


LEAK = """import json, logging, sys, time
import redis

class Lines(logging.Formatter):
    def format(self, record):
        return json.dumps({
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
                + ".%03dZ" % record.msecs,
            "level": record.levelname.lower(), "logger": record.name,
            "msg": record.getMessage()})

handler = logging.StreamHandler()
handler.setFormatter(Lines())
logging.basicConfig(handlers=[handler], level="INFO")
log = logging.getLogger("tickets.api")
kept = []
end = time.monotonic() + float(sys.argv[1])
number = 0
while time.monotonic() < end:
    number += 1
    try:
        link = redis.Redis("10.20.0.50", client_name="tickets-api@web-%d" % (number % 3 + 1))
        link.incr("tickets:seen")
        kept.append(link)
    except redis.RedisError as error:
        log.error("request failed: %s: %s", type(error).__name__, error)
        time.sleep(0.9)
    time.sleep(0.1)
"""


def connections_leak(lab):
    """A handler opens a connection for every request and never closes one."""
    lab.clock.set("2025-10-06 16:20:00")
    lab.box("tickets-redis", "10.20.0.50")
    redis = Redis(lab, "10.20.0.50", conf="maxclients 96\ntimeout 0\n")
    redis.client.set("tickets:seen", 1)
    settings = redis.client.config_get("*client*") | redis.client.config_get("*time*")
    held = socket.create_connection(("10.20.0.50", 6379))
    lab.write("/srv/app/leak.py", LEAK)
    leak = lab.start(BIN / "python", "leak.py", 40, log="/var/log/tickets.log")
    wait_for(lambda: redis.client.info("clients")["connected_clients"] >= 90)
    lab.clock.step(1900)
    wait_for(lambda: redis.client.info("stats")["rejected_connections"] > 12)
    refused = redis.cli("PING")
    clients = redis.raw("CLIENT LIST", held).split(b"\r\n", 1)[1].strip()
    lab.save("terminal-clients.txt", b"10.20.0.50:6379> client list\r\n"
             + clients.replace(b"\n", b"\r\n") + b"\r\n")
    lab.save("info.txt", redis.raw("INFO ALL", held).split(b"\r\n", 1)[1].rstrip() + b"\r\n")
    lab.save("refused.txt", b"$ redis-cli -h 10.20.0.50 ping\n" + refused)
    lab.save("config.txt", numbered(settings))
    lab.save("slowlog.txt", "(empty array)\n")
    lab.keep("/var/log/tickets.log", "tickets.jsonl")
    lab.stop(leak, signal.SIGKILL)
    lab.label(
        "A handler that opens a connection for every request reaches maxclients 96",
        "real: redis 7.0, a redis-py client that leaks connections and is refused, its log; INFO "
        "and CLIENT LIST were read over a connection that stood already; the clock was moved by "
        "half an hour after the leak",
        "connection-exhaustion",
        also_ok=["client-retry-storm"],
        never=["session-bloat", "slow-commands", "host-failure", "eviction-pressure",
               "redis-memory-exhaustion", "traffic-surge"],
        must_cite=["maxclients|max number of clients"], must_recommend=["pool|timeout|leak"])


RETRY = """import logging, random, sys, threading, time
import redis

logging.basicConfig(format="%(asctime)s,%(threadName)s %(levelname)s %(message)s", level="INFO")
log = logging.getLogger("orders")
end = time.monotonic() + float(sys.argv[1])

def work():
    while time.monotonic() < end:
        try:
            redis.Redis("10.20.0.70", socket_timeout=5).set(
                "order:%d" % random.randrange(10**6), "paid" * 20)
            time.sleep(0.5)
        except redis.RedisError as error:
            log.error("order not stored, again: %s: %s", type(error).__name__, str(error)[:90])
            time.sleep(0.1)

for _ in range(4):
    threading.Thread(target=work).start()
"""


def overcommit_cascade(lab):
    """A fork is refused, the save fails, writes are refused, clients retry at once."""
    lab.clock.set("2025-01-17 03:00:00")
    lab.box("orders-redis", "10.20.0.70")
    redis = Redis(lab, "10.20.0.70", ram=1024, conf="save 900 1 300 10 60 1000\n")
    random.seed(2)
    redis.fill((f"order:{n}", random.randbytes(600)) for n in range(160000))
    redis.cli("BGSAVE")
    time.sleep(2)
    lab.clock.step(86400 * 3)
    lab.save("before/info.txt", redis.info())
    lab.write("/srv/app/orders.py", RETRY)
    lab.write(NO_FORK, "")
    lab.start(BIN / "python", "orders.py", 26, log="/var/log/orders.log")
    time.sleep(4)
    for _ in range(3):
        lab.clock.step(301)
        time.sleep(6.5)
    lab.save("during/info.txt", redis.info())
    lab.save("during/redis.log", open(redis.log).read())
    lab.save("during/terminal.txt", redis.session("SET x 1", "BGSAVE", "SLOWLOG GET"))
    lab.save("during/orders.log.gz", open("/var/log/orders.log").read())
    lab.save("during/proc.txt", """orders-redis:~$ sysctl vm.overcommit_memory
vm.overcommit_memory = 0
""")
    lab.save("during/meminfo.txt", """MemTotal:        1003520 kB
MemFree:           61284 kB
MemAvailable:     301772 kB
Buffers:           11460 kB
Cached:           248320 kB
SwapCached:            0 kB
SwapTotal:             0 kB
SwapFree:              0 kB
CommitLimit:      501760 kB
Committed_AS:     889412 kB
""")
    lab.label(
        "A refused fork starts a chain: failed saves, MISCONF, clients that retry at once",
        "real: redis 7.0, what it says when fork gives ENOMEM (the lab's shim refuses it, not the "
        "kernel), a redis-py client that opens a connection for every try; simulated: meminfo; "
        "the clock was moved by three days before and by five minutes between the saves",
        "memory-overcommit",
        also_ok=["persistence-failure", "client-retry-storm"],
        never=["redis-memory-exhaustion", "session-bloat", "host-failure", "slow-commands",
               "connection-exhaustion", "eviction-pressure", "host-oom"],
        must_cite=["Cannot allocate memory", "during/redis.log"],
        must_recommend=["overcommit_memory"])


INCIDENTS = {
    "celery-results-oom": celery_results_oom,
    "redis-disk-full": disk_full,
    "redis-directory-read-only": directory_read_only,
    "keys-every-minute": keys_star,
    "connections-leaked": connections_leak,
    "overcommit-cascade": overcommit_cascade,
}
