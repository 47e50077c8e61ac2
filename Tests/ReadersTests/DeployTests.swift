import Model
import Testing

@testable import Readers

/// The configs of a deploy tree: what each form of file gives, and what is no config at all.
struct DeployTests {
  private func read(_ files: (path: String, text: String)...) -> Ledger {
    readDeployTree(
      files.map { file in
        EvidenceSource(name: file.path, folder: parentFolder(of: file.path)) {
          MemoryStream(Array(file.text.utf8))
        }
      })
  }

  private func fact(_ name: String, in ledger: Ledger, part: String? = nil) -> Fact? {
    ledger.pages.lazy.flatMap(\.page.facts).first {
      $0.name == name && (part == nil || $0.part == part)
    }
  }

  @Test(
    "Each form of file gives its facts at their lines",
    arguments: [
      (
        "compose.yaml", "services:\n  c:\n    image: redis:7\n    mem_limit: ${M:-1g}\n",
        "redis.service.memory_limit", Value.number(1_073_741_824), 4
      ),
      (
        "compose.yaml", "services:\n  c:\n    image: redis:7\n    ports: ['6379:6379']\n",
        "redis.service.published", .text("6379"), 4
      ),
      (
        "compose.yaml", "services:\n  w:\n    build: .\n    command: gunicorn -w 9 app\n",
        "gunicorn.workers", .number(9), 4
      ),
      (
        "compose.yaml", "services:\n  w:\n    build: .\n    command: celery -A a worker -c 3\n",
        "app.celery.concurrency", .number(3), 4
      ),
      (
        "k8s/web.yaml",
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
            - name: web
              livenessProbe: {httpGet: {path: /}}
        """, "app.healthcheck_asks_root", .flag(true), 7
      ),
      (
        "nginx.conf", "http {\n server {\n  location / { proxy_pass http://web:80; }\n }\n}\n",
        "app.proxy.read_timeout", .number(60), nil
      ),
      (
        "a.service", "[Service]\nExecStart=/usr/bin/redis-server /etc/redis.conf\nRestart=always\n",
        "redis.service.restart", .text("always"), 3
      ),
      (
        "99-sysctl.conf", "vm.overcommit_memory = 0\nvm.overcommit_memory = 1\n",
        "host.sysctl.vm.overcommit_memory", .number(1), 2
      ),
      (
        "rc.local",
        "#!/bin/sh\n# sysctl -w vm.overcommit_memory=2\nsysctl -w vm.overcommit_memory=0\n",
        "host.sysctl.vm.overcommit_memory", .number(0), 3
      ),
      (
        "etc/default/grub", "A=1\nGRUB_CMDLINE_LINUX=\"quiet transparent_hugepage=always\"\n",
        "host.sets_thp", .text("always"), 2
      ),
      (
        "setup.sh", "echo 1 > /proc/sys/vm/overcommit_memory\n",
        "host.sysctl.vm.overcommit_memory", .number(1), 1
      ),
      (
        "run.sh",
        "redis-server /etc/redis.conf\n"
          + "echo never > /sys/kernel/mm/transparent_hugepage/enabled\n",
        "host.sets_thp", .text("never"), 2
      ),
      (
        "s.hcl", "services {\n  name = \"a\"\n  check {\n    http = \"http://a:1/up\"\n  }\n}\n",
        "probe.check_asks_root", .flag(false), 4
      ),
      (
        "p.yml",
        """
        scrape_configs:
          - metrics_path: /probe
            params: {module: [http_2xx]}
            static_configs:
              - targets: [example.com]
        """, "probe.target_asks_root", .flag(true), 5
      ),
      (
        "s.hcl", "service {\n  check {\n    http = \"http://a:1\"\n  }\n}\n",
        "probe.check_asks_root", .flag(true), 3
      ),
      (
        "celeryconfig.py", "broker_url = 'redis://r'\nresult_expires = None\n",
        "app.celery.results_never_expire", .flag(true), 2
      ),
      (
        "jobs.py", "app = Celery('x')\napp.conf.update(\n  task_acks_late=True,\n)\n",
        "app.celery.acks_late", .flag(true), 3
      ),
      (
        "settings.py", "SESSION_COOKIE_AGE = timedelta(days=2)\nCACHES = {}\n",
        "app.session.timeout", .number(172_800), 1
      ),
      ("settings/prod.py", "CACHES = {}\nDEBUG = True\n", "app.debug", .flag(true), 2),
      (
        "m.tf", "resource \"aws_instance\" \"a\" {\n  instance_type = \"t3.micro\"\n}\n",
        "ec2.InstanceType", .text("t3.micro"), 2
      ),
      (
        "A.java", "@EnableRedisHttpSession(maxInactiveIntervalInSeconds = Integer.MAX_VALUE)\n",
        "app.session.timeout", .number(2_147_483_647), 1
      ),
      (
        "task.json",
        "{\"taskDefinition\": {\"containerDefinitions\": [\n{\"name\": \"c\", \"image\": \"redis:7\",\n"
          + "\"memory\": 512}]}}\n",
        "redis.service.memory_limit", .number(536_870_912), 3
      ),
      (
        "task.json",
        "{\"memory\": \"512\", \"containerDefinitions\": [{\"name\": \"w\", \"image\": \"w\",\n"
          + "\"healthCheck\": {\"command\": [\"CMD-SHELL\", \"curl http://a/\"]}}]}\n",
        "app.healthcheck_asks_root", .flag(true), 2
      ),
      (
        "Dockerfile", "FROM python\nHEALTHCHECK CMD curl http://localhost:80/ || exit 1\n",
        "app.healthcheck_asks_root", .flag(true), 2
      ),
    ] as [(String, String, String, Value, Int?)])
  func forms(path: String, text: String, name: String, value: Value, line: Int?) {
    let found = fact(name, in: read((path, text)))
    #expect(found?.value == value)
    #expect(found?.origin.line == line)
  }

  @Test(
    "What is no config, or runs nowhere, is not read",
    arguments: [
      ("data.json", "{\"services\": 3}"), ("notes.yml", "key: value\n"),
      ("docker-compose.dev.yml", "services: {c: {image: redis}}\n"),
      ("settings/test.py", "SESSION_COOKIE_AGE = 1\n"),
      ("shop/tests/settings.py", "SESSION_COOKIE_AGE = 1\n"),
      ("settings/base.py", "CACHES = {}\nDEBUG = True\n"),
      ("src/test/resources/application.yml", "spring: {session: {timeout: 365d}}\n"),
      ("main.py", "workers = 3\n"),
      ("node_modules/x/compose.yml", "services: {c: {image: redis}}\n"),
      ("chart/web.yaml", "apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}\n"),
      ("ping.yml", "scrape_configs: []\n"),
    ])
  func nothing(path: String, text: String) {
    let ledger = read((path, text))
    #expect(ledger.pages.flatMap(\.page.facts).isEmpty)
    #expect(ledger.inputs.allSatisfy { $0.status != .unreadable })
  }

  @Test(
    "A service of compose that runs once is none: nobody misses its restart or its limit",
    arguments: [
      ("  c: {image: a, restart: 'no', command: python manage.py migrate}\n", true),
      ("  c: {build: ., restart: 'no', command: [sh, -c, ./seed.sh]}\n", true),
      ("  c: {image: a, restart: 'no'}\n", true),
      ("  db-migrate: {build: ., restart: 'no'}\n", true),
      ("  c: {image: a, deploy: {mode: replicated-job}}\n", true),
      ("  c: {image: a, deploy: {restart_policy: {condition: none}}}\n", true),
      (
        "  c: {image: a}\n  d: {image: redis, depends_on: "
          + "{c: {condition: service_completed_successfully}}}\n", true
      ),
      // Servers, and what may be one.
      ("  c: {image: a, restart: 'no', command: gunicorn app}\n", false),
      (
        "  c: {image: a, restart: 'no', command: 'sh -c \"migrate && exec gunicorn app\"'}\n", false
      ),
      ("  c: {image: a, restart: 'no', command: celery -A a worker}\n", false),
      ("  c: {image: a, restart: 'no', ports: ['8000:8000']}\n", false),
      ("  c: {image: a, restart: 'no', expose: [8000]}\n", false),
      ("  c: {image: a, restart: 'no', healthcheck: {test: curl http://localhost/up}}\n", false),
      ("  web: {build: ., restart: 'no'}\n", false),
      ("  c: {image: a, restart: always, command: migrate}\n", false),
      (
        "  c: {image: a}\n  d: {image: redis, depends_on: {c: {condition: service_started}}}\n",
        false
      ),
    ])
  func jobs(services: String, isJob: Bool) {
    let ledger = read(("compose.yml", "services:\n" + services))
    #expect((fact("app.has_memory_limit", in: ledger) == nil) == isJob)
    if isJob { #expect(fact("app.restart", in: ledger) == nil) }
  }

  @Test(
    "A pod that is not restarted and shows no server runs once",
    arguments: [
      ("command: [python, manage.py, migrate]", "Never", nil),
      ("command: [gunicorn, app]", "Never", "no"),
      ("ports: [{containerPort: 8000}]", "Never", "no"),
      ("livenessProbe: {httpGet: {path: /up}}", "Never", "no"), ("tty: true", "Always", "Always"),
    ] as [(String, String, String?)])
  func podThatRunsOnce(has: String, policy: String, restart: String?) {
    let pod =
      "apiVersion: v1\nkind: Pod\nspec:\n  restartPolicy: \(policy)\n  containers:\n"
      + "  - {name: c, image: shop, \(has)}\n"
    let found = fact("app.restart", in: read(("pod.yaml", pod)))
    #expect(found?.value == restart.map { .text($0) })
  }

  @Test("The first form of compose files has its services at the top")
  func firstForm() {
    let old = "web:\n  build: .\nredis:\n  image: redis:3\n  ports: ['6379:6379']\n"
    let found = fact("redis.service.published", in: read(("docker-compose.yml", old)))
    #expect(found?.origin.line == 5)
    // A later form that lacks its services, and what only looks like one.
    for text in ["version: '3'\n" + old, "include: [a.yml]\n" + old, "x-a: {image: redis}\n"] {
      #expect(read(("docker-compose.yml", text)).pages.flatMap(\.page.facts).isEmpty)
    }
  }

  @Test("A tcp probe asks no path, an address of the host is not published, a task has a limit")
  func lookAlikes() {
    let probe =
      "scrape_configs:\n  - {metrics_path: /probe, params: {module: [tcp_connect]}, "
      + "static_configs: [{targets: ['a:1']}]}\n"
    #expect(fact("probe.target_asks_root", in: read(("p.yml", probe))) == nil)
    let compose = "services: {c: {image: redis, ports: ['127.0.0.1:6379:6379', '6379']}}\n"
    #expect(fact("redis.service.published", in: read(("compose.yml", compose))) == nil)
    // The memory of a task bounds all its containers.
    let task = #"{"memory": "512", "containerDefinitions": [{"name": "w", "image": "w"}]}"#
    let read = read(("task.json", task))
    #expect(fact("app.image", in: read) != nil)
    #expect(fact("app.has_memory_limit", in: read) == nil)
  }

  @Test("An included file is read where it is included, with its own lines")
  func includes() {
    let ledger = read(
      ("etc/redis/conf.d/a.conf", "maxmemory 2gb\n"),
      (
        "etc/redis/redis.conf",
        "maxmemory 1gb\nmaxmemory-policy allkeys-lru\nport 6379\n"
          + "include /etc/redis/conf.d/*.conf\ntcp-keepalive 60\n"
      ))
    #expect(ledger.pages.count == 1)
    let found = fact("redis.config.maxmemory", in: ledger)
    #expect(found?.value == .number(2_147_483_648))
    #expect(found?.origin.file == "etc/redis/conf.d/a.conf")
    // All that Redis reads is known, so what is absent has its default.
    #expect(fact("redis.config.appendonly", in: ledger)?.origin.line == nil)
    #expect(fact("redis.config.appendonly", in: ledger) != nil)
  }

  @Test("An include that is not there leaves what is absent unknown")
  func lostInclude() {
    let ledger = read(
      (
        "redis.conf",
        "maxmemory-policy allkeys-lru\nport 6379\ntcp-keepalive 60\n"
          + "include /run/secrets/redis.conf\n"
      ))
    #expect(fact("redis.config.maxmemory", in: ledger) == nil)
  }

  @Test("Patterns match as a shell's do, in linear time")
  func globs() {
    #expect(globMatches("*.conf", "a.conf"))
    #expect(globMatches("a?c*", "abcd"))
    #expect(!globMatches("*.conf", "a.conf.bak"))
    let long = String(repeating: "a", count: 20_000)
    #expect(!globMatches(String(repeating: "*a", count: 50) + "b", long))
  }

  @Test(
    "HCL reads blocks, comments and here-documents",
    arguments: [
      "a \"b\" \"c\" { x = \"1\" }", "# z\na \"b\" \"c\" {\n  x = \"1\" # y\n}",
      "a \"b\" \"c\" {\n  u = <<-E\n  }\n  E\n  x = \"1\"\n}",
      "/* { */ a \"b\" \"c\" {\n  m = {\n   k = 2\n  }\n  x = \"1\"\n}",
    ])
  func hcl(text: String) {
    let (root, unbalanced) = HCLParser.parse(Array(text.utf8))
    #expect(unbalanced == nil)
    #expect(root.blocks.first?.labels == ["b", "c"])
    #expect(root.blocks.first?.string("x") == "1")
  }

  @Test(
    "Any beginning of a config is survived",
    arguments: [
      ("main.tf", "resource \"aws_instance\" \"a\" {\n  x = [1, {y = \"${z}\"}]\n}\n"),
      ("compose.yml", "services:\n  a:\n    image: redis\n    ports: [\"${P:-1}:2\"]\n"),
      (
        "nginx.conf",
        "http { upstream a { server b:1; } server { listen 1; proxy_pass http://a; } }"
      ),
      (
        "settings.py", "CACHES = {'d': {'BACKEND': 'redis', 'TIMEOUT': 60 * (1 + 2)}}\n@task(a=1)\n"
      ),
    ])
  func truncation(path: String, text: String) {
    for length in 0...text.utf8.count { _ = read((path, String(text.prefix(length)))) }
  }
}
