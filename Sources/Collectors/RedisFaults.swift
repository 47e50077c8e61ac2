/// Says what is wrong with a server that cannot be asked, and what to do about it.
struct RedisFaults {
  private let target: RedisTarget
  private let budget: RedisBudget

  init(_ target: RedisTarget, _ budget: RedisBudget) {
    self.target = target
    self.budget = budget
  }

  func error(_ fault: ConnectionFault, asking command: String) -> CollectError {
    let server = target.address
    let limit = "\(shortened(budget.command)) s"
    switch fault {
    case .unknownHost:
      return CollectError(
        "the host of \(server) is not known", remedy: "check the name, or give an address")
    case .lookupTimeout:
      return CollectError(
        "the name of \(server) was not resolved within \(shortened(budget.connect)) s",
        remedy: "give an address, or check the resolver (/etc/resolv.conf)")
    case .refused:
      return CollectError(
        "nothing listens at \(server)",
        remedy: "start redis-server, or give the address it has (--redis redis://HOST:PORT)")
    case .connectTimeout:
      return CollectError(
        "\(server) did not accept a connection within \(shortened(budget.connect)) s",
        remedy: "a firewall or security group drops it, or its host is down or overloaded; check "
          + "those and the address")
    case .unreachable(let why):
      return CollectError(
        "cannot connect to \(server) (\(why))", remedy: "check the address and the permissions")
    case .timeout(received: 0):
      return CollectError(
        "\(server) did not answer \(command) within \(limit)",
        remedy: "it accepts connections but is hung or stopped; look at the process on its host "
          + "(ps -o pid,stat,wchan:20,etime -C redis-server) and try again")
    case .timeout(let received):
      return CollectError(
        "\(server) sent only \(received) bytes of its answer to \(command) within \(limit)",
        remedy: "the server or the network is too slow; run triage on its host")
    case .closed:
      return CollectError(
        "\(server) closed the connection at \(command)",
        remedy: (target.tls == nil ? "" : "it may want a certificate (--cert, --key), ")
          + "it restarted, or its maxclients is reached; see its log")
    case .replyTooLarge:
      return CollectError(
        "the answer of \(server) to \(command) is larger than \(budget.reply >> 20) MiB",
        remedy: "collect it with redis-cli into a file and give that")
    case .foreign(let start):
      return CollectError(
        "\(server) does not speak the Redis protocol (it sent '\(shown(start))')",
        remedy: "check the port; for one that speaks TLS say rediss://")
    case .tls(let why):
      return CollectError(
        "no TLS connection to \(server): \(shown(why))",
        remedy:
          "name its authority with --cacert FILE, a certificate of yours with --cert FILE and "
          + "--key FILE; for a port without TLS say redis://")
    case .noTLS:
      return CollectError(
        "rediss:// needs OpenSSL, and this system has none",
        remedy:
          "install libssl3 (Debian, Ubuntu) or openssl-libs (Fedora, Amazon Linux), or open a "
          + "tunnel (ssh -L) and name its end with redis://")
    }
  }

  /// The error for a refusal that concerns every command; nil for others.
  func refusal(_ text: String) -> CollectError? {
    var error = meaning(of: text)
    error?.reply = text
    return error
  }

  private func meaning(of text: String) -> CollectError? {
    let server = target.address
    if text.hasPrefix("NOAUTH") || text.contains("operation not permitted") {
      return CollectError(
        "\(server) needs a password", remedy: "set REDISCLI_AUTH or use redis://:PASSWORD@HOST")
    }
    if text.hasPrefix("WRONGPASS") || text.contains("invalid password") { return wrongPassword }
    if text.contains("protected mode") {
      return CollectError(
        "\(server) is in protected mode and answers its own host only",
        remedy: "run triage on that host")
    }
    if text.contains("max number of clients") {
      return CollectError(
        "\(server) refuses connections: its maxclients is reached",
        remedy: "see who holds them (ss -tn on its host), free some, and try again")
    }
    return nil
  }

  var wrongPassword: CollectError {
    CollectError(
      "\(target.address) refused the password",
      remedy: "check REDISCLI_AUTH or the password in the URL, and the user name before it")
  }

  private func shortened(_ seconds: Double) -> String {
    let tenths = (min(seconds, 1e6) * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}
