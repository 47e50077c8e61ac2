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
}
