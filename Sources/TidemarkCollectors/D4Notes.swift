import D4Wire
import TidemarkIngest
import TidemarkModel
import TidemarkSharing

/// What one session did, told to the directory of sensors second by second.
struct D4Notes {
  /// The code of the first packet was right.
  var isKnown = false
  /// Octets of payload since the start.
  private(set) var octets: UInt64 = 0
  /// What went wrong, for the next activity.
  var lastError: String?

  private var packets: UInt64 = 0
  private var metaPackets: UInt64 = 0
  private var metaOctets: UInt64 = 0
  private var notedPackets: UInt64 = 0
  private var notedOctets: UInt64 = 0
  private var notedRecords: UInt64 = 0
  private var notedLosses: UInt64 = 0
  private var notedAt: UnixSeconds = 0
  private var clockOffset: Int64?

  /// Counts a packet that was taken.
  mutating func add(_ header: D4Header, now: UnixSeconds) {
    packets += 1
    octets += UInt64(header.size)
    // The sensor's clock may say anything.
    clockOffset = Int64(clamping: header.timestamp).subtractingClamped(Int64(now))
  }

  /// Counts packets of meta headers, of which nobody is shown the payload.
  ///
  /// - Parameters:
  ///   - packets: since the start.
  ///   - octets: since the start.
  mutating func addMeta(packets: UInt64, octets: UInt64) {
    self.packets += packets - metaPackets
    self.octets += octets - metaOctets
    (metaPackets, metaOctets) = (packets, octets)
  }

  /// Whether a second has passed since the last activity.
  func isDue(_ now: UnixSeconds) -> Bool { now != notedAt && packets != notedPackets }

  /// What was done since the last call; nil when that is nothing.
  ///
  /// - Parameter account: of the session's decoder, since the start.
  mutating func activity(
    of uuid: SensorUUID, _ account: Accounting, now: UnixSeconds, into counts: D4Events
  ) -> SensorActivity? {
    notedAt = now
    let losses = Accounting.sum(account.malformed) + Accounting.sum(account.dropped)
    guard
      packets > notedPackets || losses > notedLosses || account.read > notedRecords
        || lastError != nil
    else { return nil }
    let activity = SensorActivity(
      uuid: uuid, seen: now, packets: packets - notedPackets, octets: octets - notedOctets,
      records: account.read - min(notedRecords, account.read),
      losses: losses - min(notedLosses, losses), clockOffset: clockOffset, lastError: lastError)
    counts.add(packets: activity.packets, octets: activity.octets)
    notedPackets = packets
    notedOctets = octets
    notedRecords = account.read
    notedLosses = losses
    lastError = nil
    return activity
  }
}

extension Int64 {
  fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? .max : difference
  }
}
