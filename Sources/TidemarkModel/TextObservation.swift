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
  /// More sensors than ``sensorID``, as ranges of ``sensorsOctets``; one may be empty, which is the
  /// sensor without a name. Exports name sensors so.
  public internal(set) var sensors: [Range<Int>] = []
  /// The names of ``sensors``, one after another.
  public internal(set) var sensorsOctets: [UInt8] = []
  /// Days on which it was seen besides the first and the last, none outside of them.
  public internal(set) var activity = ActivityDays()
  /// The dataset that the feed names, as octets; empty when it names none. Whoever adds the
  /// observation to a batch decides whether the feed may say that.
  public internal(set) var datasetName: [UInt8] = []
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
    if !sensors.isEmpty || !sensorsOctets.isEmpty {
      sensors.removeAll(keepingCapacity: true)
      sensorsOctets.removeAll(keepingCapacity: true)
    }
    if !activity.isEmpty { activity = ActivityDays() }
    if !datasetName.isEmpty { datasetName.removeAll(keepingCapacity: true) }
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
    guard items.count > 16 else { return removeRepeatedFewItems() }
    var seen = Set<ArraySlice<UInt8>>(minimumCapacity: items.count)
    let octets = rdataOctets
    items.removeAll { !seen.insert(octets[$0.range]).inserted }
  }

  /// Compares every pair; without allocation.
  private mutating func removeRepeatedFewItems() {
    var kept = 1
    for index in 1..<items.count {
      let item = items[index]
      var isRepeated = false
      for earlier in 0..<kept where isSame(items[earlier].range, item.range) { isRepeated = true }
      guard !isRepeated else { continue }
      items[kept] = item
      kept += 1
    }
    items.removeLast(items.count - kept)
  }

  private func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
    guard one.count == other.count else { return false }
    for index in 0..<one.count
    where rdataOctets[one.lowerBound + index] != rdataOctets[other.lowerBound + index] {
      return false
    }
    return true
  }
}
