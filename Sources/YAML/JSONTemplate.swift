/// JSON in which what a template fills in is `null`, without quotes, at its place.
package func filledTemplate(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  var isText = false
  var index = 0
  while index < bytes.count {
    switch bytes[index] {
    case UInt8(ascii: "\\") where isText: index += 1
    case UInt8(ascii: "\""): isText.toggle()
    case UInt8(ascii: "$") where !isText && bytes[index...].starts(with: [0x24, 0x7B]):
      guard let end = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "}") || $0 == 0x0A }),
        bytes[end] != 0x0A
      else { return bytes }
      for (offset, place) in (index...end).enumerated() {
        bytes[place] = offset < 4 ? Array("null".utf8)[offset] : 0x20
      }
      index = end
    default: break
    }
    index += 1
  }
  return bytes
}
