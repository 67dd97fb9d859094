import CaptureFormats
import DNSWire
import TidemarkModel

/// Which server answers for which zones, learned from the responses of a resolver's servers.
///
/// It starts at the hints (the root's servers) and learns only from records that are verified
/// themselves: name servers of a zone from its parent's referral or from the zone's own servers,
/// addresses of name servers from glue of the same referral or from their own zone. So nobody can
/// teach it anything about a zone but those who serve it or its parents.
///
/// Bounded: the least used zones and servers are forgotten first, and only those that share a shelf
/// with whoever makes new ones (``BailiwickShelves``). Times are packet times; what is known stays
/// usable for packets that come late.
struct BailiwickTracker {
  /// Name servers remembered of a zone; 13 fit into a datagram of old.
  static let serversPerZoneMax = 16
  /// Addresses remembered of a name server.
  static let addressesPerServerMax = 8
  /// Labels of the deepest zone remembered: the reverse of a whole IPv6 address.
  static let zoneLabelsMax = 34
  /// What is learned holds for its TTL, but not shorter than this, because captures have gaps,
  static let lifetimeMin: UnixSeconds = 86_400
  /// and not longer than this.
  static let lifetimeMax: UnixSeconds = 7 * 86_400

  struct ServerNode {
    var server: ShelvedTable<Int32>.Reference
    var expires: UnixSeconds
  }

  struct AddressNode {
    var address: FlowAddress
    var expires: UnixSeconds
  }

  /// Lists of name servers by zone.
  var zones: ShelvedTable<Int32>
  /// Lists of addresses by name of server.
  var servers: ShelvedTable<Int32>
  var serverLists = ListPool<ServerNode>()
  var addressLists = ListPool<AddressNode>()
  /// Addresses that became servers of a zone since ``takeFresh()``.
  private(set) var fresh: [FlowAddress] = []

  init(settings: AuthoritySettings) {
    zones = ShelvedTable(shelves: BailiwickShelves.zones(settings.zonesMax))
    servers = ShelvedTable(shelves: BailiwickShelves.servers(settings.serversMax))
    for hint in settings.hints where hint.rrtype == .ns && hint.rdata.first != nil {
      learn(zone: hint.owner.span, server: hint.rdata.span, expires: .max, isPinned: true)
    }
    for hint in settings.hints where hint.rrtype == .a || hint.rrtype == .aaaa {
      guard let address = FlowAddress(rdata: hint.rdata.span) else { continue }
      learn(server: hint.owner.span, address: address, expires: .max)
    }
    fresh.removeAll()
  }

  /// Labels of the nearest zone, at a name or above it, that a server answers for; nil when none
  /// is known.
  ///
  /// - Parameter isParentSide: true looks strictly above the name.
  mutating func zoneLabels(
    of name: Span<UInt8>, isParentSide: Bool, server: FlowAddress, time: UnixSeconds
  ) -> Int? {
    var labels = DomainName.labelCount(ofWire: name)
    var at = 0
    if isParentSide {
      guard labels > 0 else { return nil }
      at = 1 + Int(name[0])
      labels -= 1
    }
    while labels > BailiwickTracker.zoneLabelsMax {
      at += 1 + Int(name[at])
      labels -= 1
    }
    while true {
      let hash = RecordBatch.hash(of: name.extracting(at..<name.count))
      if let zone = zones.find(hash), isServed(zone, by: server, time: time) {
        zones.touch(zone)
        return labels
      }
      if labels == 0 { return nil }
      at += 1 + Int(name[at])
      labels -= 1
    }
  }

  private mutating func isServed(_ zone: Int, by server: FlowAddress, time: UnixSeconds) -> Bool {
    var node = zones[zone]
    while node >= 0 {
      let candidate = serverLists[node]
      if candidate.expires >= time, let found = servers.index(of: candidate.server),
        hasAddress(found, server, time: time)
      {
        servers.touch(found)
        return true
      }
      node = serverLists.next(node)
    }
    return false
  }

  private func hasAddress(_ server: Int, _ address: FlowAddress, time: UnixSeconds) -> Bool {
    var node = servers[server]
    while node >= 0 {
      let known = addressLists[node]
      if known.address == address { return known.expires >= time }
      node = addressLists.next(node)
    }
    return false
  }

  /// Notes that an address became a server of a zone.
  mutating func noteFresh(_ address: FlowAddress) { fresh.append(address) }

  /// Addresses that became servers of a zone since the last call.
  mutating func takeFresh() -> [FlowAddress] {
    let taken = fresh
    fresh.removeAll()
    return taken
  }
}

/// Shelves for ``ShelvedTable``. Zones that only the root or a top-level domain can make are apart
/// from those below: a flood of sub-delegations needs no registration and empties only the shelf
/// that its own registered name falls on.
enum BailiwickShelves {
  private static let deepShelves = 16
  private static let serverShelves = 32

  /// One for top-level domains, one for zones of two labels with half of the room, the others for
  /// deeper zones by the last two labels.
  static func zones(_ capacity: Int) -> [Int] {
    [max(capacity / 16, 4_096), capacity / 2]
      + Array(repeating: capacity / 2 / deepShelves, count: deepShelves)
  }

  /// By the last two labels.
  static func servers(_ capacity: Int) -> [Int] {
    Array(repeating: capacity / serverShelves, count: serverShelves)
  }

  static func shelf(ofZone name: Span<UInt8>) -> Int {
    let labels = DomainName.labelCount(ofWire: name)
    if labels <= 2 { return labels <= 1 ? 0 : 1 }
    return 2 + Int(site(name, labels: labels) % UInt64(deepShelves))
  }

  static func shelf(ofServer name: Span<UInt8>) -> Int {
    Int(site(name, labels: DomainName.labelCount(ofWire: name)) % UInt64(serverShelves))
  }

  /// Hash of the last two labels.
  private static func site(_ name: Span<UInt8>, labels: Int) -> UInt64 {
    var at = 0
    var excess = labels - 2
    while excess > 0 {
      at += 1 + Int(name[at])
      excess -= 1
    }
    return RecordBatch.hash(of: name.extracting(at..<name.count)) >> 32
  }
}
