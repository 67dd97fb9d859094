import DNSWire

/// How the times of delimited text are written.
enum CSVTimeFormat: Sendable, Equatable {
  /// A number of units since 1970, as many of them as here make a second; a fraction is cut off.
  case epoch(unitsPerSecond: UInt64)
  /// A number since 1970 whose size tells the unit.
  case guess
  /// RFC 3339 and its relatives; without zone it is UTC.
  case iso
  /// A pattern in the manner of `strptime`.
  case pattern([Piece])

  /// A piece of a pattern.
  enum Piece: Sendable, Equatable {
    case year, month, day, hour, minute, second
    /// `%f`: digits behind the point.
    case fraction
    /// `%z`: `Z`, `±hh:mm`, `±hhmm` or `±hh`.
    case offset
    /// `%s`: seconds since 1970.
    case epoch
    case literal(UInt8)
  }

  /// Takes a word or a pattern; nil for anything else.
  init?(_ text: String) {
    switch text.lowercased() {
    case "s", "epoch", "epoch_s": self = .epoch(unitsPerSecond: 1)
    case "ms", "epoch_ms": self = .epoch(unitsPerSecond: 1_000)
    case "us", "epoch_us": self = .epoch(unitsPerSecond: 1_000_000)
    case "ns", "epoch_ns": self = .epoch(unitsPerSecond: 1_000_000_000)
    case "guess": self = .guess
    case "iso": self = .iso
    default:
      guard let pieces = CSVTimeFormat.pieces(text) else { return nil }
      self = .pattern(pieces)
    }
  }

  /// The pieces of a pattern that tells a whole date, each part once.
  private static func pieces(_ text: String) -> [Piece]? {
    var pieces: [Piece] = []
    var octets = Array(text.utf8)[...]
    while let octet = octets.popFirst() {
      guard octet == UInt8(ascii: "%") else {
        pieces.append(.literal(octet))
        continue
      }
      guard let letter = octets.popFirst(), let piece = piece(letter) else { return nil }
      if case .literal = piece {} else if pieces.contains(piece) { return nil }
      pieces.append(piece)
    }
    let hasDate = [Piece.year, .month, .day].allSatisfy(pieces.contains)
    let hasTime = pieces.contains { [.hour, .minute, .second, .fraction, .offset].contains($0) }
    // Seconds since 1970 tell everything but their fraction.
    let isEpoch =
      pieces.contains(.epoch)
      && !pieces.contains { [.year, .month, .day, .hour, .minute, .second, .offset].contains($0) }
    guard isEpoch || hasDate && !pieces.contains(.epoch) else { return nil }
    return hasTime && !isEpoch && !pieces.contains(.hour) ? nil : pieces
  }

  private static func piece(_ letter: UInt8) -> Piece? {
    switch letter {
    case UInt8(ascii: "Y"): .year
    case UInt8(ascii: "m"): .month
    case UInt8(ascii: "d"): .day
    case UInt8(ascii: "H"): .hour
    case UInt8(ascii: "M"): .minute
    case UInt8(ascii: "S"): .second
    case UInt8(ascii: "f"): .fraction
    case UInt8(ascii: "z"): .offset
    case UInt8(ascii: "s"): .epoch
    case UInt8(ascii: "%"): .literal(letter)
    default: nil
    }
  }

  /// Reads a time; nil when the text is not of this format.
  func parse(_ text: Span<UInt8>) -> FeedTime? {
    switch self {
    case .epoch(let unitsPerSecond): CSVTimeFormat.number(text, unitsPerSecond: unitsPerSecond)
    case .guess: CSVTimeFormat.guess(text)
    case .iso: FeedTime(iso: text)
    case .pattern(let pieces): CSVTimeFormat.match(text, pieces)
    }
  }

  private static func number(_ text: Span<UInt8>, unitsPerSecond: UInt64) -> FeedTime? {
    guard let value = try? TextDecimal.floor(text),
      let seconds = Int64(exactly: value / unitsPerSecond)
    else { return nil }
    return FeedTime(seconds: seconds)
  }

  /// Seconds up to the year 5138, milliseconds from 1973, and so on: the ranges of real times lie
  /// three powers of ten apart.
  private static func guess(_ text: Span<UInt8>) -> FeedTime? {
    guard let value = try? TextDecimal.floor(text) else { return nil }
    var unitsPerSecond: UInt64 = 1
    while value / unitsPerSecond >= 100_000_000_000, unitsPerSecond < 1_000_000_000 {
      unitsPerSecond *= 1_000
    }
    return Int64(exactly: value / unitsPerSecond).map { FeedTime(seconds: $0) }
  }

  private static func match(_ text: Span<UInt8>, _ pieces: [Piece]) -> FeedTime? {
    var at = 0
    var civil = CivilTime()
    var epoch: FeedTime?
    for piece in pieces {
      switch piece {
      case .epoch:
        guard let seconds = wholeSeconds(text, at: &at) else { return nil }
        epoch = FeedTime(seconds: seconds)
      case .literal(let octet):
        guard at < text.count, text[at] == octet else { return nil }
        at += 1
      default:
        guard read(piece, text, at: &at, into: &civil) else { return nil }
      }
    }
    guard at == text.count else { return nil }
    return epoch ?? civil.time
  }

  private static func wholeSeconds(_ text: Span<UInt8>, at: inout Int) -> Int64? {
    let start = at
    var value: Int64 = 0
    while at < text.count, at - start < 18, ASCII.isDigit(text[at]) {
      value = value * 10 + Int64(text[at] &- ASCII.zero)
      at += 1
    }
    return at > start ? value : nil
  }

  /// Reads a part of a date or time; of two digits the first may be missing.
  private static func read(
    _ piece: Piece, _ text: Span<UInt8>, at: inout Int, into civil: inout CivilTime
  ) -> Bool {
    if piece == .fraction { return civil.readFraction(text, at: &at) }
    if piece == .offset { return civil.readOffset(text, at: &at) }
    guard let value = CivilTime.digits(text, at: &at, piece == .year ? 4...4 : 1...2) else {
      return false
    }
    switch piece {
    case .year: civil.year = value
    case .month: civil.month = value
    case .day: civil.day = value
    case .hour: civil.hour = value
    case .minute: civil.minute = value
    default: civil.second = value
    }
    return true
  }
}
