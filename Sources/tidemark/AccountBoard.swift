import Synchronization
import TidemarkCollectors
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics

/// The accounts of all sources, for the log and for `/metrics`. Sources that ended stay in it: a
/// counter never goes back while the process lives.
final class AccountBoard: Sendable {
  private struct State {
    var running: [any SourceRunner] = []
    var ended: [String: Accounting] = [:]
    var endedEvents: [String: [(name: String, count: UInt64)]] = [:]
  }

  private let state = Mutex(State())

  func add(_ runner: any SourceRunner) {
    state.withLock { $0.running.append(runner) }
  }

  func remove(_ runner: any SourceRunner) {
    state.withLock { state in
      guard let at = state.running.firstIndex(where: { $0.intake === runner.intake }) else {
        return
      }
      let name = runner.intake.name
      state.running.remove(at: at)
      state.ended[name, default: Accounting()].add(runner.intake.accounting)
      state.endedEvents[name] = AccountBoard.sum(
        state.endedEvents[name] ?? [], runner.events())
    }
  }

  /// True when every account balances.
  var isBalanced: Bool { accounts().allSatisfy { $0.accounting.isBalanced } }

  /// Account and events by source, in the order of names.
  private func accounts() -> [(
    source: String, accounting: Accounting, events: [(name: String, count: UInt64)]
  )] {
    state.withLock { state in
      var accounts = state.ended
      var events = state.endedEvents
      for runner in state.running {
        let name = runner.intake.name
        accounts[name, default: Accounting()].add(runner.intake.accounting)
        events[name] = AccountBoard.sum(events[name] ?? [], runner.events())
      }
      return accounts.sorted { $0.key < $1.key }.map { ($0.key, $0.value, events[$0.key] ?? []) }
    }
  }

  /// One line a source. Names of sources and reasons only: nothing out of the data.
  func lines() -> [String] {
    accounts().map { source, account, events in
      var line =
        "source=\(source) read=\(account.read) responses=\(account.responses)"
        + " offered=\(account.offered) stored=\(account.stored) merged=\(account.merged)"
      for (outcome, reasons) in account.refused {
        line += " \(outcome)=\(Accounting.sum(reasons))"
        if !reasons.isEmpty {
          line += "(" + reasons.map { "\($0.name)=\($0.count)" }.joined(separator: ",") + ")"
        }
      }
      for event in events where event.count > 0 { line += " \(event.name)=\(event.count)" }
      return line
    }
  }

  /// The same as metrics.
  func families() -> [MetricFamily] {
    let accounts = accounts()
    var events = MetricFamily(
      "tidemark_source_events_total", .counter,
      help: "Connections, rotations, drops of the kernel, by source.")
    for (source, _, counts) in accounts {
      for event in counts {
        events.samples.append(
          .init(Double(event.count), labels: [("source", source), ("event", event.name)]))
      }
    }
    return AccountingMetrics.families(accounts.map { ($0.source, $0.accounting) }) + [events]
  }

  private static func sum(
    _ one: [(name: String, count: UInt64)], _ other: [(name: String, count: UInt64)]
  ) -> [(name: String, count: UInt64)] {
    var sums = one
    for event in other {
      if let at = sums.firstIndex(where: { $0.name == event.name }) {
        sums[at].count += event.count
      } else {
        sums.append(event)
      }
    }
    return sums
  }
}
