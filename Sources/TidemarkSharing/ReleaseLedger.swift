import Synchronization

/// Records that were offered to a partner, by what became of them.
public struct Release: Sendable, Equatable {
  /// The partner's number.
  public var partner: Int64
  /// What became of the records.
  public var rule: PartnerRule
  /// How many.
  public var rows: UInt64

  /// Makes a release.
  public init(partner: Int64, rule: PartnerRule, rows: UInt64) {
    self.partner = partner
    self.rule = rule
    self.rows = rows
  }
}

/// Counts what was offered to partners until somebody writes it down.
///
/// A row that is sent again, because a receiver went back or lost it, counts again: the ledger says
/// what left the house.
///
/// - Concurrency: any thread.
public final class ReleaseLedger: Sendable {
  private struct State {
    /// Not written down yet.
    var pending: [Int64: PartnerCounts] = [:]
    /// Since the process started.
    var totals: [Int64: PartnerCounts] = [:]
  }

  private let state = Mutex(State())

  /// Makes an empty ledger.
  public init() {}

  /// Adds what became of records.
  public func add(_ counts: PartnerCounts, of partner: Int64) {
    state.withLock { state in
      state.pending[partner, default: PartnerCounts()].add(counts)
      state.totals[partner, default: PartnerCounts()].add(counts)
    }
  }

  /// Takes what is to be written down, by partner and rule.
  public func take() -> [Release] {
    let pending = state.withLock { state in
      defer { state.pending = [:] }
      return state.pending
    }
    return pending.sorted { $0.key < $1.key }.flatMap { ReleaseLedger.releases($0, $1) }
  }

  /// Takes back what could not be written.
  public func giveBack(_ releases: [Release]) {
    state.withLock { state in
      for release in releases {
        state.pending[release.partner, default: PartnerCounts()][release.rule] += release.rows
      }
    }
  }

  /// Everything since the process started, by partner and rule.
  public var totals: [Release] {
    state.withLock { $0.totals }.sorted { $0.key < $1.key }
      .flatMap { ReleaseLedger.releases($0, $1) }
  }

  private static func releases(_ partner: Int64, _ counts: PartnerCounts) -> [Release] {
    PartnerRule.allCases.compactMap { rule in
      counts[rule] > 0 ? Release(partner: partner, rule: rule, rows: counts[rule]) : nil
    }
  }
}
