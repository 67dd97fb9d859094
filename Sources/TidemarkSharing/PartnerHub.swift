public import D4Wire
import Synchronization
public import TidemarkModel

/// The ways on which rows leave the house.
public enum PartnerOutlet: String, Sendable, CaseIterable {
  /// Rows over HTTP.
  case http
  /// Rows over a WebSocket.
  case websocket
  /// Files.
  case files
  /// Packets to a D4 server.
  case push

  /// True where the partner asks, and may ask too often.
  var takesPlace: Bool { self == .http || self == .websocket }
}

/// Where a partner begins to read.
public enum PartnerStart: Sendable, Equatable {
  /// With the oldest chunk that the log keeps.
  case oldest
  /// With what comes next.
  case newest
  /// Behind a position that it was told.
  case after(UInt64)
}

/// Why a partner is not given a stream.
public enum PartnerRefusal: Error, Sendable, Equatable {
  /// It has none by this name, or the stream is not there.
  case unknownStream
  /// It has as many open as it may.
  case tooMany(Int)
}

/// Opens streams to partners: who may have one, how many at once, at what rate, and what was
/// counted of them.
///
/// - Concurrency: any thread.
public final class PartnerHub: Sendable {
  /// Who the partners are.
  public let directory: any PartnerDirectory
  /// What was released.
  public let ledger: ReleaseLedger
  let datasetName: @Sendable (DatasetNumber) -> String?
  let clock: @Sendable () -> Int64
  let ticks: @Sendable () -> ContinuousClock.Instant
  private let log: @Sendable (String) -> (any PartnerLog)?
  private let originIDs: @Sendable () -> [SensorUUID]
  private let state = Mutex(State())

  /// What is known of an open stream, for metrics.
  public struct OpenStreams: Sendable, Equatable {
    /// The partner's number.
    public var partner: Int64
    /// The way.
    public var outlet: PartnerOutlet
    /// Open now.
    public var open: Int
    /// Opened since the process started.
    public var opened: UInt64

    /// Makes a count.
    public init(partner: Int64, outlet: PartnerOutlet, open: Int, opened: UInt64) {
      self.partner = partner
      self.outlet = outlet
      self.open = open
      self.opened = opened
    }
  }

  private struct Place: Hashable {
    let partner: Int64
    let outlet: PartnerOutlet
  }

  private struct State {
    var places: [Place: (open: Int, opened: UInt64)] = [:]
    var rates: [Int64: PartnerRate] = [:]
  }

  /// Makes a hub.
  ///
  /// - Parameters:
  ///   - log: the log of a stream; nil when there is none.
  ///   - originIDs: this store and all whose records it passes on.
  ///   - datasetName: see ``PartnerFilter``.
  ///   - clock: seconds since 1970.
  ///   - ticks: a clock that only goes forward, for rates.
  public init(
    directory: any PartnerDirectory, ledger: ReleaseLedger,
    log: @escaping @Sendable (String) -> (any PartnerLog)?,
    originIDs: @escaping @Sendable () -> [SensorUUID],
    datasetName: @escaping @Sendable (DatasetNumber) -> String?,
    clock: @escaping @Sendable () -> Int64,
    ticks: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.directory = directory
    self.ledger = ledger
    self.log = log
    self.originIDs = originIDs
    self.datasetName = datasetName
    self.clock = clock
    self.ticks = ticks
  }

  /// This store and all whose records it passes on: a receiver that finds itself here must not
  /// take the stream.
  public var origins: [SensorUUID] { originIDs() }

  /// A partner that may have something now, by the SHA-256 of its token.
  public func goodPartner(tokenDigest: [UInt8]) -> Partner? {
    directory.partner(tokenDigest: tokenDigest).flatMap { $0.isGood(at: clock()) ? $0 : nil }
  }

  /// The same by the number of its token.
  public func goodPartner(token: Int64) -> Partner? {
    directory.partner(token: token).flatMap { $0.isGood(at: clock()) ? $0 : nil }
  }

  /// Opens a stream.
  ///
  /// - Parameter isForD4Types: keeps back types that receivers of D4 type 8 do not know.
  /// - Throws: ``PartnerRefusal``, ``PartnerPolicyError``, ``PartnerRevoked``,
  ///   ``PartnerPositionLost``, and what the log throws.
  public func open(
    _ partner: Partner, stream: String, from start: PartnerStart, outlet: PartnerOutlet,
    isForD4Types: Bool = false
  ) throws -> PartnerFeed {
    guard partner.policy.stream == stream, let log = log(stream) else {
      throw PartnerRefusal.unknownStream
    }
    let place = try take(outlet, partner)
    let filter = try PartnerFilter(
      partner.policy, isForD4Types: isForD4Types, coarsenSeconds: log.coarsenSeconds,
      datasetName: datasetName)
    var limit: PartnerRate?
    // A file is not a flow.
    if outlet != .files, let rows = partner.policy.rowsPerSecondMax {
      limit = rate(partner.id, rows: rows)
    }
    let feed = PartnerFeed(
      partner, outlet, log, filter, lines: isForD4Types ? SharedRowWriter(stream: stream) : nil,
      hub: self, place: place, rate: limit)
    try feed.start(start)
    return feed
  }

  /// Streams by partner and way.
  public var streams: [OpenStreams] {
    state.withLock { $0.places }.map { place, count in
      OpenStreams(
        partner: place.partner, outlet: place.outlet, open: count.open, opened: count.opened)
    }.sorted { ($0.partner, $0.outlet.rawValue) < ($1.partner, $1.outlet.rawValue) }
  }

  private func take(_ outlet: PartnerOutlet, _ partner: Partner) throws(PartnerRefusal)
    -> PartnerPlace
  {
    let key = Place(partner: partner.id, outlet: outlet)
    let most = partner.policy.streamsMax
    let isTaken = state.withLock { state in
      if outlet.takesPlace {
        let open = state.places.reduce(0) {
          $0 + ($1.key.partner == partner.id && $1.key.outlet.takesPlace ? $1.value.open : 0)
        }
        guard open < most else { return false }
      }
      state.places[key, default: (0, 0)].open += 1
      state.places[key, default: (0, 0)].opened += 1
      return true
    }
    guard isTaken else { throw .tooMany(most) }
    return PartnerPlace { [weak self] in
      self?.state.withLock { $0.places[key]?.open -= 1 }
    }
  }

  /// One rate for all streams of a partner.
  private func rate(_ partner: Int64, rows: Int) -> PartnerRate {
    state.withLock { state in
      if let known = state.rates[partner], known.rowsPerSecond == rows { return known }
      let rate = PartnerRate(rowsPerSecond: rows)
      state.rates[partner] = rate
      return rate
    }
  }
}

/// A place among a partner's streams, until nobody holds it any more.
final class PartnerPlace: Sendable {
  private let release: @Sendable () -> Void

  init(_ release: @escaping @Sendable () -> Void) { self.release = release }

  deinit { release() }
}

/// Spreads rows over time. Chunks are not cut: after one the next has to wait for as long as its
/// rows are worth.
final class PartnerRate: Sendable {
  /// Time that may be made up for: a reader that comes late by less loses nothing of its rate.
  static let burst = Duration.seconds(1)

  let rowsPerSecond: Int
  private let free = Mutex<ContinuousClock.Instant?>(nil)

  init(rowsPerSecond: Int) { self.rowsPerSecond = max(rowsPerSecond, 1) }

  /// How long nothing may be taken.
  func wait(at now: ContinuousClock.Instant) -> Duration {
    free.withLock { free in max(free.map { $0 - now } ?? .zero, .zero) }
  }

  /// Counts rows that are taken.
  func spend(_ rows: Int, at now: ContinuousClock.Instant) {
    free.withLock { free in
      let earliest = now - PartnerRate.burst
      let from = max(free ?? earliest, earliest)
      free = from + .seconds(Double(rows) / Double(rowsPerSecond))
    }
  }
}
