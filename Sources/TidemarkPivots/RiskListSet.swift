public import DNSWire
public import TidemarkModel
public import TidemarkQuery
import TidemarkStore

/// An entry of a list that something matches.
public struct RiskListMatch: Sendable, Equatable {
  /// The list.
  public let list: RiskListHeader
  /// The entry, as text.
  public let entry: String
  /// Labels of an entry that is a name; nil for a network.
  public let labels: Int?
}

/// What block lists say, as bits: on any of them, and on one of a category.
struct BlockMarks: OptionSet, Sendable {
  let rawValue: UInt8

  static let listed = BlockMarks(rawValue: 1)

  static func category(_ category: RiskCategory) -> BlockMarks {
    switch category {
    case .phishing: BlockMarks(rawValue: 2)
    case .malware: BlockMarks(rawValue: 4)
    case .spam: BlockMarks(rawValue: 8)
    }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ list: RiskListHeader) {
    self = list.kind == .block ? .listed : []
    if list.kind == .block, let category = list.category { insert(.category(category)) }
  }
}

/// Lists that can be looked up by name, address and network. It never changes: whoever holds one
/// sees the same lists until the end of its work.
public struct RiskListSet: Sendable {
  /// The lists.
  public let headers: [RiskListHeader]
  /// Counts up with every set of a catalogue, so that what was worked out with one is not taken
  /// for what another says.
  public let generation: Int

  private let lists: [RiskList]
  private let marks: [BlockMarks]
  private var names: ListedNames
  private var networks = ListedNetworks()

  /// Makes a set.
  ///
  /// - Parameter lists: those beyond ``RiskListLimits/listsMax`` are left out.
  public init(_ lists: [RiskList] = [], generation: Int = 0) {
    self.lists = Array(lists.prefix(RiskListLimits.listsMax))
    self.generation = generation
    headers = self.lists.map(\.header)
    marks = headers.map(BlockMarks.init)
    names = ListedNames(self.lists)
    for (number, list) in self.lists.enumerated() {
      for network in list.networks { networks.insert(network, list: UInt8(number)) }
    }
  }

  /// Categories that a block list in force has.
  public func categories(now: UnixSeconds) -> [RiskCategory] {
    RiskCategory.allCases.filter { category in
      headers.contains { $0.kind == .block && $0.category == category && $0.isInForce(now) }
    }
  }

  /// Entries that are the name or above it, in lists in force: the longest first, then in the order
  /// of lists.
  public func matches(of name: DomainName, now: UnixSeconds) -> [RiskListMatch] {
    var matches: [RiskListMatch] = []
    var rest: DomainName? = name
    while let entry = rest, entry != .root {
      for number in names.lists(with: entry.wire.span, lists).sorted()
      where headers[Int(number)].isInForce(now) {
        matches.append(
          RiskListMatch(
            list: headers[Int(number)], entry: entry.text(finalDot: false),
            labels: entry.labelCount))
      }
      rest = entry.parent
    }
    return matches
  }

  /// Entries that hold the whole network, in lists in force: the smallest first.
  public func matches(of network: AddressPrefix, now: UnixSeconds) -> [RiskListMatch] {
    networks.containing(network).compactMap { found in
      let list = headers[Int(found.list)]
      guard list.isInForce(now) else { return nil }
      return RiskListMatch(list: list, entry: found.network.text, labels: nil)
    }
  }

  /// Entries that hold the address, in lists in force: the smallest first.
  public func matches(of address: PivotAddress, now: UnixSeconds) -> [RiskListMatch] {
    AddressPrefix(octets: address.octets).map { matches(of: $0, now: now) } ?? []
  }

  /// What block lists in force say of a name and those above it.
  ///
  /// - Parameter name: one complete canonical wire name.
  func blockMarks(of name: Span<UInt8>, now: UnixSeconds) -> BlockMarks {
    var found: BlockMarks = []
    guard !names.isEmpty else { return found }
    var at = 0
    while at < name.count, name[at] != 0 {
      for number in names.lists(with: name.extracting(at..<name.count), lists)
      where headers[Int(number)].isInForce(now) {
        found.formUnion(marks[Int(number)])
      }
      at += 1 + Int(name[at])
    }
    return found
  }

  /// True for an address or network in a list of neutral ones in force.
  func isNeutral(_ network: AddressPrefix, now: UnixSeconds) -> Bool {
    networks.containing(network).contains { found in
      let list = headers[Int(found.list)]
      return list.kind == .neutral && list.isInForce(now)
    }
  }

  /// True for a name at or below one in a list of neutral ones in force.
  func isNeutral(_ name: DomainName, now: UnixSeconds) -> Bool {
    matches(of: name, now: now).contains { $0.list.kind == .neutral }
  }
}

extension RiskListHeader {
  /// False from ``expires`` on.
  func isInForce(_ now: UnixSeconds) -> Bool { expires.map { now < $0 } ?? true }
}

/// Finds the lists that have a name: a hash table over the names that the lists themselves hold.
struct ListedNames: Sendable {
  /// List number + 1, 24 bits of hash and the name's number in the list; 0 for a free slot. A power
  /// of two, at most half full.
  private var slots: [UInt64]
  /// Names are chosen by strangers, who must not know which ones collide.
  private let seed = UInt64.random(in: 0 ... .max)
  /// True when no list has a name.
  let isEmpty: Bool

  init(_ lists: [RiskList]) {
    let count = lists.reduce(0) { $0 + $1.names.count }
    isEmpty = count == 0
    var size = 16
    while size < count * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    for (number, list) in lists.enumerated() {
      for index in 0..<list.names.count { insert(index, number, lists) }
    }
  }

  private static func tag(_ hash: UInt64) -> UInt64 { (hash >> 40) << 32 }

  private mutating func insert(_ index: Int, _ number: Int, _ lists: [RiskList]) {
    let seed = self.seed
    let hash = lists[number].names.withSpan(index) { SeededHash.hash($0, seed: seed) }
    let entry = UInt64(number + 1) << 56 | ListedNames.tag(hash) | UInt64(index)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let known = slots[slot]
      let isDouble =
        known >> 32 == entry >> 32
        && lists[number].names[Int(known & 0xFFFF_FFFF)] == lists[number].names[index]
      if isDouble { return }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = entry
  }

  /// Numbers of the lists that have exactly this name.
  func lists(with name: Span<UInt8>, _ lists: [RiskList]) -> [UInt8] {
    let hash = SeededHash.hash(name, seed: seed)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    var found: [UInt8] = []
    while slots[slot] != 0 {
      let entry = slots[slot]
      slot = (slot + 1) & (slots.count - 1)
      guard entry & 0x00FF_FFFF_0000_0000 == ListedNames.tag(hash) else { continue }
      let number = Int(entry >> 56) - 1
      let isEqual = lists[number].names.withSpan(Int(entry & 0xFFFF_FFFF)) { candidate in
        ListedNames.areEqual(candidate, name)
      }
      if isEqual { found.append(UInt8(number)) }
    }
    return found
  }

  private static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }
}

/// Finds the listed networks that hold an address or a network.
struct ListedNetworks: Sendable {
  private var lists: [AddressPrefix: [UInt8]] = [:]
  /// Prefix lengths of the networks, by octets of their addresses, longest first.
  private var lengths: [Int: [Int]] = [:]

  mutating func insert(_ network: AddressPrefix, list: UInt8) {
    if lists[network]?.contains(list) == true { return }
    lists[network, default: []].append(list)
    let known = lengths[network.octets.count] ?? []
    guard !known.contains(network.bits) else { return }
    lengths[network.octets.count] = (known + [network.bits]).sorted(by: >)
  }

  /// The networks around one, the smallest first, itself included.
  func containing(_ network: AddressPrefix) -> [(network: AddressPrefix, list: UInt8)] {
    var found: [(network: AddressPrefix, list: UInt8)] = []
    for bits in lengths[network.octets.count] ?? [] where bits <= network.bits {
      guard let wider = AddressPrefix(octets: network.octets, bits: bits)?.masked else { continue }
      for list in lists[wider] ?? [] { found.append((wider, list)) }
    }
    return found
  }
}
