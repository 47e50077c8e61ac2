import Model

/// `nginx -T` prints the files of a server one after the other, each below a line that names it:
///
///     # configuration file /etc/nginx/conf.d/shop.conf:
///
/// A finding in such a dump says which line of which file it is as well: that is where it can be
/// mended. The dump itself is no config of anybody's, and is not.
package func placedInDumps(
  _ result: consuming LintResult, read: (String) -> Result<[UInt8], FixRefusal>
) -> LintResult {
  var result = consume result
  let configs = Set(result.inputs.filter { $0.kind == .nginxConfig }.map(\.path))
  var heads: [String: [(line: Int, file: String)]] = [:]
  for index in result.findings.indices {
    let place = result.findings[index].place
    guard configs.contains(place.file) else { continue }
    let known = heads[place.file] ?? dumpedFiles(read(place.file))
    heads[place.file] = known
    guard !known.isEmpty else { continue }
    result.findings[index].edits = []
    result.findings[index].wanted = nil
    guard let line = place.line, let head = known.last(where: { $0.line < line }) else { continue }
    result.findings[index].message += " (\(head.file):\(line - head.line))"
  }
  return result
}

/// The files that a dump names, each with the line that does.
private func dumpedFiles(
  _ bytes: Result<[UInt8], FixRefusal>
) -> [(line: Int, file: String)] {
  let mark = Array("# configuration file ".utf8)
  guard case .success(let bytes) = bytes else { return [] }
  var heads: [(line: Int, file: String)] = []
  for (index, line) in FilePatch.lines(of: bytes).enumerated() where line.starts(with: mark) {
    var name = line.dropFirst(mark.count)
    while let last = name.last, [10, 13, 32, 58].contains(last) { name = name.dropLast() }
    if !name.isEmpty, name.count < 1000 {
      heads.append((index + 1, String(decoding: name, as: UTF8.self)))
    }
  }
  return heads
}
