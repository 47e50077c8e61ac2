import Model

/// What a file of a deploy tree is. Most are nothing of the kind, so the name decides first, and the
/// head is only looked at where the name allows it.
enum DeployForm: CaseIterable {
  case compose, kubernetes, taskDefinition, dockerfile, procfile, supervisor, unit, script
  case gunicornConfig, redisConfig, sysctl, hostSetup, nginx, haproxy, probes, spring, python,
    terraform
  case cloudFormation, sessionCode, cloudInit, helmValues, ansible

  var kind: EvidenceKind {
    switch self {
    case .compose: .composeFile
    case .kubernetes, .helmValues: .kubernetesManifest
    case .taskDefinition: .taskDefinition
    case .dockerfile, .procfile, .supervisor, .script: .gunicornCommand
    case .unit: .serviceUnit
    case .gunicornConfig: .gunicornConfig
    case .redisConfig: .redisConfig
    case .sysctl, .hostSetup, .cloudInit, .ansible: .sysctl
    case .nginx: .nginxConfig
    case .haproxy: .haproxyConfig
    case .probes: .probeConfig
    case .spring, .python, .sessionCode: .applicationConfig
    case .terraform: .terraform
    case .cloudFormation: .cloudFormation
    }
  }

  /// Whether a file of that name is worth opening.
  static func mayBe(_ path: String) -> Bool {
    let parts = path.lowercased().split(separator: "/")
    let name = parts.last.map(String.init) ?? ""
    // A site's file is named as the site: `sites-enabled/shop.example.com`.
    let home = parts.dropLast().last ?? ""
    if ["sites-enabled", "sites-available", "conf.d", "vhosts.d", "sysctl.d"].contains(home) {
      return true
    }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      return name.hasPrefix("dockerfile") || name.hasPrefix("containerfile")
        || name.hasPrefix("procfile") || name.hasPrefix("gunicorn") || name.contains("entrypoint")
        || name == "default" || name.contains("nginx") || name.contains("redis")
        || name.contains("haproxy") || name.hasPrefix("user-data") || name.hasPrefix(".env")
        || name.hasPrefix("start") || name.hasPrefix("run") || name == "grub"
    }
    if name == "rc.local" { return true }
    if name.hasPrefix("dockerfile") || name.hasPrefix("procfile") || name.hasPrefix(".env.") {
      return true
    }
    if name.hasSuffix(".php") { return name == "session.php" }
    return [
      "yml", "yaml", "json", "py", "conf", "cnf", "service", "ini", "properties", "tf", "sh",
      "template", "dockerfile", "java", "kt", "js", "mjs", "cjs", "ts", "rb", "hcl", "procfile",
      "cfg", "nginx", "vhost", "dump",
      "txt", "bash", "cs", "go", "tpl", "tftpl", "j2",
    ].contains(name[name.index(after: dot)...])
  }

  /// What a file is by its name and its head; nil for what is no config of a deployment.
  static func of(path: String, head: [UInt8]) -> DeployForm? {
    let file = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let text = String(decoding: head, as: UTF8.self)
    let suffix = file.lastIndex(of: ".").map { String(file[file.index(after: $0)...]) } ?? ""
    switch suffix {
    case "yml", "yaml": return yaml(file, text)
    case "template" where file.contains("nginx") || file.hasSuffix(".conf.template"):
      return nginx(text)
    case "json", "template": return json(text) ?? (suffix == "template" ? yaml(file, text) : nil)
    case "py": return python(file, text)
    case "properties": return isSpring(file, text) ? .spring : nil
    case "j2":
      guard file.hasSuffix(".conf.j2"), file.contains("redis") || file.contains("valkey") else {
        return nil
      }
      let plain = plainLines(ofTemplate: head)
      let sample = Sample(name: String(file.dropLast(3)), head: plain)
      return RedisConfigReader.recognises(sample) >= .byName ? .redisConfig : nil
    case "tpl", "tftpl":
      if isContainerList(text) || text.contains("\"containerDefinitions\"") {
        return .taskDefinition
      }
      if CloudInitReader.mayHold(text) { return .cloudInit }
      // `docker-compose.yml.tpl` with nothing but values to fill in, which compose writes the same way.
      let inner = file.dropLast(suffix.count + 1)
      if inner.hasSuffix(".yml") || inner.hasSuffix(".yaml"), !text.contains("{{"),
        !["%{", "<%", "{%"].contains(where: { text.contains($0) })
      {
        let form = yaml(String(inner), text)
        return form == .compose || form == .kubernetes ? form : nil
      }
      return text.hasPrefix("#!") && HostSetupReader.mayHold(text) ? .hostSetup : nil
    case "java", "kt", "js", "mjs", "cjs", "ts", "rb", "cs", "go", "php":
      return SessionCodeReader.mayHold(text, suffix: suffix) ? .sessionCode : nil
    case "hcl":
      return text.contains("service") && text.contains("check") && text.contains("http")
        ? .probes : nil
    case "tf": return text.contains("\"aws_") ? .terraform : nil
    case "service": return text.contains("ExecStart") ? .unit : nil
    case "sh", "bash":
      return startsServer(text) ? .script : HostSetupReader.mayHold(text) ? .hostSetup : nil
    case "local": return HostSetupReader.mayHold(text) ? .hostSetup : nil
    case "ini", "cfg":
      if text.contains("[program:") { return .supervisor }
      if HAProxyReader.mayHold(text) { return .haproxy }
      return SessionCodeReader.mayHold(text, suffix: suffix) ? .sessionCode : nil
    default: break
    }
    if file.hasPrefix("dockerfile") || file.hasPrefix("containerfile") || suffix == "dockerfile" {
      return .dockerfile
    }
    if file.hasPrefix("procfile") || suffix == "procfile" { return .procfile }
    if file.hasPrefix(".env") {
      return SessionCodeReader.mayHold(text, suffix: "env") ? .sessionCode : nil
    }
    if CloudInitReader.mayHold(text) { return .cloudInit }
    if text.contains("[program:") { return .supervisor }
    // A drop-in of a unit: `redis.service.d/limits.conf`.
    if text.contains("[Service]") { return .unit }
    if path.contains("sysctl"), SysctlReader.recognises(Sample(name: file, head: head)) > .no {
      return .sysctl
    }
    // A pool of PHP-FPM.
    if SessionCodeReader.mayHold(text, suffix: suffix) { return .sessionCode }
    let sample = Sample(name: file, head: head)
    if RedisConfigReader.recognises(sample) >= .byName { return .redisConfig }
    if file.hasPrefix("gunicorn"), GunicornConfigReader.recognises(sample) > .no {
      return .gunicornConfig
    }
    if HAProxyReader.mayHold(text) { return .haproxy }
    if let found = nginx(text), NginxConfigReader.recognises(sample) >= .possible { return found }
    if text.hasPrefix("#!"), startsServer(text) { return .script }
    let setsUp = text.hasPrefix("#!") || file == "grub"
    return setsUp && HostSetupReader.mayHold(text) ? .hostSetup : nil
  }

  private static func yaml(_ file: String, _ text: String) -> DeployForm? {
    if CloudInitReader.mayHold(text) { return .cloudInit }
    if AnsibleReader.mayHold(text) { return .ansible }
    // Of Helm and Jinja: what comes of it is known only once it is rendered.
    if text.contains("{{"), text.contains("}}"), !text.contains("scrape_configs"),
      hasTemplateMarks(text)
    {
      return nil
    }
    if text.contains("scrape_configs:") || (text.contains("modules:") && text.contains("prober:")) {
      return .probes
    }
    if isTargetFile(text) { return .probes }
    if text.contains("AWSTemplateFormatVersion") || text.contains("AWS::EC2::") {
      return .cloudFormation
    }
    if text.contains("apiVersion:"), text.contains("kind:") { return .kubernetes }
    if HelmValuesReader.mayHold(text, file: file) { return .helmValues }
    let isNamed = file.contains("compose") || file == "stack.yml" || file == "stack.yaml"
    let hasServices =
      text.hasPrefix("services:") || text.contains("\nservices:") || text.contains("\r\nservices:")
    if hasServices, isNamed || text.contains("image:") || text.contains("build:") {
      return .compose
    }
    if isNamed { return .compose }
    return isSpring(file, text) ? .spring : nil
  }

  /// A list of targets that a job of Prometheus finds; of URLs, as a blackbox job asks them.
  private static func isTargetFile(_ text: String) -> Bool {
    guard text.contains("targets:"), text.contains("://") else { return false }
    let first = text.split(whereSeparator: \.isNewline).first {
      !$0.hasPrefix("#") && !$0.hasPrefix("---") && !$0.bare.isEmpty
    }
    return first?.hasPrefix("-") ?? false
  }

  /// A template's blocks, and not a value that merely holds braces.
  private static func hasTemplateMarks(_ text: String) -> Bool {
    ["{{ .", "{{.", "{{-", "{{ include", "{% "].contains { text.contains($0) }
  }

  private static func isSpring(_ file: String, _ text: String) -> Bool {
    let isNamed = file.hasPrefix("application") || file.hasPrefix("bootstrap")
    return isNamed
      && (text.hasPrefix("spring") || text.contains("\nspring") || text.contains("server.servlet")
        || text.contains("\nserver:") || text.hasPrefix("server"))
  }

  private static func json(_ text: String) -> DeployForm? {
    if text.contains("AWSTemplateFormatVersion") || text.contains("AWS::EC2::") {
      return .cloudFormation
    }
    if text.contains("\"apiVersion\""), text.contains("\"kind\"") { return .kubernetes }
    let hasService = text.contains("\"service\"") || text.contains("\"services\"")
    let hasCheck = text.contains("\"check\"") || text.contains("\"checks\"")
    if hasCheck, hasService || text.contains("\"interval\"") { return .probes }
    if text.contains("\"containerDefinitions\"") || isContainerList(text) { return .taskDefinition }
    if text.contains("\"targets\""), text.contains("://") { return .probes }
    return nil
  }

  /// The containers of a task definition alone, as templates of Terraform keep them.
  private static func isContainerList(_ text: String) -> Bool {
    text.drop { $0.isWhitespace }.hasPrefix("[") && text.contains("\"image\"")
      && text.contains("\"essential\"")
  }

  private static func python(_ file: String, _ text: String) -> DeployForm? {
    if file.hasPrefix("gunicorn") { return .gunicornConfig }
    if text.contains("workers"), text.contains("bind") || text.contains("max_requests"),
      GunicornConfigReader.recognises(Sample(name: file, head: Array(text.utf8))) >= .possible
    {
      return .gunicornConfig
    }
    let marks = [
      "SESSION_", "CACHES", "CELERY", "BROKER_", "INSTALLED_APPS", "shared_task", "Celery(",
      "broker_url", "visibility_timeout", "max_retries",
    ]
    return marks.contains { text.contains($0) } ? .python : nil
  }

  private static func nginx(_ text: String) -> DeployForm? {
    let hasBlock = text.contains("{") && text.contains(";")
    let marks = [
      "worker_connections", "proxy_pass", "log_format", "upstream ", "server_name", "listen ",
      "proxy_read_timeout", "access_log", "keepalive_timeout", "uwsgi_pass", "include ",
    ]
    return hasBlock && marks.contains { text.contains($0) } ? .nginx : nil
  }

  private static func startsServer(_ text: String) -> Bool {
    text.contains("gunicorn") || text.contains("redis-server") || text.contains("celery")
  }

  /// Variants that never run where an incident matters, and code of others.
  static func isForDevelopment(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let name = parts.last?.lowercased() else { return false }
    // Other people's packages, with their examples.
    if parts.contains(where: {
      ["node_modules", "site-packages", "bower_components", "venv"].contains($0)
    }) {
      return true
    }
    let words = name.split { ".-_".contains($0) }
    let isVariant = ["compose", "settings", "dockerfile", "application", "env", "values"].contains {
      name.hasPrefix($0) || words.contains(Substring($0))
    }
    let marks: Set<Substring> = [
      "dev", "development", "test", "tests", "testing", "ci", "local", "example", "sample",
    ]
    let isMarked = words.contains { marks.contains($0) }
    let folder = parts.dropLast().last?.lowercased() ?? ""
    if isVariant, isMarked || ["test", "tests"].contains(folder) { return true }
    if folder == "settings", marks.contains(name.prefix { $0 != "." }) { return true }
    // Where Maven and Gradle keep what only tests read.
    return zip(parts, parts.dropFirst()).contains { $0 == "src" && $1 == "test" }
  }
}
