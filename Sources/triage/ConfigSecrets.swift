import Model
import Readers

/// The secrets that the configs among the evidence hold: a log may hold them, too, where nothing names
/// them.
func secretsInConfigs(of ledger: Ledger, _ sources: [EvidenceSource]) -> RedactionSurvey {
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
  for source in sources where wanted.contains(source.name) && !source.isPipe {
    var context = LineRedactor()
    _ = try? readLines(of: source) { line, _ in
      survey.read(line, context: &context, findsNames: false)
    }
  }
  return survey
}

extension EvidenceSource {
  /// It can be read once.
  var isPipe: Bool { name == "-" || ["/dev/", "/proc/"].contains { name.hasPrefix($0) } }
}
