import Model

/// haproxy.cfg: what its checks of servers ask for and how often, and how long it waits for an answer.
///
/// ```
/// backend web
///   option httpchk GET /
///   timeout server 30s
///   server web1 10.0.3.9:8000 check inter 2s
/// ```
///
/// Only proxies in mode http count; a check without a path of its own sends OPTIONS, which is no visit.
enum HAProxyReader {
  /// Sections begin at the margin, and one of them names servers.
  static func mayHold(_ text: String) -> Bool {
    guard !["{{", "{%", "<%"].contains(where: { text.contains($0) }) else { return false }
    var hasProxy = false
    var hasServer = false
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.fields
      guard let first = words.first else { continue }
      if line.first?.isWhitespace == false, ["backend", "listen"].contains(first) {
        hasProxy = words.count == 2
      }
      if first == "server" || first == "server-template", words.count > 2 { hasServer = true }
    }
    return hasProxy && hasServer
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    var defaults: [String: Section] = [:]
    var current = Section()
    for (index, line) in lines.enumerated() {
      let words = HAProxyReader.words(line)
      guard let first = words.first else { continue }
      guard ["global", "defaults", "frontend", "backend", "listen"].contains(first) else {
        if first.allSatisfy({ $0.isLetter || $0 == "-" }), sectionWords.contains(first) {
          finish(current, &defaults, file.path, lines, into: &page)
          current = Section()
        } else {
          current.read(words, line: index + 1)
        }
        continue
      }
      finish(current, &defaults, file.path, lines, into: &page)
      let name = words.count > 1 ? words[1] : ""
      let base = words.firstIndex(of: "from").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
      // The last section of defaults holds where none is named.
      current = defaults[base ?? ""] ?? Section()
      current.kind = first
      current.name = first == "defaults" && name == "from" ? "" : name
    }
    finish(current, &defaults, file.path, lines, into: &page)
  }

  private static let sectionWords: Set<String> = [
    "peers", "userlist", "resolvers", "mailers", "cache", "program", "ring", "http-errors",
    "fcgi-app", "crt-store", "traces",
  ]

  private static func finish(
    _ section: Section, _ defaults: inout [String: Section], _ path: String, _ lines: [String],
    into page: inout Page
  ) {
    switch section.kind {
    case "defaults":
      defaults[""] = section
      if !section.name.isEmpty { defaults[section.name] = section }
    case "backend", "listen": section.record(path, lines, into: &page)
    default: break
    }
  }

  /// Words of a line up to its comment; quotes and backslashes only hold words together.
  private static func words(_ line: String) -> [String] {
    guard line.contains(where: { "\"'\\#".contains($0) }) else {
      return line.fields.map(String.init)
    }
    var words: [String] = []
    var word = ""
    var isOpen = false
    var quote: Character?
    var isEscaped = false
    for character in line.prefix(4096) {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
        isOpen = true
      } else if let mark = quote {
        if character == mark { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        isOpen = true
      } else if character == "#" {
        break
      } else if character.isWhitespace {
        if isOpen || !word.isEmpty { words.append(word) }
        (word, isOpen) = ("", false)
      } else {
        word.append(character)
      }
    }
    if isOpen || !word.isEmpty { words.append(word) }
    return words
  }

  /// `30s`, `2m`, `50000`: milliseconds where no unit is given.
  static func seconds(_ text: String) -> Double? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Double(digits), let scale = scales[String(text.dropFirst(digits.count))]
    else { return nil }
    return number * scale
  }

  private static let scales: [String: Double] = [
    "us": 0.000_001, "": 0.001, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400,
  ]

  /// A proxy, with what it takes from the section of defaults before it.
  private struct Section {
    var kind = ""
    var name = ""
    private var isHTTP = false
    private var timeout: (text: String, line: Int)?
    private var check: (method: String, path: String, line: Int)?
    /// `http-check send` counts where `option httpchk` is on.
    private var sent: (method: String, path: String, line: Int)?
    private var interval: (text: String, line: Int)?
    private var isCheckedByDefault = false
    private var servers: [(address: String, isChecked: Bool, interval: String?, line: Int)] = []

    mutating func read(_ words: [String], line: Int) {
      func word(_ index: Int) -> String { words.indices.contains(index) ? words[index] : "" }
      func after(_ name: String) -> String? {
        words.firstIndex(of: name).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
      }
      switch (words[0], word(1)) {
      case ("mode", let mode): isHTTP = mode == "http"
      case ("timeout", "server"): timeout = (word(2), line)
      case ("no", "option") where word(2) == "httpchk": check = nil
      case ("option", "httpchk"):
        // `option httpchk [[METHOD] URI [VERSION]]`
        check = words.count > 3 ? (word(2), word(3), line) : ("OPTIONS", word(2), line)
      case ("option", let other) where other.hasSuffix("-check") || other.hasSuffix("-hello-chk"):
        check = nil
      case ("http-check", "send"):
        guard let path = after("uri") else { return }
        sent = (after("meth") ?? "GET", path, line)
      case ("default-server", _):
        if let text = after("inter") { interval = (text, line) }
        if words.contains("check") { isCheckedByDefault = true }
      case ("server", _), ("server-template", _):
        let at = words[0] == "server" ? 2 : 3
        guard words.count > at, servers.count < 1000 else { return }
        let isChecked = words.contains("check") || isCheckedByDefault
        servers.append((words[at], isChecked && !words.contains("no-check"), after("inter"), line))
      default: break
      }
    }

    func record(_ path: String, _ lines: [String], into page: inout Page) {
      guard isHTTP, !isInfrastructure(name: name) else { return }
      recordTimeout(path, lines, into: &page)
      guard let option = check, let server = servers.first(where: \.isChecked),
        !isFrontEnd(name)
      else { return }
      let asked = sent ?? option
      guard ["GET", "HEAD"].contains(asked.method), asked.path.hasPrefix("/") else { return }
      let app = page.subject(.app, .serviceName(name))
      let origin = Document.origin(asked.line, in: lines).marking(asked.path)
      recordCheck(asked.path, of: app, origin: origin, into: &page)
      let stated = server.interval.map { ($0, server.line) } ?? interval.map { ($0.text, $0.line) }
      if let (text, line) = stated, let seconds = HAProxyReader.seconds(text) {
        page.record(
          "app.healthcheck_interval", seconds, of: app,
          origin: Document.origin(line, in: lines).marking(text))
      } else if stated == nil {
        page.record(
          "app.healthcheck_interval", 2, of: app,
          origin: Origin(line: nil, excerpt: "inter is not set; the default is 2s"))
      }
    }

    private func recordTimeout(_ path: String, _ lines: [String], into page: inout Page) {
      guard let timeout, let seconds = HAProxyReader.seconds(timeout.text), seconds > 0 else {
        return
      }
      for server in servers.prefix(50) {
        let address = server.address
        guard !address.contains("$"), !address.contains("@"), address.contains(":") else {
          continue
        }
        let app: Int
        if address.hasPrefix("unix:") || address.hasPrefix("/") {
          let socket = address.hasPrefix("/") ? address[...] : address.dropFirst(5)
          app = page.subject(.app, .socket(String(socket)))
        } else {
          let (host, port) = splitAddress(address, defaultPort: 80)
          guard !isInfrastructure(name: host) else { continue }
          if isLoopback(host) {
            app = page.subject(.app, .port(port))
          } else if namesMachine(host) {
            app = page.subject(.app, .address("\(host):\(port)"))
          } else {
            app = page.subject(.app, .serviceName(host), .port(port))
          }
        }
        page.record(
          "app.proxy.read_timeout", seconds, of: app, part: "\(path):\(server.line)",
          origin: Document.origin(timeout.line, in: lines).marking(timeout.text))
      }
    }
  }
}
