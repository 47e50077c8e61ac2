/// A Redis server to ask: `redis://[user[:password]@]host[:port][/db]`, `rediss://` with TLS,
/// `unix:///path` or `redis+unix:///path`. The password is in no description of it.
package struct RedisTarget: Sendable {
  package enum Endpoint: Sendable, Equatable {
    case network(host: String, port: Int)
    case socket(path: String)
  }

  package let endpoint: Endpoint
  /// The database to sample keys from; nil lets the fullest be chosen.
  package let database: Int?
  let user: String?
  let password: Password?
  /// Nil: without TLS.
  let tls: TLSOptions?
  /// Found on this box rather than named: the password is said only where one is asked for.
  let isFound: Bool

  /// A secret that no interpolation or dump shows.
  struct Password: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    let text: String
    var description: String { "(password)" }
    var customMirror: Mirror { Mirror(self, children: []) }
  }

  /// Reads a URL; a password in it wins over the one from the environment (`REDISCLI_AUTH`, as for
  /// redis-cli: there it is in no process list).
  package init(
    _ url: String, passwordFromEnvironment: String? = nil, tls: TLSOptions = TLSOptions()
  ) throws(CollectError) {
    let scheme = RedisTarget.schemes.first { url.hasPrefix($0) }
    guard let scheme else {
      // The URL itself may hold a password.
      throw CollectError(
        "found no address of a Redis server; expected "
          + "redis://[user[:password]@]host[:port][/db], rediss:// or unix:///path",
        remedy: "for example redis://127.0.0.1:6379")
    }
    self.tls = scheme == "rediss://" ? tls : nil
    isFound = false
    var rest = url.dropFirst(scheme.count)
    var database: Int?
    if let query = rest.firstIndex(of: "?") {
      let words = rest[rest.index(after: query)...].split(separator: "=")
      guard words.count == 2, words[0] == "db", let number = Int(words[1]), number >= 0 else {
        throw RedisTarget.malformed("a query that is not db=NUMBER")
      }
      database = number
      rest = rest[..<query]
    }
    var user: String?
    var password: String?
    // The last @: a password pasted unencoded may hold one.
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = parts.first.flatMap { $0.isEmpty ? nil : decoded($0) }
      password = parts.count > 1 ? decoded(parts[1]) : nil
      rest = rest[rest.index(after: at)...]
    }
    if scheme.hasSuffix("unix://") {
      guard rest.first == "/", rest.utf8.count <= 107 else {
        throw RedisTarget.malformed("no absolute path of at most 107 bytes after unix://")
      }
      endpoint = .socket(path: decoded(rest))
    } else {
      if let slash = rest.firstIndex(of: "/") {
        let path = rest[rest.index(after: slash)...]
        if !path.isEmpty {
          guard let number = Int(path), number >= 0 else {
            throw RedisTarget.malformed("a database that is no number")
          }
          database = number
        }
        rest = rest[..<slash]
      }
      endpoint = try RedisTarget.network(rest)
    }
    self.database = database
    self.user = user
    let secret = password ?? passwordFromEnvironment
    self.password = secret.flatMap { $0.isEmpty ? nil : Password(text: $0) }
  }

  /// A server that was found on this box.
  init(found endpoint: Endpoint, password: String?) {
    self.endpoint = endpoint
    database = nil
    user = nil
    self.password = password.flatMap { $0.isEmpty ? nil : Password(text: $0) }
    tls = nil
    isFound = true
  }

  private static let schemes = ["redis://", "rediss://", "redis+unix://", "unix://"]

  private static func network(_ text: Substring) throws(CollectError) -> Endpoint {
    var host = text
    var port = Substring("6379")
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else {
        throw malformed("an IPv6 address without its closing bracket")
      }
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else { throw malformed("text after the bracket") }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
      guard !host.contains(":") else {
        throw malformed("an IPv6 address without brackets")
      }
    }
    guard let number = Int(port), (1...65_535).contains(number) else {
      throw malformed("a port that is not 1 to 65535")
    }
    return .network(host: host.isEmpty ? "127.0.0.1" : String(host), port: number)
  }

  private static func malformed(_ found: String) -> CollectError {
    CollectError(
      "found \(found) in the address of the Redis server",
      remedy: "expected redis://[user[:password]@]host[:port][/db] or unix:///path")
  }

  /// `host:port` or the path of the socket.
  package var address: String {
    switch endpoint {
    case .network(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .socket(let path): path
    }
  }
}

extension RedisTarget: CustomStringConvertible {
  /// The URL without user and password.
  package var description: String {
    switch endpoint {
    case .network: "\(tls == nil ? "redis" : "rediss")://\(address)"
    case .socket(let path): "unix://\(path)"
    }
  }
}

/// Why a live system could not be asked, and what to do.
package struct CollectError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String
  package let remedy: String
  /// What a server said that refuses to be asked at all: evidence of its own.
  var reply: String?

  package init(_ message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  package var description: String { "\(message): \(remedy)" }
}

/// Undoes %XX; what is no such sequence stays.
private func decoded(_ text: Substring) -> String {
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
      let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
    {
      result.append(value)
      index += 3
    } else {
      result.append(bytes[index])
      index += 1
    }
  }
  return String(decoding: result, as: UTF8.self)
}
