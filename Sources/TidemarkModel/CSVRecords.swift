import DNSWire

/// Cuts delimited text into records (RFC 4180 section 2): a line, or several when a line end stands
/// in quotes. Lines end at LF. The events do not depend on where the text is cut into chunks.
struct CSVRecordCutter: Sendable {
  enum Event: Equatable {
    /// A record without quotes lies in the chunk.
    case inChunk(Range<Int>)
    /// A record lies in ``held``, until the next call.
    case inHeld
    /// The record is too long; what is left of its line is skipped.
    case tooLong
    /// The text ends in quotes.
    case openQuote
    /// The chunk is used up.
    case needsInput
  }

  /// The record of an event ``Event/inHeld``, or the start of one.
  var held: [UInt8] = []
  private let recordOctetsMax: Int
  private let delimiter: UInt8
  private let quote: UInt8?
  private var place = Place.fieldStart
  private var isSkipping = false
  private var isGiven = false

  private enum Place: Sendable { case fieldStart, plain, quoted, quoteInQuoted }

  init(layout: CSVLayout, recordOctetsMax: Int) {
    self.recordOctetsMax = recordOctetsMax
    delimiter = layout.delimiter
    quote = layout.quote
  }

  /// Takes the next record.
  mutating func next(_ chunk: Span<UInt8>, at: inout Int) -> Event {
    release()
    while at < chunk.count {
      if isSkipping {
        at = min(LineCutter.lineFeed(in: chunk, from: at) + 1, chunk.count)
        isSkipping = chunk[at - 1] != ASCII.lineFeed
        continue
      }
      if held.isEmpty, let event = plainLine(chunk, at: &at) { return event }
      if let event = collect(chunk, at: &at) { return event }
    }
    return .needsInput
  }

  /// Ends the text; its last line may lack its end. Call until ``Event/needsInput`` is returned.
  mutating func finish() -> Event {
    release()
    let isOpen = place == .quoted
    place = .fieldStart
    isSkipping = false
    guard !held.isEmpty else { return .needsInput }
    isGiven = true
    return isOpen ? .openQuote : .inHeld
  }

  private mutating func release() {
    guard isGiven else { return }
    isGiven = false
    if held.count > 1 << 16 { held = [] } else { held.removeAll(keepingCapacity: true) }
  }

  /// The usual case: a line that ends in the chunk and has no quotes.
  private mutating func plainLine(_ chunk: Span<UInt8>, at: inout Int) -> Event? {
    let end = LineCutter.lineFeed(in: chunk, from: at)
    guard end < chunk.count else { return nil }
    if let quote,
      LineCutter.place(of: quote, in: chunk.extracting(0..<end), from: at) < end
    {
      return nil
    }
    let line = at..<end
    at = end + 1
    return line.count > recordOctetsMax ? .tooLong : .inChunk(line)
  }

  /// Follows the quotes of a record octet by octet, and keeps it.
  private mutating func collect(_ chunk: Span<UInt8>, at: inout Int) -> Event? {
    let start = at
    while at < chunk.count {
      let octet = chunk[at]
      at += 1
      if octet == ASCII.lineFeed, place != .quoted {
        append(chunk.extracting(start..<(at - 1)))
        place = .fieldStart
        isGiven = true
        return .inHeld
      }
      guard held.count + at - start <= recordOctetsMax else {
        held.removeAll(keepingCapacity: true)
        place = .fieldStart
        isSkipping = octet != ASCII.lineFeed
        return .tooLong
      }
      follow(octet)
    }
    append(chunk.extracting(start..<at))
    return nil
  }

  private mutating func follow(_ octet: UInt8) {
    switch place {
    case .quoted: if octet == quote { place = .quoteInQuoted }
    case .quoteInQuoted where octet == quote: place = .quoted
    case .fieldStart where octet == quote: place = .quoted
    default: place = octet == delimiter ? .fieldStart : .plain
    }
  }

  private mutating func append(_ octets: Span<UInt8>) {
    unsafe octets.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
  }
}

/// The cells of one record.
struct CSVCells: Sendable {
  /// The place of a cell.
  struct Cell: Sendable {
    var range: Range<Int>
    /// True when it lies in ``CSVCells/unquoted``, otherwise in the record.
    var isUnquoted: Bool
  }

  private(set) var cells: [Cell] = []
  /// Cells that stood in quotes, without them.
  private(set) var unquoted: [UInt8] = []

  /// Finds the cells of a record, at most `count`. Blanks around a cell without quotes are no part
  /// of it, nor is a CR at the end of the record.
  mutating func split(
    _ record: Span<UInt8>, delimiter: UInt8, quote: UInt8?, count: Int
  ) {
    cells.removeAll(keepingCapacity: true)
    unquoted.removeAll(keepingCapacity: true)
    var end = record.count
    if end > 0, record[end - 1] == ASCII.carriageReturn { end -= 1 }
    var at = 0
    while cells.count < count {
      if let quote, at < end, record[at] == quote {
        unquote(record, at: &at, end: end, delimiter: delimiter, quote: quote)
      } else {
        let start = at
        while at < end, record[at] != delimiter { at += 1 }
        cells.append(
          Cell(range: CSVCells.trimmed(record, start..<at, delimiter), isUnquoted: false))
      }
      guard at < end else { return }
      at += 1
    }
  }

  /// Copies a cell in quotes. What stands behind the closing quote, though nothing may, is kept.
  private mutating func unquote(
    _ record: Span<UInt8>, at: inout Int, end: Int, delimiter: UInt8, quote: UInt8
  ) {
    let start = unquoted.count
    at += 1
    while at < end {
      if record[at] == quote {
        at += 1
        guard at < end, record[at] == quote else { break }
      }
      unquoted.append(record[at])
      at += 1
    }
    while at < end, record[at] != delimiter {
      unquoted.append(record[at])
      at += 1
    }
    cells.append(Cell(range: start..<unquoted.count, isUnquoted: true))
  }

  private static func trimmed(
    _ record: Span<UInt8>, _ range: Range<Int>, _ delimiter: UInt8
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(record[start]) { start += 1 }
    while end > start, isBlank(record[end - 1]) { end -= 1 }
    return start..<end
  }

  private static func isBlank(_ octet: UInt8) -> Bool {
    octet == ASCII.space || octet == ASCII.tab
  }
}
