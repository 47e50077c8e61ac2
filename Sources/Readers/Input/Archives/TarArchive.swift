import Model

/// Reads tar: ustar, GNU's long names and large sizes, pax paths and sizes. Links, devices and sparse
/// files are listed and not read.
final class TarArchive: Archive {
  static let blockSize = 512
  /// Names beyond `MemberName.limit` are not wanted; pax headers may hold attributes besides.
  private static let extraLimit = 1 << 20
  /// GNU tar fills its last record of 20 blocks; tapes have records of up to a MiB.
  private static let paddingLimit = 1 << 20

  private let stream: BufferedStream
  /// Bytes of the member at hand that were not read yet, and the padding behind them.
  private var left = 0
  private var padding = 0
  private var offset = 0
  private var isAtEnd = false

  init(_ stream: BufferedStream) { self.stream = stream }

  /// Whether this is the header of a member: its checksum tells, also of archives without a magic.
  static func isHeader(_ block: [UInt8]) -> Bool {
    guard block.count == blockSize, block[0] != 0 else { return false }
    return TarHeader(block) != nil
      || block[257..<262].elementsEqual("ustar".utf8) && block[148..<157].contains(0)
  }

  func next() throws(SourceError) -> ArchiveMember? {
    var extra = Extra()
    while true {
      try passOver()
      guard !isAtEnd else { return nil }
      let block = try take(TarArchive.blockSize)
      if block.isEmpty || block.allSatisfy({ $0 == 0 }) {
        isAtEnd = true
        if block.isEmpty { throw SourceError("the archive is cut short: it has no end") }
        try expectPadding()
        return nil
      }
      guard block.count == TarArchive.blockSize else { throw cutShort }
      guard let header = TarHeader(block) else {
        isAtEnd = true
        throw SourceError("the archive is damaged at byte \(offset - 512): the rest was not read")
      }
      let isOfNext = "LKxXgVN".contains(header.type)
      left = isOfNext ? header.size : extra.size ?? header.size
      padding = (TarArchive.blockSize - left % TarArchive.blockSize) % TarArchive.blockSize
      switch header.type {
      case "L": extra.name = try takeExtra().prefix { $0 != 0 } + []
      case "K", "g", "V", "N": continue
      case "x", "X": extra.read(pax: try takeExtra())
      case "5", "D": extra = Extra()
      default:
        let name = extra.name ?? header.name
        if header.type == "S" { try passOverMap(after: block) }
        if header.type == "0", name.last == UInt8(ascii: "/") {
          extra = Extra()
          continue
        }
        return ArchiveMember(
          name: name, refusal: extra.isSparse ? TarHeader.sparse : header.refusal,
          isNoFile: ("1"..."6").contains(header.type))
      }
    }
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let wanted = min(buffer.count, left)
    guard wanted > 0 else { return 0 }
    let count = try stream.read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]))
    guard count > 0 else { throw cutShort }
    left -= count
    offset += count
    return count
  }

  private var cutShort: SourceError {
    isAtEnd = true
    return SourceError("the archive is cut short: what is there was read")
  }

  private func take(_ count: Int) throws(SourceError) -> [UInt8] {
    let bytes = try stream.take(count)
    offset += bytes.count
    return bytes
  }

  private func passOver() throws(SourceError) {
    guard left + padding > 0 else { return }
    let count = try stream.skip(left + padding)
    offset += count
    // Some writers leave out the last padding.
    guard count >= left else { throw cutShort }
    left = 0
    padding = 0
  }

  /// The rest of the list of holes stands before the data.
  private func passOverMap(after header: [UInt8]) throws(SourceError) {
    var hasMore = header[482] != 0
    while hasMore {
      let block = try take(TarArchive.blockSize)
      guard block.count == TarArchive.blockSize else { throw cutShort }
      hasMore = block[504] != 0
    }
  }

  /// A long name or attributes that stand in for a member's data.
  private func takeExtra() throws(SourceError) -> [UInt8] {
    let bytes = try take(min(left, TarArchive.extraLimit))
    left -= bytes.count
    return bytes
  }

  /// Behind the end there are zeros only, unless somebody appended to it.
  private func expectPadding() throws(SourceError) {
    var seen = 0
    while seen < TarArchive.paddingLimit {
      let bytes = try stream.next()
      guard !bytes.isEmpty else { return }
      guard bytes.allSatisfy({ $0 == 0 }) else {
        throw SourceError("bytes that follow the end of the archive were not read")
      }
      seen += bytes.count
      stream.consume(bytes.count)
    }
  }
}

/// One block of 512 bytes that tells of a member.
struct TarHeader {
  static let sparse = "a sparse file of tar is not read: pack it without --sparse"

  let name: [UInt8]
  let size: Int
  let type: Character

  /// Nil where the checksum or a number is wrong.
  init?(_ block: [UInt8]) {
    guard block.count == TarArchive.blockSize, let sum = TarHeader.number(block[148..<156]) else {
      return nil
    }
    // Old writers added up signed bytes.
    var unsigned = 8 * 0x20
    var signed = 8 * 0x20
    for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
      unsigned += Int(byte)
      signed += Int(Int8(bitPattern: byte))
    }
    guard sum == unsigned || sum == signed else { return nil }
    let flag = block[156]
    type = flag == 0 || flag == UInt8(ascii: "7") ? "0" : Character(Unicode.Scalar(flag))
    // Links and folders have no data, whatever size they state.
    let hasData = !("1"..."6").contains(type)
    guard let size = TarHeader.number(block[124..<136]) else { return nil }
    self.size = hasData ? size : 0
    var name = Array(block[0..<100].prefix { $0 != 0 })
    // GNU has times where ustar has the rest of the name.
    if block[257..<263].elementsEqual("ustar\0".utf8), block[345] != 0 {
      name = block[345..<500].prefix { $0 != 0 } + [UInt8(ascii: "/")] + name
    }
    self.name = name
  }

  /// Why a member of this type is not read.
  var refusal: String? {
    switch type {
    case "0": nil
    case "1": "a hard link to another member is not followed"
    case "2": "a symbolic link in an archive is not followed"
    case "3", "4": "it is a device, expected a regular file"
    case "6": "it is a named pipe (FIFO), expected a regular file"
    case "S": TarHeader.sparse
    case "M": "a part of a file that began in another archive is not read"
    default: "a member of an unknown type is not read"
    }
  }

  /// Octal digits, or GNU's form for what they have no room for: a set first bit, then the number.
  static func number(_ field: ArraySlice<UInt8>) -> Int? {
    var value = 0
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80 else { return nil }
      for byte in field.dropFirst() {
        guard value < 1 << 50 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    for digit in digits {
      guard (0x30...0x37).contains(digit), value < 1 << 50 else { return nil }
      value = value << 3 | Int(digit - 0x30)
    }
    return value
  }
}

/// What stands before a header and says more than it has room for.
private struct Extra {
  var name: [UInt8]?
  var size: Int?
  var isSparse = false

  /// Records of `LENGTH KEY=VALUE\n`; what is malformed ends them.
  mutating func read(pax bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      guard let space = bytes[start...].firstIndex(of: 0x20), space - start <= 7,
        let length = Int(String(decoding: bytes[start..<space], as: UTF8.self)),
        length > space - start + 1, length <= bytes.count - start
      else { return }
      let record = bytes[(space + 1)..<(start + length - 1)]
      start += length
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = record[(equals + 1)...]
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": name = Array(value.prefix { $0 != 0 })
      case "size":
        let number = Int(String(decoding: value, as: UTF8.self))
        size = number.flatMap { (0..<1 << 50).contains($0) ? $0 : nil }
      case let key where key.hasPrefix("GNU.sparse."):
        isSparse = true
        // What the packer calls the member itself says nothing to people.
        if key == "GNU.sparse.name" { name = Array(value.prefix { $0 != 0 }) }
      default: break
      }
    }
  }
}
