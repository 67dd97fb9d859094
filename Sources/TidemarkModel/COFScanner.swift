import DNSWire

/// Finds the objects of a stream of JSON text, whatever stands between them.
///
/// Objects may be separated by line ends, blanks, commas or nothing, be spread over lines, and lie
/// in an array. After an error the scanner takes up again at the next `{` that starts a line or
/// follows a `}`, so one bad line costs one line.
struct COFScanner {
  enum Event: Equatable {
    /// ``object`` holds the next object; its offsets refer to the text given.
    case object
    /// Something was skipped; counted once, however long it is.
    case rejected(COFRejection)
    /// An object starts at the position and does not end in the text.
    case incomplete
    /// The whole text was used.
    case exhausted
  }

  /// The object found last.
  private(set) var object = COFObject()
  /// Longest object, octets.
  let objectOctetsMax: Int
  /// The last octet skipped that says where objects may start, nil when nothing is being skipped.
  private var skipped: UInt8?
  private var isAtStart = true

  init(objectOctetsMax: Int) {
    self.objectOctetsMax = objectOctetsMax
  }

  private static let openBrace = UInt8(ascii: "{")
  private static let closeBrace = UInt8(ascii: "}")
  /// Starts a record of a JSON text sequence (RFC 7464).
  private static let recordSeparator: UInt8 = 0x1E

  /// Moves `at` to the next event.
  mutating func advance(_ text: Span<UInt8>, at: inout Int) -> Event {
    if skipped != nil, !skip(text, at: &at) { return .exhausted }
    while at < text.count {
      let octet = text[at]
      switch octet {
      case COFScanner.openBrace:
        isAtStart = false
        return parse(text, at: &at)
      case ASCII.space, ASCII.tab, ASCII.carriageReturn, ASCII.lineFeed, UInt8(ascii: ","),
        UInt8(ascii: "["), UInt8(ascii: "]"), COFScanner.recordSeparator:
        at += 1
      case 0xEF, 0xBB, 0xBF:
        // A byte order mark, which editors on Windows put before the first line.
        guard isAtStart else { return junk() }
        at += 1
      default:
        return junk()
      }
    }
    return .exhausted
  }

  private mutating func junk() -> Event {
    isAtStart = false
    skipped = 0
    return .rejected(.malformedJSON)
  }

  private mutating func parse(_ text: Span<UInt8>, at: inout Int) -> Event {
    let start = at
    let bound = min(text.count - start, objectOctetsMax) + start
    do throws(JSONFault) {
      try object.parse(text.extracting(0..<bound), at: &at)
      return .object
    } catch {
      guard case .malformed(let offset) = error else {
        at = start
        guard bound - start == objectOctetsMax else { return .incomplete }
        at = bound
        skipped = 0
        return .rejected(.tooLong)
      }
      at = max(offset, start + 1)
      skipped = lastMark(text, before: at, from: start)
      return .rejected(.malformedJSON)
    }
  }

  private func lastMark(_ text: Span<UInt8>, before end: Int, from start: Int) -> UInt8 {
    var at = end - 1
    while at > start, mayPrecede(text[at]) { at -= 1 }
    return text[at]
  }

  /// True for what may stand between a line start or `}` and the next object.
  private func mayPrecede(_ octet: UInt8) -> Bool {
    octet == ASCII.space || octet == ASCII.tab || octet == ASCII.carriageReturn
      || octet == UInt8(ascii: ",") || octet == UInt8(ascii: "[")
  }

  /// Moves to where an object may start again; false when that lies beyond the text.
  private mutating func skip(_ text: Span<UInt8>, at: inout Int) -> Bool {
    var last = skipped ?? 0
    while at < text.count {
      let octet = text[at]
      if octet == COFScanner.openBrace,
        last == ASCII.lineFeed || last == COFScanner.closeBrace
      {
        skipped = nil
        return true
      }
      if !mayPrecede(octet) { last = octet }
      at += 1
    }
    skipped = last
    return false
  }
}
