import Model

/// What the exporters of Prometheus show of a host (node_exporter) and of Redis (redis_exporter), as
/// `curl HOST:9100/metrics` prints it, once or again and again: often all that a box still gives whose ssh hangs.
///
/// ```
/// # HELP redis_memory_used_bytes memory_used_bytes metric
/// redis_memory_used_bytes 1.092184e+06
/// redis_db_keys{db="db0"} 200
/// node_memory_MemAvailable_bytes 2.4131948544e+10
/// ```
///
/// Seen: redis_exporter 1.45, node_exporter 1.5, and the same through `/federate`, whose label `instance` tells
/// targets apart.
struct PrometheusReader: PieceReader {
  static let kind = EvidenceKind.prometheusMetrics

  private let offset: Int
  private var lines = PieceLines()
  /// Of each target the scrape at hand.
  private var current: [String: PrometheusScrape] = [:]
  private var scrapes: PrometheusScrapes
  private var stated: Instant?
  private var isCrowded = false
  private static let targetLimit = 200

  init(name: String, context: ReadingContext) {
    scrapes = PrometheusScrapes(in: context.window)
    offset = context.zone(for: PrometheusReader.kind).offset
  }

  static func recognises(_ sample: Sample) -> Recognition {
    var known = 0
    var filled = 0
    for line in sample.lines where !RedisText.isBlank(line) && line.utf8.first != UInt8(ascii: "#")
    {
      filled += 1
      if let found = PrometheusSample(line[...]), PrometheusScrape.isKnown(found.name) {
        known += 1
      }
    }
    // What every exporter says of itself stands first and fills the sample.
    let announced = sample.lines.count(where: isAnnouncement)
    if announced >= 3 || known >= 3 && known * 2 >= filled { return .certain }
    return announced > 0 || known >= 1 && known * 2 >= filled ? .possible : .no
  }

  /// `# TYPE redis_up gauge`.
  private static func isAnnouncement(_ line: String) -> Bool {
    guard line.hasPrefix("# TYPE ") else { return false }
    let words = line.fields
    return words.count == 4
      && ["gauge", "counter", "histogram", "summary", "untyped", "unknown", "info"].contains(
        words[3])
  }

  mutating func read(piece: Span<UInt8>, into page: inout Page) {
    for line in lines.read(piece) { read(line) }
  }

  mutating func finish(into page: inout Page) {
    // What no line end closes may be cut: half a number is another number.
    let last = lines.finish()
    if PrometheusSample(last.text[...]) != nil {
      page.warn("the last line seems cut; it is not read", line: last.number)
    }
    for target in current.keys.sorted() { close(target) }
    if let line = lines.firstCutLine {
      page.warn("a line longer than 1 MiB: cut there", line: line)
    }
    if isCrowded {
      page.warn("more than \(PrometheusReader.targetLimit) targets: the others are passed over")
    }
    scrapes.record(into: &page)
    if page.facts.isEmpty {
      page.warn("found no metric of node_exporter or redis_exporter that is known")
    }
  }

  private mutating func read(_ line: PieceLines.Line) {
    guard let sample = PrometheusSample(line.text[...]) else {
      if !line.text.hasPrefix("# TYPE "), !line.text.hasPrefix("# HELP "),
        let time = RedisText.captureTime(line.text, offset: offset)
      {
        for target in current.keys.sorted() { close(target) }
        stated = time
      }
      return
    }
    guard PrometheusScrape.isKnown(sample.name) else { return }
    let target = PrometheusRedis.target(of: sample.name, sample.labels)
    if current[target]?.holds(sample) == true { close(target) }
    if current[target] == nil {
      guard current.count < PrometheusReader.targetLimit else {
        isCrowded = true
        return
      }
      current[target] = PrometheusScrape(target: target, stated: stated)
    }
    current[target]?.add(sample, line)
  }

  private mutating func close(_ target: String) {
    if let scrape = current.removeValue(forKey: target) { scrapes.append(scrape) }
  }
}
