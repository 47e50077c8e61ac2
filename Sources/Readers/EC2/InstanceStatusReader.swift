import Model
import YAML

/// Reads `aws ec2 describe-instance-status` as JSON, YAML, text and table: the status checks and the
/// scheduled events of each instance; and `describe-volume-status` as JSON and YAML.
///
/// ```
/// "InstanceId": "i-0abcd1234ef567890",
/// "SystemStatus": { "Status": "impaired", "Details": [ { "Name": "reachability",
///     "Status": "failed", "ImpairedSince": "2024-03-05T02:07:00.000Z" } ] }
/// ```
///
/// Seen from awscli 1 and 2: `Details` left out for stopped instances, `AttachedEbsStatus` left out
/// by older versions (which does not mean that it is ok), cuts by `--query`, boto answers. By default
/// only running instances are listed, so nothing is said of an instance that is absent.
enum InstanceStatusReader: DocumentReader {
  static let kind = EvidenceKind.instanceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    let text = sample.text
    if sample.lines.contains(where: { $0.hasPrefix("INSTANCESTATUSES\t") || isTextRow($0) }) {
      return .certain
    }
    if AWSOutput.holds("InstanceStatuses", sample) || AWSOutput.holds("VolumeStatuses", sample)
      || sample.lines.contains(where: { $0.hasPrefix("VolumeStatuses:") })
      || AWSMarkup.isOne(text) && text.contains("nstanceStatus")
      || sample.lines.contains(where: { $0.hasPrefix("InstanceStatuses:") })
    {
      return .certain
    }
    if isTable(sample) { return .certain }
    guard sample.looksLikeJSON || text.contains("- AvailabilityZone:") else { return .no }
    // What `--query` leaves: whole records, or their events alone.
    if text.contains("SystemStatus") && text.contains("InstanceStatus") { return .certain }
    return text.contains("\"NotBefore\"") && scheduledEventCodes.contains { text.contains($0) }
      ? .possible : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    if lines.prefix(200).contains(where: { $0.hasPrefix("INSTANCESTATUSES\t") || isTextRow($0) }) {
      let output = AWSOutput(nodes: instanceStatusRecords(inText: lines), lines: lines)
      read(output, window: context.window, into: &page)
    } else if let output = AWSOutput(document, into: &page) {
      read(output, window: context.window, into: &page)
    }
  }

  private static func isTextRow(_ line: String) -> Bool {
    line.hasPrefix("INSTANCESTATUSES ") && line.contains(" i-")
  }

  private static func isTable(_ sample: Sample) -> Bool {
    sample.lines.contains { line in
      line.hasPrefix("|")
        && (line.contains("DescribeInstanceStatus") || line.contains(" describe-instance-status ")
          || line.contains(" InstanceStatuses "))
    }
  }

  private static func read(
    _ output: AWSOutput, window: TimeWindow, into page: inout Page
  ) {
    var blanked: [String: Int] = [:]
    var events: [Node] = []
    var volumes: [Node] = []
    AWSOutput.walk(output.nodes) { node in
      if node["VolumeId"] != nil, node["VolumeStatus"] != nil {
        volumes.append(node)
        return false
      }
      if let id = instanceID(of: node),
        checks.contains(where: { node[$0.field] != nil })
          || node["Events"] != nil || node["InstanceState"] != nil
      {
        // A status that was asked for after the window tells nothing of it.
        if isLater(node, than: window) { return false }
        readInstance(node, subject: subject(id, &blanked, &page), output, into: &page)
        return false
      }
      if node["NotBefore"] != nil, node["Code"] != nil {
        events.append(node)
        return false
      }
      return true
    }
    recordVolumeStatuses(volumes, output, into: &page)
    // `--query` cut to the events: whose they are is not said.
    guard !events.isEmpty else { return }
    recordScheduledEvents(
      events, of: page.subject(.instance), fallback: nil, output, into: &page)
  }

  private static func instanceID(of node: Node) -> Node? {
    if let id = node["InstanceId"], id.text?.hasPrefix("i-") == true { return id }
    return node.mapping?.first { $0.value.text.map(AWSOutput.isInstanceID) ?? false }?.value
  }

  /// People blank ids (`i-xx`) before they paste: several alike are still several instances.
  private static func subject(
    _ id: Node, _ blanked: inout [String: Int], _ page: inout Page
  ) -> Int {
    let name = id.text ?? ""
    guard !AWSOutput.isInstanceID(name) else {
      return page.subject(.instance, .instanceID(name))
    }
    let count = blanked[name, default: 0] + 1
    blanked[name] = count
    return page.subject(.instance, .instanceID(count == 1 ? name : "\(name)#\(count)"))
  }

  // MARK: one instance

  private struct Check {
    let field: String
    let event: String
    let says: String
  }

  private static let checks = [
    Check(
      field: "SystemStatus", event: "system-status-failed",
      says: "the system status check (host, its network or power) fails"),
    Check(
      field: "InstanceStatus", event: "instance-status-failed",
      says: "the instance status check (operating system, its network) fails"),
    Check(
      field: "AttachedEbsStatus", event: "ebs-status-failed",
      says: "the attached EBS status check (volumes reachable) fails"),
  ]

  private static let statuses = [
    "ok", "impaired", "insufficient-data", "not-applicable", "initializing",
  ]

  private static func readInstance(
    _ node: Node, subject: Int, _ output: AWSOutput, into page: inout Page
  ) {
    var known = 0
    for check in checks {
      // `SystemStatus.Status` under `--query`: the word alone.
      let block = node[check.field]
      let status = AWSOutput.items(block).first?["Status"] ?? (block?.text == nil ? nil : block)
      guard let status, let word = status.text else { continue }
      guard statuses.contains(word) else {
        page.warn(
          "found \(check.field) '\(word.prefix(60))'; expected one of "
            + statuses.joined(separator: ", "), line: status.line)
        continue
      }
      known += 1
      page.record("ec2.\(check.field)", .text(word), of: subject, origin: output.origin(status))
      guard let since = impairedSince(block), let time = AWSOutput.time(since) else { continue }
      let origin = output.origin(since)
      page.record("ec2.\(check.field).ImpairedSince", .time(time), of: subject, origin: origin)
      guard word == "impaired" else { continue }
      page.record(
        Event(
          check.event, subject: subject, time: time, text: check.says, isImpact: true,
          origin: origin))
    }

    let state = node["InstanceState"]
    if let name = AWSOutput.items(state).first?["Name"] ?? (state?.text == nil ? nil : state),
      let word = name.text
    {
      page.record("ec2.InstanceState", .text(word), of: subject, origin: output.origin(name))
    }
    if let zone = node["AvailabilityZone"], let name = zone.text {
      page.record("ec2.AvailabilityZone", .text(name), of: subject, origin: output.origin(zone))
    }

    // An answer in full leaves `Events` out where there are none; a cut one may have cut them.
    let isFull =
      known > 0 && state != nil && node["InstanceStatus"] != nil
      && node["SystemStatus"] != nil
    guard let events = node["Events"] else {
      guard isFull, let id = instanceID(of: node) else { return }
      recordScheduledEvents([], of: subject, fallback: id, output, into: &page)
      return
    }
    recordScheduledEvents(
      AWSOutput.items(events), of: subject, fallback: instanceID(of: node) ?? events, output,
      into: &page)
  }

  /// A check that has failed only since after the window: the answer is later still.
  private static func isLater(_ node: Node, than window: TimeWindow) -> Bool {
    guard let until = window.until else { return false }
    return checks.contains { check in
      impairedSince(node[check.field]).flatMap(AWSOutput.time).map { $0 > until } ?? false
    }
  }

  private static func impairedSince(_ block: Node?) -> Node? {
    let details = AWSOutput.items(AWSOutput.items(block).first?["Details"])
    return details.first { $0["ImpairedSince"]?.text != nil }?["ImpairedSince"]
  }
}
