"""What looks like one thing at a glance and is another, or nothing: failed saves that were none, a cache
whose policy finds nothing to evict, a long queue, a command that only an operator sends."""
import datetime
import json
import os
import random
import time

from cloud_cases import EC2, metric, status, utc
from cloud_forms import described
from lab import Redis
from redis_healthy import REDIS_CAUSES


def but(*causes):
    return [cause for cause in REDIS_CAUSES if cause not in causes]


def flush_during_a_save(lab):
    """FLUSHALL ends a save that runs by SIGUSR1; Redis logs it as it logs a killed one."""
    lab.clock.set("2026-03-18 04:58:00")
    lab.box("search-cache", "10.60.1.10")
    redis = Redis(lab, "10.60.1.10", ram=8192, conf="save 3600 1\nrdb-key-save-delay 300\n")
    redis.fill((f"facet:{n}", "f" * 120) for n in range(20000))
    lab.clock.step(86400)
    redis.cli("BGSAVE")
    time.sleep(1.2)
    redis.cli("FLUSHALL")
    time.sleep(0.5)
    redis.cli("CONFIG", "SET", "rdb-key-save-delay", "0")
    redis.fill((f"facet:{n}", "f" * 120) for n in range(20000))
    redis.cli("BGSAVE")
    time.sleep(1)
    lab.clock.step(3600)
    lab.keep(redis.log, "redis.log")
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.session("SLOWLOG GET 20"))
    lab.label(
        "A cache is emptied at the release while it saves; the log says 'terminated by signal 10'",
        "real: redis 7.0 with a slow save (rdb-key-save-delay) and a FLUSHALL in it; the clock was "
        "moved by a day",
        "healthy", never=REDIS_CAUSES, status="healthy")


def failed_save_made_good(lab):
    """One save failed a fortnight ago, and every one since succeeded."""
    lab.clock.set("2026-01-02 03:00:00")
    lab.box("prices", "10.60.1.20")
    redis = Redis(lab, "10.60.1.20", ram=4096, conf="save \"\"\n")
    redis.fill((f"price:{n}", "9" * 40) for n in range(9000))
    for day in range(17):
        if day == 2:
            os.rename("/var/lib/redis/dump.rdb", "/var/lib/redis/old.rdb")
            os.mkdir("/var/lib/redis/dump.rdb")
        redis.cli("BGSAVE")
        time.sleep(0.6)
        if day == 2:
            os.rmdir("/var/lib/redis/dump.rdb")
        lab.clock.step(86400)
        time.sleep(0.2)
    lab.keep(redis.log, "redis-server.log")
    lab.save("INFO", redis.info())
    lab.save("slowlog", redis.cli("--no-raw", "SLOWLOG", "GET", "20"))
    lab.label(
        "One save failed a fortnight ago; all of the last two weeks succeeded",
        "real: redis 7.0, a directory where the file was to be for one of 17 saves; the clock was "
        "moved by 17 days",
        "healthy", never=REDIS_CAUSES, status="healthy")


def volatile_policy_full(lab):
    """volatile-lru evicts what has a time to live; nothing has."""
    lab.clock.set("2026-05-06 13:20:00")
    lab.box("suggest-1", "10.60.1.30")
    redis = Redis(lab, "10.60.1.30", ram=16384,
                  conf="maxmemory 48mb\nmaxmemory-policy volatile-lru\nsave \"\"\n")
    errors = []
    for number in range(400000):
        try:
            redis.client.set(f"suggest:{number}", "w" * 400)
        except Exception as error:
            errors.append(f"{lab.clock.text()},{number % 1000:03d} ERROR indexer: {type(error).__module__}."
                          f"{type(error).__name__}: {error}\n")
            lab.clock.step(1)
            if len(errors) == 80:
                break
    lab.save("indexer.log", "".join(errors))
    lab.save("redis-info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "20"))
    lab.label(
        "A full Redis whose policy evicts only keys that expire, of which there are none: OOM",
        "real: redis 7.0 filled by redis-py to its 48 MB, and the errors that redis-py raises",
        "redis-memory-exhaustion", never=but("redis-memory-exhaustion"),
        must_cite=["volatile-lru", "indexer.log"], must_recommend=["maxmemory"])


def save_by_hand(lab):
    """A job sends SAVE, which blocks everybody while it writes."""
    lab.clock.set("2026-02-11 09:55:00")
    lab.box("ledger-redis", "10.60.1.40")
    redis = Redis(lab, "10.60.1.40", ram=16384, conf="save \"\"\n")
    redis.fill((f"entry:{n}", "e" * 300) for n in range(500000))
    redis.cli("SLOWLOG", "RESET")
    for _ in range(5):
        redis.cli("SAVE")
        lab.clock.step(600)
    lab.save("terminal.txt", redis.session("SLOWLOG GET 10", "INFO ALL"))
    lab.keep(redis.log, "redis.log")
    lab.label(
        "A job sends SAVE every ten minutes; each blocks the server for most of a second",
        "real: redis 7.0 with 500,000 keys; the clock was moved between the saves",
        "slow-commands", never=but("slow-commands", "persistence-failure"),
        must_cite=["SAVE"], must_recommend=["BGSAVE"])


def long_queue(lab):
    """A million jobs wait in a list; it is as quick as a short one."""
    lab.clock.set("2026-04-20 21:10:00")
    lab.box("jobs-redis", "10.60.1.50")
    redis = Redis(lab, "10.60.1.50", ram=16384, conf="save \"\"\n")
    pipe = redis.client.pipeline(transaction=False)
    for number in range(1_100_000):
        pipe.lpush("celery", f'{{"headers":{{"id":"{number:032x}"}}}}')
        if number % 20000 == 0:
            pipe.execute()
    pipe.execute()
    for _ in range(4000):
        redis.client.rpop("celery")
    lab.clock.step(86400)
    lab.save("bigkeys.txt", redis.cli("--bigkeys"))
    lab.save("usage.txt", redis.session("MEMORY USAGE celery SAMPLES 0"))
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.session("SLOWLOG GET 10"))
    lab.label(
        "A million jobs wait in a list that nobody walks; the slow log is empty",
        "real: redis 7.0, LPUSH and RPOP by redis-py; the clock was moved by a day",
        "healthy", never=REDIS_CAUSES, status="healthy")


def new_and_rebooted(lab):
    """A new burstable instance earns its first credits, and is rebooted for its kernel."""
    box = "i-07d1c3b5a9e8f6042"
    rng = random.Random(9)
    balance = [0.0, 0.0, 0.2, 1.1, 2.7] + [2.7 + 1.9 * n for n in range(1, 140)]
    busy = [36.0, 21.5, 8.0] + [2.5 + rng.random() for _ in range(141)]
    bad = [0.0] * 240
    bad[130:134] = [1.0] * 4
    start = "2026-06-02T08:00:00"

    def save(name, label, values, **more):
        lab.save(name, json.dumps(metric(label, start, values, **more), indent=4) + "\n")

    save("credits.json", "CPUCreditBalance", balance, minutes=5, statistic="Average")
    save("cpu.json", "CPUUtilization", busy, minutes=5, statistic="Average", unit="Percent")
    save("instance-check.json", "StatusCheckFailed_Instance", bad)
    save("system-check.json", "StatusCheckFailed_System", [0.0] * 240)
    text = json.loads(described(box, "t3.small", "10.60.2.8"))
    launched = (utc(start) - datetime.timedelta(minutes=3)).isoformat()
    text["Reservations"][0]["Instances"][0]["LaunchTime"] = launched
    lab.save("instances.json", json.dumps(text, indent=4) + "\n")
    lab.save("status.json", json.dumps({"InstanceStatuses": [status(box)]}, indent=4) + "\n")
    lab.label(
        "A new t3.small begins without credits, and misses four instance checks while it reboots",
        "simulated: all of it; credits reckoned for a t3.small",
        "healthy", never=EC2)


INCIDENTS = {
    "healthy-flush-in-save": flush_during_a_save,
    "healthy-failed-save-made-good": failed_save_made_good,
    "volatile-policy-full": volatile_policy_full,
    "save-by-hand": save_by_hand,
    "healthy-long-queue": long_queue,
    "healthy-new-and-rebooted": new_and_rebooted,
}
