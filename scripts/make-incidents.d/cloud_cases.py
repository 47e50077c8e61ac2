"""Incidents of EC2, in the forms that the AWS command line prints: simulated, as AWS documents."""
import argparse
import datetime
import io
import json
import random

import yaml
from awscli.formatter import get_formatter

from web_healthy import WEB_CAUSES

EC2 = ["host-failure", "instance-os-failure", "ebs-impaired", "scheduled-maintenance",
       "cpu-credit-exhaustion"]


def utc(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def printed(form, response, command):
    """What `aws --output FORM` prints, by its own formatter."""
    if form == "yaml":
        return yaml.safe_dump(response, default_flow_style=False, sort_keys=False)
    out = io.StringIO()
    arguments = argparse.Namespace(output=form, query=None, color="off")
    get_formatter(form, arguments)(command, response, out)
    return out.getvalue()


def check(status, since=None):
    told = {"ok": "passed", "impaired": "failed"}.get(status, status)
    detail = {"Name": "reachability", "Status": told}
    if since:
        detail["ImpairedSince"] = since
    return {"Details": [detail], "Status": status}


def status(instance, system="ok", inside="ok", ebs="ok", events=(), since=None, zone="eu-west-1b"):
    row = {"AvailabilityZone": zone}
    if events:
        row["Events"] = list(events)
    row.update(
        InstanceId=instance, InstanceState={"Code": 16, "Name": "running"},
        InstanceStatus=check(inside, since if inside == "impaired" else None),
        SystemStatus=check(system, since if system == "impaired" else None),
        AttachedEbsStatus=check(ebs))
    return row


def metric(name, start, values, minutes=1, statistic="Maximum", unit="Count"):
    """get-metric-statistics; AWS gives no order, so the points are shuffled."""
    begin = utc(start)
    points = [
        {"Timestamp": (begin + datetime.timedelta(minutes=minutes * n)).strftime(
            "%Y-%m-%dT%H:%M:%SZ"), statistic: float(value), "Unit": unit}
        for n, value in enumerate(values)]
    random.Random(4).shuffle(points)
    return {"Label": name, "Datapoints": points}


def metric_data(names, instance, start, series, minutes):
    """get-metric-data: newest first."""
    begin = utc(start)
    results = []
    for number, (name, values) in enumerate(zip(names, series)):
        times = [begin + datetime.timedelta(minutes=minutes * n) for n in range(len(values))]
        results.append({
            "Id": f"m{number}", "Label": f"{instance} {name}",
            "Timestamps": [t.strftime("%Y-%m-%dT%H:%M:%S+00:00") for t in reversed(times)],
            "Values": [float(value) for value in reversed(values)], "StatusCode": "Complete"})
    return {"MetricDataResults": results, "Messages": []}


def host_failure_jedis(lab):
    """The host of a Redis loses its network; the application sees only time-outs."""
    sick = "i-0c19d2e8f7a6b5543"
    rows = [status(sick, "impaired", "impaired", since="2025-08-05T21:17:00+00:00"),
            status("i-0a4471be92c3d5f60")]
    lab.save("aws/instance-status.txt",
             printed("table", {"InstanceStatuses": rows}, "describe-instance-status"))
    failed = [0] * 77 + [1] * 28
    lab.save("aws/system.yaml",
             printed("yaml", metric("StatusCheckFailed_System", "2025-08-05T20:00:00", failed), ""))
    lab.save("aws/instance.yaml", printed(
        "yaml", metric("StatusCheckFailed_Instance", "2025-08-05T20:00:00", failed), ""))
    lab.save("aws/instances.yaml", printed("yaml", {"Reservations": [{"Instances": [{
        "InstanceId": sick, "InstanceType": "r6g.large", "PrivateIpAddress": "10.20.3.14",
        "PrivateDnsName": "ip-10-20-3-14.eu-west-1.compute.internal",
        "State": {"Code": 16, "Name": "running"}, "LaunchTime": "2024-02-11T09:14:22+00:00",
        "Tags": [{"Key": "Name", "Value": "session-redis"}]}]}]}, ""))
    random.seed(21)
    lines = []
    clock = utc("2025-08-05T21:02:11")
    while clock < utc("2025-08-05T21:44:00"):
        stamp = clock.strftime("%Y-%m-%d %H:%M:%S.") + f"{random.randrange(1000):03d}"
        thread = f"[http-nio-8080-exec-{random.randrange(1, 11)}]"
        if clock < utc("2025-08-05T21:16:20"):
            lines.append(f"{stamp} INFO  {thread} c.e.shop.BasketController - basket "
                         f"{random.randrange(10**6)} read in {random.randrange(2, 9)} ms")
            clock += datetime.timedelta(seconds=random.randrange(9, 40))
            continue
        lines.append(f"{stamp} ERROR {thread} c.e.shop.BasketController - basket not read")
        if len(lines) % 3:
            lines += [
                "redis.clients.jedis.exceptions.JedisConnectionException: "
                "Failed to connect to 10.20.3.14:6379.",
                "\tat redis.clients.jedis.DefaultJedisSocketFactory.connectToFirstSuccessfulHost"
                "(DefaultJedisSocketFactory.java:63)",
                "Caused by: java.net.SocketTimeoutException: Connect timed out"]
        else:
            lines += [
                "redis.clients.jedis.exceptions.JedisConnectionException: Could not get a resource "
                "from the pool",
                "Caused by: redis.clients.jedis.exceptions.JedisConnectionException: "
                "java.net.SocketTimeoutException: Read timed out"]
        clock += datetime.timedelta(seconds=random.randrange(8, 31))
    lab.save("app/shop.log", "\r\n".join(lines) + "\r\n")
    lab.save("app/notes.txt", "$ date -u\nTue Aug  5 21:45:03 UTC 2025\n$ redis-cli -h 10.20.3.14 "
             "ping\nCould not connect to Redis at 10.20.3.14:6379: Connection timed out\n")
    lab.label(
        "The host of a Redis fails its system check; a shop's Jedis pool times out",
        "simulated: all of it; describe-instance-status as table by the AWS command line's own "
        "formatter, metrics as yaml, a log in the wording of Jedis with CRLF",
        "host-failure",
        never=["instance-os-failure", "redis-memory-exhaustion", "connection-exhaustion",
               "worker-timeout", "memory-overcommit", "upstream-failure", "slow-commands"],
        also_ok=["client-retry-storm"],
        must_cite=["i-0c19d2e8f7a6b5543", "StatusCheckFailed_System|system.yaml"],
        must_recommend=["stop/start|stop and start"])


def maintenance_and_credits(lab):
    """A retirement is announced for an instance that has no CPU credits left today."""
    box = "i-07fe31c5d9a2b4e68"
    random.seed(22)
    wanted = [0.08 + random.random() * 0.05] * 60 + [0.55 + random.random() * 0.1] * 90
    wanted = [value + random.uniform(-0.02, 0.02) for value in wanted]
    # t3.small: 2 vCPU, 24 credits an hour, 576 at most, baseline 20 % of each.
    balance, cpu, left = [], [], 130.0
    for value in wanted:
        used = value if left > 0.5 else min(value, 0.2)
        left = min(576.0, max(0.0, left + 2.0 - used * 2 * 5))
        balance.append(round(left, 3))
        cpu.append(round(100 * used, 2))
    start = "2025-11-12T00:00:00"
    lab.save("cloudwatch/metric-data.yaml", printed("yaml", metric_data(
        ["CPUCreditBalance", "CPUUtilization"], box, start, [balance, cpu], 5), ""))
    event = {
        "InstanceEventId": "instance-event-0b7d5a9c1e3f24680", "Code": "instance-retirement",
        "Description": "The instance is running on degraded hardware",
        "NotBefore": "2025-11-26T10:00:00+00:00"}
    rows = [status(box, events=[event]), status("i-0d2c4b6a8f1e3579b")]
    lab.save("ec2/status.txt",
             printed("text", {"InstanceStatuses": rows}, "describe-instance-status"))
    lab.save("ec2/instances.json", json.dumps({"Reservations": [{"Instances": [{
        "InstanceId": box, "InstanceType": "t3.small", "State": {"Code": 16, "Name": "running"},
        "PrivateIpAddress": "10.20.3.40", "LaunchTime": "2023-06-01T07:00:00+00:00"}]}]}, indent=4))
    lab.save("ec2/credits.txt", printed("text", {"InstanceCreditSpecifications": [
        {"InstanceId": box, "CpuCredits": "standard"}]}, "describe-instance-credit-specifications"))
    lab.label(
        "An instance is to be retired in two weeks, and today it has no CPU credits left",
        "simulated: all of it; text by the AWS command line's own formatter, metrics of "
        "get-metric-data as yaml; credits reckoned for a t3.small in standard mode",
        "cpu-credit-exhaustion", also_ok=["scheduled-maintenance"],
        must_accuse=["cpu-credit-exhaustion", "scheduled-maintenance"],
        never=["host-failure", "instance-os-failure", "ebs-impaired", "traffic-surge"],
        must_cite=["t3.small"], must_recommend=["unlimited", "stop/start|stop and start"])


def one_bad_minute(lab):
    """StatusCheckFailed is 1 in one minute of six hours, and nothing else happens."""
    box = "i-0e5d7c9b1a3f86420"
    quiet = [0] * 360
    blip = quiet[:]
    blip[131] = 1
    start = "2025-09-09T03:00:00"
    for name, values in (("StatusCheckFailed", blip), ("StatusCheckFailed_Instance", blip),
                         ("StatusCheckFailed_System", quiet)):
        lab.save(f"{name}.txt", printed(
            "text", metric(name, start, values), "get-metric-statistics"))
    lab.save("status.txt", printed(
        "table", {"InstanceStatuses": [status(box)]}, "describe-instance-status"))
    lab.label(
        "The instance check fails in one single minute of six hours",
        "simulated: all of it; table and text by the AWS command line's own formatter",
        "healthy", never=[*EC2, *WEB_CAUSES], status="healthy")


def initializing(lab):
    """Two instances that were started a minute ago: their checks have not run yet."""
    rows = [status("i-01b2c3d4e5f607182", "initializing", "initializing", "initializing"),
            status("i-02c3d4e5f60718293", "ok", "initializing", "ok"),
            status("i-03d4e5f6071829304", "insufficient-data", "insufficient-data", "ok")]
    lab.save("describe-instance-status.yaml", printed("yaml", {"InstanceStatuses": rows}, ""))
    lab.save("reachability.txt", printed(
        "text", {"InstanceStatuses": rows}, "describe-instance-status"))
    lab.label(
        "Three instances whose checks are initializing or have no data yet",
        "simulated: all of it; the same answer as yaml and as text",
        "healthy", never=[*EC2, *WEB_CAUSES], status="inconclusive")


def credits_dip(lab):
    """A nightly report uses most of the credits, which come back by the morning."""
    box = "i-04f3e2d1c0b9a8776"
    random.seed(24)
    cpu = [0.06 + random.random() * 0.03 for _ in range(84)]
    cpu += [0.80 + random.random() * 0.06 for _ in range(26)]
    cpu += [0.05 + random.random() * 0.03 for _ in range(178)]
    # t3.medium: 2 vCPU, 24 credits an hour, 576 at most.
    balance, left = [], 79.0
    for value in cpu:
        left = min(576.0, max(0.0, left + 2.0 - value * 2 * 5))
        balance.append(round(left, 3))
    start = "2025-04-08T18:00:00"
    lab.save("balance.json", json.dumps(metric(
        "CPUCreditBalance", start, balance, 5, "Average"), indent=4) + "\n")
    lab.save("cpu.json", json.dumps(metric(
        "CPUUtilization", start, [round(100 * value, 2) for value in cpu], 5, "Average",
        "Percent"), indent=4) + "\n")
    lab.save("instances.yaml", printed("yaml", {"Reservations": [{"Instances": [{
        "InstanceId": box, "InstanceType": "t3.medium",
        "State": {"Code": 16, "Name": "running"}}]}]}, ""))
    lab.save("status.json", json.dumps({"InstanceStatuses": [status(box)]}, indent=4) + "\n")
    lab.save("credit-mode.txt", printed("table", {"InstanceCreditSpecifications": [
        {"InstanceId": box, "CpuCredits": "standard"}]}, "describe-instance-credit-specifications"))
    lab.label(
        f"The credit balance falls to {min(balance):.0f} during a report of two hours and recovers",
        "simulated: all of it; credits reckoned for a t3.medium in standard mode",
        "healthy", never=[*EC2, *WEB_CAUSES], status="healthy")


def stopped_by_a_schedule(lab):
    """A schedule that saves money over night stops the instance of a Redis that is asked at night, too."""
    box = "i-0d94a7be2c1f60835"
    reason = "Client.UserInitiatedShutdown"
    lab.save("instances.yaml", printed("yaml", {"Reservations": [{"Instances": [{
        "InstanceId": box, "InstanceType": "m6g.large", "PrivateIpAddress": "10.20.7.61",
        "PublicIpAddress": "", "State": {"Code": 80, "Name": "stopped"},
        "StateTransitionReason": "User initiated (2025-10-14 20:00:37 GMT)",
        "StateReason": {"Code": reason, "Message": f"{reason}: User initiated shutdown"},
        "RootDeviceType": "ebs", "LaunchTime": "2025-10-14T05:00:21+00:00",
        "Tags": [{"Key": "Schedule", "Value": "office-hours"}]}]}]}, ""))
    row = status(box, "not-applicable", "not-applicable", "not-applicable")
    row["InstanceState"] = {"Code": 80, "Name": "stopped"}
    lab.save("status.txt", printed(
        "table", {"InstanceStatuses": [row]}, "describe-instance-status"))
    random.seed(25)
    lines = []
    clock = utc("2025-10-14T19:52:04")
    while clock < utc("2025-10-14T20:21:00"):
        stamp = clock.strftime("%Y-%m-%dT%H:%M:%S.") + f"{random.randrange(1000):03d}Z"
        if clock < utc("2025-10-14T20:01:02"):
            lines.append(f"{stamp} INFO [shop.report] {random.randrange(20, 90)} orders summed")
        elif random.random() < 0.7:
            lines.append(f"{stamp} ERROR [shop.report] redis.exceptions.TimeoutError: "
                         "Timeout connecting to server")
        else:
            lines.append(f"{stamp} ERROR [shop.report] redis.exceptions.ConnectionError: Error 113 "
                         "connecting to 10.20.7.61:6379. No route to host.")
        clock += datetime.timedelta(seconds=random.randrange(9, 41))
    lab.save("report.log", "\n".join(lines) + "\n")
    lab.label(
        "A schedule stops the instance of a Redis in the evening; a report that runs at night finds "
        "nobody",
        "simulated: all of it; table by the AWS command line's own formatter, the rest as yaml; a log "
        "in the wording of redis-py",
        "instance-stopped", also_ok=["client-retry-storm"],
        never=["host-failure", "instance-os-failure", "ebs-impaired", "scheduled-maintenance",
               "redis-crash", "redis-memory-exhaustion", "slow-commands", "connection-exhaustion",
               "big-keys", "fork-latency", "mass-expiry"],
        must_cite=["Client.UserInitiatedShutdown", "redis.exceptions"],
        must_recommend=["start-instances", "lookup-events"])


INCIDENTS = {
    "stopped-by-a-schedule": stopped_by_a_schedule,
    "host-failure-jedis": host_failure_jedis,
    "retirement-and-credits": maintenance_and_credits,
    "healthy-one-bad-minute": one_bad_minute,
    "checks-initializing": initializing,
    "healthy-credits-dip": credits_dip,
}
