import Model
import YAML

@testable import Readers
@testable import Reasoning

/// Something that reads bytes from elsewhere, and what must be so whatever they are.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] =
    ReaderTable.documents.map { document($0) } + ReaderTable.streams.map { stream($0) } + [
      FuzzTarget(name: "Recognition") { bytes in
        for reader in ReaderTable.documents {
          _ = reader.recognises(Sample(name: "x", head: bytes))
        }
        for reader in ReaderTable.streams { _ = reader.recognises(Sample(name: "x", head: bytes)) }
      },
      FuzzTarget(name: "Evidence") { bytes in
        let ledger = readEvidence([source(bytes)])
        // Of an archive, the lines of what is in it.
        for (source, page) in ledger.pages { check(page, lines: ledger.inputs[source].lines) }
      },
      FuzzTarget(name: "Unpacking") { bytes in
        let plain = { BufferedStream(MemoryStream(bytes)) }
        var streams: [any ByteStream] = [TerminalStream(plain())]
        if let form = ListedStream.Form(bytes) { streams.append(ListedStream(plain(), form)) }
        for var stream in streams {
          let (text, _) = take(1 << 20, from: &stream)
          precondition(text.count { $0 == 10 } == bytes.count { $0 == 10 }, "lines move")
        }
      },
      FuzzTarget(name: "DeployTree") { bytes in
        let names = [
          "compose.yml", "Dockerfile", "redis.conf", "nginx.conf", "settings.py", "main.tf",
          "server.js", "config/session_store.rb", "php.ini", "A.java", "task.json", "probe.yaml",
          "rc.local", "task.json.tpl", "values.yaml", "haproxy.cfg", "user-data", "Program.cs",
          "main.go", "config/session.php",
          ".env", "redis.conf.j2", "tasks/main.yml", "compose.yml.tpl",
        ]
        for name in names { _ = readDeployTree([source(bytes, name: name)]) }
      },
      FuzzTarget(name: "Condition") { bytes in
        _ = try? ConditionParser.parse(
          String(decoding: bytes, as: UTF8.self), catalogue: .builtIn,
          place: RulePlace(file: "rule", line: 1, column: 1))
      },
      FuzzTarget(name: "Rules") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        for path in [
          "causes/a-cause.yaml", "symptoms/redis.yaml", "risks/a-risk.yaml", "coverage.yaml",
        ] {
          _ = try? RulePack([RuleFiles(folder: "pack", files: [(path, text)])], table: .builtIn)
        }
      },
      FuzzTarget(name: "Redaction") { bytes in
        _ = Redaction.secrets(String(decoding: bytes, as: UTF8.self))
      },
      FuzzTarget(name: "YAML") { _ = try? parseYAML($0) },
      FuzzTarget(name: "JSON") { _ = try? parseJSON($0) },
    ]

  static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  private static func document(_ reader: any DocumentReader.Type) -> FuzzTarget {
    FuzzTarget(name: "\(reader)") { bytes in
      var page = Page(kind: reader.kind)
      reader.read(Document(name: "file", bytes: bytes), context: ReadingContext(), into: &page)
      check(page, of: bytes)
    }
  }

  /// Whole, and in small blocks of whole lines: the same facts.
  private static func stream(_ reader: any StreamReader.Type) -> FuzzTarget {
    FuzzTarget(name: "\(reader)") { bytes in
      let whole = page(reader, bytes, block: bytes.count)
      check(whole, of: bytes)
      let pieces = page(reader, bytes, block: 7)
      precondition(whole.facts == pieces.facts, "facts depend on how the stream was cut")
    }
  }

  private static func page<R: StreamReader>(_ type: R.Type, _ bytes: [UInt8], block size: Int)
    -> Page
  {
    var reader = R(context: ReadingContext())
    var page = Page(kind: R.kind)
    var first = 1
    var start = 0
    while start < bytes.count {
      var end = min(bytes.count, start + size)
      while end < bytes.count, bytes[end - 1] != UInt8(ascii: "\n") { end += 1 }
      let block = Array(bytes[start..<end])
      reader.read(block: block.span, firstLine: first, into: &page)
      first += block.count { $0 == UInt8(ascii: "\n") }
      start = end
    }
    reader.finish(into: &page)
    return page
  }

  private static func source(_ bytes: [UInt8], name: String = "file") -> EvidenceSource {
    EvidenceSource(name: name, folder: "") { MemoryStream(bytes) }
  }

  /// No claim without a line that exists.
  private static func check(_ page: Page, of bytes: [UInt8]) {
    check(page, lines: bytes.count { $0 == UInt8(ascii: "\n") } + 1)
  }

  private static func check(_ page: Page, lines: Int) {
    for fact in page.facts {
      precondition(
        (0...lines).contains(fact.origin.line ?? 0), "\(fact.name): line out of the file")
    }
  }
}
