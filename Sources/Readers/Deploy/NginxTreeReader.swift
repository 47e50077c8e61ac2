import Model

/// nginx.conf with what it includes, or a site's configuration alone: what lint asks of a proxy, and
/// what the proxy says of the applications behind it.
enum NginxTreeReader {
  static func read(_ file: DeployFile, includes: DeployIncludes, into page: inout Page) {
    var walk = NginxTreeWalk(proxy: page.subject(.proxy), root: file.path)
    let directives = walk.load(file, includes, depth: 0, into: &page)
    walk.collect(directives)
    walk.visit(directives, NginxScope(), into: &page)
    walk.finish(into: &page)
  }
}

/// What holds at a place of the configuration: inner blocks inherit from outer ones.
private struct NginxScope {
  var path: [String] = []
  var readTimeout: NginxDirective?
  var httpVersion: String?
  var keepsConnection = false
  var isUpgrade = false

  var isInLocation: Bool { path.contains { $0.hasPrefix("location") } }
}

private struct NginxTreeWalk {
  let proxy: Int
  let root: String
  private var lines: [String: [String]] = [:]
  private var formats: [String: (text: String, directive: NginxDirective)] = [:]
  /// Servers of each upstream, and whether idle connections are kept.
  private var upstreams: [String: (servers: [NginxDirective], keepalive: NginxDirective?)] = [:]
  private var logs: [(isOn: Bool, directive: NginxDirective)] = []
  private var hasEvents = false
  private var hasConnections = false
  private var hasPass = false
  private var hasLostInclude = false
  private var visited: Set<String> = []

  init(proxy: Int, root: String) {
    self.proxy = proxy
    self.root = root
  }

  mutating func load(
    _ file: DeployFile, _ includes: DeployIncludes, depth: Int, into page: inout Page
  ) -> [NginxDirective] {
    guard depth < 16, visited.insert(file.path).inserted else { return [] }
    lines[file.path] = file.document.lines
    var parser = NginxParser(file.document.bytes)
    let directives = parser.directives()
    if let line = parser.unbalanced {
      page.skip(line: line, "found a brace without its partner")
    }
    return expand(directives, file, includes, depth: depth, into: &page)
  }

  /// Puts in the place of each `include` what it takes in.
  private mutating func expand(
    _ directives: [NginxDirective], _ file: DeployFile, _ includes: DeployIncludes, depth: Int,
    into page: inout Page
  ) -> [NginxDirective] {
    var result: [NginxDirective] = []
    for var directive in directives {
      directive.file = file.path
      if directive.name == "include", let pattern = directive.arguments.first {
        let found = includes.find(pattern, from: file)
        // A glob may match nothing; fastcgi_params and mime.types hold nothing of ours.
        if found.isEmpty, !isHarmless(include: pattern) { hasLostInclude = true }
        for other in found { result += load(other, includes, depth: depth + 1, into: &page) }
        continue
      }
      if let block = directive.block {
        directive.block = expand(block, file, includes, depth: depth, into: &page)
      }
      result.append(directive)
    }
    return result
  }

  mutating func collect(_ directives: [NginxDirective]) {
    for directive in directives {
      if directive.name == "upstream", let name = directive.arguments.first {
        let block = directive.block ?? []
        upstreams[name] = (
          block.filter { $0.name == "server" }, block.first { $0.name == "keepalive" }
        )
      }
      if directive.name == "log_format", let format = logFormat(of: directive) {
        formats[format.name] = (format.text, directive)
      }
      collect(directive.block ?? [])
    }
  }

  private func origin(_ directive: NginxDirective, _ value: String? = nil) -> Origin {
    let path = directive.file ?? root
    var origin = Document.origin(directive.line, in: lines[path] ?? [])
    origin = origin.marking(value ?? directive.arguments.first ?? directive.name)
    if path != root { origin.file = path }
    return origin
  }

  mutating func visit(
    _ directives: [NginxDirective], _ outer: NginxScope, into page: inout Page
  ) {
    var scope = outer
    var ownHeaders = false
    for directive in directives {
      let value = directive.arguments.first ?? ""
      switch directive.name {
      case "proxy_read_timeout", "uwsgi_read_timeout": scope.readTimeout = directive
      case "proxy_http_version": scope.httpVersion = value
      case "proxy_set_header":
        // Headers of an outer level are inherited only where there are none here.
        if !ownHeaders { (scope.keepsConnection, scope.isUpgrade) = (false, false) }
        ownHeaders = true
        let header = value.lowercased()
        let text = directive.arguments.dropFirst().first ?? ""
        if header == "connection" { scope.keepsConnection = text.isEmpty || text.contains("$") }
        if header == "upgrade" { scope.isUpgrade = true }
      default: break
      }
    }
    for directive in directives {
      read(directive, scope, into: &page)
      guard let block = directive.block else { continue }
      var inner = scope
      inner.path.append(([directive.name] + directive.arguments).joined(separator: " "))
      visit(block, inner, into: &page)
    }
  }

  private mutating func read(
    _ directive: NginxDirective, _ scope: NginxScope, into page: inout Page
  ) {
    let value = directive.arguments.first ?? ""
    switch directive.name {
    case "events": hasEvents = true
    case "worker_connections", "worker_rlimit_nofile":
      if directive.name == "worker_connections" { hasConnections = true }
      if let number = Double(value), number >= 0 {
        page.record(
          "nginx.config." + directive.name, number, of: proxy, origin: origin(directive))
      }
    case "worker_processes":
      page.record(
        "nginx.config.worker_processes", .text(value), of: proxy, origin: origin(directive))
    case "client_max_body_size":
      if let bytes = nginxBytes(value) {
        page.record(
          "nginx.config.client_max_body_size", bytes, of: proxy, part: label(scope, directive),
          origin: origin(directive))
      }
    case "access_log" where !scope.isInLocation: logs.append((value != "off", directive))
    case "error_log" where value == "/dev/null" && !scope.isInLocation:
      page.record(
        "nginx.config.error_log_off", .flag(true), of: proxy, part: label(scope, directive),
        origin: origin(directive))
    case "proxy_next_upstream" where directive.arguments.contains("non_idempotent"):
      page.record(
        "nginx.config.retries_non_idempotent", .flag(true), of: proxy,
        part: label(scope, directive), origin: origin(directive, "non_idempotent"))
    case "proxy_pass", "uwsgi_pass":
      hasPass = true
      pass(directive, value, scope, into: &page)
    default: break
    }
  }

  private func label(_ scope: NginxScope, _ directive: NginxDirective) -> String {
    "\(directive.file ?? root):\(directive.line)"
  }

  private func pass(
    _ directive: NginxDirective, _ value: String, _ scope: NginxScope, into page: inout Page
  ) {
    let address = upstreamAddress(value)
    guard !address.isEmpty, !address.contains("$") else { return }
    let isPlain = directive.name == "proxy_pass"
    let timeout: (seconds: Double, origin: Origin)?
    if let stated = scope.readTimeout {
      timeout = stated.arguments.first.flatMap(nginxSeconds).map { ($0, origin(stated)) }
    } else if !hasLostInclude {
      timeout = (
        60, Origin(line: nil, excerpt: "proxy_read_timeout is not set; the default is 60s")
      )
    } else {
      timeout = nil
    }
    let isRoot = scope.path.last.map { $0 == "location /" || $0.hasPrefix("server") } ?? false
    if let timeout, isRoot, !scope.isUpgrade, scope.readTimeout != nil {
      page.record(
        "nginx.config.proxy_read_timeout", timeout.seconds, of: proxy,
        part: label(scope, directive), origin: timeout.origin)
    }
    let group = upstreams[address]
    if let keepalive = group?.keepalive, isPlain,
      scope.httpVersion == "1.0"
        || !scope.keepsConnection && !scope.isUpgrade
    {
      page.record(
        "nginx.config.keepalive_without_http11", .flag(true), of: proxy, part: address,
        origin: origin(keepalive))
    }
    let servers = group?.servers.compactMap { $0.arguments.first } ?? [address]
    for server in Set(servers).sorted().prefix(50) {
      guard let app = app(server, isSecure: value.hasPrefix("https:"), into: &page) else {
        continue
      }
      page.relate(proxy, .proxies, app, origin: origin(directive))
      if let timeout, !scope.isUpgrade {
        page.record(
          "app.proxy.read_timeout", timeout.seconds, of: app,
          part: label(scope, directive), origin: timeout.origin)
      }
      if isPlain, let keepalive = group?.keepalive {
        page.record(
          "app.proxy.keepalive", .flag(scope.keepsConnection), of: app, origin: origin(keepalive))
      }
    }
  }

  private func app(_ address: String, isSecure: Bool, into page: inout Page) -> Int? {
    if address.hasPrefix("unix:") {
      let path = address.dropFirst(5).prefix { $0 != ":" }
      return page.subject(.app, .socket(String(path)))
    }
    let (host, port) = splitAddress(address, defaultPort: isSecure ? 443 : 80)
    if isLoopback(host) { return page.subject(.app, .port(port)) }
    if namesMachine(host) { return page.subject(.app, .address("\(host):\(port)")) }
    return page.subject(.app, .serviceName(host), .port(port))
  }

  mutating func finish(into page: inout Page) {
    if hasEvents, !hasConnections, !hasLostInclude {
      page.record(
        "nginx.config.worker_connections", 512, of: proxy,
        origin: Origin(line: nil, excerpt: "worker_connections is not set; the default is 512"))
    }
    guard hasPass else { return }
    // Off at some places beside logs at others is a choice; off everywhere is blindness.
    if let off = logs.first(where: { !$0.isOn }), !logs.contains(where: \.isOn) {
      page.record(
        "nginx.config.access_log", .flag(false), of: proxy, origin: origin(off.directive, "off"))
    }
    let names = logs.compactMap { log -> String? in
      guard log.isOn else { return nil }
      return log.directive.arguments.dropFirst().first { !$0.contains("=") } ?? "combined"
    }
    let used = formats.filter { names.contains($0.key) }
    let all = used.isEmpty ? formats : used
    let untimed = all.values.filter {
      !$0.text.contains("$request_time") && !$0.text.contains("$upstream_response_time")
    }.min { $0.directive.line < $1.directive.line }
    if let untimed, untimed.text.contains("$") {
      page.record(
        "nginx.config.log_has_request_time", .flag(false), of: proxy,
        origin: origin(untimed.directive))
    }
  }
}
