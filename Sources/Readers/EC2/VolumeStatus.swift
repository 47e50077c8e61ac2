import Model
import YAML

/// What `aws ec2 describe-volume-status` says of volumes, told of the instance that each is attached to;
/// where no instance is named, of the one that nobody names.
///
/// ```
/// { "VolumeStatuses": [ { "VolumeId": "vol-0f1e...", "AttachmentStatuses": [ { "InstanceId": "i-0aa1..." } ],
///   "VolumeStatus": { "Status": "impaired", "Details": [ { "Name": "io-enabled", "Status": "failed" } ] } } ] }
/// ```
func recordVolumeStatuses(_ volumes: [Node], _ output: AWSOutput, into page: inout Page) {
  var byInstance: [String: [Node]] = [:]
  for volume in volumes { byInstance[instance(of: volume), default: []].append(volume) }
  for (id, volumes) in byInstance.sorted(by: { $0.key < $1.key }) {
    let subject = id.isEmpty ? page.subject(.instance) : page.subject(.instance, .instanceID(id))
    record(volumes, of: subject, output, into: &page)
  }
}

private func instance(of volume: Node) -> String {
  let places =
    AWSOutput.items(volume["AttachmentStatuses"]) + AWSOutput.items(volume["Events"])
  let ids = Set(places.compactMap { $0["InstanceId"]?.text }.filter(AWSOutput.isInstanceID))
  // A volume may be attached to several: whose trouble it is is then not said.
  return ids.count == 1 ? ids.first ?? "" : ""
}

private func record(
  _ volumes: [Node], of subject: Int, _ output: AWSOutput, into page: inout Page
) {
  var judged: [(volume: Node, status: Node, word: String)] = []
  for volume in volumes {
    guard let status = volume["VolumeStatus"]?["Status"], let word = status.text else { continue }
    // The checks may not have run yet, or are not there.
    if ["ok", "impaired", "warning"].contains(word) { judged.append((volume, status, word)) }
  }
  let impaired = judged.filter { $0.word == "impaired" }
  guard let witness = impaired.first ?? judged.first else { return }
  page.record(
    "ec2.volumes.impaired", Double(impaired.count), of: subject,
    origin: output.origin(witness.status))
  guard let first = impaired.first else { return }
  if let id = first.volume["VolumeId"], let text = id.text, text.hasPrefix("vol-") {
    page.record("ec2.volumes.impaired_id", .text(text), of: subject, origin: output.origin(id))
  }
  let details = impaired.flatMap { AWSOutput.items($0.volume["VolumeStatus"]?["Details"]) }
  let stopped = details.filter {
    $0["Name"]?.text == "io-enabled" && $0["Status"]?.text == "failed"
  }
  page.record(
    "ec2.volumes.io_disabled", Double(stopped.count), of: subject,
    origin: output.origin(stopped.first?["Status"] ?? first.status))
}
