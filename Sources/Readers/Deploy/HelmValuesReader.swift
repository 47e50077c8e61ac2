import Model
import YAML

/// Values of the chart of Redis or Valkey that Bitnami publishes, alone or below the name that a chart gives it: what
/// its configuration states, and the limit of its memory. What is not stated the chart decides, by its version.
///
/// ```
/// architecture: replication
/// commonConfiguration: |-
///   maxmemory 1gb
/// master:
///   resources: {limits: {memory: 512Mi}}
/// ```
enum HelmValuesReader {
  static func mayHold(_ text: String, file: String) -> Bool {
    file.hasPrefix("values") && text.contains("architecture:")
      && ["commonConfiguration:", "master:", "primary:"].contains { text.contains($0) }
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    guard let root = file.nodes(into: &page).first else { return }
    for (name, node) in [("redis", root), ("redis", root["redis"]), ("valkey", root["valkey"])] {
      let architecture = node?["architecture"]?.scalar ?? ""
      guard let node, ["standalone", "replication"].contains(architecture),
        let server = node["master"] ?? node["primary"] ?? node["commonConfiguration"]
      else { continue }
      let redis = page.subject(.redis, .serviceName(name))
      var settings = RedisSettings(isRunning: false)
      for text in [node["commonConfiguration"], server["configuration"]].compactMap(\.self) {
        for (text, line) in file.lines(of: text, into: &page) {
          let words = RedisConfigReader.words(of: text)
          guard let name = words.first, words.count > 1 else { continue }
          settings.add(
            RedisSetting(
              name: name, value: words.dropFirst().joined(separator: " "), nameLine: line,
              valueLine: line))
        }
      }
      settings.record(of: redis, lines: lines, into: &page)
      if let memory = server[["resources", "limits", "memory"]],
        let bytes = memory.scalar.flatMap(byteCount)
      {
        let origin = Document.origin(memory, in: lines)
        page.record("redis.service.memory_limit", bytes, of: redis, origin: origin)
        page.record("redis.service.has_memory_limit", .flag(true), of: redis, origin: origin)
      }
    }
  }
}
