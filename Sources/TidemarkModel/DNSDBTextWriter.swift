import DNSWire

/// Writes records as `dnsdbq` prints them (`-p dns`): two comment lines, then lines as in a zone
/// file, then a blank line.
///
/// Records of one owner and type with equal bailiwick, times and count are one block, as DNSDB
/// shows an RRset. Call ``finish(to:)`` at the end: the last owner is still held then.
public struct DNSDBTextWriter: Sendable {
  /// Rdata octets of one owner and type that are held; beyond it blocks are written early.
  public static let heldOctetsMax = 1 << 20

  private struct Block {
    let row: TextRow
    var rdata: [UInt8] = []
  }

  private var rrname: [UInt8] = []
  private var blocks: [Block] = []
  private var heldOctets = 0

  /// Makes a writer.
  public init() {}

  /// Adds a record, and appends the blocks of the last owner and type when this is another.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if blocks.first.map({ $0.row.rrtype != row.rrtype }) ?? false || !isOwner(rrname)
      || heldOctets > DNSDBTextWriter.heldOctetsMax
    {
      finish(to: &out)
      self.rrname.removeAll(keepingCapacity: true)
      for index in rrname.indices { self.rrname.append(rrname[index]) }
    }
    let index = blocks.firstIndex { DNSDBTextWriter.isOneSet($0.row, row) } ?? blocks.count
    if index == blocks.count { blocks.append(Block(row: row)) }
    let before = blocks[index].rdata.count
    appendLine(row, rdata, to: &blocks[index].rdata)
    heldOctets += blocks[index].rdata.count - before
  }

  /// Appends what is held.
  public mutating func finish(to out: inout [UInt8]) {
    for block in blocks {
      appendTimes(block.row, to: &out)
      out.append(contentsOf: ";; count: ".utf8)
      ASCII.appendDecimal(block.row.count, to: &out)
      if block.row.bailiwick != .unknown {
        out.append(contentsOf: "; bailiwick: ".utf8)
        let start = out.count
        block.row.appendBailiwick(of: rrname.span, to: &out)
        if out.count - start > 1 || out.last != ASCII.dot { out.append(ASCII.dot) }
      }
      out.append(ASCII.lineFeed)
      out.append(contentsOf: block.rdata)
      out.append(ASCII.lineFeed)
    }
    blocks.removeAll(keepingCapacity: true)
    heldOctets = 0
  }

  private func isOwner(_ name: Span<UInt8>) -> Bool {
    guard name.count == rrname.count else { return false }
    for index in name.indices where name[index] != rrname[index] { return false }
    return true
  }

  private static func isOneSet(_ one: TextRow, _ other: TextRow) -> Bool {
    one.timeFirst == other.timeFirst && one.timeLast == other.timeLast && one.count == other.count
      && one.bailiwick == other.bailiwick && (one.vantage == .zone) == (other.vantage == .zone)
  }

  private func appendLine(_ row: TextRow, _ rdata: Span<UInt8>, to out: inout [UInt8]) {
    DomainName.appendText(of: rrname.span, finalDot: true, to: &out)
    out.append(contentsOf: "  ".utf8)
    row.rrtype.appendMnemonic(to: &out)
    out.append(contentsOf: "  ".utf8)
    if row.vantage == .text {
      PrintableText.append(rdata, to: &out)
    } else {
      RDataText.append(rdata, type: row.rrtype, style: .dnsdb, to: &out)
    }
    out.append(ASCII.lineFeed)
  }

  private func appendTimes(_ row: TextRow, to out: inout [UInt8]) {
    let isZone = row.vantage == .zone
    out.append(contentsOf: (isZone ? ";;   zone times: " : ";; record times: ").utf8)
    DNSDBTextWriter.appendTime(row.timeFirst, to: &out)
    out.append(contentsOf: " .. ".utf8)
    DNSDBTextWriter.appendTime(row.timeLast, to: &out)
    out.append(contentsOf: " (".utf8)
    let seconds = UInt64(row.timeLast) - UInt64(min(row.timeFirst, row.timeLast))
    // A record seen once was there for a second; a zone that was read once says nothing.
    DNSDBTextWriter.appendDuration(isZone ? seconds : seconds + 1, to: &out)
    out.append(contentsOf: ")\n".utf8)
  }

  private static func appendTime(_ time: UnixSeconds, to out: inout [UInt8]) {
    let start = out.count
    TextTime.append(time, to: &out)
    out[start + TextDay.octets] = ASCII.space
    out.removeLast()
  }

  /// Appends `~1y ~187d`, `~1d 1h`, `23h 59m 59s`: units above zero, hours and minutes only below a
  /// year, seconds only below a day.
  private static func appendDuration(_ seconds: UInt64, to out: inout [UInt8]) {
    let days = seconds / 86_400
    let (years, day) = (days / 365, days % 365)
    let second = seconds % 86_400
    var parts: [(String, UInt64, Character)] = [("~", years, "y"), ("~", day, "d")]
    if years == 0 { parts += [("", second / 3_600, "h"), ("", second / 60 % 60, "m")] }
    if days == 0 { parts.append(("", second % 60, "s")) }
    let text = parts.filter { $0.1 > 0 }.map { "\($0.0)\($0.1)\($0.2)" }.joined(separator: " ")
    out.append(contentsOf: (text.isEmpty ? "0s" : text).utf8)
  }
}
