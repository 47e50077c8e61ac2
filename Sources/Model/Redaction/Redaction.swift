/// What is taken out of the evidence that is shown.
package enum Redaction: String, Sendable, CaseIterable {
  /// Passwords, tokens, session ids, e-mail addresses, values of query strings: they become `***`.
  case secrets
  /// Those, and who and where: addresses, host names, users and ids become stable pseudonyms.
  case all
  case none

  /// For a text on its own. Its pseudonyms are this run's.
  package func callAsFunction(_ text: String) -> String { Redactor(self, key: runKey)(text) }
}

private let runKey = PseudonymKey(
  low: UInt64.random(in: 0 ... .max), high: UInt64.random(in: 0 ... .max))

/// Takes out of text what must not be shown. A value: the same text gives the same answer.
package struct Redactor: Sendable {
  package let mode: Redaction
  let pseudonyms: Pseudonyms
  /// What was found to be secret, or to be somebody's name, anywhere in the evidence: it is taken out
  /// wherever it stands.
  let survey: RedactionSurvey

  /// Without a key pseudonyms come from the survey: the same evidence gives the same ones, and who
  /// does not have it cannot tell what they stand for.
  package init(
    _ mode: Redaction, key: PseudonymKey? = nil, survey: RedactionSurvey = RedactionSurvey()
  ) {
    self.mode = mode
    self.survey = survey
    pseudonyms = Pseudonyms(key: key ?? survey.key)
  }

  package func callAsFunction(_ text: String) -> String {
    guard mode != .none else { return text }
    let bytes = Array(text.utf8)
    // A text of several lines was made by a reader; each rule looks at one line.
    guard bytes.contains(UInt8(ascii: "\n")) else {
      return redacted(bytes).map { String(decoding: $0, as: UTF8.self) } ?? text
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.map { String(decoding: redacted(Array($0)) ?? Array($0), as: UTF8.self) }
      .joined(separator: "\n")
  }

  /// The line without what must not be shown; nil where nothing is to be taken out.
  private func redacted(_ line: [UInt8]) -> [UInt8]? {
    let cuts = cuts(in: line, announced: nil)
    return cuts.isEmpty ? nil : apply(cuts, to: line)
  }

  /// What to take out of a line; `announced` is a secret that an earlier line named.
  func cuts(in line: [UInt8], announced secret: Range<Int>?) -> [Cut] {
    var found = findSecrets(in: line).map(\.range)
    if let secret { found.append(secret) }
    found += survey.secrets(in: line)
    var cuts = found.map { Cut(range: $0, replacement: Redactor.hidden) }
    if mode == .all {
      cuts += IdentityFinder(line, names: survey.names, pseudonyms: pseudonyms).cuts()
    }
    return cuts
  }

  static let hidden = Array("***".utf8)

  struct Cut {
    let range: Range<Int>
    let replacement: [UInt8]
  }

  /// Where two overlap the secret wins. Secrets that two rules found, or that stand side by side, are
  /// one secret.
  func apply(_ cuts: [Cut], to line: [UInt8]) -> [UInt8] {
    let order = cuts.indices.sorted {
      (cuts[$0].range.lowerBound, $0) < (cuts[$1].range.lowerBound, $1)
    }
    var result: [UInt8] = []
    result.reserveCapacity(line.count)
    var position = 0
    var secretEnd = -1
    for (place, index) in order.enumerated() {
      let cut = cuts[index]
      let isSecret = cut.replacement == Redactor.hidden
      if isSecret, cut.range.lowerBound <= secretEnd {
        position = max(position, cut.range.upperBound)
        secretEnd = position
        continue
      }
      guard cut.range.lowerBound >= position else { continue }
      if !isSecret {
        // A name that a secret begins in is part of the secret.
        let overlaps = order[(place + 1)...].prefix(4).contains {
          cuts[$0].replacement == Redactor.hidden
            && cuts[$0].range.lowerBound < cut.range.upperBound
        }
        if overlaps { continue }
      }
      result += line[position..<cut.range.lowerBound]
      result += cut.replacement
      position = cut.range.upperBound
      if isSecret { secretEnd = position }
    }
    result += line[position...]
    return result
  }
}

/// Takes secrets out of one line: `***` stands for each.
package func redactSecrets(_ line: String) -> String { Redactor(.secrets)(line) }

func findSecrets(in line: [UInt8]) -> [SecretFinder.Finding] {
  var finder = SecretFinder(line)
  finder.findNamedValues()
  finder.findCommandArguments()
  finder.findAddressParts()
  finder.findSessionKeys()
  finder.findTokens()
  return finder.found
}
