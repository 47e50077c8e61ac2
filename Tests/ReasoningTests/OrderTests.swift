import Model
import Testing

@testable import Reasoning

/// Who may have brought about whom, in time.
@Suite struct OrderTests {
  private static func cause(
    _ symptom: String, explains: String, foretells: Bool = false
  ) -> String {
    """
    for: host
    title: \(symptom)
    why: test
    prior: -10
    foretells: \(foretells)
    evidence: [{ symptom: \(symptom), holds: 15, direct: true }]
    explains: [\(explains)]
    remedy: [{ phase: fix, title: x, why: y, risk: none }]
    sources: [test]
    examples:
      - { facts: { kernel.oom_kills: 1, kernel.io_errors: 1, kernel.panics: 1 }, accused: true }
      - { facts: { kernel.oom_kills: 0, kernel.io_errors: 0, kernel.panics: 0 }, accused: false }
    """
  }

  private static func symptom(_ name: String, _ fact: String) -> String {
    "\(name): { for: host, when: \(fact) > 0, says: yes it does, says_not: no it does not }\n"
  }

  /// fire explains smoke and ash, smoke explains ash.
  private static func pack() throws -> RulePack {
    let files = [
      (
        path: "symptoms/host.yaml",
        text: symptom("burns", "kernel.oom_kills") + symptom("smokes", "kernel.io_errors")
          + symptom("glows", "kernel.panics")
      ),
      (path: "causes/fire.yaml", text: cause("burns", explains: "smoke, ash")),
      (path: "causes/smoke.yaml", text: cause("smokes", explains: "ash")),
      (path: "causes/ash.yaml", text: cause("glows", explains: "")),
    ]
    return try RulePack([RuleFiles(folder: "test", files: files)], table: .builtIn)
  }

  private static func log(
    _ kind: EvidenceKind, _ fact: String, _ time: Instant, isZoned: Bool
  ) -> Page {
    page(kind, .host, .hostName("web-1")) { page, _ in
      page.fact(fact, 1, at: time)
      page.event("oom-kill", time, isImpact: true, isZoned: isZoned)
    }
  }

  private static func diagnosis(
    fire: Instant, smoke: Instant, ash: Instant? = nil, isZoned: Bool = true
  ) throws -> Diagnosis {
    var pages = [
      ("fire.log", log(.kernelLog, "kernel.oom_kills", fire, isZoned: true)),
      ("smoke.log", log(.consoleOutput, "kernel.io_errors", smoke, isZoned: isZoned)),
    ]
    if let ash { pages.append(("ash.log", log(.systemLog, "kernel.panics", ash, isZoned: true))) }
    return diagnose(ledger(pages), pack: try pack())
  }

  private static func roles(_ diagnosis: Diagnosis) -> [String] {
    diagnosis.causes.map { "\($0.id) \($0.role.rawValue)" }
  }

  /// A storm that is foretold, by more evidence than there is of the fire.
  @Test(arguments: [(false, ["fire", "storm"]), (true, ["storm", "fire"])])
  func whatIsToComeStandsBehindWhatIs(isStormFelt: Bool, order: [String]) throws {
    let felt = isStormFelt ? ", impact: true" : ""
    let smokes =
      "smokes: { for: host, when: kernel.io_errors > 0, says: yes, says_not: no\(felt) }\n"
    let storm = Self.cause("smokes", explains: "", foretells: true)
      .replacing("holds: 15", with: "holds: 19")
    let files = [
      (path: "symptoms/host.yaml", text: smokes + Self.symptom("burns", "kernel.oom_kills")),
      (path: "causes/fire.yaml", text: Self.cause("burns", explains: "")),
      (path: "causes/storm.yaml", text: storm),
    ]
    let pack = try RulePack([RuleFiles(folder: "test", files: files)], table: .builtIn)
    let pages = [
      ("fire.log", Self.log(.kernelLog, "kernel.oom_kills", at(1, 0), isZoned: true)),
      ("smoke.log", Self.log(.consoleOutput, "kernel.io_errors", at(1, 0), isZoned: true)),
    ]
    #expect(diagnose(ledger(pages), pack: pack).causes.map(\.id) == order)
  }

  @Test func whatFollowsIsExplained() throws {
    let found = try Self.diagnosis(fire: at(1, 0), smoke: at(1, 5))
    #expect(Self.roles(found) == ["fire root", "smoke consequence"])
    #expect(found.causes.map(\.chain) == [["fire", "smoke"], []])
    #expect(found.firstAnomaly == 0)
  }

  @Test func whatWasThereBeforeIsNot() throws {
    let found = try Self.diagnosis(fire: at(1, 0), smoke: at(0, 55))
    #expect(Set(Self.roles(found)) == ["fire root", "smoke root"])
    #expect(found.causes.flatMap(\.chain) == [])
    #expect(found.firstAnomaly == 0)
    #expect(found.timeline.first?.time == at(0, 55))
  }

  /// Within a second nobody knows which was first.
  @Test func aSecondIsNoOrder() throws {
    let found = try Self.diagnosis(fire: at(1, 0, 1), smoke: at(1, 0))
    #expect(Self.roles(found) == ["fire root", "smoke consequence"])
  }

  /// A clock without a zone and without an anchor carries no order.
  @Test func anUnknownClockForbidsNothing() throws {
    let found = try Self.diagnosis(fire: at(1, 0), smoke: at(0, 55), isZoned: false)
    #expect(Self.roles(found) == ["fire root", "smoke consequence"])
    #expect(found.clocks == [SourceClock(file: "smoke.log", offset: nil, anchor: nil)])
    let first = try #require(found.firstAnomaly)
    #expect(found.timeline[first].time == at(1, 0))
  }

  /// Ash hangs below smoke, its nearest cause, not below fire.
  @Test func theChainGoesThroughTheNearest() throws {
    let found = try Self.diagnosis(fire: at(1, 0), smoke: at(1, 5), ash: at(1, 10))
    #expect(Self.roles(found) == ["fire root", "smoke consequence", "ash consequence"])
    #expect(found.causes.first?.chain == ["fire", "smoke", "ash"])
    #expect(found.causes.last?.explainedBy?.id == "smoke")
    // Smoke that came after the ash did not make it; the fire did.
    let late = try Self.diagnosis(fire: at(1, 0), smoke: at(1, 15), ash: at(1, 10))
    #expect(late.causes.first { $0.id == "ash" }?.explainedBy?.id == "fire")
  }
}
