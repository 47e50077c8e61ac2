import Model
import Testing

@testable import Readers

@Suite struct PodEventsTests {
  private let head = "LAST SEEN   TYPE   REASON   OBJECT   MESSAGE"

  private func page(_ lines: String...) -> Page {
    readPage(([head] + lines).joined(separator: "\n"), with: PodEventsReader.self)
  }

  @Test func whatEndedPodsIsTold() {
    let page = page(
      "9m   Normal   Killing   pod/redis-0   Container redis failed liveness probe, will be restarted",
      "3m (x9 over 8m)   Warning   BackOff   pod/redis-0   Back-off restarting failed container redis in pod redis-0",
      "2m   Warning   Evicted   pod/web-6d5f8b9c7d-x2x4l   The node was low on resource: memory. Threshold quantity: 100Mi"
    )
    #expect(page.text("redis.container.health") == "unhealthy")
    #expect(page.line("redis.container.health") == 2)
    #expect(page.text("redis.container.state") == "restarting")
    #expect(page.text("app.container.evicted_for") == "memory")
    #expect(page.line("app.container.evicted_for") == 4)
  }

  /// A kill for want of the node's own memory, and one at the limit of a container.
  @Test func killsOnNodes() {
    let page = page(
      "8m   Warning   SystemOOM   node/node-7   System OOM encountered, victim process: redis-server, pid: 7",
      "8m   Warning   SystemOOM   node/node-7   System OOM encountered, victim process: gunicorn, pid: 9",
      "6m   Warning   OOMKilling   node/node-7   Memory cgroup out of memory: Killed process 31 (redis-server) total-vm:1403456kB, anon-rss:523412kB, file-rss:0kB"
    )
    #expect(page.number("host.services_killed") == 2)
    #expect(page.number("redis.process.limit_kills") == 1)
    #expect(page.line("redis.process.limit_kills") == 4)
    // The kernel's other troubles are nobody's to deny here.
    #expect(page.value("kernel.conntrack_drops") == nil)
  }

  @Test(arguments: [
    "2m   Warning   BackOff   pod/web-x   Back-off pulling image \"shop/web:2\"",
    "2m   Normal   Killing   pod/web-x   Stopping container web",
    "2m   Warning   Unhealthy   pod/web-x   Readiness probe failed: HTTP probe failed with statuscode: 503",
    "kube-system   2m   Warning   BackOff   pod/metrics-0   Back-off restarting failed container",
    "2m   Warning   BackOff   pod/coredns-5d78c9869d-x2x4l   Back-off restarting failed container",
  ])
  func whatIsNoFailureOfAService(event: String) {
    #expect(page(event).facts.isEmpty)
  }

  @Test(arguments: [
    ("2m   Warning   BackOff   pod/web-x   Back-off restarting failed container", true),
    ("shop   3m20s   Normal   Pulled   Pod/web-x   Container image already present", true),
    ("2026-01-02 12:00:07 Warning Deprecated pod/handler used", false),
    ("10 Warning Deprecated pod/handler used", false),
    ("5m Warning Deprecated path/handler used", false),
  ])
  func itIsKnownWithoutItsHead(line: String, isEvent: Bool) {
    let sample = Sample(name: "x", head: Array(line.utf8))
    #expect((PodEventsReader.recognises(sample) == .certain) == isEvent)
  }
}
