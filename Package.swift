// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// `make fuzz` asks for instrumented libraries and the program that libFuzzer drives.
let fuzzes = ProcessInfo.processInfo.environment["TRIAGE_FUZZ"] != nil
/// A debug build, since release builds are not instrumented, but optimised: five times as many runs.
let sanitizers = ["-sanitize=fuzzer,address", "-O"]

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Of the libraries that read what others wrote.
let reading = strict + (fuzzes ? [.unsafeFlags(sanitizers)] : [])

/// A C library from Debian's -dev package, linked from its static archive: the module map names no
/// library, so the archive is named here.
func archive(_ name: String) -> LinkerSetting { .linkedLibrary(":lib\(name).a") }

let package = Package(
  name: "triage",
  products: [.executable(name: "triage", targets: ["triage"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLzma", providers: [.apt(["liblzma-dev"])]),

    .target(name: "CWide"),
    .target(name: "COlderGlibc"),
    .target(name: "CPages"),
    .target(name: "Model", swiftSettings: reading),
    .target(
      name: "YAML", dependencies: ["CYAML"], swiftSettings: reading,
      linkerSettings: [archive("yaml")]),
    .target(
      name: "Readers",
      dependencies: ["Model", "YAML", "CWide", "CPages", "CZlib", "CZstd", "CLzma"],
      swiftSettings: reading, linkerSettings: [archive("z"), archive("zstd"), archive("lzma")]),
    .target(
      name: "Reasoning", dependencies: ["Model", "YAML"], exclude: ["Rules"],
      swiftSettings: reading, plugins: ["EmbedRules"]),
    .target(name: "Reports", dependencies: ["Model"], swiftSettings: strict),
    .target(
      name: "Collectors", dependencies: ["Model", "CHiredis", "CZlib", "CZstd"],
      swiftSettings: strict,
      linkerSettings: [archive("hiredis"), archive("z"), archive("zstd")]),
    .executableTarget(
      name: "triage",
      dependencies: [
        "Model", "Readers", "Reasoning", "Reports", "Collectors", "COlderGlibc",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      // Nothing is looked up in the program by name: a table of 3,000 names is 300 KiB less.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"])]),

    .executableTarget(
      name: "embed-rules", dependencies: ["YAML"], swiftSettings: strict,
      // What is instrumented for fuzzing needs its runtime in this tool too.
      linkerSettings: fuzzes ? [.unsafeFlags(["-sanitize=address", "-use-ld=lld"])] : []),
    .plugin(name: "EmbedRules", capability: .buildTool(), dependencies: ["embed-rules"]),

    .testTarget(name: "ModelTests", dependencies: ["Model", "YAML"], swiftSettings: strict),
    .testTarget(name: "ReadersTests", dependencies: ["Readers", "CWide"], swiftSettings: strict),
    .testTarget(
      name: "ReasoningTests", dependencies: ["Reasoning", "YAML"], swiftSettings: strict),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports"], exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(name: "TriageTests", dependencies: ["triage"], swiftSettings: strict),
    .testTarget(
      name: "CollectorsTests", dependencies: ["Collectors", "Model", "CZstd"], swiftSettings: strict
    ),
  ]
)

package.targets.append(
  fuzzes
    ? .executableTarget(
      name: "fuzz", dependencies: ["Model", "YAML", "Readers", "Reasoning"],
      path: "Tests/FuzzTests", exclude: ["FoundInputsTests.swift"],
      swiftSettings: reading + [.enableExperimentalFeature("Extern")],
      // The default linker of this platform stumbles over the symbols of the sanitizers.
      linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])])
    : .testTarget(
      name: "FuzzTests", dependencies: ["Model", "YAML", "Readers", "Reasoning"],
      exclude: ["Fuzz.swift"], swiftSettings: strict))
