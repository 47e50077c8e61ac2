import Model
import YAML

/// Reads the mails that AWS sends: of an alarm that changed its state, and of an instance that is to be
/// retired or maintained; also wrapped, quoted or packed as quoted-printable (`MailText`).
///
/// ```
/// - Name:                       redis-01 system check
/// - State Change:               OK -> ALARM
/// - Timestamp:                  Tuesday 05 March, 2024 02:09:00 UTC
/// - MetricName:                 StatusCheckFailed_System
/// - Dimensions:                 [InstanceId = i-0abcd1234ef567890]
///
/// EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 instance
/// (instance-ID: i-0abcd1234ef567890) ... We will stop your instance after 2024-03-19 10:00:00 UTC.
///
/// eu-west-1   i-0abcd1234ef567890   2024-03-19 10:00:00 UTC - 2024-03-19 12:00:00 UTC   instance-reboot
/// ```
///
/// The second is read where the date stands in the paragraph of the announcement, and the instance there
/// or in a list of what is affected.
enum AWSMailReader: DocumentReader {
  static let kind = EvidenceKind.awsNotice

  private static let announcement = "EC2 has detected degradation of the underlying hardware"

  static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.looksLikeJSON, mayHold(sample.text) else { return .no }
    let mail = MailText(sample.lines)
    let names = Set(mail.entries.lazy.compactMap(field).map(\.name))
    if names.isSuperset(of: ["Name", "State Change", "MetricName"]) { return .certain }
    let found = events(in: mail)
    return found.events.isEmpty && found.nameless == nil ? .no : .certain
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let output = AWSOutput(nodes: [], lines: lines)
    let mail = MailText(lines)
    var alarms = AlarmNotices()
    for node in alarmNodes(mail) { _ = alarms.take(node, context.window) }
    alarms.record(output, into: &page)
    let found = events(in: mail)
    if let nameless = found.nameless {
      page.warn(
        "an announced retirement names no instance; give aws ec2 describe-instance-status "
          + "--include-all-instances", line: nameless)
    }
    for (id, events) in found.events.sorted(by: { $0.key < $1.key }) {
      recordScheduledEvents(
        events, of: page.subject(.instance, .instanceID(id)), fallback: nil, output, into: &page)
    }
  }

  private static func mayHold(_ text: some StringProtocol) -> Bool {
    text.contains("State Change") || text.contains("degradation")
      || scheduledEventCodes.contains { text.contains($0) }
  }

  /// The lines of a text that tell of alarms and announcements, with what stands between an announcement
  /// and the instances it is about: however much they look like what people write.
  static func lines(in text: Substring, _ lines: [Substring]) -> Set<Int> {
    guard mayHold(text) else { return [] }
    let mail = MailText(lines.map(String.init))
    var found: Set<Int> = []
    for (index, entry) in mail.entries.enumerated() {
      if entry.text.contains(announcement) {
        let last =
          AWSOutput.instanceIDs(in: entry.text).isEmpty
          ? affected(mail.entries[index...]).last : nil
        found.formUnion(entry.line...max(entry.lastLine, last ?? 0))
      } else if row(entry) != nil || field(entry).map({ fieldNames.contains($0.name) }) ?? false {
        found.formUnion(entry.line...entry.lastLine)
      }
    }
    return found
  }

  private static let fieldNames = [
    "Name", "State Change", "Reason for State Change", "Timestamp", "MetricName", "Dimensions",
  ]

  // MARK: alarms

  /// `- State Change:   OK -> ALARM`.
  private static func field(_ entry: MailText.Entry) -> (name: String, value: String)? {
    guard entry.text.hasPrefix("- "), let colon = entry.text.firstIndex(of: ":") else { return nil }
    let name = String(entry.text[..<colon].dropFirst(2))
    // A name may have been wrapped, or something else may stand below it.
    let own = entry.head.split(separator: ":", maxSplits: 1).dropFirst().first?.bare ?? ""
    guard name != "Name" || own.isEmpty else { return (name, String(own)) }
    return (name, String(entry.text[entry.text.index(after: colon)...].bare))
  }

  /// Each alarm in the form in which SNS sends it to programs.
  private static func alarmNodes(_ mail: MailText) -> [Node] {
    var alarms: [[String: (value: String, line: Int)]] = []
    for entry in mail.entries {
      guard let (name, value) = field(entry) else { continue }
      if name == "Name" { alarms.append([:]) }
      guard let last = alarms.indices.last else { continue }
      alarms[last][name] = (value, entry.line)
    }
    return alarms.compactMap(alarmNode)
  }

  private static func alarmNode(_ fields: [String: (value: String, line: Int)]) -> Node? {
    guard let change = fields["State Change"], let name = fields["Name"],
      let state = change.value.firstRange(of: "-> ").flatMap({
        change.value[$0.upperBound...].split(separator: " ").first
      })
    else { return nil }
    func scalar(_ text: String, _ line: Int) -> Node {
      Node(.scalar(text, isQuoted: true), line: line, column: 1)
    }
    func mapping(_ pairs: [(String, Node?)]) -> Node {
      let known = pairs.compactMap { name, value in value.map { (scalar(name, $0.line), $0) } }
      return Node(.mapping(known), line: change.line, column: 1)
    }
    func value(_ name: String) -> Node? { fields[name].map { scalar($0.value, $0.line) } }
    let time = fields["Timestamp"].flatMap { stamp in
      Self.time(stamp.value).map { scalar($0.description, stamp.line) }
    }
    let instance = fields["Dimensions"].flatMap { dimensions in
      AWSOutput.soleInstanceID(in: String(dimensions.value.prefix { $0 != "]" })).map {
        mapping([
          ("name", scalar("InstanceId", dimensions.line)), ("value", scalar($0, dimensions.line)),
        ])
      }
    }
    let metric = fields["MetricName"].flatMap { metric in
      metric.value.split(separator: " ").first.map { scalar(String($0), metric.line) }
    }
    return mapping([
      ("AlarmName", scalar(name.value, name.line)),
      ("NewStateValue", scalar(String(state), change.line)),
      ("NewStateReason", value("Reason for State Change")), ("StateChangeTime", time),
      ("Trigger", mapping([("MetricName", metric), ("Dimensions", instance)])),
    ])
  }

  /// `Tuesday 05 March, 2024 02:09:00 UTC`.
  static func time(_ text: String) -> Instant? {
    let words = text.split { $0 == " " || $0 == "," }
    guard words.count >= 6, words[5] == "UTC" else { return nil }
    return parseRFC1123("\(words[1]) \(words[2].prefix(3)) \(words[3]) \(words[4]) GMT")
  }

  // MARK: announcements

  /// What is announced, by instance; of one instance the last. `nameless` is where a retirement with its
  /// date names none.
  private static func events(in mail: MailText) -> (events: [String: [Node]], nameless: Int?) {
    var found: (events: [String: [Node]], nameless: Int?) = ([:], nil)
    for (index, entry) in mail.entries.enumerated() {
      if let range = entry.text.firstRange(of: announcement) {
        var ids = Set(AWSOutput.instanceIDs(in: entry.text))
        if ids.isEmpty { ids = affected(mail.entries[index...]).ids }
        let line = entry.line(of: range.lowerBound)
        let dates = dates(in: entry, from: range.upperBound)
        let before = dates.isEmpty ? Self.dates(in: entry, from: entry.text.startIndex) : dates
        let node = event(
          "instance-retirement", entry.text, line, Array(before.prefix(1)))
        for id in ids { found.events[id] = [node] }
        if ids.isEmpty, !before.isEmpty { found.nameless = line }
      } else if let (id, node) = row(entry) {
        found.events[id] = [node]
      }
    }
    return found
  }

  /// Newer announcements speak of the instance associated with the event, and list it below.
  private static func affected(
    _ entries: ArraySlice<MailText.Entry>
  ) -> (ids: Set<String>, last: Int?) {
    var found: (ids: Set<String>, last: Int?) = ([], nil)
    for entry in entries.prefix(100) where entry.text.utf8.count < 200 {
      let text = entry.text.drop { $0 == "-" || $0 == "*" || $0 == " " }
      let label = text.prefix { $0 != ":" }.lowercased()
      let isList = label.contains("affected") || label.contains("resource")
      let value = isList ? text[(text.firstIndex(of: ":") ?? text.startIndex)...] : text
      let ids = AWSOutput.instanceIDs(in: String(value))
      let words = value.split { " ,:".contains($0) }
      guard !ids.isEmpty, ids.count == words.count || isList else { continue }
      found.ids.formUnion(ids)
      found.last = entry.lastLine
    }
    return found
  }

  /// A row of a list of maintenance: one instance, one code, when it begins and when it ends.
  private static func row(_ entry: MailText.Entry) -> (id: String, node: Node)? {
    let words = entry.text.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "|" }
    guard words.count <= 40, let id = AWSOutput.soleInstanceID(in: entry.text) else { return nil }
    let codes = scheduledEventCodes.filter { code in words.contains { $0 == code } }
    let dates = dates(in: entry, from: entry.text.startIndex)
    guard codes.count == 1, let code = codes.first, (1...2).contains(dates.count),
      let place = entry.text.firstRange(of: code)
    else { return nil }
    return (id, event(code, entry.text, entry.line(of: place.lowerBound), dates))
  }

  private static func event(
    _ code: String, _ text: String, _ line: Int, _ dates: [(time: Instant, line: Int)]
  ) -> Node {
    func scalar(_ text: String, _ line: Int) -> Node {
      Node(.scalar(text, isQuoted: true), line: line, column: 1)
    }
    var fields = [
      (key: scalar("Code", line), value: scalar(code, line)),
      (key: scalar("Description", line), value: scalar(text, line)),
    ]
    for (name, date) in zip(["NotBefore", "NotAfter"], dates) {
      fields.append((scalar(name, line), scalar(date.time.description, date.line)))
    }
    return Node(.mapping(fields), line: line, column: 1)
  }

  /// Every `2024-03-19 10:00 UTC` from there on.
  private static func dates(
    in entry: MailText.Entry, from start: String.Index
  ) -> [(time: Instant, line: Int)] {
    let words = entry.text[start...].split { $0 == " " || $0 == "\t" }
    return words.indices.dropLast(2).compactMap { index in
      guard words[index + 2].hasPrefix("UTC"),
        let stamp = parseISO8601("\(words[index]) \(words[index + 1]) UTC")
      else { return nil }
      return (stamp.instant, entry.line(of: words[index].startIndex))
    }
  }
}
