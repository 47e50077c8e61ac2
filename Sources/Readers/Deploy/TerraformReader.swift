import Model

/// Terraform's `aws_instance` with its alarms and addresses, as far as one file holds them, and what load
/// balancers ask their targets; what stands in other files of the folder is joined by name in `TerraformFolder`.
enum TerraformReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let (root, unbalanced) = HCLParser.parse(file.document.bytes)
    if let unbalanced { page.skip(line: unbalanced, "found a brace without its partner") }
    let lines = file.document.lines
    var instances: [PlannedInstance] = []
    for block in root.blocks where block.type == "resource" && block.labels.first == "aws_instance"
    {
      guard block.labels.count == 2, instances.count < 500 else { continue }
      instances.append(instance(block, lines))
    }
    for block in root.blocks where block.type == "resource" && block.labels.count == 2 {
      switch block.labels.first {
      case "aws_cloudwatch_metric_alarm": watch(&instances, block)
      case "aws_eip", "aws_eip_association":
        for index in instances.indices
        where references(block, instances[index].name, type: "aws_instance") {
          instances[index].hasElasticIP = true
        }
      default: break
      }
    }
    for instance in instances { instance.record(lines, into: &page) }
    recordLoose(root, into: &page, lines)
    recordChecks(root, into: &page, lines)
    TaskDefinitionReader.readTerraform(root, of: file, into: &page)
  }

  /// What load balancers ask to see whether a target is well, where it is written out: `path` of a target group,
  /// `target = "HTTP:80/"` of a classic one.
  private static func recordChecks(_ root: HCLBlock, into page: inout Page, _ lines: [String]) {
    for block in root.blocks where block.type == "resource" && block.labels.count == 2 {
      guard let check = block.block("health_check"), !isFrontEnd(block.labels[1]) else { continue }
      let asked: (path: String, line: Int)?
      switch block.labels[0] {
      case "aws_lb_target_group", "aws_alb_target_group":
        asked = check.string("path").map { ($0, check["path"]?.line ?? check.line) }
      case "aws_elb":
        asked = check.string("target").flatMap { target in
          guard target.hasPrefix("HTTP"), let slash = target.firstIndex(of: "/") else { return nil }
          return (String(target[slash...]), check["target"]?.line ?? check.line)
        }
      default: asked = nil
      }
      guard let asked else { continue }
      let app = page.subject(.app, .serviceName(block.labels[1]))
      let origin = Document.origin(asked.line, in: lines)
      recordCheck(asked.path, of: app, origin: origin, into: &page)
    }
  }

  /// Alarms and addresses of instances in other files: told under the instance's name.
  private static func recordLoose(_ root: HCLBlock, into page: inout Page, _ lines: [String]) {
    let own = Set(
      root.blocks.filter { $0.labels.first == "aws_instance" }.compactMap { $0.labels.last })
    for block in root.blocks where block.type == "resource" && block.labels.count == 2 {
      let isAlarm = block.labels.first == "aws_cloudwatch_metric_alarm"
      let isAddress = block.labels.first?.hasPrefix("aws_eip") == true
      guard isAlarm || isAddress else { continue }
      var names: [String?] = named(in: block)
      // Of an instance that a variable names: it may be any.
      let isOfInstances = isAddress || block.string("namespace") == "AWS/EC2"
      if names.isEmpty, isOfInstances { names = [nil] }
      for name in names where name.map({ !own.contains($0) }) ?? true {
        let instance =
          name.map { page.subject(.instance, .serviceName($0)) } ?? page.subject(.instance)
        let origin = Document.origin(block.line, in: lines)
        if isAddress {
          page.record("ec2.has_elastic_ip", .flag(true), of: instance, origin: origin)
          continue
        }
        let metric = block.string("metric_name") ?? ""
        if metric.hasPrefix("StatusCheckFailed") {
          page.record("ec2.deploy.status_alarm", .flag(true), of: instance, origin: origin)
          if recovers(block) {
            page.record("ec2.deploy.recovery_alarm", .flag(true), of: instance, origin: origin)
          }
        }
        if metric.contains("Credit") {
          page.record("ec2.deploy.credit_alarm", .flag(true), of: instance, origin: origin)
        }
      }
    }
  }

  private static func named(in block: HCLBlock) -> [String] {
    let texts = block.attributes.values.map(\.text)
    var names: Set<String> = []
    for text in texts {
      var rest = text[...]
      while let hit = rest.firstRange(of: "aws_instance.") {
        rest = rest[hit.upperBound...]
        names.insert(
          String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }))
      }
    }
    return names.sorted()
  }

  private static func instance(_ block: HCLBlock, _ lines: [String]) -> PlannedInstance {
    var instance = PlannedInstance(name: block.labels[1], line: block.line)
    func stated(_ name: String, in block: HCLBlock?) -> (value: String, line: Int)? {
      guard let block, let text = block.string(name), let line = block[name]?.line else {
        return nil
      }
      return (text, line)
    }
    func flag(_ name: String, in block: HCLBlock?) -> (value: Bool, line: Int)? {
      guard let entry = block?[name], ["true", "false"].contains(entry.text) else { return nil }
      return (entry.text == "true", entry.line)
    }
    instance.type = stated("instance_type", in: block)
    instance.creditMode = stated("cpu_credits", in: block.block("credit_specification"))
    instance.autoRecovery = stated("auto_recovery", in: block.block("maintenance_options"))
    instance.publicIP = flag("associate_public_ip_address", in: block)
    let root = block.block("root_block_device")
    instance.rootType = stated("volume_type", in: root)
    instance.rootGoes = flag("delete_on_termination", in: root)
    let ephemeral = block.block("ephemeral_block_device")
    instance.instanceStore =
      stated("virtual_name", in: ephemeral) ?? ephemeral.map { ("instance store", $0.line) }
    return instance
  }

  private static func watch(_ instances: inout [PlannedInstance], _ alarm: HCLBlock) {
    let metric = alarm.string("metric_name") ?? ""
    let isOfInstances = alarm.string("namespace") == "AWS/EC2"
    let names = named(in: alarm)
    for index in instances.indices {
      if names.contains(instances[index].name) {
        instances[index].alarms.append((metric, recovers(alarm), alarm.line))
      } else if names.isEmpty, isOfInstances, alarm["dimensions"] != nil {
        instances[index].mayHaveAlarms = true
      }
    }
  }

  private static func recovers(_ alarm: HCLBlock) -> Bool {
    alarm["alarm_actions"]?.text.contains("ec2:recover") ?? false
  }

  private static func references(_ block: HCLBlock, _ name: String, type: String) -> Bool {
    block.attributes.values.contains { named in
      named.text.contains(type + "." + name + ".") || named.text.contains(type + "." + name + "[")
    }
  }
}
