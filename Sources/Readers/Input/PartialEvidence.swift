import Model

extension Page {
  /// Takes out what a part of a log cannot say: that something did not happen.
  mutating func forgetAbsences() {
    forget { $0.value.number == 0 && Catalogue.observed[$0.name]?.isTally == true }
  }
}

extension Page.Warning {
  /// The reader found its source cut short: what it gives is not all there was.
  var tellsOfLoss: Bool {
    let words = message.lowercased().split { !$0.isLetter }
    return isLoss || words.contains("truncated") || words.contains("cut")
      || words.contains("incomplete")
      || message.contains("ends early")
  }
}
