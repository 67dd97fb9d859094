public import TidemarkModel

/// Reads one source of any format: octets in, observations into batches.
///
/// An item is the unit that a source counts in: a packet of a capture, a line or object of a text
/// feed. An item's observations depend on the octets up to its end and on nothing else, so a source
/// that was interrupted is read again from its start, and the items already stored are skipped.
public protocol ItemDecoder: ~Copyable {
  /// Items read so far that are complete.
  var items: UInt64 { get }

  /// The collector's clock. Sources that run for long are told the time again and again.
  var now: UnixSeconds { get set }

  /// Reads items until the window is used up or the batch should be written.
  ///
  /// - Parameters:
  ///   - window: the octets not yet used, as far as they are at hand.
  ///   - offset: start of the unused octets; moved.
  ///   - isFinal: the source ends with this window.
  ///   - batch: receives the observations.
  /// - Throws: ``ImportError`` when the source cannot be read any further. What was read is good.
  mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep

  /// Takes the first octets of a source that is read from its middle: what its header says.
  mutating func prime(_ head: Span<UInt8>)

  /// Octets to send back to the producer, on transports that can; each is given once.
  mutating func takeReplies() -> [UInt8]

  /// Octets used that belong to an item which is not complete: a position to go on from lies before
  /// them.
  var heldOctets: Int { get }

  /// Adds what was read from item `firstItem` on, stored and merged records left out.
  func account(into accounting: inout Accounting)
}

extension ItemDecoder where Self: ~Copyable {
  /// Most formats have no header that later octets need.
  public mutating func prime(_ head: Span<UInt8>) {}

  /// Most formats use whole items only.
  public var heldOctets: Int { 0 }

  /// Most formats never answer.
  public mutating func takeReplies() -> [UInt8] { [] }
}

/// Why a decoder came back.
public enum DecodeStep: Equatable, Sendable {
  /// It needs a window that holds more.
  case needsInput
  /// The batch is as large as it should become.
  case batchIsFull
  /// The source has ended.
  case end
}

/// Bounds on batches.
public enum BatchLimits {
  /// Entries at which a batch is written. Larger batches merge more in memory and cost about 200
  /// octets an entry while they are filled, sorted and written.
  public static let entriesMax = 1 << 19
  /// Octets of keys at which a batch is written, whatever the number of entries.
  public static let keyOctetsMax = 64 << 20

  /// True when a batch should be written.
  @inline(__always)
  public static func isFull(_ batch: RecordBatch) -> Bool {
    batch.count >= entriesMax || batch.keyOctets >= keyOctetsMax
  }
}

/// Why a source cannot be imported, or not any further.
public enum ImportError: Error, Sendable, Equatable {
  /// The source is damaged, or of another format.
  case unreadable(reason: String, offset: UInt64)
  /// The source ends inside an item.
  case truncated(offset: UInt64)
}
