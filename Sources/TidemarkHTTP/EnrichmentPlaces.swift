import HTTPTypes
import Synchronization

/// Bounds how much of one kind of work is under way at once.
final class EnrichmentPlaces: Sendable {
  private let taken = Mutex(0)
  private let most: Int
  private let name: String

  /// - Parameter name: the work, in the plural, for refusals.
  init(most: Int, of name: String) {
    self.most = most
    self.name = name
  }

  /// Does work in one of the places.
  ///
  /// - Throws: ``Problem`` when none is free, and what `body` throws.
  func work<Value: Sendable>(
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let isFree = taken.withLock { taken in
      guard taken < most else { return false }
      taken += 1
      return true
    }
    guard isFree else {
      throw Problem(
        .serviceUnavailable, "too many \(name) are running; try again",
        headers: [.retryAfter: "1"])
    }
    defer { taken.withLock { $0 -= 1 } }
    return try await body()
  }
}
