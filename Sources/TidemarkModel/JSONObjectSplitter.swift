import DNSWire

/// Cuts a whole text into its JSON objects, by the rules of ``JSONObjectCutter``: whatever stands
/// between them, or nothing (`}{`). Braces in strings do not count. Each octet is looked at once.
///
/// An object that was cut short costs itself and not those behind it: after something that is no
/// object the next brace begins anew, since answers of services may be one line.
package struct JSONObjectSplitter: Sendable {
  /// Places of the objects, braces included. They may still be malformed inside.
  package private(set) var objects: [Range<Int>] = []
  /// Stretches that are no objects.
  package private(set) var malformed = 0
  /// True when the text ends inside an object.
  package private(set) var isCut = false

  private var start: Int?
  private var bounds = JSONBounds()
  private var isSkipping = false

  /// Cuts a text.
  package init(_ text: Span<UInt8>) {
    for at in text.indices {
      if let start {
        inside(text[at], at: at, from: start)
      } else {
        between(text[at], at: at)
      }
    }
    if start != nil {
      isCut = true
      malformed += 1
    }
  }

  private mutating func between(_ octet: UInt8, at: Int) {
    if octet == UInt8(ascii: "{") {
      start = at
      bounds = JSONBounds()
      _ = bounds.take(octet)
      isSkipping = false
    } else if !JSONBounds.mayStandBetween(octet), !isSkipping {
      isSkipping = true
      malformed += 1
    }
  }

  private mutating func inside(_ octet: UInt8, at: Int, from start: Int) {
    switch bounds.take(octet) {
    case .goesOn: break
    case .ends:
      objects.append(start..<(at + 1))
      self.start = nil
    case .breaks:
      malformed += 1
      self.start = nil
      // The rest belongs to what broke, but for a new line or object.
      isSkipping = octet != ASCII.lineFeed
      between(octet, at: at)
    }
  }
}
