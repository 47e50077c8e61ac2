import Model
import Testing

@testable import Readers

/// What was asked for after the window tells nothing of it.
@Suite struct WindowTests {
  private static func until(_ hour: Int) -> ReadingContext {
    var context = ReadingContext()
    context.window.until = Instant(year: 2024, month: 3, day: 5, hour: hour)
    return context
  }

  private static let status = """
    {"InstanceStatuses": [{"InstanceId": "i-0abcd1234ef567890",
     "InstanceState": {"Code": 16, "Name": "running"},
     "InstanceStatus": {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]},
     "SystemStatus": {"Status": "impaired", "Details": [{"Name": "reachability",
      "Status": "failed", "ImpairedSince": "2024-03-05T02:07:00.000Z"}]}}]}
    """

  @Test(arguments: [(3, "impaired"), (2, nil)])
  func aStatusThatFailedLaterIsLeftOut(hour: Int, status: String?) {
    let page = readPage(
      Self.status, with: InstanceStatusReader.self, context: Self.until(hour))
    #expect(page.text("ec2.SystemStatus") == status)
    #expect(page.events.isEmpty == (status == nil))
  }

  @Test(arguments: [(3, "failed"), (2, nil)])
  func aServiceThatFailedLaterIsLeftOut(hour: Int, state: String?) {
    let text = """
      x quotes.service - Quotes behind gunicorn
           Loaded: loaded (/etc/systemd/system/quotes.service; enabled)
           Active: failed (Result: exit-code) since Tue 2024-03-05 02:15:19 UTC; 1min 2s ago
         Main PID: 3377 (code=exited, status=3/NOTIMPLEMENTED)
      """
    let page = readPage(text, with: ServiceStatusReader.self, context: Self.until(hour))
    #expect(page.text("app.service.active") == state)
    #expect((page.number("app.service.exit_status") == nil) == (state == nil))
  }

  /// 1709604600 is 02:10.
  @Test(arguments: [(3, 0.035), (2, nil)])
  func aLaterSpikeIsLeftOut(hour: Int, worst: Double?) {
    for text in [
      "expire-cycle\n1709604600\n16\n35\n", "1) 1) (integer) 1709604600\n   2) (integer) 35\n",
    ] {
      let page = readPage(
        text, name: "latency-history-expire-cycle.txt", with: RedisLatencyReader.self,
        context: Self.until(hour))
      #expect(page.number("redis.latency.event.worst") == worst)
    }
  }
}
