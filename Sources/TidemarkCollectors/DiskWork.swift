import Dispatch

/// Work that waits for a disk or packs and unpacks megabytes, off the threads of Swift's
/// concurrency, of which there are few.
enum DiskWork {
  private static let queue = DispatchQueue(label: "tidemark.disk", attributes: .concurrent)

  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
