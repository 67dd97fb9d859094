import DNSWire

/// Writes records as lines of a master file (RFC 1035 section 5.1): owner, TTL 0, class, type and
/// rdata, separated by tabs.
///
/// What was seen has no TTL; zero keeps whoever loads the lines from caching them. Lossy records
/// have no rdata that a server could load and are comments.
public struct MasterLineWriter: Sendable {
  private var text: [UInt8] = []

  /// Makes a writer.
  public init() {}

  /// Appends one line.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if row.vantage == .text { out.append(contentsOf: "; incomplete: ".utf8) }
    text.removeAll(keepingCapacity: true)
    DomainName.appendText(of: rrname, finalDot: true, to: &text)
    for octet in text {
      // Not behind a backslash: only dots, backslashes and digits are escaped in texts of names.
      if MasterLineWriter.isSpecial(octet) { out.append(ASCII.backslash) }
      out.append(octet)
    }
    out.append(contentsOf: "\t0\tIN\t".utf8)
    row.rrtype.appendMnemonic(to: &out)
    out.append(ASCII.tab)
    text.removeAll(keepingCapacity: true)
    if row.vantage == .text {
      PrintableText.append(rdata, to: &out)
    } else {
      RDataText.append(rdata, type: row.rrtype, style: .master, to: &text)
      if MasterLineWriter.isMisread(text, type: row.rrtype) {
        RDataText.appendGeneric(rdata, dialect: .master, to: &out)
      } else {
        out.append(contentsOf: text)
      }
    }
    out.append(ASCII.lineFeed)
  }

  /// Octets that mean something to master files where they stand in a name.
  private static func isSpecial(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "@"),
      UInt8(ascii: "$"), ASCII.quote:
      true
    default: false
    }
  }

  /// True when a name in rdata has such octets. Names of other programs' text are not escaped
  /// there, and RFC 3597 form is always understood.
  private static func isMisread(_ text: [UInt8], type: RRType) -> Bool {
    guard type.hasNames else { return false }
    // Types with names and with strings of their own: where the name stands.
    let words = text.split(separator: ASCII.space, omittingEmptySubsequences: false)
    switch type {
    case .naptr: return words.last?.contains(where: isSpecial) ?? false
    case .svcb, .https: return words.count > 1 && words[1].contains(where: isSpecial)
    default: return text.contains(where: isSpecial)
    }
  }
}

extension RRType {
  /// True when rdata of the type holds names.
  fileprivate var hasNames: Bool {
    RDataSchema.fields(of: self).contains { field in
      switch field {
      case .name, .keptName, .gateway, .relay, .hostIdentity, .a6: true
      default: false
      }
    }
  }
}
