import Model
import Testing

@testable import Readers

@Suite struct ProbeConfigTests {
  private static func prometheus(_ discovery: String, relabel: String = "") -> String {
    """
    global:
      scrape_interval: 15s
    scrape_configs:
      - job_name: other
        static_configs:
          - targets: ['localhost:9090']
      - job_name: blackbox
        scrape_interval: 10s
        metrics_path: /probe
        \(discovery)
        relabel_configs:
          - source_labels: [__address__\(relabel)]
            target_label: __param_target
    """
  }

  @Test(arguments: [
    ("static_configs: [{targets: ['http://10.0.0.1/', 'https://b']}]", "", false, 2.0),
    ("static_configs: [{targets: ['http://10.0.0.1/health', 'https://b/up']}]", "", true, 2),
    ("static_configs: [{targets: ['http://10.0.0.1/health', '10.0.0.2:80']}]", "", false, 2),
    ("consul_sd_configs: [{server: 'c:8500'}]", "", false, nil),
    (
      "consul_sd_configs: [{server: 'c:8500'}]",
      ", __meta_consul_service_metadata_health_check_endpoint", true, nil
    ),
  ])
  func readsBlackboxJob(_ discovery: String, _ relabel: String, _ hasPath: Bool, _ count: Double?) {
    let page = readPage(
      Self.prometheus(discovery, relabel: relabel), name: "prometheus.yml",
      with: ProbeConfigReader.self)
    #expect(page.number("probe.interval") == 10)
    #expect(page.line("probe.interval") == 8)
    #expect(page.value("probe.has_path") == .flag(hasPath))
    #expect(page.number("probe.target_count") == count)
  }

  @Test func readsConsulCheck() {
    let text = """
      {"service": {"name": "portal",
        "check": {
          "http": "http://10.0.0.1:80/health",
          "interval": "15s"}}}
      """
    let page = readPage(text, name: "consul.json", with: ProbeConfigReader.self)
    #expect(page.text("probe.health_path") == "/health")
    #expect(page.line("probe.health_path") == 3)
    #expect(page.number("probe.check_interval") == 15)
  }

  @Test func checkOfRootIsNoHealthPath() {
    let text = "{\"service\": {\"checks\": [{\"http\": \"http://a:80\", \"interval\": \"10s\"}]}}"
    let page = readPage(text, with: ProbeConfigReader.self)
    #expect(page.text("probe.check_path") == "/")
    #expect(page.text("probe.health_path") == nil)
  }

  @Test func readsModules() {
    let text = "modules:\n  a:\n    prober: http\n    http:\n      follow_redirects: false\n"
    let page = readPage(text, with: ProbeConfigReader.self)
    #expect(page.value("probe.follows_redirects") == .flag(false))
  }

  @Test(arguments: [
    (prometheus("static_configs: []"), Recognition.certain),
    ("modules:\n  a:\n    prober: http\n", .certain),
    ("{\"service\": {\"check\": {\"http\": \"x\", \"interval\": \"1s\"}}}", .certain),
    ("{\"InstanceStatuses\": []}", .no), ("services:\n  web:\n    image: x\n", .no), ("", .no),
  ])
  func recognises(_ text: String, _ expected: Recognition) {
    #expect(recognition(of: text, by: ProbeConfigReader.self) == expected)
  }

  @Test(arguments: ["", "{", "scrape_configs: [", "scrape_configs: 3", "{\"service\": {\"check\""])
  func survivesGarbage(_ text: String) { _ = readPage(text, with: ProbeConfigReader.self) }
}

@Suite struct ProbeApplicationConfigTests {
  @Test(arguments: [
    ("2147483647", 2_147_483_647.0), ("30m", 1800), ("PT30M", 1800), ("P1DT1H", 90_000),
    ("86400", 86_400),
  ])
  func readsSpringYAML(_ timeout: String, _ seconds: Double) {
    let text = """
      spring:
        session:
          store-type: redis
          timeout: \(timeout)
        redis:
          host: 10.0.3.7
          port: 6380
      """
    let page = readPage(text, name: "application.yml", with: ApplicationConfigReader.self)
    #expect(page.number("app.session.timeout") == seconds)
    #expect(page.line("app.session.timeout") == 4)
    #expect(page.text("app.session.store") == "redis")
    #expect(page.text("app.redis.host") == "10.0.3.7")
    #expect(page.number("app.redis.port") == 6380)
    #expect(page.subjects.contains { $0.keys == [.address("10.0.3.7:6380")] })
    #expect(page.relations.map(\.kind) == [.connectsTo])
  }

  @Test func readsSpringProperties() {
    let text = """
      # spring.session.timeout=1s
      server.servlet.session.timeout = 45m
      spring.data.redis.host=localhost
      """
    let page = readPage(text, name: "application.properties", with: ApplicationConfigReader.self)
    #expect(page.number("app.session.timeout") == 2700)
    #expect(page.line("app.session.timeout") == 2)
    #expect(page.number("app.redis.port") == 6379)
    #expect(page.line("app.redis.port") == nil)
    #expect(page.subjects.contains { $0.keys == [.port(6379)] })
  }

  @Test(arguments: ["0", "0ms", "0s", "PT0S"])
  func zeroIsNoTimeoutForRedis(_ timeout: String) {
    let text = "spring:\n  data:\n    redis:\n      host: cache\n      timeout: \(timeout)\n"
    let page = readPage(text, name: "application.yml", with: ApplicationConfigReader.self)
    #expect(page.value("app.redis.has_timeout") == .flag(false))
    #expect(page.line("app.redis.has_timeout") == 5)
    #expect(page.number("app.redis.timeout") == nil)
  }

  @Test func springPlaceholderIsUnknown() {
    let page = readPage(
      "spring:\n  session:\n    timeout: ${SESSION_TIMEOUT:1800}\n",
      with: ApplicationConfigReader.self)
    #expect(page.number("app.session.timeout") == nil)
  }

  @Test func readsDjangoSettings() {
    let text = """
      SESSION_ENGINE = "django.contrib.sessions.backends.cache"
      SESSION_COOKIE_AGE = 60 * 60 * 24 * 365 * 10  # ten years
      CACHES = {
          "default": {
              "LOCATION": "redis://:secret@10.0.3.7:6379/0",
              "TIMEOUT": None,
          }
      }
      CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60}
      CELERY_RESULT_EXPIRES = None
      """
    let page = readPage(text, name: "settings.py", with: ApplicationConfigReader.self)
    #expect(page.number("app.session.timeout") == 315_360_000)
    #expect(page.line("app.session.timeout") == 2)
    #expect(page.text("app.session.store") == "django.contrib.sessions.backends.cache")
    #expect(page.value("app.cache.never_expires") == .flag(true))
    #expect(page.line("app.cache.never_expires") == 6)
    #expect(page.number("app.celery.visibility_timeout") == 60)
    #expect(page.value("app.celery.results_never_expire") == .flag(true))
    #expect(page.text("app.redis.host") == "10.0.3.7")
  }

  @Test func computedAgeIsUnknown() {
    let page = readPage(
      "SESSION_COOKIE_AGE = int(os.environ['AGE'])\n", name: "settings.py",
      with: ApplicationConfigReader.self)
    #expect(page.number("app.session.timeout") == nil)
    #expect(page.warnings.count == 1)
  }

  @Test(arguments: [
    ("spring:\n  session:\n    timeout: 1\n", "x.yml", Recognition.certain),
    ("SESSION_COOKIE_AGE = 3\n", "base.py", .certain),
    ("bind = ':8000'\nworkers = 2\n", "gunicorn.conf.py", .no),
    ("services:\n  spring:\n    image: x\n", "docker-compose.yml", .no),
    ("server:\n  port: 1\n", "application.yml", .byName), ("", "x", .no),
  ])
  func recognises(_ text: String, _ name: String, _ expected: Recognition) {
    #expect(recognition(of: text, name: name, by: ApplicationConfigReader.self) == expected)
  }

  @Test(arguments: [
    "", "spring:\n  - [", "CACHES = {", "CACHES = {\"TIMEOUT\":", "SESSION_COOKIE_AGE = *",
  ])
  func survivesGarbage(_ text: String) {
    _ = readPage(text, with: ApplicationConfigReader.self)
    _ = readPage(text, name: "settings.py", with: ApplicationConfigReader.self)
  }
}
