import Foundation
import PackagePlugin

/// Writes the built-in rule pack, parsed, into one Swift file of static strings, so that the binary runs
/// alone wherever it is copied and need not parse it. (`.embedInCode` takes a minute for the same text.)
@main
struct EmbedRules: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let rules = context.package.directoryURL.appending(path: "Sources/Reasoning/Rules")
    let output = context.pluginWorkDirectoryURL.appending(path: "BuiltInRules.swift")
    let files = try rulesFiles(under: rules)
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) rule files",
        executable: try context.tool(named: "embed-rules").url,
        arguments: [rules.path(), output.path()],
        inputFiles: files, outputFiles: [output])
    ]
  }
}

/// All YAML files below a folder: they are the inputs, so that a change or a new file rebuilds.
private func rulesFiles(under folder: URL) throws -> [URL] {
  guard let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
  else { return [] }
  return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" }
    .sorted { $0.path() < $1.path() }
}
