import Model
import YAML

/// Kernel settings that tasks of Ansible make with its module `sysctl`. A task with a condition may run or not:
/// what it sets is not known, nor what another sets of the same name.
///
/// ```
/// - name: Overcommit
///   ansible.posix.sysctl: { name: vm.overcommit_memory, value: "1", state: present }
/// ```
enum AnsibleReader {
  private static let modules = ["sysctl", "ansible.posix.sysctl", "ansible.builtin.sysctl"]

  static func mayHold(_ text: String) -> Bool {
    guard text.contains("sysctl:"), !text.contains("apiVersion:") else { return false }
    return ["\n- name:", "- hosts:", "\n  sysctl:", "\n- sysctl:", ".sysctl:"].contains {
      text.contains($0)
    }
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    var tasks: [Node] = []
    for root in file.nodes(into: &page) {
      collect(root, depth: 0, into: &tasks)
    }
    var setup = HostSetup(lines: file.document.lines)
    var unknown: Set<String> = []
    for task in tasks {
      guard let module = modules.lazy.compactMap({ task[$0] }).first else { continue }
      for setting in settings(of: module, in: task) {
        if task["when"] != nil {
          unknown.insert(setting.name)
        } else {
          setup.readSetting("\(setting.name) = \(setting.value)", line: setting.line)
        }
      }
    }
    setup.forget(unknown)
    setup.record(into: &page)
  }

  private static func collect(_ node: Node, depth: Int, into tasks: inout [Node]) {
    guard depth < 8 else { return }
    for item in node.sequence?.prefix(1000) ?? [] where tasks.count < 5000 {
      guard item["when"] == nil || item["block"] == nil else { continue }
      tasks.append(item)
      for key in ["tasks", "pre_tasks", "post_tasks", "block"] {
        if let inner = item[key] { collect(inner, depth: depth + 1, into: &tasks) }
      }
    }
  }

  private static func settings(
    of module: Node, in task: Node
  ) -> [(name: String, value: String, line: Int)] {
    if let text = module.scalar {
      // `sysctl: name=vm.overcommit_memory value=1`
      var words: [String: String] = [:]
      for word in text.split(whereSeparator: \.isWhitespace).prefix(20) {
        let pair = word.split(separator: "=", maxSplits: 1)
        if pair.count == 2 { words[String(pair[0])] = unquoted(String(pair[1])) }
      }
      guard words["state"] != "absent", let name = words["name"], let value = words["value"] else {
        return []
      }
      return [(name, value, module.line)]
    }
    guard module["state"]?.scalar != "absent", let name = (module["name"] ?? module["key"])?.scalar,
      let value = module["value"] ?? module["val"], let text = value.scalar
    else { return [] }
    guard name.contains("{{") else { return [(name, text, value.line)] }
    let items = (task["loop"] ?? task["with_items"])?.sequence ?? []
    return items.prefix(200).compactMap { item in
      guard let name = field(name).flatMap({ item[$0]?.scalar }) else { return nil }
      if let value = field(text).flatMap({ item[$0] }), let text = value.scalar {
        return (name, text, value.line)
      }
      return text.contains("{{") ? nil : (name, text, value.line)
    }
  }

  /// `{{ item.name }}` asks each item for its `name`.
  private static func field(_ text: String) -> String? {
    guard let start = text.firstRange(of: "item.") else { return nil }
    let name = text[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return name.isEmpty ? nil : String(name)
  }
}

/// The plain lines of a config that is a template of Jinja: what stands in a block or has a value that is computed is
/// left empty, and so is each setting that is also made there. Lines keep their numbers.
func plainLines(ofTemplate bytes: [UInt8]) -> [UInt8] {
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  var isPlain: [Bool] = []
  var computed: Set<[UInt8]> = []
  var depth = 0
  func word(_ line: ArraySlice<UInt8>) -> [UInt8] {
    Array(line.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }.prefix(100))
  }
  for line in lines {
    let text = String(decoding: line.prefix(4096), as: UTF8.self)
    let opens = ["{% if", "{%- if", "{% for", "{%- for"].contains { text.contains($0) }
    let closes = ["{% end", "{%- end"].contains { text.contains($0) }
    let isMarked = text.contains("{{") || text.contains("{%") || text.contains("{#")
    if opens, !closes { depth += 1 }
    isPlain.append(depth == 0 && !isMarked)
    if depth > 0 || isMarked { computed.insert(word(line)) }
    if closes, !opens { depth = max(depth - 1, 0) }
  }
  var plain: [UInt8] = []
  plain.reserveCapacity(bytes.count)
  for (index, line) in lines.enumerated() {
    if index > 0 { plain.append(UInt8(ascii: "\n")) }
    if isPlain[index], !computed.contains(word(line)) { plain += line }
  }
  return plain
}
