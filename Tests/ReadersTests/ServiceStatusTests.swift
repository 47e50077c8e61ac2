import Model
import Testing

@testable import Readers

@Suite struct ServiceStatusTests {
  private func page(_ text: String) -> Page { readPage(text, with: ServiceStatusReader.self) }
  private func containers(_ text: String) -> Page {
    readPage(text, with: ContainerStatusReader.self)
  }

  @Test func readsAFailedUnit() {
    let text = """
      × app.service - app (gunicorn)
           Loaded: loaded (/etc/systemd/system/app.service; enabled; preset: enabled)
           Active: failed (Result: exit-code) since Tue 2024-07-02 22:15:19 UTC; 1min 2s ago
          Process: 3377 ExecStart=/srv/venv/bin/gunicorn wsgi:app --workers 3 (code=exited, status=3)
         Main PID: 3377 (code=exited, status=3/NOTIMPLEMENTED)

      Jul 02 22:15:19 web-2 systemd[1]: Failed to start app.service - app (gunicorn).
      """
    #expect(recognition(of: text, by: ServiceStatusReader.self) == .certain)
    let page = page(text)
    #expect(page.text("app.service.active") == "failed")
    #expect(page.text("app.service.result") == "exit-code")
    #expect(page.number("app.service.exit_status") == 3)
    #expect(page.line("app.service.exit_status") == 5)
    #expect(
      page.value("app.service.since")
        == Instant(year: 2024, month: 7, day: 2, hour: 22, minute: 15, second: 19).map { .time($0) }
    )
    #expect(page.number("gunicorn.workers") == 3)
    #expect(page.line("gunicorn.workers") == 4)
    #expect(page.subjects.first?.keys == [.serviceName("app")])
    #expect(page.relations.first?.kind == .runsOn)
  }

  @Test func readsARunningUnit() {
    let page = page(
      """
      ● web.service - web
           Loaded: loaded (/etc/systemd/system/web.service; enabled)
           Active: active (running) since Tue 2024-07-02 22:15:19 UTC; 2 days ago
         Main PID: 100 (gunicorn)
            Tasks: 9 (limit: 1100)
           Memory: 512.0M (max: 600.0M)
           CGroup: /system.slice/web.service
                   ├─100 /v/bin/python /v/bin/gunicorn --workers 8 --max-requests 100…
                   └─101 /v/bin/python /v/bin/gunicorn --workers 8
      """)
    #expect(page.text("app.service.active") == "active")
    #expect(page.number("app.service.memory") == 536_870_912)
    #expect(page.number("app.memory_limit") == 629_145_600)
    #expect(page.number("app.service.tasks") == 9)
    #expect(page.number("gunicorn.workers") == 8)
    #expect(page.value("gunicorn.timeout") == nil)
    #expect(page.value("app.service.exit_status") == nil)
  }

  /// The end of a Redis server, as its service manager tells.
  @Test(arguments: [
    ("Result: core-dump", "code=dumped, signal=SEGV", "core-dump", "SEGV"),
    ("Result: signal", "code=killed, status=6/ABRT", "signal", "ABRT"),
    ("Result: oom-kill", "code=killed, signal=KILL", "oom-kill", "KILL"),
  ])
  func readsTheEndOfRedis(result: String, main: String, reason: String, signal: String) {
    let text = """
      × redis-server.service - Advanced key-value store
           Loaded: loaded (/lib/systemd/system/redis-server.service; enabled; preset: enabled)
           Active: failed (\(result)) since Tue 2024-07-02 22:15:19 UTC; 1min 2s ago
          Process: 377 ExecStart=/usr/bin/redis-server /etc/redis/redis.conf (\(main))
         Main PID: 377 (\(main))
      """
    #expect(recognition(of: text, by: ServiceStatusReader.self) == .certain)
    let page = page(text)
    #expect(page.subjects.first == SubjectClue(.redis))
    #expect(page.text("redis.service.active") == "failed")
    #expect(page.text("redis.service.result") == reason)
    #expect(page.text("redis.service.exit_signal") == signal)
    #expect(page.line("redis.service.exit_signal") == 5)
    #expect(page.value("redis.service.exit_status") == nil)
    // Whether a limit of its own was met it does not say.
    #expect(page.value("host.services_killed") == nil)
  }

  @Test func knowsWhoseLimitAKillMet() {
    let text = """
      Id=cache.service
      ActiveState=activating
      Result=oom-kill
      ExecStart={ path=/usr/bin/redis-server ; argv[]=/usr/bin/redis-server /etc/redis.conf ; }
      ExecMainCode=2
      ExecMainStatus=9
      NRestarts=12
      MemoryMax=268435456
      """
    let bounded = page(text)
    #expect(bounded.text("redis.service.exit_signal") == "KILL")
    #expect(bounded.number("redis.service.restarts") == 12)
    #expect(bounded.number("redis.container.memory_limit") == 268_435_456)
    #expect(bounded.value("host.services_killed") == nil)
    let free = page(text.replacing("=268435456", with: "=infinity"))
    #expect(free.number("host.services_killed") == 1)
  }

  @Test func tellsServersOfOneKindApart() {
    let unit = """
      × redis@NAME.service - Redis
           Loaded: loaded (/lib/systemd/system/redis@.service; enabled)
           Active: failed (Result: exit-code) since Tue 2024-07-02 22:15:19 UTC; 2s ago

      """
    let page = page(
      unit.replacing("NAME", with: "cache") + "\n" + unit.replacing("NAME", with: "queue"))
    #expect(
      page.subjects == [
        SubjectClue(.redis, keys: [.serviceName("redis@cache")]),
        SubjectClue(.redis, keys: [.serviceName("redis@queue")]),
      ])
  }

  @Test func readsTheListOfWhatFailed() {
    let text = """
        UNIT                 LOAD   ACTIVE SUB    DESCRIPTION
      ● redis-server.service loaded failed failed Advanced key-value store
      ● logrotate.service    loaded failed failed Rotate log files
        nginx.service        loaded active running A high performance web server
      """
    #expect(recognition(of: text, by: ServiceStatusReader.self) == .certain)
    let page = page(text)
    #expect(page.subjects.map(\.kind) == [.redis, .host])
    #expect(page.text("redis.service.active") == "failed")
    #expect(page.line("redis.service.active") == 2)
    // Why, a list does not tell.
    #expect(page.value("redis.service.result") == nil)
  }

  /// Jobs that ran once stand in such lists, too.
  @Test func aJobThatEndedIsNoServiceThatIsDown() {
    let page = containers(
      """
      CONTAINER ID   IMAGE      COMMAND       CREATED      STATUS                   PORTS   NAMES
      1a2b3c4d5e6f   shop:1     "migrate"     2 days ago   Exited (1) 5 hours ago           migrate
      """)
    #expect(page.number("app.container.exit_code") == 1)
    #expect(page.value("app.container.state") == nil)
  }

  @Test func aRunningContainerTellsNothingOfItsLastEnd() {
    let text = """
      [{"Name": "/shop-redis-1", "RestartCount": 3, "Config": {"Image": "redis:7"},
        "State": {"Status": "running", "Running": true, "OOMKilled": false, "ExitCode": 0}}]
      """
    let page = containers(text)
    #expect(page.text("redis.container.state") == "running")
    #expect(page.number("redis.container.restarts") == 3)
    #expect(page.value("redis.container.oom_killed") == nil)
    #expect(page.value("redis.container.exit_code") == nil)
  }

  @Test(arguments: [("0", true), ("268435456", false)])
  func aKillWithoutALimitIsOfTheHost(memory: String, isOfHost: Bool) {
    let page = containers(
      """
      [{"Name": "/c", "Config": {"Image": "valkey/valkey:8"}, "HostConfig": {"Memory": \(memory)},
        "State": {"Status": "exited", "Running": false, "OOMKilled": true, "ExitCode": 137}}]
      """)
    #expect(page.value("redis.container.oom_killed") == .flag(true))
    #expect(page.text("redis.container.exit_signal") == "KILL")
    #expect((page.number("host.services_killed") == 1) == isOfHost)
    #expect((page.value("redis.container.memory_limit") == nil) == isOfHost)
  }

  @Test func readsTablesOfContainers() {
    let docker = containers(
      """
      CONTAINER ID   IMAGE            COMMAND       CREATED      STATUS                          PORTS   NAMES
      1a2b3c4d5e6f   redis:7-alpine   "docker-…"    2 weeks ago  Restarting (139) 4 seconds ago          shop-redis-1
      2a2b3c4d5e6f   redis:7-alpine   "docker-…"    3 months ago Exited (137) 7 weeks ago                old-redis-1
      3a2b3c4d5e6f   nginx:1.27       "/docker-…"   2 days ago   Exited (1) 2 minutes ago                shop-nginx-1
      4a2b3c4d5e6f   postgres:16      "docker-…"    2 days ago   Exited (1) 2 minutes ago                shop-db-1
      5a2b3c4d5e6f   shop:latest      "gunicorn…"   2 days ago   Up 2 days                       80/tcp  shop-web-1
      """)
    #expect(docker.subjects == [SubjectClue(.redis), SubjectClue(.proxy)])
    #expect(docker.text("redis.container.state") == "restarting")
    #expect(docker.text("redis.container.exit_signal") == "SEGV")
    #expect(docker.line("redis.container.exit_signal") == 2)
    #expect(docker.number("nginx.container.exit_code") == 1)
    // What was replaced weeks ago is told, and not taken for what is wrong now.
    #expect(docker.warnings.map(\.line) == [3])

    let compose = containers(
      """
      NAME           IMAGE            COMMAND       SERVICE   CREATED      STATUS                       PORTS
      shop-redis-1   redis:7-alpine   "docker-…"    redis     2 days ago   Exited (137) 2 minutes ago
      """)
    #expect(compose.text("redis.container.exit_signal") == "KILL")
  }

  @Test func readsPods() {
    let text = """
      NAME                     READY   STATUS             RESTARTS        AGE
      redis-0                  0/1     CrashLoopBackOff   7 (2m11s ago)   1h
      api-6d4cf56db6-x2x9q     1/1     Running            0               3d
      api-6d4cf56db6-abcde     0/1     OOMKilled          4 (9s ago)      3d
      exporter-redis-0         0/1     CrashLoopBackOff   9 (9s ago)      3d
      backup-28392-abcde       0/1     Error              0               3d
      """
    #expect(recognition(of: text, by: ContainerStatusReader.self) == .certain)
    let page = containers(text)
    #expect(
      page.subjects.prefix(2) == [
        SubjectClue(.redis), SubjectClue(.app, keys: [.serviceName("api")]),
      ])
    // A job that failed is no service that is down.
    #expect(page.all("app.container.state").map(\.value) == [.text("restarting")])
    #expect(page.text("redis.container.state") == "restarting")
    #expect(page.number("redis.container.restarts") == 7)
    #expect(page.value("app.container.oom_killed") == .flag(true))
    #expect(page.line("app.container.oom_killed") == 4)
    let all = containers(
      "NAMESPACE   NAME      READY   STATUS   RESTARTS   AGE\nprod   cache-redis-0   0/1   Error   3   1h\n"
    )
    #expect(all.text("redis.container.state") == "restarting")
  }

  /// What runs and is well is no evidence that more must be known of it.
  @Test func aTableOfWhatRunsTellsNothing() {
    let page = containers(
      """
      NAME                     READY   STATUS    RESTARTS   AGE
      redis-0                  1/1     Running   0          1h
      api-6d4cf56db6-x2x9q     1/1     Running   0          3d
      """)
    #expect(page.facts.isEmpty)
    #expect(page.subjects.isEmpty)
  }

  @Test func describedPodsOfRedisAreRead() {
    let text = Self.pod.replacing("registry.example.com/api:1.44", with: "redis:7.2").replacing(
      "          cpu:     500m\n          memory:  512Mi\n", with: "")
    let page = readPage(text, with: PodDescriptionReader.self)
    #expect(page.subjects.first == SubjectClue(.redis))
    #expect(page.value("redis.container.oom_killed") == .flag(true))
    #expect(page.text("redis.container.state") == "running")
    #expect(page.value("gunicorn.workers") == nil)
  }

  @Test func readsDockerInspect() {
    let text = """
      [{"Id": "ab", "Name": "/notes", "RestartCount": 4,
        "State": {"Status": "exited",
          "OOMKilled": true,
          "ExitCode": 137},
        "HostConfig": {"Memory": 536870912, "RestartPolicy": {"Name": "always"}}},
       {"Name": "/redis", "State": {"OOMKilled": false, "ExitCode": 0}}]
      """
    #expect(recognition(of: text, by: ContainerStatusReader.self) == .certain)
    let page = containers(text)
    #expect(page.value("app.container.oom_killed") == .flag(true))
    #expect(page.line("app.container.oom_killed") == 3)
    #expect(page.number("app.container.exit_code") == 137)
    #expect(page.number("app.container.restarts") == 4)
    #expect(page.number("app.memory_limit") == 536_870_912)
    #expect(page.all("app.container.exit_code").count == 1)
  }

  @Test func readsDockerPs() {
    let text = """
      CONTAINER ID   IMAGE      COMMAND            CREATED      STATUS                     PORTS   NAMES
      1a2b3c4d5e6f   notes:1    "gunicorn a:b"     2 days ago   Exited (137) 5 minutes ago         notes-1
      2a2b3c4d5e6f   redis:7    "redis-server"     2 days ago   Exited (0) 5 minutes ago           redis-1
      """
    #expect(recognition(of: text, by: ContainerStatusReader.self) == .certain)
    #expect(containers(text).number("app.container.exit_code") == 137)
    #expect(containers(text).line("app.container.exit_code") == 2)
  }

  private static let pod = """
    Name:             api-6d4cf56db6-x2x9q
    Namespace:        prod
    Containers:
      api:
        Image:         registry.example.com/api:1.44
        Command:
          gunicorn
          -w
          8
          api.wsgi
        State:          Running
          Started:      Tue, 03 Mar 2026 19:02:11 +0900
        Last State:     Terminated
          Reason:       OOMKilled
          Exit Code:    137
          Finished:     Tue, 03 Mar 2026 19:02:10 +0900
        Restart Count:  7
        Limits:
          cpu:     500m
          memory:  512Mi
      proxy:
        Image:         nginx:1.27
        Restart Count:  2
    Conditions:
      Type              Status
      Ready             True
    """

  @Test func readsDescribePod() {
    #expect(recognition(of: Self.pod, by: PodDescriptionReader.self) == .certain)
    #expect(recognition(of: Self.pod, by: ServiceStatusReader.self) == .no)
    let page = readPage(Self.pod, with: PodDescriptionReader.self)
    #expect(page.subjects == [SubjectClue(.app, keys: [.serviceName("api")])])
    #expect(page.value("app.container.oom_killed") == .flag(true))
    #expect(page.line("app.container.oom_killed") == 14)
    #expect(page.number("app.container.exit_code") == 137)
    #expect(page.number("app.container.restarts") == 7)
    #expect(page.number("app.memory_limit") == 536_870_912)
    #expect(page.number("app.cpus") == 0.5)
    #expect(page.number("gunicorn.workers") == 8)
    #expect(page.line("gunicorn.workers") == 9)
    #expect(page.events.map(\.time.description) == ["2026-03-03T10:02:10Z"])
  }

  /// What ended well, what is cut off, and what runs since it was started.
  @Test(arguments: [
    ("OOMKilled", "Completed", Value.flag(false)), ("Terminated", "Waiting", nil),
    ("    Last State", "#", nil),
  ])
  func accusesNoContainerThatWasNotKilled(part: String, by other: String, killed: Value?) {
    let text = Self.pod.split(separator: part, maxSplits: 1).joined(separator: other)
    let page = readPage(text, with: PodDescriptionReader.self)
    #expect(page.value("app.container.oom_killed") == killed)
    #expect(page.events.isEmpty)
  }

  @Test(arguments: [
    "● postgresql.service - SQL\n     Loaded: loaded\n     Active: active (running)\n",
    "● redis-exporter.service - x\n     Loaded: loaded\n     Active: active (running)\n",
    "{\"InstanceStatuses\": []}", "Active: yes\n", "",
  ])
  func doesNotClaim(_ text: String) {
    #expect(recognition(of: text, by: ServiceStatusReader.self) == .no)
  }

  @Test(arguments: [
    "[{\"State\": {\"OOMKilled\": true", "{\"OOMKilled\" 3", "● x.service\nActive: \nMain PID: (",
    "\n● a.service - x\nId=b.service\nActiveState=failed\n", "× .service\nActive: (Result:",
    "CONTAINER ID\nExited (\nExited (999999999999999999999) x",
  ])
  func survives(_ text: String) {
    _ = page(text)
    _ = containers(text)
    _ = readPage(text, with: PodDescriptionReader.self)
  }

  @Test func otherUnitsThatFailedAreNamed() {
    let text = """
        UNIT                         LOAD   ACTIVE SUB    DESCRIPTION
      ● certbot.service              loaded failed failed Certbot
      ● data.mount                   loaded failed failed /data

      2 loaded units listed.
      """
    #expect(recognition(of: text, by: ServiceStatusReader.self) == .certain)
    let page = page(text)
    #expect(page.all("host.services.failed").map(\.part) == ["certbot.service", "data.mount"])
    #expect(page.all("host.services.failed").map(\.origin.line) == [2, 3])
    #expect(page.warnings.contains { $0.message.contains("certbot.service, data.mount") })
    let none = "  UNIT LOAD ACTIVE SUB DESCRIPTION\n0 loaded units listed.\n"
    #expect(recognition(of: none, by: ServiceStatusReader.self) == .certain)
    #expect(self.page(none).number("host.services.failed") == 0)
  }

  @Test func aRedisThatWasStoppedIsToldWhereNoOtherRuns() {
    let head = "CONTAINER ID   IMAGE     COMMAND   CREATED     STATUS   PORTS   NAMES\n"
    let stopped =
      "1f2e3d4c5b6a   redis:7   \"redis\"   3 days ago   Exited (0) 5 minutes ago   cache\n"
    let page = containers(head + stopped)
    #expect(page.text("redis.container.state") == "exited")
    #expect(page.number("redis.container.exit_code") == 0)
    let runs =
      "2f2e3d4c5b6a   redis:7   \"redis\"   3 days ago   Up 5 minutes   6379/tcp   cache-2\n"
    #expect(containers(head + stopped + runs).facts.isEmpty)
    let old = stopped.replacing("5 minutes ago", with: "5 weeks ago")
    #expect(containers(head + old).facts.isEmpty)
  }

  @Test func tellsWhoRunsAContainer() {
    let pods = """
      NAME      READY   STATUS             RESTARTS      AGE
      redis-0   0/1     CrashLoopBackOff   12 (2m ago)   45m
      """
    #expect(containers(pods).text("redis.container.manager") == "kubernetes")
    let docker = """
      CONTAINER ID   IMAGE       COMMAND   CREATED   STATUS                     PORTS   NAMES
      1f2e3d4c5b6a   redis:7.2   "redis"   3 weeks   Exited (1) 5 minutes ago           shop-redis-1
      """
    #expect(containers(docker).text("redis.container.manager") == "docker")
  }
}
