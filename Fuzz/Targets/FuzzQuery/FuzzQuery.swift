import DNSWire
import TidemarkModel

/// A request target, and each of its values as cursor and as time. The readers are those of the
/// server, by links to their files: the server itself would bring all its dependencies.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuery(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let target = RequestTarget(String(decoding: input, as: UTF8.self))
  _ = target.rest(after: "/api/v1")
  _ = RequestTarget.decode(target.path)
  guard let pairs = try? target.pairs() else { return 0 }
  precondition(Set(pairs.map(\.name)).count == pairs.count, "a name comes twice")
  for pair in pairs {
    if let octets = CursorText.decode(pair.value) {
      precondition(CursorText.encode(octets) == pair.value, "octets with two texts")
    }
    if let parts = CursorParts(text: pair.value) {
      precondition(parts.text == pair.value, "a cursor with two texts")
      precondition(parts.tag.count == CursorParts.tagOctets, "a cursor without tag")
    }
    _ = TimeText.parse(pair.value, now: 1_800_000_000)
  }
  return 0
}
