public import DNSWire

/// Writes records as lines of the passivedns log, for receivers of D4 type 8 that know nothing
/// else: `seconds.000000||||||IN||rrname.||TYPE||rdata||0||count`, the columns of the tool with
/// empty addresses.
///
/// A line has one time. A record that was seen at two times becomes two lines, the first with a
/// count of one, so that whoever sums lines has its first, its last and its count.
///
/// Rdata is what the tool prints: of MX and SRV the name at the end, of SOA and RP the first name,
/// of TXT the first string. Receivers file records of sensors under that text.
public struct PassiveDNSLogWriter: Sendable {
  /// Why a record cannot be a line.
  public enum Refusal: Error, Sendable, Equatable, CaseIterable {
    /// Receivers do not have the type in their table, and end or lose the line.
    case type
    /// Name or rdata hold what would be read as another column or another line.
    case text

    /// The name in accounts.
    public var name: String {
      switch self {
      case .type: "type-not-in-log"
      case .text: "text-not-in-log"
      }
    }
  }

  private var owner = NameText()
  private var text: [UInt8] = []

  /// Makes a writer.
  public init() {}

  /// Appends the line of a record, or the two lines of one that was seen more than once.
  ///
  /// - Parameters:
  ///   - row: with its vantage.
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  /// - Throws: ``Refusal``; nothing is appended then.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) throws(Refusal) {
    guard PassiveDNSLogWriter.knows(row.rrtype) else { throw .type }
    _ = owner.update(rrname)
    text.removeAll(keepingCapacity: true)
    if row.vantage == .text {
      for index in rdata.indices { text.append(rdata[index]) }
    } else {
      let style = RDataTextStyle(dialect: .master, finalDot: true)
      RDataText.append(rdata, type: row.rrtype, style: style, to: &text)
      PassiveDNSLogWriter.cutDown(&text, of: row.rrtype)
    }
    guard PassiveDNSLogWriter.isColumn(owner.octets), PassiveDNSLogWriter.isColumn(text) else {
      throw .text
    }
    if row.timeFirst < row.timeLast, row.count > 1 {
      appendLine(row.rrtype, time: row.timeFirst, count: 1, to: &out)
      appendLine(row.rrtype, time: row.timeLast, count: row.count - 1, to: &out)
    } else {
      appendLine(row.rrtype, time: row.timeLast, count: row.count, to: &out)
    }
  }

  private func appendLine(
    _ type: RRType, time: UnixSeconds, count: UInt64, to out: inout [UInt8]
  ) {
    ASCII.appendDecimal(UInt64(time), to: &out)
    out.append(contentsOf: ".000000||||||IN||".utf8)
    out.append(contentsOf: owner.octets)
    // The root's text is its dot already.
    if owner.octets != [ASCII.dot] { out.append(ASCII.dot) }
    out.append(contentsOf: "||".utf8)
    type.appendMnemonic(to: &out)
    out.append(contentsOf: "||".utf8)
    out.append(contentsOf: text)
    out.append(contentsOf: "||0||".utf8)
    ASCII.appendDecimal(count, to: &out)
    out.append(ASCII.lineFeed)
  }

  /// The types of the D4 analyzer's table that have a mnemonic and that a record can have.
  public static func knows(_ type: RRType) -> Bool {
    switch type.rawValue {
    case 1...63, 99...109, 256...259, 32_768, 32_769:
      !type.isOnlyForQuestions && type.registeredMnemonic != nil
    default: false
    }
  }

  /// Cuts presentation text down to what the tool prints.
  private static func cutDown(_ text: inout [UInt8], of type: RRType) {
    switch type {
    case .mx, .srv:
      if let blank = text.lastIndex(of: ASCII.space) { text.removeSubrange(...blank) }
    case .soa, .rp:
      if let blank = text.firstIndex(of: ASCII.space) { text.removeSubrange(blank...) }
    case .txt, .spf:
      var at = 1
      while at < text.count, text[at] != ASCII.quote { at += text[at] == ASCII.backslash ? 2 : 1 }
      if at + 1 < text.count { text.removeSubrange((at + 1)...) }
    default: break
    }
  }

  /// True for text that stays one column of one line, whoever splits it.
  private static func isColumn(_ text: [UInt8]) -> Bool {
    let bar = UInt8(ascii: "|")
    guard let first = text.first, let last = text.last, first != bar, last != bar else {
      return false
    }
    var isBehindBar = false
    for octet in text {
      guard octet >= ASCII.space, octet != 0x7F, !(isBehindBar && octet == bar) else {
        return false
      }
      isBehindBar = octet == bar
    }
    return first > ASCII.space && last > ASCII.space
  }
}
