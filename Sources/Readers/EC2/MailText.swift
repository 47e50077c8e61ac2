/// The text of a mail as it was before mailers and ticket systems wrapped it, quoted it with `> ` or
/// packed it as quoted-printable; each part knows its line.
///
/// ```
/// > hosting your Amazon EC2 instance (instance-      a bullet or a blank line begins another entry;
/// > ID: i-0abcd1234ef567890). We will stop           any other line goes on with the one above
/// ```
struct MailText {
  struct Entry {
    /// The first line of it alone.
    let head: String
    private(set) var text: String
    private var starts: [(offset: Int, line: Int)]

    init(_ text: String, line: Int) {
      head = text
      self.text = text
      starts = [(0, line)]
    }

    var line: Int { starts.first?.line ?? 0 }
    var lastLine: Int { starts.last?.line ?? 0 }
    fileprivate var isFull: Bool { starts.count >= 60 || text.utf8.count >= 16_384 }

    /// Words were kept whole by mailers, except at a hyphen; a soft break may stand anywhere.
    fileprivate mutating func goOn(with next: String, line: Int, isSoft: Bool) {
      let endsAtHyphen =
        text.hasSuffix("-") && text.dropLast().last?.isWhitespace == false
        && next.first?.isWhitespace == false
      if !isSoft, !endsAtHyphen { text += " " }
      starts.append((text.utf8.count, line))
      text += next
    }

    /// The line of what stands there.
    func line(of index: String.Index) -> Int {
      let offset = text.utf8.distance(from: text.startIndex, to: index)
      return starts.last { $0.offset <= offset }?.line ?? line
    }
  }

  private(set) var entries: [Entry] = []

  init(_ lines: [String]) {
    let bare = lines.map(MailText.unquoted)
    let isPacked = MailText.isQuotedPrintable(bare)
    var isOpen = false
    var isSoft = false
    for (index, line) in bare.enumerated() {
      var text = Substring(line)
      let wasSoft = isSoft
      isSoft = false
      if isPacked {
        if text.last == "=" {
          text = text.dropLast()
          isSoft = true
        }
        text = MailText.decoded(text)
      }
      let own = wasSoft ? text : text.drop { $0 == " " || $0 == "\t" }
      guard wasSoft || !own.isEmpty else {
        isOpen = false
        continue
      }
      let isBullet = own.hasPrefix("- ") || own.hasPrefix("* ")
      if isOpen, wasSoft || !isBullet, let last = entries.indices.last, !entries[last].isFull {
        entries[last].goOn(with: String(own), line: index + 1, isSoft: wasSoft)
      } else {
        entries.append(Entry(String(own), line: index + 1))
        isOpen = true
      }
    }
  }

  /// Without `> `, however deep, and without blanks at the end.
  private static func unquoted(_ line: String) -> String {
    var text = line[...]
    while let mark = text.firstIndex(where: { $0 != " " }), text[mark] == ">" {
      text = text[text.index(after: mark)...]
    }
    if text.count < line.count, text.first == " " { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }

  /// By its header, or by a soft break where a mailer makes one.
  private static func isQuotedPrintable(_ lines: [String]) -> Bool {
    lines.contains { line in
      line.last == "=" && (60...76).contains(line.utf8.count)
        || line.utf8.count < 80 && line.lowercased().hasPrefix("content-transfer-encoding: quoted")
    }
  }

  /// `=3D` is `=`: bytes of UTF-8 by their number.
  private static func decoded(_ text: Substring) -> Substring {
    guard text.contains("=") else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "="), rest.count >= 2,
        let high = digit(rest[rest.startIndex]), let low = digit(rest[rest.startIndex + 1])
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return Substring(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
