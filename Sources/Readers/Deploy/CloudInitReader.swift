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
        let content = entry["content"]
      else { continue }
      for (text, line) in file.lines(of: content, into: &page) {
        setup.readSetting(text, line: line)
      }
    }
    setup.readScript()
    setup.record(into: &page)
  }
}
