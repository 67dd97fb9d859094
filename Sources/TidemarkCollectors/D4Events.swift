import D4Wire
import Synchronization

/// What happened to the sessions of a D4 server, by name.
final class D4Events: Sendable {
  private struct State {
    var refused = [UInt64](repeating: 0, count: D4Fault.allCases.count)
    var sessions: UInt64 = 0
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var cut: UInt64 = 0
    var idle: UInt64 = 0
    var evicted: UInt64 = 0
    var heldBack: UInt64 = 0
  }

  /// What is counted beside faults.
  enum Kind {
    /// A first packet whose code was right.
    case session
    /// A session ended inside a packet, or inside what the packets hold.
    case cut
    /// A session was closed because nothing came.
    case idle
    /// A connection that had not shown a packet made room for another one.
    case evicted
    /// A sender was faster than it may be.
    case heldBack
  }

  private static let names = D4Fault.allCases.map { fault in
    "refused_" + fault.rawValue.map { $0 == "-" ? "_" : String($0) }.joined()
  }

  private let state = Mutex(State())

  func add(_ fault: D4Fault) {
    guard let index = D4Fault.allCases.firstIndex(of: fault) else { return }
    state.withLock { $0.refused[index] += 1 }
  }

  func add(_ kind: Kind) {
    state.withLock {
      switch kind {
      case .session: $0.sessions += 1
      case .cut: $0.cut += 1
      case .idle: $0.idle += 1
      case .evicted: $0.evicted += 1
      case .heldBack: $0.heldBack += 1
      }
    }
  }

  func add(packets: UInt64, octets: UInt64) {
    state.withLock {
      $0.packets += packets
      $0.octets += octets
    }
  }

  /// All counts, zeros too, in the same order always.
  var all: [(name: String, count: UInt64)] {
    let state = state.withLock { $0 }
    return [
      ("sessions", state.sessions), ("packets", state.packets),
      ("payload_octets", state.octets), ("sessions_cut", state.cut),
      ("sessions_idle", state.idle), ("connections_evicted", state.evicted),
      ("held_back", state.heldBack),
    ] + zip(D4Events.names, state.refused).map { ($0, $1) }
  }
}
