import Model
import YAML

/// When an instance was stopped or ended, and why, as `describe-instances` keeps it.
///
/// ```
/// "State": { "Code": 80, "Name": "stopped" },
/// "StateTransitionReason": "User initiated (2026-05-07 18:02:44 GMT)",
/// "StateReason": { "Code": "Client.UserInitiatedShutdown", "Message": "..." }
/// ```
struct InstanceStop {
  let subject: Int
  let time: Instant
  /// `Client.UserInitiatedShutdown`; what is written of the transition where there is no code.
  let reason: String
  let origin: Origin

  /// Nil where no time is told, or it runs.
  init?(_ node: Node, of subject: Int, _ output: AWSOutput) {
    guard let transition = node["StateTransitionReason"], let text = transition.text,
      let open = text.lastIndex(of: "("),
      let time = InstanceStop.time(text[text.index(after: open)...])
    else { return nil }
    let state = AWSOutput.items(node["State"]).first?["Name"]?.text ?? node["State"]?.text
    guard state != "running", state != "pending" else { return nil }
    self.subject = subject
    self.time = time
    let code = AWSOutput.items(node["StateReason"]).first?["Code"]?.text
    reason = String((code ?? String(text[..<open].bare)).prefix(80))
    origin = output.origin(transition)
  }

  /// `2026-05-07 18:02:44 GMT)`
  private static func time(_ text: Substring) -> Instant? {
    let words = text.split { $0 == " " || $0 == ")" }
    guard words.count == 3, words[2] == "GMT" || words[2] == "UTC" else { return nil }
    return parseISO8601("\(words[0])T\(words[1])Z")?.instant
  }

  /// Where one instance was asked for, that it stands still is what its users feel; in a list of all that
  /// an account has some do.
  func record(isAlone: Bool, into page: inout Page) {
    page.record("ec2.stopped_at", .time(time), of: subject, origin: origin)
    page.record(
      Event(
        "instance-stop", subject: subject, time: time,
        text: "the instance was stopped or ended: \(reason)", isImpact: isAlone, origin: origin))
  }
}
