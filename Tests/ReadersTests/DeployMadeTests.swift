import Model
import Testing

@testable import Readers

/// What others make of the box and the cluster: tasks and templates of Ansible, ConfigMaps, Services, sockets.
struct DeployMadeTests {
  private func facts(_ name: String, _ path: String, _ text: String) -> [Fact] {
    let source = EvidenceSource(name: path, folder: parentFolder(of: path)) {
      MemoryStream(Array(text.utf8))
    }
    return readDeployTree([source]).pages.flatMap(\.page.facts).filter { $0.name == name }
  }

  @Test(
    "Ansible: what its module sets",
    arguments: [
      ("- name: a\n  sysctl:\n    name: vm.overcommit_memory\n    value: 0\n", 0, 4),
      ("- name: a\n  sysctl: name=vm.overcommit_memory value='2' state=present\n", 2, 2),
      (
        "- hosts: all\n  tasks:\n    - block:\n      - ansible.posix.sysctl: {name: vm.overcommit_memory, value: '1'}\n",
        1, 4
      ),
      (
        "- name: a\n  sysctl:\n    name: '{{ item.k }}'\n    value: '{{ item.v }}'\n  with_items:\n"
          + "    - {k: vm.overcommit_memory, v: 1}\n", 1, 6
      ),
    ] as [(String, Double, Int)])
  func ansible(text: String, value: Double, line: Int) {
    let found = facts("host.sysctl.vm.overcommit_memory", "roles/redis/tasks/main.yml", text)
    #expect(found.map(\.value) == [.number(value)])
    #expect(found.first?.origin.line == line)
  }

  @Test(
    "Ansible: what is not known is not told",
    arguments: [
      "- name: a\n  when: b\n  sysctl:\n    name: vm.overcommit_memory\n    value: 0\n",
      "- name: a\n  sysctl:\n    name: vm.overcommit_memory\n    value: '{{ x }}'\n",
      "- name: a\n  sysctl:\n    name: vm.overcommit_memory\n    value: 0\n    state: absent\n",
      "- name: a\n  when: b\n  block:\n  - sysctl: {name: vm.overcommit_memory, value: 0}\n",
      // Another task may set it to something else.
      "- name: a\n  sysctl: {name: vm.overcommit_memory, value: 0}\n- name: b\n  when: c\n"
        + "  sysctl: {name: vm.overcommit_memory, value: 1}\n",
      // No YAML before it is rendered.
      "- name: a\n  sysctl:\n    name: vm.overcommit_memory\n    value: {{ x }}: [\n",
    ])
  func unknown(text: String) {
    #expect(facts("host.sysctl.vm.overcommit_memory", "tasks/main.yml", text).isEmpty)
  }

  @Test("a template of redis.conf: its plain lines alone, and no defaults")
  func template() {
    let text =
      "port {{ port }}\ntcp-backlog 511\n{% if a %}\nappendfsync no\n{% endif %}\nappendfsync always\n"
      + "maxmemory-policy allkeys-lru\nappendonly yes\n"
    func told(_ name: String) -> [Fact] {
      facts("redis.config." + name, "roles/r/templates/redis.conf.j2", text)
    }
    #expect(told("tcp_backlog").map(\.origin.line) == [2])
    #expect(told("maxmemory_policy").map(\.origin.line) == [7])
    // In a block, or also in one; computed; left out.
    #expect(told("appendfsync").isEmpty)
    #expect(told("port").isEmpty)
    #expect(told("maxmemory").isEmpty)
    #expect(plainLines(ofTemplate: Array("a\n{% endif %}\n{% if\nb".utf8)) == Array("a\n\n\n".utf8))
  }

  private static let map =
    "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m}\ndata:\n  redis.conf: |\n    maxmemory 1gb\n"
    + "    appendonly yes\n    tcp-backlog 100\n"

  @Test("a ConfigMap that holds a redis.conf")
  func configMap() {
    let found = facts("redis.config.maxmemory", "a.yaml", Self.map)
    #expect(found.map(\.origin.line) == [6])
    let other = Self.map.replacing("redis.conf", with: "nginx.conf")
      .replacing("maxmemory 1gb", with: "listen 80;").replacing("appendonly yes", with: "root /;")
      .replacing("tcp-backlog 100", with: "index a;")
    #expect(facts("redis.config.maxmemory", "a.yaml", other).isEmpty)
  }

  private static let pod =
    "kind: Pod\napiVersion: v1\nmetadata: {name: r, labels: {a: b}}\nspec:\n  containers:\n"
    + "  - {name: r, image: 'redis:7', ports: [{name: db, containerPort: 6379}]}\n---\n"

  @Test(
    "a Service that others reach",
    arguments: [
      ("{type: NodePort, selector: {a: b}, ports: [{port: 1, targetPort: db}]}", true),
      ("{type: LoadBalancer, selector: {a: b}, ports: [{port: 6379}]}", true),
      ("{type: ClusterIP, selector: {a: b}, ports: [{port: 6379}]}", false),
      ("{type: NodePort, selector: {a: c}, ports: [{port: 6379}]}", false),
      ("{type: NodePort, ports: [{port: 6379}]}", false),
      ("{type: LoadBalancer, selector: {a: b}, ports: [{port: 1, targetPort: x}]}", false),
      (
        "{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], selector: {a: b}, ports: [{port: 1}]}",
        false
      ),
    ] as [(String, Bool)])
  func services(spec: String, isOpen: Bool) {
    let text = Self.pod + "kind: Service\napiVersion: v1\nmetadata: {name: s}\nspec: \(spec)\n"
    let found = facts("redis.service.published", "a.yaml", text)
    #expect(found.map(\.value) == (isOpen ? [.text("6379")] : []))
    #expect(facts("redis.service.is_inside", "a.yaml", text).isEmpty == isOpen)
  }

  @Test(
    "compose: whether others reach a Redis",
    arguments: [
      ("", true), ("    ports: ['127.0.0.1:6379:6379']\n", true),
      ("    ports: ['6379:6379']\n", false), ("    ports: ['6379']\n", false),
      ("    ports: ['${P}:6379']\n", false), ("    network_mode: host\n", false),
    ] as [(String, Bool)])
  func inside(keys: String, isInside: Bool) {
    let text = "services:\n  cache:\n    image: redis:7\n" + keys
    #expect(facts("redis.service.is_inside", "compose.yaml", text).isEmpty != isInside)
  }

  @Test(
    "compose: a config that is mounted and not named",
    arguments: [
      ("redis:7", "", true), ("redis:7", "    command: redis-server --port ${P}\n", true),
      ("valkey/valkey:8", "    command: --save 60 1\n", true),
      ("redis:7", "    command: redis-server /etc/redis/redis.conf\n", false),
      ("redis:7", "    command: sh -c 'redis-server /etc/redis/redis.conf'\n", false),
      ("redis:7", "    command: redis-server ${CONFIG}\n", false),
      ("redis:7", "    command: /start.sh\n", false),
      // Images that have a command of their own.
      ("bitnami/redis:7", "", false), ("acme/redis:7", "", false),
      ("redis:7", "    build: .\n", false),
    ] as [(String, String, Bool)])
  func unusedConfig(image: String, keys: String, isUnused: Bool) {
    let text =
      "services:\n  cache:\n    image: \(image)\n" + keys
      + "    volumes: ['./redis.conf:/etc/redis/redis.conf']\n"
    let found = facts("redis.service.unused_config", "compose.yaml", text)
    #expect(found.map(\.origin.line) == (isUnused ? [keys.isEmpty ? 4 : 5] : []))
  }

  @Test("a compose file with values to fill in; the line of a command in a folded text")
  func templatesOfCompose() {
    let text =
      "services:\n  web:\n    image: ${image}:1\n    command: >\n      sh -c \"python a.py &&\n"
      + "      gunicorn web:app\"\n"
    let found = facts("gunicorn.command", "docker-compose.yml.tpl", text)
    #expect(found.map(\.origin.line) == [6])
    #expect(facts("gunicorn.command", "docker-compose.yml.tpl", text + "%{ if a }\n").isEmpty)
  }

  @Test(
    "systemd: a socket of its name starts a service again",
    arguments: [
      ("Requires=web.socket", true), ("Wants=a.service web.socket", true),
      ("Requires=docker.socket", false), ("After=web.socket", false),
    ] as [(String, Bool)])
  func socket(key: String, isStarted: Bool) {
    let text =
      "[Unit]\n\(key)\n[Service]\nRuntimeDirectory=gunicorn\nExecStart=/opt/apt/bin/gunicorn \\\n"
      + "  --name gunicorn web:app\nUser=gunicorn\n"
    #expect(facts("app.restart", "web.service", text).isEmpty == isStarted)
    // The line of the command, not of what else has its name.
    #expect(facts("gunicorn.command", "web.service", text).map(\.origin.line) == [5])
  }

  @Test("ECS: an entry point in small letters, and JSON in quotes")
  func taskDefinitions() {
    let head = "resource \"aws_ecs_task_definition\" \"web\" {\n  container_definitions = "
    let list =
      "jsonencode([{ name = \"web\", entrypoint = [\"gunicorn\"], command = [\"-w\", \"3\", \"a\"] }])\n}\n"
    #expect(facts("gunicorn.workers", "a.tf", head + list).map(\.value) == [.number(3)])
    let text = #""[{\"name\":\"web\",\"command\":[\"gunicorn\",\"-w\",\"3\",\"a\"]}]""# + "\n}\n"
    #expect(facts("gunicorn.workers", "a.tf", head + text).map(\.value) == [.number(3)])
  }
}
