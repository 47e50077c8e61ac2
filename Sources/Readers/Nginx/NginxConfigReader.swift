import Model

/// Reads nginx.conf, a site's configuration, or `nginx -T`: limits, time-outs, upstreams and what
/// the access log will hold. Included files are not followed; they are evidence of their own.
package enum NginxConfigReader: DocumentReader {
  package static let kind = EvidenceKind.nginxConfig

  package static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    var parser = NginxParser(document.bytes)
    var walk = NginxConfigWalk(lines: document.lines, proxy: page.subject(.proxy))
    let directives = parser.directives()
    walk.formats = nginxLogFormats(in: document)
    walk.collectUpstreams(directives)
    walk.visit(directives, in: [], &page)
    walk.finish(&page)
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.looksLikeJSON else { return .no }
    let marks: Set = [
      "worker_processes", "worker_connections", "events", "http", "upstream", "proxy_pass",
      "server_name", "listen", "log_format", "proxy_read_timeout", "keepalive_timeout",
      "proxy_set_header", "access_log", "location", "server", "worker_rlimit_nofile",
    ]
    var found: Set<String> = []
    var hasBrace = false
    for line in sample.lines {
      let code = line.utf8.drop { $0 <= 32 }
      guard code.first != UInt8(ascii: "#") else { continue }
      if code.contains(UInt8(ascii: "{")) || code.contains(UInt8(ascii: ";")) { hasBrace = true }
      for statement in Substring(code).pieces(where: endsStatement) {
        // Most lines of other evidence do not begin with such a word.
        let head = statement.utf8.drop { $0 <= 32 }.prefix { $0 == 95 || (97...122).contains($0) }
        guard marks.contains(String(Substring(head))) else { continue }
        let words = statement.fields
        // `server:` or `listen = ` are of other formats.
        guard let word = words.first, marks.contains(String(word)), words.dropFirst().first != "="
        else { continue }
        found.insert(String(word))
      }
    }
    if hasBrace, found.count >= 2 { return .certain }
    if hasBrace, found.count == 1 { return .possible }
    return sample.name == "nginx.conf" && sample.text.allSatisfy(\.isWhitespace) ? .byName : .no
  }
}

private func endsStatement(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
}

/// Walks a configuration once, recording what it meets.
private struct NginxConfigWalk {
  let lines: [String]
  let proxy: Int
  var formats: [String: String] = [:]
  private var upstreamNames: Set<String> = []
  private var seen: Set<String> = []
  private var upstreams: Set<String> = []
  private var hasMoreUpstreams = false
  private var hasMoreValues = false
  private var hasEvents = false
  private var hasHTTP = false
  private var hasProxyPass = false
  private var usesTimedLog: (isTimed: Bool, line: Int)?
  private var firstFormat: (isTimed: Bool, line: Int)?
  private var includes = 0

  init(lines: [String], proxy: Int) {
    self.lines = lines
    self.proxy = proxy
  }

  private func origin(_ line: Int) -> Origin { Document.origin(line, in: lines) }

  mutating func collectUpstreams(_ directives: [NginxDirective], depth: Int = 0) {
    for directive in directives {
      if directive.name == "upstream", let name = directive.arguments.first {
        upstreamNames.insert(name)
      }
      collectUpstreams(directive.block ?? [], depth: depth + 1)
    }
  }

  mutating func visit(_ directives: [NginxDirective], in path: [String], _ page: inout Page) {
    for directive in directives {
      read(directive, in: path, &page)
      guard let block = directive.block else { continue }
      let label = ([directive.name] + directive.arguments).joined(separator: " ")
      visit(block, in: path + [label], &page)
    }
  }

  private mutating func read(
    _ directive: NginxDirective, in path: [String], _ page: inout Page
  ) {
    let value = directive.arguments.first ?? ""
    let isInLocation = path.contains { $0.hasPrefix("location") }
    switch directive.name {
    case "events": hasEvents = true
    case "http": hasHTTP = true
    case "include" where !isHarmless(include: value): includes += 1
    case "worker_connections", "worker_rlimit_nofile":
      number(directive, Double(value).flatMap { $0 >= 0 ? $0 : nil }, path, &page)
    case "worker_processes":
      record("nginx.config.worker_processes", .text(value), directive, part: nil, &page)
    case "proxy_read_timeout", "proxy_connect_timeout", "proxy_send_timeout", "keepalive_timeout":
      number(directive, nginxSeconds(value), path, &page)
    case "client_max_body_size", "client_body_buffer_size":
      number(directive, nginxBytes(value), path, &page)
    case "listen": record("nginx.config.listen", .text(value), directive, part: value, &page)
    case "server_name" where !value.isEmpty && value != "_":
      record("nginx.config.server_name", .text(value), directive, part: value, &page)
    case "limit_req":
      if seen.insert("limit_req").inserted {
        record("nginx.config.limit_req", .flag(true), directive, part: nil, &page)
      }
    case "log_format":
      if let format = logFormat(of: directive) {
        firstFormat = firstFormat ?? (format.text.contains("$request_time"), directive.line)
        record(
          "nginx.config.log_format", .text(format.text), directive, part: format.name, &page)
      }
    case "access_log" where !isInLocation: readAccessLog(directive, value, &page)
    case "server" where path.last?.hasPrefix("upstream") == true && directive.block == nil:
      upstream(value, directive, &page)
    case "proxy_pass", "uwsgi_pass", "fastcgi_pass": readPass(directive, value, &page)
    default: break
    }
  }

  private mutating func readAccessLog(
    _ directive: NginxDirective, _ value: String, _ page: inout Page
  ) {
    let isOn = value != "off"
    record("nginx.config.access_log", .flag(isOn), directive, part: nil, &page)
    guard isOn else { return }
    let name = directive.arguments.dropFirst().first { !$0.contains("=") } ?? "combined"
    guard let format = formats[name] ?? (name == "combined" ? "" : nil) else { return }
    let isTimed = format.contains("$request_time")
    // One log without times is enough to be blind.
    if usesTimedLog.map({ $0.isTimed && !isTimed }) ?? true {
      usesTimedLog = (isTimed, directive.line)
    }
  }

  private mutating func readPass(
    _ directive: NginxDirective, _ value: String, _ page: inout Page
  ) {
    if directive.name == "proxy_pass" { hasProxyPass = true }
    let address = upstreamAddress(value)
    guard !address.isEmpty, !address.contains("$"), !upstreamNames.contains(address) else {
      return
    }
    upstream(address, directive, &page, isSecure: value.hasPrefix("https:"))
  }

  /// Records an upstream server and what is known of the application behind it.
  private mutating func upstream(
    _ address: String, _ directive: NginxDirective, _ page: inout Page, isSecure: Bool = false
  ) {
    guard !address.isEmpty, !upstreams.contains(address) else { return }
    guard upstreams.count < 200 else {
      if !hasMoreUpstreams { page.lose("more than 200 upstream servers; the first 200 were read") }
      hasMoreUpstreams = true
      return
    }
    upstreams.insert(address)
    record("nginx.config.upstream", .text(address), directive, part: address, &page)
    let app: Int
    if address.hasPrefix("unix:") {
      app = page.subject(.app)
    } else {
      let (host, port) = splitAddress(address, defaultPort: isSecure ? 443 : 80)
      if isLoopback(host) {
        app = page.subject(.app, .port(port))
      } else if host.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }) {
        app = page.subject(.app, .address("\(host):\(port)"))
      } else {
        app = page.subject(.app, .serviceName(host), .port(port))
      }
    }
    page.relate(proxy, .proxies, app, origin: origin(directive.line))
  }

  private mutating func number(
    _ directive: NginxDirective, _ value: Double?, _ path: [String], _ page: inout Page
  ) {
    guard let value else {
      page.warn("'\(directive.name)' with a value that is no number", line: directive.line)
      return
    }
    seen.insert(directive.name)
    let name = "nginx.config." + directive.name
    page.record(name, value, of: proxy, part: path.last, origin: origin(directive.line))
  }

  private mutating func record(
    _ name: String, _ value: Value, _ directive: NginxDirective, part: String?, _ page: inout Page
  ) {
    guard page.facts.count < 2000 else {
      if !hasMoreValues {
        page.lose("more than 2,000 values; the first were read", line: directive.line)
      }
      hasMoreValues = true
      return
    }
    page.record(name, value, of: proxy, part: part, origin: origin(directive.line))
  }

  /// Documented defaults of what is not set: known only where the place to set it was read and no
  /// included file can hold it.
  mutating func finish(_ page: inout Page) {
    if let usesTimedLog = usesTimedLog ?? firstFormat {
      page.record(
        "nginx.config.log_has_request_time", .flag(usesTimedLog.isTimed), of: proxy,
        origin: origin(usesTimedLog.line))
    }
    if includes > 0 {
      page.warn("\(includes) included files are not followed: give them as evidence too")
    }
    guard includes == 0 else { return }
    var defaults: [(String, Double)] = []
    if hasEvents { defaults.append(("worker_connections", 512)) }
    if hasHTTP { defaults.append(("keepalive_timeout", 75)) }
    if hasProxyPass {
      defaults += [
        ("proxy_read_timeout", 60), ("proxy_connect_timeout", 60), ("proxy_send_timeout", 60),
      ]
    }
    for (name, value) in defaults where !seen.contains(name) {
      page.record(
        "nginx.config." + name, value, of: proxy,
        origin: Origin(line: nil, excerpt: "\(name) is not set; nginx documents this default"))
    }
  }
}

/// Files that distributions include everywhere and that hold none of what is read here.
func isHarmless(include path: String) -> Bool {
  let name = path.split(separator: "/").last ?? ""
  return name == "mime.types" || name.hasSuffix("_params") || path.contains("modules")
}

/// `10.0.12.31:8080`, `[::1]:8000`, `app`: host without brackets, and port.
func splitAddress(_ address: String, defaultPort: Int) -> (host: String, port: Int) {
  if address.hasPrefix("["), let close = address.firstIndex(of: "]") {
    let host = String(address[address.index(after: address.startIndex)..<close])
    let rest = address[address.index(after: close)...]
    return (host, Int(rest.dropFirst()) ?? defaultPort)
  }
  guard let colon = address.lastIndex(of: ":"),
    let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port)
  else { return (address, defaultPort) }
  return (String(address[..<colon]), port)
}

func isLoopback(_ host: String) -> Bool {
  host == "localhost" || host.hasPrefix("127.") || host == "::1" || host == "0.0.0.0"
    || host == "::"
}

/// `60`, `60s`, `5m`, `1h 30m`, `500ms` as nginx writes times.
func nginxSeconds(_ text: String) -> Double? {
  let scales: [(String, Double)] = [
    ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ("M", 2_592_000), ("y", 31_536_000),
  ]
  var total = 0.0
  var rest = text[...]
  guard !rest.isEmpty else { return nil }
  while !rest.isEmpty {
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits) else { return nil }
    rest = rest.dropFirst(digits.count)
    let letters = rest.prefix { $0.isASCII && $0.isLetter }
    rest = rest.dropFirst(letters.count)
    guard let scale = letters.isEmpty ? 1 : scales.first(where: { $0.0 == letters })?.1 else {
      return nil
    }
    total += number * scale
  }
  return total.isFinite ? total : nil
}

/// `8m`, `512k`, `1g`, `0`.
func nginxBytes(_ text: String) -> Double? {
  guard let last = text.last else { return nil }
  let scale: Double? =
    switch last {
    case "k", "K": 1024
    case "m", "M": 1_048_576
    case "g", "G": 1_073_741_824
    default: last.isNumber ? 1 : nil
    }
  guard let scale else { return nil }
  return Double(last.isNumber ? text[...] : text.dropLast()).map { $0 * scale }
}
