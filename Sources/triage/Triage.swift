import Model
import Readers
import Reasoning
import Reports

@main
struct Triage {
  static func main() throws {
    let sources = try evidenceSources(at: Array(CommandLine.arguments.dropFirst()))
    let ledger = readEvidence(sources, options: ReadingContext())
    let d = diagnose(ledger, pack: try RulePack.builtIn())
    print(d.verdict.status.rawValue, "|", d.verdict.summary)
    for c in d.causes {
      print("ACCUSED", c.id, c.subject, c.role.rawValue, c.probability, c.explainedBy?.id ?? "")
      for e in c.evidence { print("   +\(e.weight)", e.symptom, "|", e.statement); for o in e.observed { print("        ", o.fact, o.value, o.source?.file ?? "", o.source?.line ?? 0, o.source?.excerpt.prefix(60) ?? "") } }
      for e in c.against { print("   \(e.weight)", e.symptom, "|", e.statement) }
      for s in c.remediation { print("     do:", s.phase, s.title, "|", s.command ?? "") }
    }
    for s in d.suspects.prefix(8) { print("suspect", s.id, s.subject, s.probability, s.evidence.map { "\($0.symptom) \($0.weight)" }, s.against.map { "\($0.symptom) \($0.weight)" }) }
    for s in d.ruledOut.prefix(12) { print("ruled out", s.id, s.subject, s.probability, s.against.map { "\($0.symptom) \($0.weight): \($0.statement)" }) }
    for m in d.missing.prefix(5) { print("missing", m.fact, m.collect, m.maxWeight) }
    for t in d.timeline.prefix(12) { print("time", t.time, t.until?.description ?? "", t.event, t.subject) }
    for i in d.inputs { print("input", i.path, i.kind?.rawValue ?? "-", i.status.rawValue, i.lines, i.skippedLines, i.warnings.map(\.message)) }
  }
}
