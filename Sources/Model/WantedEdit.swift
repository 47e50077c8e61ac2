/// A change of a config that is known in its own terms (this setting, that value) before anybody has
/// looked at the lines of the file again.
package struct WantedEdit: Sendable, Equatable {
  package struct Setting: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package enum Change: Sendable, Equatable {
    /// The first is set; the others where they are not set yet, or to 0.
    case set([Setting])
    /// Options of gunicorn in the command on that line.
    case options([Setting], line: Int)
    /// Options at the end of the command of the container that this line belongs to.
    case arguments([Setting], line: Int)
    /// A named volume at this path, for the service of a compose file that the line belongs to.
    case volume(String, line: Int)
    /// That line goes.
    case removal(line: Int)
    /// An entry of the Python dictionary that the entry on that line belongs to.
    case entry(Setting, line: Int)
    /// Text at the end of the log_format that begins on that line.
    case logFields(String, line: Int)
  }

  package let file: String
  package let kind: EvidenceKind
  /// The service of a compose file that is meant.
  package let service: String
  package let change: Change
  package let applicability: Applicability

  package init(
    file: String, kind: EvidenceKind, service: String, change: Change,
    applicability: Applicability
  ) {
    self.file = file
    self.kind = kind
    self.service = service
    self.change = change
    self.applicability = applicability
  }
}
