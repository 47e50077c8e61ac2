"""What is nearly a cause, or nearly none: a check that fails to the end of its metric, a maintenance of
later, a host without a volume to stop, a replica alone, a short log."""
import json
import random
import time

from cloud_cases import metric, status
from cloud_forms import described
from lab import BROWSER, Nginx, Redis, get, gunicorn, wait_for
from redis_healthy import REDIS_CAUSES
from web_healthy import SITE, WEB_CAUSES


def save_json(lab, name, value):
    lab.save(name, json.dumps(value, indent=4) + "\n")


def root_not_mounted(lab):
    """A box waits in emergency mode for a volume; both metrics end while it does."""
    bad = [0.0] * 45 + [1.0] * 75
    start = "2026-05-01T03:00:00"
    save_json(lab, "instance.json", metric("StatusCheckFailed_Instance", start, bad))
    save_json(lab, "system.json", metric("StatusCheckFailed_System", start, [0.0] * 120))
    lab.save("console.txt", """\
[    0.000000] Linux version 6.1.0-18-cloud-amd64 (gcc-12 (Debian 12.2.0-14) 12.2.0)
[    2.101122] EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode. Quota mode: none.
[    3.502119] systemd[1]: Mounting /data...
[   93.611201] systemd[1]: dev-disk-by\\x2duuid-5f2c.device: Job dev-disk-by\\x2duuid-5f2c.device/start timed out.
[   93.611901] systemd[1]: Timed out waiting for device /dev/disk/by-uuid/5f2c.
[   93.612301] systemd[1]: Dependency failed for data.mount - /data.
[   93.612551] systemd[1]: Dependency failed for local-fs.target - Local File Systems.
You are in emergency mode. After logging in, type "journalctl -xb" to view
system logs, "systemctl reboot" to reboot, "systemctl default" or "exit"
to boot into default mode.
""")
    lab.label(
        "After a restart a box waits for a volume that is gone; its check fails to the end of the metric",
        "simulated: metrics, and the console in the words of systemd",
        "instance-os-failure", never=["host-failure", "scheduled-maintenance", "host-oom"],
        must_cite=["instance.json"], must_recommend=["fstab"])


def event(code, words, begin, end=None):
    found = {"InstanceEventId": "instance-event-0c4e1f7a92b35d680", "Code": code,
             "Description": words, "NotBefore": begin}
    return {**found, "NotAfter": end} if end else found


def host_before_maintenance(lab):
    """The host fails now; a reboot of seven weeks later is announced, too."""
    box = "i-0c1d2e3f4a5b6c7d8"
    later = event("system-reboot", "The instance is scheduled for a reboot",
                  "2026-07-20T14:00:00+00:00", "2026-07-20T18:00:00+00:00")
    save_json(lab, "status.json", {"InstanceStatuses": [status(
        box, system="impaired", inside="impaired", events=[later],
        since="2026-06-01T07:31:00+00:00")]})
    lab.label(
        "The system check fails, and a reboot of weeks later is announced",
        "simulated: the status, as AWS documents it",
        "host-failure", also_ok=["scheduled-maintenance"],
        never=["instance-os-failure", "ebs-impaired"],
        must_cite=["SystemStatus"], must_recommend=["stop/start"])


def instance_store_root(lab):
    """The host of an instance fails that cannot be stopped: its root is on an instance store."""
    box = "i-02f8d6b4a91c7e350"
    save_json(lab, "status.json", {"InstanceStatuses": [status(
        box, system="impaired", inside="impaired", since="2026-02-10T16:10:00+00:00")]})
    told = json.loads(described(box, "m3.medium", "10.70.1.4"))
    told["Reservations"][0]["Instances"][0]["RootDeviceType"] = "instance-store"
    save_json(lab, "instances.json", told)
    lab.label(
        "The host of an instance with an instance-store root fails: there is nothing to stop and start",
        "simulated: the status, as AWS documents it",
        "host-failure", never=["instance-os-failure", "ebs-impaired", "scheduled-maintenance"],
        must_cite=["SystemStatus"], must_recommend=["Launch a replacement"])


def volume_without_io(lab):
    """AWS stopped the I/O of a volume whose data may be inconsistent."""
    save_json(lab, "volumes.json", {"VolumeStatuses": [
        {"Actions": [], "AvailabilityZone": "eu-west-1a", "Events": [],
         "VolumeId": "vol-0b1f5a6c7d8e9f012",
         "VolumeStatus": {"Details": [{"Name": "io-enabled", "Status": "passed"},
                                      {"Name": "io-performance", "Status": "not-applicable"}],
                          "Status": "ok"}},
        {"Actions": [{"Code": "enable-volume-io", "Description": "Enable volume I/O",
                      "EventId": "evol-3f9d21c7", "EventType": "potential-data-inconsistency"}],
         "AvailabilityZone": "eu-west-1a",
         "Events": [{"Description": "Potential data inconsistency", "EventId": "evol-3f9d21c7",
                     "EventType": "potential-data-inconsistency",
                     "NotBefore": "2026-06-06T11:01:00+00:00"}],
         "VolumeId": "vol-0f1e2d3c4b5a69788",
         "VolumeStatus": {"Details": [{"Name": "io-enabled", "Status": "failed"},
                                      {"Name": "io-performance", "Status": "not-applicable"}],
                          "Status": "impaired"}}]})
    lab.save("messages", "".join(
        f"Jun  6 11:0{n}:44 ip-10-0-4-4 kernel: INFO: task mysqld:1211 blocked for more than "
        f"{120 * n} seconds.\n" for n in (3, 5, 7)))
    lab.label(
        "A volume is impaired: AWS stopped its I/O, and the database hangs on it",
        "simulated: the answer of describe-volume-status and the kernel's words, as documented",
        "ebs-impaired", never=["host-failure", "instance-os-failure", "disk-saturation"],
        must_cite=["vol-0f1e2d3c4b5a69788"], must_recommend=["enable-volume-io"])


def replica_alone(lab):
    """A replica by its own configuration, whose master has been gone for hours."""
    lab.clock.set("2026-02-11 06:00:00")
    lab.box("catalog-r2", "10.70.2.20", "10.70.2.10")
    master = Redis(lab, "10.70.2.10", conf="save \"\"\n", log="/var/log/redis/m.log", name="-m")
    redis = Redis(lab, "10.70.2.20", ram=4096, conf="save \"\"\nreplicaof 10.70.2.10 6379\n")
    master.fill((f"catalog:{n}", "c" * 90) for n in range(8000))
    time.sleep(2)
    lab.clock.step(40 * 86400)
    time.sleep(1)
    master.process.kill()
    time.sleep(1.5)
    lab.clock.step(3 * 3600)
    time.sleep(1.5)
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.session("SLOWLOG GET 10"))
    lab.save("redis.conf", "port 6379\nbind 10.70.2.20\nreplicaof 10.70.2.10 6379\n")
    lab.label(
        "A read replica has not reached its master for three hours; nothing else is wrong with it",
        "real: two redis 7.0 servers, the master killed; the clock was moved",
        "healthy", never=REDIS_CAUSES, status="inconclusive")


def short_log(lab):
    """Twenty minutes of a log: one client asks for twenty times what all others do."""
    lab.clock.set("2026-05-12 10:00:00")
    lab.box("shop-web", "10.70.3.10")
    lab.write("/srv/app/docs.py", SITE)
    lab.write("/srv/app/gunicorn.conf.py", "bind = '127.0.0.1:8000'\nworkers = 2\n")
    gunicorn(lab, "docs:app")
    nginx = Nginx(lab, "127.0.0.1:8000")
    wait_for(lambda: get("/")[0] == 200)
    rng = random.Random(3)
    for minute in range(19):
        for _ in range(14):
            get(f"/docs/{rng.randrange(60)}", f"198.51.100.{rng.randrange(1, 200)}", BROWSER)
        for number in range(280 if minute >= 8 else 0):
            get(f"/docs/{number}", "203.0.113.77", "python-requests/2.31.0")
        lab.clock.step(57)
    nginx.keep("access.log.gz")
    lab.label(
        "A script asks twenty times as much as all others; only twenty minutes of the log were kept",
        "real: nginx and gunicorn; the clock was moved by minutes",
        "traffic-surge", never=[cause for cause in WEB_CAUSES if cause != "traffic-surge"],
        must_cite=["python-requests/2.31.0"], must_recommend=["rate limit"])


INCIDENTS = {
    "volume-not-mounted": root_not_mounted,
    "host-before-maintenance": host_before_maintenance,
    "instance-store-root": instance_store_root,
    "volume-without-io": volume_without_io,
    "healthy-replica-alone": replica_alone,
    "surge-in-a-short-log": short_log,
}
