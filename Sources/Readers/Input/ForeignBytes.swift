/// Names what no reader can read: binary files, and what is packed in ways not unpacked here.
/// `dump.rdb` holds "redis" and a `redis-server` program holds every word of INFO, so this is asked
/// before any reader.
enum ForeignBytes {
  static let utf8Mark: [UInt8] = [0xef, 0xbb, 0xbf]

  /// What the bytes are and what would help; nil for text.
  static func name(of head: [UInt8]) -> String? {
    for (mark, name) in marks where head.starts(with: mark) { return name }
    // Single NULs separate the words of /proc/PID/cmdline, and a run of them leads a log that was
    // truncated while in use; other control characters in number are no text at all.
    let body = head.drop { $0 == 0 }
    if body.isEmpty { return head.isEmpty ? nil : "a file of NUL bytes" }
    var control = 0
    var nul = 0
    for byte in body where byte < 0x20 || byte == 0x7f {
      switch byte {
      case 0: nul += 1
      case 0x08...0x0d, 0x1b: break
      default: control += 1
      }
    }
    if nul * 3 > body.count { return "a binary file: expected text" }
    return control * 20 > body.count ? "a binary file" : nil
  }

  private static let marks: [([UInt8], String)] = [
    (Array("\u{7f}ELF".utf8), "a program (ELF)"),
    (Array("REDIS0".utf8), "a Redis dump (RDB): give INFO and a key sample instead"),
    (Array("LPKSHHRH".utf8), "a systemd journal: give the output of journalctl"),
    (Array("SQLite format 3".utf8), "an SQLite database"),
    ([0x28, 0xb5, 0x2f, 0xfd], "compressed twice: unpack it with zstd -d"),
    ([0x04, 0x22, 0x4d, 0x18], "compressed with lz4: unpack it with lz4 -d"),
    (Array("BZh".utf8), "compressed with bzip2: unpack it with bzip2 -d"),
    (GzipStream.magic, "compressed twice: unpack it with gzip -d"),
    ([0x89, 0x50, 0x4e, 0x47], "a picture (PNG)"), ([0xff, 0xd8, 0xff], "a picture (JPEG)"),
    (Array("%PDF-".utf8), "a PDF document"),
  ]
}
