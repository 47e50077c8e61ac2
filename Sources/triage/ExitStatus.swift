import Model

/// How the program ends: a contract, since scripts branch on it.
enum ExitStatus: Int32 {
  /// Enough was seen, and nothing is wrong.
  case healthy = 0
  /// An incident, or one to come.
  case found = 1
  /// Bad usage, nothing readable, no evidence.
  case failed = 2
  /// Inconclusive, or nothing wrong found while some evidence was damaged or unreadable.
  case unsure = 3

  init(_ diagnosis: Diagnosis) {
    switch diagnosis.verdict.status {
    case .incident, .atRisk: self = .found
    case .inconclusive: self = .unsure
    case .healthy: self = ExitStatus(diagnosis.inputs)
    }
  }

  /// Of reading alone: unreadable is never clean.
  init(_ inputs: [InputAccount]) {
    self = inputs.contains(where: \.isSpoilt) ? .unsure : .healthy
  }
}

extension InputAccount {
  /// Evidence that did not say all it could have. A file of a walked folder that is no evidence is
  /// none of it; one that was given by name was meant as evidence.
  var isSpoilt: Bool {
    switch status {
    case .read: false
    case .partlyRead, .unreadable: true
    case .notRecognised: isNamed
    }
  }
}

/// Why the program cannot do its job: one line, what was found and what was expected.
struct Failure: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
