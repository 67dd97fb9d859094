import TidemarkCollectors
import TidemarkIngest

/// A source of a collector while it runs.
protocol SourceRunner: Sendable {
  /// What the source gave so far.
  var intake: SourceIntake { get }

  /// Begins to read. Called once, before privileges are given up.
  ///
  /// - Throws: what keeps the source from being opened, in words for people.
  func start() async throws

  /// Ends reading; what was read is handed to the intake. The intake is finished by the caller.
  func stop() async

  /// Numbers beside the account: connections, rotations, drops of the kernel.
  func events() -> [(name: String, count: UInt64)]
}
