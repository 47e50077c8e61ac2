import Model
import Testing

@testable import Reasoning

/// What evidence may put into a command, and what withholds it.
@Suite struct CommandValueTests {
  @Test(arguments: [
    ("redis.host", "10.0.3.7", "10.0.3.7"), ("redis.host", "cache.internal", "cache.internal"),
    ("redis.port", "6380", "6380"), ("instance.id", "i-0abcd1234ef567890", "i-0abcd1234ef567890"),
    (
      "ec2.scheduled_event.id", "instance-event-0d59937288b749b32",
      "instance-event-0d59937288b749b32"
    ),
    ("redis.bigkeys.largest_collection_key", "events:index:2026", "events:index:2026"),
    ("redis.bigkeys.largest_collection_key", "$(reboot)", "'$(reboot)'"),
    ("redis.bigkeys.largest_collection_key", "it's; rm -rf /", "'it'\\''s; rm -rf /'"),
    ("redis.bigkeys.largest_collection_key", "한글 `x`", "'한글 `x`'"),
  ])
  func quotes(fact: String, value: String, word: String) throws {
    #expect(try CommandValue.word(.text(value), of: fact) == word)
  }

  @Test(arguments: [
    ("redis.host", "$(reboot)"), ("redis.host", "a;b"), ("redis.host", "-x"), ("redis.host", ""),
    ("redis.host", "a b"), ("redis.host", String(repeating: "a", count: 254)),
    ("redis.host", "a\nb"),
    ("redis.port", "0"), ("redis.port", "70000"), ("redis.port", "6379;x"), ("redis.port", "+80"),
    ("instance.id", "i-0abc"), ("instance.id", "i-0abcd1234ef56789z"), ("instance.id", "--all"),
    ("ec2.scheduled_event.id", "x $(y)"), ("ec2.scheduled_event.id", "--x"),
    ("redis.bigkeys.largest_collection_key", "a\u{1B}[2J"),
    ("redis.bigkeys.largest_collection_key", "a\nb"),
    ("redis.bigkeys.largest_collection_key", "--x"),
    ("redis.bigkeys.largest_collection_key", "\u{202E}x"),
    ("redis.bigkeys.largest_collection_key", "x\u{FFFD}"), ("x.path", "../../etc/passwd"),
    ("x.path", "/a b"),
    ("x.unit", "a;b"), ("x.dir", "$(x)"),
  ])
  func refuses(fact: String, value: String) {
    #expect(throws: CommandValue.Refusal.self) { try CommandValue.word(.text(value), of: fact) }
  }

  /// A quoted word within quotes would end them.
  @Test func knowsWhereQuotesAre() throws {
    #expect(throws: CommandValue.Refusal.self) {
      try CommandValue.word(.text("a b"), of: "x.key", withinQuotes: true)
    }
    #expect(try CommandValue.word(.text("ab"), of: "x.key", withinQuotes: true) == "ab")
    for (text, isOpen) in [
      ("echo \"$x ", true), ("echo '", true), ("echo \"a\" ", false), ("echo \\\" ", false),
      ("a `b ", true),
    ] {
      var quotes = ShellQuotes()
      quotes.read(text)
      #expect(quotes.isOpen == isOpen, "\(text)")
    }
  }
}
