import Model
import YAML

/// Kubernetes manifests: the containers of workloads, with their commands, limits and probes; and what a
/// `Probe` of the Prometheus operator asks for.
enum KubernetesReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    var documents = file.nodes(into: &page)
    documents += documents.flatMap { node in
      node["kind"]?.scalar == "List" ? node["items"]?.sequence ?? [] : []
    }
    let services = documents.prefix(500).compactMap { OpenService($0) }.prefix(50)
    for node in page.first(500, of: documents, "documents") {
      if node["kind"]?.scalar == "Probe", let spec = node["spec"] {
        let proxy = page.subject(.proxy)
        ProbeTreeReader.readOperatorProbe(spec, of: proxy, lines, into: &page)
      }
      if node["kind"]?.scalar == "ConfigMap" { ConfigMapReader.read(node, of: file, into: &page) }
      guard let kind = node["kind"]?.scalar, let spec = podSpec(node, kind) else { continue }
      let containers = spec["containers"]?.sequence ?? []
      let owner = node[["metadata", "name"]]?.scalar ?? "?"
      for item in page.first(20, of: containers, "containers") {
        let name = item["name"]?.scalar ?? owner
        var container = container(item, name: containers.count == 1 ? owner : name, lines)
        readPod(spec, kind, into: &container)
        container.published = services.compactMap { $0.port(of: item, in: node) }
        let hasHostPort = item["ports"]?.sequence?.contains { $0["hostPort"] != nil } ?? false
        container.isInside =
          container.published.isEmpty && !hasHostPort && spec["hostNetwork"] == nil
        container.record(lines, into: &page)
      }
    }
  }

  private static func podSpec(_ node: Node, _ kind: String) -> Node? {
    switch kind {
    case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
      node[["spec", "template", "spec"]]
    case "Pod": node["spec"]
    default: nil
    }
  }

  private static func readPod(_ spec: Node, _ kind: String, into container: inout Container) {
    // Workloads always restart; a pod of its own does unless told not to.
    if kind == "Pod", let policy = spec["restartPolicy"] {
      container.restart = (policy.scalar == "Never" ? "no" : policy.scalar ?? "", policy)
    }
    // Such a pod runs once, a hook of Helm for example, unless it shows a server.
    if container.restart?.policy == "no", !container.showsServer, !container.startsKnownServer {
      container.isJob = true
    }
    let grace = spec["terminationGracePeriodSeconds"]
    container.stopGrace = (grace?.number ?? 30, grace)
    for item in spec[["securityContext", "sysctls"]]?.sequence?.prefix(100) ?? [] {
      if let name = item["name"], let text = name.scalar, ComposeReader.isOfTheHost(text) {
        container.kernelSettings.append((text, name))
      }
    }
    ConfigMapReader.nameMounts(of: spec, in: &container)
    for volume in spec["volumes"]?.sequence?.prefix(100) ?? [] {
      guard let name = volume["name"]?.scalar,
        volume["persistentVolumeClaim"] != nil || volume["hostPath"] != nil
      else { continue }
      // A claim that is mounted keeps what is written there.
      for index in container.mounts.indices where container.mounts[index].host == name {
        container.mounts[index].host = "claim:" + name
      }
    }
  }

  private static func container(_ node: Node, name: String, _ lines: [String]) -> Container {
    var container = Container(name: name, place: node["name"] ?? node)
    container.image = node["image"]
    for item in node["env"]?.sequence?.prefix(500) ?? [] {
      if let key = item["name"]?.scalar, let value = item["value"], let text = value.text {
        container.environment[key] = (text, value.line)
      } else if let key = item["name"]?.scalar {
        // From a secret or a field: set, to what is not known.
        container.environment[key] = ("$", item.line)
      }
    }
    let variables = container.environment.mapValues(\.value)
    container.words = GunicornCommandReader.composeWords(node["command"], variables, lines)
    container.words += GunicornCommandReader.composeWords(node["args"], variables, lines)
    container.showsServer = ["ports", "livenessProbe", "readinessProbe", "startupProbe"].contains {
      node[$0] != nil
    }
    container.memory = node[["resources", "limits", "memory"]]
    // A LimitRange of the namespace may set one; Kubernetes evicts by request where there is none.
    container.mayBeLimitedElsewhere = container.memory == nil && node["resources"] != nil
    if let cpus = node[["resources", "limits", "cpu"]], let count = cpus.scalar.flatMap(cores) {
      container.cpus = (count, cpus)
    }
    for mount in node["volumeMounts"]?.sequence?.prefix(100) ?? [] {
      guard let path = mount["mountPath"]?.scalar else { continue }
      container.mounts.append((mount["name"]?.scalar ?? "", path))
      if let part = mount["subPath"]?.scalar { container.mountedParts[path] = part }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      guard let check = node[probe] else { continue }
      if let path = check[["httpGet", "path"]], let text = path.scalar {
        container.checks.append((text, path))
      } else if let get = check["httpGet"] {
        container.checks.append(("/", get))
      } else if let command = check[["exec", "command"]]?.sequence {
        let text = command.compactMap(\.scalar).joined(separator: " ")
        container.checks.append((text, command.last ?? check))
      }
    }
    return container
  }

  /// `500m`, `2`, `0.5`.
  private static func cores(_ text: String) -> Double? {
    let isMilli = text.hasSuffix("m")
    guard let number = Double(isMilli ? String(text.dropLast()) : text), number > 0 else {
      return nil
    }
    return isMilli ? number / 1000 : number
  }
}
