import Model
import Testing

@testable import Readers

/// How long sessions live, and who makes them, as programs and those who check them are set up.
struct DeploySessionTests {
  private func fact(_ name: String, _ path: String, _ text: String) -> Fact? {
    let source = EvidenceSource(name: path, folder: parentFolder(of: path)) {
      MemoryStream(Array(text.utf8))
    }
    return readDeployTree([source]).pages.lazy.flatMap(\.page.facts).first { $0.name == name }
  }

  @Test(
    "The life of sessions, in each language, with its line",
    arguments: [
      (
        "A.java",
        "// maxInactiveIntervalInSeconds\n@EnableRedisIndexedHttpSession(\n"
          + "  redisNamespace = \"a\",\n  maxInactiveIntervalInSeconds = 60 * 60 * 24 * 365)\n",
        31_536_000, 4
      ),
      (
        "A.kt", "@EnableRedisWebSession(maxInactiveIntervalInSeconds = 3_600)\nclass A\n", 3600, 1
      ),
      (
        "A.java", "void a() {\n  r.setDefaultMaxInactiveInterval(Duration.ofDays(400));\n}\n",
        34_560_000, 2
      ),
      (
        "app.js",
        "const RedisStore = require('connect-redis')(session)\napp.use(session({\n"
          + "  store: new RedisStore({ client }),\n  cookie: { maxAge: 1000 * 60 * 60 },\n}))\n",
        3600, 4
      ),
      (
        // A cookie without an end: the store's own.
        "app.mjs",
        "import { RedisStore } from 'connect-redis'\nconst s = new RedisStore({\n  client,\n"
          + "  ttl: 86400 * 500, // it's long\n})\n",
        43_200_000, 4
      ),
      (
        "config/initializers/session_store.rb",
        "# 'session_store'\nA.config.session_store :redis_store,\n  servers: [ENV['R']],\n"
          + "  expire_after: 20.years\nB.cache expire_after: 1.day\n",
        631_139_040, 4
      ),
      (
        "php.ini",
        "session.save_handler = redis\n;session.gc_maxlifetime = 1\n"
          + "session.gc_maxlifetime = 2147483647 ; 68 years\n",
        2_147_483_647, 3
      ),
      (
        "www.conf",
        "[www]\nphp_admin_value[session.save_handler] = rediscluster\n"
          + "php_value[session.gc_maxlifetime] = \"1440\"\n",
        1440, 3
      ),
      (
        "app.py",
        "def make():\n  app.config['SESSION_TYPE'] = 'redis'\n"
          + "  app.config['PERMANENT_SESSION_LIFETIME'] = timedelta(days=3650)\n",
        315_360_000, 3
      ),
      (
        "config.py",
        "class Config:\n    SESSION_TYPE = 'redis'\n    PERMANENT_SESSION_LIFETIME = 60 * 60\n",
        3600, 3
      ),
      (
        "app.py",
        "app.config.update(\n  SESSION_TYPE='redis',\n  PERMANENT_SESSION_LIFETIME=7200,\n)\n",
        7200, 3
      ),
      (
        "Program.cs",
        "s.AddStackExchangeRedisCache(o => { });\ns.AddSession(options =>\n{\n"
          + "  options.IdleTimeout = TimeSpan.FromDays(365);\n});\n",
        31_536_000, 4
      ),
      (".env", "SESSION_DRIVER=redis\nSESSION_LIFETIME=\"525600\" # a year\n", 31_536_000, 2),
      (
        "config/session.php",
        "<?php return [\n  'driver' => env('SESSION_DRIVER', 'redis'),\n"
          + "  'lifetime' => env('SESSION_LIFETIME', 120),\n];\n",
        7200, 3
      ),
      (
        "main.go",
        "import \"github.com/gin-contrib/sessions/redis\"\n"
          + "store.Options(sessions.Options{MaxAge: 86400 * 7, Path: \"/\"})\n",
        604_800, 2
      ),
      (
        "main.go",
        "import redistore \"gopkg.in/boj/redistore.v1\"\nstore.SetMaxAge(10 * 24 * 3600)\n",
        864_000, 2
      ),
      (
        "main.go",
        "import \"github.com/alexedwards/scs/redisstore\"\n"
          + "m.Lifetime = 24 * 365 * time.Hour\nm.Store = redisstore.New(pool)\n",
        31_536_000, 2
      ),
    ] as [(String, String, Double, Int)])
  func timeouts(path: String, text: String, seconds: Double, line: Int) {
    let found = fact("app.session.timeout", path, text)
    #expect(found?.value == .number(seconds))
    #expect(found?.origin.line == line)
  }

  @Test(
    "What ends another thing, or sessions that are not in Redis, is none",
    arguments: [
      // Of files, and of a cache.
      (
        "app.js",
        "require('connect-redis'); app.use(express.static('p', { maxAge: 31536000000 }))\n"
          + "const c = new Cache({ ttl: 999999999 })\n"
      ),
      // In the cookie itself.
      ("app.js", "app.use(session({ cookie: { maxAge: 99999999999 } }))\n"),
      ("app.js", "require('connect-redis'); session({ cookie: { maxAge: DAYS * 1000 } })\n"),
      ("s.rb", "# redis\nA.config.session_store :cookie_store, expire_after: 20.years\n"),
      ("php.ini", "session.save_handler = files\nsession.gc_maxlifetime = 2147483647\n"),
      ("app.py", "app.config['PERMANENT_SESSION_LIFETIME'] = 999999999\nSESSION_X = 1\n"),
      ("A.java", "int maxInactiveIntervalInSeconds = 99999999;\n"),
      ("A.cs", "s.AddSession(o => o.IdleTimeout = TimeSpan.FromDays(999)); // Redis\n"),
      (
        "A.cs",
        "s.AddStackExchangeRedisCache(o => { }); server.IdleTimeout = TimeSpan.FromDays(999);\n"
      ),
      (".env", "SESSION_DRIVER=database\nSESSION_LIFETIME=99999999\n"),
      (".env", "SESSION_DRIVER=redis\nSESSION_LIFETIME=${MINUTES}\n"),
      (".env.example", "SESSION_DRIVER=redis\nSESSION_LIFETIME=99999999\n"),
      ("session.php", "<?php return ['driver' => 'file',\n'lifetime' => 99999999];\n"),
      ("main_test.go", "// scs/redisstore \"scs/redisstore\"\nm.Lifetime = 9999 * time.Hour\n"),
      ("main.go", "import \"gin-contrib/sessions/cookie\" // redis\nOptions{MaxAge: 99999999}\n"),
      (
        // What is idle ends before.
        "main.go",
        "import \"scs/redisstore\"\nm.Lifetime = n * time.Hour\nm.IdleTimeout = 9999 * time.Hour\n"
      ),
    ])
  func others(path: String, text: String) {
    #expect(fact("app.session.timeout", path, text) == nil)
    #expect(fact("app.session.never_expires", path, text) == nil)
  }

  @Test("Express: sessions without an end, and sessions that nobody used")
  func express() {
    let text =
      "const { RedisStore } = require('connect-redis');\n"
      + "const store = new RedisStore({ client, disableTTL: true });\n"
      + "app.use(session({ store, saveUninitialized: true, resave: true }));\n"
    #expect(fact("app.session.never_expires", "server.js", text)?.origin.line == 2)
    let unused = fact("app.session.saves_unused", "server.js", text)
    #expect(unused?.value == .flag(true))
    // The value itself, and not the `true` behind it.
    #expect(unused?.origin.column == 45)
    #expect(unused?.origin.endColumn == 49)
  }

  @Test(
    "Who checks a service, and for what",
    arguments: [
      (
        "probe.yaml",
        "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nspec:\n  module: http_2xx\n"
          + "  targets:\n    staticConfig:\n      static: [https://a.example/]\n",
        "probe.target_asks_root", true, 7
      ),
      (
        "probe.yaml",
        "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nspec:\n"
          + "  targets: {staticConfig: {static: [https://a.example/health]}}\n",
        "probe.target_asks_root", false, 4
      ),
      (
        "targets/web.yml", "- labels: {a: b}\n  targets:\n    - https://a.example\n",
        "probe.target_asks_root", true, 3
      ),
      (
        "targets.json", "[{\"targets\": [\"https://a.example/up\"]}]\n", "probe.target_asks_root",
        false, 1
      ),
      (
        "lb.tf",
        "resource \"aws_lb_target_group\" \"shop\" {\n  health_check {\n    path = \"/\"\n  }\n}\n",
        "app.healthcheck_asks_root", true, 3
      ),
      (
        "lb.tf",
        "resource \"aws_elb\" \"shop\" {\n  health_check {\n    target = \"HTTP:80/up\"\n  }\n}\n",
        "app.healthcheck_asks_root", false, 3
      ),
      (
        "t.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Shop:\n"
          + "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
          + "    Properties: {HealthCheckPath: /}\n",
        "app.healthcheck_asks_root", true, 5
      ),
    ] as [(String, String, String, Bool, Int)])
  func checks(path: String, text: String, name: String, asksRoot: Bool, line: Int) {
    let found = fact(name, path, text)
    #expect(found?.value == .flag(asksRoot))
    #expect(found?.origin.line == line)
  }

  @Test(
    "A check that asks no path, a static site, and what is scraped itself are nobody's visitors",
    arguments: [
      (
        "probe.yaml",
        "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nspec:\n  module: tcp_connect\n"
          + "  targets: {staticConfig: {static: [a.example:22]}}\n"
      ),
      ("targets.yml", "# http://wiki\n- targets: ['10.0.0.1:9100']\n"),
      (
        "lb.tf", "resource \"aws_elb\" \"a\" {\n  health_check {\n    target = \"TCP:80\"\n  }\n}\n"
      ),
      (
        "lb.tf",
        "resource \"aws_lb_target_group\" \"static\" {\n  health_check {\n    path = \"/\"\n  }\n}\n"
      ),
    ])
  func noChecks(path: String, text: String) {
    #expect(fact("probe.target_asks_root", path, text) == nil)
    #expect(fact("app.healthcheck_asks_root", path, text) == nil)
  }

  @Test("Brackets within brackets hide nothing behind them; what is too long is said to be cut")
  func bounds() {
    let nested = String(repeating: "(", count: 90) + String(repeating: ")", count: 90) + "\n"
    let store = "require('connect-redis')\n" + nested + "s = new RedisStore({ ttl: 7200 })\n"
    #expect(fact("app.session.timeout", "app.js", store)?.value == .number(7200))
    let long = store + String(repeating: "a;", count: codeTokenLimit)
    let source = EvidenceSource(name: "app.js", folder: "") { MemoryStream(Array(long.utf8)) }
    let ledger = readDeployTree([source])
    #expect(ledger.inputs.first?.warnings.contains { $0.isLoss } == true)
    #expect(fact("app.session.timeout", "app.js", long)?.value == .number(7200))
  }

  @Test("Of many the first and the newest stay")
  func firstAndNewest() {
    var kept: [Int] = []
    for number in 1...9 { kept.append(number, keepingFirstAndNewest: 4) }
    #expect(kept == [1, 7, 8, 9])
  }

  @Test("Programs are split into words, numbers, strings and symbols, whatever their bytes are")
  func tokens() {
    let text = "a: 'it\\'s', /* b\n */ 5_0L // c\n`d\n` \"open\n[e]"
    let found = codeTokens(Array(text.utf8), comment: "//")
    #expect(
      found.map(\.content) == [
        .word("a"), .symbol(":"), .string("it\\'s"), .symbol(","), .number(50), .string("d\n"),
        .string("open"), .symbol("["), .word("e"), .symbol("]"),
      ])
    #expect(found.map(\.line) == [1, 1, 1, 1, 2, 3, 4, 5, 5, 5])
    #expect(found[4].columns == 4..<8)
    for end in 0...text.utf8.count {
      _ = codeTokens(Array(text.utf8.prefix(end)), comment: "//")
      _ = codeTokens(Array(text.utf8.prefix(end)) + [0x5C], comment: "#")
    }
  }
}
