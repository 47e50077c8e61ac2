#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How long, and how much, a server may take. hiredis's own time-out starts anew with every byte, so
/// time is kept here: one deadline per command, none renewed.
package struct RedisBudget: Sendable {
  package var connect: Double
  package var command: Double
  package var total: Double
  /// The largest reply, in bytes.
  package var reply: Int

  package init(
    connect: Double = 2, command: Double = 2, total: Double = 10, reply: Int = 8 << 20
  ) {
    (self.connect, self.command, self.total, self.reply) = (connect, command, total, reply)
  }
}

/// Why an exchange failed; the collector says it with the server's name and a remedy.
enum ConnectionFault: Error, Equatable {
  case unknownHost
  case lookupTimeout
  case refused
  case connectTimeout
  case unreachable(String)
  /// Nothing, or this many bytes of the reply, came in time.
  case timeout(received: Int)
  case closed
  case replyTooLarge
  /// The answer is not Redis's protocol; its beginning.
  case foreign(String)
  case tls(String)
  /// No OpenSSL on this system.
  case noTLS
}

/// A connection that sends what `RedisCommand` allows and nothing else.
final class RedisConnection {
  private let descriptor: Int32
  private let tls: TLSSession?
  private let parser: ReplyParser
  private let budget: RedisBudget
  private let total: Deadline

  init(
    _ endpoint: RedisTarget.Endpoint, tls options: TLSOptions? = nil, budget: RedisBudget
  ) throws(ConnectionFault) {
    self.budget = budget
    total = .after(budget.total)
    guard let parser = ReplyParser() else { throw .unreachable("not enough memory") }
    self.parser = parser
    let deadline = total.orAfter(budget.connect)
    let descriptor: Int32
    let name: String
    switch endpoint {
    case .socket(let path):
      guard let address = SocketAddress(path: path) else {
        throw .unreachable("the path is too long")
      }
      descriptor = try open(address, by: deadline)
      name = "localhost"
    case .network(let host, let port):
      guard let addresses = HostLookup.addresses(of: host, port: port, by: deadline) else {
        throw .lookupTimeout
      }
      descriptor = try openFirst(of: addresses, by: deadline)
      name = host
    }
    do throws(ConnectionFault) {
      tls = try options.map { (options) throws(ConnectionFault) in
        try secured(descriptor, host: name, options: options, by: deadline)
      }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends commands at once and gives their replies; all of them within one command's time.
  func ask(_ commands: [RedisCommand]) throws(ConnectionFault) -> [RedisReply] {
    let deadline = total.orAfter(budget.command)
    try send(commands.flatMap(\.wire), by: deadline)
    var replies: [RedisReply] = []
    var part = [CChar](repeating: 0, count: 64 << 10)
    var received = 0
    var first: [UInt8] = []
    while replies.count < commands.count {
      guard let count = try receive(into: &part, by: deadline) else {
        throw .timeout(received: received)
      }
      received += count
      if first.count < 60 { first += part[..<count].prefix(60).map { UInt8(bitPattern: $0) } }
      part.withUnsafeBufferPointer { parser.feed(UnsafeBufferPointer(rebasing: $0[..<count])) }
      do throws(ReplyParser.Fault) {
        while let reply = try parser.next() {
          replies.append(reply)
          received = 0
          if replies.count == commands.count { break }
        }
      } catch {
        switch error {
        case .foreign: throw .foreign(String(decoding: first.prefix(60), as: UTF8.self))
        case .tooManyElements: throw .replyTooLarge
        }
      }
      guard received <= budget.reply else { throw .replyTooLarge }
    }
    return replies
  }

  func ask(_ command: RedisCommand) throws(ConnectionFault) -> RedisReply {
    try ask([command]).first ?? .absent
  }

  private func send(_ bytes: [UInt8], by deadline: Deadline) throws(ConnectionFault) {
    var sent = 0
    while sent < bytes.count {
      let step = bytes.withUnsafeBytes { sendSome(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      guard let count = try settle(step, by: deadline) else { throw .timeout(received: 0) }
      sent += count
    }
  }

  /// Nil when the time is up; 0 where it is worth trying again.
  private func settle(
    _ step: TLSSession.Step, by deadline: Deadline
  ) throws(ConnectionFault) -> Int? {
    switch step {
    case .done(let count): return count
    case .wantsRead: return deadline.wait(for: Int32(POLLIN), on: descriptor) ? 0 : nil
    case .wantsWrite: return deadline.wait(for: Int32(POLLOUT), on: descriptor) ? 0 : nil
    case .closed: throw .closed
    case .failed(let why): throw .tls(why)
    }
  }

  private func receive(
    into part: inout [CChar], by deadline: Deadline
  ) throws(ConnectionFault) -> Int? {
    while true {
      // A server that never stops sending is no reason to go on.
      if deadline.secondsLeft == 0 { return nil }
      let step = part.withUnsafeMutableBytes { receiveSome($0) }
      guard let count = try settle(step, by: deadline) else { return nil }
      if count > 0 { return count }
    }
  }

  private func receiveSome(_ buffer: UnsafeMutableRawBufferPointer) -> TLSSession.Step {
    if let tls { return tls.read(into: buffer) }
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .done(count) }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? .wantsRead : .closed
  }

  /// A peer that has gone must not end this program with a signal.
  private func sendSome(_ bytes: UnsafeRawBufferPointer) -> TLSSession.Step {
    if let tls { return tls.write(bytes) }
    let count = sendBytes(descriptor, bytes)
    if count > 0 { return .done(count) }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? .wantsWrite : .closed
  }
}

private func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
}

private func secured(
  _ descriptor: Int32, host: String, options: TLSOptions, by deadline: Deadline
) throws(ConnectionFault) -> TLSSession {
  let session = try TLSSession(descriptor, host: host, options: options)
  while true {
    let events: Int32
    switch session.connect() {
    case .done: return session
    case .wantsRead: events = Int32(POLLIN)
    case .wantsWrite: events = Int32(POLLOUT)
    case .closed: throw .tls("it closed the connection at the handshake: does that port speak TLS?")
    case .failed(let why): throw .tls(why)
    }
    guard deadline.wait(for: events, on: descriptor) else { throw .connectTimeout }
  }
}

/// Each address gets its share of the time, so that one that swallows packets leaves some to the
/// next. The fault of the last is told, unless one refused: that one is there.
private func openFirst(
  of addresses: [SocketAddress], by deadline: Deadline
) throws(ConnectionFault) -> Int32 {
  guard !addresses.isEmpty else { throw .unknownHost }
  var fault: ConnectionFault?
  for (index, address) in addresses.enumerated() {
    let share = deadline.secondsLeft / Double(addresses.count - index)
    do throws(ConnectionFault) {
      return try open(address, by: deadline.orAfter(share))
    } catch {
      if fault != .refused { fault = error }
    }
  }
  throw fault ?? .unknownHost
}

func open(_ address: SocketAddress, by deadline: Deadline) throws(ConnectionFault) -> Int32 {
  let descriptor = socket(address.family, streamSocket, 0)
  guard descriptor >= 0 else { throw .unreachable(systemReason(errno)) }
  do throws(ConnectionFault) {
    guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else { throw .unreachable(systemReason(errno)) }
    let result = address.bytes.withUnsafeBytes { bytes in
      bytes.assumingMemoryBound(to: sockaddr.self).baseAddress.map {
        connect(descriptor, $0, socklen_t(bytes.count))
      } ?? -1
    }
    guard result != 0 else { return descriptor }
    var code = errno
    if code == EINPROGRESS || code == EINTR {
      guard deadline.wait(for: Int32(POLLOUT), on: descriptor) else { throw .connectTimeout }
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
        throw .unreachable(systemReason(errno))
      }
    }
    switch code {
    case 0: return descriptor
    case ECONNREFUSED, ENOENT: throw .refused
    // A unix socket whose queue of callers is full.
    case EAGAIN, ETIMEDOUT: throw .connectTimeout
    default: throw .unreachable(systemReason(code))
    }
  } catch {
    close(descriptor)
    throw error
  }
}

private func systemReason(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0).lowercased() } ?? "error \(code)"
}

extension SocketAddress {
  /// A unix socket; nil where the path does not fit.
  init?(path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      // The last byte stays NUL.
      guard bytes.count < room.count else { return false }
      room.copyBytes(from: bytes)
      return true
    }
    guard fits else { return nil }
    family = AF_UNIX
    self.bytes = withUnsafeBytes(of: address) { Array($0) }
  }
}
