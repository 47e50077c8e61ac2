import Model
import Testing

@testable import Reasoning

/// Who is taken to belong to whom where the evidence does not say.
@Suite struct IdentificationTests {
  private static func eightWorkers(of service: String) -> Page {
    page(.gunicornCommand, .app, .serviceName(service)) { page, _ in
      page.fact("gunicorn.workers", 8)
    }
  }

  /// A box that swaps.
  private static func box(cpus: Double) -> Page {
    page(.cpuCount, .host) { page, _ in
      page.fact("host.cpus", cpus)
      page.fact("host.vmstat.swap_active_share", 0.4)
    }
  }

  private static func ledger(_ pages: [(folder: String, page: Page)]) -> Ledger {
    var ledger = Ledger()
    for (index, (folder, page)) in pages.enumerated() {
      ledger.add(
        InputAccount(path: "\(folder)/\(index)", folder: folder, kind: page.kind, status: .read),
        page: page)
    }
    return ledger
  }

  @Test func theHostInItsFolderIsTheApplications() throws {
    let ledger = Self.ledger([
      ("web", Self.eightWorkers(of: "shop")), ("web", Self.box(cpus: 1)),
      ("other", Self.box(cpus: 16)),
    ])
    #expect(try fact("gunicorn.workers_per_core_in_force", of: .app, in: ledger) == .number(8))
  }

  @Test func ofHostsInOtherFoldersNoneIsTheApplications() throws {
    let ledger = Self.ledger([
      ("web", Self.eightWorkers(of: "shop")), ("one", Self.box(cpus: 1)),
      ("other", Self.box(cpus: 16)),
    ])
    #expect(try fact("gunicorn.workers_per_core_in_force", of: .app, in: ledger) == nil)
  }

  /// Each is judged by its own: what is in one folder says nothing of the other.
  @Test func twoApplicationsHaveTheirOwnHosts() throws {
    let ledger = Self.ledger([
      ("web", Self.eightWorkers(of: "shop")), ("web", Self.box(cpus: 1)),
      ("api", Self.eightWorkers(of: "api")), ("api", Self.box(cpus: 16)),
    ])
    let accused = diagnose(ledger, pack: try RulePack.builtIn()).causes.filter {
      $0.id == "worker-oversubscription"
    }
    #expect(accused.map(\.subject.name) == ["shop"])
  }

  // MARK: metrics without dimensions

  /// Two instances, of which the second does not answer.
  private static func statuses() -> [Page] {
    [("i-0aaaaaaaaaaaaaaaa", "ok"), ("i-0bbbbbbbbbbbbbbbb", "impaired")].map { id, status in
      page(.instanceStatus, .instance, .instanceID(id)) { page, instance in
        page.record("ec2.SystemStatus", .text(status), of: instance, origin: origin())
      }
    }
  }

  private static func failingCheck() -> Page {
    var page = Page(kind: .cloudWatchMetric)
    let instance = page.subject(
      SubjectClue(.instance, keys: [], agreesWith: ["ec2.SystemStatus": "impaired"]))
    page.fact("cloudwatch.StatusCheckFailed_System.failed_periods", 9, of: instance)
    return page
  }

  private static func idleCPU() -> Page {
    page(.cloudWatchMetric, .instance) { page, _ in
      page.fact("cloudwatch.CPUUtilization", 0.02, at: at(2, 0))
      page.fact("cloudwatch.CPUUtilization", 0.03, at: at(2, 5))
    }
  }

  private static func owner(of fact: String, in ledger: Ledger) -> String? {
    let evidence = IdentifiedEvidence(ledger)
    return evidence.subjects.indices.first { evidence.facts[$0][fact] != nil }
      .map { evidence.subjects[$0].name }
  }

  @Test("What was saved beside a metric that can be of one instance only is of that one")
  func metricsSavedTogetherAreOfOneInstance() {
    let pages = Self.statuses() + [Self.failingCheck(), Self.idleCPU()]
    let together = Self.ledger(pages.map { ("db", $0) })
    #expect(Self.owner(of: "cloudwatch.CPUUtilization", in: together) == "i-0bbbbbbbbbbbbbbbb")
    // Nothing tells of which of the two it is.
    let apart = Self.ledger(pages.dropLast().map { ("db", $0) } + [("cpu", Self.idleCPU())])
    #expect(Self.owner(of: "cloudwatch.CPUUtilization", in: apart) == Subject.unknownName)
    let alone = Self.ledger((Self.statuses() + [Self.idleCPU()]).map { ("db", $0) })
    #expect(Self.owner(of: "cloudwatch.CPUUtilization", in: alone) == Subject.unknownName)
  }

  @Test("What is nobody's by name is no suspect beside those it may be of")
  func theNamelessIsNoFurtherSuspect() throws {
    let slow = page(.nginxAccessLog, .proxy) { page, _ in
      page.fact("nginx.access.request_time.baseline", 0.05)
      page.fact("nginx.access.request_time.worst_p50", 2)
    }
    let found = diagnose(
      Self.ledger((Self.statuses() + [Self.idleCPU(), slow]).map { ("db", $0) }),
      pack: try RulePack.builtIn())
    let suspected = found.suspects.filter { $0.id == "cpu-credit-exhaustion" }.map(\.subject.name)
    #expect(suspected == ["i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"])
  }
}
