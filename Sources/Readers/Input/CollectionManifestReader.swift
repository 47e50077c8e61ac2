import Model
import YAML

/// Reads the manifest of a collection (`triage collect`): when it was made, what runs there, and what
/// is missing of it and why, so that what was not seen live is known wherever the collection is read.
///
/// ```
/// { "schema": "triage/collection/v1", "ended": "2026-11-21T12:00:09Z",
///   "services": { "redis": 1, "gunicorn": 0, "nginx": 0 },
///   "missing": [ { "what": "redis://127.0.0.1:6379", "reason": "fault", "why": "..." } ] }
/// ```
enum CollectionManifestReader: DocumentReader {
  static let kind = EvidenceKind.collectionManifest
  private static let schema = "triage/collection/v1"

  static func recognises(_ sample: Sample) -> Recognition {
    sample.looksLikeJSON && sample.text.contains("\"\(schema)\"") ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let root: Node
    do throws(DocumentError) {
      guard let first = try parseJSON(document.bytes).nodes.first else {
        page.warn("found nothing; expected the manifest of a collection", line: 1)
        return
      }
      root = first
    } catch {
      page.warn("\(error.message)", line: error.line)
      return
    }
    if let ended = root["ended"], let text = ended.text, let time = parseISO8601(text, offset: 0) {
      let origin = Document.origin(ended.line, in: lines)
      let host = page.subject(.host)
      page.record("capture.time", .time(time.instant), of: host, at: time.instant, origin: origin)
      page.record("capture.is_zoned", .flag(true), of: host, origin: origin)
    }
    for service in ["redis", "gunicorn", "nginx"] {
      guard let stated = root["services"]?[service], let count = stated.text.flatMap({ Int($0) })
      else { continue }
      page.record(
        "capture.services", .number(Double(count)), of: page.subject(.host), part: service,
        origin: Document.origin(stated.line, in: lines))
    }
    for gap in root["missing"]?.sequence ?? [] {
      guard let what = gap["what"]?.text, let why = gap["why"]?.text else { continue }
      let isFault = gap["reason"]?.text == "fault"
      page.warn("\(isFault ? "incomplete" : "not seen"): \(what): \(why)", line: gap.line)
    }
  }
}
