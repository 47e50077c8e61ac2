import Foundation
import Model
import Testing

@testable import Readers

/// A member of a tar in one block, with its checksum.
private func tar(_ name: String, _ text: String = "", type: Character = "0") -> [UInt8] {
  func octal(_ number: Int, _ width: Int) -> [UInt8] {
    let digits = String(number, radix: 8)
    return Array((String(repeating: "0", count: width - 1 - digits.count) + digits + "\0").utf8)
  }
  var block = [UInt8](repeating: 0, count: 512)
  func put(_ bytes: [UInt8], _ offset: Int) {
    for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
  }
  put(Array(name.utf8), 0)
  put(octal(0o644, 8), 100)
  put(octal(text.utf8.count, 12), 124)
  put([UInt8](repeating: 0x20, count: 8), 148)
  put(Array(String(type).utf8), 156)
  put(Array("ustar\u{0}00".utf8), 257)
  put(octal(block.reduce(0) { $0 + Int($1) }, 7), 148)
  let padding = (512 - text.utf8.count % 512) % 512
  return block + Array(text.utf8) + [UInt8](repeating: 0, count: padding)
}

private let end = [UInt8](repeating: 0, count: 1024)

private func source(_ bytes: [UInt8]) -> EvidenceSource {
  EvidenceSource(name: "a/b.tar", folder: "a", isNamed: true) { () throws(SourceError) in
    MemoryStream(bytes)
  }
}

private func texts(_ bytes: [UInt8]) -> [String] {
  pieces(of: source(bytes)).map { "\($0.name) in \($0.folder): \($0.text)" }
}

@Suite struct InputArchiveTests {
  @Test func membersAreNamedBelowTheArchive() {
    let bytes = tar("x", "one\n") + tar("./d/", type: "5") + tar("d/e/y", "two\n") + end
    #expect(texts(bytes) == ["a/b.tar/x in a/b.tar: one\n", "a/b.tar/d/e/y in a/b.tar/d/e: two\n"])
  }

  @Test func attributesOfPaxCount() {
    let record = "16 path=new/nam\n" + "9 size=2\n" + "21 GNU.other.thing=1\n"
    let bytes = tar("pax", record, type: "x") + tar("old", "ab") + tar("next", "c") + end
    #expect(texts(bytes) == ["a/b.tar/new/nam in a/b.tar/new: ab", "a/b.tar/next in a/b.tar: c"])
  }

  @Test(
    arguments: ["", "x", "0 path=a\n", "99999999 path=a\n", "9 path=a", "-1 a=b\n", "9  path=a\n"])
  func malformedAttributesAreNone(_ record: String) {
    let bytes = tar("p", record, type: "x") + tar("old", "ab") + end
    #expect(texts(bytes).last?.hasSuffix("ab") == true)
  }

  @Test func anotherArchiveInItIsOpenedOnce() {
    func wrap(_ bytes: [UInt8], _ name: String) -> [UInt8] {
      // The text form of `tar` is UTF-8; the inner bytes are ASCII.
      tar(name, String(decoding: bytes, as: UTF8.self)) + end
    }
    let inner = tar("x", "one") + end
    #expect(texts(wrap(inner, "in")) == ["a/b.tar/in/x in a/b.tar/in: one"])
    let deep = texts(wrap(wrap(inner, "in"), "out"))
    #expect(deep.count == 1)
    #expect(deep[0].contains("a/b.tar/out/in in a/b.tar/out: ! an archive within an archive"))
  }

  @Test func theEndIsHeldAgainstWhatFollows() {
    let one = tar("x", "one")
    #expect(texts(one + end).count == 1)
    #expect(texts(one).last?.contains("cut short") == true)
    #expect(texts(one.dropLast(100) + []).last?.contains("cut short") == true)
    #expect(texts(Array(one.prefix(514))).first?.contains("on! the archive is cut short") == true)
    #expect(texts(one + end + one).last?.contains("that follow the end") == true)
    var damaged = one + one + end
    damaged[1024 + 3] ^= 1
    #expect(texts(damaged).last?.contains("damaged at byte 1024") == true)
  }

  @Test func nothingButTheWantedIsRead() {
    var seen: [String] = []
    forEachPiece(of: source(tar("x", "1") + tar("y", "2") + tar("z", "3") + end)) { piece in
      seen.append(piece.name)
      return seen.count < 2
    }
    #expect(seen == ["a/b.tar/x", "a/b.tar/y"])
  }

  @Test(
    arguments: [
      ("a/b", "a/b"), ("/a//b", "a/b"), ("../../a", "a"), ("a/../../b", "b"), ("./a/./b", "a/b"),
      ("..", "(no name)"), ("", "(no name)"), ("/", "(no name)"), ("a\\b", "a/b"),
      ("a\\b/c", "a\\b/c"), ("C:\\x\\..\\y", "y"), ("...", "..."),
    ])
  func namesStayWithin(_ raw: String, _ path: String) {
    #expect(MemberName(Array(raw.utf8)).path == path)
  }

  @Test(
    arguments: [
      ([0x30, 0x31, 0x37, 0], 15), ([0x20, 0x20, 0x37, 0x20], 7), ([], 0), ([0x38], nil),
      ([0x80, 0, 1, 0], 256), ([0xff, 0xff], nil), ([0x2d, 0x31], nil),
      ([0x80] + [UInt8](repeating: 0xff, count: 11), nil),
      ([UInt8](repeating: 0x37, count: 30), nil),
    ] as [([UInt8], Int?)])
  func numbersOfTar(_ field: [UInt8], _ number: Int?) {
    #expect(TarHeader.number(field[...]) == number)
  }

  @Test func limitsHoldOverAllLayers() throws {
    let budget = UnpackingBudget(ratioLimit: 10, sizeLimit: 100, memberLimit: 2)
    budget.take(20)
    try budget.give(100)
    try budget.give(99)
    #expect(throws: SourceError.self) { try budget.give(10) }
    try budget.countMember()
    try budget.countMember()
    #expect(throws: SourceError.self) { try budget.countMember() }
  }
}

@Suite struct InputPipeTests {
  @Test func aSilentPipeIsLeft() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer {
      close(ends[0])
      close(ends[1])
    }
    write(ends[1], "first\n", 6)
    let pipe = Pipe(descriptor: ends[0], patience: 0)
    for _ in 0...1 {
      var stream: any ByteStream = PipeStream(pipe)
      let got = drain(&stream)
      #expect(got.text == "first\n")
      #expect(got.error?.message.contains("nothing came for 0 s") == true)
    }
  }

  @Test func ofAnArchiveAllIsKept() {
    let scratch = Scratch()
    let bytes = (0..<3 * Pipe.keptLimit).map { UInt8(truncatingIfNeeded: $0 / 251) }
    let descriptor = open(scratch.file("long", bytes), O_RDONLY)
    defer { close(descriptor) }
    let pipe = Pipe(descriptor: descriptor)
    pipe.keepAll()
    for size in [1 << 20, 70_000, 999] {
      var stream: any ByteStream = PipeStream(pipe)
      var part = [UInt8](repeating: 0, count: size)
      var position = 0
      while let count = try? part.withUnsafeMutableBufferPointer({ try stream.read(into: $0) }),
        count > 0
      {
        #expect(part[..<count].elementsEqual(bytes[position..<position + count]))
        position += count
      }
      #expect(position == bytes.count)
    }
  }
}

@Suite struct InputEncodingTests {
  private func unpack(_ bytes: [UInt8]) throws -> String {
    var stream: any ByteStream = try unpacked(MemoryStream(bytes), budget: UnpackingBudget())
    return drain(&stream, size: 7).text
  }

  @Test(
    arguments: [
      ([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde], "a😀"), ([0xfe, 0xff, 0, 0x61], "a"),
      ([0xff, 0xfe, 0x3d, 0xd8], "\u{fffd}"), ([0xff, 0xfe, 0x3d, 0xd8, 0x61, 0], "\u{fffd}a"),
      ([0xff, 0xfe, 0, 0xde, 0x61], "\u{fffd}\u{fffd}"), ([0xff, 0xfe], ""),
      (Array("a\0b\0\n\0".utf8), "ab\n"),
      (Array("a\rb\r".utf8), "a\nb\n"), (Array("a\r\r\r\nb\r\n\r".utf8), "a\r\nb\r\n\r"),
      (Array("10%\r20%\rdone\n".utf8), "10%\r20%\rdone\n"), (Array("\0\0\0\0".utf8), "\0\0\0\0"),
    ] as [([UInt8], String)])
  func textIsRead(_ bytes: [UInt8], _ text: String) throws {
    #expect(try unpack(bytes) == text)
  }
}
