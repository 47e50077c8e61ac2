import Model
import Testing

@testable import Readers

/// What health checks and evictions tell of containers, and what a server says below its status.
@Suite struct ContainerHealthTests {
  private func pod(_ head: String, reason: String, _ events: String = "") -> Page {
    readPage(
      """
      Name:             web-6c9f7d8b9c-2xk4q
      Namespace:        prod
      \(head)
      Containers:
        web:
          Image:          shop/web:2
          State:          Terminated
            Reason:       \(reason)
            Exit Code:    137
            Finished:     Sun, 23 Nov 2025 07:41:13 +0000
          Restart Count:  0
      Events:
      \(events)
      """, with: PodDescriptionReader.self)
  }

  @Test func anEvictedPodIsNotOneThatTheKernelSpared() {
    let evicted = pod(
      """
      Reason:           Evicted
      Message:          The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki.
      """, reason: "Error")
    #expect(evicted.text("app.container.evicted_for") == "memory")
    #expect(evicted.line("app.container.evicted_for") == 4)
    #expect(evicted.value("app.container.oom_killed") == nil)
    let ended = pod("Status:           Running", reason: "Error")
    #expect(ended.text("app.container.evicted_for") == nil)
    #expect(ended.value("app.container.oom_killed") == .flag(false))
  }

  /// An evicted pod stays listed beside the one that took its place, and speaks for no other.
  @Test(arguments: [false, true]) func whatTookThePlaceOfAnEvictedPod(isFirst: Bool) {
    let evicted = """
      Name:       web-1
      Namespace:  prod
      Reason:     Evicted
      Message:    The node was low on resource: memory. Threshold quantity: 100Mi, available: 9Mi.
      Containers:
        web:
          Image:          shop/web:2
          State:          Terminated
            Reason:       Error
            Exit Code:    137
      """
    let running = """
      Name:       web-2
      Namespace:  prod
      Containers:
        web:
          Image:          shop/web:2
          State:          Running
          Restart Count:  0
      """
    let pods = isFirst ? [evicted, running] : [running, evicted]
    let page = readPage(pods.joined(separator: "\n\n\n"), with: PodDescriptionReader.self)
    #expect(page.text("app.container.evicted_for") == nil)
    #expect(page.text("app.container.state") == "running")
  }

  /// Its containers may be gone without a state.
  @Test func anEvictedPodAsKubernetesKeepsIt() {
    let text = """
      kind: Pod
      spec:
        containers:
        - name: web
          image: shop/web:2
      status:
        message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki.'
        phase: Failed
        reason: Evicted
      """
    #expect(
      PodObjectReader.recognises(Sample(name: "pod.yaml", head: Array(text.utf8))) == .certain)
    let page = readPage(text, with: PodObjectReader.self)
    #expect(page.text("app.container.evicted_for") == "memory")
    #expect(page.line("app.container.evicted_for") == 7)
    #expect(page.value("app.container.oom_killed") == nil)
  }

  @Test(arguments: [("web", true), ("proxy", false)])
  func aFailedLivenessProbeIsOfItsContainer(named: String, isUnhealthy: Bool) {
    let page = pod(
      "Status:           Running", reason: "Error",
      "  Normal   Killing  2m (x6 over 3h)  kubelet  Container \(named) failed liveness probe, will be restarted"
    )
    #expect(page.text("app.container.health") == (isUnhealthy ? "unhealthy" : nil))
  }

  @Test(arguments: [("Up 2 weeks (unhealthy)", "unhealthy"), ("Up 2 weeks (healthy)", nil)])
  func docksPsTellsOfHealth(status: String, health: String?) {
    let page = readPage(
      """
      CONTAINER ID   IMAGE        COMMAND             CREATED       STATUS                   PORTS      NAMES
      3f2a9c1d77aa   shop/web:2   "gunicorn shop"     2 weeks ago   \(status)   8000/tcp   shop-web-1
      """, with: ContainerStatusReader.self)
    #expect(page.text("app.container.health") == health)
  }

  @Test func whatADeployEndedOwnsNoLog() {
    let page = readPage(
      """
      CONTAINER ID   IMAGE          COMMAND       CREATED       STATUS                     PORTS   NAMES
      3f2a9c1d77aa   shop/web:2     "java -jar"   2 weeks ago   Up 2 weeks                         shop-web-1
      7ffee1c2d3e4   shop/batch:2   "java -jar"   2 weeks ago   Exited (143) 3 days ago            shop-batch-1
      """, with: ContainerStatusReader.self)
    #expect(page.subjects.isEmpty)
  }

  @Test func dockerInspectTellsOfHealth() {
    let page = readPage(
      """
      [{"Name": "/redis", "RestartCount": 0, "Config": {"Image": "redis:7.2"}, "State": {
        "Status": "running", "Running": true, "OOMKilled": false, "ExitCode": 0,
        "Health": {"Status": "unhealthy", "FailingStreak": 4, "Log": []}}}]
      """, with: ContainerStatusReader.self)
    #expect(page.text("redis.container.health") == "unhealthy")
  }

  @Test func whatAServerSaysBetweenTheLinesOfOthersIsHeard() {
    let page = readPage(
      """
      Nov 23 07:41:10 cache1 systemd[1]: Starting redis-server.service - Advanced key-value store...
      Nov 23 07:41:11 cache1 redis-server[911]: 911:M 23 Nov 2025 07:41:11.801 # Bad file format reading the append only file a.aof: make a backup of your AOF file
      Nov 23 07:41:12 cache1 systemd[1]: redis-server.service: Main process exited, code=exited, status=1/FAILURE
      Nov 23 07:41:12 cache1 systemd[1]: redis-server.service: Failed with result 'exit-code'.
      """, with: SystemLogReader.self)
    #expect(page.number("redis.log.load_failed") == 1)
    #expect(page.line("redis.log.load_failed") == 2)
    // What it does not say there may stand in its own log.
    #expect(page.value("redis.log.save_failed") == nil)
    let other = readPage(
      """
      Nov 23 07:41:10 cache1 systemd[1]: Starting redis-server.service - Advanced key-value store...
      Nov 23 07:41:12 cache1 systemd[1]: redis-server.service: Failed with result 'exit-code'.
      """, with: SystemLogReader.self)
    #expect(!other.facts.contains { $0.name.hasPrefix("redis.log.") })
  }
}
