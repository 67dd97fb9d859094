import D4Wire
import Synchronization
import TidemarkSharing

/// Sensors in memory, one of which is known from the start.
final class SensorShelf: SensorDirectory {
  struct Broken: Error {}

  static let known = "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f"

  private struct State {
    var requests: [SensorRegistration] = []
    var sums: [SensorActivitySum] = []
    var isFull = false
    var isBroken = false
  }

  private let state = Mutex(State())

  /// What was registered, in its order.
  var requests: [SensorRegistration] { state.withLock { $0.requests } }

  /// Takes nothing more.
  func fill() { state.withLock { $0.isFull = true } }

  /// Cannot be written any more.
  func breakDown() { state.withLock { $0.isBroken = true } }

  /// Adds a sensor that did something.
  func add(_ sum: SensorActivitySum) { state.withLock { $0.sums.append(sum) } }

  func profile(of uuid: SensorUUID) -> SensorProfile? {
    uuid.description == SensorShelf.known ? SensorProfile(uuid: uuid) : nil
  }

  func profile(named sensor: String) -> SensorProfile? { nil }

  func register(_ request: SensorRegistration) throws -> SensorRegistrationOutcome {
    try state.withLock { state in
      if state.isBroken { throw Broken() }
      if state.requests.contains(where: { $0.uuid == request.uuid }) { return .alreadyRegistered }
      if state.isFull { return .tooManyPending }
      state.requests.append(request)
      return .registered
    }
  }

  func noteUnknown(_ uuid: SensorUUID) {}

  func note(_ activity: SensorActivity) {}

  func activities() -> [SensorActivitySum] { state.withLock { $0.sums } }
}
