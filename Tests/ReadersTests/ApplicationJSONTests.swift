import Model
import Testing

@testable import Readers

@Suite struct ApplicationJSONTests {
  private func page(_ text: String) -> Page { readPage(text, with: ApplicationLogReader.self) }

  /// Loggers that write JSON put the time and the level where they like.
  @Test(arguments: [
    """
    {"level":50,"time":1732300000000,"pid":31,"err":{"type":"Error","level":9},"msg":"redis: MARK"}
    {"level":30,"time":1732300002000,"pid":31,"msg":"redis: MARK"}
    """,
    """
    {"name":"a","level":50,"err":{"message":"redis: MARK \\"}{"},"time":"2024-11-22T18:26:40.000Z","v":0}
    {"name":"a","level":20,"msg":"redis: MARK","time":"2024-11-22T18:26:42.000Z","v":0}
    """,
    """
    {"@timestamp":"2024-11-22T18:26:40Z","message":"redis: MARK","thread_name":"a","level":"ERROR"}
    {"@timestamp":"2024-11-22T18:26:42Z","message":"redis: MARK","thread_name":"a","level":"INFO"}
    """,
    """
    {"level":"error","ts":1732300000.0,"caller":"a.go:1","msg":"redis","error":"MARK"}
    {"level":"info","ts":1732300002.0,"caller":"a.go:1","msg":"redis","error":"MARK"}
    """,
    """
    api-1  | {"event": "redis", "exception": "a\\n  File \\"b\\"\\nMARK", "level": "error", "timestamp": "2024-11-22T18:26:40Z"}
    api-1  | {"event": "redis", "exception": "MARK", "level": "debug", "timestamp": "2024-11-22T18:26:42Z"}
    """,
    """
    {"severity":"CRITICAL","time":1732300000000000000,"message":"redis: MARK"}
    {"severity":"NOTICE","time":1732300002000000000,"message":"redis: MARK"}
    """,
  ])
  func readsLoggersThatWriteJSON(text: String) {
    let text = text.replacing("MARK", with: "connect ECONNREFUSED 10.0.3.7:6379") + "\n"
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .certain)
    let page = page(text)
    #expect(page.number("app.errors") == 1)
    #expect(page.number("app.redis.refused") == 1)
    #expect(page.text("app.redis.target") == "10.0.3.7:6379")
    let first = page.facts.first { $0.name == "app.redis.refused" }?.time
    #expect(first == Instant(seconds: 1_732_300_000))
  }

  @Test(arguments: [
    "{\"level\":", "{\"level\":\"", "{\"level\":50,\"time\"", "{\"a\":\"\\", "{", "{\"", "{}",
    "{\"a\":[",
    "{\"time\":1e999,\"level\":50}", "{\"time\":9e400,\"level\":99999999999999999999}",
    "{\"time\":\"\",\"level\":\"\"}",
  ])
  func standsJSONThatIsCut(text: String) {
    #expect(page(text + "\n").number("app.redis.errors") == 0)
  }
}
