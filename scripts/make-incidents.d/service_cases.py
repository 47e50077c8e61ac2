"""What the managers of services and containers tell: a server stopped on purpose, a pod its node ended, a
kill of weeks ago, data that cannot be read below a status."""
import time

from lab import Redis
from redis_healthy import REDIS_CAUSES

POD = """\
Name:             redis-0
Namespace:        shop
Priority:         0
Service Account:  default
Node:             ip-10-80-0-7.ec2.internal/10.80.0.7
Start Time:       Wed, 15 Apr 2026 06:00:00 +0000
Labels:           app=redis
Status:           Running
IP:               10.80.1.44
Containers:
  redis:
    Image:          redis:7.0
    Port:           6379/TCP
    State:          Running
      Started:      Thu, 16 Apr 2026 21:10:05 +0000
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Wed, 15 Apr 2026 06:00:02 +0000
      Finished:     Thu, 16 Apr 2026 21:10:02 +0000
    Ready:          True
    Restart Count:  1
    Limits:
      memory:  512Mi
    Requests:
      memory:  512Mi
Conditions:
  Type              Status
  Ready             True
Events:          <none>
"""


def capture(lab, redis):
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))


def killed_weeks_ago(lab):
    """The pod still tells of the end of its first life; the second has lasted for six weeks."""
    lab.clock.set("2026-04-16 21:10:05")
    lab.box("redis-0", "10.80.1.44")
    redis = Redis(lab, "10.80.1.44", ram=4096, conf="maxmemory 300mb\nmaxmemory-policy allkeys-lru\n")
    lab.clock.step(41 * 86400)
    time.sleep(1)
    redis.fill(((f"view:{n}", "v" * 120) for n in range(9000)), ttl=86400)
    time.sleep(1)
    capture(lab, redis)
    lab.save("pod.txt", POD)
    lab.label(
        "A pod tells of a kill at its limit six weeks ago; its Redis has run well since",
        "real: redis 7.0, the clock was moved by six weeks; written as kubectl prints it: the pod",
        "healthy", never=[*REDIS_CAUSES, "host-oom", "redis-crash"], status="healthy")


def stopped_by_hand(lab):
    """Somebody stopped Redis and switched its unit off; the application finds nobody."""
    lab.save("systemctl.txt", """\
○ redis-server.service - Advanced key-value store
     Loaded: loaded (/lib/systemd/system/redis-server.service; disabled; preset: enabled)
     Active: inactive (dead) since Mon 2026-06-08 14:31:01 UTC; 10min ago
   Duration: 1month 8d 22h 31min 1.112s
    Process: 701 ExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no (code=exited, status=0/SUCCESS)
   Main PID: 701 (code=exited, status=0/SUCCESS)

Jun 08 14:31:01 cart-redis systemd[1]: Stopping redis-server.service - Advanced key-value store...
Jun 08 14:31:01 cart-redis systemd[1]: redis-server.service: Deactivated successfully.
Jun 08 14:31:01 cart-redis systemd[1]: Stopped redis-server.service - Advanced key-value store.
""")
    lab.save("app.log", "".join(
        f"2026-06-08 14:3{second // 60}:{second % 60:02},112 ERROR cart.views redis.exceptions."
        "ConnectionError: Error 111 connecting to 10.80.3.10:6379. Connection refused.\n"
        for second in range(62, 300, 7)))
    lab.label(
        "Redis was stopped with systemctl and not started again; nothing ended it",
        "written as systemd and redis-py print it",
        "healthy", status="inconclusive",
        never=[*REDIS_CAUSES, "redis-crash", "redis-file-damaged", "host-oom", "host-failure"])


def data_named_below_the_status(lab):
    """One line of Redis among six of systemd tells why it does not start."""
    lab.save("systemctl.txt", """\
× redis-server.service - Advanced key-value store
     Loaded: loaded (/lib/systemd/system/redis-server.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since Tue 2026-06-09 05:41:12 UTC; 2min ago
    Process: 9112 ExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no (code=exited, status=1/FAILURE)
   Main PID: 9112 (code=exited, status=1/FAILURE)

Jun 09 05:41:11 queue-1 redis-server[9112]: 9112:M 09 Jun 2026 05:41:11.801 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename>
Jun 09 05:41:12 queue-1 systemd[1]: redis-server.service: Main process exited, code=exited, status=1/FAILURE
Jun 09 05:41:12 queue-1 systemd[1]: redis-server.service: Failed with result 'exit-code'.
Jun 09 05:41:12 queue-1 systemd[1]: redis-server.service: Scheduled restart job, restart counter is at 5.
Jun 09 05:41:12 queue-1 systemd[1]: redis-server.service: Start request repeated too quickly.
Jun 09 05:41:12 queue-1 systemd[1]: Failed to start redis-server.service - Advanced key-value store.
""")
    lab.label(
        "systemctl status alone: a single line of Redis in it names the file that it cannot read",
        "written as systemd and redis 7.0 print it",
        "redis-file-damaged", never=["redis-crash", "host-oom", "persistence-failure"],
        must_cite=["Bad file format"], must_recommend=["redis-check-aof"])


def pod_evicted(lab):
    """The kubelet ended a pod before the kernel had to kill; of the workers nothing else is known."""
    lab.save("pod.txt", """\
Name:             web-6c9f7d8b9c-2xk4q
Namespace:        shop
Start Time:       Wed, 10 Jun 2026 06:00:00 +0000
Labels:           app=web
Status:           Failed
Reason:           Evicted
Message:          The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki. Container web was using 1812344Ki, request is 256Mi, has larger consumption of memory.
IP:               10.80.4.44
Containers:
  web:
    Image:          shop/web:2
    Command:
      gunicorn
      shop.wsgi
    State:          Terminated
      Reason:       Error
      Exit Code:    137
      Started:      Wed, 10 Jun 2026 06:00:01 +0000
      Finished:     Wed, 10 Jun 2026 07:41:13 +0000
    Ready:          False
    Restart Count:  0
    Requests:
      memory:  256Mi
""")
    lab.label(
        "A node short of memory ended the application's pod; whose memory it was is not known",
        "written as kubectl prints it",
        "healthy", status="inconclusive",
        never=["host-oom", "worker-memory-leak", "host-failure", "upstream-failure"])


INCIDENTS = {
    "healthy-killed-weeks-ago": killed_weeks_ago,
    "redis-stopped-by-hand": stopped_by_hand,
    "file-damaged-in-a-status": data_named_below_the_status,
    "pod-evicted": pod_evicted,
}
