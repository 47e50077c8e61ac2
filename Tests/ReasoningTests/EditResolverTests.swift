import Model
import Testing

@testable import Reasoning

/// Edits that are known as a setting find their lines; what is not plain to see is left alone.
@Suite struct EditResolverTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let kind: EvidenceKind
    let change: WantedEdit.Change
    let before: String
    /// The same as before where nothing is to be done.
    let after: String

    var testDescription: String { "\(kind.rawValue): \(before)" }
  }

  private static func set(_ pairs: (String, String)...) -> WantedEdit.Change {
    .set(pairs.map { WantedEdit.Setting(name: $0.0, value: $0.1) })
  }

  private static func options(_ line: Int, _ pairs: (String, String)...) -> WantedEdit.Change {
    .options(pairs.map { WantedEdit.Setting(name: $0.0, value: $0.1) }, line: line)
  }

  private static let alive = set(("tcp-keepalive", "300"))
  private static let recycle = set(("max_requests", "1000"), ("max_requests_jitter", "100"))
  private static let restart = set(("restart", "unless-stopped"))
  private static let failing = set(("Restart", "on-failure"))
  private static let more = options(1, ("--max-requests", "1000"), ("--max-requests-jitter", "9"))
  private static let times = WantedEdit.Change.logFields(" $request_time", line: 1)

  private static func row(
    _ kind: EvidenceKind, _ change: WantedEdit.Change, _ before: String, _ after: String? = nil
  ) -> Row { Row(kind: kind, change: change, before: before, after: after ?? before) }

  static let redis = [
    row(.redisConfig, alive, "port 1\n", "port 1\ntcp-keepalive 300\n"),
    row(.redisConfig, alive, "port 1", "port 1\ntcp-keepalive 300"),
    row(
      .redisConfig, alive, "  TCP-Keepalive \t 0  \nport 1\n",
      "  TCP-Keepalive \t 300  \nport 1\n"),
    row(
      .redisConfig, alive, "tcp-keepalive 9\n# tcp-keepalive 0\ntcp-keepalive 0\n",
      "tcp-keepalive 9\n# tcp-keepalive 0\ntcp-keepalive 300\n"),
    row(.redisConfig, alive, "tcp-keepalive\n"),
  ]

  static let python = [
    row(
      .gunicornConfig, recycle, "bind = ':1'\n",
      "bind = ':1'\nmax_requests = 1000\nmax_requests_jitter = 100\n"),
    row(
      .gunicornConfig, recycle, "max_requests=0  # never\nmax_requests_jitter = 50\n",
      "max_requests=1000  # never\nmax_requests_jitter = 50\n"),
    row(
      .gunicornConfig, recycle, "max_requests = 0\nmax_requests_jitter = 0\n",
      "max_requests = 1000\nmax_requests_jitter = 100\n"),
    row(.gunicornConfig, recycle, "if x:\n    max_requests = 0\n"),
    row(.gunicornConfig, recycle, "max_requests = 0\nmax_requests = 0\n"),
    row(.gunicornConfig, recycle, "max_requests = int(x)\n"),
    row(.gunicornConfig, recycle, "max_requests = 0; workers = 1\n"),
    row(.gunicornConfig, recycle, "max_requests = \\\n  0\n"),
    // Another name, and a comparison, are no assignments of it.
    row(
      .gunicornConfig, set(("keepalive", "75")), "keepalive_not = 1\nx = (\nkeepalive == 2)\n",
      "keepalive_not = 1\nx = (\nkeepalive == 2)\nkeepalive = 75\n"),
  ]

  static let units = [
    row(
      .serviceUnit, failing, "[Unit]\nRestart=x\n[Service]\nExecStart=a\n[Install]\n",
      "[Unit]\nRestart=x\n[Service]\nRestart=on-failure\nExecStart=a\n[Install]\n"),
    row(
      .serviceUnit, failing, "[Service]\nRestart = no\nRestartSec=3\n",
      "[Service]\nRestart = on-failure\nRestartSec=3\n"),
    row(.serviceUnit, failing, "[Service]\nRestart=\\\nno\n"),
    row(.serviceUnit, failing, "ExecStart=a\n"),
  ]

  static let compose = [
    row(
      .composeFile, restart, "services:\n  web:\n    image: x\n",
      "services:\n  web:\n    restart: unless-stopped\n    image: x\n"),
    row(
      .composeFile, restart,
      "services: # all\n\n    'web': &a # one\n          # two\n\n          image: x\n",
      "services: # all\n\n    'web': &a # one\n          restart: unless-stopped\n"
        + "          # two\n\n          image: x\n"),
    row(
      .composeFile, restart, "services:\n  web:\n    restart: 'no' # yet\n    image: x\n",
      "services:\n  web:\n    restart: unless-stopped # yet\n    image: x\n"),
    // What only looks like it: another service, a key deeper down, one outside of the services.
    row(
      .composeFile, restart,
      "web:\n  a: 1\nservices:\n  api:\n    web:\n      b: 1\n  web:\n    x:\n      restart: 'no'\n",
      "web:\n  a: 1\nservices:\n  api:\n    web:\n      b: 1\n  web:\n    restart: unless-stopped\n"
        + "    x:\n      restart: 'no'\n"),
    row(.composeFile, restart, "services:\n  web: {image: x}\n"),
    row(.composeFile, restart, "services: {web: {image: x}}\n"),
    row(.composeFile, restart, "services:\n  web: *base\n  api:\n    image: x\n"),
    row(.composeFile, restart, "services:\n  web:\n    restart: *policy\n"),
    row(.composeFile, restart, "services:\n  api:\n    image: x\n"),
    row(.composeFile, restart, "services:\n  web:\n    image: x\n  web:\n    image: y\n"),
  ]

  static let commands = [
    row(
      .gunicornCommand, more, "CMD [\"gunicorn\", \"a:b\"]\n",
      "CMD [\"gunicorn\", \"--max-requests\", \"1000\", \"--max-requests-jitter\", \"9\", \"a:b\"]\n"
    ),
    row(
      .serviceUnit, more, "ExecStart=/venv/bin/gunicorn a:b \\\n",
      "ExecStart=/venv/bin/gunicorn --max-requests 1000 --max-requests-jitter 9 a:b \\\n"),
    row(
      .gunicornCommand, more, "web: gunicorn --max-requests-jitter=5 a:b\n",
      "web: gunicorn --max-requests 1000 --max-requests-jitter=5 a:b\n"),
    row(.gunicornCommand, more, "web: gunicorn --max-requests 0 a:b\n"),
    row(.gunicornCommand, more, "CMD [\"gunicorn\"]\n"),
    row(.gunicornCommand, more, "exec gunicorn\n"),
    row(.gunicornCommand, more, "gunicorn a:b || gunicorn a:c\n"),
    row(.gunicornCommand, more, "run-gunicorn a:b\n"),
    row(.gunicornCommand, options(7, ("--a", "1")), "gunicorn a:b\n"),
  ]

  private static let watch = WantedEdit.Change.arguments(
    [
      WantedEdit.Setting(name: "--a", value: "1"), WantedEdit.Setting(name: "--b", value: "x"),
      WantedEdit.Setting(name: "--c", value: ""),
    ], line: 3)

  /// The third line is of the service `web`, or of its container.
  static let containers = [
    row(
      .composeFile, watch, "services:\n  web:\n    command: redis-server --b 2 # yet\n",
      "services:\n  web:\n    command: redis-server --b 2 --a 1 --c # yet\n"),
    row(
      .composeFile, watch, "services:\n  web:\n    image: redis\n",
      "services:\n  web:\n    command:\n      - \"--a\"\n      - \"1\"\n      - \"--b\"\n"
        + "      - \"x\"\n      - \"--c\"\n    image: redis\n"),
    row(
      .composeFile, watch,
      "services:\n  web:\n    image: x\n    command: 'redis-server --p \"\"'\n",
      "services:\n  web:\n    image: x\n    command: 'redis-server --p \"\" --a 1 --b x --c'\n"),
    row(
      .composeFile, watch, "services:\n  web:\n    command: [redis-server, '--p']\n",
      "services:\n  web:\n    command: [redis-server, '--p', \"--a\", \"1\", \"--b\", \"x\", \"--c\"]\n"
    ),
    row(
      .composeFile, watch, "services:\n  web:\n    command:\n    - redis-server\n    image: x\n",
      "services:\n  web:\n    command:\n    - redis-server\n    - \"--a\"\n    - \"1\"\n"
        + "    - \"--b\"\n    - \"x\"\n    - \"--c\"\n    image: x\n"),
    // Stated there, a shell, an entry point of somebody's own, what has no plain end.
    row(.composeFile, watch, "services:\n  web:\n    command: redis-server --a 0\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: sh -c 'redis-server'\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: redis-server > /log\n"),
    row(.composeFile, watch, "services:\n  web:\n    entrypoint: /run.sh\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: >\n      redis-server\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: redis-server\n      --p 1\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: [redis-server,\n      '--p']\n"),
    row(.composeFile, watch, "services:\n  web:\n    command:\n      redis-server\n"),
    row(
      .composeFile, watch, "services:\n  web:\n    command:\n      - redis-server\n        --p 1\n"),
    row(.composeFile, watch, "services:\n  web:\n    command:\n"),
    row(.composeFile, watch, "services:\n  web:\n    command: []\n"),
    row(.composeFile, watch, "services:\n  web:\n    command:\n      - \"a\n      - b\n"),
    row(.composeFile, watch, "services:\n  x:\n  web: {image: redis}\n  api:\n    image: x\n"),
    row(
      .kubernetesManifest, watch,
      "    containers:\n    - image: redis\n      name: web\n    volumes: []\n",
      "    containers:\n    - image: redis\n      args:\n        - \"--a\"\n        - \"1\"\n"
        + "        - \"--b\"\n        - \"x\"\n        - \"--c\"\n      name: web\n    volumes: []\n"
    ),
    row(
      .kubernetesManifest, watch,
      "containers:\n  - args:\n      - --p=1\n    command: [gunicorn]\n",
      "containers:\n  - args:\n      - --p=1\n      - \"--a\"\n      - \"1\"\n      - \"--b\"\n"
        + "      - \"x\"\n      - \"--c\"\n    command: [gunicorn]\n"),
    row(.kubernetesManifest, watch, "initContainers:\n  - name: web\n    image: redis\n"),
    row(.kubernetesManifest, watch, "containers:\n  - name: web\n    args: [\"sh\", \"-c\"]\n"),
  ]

  private static let keep = WantedEdit.Change.volume("/data", line: 3)
  private static let gone = WantedEdit.Change.removal(line: 3)
  private static let options = WantedEdit.Change.entry(
    WantedEdit.Setting(name: "OPTIONS", value: "{\"T\": 2}"), line: 3)

  static let blocks = [
    row(
      .composeFile, keep, "services:\n  web:\n    image: x\n",
      "services:\n  web:\n    volumes: [\"web-data:/data\"]\n    image: x\nvolumes:\n  web-data:\n"),
    row(
      .composeFile, keep, "services:\n  web:\n    volumes: [\"./a:/b\"]\nvolumes: { c: {} }\n",
      "services:\n  web:\n    volumes: [\"./a:/b\", \"web-data:/data\"]\n"
        + "volumes: { web-data: {}, c: {} }\n"),
    row(
      .composeFile, keep,
      "services:\n  web:\n    volumes:\n      - ./a:/b\nvolumes:\n    c:\n      driver: local\n",
      "services:\n  web:\n    volumes:\n      - ./a:/b\n      - \"web-data:/data\"\n"
        + "volumes:\n    web-data:\n    c:\n      driver: local\n"),
    row(.composeFile, keep, "services:\n  web:\n    volumes: *all\n"),
    row(.composeFile, keep, "services:\n  web:\n    image: x\nvolumes:\n  web-data:\n"),
    row(.kubernetesManifest, keep, "containers:\n  - name: web\n    image: x\n"),
    row(
      .composeFile, gone, "a:\n  sysctls:\n    vm.x: 1\n    net.y: 2\n",
      "a:\n  sysctls:\n    net.y: 2\n"),
    row(.composeFile, gone, "a:\n  sysctls:\n    - vm.x=1\n  b: 1\n", "a:\n  b: 1\n"),
    row(.composeFile, gone, "a:\n  sysctls:\n    vm.x: 1\n"),
    row(.kubernetesManifest, gone, "a: 1\nsysctls:\n  - name: vm.x\n    value: 1\n  - name: y\n"),
    row(
      .applicationConfig, options, "C = {\n  'd': {\n    'B': 'x',  # one\n    'L': 'y',\n  }\n}\n",
      "C = {\n  'd': {\n    'B': 'x',  # one\n    \"OPTIONS\": {\"T\": 2},\n    'L': 'y',\n  }\n}\n"
    ),
    row(.applicationConfig, options, "C = {\n  'd': {\n    'B': 'x',\n    'OPTIONS': o,\n  }\n}\n"),
    row(
      .applicationConfig, options,
      "C = {\n  'd': {\n    'B': 'x',\n    'OPTIONS': {'D': 1},\n  }\n}\n",
      "C = {\n  'd': {\n    'B': 'x',\n    'OPTIONS': {\"T\": 2, 'D': 1},\n  }\n}\n"),
    row(
      .applicationConfig, options, "C = {\n  'd': {\n    'B': 'x' # one\n  }\n}\n",
      "C = {\n  'd': {\n    'B': 'x', # one\n    \"OPTIONS\": {\"T\": 2},\n  }\n}\n"),
    row(.applicationConfig, options, "C = {\n  'd': {\n    'B': 'x'}}\n"),
    row(
      .applicationConfig, options,
      "C = {\n  'd': {\n    'B': 'x',\n    'OPTIONS': {\"T\": 9},\n  }\n}\n"),
    row(.applicationConfig, options, "\n\nC = {'d': {'B': 'x'}},\n"),
  ]

  private static let limits = set(("stopTimeout", "65"))
  private static func task(_ body: String) -> String {
    "{\"containerDefinitions\": [\n{\n  \"name\": \"web\",\n\(body)}\n]}\n"
  }

  static let tasks = [
    row(
      .taskDefinition, watch, task("  \"command\": [\"gunicorn\", \"a \\\" b\"]\n"),
      task(
        "  \"command\": [\"gunicorn\", \"a \\\" b\", \"--a\", \"1\", \"--b\", \"x\", \"--c\"]\n")),
    row(
      .taskDefinition, watch, task("  \"command\": [\n    \"é\"\n  ]\n"),
      task("  \"command\": [\n    \"é\", \"--a\", \"1\", \"--b\", \"x\", \"--c\"\n  ]\n")),
    row(
      .taskDefinition, watch, task("  \"image\": \"public.ecr.aws/docker/library/redis:7\"\n"),
      "{\"containerDefinitions\": [\n{\n  \"command\": [\"redis-server\"\n"
        + "   , \"--a\", \"1\", \"--b\", \"x\", \"--c\"\n  ],\n  \"name\": \"web\",\n"
        + "  \"image\": \"public.ecr.aws/docker/library/redis:7\"\n}\n]}\n"),
    // Stated there, a shell, an entry point or a script of somebody's own, no list, two on one line, no JSON.
    row(.taskDefinition, watch, task("  \"command\": [\"x\", \"--a=2\"]\n")),
    row(.taskDefinition, watch, task("  \"command\": [\"sh\", \"-c\", \"redis-server\"]\n")),
    row(.taskDefinition, watch, task("  \"entryPoint\": [\"/run\"], \"image\": \"redis\"\n")),
    row(.taskDefinition, watch, task("  \"image\": \"bitnami/redis\"\n")),
    row(.taskDefinition, watch, task("  \"command\": []\n")),
    row(.taskDefinition, watch, task("  \"command\": null\n")),
    row(.taskDefinition, watch, "[{\n\"command\": [\"a\"]}, {\n\"name\": 1,\n}]\n"),
    row(.taskDefinition, watch, "{\"containerDefinitions\": [\n{}, {\"command\": [\"a\"]}\n]}\n"),
    row(
      .taskDefinition, limits, task("  \"essential\": true\n"),
      "{\"containerDefinitions\": [\n{\n  \"stopTimeout\": 65,\n  \"name\": \"web\",\n"
        + "  \"essential\": true\n}\n]}\n"),
    row(.taskDefinition, limits, task("  \"stopTimeout\": 30\n")),
    row(.taskDefinition, limits, "{\"containerDefinitions\": [{\"name\": \"web\"}]}\n"),
    row(.taskDefinition, gone, "[\n  {\"a\": 1},\n  {\"b\": 2}\n]\n", "[\n  {\"a\": 1}\n]\n"),
    row(.taskDefinition, gone, "[\n\n  {\"b\": 2},\n  {\"c\": 3}\n]\n", "[\n\n  {\"c\": 3}\n]\n"),
    row(.taskDefinition, gone, "{\n\"s\": [\n  {\"b\": 2}\n]}\n", "{\n\"s\": [\n]}\n"),
    row(.taskDefinition, gone, "[\n  {\n    \"b\": 2\n  }\n]\n"),
  ]

  static let logs = [
    row(
      .nginxConfig, times, "log_format a '$status'; # ;\n",
      "log_format a '$status $request_time'; # ;\n"
    ),
    row(
      .nginxConfig, times, "log_format a '$status \\' '\n  \"x;y\"\n;\n",
      "log_format a '$status \\' '\n  \"x;y $request_time\"\n;\n"),
    row(.nginxConfig, times, "log_format j escape=json '{\"a\":\"$status\"}';\n"),
    row(.nginxConfig, times, "log_format a $status;\n"),
    row(.nginxConfig, times, "log_format a '$status' $host;\n"),
    row(.nginxConfig, times, "log_format a '$status'\n"),
    row(.nginxConfig, times, "access_log a;\n"),
  ]

  @Test(arguments: redis + python + units + compose + commands + containers + blocks + tasks + logs)
  func resolves(_ row: Row) {
    let finding = mended(row.before, row.kind, row.change)
    let plan = FixPlan([finding]) { _ in .success(Array(row.before.utf8)) }
    let text = plan.patches.first.map { String(decoding: $0.patched, as: UTF8.self) }
    #expect(text ?? row.before == row.after)
    #expect(plan.patches.isEmpty == (row.before == row.after))
    // Done again it changes nothing more, but for what is not asked for any more then.
    guard case .set = row.change else { return }
    let again = mended(row.after, row.kind, row.change)
    let second = FixPlan([again]) { _ in .success(Array(row.after.utf8)) }
    #expect(second.patches.isEmpty)
  }

  private func mended(
    _ text: String, _ kind: EvidenceKind, _ change: WantedEdit.Change
  ) -> Finding {
    let wanted = WantedEdit(
      file: "f", kind: kind, service: "web", change: change, applicability: .certain("it is"))
    let finding = Finding(
      rule: "r", level: .info, message: "m", subject: "app web",
      place: FindingPlace(file: "f", line: 1), cause: nil, why: "w", fix: "f", sources: [],
      wanted: wanted, fingerprint: "0")
    let resolver = EditResolver { _ in .success(Array(text.utf8)) }
    return resolver.resolved(LintResult(findings: [finding], rules: [], inputs: [])).findings[0]
  }

  @Test("Two ends of one file without a line end, and a change of its last line, are one")
  func endsOfFiles() {
    let text = "port 1\ntcp-keepalive 0"
    func edit(_ line: Int, _ removed: [String], _ inserted: String) -> Finding {
      Finding(
        rule: "r\(inserted)", level: .info, message: "m", subject: "s",
        place: FindingPlace(file: "f", line: line), cause: nil, why: "w", fix: "f", sources: [],
        edits: [
          FileEdit(
            file: "f", line: line, removed: removed, inserted: [inserted],
            applicability: .certain("c"))
        ], fingerprint: "0")
    }
    let plan = FixPlan([
      edit(3, [], "a 1"), edit(2, ["tcp-keepalive 0"], "tcp-keepalive 300"), edit(3, [], "b 2"),
    ]) { _ in .success(Array(text.utf8)) }
    let result = plan.patches.map { String(decoding: $0.patched, as: UTF8.self) }
    #expect(result == ["port 1\ntcp-keepalive 300\na 1\nb 2"])
  }
}
