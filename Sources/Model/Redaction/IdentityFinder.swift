/// Finds what tells who and where in one line: addresses, host names, users, ids of machines,
/// accounts and processes; and gives the pseudonym of each.
///
/// Linear like `SecretFinder`: whatever looks back or ahead does so over a bounded stretch.
struct IdentityFinder {
  enum Item {
    case address4(UInt32)
    /// `ip-10-0-3-7`
    case dashedAddress(UInt32)
    case address6([UInt16])
    case hexadecimal, account
    case host, user, container
  }

  let line: [UInt8]
  let names: KnownNames
  let pseudonyms: Pseudonyms

  init(_ line: [UInt8], names: KnownNames, pseudonyms: Pseudonyms) {
    self.line = line
    self.names = names
    self.pseudonyms = pseudonyms
  }

  func cuts() -> [Redactor.Cut] {
    items().compactMap { range, item in
      let new: [UInt8]
      switch item {
      case .address4(let address):
        new = Array(dotted(pseudonyms.address(address), by: ".").utf8)
      case .dashedAddress(let address):
        new = Array(dotted(pseudonyms.address(address), by: "-").utf8)
      case .address6(let groups): new = Array(colons(pseudonyms.address(groups)).utf8)
      case .hexadecimal, .container: new = pseudonyms.hexadecimal("hex", line[range])
      case .account: new = pseudonyms.decimal("account", line[range])
      case .host: new = Array(HostName(text(range)).pseudonym(pseudonyms).utf8)
      case .user: new = Array(pseudonyms.word("user", for: text(range)).utf8)
      }
      return new.elementsEqual(line[range]) ? nil : Redactor.Cut(range: range, replacement: new)
    }
  }

  /// The names that this line introduces as such: they are names wherever else they stand.
  static func introductions(in line: [UInt8]) -> [(NamedThing, String)] {
    let finder = IdentityFinder(
      line, names: KnownNames(), pseudonyms: Pseudonyms(key: PseudonymKey(low: 0, high: 0)))
    return finder.items().flatMap { range, item -> [(NamedThing, String)] in
      switch item {
      case .user: return [(.user, finder.text(range))]
      case .host:
        let name = HostName(finder.text(range))
        return name.labels.count > 1 && name.firstIsMapped
          ? [(.host, name.text), (.host, name.labels[0])] : [(.host, name.text)]
      default: return []
      }
    }
  }

  func text(_ range: Range<Int>) -> String { String(decoding: line[range], as: UTF8.self) }
  func at(_ index: Int) -> UInt8 { line.indices.contains(index) ? line[index] : 0 }

  /// True where `mark` ends right before `index`.
  func ends(_ mark: StaticString, before index: Int) -> Bool {
    let length = mark.utf8CodeUnitCount
    guard index >= length, index <= line.count else { return false }
    return mark.withUTF8Buffer { line[(index - length)..<index].elementsEqual($0) }
  }

  private func items() -> [(Range<Int>, Item)] {
    var found = addresses6()
    let contexts = NameContexts(self)
    var index = 0
    while index < line.count {
      guard isNameByte(line[index]) else {
        index += 1
        continue
      }
      var run = index..<index
      while run.upperBound < line.count, isNameByte(line[run.upperBound]) {
        run = index..<(run.upperBound + 1)
      }
      index = run.upperBound
      while let last = line[run].last, last == UInt8(ascii: ".") || last == UInt8(ascii: "-") {
        run = run.dropLast()
      }
      while let first = line[run].first, first == UInt8(ascii: ".") || first == UInt8(ascii: "-") {
        run = run.dropFirst()
      }
      guard !run.isEmpty else { continue }
      found += items(in: run, contexts)
    }
    return found
  }

  private func items(in run: Range<Int>, _ contexts: NameContexts) -> [(Range<Int>, Item)] {
    if contexts.users.contains(run.lowerBound), isTelling(text(run)) { return [(run, .user)] }
    if let account = account(run) { return [(account, .account)] }
    let addresses = addresses4(in: run)
    if !addresses.isEmpty { return addresses }
    let isHost = contexts.hosts.contains(run.lowerBound)
    if run.count <= 253, at(run.upperBound) != UInt8(ascii: "("),
      isHost || line[run].contains(UInt8(ascii: "."))
    {
      let name = HostName(text(run))
      if isHost ? name.mayBeHost : name.isPlainlyHost(self, run) {
        return [(run, .host)]
      }
    }
    let parts = ids(in: run)
    if !parts.isEmpty || !names.mayHold(line[run]) { return parts }
    let word = text(run)
    if names.hosts.contains(word) { return [(run, .host)] }
    if names.users.contains(word) { return [(run, .user)] }
    if names.containers.contains(word) { return [(run, .container)] }
    return []
  }

  // MARK: Addresses

  private func addresses4(in run: Range<Int>) -> [(Range<Int>, Item)] {
    var found: [(Range<Int>, Item)] = []
    var index = run.lowerBound
    while index < run.upperBound {
      let before = index == run.lowerBound ? 0 : line[index - 1]
      guard isDigit(line[index]), !isDigit(before), !isLetter(before) else {
        index += 1
        continue
      }
      if before != UInt8(ascii: "."), let (end, address) = quad(at: index, by: "."),
        end <= run.upperBound, !isVersion(index, address)
      {
        found.append((index..<end, .address4(address)))
        index = end
      } else if ends("ip-", before: index) || ends("ec2-", before: index),
        let (end, address) = quad(at: index, by: "-"), end <= run.upperBound
      {
        // The rest of the name stays: it says the region.
        found.append((index..<end, .dashedAddress(address)))
        index = end
      } else {
        index += 1
      }
    }
    return found
  }

  /// `Chrome/120.0.0.0` is none; Java's `host/10.0.3.7` is one.
  private func isVersion(_ index: Int, _ address: UInt32) -> Bool {
    at(index - 1) == UInt8(ascii: "/") && isLetter(at(index - 2)) && address & 0xFFFFFF == 0
  }

  private func quad(at start: Int, by separator: Unicode.Scalar) -> (end: Int, address: UInt32)? {
    var address: UInt32 = 0
    var index = start
    for part in 0..<4 {
      if part > 0 {
        guard at(index) == UInt8(ascii: separator) else { return nil }
        index += 1
      }
      var value: UInt32 = 0
      let first = index
      while index - first < 4, isDigit(at(index)) {
        value = value * 10 + UInt32(at(index) - UInt8(ascii: "0"))
        index += 1
      }
      guard index > first, index - first < 4, value < 256 else { return nil }
      address = address << 8 | value
    }
    let isLonger = at(index) == UInt8(ascii: ".") && isDigit(at(index + 1))
    return isLonger || isLetter(at(index)) ? nil : (index, address)
  }

  private func addresses6() -> [(Range<Int>, Item)] {
    var found: [(Range<Int>, Item)] = []
    var index = 0
    while index < line.count {
      let start = index
      var colons = 0
      while index < line.count, isHexadecimal(line[index]) || ":.".utf8.contains(line[index]) {
        if line[index] == UInt8(ascii: ":") { colons += 1 }
        index += 1
      }
      guard index > start else {
        index += 1
        continue
      }
      guard colons >= 2, index - start <= 46, !isNameByte(at(start - 1)), !isNameByte(at(index)),
        line[start..<index].contains(where: isDigit)
      else { continue }
      var range = start..<index
      while let last = line[range].last, last == UInt8(ascii: "."), range.count > 1 {
        range = range.dropLast()
      }
      if let groups = groups(range) {
        found.append((range, .address6(groups)))
      } else if line[range].last == UInt8(ascii: ":"), let groups = groups(range.dropLast()) {
        found.append((range.dropLast(), .address6(groups)))
      }
    }
    return found
  }

  private func groups(_ range: Range<Int>) -> [UInt16]? {
    let text = text(range)
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    func words(_ half: Substring) -> [UInt16]? {
      guard !half.isEmpty else { return [] }
      var groups: [UInt16] = []
      for part in half.split(separator: ":", omittingEmptySubsequences: false) {
        let octets = part.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        if octets.count == 4, octets.allSatisfy({ $0 != nil }) {
          let bytes = octets.map { UInt16($0 ?? 0) }
          groups += [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
        } else if part.count <= 4, let group = UInt16(part, radix: 16) {
          groups.append(group)
        } else {
          return nil
        }
      }
      return groups
    }
    guard let head = words(halves[0]) else { return nil }
    guard halves.count == 2 else { return head.count == 8 ? head : nil }
    guard let tail = words(halves[1]), head.count + tail.count < 8 else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  // MARK: Ids

  /// Twelve digits of an ARN, of a registry's name, or named so.
  private func account(_ run: Range<Int>) -> Range<Int>? {
    let digits = line[run].prefix(while: isDigit)
    guard digits.count == 12 else { return nil }
    let range = run.lowerBound..<(run.lowerBound + 12)
    if range.upperBound < run.upperBound { return text(run).contains(".dkr.ecr.") ? range : nil }
    let before = text(max(0, run.lowerBound - 60)..<run.lowerBound).lowercased()
    let isNamed = before.contains("account") || before.contains("owner")
    return isNamed || before.contains("arn:aws") ? range : nil
  }

  /// `i-0abcd1234ef567890`, run ids and other hashes, UUIDs, within names as well.
  private func ids(in run: Range<Int>) -> [(Range<Int>, Item)] {
    guard run.count >= 10, line[run].contains(where: isDigit) else { return [] }
    let parts = line[run].indices.split { !isLetter(line[$0]) && !isDigit(line[$0]) }
      .compactMap { part in part.first.map { $0..<($0 + part.count) } }
    var found: [(Range<Int>, Item)] = []
    var skipped = 0
    for (index, part) in parts.enumerated() {
      if skipped > 0 {
        skipped -= 1
        continue
      }
      guard line[part].allSatisfy(isHexadecimal) else { continue }
      let isMixed = line[part].contains(where: isLetter) && line[part].contains(where: isDigit)
      if [32, 40, 64].contains(part.count), isMixed {
        found.append((part, .hexadecimal))
      } else if [8, 17].contains(part.count), index > 0,
        at(part.lowerBound - 1) == UInt8(ascii: "-"), idPrefixes.contains(text(parts[index - 1]))
      {
        found.append((part, .hexadecimal))
      } else if part.count == 8, index + 4 < parts.count,
        parts[index...(index + 4)].map(\.count) == [8, 4, 4, 4, 12],
        line[part.lowerBound..<parts[index + 4].upperBound].allSatisfy({
          isHexadecimal($0) || $0 == UInt8(ascii: "-")
        })
      {
        found.append((part.lowerBound..<parts[index + 4].upperBound, .hexadecimal))
        skipped = 4
      }
    }
    return found
  }
}

private let idPrefixes: Set<String> = [
  "i", "vol", "eni", "ami", "sg", "subnet", "vpc", "snap", "lt", "r", "eipalloc", "eipassoc", "rtb",
  "igw", "nat", "acl", "event", "attach", "h", "pg", "cr", "fs",
]

private func dotted(_ address: UInt32, by separator: String) -> String {
  [24, 16, 8, 0].map { String(address >> $0 & 0xFF) }.joined(separator: separator)
}

/// As RFC 5952 writes it: the longest run of zeros is left out.
private func colons(_ groups: [UInt16]) -> String {
  if groups.count == 8, groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
    return "::ffff:" + dotted(UInt32(groups[6]) << 16 | UInt32(groups[7]), by: ".")
  }
  var best = 0..<0
  var start = 0
  while start < groups.count {
    let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
    if end - start > max(best.count, 1) { best = start..<end }
    start = max(end, start + 1)
  }
  func text(_ part: ArraySlice<UInt16>) -> String {
    part.map { String($0, radix: 16) }.joined(separator: ":")
  }
  guard !best.isEmpty else { return text(groups[...]) }
  return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
}
