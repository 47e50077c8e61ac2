/// Where a process listens, from its open sockets and the tables of its network.
struct ListeningSockets {
  private(set) var ports: [(address: String, port: Int)] = []
  private(set) var paths: [String] = []

  /// Nil where its sockets are not ours to see.
  init?(of pid: Int, files: SystemFiles) {
    let folder = "/proc/\(pid)/fd"
    var inodes: Set<String> = []
    do throws(FileFault) {
      for name in try files.names(in: folder).prefix(100_000) {
        if let link = files.link("\(folder)/\(name)"), link.hasPrefix("socket:[") {
          inodes.insert(String(link.dropFirst(8).dropLast()))
        }
      }
    } catch { return nil }
    for table in ["tcp", "tcp6"] {
      let text = files.textIfAny("/proc/\(pid)/net/\(table)", limit: 8 << 20) ?? ""
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count > 9, fields[3] == "0A", inodes.contains(String(fields[9])),
          let place = ListeningSockets.place(fields[1])
        else { continue }
        ports.append(place)
      }
    }
    let sockets = files.textIfAny("/proc/\(pid)/net/unix", limit: 8 << 20) ?? ""
    for line in sockets.split(separator: "\n") {
      let fields = line.split(separator: " ")
      // Accepting, and with a name in the file system.
      guard fields.count >= 8, fields[3] == "00010000", inodes.contains(String(fields[6])),
        fields[7].hasPrefix("/")
      else { continue }
      paths.append(String(fields[7]))
    }
    ports.sort { ($0.port, $0.address) < ($1.port, $1.address) }
  }

  /// `0100007F:18EB`: each four bytes in the machine's order, which is little-endian wherever this
  /// runs.
  static func place(_ text: Substring) -> (address: String, port: Int)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1], radix: 16) else { return nil }
    var bytes: [UInt8] = []
    var rest = parts[0]
    while rest.count >= 8 {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
      rest = rest.dropFirst(8)
    }
    switch bytes.count {
    case 4: return (bytes.map { "\($0)" }.joined(separator: "."), port)
    case 16:
      let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]
      if isMapped { return (bytes.suffix(4).map { "\($0)" }.joined(separator: "."), port) }
      let groups = stride(from: 0, to: 16, by: 2).map {
        String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
      }
      return (groups.joined(separator: ":"), port)
    default: return nil
    }
  }

  /// What to connect to where it listens on all addresses.
  static func reachable(_ address: String) -> String {
    switch address {
    case "0.0.0.0": "127.0.0.1"
    case "0:0:0:0:0:0:0:0", "0:0:0:0:0:0:0:1": "::1"
    default: address
    }
  }
}
