import Model
import YAML

/// Findings that were known when it was written, so that only new ones count.
///
///     {"schema": "triage/lint-baseline/v1",
///      "findings": [{"fingerprint": "..", "rule": "..", "file": "..", "message": ".."}]}
///
/// Only fingerprints are compared; the rest is for people and for merge conflicts.
package struct LintBaseline: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package let fingerprint: String
    package let rule: String
    package let file: String
    /// In the file of the baseline.
    package let line: Int
  }

  package let file: String
  package let entries: [Entry]

  package init(parsing text: [UInt8], file: String) throws(SettingsErrors) {
    func refuse(_ line: Int, _ column: Int, _ message: String) -> SettingsErrors {
      SettingsErrors(lines: ["\(file):\(line):\(column): \(message)"])
    }
    let top: Node?
    do throws(DocumentError) {
      let parsed = try parseJSON(text)
      top = parsed.isTruncated ? nil : parsed.nodes.first
    } catch {
      throw refuse(error.line, error.column, error.message)
    }
    guard let top, top["schema"]?.scalar == "triage/lint-baseline/v1",
      let nodes = top["findings"]?.sequence
    else {
      throw refuse(1, 1, "found no baseline; expected what --write-baseline writes")
    }
    var entries: [Entry] = []
    for node in nodes {
      guard let fingerprint = node["fingerprint"]?.scalar else {
        throw refuse(node.line, node.column, "found an entry without a fingerprint")
      }
      entries.append(
        Entry(
          fingerprint: fingerprint, rule: node["rule"]?.scalar ?? "?",
          file: node["file"]?.scalar ?? "?", line: node["fingerprint"]?.line ?? node.line))
    }
    self.file = file
    self.entries = entries
  }
}
