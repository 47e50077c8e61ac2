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
    if let host = ofAHost(sample) { return host }
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

  /// Reports of a host's tools that are not read, by what only they print.
  private static func ofAHost(_ sample: Sample) -> String? {
    func holds(_ words: String...) -> Bool { words.allSatisfy(sample.text.contains) }
    if holds("Name:\t", "Tgid:\t", "VmRSS:\t") {
      return "the status of one process: give ps -eo pid,ppid,rss,vsz,etime,args"
    }
    if holds("\"sysstat\": {") {
      return "a report of sysstat in JSON: give sar -A, or iostat -xt 2 15"
    }
    if sample.firstLine.hasPrefix("# hostname;interval;timestamp;") {
      return "what sadf prints for databases: give sar -A -f FILE"
    }
    if sample.firstLine.hasPrefix("State"), holds("Recv-Q", "Send-Q") {
      return "a list of sockets: give redis-cli CLIENT LIST and nginx's error log"
    }
    if sample.firstLine.hasPrefix("core file size")
      || sample.firstLine.hasPrefix("real-time non-b"),
      holds("open files")
    {
      return
        "the limits of a shell, not of a service: give redis-cli INFO clients, which knows maxclients"
    }
    if holds(" K total memory", " pages swapped in") {
      return "vmstat -s, sums since the boot: give vmstat 1 30 and free -m"
    }
    if holds("\"dmesg\": [") { return "dmesg in JSON: give dmesg -T" }
    if holds("READY", "STATUS", "RESTARTS", "AGE"), sample.firstLine.contains("RESTARTS") {
      return "kubectl get pods: give kubectl describe pod and kubectl logs --previous of those "
        + "that restart"
    }
    if holds("CPU(cores)", "MEMORY%") {
      return "kubectl top nodes: give kubectl top pod --containers and kubectl describe pod"
    }
    if holds("Cloud-init v. ") {
      return "what cloud-init did at boot: give aws ec2 get-console-output --latest --output text"
    }
    if holds("\"lscpu\": [") { return "lscpu in JSON: give nproc" }
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
