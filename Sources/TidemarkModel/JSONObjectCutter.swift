import DNSWire

/// Cuts a feed of JSON text into its objects, whatever stands between them: line ends, blanks,
/// commas, brackets, or nothing. Objects may be spread over lines.
///
/// After something that is no object the cutter takes up again at the next line that starts with
/// `{`, so a line that was cut short costs itself and not the feed. The events do not depend on
/// where the feed is cut into chunks, and each octet is looked at twice at most.
struct JSONObjectCutter: Sendable {
  enum Event: Equatable {
    /// A well-formed object lies in the chunk, brackets included.
    case whole(Range<Int>)
    /// A well-formed object lies in ``held``.
    case held
    /// Something was skipped; counted once, however long it is.
    case rejected(TextRejection)
    /// The chunk is used up.
    case exhausted
  }

  /// The object of an event ``Event/held``, or the start of one whose end has not come yet.
  var held: [UInt8] = []
  /// Longest object, octets.
  let objectOctetsMax: Int

  private enum Place: Sendable { case between, inside, skipping }
  private var place = Place.between
  private var bounds = JSONBounds()
  private var octetsInside = 0
  /// The last octet moved over; a feed starts like a line.
  private var previous = ASCII.lineFeed

  init(objectOctetsMax: Int) {
    self.objectOctetsMax = objectOctetsMax
  }

  private static let openBrace = UInt8(ascii: "{")

  /// Octets of an object whose end has not come yet.
  var heldOctets: Int { place == .inside ? held.count : 0 }

  /// Moves `at` to the next event.
  mutating func advance(_ chunk: Span<UInt8>, at: inout Int) -> Event {
    while at < chunk.count {
      switch place {
      case .skipping:
        if chunk[at] == JSONObjectCutter.openBrace, previous == ASCII.lineFeed {
          place = .between
        } else {
          previous = chunk[at]
          at += 1
        }
      case .inside:
        if let event = collect(chunk, at: &at) { return event }
      case .between:
        if let event = start(chunk, at: &at) { return event }
      }
    }
    return .exhausted
  }

  /// Ends the feed and makes the cutter new.
  ///
  /// - Returns: true when it ended inside an object.
  mutating func finish() -> Bool {
    let isInside = place == .inside
    self = JSONObjectCutter(objectOctetsMax: objectOctetsMax)
    return isInside
  }

  /// Moves over what may stand between objects, and over an object that lies in the chunk.
  private mutating func start(_ chunk: Span<UInt8>, at: inout Int) -> Event? {
    let octet = chunk[at]
    switch octet {
    case JSONObjectCutter.openBrace:
      let bound = at + min(chunk.count - at, objectOctetsMax)
      var end = at
      // The usual case, at the price of one look: a whole object, well-formed.
      if (try? JSONText.value(chunk.extracting(0..<bound), at: &end, depth: 0)) != nil {
        defer { at = end }
        previous = chunk[end - 1]
        return .whole(at..<end)
      }
      place = .inside
      bounds = JSONBounds()
      octetsInside = 0
      held.removeAll(keepingCapacity: true)
    case _ where JSONBounds.mayStandBetween(octet):
      previous = octet
      at += 1
    default:
      place = .skipping
      return .rejected(.malformedJSON)
    }
    return nil
  }

  /// Follows the brackets of an object that is not whole in its chunk, or not well-formed.
  private mutating func collect(_ chunk: Span<UInt8>, at: inout Int) -> Event? {
    let start = at
    while at < chunk.count {
      let octet = chunk[at]
      let step = bounds.take(octet)
      if step == .breaks { return skip(because: .malformedJSON) }
      at += 1
      octetsInside += 1
      previous = octet
      if step == .ends {
        append(chunk.extracting(start..<at))
        place = .between
        return isHeldWellFormed ? .held : .rejected(.malformedJSON)
      }
      if octetsInside == objectOctetsMax { return skip(because: .tooLong) }
    }
    append(chunk.extracting(start..<at))
    return nil
  }

  private mutating func skip(because reason: TextRejection) -> Event {
    held.removeAll(keepingCapacity: true)
    place = .skipping
    return .rejected(reason)
  }

  private mutating func append(_ octets: Span<UInt8>) {
    unsafe octets.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
  }

  private var isHeldWellFormed: Bool {
    var end = 0
    return (try? JSONText.value(held.span, at: &end, depth: 0)) != nil && end == held.count
  }
}

/// Follows the brackets of an object octet by octet, and notices soon when they cannot be right.
struct JSONBounds: Sendable {
  enum Step {
    case goesOn
    /// The object ends with this octet, well-formed or not.
    case ends
    /// The octet cannot be part of the object: a line end in a string, a bracket that closes
    /// another kind, an object where none can start.
    case breaks
  }

  private var depth = 0
  /// One bit for each open bracket, the innermost lowest: 1 for an array.
  private var arrays: UInt64 = 0
  private var isInString = false
  private var isInEscape = false
  /// The last octet outside strings that is not blank.
  private var last: UInt8 = 0

  /// True for what may stand between objects.
  static func mayStandBetween(_ octet: UInt8) -> Bool {
    switch octet {
    case ASCII.space, ASCII.tab, ASCII.carriageReturn, ASCII.lineFeed, UInt8(ascii: ","),
      UInt8(ascii: "["), UInt8(ascii: "]"),
      // Starts a record of a JSON text sequence (RFC 7464).
      0x1E,
      // A byte order mark, which editors on Windows put before the first line.
      0xEF, 0xBB, 0xBF:
      true
    default: false
    }
  }

  mutating func take(_ octet: UInt8) -> Step {
    if isInString { return takeInString(octet) }
    switch octet {
    case ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn: return .goesOn
    case ASCII.quote: isInString = true
    case UInt8(ascii: "{"): if depth > 0, !mayStartObject { return .breaks } else { open(0) }
    case UInt8(ascii: "["): open(1)
    case UInt8(ascii: "}"): guard close(0) else { return .breaks }
    case UInt8(ascii: "]"): guard close(1) else { return .breaks }
    default: break
    }
    last = octet
    if depth > 63 { return .breaks }
    return depth == 0 ? .ends : .goesOn
  }

  private mutating func takeInString(_ octet: UInt8) -> Step {
    if octet == ASCII.lineFeed { return .breaks }
    if isInEscape {
      isInEscape = false
    } else if octet == ASCII.backslash {
      isInEscape = true
    } else if octet == ASCII.quote {
      isInString = false
    }
    return .goesOn
  }

  private var mayStartObject: Bool {
    let isInArray = arrays & 1 == 1
    return isInArray
      ? last == UInt8(ascii: "[") || last == UInt8(ascii: ",") : last == UInt8(ascii: ":")
  }

  private mutating func open(_ kind: UInt64) {
    arrays = arrays << 1 | kind
    depth += 1
  }

  private mutating func close(_ kind: UInt64) -> Bool {
    guard depth > 0, arrays & 1 == kind else { return false }
    arrays >>= 1
    depth -= 1
    return true
  }
}
