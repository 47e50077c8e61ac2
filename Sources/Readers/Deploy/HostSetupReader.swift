import Model

/// What scripts that set up a host (`rc.local`, user data) and the kernel's command line in `/etc/default/grub` say
/// of kernel settings and huge pages; the last of each counts. Nothing of it is run.
///
/// ```
/// sysctl -w vm.overcommit_memory=0
/// echo always > /sys/kernel/mm/transparent_hugepage/enabled
/// GRUB_CMDLINE_LINUX="transparent_hugepage=always"
/// ```
enum HostSetupReader {
  static func mayHold(_ text: String) -> Bool {
    text.contains("transparent_hugepage") || text.contains("sysctl -w")
      || text.contains("/proc/sys/vm/overcommit_memory")
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    var settings: [String: (value: String, line: Int)] = [:]
    var pages: (choice: String, line: Int)?
    for (index, line) in lines.enumerated() where !line.bare.hasPrefix("#") {
      for setting in kernelSettings(line) { settings[setting.key] = (setting.value, index + 1) }
      if let choice = hugePages(line) { pages = (choice, index + 1) }
    }
    let found = settings.filter { SysctlSection.keys.contains($0.key) }
    guard pages != nil || !found.isEmpty else { return }
    let host = page.subject(.host)
    for (key, entry) in found.sorted(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) }) {
      guard let number = hostNumber(entry.value) else { continue }
      page.record(
        "host.sysctl.\(key)", number, of: host,
        origin: Document.origin(entry.line, in: lines).marking(entry.value))
    }
    if let pages {
      page.record(
        "host.sets_thp", .text(pages.choice), of: host,
        origin: Document.origin(pages.line, in: lines).marking(pages.choice))
    }
  }

  /// What the words of a line set huge pages to.
  static func hugePages(_ line: String) -> String? {
    ["always", "madvise", "never"].first { choice in
      line.contains("transparent_hugepage=" + choice)
        || (line.contains("transparent_hugepage/enabled")
          && ["echo ", "echo '", "echo \""].contains { line.contains($0 + choice) })
    }
  }

  /// `sysctl -w KEY=VALUE ...`, `echo VALUE > /proc/sys/vm/overcommit_memory`.
  private static func kernelSettings(_ line: String) -> [(key: String, value: String)] {
    let words = line.split { $0.isWhitespace || $0 == ";" || $0 == "\"" || $0 == "'" }
      .map(String.init)
    if let at = words.firstIndex(where: { $0 == "sysctl" || $0.hasSuffix("/sysctl") }),
      words.contains("-w")
    {
      return words[at...].compactMap { SysctlSection.setting($0) }
    }
    if let at = words.firstIndex(where: { $0.hasSuffix("/proc/sys/vm/overcommit_memory") }),
      let echo = words[..<at].lastIndex(of: "echo"), echo + 1 < at
    {
      return [("vm.overcommit_memory", words[echo + 1])]
    }
    return []
  }
}
