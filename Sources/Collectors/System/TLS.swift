#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whom to trust and who we are, for `rediss://`.
package struct TLSOptions: Sendable, Equatable {
  /// A file of certificates in PEM; nil means those that the system trusts.
  package var authority: String?
  package var certificate: String?
  package var key: String?

  package init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authority = authority
    self.certificate = certificate
    self.key = key
  }
}

/// The part of OpenSSL that a client needs, loaded when it is wanted: nobody else pays for it, and
/// its repairs come with the system.
final class TLSLibrary {
  typealias Handle = UnsafeMutableRawPointer

  private static let names = ["libssl.so.3", "libssl.so.1.1"]

  let method: @convention(c) () -> Handle?
  let newContext: @convention(c) (Handle?) -> Handle?
  let freeContext: @convention(c) (Handle?) -> Void
  let controlContext: @convention(c) (Handle?, Int32, Int, Handle?) -> Int
  let trustSystem: @convention(c) (Handle?) -> Int32
  let trust: @convention(c) (Handle?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Int32
  let useCertificate: @convention(c) (Handle?, UnsafePointer<CChar>?) -> Int32
  let useKey: @convention(c) (Handle?, UnsafePointer<CChar>?, Int32) -> Int32
  let setVerify: @convention(c) (Handle?, Int32, Handle?) -> Void
  let newSession: @convention(c) (Handle?) -> Handle?
  let freeSession: @convention(c) (Handle?) -> Void
  let setDescriptor: @convention(c) (Handle?, Int32) -> Int32
  let control: @convention(c) (Handle?, Int32, Int, UnsafePointer<CChar>?) -> Int
  let setHost: @convention(c) (Handle?, UnsafePointer<CChar>?) -> Int32
  let parameters: @convention(c) (Handle?) -> Handle?
  let setAddress: @convention(c) (Handle?, UnsafePointer<CChar>?) -> Int32
  let connect: @convention(c) (Handle?) -> Int32
  let read: @convention(c) (Handle?, Handle?, Int32) -> Int32
  let write: @convention(c) (Handle?, UnsafeRawPointer?, Int32) -> Int32
  let errorOf: @convention(c) (Handle?, Int32) -> Int32
  let verifyResult: @convention(c) (Handle?) -> Int
  let verifyWords: @convention(c) (Int) -> UnsafePointer<CChar>?
  let nextError: @convention(c) () -> UInt
  let errorWords: @convention(c) (UInt, UnsafeMutablePointer<CChar>?, Int) -> Void

  /// Nil where the system has no OpenSSL of a kind that is known.
  init?() {
    let library = TLSLibrary.names.lazy.compactMap { dlopen($0, RTLD_NOW | RTLD_LOCAL) }.first
    guard let library else { return nil }
    func symbol(_ name: String) -> Handle? { dlsym(library, name) }
    guard let method = symbol("TLS_client_method"), let newContext = symbol("SSL_CTX_new"),
      let freeContext = symbol("SSL_CTX_free"), let controlContext = symbol("SSL_CTX_ctrl"),
      let trustSystem = symbol("SSL_CTX_set_default_verify_paths"),
      let trust = symbol("SSL_CTX_load_verify_locations"),
      let useCertificate = symbol("SSL_CTX_use_certificate_chain_file"),
      let useKey = symbol("SSL_CTX_use_PrivateKey_file"),
      let setVerify = symbol("SSL_CTX_set_verify"), let newSession = symbol("SSL_new"),
      let freeSession = symbol("SSL_free"), let setDescriptor = symbol("SSL_set_fd"),
      let control = symbol("SSL_ctrl"), let setHost = symbol("SSL_set1_host"),
      let parameters = symbol("SSL_get0_param"),
      let setAddress = symbol("X509_VERIFY_PARAM_set1_ip_asc"),
      let connect = symbol("SSL_connect"), let read = symbol("SSL_read"),
      let write = symbol("SSL_write"), let errorOf = symbol("SSL_get_error"),
      let verifyResult = symbol("SSL_get_verify_result"),
      let verifyWords = symbol("X509_verify_cert_error_string"),
      let nextError = symbol("ERR_get_error"), let errorWords = symbol("ERR_error_string_n")
    else { return nil }
    func cast<T>(_ pointer: Handle, _ type: T.Type = T.self) -> T {
      unsafeBitCast(pointer, to: type)
    }
    self.method = cast(method)
    self.newContext = cast(newContext)
    self.freeContext = cast(freeContext)
    self.controlContext = cast(controlContext)
    self.trustSystem = cast(trustSystem)
    self.trust = cast(trust)
    self.useCertificate = cast(useCertificate)
    self.useKey = cast(useKey)
    self.setVerify = cast(setVerify)
    self.newSession = cast(newSession)
    self.freeSession = cast(freeSession)
    self.setDescriptor = cast(setDescriptor)
    self.control = cast(control)
    self.setHost = cast(setHost)
    self.parameters = cast(parameters)
    self.setAddress = cast(setAddress)
    self.connect = cast(connect)
    self.read = cast(read)
    self.write = cast(write)
    self.errorOf = cast(errorOf)
    self.verifyResult = cast(verifyResult)
    self.verifyWords = cast(verifyWords)
    self.nextError = cast(nextError)
    self.errorWords = cast(errorWords)
  }

  /// What OpenSSL last complained of.
  var complaint: String {
    var text = ""
    // The last on the queue is the nearest to the caller; the first is the cause.
    while true {
      let code = nextError()
      guard code != 0 else { break }
      var words = [CChar](repeating: 0, count: 256)
      errorWords(code, &words, words.count)
      let whole = words.withUnsafeBufferPointer { buffer in
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
      // error:0A000086:SSL routines::certificate verify failed
      if text.isEmpty { text = whole.split(separator: ":").last.map(String.init) ?? whole }
    }
    return text
  }
}

/// TLS over a connected socket that does not block.
final class TLSSession {
  enum Step {
    case done(Int)
    case wantsRead
    case wantsWrite
    case closed
    case failed(String)
  }

  private let library: TLSLibrary
  private let context: TLSLibrary.Handle
  private let session: TLSLibrary.Handle

  /// `host` is what the certificate must be for.
  init(
    _ descriptor: Int32, host: String, options: TLSOptions
  ) throws(ConnectionFault) {
    guard let library = TLSLibrary() else { throw .noTLS }
    guard let context = library.newContext(library.method()) else {
      throw .tls(library.complaint)
    }
    guard let session = try TLSSession.session(library, context, options) else {
      library.freeContext(context)
      throw .tls("not enough memory")
    }
    self.library = library
    self.context = context
    self.session = session
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    let isChecked =
      isAddress
      ? library.setAddress(library.parameters(session), host) : library.setHost(session, host)
    // 55: the name that the server picks its certificate by.
    if !isAddress { _ = library.control(session, 55, 0, host) }
    guard isChecked == 1, library.setDescriptor(session, descriptor) == 1 else {
      throw .tls(library.complaint)
    }
  }

  deinit {
    library.freeSession(session)
    library.freeContext(context)
  }

  private static func session(
    _ library: TLSLibrary, _ context: TLSLibrary.Handle, _ options: TLSOptions
  ) throws(ConnectionFault) -> TLSLibrary.Handle? {
    var fault: String?
    // 123 and 0x0303: nothing older than TLS 1.2. 1: the peer must show a certificate that holds.
    _ = library.controlContext(context, 123, 0x0303, nil)
    library.setVerify(context, 1, nil)
    if let authority = options.authority {
      if library.trust(context, authority, nil) != 1 {
        fault = "the authority's file \(authority): \(library.complaint)"
      }
    } else {
      _ = library.trustSystem(context)
    }
    if fault == nil, let certificate = options.certificate {
      if library.useCertificate(context, certificate) != 1 {
        fault = "the certificate's file \(certificate): \(library.complaint)"
      } else if library.useKey(context, options.key ?? certificate, 1) != 1 {
        fault = "the key's file \(options.key ?? certificate): \(library.complaint)"
      }
    }
    if let fault {
      library.freeContext(context)
      throw .tls(fault)
    }
    return library.newSession(context)
  }

  func connect() -> Step { step(library.connect(session)) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
    step(library.read(session, buffer.baseAddress, Int32(clamping: buffer.count)))
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Step {
    step(library.write(session, bytes.baseAddress, Int32(clamping: bytes.count)))
  }

  private func step(_ result: Int32) -> Step {
    guard result <= 0 else { return .done(Int(result)) }
    switch library.errorOf(session, result) {
    case 2: return .wantsRead
    case 3: return .wantsWrite
    case 5 where library.verifyResult(session) == 0, 6: return .closed
    default:
      let verdict = library.verifyResult(session)
      let complaint = library.complaint
      guard verdict != 0, let words = library.verifyWords(verdict) else {
        return .failed(complaint.isEmpty ? "the connection broke" : complaint)
      }
      return .failed("its certificate does not hold: \(String(cString: words))")
    }
  }
}
