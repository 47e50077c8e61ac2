/// Text from evidence made fit for a terminal: one line, and nothing in it that moves the cursor,
/// turns the writing direction or hides.
///
/// Control characters, bidirectional marks, and whatever else is invisible are shown as `\n`, `\t` or
/// `\u{1b}`. Everything that did not come from this program passes through here: excerpts, subjects,
/// file names, statements, commands.
package func escaped(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isHidden) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isHidden(scalar) {
      result += escape(scalar)
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\n": "\\n"
  case "\r": "\\r"
  case "\t": "\\t"
  default: "\\u{\(String(scalar.value, radix: 16))}"
  }
}

/// Control (C0, DEL, C1), format (bidirectional marks and overrides, zero width, tags), line and
/// paragraph separators, and the fillers and selectors that Unicode lets a display leave out.
func isHidden(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.value < 0x7F { return scalar.value < 0x20 }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
  default: return scalar.properties.isDefaultIgnorableCodePoint
  }
}

/// Text made fit for XML 1.0: no control characters, no non-characters, no markup.
func xml(_ text: String) -> String {
  var result = ""
  for scalar in escaped(text).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&apos;"
    case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
