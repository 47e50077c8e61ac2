import CZlib
import Model

/// Reads zip from front to back by the headers before the members, so that it needs no seeking: a
/// pipe, a zip cut short and one within another archive are read alike, and no byte is read twice
/// (zip bombs of overlapping members rest on the directory at the end).
final class ZipArchive: Archive {
  private let stream: BufferedStream
  private let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let budget: UnpackingBudget
  private var member: ZipMember?
  private var failure: SourceError?
  /// Of the member at hand, told after all of its bytes.
  private var late: SourceError?

  static func isMagic(_ head: [UInt8]) -> Bool {
    [ZipMember.header, ZipMember.end].contains { head.starts(with: $0) }
  }

  init(_ stream: BufferedStream, budget: UnpackingBudget) {
    self.stream = stream
    self.budget = budget
    state.initialize(to: z_stream())
  }

  deinit {
    inflateEnd(state)
    state.deallocate()
  }

  func next() throws(SourceError) -> ArchiveMember? {
    while true {
      if let failure { throw failure }
      try passOver()
      late = nil
      let magic = stream.peek(4)
      if [ZipMember.directory, ZipMember.end, ZipMember.end64].contains(magic) { return nil }
      guard !magic.isEmpty else { throw stop("the archive is cut short: it has no end") }
      guard magic == ZipMember.header else {
        throw stop("the archive is damaged: the rest was not read")
      }
      let fixed = try stream.take(ZipMember.headerSize)
      guard fixed.count == ZipMember.headerSize else { throw cutShort }
      let lengths = (fixed.number(26, 2), fixed.number(28, 2))
      let name = try stream.take(lengths.0)
      let extra = try stream.take(lengths.1)
      guard name.count == lengths.0, extra.count == lengths.1 else { throw cutShort }
      let found = ZipMember(fixed, extra: extra)
      member = found
      if found.method == .deflated { try begin() }
      if found.isEndless { throw stop("an encrypted member: the rest was not read") }
      if name.last == UInt8(ascii: "/") || name.last == UInt8(ascii: "\\") { continue }
      return ArchiveMember(name: name, refusal: found.refusal)
    }
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    if let error = late ?? failure {
      late = nil
      throw error
    }
    guard let member, !member.isAtEnd, member.refusal == nil, !buffer.isEmpty else { return 0 }
    let count: Int
    switch member.method {
    case .stored where member.hasDescriptor: count = try copyToDescriptor(into: buffer)
    case .stored: count = try copy(into: buffer)
    case .deflated: count = try inflate(into: buffer)
    case .other: return 0
    }
    self.member?.add(buffer, count)
    try budget.give(member.method == .deflated ? count : 0)
    if self.member?.isAtEnd == true { try check() }
    if count == 0, let error = late {
      late = nil
      throw error
    }
    return count
  }

  private var cutShort: SourceError { stop("the archive is cut short: what is there was read") }

  private func stop(_ message: String) -> SourceError {
    let error = SourceError(message)
    failure = error
    return error
  }

  private func begin() throws(SourceError) {
    inflateEnd(state)
    state.initialize(to: z_stream())
    // Raw data: zip has a checksum of its own.
    let result = inflateInit2_(state, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw stop("cannot unpack the archive: not enough memory") }
  }

  /// Passes over what is left of the member, unpacking it only where nothing else tells its end.
  private func passOver() throws(SourceError) {
    guard let member, !member.isAtEnd else { return }
    if !member.hasDescriptor {
      let count = try stream.skip(member.packedLeft)
      guard count == member.packedLeft else { throw cutShort }
      self.member = nil
      return
    }
    var waste = [UInt8](repeating: 0, count: 32 << 10)
    while self.member?.isAtEnd == false {
      // A wrong checksum of what nobody wanted is no loss.
      late = nil
      try waste.withUnsafeMutableBufferPointer { (buffer) throws(SourceError) in
        _ = try read(into: buffer)
      }
    }
  }

  private func copy(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let wanted = min(buffer.count, member?.packedLeft ?? 0)
    guard wanted > 0 else {
      member?.isAtEnd = true
      return 0
    }
    let count = try stream.read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]))
    guard count > 0 else { throw cutShort }
    member?.packedLeft -= count
    if member?.packedLeft == 0 { member?.isAtEnd = true }
    return count
  }

  /// Data of a size unknown beforehand ends where a descriptor follows that states the size so far.
  private func copyToDescriptor(
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) throws(SourceError) -> Int {
    var count = 0
    while count < buffer.count {
      let bytes = try stream.next()
      guard !bytes.isEmpty else { throw cutShort }
      guard bytes[0] == ZipMember.descriptor[0] else {
        let end = bytes.firstIndex(of: ZipMember.descriptor[0]) ?? bytes.count
        let step = min(end, buffer.count - count)
        for offset in 0..<step { buffer[count + offset] = bytes[offset] }
        stream.consume(step)
        count += step
        continue
      }
      let size = (member?.size ?? 0) + count
      let head = stream.peek(12)
      if head.starts(with: ZipMember.descriptor), head.number(8, 4) == size & 0xffff_ffff {
        member?.isAtEnd = true
        return count
      }
      buffer[count] = bytes[0]
      stream.consume(1)
      count += 1
    }
    return count
  }

  private func inflate(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let room = UInt32(clamping: buffer.count)
    state.pointee.next_out = buffer.baseAddress
    state.pointee.avail_out = room
    while state.pointee.avail_out > 0, member?.isAtEnd == false {
      let bytes = try stream.next()
      let hasSize = member?.hasDescriptor == false
      let most = hasSize ? min(bytes.count, member?.packedLeft ?? 0) : bytes.count
      guard most > 0 else { throw bytes.isEmpty ? cutShort : damaged }
      state.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
      state.pointee.avail_in = UInt32(clamping: most)
      let result = CZlib.inflate(state, Z_NO_FLUSH)
      let used = most - Int(state.pointee.avail_in)
      stream.consume(used)
      if hasSize { member?.packedLeft -= used }
      switch result {
      case Z_STREAM_END: member?.isAtEnd = true
      case Z_OK, Z_BUF_ERROR: break
      default: throw damaged
      }
    }
    return Int(room - state.pointee.avail_out)
  }

  private var damaged: SourceError { stop("the zip data is damaged: the rest was not read") }

  /// Holds the member against what is stated of it, and takes the descriptor behind it.
  private func check() throws(SourceError) {
    guard var member else { return }
    if member.hasDescriptor {
      // Its signature is optional, its sizes have 4 or 8 bytes each; what follows tells which.
      let head = stream.peek(28)
      let skip = head.starts(with: ZipMember.descriptor) ? 4 : 0
      let marks = [ZipMember.header, ZipMember.directory, ZipMember.end64, ZipMember.end]
      let isLong =
        !marks.contains { head.dropFirst(skip + 12).starts(with: $0) }
        && marks.contains { head.dropFirst(skip + 20).starts(with: $0) }
      member.checksum = head.number(skip, 4)
      _ = try stream.skip(skip + (isLong ? 20 : 12))
    } else if member.packedLeft > 0 {
      _ = try stream.skip(member.packedLeft)
    }
    self.member = member
    if member.checksum != Int(member.sum) {
      late = SourceError("the zip data is damaged: its checksum is wrong")
    }
  }
}

/// What the header before a member says, and how far it was read.
struct ZipMember {
  static let header: [UInt8] = [0x50, 0x4b, 3, 4]
  static let directory: [UInt8] = [0x50, 0x4b, 1, 2]
  static let end: [UInt8] = [0x50, 0x4b, 5, 6]
  static let end64: [UInt8] = [0x50, 0x4b, 6, 6]
  static let descriptor: [UInt8] = [0x50, 0x4b, 7, 8]
  static let headerSize = 30

  enum Method { case stored, deflated, other }

  let method: Method
  let isEncrypted: Bool
  let hasDescriptor: Bool
  var packedLeft: Int
  var checksum: Int
  var isAtEnd = false
  private(set) var size = 0
  private(set) var sum: UInt = 0

  init(_ fixed: [UInt8], extra: [UInt8]) {
    let flags = fixed.number(6, 2)
    isEncrypted = flags & 1 != 0
    hasDescriptor = flags & 8 != 0
    method =
      switch fixed.number(8, 2) {
      case 0: .stored
      case 8: .deflated
      default: .other
      }
    checksum = fixed.number(14, 4)
    packedLeft = fixed.number(18, 4)
    guard packedLeft == 0xffff_ffff else { return }
    // zip64: the sizes stand in an extra field, the unpacked one first.
    var start = 0
    while start + 4 <= extra.count {
      let length = extra.number(start + 2, 2)
      if extra.number(start, 2) == 1, length >= 16, start + 20 <= extra.count {
        packedLeft = extra.number(start + 12, 8)
      }
      start += 4 + length
    }
  }

  /// Nothing tells where it ends.
  var isEndless: Bool { hasDescriptor && (isEncrypted || method == .other) }

  var refusal: String? {
    if isEncrypted { return "it is encrypted: unpack it and give the folder" }
    return method == .other
      ? "packed by a method other than deflate: unpack it and give the folder" : nil
  }

  mutating func add(_ bytes: UnsafeMutableBufferPointer<UInt8>, _ count: Int) {
    size += count
    sum = crc32(sum, bytes.baseAddress, UInt32(clamping: count))
  }
}

extension [UInt8] {
  /// A little-endian number of up to 8 bytes; what is not there counts as 0.
  fileprivate func number(_ offset: Int, _ size: Int) -> Int {
    var value: UInt64 = 0
    for index in 0..<size where offset + index < count {
      value |= UInt64(self[offset + index]) << (8 * UInt64(index))
    }
    return Int(clamping: value)
  }
}
