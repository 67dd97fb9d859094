import TidemarkModel

/// Names to standard output, in pieces of some ten kilobytes; or their number.
struct NamePrinter {
  private static let pieceOctets = 1 << 16

  /// Nil counts.
  private let format: FoundName.Format?
  private var buffer: [UInt8] = []

  /// Names added.
  private(set) var rows = 0

  init(_ format: FoundName.Format?) {
    self.format = format
    if let format { FoundName.appendHeader(format, to: &buffer) }
  }

  /// Adds a name; false when nobody reads any more.
  mutating func add(_ name: FoundName) -> Bool {
    rows += 1
    guard let format else { return true }
    name.append(format, to: &buffer)
    return buffer.count < NamePrinter.pieceOctets || flush()
  }

  /// Writes what is left.
  mutating func finish() {
    if format == nil { buffer.append(contentsOf: "\(rows)\n".utf8) }
    _ = flush()
  }

  private mutating func flush() -> Bool {
    defer { buffer.removeAll(keepingCapacity: true) }
    return StandardStreams.write(buffer)
  }
}
