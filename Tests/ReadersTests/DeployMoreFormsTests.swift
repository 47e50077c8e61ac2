import Model
import Testing

@testable import Readers

/// Forms of deployment besides compose files and manifests: HAProxy, cloud-init, templates of Terraform, Procfiles.
struct DeployMoreFormsTests {
  private func facts(_ name: String, _ path: String, _ text: String) -> [Fact] {
    let source = EvidenceSource(name: path, folder: parentFolder(of: path)) {
      MemoryStream(Array(text.utf8))
    }
    return readDeployTree([source]).pages.flatMap(\.page.facts).filter { $0.name == name }
  }

  private static let proxy = "defaults\n  mode http\n  timeout server 30000\n"

  @Test(
    "HAProxy: what its checks ask for",
    arguments: [
      ("backend web\n  option httpchk GET /\n  server a 10.0.0.1:80 check\n", true, 5),
      (
        "backend web\n  option httpchk\n  http-check send meth GET uri '/' ver HTTP/1.1\n"
          + "  default-server inter 3s check\n  server a web:80\n", true, 6
      ),
      (
        "listen web\n  bind :80\n  option httpchk HEAD /up HTTP/1.0\n  server a b:1 check\n", false,
        6
      ),
    ] as [(String, Bool, Int)])
  func checks(text: String, asksRoot: Bool, line: Int) {
    let found = facts("app.healthcheck_asks_root", "haproxy.cfg", Self.proxy + text)
    #expect(found.map(\.value) == [.flag(asksRoot)])
    #expect(found.first?.origin.line == line)
  }

  @Test(
    "HAProxy: no visit is made, or none is known",
    arguments: [
      // OPTIONS, no check at all, another path, a static site, a database, TCP.
      "backend web\n  option httpchk\n  server a b:1 check\n",
      "backend web\n  option httpchk GET /\n  server a b:1\n",
      "backend web\n  option httpchk GET /\n  default-server check\n  server a b:1 no-check\n",
      "backend static\n  option httpchk GET /\n  server a b:1 check\n",
      "backend grafana\n  option httpchk GET /\n  server a b:1 check\n",
      "listen db\n  mode tcp\n  option httpchk GET /\n  server a b:1 check\n",
      "backend web\n  option httpchk GET /\n  no option httpchk\n  server a b:1 check\n",
      "backend web\n  option httpchk GET /\n  option pgsql-check\n  server a b:1 check\n",
      // A template.
      "backend web\n  option httpchk GET /\n  {% for a in b %}\n  server a b:1 check\n",
    ])
  func noVisit(text: String) {
    let found = facts("app.healthcheck_asks_root", "haproxy.cfg", Self.proxy + text)
    #expect(found.allSatisfy { $0.value == .flag(false) })
    // In mode tcp, which is the default.
    let bare = "backend web\n  option httpchk GET /\n  server a b:1 check\n"
    #expect(facts("app.healthcheck_asks_root", "haproxy.cfg", bare).isEmpty)
  }

  @Test(
    "HAProxy: how long it waits and how often it checks",
    arguments: [
      ("", "app.proxy.read_timeout", 30, 3),
      ("  timeout server 2m\n", "app.proxy.read_timeout", 120, 5),
      ("  default-server inter 500\n", "app.healthcheck_interval", 0.5, 5),
      ("", "app.healthcheck_interval", 2, nil),
    ] as [(String, String, Double, Int?)])
  func times(text: String, name: String, seconds: Double, line: Int?) {
    let end = "  option httpchk GET /up\n  server a b:8000 check\n"
    let found = facts(name, "haproxy.cfg", Self.proxy + "backend web\n" + text + end)
    #expect(found.map(\.value) == [.number(seconds)])
    #expect(found.first?.origin.line == line)
  }

  @Test("HAProxy: sections of defaults hold for those that name them, else the last does")
  func defaults() {
    let text =
      "defaults a\n  mode http\n  timeout server 9s\ndefaults\n  mode http\n  timeout server 5s\n"
      + "backend x from a\n  server s x:1\nbackend y\n  server s y:1\nbackend z\n  server s ${Z}:1\n"
    let found = facts("app.proxy.read_timeout", "etc/haproxy/haproxy.cfg", text)
    #expect(found.map(\.value) == [.number(9), .number(5)])
  }

  @Test(
    "What a host is given as it starts",
    arguments: [
      (
        "user-data.yaml",
        "#cloud-config\nwrite_files:\n  - path: /etc/sysctl.d/60-a.conf\n    content: |\n"
          + "      # a\n      vm.overcommit_memory = 0\n", "host.sysctl.vm.overcommit_memory", "0",
        6
      ),
      (
        "user-data", "#cloud-config\nruncmd:\n  - [sysctl, -w, vm.overcommit_memory=1]\n",
        "host.sysctl.vm.overcommit_memory", "1", 3
      ),
      (
        "setup.sh",
        "#!/bin/sh\ngrep -q over /etc/sysctl.conf || echo 'vm.overcommit_memory = 1' | "
          + "sudo tee -a /etc/sysctl.conf\n", "host.sysctl.vm.overcommit_memory", "1", 2
      ),
      (
        "setup.sh", "sudo sysctl vm.overcommit_memory=1\n", "host.sysctl.vm.overcommit_memory", "1",
        1
      ),
      (
        "setup.bash",
        "#!/bin/bash\ncat > /etc/sysctl.d/a.conf <<'EOF'\nvm.overcommit_memory=1\nEOF\n"
          + "vm.overcommit_memory=0\n", "host.sysctl.vm.overcommit_memory", "1", 3
      ),
      (
        "main.tf",
        "resource \"aws_instance\" \"a\" {\n  user_data = base64encode(<<-E\n    #!/bin/sh\n"
          + "    echo never > /sys/kernel/mm/transparent_hugepage/enabled\n  E\n  )\n}\n",
        "host.sets_thp", "never", 4
      ),
    ] as [(String, String, String, String, Int)])
  func hosts(path: String, text: String, name: String, value: String, line: Int) {
    let found = facts(name, path, text)
    #expect(found.first?.value == Double(value).map { .number($0) } ?? .text(value))
    #expect(found.first?.origin.line == line)
  }

  @Test("Of two hosts of one template it is not known which is which")
  func twoHosts() {
    let one =
      "resource \"aws_instance\" \"a\" {\n  user_data = <<E\n"
      + "echo never > /sys/kernel/mm/transparent_hugepage/enabled\nE\n}\n"
    #expect(facts("host.sets_thp", "a.tf", one).count == 1)
    #expect(facts("host.sets_thp", "a.tf", one + one).isEmpty)
  }

  @Test("The containers of a task definition alone")
  func containers() {
    let text =
      "[\n  {\"name\": \"w\", \"image\": \"w\", \"essential\": true,\n"
      + "   \"command\": [\"gunicorn\", \"-w\", \"3\"]}\n]\n"
    #expect(facts("gunicorn.workers", "web.json", text).first?.origin.line == 3)
    let other = "[{\"name\": \"w\", \"image\": \"w.png\"}]\n"
    #expect(facts("app.image", "pictures.json", other).isEmpty)
  }

  @Test(
    "Task definitions in Terraform and its templates, at their lines",
    arguments: [
      (
        "main.tf",
        "resource \"aws_ecs_task_definition\" \"a\" {\n  cpu = 512\n"
          + "  container_definitions = jsonencode([\n    {\n      name = \"w\" # one, \"two\"\n"
          + "      image = \"${var.i}:1\"\n      env = { for k in [1, 2] : k => \"}\" }\n"
          + "      command = [\n        \"gunicorn\", var.x,\n        \"-w\", \"9\",\n      ]\n    },\n"
          + "  ])\n}\n", 10
      ),
      (
        "main.tf",
        "resource \"aws_ecs_task_definition\" \"a\" {\n  container_definitions = <<E\n[{\"cpu\": ${var.c},\n"
          + "\"name\": \"w\", \"command\": [\"gunicorn\", \"-w\", \"9\"]}]\nE\n}\n", 4
      ),
      (
        "web.json.tpl",
        "[{\"image\": \"${i}\", \"cpu\": ${c}, \"essential\": true,\n"
          + "\"command\": [\"gunicorn\", \"-w\", \"9\"]}]\n", 2
      ),
    ] as [(String, String, Int)])
  func terraformTasks(path: String, text: String, line: Int) {
    let found = facts("gunicorn.workers", path, text)
    #expect(found.map(\.value) == [.number(9)])
    #expect(found.first?.origin.line == line)
    // Whatever it is cut off at.
    for length in 0..<text.utf8.count {
      _ = facts("gunicorn.workers", path, String(text.prefix(length)))
    }
  }

  @Test(
    "Containers that cannot be read are told of",
    arguments: [
      ("web.json.tpl", "[{\"image\": \"w\", \"essential\": %}]\n", 1),
      (
        "main.tf",
        "resource \"aws_ecs_task_definition\" \"a\" {\n  container_definitions = <<E\n[{\"a\": %}]\nE\n}\n",
        3
      ),
    ])
  func unreadableTasks(path: String, text: String, line: Int) {
    let source = EvidenceSource(name: path, folder: parentFolder(of: path)) {
      MemoryStream(Array(text.utf8))
    }
    let warnings = readDeployTree([source]).pages.flatMap(\.page.warnings)
    #expect(warnings.map(\.line) == [line])
    #expect(warnings.allSatisfy { $0.message.hasPrefix("not readable as a template of JSON") })
  }

  @Test("A limit that only Terraform knows is one")
  func computedLimit() {
    func limit(_ memory: String) -> [Value] {
      let text =
        "resource \"aws_ecs_task_definition\" \"a\" {\n  container_definitions = jsonencode([{\n"
        + "    name = \"w\"\n    image = \"w\"\n\(memory)  }])\n}\n"
      return facts("app.has_memory_limit", "main.tf", text).map(\.value)
    }
    #expect(limit("    memory = floor(var.m * 0.5)\n").isEmpty)
    #expect(limit("    memory = 512\n") == [.flag(true)])
    #expect(limit("") == [.flag(false)])
  }

  @Test(
    "Values of the chart of Redis: what they state, and nothing else",
    arguments: [
      (
        "values.yaml",
        "architecture: standalone\ncommonConfiguration: |-\n  # a\n  maxmemory 1gb\nmaster: {}\n", 4
      ),
      (
        "values-prod.yaml",
        "redis:\n  architecture: replication\n  master:\n    configuration: |\n      maxmemory 1gb\n",
        5
      ),
      ("values-test.yaml", "architecture: standalone\ncommonConfiguration: maxmemory 1gb\n", nil),
      ("values.yaml", "architecture: amd64\nmaster: {configuration: maxmemory 1gb}\n", nil),
      ("chart.yaml", "architecture: standalone\nmaster: {configuration: maxmemory 1gb}\n", nil),
    ] as [(String, String, Int?)])
  func helmValues(path: String, text: String, line: Int?) {
    let found = facts("redis.config.maxmemory", path, text)
    #expect(found.map(\.value) == (line == nil ? [] : [.number(1_073_741_824)]))
    #expect(found.first?.origin.line == line)
    #expect(facts("redis.config.appendonly", path, text).isEmpty)
  }

  @Test("Platforms that read a Procfile say how many workers there are")
  func procfile() {
    let text = "web: gunicorn app\n"
    #expect(facts("gunicorn.workers", "Procfile", text).isEmpty)
    #expect(facts("gunicorn.timeout", "Procfile", text).count == 1)
    #expect(facts("gunicorn.workers", "Procfile", "web: gunicorn -w 1 app\n").count == 1)
  }

  @Test(
    "A server of others that is built here keeps no sessions; its name alone does not make it one")
  func infrastructure() {
    func check(_ name: String, _ rest: String) -> Bool {
      let text =
        "services:\n  \(name):\n    build: ./x\n\(rest)    healthcheck: {test: curl http://a/}\n"
      return !facts("app.healthcheck_asks_root", "compose.yml", text).isEmpty
    }
    #expect(!check("clickhouse", ""))
    #expect(check("promotions", ""))
    #expect(check("consul-web", "    command: gunicorn app\n"))
  }
}
