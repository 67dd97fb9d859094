import DNSWire

/// Writes records for terminals: one line a record, or the names alone.
///
/// Octets that a terminal might obey are escaped, so that nothing put into the DNS by an
/// attacker moves the cursor.
public struct TextLineWriter: Sendable {
  private var owner = OwnerText()
  private var cell: [UInt8] = []
  private var hasName = false

  /// Makes a writer.
  public init() {}

  /// Appends `first last count rrname rrtype rdata`: two UTC times, the count set right in ten
  /// columns, then a line as in a zone file.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    _ = owner.update(rrname)
    TextTime.append(row.timeFirst, to: &out)
    out.append(ASCII.space)
    TextTime.append(row.timeLast, to: &out)
    out.append(ASCII.space)
    cell.removeAll(keepingCapacity: true)
    TextDecimal.append(row.count, to: &cell)
    for _ in cell.count..<max(10, cell.count) { out.append(ASCII.space) }
    out.append(contentsOf: cell)
    out.append(ASCII.space)
    out.append(contentsOf: owner.octets)
    out.append(ASCII.space)
    row.rrtype.appendMnemonic(to: &out)
    out.append(ASCII.space)
    cell.removeAll(keepingCapacity: true)
    row.appendRData(rdata, to: &cell)
    TextLineWriter.appendPrintable(cell.span, to: &out)
    out.append(ASCII.lineFeed)
  }

  /// Appends a name and a line feed, unless the same name was the last one appended.
  ///
  /// - Parameter name: canonical wire octets.
  public mutating func appendName(_ name: Span<UInt8>, to out: inout [UInt8]) {
    guard owner.update(name) || !hasName else { return }
    hasName = true
    out.append(contentsOf: owner.octets)
    out.append(ASCII.lineFeed)
  }

  /// Appends text with everything but printable ASCII and UTF-8 above the C1 controls as `\DDD`.
  static func appendPrintable(_ text: Span<UInt8>, to out: inout [UInt8]) {
    var at = 0
    while at < text.count {
      let start = at
      let octet = text[at]
      let isPlain: Bool
      if octet < 0x80 {
        at += 1
        isPlain = octet >= 0x20 && octet != 0x7F
      } else {
        let isText = (try? JSONText.multibyte(text, at: &at)) != nil
        if !isText { at = start + 1 }
        isPlain = isText && !isInvisible(text.extracting(start..<at))
      }
      for index in start..<at {
        if isPlain {
          out.append(text[index])
        } else {
          ASCII.appendDecimalEscape(text[index], to: &out)
        }
      }
    }
  }

  /// C1 controls (U+0080–U+009F), and the marks and overrides that turn the direction of text
  /// (U+200B–U+200F, U+2028–U+202E, U+2060–U+206F, U+FEFF).
  private static func isInvisible(_ scalar: Span<UInt8>) -> Bool {
    if scalar.count == 2 { return scalar[0] == 0xC2 && scalar[1] < 0xA0 }
    guard scalar.count == 3 else { return false }
    switch (scalar[0], scalar[1]) {
    case (0xE2, 0x80): return (0x8B...0x8F).contains(scalar[2]) || (0xA8...0xAE).contains(scalar[2])
    case (0xE2, 0x81): return scalar[2] >= 0xA0 && scalar[2] <= 0xAF
    case (0xEF, 0xBB): return scalar[2] == 0xBF
    default: return false
    }
  }
}
