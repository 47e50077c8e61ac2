import Model
import YAML

/// A redis.conf that a ConfigMap holds, for whichever container mounts it: `configmap:NAME/KEY` is its name.
///
/// ```
/// kind: ConfigMap
/// metadata: {name: redis}
/// data:
///   redis.conf: |
///     maxmemory 256mb
/// ```
enum ConfigMapReader {
  static func read(_ node: Node, of file: DeployFile, into page: inout Page) {
    guard let name = node[["metadata", "name"]]?.scalar else { return }
    for (key, text) in page.first(100, of: node["data"]?.mapping ?? [], "keys") {
      guard let key = key.scalar, key.hasSuffix(".conf"), let content = text.scalar else {
        continue
      }
      let head = Array(content.utf8.prefix(32 << 10))
      guard RedisConfigReader.recognises(Sample(name: key.lowercased(), head: head)) >= .byName
      else { continue }
      var settings = RedisSettings(isRunning: false)
      var isWhole = true
      for (line, number) in file.lines(of: text, into: &page) {
        let words = RedisConfigReader.words(of: line)
        guard let name = words.first, words.count > 1 else { continue }
        isWhole = isWhole && name != "include" && !line.contains("$")
        settings.add(
          RedisSetting(
            name: name, value: words.dropFirst().joined(separator: " "), nameLine: number,
            valueLine: number))
      }
      let redis = page.subject(.redis, .serviceName("configmap:\(name)/\(key)"))
      settings.record(of: redis, lines: file.document.lines, into: &page)
      if isWhole {
        settings.recordDefaults(of: redis, isValkey: key.contains("valkey"), into: &page)
      }
    }
  }

  /// Names what a container mounts of ConfigMaps by their names and keys: a folder, a key of it, or the keys that
  /// are listed with a path of their own.
  static func nameMounts(of spec: Node, in container: inout Container) {
    for volume in spec["volumes"]?.sequence?.prefix(100) ?? [] {
      guard let name = volume["name"]?.scalar, let map = volume[["configMap", "name"]]?.scalar
      else { continue }
      var keys: [String: String] = [:]
      for item in volume[["configMap", "items"]]?.sequence?.prefix(100) ?? [] {
        if let key = item["key"]?.scalar, let path = item["path"]?.scalar { keys[path] = key }
      }
      var exact: [(host: String, container: String)] = []
      for index in container.mounts.indices where container.mounts[index].host == name {
        let path = container.mounts[index].container
        if let part = container.mountedParts[path] {
          container.mounts[index].host = "configmap:\(map)/\(keys[part] ?? part)"
        } else {
          container.mounts[index].host = "configmap:" + map
          for (file, key) in keys.sorted(by: { $0.key < $1.key }) {
            exact.append(("configmap:\(map)/\(key)", path + "/" + file))
          }
        }
      }
      container.mounts.insert(contentsOf: exact, at: 0)
    }
  }
}

/// A Service that every node of the cluster, or a load balancer, offers to others.
struct OpenService {
  private let selector: [(key: String, value: String)]
  private let namespace: String?
  private let port: (number: Double?, name: String?)
  private let place: Node

  init?(_ node: Node) {
    guard node["kind"]?.scalar == "Service", let type = node[["spec", "type"]],
      type.scalar == "NodePort" || type.scalar == "LoadBalancer",
      // Whom it answers then, is not known.
      node[["spec", "loadBalancerSourceRanges"]] == nil,
      node[["metadata", "annotations"]] == nil,
      let port = node[["spec", "ports"]]?.sequence?.first
    else { return nil }
    selector = (node[["spec", "selector"]]?.mapping ?? []).prefix(20).compactMap { pair in
      guard let key = pair.key.scalar, let value = pair.value.scalar else { return nil }
      return (key, value)
    }
    guard !selector.isEmpty else { return nil }
    namespace = node[["metadata", "namespace"]]?.scalar
    let target = port["targetPort"] ?? port["port"]
    self.port = (target?.number, target?.scalar)
    place = type
  }

  /// The port of a workload's container that it offers.
  func port(of container: Node, in workload: Node) -> (port: Int, place: Node)? {
    guard workload[["metadata", "namespace"]]?.scalar == namespace else { return nil }
    let isPod = workload["kind"]?.scalar == "Pod"
    let path = isPod ? ["metadata", "labels"] : ["spec", "template", "metadata", "labels"]
    let labels = workload[path]
    guard selector.allSatisfy({ labels?[$0.key]?.scalar == $0.value }) else { return nil }
    let named = container["ports"]?.sequence?.first { $0["name"]?.scalar == port.name }
    guard let number = port.number ?? named?["containerPort"]?.number, number >= 1, number < 65_536
    else { return nil }
    return (Int(number), place)
  }
}
