import Glibc
import Testing

/// What fuzzing found once stays found: `Fixtures/fuzz/TARGET/*`.
@Suite struct FoundInputsTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    + "/Fixtures/fuzz"

  @Test(arguments: FuzzTarget.all.map(\.name))
  func bearsWhatWasFound(target name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    for path in FoundInputsTests.files(in: FoundInputsTests.folder + "/" + name) {
      target.run(try #require(FoundInputsTests.bytes(of: path), "\(path) cannot be read"))
    }
  }

  /// The ends of what a reader may be given: nothing, and bytes that open, close or escape something.
  @Test(arguments: FuzzTarget.all.map(\.name))
  func bearsNothingAndNoise(target name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    target.run([])
    for byte: UInt8 in [0, 9, 10, 13, 27, 32, 127, 128, 239, 255] + "\"#'-09:<A[\\a{~".utf8 {
      target.run([byte])
      target.run(Array(repeating: byte, count: 300))
    }
  }

  @Test func everyFolderHasItsTarget() {
    let folders = FoundInputsTests.entries(of: FoundInputsTests.folder)
    #expect(folders.allSatisfy { FuzzTarget.named($0) != nil })
  }

  private static func files(in folder: String) -> [String] {
    entries(of: folder).map { folder + "/" + $0 }
  }

  private static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func bytes(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&block, 1, block.count, file)
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
  }
}
