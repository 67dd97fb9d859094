import DNSWire

/// Writes records as comma-separated values (RFC 4180) for spreadsheets.
///
/// Names and rdata come from strangers, and spreadsheets run cells that look like formulas: such
/// cells start with an apostrophe, which spreadsheets take as "this is text".
public struct CSVWriter: Sendable {
  private var owner = NameText()
  private var cell: [UInt8] = []
  private var ownerCell: [UInt8] = []
  private let times: TimeStyle

  /// Makes a writer.
  public init(times: TimeStyle = .iso) { self.times = times }

  /// Appends the line with the names of the columns.
  public func appendHeader(to out: inout [UInt8]) {
    out.append(
      contentsOf: "rrname,rrtype,rdata,time_first,time_last,count,bailiwick,vantage\r\n".utf8)
  }

  /// Appends one line. What is unknown is empty.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if owner.update(rrname) {
      ownerCell.removeAll(keepingCapacity: true)
      let name = owner.octets
      CSVWriter.appendCell(name.span, to: &ownerCell)
    }
    out.append(contentsOf: ownerCell)
    out.append(CSVWriter.comma)
    row.rrtype.appendMnemonic(to: &out)
    out.append(CSVWriter.comma)
    cell.removeAll(keepingCapacity: true)
    row.appendRData(rdata, to: &cell)
    CSVWriter.appendCell(cell.span, to: &out)
    out.append(CSVWriter.comma)
    times.append(row.timeFirst, to: &out)
    out.append(CSVWriter.comma)
    times.append(row.timeLast, to: &out)
    out.append(CSVWriter.comma)
    ASCII.appendDecimal(row.count, to: &out)
    out.append(CSVWriter.comma)
    cell.removeAll(keepingCapacity: true)
    row.appendBailiwick(of: rrname, to: &cell)
    CSVWriter.appendCell(cell.span, to: &out)
    out.append(CSVWriter.comma)
    if let vantage = row.vantage { out.append(contentsOf: vantage.description.utf8) }
    out.append(ASCII.carriageReturn)
    out.append(ASCII.lineFeed)
  }

  private static let comma = UInt8(ascii: ",")

  /// Appends a cell, in quotes when it needs them. What ``PrintableText`` escapes becomes `\DDD`: a
  /// line end inside a cell is legal and breaks most readers.
  public static func appendCell(_ text: Span<UInt8>, to out: inout [UInt8]) {
    var needsQuotes = false
    for index in text.indices {
      let octet = text[index]
      if octet == comma || octet == ASCII.quote || octet == ASCII.space { needsQuotes = true }
    }
    if needsQuotes { out.append(ASCII.quote) }
    if !text.isEmpty, isFormulaStart(text[0]) { out.append(UInt8(ascii: "'")) }
    var at = 0
    while at < text.count {
      let start = at
      let isPlain = PrintableText.takeScalar(text, at: &at)
      for index in start..<at {
        if text[index] == ASCII.quote { out.append(ASCII.quote) }
        if isPlain {
          out.append(text[index])
        } else {
          ASCII.appendDecimalEscape(text[index], to: &out)
        }
      }
    }
    if needsQuotes { out.append(ASCII.quote) }
  }

  /// Tab and carriage return start formulas too, and never get here unescaped.
  private static func isFormulaStart(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"): true
    default: false
    }
  }
}
