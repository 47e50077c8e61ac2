"""Disks that are asked for much: one that cannot follow, and one that can."""
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

from lab import BIN, Redis, shell
from redis_cases import WRITER

BLKIO = pathlib.Path("/sys/fs/cgroup/blkio")
ADDRESS = "10.20.0.31"


class Disk:
    """A file system on a disk of its own; `iops` bounds what those who are `held` get of it."""

    def __init__(self, place, megabytes, iops=None):
        image = pathlib.Path(f"/var/tmp/triage-lab-{time.monotonic_ns()}")
        subprocess.run(["truncate", "-s", f"{megabytes}M", image], check=True)
        self.device = shell("losetup", "-f").decode().strip()
        shell("losetup", "--direct-io=on", self.device, image)
        shell("mkfs.ext4", "-q", self.device)
        pathlib.Path(place).mkdir(parents=True, exist_ok=True)
        shell("mount", self.device, place)
        self.place, self.image, self.group = place, image, BLKIO / image.name
        self.group.mkdir()
        backing = shell("findmnt", "-no", "MAJ:MIN", "-T", "/var/tmp").decode().strip()
        for way in ("read", "write"):
            if iops:
                (self.group / f"blkio.throttle.{way}_iops_device").write_text(f"{backing} {iops}")

    def hold(self, process):
        (self.group / "cgroup.procs").write_text(str(process.pid))

    def export(self, lab, writers, seconds):
        """What a nightly export does: files are written past the page cache, side by side."""
        for number in range(writers):
            lab.start(
                "timeout", seconds, "sh", "-c",
                f"echo $$ > {self.group}/cgroup.procs; "
                "while :; do dd if=/dev/zero bs=16k count=1000 oflag=direct conv=notrunc "
                f"of={self.place}/export-{number}; done")

    def told(self, text):
        """With the name that such a disk has on EC2."""
        return text.replace(self.device.split("/")[-1].encode() + b"  ", b"nvme1n1")

    def remove(self):
        """With all who are held."""
        procs = self.group / "cgroup.procs"
        while pids := procs.read_text().split():
            for pid in pids:
                os.kill(int(pid), signal.SIGKILL)
            time.sleep(0.1)
        self.group.rmdir()
        shell("umount", "-l", self.place)
        shell("losetup", "-d", self.device)
        self.image.unlink()


def exported(lab, disk, writers):
    """A Redis that appends to a file on the disk, its clients, and an export beside them."""
    redis = Redis(lab, ADDRESS, conf="appendonly yes\nsave \"\"\nmaxmemory 400mb\n")
    disk.hold(redis.process)
    random.seed(11)
    redis.fill((f"price:{n}", random.randbytes(200)) for n in range(30000))
    lab.write("/srv/app/prices.py", WRITER)
    lab.start(BIN / "python", "prices.py", ADDRESS, 36, 0.05)
    time.sleep(5)
    disk.export(lab, writers, 40)
    time.sleep(4)
    asked = {}

    def ask(name, *command):
        asked[name] = lab.ask("env", "LC_ALL=C", "S_TIME_FORMAT=ISO", *command)

    threads = [
        threading.Thread(target=ask, args=("iostat.txt", "iostat", "-xt", disk.device, "2", "11")),
        threading.Thread(target=ask, args=("vmstat.txt", "vmstat", "-t", "2", "11")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked["free.txt"] = lab.ask("free", "-m")
    for name, text in asked.items():
        lab.save(name, disk.told(text))
    time.sleep(10)
    lab.save("info.txt", redis.info())
    lab.save("slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "32"))
    lab.save("config.txt", redis.cli("--no-raw", "CONFIG", "GET", "*"))
    lab.keep(redis.log, "redis-server.log")


def cannot_follow(lab):
    """A disk of 20 requests a second, and an export that asks for all of them."""
    lab.clock.set("2026-03-19 02:04:00")
    lab.box("prices-db", ADDRESS)
    disk = Disk("/var/lib/redis", 600, iops=20)
    try:
        exported(lab, disk, 24)
    finally:
        disk.remove()
    lab.label(
        "An export takes all that a slow disk can do: the syncs of Redis's append-only file wait",
        "real: redis 7.0 with appendonly yes on a file system of its own, whose disk is held at 20 "
        "requests a second by a control group; 24 writers beside it; iostat, vmstat and the log, "
        "while a client writes. The disk's name is that of a deployment",
        "disk-saturation",
        never=["ebs-impaired", "host-failure", "slow-commands", "swap-pressure", "fork-latency",
               "persistence-failure", "host-oom", "big-keys"],
        must_cite=["iostat.txt", "Asynchronous AOF fsync"], must_recommend=["pidstat|iostat"])


def fast_disk(lab):
    """The same export, on a disk that can do it."""
    lab.clock.set("2026-03-20 02:04:00")
    lab.box("prices-db", ADDRESS)
    disk = Disk("/var/lib/redis", 800)
    try:
        exported(lab, disk, 24)
    finally:
        disk.remove()
    lab.label(
        "An export keeps a fast disk busy all night, its queue is long, and nobody waits",
        "real: redis 7.0 with appendonly yes on a file system of its own and 24 writers beside it, "
        "on a disk that is not held back. The disk's name is that of a deployment",
        "healthy",
        never=["disk-saturation", "ebs-limit", "ebs-impaired", "host-failure", "slow-commands",
               "swap-pressure"])


INCIDENTS = {"disk-cannot-follow": cannot_follow, "healthy-fast-disk-busy": fast_disk}
