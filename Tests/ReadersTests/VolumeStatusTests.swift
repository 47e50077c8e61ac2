import Model
import Testing

@testable import Readers

@Suite struct VolumeStatusTests {
  private static func volume(_ status: String, _ details: String = "", _ attached: String = "")
    -> String
  {
    """
    { "VolumeId": "vol-0f1e2d3c4b5a69788", "AttachmentStatuses": [\(attached)],
      "VolumeStatus": { "Details": [\(details)], "Status": "\(status)" } }
    """
  }

  private static func answer(_ volumes: String...) -> Page {
    readPage(
      "{ \"VolumeStatuses\": [\n\(volumes.joined(separator: ",\n"))\n] }",
      with: InstanceStatusReader.self)
  }

  @Test func anImpairedVolumeIsCountedAndNamed() {
    let page = Self.answer(
      Self.volume("ok"),
      Self.volume(
        "impaired", "{ \"Name\": \"io-enabled\", \"Status\": \"failed\" }"),
      Self.volume("insufficient-data"))
    #expect(page.number("ec2.volumes.impaired") == 1)
    #expect(page.line("ec2.volumes.impaired") == 5)
    #expect(page.text("ec2.volumes.impaired_id") == "vol-0f1e2d3c4b5a69788")
    #expect(page.number("ec2.volumes.io_disabled") == 1)
  }

  @Test func aVolumeIsOfTheOnlyInstanceThatItIsAttachedTo() {
    let one = "{ \"InstanceId\": \"i-0abcd1234ef567890\" }"
    let other = "{ \"InstanceId\": \"i-0c91f02dc91f02d11\" }"
    let page = Self.answer(
      Self.volume("impaired", "{ \"Name\": \"io-performance\", \"Status\": \"stalled\" }", one))
    #expect(page.subjects.map(\.keys) == [[.instanceID("i-0abcd1234ef567890")]])
    #expect(page.number("ec2.volumes.io_disabled") == 0)
    #expect(Self.answer(Self.volume("ok", "", "\(one), \(other)")).subjects.map(\.keys) == [[]])
  }

  @Test func whatWasNotCheckedIsNeitherWellNorIll() {
    #expect(Self.answer(Self.volume("insufficient-data")).number("ec2.volumes.impaired") == nil)
    #expect(Self.answer(Self.volume("warning")).number("ec2.volumes.impaired") == 0)
    #expect(Self.answer("{ \"VolumeId\": 7, \"VolumeStatus\": [] }").facts.isEmpty)
  }
}
