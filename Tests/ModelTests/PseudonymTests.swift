import Testing

@testable import Model

@Suite struct PseudonymTests {
  private let pseudonyms = Pseudonyms(key: PseudonymKey(Array("a key of sixteen".utf8)))

  private func address(_ text: String) -> UInt32 {
    text.split(separator: ".").reduce(0) { $0 << 8 | (UInt32($1) ?? 0) }
  }

  /// The reference vector of SipHash-2-4.
  @Test func hashesAsPublished() {
    var hash = SipHash(key: PseudonymKey(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908))
    hash.add((0..<15).map { UInt8($0) })
    #expect(hash.value == 0xa129_ca61_49be_45e5)
  }

  @Test(arguments: [
    "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "169.254.169.254",
  ])
  func keepsWhatMeansTheSameEverywhere(text: String) {
    #expect(pseudonyms.address(address(text)) == address(text))
  }

  /// As many leading bits in common as before: every subnet stays one.
  @Test(arguments: [
    ("10.0.3.7", "10.0.3.8"), ("10.0.3.7", "10.0.4.7"), ("10.0.3.7", "10.1.3.7"),
    ("172.16.0.1", "172.31.0.1"), ("192.168.1.10", "192.168.1.11"), ("52.1.2.3", "52.1.2.4"),
    ("52.1.2.3", "52.1.200.3"),
  ])
  func keepsSubnets(a: String, b: String) {
    let before = (address(a) ^ address(b)).leadingZeroBitCount
    let after = (pseudonyms.address(address(a)) ^ pseudonyms.address(address(b)))
    #expect(after.leadingZeroBitCount == before)
  }

  /// Private stays private, of the same block; public stays public; no two become one.
  @Test func keepsPrivateAndPublicApart() {
    let blocks: [(UInt32, UInt32)] = [
      (address("10.0.0.0"), 8), (address("172.16.0.0"), 12), (address("192.168.0.0"), 16),
      (address("100.64.0.0"), 10),
    ]
    func block(_ address: UInt32) -> UInt32? {
      blocks.first { $0.0 >> (32 - $0.1) == address >> (32 - $0.1) }?.0
    }
    var seen: Set<UInt32> = []
    var state: UInt32 = 12345
    for step in 0..<4000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let plain = step < 2000 ? state : blocks[step % 4].0 | (state >> 16)
      let mapped = pseudonyms.address(plain)
      #expect(block(plain) == block(mapped))
      seen.insert(mapped)
      if block(plain) == nil, plain >> 24 != 0, plain >> 24 != 127, plain >> 24 < 224,
        plain >> 16 != 0xA9FE
      {
        #expect(mapped >> 24 != 0 && mapped >> 24 != 127 && mapped >> 24 < 224)
      }
    }
    #expect(seen.count > 3900)
  }

  @Test func differsByKey() {
    let other = Pseudonyms(key: PseudonymKey(Array("another sixteen!".utf8)))
    #expect(pseudonyms.address(address("10.0.3.7")) != other.address(address("10.0.3.7")))
    #expect(pseudonyms.word("host", for: "web-1") != other.word("host", for: "web-1"))
  }

  @Test(arguments: [
    // What goes, and the form of what stands there then: # is a hexadecimal digit, & a letter or
    // figure, @ an address.
    ("addr=10.0.3.7:51234 fd=8", "addr=@:51234 fd=8"),
    ("[::ffff:10.0.3.7]:80", "[::ffff:@]:80"),
    ("i-0abcd1234ef567890 stopped", "i-################# stopped"),
    (
      "run_id:5d9f1b0c2e7a4d6f8b1c3e5a7d9f0b2c4e6a8d0f",
      "run_id:" + String(repeating: "#", count: 40)
    ),
    ("boot 59dbff89-35bd-4eac-99ed-be5870123456", "boot ########-####-####-####-############"),
    ("arn:aws:sns:eu-west-1:123456789012:x", "arn:aws:sns:eu-west-1:############:x"),
    ("redis://cache-7.shop.internal:6379/0", "redis://host-&&&&&&.host-&&&&&&.internal:6379/0"),
    ("ip-10-0-3-7.ap-northeast-2.compute.internal", "ip-@.ap-northeast-2.compute.internal"),
    ("Mar  5 02:07:00 shop7 redis[12]: up", "Mar  5 02:07:00 host-&&&&&& redis[12]: up"),
    ("celery@shop7 ready.", "celery@host-&&&&&& ready."),
    ("/home/alice/app.py", "/home/user-&&&&&&/app.py"),
    ("id=3 user=alice cmd=get", "id=3 user=user-&&&&&& cmd=get"),
    (
      "10.0.0.1 - alice [05/Mar/2024:02:07:00 +0000]",
      "@ - user-&&&&&& [05/Mar/2024:02:07:00 +0000]"
    ),
    (
      "x.y0z1.use1.cache.amazonaws.com:6379",
      "host-&&&&&&.host-&&&&&&.use1.cache.amazonaws.com:6379"
    ),
    ("mail to bob@shop.example", "mail to ***@host-&&&&&&.example"),
  ])
  func replacesWhoAndWhere(line: String, form: String) {
    let text = Redactor(.all)(line)
    #expect(matches(text, form), "\(text)")
    #expect(text != line)
  }

  private func matches(_ text: String, _ form: String) -> Bool {
    var rest = text[...]
    for character in form {
      switch character {
      case "#":
        guard let digit = rest.popFirst(), digit.isHexDigit else { return false }
      case "&":
        guard let sign = rest.popFirst(), sign.isLetter || sign.isNumber else { return false }
      case "@"
      where form.contains("@:") || form.contains("@]") || form.contains("-@")
        || form.hasPrefix("@"):
        let end = rest.firstIndex { !$0.isNumber && $0 != "." && $0 != "-" } ?? rest.endIndex
        guard rest[..<end].contains(where: \.isNumber) else { return false }
        rest = rest[end...]
        // A dot belongs to what follows.
        if form.contains("@."), rest.startIndex > text.startIndex {
          rest = text[text.index(before: rest.startIndex)...]
        }
      default:
        guard rest.popFirst() == character else { return false }
      }
    }
    return rest.isEmpty
  }

  @Test(arguments: [
    "db0:keys=70560,expires=70560,avg_ttl=43200000", "redis_version:7.0.15",
    "\"Mozilla/5.0 (X11) Chrome/120.0.0.0 Safari/537.36\"", "127.0.0.1:6379> info",
    "[2024-03-05 02:07:00 +0000] [365] [CRITICAL] WORKER TIMEOUT (pid:366)",
    "upstream timed out (110: Connection timed out) while reading", "std::vector 12:34:56",
    "django.contrib.sessions.backends.cache", "io.lettuce.core.RedisCommandTimeoutException",
    "org.springframework.data.redis.RedisSystemException", "workers = 2 * cores + 1",
    "maxmemory-policy noeviction",
    "00000000000000000000000000000000 0000000000000000000000000000000000000000",
    "2024-03-05T02:07:00.000Z system-status impaired", "bind 0.0.0.0 ::1", "user=default",
    "Processed 123456789012 bytes", "see https://redis.io/docs/latest/commands/expire/",
    "error.log nginx.conf app.py settings.py redis-server", "host: the machine",
  ])
  func keepsFigures(line: String) {
    #expect(Redactor(.all)(line) == line)
  }

  /// What is introduced as a name on one line is one on all.
  @Test func knowsNamesByTheirIntroduction() {
    var survey = RedactionSurvey()
    survey.read("Mar  5 02:07:00 shop7 redis[12]: up", findsNames: true)
    let redactor = Redactor(.all, survey: survey)
    #expect(!redactor("no answer from shop7, giving up").contains("shop7"))
    #expect(redactor("workshop7 and shop7x stay") == "workshop7 and shop7x stay")
    #expect(Redactor(.secrets, survey: survey)("from shop7") == "from shop7")
  }
}
