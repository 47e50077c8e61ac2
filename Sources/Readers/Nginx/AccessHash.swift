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
}

private let mixer: UInt64 = 0xE703_7ED1_A0B4_28DB

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
