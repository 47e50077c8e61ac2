import Model
import Testing

@testable import Reasoning

/// How lint tells services apart, where a finding stands, and which lines it may mend.
struct LintTests {
  private typealias Stated = (name: String, value: Value, line: Int?)

  /// A page of one subject for each file.
  private func lint(
    _ files: (path: String, kind: EvidenceKind, clue: SubjectClue, facts: [Stated])...
  ) throws -> [Finding] {
    var ledger = Ledger()
    for file in files {
      var page = Page(kind: file.kind)
      let subject = page.subject(file.clue)
      for fact in file.facts {
        page.record(
          fact.name, fact.value, of: subject,
          origin: Origin(
            line: fact.line, excerpt: fact.line == nil ? "" : "  key = 7", column: 9,
            endColumn: 10))
      }
      let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
      ledger.add(
        InputAccount(path: file.path, folder: folder, kind: file.kind, status: .read), page: page)
    }
    return Reasoning.lint(ledger, pack: try RulePack.builtIn()).findings
  }

  private let noRecycling: [Stated] = [
    ("gunicorn.max_requests", .number(0), nil), ("gunicorn.command", .text("gunicorn"), 3),
  ]

  @Test("What is absent is told at the command")
  func absent() throws {
    let found = try lint(
      ("Dockerfile", .gunicornCommand, SubjectClue(.app), noRecycling))
    let finding = try #require(found.first { $0.rule == "gunicorn-no-max-requests" })
    #expect(finding.place.line == 3)
    #expect(finding.edits.isEmpty)
  }

  @Test("A config that the command names states what the command leaves out")
  func namedConfig() throws {
    let command = SubjectClue(.app, keys: [.configuredBy("/srv/app/gunicorn.conf.py")])
    let found = try lint(
      ("Dockerfile", .gunicornCommand, command, noRecycling),
      (
        "app/gunicorn.conf.py", .gunicornConfig, SubjectClue(.app),
        [("gunicorn.max_requests", .number(500), 1)]
      ))
    #expect(!found.contains { $0.rule == "gunicorn-no-max-requests" })
  }

  @Test("Of two configs that could be meant neither is, and nothing is said")
  func ambiguous() throws {
    let command = SubjectClue(.app, keys: [.configuredBy("gunicorn.conf.py")])
    let config: [Stated] = [("gunicorn.max_requests", .number(500), 1)]
    let found = try lint(
      ("deploy/Dockerfile", .gunicornCommand, command, noRecycling),
      ("a/gunicorn.conf.py", .gunicornConfig, SubjectClue(.app), config),
      ("b/gunicorn.conf.py", .gunicornConfig, SubjectClue(.app), config))
    #expect(!found.contains { $0.rule == "gunicorn-no-max-requests" })
  }

  private let redis: [Stated] = [
    ("redis.config.save_enabled", .flag(true), 2), ("redis.config.appendonly", .flag(false), nil),
  ]
  private let overcommit: [Stated] = [("host.sysctl.vm.overcommit_memory", .number(0), 4)]

  @Test("A Redis and the kernel settings of one etc/ are of one machine; others are not")
  func roots() throws {
    let found = try lint(
      ("a/etc/redis/redis.conf", .redisConfig, SubjectClue(.redis), redis),
      ("a/etc/sysctl.d/60.conf", .sysctl, SubjectClue(.host), overcommit),
      ("b/etc/sysctl.d/60.conf", .sysctl, SubjectClue(.host), overcommit))
    let findings = found.filter { $0.rule == "redis-overcommit" }
    #expect(findings.map(\.place.file) == ["a/etc/sysctl.d/60.conf"])
    let finding = try #require(findings.first)
    #expect(finding.related.map(\.file) == ["a/etc/redis/redis.conf"])
    #expect(finding.edits.map(\.inserted) == [["  key = 1"]])
    #expect(finding.edits.first?.removed == ["  key = 7"])
  }

  @Test("Fingerprints differ for two findings of one rule in one line, and stay with moved lines")
  func fingerprints() throws {
    func at(_ line: Int) throws -> [String] {
      try lint(
        (
          "a.json", .probeConfig, SubjectClue(.proxy),
          [("probe.check_asks_root", .flag(true), line)]
        )
      ).map(\.fingerprint)
    }
    let (above, below) = (try at(3), try at(8))
    #expect(above == below)
    #expect(above.count == 1)
  }

  @Test("Paths are told below the working folder")
  func relativePaths() throws {
    var page = Page(kind: .nginxConfig)
    page.record(
      "nginx.config.worker_connections", .number(10), of: page.subject(.proxy),
      origin: Origin(line: 1, excerpt: "worker_connections 10;"))
    var ledger = Ledger()
    ledger.add(
      InputAccount(path: "/w/a/nginx.conf", folder: "/w/a", kind: .nginxConfig, status: .read),
      page: page)
    let pack = try RulePack.builtIn()
    let places = ["", "/w", "/w/", "/other"].map {
      Reasoning.lint(ledger, pack: pack, below: $0).findings.first?.place.file
    }
    #expect(places == ["/w/a/nginx.conf", "a/nginx.conf", "a/nginx.conf", "/w/a/nginx.conf"])
  }

  @Test("Every risk has a document, a fix and a cause that exists, and is sound")
  func soundness() throws {
    let pack = try RulePack.builtIn()
    #expect(pack.risks.count >= 40)
    for risk in pack.risks {
      #expect(risk.sources.contains { $0.hasPrefix("https://") }, "\(risk.id)")
      #expect(!risk.bad.isEmpty && !risk.good.isEmpty, "\(risk.id)")
      // Either a change is certain, or somebody has to decide or to look at it, and it says what.
      #expect(risk.isMended == (risk.decision == nil), "\(risk.id)")
    }
    // Nothing sound can be proposed: whom to tell, which path is there, how to part two services.
    #expect(
      pack.risks.filter(\.edits.isEmpty).map(\.id).sorted() == [
        "ec2-credits-unwatched", "ec2-instance-store", "ec2-no-status-alarm",
        "ec2-public-address-changes", "ec2-surplus-unwatched", "health-check-asks-root",
        "nginx-keepalive-in-vain", "redis-config-unused", "service-no-memory-limit",
        "service-web-with-worker",
      ])
    let report = pack.test()
    let failed = report.examples.filter { !$0.isAsExpected }.map(\.place)
    #expect(failed == [])
  }
}
