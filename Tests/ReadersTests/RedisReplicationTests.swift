import Model
import Testing

@testable import Readers

@Suite struct RedisReplicationTests {
  private static func line(_ minute: Int, _ text: String) -> String {
    "1:M 21 Nov 2026 01:\(minute < 10 ? "0" : "")\(minute):00.000 # \(text)\n"
  }

  @Test func tellsWhichReplicaCopiesMostOften() {
    let asks = [
      (1, "10.0.3.8:6379"), (2, "10.0.3.9:6379"), (4, "10.0.3.8:6379"), (9, "10.0.3.8:6379"),
    ]
    let page = readPage(
      asks.map { Self.line($0.0, "Full resync requested by replica \($0.1)") }.joined(),
      with: RedisLogReader.self)
    #expect(page.number("redis.log.full_resyncs") == 4)
    #expect(page.number("redis.log.full_resyncs.most") == 3)
    #expect(page.text("redis.log.full_resyncs.replica") == "10.0.3.8:6379")
    #expect(page.number("redis.log.full_resyncs.spacing") == 240)
    #expect(page.line("redis.log.full_resyncs.spacing") == 4)
  }

  @Test func oneCopyHasNoSpacing() {
    let page = readPage(
      Self.line(1, "Full resync requested by replica 10.0.3.8:6379"), with: RedisLogReader.self)
    #expect(page.number("redis.log.full_resyncs.most") == 1)
    #expect(page.all("redis.log.full_resyncs.spacing").isEmpty)
  }

  @Test(arguments: [
    ("S", "replica_buffer_overruns", "client_buffer_overruns"),
    ("P", "client_buffer_overruns", "replica_buffer_overruns"),
  ])
  func tellsReplicasFromOtherClients(flags: String, tally: String, other: String) {
    let page = readPage(
      Self.line(
        1,
        "Client id=5 addr=10.0.3.8:50122 flags=\(flags) db=0 scheduled to be closed ASAP for "
          + "overcoming of output buffer limits."),
      with: RedisLogReader.self)
    #expect(page.number("redis.log." + tally) == 1)
    #expect(page.number("redis.log." + other) == 0)
  }

  @Test(arguments: [
    "I/O error reading bulk count from MASTER: Success",
    "I/O error trying to sync with MASTER: connection lost",
    "Timeout receiving bulk data from MASTER... If the problem persists",
    "MASTER aborted replication with an error: ERR", "PRIMARY aborted replication with an error: x",
  ])
  func countsCopiesThatBrokeOff(text: String) {
    #expect(
      readPage(Self.line(1, text), with: RedisLogReader.self).number("redis.log.copy_failed") == 1)
  }
}
