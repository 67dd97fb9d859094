public import TidemarkModel
public import TidemarkStore

/// What a stream let out, for those who receive it: ``StreamLog`` as readers see it.
public protocol PartnerLog: Sendable {
  /// The stream's name.
  var name: String { get }

  /// See ``StreamLog/coarsenSeconds``.
  var coarsenSeconds: UnixSeconds { get }

  /// See ``StreamLog/next(after:)``.
  func next(after sequence: UInt64) throws(StoreError) -> SharedChunk?

  /// See ``StreamLog/bounds``.
  var bounds: (first: UInt64, last: UInt64)? { get }

  /// See ``StreamLog/nextSequence``.
  var nextSequence: UInt64 { get }

  /// See ``StreamLog/arrivals()``.
  func arrivals() -> AsyncStream<Void>
}

extension StreamLog: PartnerLog {}
