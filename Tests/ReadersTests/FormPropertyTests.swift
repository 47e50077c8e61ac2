import Foundation
import Model
import Testing

@testable import Readers

/// What holds of every form in Fixtures/forms, whole, in pieces, cut and damaged.
@Suite struct FormPropertyTests {
  /// The folders of Fixtures/forms.
  static let folders: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.filter { !$0.contains(".") }.sorted()
  }()

  private static let root: String = {
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/") + "/Fixtures/forms"
  }()

  private func files(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
    let path = Self.root + "/" + folder
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0 != "expect.json" }.map { name in
        (name, Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))))
      }
  }

  /// Gives at most so many bytes a time.
  private struct Pieces: ByteStream {
    var rest: ArraySlice<UInt8>
    let size: Int

    mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
      let count = min(size, buffer.count, rest.count)
      for (offset, byte) in rest.prefix(count).enumerated() { buffer[offset] = byte }
      rest = rest.dropFirst(count)
      return count
    }
  }

  private func read(_ bytes: [UInt8], name: String, pieces: Int = .max) -> Ledger {
    let source = EvidenceSource(name: name, folder: "d", isNamed: true) { () throws(SourceError) in
      Pieces(rest: bytes[...], size: pieces)
    }
    return readEvidence([source])
  }

  /// All that was read, in comparable form.
  private func told(_ ledger: Ledger) -> [String] {
    ledger.pages.flatMap { _, page in
      page.facts.map { "\($0)" } + page.events.map { "\($0)" } + page.warnings.map { "\($0)" }
    } + ledger.inputs.map { "\($0)" }
  }

  @Test(arguments: folders) func piecesMakeNoDifference(_ folder: String) throws {
    #expect(Self.folders.count > 10)
    for (name, bytes) in try files(in: folder) {
      let whole = told(read(bytes, name: name))
      for size in [1, 7, 4096] {
        let parts = told(read(bytes, name: name, pieces: size))
        #expect(parts == whole, "\(folder)/\(name) in pieces of \(size)")
      }
      guard let kind = read(bytes, name: name).inputs.first?.kind else { continue }
      let document = ReaderTable.documents.first { $0.kind == kind }
      if let reader = document as? any PieceReader.Type {
        let whole = readPage(bytes, name: name, with: reader, piece: bytes.count)
        for size in [1, 7, 4096] {
          let page = readPage(bytes, name: name, with: reader, piece: size)
          #expect(page.facts == whole.facts, "\(folder)/\(name) in pieces of \(size)")
          #expect(page.warnings == whole.warnings)
        }
      }
      // Blocks that end at line ends, as the driver gives them to readers of streams.
      guard let reader = ReaderTable.streams.first(where: { $0.kind == kind })
      else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      let once = readPage(text, with: reader).facts.map { "\($0)" }
      for size in [1, 7, 4096] {
        let parts = readPage(text, with: reader, chunk: size).facts.map { "\($0)" }
        #expect(parts == once, "\(folder)/\(name) in blocks of \(size)")
      }
    }
  }

  @Test(arguments: folders) func everyCutIsBorne(_ folder: String) throws {
    for (name, bytes) in try files(in: folder) {
      let step = max(1, bytes.count / 9)
      for cut in stride(from: bytes.count, to: 0, by: -step) {
        let part = Array(bytes.prefix(cut))
        check(read(part, name: name), part, "\(folder)/\(name) cut at \(cut)")
      }
    }
  }

  @Test(arguments: folders) func everyDamageIsBorne(_ folder: String) throws {
    var random = SystemRandom(seed: 0x7269_6167_65)
    for (name, bytes) in try files(in: folder) where !bytes.isEmpty {
      for round in 0..<5 {
        let damaged = damage(bytes, &random)
        check(read(damaged, name: name), damaged, "\(folder)/\(name), damage \(round)")
      }
    }
  }

  /// A linear congruential generator: the same damage each time.
  private struct SystemRandom {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(max(1, limit)))
    }
  }

  private func damage(_ bytes: [UInt8], _ random: inout SystemRandom) -> [UInt8] {
    var bytes = bytes
    let strange: [UInt8] = [0, 10, 13, 34, 39, 45, 57, 58, 91, 93, 123, 125, 0x80, 0xff]
    for _ in 0..<(1 + bytes.count / 60) where !bytes.isEmpty {
      let at = random.below(bytes.count)
      switch random.below(5) {
      case 0: bytes[at] = strange[random.below(strange.count)]
      case 1: bytes.insert(strange[random.below(strange.count)], at: at)
      case 2: bytes.remove(at: at)
      case 3:
        let end = min(bytes.count, at + 1 + random.below(60))
        bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
      default:
        // A figure that no integer holds.
        let digits = bytes[at...].prefix { (48...57).contains($0) }
        bytes.replaceSubrange(
          at..<at + digits.count, with: Array(repeating: 57, count: digits.isEmpty ? 0 : 40))
      }
    }
    return bytes
  }

  /// Every place that is cited is in the text and holds what is cited.
  private func check(_ ledger: Ledger, _ bytes: [UInt8], _ what: String) {
    // Of a journal in JSON, the lines that the readers are given.
    var stream: any ByteStream = MemoryStream(bytes)
    if let plain = try? unpacked(stream, budget: UnpackingBudget()) { stream = plain }
    let lines = take(bytes.count * 2 + 4096, from: &stream).0
      .split(separator: 10, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let origins = ledger.pages.flatMap { _, page in
      page.facts.map(\.origin) + page.events.map(\.origin)
    }
    for origin in origins {
      guard let number = origin.line else { continue }
      guard lines.indices.contains(number - 1) else {
        Issue.record("\(what): line \(number) of \(lines.count)")
        return
      }
      var excerpt = origin.excerpt[...]
      // Cut to its length within a character.
      while excerpt.unicodeScalars.last == "\u{FFFD}" { excerpt.unicodeScalars.removeLast() }
      if excerpt.contains("***") || excerpt.isEmpty { continue }
      if !lines[number - 1].unicodeScalars.contains(excerpt.unicodeScalars) {
        Issue.record("\(what): line \(number) is \(lines[number - 1]) and not \(excerpt)")
        return
      }
    }
  }
}
