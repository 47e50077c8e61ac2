import Model
import YAML

/// CloudFormation templates, YAML or JSON: instances with their alarms and addresses, and what load balancers ask
/// their targets.
enum CloudFormationReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    guard let root = file.nodes(into: &page).first else { return }
    let resources = page.first(2000, of: root["Resources"]?.mapping ?? [], "resources")
    var instances: [PlannedInstance] = []
    for (key, node) in resources where node["Type"]?.scalar == "AWS::EC2::Instance" {
      guard let name = key.scalar else { continue }
      instances.append(instance(node["Properties"], name: name, line: key.line))
    }
    for (key, node) in resources {
      guard let properties = node["Properties"] else { continue }
      switch node["Type"]?.scalar {
      case "AWS::CloudWatch::Alarm": watch(&instances, properties, line: node.line)
      case "AWS::EC2::EIP", "AWS::EC2::EIPAssociation":
        let name = reference(properties["InstanceId"])
        for index in instances.indices where instances[index].name == name {
          instances[index].hasElasticIP = true
        }
      case "AWS::ElasticLoadBalancingV2::TargetGroup":
        guard let path = properties["HealthCheckPath"], let text = path.scalar,
          text.hasPrefix("/"), let name = key.scalar, !isFrontEnd(name)
        else { continue }
        let app = page.subject(.app, .serviceName(name))
        recordCheck(text, of: app, origin: Document.origin(path, in: lines), into: &page)
      default: break
      }
    }
    for instance in instances { instance.record(lines, into: &page) }
  }

  private static func instance(_ node: Node?, name: String, line: Int) -> PlannedInstance {
    var instance = PlannedInstance(name: name, line: line)
    func stated(_ node: Node?) -> (value: String, line: Int)? {
      // `!Ref Type` reads as the text `Type`, which is no type of instance.
      node.flatMap { found in found.text.map { ($0, found.line) } }
    }
    if let type = stated(node?["InstanceType"]), type.value.contains(".") { instance.type = type }
    instance.creditMode = stated(node?[["CreditSpecification", "CPUCredits"]])
    for device in node?["NetworkInterfaces"]?.sequence ?? [] {
      if let flag = device["AssociatePublicIpAddress"], let isPublic = flag.bool {
        instance.publicIP = (isPublic, flag.line)
      }
    }
    for device in node?["BlockDeviceMappings"]?.sequence ?? [] {
      if let virtual = stated(device["VirtualName"]), virtual.value.hasPrefix("ephemeral") {
        instance.instanceStore = virtual
      }
      guard ["/dev/xvda", "/dev/sda1"].contains(device["DeviceName"]?.scalar) else { continue }
      instance.rootType = stated(device[["Ebs", "VolumeType"]])
      if let flag = device[["Ebs", "DeleteOnTermination"]], let goes = flag.bool {
        instance.rootGoes = (goes, flag.line)
      }
    }
    return instance
  }

  private static func watch(_ instances: inout [PlannedInstance], _ alarm: Node, line: Int) {
    let metric = alarm["MetricName"]?.scalar ?? ""
    let dimension = alarm["Dimensions"]?.sequence?.first { $0["Name"]?.scalar == "InstanceId" }
    guard let dimension else { return }
    let name = reference(dimension["Value"])
    let actions = alarm["AlarmActions"].map(texts) ?? []
    let recovers = actions.contains { $0.contains("ec2:recover") }
    for index in instances.indices {
      if instances[index].name == name {
        instances[index].alarms.append((metric, recovers, line))
      } else if name == nil {
        instances[index].mayHaveAlarms = true
      }
    }
  }

  /// `!Ref Web`, `{"Ref": "Web"}`.
  private static func reference(_ node: Node?) -> String? { node?.scalar ?? node?["Ref"]?.scalar }

  private static func texts(_ node: Node) -> [String] {
    if let text = node.scalar { return [text] }
    return (node.sequence ?? []).flatMap(texts) + (node.mapping ?? []).flatMap { texts($0.value) }
  }
}
