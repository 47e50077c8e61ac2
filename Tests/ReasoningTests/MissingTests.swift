import Model
import Testing

@testable import Reasoning

/// What is asked for can still move something.
@Suite struct MissingTests {
  /// `big` and `small` are of one group, `other` of none.
  private static func missing(_ facts: [String: Double]) throws -> [String: Int] {
    let symptoms = ["big": "oom_kills", "small": "panics", "other": "io_errors"].sorted {
      $0.key < $1.key
    }.map { name, fact in
      "\(name): { for: host, when: kernel.\(fact) > 0, says: yes it is, says_not: no it is not }"
    }
    let cause = """
      for: host
      title: test
      why: test
      prior: -10
      evidence:
        - { symptom: big, holds: 15, fails: -3, direct: true, group: kernel }
        - { symptom: small, holds: 9, fails: -5, group: kernel }
        - { symptom: other, holds: 4, fails: -1 }
      remedy: [{ phase: fix, title: x, why: y, risk: none }]
      sources: [test]
      examples:
        - { facts: { kernel.oom_kills: 1, kernel.panics: 1, kernel.io_errors: 1 }, accused: true }
        - { facts: { kernel.oom_kills: 0, kernel.panics: 0, kernel.io_errors: 0 }, accused: false }
      """
    let pack = try RulePack(
      [
        RuleFiles(
          folder: "test",
          files: [
            (path: "symptoms/host.yaml", text: symptoms.joined(separator: "\n") + "\n"),
            (path: "causes/test.yaml", text: cause),
          ])
      ], table: .builtIn)
    let log = page(.kernelLog, .host) { page, _ in
      for (name, value) in facts.sorted(by: { $0.key < $1.key }) { page.fact(name, value) }
    }
    let evidence = IdentifiedEvidence(ledger([(name: "dmesg.txt", page: log)]))
    let judge = Judge(evidence, pack: pack, window: nil)
    let only = try #require(pack.causes.first)
    let hypothesis = Hypothesis(only, subject: 0, judge: judge)
    return MissingFinder(judge: judge).missing(hypothesis).reduce(into: [:]) {
      $0[$1.symptom ?? ""] = $1.maxWeight
    }
  }

  /// All three facts come with one command, which is asked for once, for the most that it tells.
  @Test func aGroupMovesByWhatExceedsItsStrongest() throws {
    #expect(try Self.missing([:]) == ["big": 15])
    // 9 against 15 adds nothing; -5 would be the first against.
    #expect(try Self.missing(["kernel.oom_kills": 1, "kernel.io_errors": 0]) == ["small": 5])
    // 15 against 9 adds 6.
    #expect(try Self.missing(["kernel.panics": 1]) == ["big": 6])
    // -3 against -5 adds nothing, 15 would be the first for it.
    #expect(try Self.missing(["kernel.panics": 0]) == ["big": 15])
    #expect(try Self.missing(["kernel.oom_kills": 1, "kernel.panics": 0]) == ["other": 4])
  }

  /// A server that only its clients speak of is asked at the address that they name, before anything is
  /// asked of a gunicorn that nothing speaks of.
  @Test func theServerInTroubleIsAskedByItsAddress() throws {
    let log = page(.applicationLog, .app) { page, app in
      let redis = page.subject(.redis, .address("10.0.3.7:6380"))
      page.relate(app, .connectsTo, redis, origin: origin())
      page.fact("app.redis.errors", 40)
      page.fact("app.redis.auth", 40)
    }
    let diagnosis = diagnose(ledger([(name: "app.log", page: log)]), pack: try RulePack.builtIn())
    #expect(diagnosis.verdict.status == .inconclusive)
    let first = try #require(diagnosis.missing.first)
    #expect(first.fact.hasPrefix("redis."))
    let asked = diagnosis.missing.map(\.collect).filter { $0.contains("redis-cli") }
    #expect(asked.allSatisfy { $0.contains("-h 10.0.3.7 -p 6380") })
    #expect(diagnosis.missing.allSatisfy { !$0.collect.hasSuffix(" ROLE") })
  }

  /// What a diagnosis asks of a Redis that stands so.
  private static func asked(_ facts: [String: String]) throws -> [String] {
    let status = page(.serviceStatus, .redis) { page, redis in
      for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
        page.record("redis.\(name)", .text(value), of: redis, origin: origin())
      }
    }
    let pack = try RulePack.builtIn()
    return diagnose(ledger([(name: "status.txt", page: status)]), pack: pack).missing.map(\.collect)
  }

  @Test func aServerThatIsDownIsAskedForItsLastWords() throws {
    let unit = try Self.asked(["service.active": "failed", "service.result": "exit-code"])
    #expect(unit.first?.hasPrefix("journalctl -u redis-server ") == true)
    #expect(!unit.contains { $0.contains("redis-cli") || $0.contains("docker") })
    let pod = try Self.asked(["container.state": "restarting", "container.manager": "kubernetes"])
    #expect(pod.first?.contains("kubectl logs POD --previous") == true)
    #expect(!pod.contains { $0.contains("redis-cli") || $0.contains("docker") })
    #expect(!pod.contains { $0.contains("systemctl") || $0.contains("/var/log/redis") })
    let docker = try Self.asked(["container.state": "exited", "container.manager": "docker"])
    #expect(docker.contains { $0.hasPrefix("docker logs ") })
    #expect(!docker.contains { $0.contains("kubectl") || $0.contains("redis-cli") })
    // One that runs answers.
    #expect(try Self.asked(["service.active": "active"]).contains { $0.contains("redis-cli") })
  }

  /// What lacks one fact of several is asked for it before what lacks all.
  @Test func thePolicyOfAFullServerIsAskedFirst() throws {
    let info = page(.redisInfo, .redis) { page, _ in
      page.fact("redis.memory.used_memory", 1_073_700_000)
      page.fact("redis.memory.maxmemory", 1_073_741_824)
    }
    let found = diagnose(ledger([(name: "info.txt", page: info)]), pack: try RulePack.builtIn())
    #expect(found.missing.first?.fact == "redis.memory.maxmemory_policy")
  }
}
