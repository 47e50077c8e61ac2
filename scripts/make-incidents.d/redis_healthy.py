"""Servers on which all is well, although something on them looks like an incident."""
import random
import threading
import time

from captures import numbered
from lab import Redis

REDIS_CAUSES = [
    "session-bloat", "memory-overcommit", "redis-memory-exhaustion", "slow-commands",
    "mass-expiry", "connection-exhaustion", "eviction-pressure", "memory-fragmentation",
    "persistence-failure", "unexpected-replica", "client-retry-storm", "swap-pressure",
    "fork-latency", "big-keys", "probe-created-sessions",
]


def overcommit_warning_only(lab):
    """The warning of overcommit at every start, and saves that all succeed."""
    lab.clock.set("2025-05-02 06:00:00")
    lab.box("config-store", "10.20.1.10")
    redis = Redis(lab, "10.20.1.10", ram=2048, conf="save 3600 1 300 100 60 10000\n")
    for day in range(4):
        redis.fill((f"feature:{day}:{n}", "on" * 30) for n in range(12000))
        time.sleep(0.3)
        lab.clock.step(3600 * 20)
        time.sleep(1.2)
    redis.cli("BGSAVE")
    time.sleep(1)
    lab.save("redis.log", open(redis.log).read())
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("config.txt", redis.cli("CONFIG", "GET", "*"))
    lab.save("sysctl.txt", lab.ask("sysctl", "vm.overcommit_memory", "vm.overcommit_ratio"))
    lab.save("free.txt", """\
               total        used        free      shared  buff/cache   available
Mem:         2048000      301204     1088212        1004      658584     1602300
Swap:              0           0           0
""")
    lab.label(
        "Redis warns of overcommit at its start; every fork and every save succeeds",
        "real: redis 7.0 with vm.overcommit_memory=0, its warning and its saves; the clock was "
        "moved by three days; memory as sysconf tells it was set to 2 GB; simulated: free",
        "healthy", never=REDIS_CAUSES, status="healthy")


def small_and_fragmented(lab):
    """A server of one MB whose fragmentation ratio looks alarming."""
    lab.clock.set("2025-08-20 10:00:00")
    lab.box("flags", "10.20.1.20")
    redis = Redis(lab, "10.20.1.20")
    redis.fill((f"flag:{n}", "true") for n in range(300))
    lab.clock.step(86400 * 40)
    time.sleep(1)
    lab.save("info.txt", redis.info().replace(b"\r\n", b"\n"))
    lab.save("memory.txt", redis.session("MEMORY DOCTOR", "MEMORY PURGE"))
    lab.save("slowlog.txt", redis.cli("SLOWLOG", "GET", "128"))
    lab.save("config.txt", numbered(redis.client.config_get("slowlog*")))
    lab.save("memory-stats.txt", redis.cli("--no-raw", "MEMORY", "STATS"))
    lab.keep(redis.log, "redis.log")
    lab.label(
        "A Redis of 1 MB whose fragmentation ratio is far above 1: there is nothing to mend",
        "real: redis 7.0 with 300 keys; the clock was moved by 40 days",
        "healthy", never=REDIS_CAUSES, status="healthy")


def slowlog_few_entries(lab):
    """A slow log with some entries of 10 to 40 ms in a month."""
    lab.clock.set("2025-03-01 00:30:00")
    lab.box("stats-redis", "10.20.1.30")
    redis = Redis(lab, "10.20.1.30", ram=4096)
    random.seed(6)
    client = redis.client
    for board in range(12):
        scores = {f"player:{n}": random.random() for n in range(9000)}
        client.zadd(f"board:{board}", scores)
    client.slowlog_reset()
    client.config_resetstat()
    for day in range(30):
        lab.clock.step(86000)
        for _ in range(400):
            client.zrevrange(f"board:{random.randrange(12)}", 0, 9)
            client.set(f"seen:{random.randrange(3000)}", day, ex=86400)
        if day % 4 == 0:
            boards = [f"board:{n}" for n in range(day % 3 + 1)]
            client.zunionstore("board:week", boards)
            client.delete("board:week")
    time.sleep(0.5)
    lab.save("info-1.txt", redis.info())
    lab.clock.step(300)
    for _ in range(600):
        client.zrevrange(f"board:{random.randrange(12)}", 0, 9)
    lab.save("info-2.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("SLOWLOG", "GET", "32"))
    lab.save("slowlog.csv", redis.cli("--csv", "SLOWLOG", "GET", "32"))
    lab.save("config.txt", numbered(client.config_get("slowlog*") | client.config_get("maxm*")))
    lab.save("bigkeys.txt", redis.cli("--bigkeys"))
    lab.keep(redis.log, "redis.log")
    lab.label(
        "Weekly unions of score boards stand in the slow log with some 10 to 40 ms",
        "real: redis 7.0, sorted sets of 9,000 members, ZUNIONSTORE every fourth day; the clock "
        "was moved by 30 days",
        "healthy", never=REDIS_CAUSES, status="healthy")


def cache_that_evicts(lab):
    """A cache that is full as it should be: it evicts, and 99 % of the reads find their key."""
    lab.clock.set("2025-07-07 09:00:00")
    lab.box("pages-cache", "10.20.1.40")
    redis = Redis(lab, "10.20.1.40", ram=2048,
                  conf="maxmemory 24mb\nmaxmemory-policy allkeys-lfu\nsave \"\"\n")
    random.seed(9)
    page = "<html>" + "p" * 1800

    def visit(client, count):
        for _ in range(count):
            number = int(random.paretovariate(0.5))
            key = f"page:{number % 200000}"
            if client.get(key) is None:
                client.set(key, page, ex=86400)

    def crowd(count):
        threads = [
            threading.Thread(target=visit, args=(redis.connect(), count)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    redis.fill(((f"page:{n}", page) for n in range(11500)), ttl=86400)
    crowd(4000)
    redis.client.config_resetstat()
    lab.clock.step(3600 * 5)
    crowd(20000)
    lab.save("1/info.txt", redis.info())
    lab.save("1/date.txt", lab.ask("date", "-u"))
    lab.clock.step(590)
    crowd(40000)
    lab.save("2/info.txt", redis.info())
    lab.save("2/date.txt", lab.ask("date", "-u"))
    lab.save("2/slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("2/config.txt", redis.cli("--no-raw", "CONFIG", "GET", "*"))
    lab.save("2/latency.txt", redis.cli("LATENCY", "DOCTOR"))
    lab.label(
        "A page cache at maxmemory evicts now and then, and 99 % of its reads hit",
        "real: redis 7.0 at maxmemory 24mb with allkeys-lfu, three clients whose visits follow a "
        "Pareto law; the clock was moved by five hours before and ten minutes between the two INFO",
        "healthy", never=REDIS_CAUSES, status="healthy")


def sentinel_switch(lab):
    """A switch-over by Sentinel: the old master is a replica because Sentinel told it so."""
    lab.clock.set("2025-11-04 22:00:00")
    lab.box("redis-a", "10.20.1.51", "10.20.1.52", "10.20.1.53")
    one = Redis(lab, "10.20.1.51", name="-a", log="/var/log/redis/a.log",
                conf="save \"\"\nreplica-announce-ip 10.20.1.51\n")
    two = Redis(lab, "10.20.1.52", name="-b", log="/var/log/redis/b.log",
                conf="save \"\"\nreplicaof 10.20.1.51 6379\nreplica-announce-ip 10.20.1.52\n")
    one.fill((f"user:{n}", "u" * 60) for n in range(8000))
    lab.write("/srv/redis/sentinel.conf", """bind 10.20.1.53
port 26379
dir /var/lib/redis
logfile /var/log/redis/sentinel.log
sentinel monitor users 10.20.1.51 6379 1
sentinel down-after-milliseconds users 5000
""")
    lab.start("/usr/bin/redis-server", "/srv/redis/sentinel.conf", "--sentinel")
    time.sleep(13)
    answer = lab.ask("redis-cli", "-h", "10.20.1.53", "-p", "26379", "SENTINEL", "FAILOVER",
                     "users")
    time.sleep(14)
    one.cli("CLIENT", "NO-EVICT", "off")
    for name, server in (("redis-a", one), ("redis-b", two)):
        lab.save(f"{name}/info.txt", server.info())
        lab.save(f"{name}/role.txt", server.cli("--no-raw", "ROLE"))
        lab.save(f"{name}/clients.txt", server.cli("CLIENT", "LIST"))
        lab.save(f"{name}/slowlog.txt", server.cli("--no-raw", "SLOWLOG", "GET", "10"))
        lab.save(f"{name}/redis.log", open(server.log).read())
    lab.keep("/srv/redis/redis-a.conf", "redis-a/redis.conf")
    lab.save("sentinel/failover.txt", b"$ redis-cli -p 26379 sentinel failover users\n" + answer)
    lab.keep("/var/log/redis/sentinel.log", "sentinel/sentinel.log")
    lab.label(
        "A switch-over by Sentinel, asked for by a person: roles have changed and both are well",
        "real: two redis 7.0 and a Sentinel, a SENTINEL FAILOVER, configurations as Sentinel "
        "rewrote them",
        "healthy", never=REDIS_CAUSES, status="healthy")


INCIDENTS = {
    "healthy-overcommit-warning": overcommit_warning_only,
    "healthy-small-fragmented": small_and_fragmented,
    "healthy-slowlog-entries": slowlog_few_entries,
    "healthy-cache-evicts": cache_that_evicts,
    "healthy-sentinel-switch": sentinel_switch,
}
