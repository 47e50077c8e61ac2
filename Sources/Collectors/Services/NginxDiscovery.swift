#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds nginx, its configuration with all that it includes, and its logs.
struct NginxDiscovery {
  private static let includeLimit = 64

  let files: SystemFiles
  let findings: Findings
  let logs: ServiceLogs

  func collect(in table: ProcessTable) {
    let masters = table.entries.filter { $0.command.hasPrefix("nginx: master process") }
    for (index, master) in masters.prefix(4).enumerated() {
      findings.begin("nginx, process \(master.pid)")
      collect(master, folder: index == 0 ? "nginx" : "nginx-\(index + 1)")
    }
  }

  private func collect(_ master: ProcessEntry, folder: String) {
    let prefix = ProcessTable.rootPrefix(of: master.pid, files: files)
    let words = master.command.split(separator: " ").map(String.init)
    func option(_ name: String) -> String? {
      words.firstIndex(of: name).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    }
    let home = option("-p") ?? "/etc/nginx"
    var candidates = [
      "/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf",
      "/usr/local/openresty/nginx/conf/nginx.conf", "/opt/nginx/conf/nginx.conf",
    ]
    if let config = option("-c") {
      candidates = [config.hasPrefix("/") ? config : "\(home)/\(config)"]
    } else if option("-p") != nil {
      candidates.insert("\(home)/conf/nginx.conf", at: 0)
    }
    let path = candidates.first { files.exists(prefix + $0) } ?? candidates[0]
    var config = ""
    var left = NginxDiscovery.includeLimit
    do throws(FileFault) {
      config = try expanded(path, prefix: prefix, of: master, depth: 0, left: &left)
      findings.add(
        CollectedFile(
          "\(folder)/nginx.conf", from: path, text: ServiceLogs.withoutSecrets(config)))
    } catch {
      findings.add(
        CollectionGap(
          path, error == .denied ? .privilege : .fault,
          "\(error.words)\(error == .denied ? "; root may read it" : "")"))
    }
    // What it holds open is surer than what the configuration says.
    let written = ProcessTable.written(by: master.pid, files: files)
    for path in (written ?? stated(in: config)).prefix(16) {
      logs.add(prefix + path, folder: folder, of: master.owner)
    }
  }

  /// A configuration with its includes in their places: one text that says all, as `nginx -T` does.
  private func expanded(
    _ path: String, prefix: String, of master: ProcessEntry, depth: Int, left: inout Int
  ) throws(FileFault) -> String {
    left -= 1
    let file = try files.open(prefix + path, readableBy: master.owner)
    let size = min(file.size, ServiceLogs.configLimit)
    let text = String(decoding: file.bytes(at: 0, count: size), as: UTF8.self)
    let home = path.split(separator: "/").dropLast().joined(separator: "/")
    var result = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard let pattern = NginxDiscovery.included(line), depth < 8 else {
        result += line + "\n"
        continue
      }
      result += "# \(line.drop(while: \.isWhitespace))\n"
      let full = pattern.hasPrefix("/") ? pattern : "/\(home)/\(pattern)"
      for path in matching(full, prefix: prefix) where !path.hasSuffix("/mime.types") {
        guard left > 0, result.utf8.count < ServiceLogs.configLimit else {
          findings.add(
            CollectionGap(path, .fault, "more than \(NginxDiscovery.includeLimit) included files"))
          break
        }
        do throws(FileFault) {
          result += "# configuration file \(path):\n"
          result += try expanded(path, prefix: prefix, of: master, depth: depth + 1, left: &left)
        } catch {
          findings.add(
            CollectionGap(path, error == .denied ? .privilege : .fault, error.words))
        }
      }
    }
    return result
  }

  /// `    include /etc/nginx/sites-enabled/*;`
  static func included(_ line: Substring) -> String? {
    let text = line.drop(while: \.isWhitespace)
    guard text.hasPrefix("include"), let end = text.firstIndex(of: ";"),
      let mark = text.dropFirst(7).first, mark.isWhitespace
    else { return nil }
    let path = text[..<end].dropFirst(7).filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
    return path.isEmpty ? nil : path
  }

  /// Only the last part of a path may hold a pattern.
  private func matching(_ path: String, prefix: String) -> [String] {
    guard path.contains("*") || path.contains("?") else {
      return files.exists(prefix + path) ? [path] : []
    }
    guard let slash = path.lastIndex(of: "/") else { return [] }
    let folder = String(path[..<slash])
    let pattern = String(path[path.index(after: slash)...])
    do throws(FileFault) {
      return try files.names(in: prefix + folder)
        .filter { fnmatch(pattern, $0, FNM_PERIOD) == 0 }.map { "\(folder)/\($0)" }
    } catch {
      return []
    }
  }

  /// The logs that a configuration names, where the open files are not ours to see.
  private func stated(in config: String) -> [String] {
    var paths: [String] = []
    for line in config.split(separator: "\n") {
      let words = line.split { $0.isWhitespace || $0 == ";" }
      guard words.count >= 2, words[0] == "access_log" || words[0] == "error_log",
        words[1].hasPrefix("/"), !words[1].hasPrefix("/dev/"), !paths.contains(String(words[1]))
      else { continue }
      paths.append(String(words[1]))
    }
    return paths.isEmpty ? ["/var/log/nginx/access.log", "/var/log/nginx/error.log"] : paths
  }
}
