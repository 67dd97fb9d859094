import NIOCore
import Synchronization

/// Looks every second at whether the partner that is being answered is still one, and cuts its
/// connection off when the answer does not end by itself soon: a client that takes little or
/// nothing holds up who sends, and nothing of what is held for it may go out any more.
final class ShareWatch: Sendable {
  private let connection: ClientConnection
  private let isPartner: @Sendable () -> Bool
  private let isOver = Atomic(false)
  /// Looks since the partner was good; on the connection's event loop.
  private let badLooks = Atomic(0)

  /// Begins.
  ///
  /// - Parameter isPartner: whether the partner may have anything now.
  init(_ connection: ClientConnection, isPartner: @escaping @Sendable () -> Bool) {
    self.connection = connection
    self.isPartner = isPartner
    let tick = TimeAmount.seconds(ServerLimits.shareTickSeconds)
    connection.channel.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { task in
      self.look(task)
    }
  }

  /// False when nothing more may be sent.
  var isGood: Bool { isPartner() }

  /// The answer is there but for its end. Behind the one to a partner that was revoked no other
  /// request is answered on the connection, which is watched until it is closed.
  func end() {
    if isGood {
      isOver.store(true, ordering: .releasing)
    } else {
      connection.endAfterAnswer()
    }
  }

  private func look(_ task: RepeatedTask) {
    if isOver.load(ordering: .acquiring) || !connection.channel.isActive { return task.cancel() }
    if isGood { return badLooks.store(0, ordering: .relaxed) }
    let looks = badLooks.add(1, ordering: .relaxed).newValue
    guard looks >= ServerLimits.shareCutLooks else { return }
    task.cancel()
    connection.metrics.countClose(.revoked)
    connection.cutOff()
  }
}
