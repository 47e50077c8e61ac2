import Model

/// Any stream with its next bytes in sight: what they are is told without taking them. An error is
/// kept until what precedes it has been given.
package final class BufferedStream: ByteStream {
  static let size = 64 << 10

  private var inner: any ByteStream
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: BufferedStream.size)
  private var start = 0
  private var end = 0
  private var failure: SourceError?
  private var isAtEnd = false

  init(_ inner: any ByteStream) { self.inner = inner }

  deinit { buffer.deallocate() }

  /// The file, where this is one as it lies on the disk.
  var file: (any RangedStream)? { (inner as? MeteredStream)?.file }

  /// Its bytes cost more than reading them: worth a thread.
  var isUnpacking: Bool { inner is GzipStream || inner is ZstdStream }

  /// Lines that were searched for: the others are not there.
  var isExcerpt: Bool { (inner as? ListedStream)?.isExcerpt ?? false }

  /// The next bytes, up to `count`; fewer where the stream ends.
  func peek(_ count: Int) -> [UInt8] {
    while end - start < min(count, BufferedStream.size), fill() {}
    return Array(buffer[start..<min(end, start + count)])
  }

  /// What is at hand, at least a byte except at the end; `consume` takes it.
  func next() throws(SourceError) -> UnsafeBufferPointer<UInt8> {
    if start == end, !fill(), let failure { throw failure }
    return UnsafeBufferPointer(rebasing: buffer[start..<end])
  }

  /// Throws where there is nothing but an error.
  func expectBytes() throws(SourceError) {
    if start == end, !fill(), let failure { throw failure }
  }

  func consume(_ count: Int) { start += min(count, end - start) }

  package func read(
    into target: UnsafeMutableBufferPointer<UInt8>
  ) throws(SourceError) -> Int {
    // Large blocks need no copy.
    if start == end, !isAtEnd, failure == nil, target.count >= BufferedStream.size {
      return try inner.read(into: target)
    }
    let bytes = try next()
    let count = min(bytes.count, target.count)
    for offset in 0..<count { target[offset] = bytes[offset] }
    consume(count)
    return count
  }

  /// Passes over up to `count` bytes; gives how many there were.
  func skip(_ count: Int) throws(SourceError) -> Int {
    var left = count
    while left > 0 {
      let bytes = try next()
      guard !bytes.isEmpty else { break }
      let step = min(left, bytes.count)
      consume(step)
      left -= step
    }
    return count - left
  }

  /// The next `count` bytes, taken; fewer only where the stream ends.
  func take(_ count: Int) throws(SourceError) -> [UInt8] {
    var taken: [UInt8] = []
    while taken.count < count {
      let bytes = try next()
      guard !bytes.isEmpty else { break }
      let step = min(count - taken.count, bytes.count)
      taken += bytes[..<step]
      consume(step)
    }
    return taken
  }

  /// Reads more behind what is there; false where there is none.
  private func fill() -> Bool {
    guard failure == nil, !isAtEnd else { return false }
    if start == end {
      start = 0
      end = 0
    } else if end == buffer.count {
      guard start > 0 else { return false }
      for offset in start..<end { buffer[offset - start] = buffer[offset] }
      end -= start
      start = 0
    }
    do throws(SourceError) {
      let count = try inner.read(into: UnsafeMutableBufferPointer(rebasing: buffer[end...]))
      end += count
      isAtEnd = count == 0
      return count > 0
    } catch {
      failure = error
      return false
    }
  }
}

/// Up to `limit` bytes, and why there are no more where that was an error.
func take(_ limit: Int, from stream: inout any ByteStream) -> ([UInt8], SourceError?) {
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 64 << 10)
  while bytes.count < limit {
    do throws(SourceError) {
      let wanted = min(part.count, limit - bytes.count)
      let count = try part.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: UnsafeMutableBufferPointer(rebasing: all[..<wanted]))
      }
      guard count > 0 else { break }
      bytes += part[..<count]
    } catch {
      return (bytes, error)
    }
  }
  return (bytes, nil)
}
