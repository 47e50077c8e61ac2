import Model
import YAML

/// Reads what an EC2 instance wrote to its console, as `aws ec2 get-console-output` hands it over:
/// as text, or as JSON or YAML with the instance's id. It may begin in the middle of a report.
///
/// ```
/// {"InstanceId": "i-0ed1c2b3a49586770", "Output": "[  289.393230] ...\r\n...", "Timestamp": "..."}
/// ```
enum ConsoleOutputReader: DocumentReader {
  static let kind = EvidenceKind.consoleOutput

  static func recognises(_ sample: Sample) -> Recognition {
    if isAnswer(sample) { return .certain }
    if sample.looksLikeJSON, !sample.firstLine.contains("] ") { return .no }
    let name = sample.name.lowercased()
    let shape = HostLogShape(sample)
    let speaksKernel = shape.kernel * 2 >= shape.lines && shape.kernel > 0
    if name.contains("console") || name.contains("system-log") {
      if speaksKernel || shape.bareOOM > 0 { return .certain }
      return sample.lines.contains { KernelMark(line: $0) == .bootFailure } ? .certain : .no
    }
    // cloud-init and the login prompt appear on consoles and not in dmesg.
    let isConsole = sample.lines.contains {
      $0.hasPrefix("cloud-init[") || $0.hasPrefix("ci-info: ")
    }
    return isConsole && shape.kernel > 0 && shape.other == 0 ? .certain : .no
  }

  /// The answer of `get-console-output`; that of SSM's run-command has an `Output` too.
  private static func isAnswer(_ sample: Sample) -> Bool {
    if sample.looksLikeJSON {
      return sample.text.contains("\"Output\"") && sample.text.contains("\"InstanceId\"")
        && !sample.text.contains("\"CommandId\"")
    }
    return sample.lines.contains { $0.hasPrefix("InstanceId:") }
      && sample.lines.contains { $0.hasPrefix("Output:") }
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    var log = HostLog(kind: kind, context: context, takesBareLines: true)
    var instance: (id: String, origin: Origin)?
    let lines = document.lines
    for node in nodes(of: document) {
      guard let output = node["Output"]?.text, let at = node["Output"]?.line else { continue }
      if let stated = node["InstanceId"], let id = stated.text.flatMap({ page.instanceID($0) }) {
        instance = (id, Document.origin(stated.line, in: lines))
      }
      for text in output.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
        let bytes = Array(text.utf8)
        // The whole output is one line of the file: what is cited is the part that says it.
        log.read(bytes.span, number: at, excerpt: bytes.span.excerpt)
      }
      log.finish(into: &page, instance: instance)
      return
    }
    for (index, text) in lines.enumerated() {
      let bytes = Array(text.utf8)
      var start = 0
      // `--output text` puts the id before the first line.
      if index == 0, let tab = bytes.firstIndex(of: 9),
        let id = page.instanceID(String(decoding: bytes[..<tab], as: UTF8.self))
      {
        instance = (id, Document.origin(1, in: lines))
        start = tab + 1
      }
      log.read(
        bytes.span.extracting(start..<bytes.count), number: index + 1,
        excerpt: String(text.prefix(200)))
    }
    log.finish(into: &page, instance: instance)
    if document.isCut { page.warn("the document is too large: its end was not read") }
  }

  private static func nodes(of document: Document) -> [Node] {
    let sample = Sample(name: document.name, head: Array(document.bytes.prefix(4096)))
    if sample.looksLikeJSON { return (try? parseJSON(document.bytes))?.nodes ?? [] }
    guard sample.lines.contains(where: { $0.hasPrefix("InstanceId:") || $0.hasPrefix("Output:") })
    else { return [] }
    return (try? parseYAML(document.bytes)) ?? []
  }
}

extension KernelMark {
  init?(line: String) {
    let bytes = Array(line.utf8)
    self.init(bytes.span)
  }
}
