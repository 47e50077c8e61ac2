import Model

/// `@EnableRedisHttpSession(maxInactiveIntervalInSeconds = 2147483647)` of Spring Session, in Java or
/// Kotlin: what an annotation says, read as text.
enum SessionAnnotationReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    for (index, line) in lines.enumerated() {
      let code = line.bare
      guard !code.hasPrefix("//"), !code.hasPrefix("*") else { continue }
      guard let name = line.firstRange(of: "maxInactiveIntervalInSeconds") else { continue }
      let rest = line[name.upperBound...].bare
      guard rest.first == "=" else { continue }
      let text = rest.dropFirst().bare.prefix { $0 != ")" && $0 != "," }.bare
      let origin = Document.origin(index + 1, in: lines).marking(text)
      let app = page.subject(.app)
      let seconds = text == "Integer.MAX_VALUE" ? 2_147_483_647 : pythonProduct(String(text))
      guard let seconds else { continue }
      if seconds > 0 {
        page.record("app.session.timeout", seconds, of: app, origin: origin)
      } else {
        page.record("app.session.never_expires", .flag(true), of: app, origin: origin)
      }
    }
  }
}
