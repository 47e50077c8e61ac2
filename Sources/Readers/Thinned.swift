/// An even selection of a series of any length, its first and its last member among it.
struct Thinned<Element> {
  private let limit: Int
  private var kept: [Element] = []
  private var stride = 1
  /// How many there were.
  private(set) var count = 0
  /// The member that came last.
  var last: Element?

  /// Keeps at most twice the limit; up to that nothing is left out.
  init(limit: Int) { self.limit = limit }

  mutating func append(_ element: Element) {
    if let last, (count - 1) % stride == 0 {
      kept.append(last)
      if kept.count == 2 * limit {
        kept = Swift.stride(from: 0, to: kept.count, by: 2).map { kept[$0] }
        stride *= 2
      }
    }
    last = element
    count += 1
  }

  var elements: [Element] { kept + [last].compactMap(\.self) }

  /// At most the limit and the last; and one of how many that is.
  var fewer: (elements: [Element], step: Int) {
    let step = max(1, (kept.count + limit - 1) / limit)
    let chosen = Swift.stride(from: 0, to: kept.count, by: step).map { kept[$0] }
    return (chosen + [last].compactMap(\.self), step * stride)
  }
}

extension Thinned: Sendable where Element: Sendable {}

extension Array {
  /// Of more than `limit` members the first and the newest stay.
  mutating func append(_ element: Element, keepingFirstAndNewest limit: Int) {
    if count >= limit, limit > 1 { remove(at: 1) }
    append(element)
  }
}
