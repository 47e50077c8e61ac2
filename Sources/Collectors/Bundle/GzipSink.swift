import CZlib

/// Packs what goes through it, with little effort: the box has none to spare.
final class GzipSink<Sink: ByteSink>: ByteSink {
  private var sink: Sink
  /// zlib keeps a pointer back to it, so it must not move.
  private let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 32 << 10)

  init(_ sink: Sink) throws(CollectError) {
    self.sink = sink
    state.initialize(to: z_stream())
    // 15 bits of window, and 16 for "gzip".
    let result = deflateInit2_(
      state, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      throw CollectError("cannot pack: not enough memory", remedy: "write to a folder instead")
    }
  }

  deinit {
    deflateEnd(state)
    state.deallocate()
    output.deallocate()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(CollectError) {
    guard let base = bytes.bindMemory(to: UInt8.self).baseAddress, !bytes.isEmpty else { return }
    state.pointee.next_in = UnsafeMutablePointer(mutating: base)
    state.pointee.avail_in = UInt32(clamping: bytes.count)
    try pump(Z_NO_FLUSH)
  }

  func finish() throws(CollectError) {
    state.pointee.next_in = nil
    state.pointee.avail_in = 0
    try pump(Z_FINISH)
    try sink.finish()
  }

  private func pump(_ flush: Int32) throws(CollectError) {
    while true {
      state.pointee.next_out = output.baseAddress
      state.pointee.avail_out = UInt32(output.count)
      let result = deflate(state, flush)
      let count = output.count - Int(state.pointee.avail_out)
      if count > 0 {
        try sink.write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: output[..<count])))
      }
      let isOver = flush == Z_FINISH ? result == Z_STREAM_END : state.pointee.avail_out > 0
      if isOver || result < 0 { return }
    }
  }
}
