import Model
import Testing

@testable import Reasoning

/// What samples of containers say of the application's own.
@Suite struct ContainerGrowthTests {
  private static let mebi = 1_048_576.0

  /// Samples an hour apart, in MiB, of containers by name; and an application of that name.
  private static func evidence(_ samples: [String: [Double]], app: String?) -> Ledger {
    let stats = page(.cgroupMemory, .host, .hostName("box")) { page, _ in
      for (name, sizes) in samples.sorted(by: { $0.key < $1.key }) {
        for (hour, size) in sizes.enumerated() {
          page.fact("host.cgroup.usage", size * mebi, at: at(hour, 0), part: name)
        }
      }
    }
    let keys: [IdentityKey] = app.map { [.serviceName($0)] } ?? []
    var command = Page(kind: .gunicornCommand)
    let subject = command.subject(SubjectClue(.app, keys: Set(keys)))
    command.fact("gunicorn.workers", 4, of: subject)
    command.fact("gunicorn.max_requests", 0, of: subject)
    return ledger([(name: "stats.txt", page: stats), (name: "compose.yml", page: command)])
  }

  private static let rising = [300.0, 310, 370, 430, 490, 550, 610, 670, 730, 790]
  private static let flat = [300.0, 301, 299, 300, 302, 300, 301, 299, 300, 301]
  private static let levelling = [100.0, 200, 280, 330, 360, 375, 385, 390, 392, 393]
  private static let restarted = [900.0, 960, 1010] + rising

  @Test(
    arguments: [
      (rising, 480.0, true), (flat, 0, false), (levelling, 193, false), (restarted, 480, true),
    ])
  func growthIsOfOneLifeAfterItsWarmUp(sizes: [Double], growth: Double, isSteady: Bool) throws {
    let evidence = Self.evidence(["shop-web-1": sizes, "shop-db-1": Self.rising], app: "web")
    #expect(
      try fact("app.container.growth", of: .app, in: evidence) == .number(growth * Self.mebi))
    #expect(
      try fact("app.container.growth_is_steady", of: .app, in: evidence) == .flag(isSteady))
  }

  @Test(
    arguments: [
      ("web", "shop-web-1", true), ("web", "shop_web_1", true),
      ("web", "web-7d4b9c6f5d-k2xjz", true), ("web", "web-7d4b9c6f5d-k2xjz/web", true),
      ("web-api", "shop-web-api-1", true), ("web", "shop-webhooks-1", false),
      ("web-api", "shop-web-1", false), (nil, "anything", true),
    ])
  func aContainerIsFoundByItsName(app: String?, container: String, isFound: Bool) throws {
    let evidence = Self.evidence([container: Self.rising], app: app)
    #expect(try (fact("app.container.growth", of: .app, in: evidence) != nil) == isFound)
  }

  @Test func ofSeveralTheNamelessHasNone() throws {
    let evidence = Self.evidence(["a": Self.rising, "b": Self.flat], app: nil)
    #expect(try fact("app.container.growth", of: .app, in: evidence) == nil)
  }

  @Test func fourSamplesAreTooFew() throws {
    let evidence = Self.evidence(["web": Array(Self.rising.prefix(4))], app: "web")
    #expect(try fact("app.container.growth", of: .app, in: evidence) == nil)
  }

  @Test(arguments: [(rising, ["worker-memory-leak"]), (flat, [])])
  func aContainerThatGrowsIsALeak(sizes: [Double], accused: [String]) throws {
    let evidence = Self.evidence(["shop-web-1": sizes, "shop-db-1": Self.rising], app: "web")
    let diagnosis = diagnose(evidence, pack: try RulePack.builtIn())
    #expect(diagnosis.causes.map(\.id) == accused)
  }
}
