import Foundation
import Synchronization
import Testing

@testable import Collectors

/// A scripted server on a free port of the loopback address: notes the commands that come and sends
/// what the script says, `gap` seconds between bytes where one is given.
final class FakeRedis: Sendable {
  enum Answer: Sendable {
    case text(String)
    case slowly(String, gap: Double)
    case nothing
    case close
  }

  let port: Int
  private let listener: Int32
  private let commands = Mutex<[[String]]>([])

  /// Every command that was received.
  var received: [[String]] { commands.withLock { $0 } }

  init(_ script: @escaping @Sendable ([String]) -> Answer) {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size)
        listen(listener, 8)
        getsockname(listener, pointer, &size)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread { [self] in serve(script) }.start()
  }

  /// Ends the thread that waits for callers.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ script: @Sendable ([String]) -> Answer) {
    while true {
      let caller = accept(listener, nil, nil)
      guard caller >= 0 else { break }
      // As Redis does; else each second reply waits for the first to be acknowledged.
      var on: Int32 = 1
      setsockopt(caller, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      converse(caller, script)
      close(caller)
    }
    close(listener)
  }

  private func converse(_ caller: Int32, _ script: @Sendable ([String]) -> Answer) {
    var pending: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      while let command = takeCommand(&pending) {
        commands.withLock { $0.append(command) }
        switch script(command) {
        case .text(let text):
          guard put(Array(text.utf8), caller) else { return }
        case .slowly(let text, let gap):
          for byte in text.utf8 {
            guard put([byte], caller) else { return }
            Thread.sleep(forTimeInterval: gap)
          }
        case .nothing: break
        case .close: return
        }
      }
      let count = recv(caller, &part, part.count, 0)
      guard count > 0 else { return }
      pending += part[..<count]
    }
  }

  private func put(_ bytes: [UInt8], _ caller: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(caller, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

/// Takes one whole command (`*2\r\n$4\r\nINFO\r\n$3\r\nALL\r\n`) off the front.
private func takeCommand(_ pending: inout [UInt8]) -> [String]? {
  var rest = pending[...]
  func number(after mark: Character) -> Int? {
    guard let end = rest.firstIndex(of: 10), rest.first == mark.asciiValue else { return nil }
    defer { rest = rest[(end + 1)...] }
    return Int(String(decoding: rest[(rest.startIndex + 1)..<(end - 1)], as: UTF8.self))
  }
  guard let count = number(after: "*") else { return nil }
  var words: [String] = []
  for _ in 0..<count {
    guard let length = number(after: "$"), rest.count >= length + 2 else { return nil }
    words.append(String(decoding: rest.prefix(length), as: UTF8.self))
    rest = rest.dropFirst(length + 2)
  }
  pending = Array(rest)
  return words
}

/// RESP spellings.
func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }
func list(_ items: String...) -> String { "*\(items.count)\r\n" + items.joined() }
