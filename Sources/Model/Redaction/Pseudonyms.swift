/// The key that pseudonyms are made with: who does not have it can neither undo nor guess them.
package struct PseudonymKey: Sendable, Equatable {
  let low: UInt64
  let high: UInt64

  init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// From what a key file holds. The same bytes give the same pseudonyms in every run.
  package init(_ secret: [UInt8]) {
    var first = SipHash(key: PseudonymKey(low: 0x7472_6961_6765, high: 1))
    var second = SipHash(key: PseudonymKey(low: 0x7472_6961_6765, high: 2))
    first.add(secret)
    second.add(secret)
    low = first.value
    high = second.value
  }
}

/// Keyed stand-ins for whatever tells who or where somebody is. The same name gives the same stand-in
/// everywhere; its form stays, so that readers take it for what it is.
struct Pseudonyms: Sendable {
  let key: PseudonymKey

  private func hash(_ domain: String, _ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash = SipHash(key: key)
    hash.add(domain.utf8)
    hash.add(CollectionOfOne(0))
    hash.add(bytes)
    return hash.value
  }

  /// `host-k3jw7a`, `user-2m5xqp`.
  func word(_ prefix: String, for name: some StringProtocol) -> String {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    var bits = hash(prefix, name.lowercased().utf8)
    var word = prefix + "-"
    for _ in 0..<6 {
      word.unicodeScalars.append(Unicode.Scalar(alphabet[Int(bits & 31)]))
      bits >>= 5
    }
    return word
  }

  /// As many hexadecimal digits as there were; what is no digit (the dashes of a UUID) stays.
  func hexadecimal(_ domain: String, _ digits: ArraySlice<UInt8>) -> [UInt8] {
    let isUpper = digits.contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }
    let alphabet = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return draw(digits, alphabet: alphabet, domain: domain) { isHexadecimal($0) }
  }

  func decimal(_ domain: String, _ digits: ArraySlice<UInt8>) -> [UInt8] {
    draw(digits, alphabet: Array("0123456789".utf8), domain: domain, where: isDigit)
  }

  private func draw(
    _ text: ArraySlice<UInt8>, alphabet: [UInt8], domain: String, where isDrawn: (UInt8) -> Bool
  ) -> [UInt8] {
    let plain = text.map { isLetter($0) ? $0 | 0x20 : $0 }
    var block: UInt64 = 0
    var left: UInt64 = 0
    var bits: UInt64 = 0
    return text.map { byte in
      guard isDrawn(byte) else { return byte }
      if left == 0 {
        bits = hash("\(domain) \(block)", plain)
        block += 1
        left = 12
      }
      left -= 1
      let digit = bits % UInt64(alphabet.count)
      bits /= UInt64(alphabet.count)
      return alphabet[Int(digit)]
    }
  }

  // MARK: Addresses

  /// Two addresses of one subnet stay in one subnet, whatever its size; private ones stay private, of
  /// the same block, and public ones public. Loopback, wildcard, multicast and the addresses that mean
  /// the same on every machine (169.254.169.254) stay as they are.
  func address(_ address: UInt32) -> UInt32 {
    switch PublicOrNot(address) {
    case .fixed: return address
    case .block(let kept): return permuted(address, keeping: kept, bits: 32)
    case .world:
      // Block by block of 65,536: again, until the block is a public one. Each public block is met
      // once, so no two addresses become one.
      var block = address & 0xFFFF_0000
      repeat { block = permuted(block, keeping: 0, bits: 16) } while PublicOrNot(block) != .world
      let within = permuted(address, keeping: 16, bits: 32)
      return block | (within & 0xFFFF)
    }
  }

  /// Flips each bit after the first `kept`, or does not, by what stands before it.
  private func permuted(_ address: UInt32, keeping kept: Int, bits: Int) -> UInt32 {
    var result = address
    for bit in kept..<bits {
      let prefix = bit == 0 ? 0 : address >> (32 - UInt32(bit))
      let words = withUnsafeBytes(of: prefix.littleEndian) { Array($0) } + [UInt8(bit)]
      if hash("v4", words) & 1 == 1 { result ^= 1 << (31 - UInt32(bit)) }
    }
    return result
  }

  /// The same for version 6: the first 16 bits of link-local and multicast addresses, 8 of unique
  /// local ones and 3 of global ones stay.
  func address(_ groups: [UInt16]) -> [UInt16] {
    guard groups.count == 8, let first = groups.first else { return groups }
    let kept: Int
    switch first {
    case 0: return mappedVersion4(groups)
    case 0xFF00...: return groups
    case 0xFE80...0xFEBF: kept = 64
    case 0xFC00...0xFDFF: kept = 8
    default: kept = 3
    }
    var result = groups
    var before: [UInt8] = []
    for bit in 0..<128 {
      let mask = UInt16(1) << UInt16(15 - bit % 16)
      if bit >= kept, hash("v6", before) & 1 == 1 { result[bit / 16] ^= mask }
      before.append(groups[bit / 16] & mask == 0 ? 0 : 1)
    }
    return result
  }

  /// `::ffff:10.0.3.7`; `::` and `::1` stay.
  private func mappedVersion4(_ groups: [UInt16]) -> [UInt16] {
    guard groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF else { return groups }
    let mapped = address(UInt32(groups[6]) << 16 | UInt32(groups[7]))
    return Array(groups[..<6]) + [UInt16(mapped >> 16), UInt16(mapped & 0xFFFF)]
  }
}

/// What an address tells by its block alone, and must go on telling.
private enum PublicOrNot: Equatable {
  case fixed, world
  /// The first bits stay.
  case block(Int)

  init(_ address: UInt32) {
    switch address >> 24 {
    case 0, 127, 224...255: self = .fixed
    case 10: self = .block(8)
    case 100 where (address >> 16) & 0xC0 == 0x40: self = .block(10)
    case 169 where (address >> 16) & 0xFF == 254: self = .fixed
    case 172 where (address >> 16) & 0xF0 == 0x10: self = .block(12)
    case 192 where (address >> 16) & 0xFF == 168: self = .block(16)
    default: self = .world
    }
  }
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash whose key cannot be found from what
/// it gives.
struct SipHash: Sendable {
  private var v: (UInt64, UInt64, UInt64, UInt64)
  private var word: UInt64 = 0
  private var count: UInt64 = 0

  init(key: PseudonymKey) {
    v = (
      key.low ^ 0x736f_6d65_7073_6575, key.high ^ 0x646f_7261_6e64_6f6d,
      key.low ^ 0x6c79_6765_6e65_7261, key.high ^ 0x7465_6462_7974_6573
    )
  }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      word |= UInt64(byte) << (8 * (count & 7))
      count &+= 1
      if count & 7 == 0 {
        take(word)
        word = 0
      }
    }
  }

  var value: UInt64 {
    var copy = self
    copy.take(word | count << 56)
    copy.v.2 ^= 0xFF
    for _ in 0..<4 { copy.round() }
    return copy.v.0 ^ copy.v.1 ^ copy.v.2 ^ copy.v.3
  }

  private mutating func take(_ word: UInt64) {
    v.3 ^= word
    round()
    round()
    v.0 ^= word
  }

  private mutating func round() {
    func left(_ value: UInt64, _ by: UInt64) -> UInt64 { value << by | value >> (64 - by) }
    v.0 &+= v.1
    v.1 = left(v.1, 13) ^ v.0
    v.0 = left(v.0, 32)
    v.2 &+= v.3
    v.3 = left(v.3, 16) ^ v.2
    v.0 &+= v.3
    v.3 = left(v.3, 21) ^ v.0
    v.2 &+= v.1
    v.1 = left(v.1, 17) ^ v.2
    v.2 = left(v.2, 32)
  }
}
