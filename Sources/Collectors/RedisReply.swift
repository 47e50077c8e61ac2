import CHiredis

/// An answer of a Redis server (RESP 2).
enum RedisReply: Sendable, Equatable {
  case bulk([UInt8])
  case status(String)
  case error(String)
  case integer(Int)
  case absent
  case list([RedisReply])

  var text: String? {
    switch self {
    case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
    case .status(let text): text
    case .integer(let number): "\(number)"
    case .error, .absent, .list: nil
    }
  }
}

/// hiredis's parser, which takes bytes as they come; bounds the elements that a reply may announce,
/// since hiredis allocates them before they arrive. Nesting it bounds itself (7 deep).
final class ReplyParser {
  enum Fault: Error { case foreign, tooManyElements }

  static let elementLimit = 200_000

  private struct Allowance {
    var left: Int
    let create: @convention(c) (UnsafePointer<redisReadTask>?, Int32) -> UnsafeMutableRawPointer?
  }

  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private let allowance: UnsafeMutablePointer<Allowance>

  init?() {
    guard let reader = redisReaderCreate() else { return nil }
    guard let standard = reader.pointee.fn?.pointee, let create = standard.createArray else {
      redisReaderFree(reader)
      return nil
    }
    self.reader = reader
    allowance = .allocate(capacity: 1)
    allowance.initialize(to: Allowance(left: ReplyParser.elementLimit, create: create))
    functions = .allocate(capacity: 1)
    functions.initialize(to: standard)
    functions.pointee.createArray = { task, elements in
      guard
        let allowance = task?.pointee.privdata?.assumingMemoryBound(to: Allowance.self),
        elements >= 0, Int(elements) <= allowance.pointee.left
      else { return nil }
      allowance.pointee.left -= Int(elements)
      return allowance.pointee.create(task, elements)
    }
    reader.pointee.fn = functions
    reader.pointee.privdata = UnsafeMutableRawPointer(allowance)
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
    allowance.deallocate()
  }

  func feed(_ bytes: UnsafeBufferPointer<CChar>) {
    redisReaderFeed(reader, bytes.baseAddress, bytes.count)
  }

  /// The next whole reply; nil while it has not all arrived.
  func next() throws(Fault) -> RedisReply? {
    var reply: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &reply) == REDIS_OK else {
      throw reader.pointee.err == REDIS_ERR_OOM ? .tooManyElements : .foreign
    }
    guard let reply else { return nil }
    defer { freeReplyObject(reply) }
    allowance.pointee.left = ReplyParser.elementLimit
    return value(reply.assumingMemoryBound(to: redisReply.self).pointee)
  }

  private func value(_ reply: redisReply) -> RedisReply {
    switch reply.type {
    case REDIS_REPLY_STRING: .bulk(bytes(reply))
    case REDIS_REPLY_STATUS: .status(String(decoding: bytes(reply), as: UTF8.self))
    case REDIS_REPLY_ERROR: .error(String(decoding: bytes(reply), as: UTF8.self))
    case REDIS_REPLY_INTEGER: .integer(Int(reply.integer))
    case REDIS_REPLY_ARRAY:
      .list(
        (0..<reply.elements).map { index in
          reply.element?[index].map { value($0.pointee) } ?? .absent
        })
    default: .absent
    }
  }

  private func bytes(_ reply: redisReply) -> [UInt8] {
    guard let start = reply.str, reply.len > 0 else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: reply.len))
  }
}

extension RedisCommand {
  /// The command as it goes over the wire.
  var wire: [UInt8] {
    let arguments = arguments
    let storage = arguments.map { bytes in
      let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, bytes.count))
      for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
      return copy
    }
    defer { for copy in storage { copy.deallocate() } }
    var pointers = storage.map { UnsafePointer($0.baseAddress) }
    let lengths = arguments.map(\.count)
    var target: UnsafeMutablePointer<CChar>?
    let length = redisFormatCommandArgv(&target, Int32(arguments.count), &pointers, lengths)
    guard length > 0, let target else { return [] }
    defer { redisFreeCommand(target) }
    return Array(UnsafeRawBufferPointer(start: target, count: Int(length)))
  }
}
