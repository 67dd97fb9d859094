import TidemarkIngest
import TidemarkModel

/// One connection to a server of COF: what comes is cut into chunks and given to the intake, with
/// the position behind each.
///
/// - Concurrency: one task calls it, the one that reads the connection.
actor PullStream {
  /// What all connections of a source have in common.
  struct Source: Sendable {
    let intake: SourceIntake
    let position: PullPosition
    let progress: PullProgress
    let statistics: PullStatistics
    let makeDecoder: @Sendable () -> AnyDecoder
    /// False for the origins of a stream that must not be taken.
    let admits: @Sendable ([String]) -> Bool
    let now: @Sendable () -> UnixSeconds
    let report: @Sendable (PullEvent) -> Void
  }

  /// Octets without a single row, after which a stream is given up: whatever it is, it is no COF.
  static let junkOctetsMax = 16 << 20
  /// Origins of a stream that are looked at.
  static let originsMax = 256

  private let source: Source
  private let decoder: AnyDecoder
  private var lines: PositionedLines
  private var junkOctets = 0
  private var rowsSeen: UInt64 = 0

  init(_ source: Source) {
    self.source = source
    decoder = source.makeDecoder()
    lines = PositionedLines(sendsPositions: source.progress.values.hasPositions)
  }

  /// Takes what the server says before the first row.
  ///
  /// - Parameter origins: all values of the header `Tidemark-Origins`.
  func begin(origins: [String]) throws(PullFailure) {
    let ids = origins.joined(separator: ",").split(separator: ",").prefix(PullStream.originsMax)
      .map { $0.filter { $0 != " " && $0 != "\t" } }
    guard source.admits(ids) else { throw .ownOrigin }
    source.statistics.change { $0.connections += 1 }
    source.report(.opened)
  }

  /// Takes the next octets.
  func take(_ octets: [UInt8]) async throws(PullFailure) {
    source.statistics.change { $0.octets += UInt64(octets.count) }
    var at = 0
    while true {
      let step: PositionedLines.Step
      do throws(PositionedLines.Fault) {
        step = try lines.next(octets.span, at: &at)
      } catch .lineTooLong {
        throw .damaged("a line is too long")
      } catch {
        throw .damaged("too much without a position")
      }
      switch step {
      case .chunk(let position):
        try await give(position)
        continue
      case .ended(let end):
        try PullStream.take(end)
        continue
      case .needsInput: break
      }
      break
    }
    try checkForJunk(octets.count)
  }

  /// Takes the word of a server that ends the stream.
  private static func take(_ end: PositionedLines.End) throws(PullFailure) {
    switch end {
    case .complete, .stopped: return
    case .revoked: throw .revoked
    case .failed: throw .disconnected("the server failed")
    }
  }

  /// The connection is over: takes the rest of a plain stream, and leaves out what no position
  /// has confirmed.
  func end() async {
    let holdsRows = lines.sendsPositions && lines.holdsRows
    var isConfirmed = false
    while case .chunk(let position) = lines.finish() {
      isConfirmed = isConfirmed || position != nil
      guard (try? await give(position)) != nil else { break }
    }
    if holdsRows, !isConfirmed { source.statistics.change { $0.chunksDiscarded += 1 } }
    if !lines.sendsPositions { _ = try? await give([], nil, isFinal: true) }
    source.intake.close(decoder)
  }

  private func give(_ position: UInt64?) async throws(PullFailure) {
    if let position, let last = source.progress.values.position, position <= last {
      // Without rows it only says that the other side is alive.
      if !lines.chunk.isEmpty { source.statistics.change { $0.chunksRepeated += 1 } }
      return
    }
    try await give(
      lines.chunk, position.map { source.position.change($0) }, isFinal: position != nil)
    if let position { source.progress.reached(position) }
    source.statistics.change { $0.chunks += 1 }
  }

  /// Gives a chunk to the intake, as soon as that has room.
  private func give(
    _ chunk: [UInt8], _ change: RecordBatch.StateChange?, isFinal: Bool
  ) async throws(PullFailure) {
    while !source.intake.takeWhole(
      chunk.span, with: decoder, now: source.now(), isFinal: isFinal, position: change)
    {
      if Task.isCancelled { throw .stopped }
      await withCheckedContinuation { continuation in
        source.intake.whenReady { continuation.resume() }
      }
    }
  }

  /// Ends a stream that goes on for long and has no row.
  private func checkForJunk(_ octets: Int) throws(PullFailure) {
    junkOctets += octets
    guard junkOctets > PullStream.junkOctetsMax else { return }
    junkOctets = 0
    var account = Accounting()
    decoder.account(into: &account)
    let rows = account.offered - Accounting.sum(account.malformed)
    guard rows > rowsSeen else { throw .damaged("no rows") }
    rowsSeen = rows
  }
}
