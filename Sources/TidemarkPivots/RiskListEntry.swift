import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkQuery

/// One entry of a list, normalised.
enum RiskListEntry: Equatable {
  /// A name; stands for everything below it as well.
  case name(DomainName)
  /// A network or an address.
  case network(AddressPrefix)

  /// Reads a value as people write it: a name in any case and script, with or without final dot
  /// and leading `*.`, an address, a network, or a URL of whose host it is; defanged or not.
  init(_ written: ArraySlice<UInt8>, suffixes: PublicSuffixList) throws(RiskListRejection) {
    guard written.count <= RiskListLimits.valueOctetsMax else { throw .tooLong }
    var value = written
    if !written.allSatisfy(RiskListEntry.isPlain) {
      value = Array(RefangedValue(String(decoding: written, as: UTF8.self)).value.utf8)[...]
    }
    guard !value.isEmpty else { throw .notAnEntry }
    if let network = RiskListEntry.network(value) {
      let bitsMin =
        network.octets.count == 4 ? RiskListLimits.ipv4BitsMin : RiskListLimits.ipv6BitsMin
      guard network.bits >= bitsMin else { throw .tooWide }
      self = .network(network)
      return
    }
    if value.starts(with: "*.".utf8) { value = value.dropFirst(2) }
    if value.first == ASCII.dot { value = value.dropFirst() }
    guard let ascii = ALabels.ascii(value), let name = try? DomainName(text: ascii),
      RiskListEntry.isName(name)
    else { throw .notAnEntry }
    guard suffixes.registeredDomain(of: name.wire.span) != nil else { throw .publicSuffix }
    self = .name(name)
  }

  /// A letter, digit, hyphen, underscore or dot: what needs no second look.
  private static func isPlain(_ octet: UInt8) -> Bool {
    let lower = octet | 0x20
    return ASCII.isDigit(octet) || lower &- 0x61 < 26 || octet == ASCII.dot
      || octet == UInt8(ascii: "-") || octet == UInt8(ascii: "_")
  }

  private static func network(_ value: ArraySlice<UInt8>) -> AddressPrefix? {
    // Names end in a letter nearly always.
    guard let last = value.last, ASCII.hexValue(last) != nil || last == UInt8(ascii: ":"),
      let network = AddressPrefix(text: String(decoding: value, as: UTF8.self))
    else { return nil }
    if network.bits == 128, let address = PivotAddress(octets: network.octets) {
      return AddressPrefix(octets: address.octets)
    }
    return network.masked
  }

  /// True when every octet may stand in the name of a host or service, and the last label, which
  /// is no number, follows another one.
  private static func isName(_ name: DomainName) -> Bool {
    let wire = name.wire
    var at = 0
    var hasLetter = false
    while at < wire.count, wire[at] != 0 {
      let end = min(at + 1 + Int(wire[at]), wire.count)
      hasLetter = false
      for octet in wire[(at + 1)..<end] {
        guard isPlain(octet), octet != ASCII.dot else { return false }
        if !ASCII.isDigit(octet) { hasLetter = true }
      }
      at = end
    }
    return hasLetter
  }
}
