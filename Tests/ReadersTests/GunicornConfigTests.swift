import Model
import Testing

@testable import Readers

@Suite struct GunicornConfigTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    let source: String
    let fact: String
    let value: Value?
    var testDescription: String { source }

    init(_ source: String, _ fact: String, _ value: Value?) {
      self.source = source
      self.fact = fact
      self.value = value
    }
  }

  @Test(arguments: [
    Setting("workers = 8", "workers", .number(8)),
    Setting("workers = (2 + 1) * 3 - 10 // 4", "workers", .number(7)),
    Setting("workers: int = 1_0", "workers", .number(10)),
    Setting("workers = threads = 4", "workers", .number(4)),
    Setting("a = 3; workers = a * 2", "workers", .number(6)),
    Setting("workers = 2\nworkers += 3", "workers", .number(5)),
    Setting("workers = max(2, min(9, 4))", "workers", .number(4)),
    Setting("workers = 3 if False else 5", "workers", .number(5)),
    Setting("workers = int(os.environ.get('W', '4'))", "workers", .number(4)),
    Setting("workers = int(os.getenv(\"W\") or 6)", "workers", .number(6)),
    Setting("workers = os.environ['W']", "workers", nil),
    Setting("workers = compute()", "workers", nil),
    Setting("workers = [x for x in y]", "workers", nil),
    Setting("workers = 8 if debug else 2", "workers", nil),
    Setting("if debug:\n    workers = 8", "workers", nil),
    Setting("if debug: workers = 8", "workers", nil),
    Setting("workers, threads = 2, 4", "workers", nil),
    Setting("def f(server):\n    workers = 8", "workers", .number(1)),
    Setting("# workers = 8", "workers", .number(1)),
    Setting("s = '''\nworkers = 8\n'''", "workers", .number(1)),
    Setting("workers = (\n  2\n  * 3\n)", "workers", .number(6)),
    Setting("workers = \\\n  7", "workers", .number(7)),
    Setting("max_requests = None", "max_requests", .number(0)),
    Setting("preload_app = True", "preload_app", .flag(true)),
    Setting("worker_class = \"gevent\"", "worker_class", .text("gevent")),
    Setting("bind = [\"0.0.0.0:80\", 'unix:/x']", "bind", .text("0.0.0.0:80,unix:/x")),
    Setting("port = 9\nbind = f\"0.0.0.0:{port}\"", "bind", .text("0.0.0.0:9")),
    Setting("bind = '0.0.0.0:' + str(8000)", "bind", .text("0.0.0.0:8000")),
    Setting("timeout = 0", "timeout", .number(0)),
    Setting("", "keepalive", .number(2)),
  ])
  func readsSettings(_ setting: Setting) {
    let page = readPage(setting.source, name: "gunicorn.conf.py", with: GunicornConfigReader.self)
    #expect(page.value("gunicorn." + setting.fact) == setting.value)
    if setting.value == nil { #expect(page.text("gunicorn.computed", part: "workers") != nil) }
  }

  @Test func citesTheLineOfASettingAndNoneForADefault() {
    let page = readPage(
      "# c\r\nbind = \"127.0.0.1:8000\"\r\n\r\nworkers = 8\r\nproc_name = 'notes'\r\n",
      with: GunicornConfigReader.self)
    #expect(page.line("gunicorn.workers") == 4)
    #expect(page.line("gunicorn.max_requests") == nil)
    #expect(page.number("gunicorn.max_requests") == 0)
    #expect(page.subjects.first?.keys == [.port(8000), .serviceName("notes")])
  }

  @Test(arguments: [
    ("import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1", 2.0, 1.0),
    ("n = cpu_count()\nworkers = 1 + 2 * n", 2, 1),
    ("workers = int(os.environ.get('W', os.cpu_count()))", 1, 0),
    ("workers = cpu_count() / 2", 0.5, 0),
  ])
  func readsWorkersByCore(_ source: String, perCore: Double, extra: Double) {
    let page = readPage(source, with: GunicornConfigReader.self)
    #expect(page.number("gunicorn.workers_per_core") == perCore)
    #expect(page.number("gunicorn.workers_extra") == extra)
    #expect(page.value("gunicorn.workers") == nil)
  }

  @Test func saysThatADefaultOfTheEnvironmentWasTaken() {
    let page = readPage("workers = int(os.getenv('W', 4))", with: GunicornConfigReader.self)
    #expect(
      page.warnings.map(\.message) == [
        "workers: the default of 'W' is used; the environment was not given"
      ])
  }

  @Test(arguments: [
    "from base import *", "globals()['x'] = 1",
    "for k, v in os.environ.items():\n    locals()[k] = v",
  ])
  func assumesNoDefaultWhereSettingsMayComeFromElsewhere(_ source: String) {
    let page = readPage(source + "\nworkers = 2\n", with: GunicornConfigReader.self)
    #expect(page.number("gunicorn.workers") == 2)
    #expect(page.value("gunicorn.timeout") == nil)
  }

  @Test func readsPrintedConfig() {
    let text = """
      access_log_format                 = %(h)s
      bind                              = ['127.0.0.1:8000']
      max_requests                      = 0
      preload_app                       = False
      timeout                           = 30
      worker_class                      = sync
      worker_tmp_dir                    = None
      workers                           = 17
      """
    #expect(recognition(of: text, name: "out.txt", by: GunicornConfigReader.self) == .certain)
    let page = readPage(text, with: GunicornConfigReader.self)
    #expect(page.number("gunicorn.workers") == 17)
    #expect(page.line("gunicorn.max_requests") == 3)
    #expect(page.text("gunicorn.worker_class") == "sync")
    #expect(page.value("gunicorn.preload_app") == .flag(false))
    #expect(page.value("gunicorn.worker_tmp_dir") == nil)
  }

  @Test(arguments: [
    ("gunicorn.conf.py", "workers = 2\n", Recognition.certain),
    ("conf.py", "bind = 'x:1'\nworkers = 2\ntimeout = 30\n", .possible),
    ("settings.py", "DEBUG = True\nDATABASES = {}\n", .no),
    ("app.py", "timeout = 3\nbind = 4\n", .no),
    ("redis.conf", "timeout 0\nbind 127.0.0.1\n", .no),
    ("postgres.conf", "timeout = 3\n", .no),
  ])
  func recognises(_ name: String, _ text: String, _ expected: Recognition) {
    #expect(recognition(of: text, name: name, by: GunicornConfigReader.self) == expected)
  }

  @Test(arguments: [
    "workers = ((((((", "workers = '''", "workers = )", "workers = 1 +", "= 3", "\u{0}\u{1}=\\",
    "workers = " + String(repeating: "(", count: 5000),
    "workers = 9" + String(repeating: "9", count: 400),
    "workers = " + String(repeating: "-", count: 5000) + "1", "workers = x.", "workers = 1 / 0",
    "workers = " + String(repeating: "not ", count: 5000), "workers = f'{'", "workers = 1 if",
  ])
  func survives(_ source: String) {
    _ = readPage(source, with: GunicornConfigReader.self)
  }
}
