import Model

/// What scripts that set up a host (`rc.local`, user data) and the kernel's command line in `/etc/default/grub` say
/// of kernel settings and huge pages; the last of each counts. Nothing of it is run.
///
/// ```
/// sysctl -w vm.overcommit_memory=0
/// echo "vm.overcommit_memory = 1" >> /etc/sysctl.conf
/// echo always > /sys/kernel/mm/transparent_hugepage/enabled
/// GRUB_CMDLINE_LINUX="transparent_hugepage=always"
/// ```
enum HostSetupReader {
  static func mayHold(_ text: String) -> Bool {
    text.contains("transparent_hugepage") || text.contains("sysctl -w")
      || text.contains("sysctl vm.") || text.contains("sysctl net.")
      || text.contains("/proc/sys/vm/overcommit_memory") || text.contains("/etc/sysctl")
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    var setup = HostSetup(lines: file.document.lines)
    setup.readScript()
    setup.record(into: &page)
  }

  /// What an instance runs as it starts, where one of these keys of a template holds it. Of several in one file it
  /// is not known which host is which.
  static func readUserData(_ file: DeployFile, marks: Set<String>, into page: inout Page) {
    let lines = file.document.lines
    let holders = lines.count { line in
      let key = line.bare.prefix { $0.isLetter || $0.isNumber || "_\"".contains($0) }
      return marks.contains(key.filter { $0 != "\"" })
    }
    guard holders == 1 else { return }
    read(file, into: &page)
  }

  /// What the words of a line set huge pages to.
  static func hugePages(_ line: String) -> String? {
    ["always", "madvise", "never"].first { choice in
      line.contains("transparent_hugepage=" + choice)
        || (line.contains("transparent_hugepage/enabled")
          && ["echo ", "echo '", "echo \""].contains { line.contains($0 + choice) })
    }
  }
}

/// The settings that one host gets, each with the line that makes it.
struct HostSetup {
  let lines: [String]
  private var settings: [String: (value: String, line: Int)] = [:]
  private var pages: (choice: String, line: Int)?

  init(lines: [String]) { self.lines = lines }

  /// Commands, each on a line; a here-document that goes to a file of sysctl holds settings.
  mutating func readScript() {
    var end: String?
    for (index, line) in lines.enumerated() where !line.bare.hasPrefix("#") {
      if let mark = end {
        if line.bare == mark { end = nil } else { readSetting(line, line: index + 1) }
        continue
      }
      for setting in HostSetup.commands(in: line) {
        settings[setting.key] = (setting.value, index + 1)
      }
      if let choice = HostSetupReader.hugePages(line) { pages = (choice, index + 1) }
      end = HostSetup.mark(ofHereDocument: line)
    }
  }

  /// A line of a file of sysctl.
  mutating func readSetting(_ text: String, line: Int) {
    let bare = text.bare
    guard !bare.hasPrefix("#"), !bare.hasPrefix(";") else { return }
    if let setting = SysctlSection.setting(text) { settings[setting.key] = (setting.value, line) }
  }

  mutating func forget(_ names: Set<String>) {
    for name in names { settings[name] = nil }
  }

  func record(into page: inout Page) {
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

  /// `sysctl -w KEY=VALUE ...` (with or without `-w`), `echo VALUE > /proc/sys/vm/overcommit_memory`,
  /// `echo KEY=VALUE >> /etc/sysctl.conf`; cloud-init also has words in lists: `[sysctl, -w, KEY=VALUE]`.
  private static func commands(in line: String) -> [(key: String, value: String)] {
    let words = line.split { $0.isWhitespace || ";\"',[]".contains($0) }.map(String.init)
    if let at = words.firstIndex(where: { $0 == "sysctl" || $0.hasSuffix("/sysctl") }) {
      return words[at...].compactMap { SysctlSection.setting($0) }
    }
    guard let echo = words.firstIndex(where: { $0 == "echo" || $0 == "printf" }) else { return [] }
    if let at = words.firstIndex(where: { $0.hasSuffix("/proc/sys/vm/overcommit_memory") }) {
      return echo + 1 < at ? [("vm.overcommit_memory", words[echo + 1])] : []
    }
    guard let at = words.lastIndex(where: { $0.contains("/etc/sysctl") }), echo < at else {
      return []
    }
    let text = words[(echo + 1)..<at].prefix { !$0.hasPrefix(">") && $0 != "|" }
    let whole = text.joined(separator: " ").split(separator: "\\n").first.map(String.init) ?? ""
    return [SysctlSection.setting(whole)].compactMap(\.self)
  }

  /// `cat > /etc/sysctl.d/60-redis.conf <<'EOF'`
  private static func mark(ofHereDocument line: String) -> String? {
    guard line.contains("/etc/sysctl"), let start = line.firstRange(of: "<<") else { return nil }
    let mark = line[start.upperBound...].drop { $0 == "-" || $0 == "~" || $0.isWhitespace }
      .drop { $0 == "'" || $0 == "\"" || $0 == "\\" }
      .prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return mark.isEmpty ? nil : String(mark)
  }
}
