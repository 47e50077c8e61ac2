import Model
import YAML

/// Reads one config of a deploy tree with the reader of its form.
enum DeployReaders {
  static func read(_ file: DeployFile, includes: DeployIncludes, into page: inout Page) {
    let document = file.document
    let context = ReadingContext()
    switch file.form {
    case .compose: ComposeReader.read(file, into: &page)
    case .kubernetes: KubernetesReader.read(file, into: &page)
    case .helmValues: HelmValuesReader.read(file, into: &page)
    case .taskDefinition: TaskDefinitionReader.read(file, into: &page)
    case .dockerfile, .procfile, .supervisor, .script:
      GunicornCommandReader.read(document, context: context, into: &page)
      CommandExtras.read(file, into: &page)
      if file.form == .script { HostSetupReader.read(file, into: &page) }
    case .unit: UnitReader.read(file, into: &page)
    case .gunicornConfig: GunicornConfigReader.read(document, context: context, into: &page)
    case .redisConfig: RedisFileReader.read(file, includes: includes, into: &page)
    case .sysctl: SysctlFileReader.read(file, into: &page)
    case .hostSetup: HostSetupReader.read(file, into: &page)
    case .haproxy: HAProxyReader.read(file, into: &page)
    case .ansible: AnsibleReader.read(file, into: &page)
    case .cloudInit: CloudInitReader.read(file, into: &page)
    case .nginx: NginxTreeReader.read(file, includes: includes, into: &page)
    case .probes: ProbeTreeReader.read(file, into: &page)
    case .spring:
      ApplicationConfigReader.read(document, context: context, into: &page)
    case .sessionCode: SessionCodeReader.read(file, into: &page)
    case .python: PythonSettingsReader.read(file, into: &page)
    case .terraform:
      TerraformReader.read(file, into: &page)
      HostSetupReader.readUserData(file, marks: ["user_data", "user_data_base64"], into: &page)
    case .cloudFormation:
      CloudFormationReader.read(file, into: &page)
      HostSetupReader.readUserData(file, marks: ["UserData"], into: &page)
    }
  }
}

extension DeployFile {
  /// All documents of a YAML or JSON file; what is wrong with it is a warning.
  func nodes(into page: inout Page) -> [Node] {
    let first = document.bytes.first { $0 > 0x20 }
    do throws(DocumentError) {
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        let parsed = try parseJSON(document.bytes)
        if parsed.isTruncated { page.skip(line: document.lines.count, "the JSON is cut off") }
        return parsed.nodes
      }
      return try parseYAML(document.bytes)
    } catch {
      page.warn("not readable: \(error.message)", line: error.line)
      return []
    }
  }

  /// The lines of a block scalar that are not empty, each with its line in the file (1-based): the next that holds
  /// the same words, soon behind the one before.
  func lines(of text: Node, into page: inout Page) -> [(text: String, line: Int)] {
    let lines = document.lines
    var next = max(text.line - 1, 0)
    let parts = (text.scalar ?? "").split(whereSeparator: \.isNewline).filter { !$0.bare.isEmpty }
    return page.first(1000, of: parts, "lines").compactMap { part in
      let near = lines.indices.dropFirst(next).prefix(100)
      guard let index = near.first(where: { lines[$0].bare == part.bare }) else { return nil }
      next = index + 1
      return (String(part), next)
    }
  }

  /// For what is absent: the file, and no line.
  func absent(_ words: String) -> Origin { Origin(line: nil, excerpt: words) }
}

/// Images of other people's servers, which keep no sessions of ours.
func isInfrastructure(image: String) -> Bool {
  let name = image.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? ""
  return infrastructure.contains { name.contains($0) }
    || image.hasPrefix("minio/") || image.contains("/minio/")
}

/// The same of a name that a service was given, of which only whole words count.
func isInfrastructure(name: String) -> Bool {
  let words = name.lowercased().split { !$0.isLetter }
  return infrastructure.contains { words.contains($0[...]) }
}

private let infrastructure = [
  "redis", "valkey", "postgres", "mysql", "mariadb", "mongo", "nginx", "traefik", "haproxy",
  "caddy", "memcached", "rabbitmq", "kafka", "zookeeper", "elasticsearch", "opensearch", "kibana",
  "promtail", "pushgateway", "grafana", "keydb", "dragonfly", "minio", "exporter", "consul",
  "vault", "envoy",
  "alertmanager", "loki", "jaeger", "busybox", "alpine", "registry", "nexus", "sonarqube",
  "clickhouse", "pgvector", "postgis", "timescale", "cockroach", "couchdb", "cassandra", "scylla",
  "neo4j", "influx", "victoria", "telegraf", "fluent", "logstash", "filebeat", "solr", "mssql",
  "meilisearch", "typesense", "qdrant", "weaviate", "milvus", "etcd", "mosquitto", "emqx",
  "mailhog", "mailpit", "httpd", "varnish", "maildev", "mailcatcher", "adminer", "pgadmin",
  "phpmyadmin", "certbot",
  "portainer", "watchtower", "zipkin", "opentelemetry", "localstack", "gotenberg", "prometheus",
]
