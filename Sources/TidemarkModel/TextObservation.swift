public import DNSWire

/// One observation as a text feed gives it: an owner, a type, and one or more RRs that share their
/// times and count.
///
/// Readers fill the same value again and again, so that a line costs no allocation once the
/// buffers have grown. Everything in it is canonical: names are wire octets in lower case.
public struct TextObservation: Sendable {
  /// One RR of the observation.
  public struct Item: Sendable, Equatable {
    /// Where its octets lie in ``TextObservation/rdataOctets``.
    public let range: Range<Int>
    /// True when the octets are presentation text because the feed does not give the whole rdata;
    /// such records belong to ``Vantage/text``.
    public let isLossy: Bool
  }

  /// First and last of times that a zone file gave, seconds.
  public struct ZoneTimes: Sendable, Equatable {
    /// First seen in the zone file.
    public let first: UnixSeconds
    /// Last seen in the zone file; never before ``first``.
    public let last: UnixSeconds
  }

  /// The owner in canonical wire form.
  public internal(set) var rrname: [UInt8] = []
  /// The record type.
  public internal(set) var rrtype = RRType(rawValue: 0)
  /// The octets of all RRs, one after another.
  public internal(set) var rdataOctets: [UInt8] = []
  /// The RRs, no two with the same octets; at least one after a reader said `observation`.
  public internal(set) var items: [Item] = []
  /// Where the feed says it was seen; nil leaves that to the configuration of the source.
  public internal(set) var vantage: Vantage?
  /// First seen.
  public internal(set) var timeFirst: UnixSeconds = 0
  /// Last seen; never before ``timeFirst``.
  public internal(set) var timeLast: UnixSeconds = 0
  /// Sightings, 1 or more, of each RR.
  public internal(set) var count: UInt64 = 1
  /// The zone apex, when the feed names one at or above the owner.
  public internal(set) var bailiwick = Bailiwick.unknown
  /// The name of the sensor as octets, empty when the feed gives none.
  public internal(set) var sensorID: [UInt8] = []
  /// Zone file times that stand beside ``timeFirst`` and ``timeLast``. When a feed gives zone
  /// times only, they are ``timeFirst`` and ``timeLast``, ``vantage`` is ``Vantage/zone``, and this
  /// is nil.
  public internal(set) var zoneTimes: ZoneTimes?
  /// True when owner and rdata stood in each other's place and were put right.
  public internal(set) var isRepaired = false

  /// Makes an empty value for a reader to fill.
  public init() {}

  /// Where an RR was seen.
  ///
  /// - Parameter standard: what the source is configured for, used when the feed says nothing.
  public func vantage(of item: Item, standard: Vantage) -> Vantage {
    item.isLossy ? .text : vantage ?? standard
  }

  /// True when any RR is lossy.
  public var isLossy: Bool { items.contains { $0.isLossy } }

  /// Empties everything and keeps the memory.
  mutating func reset() {
    rrname.removeAll(keepingCapacity: true)
    rdataOctets.removeAll(keepingCapacity: true)
    items.removeAll(keepingCapacity: true)
    sensorID.removeAll(keepingCapacity: true)
    vantage = nil
    bailiwick = .unknown
    zoneTimes = nil
    isRepaired = false
    count = 1
  }

  /// Makes an item of the octets added since `start`.
  mutating func closeItem(from start: Int, isLossy: Bool) {
    items.append(Item(range: start..<rdataOctets.count, isLossy: isLossy))
  }

  /// Removes RRs that occur twice: an answer holds an RR once, however often it is written.
  mutating func removeRepeatedItems() {
    guard items.count > 1 else { return }
    var seen = Set<ArraySlice<UInt8>>(minimumCapacity: items.count)
    let octets = rdataOctets
    items.removeAll { !seen.insert(octets[$0.range]).inserted }
  }
}
