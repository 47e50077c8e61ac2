import Model
import Testing

@testable import Reports

@Suite struct TextReportTests {
  @Test(arguments: ["incident", "inconclusive", "healthy", "hostile"])
  func looksAsRecorded(name: String) throws {
    expectGolden(TextReport().text(try #require(Samples.all[name])), name + ".txt")
  }

  /// What a stronger symptom says of the same lines is left out, but for other evidence of the mechanism.
  @Test func whatShowsTheMechanismIsToldThoughItDoesNotCount() throws {
    var cause = try #require(Samples.incident.causes.first)
    let strongest = try #require(cause.evidence.first { $0.weight > 0 && !$0.sources.isEmpty })
    let others = [
      ("another sign of it", true, true), (String(strongest.statement.prefix(12)), true, false),
      ("background", false, false),
    ]
    cause.evidence = [strongest]
    for (statement, isDirect, _) in others {
      cause.evidence.append(
        WeighedSymptom(
          symptom: "other", statement: statement, weight: 0, isDirect: isDirect,
          observed: strongest.observed))
    }
    let told = others.filter(\.2).map(\.0)
    #expect(cause.evidenceToTell.map(\.statement) == [strongest.statement] + told)
  }

  /// Line ends are ours; all else that acts on a terminal is shown, not done.
  @Test func letsNoControlCharacterThrough() {
    for scalar in TextReport().text(Samples.hostile).unicodeScalars where scalar != "\n" {
      #expect(!isHidden(scalar))
    }
    let coloured = TextReport(style: .coloured).text(Samples.hostile)
    #expect(!coloured.contains("\u{1B}[2J"))
    #expect(coloured.contains("\\u{1b}[2J"))
  }

  /// Colour adds nothing but colour.
  @Test func saysTheSameInColour() {
    let coloured = TextReport(style: .coloured).text(Samples.incident)
    var plain = ""
    var isCode = false
    for character in coloured {
      if character == "\u{1B}" { isCode = true }
      if !isCode { plain.append(character) }
      if character == "m" { isCode = false }
    }
    #expect(plain == TextReport().text(Samples.incident))
    #expect(plain != coloured)
  }

  /// A symptom of a whole fleet is said once, of a member that has a name.
  @Test func suspectsOfOneCauseAreOneEntry() {
    var diagnosis = Samples.inconclusive
    diagnosis.suspects = ["?", "i-1", "i-2", "i-3", "i-4"].map { name in
      Suspect(
        id: "slow", title: "Too slow", subject: Subject(.instance, name), probability: 0.2,
        evidence: [Samples.symptom("s", "it is slow", 3)], against: [], missing: [])
    }
    let expected = "instance i-1 (also instance ?, instance i-2, instance i-3 and 1 more)"
    for report in [
      TextReport(width: 200).text(diagnosis), MarkdownReport().text(diagnosis),
      HTMLReport().text(diagnosis),
    ] {
      #expect(report.contains(expected))
      #expect(report.split(separator: "it is slow").count == 2)
    }
  }

  @Test func whatClearsAFleetIsOneEntryAReason() {
    var diagnosis = Samples.incident
    diagnosis.ruledOut = [("i-1", "passes"), ("i-2", "passes"), ("i-3", "recovered")].map {
      RuledOutCause(
        id: "host", title: "The host fails", subject: Subject(.instance, $0.0), probability: 0.02,
        against: [Samples.symptom($0.1, "the check \($0.1)", -20)], window: nil)
    }
    diagnosis.missing = ["i-1", "i-2"].map {
      MissingEvidence(
        fact: "ec2.credits", symptom: "s", collect: "ask --of \($0)", maxWeight: 9, why: "tells")
    }
    for report in [
      TextReport(width: 200).text(diagnosis), MarkdownReport().text(diagnosis),
      HTMLReport().text(diagnosis),
    ] {
      #expect(report.contains("instance i-1 (also instance i-2)"))
      #expect(report.split(separator: "the check passes").count == 2)
      #expect(report.split(separator: "the check recovered").count == 2)
      #expect(report.contains("ask --of i-1"))
      #expect(!report.contains("ask --of i-2"))
    }
  }

  /// Of a group the strongest counts; the others are told where they rest on other lines.
  @Test func evidenceThatIsOutdoneIsToldForItsPlaces() throws {
    let strong = try #require(Samples.incident.causes.first?.evidence.first)
    var same = strong
    same.statement = "the same again"
    same.weight = 0
    let other = Samples.symptom(
      "other", "seen elsewhere too", 0, Source(file: "other.log", line: 7, excerpt: "a line"))
    var diagnosis = Samples.incident
    diagnosis.causes[0].evidence = [strong, same, other]
    for report in [
      TextReport(width: 200).text(diagnosis), MarkdownReport().text(diagnosis),
      HTMLReport().text(diagnosis),
    ] {
      #expect(!report.contains("the same again"))
      #expect(report.contains("seen elsewhere too"))
    }
  }

  /// A command can be copied: whole, on a line of its own.
  @Test(arguments: [20, 40, 80, 120])
  func neverWrapsACommand(width: Int) throws {
    let lines = TextReport(width: width).text(Samples.incident).split(separator: "\n")
    let command = try #require(Samples.plan.first?.command)
    #expect(lines.contains { $0.drop { $0 == " " } == command })
  }

  @Test func keepsTheWidth() {
    let long = Samples.plan.compactMap(\.command) + [Samples.slowlog.collect]
    for line in TextReport(width: 60).text(Samples.incident).split(separator: "\n") {
      #expect(cells(line) <= 60 || long.contains { line.hasSuffix($0) }, "\(line)")
    }
  }

  @Test func redactsUnlessToldNotTo() {
    let diagnosis = Diagnosis(
      verdict: Verdict(.inconclusive, summary: "redis://:hunter2@10.0.3.7:6380 refuses"))
    #expect(!TextReport().text(diagnosis.redacted(by: .secrets)).contains("hunter2"))
    #expect(TextReport().text(diagnosis.redacted(by: .none)).contains("hunter2"))
  }

  /// Of many events the first anomaly and what users felt stay.
  @Test func keepsWhatMattersOfALongTimeline() {
    let entries = (0..<40).map { index in
      TimelineEntry(
        time: Samples.time(1, index), until: nil, event: "event \(index)", subject: Samples.redis,
        isImpact: index == 25 || index == 39, isZoned: true, source: Samples.source("a", index + 1))
    }
    let text = TextReport().text(
      Diagnosis(
        verdict: Verdict(.inconclusive, summary: "x"), timeline: entries, firstAnomaly: 25))
    #expect(text.contains("event 25 [a:26] <== first anomaly"))
    #expect(text.contains("event 39 "))
    #expect(!text.contains("event 2 "))
    #expect(text.contains("and 28 more"))
  }

  /// Where one clock states no zone, nothing is called first.
  @Test func claimsNoOrderAcrossClocksWithoutZone() {
    let entries = [true, false].map { isZoned in
      TimelineEntry(
        time: Samples.time(1, 0), until: nil, event: "x", subject: Samples.redis, isImpact: true,
        isZoned: isZoned, source: Samples.source("a", 1))
    }
    let text = TextReport().text(
      Diagnosis(verdict: Verdict(.inconclusive, summary: "x"), timeline: entries))
    #expect(!text.contains("first anomaly"))
    #expect(text.contains("~01:00:00 "))
  }

  @Test func survivesConsequencesInACircle() {
    func cause(_ id: String, by other: String) -> AccusedCause {
      Samples.accused(
        id, id, role: .consequence, probability: 0.6, evidence: [],
        explainedBy: .init(id: other, subject: Samples.redis))
    }
    let text = TextReport().text(
      Diagnosis(
        verdict: Verdict(.incident, summary: "x"),
        causes: [cause("a", by: "b"), cause("b", by: "a")]))
    #expect(text.contains("-> b"))
  }
}

@Suite struct EscapingTests {
  @Test(arguments: [
    ("plain text, 한글 and é", "plain text, 한글 and é"), ("", ""),
    ("\u{1B}[31m", "\\u{1b}[31m"), ("\u{9B}31m", "\\u{9b}31m"), ("a\u{7F}b", "a\\u{7f}b"),
    ("a\nb\rc\td", "a\\nb\\rc\\td"), ("a\r\nb", "a\\r\\nb"), ("\0", "\\u{0}"),
    ("\u{200E}\u{200F}\u{61C}", "\\u{200e}\\u{200f}\\u{61c}"),
    ("\u{202A}\u{202E}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
    ("\u{200B}\u{FEFF}\u{AD}\u{2060}", "\\u{200b}\\u{feff}\\u{ad}\\u{2060}"),
    ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("\u{E0041}", "\\u{e0041}"),
    ("\u{3164}\u{115F}", "\\u{3164}\\u{115f}"), ("e\u{301}", "e\u{301}"),
  ])
  func showsWhatIsHidden(text: String, shown: String) {
    #expect(escaped(text) == shown)
    #expect(escaped(shown) == shown)
  }
}

@Suite struct WidthTests {
  @Test(arguments: [
    ("abc", 3), ("한글", 4), ("e\u{301}", 1), ("\u{1112}\u{1161}\u{11AB}", 2), ("日本", 4), ("é", 1),
    ("😀", 2), ("", 0), ("｡", 1), ("Ａ", 2),
  ])
  func countsCells(text: String, count: Int) {
    #expect(cells(text) == count)
  }

  @Test func wrapsByCells() {
    #expect(wrap("한글 한글 한글", width: 10) == ["한글 한글", "한글"])
    #expect(wrap("aaaaaaaaaaaaaaa b", width: 10) == ["aaaaaaaaaa", "aaaaa b"])
    #expect(wrap("한한한한한한", width: 11) == ["한한한한한", "한"])
    #expect(wrap("", width: 10) == [""])
    #expect(cut("한글한글한글", to: 10) == "한글한...")
    #expect(cut("abc", to: 3) == "abc")
  }
}
