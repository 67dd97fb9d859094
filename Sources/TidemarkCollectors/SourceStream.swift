import TidemarkIngest
public import TidemarkModel

/// A connection that feeds a source.
public final class SourceStream: StreamIntake {
  private let intake: SourceIntake
  private let decoder: AnyDecoder
  private let clock: @Sendable () -> UnixSeconds

  /// Makes the stream of one connection.
  ///
  /// - Parameters:
  ///   - decoder: the connection's own.
  ///   - clock: the time now.
  public init(
    intake: SourceIntake, decoder: AnyDecoder, clock: @escaping @Sendable () -> UnixSeconds
  ) {
    self.intake = intake
    self.decoder = decoder
    self.clock = clock
  }

  /// Decodes a window; see ``StreamIntake``.
  public func take(_ window: Span<UInt8>, isFinal: Bool) -> StreamTaken {
    var result = StreamTaken()
    do throws(ImportError) {
      let taken = try intake.take(
        window, with: decoder, now: clock(), isFinal: isFinal, waits: false)
      result.consumed = taken.consumed
      result.isBusy = taken.isBusy
      result.isAtEnd = taken.isAtEnd
    } catch {
      result.consumed = window.count
      result.isAtEnd = true
      result.damage = error.streamText
    }
    result.replies = decoder.takeReplies()
    return result
  }

  /// Calls back when a batch is free; see ``StreamIntake``.
  public func whenReady(_ callback: @escaping @Sendable () -> Void) { intake.whenReady(callback) }

  /// Leaves the connection's account with the source; see ``StreamIntake``.
  public func close() { intake.close(decoder) }
}

extension ImportError {
  /// One line for people, without a path.
  var streamText: String {
    switch self {
    case .unreadable(let reason, let offset): "cannot be read beyond octet \(offset): \(reason)"
    case .truncated: "ended in the middle of a record"
    }
  }
}
