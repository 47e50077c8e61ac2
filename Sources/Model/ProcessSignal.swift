/// Signals by the names that service managers give them: signal(7), without `SIG`.
package enum ProcessSignal {
  private static let names = [
    1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
    11: "SEGV", 13: "PIPE", 14: "ALRM", 15: "TERM",
  ]

  /// The name of a signal of Linux, or its number where it has none here.
  package static func name(_ number: Int) -> String { names[number] ?? "\(number)" }

  /// Whether the processor or the program itself raises it where something is broken.
  package static func isFault(_ name: some StringProtocol) -> Bool {
    ["SEGV", "BUS", "ILL", "FPE", "ABRT"].contains { $0 == name }
  }
}
