import Model
import YAML

/// What Prometheus' blackbox jobs and Consul's checks ask for, one target at a time.
enum ProbeTreeReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    let proxy = page.subject(.proxy)
    if file.name.hasSuffix(".hcl") {
      readHCL(file, of: proxy, lines, into: &page)
      return
    }
    let documents = file.nodes(into: &page)
    for node in page.first(100, of: documents, "documents") {
      readTargetFile(node, of: proxy, lines, into: &page)
      for job in page.first(500, of: node["scrape_configs"]?.sequence ?? [], "jobs") {
        readJob(job, global: node["global"], of: proxy, lines, into: &page)
      }
      var services = [node["service"]].compactMap { $0 }
      services += node["services"]?.sequence ?? []
      if services.isEmpty { services = [node] }
      for service in page.first(500, of: services, "services") {
        readService(service, of: proxy, lines, into: &page)
      }
    }
  }

  private static func readJob(
    _ job: Node, global: Node?, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    guard job["metrics_path"]?.scalar == "/probe" else { return }
    let modules = job[["params", "module"]]?.sequence?.compactMap(\.scalar) ?? []
    // tcp_connect, icmp and dns ask for no path.
    let isHTTP = modules.allSatisfy { $0 == "http" || $0.hasPrefix("http_") }
    let toParameter = (job["relabel_configs"]?.sequence ?? []).filter {
      $0["target_label"]?.scalar == "__param_target"
    }
    // A path that relabelling adds is not seen in the targets.
    let isPlain = toParameter.allSatisfy { rule in
      rule["replacement"] == nil && rule["regex"] == nil
        && rule["source_labels"]?.sequence?.compactMap(\.scalar) == ["__address__"]
    }
    guard isHTTP, isPlain else { return }
    let interval = Interval(
      job["scrape_interval"] ?? global?["scrape_interval"], otherwise: .unset)
    for group in page.first(200, of: job["static_configs"]?.sequence ?? [], "groups of targets") {
      for target in page.first(500, of: group["targets"]?.sequence ?? [], "targets") {
        readTarget(target, every: interval, of: proxy, lines, into: &page)
      }
    }
  }

  /// Sites that people probe to see whether the network is there, and those of the documentation.
  private static func isOfOthers(_ target: String) -> Bool {
    let rest = target.firstRange(of: "://").map { target[$0.upperBound...] } ?? target[...]
    let host = rest.prefix { $0 != "/" && $0 != ":" }
    return [
      "prometheus.io", "google.com", "github.com",
      "cloudflare.com", "baidu.com", "bing.com", "grafana.com", "1.1.1.1", "8.8.8.8",
    ].contains(host.hasPrefix("www.") ? host.dropFirst(4) : host)
  }

  private enum Interval {
    case stated(Node)
    case unset
    /// In another file.
    case elsewhere

    init(_ node: Node?, otherwise: Interval) { self = node.map { .stated($0) } ?? otherwise }
  }

  private static func readTarget(
    _ target: Node, every interval: Interval, of proxy: Int, _ lines: [String],
    into page: inout Page
  ) {
    guard let text = target.scalar, !text.contains("$"), page.facts.count < 5000,
      !isOfOthers(text)
    else { return }
    let path = urlPath(text)
    let origin = Document.origin(target, in: lines)
    page.record(
      "probe.target_asks_root", .flag(path.isEmpty || path == "/"), of: proxy, part: text,
      origin: origin)
    page.record("probe.target", .text(text), of: proxy, part: text, origin: origin)
    switch interval {
    case .stated(let node):
      guard let seconds = node.scalar.flatMap(nginxSeconds) else { return }
      page.record(
        "probe.target_interval", seconds, of: proxy, part: text,
        origin: Document.origin(node, in: lines))
    case .unset:
      page.record(
        "probe.target_interval", 60, of: proxy, part: text,
        origin: Origin(line: nil, excerpt: "scrape_interval is not set; the default is 1m"))
    case .elsewhere: break
    }
  }

  /// The targets that a job finds in a file of its own (`file_sd_configs`). Those of a blackbox job are URLs;
  /// what is scraped itself is named by its address.
  private static func readTargetFile(
    _ root: Node, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    for group in page.first(500, of: root.sequence ?? [], "groups of targets") {
      for target in page.first(500, of: group["targets"]?.sequence ?? [], "targets")
      where target.scalar?.hasPrefix("http") == true && target.scalar?.contains("://") == true {
        readTarget(target, every: .elsewhere, of: proxy, lines, into: &page)
      }
    }
  }

  /// A `Probe` of the Prometheus operator, with its static targets.
  static func readOperatorProbe(
    _ spec: Node, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    let module = spec["module"]?.scalar ?? "http_2xx"
    guard module == "http" || module.hasPrefix("http_") else { return }
    let targets = spec[["targets", "staticConfig"]]
    // A path that relabelling adds is not seen in the targets.
    guard targets?["relabelingConfigs"] == nil else { return }
    // Where no interval is set, that of the Prometheus that takes the probe on counts.
    let interval = Interval(spec["interval"], otherwise: .elsewhere)
    for target in page.first(500, of: targets?["static"]?.sequence ?? [], "targets") {
      readTarget(target, every: interval, of: proxy, lines, into: &page)
    }
  }

  /// Consul's own language: `service { check { http = "http://10.0.3.9/" } }`.
  private static func readHCL(
    _ file: DeployFile, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    let (root, unbalanced) = HCLParser.parse(file.document.bytes)
    if let unbalanced { page.skip(line: unbalanced, "found a brace without its partner") }
    for service in [root] + root.blocks.filter({ ["service", "services"].contains($0.type) }) {
      guard !isInfrastructure(image: service.string("name") ?? "") else { continue }
      for check in service.blocks.prefix(100) where check.type == "check" || check.type == "checks"
      {
        guard let url = check.string("http"), let line = check["http"]?.line else { continue }
        let path = urlPath(url)
        let origin = Document.origin(line, in: lines).marking(url)
        page.record(
          "probe.check_asks_root", .flag(path.isEmpty || path == "/"), of: proxy, part: url,
          origin: origin)
        guard let interval = check.string("interval"), let seconds = nginxSeconds(interval),
          let at = check["interval"]?.line
        else { continue }
        page.record(
          "probe.check_interval", seconds, of: proxy, part: url,
          origin: Document.origin(at, in: lines).marking(interval))
      }
    }
  }

  private static func readService(
    _ service: Node, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    let name = service["name"]?.scalar ?? service["Name"]?.scalar ?? ""
    guard !isInfrastructure(image: name) else { return }
    let checks =
      [service["check"], service["Check"]].compactMap { $0 }
      + (service["checks"]?.sequence ?? service["Checks"]?.sequence ?? [])
    for check in checks.prefix(100) {
      func value(_ key: String) -> Node? {
        check[key] ?? check[key.prefix(1).uppercased() + key.dropFirst()]
          ?? (key == "http" ? check["HTTP"] : nil)
      }
      guard let http = value("http"), let url = http.scalar, !url.contains("{{") else { continue }
      let path = urlPath(url)
      let origin = Document.origin(http, in: lines)
      page.record(
        "probe.check_asks_root", .flag(path.isEmpty || path == "/"), of: proxy, part: url,
        origin: origin)
      page.record(
        "probe.check_path", .text(path.isEmpty ? "/" : path), of: proxy, part: url, origin: origin)
      for (key, fact) in [
        ("interval", "probe.check_interval"), ("timeout", "probe.check_timeout"),
      ] {
        guard let node = value(key), let seconds = node.scalar.flatMap(nginxSeconds) else {
          continue
        }
        page.record(
          fact, seconds, of: proxy, part: url, origin: Document.origin(node, in: lines))
      }
    }
  }
}
