/// Facts that the EC2 readers record: what AWS says of an instance from outside.
let ec2Facts: [FactGroup] = [
  FactGroup(
    subject: .instance, source: "EC2 API reference, DescribeInstanceStatus",
    collect: "aws ec2 describe-instance-status --include-all-instances --instance-ids {instance}",
    [
      .init(
        "ec2.SystemStatus", .text, "Check of the host, its network and power.",
        values: statusValues),
      .init(
        "ec2.InstanceStatus", .text, "Check of the instance's own network and system.",
        values: statusValues),
      .init(
        "ec2.AttachedEbsStatus", .text, "Check that the attached EBS volumes answer.",
        values: statusValues),
      .init("ec2.SystemStatus.ImpairedSince", .time, "When the system check began to fail."),
      .init("ec2.InstanceStatus.ImpairedSince", .time, "When the instance check began to fail."),
      .init(
        "ec2.AttachedEbsStatus.ImpairedSince", .time,
        "When the check of the EBS volumes began to fail."),
      .init(
        "ec2.InstanceState", .text, "State of the instance.",
        values: ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]),
      .init("ec2.AvailabilityZone", .text, "Availability zone of the instance."),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 API reference, InstanceStatusEvent",
    collect: "aws ec2 describe-instance-status --include-all-instances --instance-ids {instance}",
    [
      .init("ec2.events.active", .count, "Scheduled events that are neither over nor cancelled."),
      .init("ec2.events.past", .count, "Scheduled events listed as completed or cancelled."),
      .init("ec2.event.code", .text, "Code of each scheduled event.", values: eventCodes),
      .init("ec2.event.NotBefore", .time, "Earliest start of each scheduled event."),
      .init("ec2.event.NotAfter", .time, "Latest end of each scheduled event."),
      .init("ec2.event.NotBeforeDeadline", .time, "Until when each event can be rescheduled to."),
      .init("ec2.event.description", .text, "What AWS says of each scheduled event."),
      .init(
        "ec2.scheduled_event.code", .text, "Code of the scheduled event due first.",
        values: eventCodes),
      .init("ec2.scheduled_event.id", .text, "Id of the scheduled event due first."),
      .init("ec2.scheduled_event.not_before", .time, "Earliest start of the event due first."),
      .init("ec2.scheduled_event.not_after", .time, "Latest end of the event due first."),
      .init(
        "ec2.scheduled_event.deadline", .time,
        "Until when the event due first can be rescheduled to; absent where it cannot be."),
      .init(
        "ec2.scheduled_event.description", .text, "What AWS says of the scheduled event due first."),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 API reference, DescribeVolumeStatus",
    collect: "aws ec2 describe-volume-status",
    [
      .init("ec2.volumes.impaired", .count, "Volumes whose status is impaired."),
      .init("ec2.volumes.impaired_id", .text, "The first of them."),
      .init(
        "ec2.volumes.io_disabled", .count,
        "Impaired volumes for which AWS has disabled I/O (io-enabled failed)."),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 API reference, DescribeInstances",
    collect: "aws ec2 describe-instances --instance-ids {instance}",
    [
      .init("ec2.InstanceType", .text, "Type of the instance."),
      .init(
        "ec2.StateReason", .text,
        "Code of why the instance is in its state; Server.ScheduledStop is maintenance by AWS."),
      .init(
        "ec2.stopped_at", .time,
        "When the instance was stopped or ended, of one that does not run (StateTransitionReason)."),
      .init(
        "ec2.CpuCredits", .text, "Credit mode of a burstable instance.",
        values: ["standard", "unlimited"],
        collect: "aws ec2 describe-instance-credit-specifications --instance-ids {instance}"),
      .init("ec2.vcpus", .count, "Virtual CPUs of the instance."),
      .init("ec2.memory", .bytes, "Memory that the instance type has."),
      .init(
        "ec2.RootDeviceType", .text, "What the root volume is; an instance store dies with a stop.",
        values: ["ebs", "instance-store"]),
      .init("ec2.PublicIpAddress", .text, "Public IPv4 address."),
      .init("ec2.PrivateIpAddress", .text, "Private IPv4 address."),
      .init(
        "ec2.has_elastic_ip", .flag, "The public address is an Elastic IP and outlives a stop."),
      .init("ec2.LaunchTime", .time, "When the instance was last started."),
    ]),
  FactGroup(
    subject: .instance,
    source: "EC2 user guide, Key concepts for burstable performance instances",
    collect: "aws ec2 describe-instances --instance-ids {instance}",
    [
      .init("ec2.is_burstable", .flag, "The instance type lives on CPU credits."),
      .init(
        "ec2.baseline_cpu", .fraction,
        "CPUUtilization at which the type earns as many CPU credits as it spends."),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 user guide, CloudWatch metrics for your instances",
    collect: metricCommand("CPUUtilization"),
    [
      .init("cloudwatch.CPUUtilization", .fraction, "Mean share of the vCPUs in use."),
      .init(
        "cloudwatch.CPUUtilization.maximum", .fraction,
        "Highest share of the vCPUs in use within each period."),
      .init(
        "cloudwatch.mem_used_percent", .fraction,
        "Share of memory in use, as the CloudWatch agent or an own metric reports it.",
        collect: metricCommand("mem_used_percent", namespace: "CWAgent")),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 user guide, CloudWatch metrics for your instances",
    collect: metricCommand("EBSIOBalance%", statistics: "Average Minimum"),
    balanceRows("EBSIOBalance", "I/O credits left for EBS (EBSIOBalance%)")
      + exceededRows("InstanceEBSIOPSExceededCheck", "IOPS than the instance may have for EBS")),
  FactGroup(
    subject: .instance, source: "EC2 user guide, CloudWatch metrics for your instances",
    collect: metricCommand("EBSByteBalance%", statistics: "Average Minimum"),
    balanceRows("EBSByteBalance", "Throughput credits left for EBS (EBSByteBalance%)")
      + exceededRows(
        "InstanceEBSThroughputExceededCheck", "throughput than the instance may have for EBS")),
  FactGroup(
    subject: .instance, source: "EBS user guide, CloudWatch metrics for EBS",
    collect: volumeCommand("BurstBalance", statistics: "Average Minimum"),
    balanceRows("BurstBalance", "Burst credits left of a volume of type gp2, st1 or sc1")),
  FactGroup(
    subject: .instance, source: "EBS user guide, CloudWatch metrics for EBS",
    collect: volumeCommand("VolumeIOPSExceededCheck", statistics: "Maximum"),
    exceededRows("VolumeIOPSExceededCheck", "IOPS than a volume may have")),
  FactGroup(
    subject: .instance, source: "EBS user guide, CloudWatch metrics for EBS",
    collect: volumeCommand("VolumeThroughputExceededCheck", statistics: "Maximum"),
    exceededRows("VolumeThroughputExceededCheck", "throughput than a volume may have")),
  checkMetric(
    "VolumeStalledIOCheck", "the stalled I/O check of a volume",
    source: "EBS user guide, CloudWatch metrics for EBS",
    collect: volumeCommand("VolumeStalledIOCheck", statistics: "Maximum")),
  FactGroup(
    subject: .instance, source: "EC2 user guide, CPU credit metrics",
    collect: metricCommand("CPUCreditBalance"),
    [
      .init("cloudwatch.CPUCreditBalance", .count, "CPU credits left."),
      .init("cloudwatch.CPUCreditBalance.lowest", .count, "Fewest CPU credits seen.", fold: .min),
      .init("cloudwatch.CPUCreditBalance.latest", .count, "CPU credits left at the last period."),
      .init(
        "cloudwatch.CPUCreditBalance.exhausted_for", .seconds,
        "How long in all the balance was under one credit."),
      .init(
        "cloudwatch.CPUCreditUsage", .count, "CPU credits spent in each period.",
        collect: metricCommand("CPUCreditUsage")),
      .init(
        "cloudwatch.CPUSurplusCreditBalance", .count,
        "Credits that an unlimited instance spent beyond its balance.",
        collect: metricCommand("CPUSurplusCreditBalance")),
    ]),
  statusCheckMetric("StatusCheckFailed_System", "the system status check"),
  statusCheckMetric("StatusCheckFailed_Instance", "the instance status check"),
  statusCheckMetric("StatusCheckFailed_AttachedEBS", "the attached EBS status check"),
  statusCheckMetric("StatusCheckFailed", "any status check"),
  FactGroup(
    subject: .instance, source: "CloudWatch API reference, DescribeAlarmHistory",
    collect: "aws cloudwatch describe-alarm-history",
    [
      .init(
        "cloudwatch.alarm.raised", .count, "How often each alarm went into ALARM.", fold: .sum,
        tally: true),
      .init(
        "cloudwatch.alarm.recoveries", .count,
        "How often an alarm had EC2 recover the instance, which only a failed system status check "
          + "can.", fold: .sum),
    ]),
  FactGroup(
    subject: .instance, source: "EC2 user guide, automatic instance recovery",
    collect: "aws health describe-event-details --event-arns <ARN>",
    [
      .init(
        "ec2.health.recoveries", .count,
        "How often AWS Health says that EC2 recovered the instance from a failure of its host.",
        fold: .sum),
      .init(
        "ec2.health.failed_recoveries", .count,
        "How often AWS Health says that EC2 could not recover the instance.", fold: .sum),
      .init(
        "ec2.health.last_recovery", .time,
        "When EC2 last tried to recover the instance, by AWS Health."),
      .init(
        "ec2.health.public_issues", .count,
        "Issues of EC2 in a region that AWS Health tells of; they are of no instance by themselves.",
        fold: .sum),
    ]),
  FactGroup(
    subject: .instance, source: "CloudWatch API reference, DescribeAlarms",
    collect: "aws cloudwatch describe-alarms",
    alarmRows("StatusCheckFailed_System") + alarmRows("StatusCheckFailed_Instance")
      + alarmRows("StatusCheckFailed_AttachedEBS")),
]

private func alarmRows(_ metric: String) -> [FactGroup.Row] {
  [
    .init(
      "cloudwatch.\(metric).alarm", .text, "State of the alarm on \(metric).",
      values: ["OK", "ALARM", "INSUFFICIENT_DATA"]),
    .init("cloudwatch.\(metric).alarm_since", .time, "Since when that alarm is in its state."),
    .init(
      "cloudwatch.\(metric).alarm_noticed", .time,
      "When CloudWatch sent that the alarm on \(metric) had gone off."),
  ]
}

private let statusValues = [
  "ok", "impaired", "insufficient-data", "not-applicable", "initializing",
]

private let eventCodes = [
  "instance-stop", "instance-retirement", "instance-reboot", "system-reboot", "system-maintenance",
]

/// The last day of a metric.
private func metricCommand(
  _ metric: String, namespace: String = "AWS/EC2", statistics: String = "Average Maximum",
  period: Int = 300
) -> String {
  "aws cloudwatch get-metric-statistics --namespace \(namespace) --metric-name \(metric)"
    + " --dimensions Name=InstanceId,Value={instance} --statistics \(statistics)"
    + " --period \(period) --start-time \"$(date -u -d '-24 hours' +%FT%TZ)\""
    + " --end-time \"$(date -u +%FT%TZ)\""
}

/// The last day of a metric of a volume, whose id `describe-volumes` knows.
private func volumeCommand(_ metric: String, statistics: String) -> String {
  "aws ec2 describe-volumes --filters Name=attachment.instance-id,Values={instance}"
    + " --query 'Volumes[].VolumeId' --output text | tr '\\t' '\\n' | xargs -I VOLUME "
    + "aws cloudwatch get-metric-statistics --namespace AWS/EBS --metric-name \(metric)"
    + " --dimensions Name=VolumeId,Value=VOLUME --statistics \(statistics) --period 300"
    + " --start-time \"$(date -u -d '-24 hours' +%FT%TZ)\" --end-time \"$(date -u +%FT%TZ)\""
}

private func balanceRows(_ name: String, _ what: String) -> [FactGroup.Row] {
  let name = "cloudwatch.\(name)"
  return [
    .init(name, .fraction, "\(what)."),
    .init("\(name).lowest", .fraction, "\(what): fewest seen.", fold: .min),
    .init("\(name).latest", .fraction, "\(what): at the last period."),
    .init(
      "\(name).exhausted_for", .seconds, "How long in all less than 1 % of them was left.",
      fold: .max),
  ]
}

private func exceededRows(_ name: String, _ what: String) -> [FactGroup.Row] {
  [
    .init(
      "cloudwatch.\(name)", .fraction,
      "Share of each period in which more was asked for: more \(what)."
    ),
    .init(
      "cloudwatch.\(name).exceeded_for", .seconds,
      "How long in all more was asked for: more \(what).", fold: .max),
  ]
}

/// A metric of a status check.
private func statusCheckMetric(_ metric: String, _ check: String) -> FactGroup {
  checkMetric(
    metric, check, source: "EC2 user guide, Status check metrics",
    collect: metricCommand(metric, statistics: "Maximum", period: 60))
}

/// A metric that is 0 in a good minute and 1 in a bad one.
private func checkMetric(
  _ metric: String, _ check: String, source: String, collect: String
) -> FactGroup {
  let name = "cloudwatch.\(metric)"
  return FactGroup(
    subject: .instance, source: source, collect: collect,
    [
      .init(name, .count, "1 in each period in which \(check) failed, else 0."),
      .init(
        "\(name).failed_periods", .count, "Periods in which \(check) failed.", fold: .sum,
        tally: true),
      .init(
        "\(name).failed_windows", .count, "Separate runs of periods in which \(check) failed.",
        fold: .sum),
      .init("\(name).first_failure", .time, "Start of the first period in which \(check) failed."),
      .init("\(name).last_failure", .time, "Start of the last period in which \(check) failed."),
      .init(
        "\(name).longest_failure", .seconds,
        "Longest time for which \(check) failed in every period.", fold: .max),
    ])
}
