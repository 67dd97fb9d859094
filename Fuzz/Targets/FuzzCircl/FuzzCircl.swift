import DNSWire
import TidemarkQuery

/// A value of `/pdns/query` and, each on a line behind it, the type filter, the count and the
/// cursor of the request. The readers are those of the server, by links to their files.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCircl(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let lines = input.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false)
  if let value = try? CirclValue(lines[0]) { check(value) }
  func field(_ index: Int) -> String? {
    lines.indices.contains(index) && !lines[index].isEmpty
      ? String(decoding: lines[index], as: UTF8.self) : nil
  }
  if let headers = try? CirclHeaders(filter: field(1), count: field(2), cursor: field(3)) {
    precondition((headers.page == nil) == (field(2) == nil), "pages that nobody asked for")
    if let page = headers.page {
      precondition((1...CirclLimits.pageRowsMax).contains(page.rows), "a page out of bounds")
      precondition((page.cursor == nil) == (field(3) == nil), "a cursor was lost or made up")
    }
  } else {
    precondition(field(2) != nil || field(3) != nil, "a filter was refused")
  }
  return 0
}

/// A value has something to look up, and means the same when it is sent in another form.
private func check(_ value: CirclValue) {
  precondition(!value.subjects.isEmpty, "a value that finds nothing")
  precondition(!value.text.utf8.contains { $0 < ASCII.space || $0 == 0x7F }, "a control octet")
  precondition(value.text.utf8.count <= LookupValue.octetsMax, "a value without bound")
  precondition(!value.isAddress || value.subjects.count == 1, "an address and something else")
  // A percent sign that is left may begin an escape of its own.
  guard !value.text.utf8.contains(UInt8(ascii: "%")) else { return }
  var encoded: [UInt8] = []
  for octet in value.text.utf8 {
    let digits = String(octet, radix: 16)
    encoded += Array((digits.utf8.count < 2 ? "%0" : "%").utf8) + Array(digits.utf8)
  }
  let again = try? CirclValue(encoded[...])
  precondition(again?.lookup == value.lookup, "encoded it means something else")
}
