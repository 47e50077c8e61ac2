"""Incidents whose evidence comes as people really have it: downloads, notices, mails, samples."""
import csv
import datetime
import io
import json
import random

from cloud_cases import EC2, status, utc

MINUTE = datetime.timedelta(minutes=1)


def console_csv(region, columns):
    """What the CloudWatch console downloads of a graph: rows that describe the columns, then one a
    time, with nothing where a metric has no point. `columns`: instance, metric, statistic, period
    in minutes, begin, values."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["Id", *(f"m{n}" for n in range(1, len(columns) + 1))])
    table.writerow(["StatusCode", *("Complete" for _ in columns)])
    table.writerow(["Messages", *("" for _ in columns)])
    table.writerow(["Full label", *(
        f"{region}:AWS/EC2 InstanceId:{instance} {name} {statistic} {period * 60}"
        for instance, name, statistic, period, _, _ in columns)])
    table.writerow(["Label", *(name for _, name, *_ in columns)])
    points = [
        {begin + n * period * MINUTE: value for n, value in enumerate(values)}
        for _, _, _, period, begin, values in columns]
    for time in sorted(set().union(*points)):
        table.writerow([f"{time:%Y/%m/%d %H:%M:%S}", *(each.get(time, "") for each in points)])
    return out.getvalue()


def timeouts(begin, from_, until, address, rng):
    """A shop's log in UTC: baskets are read until Redis does not answer any more."""
    lines, clock = [], begin
    while clock < until:
        stamp = f"{clock:%Y-%m-%dT%H:%M:%S}.{rng.randrange(1000):03d}Z"
        thread = f"[http-nio-8080-exec-{rng.randrange(1, 11)}]"
        if clock < from_:
            lines.append(f"{stamp} INFO  {thread} c.e.shop.BasketController - basket "
                         f"{rng.randrange(10**6)} read in {rng.randrange(2, 9)} ms")
            clock += datetime.timedelta(seconds=rng.randrange(9, 40))
            continue
        lines += [
            f"{stamp} ERROR {thread} c.e.shop.BasketController - basket not read",
            "redis.clients.jedis.exceptions.JedisConnectionException: "
            f"Failed to connect to {address}:6379.",
            "\tat redis.clients.jedis.DefaultJedisSocketFactory.connectToFirstSuccessfulHost"
            "(DefaultJedisSocketFactory.java:63)",
            "Caused by: java.net.SocketTimeoutException: Connect timed out"]
        clock += datetime.timedelta(seconds=rng.randrange(8, 31))
    return "\n".join(lines) + "\n"


def described(box, kind, address):
    """`aws ec2 describe-instances` of one instance."""
    return json.dumps({"Reservations": [{"Instances": [{
        "InstanceId": box, "InstanceType": kind, "PrivateIpAddress": address,
        "State": {"Code": 16, "Name": "running"}, "LaunchTime": "2024-06-01T07:00:00+00:00"}]}]},
        indent=4) + "\n"


def console_download(lab):
    """The host of a Redis fails, as the graph tells that somebody downloaded from the console."""
    sick = "i-0b61e4f7a92c3d850"
    begin, bad = utc("2025-09-17T03:00:00"), utc("2025-09-17T03:41:00")
    failed = [0] * 41 + [1] * 34
    rng = random.Random(31)
    cpu = [round(rng.uniform(11, 14), 2) for _ in range(8)]
    graph = console_csv("eu-central-1", [
        (sick, "StatusCheckFailed_System", "Maximum", 1, begin, failed),
        (sick, "StatusCheckFailed_Instance", "Maximum", 1, begin, failed),
        (sick, "CPUUtilization", "Average", 5, begin, cpu)])
    log = timeouts(begin, bad - MINUTE, begin + 75 * MINUTE, "10.40.2.11", rng)
    lab.save("SHOP-4711.md", f"""# SHOP-4711 baskets do not load

Since about half past five people see an empty basket. I downloaded the graph of the Redis box from
the CloudWatch console:

{graph}
And this is what the shop logs:

{log}
We have restarted the shop twice and it did not help.
""")
    lab.label(
        "The host of a Redis fails its system check; EC2 is known from the console's CSV alone",
        "simulated: all of it; a ticket with the CSV as the CloudWatch console downloads a graph "
        "and a log in the wording of Jedis", "host-failure",
        never=["instance-os-failure", "redis-memory-exhaustion", "connection-exhaustion",
               "scheduled-maintenance", "cpu-credit-exhaustion", "slow-commands"],
        also_ok=["client-retry-storm"], must_cite=[sick, "2025/09/17 03:41:00"],
        must_recommend=["stop/start|stop and start"])


def credits_as_csv(lab):
    """A t3.small without CPU credits; somebody made a CSV of get-metric-data."""
    box = "i-0e80c1d92b7a4f635"
    rng = random.Random(32)
    wanted = [0.08 + rng.random() * 0.05 for _ in range(40)]
    wanted += [0.55 + rng.random() * 0.1 for _ in range(80)]
    # t3.small: 2 vCPU, 24 credits an hour, 576 at most, baseline 20 % of each.
    rows, left, clock = [], 96.0, utc("2025-06-03T08:00:00")
    for value in wanted:
        used = value if left > 0.5 else min(value, 0.2)
        left = min(576.0, max(0.0, left + 2.0 - used * 2 * 5))
        stamp = f"{clock:%Y-%m-%d %H:%M:%S}+00:00"
        rows.append((stamp, box, "CPUCreditBalance", round(left, 3)))
        rows.append((stamp, box, "CPUUtilization", round(100 * used, 2)))
        clock += 5 * MINUTE
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["", "timestamp", "instance_id", "metric", "value"])
    table.writerows([number, *row] for number, row in enumerate(rows))
    lab.save("metrics.csv", out.getvalue())
    lab.save("instances.json", described(box, "t3.small", "10.40.2.23"))
    lab.save("status.json", json.dumps({"InstanceStatuses": [status(box)]}, indent=4) + "\n")
    lab.label(
        "An instance has no CPU credits left; the metrics come as a CSV that pandas wrote",
        "simulated: all of it; credits reckoned for a t3.small in standard mode",
        "cpu-credit-exhaustion", never=[cause for cause in EC2 if cause != "cpu-credit-exhaustion"],
        must_cite=["t3.small", "metrics.csv"], must_recommend=["unlimited"])


def health(code, begin, until=None, status="open", scope="ACCOUNT_SPECIFIC", category="issue"):
    """One event as `aws health describe-events` lists it."""
    event = {
        "arn": f"arn:aws:health:eu-central-1::event/EC2/{code}/{code}_{begin.timestamp():.0f}",
        "service": "EC2", "eventTypeCode": code, "eventTypeCategory": category,
        "region": "eu-central-1", "startTime": begin.isoformat()}
    if until:
        event["endTime"] = until.isoformat()
    return {**event, "lastUpdatedTime": (until or begin).isoformat(), "statusCode": status,
            "eventScopeCode": scope}


def bridged(event, sent, instance, text):
    """The same as EventBridge delivers it."""
    def http(stamp):
        return f"{datetime.datetime.fromisoformat(stamp):%a, %d %b %Y %H:%M:%S} GMT"
    detail = {"eventArn" if key == "arn" else "eventRegion" if key == "region" else key:
              http(value) if key.endswith("Time") else value for key, value in event.items()}
    detail["eventDescription"] = [{"language": "en_US", "latestDescription": text}]
    detail["affectedEntities"] = [{"entityValue": instance, "status": "IMPAIRED"}]
    return {"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602",
            "detail-type": "AWS Health Event", "source": "aws.health", "account": "123456789012",
            "time": f"{sent:%Y-%m-%dT%H:%M:%SZ}", "region": "eu-central-1",
            "resources": [instance], "detail": detail}


def retirement_notice(lab):
    """All that there is: a notice of a retirement, as SNS passed it on to a queue."""
    box = "i-06d9a3c7e1b58f240"
    event = health("AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED",
                   utc("2025-10-21T09:00:00"), utc("2025-10-21T09:00:00"), "upcoming",
                   category="scheduledChange")
    notice = bridged(event, utc("2025-10-07T06:12:40"), box, (
        "EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 instance "
        f"(instance-ID: {box}) associated with your AWS account (AWS Account ID: 123456789012) in "
        "the eu-central-1 region. Due to this degradation your instance could already be "
        "unreachable. We will stop your instance after 2025-10-21 09:00 UTC."))
    envelope = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-central-1:123456789012:health",
                "Message": json.dumps(notice), "Timestamp": "2025-10-07T06:12:41.512Z"}
    lab.save("queue.json", json.dumps(
        {"Messages": [{"MessageId": "5f1e2d3c", "Body": json.dumps(envelope)}]}, indent=4) + "\n")
    lab.label(
        "An instance is to be retired; only AWS Health's notice is there, from a queue",
        "simulated: all of it; an event of AWS Health as EventBridge, SNS and SQS pass it on",
        "scheduled-maintenance",
        never=[cause for cause in EC2 if cause != "scheduled-maintenance"],
        must_cite=[box, "queue.json"], must_recommend=["stop/start|stop and start", "2025-10-21"])


def recovered(lab):
    """EC2 moves an instance off its failed host by itself; its Redis is away for minutes."""
    box = "i-0f2b7d6c5a1e93084"
    begin, bad = utc("2025-08-27T19:00:00"), utc("2025-08-27T19:31:00")
    up = bad + 9 * MINUTE
    event = health("AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_SUCCESS", bad + 3 * MINUTE, up, "closed")
    lines = [bridged(event, up + MINUTE, box, (
        "Your Amazon EC2 instance was recovered after a failure of its underlying hardware."))]
    for time, state in ((up, "running"), (up - MINUTE, "pending")):
        lines.append({
            "version": "0", "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2", "account": "123456789012", "region": "eu-central-1",
            "time": f"{time:%Y-%m-%dT%H:%M:%SZ}", "detail": {"instance-id": box, "state": state}})
    events = "".join(json.dumps(line) + "\n" for line in lines)
    log = timeouts(begin, bad, up, "10.40.2.17", random.Random(33))
    lab.save("mail.txt", f"""Hello,

the shop was away for ten minutes last night. These events are in our bus:

{events}
The log of the shop:

{log}
What was it?
""")
    lab.label(
        "EC2 recovered the instance of a Redis by itself; a shop had time-outs for nine minutes",
        "simulated: all of it; a mail with events of EventBridge one a line and a log in the wording "
        "of Jedis",
        "host-failure", never=["instance-os-failure", "scheduled-maintenance", "slow-commands",
                               "redis-memory-exhaustion", "connection-exhaustion"],
        also_ok=["client-retry-storm"], must_cite=["AUTO_RECOVERY|recovered"],
        must_recommend=["whether the instance is well"])


def issue_of_the_region(lab):
    """EC2 has an issue in the region, and this instance is not touched."""
    box = "i-09c8b7a6f5e4d3021"
    day = utc("2025-04-22T10:00:00")
    events = [
        health("AWS_EC2_OPERATIONAL_ISSUE", day, day + 70 * MINUTE, "closed", "PUBLIC"),
        health("AWS_EC2_INSTANCE_STOP_SCHEDULED", utc("2025-02-11T08:00:00"),
               utc("2025-02-11T08:00:00"), "closed", category="scheduledChange")]
    lab.save("health.json", "$ aws health describe-events --filter services=EC2\n"
             + json.dumps({"events": events}, indent=4) + "\n")
    lab.save("status.json", json.dumps({"InstanceStatuses": [status(box)]}, indent=4) + "\n")
    lab.label(
        "AWS Health lists an issue of EC2 in the region; the instance is well",
        "simulated: all of it", "healthy", never=[*EC2], status="healthy")


def maintenance_is_past(lab):
    """A reboot is still listed as open two days after its window."""
    box = "i-05a6b7c8d9e0f1234"
    event = {
        "InstanceEventId": "instance-event-0c1d2e3f4a5b6c7d8", "Code": "system-reboot",
        "Description": "The instance is scheduled for a reboot",
        "NotBefore": "2025-03-02T03:00:00+00:00", "NotAfter": "2025-03-02T05:00:00+00:00"}
    lab.save("status.json", json.dumps(
        {"InstanceStatuses": [status(box, events=[event])]}, indent=4) + "\n")
    rng = random.Random(34)
    cpu = [round(rng.uniform(4, 9), 2) for _ in range(48)]
    lab.save("cpu.csv", console_csv("eu-central-1", [
        (box, "CPUUtilization", "Average", 5, utc("2025-03-04T06:00:00"), cpu)]))
    lab.label(
        "A reboot by AWS is listed as open two days after its window; the instance is well",
        "simulated: all of it; the CSV as the CloudWatch console downloads a graph",
        "scheduled-maintenance",
        never=[cause for cause in EC2 if cause != "scheduled-maintenance"],
        must_cite=[box], must_recommend=["its time is past"])


def container_grows(lab):
    """docker stats every two hours: gunicorn's container and the database's, which caches."""
    rng = random.Random(36)
    samples = []
    for n in range(12):
        time = utc("2024-07-08T08:00:00") + datetime.timedelta(hours=2 * n)
        web, base = 300 + 55 * n + rng.uniform(-6, 6), 211 + 40 * min(n, 5) + rng.uniform(-2, 2)
        samples.append(
            f"{time:%a %b %e %H:%M:%S} UTC {time.year}\n"
            "CONTAINER ID   NAME          CPU %     MEM USAGE / LIMIT     MEM %     NET I/O   "
            "        BLOCK I/O     PIDS\n"
            f"3f1d2a99c001   shop-web-1    {rng.uniform(1, 4):.2f}%     {web:.1f}MiB / 1GiB     "
            f"{web / 10.24:.2f}%    {1 + n}.2GB / {2 + n}.1GB   12MB / 4MB    5\n"
            f"8a77bc12d002   shop-db-1     0.71%     {base:.1f}MiB / 1.907GiB   "
            f"{base / 19.53:.2f}%    1.1GB / 2.4GB     812MB / 4GB   19\n\n")
    lab.save("docker-stats.txt", "".join(samples))
    lab.save("docker-compose.yml", """services:
  web:
    image: registry.example.com/shop:41
    command: gunicorn shop.wsgi:application --bind 0.0.0.0:8000 --workers 4
    mem_limit: 1g
  db:
    image: postgres:15
""")
    lab.save("gunicorn.log", "".join(
        f"[2024-07-08 06:02:11 +0000] [{pid}] [INFO] {text}\n" for pid, text in [
            (1, "Starting gunicorn 22.0.0"), (1, "Listening at: http://0.0.0.0:8000 (1)"),
            (1, "Using worker: sync"),
            *((pid, f"Booting worker with pid: {pid}") for pid in range(7, 11))]))
    lab.label(
        "docker stats every two hours: the container of gunicorn grows to its limit",
        "simulated: all of it", "worker-memory-leak",
        never=["host-failure", "traffic-surge", "worker-oversubscription", "session-bloat"],
        must_cite=["docker-stats.txt"], must_recommend=["max_requests"], status="at-risk")


INCIDENTS = {
    "container-grows": container_grows,
    "console-download": console_download,
    "credits-as-csv": credits_as_csv,
    "retirement-notice": retirement_notice,
    "recovered-by-itself": recovered,
    "maintenance-is-past": maintenance_is_past,
    "healthy-issue-of-the-region": issue_of_the_region,
}
