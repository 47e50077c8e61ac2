import Model
import YAML

/// `.triage.yml`: what a team has decided about risks.
///
///     levels:
///       redis-latency-monitor-off: off
///       gunicorn-no-max-requests: error
///     exclude: [vendor/]
///     ignores:
///       - rule: redis-open-to-all
///         path: deploy/dev/
///         reason: the development box has no users
///         until: 2026-12-31
package struct LintSettings: Sendable, Equatable {
  package struct Ignore: Sendable, Equatable {
    package let rule: String
    /// nil: everywhere.
    package let path: PathPattern?
    /// nil where none is given: then it is not in force.
    package let reason: String?
    /// The last day that it is in force.
    package let until: String?
    package let line: Int
    package let column: Int
  }

  /// As it was found.
  package let file: String
  /// The levels of rules; nil is off.
  package internal(set) var levels: [String: Finding.Level?] = [:]
  package internal(set) var exclude: [PathPattern] = []
  package internal(set) var ignores: [Ignore] = []

  package init(file: String) { self.file = file }
}

/// All that is wrong with a file of settings, each as `file:line:col: what`.
package struct SettingsErrors: Error, Equatable {
  package let lines: [String]
}

extension LintSettings {
  /// Reads settings; `rules` are the ids that there are.
  package init(
    parsing text: [UInt8], file: String, rules: Set<String>
  ) throws(SettingsErrors) {
    self.init(file: file)
    var reader = SettingsReader(file: file, rules: rules.union(PolicyRule.all.map(\.rule.id)))
    do throws(DocumentError) {
      let documents = try parseYAML(text)
      if documents.count > 1 {
        reader.refuse(documents[1], "found a second document; expected one")
      }
      if let top = documents.first { reader.read(top, into: &self) }
    } catch {
      throw SettingsErrors(lines: ["\(file):\(error.line):\(error.column): \(error.message)"])
    }
    guard reader.errors.isEmpty else { throw SettingsErrors(lines: reader.errors) }
  }
}

private struct SettingsReader {
  let file: String
  let rules: Set<String>
  private(set) var errors: [String] = []

  init(file: String, rules: Set<String>) {
    self.file = file
    self.rules = rules
  }

  mutating func refuse(_ node: Node, _ message: String) {
    errors.append("\(file):\(node.line):\(node.column): \(message)")
  }

  mutating func read(_ top: Node, into settings: inout LintSettings) {
    for (key, value) in pairs(top, of: "the settings", keys: ["levels", "exclude", "ignores"]) {
      switch key {
      case "levels":
        guard let pairs = value.mapping else {
          if value.text != nil || value.sequence != nil {
            refuse(value, "found no mapping; expected 'RULE: error, warning, info or off'")
          }
          continue
        }
        for (key, value) in pairs {
          guard let rule = rule(key) else { continue }
          settings.levels[rule] = level(value)
        }
      case "exclude":
        for node in list(value, of: "patterns of paths") {
          if let pattern = pattern(node) { settings.exclude.append(pattern) }
        }
      default:
        for node in list(value, of: "ignores") {
          if let ignore = ignore(node) { settings.ignores.append(ignore) }
        }
      }
    }
  }

  private mutating func ignore(_ node: Node) -> LintSettings.Ignore? {
    var (rule, path, reason, until): (String?, PathPattern?, String?, String?)
    let count = errors.count
    for (key, value) in pairs(node, of: "an ignore", keys: ["rule", "path", "reason", "until"]) {
      switch key {
      case "rule": rule = self.rule(value)
      case "path": path = pattern(value)
      case "reason": reason = value.text.flatMap { isBlank($0) ? nil : $0 }
      default:
        until = value.scalar.flatMap(validDate)
        if until == nil { refuse(value, "found no date; expected one like 2026-12-31") }
      }
    }
    if errors.count == count, rule == nil {
      refuse(node, "found an ignore without a rule; expected 'rule', 'path', 'reason', 'until'")
    }
    guard let rule, errors.count == count else { return nil }
    return LintSettings.Ignore(
      rule: rule, path: path, reason: reason, until: until, line: node.line, column: node.column)
  }

  private mutating func pairs(
    _ node: Node, of what: String, keys: [String]
  ) -> [(String, Node)] {
    guard let pairs = node.mapping else {
      // An empty file settles nothing.
      if node.text != nil || node.sequence != nil {
        refuse(node, "found no mapping; expected \(what) with \(keys.joined(separator: ", "))")
      }
      return []
    }
    var known: [(String, Node)] = []
    for (key, value) in pairs {
      let name = key.scalar ?? ""
      if !keys.contains(name) {
        refuse(key, "found '\(name)'; expected one of \(keys.joined(separator: ", "))")
      } else if known.contains(where: { $0.0 == name }) {
        refuse(key, "found '\(name)' a second time")
      } else {
        known.append((name, value))
      }
    }
    return known
  }

  private mutating func list(_ node: Node, of what: String) -> [Node] {
    if let nodes = node.sequence { return nodes }
    if node.mapping != nil || node.text != nil {
      refuse(node, "found no list; expected a list of \(what)")
    }
    return []
  }

  private mutating func rule(_ node: Node) -> String? {
    guard let name = node.text else {
      refuse(node, "found no text; expected the id of a rule")
      return nil
    }
    guard rules.contains(name) else {
      let near = nearest(name, among: rules)
      refuse(
        node, "found '\(name)', which is no rule" + (near.map { "; did you mean '\($0)'?" } ?? ""))
      return nil
    }
    return name
  }

  private mutating func level(_ node: Node) -> Finding.Level?? {
    guard let text = node.scalar else {
      refuse(node, "expected error, warning, info or off")
      return .none
    }
    // YAML 1.1 has `off` for false.
    if text == "off" || node.bool == false { return .some(nil) }
    guard let level = Finding.Level(rawValue: text) else {
      refuse(node, "found '\(text)'; expected error, warning, info or off")
      return .none
    }
    return .some(level)
  }

  private mutating func pattern(_ node: Node) -> PathPattern? {
    guard let text = node.text, !isBlank(text) else {
      refuse(node, "found no text; expected a path or a pattern such as deploy/**/*.yml")
      return nil
    }
    return PathPattern(text)
  }

  private func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}

/// A date of the calendar, `2026-12-31`: so written that text order is order in time.
package func validDate(_ text: String) -> String? {
  let bytes = Array(text.utf8)
  guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else {
    return nil
  }
  func number(_ range: Range<Int>) -> Int? {
    bytes[range].reduce(Optional(0)) { sum, byte in
      guard let sum, (48...57).contains(byte) else { return nil }
      return sum * 10 + Int(byte - 48)
    }
  }
  guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
    (1...12).contains(month)
  else { return nil }
  let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return (1...days).contains(day) ? text : nil
}

/// The id that shares most of its words with a name that is none.
func nearest(_ name: String, among ids: Set<String>) -> String? {
  let words = Set(name.lowercased().split { $0 == "-" || $0 == "_" })
  let scored = ids.map { id -> (score: Double, id: String) in
    let own = Set(id.split(separator: "-"))
    return (Double(words.intersection(own).count * 2) / Double(words.count + own.count), id)
  }
  let best = scored.max { ($0.score, $1.id) < ($1.score, $0.id) }
  return best.flatMap { $0.score >= 0.5 ? $0.id : nil }
}
