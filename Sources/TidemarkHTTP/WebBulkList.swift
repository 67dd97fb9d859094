import DNSWire
import TidemarkModel
import TidemarkWeb

/// The lines of a list that somebody pasted, in their order. Blank lines and lines that begin with
/// `#` are passed over.
struct WebBulkList {
  private let octets: [UInt8]
  private var at = 0
  private var index = 0

  init(_ text: String) { octets = Array(text.utf8) }

  /// Lines of the list, those that are passed over too.
  var count: Int {
    let ends = octets.reduce(0) { $1 == ASCII.lineFeed ? $0 + 1 : $0 }
    return octets.isEmpty || octets.last == ASCII.lineFeed ? ends : ends + 1
  }

  /// The next line and how it is read; nil behind the last one.
  mutating func next() -> (line: BulkLine, lookup: String?)? {
    while at < octets.count {
      let end = octets[at...].firstIndex(of: ASCII.lineFeed) ?? octets.endIndex
      let place = index
      let text = WebBulkList.trimmed(octets[at..<end])
      at = end + 1
      index += 1
      guard let first = text.first, first != UInt8(ascii: "#") else { continue }
      return WebBulkList.read(text, at: place)
    }
    return nil
  }

  /// Reads a line as the search box does.
  ///
  /// - Returns: also the value to look up; nil for what cannot be, with the reason in the line.
  private static func read(
    _ text: ArraySlice<UInt8>, at index: Int
  ) -> (line: BulkLine, lookup: String?) {
    guard text.count <= BulkList.lineOctetsMax else {
      let start = String(decoding: text.prefix(64), as: UTF8.self) + "…"
      var line = BulkLine(index: index, line: start)
      line.state = .invalid
      line.reason = "the line is longer than \(BulkList.lineOctetsMax) octets"
      return (line, nil)
    }
    let input = SearchInput(String(decoding: text, as: UTF8.self))
    var line = BulkLine(
      index: index, line: String(decoding: text, as: UTF8.self), value: input.value,
      kind: input.kindWord)
    line.changes = input.changes.joined(separator: "; ")
    if input.isLookup, input.problem == nil { return (line, input.lookupText) }
    line.state = .invalid
    let isEmpty = input.kind == .nothing
    line.reason =
      input.problem
      ?? (isEmpty ? "there is nothing to look up" : "patterns are looked up one at a time")
    return (line, nil)
  }

  /// Without the blanks around it that the page's script takes away, too: what it takes for a value
  /// must be one here.
  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ octet: UInt8) -> Bool { octet == ASCII.space || (9...13).contains(octet) }
    var rest = line.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }
}
