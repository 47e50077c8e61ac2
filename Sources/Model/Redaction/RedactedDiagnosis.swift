/// What was found out, without what must not be shown. Reports are given this, so that none of them
/// can forget to redact.
///
/// Every text is walked that may hold something of the evidence: sentences, excerpts, values, names
/// of subjects, paths, commands. Names of rules, facts and events are not evidence.
extension Diagnosis: TextBearing {
  /// `secrets` are those known from elsewhere in the evidence.
  package func redacted(
    by redaction: Redaction, key: PseudonymKey? = nil,
    knowing secrets: RedactionSurvey = RedactionSurvey()
  ) -> Diagnosis {
    guard redaction != .none else { return self }
    let survey = surveyed(for: redaction, knowing: secrets)
    var redacted = rewritten(by: Redactor(redaction, key: key, survey: survey))
    redacted.withholdCommands(of: self, by: Redactor(.secrets, survey: survey))
    return redacted
  }

  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    verdict.summary = rewrite(verdict.summary)
    for index in causes.indices { causes[index].rewriteTexts(rewrite) }
    for index in suspects.indices {
      suspects[index].title = rewrite(suspects[index].title)
      suspects[index].subject.rewriteTexts(rewrite)
      suspects[index].evidence.rewriteTexts(rewrite)
      suspects[index].against.rewriteTexts(rewrite)
      suspects[index].missing.rewriteTexts(rewrite)
    }
    for index in ruledOut.indices {
      ruledOut[index].title = rewrite(ruledOut[index].title)
      ruledOut[index].subject.rewriteTexts(rewrite)
      ruledOut[index].against.rewriteTexts(rewrite)
    }
    plan.rewriteTexts(rewrite)
    missing.rewriteTexts(rewrite)
    for index in timeline.indices {
      timeline[index].event = rewrite(timeline[index].event)
      timeline[index].subject.rewriteTexts(rewrite)
      timeline[index].source.rewriteTexts(rewrite)
    }
    for index in clocks.indices {
      clocks[index].file = rewrite(clocks[index].file)
      clocks[index].anchor = clocks[index].anchor.map(rewrite)
    }
    for index in recurrence.indices {
      recurrence[index].subject.rewriteTexts(rewrite)
      for place in recurrence[index].sources.indices {
        recurrence[index].sources[place].rewriteTexts(rewrite)
      }
    }
    for index in risks.indices {
      risks[index].message = rewrite(risks[index].message)
      risks[index].fix = risks[index].fix.map(rewrite)
      risks[index].source?.rewriteTexts(rewrite)
    }
    inputs.rewriteTexts(rewrite)
  }

  /// A command with a hole in it would do something else than what it says.
  private mutating func withholdCommands(of original: Diagnosis, by secrets: Redactor) {
    func withhold(_ steps: inout [Step], _ originals: [Step]) {
      for (index, step) in zip(steps.indices, originals) {
        guard let command = step.command, secrets(command) != command else { continue }
        let reason = "the command is withheld: it holds a secret; --redact none shows it"
        steps[index].command = nil
        steps[index].warning = steps[index].warning.map { $0 + "; " + reason } ?? reason
      }
    }
    withhold(&plan, original.plan)
    for (index, cause) in zip(causes.indices, original.causes) {
      withhold(&causes[index].remediation, cause.remediation)
    }
  }
}

extension FactListing: TextBearing {
  /// `secrets` are those known from elsewhere in the evidence.
  package func redacted(
    by redaction: Redaction, key: PseudonymKey? = nil,
    knowing secrets: RedactionSurvey = RedactionSurvey()
  ) -> FactListing {
    guard redaction != .none else { return self }
    let survey = surveyed(for: redaction, knowing: secrets)
    return rewritten(by: Redactor(redaction, key: key, survey: survey))
  }

  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    observations = observations.map {
      var observation = $0
      observation.rewriteTexts(rewrite)
      return observation
    }
    inputs.rewriteTexts(rewrite)
  }
}

/// A diagnosis tells the same names, excerpts and commands in several places: so many texts are
/// remembered and not looked through again.
private let textLimit = 4096

private protocol TextBearing {
  mutating func rewriteTexts(_ rewrite: (String) -> String)
}

extension TextBearing {
  /// All is read before anything is taken out: what one place tells to be a secret is one everywhere.
  fileprivate func surveyed(
    for redaction: Redaction, knowing secrets: RedactionSurvey
  ) -> RedactionSurvey {
    var survey = secrets
    var reading = self
    var read: Set<String> = []
    reading.rewriteTexts { text in
      // The key of pseudonyms comes from all texts, those that are told again too.
      if redaction == .all || read.count >= textLimit || read.insert(text).inserted {
        survey.read(text, findsNames: redaction == .all)
      }
      return text
    }
    return survey
  }

  fileprivate func rewritten(by redactor: Redactor) -> Self {
    var redacted = self
    var known: [String: String] = [:]
    redacted.rewriteTexts { text in
      if let rewritten = known[text] { return rewritten }
      let rewritten = redactor(text)
      if known.count < textLimit { known[text] = rewritten }
      return rewritten
    }
    return redacted
  }
}

extension AccusedCause {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    title = rewrite(title)
    why = rewrite(why)
    subject.rewriteTexts(rewrite)
    explainedBy?.subject.rewriteTexts(rewrite)
    evidence.rewriteTexts(rewrite)
    against.rewriteTexts(rewrite)
    missing.rewriteTexts(rewrite)
    remediation.rewriteTexts(rewrite)
    for index in never.indices {
      never[index].action = rewrite(never[index].action)
      never[index].why = rewrite(never[index].why)
    }
  }
}

extension Subject {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    self = Subject(kind, rewrite(name))
  }
}

extension Source {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    file = rewrite(file)
    excerpt = String(rewrite(excerpt).prefix(200))
  }
}

extension Observation {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    if case .text(let text) = value { value = .text(rewrite(text)) }
    subject.rewriteTexts(rewrite)
    part = part.map(rewrite)
    source?.rewriteTexts(rewrite)
  }
}

extension [WeighedSymptom] {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    for index in indices {
      self[index].statement = rewrite(self[index].statement)
      for place in self[index].observed.indices {
        self[index].observed[place].rewriteTexts(rewrite)
      }
    }
  }
}

extension [MissingEvidence] {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    for index in indices {
      self[index].collect = rewrite(self[index].collect)
      self[index].why = rewrite(self[index].why)
    }
  }
}

extension [Step] {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    for index in indices {
      self[index].title = rewrite(self[index].title)
      self[index].why = rewrite(self[index].why)
      self[index].command = self[index].command.map(rewrite)
      self[index].warning = self[index].warning.map(rewrite)
      self[index].verify = self[index].verify.map(rewrite)
      self[index].subject.rewriteTexts(rewrite)
    }
  }
}

extension [InputAccount] {
  fileprivate mutating func rewriteTexts(_ rewrite: (String) -> String) {
    for index in indices {
      self[index].path = rewrite(self[index].path)
      self[index].folder = rewrite(self[index].folder)
      self[index].warnings = self[index].warnings.map {
        Page.Warning(rewrite($0.message), line: $0.line)
      }
    }
  }
}
