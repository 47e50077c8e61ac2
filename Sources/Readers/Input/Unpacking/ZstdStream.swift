import CZstd
import Model

/// Unpacks zstd, frame after frame.
final class ZstdStream: Unpacker {
  /// 8 MiB of memory: what the levels up to 19 ask for. `--ultra` and `--long` may ask for more.
  private static let windowLog: Int32 = 23

  private var packed: any ByteStream
  private let context: OpaquePointer
  private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
  private var filled = 0
  private var position = 0
  private var isBetweenFrames = true
  private var hasFrame = false
  let budget: UnpackingBudget
  var failure: SourceError?

  /// A frame, or one to pass over, which parallel packers begin with.
  static func isMagic(_ head: [UInt8]) -> Bool {
    guard head.count >= 4 else { return false }
    return head.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
      || (0x50...0x5f).contains(head[0]) && head[1...3].elementsEqual([0x2a, 0x4d, 0x18])
  }

  init(_ packed: any ByteStream, budget: UnpackingBudget) throws(SourceError) {
    guard let context = ZSTD_createDCtx() else {
      throw SourceError("cannot unpack zstd: not enough memory")
    }
    _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZstdStream.windowLog)
    self.context = context
    self.packed = packed
    self.budget = budget
  }

  deinit {
    ZSTD_freeDCtx(context)
    input.deallocate()
  }

  func unpack(
    into buffer: UnsafeMutableBufferPointer<UInt8>, count: inout Int
  ) throws(SourceError) {
    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    defer { count = output.pos }
    while output.pos < output.size, try step(&output) {}
  }

  /// False at the end.
  private func step(_ output: inout ZSTD_outBuffer) throws(SourceError) -> Bool {
    if position == filled {
      filled = try packed.read(into: input)
      position = 0
      if filled == 0 {
        // What is still in its hands comes before the end is judged.
        let before = output.pos
        if !isBetweenFrames { try unpack(&output) }
        if isBetweenFrames || output.pos > before { return output.pos > before }
        throw SourceError("the zstd data is cut short: what is there was read")
      }
    }
    try unpack(&output)
    return true
  }

  private func unpack(_ output: inout ZSTD_outBuffer) throws(SourceError) {
    var bytes = ZSTD_inBuffer(src: input.baseAddress, size: filled, pos: position)
    let result = ZSTD_decompressStream(context, &output, &bytes)
    let wasBetween = isBetweenFrames && hasFrame
    position = bytes.pos
    guard ZSTD_isError(result) != 0 else {
      isBetweenFrames = result == 0
      hasFrame = true
      return
    }
    switch ZSTD_getErrorCode(result) {
    case ZSTD_error_frameParameter_windowTooLarge:
      throw SourceError("packed with zstd --long or --ultra: unpack it with zstd -d --long=31")
    case ZSTD_error_prefix_unknown where wasBetween:
      throw SourceError("bytes that follow the zstd data were not read")
    default: throw SourceError("the zstd data is damaged: the rest was not read")
    }
  }
}
