public import DNSWire
public import TidemarkDomains
public import TidemarkModel

/// A change of who serves a domain.
public struct ProviderEvent: Sendable, Equatable {
  /// What happened; the codes are those of hosting histories in use.
  public enum Action: String, Sendable {
    /// The first provider that is known.
    case new = "N"
    /// Another provider of name servers.
    case transfer = "T"
    /// Another provider of mail.
    case change = "C"

    /// The action in words.
    public var words: String {
      switch self {
      case .new: "New"
      case .transfer: "Transfer"
      case .change: "Change"
      }
    }
  }

  /// What happened.
  public let action: Action
  /// On which day, UTC.
  public let day: UnixDay
  /// The provider that was there most recently; nil exactly when the action is ``Action/new``.
  public let before: DomainName?
  /// The provider that came.
  public let after: DomainName

  /// A provider as hosting histories print it: without final dot, the first letter a capital.
  public static func text(_ provider: DomainName) -> String {
    var octets: [UInt8] = []
    DomainName.appendText(of: provider.wire.span, finalDot: false, to: &octets)
    if let first = octets.first, first &- 0x61 < 26 { octets[0] = first & 0xDF }
    return String(decoding: octets, as: UTF8.self)
  }
}

/// The events in the life of a domain's name servers or mail hosts.
///
/// A provider is the registered domain of a host: a new host of a known provider is no event. A
/// provider that stays away for more than ``AddressHistory/gapDays`` and comes back after another
/// one is an event again; shorter absences are none, because a delegation and the zone's own NS
/// records, which may differ, are seen on different days.
public struct ProviderHistory: Sendable, Equatable {
  /// Whose hosts.
  public enum Kind: Sendable {
    /// NS records.
    case nameServers
    /// MX records.
    case mail
  }

  /// Oldest first.
  public private(set) var events: [ProviderEvent] = []
  /// How exactly the days are known.
  public private(set) var precision = HistoryPrecision.days
  /// True when there are more than ``PivotLimits/historyDaysMax`` days, or when the records were
  /// truncated already.
  public private(set) var isTruncated: Bool

  /// Makes the history of a domain.
  ///
  /// - Parameter records: hosts with what is known of when they were seen, in any order; the root,
  ///   which stands for "no mail here" (RFC 7505), is left out.
  public init(
    _ kind: Kind, _ records: [(host: DomainName, value: RecordValue)],
    suffixes: PublicSuffixList, isTruncated: Bool = false
  ) {
    self.isTruncated = isTruncated
    var presences: [Octets: Presence] = [:]
    var daysLeft = PivotLimits.historyDaysMax
    for record in records.sorted(by: ProviderHistory.isNewer) where record.host != .root {
      let presence = Presence(record.value)
      daysLeft -= presence.days.count
      guard daysLeft >= 0 else {
        self.isTruncated = true
        break
      }
      let provider = Octets(record.host.folded(suffixes).wire)
      presences[provider]?.formUnion(presence)
      if presences[provider] == nil { presences[provider] = presence }
    }
    if presences.values.contains(where: { !$0.isExact }) { precision = .interval }
    sweep(
      PresenceRun.runs(presences, gapDays: AddressHistory.gapDays, returnsAtOnce: false),
      change: kind == .mail ? .change : .transfer)
  }

  private static func isNewer(
    _ left: (host: DomainName, value: RecordValue), _ right: (host: DomainName, value: RecordValue)
  ) -> Bool {
    if left.value.timeLast != right.value.timeLast {
      return left.value.timeLast > right.value.timeLast
    }
    if left.value.timeFirst != right.value.timeFirst {
      return left.value.timeFirst > right.value.timeFirst
    }
    return left.host.wire.lexicographicallyPrecedes(right.host.wire)
  }

  private mutating func sweep(
    _ runs: [PresenceRun<Octets>], change: ProviderEvent.Action
  ) {
    var latest: PresenceRun<Octets>?
    for run in runs {
      let after = DomainName(canonicalWire: run.value.octets)
      if let known = latest {
        // A provider that was silent for long, and nobody else was there: it never left.
        if known.value != run.value {
          let before = DomainName(canonicalWire: known.value.octets)
          events.append(
            ProviderEvent(action: change, day: run.first, before: before, after: after))
        }
      } else {
        events.append(ProviderEvent(action: .new, day: run.first, before: nil, after: after))
      }
      if latest.map({ run.isLater(than: $0) }) ?? true { latest = run }
    }
  }
}
