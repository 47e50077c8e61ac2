#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The counters of a network adapter, as `ethtool -S` shows them, without the program: the kernel is asked
/// for their number, their names and their values. Anybody may ask.
///
/// The requests: Linux, include/uapi/linux/ethtool.h and sockios.h.
struct AdapterCounters {
  struct Counter {
    let name: String
    let value: UInt64
  }

  private static let request: UInt = 0x8946
  private static let (getStringSetInfo, getStrings, getValues): (UInt32, UInt32, UInt32) = (
    0x37, 0x1b, 0x1d
  )
  /// The set of the names of the counters.
  private static let statistics: UInt32 = 1
  private static let nameSize = 32
  /// More than any adapter has.
  private static let limit = 16_384

  /// What EC2 counts for each adapter whose driver knows it.
  static func allowances(_ files: SystemFiles) -> [(name: String, counters: [Counter])] {
    // Of another root the adapters are not the ones that this process would ask.
    guard files.root.isEmpty || files.root == "/" else { return [] }
    // Where /sys is not there, neither are adapters to ask.
    let adapters = (try? files.names(in: "/sys/class/net")) ?? []
    return adapters.filter { $0 != "lo" }.sorted().prefix(16).compactMap { name in
      let counters = AdapterCounters.read(name).filter { $0.name.hasSuffix("_allowance_exceeded") }
      return counters.isEmpty ? nil : (name, counters)
    }
  }

  /// All counters of an adapter; none where it has none or does not tell.
  static func read(_ name: String) -> [Counter] {
    let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return [] }
    defer { close(socket) }
    // cmd, reserved, the sets asked for as bits, the size of each.
    guard
      let sizes = ask(
        socket, name, [getStringSetInfo, 0, 1 << statistics, 0], bytes: 20),
      sizes.load(UInt64.self, at: 8) & 1 << UInt64(statistics) != 0
    else { return [] }
    let count = Int(sizes.load(UInt32.self, at: 16))
    // The kernel writes as many as there are by then, whatever room is stated: queues may have been added.
    let room = 2 * count + 1024
    guard count > 0, count <= limit,
      let names = ask(
        socket, name, [getStrings, statistics, UInt32(count)], bytes: 12 + room * nameSize),
      let values = ask(socket, name, [getValues, UInt32(count)], bytes: 8 + room * 8),
      names.load(UInt32.self, at: 8) == UInt32(count),
      values.load(UInt32.self, at: 4) == UInt32(count)
    else { return [] }
    return (0..<count).map { index in
      Counter(
        name: names.text(at: 12 + index * nameSize, most: nameSize),
        value: values.load(UInt64.self, at: 8 + index * 8))
    }
  }

  /// Sends words and gives the answer, which stands in the same memory of `bytes`.
  private static func ask(
    _ socket: Int32, _ name: String, _ words: [UInt32], bytes: Int
  ) -> Reply? {
    guard name.utf8.count < 16 else { return nil }
    var reply = Reply(words, bytes: bytes)
    // struct ifreq: a name of 16 bytes, then a pointer; 40 bytes in all.
    var interface = [UInt8](repeating: 0, count: 40)
    interface.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    let status = reply.bytes.withUnsafeMutableBytes { memory in
      interface.withUnsafeMutableBytes { interface in
        interface.storeBytes(
          of: UInt(bitPattern: memory.baseAddress), toByteOffset: 16, as: UInt.self)
        guard let start = interface.baseAddress else { return Int32(-1) }
        return ioctl(socket, request, start)
      }
    }
    return status == 0 ? reply : nil
  }

  private struct Reply {
    var bytes: [UInt8]

    init(_ words: [UInt32], bytes count: Int) {
      bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
      bytes += Array(repeating: 0, count: max(0, count - bytes.count))
    }

    /// In the order of a little-endian processor.
    func load<Number: FixedWidthInteger>(_ type: Number.Type, at place: Int) -> Number {
      let size = MemoryLayout<Number>.size
      guard place >= 0, place + size <= bytes.count else { return 0 }
      return bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | Number($1) }
    }

    func text(at place: Int, most: Int) -> String {
      guard place >= 0, place + most <= bytes.count else { return "" }
      return String(decoding: bytes[place..<place + most].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
