import Model

/// Hand-built diagnoses: what a report must be able to show.
enum Samples {
  static let redis = Subject(.redis, "10.0.3.7:6380")
  static let host = Subject(.host, "web-1")
  static let proxy = Subject(.proxy, "web-1")
  static let instance = Subject(.instance, "i-0abcd1234ef567890")

  static func time(_ hour: Int, _ minute: Int, _ second: Int = 0) -> Instant {
    // 2024-03-05
    Instant(microseconds: (1_709_596_800 + Int64(hour * 3600 + minute * 60 + second)) * 1_000_000)
  }

  static func source(_ file: String, _ line: Int?, _ excerpt: String = "") -> Source {
    Source(file: file, line: line, excerpt: excerpt)
  }

  static func symptom(
    _ id: String, _ statement: String, _ weight: Int, direct: Bool = false, _ sources: Source...
  ) -> WeighedSymptom {
    WeighedSymptom(
      symptom: id, statement: statement, weight: weight, isDirect: direct,
      observed: sources.map {
        Observation(
          fact: "redis.keyspace.keys", value: .number(70_560), unit: .count, subject: redis,
          part: "db0", time: time(2, 7), source: $0)
      })
  }

  static func accused(
    _ id: String, _ title: String, why: String = "", subject: Subject = redis,
    role: AccusedCause.Role = .root, probability: Double, evidence: [WeighedSymptom],
    against: [WeighedSymptom] = [], explainedBy: AccusedCause.ExplainedBy? = nil,
    onset: Instant? = nil, never: [Never] = []
  ) -> AccusedCause {
    AccusedCause(
      id: id, title: title, why: why, subject: subject, role: role, probability: probability,
      weight: 17, prior: -13, evidence: evidence, against: against, missing: [],
      explains: ["redis-memory-exhaustion"], explainedBy: explainedBy, onset: onset,
      remediation: plan.filter { $0.cause == id }, never: never,
      sources: ["https://redis.io/docs/latest/commands/expire/"])
  }

  static let plan = [
    Step(
      rank: 1, cause: "session-bloat", phase: .mitigate, title: "Delete the dead sessions",
      why: "they hold 97 % of the memory and nobody will come back for them",
      command:
        "redis-cli -h 10.0.3.7 -p 6380 --scan --pattern 'spring:session:*' | xargs -r -n 500 "
        + "redis-cli -h 10.0.3.7 -p 6380 unlink",
      risk: .medium, warning: "everyone has to log in again",
      verify: "used_memory in INFO falls below 100 MiB", subject: redis),
    Step(
      rank: 2, cause: "session-bloat", phase: .fix, title: "Give sessions a lifetime",
      why: "Integer.MAX_VALUE seconds are 68 years",
      command: "server.servlet.session.timeout=30m", risk: .low, subject: redis),
    Step(
      rank: 3, cause: "session-bloat", phase: .prevent, title: "Watch the number of keys",
      why: "bloat shows weeks ahead", risk: .none, subject: redis),
  ]

  static let slowlog = MissingEvidence(
    fact: "redis.slowlog.slowest", symptom: "slow-commands-seen",
    collect: "redis-cli -h 10.0.3.7 -p 6380 slowlog get 128", maxWeight: 15,
    why: "a slow command would be in it")

  static let inputs = [
    InputAccount(
      path: "case/redis-info.txt", folder: "case", kind: .redisInfo, status: .read, bytes: 5000,
      lines: 180),
    InputAccount(
      path: "case/redis-info-2.txt", folder: "case", kind: .redisInfo, status: .read, bytes: 5000,
      lines: 181),
    InputAccount(
      path: "case/access.log", folder: "case", kind: .nginxAccessLog, status: .partlyRead,
      bytes: 9_000_000, lines: 70_560, skippedLines: 2,
      warnings: [Page.Warning("found 'GET'; expected an address", line: 14)]),
    InputAccount(
      path: "case/notes.txt", folder: "case", kind: nil, status: .notRecognised, bytes: 10, lines: 1
    ),
    InputAccount(
      path: "case/redis.log", folder: "case", kind: nil, status: .unreadable,
      warnings: [Page.Warning("permission denied")]),
  ]

  static let incident = Diagnosis(
    verdict: Verdict(
      .incident,
      summary: "Sessions that live 68 years fill redis 10.0.3.7:6380; logins time out."),
    causes: [
      accused(
        "session-bloat", "Sessions pile up in Redis",
        why:
          "Sessions are born faster than they expire, so keys and memory grow until writes fail.",
        probability: 0.9803,
        evidence: [
          symptom("many-keys", "70,560 keys for 97 users", 6, source("case/redis-info.txt", 142)),
          symptom(
            "keys-live-for-years", "keys live 68 years on average", 12, direct: true,
            source(
              "case/redis-info.txt", 142, "db0:keys=70560,expires=70560,avg_ttl=2147483646999"),
            source("case/redis-info-2.txt", 143, "db0:keys=70561,expires=70561,avg_ttl=1"),
            source("case/redis-info-3.txt", 143, "x")),
          symptom(
            "no-timeout", "the session time-out is its default", 0, source("case/app.yml", nil)),
        ],
        against: [
          symptom(
            "keys-expire", "0.2 keys expire per second", -4,
            source("case/redis-info.txt", 88, "expired_keys:17278"))
        ],
        onset: time(2, 7),
        never: [
          Never(
            action: "Scale the instance up",
            why: "sessions fill whatever memory there is")
        ]),
      accused(
        "redis-memory-exhaustion", "Redis is out of memory", role: .consequence, probability: 0.91,
        evidence: [
          symptom(
            "at-maxmemory", "used memory is 99.8 % of maxmemory", 10,
            source("case/redis-info.txt", 30, "used_memory:536000000"))
        ],
        explainedBy: .init(id: "session-bloat", subject: redis)),
      accused(
        "host-oom", "The kernel killed a process for memory", subject: host, role: .consequence,
        probability: 0.7,
        evidence: [symptom("oom-kill", "the kernel killed redis-server", 12, source("dmesg", 9))],
        explainedBy: .init(id: "redis-memory-exhaustion", subject: redis)),
      accused(
        "worker-oversubscription", "Too many workers", subject: host, role: .contributing,
        probability: 0.55,
        evidence: [symptom("workers", "8 workers on 1 CPU", 9, direct: true, source("g.py", 3))]),
    ],
    suspects: [
      Suspect(
        id: "slow-commands", title: "Slow commands block Redis", subject: redis, probability: 0.31,
        evidence: [], against: [], missing: [slowlog])
    ],
    ruledOut: [
      RuledOutCause(
        id: "host-failure", title: "The EC2 host failed", subject: instance, probability: 0.0021,
        against: [
          symptom(
            "status-ok", "both status checks passed throughout", -20, source("case/status.json", 14)
          )
        ], window: time(2, 0)...time(3, 0))
    ],
    plan: plan, missing: [slowlog],
    timeline: [
      TimelineEntry(
        time: time(2, 7), until: nil, event: "keys began to grow", subject: redis, isImpact: false,
        isZoned: true, source: source("case/redis-info.txt", 142)),
      TimelineEntry(
        time: time(2, 19, 30), until: time(2, 40), event: "812 answers of 5xx", subject: proxy,
        isImpact: true, isZoned: true, source: source("case/access.log", 912)),
      TimelineEntry(
        time: time(11, 8), until: nil, event: "redis started", subject: redis, isImpact: false,
        isZoned: false, source: source("case/redis.log", 2)),
    ],
    firstAnomaly: 0,
    risks: [
      RiskFinding(
        rule: "redis-no-maxmemory", level: .warning, message: "maxmemory is not set",
        wouldCause: "host-oom", source: source("redis.conf", nil), fix: "maxmemory 512mb")
    ],
    inputs: inputs, rulePacks: ["built-in 0.1.0"])

  static let inconclusive = Diagnosis(
    verdict: Verdict(
      .inconclusive, summary: "Requests time out, and nothing seen here explains it."),
    suspects: incident.suspects, ruledOut: incident.ruledOut, missing: [slowlog],
    inputs: Array(inputs.prefix(1)), rulePacks: ["built-in 0.1.0"])

  static let healthy = Diagnosis(
    verdict: Verdict(.healthy, summary: "Nothing is wrong with redis 10.0.3.7:6380 at 02:07:00Z."),
    ruledOut: incident.ruledOut, inputs: Array(inputs.prefix(2)), rulePacks: ["built-in 0.1.0"])

  static let all = [
    "incident": incident, "inconclusive": inconclusive, "healthy": healthy, "hostile": hostile,
  ]

  /// Every string that can come from evidence tries to break out.
  static let hostile = made(of: "\u{1B}[2J\u{202E}<b>\r\n`x`\0")

  /// A diagnosis in which whatever can come from evidence is this text.
  static func made(of evil: String, rule: String? = nil) -> Diagnosis {
    let rule = rule ?? evil
    let subject = Subject(.redis, evil)
    let place = Source(file: evil, line: 1, excerpt: evil)
    let symptom = WeighedSymptom(
      symptom: rule, statement: evil, weight: 10, isDirect: true,
      observed: [
        Observation(
          fact: rule, value: .text(evil), unit: .text, subject: subject, part: evil, source: place)
      ])
    let missing = MissingEvidence(
      fact: rule, symptom: rule, collect: evil, maxWeight: 1, why: evil)
    let step = Step(
      rank: 1, cause: rule, phase: .mitigate, title: evil, why: evil, command: evil, risk: .high,
      warning: evil, verify: evil, reference: rule, subject: subject)
    return Diagnosis(
      verdict: Verdict(.incident, summary: evil),
      causes: [
        AccusedCause(
          id: rule, title: evil, why: evil, subject: subject, role: .root, probability: 0.9,
          weight: 10, prior: -10, evidence: [symptom], against: [symptom], missing: [missing],
          explains: [rule], explainedBy: .init(id: rule, subject: subject), onset: nil,
          remediation: [step], never: [Never(action: evil, why: evil)], sources: [rule])
      ],
      suspects: [
        Suspect(
          id: rule, title: evil, subject: subject, probability: 0.1, evidence: [symptom],
          against: [symptom], missing: [missing])
      ],
      ruledOut: [
        RuledOutCause(
          id: rule, title: evil, subject: subject, probability: 0, against: [symptom], window: nil)
      ],
      plan: [step], missing: [missing],
      timeline: [
        TimelineEntry(
          time: time(2, 7), until: nil, event: evil, subject: subject, isImpact: true,
          isZoned: true, source: place)
      ],
      firstAnomaly: 0,
      clocks: [SourceClock(file: evil, offset: 3600, anchor: evil)],
      recurrence: [
        Recurrence(
          event: rule, subject: subject, times: [time(2, 7), time(3, 7), time(4, 7)], rhythm: .none,
          timesOfDay: [7620, 11_220, 14_820], sources: [place])
      ],
      risks: [
        RiskFinding(
          rule: rule, level: .error, message: evil, wouldCause: rule, source: place, fix: evil)
      ],
      inputs: [
        InputAccount(
          path: evil, folder: evil, kind: .redisInfo, status: .partlyRead,
          warnings: [Page.Warning(evil)]),
        InputAccount(path: evil, folder: evil, kind: nil, status: .notRecognised),
        InputAccount(
          path: evil, folder: evil, kind: nil, status: .unreadable, warnings: [Page.Warning(evil)]),
      ],
      rulePacks: [rule])
  }
}
