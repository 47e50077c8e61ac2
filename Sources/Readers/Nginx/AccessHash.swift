/// Hashes of names. The keys are fixed, so that a log gives the same report on every machine; names
/// are compared after their hashes agree, and tables give a hash a bounded number of places, so a
/// log made to collide costs neither truth nor time.
extension RawLine {
  /// Never 0.
  @inline(__always)
  func hash(_ place: Place) -> UInt64 {
    let size = place.count
    let seed: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: size)
    var first: UInt64 = 0
    var last: UInt64 = 0
    if size >= 16 {
      // Pieces of sixteen bytes, each multiplied by itself alone so that they can be worked on side
      // by side; the last one overlaps the one before.
      var index = place.start
      var key: UInt64 = 0x2D35_8DCC_AA6C_78A5
      while index < place.end {
        let at = Swift.min(index, place.end &- 16)
        first &+= folded(word(at: at) ^ key, word(at: at &+ 8) ^ 0x8BB8_4B93_962E_ACC9)
        key &+= 0x9E37_79B9_7F4A_7C15
        index &+= 16
      }
      last = key
    } else if size >= 8 {
      first = word(at: place.start)
      last = word(at: place.end &- 8)
    } else if size >= 4 {
      first = UInt64(halfWord(at: place.start))
      last = UInt64(halfWord(at: place.end &- 4))
    } else if size > 0 {
      first = UInt64(self[place.start])
      last = UInt64(self[place.start &+ size / 2]) &<< 8 | UInt64(self[place.end &- 1])
    }
    let hash = folded(first ^ 0xA076_1D64_78BD_642F, last ^ seed)
    return hash == 0 ? 1 : hash
  }

  /// A number made of the size, the middle and the end of a name: enough to guess where it was met
  /// last, at a tenth of the cost of a hash.
  @inline(__always)
  func guess(_ place: Place) -> UInt64 {
    let size = place.count
    guard size >= 8 else {
      return size > 0 ? (head(place) &+ UInt64(truncatingIfNeeded: size)) &* mixer : 0
    }
    let middle = word(at: place.start &+ (size &- 8) / 2)
    let end = word(at: place.end &- 8) &+ UInt64(truncatingIfNeeded: size)
    return (middle ^ end &* mixer) &* mixer
  }

  /// True where the 52 bytes from `start` on are the others, as far as the mask has ones; all 52 must
  /// be readable. Nothing depends on the length, so nothing is guessed wrong.
  @inline(__always)
  func equals(
    _ start: Int, _ other: UnsafePointer<UInt8>, mask: UnsafePointer<UInt8>
  ) -> Bool {
    let mine = UnsafeRawPointer(base + start)
    let theirs = UnsafeRawPointer(other)
    let mask = UnsafeRawPointer(mask)
    var difference = pieceXor(mine, theirs, at: 0) & piece(mask, at: 0)
    difference |= pieceXor(mine, theirs, at: 16) & piece(mask, at: 16)
    difference |= pieceXor(mine, theirs, at: 32) & piece(mask, at: 32)
    difference |= pieceXor(mine, theirs, at: 36) & piece(mask, at: 36)
    return difference.x | difference.y == 0
  }

  /// True where the place holds these bytes.
  @inline(__always)
  func equals(_ place: Place, _ other: UnsafePointer<UInt8>) -> Bool {
    let size = place.count
    let mine = UnsafeRawPointer(base + place.start)
    let theirs = UnsafeRawPointer(other)
    if size >= 16 {
      // Four pieces at once, the last ones overlapping: lengths vary from line to line, and a branch
      // that nobody can foresee costs more than a piece.
      let last = size &- 16
      var index = 0
      repeat {
        let second = Swift.min(index &+ 16, last)
        let third = Swift.min(index &+ 32, last)
        let fourth = Swift.min(index &+ 48, last)
        index = Swift.min(index, last)
        var difference = pieceXor(mine, theirs, at: index)
        difference |= pieceXor(mine, theirs, at: second)
        difference |= pieceXor(mine, theirs, at: third)
        difference |= pieceXor(mine, theirs, at: fourth)
        guard difference.x | difference.y == 0 else { return false }
        index &+= 64
      } while index < size
      return true
    }
    if size >= 8 {
      let first = wordXor(mine, theirs, at: 0)
      return first | wordXor(mine, theirs, at: size &- 8) == 0
    }
    if size >= 4 {
      let first = UInt32(littleEndian: theirs.loadUnaligned(as: UInt32.self))
      let last = UInt32(
        littleEndian: theirs.loadUnaligned(fromByteOffset: size &- 4, as: UInt32.self))
      return halfWord(at: place.start) == first && halfWord(at: place.end &- 4) == last
    }
    guard size > 0 else { return true }
    return self[place.start] == other[0] && self[place.end &- 1] == other[size &- 1]
      && self[place.start &+ size / 2] == other[size / 2]
  }
}

private let mixer: UInt64 = 0xE703_7ED1_A0B4_28DB

@inline(__always)
private func pieceXor(
  _ one: UnsafeRawPointer, _ two: UnsafeRawPointer, at offset: Int
) -> SIMD2<UInt64> {
  one.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
    ^ two.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
}

@inline(__always)
private func piece(_ bytes: UnsafeRawPointer, at offset: Int) -> SIMD2<UInt64> {
  bytes.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
}

@inline(__always)
private func wordXor(_ one: UnsafeRawPointer, _ two: UnsafeRawPointer, at offset: Int) -> UInt64 {
  one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    ^ two.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
}

/// The product of two words, its halves folded into one.
@inline(__always)
func folded(_ one: UInt64, _ two: UInt64) -> UInt64 {
  // `multipliedFullWidth` is a call, this an instruction.
  let product = UInt128(truncatingIfNeeded: one) &* UInt128(truncatingIfNeeded: two)
  return UInt64(truncatingIfNeeded: product &>> 64) ^ UInt64(truncatingIfNeeded: product)
}

/// A word made of another such that each bit depends on all.
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
  folded(value ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
}
