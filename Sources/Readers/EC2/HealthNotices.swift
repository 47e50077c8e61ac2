import Model
import YAML

/// The events of AWS Health that are about instances: maintenance and retirements become what
/// `describe-instance-status` lists as scheduled events; what EC2 did to an instance by itself is
/// counted. An issue of a whole region is told on the timeline and accuses nobody.
struct HealthNotices {
  /// One event, as one or several notices tell of it; the last one counts.
  private struct Notice {
    var node: Node
    var description: Node?
    var entities: [Node] = []
  }

  private static let limit = 500
  private var notices: [String: Notice] = [:]
  private var order: [String] = []
  /// Entities whose event is told elsewhere in the document, by its ARN.
  private var entities: [(event: String, node: Node)] = []
  private var eventsLeftOut = 0
  private var entitiesLeftOut = 0

  // MARK: gathering

  mutating func take(_ node: Node) -> Bool {
    // `describe-event-details` keeps the description beside the event.
    if let event = node["event"], HealthNotices.isEvent(event) {
      add(event, description: node[["eventDescription", "latestDescription"]], entities: [])
      return true
    }
    if HealthNotices.isEvent(node) {
      let texts = AWSOutput.items(node["eventDescription"])
      add(
        node, description: texts.lazy.compactMap { $0["latestDescription"] }.first,
        entities: AWSOutput.items(node["affectedEntities"]))
      return true
    }
    if let event = node["eventArn"]?.text, node["entityValue"] != nil {
      if entities.count < HealthNotices.limit {
        entities.append((event, node))
      } else {
        entitiesLeftOut += 1
      }
      return true
    }
    return false
  }

  private static func isEvent(_ node: Node) -> Bool {
    arn(of: node) != nil && node["eventTypeCode"]?.text != nil
  }

  private static func arn(of event: Node) -> String? {
    (event["eventArn"] ?? event["arn"])?.text.flatMap { $0.contains(":health:") ? $0 : nil }
  }

  private mutating func add(_ event: Node, description: Node?, entities: [Node]) {
    guard let arn = HealthNotices.arn(of: event) else { return }
    if let known = notices[arn] {
      let isOlder = HealthNotices.updated(event) < HealthNotices.updated(known.node)
      notices[arn] = Notice(
        node: isOlder ? known.node : event,
        description: isOlder ? known.description ?? description : description ?? known.description,
        entities: known.entities + entities)
    } else if order.count < HealthNotices.limit {
      order.append(arn)
      notices[arn] = Notice(node: event, description: description, entities: entities)
    } else {
      eventsLeftOut += 1
    }
  }

  private static func updated(_ event: Node) -> Instant {
    AWSNoticeReader.time(event["lastUpdatedTime"]) ?? Instant(microseconds: 0)
  }

  /// An ARN names the kind of the event: where only those it is about were asked for, what is due to
  /// them is known all the same, but not when.
  private mutating func addNamedEvents() -> [String] {
    var found: [String] = []
    for (arn, node) in entities where notices[arn] == nil && order.count < HealthNotices.limit {
      let code = arn.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
      let status = (node["statusCode"] ?? node["status"])?.text ?? ""
      guard let place = node["eventArn"], HealthNotices.scheduledCode(of: code) != nil,
        ["PENDING", "IMPAIRED"].contains(status)
      else { continue }
      let fields = [("arn", arn), ("eventTypeCode", code)].map { name, text in
        (
          key: Node(.scalar(name, isQuoted: true), line: place.line, column: place.column),
          value: Node(.scalar(text, isQuoted: true), line: place.line, column: place.column)
        )
      }
      order.append(arn)
      notices[arn] = Notice(node: Node(.mapping(fields), line: place.line, column: place.column))
      found.append(arn)
    }
    return found
  }

  // MARK: recording

  mutating func record(_ output: AWSOutput, into page: inout Page) {
    let undated = addNamedEvents()
    var scheduled: [String: [Node]] = [:]
    var unnamed: [String] = []
    var last: [Int: Instant] = [:]
    for arn in order {
      guard let notice = notices[arn], let code = notice.node["eventTypeCode"]?.text,
        code.hasPrefix("AWS_EC2_")
      else { continue }
      let instances = instances(of: notice, arn)
      if let kind = HealthNotices.scheduledCode(of: code) {
        if instances.isEmpty { unnamed.append(arn) }
        for instance in instances {
          scheduled[instance.id, default: []].append(
            HealthNotices.scheduledEvent(kind, notice, isOver: instance.isOver))
        }
      } else {
        let isPublic = notice.node["eventScopeCode"]?.text == "PUBLIC"
        guard isPublic || !instances.isEmpty else {
          unnamed.append(arn)
          continue
        }
        recordIssue(
          code, arn, notice, instances.map(\.id), last: &last, output, into: &page)
      }
    }
    for id in scheduled.keys.sorted() {
      recordScheduledEvents(
        scheduled[id] ?? [], of: page.subject(.instance, .instanceID(id)), fallback: nil, output,
        into: &page)
    }
    if eventsLeftOut > 0 {
      page.lose("\(eventsLeftOut) notices of events beyond the first \(order.count) were not read")
    }
    if entitiesLeftOut > 0 {
      page.lose("\(entitiesLeftOut) entities beyond the first \(entities.count) were not read")
    }
    for (arn, node) in entities.prefix(3) where notices[arn] == nil {
      page.warn(
        "an event is named and not told; give aws health describe-event-details --event-arns "
          + "\(arn.prefix(160))", line: node.line)
    }
    for arn in undated.prefix(3) {
      page.warn(
        "an event is named without its dates; give aws health describe-event-details --event-arns "
          + "\(arn.prefix(160))", line: notices[arn]?.node.line)
    }
    for arn in unnamed.prefix(3) {
      page.warn(
        "an event names no instance; give aws health describe-affected-entities --filter eventArns="
          + "\(arn.prefix(160))", line: notices[arn]?.node.line)
    }
  }

  /// The instances that an event is about: its entities, else those that its description names.
  private func instances(of notice: Notice, _ arn: String) -> [(id: String, isOver: Bool)] {
    var found: [String: Bool] = [:]
    for entity in notice.entities + entities.lazy.filter({ $0.event == arn }).map(\.node) {
      guard let id = entity["entityValue"]?.text, AWSOutput.isInstanceID(id) else { continue }
      found[id] = (entity["status"] ?? entity["statusCode"])?.text == "RESOLVED"
    }
    if found.isEmpty {
      for id in AWSOutput.instanceIDs(in: notice.description?.text ?? "") { found[id] = false }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The code by which `describe-instance-status` lists what Health calls
  /// `AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED`; nil for what is no maintenance of an
  /// instance.
  static func scheduledCode(of code: String) -> String? {
    guard code.hasSuffix("_SCHEDULED") || code.hasSuffix("_EXPEDITED"),
      !code.contains("DEDICATED_HOST")
    else { return nil }
    // An instance that is to be terminated is one that is retired with its instance store.
    for (words, name) in [
      ("RETIREMENT", "instance-retirement"), ("TERMINATION", "instance-retirement"),
      ("INSTANCE_STOP", "instance-stop"), ("SYSTEM_REBOOT", "system-reboot"),
      ("REBOOT", "instance-reboot"), ("MAINTENANCE", "system-maintenance"),
    ] where code.contains(words) {
      return name
    }
    return nil
  }

  /// The event in the form of an `InstanceStatusEvent`.
  private static func scheduledEvent(_ kind: String, _ notice: Notice, isOver: Bool) -> Node {
    func scalar(_ text: String, at node: Node) -> Node {
      Node(.scalar(text, isQuoted: true), line: node.line, column: node.column)
    }
    var fields: [(key: Node, value: Node)] = []
    func add(_ name: String, _ text: String?, at node: Node?) {
      guard let text, let node else { return }
      fields.append((scalar(name, at: node), scalar(text, at: node)))
    }
    let event = notice.node
    let code = event["eventTypeCode"]
    add("Code", kind, at: code)
    let words = notice.description?.text ?? code?.text
    add("Description", words.map(oneLine), at: notice.description ?? code)
    add("NotBefore", AWSNoticeReader.time(event["startTime"])?.description, at: event["startTime"])
    add("NotAfter", AWSNoticeReader.time(event["endTime"])?.description, at: event["endTime"])
    if isOver || event["statusCode"]?.text == "closed" { add("IsOver", "true", at: code) }
    return Node(.mapping(fields), line: event.line, column: event.column)
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: issues

  private static func recoveryFact(of code: String) -> String? {
    if code.contains("AUTO_RECOVERY_SUCCESS") { return "ec2.health.recoveries" }
    return code.contains("AUTO_RECOVERY_FAILURE") ? "ec2.health.failed_recoveries" : nil
  }

  /// `last` is when EC2 last tried to recover each instance, as far as it has been read.
  private func recordIssue(
    _ code: String, _ arn: String, _ notice: Notice, _ instances: [String],
    last: inout [Int: Instant], _ output: AWSOutput, into page: inout Page
  ) {
    let event = notice.node
    guard let codeNode = event["eventTypeCode"] else { return }
    let origin = output.origin(codeNode)
    let time = AWSNoticeReader.time(event["startTime"])
    let end = AWSNoticeReader.time(event["endTime"])
    let subjects =
      instances.isEmpty
      ? [page.subject(.instance)] : instances.map { page.subject(.instance, .instanceID($0)) }
    for subject in subjects {
      if instances.isEmpty {
        page.record("ec2.health.public_issues", 1, of: subject, part: arn, origin: origin)
      } else if let name = HealthNotices.recoveryFact(of: code) {
        page.record(name, 1, of: subject, part: arn, origin: origin)
        guard let time, last[subject].map({ $0 < time }) ?? true else { continue }
        last[subject] = time
        page.record("ec2.health.last_recovery", .time(time), of: subject, origin: origin)
      }
    }
    guard let time else { return }
    page.cover(time)
    let region = (event["eventRegion"] ?? event["region"])?.text
    let place = instances.isEmpty ? region.map { " in \($0.prefix(30)), of no instance" } ?? "" : ""
    for subject in subjects {
      page.record(
        Event(
          "aws-health", subject: subject, time: time,
          until: end.flatMap { $0 > time ? $0 : nil },
          text: "AWS reports \(code.prefix(80))\(place)", origin: origin))
    }
  }
}
