import Dispatch
import Synchronization
public import TidemarkAccess

/// Keeps an access control and its database in step, every second.
///
/// A token that another process makes or revokes is known within that time and the time of a read.
public final class ControlKeeper: Sendable {
  /// Time between two looks at the database, seconds. A process that is killed forgets the requests
  /// of as long.
  public static let seconds = 1

  private let access: AccessControl
  private let onTrouble: @Sendable (String?) -> Void
  private let trouble = Mutex<String?>(nil)
  private let queue = DispatchQueue(label: "tidemark.control")

  /// Makes a keeper that does nothing yet.
  ///
  /// - Parameter onTrouble: called when the database cannot be used, once for each reason, and with
  ///   nil when it can be used again.
  public init(_ access: AccessControl, onTrouble: @escaping @Sendable (String?) -> Void) {
    self.access = access
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
    var reason: String?
    do {
      try access.synchronize()
    } catch {
      reason = "\(error)"
    }
    let isNews = trouble.withLock { known in
      defer { known = reason }
      return known != reason
    }
    if isNews { onTrouble(reason) }
  }
}
