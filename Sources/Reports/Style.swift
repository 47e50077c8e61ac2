/// Colour and weight for a terminal, or none. Chosen by the caller: a report never looks at the
/// environment.
package struct Style: Sendable {
  package static let plain = Style(isColoured: false)
  package static let coloured = Style(isColoured: true)

  private let isColoured: Bool

  package func bold(_ text: String) -> String { sgr("1", text) }
  package func dim(_ text: String) -> String { sgr("2", text) }
  package func red(_ text: String) -> String { sgr("1;31", text) }
  package func green(_ text: String) -> String { sgr("1;32", text) }
  package func yellow(_ text: String) -> String { sgr("1;33", text) }
  package func cyan(_ text: String) -> String { sgr("36", text) }

  private func sgr(_ code: String, _ text: String) -> String {
    isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
