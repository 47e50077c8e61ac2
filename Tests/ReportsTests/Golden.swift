import Glibc
import Testing

/// Holds a text against `Goldens/<name>`. `TRIAGE_RECORD=1` writes the file instead, and fails, so
/// that a recording run is never mistaken for a passing one.
func expectGolden(
  _ text: String, _ name: String, lines: Int = 81, filePath: StaticString = #filePath
) {
  let folder = "\(filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
  let path = (folder + ["Goldens", Substring(name)]).joined(separator: "/")
  if getenv("TRIAGE_RECORD") != nil {
    guard let file = fopen(path, "w") else {
      Issue.record("cannot write \(path)")
      return
    }
    fputs(text, file)
    fclose(file)
    Issue.record("recorded \(name)")
    return
  }
  #expect(text == contents(of: path), "see Goldens/\(name); TRIAGE_RECORD=1 rewrites it")
  #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= lines)
}

private func contents(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
    bytes += buffer[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
