/// Makes redacted copies, and then looks in them for what should be gone: a second opinion on what was
/// written, not on what was meant.
package struct RedactedCopy: Sendable {
  package let redactor: Redactor
  /// The hash of every pseudonym that was given out. Whatever else names somebody in a copy is a leak.
  private var issued: Set<UInt64> = []
  package private(set) var secrets = 0
  package private(set) var pseudonyms = 0
  private static let issuedLimit = 500_000

  /// So many pseudonyms were given out that copies cannot be searched for other names.
  package var isUnchecked: Bool { issued.count >= RedactedCopy.issuedLimit }

  package init(_ redactor: Redactor) { self.redactor = redactor }

  private static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// The line as it goes into the copy.
  package mutating func line(_ line: [UInt8], context: inout LineRedactor) -> [UInt8] {
    guard redactor.mode != .none else { return line }
    let cuts = redactor.cuts(in: line, announced: context.announced(in: line))
    guard !cuts.isEmpty else { return line }
    for cut in cuts {
      if cut.replacement == Redactor.hidden {
        secrets += 1
      } else {
        pseudonyms += 1
        if !isUnchecked { issued.insert(RedactedCopy.digest(cut.replacement)) }
      }
    }
    return redactor.apply(cuts, to: line)
  }

  /// A name of a file in the copy: one component of a path, and nothing but that.
  package mutating func fileName(_ component: String) -> String {
    var context = LineRedactor()
    let bytes = line(Array(component.utf8), context: &context)
    var name = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let isPlain = scalar.value > 0x20 && scalar.value != 0x7F && scalar != "/" && scalar != "\\"
      switch scalar.properties.generalCategory {
      case _ where !isPlain: name += scalar == " " ? " " : "_"
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: name += "_"
      default: name.unicodeScalars.append(scalar)
      }
      if name.utf8.count > 180 { break }
    }
    // A hidden one would be passed over by whoever walks the copy, this program among them.
    if name.hasPrefix(".") { name = "_" + name.dropFirst() }
    return name.isEmpty ? "_" : name
  }

  /// What a line of a copy still holds that should be gone, in words; nil where it holds nothing.
  package func leak(in line: [UInt8], context: inout LineRedactor) -> String? {
    let announced = context.announced(in: line)
    guard redactor.mode != .none else { return nil }
    if let announced, !isHidden(line[announced]) { return "a secret that the line before names" }
    if findSecrets(in: line).contains(where: { !isHidden(line[$0.range]) }) {
      return "something that looks like a secret"
    }
    if !redactor.survey.secrets(in: line).isEmpty { return "a secret that was found elsewhere" }
    guard redactor.mode == .all, !isUnchecked else { return nil }
    let finder = IdentityFinder(
      line, names: redactor.survey.names, pseudonyms: redactor.pseudonyms)
    let isLeft = finder.cuts().contains { cut in
      !issued.contains(RedactedCopy.digest(line[cut.range]))
    }
    return isLeft ? "an address, a name or an id" : nil
  }

  private func isHidden(_ part: ArraySlice<UInt8>) -> Bool {
    part.split(separator: UInt8(ascii: "*")).joined().count * 2 <= part.count
      && part.contains(UInt8(ascii: "*"))
  }
}
