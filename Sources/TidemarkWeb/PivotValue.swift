public import DNSWire
import TidemarkModel
public import TidemarkPivots
public import TidemarkQuery

/// What pivots and graphs start from: a name or an address, in its canonical text.
public struct PivotValue: Sendable, Hashable {
  /// What the value is.
  public enum Kind: Sendable, Hashable {
    /// An IPv4 or IPv6 address.
    case address(PivotAddress)
    /// A domain name without wildcard.
    case name(DomainName)
  }

  /// What the value is.
  public let kind: Kind
  /// Presentation form without final dot, quotes as `\034`; RFC 5952 or dotted decimal.
  public let text: String

  /// An address.
  public init(_ address: PivotAddress) {
    kind = .address(address)
    text = address.text
  }

  /// A name.
  public init(_ name: DomainName) {
    kind = .name(name)
    // A bare quote would be read as the beginning of text.
    text = name.text(finalDot: false).replacing("\"", with: "\\034")
  }

  /// Reads a name or an address as our own pages write it; nil for anything else, networks and the
  /// root included. A star is a label like others.
  public init?(text: String) {
    guard text.utf8.count <= PivotTrail.valueOctetsMax else { return nil }
    if let address = PivotAddress(text: text) {
      self.init(address)
      return
    }
    // Blanks and quotes of a name are written as escapes; other rdata has them bare.
    guard !text.utf8.contains(ASCII.space), text.utf8.first != ASCII.quote,
      AddressPrefix(text: text) == nil, let name = try? DomainName(text: text), name != .root
    else { return nil }
    self.init(name)
  }

  /// Reads a name or an address as people write it: defanged, a URL, in any script.
  public init?(typed text: String) {
    let plain = RefangedValue(text).value
    let ascii = ALabels.ascii(Array(plain.utf8)[...]) ?? plain
    self.init(text: ascii)
  }

  /// The target of a record (see `RDataTarget`); nil for records without one and for the root.
  public init?(targetOf row: borrowing RecordRow) {
    guard !row.isLossy, let target = RDataTarget(row.textRow, rdata: row.rdata.span) else {
      return nil
    }
    switch target {
    case .address:
      guard let address = PivotAddress(octets: row.rdata) else { return nil }
      self.init(address)
    case .name(let range):
      guard let name = try? DomainName(wire: Array(row.rdata[range])), name != .root else {
        return nil
      }
      self.init(name)
    }
  }

  /// What a look-up is given to find this value, whatever signs the name has.
  var lookupText: String {
    isAddress ? text : String(decoding: SearchInput.lookup(Array(text.utf8)), as: UTF8.self)
  }

  /// True for an address.
  public var isAddress: Bool {
    if case .address = kind { true } else { false }
  }

  /// What finds the records whose rdata has the value.
  public var rdataSubject: RecordQuery.Subject? {
    switch kind {
    case .address(let address): AddressPrefix(octets: address.octets).map { .network($0) }
    case .name(let name): .rdataName(name)
    }
  }

  /// What finds the records of the value as owner; nil for addresses.
  public var ownerSubject: RecordQuery.Subject? {
    if case .name(let name) = kind { .owner(name) } else { nil }
  }

}
