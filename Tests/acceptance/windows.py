"""Nobody is accused of what has not happened yet.

Each case is told as of five minutes before anything was wrong (`--until`), and from the snapshots
taken before. Evidence without a time cannot be left out by a window, so these are not in the list:
connection-exhaustion (an attempt of redis-cli that was refused, undated), ec2-os-failure (a console
in seconds since a boot that nothing dates) and session-bloat-*, web-worker-memory-leak,
web-oversubscription (states that grew for days; no first anomaly).
"""
import datetime
import re

from support import CASES, TestCase, accused, run

BEFORE_IT_BEGAN = [
    "client-retry-storm", "ec2-cpu-credits", "ec2-ebs-impaired", "ec2-host-failure",
    "eviction-pressure", "mass-expiry", "memory-overcommit", "unexpected-replica",
    "web-traffic-surge", "web-upstream-failure", "web-worker-leak-container",
    "web-worker-timeout",
]
SNAPSHOTS_BEFORE = {
    "client-retry-storm": "redis-info-0-before.txt",
    "mass-expiry": "redis-info-1-before.txt",
    "eviction-pressure": "redis-info-1.txt",
}
MARGIN = datetime.timedelta(minutes=5)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def first_anomaly(answer):
    """The earliest time at which anything is said to have been wrong."""
    times = [cause["onset"] for cause in answer["causes"] if "onset" in cause]
    times += [entry["time"] for entry in answer["timeline"] if entry["impact"]]
    first = answer["first_anomaly"]
    if first is not None:
        times.append(answer["timeline"][first]["time"])
    if not times:
        # Snapshots alone: what the first cause cites tells when.
        times = [
            fact["time"] for symptom in answer["causes"][0]["evidence"]
            for fact in symptom["observed"] if "time" in fact]
    return min(map(instant, times))


class Windows(TestCase):
    """One test a case: the methods are made below."""

    def expect_nobody(self, answer, what):
        names = [f"{c['id']}: {c['evidence'][0]['statement']}" for c in accused(answer)]
        self.assertEqual(names, [], what)

    def before_it_began(self, case):
        evidence = self.copy_case(case)
        whole = run("diagnose", evidence, "--format", "json").json()
        self.assertTrue(accused(whole), "nobody is accused of the whole case")
        until = (first_anomaly(whole) - MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = run("diagnose", evidence, "--until", until, "--format", "json").json()
        self.expect_nobody(answer, f"accused although all ends at {until}")

    def test_a_log_in_local_time(self):
        """A Redis log five hours behind UTC, whose zone INFO gives away."""
        evidence = self.copy_case("memory-overcommit")
        log = evidence / "redis-server.log"
        behind = datetime.timedelta(hours=5)
        form = "%d %b %Y %H:%M:%S"
        log.write_text(re.sub(
            r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d",
            lambda m: (datetime.datetime.strptime(m[0], form) - behind).strftime(form),
            log.read_text()))
        whole = run("diagnose", evidence, "--format", "json").json()
        clocks = {c["source"].split("/")[-1]: c["offset_seconds"] for c in whole["clocks"]}
        self.assertEqual(clocks["redis-server.log"], -5 * 3600)
        until = (first_anomaly(whole) - MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = run("diagnose", evidence, "--until", until, "--format", "json").json()
        self.expect_nobody(answer, f"accused although all ends at {until}")

    def snapshot_before(self, case):
        snapshot = CASES / case / SNAPSHOTS_BEFORE[case]
        answer = run("diagnose", snapshot, "--format", "json").json()
        self.expect_nobody(answer, f"accused on {snapshot.name} alone")


for name in BEFORE_IT_BEGAN:
    setattr(
        Windows, "test_before_" + name.replace("-", "_"),
        lambda self, name=name: self.before_it_began(name))
for name in SNAPSHOTS_BEFORE:
    setattr(
        Windows, "test_snapshot_before_" + name.replace("-", "_"),
        lambda self, name=name: self.snapshot_before(name))
