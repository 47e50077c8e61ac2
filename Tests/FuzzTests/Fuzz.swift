import Glibc

/// libFuzzer's loop, which calls back with one input after another.
@_extern(c, "LLVMFuzzerRunDriver")
private func runLibFuzzer(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `fuzz` lists the targets; `fuzz TARGET [libFuzzer's options and folders]` runs one.
@_cdecl("fuzz_main")
func fuzz(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  guard let name = count > 1 ? arguments[1].map({ String(cString: $0) }) : nil else {
    for target in FuzzTarget.all { print(target.name) }
    return 0
  }
  guard FuzzTarget.named(name) != nil else {
    print("fuzz: no target \(name); without arguments all are listed")
    return 2
  }
  // libFuzzer sees what stands behind the target.
  arguments[1] = arguments[0]
  var rest = arguments + 1
  var restCount = count - 1
  setenv(chosenName, name, 1)
  return runLibFuzzer(&restCount, &rest, testOneInput)
}

/// How the target's name reaches a function that C calls with nothing but bytes.
private let chosenName = "TRIAGE_FUZZ_TARGET"
private let chosen = getenv(chosenName).flatMap { FuzzTarget.named(String(cString: $0)) }

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen?.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
