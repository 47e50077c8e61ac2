/// Which paths of a tree are meant, written as in `.gitignore`: `*` and `?` within a name, `**` across
/// folders. Without a slash a name is meant wherever it lies; a folder means all that is in it.
package struct PathPattern: Sendable, Equatable {
  package let text: String
  private let parts: [[UInt8]]

  package init(_ text: String) {
    self.text = text
    var parts = text.split(separator: "/").filter { $0 != "." }.map { Array($0.utf8) }
    let isAnchored = text.dropLast().contains("/")
    if !isAnchored { parts.insert(Array("**".utf8), at: 0) }
    self.parts = parts
  }

  package func matches(_ path: String) -> Bool {
    // `/` and nothing at all name nothing.
    guard parts.last != PathPattern.stars || text.contains("*") else { return false }
    let names = path.split(separator: "/").map { Array($0.utf8) }
    // `open[i]`: the parts before i have taken the names so far.
    var open = [Bool](repeating: false, count: parts.count + 1)
    open[0] = true
    PathPattern.passStars(&open, parts)
    for name in names {
      var next = [Bool](repeating: false, count: parts.count + 1)
      for (index, part) in parts.enumerated() where open[index] {
        if part == PathPattern.stars {
          next[index] = true
        } else if PathPattern.fits(part, name) {
          next[index + 1] = true
        }
      }
      open = next
      PathPattern.passStars(&open, parts)
      // What lies in a folder that is meant is meant.
      if open[parts.count] { return true }
    }
    return false
  }

  private static let stars = Array("**".utf8)

  /// `**` takes no name as well.
  private static func passStars(_ open: inout [Bool], _ parts: [[UInt8]]) {
    for (index, part) in parts.enumerated() where open[index] && part == stars {
      open[index + 1] = true
    }
  }

  /// `*` and `?` within one name. Linear: a star that fails is tried one further on.
  private static func fits(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (p, n) = (0, 0)
    var star: (p: Int, n: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?") {
        p += 1
        n += 1
      } else if let last = star {
        star = (last.p, last.n + 1)
        p = last.p + 1
        n = last.n + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
