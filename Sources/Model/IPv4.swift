/// Whether an IPv4 address is one of the internet; nil for what is no such address: a name may be of anything.
/// Private are those of RFC 1918, the shared space of RFC 6598 that some networks use, and a machine's own.
package func isPublicIPv4(_ text: some StringProtocol) -> Bool? {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  let bytes = parts.compactMap { UInt8($0) }
  guard parts.count == 4, bytes.count == 4 else { return nil }
  switch (bytes[0], bytes[1]) {
  case (0, _), (10, _), (127, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127):
    return false
  default: return true
  }
}
