import Dispatch
import Synchronization

/// Collects the answers to the questions of one look-up: those that come in time are stored
/// together before the look-up goes on, later ones as they come.
final class ActiveAnswers: Sendable {
  private struct State {
    var missing: Int
    var packets: [[UInt8]] = []
    var waiter: (@Sendable () -> Void)?
    var isLate = false
  }

  /// Stores of all look-ups, one after the other: they wait for the disk, which the thread that
  /// takes answers must not.
  static let queue = DispatchQueue(label: "tidemark.active")

  private let state: Mutex<State>
  private let keep: @Sendable ([[UInt8]]) -> Void

  init(expecting count: Int, keep: @escaping @Sendable ([[UInt8]]) -> Void) {
    state = Mutex(State(missing: count))
    self.keep = keep
  }

  /// Calls `resume` once: when every answer is stored, or after so many seconds.
  func wait(seconds: Double, resume: @escaping @Sendable () -> Void) {
    state.withLock { $0.waiter = resume }
    // Not on the queue of the stores: a disk that hangs must not hold up whoever waits.
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { self.giveUp() }
  }

  /// Takes an answer, or that there is none.
  func add(_ packet: [UInt8]?) {
    let isDue = state.withLock { state in
      state.missing -= 1
      if let packet { state.packets.append(packet) }
      return state.missing == 0 || state.isLate
    }
    if isDue { ActiveAnswers.queue.async { self.flush() } }
  }

  /// Lets the look-up go on; what has come and what is to come is stored all the same.
  private func giveUp() {
    resume()
    state.withLock { $0.isLate = true }
    ActiveAnswers.queue.async { self.flush() }
  }

  private func flush() {
    let (packets, isDue) = state.withLock { state in
      defer { state.packets = [] }
      return (state.packets, state.missing == 0 || state.isLate)
    }
    if !packets.isEmpty { keep(packets) }
    if isDue { resume() }
  }

  private func resume() {
    let waiter = state.withLock { $0.waiter.take() }
    waiter?()
  }
}
