import Dispatch
import Logging

/// The log of a collector or a server: lines on standard error.
enum CollectLog {
  static func make() -> Logger {
    Logger(label: "tidemark") { StreamLogHandler.standardError(label: $0) }
  }
}

/// Work that blocks, off the threads of Swift's concurrency.
enum Blocking {
  private static let queue = DispatchQueue(label: "tidemark.blocking", attributes: .concurrent)

  static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
