/// Sixteen bytes compared at once: one bit a byte, the first byte lowest. On x86-64 these are SSE2
/// instructions, which every such machine has; elsewhere a loop that the compiler may unroll.
#if arch(x86_64)
  import _Builtin_intrinsics.intel

  typealias ByteLanes = SSELanes

  struct SSELanes {
    private let bytes: __m128i

    /// `start` and the 15 bytes after it must be readable.
    @inline(__always)
    init(_ start: UnsafePointer<UInt8>) {
      bytes = UnsafeRawPointer(start).loadUnaligned(as: __m128i.self)
    }

    @inline(__always)
    func equal(_ byte: UInt8) -> UInt32 { SSELanes.bits(equals(byte)) }

    @inline(__always)
    func equal(_ one: UInt8, or two: UInt8) -> UInt32 {
      SSELanes.bits(_mm_or_si128(equals(one), equals(two)))
    }

    /// The bytes in `first...(first + count - 1)`.
    @inline(__always)
    func isIn(_ first: UInt8, count: UInt8) -> UInt32 {
      let moved = _mm_sub_epi8(bytes, SSELanes.all(first))
      return SSELanes.bits(_mm_cmpeq_epi8(_mm_min_epu8(moved, SSELanes.all(count &- 1)), moved))
    }

    @inline(__always)
    private func equals(_ byte: UInt8) -> __m128i { _mm_cmpeq_epi8(bytes, SSELanes.all(byte)) }

    @inline(__always)
    private static func all(_ byte: UInt8) -> __m128i { _mm_set1_epi8(CChar(bitPattern: byte)) }

    @inline(__always)
    private static func bits(_ lanes: __m128i) -> UInt32 {
      UInt32(bitPattern: _mm_movemask_epi8(lanes))
    }
  }

  /// Which of eight tags in a row equal one: one bit a tag.
  @inline(__always)
  func equalTags(_ tags: UnsafePointer<UInt32>, _ tag: UInt32) -> UInt32 {
    let bytes = UnsafeRawPointer(tags)
    let wanted = _mm_set1_epi32(Int32(bitPattern: tag))
    let low = _mm_cmpeq_epi32(bytes.loadUnaligned(as: __m128i.self), wanted)
    let high = _mm_cmpeq_epi32(
      bytes.loadUnaligned(fromByteOffset: 16, as: __m128i.self), wanted)
    // Saturation keeps each lane all ones or all zeros: 32 bits to 16, then to 8.
    let packed = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128())
    return UInt32(bitPattern: _mm_movemask_epi8(packed))
  }
#else
  typealias ByteLanes = PlainLanes

  @inline(__always)
  func equalTags(_ tags: UnsafePointer<UInt32>, _ tag: UInt32) -> UInt32 {
    plainEqualTags(tags, tag)
  }
#endif

/// The same without the instructions: what other machines run, and what tests hold the others to.
struct PlainLanes {
  private let start: UnsafePointer<UInt8>

  init(_ start: UnsafePointer<UInt8>) { self.start = start }

  @inline(__always)
  private func bits(_ holds: (UInt8) -> Bool) -> UInt32 {
    var result: UInt32 = 0
    for lane in 0..<16 where holds(start[lane]) { result |= 1 << UInt32(lane) }
    return result
  }

  @inline(__always)
  func equal(_ byte: UInt8) -> UInt32 { bits { $0 == byte } }

  @inline(__always)
  func equal(_ one: UInt8, or two: UInt8) -> UInt32 { bits { $0 == one || $0 == two } }

  @inline(__always)
  func isIn(_ first: UInt8, count: UInt8) -> UInt32 { bits { $0 &- first < count } }
}

func plainEqualTags(_ tags: UnsafePointer<UInt32>, _ tag: UInt32) -> UInt32 {
  var result: UInt32 = 0
  for way in 0..<8 where tags[way] == tag { result |= 1 << UInt32(way) }
  return result
}
