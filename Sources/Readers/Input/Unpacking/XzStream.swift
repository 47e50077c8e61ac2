import CLzma
import Model

/// Unpacks xz, stream after stream: what `sos report` packs with.
final class XzStream: Unpacker {
  static let magic: [UInt8] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
  /// A dictionary of 8 MiB and what goes with it: what the levels up to 6, the default, ask for.
  private static let memoryLimit: UInt64 = 10 << 20

  private var packed: any ByteStream
  private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
  /// liblzma keeps a pointer back to it, so it must not move.
  private let state = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
  private var isInputOver = false
  private var isAtEnd = false
  let budget: UnpackingBudget
  var failure: SourceError?

  init(_ packed: any ByteStream, budget: UnpackingBudget) throws(SourceError) {
    self.packed = packed
    self.budget = budget
    state.initialize(to: lzma_stream())
    let result = lzma_stream_decoder(state, XzStream.memoryLimit, lzma_concatenated)
    guard result == LZMA_OK else {
      throw SourceError("cannot unpack xz: not enough memory")
    }
  }

  deinit {
    lzma_end(state)
    state.deallocate()
    input.deallocate()
  }

  func unpack(
    into buffer: UnsafeMutableBufferPointer<UInt8>, count: inout Int
  ) throws(SourceError) {
    state.pointee.next_out = buffer.baseAddress
    state.pointee.avail_out = buffer.count
    defer { count = buffer.count - state.pointee.avail_out }
    while state.pointee.avail_out > 0, !isAtEnd { try step() }
  }

  private func step() throws(SourceError) {
    if state.pointee.avail_in == 0, !isInputOver {
      state.pointee.next_in = UnsafePointer(input.baseAddress)
      state.pointee.avail_in = try packed.read(into: input)
      isInputOver = state.pointee.avail_in == 0
    }
    switch lzma_code(state, isInputOver ? LZMA_FINISH : LZMA_RUN) {
    case LZMA_OK: break
    case LZMA_STREAM_END: isAtEnd = true
    case LZMA_BUF_ERROR:
      throw SourceError("the xz data is cut short: what is there was read")
    case LZMA_MEMLIMIT_ERROR:
      throw SourceError("packed with xz -7 or higher: unpack it with xz -d")
    case LZMA_FORMAT_ERROR where state.pointee.total_out > 0:
      throw SourceError("bytes that follow the xz data were not read")
    default: throw SourceError("the xz data is damaged: the rest was not read")
    }
  }
}
