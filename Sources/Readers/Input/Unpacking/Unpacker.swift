import Model

/// Unpacks as it is read. Where the packed data ends early, is damaged or unpacks to too much, what was
/// unpacked is given first and then the error.
protocol Unpacker: ByteStream, AnyObject {
  var budget: UnpackingBudget { get }
  /// Kept until what precedes it has been given.
  var failure: SourceError? { get set }

  /// Fills the buffer as far as the packed data goes; `count` says how far, also where it throws.
  func unpack(
    into buffer: UnsafeMutableBufferPointer<UInt8>, count: inout Int
  ) throws(SourceError)
}

extension Unpacker {
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    if let failure { throw failure }
    var count = 0
    do throws(SourceError) {
      try unpack(into: buffer, count: &count)
    } catch {
      failure = error
    }
    do throws(SourceError) {
      try budget.give(count)
    } catch {
      failure = failure ?? error
    }
    if count == 0, let failure { throw failure }
    return count
  }
}
