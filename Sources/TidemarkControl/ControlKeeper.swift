import Dispatch
import Synchronization
public import TidemarkAccess

/// Keeps an access control or a sensor book in step with its database, every second.
///
/// What another process changes is known within that time and the time of a read.
public final class ControlKeeper: Sendable {
  /// Time between two looks at the database, seconds. A process that is killed forgets the requests
  /// of as long.
  public static let seconds = 1

  private let access: AccessControl
  private let sensors: SensorBook?
  private let onTrouble: @Sendable (String?) -> Void
  private let trouble = Mutex<String?>(nil)
  private let queue = DispatchQueue(label: "tidemark.control")

  /// Makes a keeper that does nothing yet.
  ///
  /// - Parameters:
  ///   - sensors: nil where nobody asks for sensors.
  ///   - onTrouble: called when the database cannot be used, once for each reason, and with nil
  ///     when it can be used again.
  public init(
    _ access: AccessControl, _ sensors: SensorBook? = nil,
    onTrouble: @escaping @Sendable (String?) -> Void
  ) {
    self.access = access
    self.sensors = sensors
    self.onTrouble = onTrouble
  }

  /// Begins, for as long as somebody holds the keeper.
  public func start() {
    queue.asyncAfter(deadline: .now() + .seconds(ControlKeeper.seconds)) { [weak self] in
      guard let self else { return }
      synchronize()
      start()
    }
  }

  /// Writes down what was used up to now.
  public func synchronize() {
    // Both, whatever becomes of the first.
    let reasons = [
      ControlKeeper.reason { try access.synchronize() },
      sensors.flatMap { book in ControlKeeper.reason { try book.synchronize() } },
    ]
    let reason = reasons.compactMap(\.self).first
    let isNews = trouble.withLock { known in
      defer { known = reason }
      return known != reason
    }
    if isNews { onTrouble(reason) }
  }

  /// Why something failed; nil when it did not.
  private static func reason(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }
}
