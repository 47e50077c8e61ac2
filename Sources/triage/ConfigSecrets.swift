import Model
import Readers

/// The secrets that the configs among the evidence hold: a log may hold them, too, where nothing names
/// them.
func secretsInConfigs(of ledger: Ledger, _ sources: EvidenceList) -> RedactionSurvey {
  let small = 1 << 20
  let configs: Set<EvidenceKind> = [
    .redisConfig, .gunicornConfig, .gunicornCommand, .nginxConfig, .applicationConfig, .probeConfig,
  ]
  // What is no evidence may still be somebody's `.env`.
  let paths = ledger.inputs.filter { input in
    input.bytes < small && (input.kind.map(configs.contains) ?? (input.status == .notRecognised))
  }.map(\.path)
  let wanted = Set(paths.prefix(1000))
  var survey = RedactionSurvey()
  for source in sources where !source.isPipe {
    let members = source.name + "/"
    guard wanted.contains(source.name) || wanted.contains(where: { $0.hasPrefix(members) }) else {
      continue
    }
    forEachPiece(of: source) { piece in
      guard wanted.contains(piece.name) else { return true }
      var context = LineRedactor()
      _ = try? readLines(of: piece) { line, _ in
        survey.read(line, context: &context, findsNames: false)
      }
      return true
    }
  }
  return survey
}
