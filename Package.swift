// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

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

    .target(name: "Model", swiftSettings: strict),
    .target(
      name: "YAML", dependencies: ["CYAML"], swiftSettings: strict,
      linkerSettings: [archive("yaml")]),
    .target(
      name: "Readers", dependencies: ["Model", "YAML", "CZlib", "CZstd"], swiftSettings: strict,
      linkerSettings: [archive("z"), archive("zstd")]),
    .target(
      name: "Reasoning", dependencies: ["Model", "YAML"], exclude: ["Rules"],
      swiftSettings: strict, plugins: ["EmbedRules"]),
    .target(name: "Reports", dependencies: ["Model"], swiftSettings: strict),
    .target(
      name: "Collectors", dependencies: ["Model", "CHiredis", "CZlib"], swiftSettings: strict,
      linkerSettings: [archive("hiredis"), archive("z")]),
    .executableTarget(
      name: "triage",
      dependencies: [
        "Model", "Readers", "Reasoning", "Reports", "Collectors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(name: "embed-rules", swiftSettings: strict),
    .plugin(name: "EmbedRules", capability: .buildTool(), dependencies: ["embed-rules"]),

    .testTarget(name: "ModelTests", dependencies: ["Model", "YAML"], swiftSettings: strict),
    .testTarget(name: "ReadersTests", dependencies: ["Readers"], swiftSettings: strict),
    .testTarget(name: "ReasoningTests", dependencies: ["Reasoning"], swiftSettings: strict),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports"], exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(name: "TriageTests", dependencies: ["triage"], swiftSettings: strict),
    .testTarget(name: "CollectorsTests", dependencies: ["Collectors"], swiftSettings: strict),
  ]
)
