import CaptureFormats
import DNSWire
import TidemarkModel

extension BailiwickTracker {
  /// When what a record with a TTL says ends to hold.
  static func expiry(time: UnixSeconds, ttl: UInt32) -> UnixSeconds {
    let lifetime = min(max(ttl, lifetimeMin), lifetimeMax)
    let (sum, overflow) = time.addingReportingOverflow(lifetime)
    return overflow ? .max : sum
  }

  /// Learns a name server of a zone, from a verified NS record or a hint.
  mutating func learn(
    zone: Span<UInt8>, server: Span<UInt8>, expires: UnixSeconds, isPinned: Bool = false
  ) {
    guard DomainName.labelCount(ofWire: zone) <= BailiwickTracker.zoneLabelsMax else { return }
    let serverIndex = entry(ofServer: server, isPinned: isPinned)
    let zoneIndex = entry(ofZone: zone, isPinned: isPinned)
    let reference = servers.reference(to: serverIndex)
    var node = zones[zoneIndex]
    var count = 0
    var worst = node
    while node >= 0 {
      if serverLists[node].server == reference {
        serverLists[node].expires = max(serverLists[node].expires, expires)
        return
      }
      if rank(node) < rank(worst) { worst = node }
      count += 1
      node = serverLists.next(node)
    }
    if count < BailiwickTracker.serversPerZoneMax {
      var head = zones[zoneIndex]
      serverLists.push(ServerNode(server: reference, expires: expires), on: &head)
      zones[zoneIndex] = head
    } else if serverLists[worst].expires != .max {
      serverLists[worst] = ServerNode(server: reference, expires: expires)
    } else {
      return
    }
    var address = servers[serverIndex]
    while address >= 0 {
      noteFresh(addressLists[address].address)
      address = addressLists.next(address)
    }
  }

  /// Learns an address of a name server, from a verified A or AAAA record or a hint. Names that
  /// serve no zone are passed over.
  mutating func learn(server: Span<UInt8>, address: FlowAddress, expires: UnixSeconds) {
    guard let index = servers.find(RecordBatch.hash(of: server)) else { return }
    var node = servers[index]
    var count = 0
    var worst = node
    while node >= 0 {
      if addressLists[node].address == address {
        addressLists[node].expires = max(addressLists[node].expires, expires)
        return
      }
      if addressLists[node].expires < addressLists[worst].expires { worst = node }
      count += 1
      node = addressLists.next(node)
    }
    let new = AddressNode(address: address, expires: expires)
    if count < BailiwickTracker.addressesPerServerMax {
      var head = servers[index]
      addressLists.push(new, on: &head)
      servers[index] = head
    } else if addressLists[worst].expires != .max {
      addressLists[worst] = new
    } else {
      return
    }
    noteFresh(address)
  }

  /// Servers that were forgotten go first, then those that expire first.
  private func rank(_ node: Int32) -> UnixSeconds {
    servers.index(of: serverLists[node].server) == nil ? 0 : serverLists[node].expires
  }

  private mutating func entry(ofZone name: Span<UInt8>, isPinned: Bool) -> Int {
    let hash = RecordBatch.hash(of: name)
    if let known = zones.find(hash) {
      zones.touch(known)
      return known
    }
    let shelf = isPinned ? nil : BailiwickShelves.shelf(ofZone: name)
    let (index, removed) = zones.insert(hash, ListPool<ServerNode>.empty, shelf: shelf)
    if let removed { serverLists.removeAll(removed) }
    return index
  }

  private mutating func entry(ofServer name: Span<UInt8>, isPinned: Bool) -> Int {
    let hash = RecordBatch.hash(of: name)
    if let known = servers.find(hash) {
      servers.touch(known)
      return known
    }
    let shelf = isPinned ? nil : BailiwickShelves.shelf(ofServer: name)
    let (index, removed) = servers.insert(hash, ListPool<AddressNode>.empty, shelf: shelf)
    if let removed { addressLists.removeAll(removed) }
    return index
  }
}

extension FlowAddress {
  /// The address in the rdata of A or AAAA; nil for rdata of another length.
  init?(rdata: Span<UInt8>) {
    func word(_ start: Int, _ count: Int) -> UInt64 {
      var value: UInt64 = 0
      for index in start..<(start + count) { value = value << 8 | UInt64(rdata[index]) }
      return value
    }
    switch rdata.count {
    case 4: self.init(ipv4: UInt32(truncatingIfNeeded: word(0, 4)))
    case 16: self.init(high: word(0, 8), low: word(8, 8))
    default: return nil
    }
  }
}
