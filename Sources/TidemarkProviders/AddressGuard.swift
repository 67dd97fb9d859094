public import DNSWire
public import TidemarkEnrichment

/// Keeps connections whose target foreign data chose away from our own networks.
///
/// A name is looked up here, once; what is returned are addresses that were checked, and only they
/// may be connected to. Asking the name again would let its owner give another answer.
public struct AddressGuard: Sendable {
  /// Addresses of a host that are tried, one after another.
  static let attemptsMax = 3

  private let resolver: any HostResolving
  private let exceptions: Set<IPAddressText.Address>

  /// Makes a guard.
  ///
  /// - Parameters:
  ///   - resolver: asked for the addresses of names.
  ///   - exceptions: addresses that may be connected to all the same.
  public init(
    resolver: any HostResolving = SystemResolver(), exceptions: Set<IPAddressText.Address> = []
  ) {
    self.resolver = resolver
    self.exceptions = exceptions
  }

  /// Addresses of a host that may be connected to, at least one, as canonical text.
  ///
  /// - Parameter host: a name in lower case, or an address in canonical text.
  /// - Throws: ``TidemarkEnrichment/ActionFailure`` of kind `refused` when it has no address that
  ///   is globally reachable, what the resolver throws otherwise.
  public func addresses(of host: String) async throws(ActionFailure) -> [String] {
    let octets = Array(host.utf8)
    if let address = IPAddressText.parse(octets.span) { return [try checked(address, of: host)] }
    guard OutboundURL.isName(host) else {
      throw ActionFailure(.refused, message: "the host is neither a name nor an address")
    }
    let found = try await resolver.addresses(of: host)
    guard let first = found.first else {
      throw ActionFailure(.unavailable, message: "the host \(host) has no address")
    }
    let allowed = found.filter(allows)
    guard !allowed.isEmpty else { return [try checked(first, of: host)] }
    return allowed.prefix(AddressGuard.attemptsMax).map(OutboundURL.canonical)
  }

  /// Addresses of a host that an administrator chose: whatever it has.
  func anyAddresses(of host: String) async throws(ActionFailure) -> [String] {
    let octets = Array(host.utf8)
    if let address = IPAddressText.parse(octets.span) { return [OutboundURL.canonical(address)] }
    let found = try await resolver.addresses(of: host)
    return found.prefix(AddressGuard.attemptsMax).map(OutboundURL.canonical)
  }

  private func checked(
    _ address: IPAddressText.Address, of host: String
  ) throws(ActionFailure) -> String {
    let text = OutboundURL.canonical(address)
    guard allows(address) else {
      let what = host == text ? text : "\(text) of \(host)"
      throw ActionFailure(.refused, message: "the address \(what) is not public")
    }
    return text
  }

  private func allows(_ address: IPAddressText.Address) -> Bool {
    exceptions.contains(address) || AddressGuard.isPublic(address)
  }

  /// True for a globally reachable unicast address, by IANA's registries of special-purpose
  /// addresses (RFC 6890). Blocks that these call reachable but that serve protocols only, such as
  /// `2001::/23`, count as special, and so do addresses that carry an IPv4 address inside, because
  /// a gateway may lead from them to anywhere.
  public static func isPublic(_ address: IPAddressText.Address) -> Bool {
    switch address {
    case .v4(let value):
      return !special4.contains { $0.has(UInt128(value), width: 32) }
    case .v6(let value):
      // Everything that is given out as global unicast (RFC 4291 section 2.4, IANA).
      return value >> 125 == 1 && !special6.contains { $0.has(value, width: 128) }
    }
  }

  /// A network by its first address and the length of its prefix.
  private struct Network: Sendable {
    let first: UInt128
    let length: Int

    init(_ first: UInt128, _ length: Int) {
      self.first = first
      self.length = length
    }

    func has(_ address: UInt128, width: Int) -> Bool {
      (address ^ first) >> (width - length) == 0
    }
  }

  private static let special4: [Network] = [
    Network(0x0000_0000, 8),  // this network
    Network(0x0A00_0000, 8),  // private
    Network(0x6440_0000, 10),  // shared, behind a provider's NAT
    Network(0x7F00_0000, 8),  // loopback
    Network(0xA9FE_0000, 16),  // link-local, metadata of clouds
    Network(0xAC10_0000, 12),  // private
    Network(0xC000_0000, 24),  // protocol assignments
    Network(0xC000_0200, 24),  // documentation
    Network(0xC058_6300, 24),  // 6to4 relays
    Network(0xC0A8_0000, 16),  // private
    Network(0xC612_0000, 15),  // benchmarks
    Network(0xC633_6400, 24),  // documentation
    Network(0xCB00_7100, 24),  // documentation
    Network(0xE000_0000, 3),  // multicast, reserved, broadcast
  ]

  /// Those inside `2000::/3`.
  private static let special6: [Network] = [
    Network(0x2001_0000 << 96, 23),  // protocol assignments: Teredo, ORCHID, benchmarks
    Network(0x2001_0DB8 << 96, 32),  // documentation
    Network(0x2002_0000 << 96, 16),  // 6to4
    Network(0x3FFF_0000 << 96, 20),  // documentation
  ]
}
