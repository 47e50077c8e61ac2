import Model
import Testing

@testable import Readers

/// What stands before each line of a log changes nothing of what the log says.
@Suite struct InputPrefixTests {
  static let logs: [(kind: EvidenceKind, text: String)] = [
    (
      .redisLog,
      """
      1:M 01 Dec 2024 03:00:00.100 * 1 changes in 3600 seconds. Saving...
      1:M 01 Dec 2024 03:00:00.140 # Can't save in background: fork: Cannot allocate memory
      1:M 01 Dec 2024 03:00:06.010 # Background saving terminated by signal 9
      """
    ),
    (
      .gunicornLog,
      """
      [2024-12-01 03:00:00 +0000] [10] [INFO] Starting gunicorn 21.2.0
      [2024-12-01 03:00:00 +0000] [12] [INFO] Booting worker with pid: 12
      [2024-12-01 03:00:31 +0000] [10] [CRITICAL] WORKER TIMEOUT (pid:12)
      [2024-12-01 03:00:32 +0000] [10] [ERROR] Worker (pid:12) was sent SIGKILL! Perhaps out of memory?
      """
    ),
    (
      .nginxErrorLog,
      """
      2024/12/01 03:00:24 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: _, request: "GET /cart HTTP/1.1", upstream: "http://10.0.0.8:8000/cart", host: "shop"
      2024/12/01 03:00:35 [alert] 25909#0: 512 worker_connections are not enough
      """
    ),
    (
      .nginxAccessLog,
      """
      203.0.113.9 - - [01/Dec/2024:03:00:24 +0000] "GET /cart HTTP/1.1" 200 5316 "-" "Mozilla/5.0"
      198.51.100.4 - bob [01/Dec/2024:03:00:26 +0000] "POST /pay HTTP/1.1" 502 157 "-" "okhttp/4.9"
      """
    ),
    (
      .applicationLog,
      """
      2024-12-01 03:00:24,120 ERROR shop.cart cache failed: redis.exceptions.TimeoutError: Timeout reading from socket
      2024-12-01 03:00:25,220 INFO shop.cart request done
      2024-12-01 03:00:34,420 ERROR shop.cart cache failed: redis.exceptions.ConnectionError: Error 111 connecting to 10.0.0.7:6379. Connection refused.
      """
    ),
  ]

  static let prefixes = [
    "web_1  | ", "web-1        | ", "\u{1b}[36mweb-1  |\u{1b}[0m ", "[pod/web-0/app] ",
    "web-0 app ", "2024-12-01T03:00:40.112233445Z ", "2024-12-01T03:00:40.112233445Z stdout F ",
    "2024-12-01T03:00:40+0000 box-1 app[812]: ", "Dec 01 03:00:40 box-1 app[812]: ",
    "Dec  1 03:00:40 box-1 4f2b6c1d9e0a[812]: ", "2024-12-01 03:00:40 ",
    "Dec 01 03:00:40.300410 box-1 INFO supervisord: app ", "app.log:", "> ", "    ",
    "web-1  | 2024-12-01T03:00:40.112233445Z ",
  ]

  private func page(_ lines: [Substring], _ prefix: String) -> (Page?, InputAccount) {
    let text = lines.map { prefix + $0 + "\n" }.joined()
    let source = EvidenceSource(name: "out.txt", folder: "d", isNamed: true) {
      () throws(SourceError) in MemoryStream(Array(text.utf8))
    }
    let ledger = readEvidence([source])
    return (ledger.pages.first?.page, ledger.inputs[0])
  }

  /// Times may be the prefix's, and a part of a log says nothing of what did not happen.
  private func told(_ page: Page) -> [String] {
    page.facts.compactMap { fact in
      guard let number = fact.value.number, number != 0, !fact.name.contains("rate"),
        let line = fact.origin.line
      else { return nil }
      return "\(fact.name) \(fact.part ?? "") \(number) @\(line)"
    }
  }

  @Test(arguments: logs.map(\.kind), prefixes)
  func saysTheSame(_ kind: EvidenceKind, _ prefix: String) throws {
    let text = try #require(Self.logs.first { $0.kind == kind }).text
    let lines = text.split(separator: "\n")
    let plain = try #require(page(lines, "").0)
    let (found, account) = page(lines, prefix)
    #expect(account.kind == kind)
    let prefixed = try #require(found)
    #expect(told(prefixed) == told(plain))
  }
}
