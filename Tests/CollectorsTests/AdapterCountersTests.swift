import Foundation
import Testing

@testable import Collectors

@Suite struct AdapterCountersTests {
  private static let adapters =
    (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net").sorted()) ?? []

  /// What `ethtool -S` prints, by name.
  private func ethtool(_ adapter: String) throws -> [String: UInt64] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ethtool", "-S", adapter]
    process.environment = ["PATH": "/usr/sbin:/sbin:/usr/bin:/bin"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    var counters: [String: UInt64] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("     ") {
      let parts = line.split(separator: ": ")
      if parts.count == 2, let value = UInt64(parts[1]) {
        counters[parts[0].trimmingCharacters(in: .whitespaces)] = value
      }
    }
    return counters
  }

  @Test("The counters of this machine's adapters, as ethtool shows them", arguments: adapters)
  func same(adapter: String) throws {
    let before = try ethtool(adapter)
    let ours = AdapterCounters.read(adapter)
    let after = try ethtool(adapter)
    #expect(Set(ours.map(\.name)) == Set(before.keys))
    for counter in ours where before[counter.name] ?? 0 <= after[counter.name] ?? 0 {
      #expect((before[counter.name] ?? 0)...(after[counter.name] ?? 0) ~= counter.value)
    }
  }

  @Test(
    "No adapter of that name has none", arguments: ["nothing0", "", "a name that is much too long"])
  func absent(adapter: String) { #expect(AdapterCounters.read(adapter).isEmpty) }
}
