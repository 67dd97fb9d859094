import TidemarkModel
import TidemarkQuery

/// Rows to standard output, in pieces of some ten kilobytes.
struct RowPrinter {
  /// Octets at which a piece is written.
  private static let pieceOctets = 1 << 16

  private let output: LookupCommand.Output
  private var buffer: [UInt8] = []
  private var cof = COFWriter()
  private var csv = CSVWriter()
  private var lines = TextLineWriter()

  init(_ output: LookupCommand.Output) {
    self.output = output
    buffer.reserveCapacity(RowPrinter.pieceOctets * 2)
    if output == .csv { csv.appendHeader(to: &buffer) }
  }

  /// Adds a row.
  ///
  /// - Returns: false when it is time to ``flush()``.
  mutating func append(_ row: borrowing RecordRow) -> Bool {
    let text = row.textRow
    switch output {
    case .cof: cof.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &buffer)
    case .csv: csv.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &buffer)
    case .text: lines.append(text, rrname: row.rrname.span, rdata: row.rdata.span, to: &buffer)
    case .names: lines.appendName(row.rrname.span, to: &buffer)
    }
    return buffer.count < RowPrinter.pieceOctets
  }

  /// Writes what was added.
  ///
  /// - Returns: false when nobody reads any more.
  mutating func flush() -> Bool {
    defer { buffer.removeAll(keepingCapacity: true) }
    return StandardStreams.write(buffer)
  }
}
