import Glibc
import NIOCore
import NIOPosix

/// Threads on which answers are searched.
///
/// Each turn makes one piece of one answer, and turns are taken in the order in which they were
/// asked for: whoever streams a whole zone waits as often as twenty others let him. The threads are
/// one fewer than the cores and yield to everything else in the process, so that small look-ups and
/// connections go first.
///
/// What reads or writes the store for other reasons does not belong here: it would wait behind
/// answers.
struct ScanPool: Sendable {
  /// The pool of this process.
  static let shared = ScanPool(threads: max(1, System.coreCount - 1))
  /// How much more than the rest of the process the threads yield, 0 to 19 (`setpriority(2)`).
  private static let niceness: Int32 = 10

  private let threads: NIOThreadPool
  private let priority: Int32

  private init(threads count: Int) {
    let process = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(getpid()))
    priority = min(process + ScanPool.niceness, 19)
    threads = NIOThreadPool(numberOfThreads: count)
    threads.start()
  }

  /// Runs `body` when its turn comes, unless the client of this task has left by now.
  ///
  /// - Throws: ``ClientLeft``, what `body` throws, and `CancellationError`.
  func turn<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    if let connection = ClientConnection.current, connection.hasLeft { throw ClientLeft() }
    return try await run(body)
  }

  /// Runs `body` when its turn comes.
  ///
  /// - Throws: what `body` throws, and `CancellationError`.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await threads.runIfActive { [priority] in
      // On Linux this concerns the calling thread alone. It is a fraction of a microsecond in a
      // turn of milliseconds. Where it is not allowed the thread stays as it is.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, priority)
      return try body()
    }
  }
}
