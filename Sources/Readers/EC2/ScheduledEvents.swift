import Model
import YAML

/// Records the scheduled events of one instance: how many are due, and the one due first.
///
/// AWS keeps an event on the list for up to a week after it is over, with `[Completed]` or
/// `[Canceled]` before its description; those are counted apart, as are those that Health calls closed
/// (`IsOver`). `fallback` is the line that stands
/// for "none": nil where not even that is known.
func recordScheduledEvents(
  _ nodes: [Node], of subject: Int, fallback: Node?, _ output: AWSOutput, into page: inout Page
) {
  let events = nodes.compactMap(ScheduledEvent.init)
  for event in events where !scheduledEventCodes.contains(event.code) {
    page.warn(
      "found event code '\(event.code.prefix(60))'; expected one of "
        + scheduledEventCodes.joined(separator: ", "), line: event.codeNode.line)
  }
  let known = events.filter { scheduledEventCodes.contains($0.code) }
  let past = known.filter(\.isPast)
  let active = known.filter { !$0.isPast }.sorted { $0.sortTime < $1.sortTime }

  if let origin = (active.first?.codeNode ?? fallback).map(output.origin) {
    page.record("ec2.events.active", Double(active.count), of: subject, origin: origin)
  }
  if let origin = (past.first?.codeNode ?? fallback).map(output.origin) {
    page.record("ec2.events.past", Double(past.count), of: subject, origin: origin)
  }

  for (index, event) in active.prefix(ScheduledEvent.limit).enumerated() {
    for field in event.fields {
      let origin = output.origin(field.node)
      page.record(
        "ec2.event.\(field.name)", field.value, of: subject, part: event.id ?? "\(index + 1)",
        origin: origin)
      // A condition on the instance needs one value: that of the event due first.
      if index == 0, let name = field.scheduledName {
        page.record("ec2.scheduled_event.\(name)", field.value, of: subject, origin: origin)
      }
    }
    if index == 0, let id = event.idNode, let text = id.text {
      page.record("ec2.scheduled_event.id", .text(text), of: subject, origin: output.origin(id))
    }
  }
  if active.count > ScheduledEvent.limit {
    page.warn("\(active.count) events; the \(ScheduledEvent.limit) due first were kept")
  }

  for event in active.prefix(ScheduledEvent.limit) + past.prefix(ScheduledEvent.limit) {
    guard let node = event.notBefore, let time = AWSOutput.time(node) else { continue }
    let text =
      event.isPast
      ? "\(event.code) was scheduled from here: \(event.description.prefix(120))"
      : "\(event.code) is scheduled from here: \(event.description.prefix(120))"
    page.record(
      Event(
        event.isPast ? "past-scheduled-event" : "scheduled-event", subject: subject, time: time,
        until: event.notAfter.flatMap(AWSOutput.time).flatMap { $0 > time ? $0 : nil }, text: text,
        origin: output.origin(node)))
  }
}

/// EC2 API reference, InstanceStatusEvent.
let scheduledEventCodes = [
  "instance-stop", "instance-retirement", "instance-reboot", "system-reboot", "system-maintenance",
]

/// One `InstanceStatusEvent`.
private struct ScheduledEvent {
  static let limit = 20

  let code: String
  let codeNode: Node
  let description: String
  let idNode: Node?
  let notBefore: Node?
  let notAfter: Node?
  private let node: Node

  init?(_ node: Node) {
    guard let codeNode = node["Code"], let code = codeNode.text else { return nil }
    self.node = node
    self.code = code
    self.codeNode = codeNode
    description = node["Description"]?.text ?? "no description"
    idNode = node["InstanceEventId"]
    notBefore = node["NotBefore"]
    notAfter = node["NotAfter"]
  }

  var id: String? { idNode?.text }

  var isPast: Bool {
    if node["IsOver"] != nil { return true }
    let text = description.lowercased()
    return ["[completed]", "[canceled]", "[cancelled]"].contains { text.hasPrefix($0) }
  }

  /// Events without a time come last.
  var sortTime: Int64 { AWSOutput.time(notBefore)?.microseconds ?? .max }

  var fields: [(name: String, scheduledName: String?, value: Value, node: Node)] {
    var fields: [(name: String, scheduledName: String?, value: Value, node: Node)] = [
      ("code", "code", .text(code), codeNode)
    ]
    for (name, scheduledName) in [
      ("NotBefore", "not_before"), ("NotAfter", "not_after"), ("NotBeforeDeadline", "deadline"),
    ] {
      guard let field = node[name], let time = AWSOutput.time(field) else { continue }
      fields.append((name, scheduledName, .time(time), field))
    }
    if let field = node["Description"], let text = field.text {
      fields.append(("description", "description", .text(String(text.prefix(500))), field))
    }
    return fields
  }
}
