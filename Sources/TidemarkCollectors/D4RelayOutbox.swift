public import D4Wire
import Synchronization
import TidemarkCompression
public import TidemarkIngest
public import TidemarkModel

/// What a ``RelaySpool`` holds, for a ``D4Sender``: as lines of the passivedns log (type 8), or as
/// the rows themselves (types 6 and 254).
///
/// A parcel is a body of the spool. Records that type 8 cannot say are counted as left out.
public final class D4RelayOutbox: D4Outbox {
  /// Octets of a body that is spooled for D4: what is doubled at most when the relay ends in the
  /// middle of one.
  public static let partOctets = 1 << 20

  private struct State {
    var underWay: [(part: SpoolPart, leftOut: UInt64, position: UInt64)] = []
    var number: UInt64 = 0
    var writer = PassiveDNSLogWriter()
    var leftOut: [PassiveDNSLogWriter.Refusal: UInt64] = [:]
  }

  private let spool: RelaySpool
  private let type: D4Type
  private let clock: @Sendable () -> UnixSeconds
  private let state = Mutex(State())

  /// Makes an outbox.
  ///
  /// - Parameters:
  ///   - type: ``D4Type/passivedns``, ``D4Type/ndjson`` or ``D4Type/extended``.
  ///   - clock: seconds since 1970.
  public init(_ spool: RelaySpool, type: D4Type, clock: @escaping @Sendable () -> UnixSeconds) {
    self.spool = spool
    self.type = type
    self.clock = clock
  }

  /// Records that could not be said in type 8, by reason.
  public var leftOut: [Accounting.Reason] {
    state.withLock { state in
      PassiveDNSLogWriter.Refusal.allCases.compactMap { refusal in
        state.leftOut[refusal].map { Accounting.Reason(name: refusal.name, count: $0) }
      }
    }
  }

  /// See ``D4Outbox``.
  public func next() async throws -> D4Outgoing { try await DiskWork.run { [self] in try take() } }

  private func take() throws -> D4Outgoing {
    try state.withLock { state in
      let next =
        if let last = state.underWay.last?.part {
          try spool.part(after: last)
        } else {
          try spool.nextPart()
        }
      guard let part = next else { return .nothing }
      var rows = try D4RelayOutbox.unpacked(part.octets)
      var leftOut: UInt64 = 0
      if type == .passivedns { (rows, leftOut) = lines(of: rows, &state) }
      state.number += 1
      state.underWay.append((part, leftOut, state.number))
      return .parcel(D4Parcel(payload: rows, position: state.number))
    }
  }

  /// See ``D4Outbox``.
  public func delivered(_ parcel: D4Parcel) async throws {
    try await DiskWork.run { [self] in try remember(through: parcel.position) }
  }

  private func remember(through position: UInt64) throws {
    try state.withLock { state in
      while let first = state.underWay.first, first.position <= position {
        try spool.delivered(first.part, leftOut: first.leftOut)
        state.underWay.removeFirst()
      }
    }
  }

  /// See ``D4Outbox``.
  public func onArrival(_ wake: @escaping @Sendable () -> Void) {
    let arrivals = spool.arrivals
    Task {
      for await _ in arrivals { wake() }
    }
  }

  private static func unpacked(_ octets: [UInt8]) throws -> [UInt8] {
    guard var unpacker = Unpacker(.zstd, octetsMax: ObservationFeed.bodyOctetsMax) else {
      return octets
    }
    var rows: [UInt8] = []
    var piece: [UInt8] = []
    var at = 0
    while try unpacker.next(octets.span, at: &at, isLast: true, into: &piece) {
      rows.append(contentsOf: piece)
    }
    return rows
  }

  /// The rows of a body as lines of the passivedns log.
  private func lines(of rows: [UInt8], _ state: inout State) -> ([UInt8], leftOut: UInt64) {
    var reader = COFReader(now: clock())
    var observation = TextObservation()
    var out: [UInt8] = []
    var leftOut: UInt64 = 0
    var at = 0
    while true {
      switch reader.next(rows.span, at: &at, into: &observation) {
      case .needsInput: return (out, leftOut)
      case .control: continue
      case .rejected: leftOut += 1
      case .observation:
        for item in observation.items {
          let row = TextRow(
            rrtype: observation.rrtype, timeFirst: observation.timeFirst,
            timeLast: observation.timeLast, count: observation.count,
            vantage: observation.vantage(of: item, standard: .client))
          do throws(PassiveDNSLogWriter.Refusal) {
            try state.writer.append(
              row, rrname: observation.rrname.span,
              rdata: observation.rdataOctets.span.extracting(item.range), to: &out)
          } catch {
            leftOut += 1
            state.leftOut[error, default: 0] += 1
          }
        }
      }
    }
  }
}
