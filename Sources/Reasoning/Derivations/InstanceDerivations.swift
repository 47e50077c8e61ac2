import Model

/// What is computed of EC2 facts.
let instanceDerivations: [Derivation] = [
  Derivation(
    "ec2.events.in_force", .instance, .count,
    "Scheduled events that are open, and the one that has stopped the instance.",
    from: ["ec2.events.active", "ec2.StateReason"], source: "EC2 API reference, StateReason"
  ) { inputs in
    if inputs.optionalText("ec2.StateReason") == "Server.ScheduledStop" {
      return .number(1 + (inputs.optionalNumber("ec2.events.active") ?? 0))
    }
    return inputs.number("ec2.events.active").map { .number($0) }
  },
  Derivation(
    "ec2.credit_mode", .instance, .text,
    "Whether the instance may spend more credits than it has: as stated, or unlimited where it has "
      + "spent surplus credits, which no other mode does.",
    from: ["ec2.CpuCredits", "cloudwatch.CPUSurplusCreditBalance"],
    source: "EC2 user guide, unlimited mode"
  ) { inputs in
    if let stated = inputs.optionalText("ec2.CpuCredits") { return .text(stated) }
    let spent = inputs.uncitedSeries("cloudwatch.CPUSurplusCreditBalance").first {
      ($0.value.number ?? 0) > 0
    }
    guard let spent else { return nil }
    inputs.cite(spent)
    return .text("unlimited")
  },
  Derivation(
    "ec2.credits_empty_after_launch", .instance, .seconds,
    "How long after the instance was started its credits were used up, where that was within the "
      + "first hour and passed within an hour.",
    from: ["ec2.LaunchTime", "cloudwatch.CPUCreditBalance.exhausted_for"],
    source: "EC2 user guide, launch credits: only a T2 has them"
  ) { inputs in
    guard let launch = inputs.time("ec2.LaunchTime"),
      let spell = inputs.fact("cloudwatch.CPUCreditBalance.exhausted_for"),
      let began = spell.time, let length = spell.value.number, length <= 3600
    else { return nil }
    let after = began.since(launch)
    return after >= -300 && after <= 3600 ? .number(max(0, after)) : nil
  },
  Derivation(
    "ec2.scheduled_event.has_passed", .instance, .flag,
    "The time of the event due first is past, by the newest moment that the evidence tells of.",
    from: [
      "ec2.scheduled_event.code", "ec2.scheduled_event.not_before",
      "ec2.scheduled_event.not_after",
    ]
  ) { inputs in
    inputs.text("ec2.scheduled_event.code").map { _ in .flag(passedFor(&inputs) != nil) }
  },
  Derivation(
    "ec2.scheduled_event.passed_for", .instance, .seconds,
    "How long the time of the event due first is past; known where it is.",
    from: ["ec2.scheduled_event.not_before", "ec2.scheduled_event.not_after"]
  ) { inputs in passedFor(&inputs).map { .number($0) } },
  Derivation(
    "ec2.health.recovery_age", .instance, .seconds,
    "Time from the last recovery that AWS Health tells of to the newest moment of the evidence.",
    from: ["ec2.health.last_recovery"]
  ) { inputs in
    guard let last = inputs.time("ec2.health.last_recovery"), let newest = inputs.newestMoment
    else { return nil }
    return .number(max(0, newest.since(last)))
  },
  Derivation(
    "ec2.system_check.failed_since", .instance, .time,
    "When the system status check first failed.",
    from: ["ec2.SystemStatus.ImpairedSince", "cloudwatch.StatusCheckFailed_System.first_failure"]
  ) { inputs in
    // The metric tells of earlier windows that the status, which is of now, has forgotten.
    let metric = inputs.time("cloudwatch.StatusCheckFailed_System.first_failure")
    let status = inputs.time("ec2.SystemStatus.ImpairedSince")
    return [metric, status].compactMap { $0 }.min().map { .time($0) }
  },
  Derivation(
    "ec2.system_check.passed_before_errors", .instance, .seconds,
    "How long the system status check had passed again when the first errors were logged; known "
      + "where the metric speaks for that moment, too, and all clocks are known.",
    from: ["cloudwatch.StatusCheckFailed_System.last_failure"] + loggedErrors.map(\.count)
  ) { inputs in passedBeforeErrors(&inputs).map { .number($0) } },
  alarmIsCurrent("StatusCheckFailed_System"), alarmIsCurrent("StatusCheckFailed_Instance"),
  alarmIsCurrent("StatusCheckFailed_AttachedEBS"),
  Derivation(
    "ec2.system_check.passed_since", .instance, .seconds,
    "How long the metric of the system status check goes on after its last failure.",
    from: ["cloudwatch.StatusCheckFailed_System.last_failure"]
  ) { inputs in
    guard let last = inputs.time("cloudwatch.StatusCheckFailed_System.last_failure"),
      let periods = inputs.peek("cloudwatch.StatusCheckFailed_System.failed_periods"),
      let end = periods.coverage?.upperBound,
      inputs.peek("ec2.SystemStatus")?.value.text != "impaired"
    else { return nil }
    return .number(end.since(last))
  },
  Derivation(
    "ec2.system_check.passed_after_errors", .instance, .seconds,
    "How long after the last errors were logged the system status check first failed; known where "
      + "the metric speaks for them, too, and all clocks are known.",
    from: ["cloudwatch.StatusCheckFailed_System.first_failure"] + loggedErrors.map(\.count)
  ) { inputs in passedAfterErrors(&inputs).map { .number($0) } },
  Derivation(
    "ec2.system_check.apart_as_read", .instance, .seconds,
    "How far the errors were from the nearest failure of the system status check if a clock that "
      + "states no zone reads UTC; known where one does, the metric speaks for that time, and in no other "
      + "zone they begin and end as the failures do.",
    from: ["cloudwatch.StatusCheckFailed_System"] + loggedErrors.map(\.count)
  ) { inputs in apartAsRead(&inputs).map { .number($0) } },
  Derivation(
    "ec2.system_check.errors_began_within", .instance, .seconds,
    "Time between the first errors that were logged and the nearest period in which the system "
      + "status check failed; 0 within one; known where all clocks are known.",
    from: ["cloudwatch.StatusCheckFailed_System"] + loggedErrors.map(\.count)
  ) { inputs in errorsBeganWithin(&inputs).map { .number($0) } },
  Derivation(
    "ec2.stop.errors_began_within", .instance, .seconds,
    "Time between the first errors that were logged and the stop of the instance; known where all clocks "
      + "are known.",
    from: ["ec2.stopped_at"] + loggedErrors.map(\.count)
  ) { inputs in
    guard let stopped = inputs.time("ec2.stopped_at"), let began = firstLoggedErrors(inputs),
      let time = began.time
    else { return nil }
    inputs.cite(began)
    return .number(abs(time.since(stopped)))
  },
  Derivation(
    "ec2.ebs_held_for", .instance, .seconds,
    "How long EBS held the instance or a volume back: a balance used up, or more asked for than allowed; "
      + "the longest of the metrics that are known.",
    from: ebsLimits.map(\.fact)
  ) { inputs in
    let known = ebsLimits.compactMap { inputs.optionalNumber($0.fact) }
    if known.isEmpty { _ = inputs.number(ebsLimits[0].fact) }
    return known.max().map { .number($0) }
  },
  Derivation(
    "ec2.ebs_held_by", .instance, .text, "By which limits.", from: ebsLimits.map(\.fact)
  ) { inputs in
    let reached = ebsLimits.filter { (inputs.optionalNumber($0.fact) ?? 0) > 0 }
    return reached.isEmpty ? nil : .text(reached.map(\.says).joined(separator: ", "))
  },
  Derivation(
    "ec2.exhausted_cpu", .instance, .fraction,
    "Median CPU utilisation while no CPU credits were left.",
    from: ["cloudwatch.CPUUtilization", "cloudwatch.CPUCreditBalance"]
  ) { inputs in exhaustedCPU(&inputs).map { .number($0) } },
  Derivation(
    "ec2.cpu_over_baseline", .instance, .fraction,
    "CPU utilisation while no credits were left, as a share of the type's baseline.",
    from: ["ec2.exhausted_cpu", "ec2.baseline_cpu"]
  ) { inputs in
    guard let cpu = inputs.number("ec2.exhausted_cpu"),
      let baseline = inputs.number("ec2.baseline_cpu"), baseline > 0
    else { return nil }
    return .number(cpu / baseline)
  },
]

/// The limits of EBS that CloudWatch tells of.
private let ebsLimits = [
  (fact: "cloudwatch.BurstBalance.exhausted_for", says: "BurstBalance at 0 %"),
  (fact: "cloudwatch.VolumeIOPSExceededCheck.exceeded_for", says: "VolumeIOPSExceededCheck"),
  (
    fact: "cloudwatch.VolumeThroughputExceededCheck.exceeded_for",
    says: "VolumeThroughputExceededCheck"
  ),
  (fact: "cloudwatch.EBSIOBalance.exhausted_for", says: "EBSIOBalance% at 0 %"),
  (fact: "cloudwatch.EBSByteBalance.exhausted_for", says: "EBSByteBalance% at 0 %"),
  (
    fact: "cloudwatch.InstanceEBSIOPSExceededCheck.exceeded_for",
    says: "InstanceEBSIOPSExceededCheck"
  ),
  (
    fact: "cloudwatch.InstanceEBSThroughputExceededCheck.exceeded_for",
    says: "InstanceEBSThroughputExceededCheck"
  ),
]

/// A notice tells that an alarm went off; that it cleared is often not sent. CloudWatch that was asked
/// tells of now.
private func alarmIsCurrent(_ metric: String) -> Derivation {
  let name = "cloudwatch.\(metric)"
  return Derivation(
    "\(name).alarm_is_current", .instance, .flag,
    "CloudWatch was asked for that alarm, or sent a notice of it within the day before the newest "
      + "moment of the evidence; not known of an older notice.",
    from: ["\(name).alarm", "\(name).alarm_noticed"]
  ) { inputs in
    guard let alarm = inputs.fact("\(name).alarm") else { return nil }
    guard let notice = inputs.peek("\(name).alarm_noticed"), notice.origin == alarm.origin,
      case .time(let time) = notice.value, let newest = inputs.newestMoment
    else { return .flag(true) }
    return newest.since(time) <= 86_400 ? .flag(true) : nil
  }
}

/// An event is over at the latest at its end; without one it may begin at any moment from its start.
private func passedFor(_ inputs: inout DerivationInputs) -> Double? {
  guard let start = inputs.time("ec2.scheduled_event.not_before"),
    let newest = inputs.newestMoment
  else { return nil }
  var end = start
  if case .time(let last)? = inputs.peek("ec2.scheduled_event.not_after")?.value {
    end = max(start, last)
  }
  return newest > end ? newest.since(end) : nil
}

/// Cites the first moment without credits and the CPU of the middle one, not the ends of the series.
private func exhaustedCPU(_ inputs: inout DerivationInputs) -> Double? {
  let balance = inputs.uncitedSeries("cloudwatch.CPUCreditBalance")
  let used = inputs.uncitedSeries("cloudwatch.CPUUtilization")
  let empty = balance.filter { ($0.value.number ?? 1) < 1 }
  let times = Set(empty.compactMap(\.time))
  let cpu = used.filter { $0.time.map(times.contains) ?? false }
    .sorted { ($0.value.number ?? 0, $0.time ?? .zero) < ($1.value.number ?? 0, $1.time ?? .zero) }
  guard let first = empty.first, !cpu.isEmpty else { return nil }
  let middle = cpu[cpu.count / 2]
  inputs.cite(first)
  inputs.cite(middle)
  return middle.value.number
}

/// What the check did after the errors began, or where nobody looked, says nothing of them.
private func passedBeforeErrors(_ inputs: inout DerivationInputs) -> Double? {
  guard let last = inputs.time("cloudwatch.StatusCheckFailed_System.last_failure"),
    let periods = inputs.peek("cloudwatch.StatusCheckFailed_System.failed_periods"),
    inputs.peek("ec2.SystemStatus")?.value.text != "impaired",
    let began = firstLoggedErrors(inputs), let time = began.time, let coverage = periods.coverage,
    coverage.contains(time), time > last
  else { return nil }
  inputs.cite(began)
  return time.since(last)
}

private func passedAfterErrors(_ inputs: inout DerivationInputs) -> Double? {
  guard let first = inputs.time("cloudwatch.StatusCheckFailed_System.first_failure"),
    let periods = inputs.peek("cloudwatch.StatusCheckFailed_System.failed_periods"),
    let began = firstLoggedErrors(inputs), let time = began.time, let coverage = periods.coverage,
    coverage.contains(time), let end = lastLoggedErrors(inputs), first > end
  else { return nil }
  inputs.cite(began)
  return first.since(end)
}

/// Hours that clocks of the world are ahead of UTC.
private let zoneOffsets: [Double] =
  (-12...14).map { Double($0) } + [
    -9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75,
  ]

private func apartAsRead(_ inputs: inout DerivationInputs) -> Double? {
  guard let began = firstErrorsAsRead(inputs), let start = began.time,
    let end = lastLoggedErrors(inputs), end >= start
  else { return nil }
  // What fails now needs no errors of then.
  guard inputs.peek("ec2.SystemStatus")?.value.text != "impaired" else { return nil }
  let points = inputs.peekSeries("cloudwatch.StatusCheckFailed_System")
  let failures = points.filter { ($0.value.number ?? 0) > 0 }
  let failed = failures.compactMap(\.time).sorted()
  guard let first = points.compactMap(\.time).min(), let last = points.compactMap(\.time).max(),
    (first...last).contains(start), (first...last).contains(end),
    let failedFirst = failed.first, let failedLast = failed.last
  else { return nil }
  // In another zone they begin and end as the failures do.
  let fitsAZone = zoneOffsets.contains { hours in
    let shift = hours * 3600
    return abs(start.since(failedFirst) - shift) <= 600 && abs(end.since(failedLast) - shift) <= 900
  }
  if fitsAZone { return nil }
  func distance(_ time: Instant) -> Double { max(0, start.since(time), time.since(end)) }
  let nearest = failures.compactMap { fact in fact.time.map { (distance($0), fact) } }
    .min { $0.0 < $1.0 }
  guard let nearest else { return nil }
  inputs.cite(nearest.1)
  inputs.cite(began)
  return nearest.0
}

private func errorsBeganWithin(_ inputs: inout DerivationInputs) -> Double? {
  guard let began = firstLoggedErrors(inputs), let time = began.time else { return nil }
  let points = inputs.peekSeries("cloudwatch.StatusCheckFailed_System")
  let times = points.compactMap(\.time).sorted()
  guard let start = times.first, let end = times.last, (start...end).contains(time) else {
    return nil
  }
  let period = zip(times, times.dropFirst()).map { $1.since($0) }.filter { $0 > 0 }.min() ?? 60
  func distance(_ failure: Instant) -> Double {
    let into = time.since(failure)
    return into < 0 ? -into : max(0, into - period)
  }
  let failures = points.filter { ($0.value.number ?? 0) > 0 }
  let nearest = failures.compactMap { fact in fact.time.map { (distance($0), $0, fact) } }
    .min { ($0.0, $0.1) < ($1.0, $1.1) }
  guard let nearest else { return nil }
  inputs.cite(nearest.2)
  inputs.cite(began)
  return nearest.0
}
