/// What keeps rows from reaching partners, by partner and way: each is said once, and tried again
/// after a while.
public struct PartnerTroubles: Sendable {
  /// Time until what failed is tried again, seconds: opening a stream reads the partner's lists.
  public static let retrySeconds: Int64 = 10

  private struct Place: Hashable {
    let partner: Int64
    let outlet: PartnerOutlet
  }

  private struct Trouble {
    let text: String
    let since: Int64
  }

  private var known: [Place: Trouble] = [:]

  /// Makes an empty list.
  public init() {}

  /// Notes how a try ended.
  ///
  /// - Parameters:
  ///   - trouble: why it failed; nil when it did not.
  ///   - now: seconds since 1970.
  /// - Returns: true when this is not what the last try on this way said.
  public mutating func note(
    _ trouble: String?, of partner: Int64, on outlet: PartnerOutlet, now: Int64
  ) -> Bool {
    let place = Place(partner: partner, outlet: outlet)
    let last = known[place]?.text
    known[place] = trouble.map { Trouble(text: $0, since: now) }
    return last != trouble
  }

  /// True for a while after a try failed. A clock that was set back ends it.
  public func isWaiting(_ partner: Int64, on outlet: PartnerOutlet, now: Int64) -> Bool {
    guard let trouble = known[Place(partner: partner, outlet: outlet)] else { return false }
    return now >= trouble.since && now - trouble.since < PartnerTroubles.retrySeconds
  }

  /// Forgets all other partners.
  public mutating func keep(_ partners: Set<Int64>) {
    known = known.filter { partners.contains($0.key.partner) }
  }
}
