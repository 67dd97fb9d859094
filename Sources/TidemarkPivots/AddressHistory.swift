public import TidemarkModel

/// A change of where a name pointed.
public struct AddressEvent: Sendable, Equatable {
  /// What happened; the codes are those of hosting histories in use.
  public enum Action: String, Sendable {
    /// First seen, or seen again after it pointed nowhere.
    case new = "N"
    /// Another address.
    case change = "C"
    /// It pointed nowhere for longer than ``AddressHistory/gapDays``.
    case notResolvable = "D"

    /// The action in words.
    public var words: String {
      switch self {
      case .new: "New"
      case .change: "Change"
      case .notResolvable: "Not Resolvable"
      }
    }
  }

  /// What happened.
  public let action: Action
  /// On which day, UTC.
  public let day: UnixDay
  /// The address that was there most recently; nil exactly when the action is ``Action/new``.
  public let before: PivotAddress?
  /// The address that came; nil exactly when the action is ``Action/notResolvable``.
  public let after: PivotAddress?
}

/// How exactly the days of a history are known.
public enum HistoryPrecision: String, Sendable {
  /// Every day on which a value was seen is known: returns are seen.
  case days
  /// Of some values only first and last seen are known: returns between the two are not seen.
  case interval
}

/// The events in the life of a name's addresses of one family.
///
/// A value is a row from a first through a last day; an address that was seen to be away, because
/// others were seen on a day without it, comes back as another row. Rows are swept by first day:
/// the first is ``AddressEvent/Action/new``, later ones are changes from the address most recently
/// alive; after ``gapDays`` without any address the name is not resolvable, and the next row is new
/// again. The order of the input makes no difference.
public struct AddressHistory: Sendable, Equatable {
  /// Oldest first.
  public private(set) var events: [AddressEvent] = []
  /// How exactly the days are known.
  public private(set) var precision = HistoryPrecision.days
  /// True when there are more than ``PivotLimits/historyDaysMax`` days, or when the records were
  /// truncated already.
  public private(set) var isTruncated: Bool

  /// Days without any address after which a name counts as not resolvable. A name that somebody
  /// asks for is asked for once a month.
  public static let gapDays: UnixDay = 30

  /// Makes the history of addresses of one family.
  ///
  /// - Parameters:
  ///   - records: addresses with what is known of when they were seen, in any order, an address
  ///     as often as you like.
  ///   - today: the day on which the question is asked: without it nobody knows whether the last
  ///     address is still there.
  public init(
    _ records: [(address: PivotAddress, value: RecordValue)], today: UnixDay,
    isTruncated: Bool = false
  ) {
    self.isTruncated = isTruncated
    var presences: [Octets: Presence] = [:]
    var daysLeft = PivotLimits.historyDaysMax
    for record in records.sorted(by: AddressHistory.isNewer) {
      let presence = Presence(record.value)
      daysLeft -= presence.days.count
      guard daysLeft >= 0 else {
        self.isTruncated = true
        break
      }
      let octets = Octets(record.address.octets)
      presences[octets]?.formUnion(presence)
      if presences[octets] == nil { presences[octets] = presence }
    }
    if presences.values.contains(where: { !$0.isExact }) { precision = .interval }
    sweep(
      PresenceRun.runs(presences, gapDays: AddressHistory.gapDays, returnsAtOnce: true),
      today: today)
  }

  private static func isNewer(
    _ left: (address: PivotAddress, value: RecordValue),
    _ right: (address: PivotAddress, value: RecordValue)
  ) -> Bool {
    if left.value.timeLast != right.value.timeLast {
      return left.value.timeLast > right.value.timeLast
    }
    if left.value.timeFirst != right.value.timeFirst {
      return left.value.timeFirst > right.value.timeFirst
    }
    return left.address.octets.lexicographicallyPrecedes(right.address.octets)
  }

  private mutating func sweep(_ sorted: [PresenceRun<Octets>], today: UnixDay) {
    guard let firstDay = sorted.first?.first else { return }
    // The rows of the first day are one set, in the order of their values.
    let set = sorted.prefix { $0.first == firstDay }.sorted { $0.value < $1.value }
    var latest: PresenceRun<Octets>?
    for run in set + sorted[set.count...] {
      if let known = latest, !AddressHistory.isGap(from: known.last, to: run.first) {
        events.append(event(.change, run.first, known, run))
      } else {
        if let known = latest { events.append(event(.notResolvable, known.last + 1, known, nil)) }
        events.append(event(.new, run.first, nil, run))
      }
      if latest.map({ run.isLater(than: $0) }) ?? true { latest = run }
    }
    if let latest, AddressHistory.isGap(from: latest.last, to: today) {
      events.append(event(.notResolvable, latest.last + 1, latest, nil))
    }
  }

  private static func isGap(from last: UnixDay, to day: UnixDay) -> Bool {
    day > last && day - last > gapDays
  }

  private func event(
    _ action: AddressEvent.Action, _ day: UnixDay, _ before: PresenceRun<Octets>?,
    _ after: PresenceRun<Octets>?
  ) -> AddressEvent {
    AddressEvent(
      action: action, day: day, before: before.flatMap { PivotAddress(octets: $0.value.octets) },
      after: after.flatMap { PivotAddress(octets: $0.value.octets) })
  }
}

/// Octets that sort as octets.
struct Octets: Comparable, Hashable, Sendable {
  let octets: [UInt8]

  init(_ octets: [UInt8]) { self.octets = octets }

  static func < (left: Octets, right: Octets) -> Bool {
    left.octets.lexicographicallyPrecedes(right.octets)
  }
}
