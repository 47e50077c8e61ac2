import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One address to connect to.
struct SocketAddress: Sendable {
  let family: Int32
  let bytes: [UInt8]
}

/// Turns a host name into addresses. The system's resolver cannot be given a time limit, so it works
/// in a thread of its own that is left behind when the time is up.
enum HostLookup {
  private final class Job: Sendable {
    private let host: String
    private let port: String
    /// Closed when the work is done: that wakes the other end, if it still waits.
    private let done: Int32
    private let found = Mutex<[SocketAddress]>([])

    init(host: String, port: String, done: Int32) {
      self.host = host
      self.port = port
      self.done = done
    }

    var addresses: [SocketAddress] { found.withLock { $0 } }

    func run() {
      let addresses = resolve(host, port, flags: 0)
      found.withLock { $0 = addresses }
      close(done)
    }
  }

  /// Nil when the time is up; empty where there is no such host.
  static func addresses(of host: String, port: Int, by deadline: Deadline) -> [SocketAddress]? {
    let numeric = resolve(host, "\(port)", flags: AI_NUMERICHOST)
    if !numeric.isEmpty { return numeric }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return [] }
    defer { close(ends[0]) }
    let job = Job(host: host, port: "\(port)", done: ends[1])
    guard startThread({ job.run() }) else {
      close(ends[1])
      return []
    }
    guard deadline.wait(for: Int32(POLLIN), on: ends[0]) else { return nil }
    return job.addresses
  }

  private static func resolve(_ host: String, _ port: String, flags: Int32) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_socktype = streamSocket
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, port, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        addresses.append(
          SocketAddress(
            family: entry.ai_family,
            bytes: Array(UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))))
      }
      next = entry.ai_next
    }
    return addresses
  }
}

#if canImport(Musl)
  let streamSocket = SOCK_STREAM
#else
  let streamSocket = Int32(SOCK_STREAM.rawValue)
#endif
