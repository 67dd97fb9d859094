/// Cuts a zone file into entries: takes comments and parentheses out and joins lines.
///
/// A line without any of `( ) ; " \` that lies whole in its chunk is given as it is. All others are
/// copied octet by octet into one buffer, which also carries an entry over chunk ends.
struct ZoneLines: Sendable {
  enum Found {
    /// An entry that lies in the chunk, without leading blanks, never empty.
    case line(Range<Int>)
    /// An entry that ``takeText()`` gives, never empty.
    case joined
    /// An entry that cannot be used; ``takeText()`` gives what there is of it.
    case broken(ZoneRejectionReason)
    case needsInput
    case end
  }

  /// Line on which the last entry starts.
  private(set) var start: UInt64 = 1
  /// True when the last entry starts with a blank: its owner is that of the entry before.
  private(set) var startsBlank = false

  private var line: UInt64 = 1
  private var text: [UInt8] = []
  private var depth = 0
  private var isAtStart = true
  private var isQuoted = false
  private var isEscaped = false
  private var isComment = false
  private var isBlankPending = false
  /// Where the owner ends; in an owner a quote is an octet like others.
  private var isOwner = false
  private var isFinished = false
  private var failure: ZoneRejectionReason?

  /// Gives up the buffer while an entry is read from it.
  mutating func takeText() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &text)
    return taken
  }

  /// Takes the buffer back.
  mutating func recycle(_ used: consuming [UInt8]) {
    text = used
    // A monster of an entry does not keep its memory.
    text.removeAll(keepingCapacity: text.capacity <= 1 << 16)
  }

  mutating func next(_ chunk: Span<UInt8>, at: inout Int, isFinal: Bool) -> Found {
    while at < chunk.count {
      if isAtStart, let found = plainLine(chunk, at: &at) {
        if case .line(let range) = found, range.isEmpty { continue }
        return found
      }
      let octet = chunk[at]
      at += 1
      if take(octet), let found = ended() { return found }
    }
    guard isFinal else { return .needsInput }
    guard !isFinished else { return .end }
    isFinished = true
    if depth > 0 {
      depth = 0
      fail(.unbalancedParenthesis)
    }
    if isQuoted { fail(.unterminatedQuote) }
    endLine()
    return ended() ?? .end
  }

  /// The next line, when it can be used where it lies; an empty range for a blank one. Nil leaves
  /// the position unchanged.
  private mutating func plainLine(_ chunk: Span<UInt8>, at: inout Int) -> Found? {
    var end = at
    while end < chunk.count {
      let octet = chunk[end]
      if octet <= UInt8(ascii: ";") {
        if octet == ASCII.lineFeed { break }
        if ZoneLines.isSpecial(octet) { return nil }
      } else if octet == ASCII.backslash {
        return nil
      }
      end += 1
    }
    guard end < chunk.count, end - at <= ZoneScanner.entryOctetsMax else { return nil }
    start = line
    line += 1
    var first = at
    while first < end, PresentationTokenizer.isBlank(chunk[first]) { first += 1 }
    startsBlank = first > at
    at = end + 1
    return .line(first..<end)
  }

  @inline(__always)
  private static func isSpecial(_ octet: UInt8) -> Bool {
    octet == ASCII.quote || octet == UInt8(ascii: ";") || octet == UInt8(ascii: "(")
      || octet == UInt8(ascii: ")")
  }

  /// Takes one octet; true when it ends an entry.
  private mutating func take(_ octet: UInt8) -> Bool {
    if isAtStart { begin(octet) }
    if octet == ASCII.lineFeed { return takeLineEnd() }
    if isComment { return false }
    if isEscaped || isQuoted { return takeInside(octet) }
    switch octet {
    case UInt8(ascii: ";"): isComment = true
    case UInt8(ascii: "("):
      depth += 1
      blank()
    case UInt8(ascii: ")"):
      blank()
      depth -= 1
      if depth < 0 {
        depth = 0
        fail(.unbalancedParenthesis)
      }
    case ASCII.space, ASCII.tab, ASCII.carriageReturn: blank()
    case ASCII.quote:
      append(octet)
      isQuoted = !isOwner
    case ASCII.backslash:
      append(octet)
      isEscaped = true
    default: append(octet)
    }
    return false
  }

  private mutating func begin(_ octet: UInt8) {
    start = line
    isAtStart = false
    startsBlank = octet == ASCII.space || octet == ASCII.tab || octet == ASCII.carriageReturn
    isOwner = !startsBlank
    text.removeAll(keepingCapacity: true)
  }

  private mutating func takeInside(_ octet: UInt8) -> Bool {
    append(octet)
    if isEscaped {
      isEscaped = false
    } else if octet == ASCII.backslash {
      isEscaped = true
    } else if octet == ASCII.quote {
      isQuoted = false
    }
    return false
  }

  private mutating func takeLineEnd() -> Bool {
    line += 1
    if isQuoted {
      depth = 0
      fail(.unterminatedQuote)
    }
    // Joined lines would make it an escaped blank.
    if isEscaped, depth > 0 { fail(.badRData(.badEscape)) }
    isComment = false
    isEscaped = false
    guard depth > 0, failure != .entryTooLong else {
      depth = 0
      endLine()
      return true
    }
    blank()
    return false
  }

  private mutating func endLine() {
    isAtStart = true
    isQuoted = false
    isEscaped = false
    isComment = false
    isBlankPending = false
  }

  /// What the entry that has just ended is; nil when it is blank.
  private mutating func ended() -> Found? {
    if let failure {
      self.failure = nil
      return .broken(failure)
    }
    return text.isEmpty ? nil : .joined
  }

  private mutating func blank() {
    isBlankPending = !text.isEmpty
    if isBlankPending { isOwner = false }
  }

  private mutating func append(_ octet: UInt8) {
    guard text.count < ZoneScanner.entryOctetsMax else { return fail(.entryTooLong) }
    if isBlankPending {
      // Blanks inside quotes come here as octets; these are between words.
      isBlankPending = false
      text.append(ASCII.space)
    }
    text.append(octet)
  }

  /// Remembers the first thing that is wrong with the entry.
  private mutating func fail(_ reason: ZoneRejectionReason) {
    if failure == nil { failure = reason }
  }
}
