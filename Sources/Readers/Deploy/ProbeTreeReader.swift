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
    for node in documents.prefix(100) {
      for job in (node["scrape_configs"]?.sequence ?? []).prefix(500) {
        readJob(job, global: node["global"], of: proxy, lines, into: &page)
      }
      var services = [node["service"]].compactMap { $0 }
      services += node["services"]?.sequence ?? []
      if services.isEmpty { services = [node] }
      for service in services.prefix(500) {
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
    let stated = job["scrape_interval"] ?? global?["scrape_interval"]
    let seconds = stated.map { $0.scalar.flatMap(nginxSeconds) } ?? 60
    for group in (job["static_configs"]?.sequence ?? []).prefix(200) {
      for target in (group["targets"]?.sequence ?? []).prefix(500) {
        guard let text = target.scalar, !text.contains("$"), page.facts.count < 5000 else {
          continue
        }
        let path = urlPath(text)
        let origin = Document.origin(target, in: lines)
        page.record(
          "probe.target_asks_root", .flag(path.isEmpty || path == "/"), of: proxy, part: text,
          origin: origin)
        page.record("probe.target", .text(text), of: proxy, part: text, origin: origin)
        if let seconds {
          page.record(
            "probe.target_interval", seconds, of: proxy, part: text,
            origin: stated.map { Document.origin($0, in: lines) }
              ?? Origin(line: nil, excerpt: "scrape_interval is not set; the default is 1m"))
        }
      }
    }
  }

  /// Consul's own language: `service { check { http = "http://10.0.3.9/" } }`.
  private static func readHCL(
    _ file: DeployFile, of proxy: Int, _ lines: [String], into page: inout Page
  ) {
    let (root, unbalanced) = HCLParser.parse(file.document.bytes)
    if let unbalanced { page.skip(line: unbalanced, "found a brace without its partner") }
    for service in [root] + root.blocks.filter({ $0.type == "service" }) {
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
