import CZlib
import Model

/// Unpacks gzip. Members may follow each other.
final class GzipStream: Unpacker {
  static let magic: [UInt8] = [0x1f, 0x8b]
  private var packed: any ByteStream
  private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
  /// zlib keeps a pointer back to it, so it must not move.
  private let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var place = Place.inMember
  let budget: UnpackingBudget
  var failure: SourceError?

  private enum Place { case inMember, betweenMembers, atEnd }

  init(_ packed: any ByteStream, budget: UnpackingBudget) throws(SourceError) {
    self.packed = packed
    self.budget = budget
    state.initialize(to: z_stream())
    // 15 bits of window, and 16 for "gzip".
    let result = inflateInit2_(
      state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw SourceError("cannot unpack gzip: not enough memory") }
  }

  deinit {
    inflateEnd(state)
    state.deallocate()
    input.deallocate()
  }

  func unpack(
    into buffer: UnsafeMutableBufferPointer<UInt8>, count: inout Int
  ) throws(SourceError) {
    let room = UInt32(clamping: buffer.count)
    state.pointee.next_out = buffer.baseAddress
    state.pointee.avail_out = room
    defer { count = Int(room - state.pointee.avail_out) }
    while state.pointee.avail_out > 0, place != .atEnd { try step() }
  }

  private func step() throws(SourceError) {
    if state.pointee.avail_in == 0, try !refill() { return }
    switch place {
    case .atEnd: return
    case .betweenMembers:
      // Tapes and some tools pad with zeros, which `gzip` passes over as well.
      while state.pointee.avail_in > 0, state.pointee.next_in?.pointee == 0 { skipByte() }
      guard state.pointee.avail_in > 0 else { return }
      guard state.pointee.next_in?.pointee == GzipStream.magic[0] else {
        place = .atEnd
        throw SourceError("bytes that follow the gzip data were not read")
      }
      inflateReset(state)
      place = .inMember
    case .inMember:
      switch inflate(state, Z_NO_FLUSH) {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: place = .betweenMembers
      default: throw SourceError("the gzip data is damaged: the rest was not read")
      }
    }
  }

  private func skipByte() {
    state.pointee.next_in = state.pointee.next_in?.advanced(by: 1)
    state.pointee.avail_in -= 1
  }

  /// False at the end of the packed data, where that is a good place to end.
  private func refill() throws(SourceError) -> Bool {
    let count = try packed.read(into: input)
    state.pointee.next_in = input.baseAddress
    state.pointee.avail_in = UInt32(clamping: count)
    guard count == 0 else { return true }
    guard place == .betweenMembers else {
      throw SourceError("the gzip data is cut short: what is there was read")
    }
    place = .atEnd
    return false
  }
}
