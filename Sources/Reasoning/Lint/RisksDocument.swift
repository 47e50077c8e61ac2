import Model

extension RulePack {
  /// docs/risks.md: every risk with its condition, why, fix and sources.
  package var risksDocument: String {
    let mended = risks.count { $0.isMended }
    let suggested = risks.count { !$0.isMended && !$0.edits.isEmpty }
    var lines = [
      "# Risks", "",
      "Written by `make docs` from the rules themselves: what `triage lint` looks for, "
        + "\(risks.count) risky settings. \(mended) of them `--fix` can mend, and \(suggested) more "
        + "`--fix --unsafe-fixes`. How to run it: `lint.md`; the facts that conditions name: `facts.md`.",
      "", "| risk | level | of each | what it is | would cause |",
      "| --- | --- | --- | --- | --- |",
    ]
    for risk in risks {
      let cause = risk.cause.map { "[\($0)](rules.md#\($0))" } ?? ""
      lines.append(
        "| [\(risk.id)](#\(risk.id)) | \(risk.level.rawValue) | \(risk.subject.rawValue) "
          + "| \(cell(risk.title)) | \(cause) |")
    }
    lines.append("")
    for risk in risks {
      lines += ["## \(risk.id)", "", "**\(text(risk.title)).** \(text(risk.why.trimmed))", ""]
      lines += ["Found when \(code(risk.when.trimmed)). Fix: \(sentence(risk.fix.plain))", ""]
      if let edit = risk.edits.first {
        let options = risk.isMended ? "--fix" : "--fix --unsafe-fixes"
        lines += ["Mended by `\(options)`: \(sentence(edit.applicability.reason))", ""]
      }
      if let decision = risk.decision {
        lines += ["Not mended by `--fix`; to be decided: \(sentence(decision))", ""]
      }
      if let incident = risk.incident { lines += ["Comes from: \(sentence(incident))", ""] }
      lines += ["Sources: \(risk.sources.map { "<\($0)>" }.joined(separator: ", ")).", ""]
    }
    return lines.joined(separator: "\n")
  }
}

extension Risk {
  /// It has an edit that nobody need look at.
  var isMended: Bool { edits.contains { $0.applicability.isCertain } }
}
