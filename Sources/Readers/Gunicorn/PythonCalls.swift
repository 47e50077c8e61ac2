/// The few calls whose outcome is known without running them.
extension PythonExpression {
  static func call(_ path: String, _ arguments: [PythonValue]?) -> PythonValue {
    guard let arguments else { return .computed }
    let first = arguments.first
    switch path {
    case "multiprocessing.cpu_count", "os.cpu_count", "cpu_count", "mp.cpu_count",
      "os.process_cpu_count", "psutil.cpu_count":
      return arguments.isEmpty ? PythonValue(content: .perCore(1, extra: 0)) : .computed
    case "os.environ.get", "os.getenv", "environ.get", "getenv":
      guard case .text(let name)? = first?.content, arguments.count <= 2 else { return .computed }
      let fallback = arguments.count == 2 ? arguments[1] : PythonValue(content: .none)
      return PythonValue(content: fallback.content, environment: name)
    case "int", "float": return first.map { converted($0, isWhole: path == "int") } ?? .computed
    case "str":
      guard let first else { return .computed }
      switch first.content {
      case .text: return first
      case .number(let number) where number == number.rounded() && abs(number) < 1e15:
        return PythonValue(content: .text(String(Int(number))), environment: first.environment)
      default: return .computed
      }
    case "bool":
      guard let first, let truth = first.truth else { return .computed }
      return PythonValue(content: .flag(truth), environment: first.environment)
    case "max", "min":
      let numbers = arguments.compactMap(\.number)
      guard numbers.count == arguments.count,
        let value = path == "max" ? numbers.max() : numbers.min()
      else { return .computed }
      return PythonValue(
        content: .number(value),
        environment: arguments.lazy.compactMap(\.environment).first)
    default: return .computed
    }
  }

  private static func converted(_ value: PythonValue, isWhole: Bool) -> PythonValue {
    switch value.content {
    case .number(let number):
      return PythonValue(
        content: .number(isWhole ? number.rounded(.towardZero) : number),
        environment: value.environment)
    case .perCore: return value
    case .text(let text):
      guard let number = Double(text.bare), number.isFinite else { return .computed }
      return PythonValue(content: .number(number), environment: value.environment)
    case .flag(let flag):
      return PythonValue(content: .number(flag ? 1 : 0), environment: value.environment)
    default: return .computed
    }
  }
}
