import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Where the bytes of an archive go.
protocol ByteSink {
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CollectError)
  mutating func finish() throws(CollectError)
}

/// A file or a pipe.
struct DescriptorSink: ByteSink {
  let descriptor: Int32
  let name: String

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CollectError) {
    var rest = bytes
    while !rest.isEmpty {
      if Interruption.hasCome {
        throw CollectError("\(name): interrupted", remedy: "nothing was left behind")
      }
      let count = writeSome(rest)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw DescriptorSink.fault(name) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  mutating func finish() throws(CollectError) {}

  private func writeSome(_ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  static func fault(_ name: String) -> CollectError {
    let why = strerror(errno).map { String(cString: $0).lowercased() } ?? "error \(errno)"
    return CollectError(
      "\(name): \(why)",
      remedy:
        "nothing was left behind; write elsewhere, for example to another box: triage collect "
        + "-o - | ssh HOST 'cat > bundle.tar.gz'")
  }
}

/// Writes a ustar archive: what every tar reads, and which needs nothing known in advance but sizes.
struct TarWriter<Sink: ByteSink> {
  private(set) var sink: Sink
  /// All names lie below it.
  let folder: String
  let time: Int

  mutating func add(_ file: CollectedFile) throws(CollectError) {
    let size = file.size
    try write(TarHeader.bytes(path: "\(folder)/\(file.path)", size: size, time: time))
    var stream = file.open()
    var part = [UInt8](repeating: 0, count: 32 << 10)
    var left = size
    while left > 0 {
      let wanted = min(part.count, left)
      var count = 0
      do throws(SourceError) {
        count = try part.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
          try stream.read(into: UnsafeMutableBufferPointer(rebasing: all[..<wanted]))
        }
      } catch { count = 0 }
      // A log that was cut meanwhile: its size is promised already. Blank lines tell nothing.
      if count <= 0 {
        for index in 0..<wanted { part[index] = UInt8(ascii: "\n") }
        count = wanted
      }
      try write(part[..<count])
      left -= count
    }
    try write([UInt8](repeating: 0, count: (512 - size % 512) % 512)[...])
  }

  mutating func finish() throws(CollectError) {
    try write([UInt8](repeating: 0, count: 1024)[...])
    try sink.finish()
  }

  init(_ sink: Sink, folder: String, time: Int) {
    self.sink = sink
    self.folder = folder
    self.time = time
  }

  private mutating func write(_ bytes: ArraySlice<UInt8>) throws(CollectError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(CollectError) in
      try sink.write(UnsafeRawBufferPointer(bytes))
    }
  }
}

enum TarHeader {
  static func bytes(path: String, size: Int, time: Int) -> ArraySlice<UInt8> {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in text.enumerated() where offset + index < header.count {
        header[offset + index] = byte
      }
    }
    func octal(_ number: Int, digits: Int) -> [UInt8] {
      let text = String(max(0, number), radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
    }
    // The end of a path that is too long says more than its beginning.
    put(path.utf8.suffix(100), at: 0)
    put(octal(0o600, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(size, digits: 11), at: 124)
    put(octal(time, digits: 11), at: 136)
    put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
    header[156] = UInt8(ascii: "0")
    put("ustar\u{0}00".utf8, at: 257)
    let sum = header.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return header[...]
  }
}
