import Model
import Testing

@testable import Reports

/// Every class of secret, in every carrier that holds it, in every place of every format.
@Suite struct RedactedReportTests {
  static let secrets: [(carrier: String, secret: String)] = [
    ("requirepass S3cretPw1", "S3cretPw1"), ("masterauth S3cretPw1", "S3cretPw1"),
    ("masteruser S3cretUser1", "S3cretUser1"), ("user bob on >S3cretPw1 ~* +@all", "S3cretPw1"),
    ("1700000000.1 [0 10.0.0.1:1] \"AUTH\" \"S3cretPw1\"", "S3cretPw1"),
    ("\"HELLO\" \"3\" \"AUTH\" \"u\" \"S3cretPw1\"", "S3cretPw1"),
    ("\"CONFIG\" \"SET\" \"requirepass\" \"S3cretPw1\"", "S3cretPw1"),
    ("\"ACL\" \"SETUSER\" \"bob\" \"on\" \">S3cretPw1\"", "S3cretPw1"),
    ("\"MIGRATE\" \"h\" \"1\" \"k\" \"0\" \"1\" \"AUTH\" \"S3cretPw1\"", "S3cretPw1"),
    ("redis://:S3cretPw1@10.0.3.7:6380/0", "S3cretPw1"),
    ("postgresql+psycopg2://u:S3cretPw1@db:5432/x", "S3cretPw1"),
    ("mongodb://u:S3cretPw1@a:1,b:2/x", "S3cretPw1"), ("u:S3cretPw1@tcp(db:3306)/x", "S3cretPw1"),
    ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("k wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("aws_session_token = IQoJb3JpZ2luX2VjEA", "IQoJb3JpZ2luX2VjEA"),
    ("Cookie: sid=S3cretPw1; theme=x", "S3cretPw1"),
    ("Set-Cookie: id=S3cretPw1; Path=/", "S3cretPw1"),
    ("Authorization: Bearer S3cretPw1", "S3cretPw1"), ("X-Api-Key: S3cretPw1", "S3cretPw1"),
    ("Proxy-Authorization: Basic UzNjcmV0UHcx", "UzNjcmV0UHcx"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.S3cretPw1", "S3cretPw1"),
    ("\"GET /a?code=S3cretPw1&next=/x HTTP/1.1\" 302", "S3cretPw1"),
    ("from s3cret.person@shop.example", "s3cret.person"),
    ("spring:session:sessions:fcbfa988-f7b1-40d2-a318-bb3328063d9e", "fcbfa988-f7b1"),
    ("SESSION=NTM5ZTg5ZWMtM2Y5", "NTM5ZTg5ZWMtM2Y5"), ("/a;jsessionid=1A2B3C4DS3", "1A2B3C4DS3"),
    ("MIIEpAIBAAKCAQEA7bq0Xv3Qm5K1dGzP9cT2wL8sYhRfUeJ4nBoV6iXaMk0tZpQy", "MIIEpAIBAAKCAQEA"),
    ("DJANGO_SECRET_KEY=S3cretPw1", "S3cretPw1"), ("SECRET_KEY = 'S3cretPw1'", "S3cretPw1"),
    ("xoxb-123456789012-S3cretPw1abc", "S3cretPw1abc"),
    ("ghp_S3cretPw1aaaaaaaaaaaaaaaaaaaaaaaaaaa", "ghp_S3cretPw1"),
    ("https://hooks.slack.com/services/T0/B0/S3cretPw1", "S3cretPw1"),
    ("redis-cli -a S3cretPw1 info", "S3cretPw1"), ("--password S3cretPw1", "S3cretPw1"),
    ("REDISCLI_AUTH=S3cretPw1", "S3cretPw1"), ("{\\\"token\\\":\\\"S3cretPw1\\\"}", "S3cretPw1"),
    ("{\"name\": \"DB_PASSWORD\", \"value\": \"S3cretPw1\"}", "S3cretPw1"),
  ]

  @Test(arguments: secrets)
  func noSecretReachesAnyFormat(carrier: String, secret: String) {
    for mode in [Redaction.secrets, .all] {
      let diagnosis = Samples.made(of: carrier, rule: "a-rule").redacted(by: mode)
      for (name, text) in HostileReportTests.everyFormat(diagnosis) {
        #expect(!text.contains(secret), "\(mode) \(name)")
      }
      #expect(strings(in: diagnosis).allSatisfy { !$0.contains(secret) })
    }
  }

  @Test(arguments: [
    ("addr=10.0.3.7:6380", "10.0.3.7"), ("[2001:db8:1::7]:6379", "2001:db8:1::7"),
    ("redis://shop7.corp.internal:6379/0", "shop7"), ("Mar  5 02:07:00 shop7 redis[1]: x", "shop7"),
    ("i-0abcd1234ef567890", "0abcd1234ef567890"),
    ("arn:aws:sns:eu-west-1:123456789012:x", "123456789012"),
    ("/home/alice/x", "alice"), ("user=alice cmd=get", "alice"),
    ("run_id:5d9f1b0c2e7a4d6f8b1c3e5a7d9f0b2c4e6a8d0f", "5d9f1b0c2e7a4d6f"),
  ])
  func noNameReachesAnyFormat(carrier: String, name: String) {
    let diagnosis = Samples.made(of: carrier, rule: "a-rule").redacted(by: .all)
    for (format, text) in HostileReportTests.everyFormat(diagnosis) {
      #expect(!text.contains(name), "\(format)")
    }
    #expect(strings(in: diagnosis).allSatisfy { !$0.contains(name) })
    let kept = Samples.made(of: carrier, rule: "a-rule").redacted(by: .secrets)
    #expect(TextReport().text(kept).contains(name))
  }

  /// With a hole in it a command does something else: it is withheld, and says why.
  @Test func withholdsCommandsWithSecrets() throws {
    let step = Step(
      rank: 1, cause: "c", phase: .mitigate, title: "t", why: "w",
      command: "redis-cli unlink sess:0123456789abcdef0123", risk: .low, warning: "gone",
      subject: Samples.redis)
    let diagnosis = Diagnosis(verdict: Verdict(.incident, summary: "x"), plan: [step])
    let redacted = try #require(diagnosis.redacted(by: .secrets).plan.first)
    #expect(redacted.command == nil)
    #expect(redacted.warning?.hasPrefix("gone; the command is withheld") == true)
    #expect(diagnosis.redacted(by: .none).plan.first?.command == step.command)
  }

  /// One thing has one pseudonym, wherever it stands; another key gives another.
  @Test func pseudonymsAreStable() {
    let diagnosis = Samples.incident
    let key = PseudonymKey(Array("a key of sixteen".utf8))
    let text = JSONReport(version: "1").text(diagnosis.redacted(by: .all, key: key))
    #expect(text == JSONReport(version: "1").text(diagnosis.redacted(by: .all, key: key)))
    #expect(text != JSONReport(version: "1").text(diagnosis.redacted(by: .all)))
    #expect(
      JSONReport(version: "1").text(diagnosis.redacted(by: .all))
        == JSONReport(version: "1").text(diagnosis.redacted(by: .all)))
  }

  /// Every text there is in a value, found by reflection: a field that is added and not redacted shows.
  private func strings(in value: Any, depth: Int = 0) -> [String] {
    if let text = value as? String { return [text] }
    guard depth < 12 else { return [] }
    return Mirror(reflecting: value).children.flatMap { child -> [String] in
      // Names of rules, facts and events, and addresses of documents, are no evidence.
      let isRule = [
        "id", "cause", "symptom", "fact", "explains", "chain", "rule", "wouldCause", "reference",
        "rulePacks", "recurrence.event",
      ].contains(child.label)
      if isRule || child.label == "sources" && child.value is [String] { return [] }
      if value is Recurrence, child.label == "event" { return [] }
      return strings(in: child.value, depth: depth + 1)
    }
  }
}
