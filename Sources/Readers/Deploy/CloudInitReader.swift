import Model
import YAML

/// `#cloud-config`: the kernel settings that its commands make and that the files it writes hold.
///
/// ```
/// #cloud-config
/// write_files:
///   - path: /etc/sysctl.d/60-redis.conf
///     content: |
///       vm.overcommit_memory = 1
/// runcmd:
///   - [sysctl, --system]
/// ```
enum CloudInitReader {
  static func mayHold(_ text: String) -> Bool {
    text.hasPrefix("#cloud-config")
      && (text.contains("sysctl") || HostSetupReader.mayHold(text))
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    var setup = HostSetup(lines: file.document.lines)
    let root = file.nodes(into: &page).first
    for entry in page.first(200, of: root?["write_files"]?.sequence ?? [], "files") {
      guard entry["path"]?.scalar?.hasPrefix("/etc/sysctl") == true, entry["encoding"] == nil,
        let content = entry["content"], let text = content.scalar
      else { continue }
      let parts = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      var next = max(content.line - 1, 0)
      for part in parts.prefix(1000) where !part.bare.isEmpty {
        // Its line is the next that holds the same words, soon behind the one before.
        let near = setup.lines.indices.dropFirst(next).prefix(100)
        guard let line = near.first(where: { setup.lines[$0].bare == part.bare }) else { continue }
        setup.readSetting(String(part), line: line + 1)
        next = line + 1
      }
    }
    setup.readScript()
    setup.record(into: &page)
  }
}
