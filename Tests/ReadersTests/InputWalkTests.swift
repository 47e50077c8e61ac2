import Foundation
import Model
import Testing

@testable import Readers

/// A folder that is gone when the test is.
final class Scratch {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/triage-test-\(UUID().uuidString)"
    folder("")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func folder(_ name: String) { #expect(mkdir("\(path)/\(name)", 0o755) == 0) }
  func link(_ name: String, to target: String) { #expect(symlink(target, "\(path)/\(name)") == 0) }

  @discardableResult func file(_ name: String, _ bytes: [UInt8]) -> String {
    let whole = "\(path)/\(name)"
    let file = fopen(whole, "w")
    #expect(file != nil)
    if let file {
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
    }
    return whole
  }

  @discardableResult func file(_ name: String, _ text: String) -> String {
    file(name, Array(text.utf8))
  }
}

/// All that a source gives, and why it ended where that was an error.
func drain(_ source: EvidenceSource) -> (text: String, error: SourceError?) {
  do throws(SourceError) {
    var stream = try source.open()
    return drain(&stream)
  } catch {
    return ("", error)
  }
}

func drain(_ stream: inout any ByteStream, size: Int = 1000) -> (text: String, error: SourceError?)
{
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: size)
  do throws(SourceError) {
    while true {
      let count = try part.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: all)
      }
      if count == 0 { return (String(decoding: bytes, as: UTF8.self), nil) }
      bytes += part[..<count]
    }
  } catch {
    return (String(decoding: bytes, as: UTF8.self), error)
  }
}

/// The pieces in a source: name, folder, all they give or why they are not read.
func pieces(of source: EvidenceSource) -> [(name: String, folder: String, text: String)] {
  var found: [(name: String, folder: String, text: String)] = []
  forEachPiece(of: source) { piece in
    switch piece.content {
    case .failure(let error): found.append((piece.name, piece.folder, "! \(error.message)"))
    case .success(let content):
      var stream: any ByteStream = content
      let got = drain(&stream)
      let problem = got.error.map { "! \($0.message)" } ?? ""
      found.append((piece.name, piece.folder, got.text + problem))
    }
    return true
  }
  return found
}

@Suite struct InputWalkTests {
  let scratch = Scratch()

  func names(_ arguments: [String]) throws -> [String] {
    try evidenceSources(at: arguments).map { String($0.name.dropFirst(scratch.path.count + 1)) }
  }

  @Test func foldersAreWalkedInOrderOfFolderAndName() throws {
    scratch.folder("b")
    scratch.folder("b/deep")
    for name in ["z.log", "b/2.log", "b/10.log", "b/deep/x", "a.txt"] { scratch.file(name, "x\n") }
    let expected = ["a.txt", "z.log", "b/10.log", "b/2.log", "b/deep/x"]
    #expect(try names([scratch.path]) == expected)
    let again = ["\(scratch.path)/z.log", "\(scratch.path)/b", "\(scratch.path)/a.txt"]
    #expect(try names(again) == expected)
    #expect(try names(again.reversed()) == expected)
    let sources = try evidenceSources(at: ["\(scratch.path)/b", "\(scratch.path)/a.txt"])
    #expect(sources.map(\.isNamed) == [true, false, false, false])
    #expect(
      sources.map(\.folder) == [scratch.path]
        + ["b", "b", "b/deep"].map { "\(scratch.path)/\($0)" })
  }

  @Test func aFileWithTwoNamesIsReadOnce() throws {
    scratch.folder("d")
    let file = scratch.file("d/info.txt", "x\n")
    scratch.link("d/same.txt", to: "info.txt")
    let sources = try evidenceSources(at: [
      "\(scratch.path)/d", file, "\(scratch.path)/d/../d/info.txt",
    ])
    #expect(sources.count == 1)
    #expect(sources.first?.isNamed == true)
  }

  @Test func linksToFoldersAndHiddenFoldersAreAccountedAndNotWalked() throws {
    scratch.folder("d")
    scratch.folder("d/.git")
    scratch.file("d/.git/config", "x\n")
    scratch.file("d/.env", "x\n")
    scratch.link("d/loop", to: "..")
    scratch.link("d/self", to: "self")
    let sources = try evidenceSources(at: [scratch.path])
    let errors = sources.map { drain($0).error }
    #expect(try names([scratch.path]) == ["d/.env", "d/.git", "d/loop", "d/self"])
    #expect(errors.map { $0?.isLeftOut } == [nil, true, true, false])
    #expect(errors[3]?.message.contains("leads nowhere") == true)
    // By name it is walked.
    #expect(try names(["\(scratch.path)/d/.git"]) == ["d/.git/config"])
  }

  @Test func whatIsNoFileIsRefusedAtOnce() throws {
    #expect(mkfifo("\(scratch.path)/pipe", 0o644) == 0)
    let named = try evidenceSources(at: ["\(scratch.path)/pipe", "/dev/zero", "/no/such"])
    let messages = named.map { drain($0).error?.message ?? "" }
    #expect(messages[0].contains("device"))
    #expect(messages[1].contains("no such file"))
    #expect(messages[2].contains("named pipe"))
    #expect(try evidenceSources(at: [scratch.path]).map { drain($0).error?.isLeftOut } == [true])
  }

  @Test func anEmptyArgumentIsAnError() {
    #expect(throws: SourceError.self) { try evidenceSources(at: ["/tmp", ""]) }
  }

  @Test func aNameThatIsNotUTF8IsRead() throws {
    let name = Array(scratch.path.utf8).map { CChar(bitPattern: $0) } + [47, -1, 0]
    let file = fopen(name, "w")
    if let file {
      fputs("hello\n", file)
      fclose(file)
    }
    let sources = try evidenceSources(at: [scratch.path])
    #expect(sources.map { drain($0).text } == ["hello\n"])
  }

  @Test func filesOfProcHaveNoSizeAndAreRead() throws {
    let sources = try evidenceSources(at: ["/proc/meminfo"])
    #expect(sources.first.map { drain($0).text.hasPrefix("MemTotal") } == true)
  }

  @Test func aPipeIsReadTwiceFromItsBeginning() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    write(ends[1], "first\nsecond\n", 13)
    close(ends[1])
    let sources = try evidenceSources(at: ["-", "-"], standardInput: ends[0])
    #expect(sources.count == 1)
    #expect(sources[0].folder == "")
    #expect(drain(sources[0]).text == "first\nsecond\n")
    #expect(drain(sources[0]).text == "first\nsecond\n")
  }

  @Test func aLongPipeIsReadOnce() throws {
    let text = String(repeating: "line\n", count: Pipe.keptLimit / 5 + 1)
    let file = scratch.file("long", text)
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    let sources = try evidenceSources(at: ["/dev/fd/\(descriptor)"])
    #expect(drain(sources[0]).text.utf8.count == text.utf8.count)
    #expect(drain(sources[0]).error?.message.contains("only once") == true)
  }
}

@Suite struct InputGzipTests {
  static let first: [UInt8] = [
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0x4b, 0xcb, 0x2c, 0x2a, 0x2e, 0xe1, 0x02, 0,
    0x2a, 0xb3, 0x4a, 0xc7, 0x06, 0, 0, 0,
  ]
  static let second: [UInt8] = [
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0x2b, 0x4e, 0x4d, 0xce, 0xcf, 0x4b, 0xe1, 0x02,
    0, 0x7e, 0xc0, 0x0f, 0x06, 0x07, 0, 0, 0,
  ]
  /// 60,000 line ends in 94 bytes.
  static let bomb: [UInt8] =
    [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0xed, 0xc1, 0x21, 0x01, 0, 0, 0]
    + [0xc3, 0x20, 0xbf, 0xfe, 0x81, 0x5f, 0xe3, 0x02, 0x28] + [UInt8](repeating: 0, count: 57)
    + [0x80, 0x2f, 0x03, 0x90, 0x44, 0x51, 0xf8, 0x60, 0xea, 0, 0]

  @Test(
    arguments: [
      (first, "first\n", nil), (first + second, "first\nsecond\n", nil),
      (first + [0, 0, 0], "first\n", nil), (first + Array("tail".utf8), "first\n", "follow"),
      (first.dropLast(3) + [], "first\n", "cut short"),
      (first + second.prefix(14), "first\n", "cut short"),
      (first + [0x1f, 0x8b, 0xff, 0xff, 0xff, 0xff], "first\n", "damaged"),
      (Array(first.prefix(5)), "", "cut short"),
    ] as [([UInt8], String, String?)])
  func unpacks(_ packed: [UInt8], _ text: String, _ problem: String?) throws {
    for size in [1, 3, 1000] {
      var stream: any ByteStream = try GzipStream(
        MemoryStream(packed), budget: UnpackingBudget())
      let got = drain(&stream, size: size)
      // What a cut member held may be lost; what came before never is.
      #expect(got.text.hasPrefix(text))
      #expect((got.error == nil) == (problem == nil))
      if let problem { #expect(got.error?.message.contains(problem) == true) }
    }
  }

  @Test func aBombIsLeft() throws {
    var whole: any ByteStream = try GzipStream(
      MemoryStream(Self.bomb), budget: UnpackingBudget())
    #expect(drain(&whole).text.utf8.count == 60_000)
    let budget = UnpackingBudget(ratioLimit: 100, sizeLimit: 10_000)
    var stream: any ByteStream = try GzipStream(
      MeteredStream(MemoryStream(Self.bomb), budget), budget: budget)
    let got = drain(&stream)
    #expect(got.text.utf8.count < 11_100)
    #expect(got.error?.message.contains("100 times") == true)
  }

  @Test func filesAndPipesAreUnpackedByContent() throws {
    let scratch = Scratch()
    let file = scratch.file("access.log.1", Self.first + Self.second)
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    for source in try evidenceSources(at: [file, "-"], standardInput: descriptor) {
      #expect(pieces(of: source).map(\.text) == ["first\nsecond\n"])
    }
  }
}
