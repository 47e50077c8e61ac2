import Model
import YAML

/// Reads what an instance is from `aws ec2 describe-instances` (in full or cut by `--query`),
/// `describe-instance-credit-specifications` and `describe-instance-types`.
///
/// ```
/// { "Reservations": [ { "Instances": [ { "InstanceId": "i-0aa1...", "InstanceType": "t3.micro",
///   "CpuOptions": { "CoreCount": 1, "ThreadsPerCore": 2 } } ] } ] }
/// { "InstanceCreditSpecifications": [ { "InstanceId": "i-0aa1...", "CpuCredits": "standard" } ] }
/// [ [ "i-0aa1...", "t3.micro" ] ]
/// INSTANCECREDITSPECIFICATIONS	standard	i-0aa1...           --output text
/// ```
enum InstanceDescriptionReader: DocumentReader {
  static let kind = EvidenceKind.instanceDescription

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.lines.contains(where: { isTextRow($0) || isLooseRow($0) }) { return .certain }
    let text = sample.text
    // A status answer holds instance ids too.
    guard !text.contains("SystemStatus"), !text.contains("AlarmHistoryItems") else { return .no }
    let names = ["Reservations", "InstanceCreditSpecifications", "InstanceTypes"]
    if names.contains(where: { AWSOutput.holds($0, sample) })
      || sample.lines.contains(where: { line in
        names.contains { line.hasPrefix("\($0):") }
          || line.hasPrefix("|") && names.contains { line.contains(" \($0) ") }
      })
    {
      return .certain
    }
    let hasKeys =
      text.contains("InstanceId") && (text.contains("InstanceType") || text.contains("CpuCredits"))
    if hasKeys, text.contains("i-"), sample.looksLikeJSON || text.contains("InstanceId: i-") {
      return .certain
    }
    guard sample.looksLikeJSON, !AWSOutput.instanceIDs(in: text).isEmpty else { return .no }
    return text.split(separator: "\"").contains(where: AWSText.isInstanceType) ? .possible : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    // Where a terminal made blanks of the tabs, only what is told by its form alone is read.
    if let row = lines.prefix(200).first(where: isTextRow), !row.hasPrefix("INSTANCES\t") {
      readText(lines, into: &page)
      return
    }
    if lines.prefix(200).contains(where: isLooseRow) {
      readLoose(lines, into: &page)
      return
    }
    guard let output = AWSOutput(document, into: &page) else { return }
    var types: [Node] = []
    var stops: [InstanceStop] = []
    var ids: Set<String> = []
    AWSOutput.walk(output.nodes) { node in
      if let id = node["InstanceId"]?.text, id.hasPrefix("i-") {
        let subject = page.subject(.instance, .instanceID(id))
        readInstance(node, of: subject, output, into: &page)
        if let stop = InstanceStop(node, of: subject, output) { stops.append(stop) }
        ids.insert(id)
        return false
      }
      if node["VCpuInfo"] != nil || node["MemoryInfo"] != nil {
        types.append(node)
        return false
      }
      return true
    }
    for stop in stops { stop.record(isAlone: ids.count == 1, into: &page) }
    readPairs(output.nodes, output, into: &page)
    readTypes(types, output, into: &page)
  }

  // MARK: --output text

  private static func isTextRow(_ line: String) -> Bool {
    guard line.contains("INSTANCE") else { return false }
    let row = TextRow(line, line: 1)
    guard row.name == "INSTANCECREDITSPECIFICATIONS" || row.name == "INSTANCES" else {
      return false
    }
    return row.values.contains(where: AWSOutput.isInstanceID)
  }

  /// Columns have no names: a type, an instance and a credit mode are told by what they look like.
  private static func readText(_ lines: [String], into page: inout Page) {
    let output = AWSOutput(nodes: [], lines: lines)
    for (index, line) in lines.enumerated() where isTextRow(line) {
      let row = TextRow(line, line: index + 1)
      guard let id = row.values.first(where: AWSOutput.isInstanceID) else { continue }
      let subject = page.subject(.instance, .instanceID(id))
      if row.name == "INSTANCES" {
        if let type = row.values.first(where: { AWSText.isInstanceType($0[...]) }) {
          recordType(row.scalar(type), of: subject, output, into: &page)
        }
      } else if let mode = row.values.first(where: { $0 == "standard" || $0 == "unlimited" }) {
        page.record(
          "ec2.CpuCredits", .text(mode), of: subject, origin: output.origin(line: row.line))
      }
    }
  }

  /// The cells of a row of `--output text` or `table`.
  private static func cells(_ line: String) -> [String]? {
    guard line.contains("\t") || line.hasPrefix("|"), line.contains("i-") else { return nil }
    return line.split { $0 == "\t" || $0 == "|" }.map { String($0.bare) }.filter { !$0.isEmpty }
  }

  /// `--query 'Reservations[].Instances[].[InstanceId,InstanceType]' --output text`, or a table with
  /// whatever heads were asked for: an instance and its type in one row, and no name of a block.
  private static func isLooseRow(_ line: String) -> Bool {
    guard let cells = cells(line), cells.first != "INSTANCES" else { return false }
    return cells.count(where: AWSOutput.isInstanceID) == 1
      && cells.count { AWSText.isInstanceType($0[...]) } == 1
  }

  private static func readLoose(_ lines: [String], into page: inout Page) {
    let output = AWSOutput(nodes: [], lines: lines)
    for (index, line) in lines.enumerated() where isLooseRow(line) {
      guard let cells = cells(line), let id = cells.first(where: AWSOutput.isInstanceID) else {
        continue
      }
      let row = TextRow(([""] + cells).joined(separator: "\t"), line: index + 1)
      readInstance(
        AWSText.instance(ofRow: row), of: page.subject(.instance, .instanceID(id)), output,
        into: &page)
    }
  }

  // MARK: describe-instances

  private static let texts = [
    ("RootDeviceType", "ec2.RootDeviceType"), ("CpuCredits", "ec2.CpuCredits"),
    ("PublicIpAddress", "ec2.PublicIpAddress"), ("PrivateIpAddress", "ec2.PrivateIpAddress"),
  ]

  private static func readInstance(
    _ node: Node, of subject: Int, _ output: AWSOutput, into page: inout Page
  ) {
    if let type = node["InstanceType"] { recordType(type, of: subject, output, into: &page) }
    for (key, fact) in texts {
      guard let value = node[key], let text = value.text else { continue }
      page.record(fact, .text(text), of: subject, origin: output.origin(value))
    }
    if let launch = node["LaunchTime"], let time = AWSOutput.time(launch) {
      page.record("ec2.LaunchTime", .time(time), of: subject, origin: output.origin(launch))
    }
    let state = node["State"]
    if let name = AWSOutput.items(state).first?["Name"] ?? (state?.text == nil ? nil : state),
      let word = name.text
    {
      page.record("ec2.InstanceState", .text(word), of: subject, origin: output.origin(name))
    }
    if let code = AWSOutput.items(node["StateReason"]).first?["Code"], let text = code.text,
      !text.isEmpty
    {
      page.record("ec2.StateReason", .text(text), of: subject, origin: output.origin(code))
    }
    let placement = AWSOutput.items(node["Placement"]).first
    if let zone = placement?["AvailabilityZone"] ?? node["AvailabilityZone"], let name = zone.text {
      page.record("ec2.AvailabilityZone", .text(name), of: subject, origin: output.origin(zone))
    }
    let cpu = AWSOutput.items(node["CpuOptions"]).first
    if let cores = cpu?["CoreCount"], let count = cores.number,
      let threads = cpu?["ThreadsPerCore"]?.number
    {
      page.record("ec2.vcpus", count * threads, of: subject, origin: output.origin(cores))
    } else if let type = node["InstanceType"], let known = type.text.flatMap({ BurstableType[$0] })
    {
      page.record("ec2.vcpus", Double(known.vcpus), of: subject, origin: output.origin(type))
    }
    recordElasticAddress(node, of: subject, output, into: &page)
  }

  /// A public address that Amazon owns is given back at a stop; one that the account owns stays.
  private static func recordElasticAddress(
    _ node: Node, of subject: Int, _ output: AWSOutput, into page: inout Page
  ) {
    let owners = AWSOutput.items(node["NetworkInterfaces"]).flatMap { interface in
      [interface["Association"]]
        + AWSOutput.items(interface["PrivateIpAddresses"]).map { $0["Association"] }
    }
    .flatMap(AWSOutput.items).compactMap { $0["IpOwnerId"] }.filter { $0.text != nil }
    guard let owner = owners.first(where: { $0.text != "amazon" }) ?? owners.first else { return }
    page.record(
      "ec2.has_elastic_ip", .flag(owner.text != "amazon"), of: subject,
      origin: output.origin(owner))
  }

  private static func recordType(
    _ node: Node, of subject: Int, _ output: AWSOutput, into page: inout Page
  ) {
    guard let type = node.text else { return }
    let origin = output.origin(node)
    page.record("ec2.InstanceType", .text(type), of: subject, origin: origin)
    let burstable = BurstableType[type]
    page.record("ec2.is_burstable", .flag(burstable != nil), of: subject, origin: origin)
    guard let burstable else { return }
    page.record("ec2.baseline_cpu", burstable.baseline, of: subject, origin: origin)
    page.record("ec2.memory", burstable.gibibytes * 1_073_741_824, of: subject, origin: origin)
  }

  // MARK: --query shapes without keys

  /// `--query 'Reservations[].Instances[].[InstanceId,InstanceType]'`: lists of plain values.
  private static func readPairs(_ nodes: [Node], _ output: AWSOutput, into page: inout Page) {
    for node in nodes {
      guard let items = node.sequence else { continue }
      if let id = items.compactMap(\.text).first(where: AWSOutput.isInstanceID),
        let type = items.first(where: { $0.text.map { AWSText.isInstanceType($0[...]) } ?? false })
      {
        recordType(type, of: page.subject(.instance, .instanceID(id)), output, into: &page)
      } else {
        readPairs(items, output, into: &page)
      }
    }
  }

  // MARK: describe-instance-types

  /// What a type has. The answer does not name the instance: it is one of that type.
  private static func readTypes(_ types: [Node], _ output: AWSOutput, into page: inout Page) {
    guard let node = types.first else { return }
    guard types.count == 1 else {
      page.warn("\(types.count) instance types; which of them is meant is not said")
      return
    }
    let name = node["InstanceType"]?.text
    let subject = page.subject(
      .instance, agreesWith: name.map { ["ec2.InstanceType": $0] } ?? [:])
    if let count = AWSOutput.items(node["VCpuInfo"]).first?["DefaultVCpus"],
      let number = count.number
    {
      page.record("ec2.vcpus", number, of: subject, origin: output.origin(count))
    }
    if let size = AWSOutput.items(node["MemoryInfo"]).first?["SizeInMiB"],
      let number = size.number
    {
      page.record("ec2.memory", number * 1_048_576, of: subject, origin: output.origin(size))
    }
    if let flag = node["BurstablePerformanceSupported"], let isBurstable = flag.bool {
      page.record("ec2.is_burstable", .flag(isBurstable), of: subject, origin: output.origin(flag))
    }
  }
}
