/// Names texts that are somebody's evidence and yet tell nothing here, and what to give instead: that is
/// a better answer than a list of everything that could be read.
enum ForeignText {
  static func name(of sample: Sample) -> String? {
    if sample.lines.contains(where: isMonitored) {
      return "the output of MONITOR, what clients ask for and not what the server has: "
        + "give INFO, SLOWLOG GET and a sample of the keys (redis-cli --scan)"
    }
    let prompts = sample.lines.prefix(20).compactMap { RedisPrompt($0) }
    if prompts.contains(where: { $0.command.first == "commandlog" }) {
      return "COMMANDLOG of large requests or replies, whose third figure is a size and no time: "
        + "give COMMANDLOG GET 128 slow"
    }
    if sample.text.contains("histogram_usec") {
      return
        "LATENCY HISTOGRAM, whose steps name no call: give SLOWLOG GET 128 and INFO commandstats"
    }
    if sample.text.contains("cluster_slots_assigned") {
      return
        "CLUSTER INFO, which tells of slots and not of the server: give INFO ALL and the log of "
        + "each node"
    }
    if sample.text.contains("sentinel_masters:") || sample.text.contains("down-after-milliseconds"),
      sample.text.contains("entinel") || sample.text.contains("quorum")
    {
      return "what Sentinel knows, not the server: give INFO ALL and the log of the master it names"
    }
    if sample.text.contains("'start_time': "), sample.text.contains("'duration': ") {
      return "the slow log as redis-py prints it: give redis-cli SLOWLOG GET 128"
    }
    if sample.text.contains("\"__REALTIME_TIMESTAMP\"") || sample.text.contains("\"__CURSOR\"") {
      return "a journal in a form of many lines an entry: give journalctl -o json or -o short-iso"
    }
    return nil
  }

  /// `1515185542.880199 [0 10.0.0.1:34578] "hget" "k" "f"`.
  private static func isMonitored(_ line: String) -> Bool {
    guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"), open < close
    else { return false }
    let stamp = line[..<open].split(separator: ".")
    return stamp.count == 2 && stamp[0].count == 10 && RedisText.integer(stamp[0]) != nil
      && line[close...].hasPrefix("] \"")
  }
}
