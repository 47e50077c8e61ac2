import Model
import Testing

@testable import Reasoning

/// A cause that is weighed for another kind of subject where none of its own was given.
@Suite struct StandInTests {
  private static func boots(endsInFailure: Bool) -> Page {
    page(.gunicornLog, .app, .serviceName("shop")) { page, app in
      page.fact("gunicorn.log.boot_failures", 3)
      page.record(
        "gunicorn.log.ends_in_failed_boot", .flag(endsInFailure), of: app, origin: origin())
    }
  }

  @Test(arguments: [true, false])
  func anApplicationThatDoesNotBootIsDownWithoutAProxyToSaySo(isDown: Bool) throws {
    let log = (name: "gunicorn.log", page: Self.boots(endsInFailure: isDown))
    let diagnosis = diagnose(ledger([log]), pack: try RulePack.builtIn())
    #expect(diagnosis.causes.map(\.id) == (isDown ? ["upstream-failure"] : []))
    #expect(diagnosis.causes.allSatisfy { $0.subject.kind == .app })
    #expect(!diagnosis.suspects.contains { $0.subject.kind == .proxy })
  }

  @Test func whereAProxyWasGivenItIsTheOneThatCannotReachIt() throws {
    let proxy = page(.nginxAccessLog, .proxy) { page, _ in page.fact("nginx.access.requests", 100) }
    let pages = [
      (name: "gunicorn.log", page: Self.boots(endsInFailure: true)),
      (name: "access.log", page: proxy),
    ]
    let diagnosis = diagnose(ledger(pages), pack: try RulePack.builtIn())
    #expect(diagnosis.causes.map(\.subject.kind) == [.proxy])
  }
}
