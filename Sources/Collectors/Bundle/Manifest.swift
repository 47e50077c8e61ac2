/// The page that lies in every collection: what was taken, from where, when, what is missing and why,
/// and what it cost the box.
package struct Manifest {
  package static let name = "manifest.json"

  let version: String
  let evidence: LiveEvidence

  package init(_ evidence: LiveEvidence, version: String) {
    self.version = version
    self.evidence = evidence
  }

  package var file: CollectedFile {
    CollectedFile(Manifest.name, from: "triage", text: text)
  }

  var text: String {
    let cost = evidence.cost
    var text = "{\n"
    text += "  \"schema\": \"triage/collection/v1\",\n"
    text += "  \"version\": \(quoted(version)),\n"
    text += "  \"host\": \(quoted(evidence.host)),\n"
    text += "  \"started\": \(quoted(evidence.started)),\n"
    text += "  \"ended\": \(quoted(evidence.ended)),\n"
    text += "  \"cost\": { \"seconds\": \(thousandths(cost.wallSeconds)), "
    text += "\"cpu_seconds\": \(thousandths(cost.cpuSeconds)), "
    text += "\"peak_bytes\": \(cost.peakBytes) },\n"
    // Only where all processes were seen: 0 then means that there is none.
    let services = evidence.services.map { "\(quoted($0.name)): \($0.count)" }
    text += "  \"services\": { \(services.joined(separator: ", ")) },\n"
    text +=
      "  \"files\": ["
      + list(
        evidence.files.map { file in
          "{ \"path\": \(quoted(file.path)), \"from\": \(quoted(file.origin)), "
            + "\"bytes\": \(file.size) }"
        }) + "],\n"
    text +=
      "  \"missing\": ["
      + list(
        evidence.gaps.map { gap in
          "{ \"what\": \(quoted(gap.what)), \"reason\": \(quoted(gap.reason.rawValue)), "
            + "\"why\": \(quoted(gap.why)) }"
        }) + "]\n}\n"
    return text
  }

  private func list(_ entries: [String]) -> String {
    entries.isEmpty ? "" : "\n" + entries.map { "    \($0)" }.joined(separator: ",\n") + "\n  "
  }

  private func thousandths(_ seconds: Double) -> String {
    let whole = Int((max(0, min(seconds, 1e9)) * 1000).rounded())
    return "\(whole / 1000).\(String(whole % 1000 + 1000).dropFirst())"
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7f {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
