import Model

/// What the readers saw, for `triage facts`: as JSON, or as lines to grep.
package struct FactsReport: Sendable {
  package let style: Style

  package init(style: Style = .plain) { self.style = style }

  package func json(_ listing: FactListing) -> String {
    // An observation is written as in a diagnosis.
    let report = JSONReport(version: "")
    return JSON.object([
      ("schema", .string("triage/facts/v1")),
      ("facts", .array(listing.observations.map(report.observation))),
      ("inputs", .array(listing.inputs.map(report.input))),
    ]).document
  }

  /// A block for each subject; in it a line for each fact: name, part, value, time, place.
  package func text(_ listing: FactListing) -> String {
    var page = TextPage(width: .max, style: style, inputs: listing.inputs)
    var text = ""
    var subject: Subject?
    let names = listing.observations.map { observation in
      escaped(observation.fact + (observation.part.map { "[\($0)]" } ?? ""))
    }
    let width = min(names.map { cells($0) }.max() ?? 0, 48)
    for (name, observation) in zip(names, listing.observations) {
      if observation.subject != subject {
        if subject != nil { text += "\n" }
        text += style.bold(escaped(observation.subject.description)) + "\n"
        subject = observation.subject
      }
      text += "  " + padded(name, to: width) + "  "
      text += escaped(wording(observation.value, unit: observation.unit))
      if let time = observation.time { text += "  at " + wording(time) }
      if let source = observation.source { text += "  " + style.dim(page.place(of: source)) }
      text += "\n"
    }
    if listing.observations.isEmpty { text += "no facts\n" }
    page.add(inputs: listing.inputs)
    return text + page.text
  }
}
