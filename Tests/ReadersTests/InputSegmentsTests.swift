import Testing

@testable import Readers

@Suite struct InputProseTests {
  @Test(
    arguments: [
      "We saw OOM kills last night, and then the site was gone.",
      "EC2 died again, and nobody knows why.",
      "12 days later it died again.",
      "- moved from Jedis to Lettuce, which did not help",
      "1. we rebooted the box",
      "## What we tried", "Redis log:", "Logs:", "Thanks!", "Any ideas?",
      "I think it\u{2019}s the slow log (or \"slowlog\" as they call it).",
      "alice  10:31 AM", "[10:31] alice: it died again, please look", "[10:42] min: no",
      "\u{b808}\u{b514}\u{c2a4}\u{ac00} \u{b610} \u{c8fd}\u{c5c8}\u{c2b5}\u{b2c8}\u{b2e4}",
      "redis\u{ac00} \u{b610} \u{c8fd}\u{c5c8}\u{c2b5}\u{b2c8}\u{b2e4}",
      "**It is the host, I am sure of it.**", "==> /var/log/nginx/error.log <==",
      "=== free -m ===", "=== redis-cli info", "--- redis.log ---", "***** slow log *****",
      "~~~~ memory ~~~~",
    ])
  func peopleWriteProse(_ line: String) { #expect(Prose.isProse(line[...])) }

  @Test(
    arguments: [
      "1234:M 05 Jun 2024 10:11:12.123 # WARNING Memory overcommit must be enabled! Without it, a save may fail",
      "Jun  5 03:04:05 web-1 kernel: Out of memory: Killed process 12 (redis-server)",
      "Jun 05 03:04:05 web-1 systemd[1]: Started the thing that serves all of our requests",
      "[2024-05-15 19:20:00 +0000] [7] [INFO] Booting worker with pid: 12",
      "2024-05-15 19:20:00,123 ERROR the connection to redis was lost again and again",
      "redis.exceptions.ResponseError: UNBLOCKED force unblock from blocking operation, instance state changed",
      "Out of memory: Killed process 817 (gunicorn) total-vm:412120kB, anon-rss:148872kB, file-rss:0kB",
      "ssh: connect to host 10.0.12.44 port 22: Connection timed out",
      "MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist",
      "WARNING Memory overcommit must be enabled! Without it, a background save may fail",
      "Traceback (most recent call last):", "from django.conf import settings", "workers = 8",
      "CONTAINER ID   IMAGE   COMMAND", "PID PPID RSS ELAPSED COMMAND",
      "Mem:             949         771          61           3", "vm.overcommit_memory = 0",
      "used_memory:1312452608", "# Memory", "save 900 1", "appendonly no", "proxy_pass http://app;",
      "127.0.0.1:6379> info memory", "$ redis-cli slowlog get", "MemTotal:         996588 kB",
      "65488 strings with 268624461 bytes (100.00% of keys, avg size 4101.89)",
      "  365     1 80044    01:00:00 gunicorn: master [wsgi:app]", "", "---",
      "-------- summary -------", "--- 10.0.0.7 ping statistics ---", "===", "--- a/redis.conf",
      "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
      "-----BEGIN CERTIFICATE-----",
      "=== Mon Mar 4 10:11:12 UTC 2024 ===", "--- # YAML", "==========",
      "web: gunicorn app.wsgi -w 4",
      "### Thu Jun 01 00:00:00 UTC 2023", "## Fri  2 Jun 2023 12:00:00 AM UTC",
    ])
  func programsDoNot(_ line: String) { #expect(!Prose.isProse(line[...])) }

  @Test(arguments: [
    ("next one (df.txt)", true), ("aws says (instance-status.yaml):", true),
    ("Redis INFO, taken now: (out/redis-info-2.txt)", true), ("print(config.txt)", false),
    ("  next one (df.txt)", false), ("loaded 12 keys (dump.rdb)", false),
    ("workers exited (code 1)", false), ("see (it)", false), ("(df.txt)", false),
    ("at Foo (index.js:12)", false),
  ])
  func namesOfFilesBelowWords(line: String, isCaption: Bool) {
    #expect(Prose.isCaption(line[...]) == isCaption)
  }

  @Test func aKeyOfYAMLIsNoCaption() {
    #expect(!Prose.isProse("Datapoints:", next: "- Average: 1.0"))
    #expect(!Prose.isProse("description: the probe of the whole shop", next: "interval: 10s"))
    #expect(Prose.isProse("Datapoints:", next: ""))
  }
}

@Suite struct InputSegmentsTests {
  private func found(_ text: String) -> [String] {
    Segments(text[...]).segments.map { "\($0.firstLine): " + $0.lines.joined(separator: "|") }
  }

  @Test("A caption with the name of a file parts what is pasted, below a blank line alone")
  func captions() {
    #expect(
      found("save\n900 1\n\nnext one (df.txt)\n\nfree 1\n") == ["1: save|900 1", "6: free 1"])
    #expect(found("save\nnext one (df.txt)\nfree 1\n") == ["1: save|next one (df.txt)|free 1"])
  }

  @Test(
    arguments: [
      // Fences of all makes; what follows their marks.
      ("We saw this in the log:\n```\na:1\n\nb:2\n```\nand that was all.", ["3: a:1||b:2"]),
      ("~~~ini\na:1\n~~~", ["2: a:1"]),
      ("````\n```\na:1\n```\n````", ["2: ```|a:1|```"]),
      ("{code:java}\na:1\n{code}\n{noformat}\nb:2\n{noformat}", ["2: a:1", "5: b:2"]),
      ("<pre>\na:1\n</pre>", ["2: a:1"]),
      // As chats have them.
      ("```a: 1 or so\nb:2```", ["1: a: 1 or so|b:2"]),
      ("```INSTANCES\ti-1\nb```", ["1: INSTANCES\ti-1|b"]),
      ("```used_memory:1```", ["1: used_memory:1"]),
      // Never closed: like any other text.
      ("```\na:1\nand then it was gone again.\nb:2", ["1: ```|a:1", "4: b:2"]),
      // Quotations, also of quotations and of fences; a fence ends with its quotation.
      ("> a:1\n> b:2\nc:3", ["1: a:1|b:2", "3: c:3"]),
      ("> > a:1\n> b:2", ["1: a:1", "2: b:2"]),
      (">a:1\n>\n>b:2", ["1: a:1||b:2"]),
      ("> ```\n> a:1\n> ```\n> we saw that twice\n", ["2: a:1"]),
      ("> ```\n> a:1\nb:2", ["2: a:1", "3: b:2"]),
      ("> info memory\na:1", ["1: > info memory|a:1"]),
      // Indented, inline, left out.
      ("Look at this, please:\n\n    a:1\n      b:2\n", ["3: a:1|  b:2"]),
      ("- `vm.overcommit_memory = 0`", ["1: vm.overcommit_memory = 0"]),
      ("```\na:1\n...\n[snip]\nb:2\n```", ["2: a:1|||b:2"]),
      // Prose between runs, blank lines within.
      ("a:1\nfive minutes later it was\nb:2", ["1: a:1", "3: b:2"]),
      ("a:1\n\n\nb:2\n\n", ["1: a:1|||b:2"]),
      // Output is output, until somebody speaks.
      (
        "$ x\nConnection to the server was closed\n\nConnection to the server was closed",
        ["1: $ x|Connection to the server was closed"]
      ),
      ("$ x\na:1\nso we gave up in the end", ["1: $ x|a:1"]),
      // Half a sentence that looks like a figure.
      ("it went up and up on the graph,\n3.1 GB, 4.7 GB,\nand then the site was gone.", []),
      ("a:1\r\nb:2\r\n", ["1: a:1|b:2"]),
      ("", []), ("\n\n", []), ("```\n```", []), (">", []),
    ] as [(String, [String])])
  func aTextIsTakenApart(_ text: String, _ expected: [String]) { #expect(found(text) == expected) }

  @Test func theCountsAreOfTheWhole() {
    let parts = Segments("We saw this here:\n\n```\na:1\n```\n\nb:2\n")
    #expect((parts.lines, parts.filledLines, parts.proseLines) == (7, 3, 1))
    #expect(parts.hasFence && parts.beginsWithProse && !parts.endsWithProse)
    #expect(parts.segments.map(\.isFenced) == [true, false])
    #expect(parts.segments.map(\.isElided) == [false, false])
    #expect(Segments("```\na\n[...]\n```").segments.map(\.isElided) == [true])
  }

  @Test func captionsAreOfTheNextSegment() {
    let text = "This is in /etc/redis/redis.conf:\n\n```\na 1\n```\n\n\n\nb 2"
    #expect(
      Segments(text[...]).segments.map(\.caption) == ["This is in /etc/redis/redis.conf:", ""])
  }
}
