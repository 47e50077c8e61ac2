import Model
import YAML

/// Reads the configurations of those who ask whether a service is well: Prometheus jobs that go
/// through the blackbox exporter, the exporter's modules, and Consul service definitions.
///
/// What matters is what they ask for and how often: a probe of `/` can make a session each time.
package enum ProbeConfigReader: DocumentReader {
  package static let kind = EvidenceKind.probeConfig

  package static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    var walk = ProbeWalk(lines: document.lines, proxy: page.subject(.proxy))
    let nodes: [Node]
    do {
      if looksLikeJSON(document.bytes) {
        let parsed = try parseJSON(document.bytes)
        nodes = parsed.nodes
        if parsed.isTruncated { page.warn("cut off: read as far as it goes") }
      } else {
        nodes = try parseYAML(document.bytes)
      }
    } catch {
      page.warn(error.message, line: error.line)
      return
    }
    for node in nodes {
      if let jobs = node["scrape_configs"]?.sequence {
        for job in jobs { walk.readJob(job, global: node["global"], &page) }
      }
      if node["modules"]?.mapping != nil { walk.readModules(node["modules"], &page) }
      for service in [node["service"]] + (node["services"]?.sequence ?? []) {
        walk.readService(service, &page)
      }
      // A check may also be registered on its own.
      for check in [node["check"]] + (node["checks"]?.sequence ?? []) {
        walk.readCheck(check, &page)
      }
    }
    walk.finish(&page)
  }

  private static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
    let first = bytes.first { $0 > 0x20 && $0 < 0x80 }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    if sample.looksLikeJSON {
      let hasCheck = sample.text.contains("\"check\"") || sample.text.contains("\"checks\"")
      let hasService = sample.text.contains("\"service\"") || sample.text.contains("\"services\"")
      guard hasCheck, hasService || sample.text.contains("\"interval\"") else { return .no }
      return sample.text.contains("\"interval\"") ? .certain : .possible
    }
    let keys = Set(
      sample.lines.compactMap { line -> Substring? in
        let code = line.drop { $0 == " " || $0 == "-" }
        guard let colon = code.firstIndex(of: ":") else { return nil }
        return code[..<colon]
      })
    if keys.contains("scrape_configs") { return .certain }
    if keys.contains("modules"), keys.contains("prober") { return .certain }
    return .no
  }
}

private struct ProbeWalk {
  let lines: [String]
  let proxy: Int
  private var targets = 0
  private var pathless: Int?
  private var withPath: Int?
  private var firstTarget: Int?

  init(lines: [String], proxy: Int) {
    self.lines = lines
    self.proxy = proxy
  }

  private func origin(_ line: Int) -> Origin { Document.origin(line, in: lines) }

  /// A job that asks the blackbox exporter: `metrics_path: /probe`.
  mutating func readJob(_ job: Node, global: Node?, _ page: inout Page) {
    guard let path = job["metrics_path"], path.text == "/probe" else { return }
    let name = job["job_name"]?.text
    if let stated = job["scrape_interval"] ?? global?["scrape_interval"] {
      if let seconds = stated.text.flatMap(nginxSeconds) {
        page.record(
          "probe.interval", seconds, of: proxy, part: name, origin: origin(stated.line))
      }
    } else {
      page.record(
        "probe.interval", 60, of: proxy, part: name,
        origin: Origin(line: nil, excerpt: "scrape_interval is not set; the default is 1m"))
    }
    var listed = 0
    for group in job["static_configs"]?.sequence ?? [] {
      for target in group["targets"]?.sequence ?? [] {
        guard let text = target.text else { continue }
        listed += 1
        note(hasPath: hasPath(text), line: target.line)
        firstTarget = firstTarget ?? target.line
        if targets + listed <= 100 {
          page.record(
            "probe.target", .text(text), of: proxy, part: text, origin: origin(target.line))
        }
      }
    }
    targets += listed
    let isDiscovered = job.mapping?.contains { $0.key.scalar?.hasSuffix("_sd_configs") == true }
    if listed == 0 || isDiscovered == true { readRelabelling(job, path: path) }
  }

  /// Discovered targets are an address; a path can only come from relabelling: out of a label made
  /// for it, or out of the replacement.
  private mutating func readRelabelling(_ job: Node, path: Node) {
    var rule: Node?
    var addsPath = false
    for relabel in job["relabel_configs"]?.sequence ?? []
    where relabel["target_label"]?.text == "__param_target" {
      rule = rule ?? relabel
      if let replacement = relabel["replacement"]?.text, hasPath(replacement) { addsPath = true }
      for label in relabel["source_labels"]?.sequence ?? [] {
        let text = label.text ?? ""
        if ["path", "health", "endpoint", "url", "uri", "probe", "ingress_host"].contains(where: {
          text.contains($0)
        }) {
          addsPath = true
        }
      }
    }
    note(hasPath: addsPath, line: rule?.line ?? path.line)
  }

  private mutating func note(hasPath: Bool, line: Int) {
    if hasPath { withPath = withPath ?? line } else { pathless = pathless ?? line }
  }

  /// Something after the host that is more than `/`.
  private func hasPath(_ target: String) -> Bool { urlPath(target).count > 1 }

  mutating func readModules(_ modules: Node?, _ page: inout Page) {
    for module in modules?.mapping ?? [] {
      guard module.value["prober"]?.text == "http" else { continue }
      let http = module.value["http"]
      // no_follow_redirects is its name up to 0.18.
      let follow = http?["follow_redirects"]
      let noFollow = http?["no_follow_redirects"]
      if let node = follow ?? noFollow, let value = node.bool {
        page.record(
          "probe.follows_redirects", .flag(follow != nil ? value : !value), of: proxy,
          part: module.key.scalar, origin: origin(node.line))
      } else {
        page.record(
          "probe.follows_redirects", .flag(true), of: proxy, part: module.key.scalar,
          origin: Origin(line: nil, excerpt: "follow_redirects is not set; the default is true"))
      }
    }
  }

  mutating func readService(_ service: Node?, _ page: inout Page) {
    for check in [service?["check"]] + (service?["checks"]?.sequence ?? []) {
      readCheck(check, &page)
    }
  }

  mutating func readCheck(_ check: Node?, _ page: inout Page) {
    guard let check, let http = check["http"], let url = http.text, page.facts.count < 500 else {
      return
    }
    let path = urlPath(url)
    let stated = path.isEmpty ? "/" : path
    page.record(
      "probe.check_path", .text(stated), of: proxy, part: url, origin: origin(http.line))
    if stated != "/" {
      page.record(
        "probe.health_path", .text(stated), of: proxy, part: url, origin: origin(http.line))
    }
    if let interval = check["interval"], let seconds = interval.text.flatMap(nginxSeconds) {
      page.record(
        "probe.check_interval", seconds, of: proxy, part: url, origin: origin(interval.line))
    }
  }

  mutating func finish(_ page: inout Page) {
    if targets > 0 {
      page.record(
        "probe.target_count", Double(targets), of: proxy, origin: origin(firstTarget ?? 0))
    }
    if targets > 100 { page.warn("\(targets) probe targets; the first 100 are kept") }
    if let pathless {
      page.record("probe.has_path", .flag(false), of: proxy, origin: origin(pathless))
    } else if let withPath {
      page.record("probe.has_path", .flag(true), of: proxy, origin: origin(withPath))
    }
  }
}

/// The path of a URL or of an address with a path; empty where there is none.
func urlPath(_ url: String) -> String {
  var rest = url[...]
  var index = rest.startIndex
  while index < rest.endIndex {
    if rest[index...].hasPrefix("://") {
      rest = rest[rest.index(index, offsetBy: 3)...]
      break
    }
    index = rest.index(after: index)
  }
  guard let slash = rest.firstIndex(of: "/") else { return "" }
  return String(rest[slash...].prefix { $0 != "?" && $0 != "#" })
}
