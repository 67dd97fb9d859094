/// `$GENERATE start-stop[/step] owner [TTL] [class] type rdata`, an extension of BIND: one record
/// per number, written into the places marked `$` or `${offset,width,base}`.
struct ZoneGenerator: Sendable {
  /// Widest number that is padded; BIND's names and addresses need less.
  static let widthMax = 64

  private var number: UInt32
  private let stop: UInt32
  private let step: UInt32
  private let template: [UInt8]

  /// Numbers that are still to come.
  var count: Int { Int((UInt64(stop) - UInt64(number)) / UInt64(step)) + 1 }

  /// - Parameter template: everything behind the range.
  init?(range: Span<UInt8>, template: Span<UInt8>) {
    var numbers: [UInt32] = []
    var start = 0
    for index in 0...range.count {
      let isEnd = index == range.count
      let separator = numbers.isEmpty ? UInt8(ascii: "-") : UInt8(ascii: "/")
      guard isEnd || range[index] == separator else { continue }
      let word = range.extracting(start..<index)
      guard let value = RDataParser.decimal(word, max: UInt64(Int32.max)) else { return nil }
      numbers.append(UInt32(value))
      start = index + 1
    }
    guard numbers.count == 2 || numbers.count == 3, numbers[0] <= numbers[1] else { return nil }
    number = numbers[0]
    stop = numbers[1]
    step = numbers.count == 3 ? numbers[2] : 1
    guard step > 0 else { return nil }
    var copy: [UInt8] = []
    for index in 0..<template.count { copy.append(template[index]) }
    self.template = copy
  }

  /// Goes on to the next number; false after the last one.
  mutating func advance() -> Bool {
    guard number <= stop, stop - number >= step else { return false }
    number += step
    return true
  }

  /// Appends the entry of the current number; false when the template is none.
  func appendEntry(to out: inout [UInt8]) -> Bool {
    var at = 0
    while at < template.count {
      let octet = template[at]
      at += 1
      if octet == ASCII.backslash, at < template.count {
        // `\$` is a dollar sign; every other escape is the record's own.
        if template[at] != UInt8(ascii: "$") { out.append(octet) }
        out.append(template[at])
        at += 1
      } else if octet == UInt8(ascii: "$") {
        guard appendPlace(at: &at, to: &out) else { return false }
      } else {
        out.append(octet)
      }
    }
    return true
  }

  /// Appends what stands for a `$`.
  private func appendPlace(at: inout Int, to out: inout [UInt8]) -> Bool {
    if at < template.count, template[at] == UInt8(ascii: "$") {
      out.append(template[at])
      at += 1
      return true
    }
    guard at < template.count, template[at] == UInt8(ascii: "{") else {
      ASCII.appendDecimal(UInt64(number), to: &out)
      return true
    }
    guard let end = template[at...].firstIndex(of: UInt8(ascii: "}")) else { return false }
    let place = Place(template[(at + 1)..<end])
    at = end + 1
    guard let place, let value = place.value(of: number) else { return false }
    place.append(value, to: &out)
    return true
  }
}

/// What stands between `${` and `}`: offset, width, base.
private struct Place {
  private var offset: Int64 = 0
  private var width = 0
  private var base = UInt8(ascii: "d")

  init?(_ text: ArraySlice<UInt8>) {
    let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count <= 3, let first = parts.first, let offset = Place.signed(first) else {
      return nil
    }
    self.offset = offset
    if parts.count > 1 {
      guard let width = Place.signed(parts[1]), (0...Int64(ZoneGenerator.widthMax)).contains(width)
      else { return nil }
      self.width = Int(width)
    }
    if parts.count > 2 {
      guard parts[2].count == 1, let base = parts[2].first,
        Array("doxXnN".utf8).contains(base)
      else { return nil }
      self.base = base
    }
  }

  private static func signed(_ text: ArraySlice<UInt8>) -> Int64? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = Array(isNegative ? text.dropFirst() : text)
    guard let value = RDataParser.decimal(digits.span, max: UInt64(Int32.max)) else { return nil }
    return isNegative ? -Int64(value) : Int64(value)
  }

  func value(of number: UInt32) -> UInt64? {
    UInt64(exactly: Int64(number) + offset)
  }

  func append(_ value: UInt64, to out: inout [UInt8]) {
    switch base {
    case UInt8(ascii: "n"), UInt8(ascii: "N"): appendNibbles(value, to: &out)
    default:
      let radix = base == UInt8(ascii: "o") ? 8 : base == UInt8(ascii: "d") ? 10 : 16
      let digits = String(value, radix: radix, uppercase: base == UInt8(ascii: "X"))
      for _ in 0..<max(0, width - digits.utf8.count) { out.append(ASCII.zero) }
      out.append(contentsOf: digits.utf8)
    }
  }

  /// Hexadecimal digits from the lowest to the highest with dots between them, as names below
  /// `ip6.arpa` have them. The width counts the dots.
  private func appendNibbles(_ value: UInt64, to out: inout [UInt8]) {
    let isUpper = base == UInt8(ascii: "N")
    var rest = value
    var written = 0
    repeat {
      if written > 0 { out.append(ASCII.dot) }
      out.append(contentsOf: String(rest & 15, radix: 16, uppercase: isUpper).utf8)
      rest >>= 4
      written += written > 0 ? 2 : 1
    } while rest > 0 || written < width
  }
}

/// The directive as the scanner sees it.
extension ZoneScanner {
  /// Takes range and template; records follow with ``nextGenerated()``.
  mutating func startGenerating(
    _ text: Span<UInt8>, from position: Int
  ) throws(ZoneRejectionReason) {
    var tokens = PresentationTokenizer(at: position)
    guard let range = try? tokens.next(in: text), !tokens.isAtEnd(of: text),
      let made = ZoneGenerator(
        range: text.extracting(range.range), template: text.extracting(tokens.at..<text.count))
    else { throw .badDirective }
    guard made.count <= generatedLeft else { throw .generateTooLarge }
    generatedLeft -= made.count
    generator = made
  }

  /// The record of the generator's current number; nil when there is no generator any more.
  mutating func nextGenerated() -> Step? {
    guard var current = generator else { return nil }
    var entry: [UInt8] = []
    let isEntry = current.appendEntry(to: &entry)
    generator = current.advance() ? current : nil
    do throws(ZoneRejectionReason) {
      guard isEntry, !entry.isEmpty, entry.count <= ZoneScanner.entryOctetsMax else {
        throw .badDirective
      }
      try readRecord(entry.span, startsBlank: false)
      return .record
    } catch {
      return .rejected(ZoneRejection(line: line, reason: error))
    }
  }
}
