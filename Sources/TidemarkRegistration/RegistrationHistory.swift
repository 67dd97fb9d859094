/// Which look-ups of one subject are kept: the first and the last of every run in which nothing
/// changed, so that each run has both of its ends.
///
/// Look-ups may come in any order, as imports do. One that comes late between two kept ones of
/// another content splits their run there; the ends that were not kept are gone.
public struct RegistrationHistory: Sendable, Equatable {
  /// A look-up.
  public struct Snapshot: Sendable, Hashable, Codable {
    /// Seconds since 1970.
    public var time: Int64
    /// ``Registration/contentDigest``.
    public var digest: String

    /// Takes a look-up.
    public init(time: Int64, digest: String) {
      self.time = time
      self.digest = digest
    }
  }

  /// What to do with a look-up.
  public enum Decision: Sendable, Equatable {
    /// Keep it.
    case keep
    /// Keep it and drop another one, which is no end of its run any more.
    case replace(Snapshot)
    /// Do not keep it: it is inside a run, or known.
    case ignore
  }

  /// Oldest first; at most one of a time.
  public private(set) var snapshots: [Snapshot] = []

  /// - Parameter kept: what was kept before, in any order.
  public init(kept: [Snapshot] = []) {
    for snapshot in kept.sorted(by: { $0.time < $1.time }) { _ = add(snapshot) }
  }

  /// Adds a look-up and says what to do with its record.
  public mutating func add(_ snapshot: Snapshot) -> Decision {
    // Look-ups come in order as a rule, so the search starts at the end.
    var index = snapshots.count
    while index > 0, snapshots[index - 1].time > snapshot.time { index -= 1 }
    func digest(_ index: Int) -> String? {
      snapshots.indices.contains(index) ? snapshots[index].digest : nil
    }
    if index > 0, snapshots[index - 1].time == snapshot.time { return .ignore }
    let isBefore = digest(index - 1) == snapshot.digest
    let isAfter = digest(index) == snapshot.digest
    if isBefore, isAfter { return .ignore }
    if isBefore, digest(index - 2) == snapshot.digest {
      let old = snapshots[index - 1]
      snapshots[index - 1] = snapshot
      return .replace(old)
    }
    if isAfter, digest(index + 1) == snapshot.digest {
      let old = snapshots[index]
      snapshots[index] = snapshot
      return .replace(old)
    }
    snapshots.insert(snapshot, at: index)
    return .keep
  }
}

/// A time during which a domain was with one registrar, as look-ups show it.
public struct RegistrarPeriod: Sendable, Hashable, Codable {
  /// Who it was; that of the first look-up of the period.
  public var registrar: Registrar
  /// Of the first look-up.
  public var created: RegistrationTime?
  /// Of the first look-up.
  public var updated: RegistrationTime?
  /// Of the first look-up.
  public var expires: RegistrationTime?
  /// When the first look-up was done, seconds since 1970.
  public var firstChecked: Int64
  /// When the last look-up was done, seconds since 1970.
  public var lastChecked: Int64

  /// Periods in the order of their time. A registrar is another one when its IANA number is, or,
  /// without one, its name; look-ups that name none belong to no period and end none.
  ///
  /// - Parameter registrations: of one domain, in any order.
  public static func periods(of registrations: [Registration]) -> [RegistrarPeriod] {
    var periods: [RegistrarPeriod] = []
    for registration in registrations.sorted(by: { $0.source.time < $1.source.time }) {
      guard let registrar = registration.registrar, let identity = registrar.identity else {
        continue
      }
      let time = registration.source.time
      if let last = periods.indices.last, periods[last].registrar.identity == identity {
        periods[last].lastChecked = time
        continue
      }
      periods.append(
        RegistrarPeriod(
          registrar: registrar, created: registration.created, updated: registration.updated,
          expires: registration.expires, firstChecked: time, lastChecked: time))
    }
    return periods
  }
}
