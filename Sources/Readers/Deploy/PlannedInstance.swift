import Model

/// An EC2 instance as Terraform or CloudFormation is to make it, with the alarms that watch it.
struct PlannedInstance {
  typealias Stated<T> = (value: T, line: Int)

  let name: String
  let line: Int
  var type: Stated<String>?
  var creditMode: Stated<String>?
  var autoRecovery: Stated<String>?
  var publicIP: Stated<Bool>?
  var rootType: Stated<String>?
  var rootGoes: Stated<Bool>?
  var instanceStore: Stated<String>?
  var hasElasticIP = false
  /// Metrics that alarms watch of it, with whether the alarm recovers the instance.
  var alarms: [(metric: String, recovers: Bool, line: Int)] = []
  /// An alarm's instance cannot be told: then nothing is said to be without one.
  var mayHaveAlarms = false

  func record(_ lines: [String], into page: inout Page) {
    let subject = page.subject(.instance, .serviceName(name))
    func origin(_ line: Int, _ mark: String? = nil) -> Origin {
      let origin = Document.origin(line, in: lines)
      return mark.map { origin.marking($0) } ?? origin
    }
    if let type {
      page.record(
        "ec2.InstanceType", .text(type.value), of: subject, origin: origin(type.line, type.value))
      if let burstable = BurstableType[type.value] {
        page.record(
          "ec2.memory", burstable.gibibytes * 1_073_741_824, of: subject, origin: origin(type.line))
        page.record(
          "ec2.vcpus", Double(burstable.vcpus), of: subject, origin: origin(type.line))
      }
      let family = type.value.prefix { $0 != "." }
      let isBurstable = ["t2", "t3", "t3a", "t4g"].contains(family)
      page.record(
        "ec2.is_burstable", .flag(isBurstable), of: subject, origin: origin(type.line, type.value))
      // T3 and T4g are unlimited unless told otherwise, T2 standard.
      if isBurstable, creditMode == nil {
        page.record(
          "ec2.CpuCredits", .text(family == "t2" ? "standard" : "unlimited"), of: subject,
          origin: Origin(line: nil, excerpt: "the default of the type"))
      }
    }
    if let creditMode, ["standard", "unlimited"].contains(creditMode.value) {
      page.record(
        "ec2.CpuCredits", .text(creditMode.value), of: subject,
        origin: origin(creditMode.line, creditMode.value))
    }
    if let autoRecovery, ["default", "disabled"].contains(autoRecovery.value) {
      page.record(
        "ec2.deploy.auto_recovery", .text(autoRecovery.value), of: subject,
        origin: origin(autoRecovery.line, autoRecovery.value))
    }
    recordAlarms(subject, origin(line, name), into: &page)
    if let publicIP {
      page.record(
        "ec2.deploy.public_ip", .flag(publicIP.value), of: subject, origin: origin(publicIP.line))
    }
    page.record(
      "ec2.has_elastic_ip", .flag(hasElasticIP), of: subject, origin: origin(line, name))
    if let rootType {
      page.record(
        "ec2.deploy.root_volume_type", .text(rootType.value), of: subject,
        origin: origin(rootType.line, rootType.value))
    }
    if let rootGoes {
      page.record(
        "ec2.deploy.root_delete_on_termination", .flag(rootGoes.value), of: subject,
        origin: origin(rootGoes.line))
    }
    if let instanceStore {
      page.record(
        "ec2.deploy.instance_store", .text(instanceStore.value), of: subject,
        origin: origin(instanceStore.line, instanceStore.value))
    }
  }

  private func recordAlarms(_ subject: Int, _ place: Origin, into page: inout Page) {
    let status = alarms.filter { $0.metric.hasPrefix("StatusCheckFailed") }
    let recovers = status.contains(where: \.recovers)
    let watches = [
      ("ec2.deploy.status_alarm", !status.isEmpty), ("ec2.deploy.recovery_alarm", recovers),
      (
        "ec2.deploy.credit_alarm",
        alarms.contains {
          $0.metric.contains("CreditBalance") || $0.metric.contains("CreditsCharged")
        }
      ),
    ]
    for (fact, isThere) in watches where isThere || !mayHaveAlarms {
      page.record(fact, .flag(isThere), of: subject, origin: place)
    }
  }
}
