import Model
import Testing

@testable import Readers

@Suite struct InputPastedTextTests {
  private func read(_ text: String, name: String = "ticket.md") -> Ledger {
    let source = EvidenceSource(name: name, folder: "d", isNamed: true) { () throws(SourceError) in
      MemoryStream(Array(text.utf8))
    }
    return readEvidence([source])
  }

  private func pages(_ text: String) -> [Page] { read(text).pages.map(\.page) }

  private func kinds(_ text: String) -> [EvidenceKind] { pages(text).map(\.kind) }

  private let story = "Redis died again last night and we do not know why.\n"

  @Test func twoServersInOneFile() {
    let text =
      story + """
        This is the one that is fine:

        ```
        # Server
        tcp_port:6379
        # Memory
        used_memory:1000000
        ```

        The other one is on the same box.

        # Server
        tcp_port:6380
        # Memory
        used_memory:900000000

        Which of them is it, in your opinion?
        """
    let ledger = read(text)
    #expect(ledger.inputs.count == 1)
    #expect(ledger.inputs[0].kind == .redisInfo)
    #expect(ledger.inputs[0].status == .read)
    #expect(ledger.inputs[0].lines == 18)
    #expect(ledger.pages.map(\.source) == [0, 0])
    let memory = ledger.pages.map { ($0.page.number("redis.memory.used_memory") ?? 0) }
    #expect(memory == [1e6, 9e8])
    #expect(ledger.pages.map { $0.page.line("redis.memory.used_memory") } == [8, 16])
    let ports = ledger.pages.map { $0.page.subjects[0].keys }
    #expect(ports == [[.port(6379)], [.port(6380)]])
  }

  /// As scripts, `tail` of several files and a terminal print one answer after another, though the first
  /// is longer than what recognition looks at.
  @Test(arguments: [
    "==> /var/log/$ <==", "=== $ ===", "=== $", "--- $ ---", "***** $ *****", "$ cat $",
    "[root@cache ~]# cat $", "ubuntu@cache:~$ cat $",
  ])
  func oneAnswerAfterAnother(mark: String) {
    // The last $ stands for the name.
    func banner(_ name: String) -> String {
      guard let place = mark.lastIndex(of: "$") else { return mark }
      return mark[..<place] + name + mark[mark.index(after: place)...]
    }
    let directives = ["timeout", "databases", "maxclients", "hz", "port", "tcp-keepalive"]
    let config = (0..<150).map { "\(directives[$0 % 6])\n0\n" }.joined()
    let text =
      banner("config-get.txt") + "\nmaxmemory\n1048576\n\(config)\n" + banner("info.txt")
      + "\n# Server\ntcp_port:6379\n# Memory\nused_memory:900000000\n\n" + banner("redis.log")
      + "\n1:M 04 Mar 2024 10:00:00.000 * Background saving started by pid 7\n"
    let ledger = read(text, name: "all.txt")
    #expect(ledger.inputs.first?.parts == [.redisConfig, .redisInfo, .redisLog], "\(mark)")
    let memory = ledger.pages.compactMap { $0.page.line("redis.memory.used_memory") }
    #expect(memory == [309], "\(mark)")
  }

  /// What `cat` shows may be what a terminal showed, with prompts that its reader needs.
  @Test func aTranscriptInAFile() {
    let text = """
      $ cat ethtool.txt
      [ec2-user@cache-1 ~]$ date -u; ethtool -S ens5 | grep exceeded
      Sun Nov 22 21:38:57 UTC 2026
           bw_in_allowance_exceeded: 0
           bw_out_allowance_exceeded: 190233

      $ cat info.txt
      # Server
      tcp_port:6379
      # Memory
      used_memory:900000000
      """
    let parts = pages(text).flatMap { $0.facts.compactMap(\.part) }
    #expect(parts == ["bw_in of ens5", "bw_out of ens5"])
  }

  /// A document below a banner that nothing follows is that document, without the banner.
  @Test func oneAnswerBelowABanner() {
    let ledger = read("=== prometheus.yml ===\nscrape_configs:\n- job_name: redis\n", name: "a.txt")
    #expect(ledger.inputs.map(\.kind) == [.probeConfig])
    #expect(ledger.inputs.flatMap(\.warnings).isEmpty)
  }

  @Test(arguments: ["", "> ", "> > ", "    "])
  func everyPlaceHoldsWhatItCites(_ prefix: String) {
    let body = """
      $ free -m
                     total        used        free      shared  buff/cache   available
      Mem:             949         771          61           3         116          49
      Swap:              0           0           0

      2024/03/05 02:07:46 [error] 1187#1187: *414 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: _, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8000/", host: "shop"

      {
        "InstanceStatuses": [
          {"InstanceId": "i-0d2f5a8c1b7e4930a", "SystemStatus": {"Status": "impaired"},
           "InstanceStatus": {"Status": "ok"}}
        ]
      }
      """
    let quoted = body.split(separator: "\n", omittingEmptySubsequences: false)
      .map { prefix + $0 }.joined(separator: "\r\n")
    let text = story + "This is what I have got:\n\n" + quoted + "\n\n" + story
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    let ledger = read(text)
    #expect(ledger.inputs[0].parts == [.free, .nginxErrorLog, .instanceStatus])
    #expect(ledger.inputs[0].kind == .pastedText)
    let facts = ledger.pages.flatMap(\.page.facts)
    #expect(facts.count > 10)
    for fact in facts {
      let line = fact.origin.line ?? 0
      #expect(lines.indices.contains(line - 1))
      #expect(lines[line - 1].contains(fact.origin.excerpt), "\(fact.name) at \(line)")
    }
    for event in ledger.pages.flatMap(\.page.events) {
      #expect(lines[(event.origin.line ?? 1) - 1].contains(event.origin.excerpt))
    }
  }

  @Test(
    arguments: [
      "We saw OOM kills: Out of memory: Killed process 1234 (redis-server) was in the log I think.\n",
      "The box was up for a hundred days, with a load average of 40 or so.\nIt is fine now.\n",
      "In INFO I saw that used_memory:900000000 and maxmemory:0 were what they should be.\n",
      "We set vm.overcommit_memory = 1 long ago, and maxmemory 512mb as well.\n",
      "Can't save in background: fork: Cannot allocate memory is what it said, I believe.\n",
      "The system status check failed, so I think that the host is broken.\nWe will see.\n",
    ])
  func aStoryIsNoEvidence(_ text: String) {
    let ledger = read(text + story)
    #expect(ledger.pages.isEmpty)
    #expect(ledger.inputs[0].status == .notRecognised)
    #expect(ledger.inputs[0].warnings.first?.message.contains("expected EC2 status") == true)
    // Nor is it where there is evidence beside it.
    let beside = pages(text + "\n```\nused_memory:1\nused_memory_rss:2\nmaxmemory:3\n```\n")
    #expect(beside.map(\.kind) == [.redisInfo])
    #expect(beside.flatMap(\.facts).allSatisfy { ($0.origin.line ?? 0) > 2 })
  }

  @Test(
    arguments: [
      // Two commands in one transcript, without a word of prose.
      (
        "$ redis-cli slowlog get\n(empty array)\n$ free -m\n     total   used   free\nMem:   900  800  100\n",
        [.redisSlowlog, .free]
      ),
      // One fence with two kinds and a blank line between.
      (
        "It is this:\n```\nused_memory:1\nmaxmemory:2\nused_memory_rss:1\n\nvm.overcommit_memory = 0\n```\n",
        [.redisInfo, .sysctl]
      ),
      // Captures that one reader takes together.
      (
        "Look:\n```\n$ nproc\n2\n$ free -m\n     total   used   free\nMem:   900  800  100\n```\n",
        [.free]
      ),
      // The name of the file above it, or in it.
      ("This is gunicorn.conf.py:\n```python\nworkers = 3\n```\n", [.gunicornConfig]),
      ("It is small:\n```python\n# gunicorn.conf.py\nworkers = 3\n```\n", [.gunicornConfig]),
      ("/srv/gunicorn.conf.py\n\n```python\nworkers = 3\n```\n", []),
      ("/srv/gunicorn.conf.py\n```python\nworkers = 3\n```\n", [.gunicornConfig]),
      ("```python\nworkers = 3\n```\n", []),
      // A command alone is no empty answer.
      ("I asked it for the slow log:\n$ redis-cli slowlog get\n\n", []),
      // A service's status ends in its journal.
      (
        "Look:\n```\n● app.service - app (gunicorn)\n     Loaded: loaded\n     Active: failed\n\nJul 02 22:15:19 w systemd[1]: app.service: Failed with result 'exit-code'.\n```\n",
        [.serviceStatus, .systemLog]
      ),
    ] as [(String, [EvidenceKind])])
  func kindsAreToldApart(_ text: String, _ expected: [EvidenceKind]) {
    #expect(kinds(text) == expected)
  }

  @Test func anExcerptDoesNotSpeakForWhatItLeavesOut() {
    let log = """
      1:M 11 May 2024 19:04:18.611 * 10000 changes in 60 seconds. Saving...
      1:M 11 May 2024 19:04:18.613 # Can't save in background: fork: Cannot allocate memory

      """
    let pasted = pages("The log says:\n```\n\(log)```\n")[0]
    #expect(pasted.number("redis.log.fork_failed") == 1)
    #expect(pasted.value("redis.log.became_replica") == nil)
    #expect(pages(log)[0].number("redis.log.became_replica") == 0)

    let config = "bind = \"127.0.0.1:8000\"\nworkers = 8\ntimeout = 60\n"
    let name = "It is gunicorn.conf.py:\n```\n"
    #expect(pages(name + config + "```\n")[0].value("gunicorn.max_requests") == nil)
    let shown = pages(name + "$ cat gunicorn.conf.py\n" + config + "```\n")[0]
    #expect(shown.number("gunicorn.max_requests") == 0)
    let redis = "We use this:\n$ cat /etc/redis/redis.conf\nmaxmemory 512mb\nsave 60 1\n"
    #expect(pages(redis)[0].number("redis.config.maxmemory") == 536_870_912)
    #expect(pages(redis)[0].text("redis.config.maxmemory_policy") == "noeviction")
    #expect(read(redis).inputs[0].status == .read)
    let cut = pages(name + "$ cat gunicorn.conf.py\n" + config + "...\n```\n")[0]
    #expect(cut.value("gunicorn.max_requests") == nil)
  }

  @Test func aLogWithRemarksIsALog() {
    let line = "1:M 11 May 2024 19:04:18.611 * 10000 changes in 60 seconds. Saving...\n"
    let log = String(repeating: line, count: 30)
    let ledger = read(
      "This is the whole log of that night:\n" + log + "and then it went on:\n" + log)
    #expect(ledger.inputs[0].kind == .redisLog)
    #expect(ledger.inputs[0].status == .read)
    #expect(ledger.pages.count == 1)
    #expect(ledger.pages[0].page.number("redis.log.became_replica") == 0)
  }

  /// Celery ends each of its errors with a sentence, and PHP with where it was thrown.
  @Test(arguments: [
    ("[2026-04-09 14:02:1%,000: ERROR/MainProcess] consumer: Cannot connect to "
      + "redis://10.0.3.7:6379/0: Error 111 connecting to 10.0.3.7:6379. Connection refused..\n"
      + "Trying again in 2.00 seconds... (1/100)\n\n"),
    ("[09-Apr-2026 14:02:1% UTC] PHP Fatal error:  Uncaught RedisException: Connection refused in "
      + "/var/www/a.php:12\nStack trace:\n#0 {main}\n  thrown in /var/www/a.php on line 12\n"),
    ("E, [2026-06-07T10:00:0%.000002 #88] ERROR -- : Redis::CannotConnectError: Connection refused and "
      + "so the cart of this customer was not stored at all\n"),
  ]) func aLogWhoseEntriesEndInSentencesStaysWhole(_ entry: String) {
    let text = (0..<6).map { entry.replacing("%", with: "\($0)") }.joined()
    let pages = pages(text)
    #expect(pages.map(\.kind) == [.applicationLog])
    #expect(pages.first?.number("app.redis.refused") == 6)
  }

  @Test func aPastedLogFormatReadsThePastedLog() {
    let text = """
      Our nginx.conf has this:
      ```
      http {
        log_format odd '$status|$request|$remote_addr|$time_iso8601|$http_user_agent';
        access_log /var/log/nginx/access.log odd;
      }
      ```
      and the access log goes like this:
      ```
      200|GET / HTTP/1.1|192.0.2.7|2024-05-11T19:04:18+00:00|curl/8
      502|GET / HTTP/1.1|192.0.2.7|2024-05-11T19:04:19+00:00|curl/8
      ```
      """
    let found = pages(text)
    #expect(found.map(\.kind) == [.nginxConfig, .nginxAccessLog])
    #expect(found.last?.number("nginx.access.requests") == 2)
    #expect(found.last?.line("nginx.access.requests") == 10)
  }

  @Test func theInstanceIsTheOneThatWasAskedOf() {
    let text = """
      Here you are, this is from the console:
      $ aws cloudwatch get-metric-statistics --metric-name StatusCheckFailed_System --dimensions Name=InstanceId,Value=i-0b7d41c2e9f3a6580
      {"Label": "StatusCheckFailed_System", "Datapoints": [
        {"Timestamp": "2021-09-14T03:10:00+00:00", "Maximum": 1.0, "Unit": "Count"}]}
      """
    #expect(pages(text)[0].subjects[0].keys == [.instanceID("i-0b7d41c2e9f3a6580")])
  }

  @Test func whatNobodyKnowsIsNamed() {
    let text = "We use this:\n```\nfoo\nbar\nbaz\n```\n```\nvm.overcommit_memory = 0\n```\n"
    let account = read(text).inputs[0]
    #expect(account.status == .read)
    #expect(account.warnings.map(\.message) == ["lines 3 to 5 are no known kind of evidence"])
  }

  @Test func garbageTakesLinearTime() {
    let pieces = [
      "a sentence of a person in the story\nkey:1\n", "```", "> > ``` x\n", "`~`~ \u{fffd}\n\n",
      "$ a\n\nb:2\n", String(repeating: ">", count: 50), "\t{code}\n", "\r\n", "~~~~~~~~~~\n",
      "# Memory\nused_memory:1\n\n", "vm.x = 1\n\n1:M 05 Jun 2024 10:11:12.123 # x\n",
    ]
    var random: UInt64 = 7
    for size in [1 << 20, (1 << 20) + 4096] {
      var text = ""
      while text.utf8.count < size {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int((random >> 33) % UInt64(pieces.count))]
      }
      let start = ContinuousClock.now
      _ = read(text, name: "garbage")
      #expect(ContinuousClock.now - start < .seconds(60))
    }
  }

  /// What a doctor says reads like a person's words.
  @Test(arguments: [
    "Latency spikes are observed in this Valkey instance.\n\n1. fork: 2 latency spikes (average 25ms, "
      + "mean deviation 9ms, period 6.00 sec). Worst all time event 35ms.\n\nHere is some advice for "
      + "you:\n\n- Check your Slow Log to understand what are the commands you are running.\n",
    "No latency spike was observed during the lifetime of this Valkey instance, not in the "
      + "slightest bit.\n",
  ])
  func aDoctorIsNoPerson(_ text: String) {
    #expect(kinds(text) == [.redisLatency])
  }

  /// Nor does it keep a ticket from being taken apart.
  @Test(arguments: [
    "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance.",
    "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, "
      + "do you Dave?\n\n1. command: 2 latency spikes (average 25ms, mean deviation 9ms, period 6.00 "
      + "sec). Worst all time event 35ms.\n\nI have a few advices for you:\n\n- Check your Slow Log "
      + "to understand what are the commands you are running.",
  ])
  func aDoctorStandsAmongOthers(_ text: String) {
    let df =
      "Filesystem      Size  Used Avail Use% Mounted on\n/dev/root        29G   11G   18G  39% /"
    let free =
      "               total        used        free      shared  buff/cache   available\n"
      + "Mem:            1960        1290         250           2         420         640\n"
      + "Swap:              0           0           0"
    let ticket =
      "Hi all,\n\nthe disk of the server:\n\n\(df)\n\nand what Redis says:\n\n\(text)\n\n"
      + "next is the memory:\n\n\(free)\n\nAny idea what it is?\n"
    #expect(Set(kinds(ticket)) == [.diskSpace, .redisLatency, .free])
  }
}
